"""Benchmarks: `micro` times the kernels in Rust, `end_to_end` this library beside its peers."""
