"""`cupy_backends.cuda.libs.cublas`: gemmEx of 16-bit operands into float32, with cuBLAS's rules."""

import ctypes
from types import ModuleType

import numpy as np

from ._cuda import HANDLE
from ._functions import memory_of
from ._memory import host_bytes
from ._state import state
from ._stream import run_now

_HALF, _SINGLE, _BRAIN = 2, 0, 14
_mode = [0]


class CUBLASError(RuntimeError):
    """As CuPy's."""


def _matrix(pointer, dtype, n_rows, n_columns, leading):
    """Return a column-major matrix over device memory; refuse what is not all in one allocation."""
    if leading < max(1, n_rows):
        raise CUBLASError("CUBLAS_STATUS_INVALID_VALUE: leading dimension")
    n_bytes = (leading * (n_columns - 1) + n_rows) * dtype.itemsize if n_columns else 0
    memory = memory_of(pointer)
    if memory is None or pointer + n_bytes > memory.ptr + memory.size:
        raise CUBLASError("CUBLAS_STATUS_EXECUTION_FAILED: a matrix outside of its memory")
    values = host_bytes(pointer, n_bytes).view(dtype)
    steps = (dtype.itemsize, leading * dtype.itemsize)
    return np.lib.stride_tricks.as_strided(values, (n_rows, n_columns), steps)


def _operand(pointer, kind, operation, shape, leading):
    """Return op(A) as float32."""
    stored = shape if operation == 0 else shape[::-1]
    if kind == _BRAIN:
        bits = _matrix(pointer, np.dtype(np.uint16), *stored, leading).astype(np.uint32) << 16
        values = bits.view(np.float32)
    else:
        dtype = np.dtype(np.float16 if kind == _HALF else np.float32)
        values = _matrix(pointer, dtype, *stored, leading).astype(np.float32)
    return values if operation == 0 else values.T


def _scalar(pointer):
    return np.float32(ctypes.c_float.from_address(pointer).value)


def gemm_ex(handle, transa, transb, m, n, k, alpha, a, a_type, lda, b, b_type, ldb, beta, c, c_type,
            ldc, compute_type, algo):  # fmt: skip
    """C = alpha · op(A) · op(B) + beta · C, all by columns."""
    if handle != HANDLE or _mode[0] != 0:
        raise CUBLASError("CUBLAS_STATUS_NOT_INITIALIZED, or pointers to scalars on the device")
    if (
        compute_type != 68
        or c_type != _SINGLE
        or a_type not in (_HALF, _BRAIN, _SINGLE)
        or a_type != b_type
    ):
        raise CUBLASError(
            "CUBLAS_STATUS_NOT_SUPPORTED: the stand-in computes float32 from 16-bit operands"
        )
    run_now()
    state.counts.products += 1
    left = _operand(a, a_type, transa, (m, k), lda)
    right = _operand(b, b_type, transb, (k, n), ldb)
    with np.errstate(all="ignore"):
        product = left @ right
        if state.product_error:
            product += _errors(left, right)
        out = _matrix(c, np.dtype(np.float32), m, n, ldc)
        scaled = _scalar(alpha) * product
        out[...] = scaled if _scalar(beta) == 0 else scaled + _scalar(beta) * out


def _errors(left, right):
    """Return errors as a share of what the sums of a tensor core may be off by, of either sign."""
    lengths = np.linalg.norm(left, axis=1)[:, np.newaxis] * np.linalg.norm(right, axis=0)
    signs = np.indices(lengths.shape).sum(axis=0) * 2654435761 >> 7 & 1
    bound = left.shape[1] * 2.0**-22 * lengths
    return (state.product_error * bound * (1 - 2 * signs)).astype(np.float32)


def cublas():
    """Return the module."""
    module = ModuleType("cupy_backends.cuda.libs.cublas")
    vars(module).update(
        CUBLAS_OP_N=0, CUBLAS_OP_T=1, CUBLAS_COMPUTE_16F=64, CUBLAS_COMPUTE_32F=68,
        CUBLAS_COMPUTE_32F_FAST_TF32=77, CUBLAS_GEMM_DEFAULT=-1, CUBLAS_POINTER_MODE_HOST=0,
        CUBLAS_POINTER_MODE_DEVICE=1, gemmEx=gemm_ex, getPointerMode=lambda handle: _mode[0],
        setPointerMode=lambda handle, mode: _mode.__setitem__(0, mode), CUBLASError=CUBLASError,
    )  # fmt: skip
    return module
