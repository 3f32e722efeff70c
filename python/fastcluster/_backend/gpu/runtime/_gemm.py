"""Products of float16 matrices into float32, by cuBLAS on tensor cores.

`cupy.matmul` of float16 gives float16; `gemmEx` with the compute type CUBLAS_COMPUTE_32F gives the
float32 sums. Products of two float16 values are exact in float32, so only the sums round, in an
order that cuBLAS chooses: whoever uses the scores must bound that (`_bands.py`).
"""

from typing import Any, Final

import numpy as np

from fastcluster._backend.gpu.runtime._cupy import cublas, cupy

__all__ = ["ALIGNMENT", "scores"]

ALIGNMENT: Final = 8
"""Columns of float16 operands are a multiple of this: 16 bytes, cuBLAS's fast paths."""

_FLOAT16: Final = 2
_FLOAT32: Final = 0
"""CUDA_R_16F and CUDA_R_32F of cudaDataType_t."""

_FACTORS: Final = np.array([-2.0, 0.0, 1.0], dtype=np.float32)
"""cuBLAS reads its factors from host memory, which therefore must stay where it is."""

_MINUS_TWO, _ZERO, _ONE = (_FACTORS.ctypes.data + at for at in (0, 4, 8))


def scores(rows: Any, columns: Any, out: Any, *, add: bool = False) -> None:  # noqa: ANN401
    """Set `out` to -2 · rows · columnsᵀ, on the current stream.

    Parameters
    ----------
    rows : device array of float16 of shape (m, d)
        Rows in one piece each, and as far apart as they are; d and the distance between rows are
        multiples of `ALIGNMENT`.
    columns : device array of float16 of shape (n, d)
        As the rows.
    out : device array of float32 of shape (m, n), C-contiguous
        Overwritten.
    add : bool
        Whether to add to `out` instead.

    Notes
    -----
    cuBLAS reads by columns, so this is the product of the columns, transposed, with the rows. The
    handle is shared with the user's code: its pointer mode is put back.
    """
    cp, lib = cupy(), cublas()
    (m, d), (n, _) = rows.shape, columns.shape
    handle = cp.cuda.device.get_cublas_handle()
    mode = lib.getPointerMode(handle)
    lib.setPointerMode(handle, lib.CUBLAS_POINTER_MODE_HOST)
    try:
        lib.gemmEx(
            handle, lib.CUBLAS_OP_T, lib.CUBLAS_OP_N, n, m, d,
            _MINUS_TWO, columns.data.ptr, _FLOAT16, columns.strides[0] // columns.itemsize,
            rows.data.ptr, _FLOAT16, rows.strides[0] // rows.itemsize,
            _ONE if add else _ZERO, out.data.ptr, _FLOAT32, n,
            lib.CUBLAS_COMPUTE_32F, lib.CUBLAS_GEMM_DEFAULT,
        )  # fmt: skip
    finally:
        lib.setPointerMode(handle, mode)
