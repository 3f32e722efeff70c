"""What every part stands on: CuPy, devices, kernels, memory, products, random numbers."""
