#!/bin/sh
# Stops with one sentence when Python or Rust is missing or too old. Usage: preflight.sh PYTHON
python=$1

stop() {
    echo "make: $1" >&2
    exit 1
}

command -v "$python" >/dev/null 2>&1 ||
    stop "fastcluster needs Python 3.11 or newer and '$python' was not found: install it from https://www.python.org/downloads/, or name yours with 'make PYTHON=/path/to/python3.11'"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    stop "fastcluster needs Python 3.11 or newer and '$python' is $("$python" -c 'import platform; print(platform.python_version())'): install a newer one from https://www.python.org/downloads/, or name yours with 'make PYTHON=/path/to/python3.11'"
"$python" -c 'import venv, ensurepip' 2>/dev/null ||
    stop "fastcluster needs Python's venv module and '$python' has none: install it (on Debian and Ubuntu: apt install python3-venv)"
command -v cargo >/dev/null 2>&1 ||
    stop "fastcluster needs a Rust toolchain and 'cargo' was not found: install it from https://rustup.rs"

needed=$(sed -n 's/^rust-version = "\([0-9.]*\)"$/\1/p' Cargo.toml)
found=$(rustc --version | cut -d' ' -f2)
oldest=$(printf '%s\n%s\n' "$needed" "$found" | sort -V | head -n 1)
[ "$oldest" = "$needed" ] ||
    stop "fastcluster needs Rust $needed or newer and found $found: run 'rustup update stable', or install it from https://rustup.rs"
