"""Tests and benchmarks for a machine with a GPU: `python -m benches.gpu.run`."""
