# Every target makes what it needs: .venv, the tools in it, the compiled core. Reruns are quick.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One interpreter for every cargo command, so that PyO3 is not rebuilt between them.
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
# Otherwise scikit-learn skips its checks of array API input.
export SCIPY_ARRAY_API := 1
# Properties are tried on the same numbers in every run; another seed tries others.
export PROPTEST_RNG_SEED ?= 1

RUST_SOURCES := Cargo.toml Cargo.lock $(shell find rust -name '*.rs' -o -name Cargo.toml)
PYTHON_SOURCES := python tests benches tools examples
PYTEST := $(BIN)/python -m pytest
# These run once more for every instruction set below the best one of this machine.
KERNEL_TESTS := tests/cluster tests/contract/test_sklearn_checks.py tests/contract/test_threads.py
EXAMPLE := examples/data/clinc150

.DEFAULT_GOAL := help
.PHONY: help demo test test-all check check-rust check-python check-size bench wheel clean
.PHONY: preflight develop record-instructions

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-19s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: develop ## cluster 5,000 real sentences, print the clusters, write out/
	$(BIN)/fastcluster fit $(EXAMPLE)/vectors.npy -k 150 --metric cosine \
	    --texts $(EXAMPLE)/texts.txt -o out --overwrite

test: develop ## run the Rust and Python tests (minutes)
	cargo test --workspace --locked --quiet
	FASTCLUSTER_ISA=scalar $(PYTEST) -q -m "not slow" $(KERNEL_TESTS)
	FASTCLUSTER_ISA=avx2 $(PYTEST) -q -m "not slow" $(KERNEL_TESTS)
	$(PYTEST) -m "not slow"

test-all: develop ## the same with the slow tests
	cargo test --workspace --locked --quiet
	FASTCLUSTER_ISA=scalar $(PYTEST) -q $(KERNEL_TESTS)
	FASTCLUSTER_ISA=avx2 $(PYTEST) -q $(KERNEL_TESTS)
	$(PYTEST)

check: check-rust check-python check-size ## formatting, lints, types, stubs, layers, sizes; changes nothing

check-rust: develop
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet
	tools/check_deny.sh

check-python: develop
	$(BIN)/ruff check $(PYTHON_SOURCES)
	$(BIN)/ruff format --check $(PYTHON_SOURCES)
	$(BIN)/mypy
	MYPYPATH=python $(BIN)/stubtest fastcluster._core --concise
	$(BIN)/lint-imports
	$(BIN)/python tools/check_docstrings.py

check-size: develop
	$(BIN)/python tools/check_size.py

bench: develop ## time the kernels, then a short comparison with the peers
	$(BIN)/python tools/requirements.py bench > $(VENV)/bench.txt
	$(BIN)/python -m pip install --quiet --requirement $(VENV)/bench.txt
	cargo bench --workspace --locked
	$(BIN)/python -m benches.end_to_end --short

record-instructions: develop ## renew the record of instructions that a test compares with (valgrind)
	$(BIN)/python tests/contract/instruction_counts.py

wheel: $(VENV)/.tools ## build the abi3 wheel into dist/ and try it without Rust
	$(BIN)/maturin build --release --locked --compatibility pypi --out dist
	$(BIN)/python tools/try_wheel.py dist/fastcluster_rs-*.whl

clean: ## remove what make built, except .venv
	cargo clean
	rm -rf dist out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -f python/fastcluster/_core*.so $(VENV)/.core

preflight:
	@tools/preflight.sh $(PYTHON)

develop: $(VENV)/.core ## make .venv, build the core, install the package in place

$(VENV)/.made: | preflight
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.tools: pyproject.toml tools/requirements.py $(VENV)/.made
	$(PYTHON) tools/requirements.py dev > $(VENV)/requirements.txt
	$(BIN)/python -m pip install --quiet --requirement $(VENV)/requirements.txt
	@touch $@

$(VENV)/.core: $(RUST_SOURCES) $(VENV)/.tools | preflight
	PIP_QUIET=1 $(BIN)/maturin develop --release --locked --quiet
	@touch $@
