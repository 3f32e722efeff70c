"""NVIDIA GPUs, through CuPy: the CPU's answers, at the speed of 16-bit matrix products.

A 16-bit product scores all pairs; a proven bound on its error tells which pairs it cannot decide,
and those are compared in float64, by the rule that defines the answer. The CUDA sources are in
`cuda/`.
"""
