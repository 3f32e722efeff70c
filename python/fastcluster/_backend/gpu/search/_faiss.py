"""Nearest rows by FAISS, where it is asked for and installed with GPU support.

FAISS's Python functions take NumPy arrays only, so its parameters are filled with device pointers
here, and nothing is copied that is float32 or float16 already. It computes in float32 (squared
distances by norms and products), so neighbors and distances are close to the exact ones, and ties
are in any order.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final

import numpy as np

from fastcluster._backend.gpu.rows._rows import CODES, Block, Rows
from fastcluster._backend.gpu.runtime._cupy import cupy, explained
from fastcluster._backend.gpu.scores._tiles import whole_block
from fastcluster.exceptions import DeviceUnavailableError

__all__ = ["FAISS_NAMES", "faiss_nearest"]

FAISS_NAMES: Final = (
    "DistanceDataType_F16",
    "DistanceDataType_F32",
    "GpuDistanceParams",
    "IndicesDataType_I64",
    "METRIC_INNER_PRODUCT",
    "METRIC_L2",
    "StandardGpuResources",
    "bfKnn",
    "cast_integer_to_cudastream_t",
    "cast_integer_to_float_ptr",
    "cast_integer_to_void_ptr",
)
"""What is used of faiss; a build without GPU support lacks some of it."""

_SCRATCH_BYTES: Final = 512 * 2**20
"""What FAISS may keep for itself; its own default is up to 1.5 GiB."""


def faiss_nearest(rows: Rows, others: Rows, n_neighbors: int) -> Iterator[tuple[slice, Any, Any]]:
    """Search by FAISS's brute force.

    Parameters
    ----------
    rows, others : Rows
        What is searched for, and among what; the latter lies on the device.
    n_neighbors : int
        At most 2048, FAISS's limit.

    Yields
    ------
    tuple of slice, device array of float32, device array of int64
        Which rows, their distances in the caller's units, and their neighbors, nearest first.

    Raises
    ------
    DeviceUnavailableError
        If faiss is missing or has no GPU support, or `others` do not fit the device.
    """
    faiss = _faiss()
    cp = cupy()
    halves = rows.code == others.code == CODES["float16"] and not rows.cosine
    targets = _values(others, whole_block(others), halves)
    number, stream = cp.cuda.Device().id, cp.cuda.get_current_stream()
    resources = faiss.StandardGpuResources()
    resources.setTempMemory(_SCRATCH_BYTES)
    resources.setDefaultStream(number, faiss.cast_integer_to_cudastream_t(stream.ptr))
    for block in rows.blocks():
        queries = _values(rows, block, halves)
        distances = cp.empty((block.n_rows, n_neighbors), dtype=np.float32)
        indices = cp.empty((block.n_rows, n_neighbors), dtype=np.int64)
        params = _params(faiss, queries, targets, cosine=rows.cosine)
        params.k, params.device = n_neighbors, number
        params.outDistances = faiss.cast_integer_to_float_ptr(distances.data.ptr)
        params.outIndices = faiss.cast_integer_to_void_ptr(indices.data.ptr)
        params.outIndicesType = faiss.IndicesDataType_I64
        faiss.bfKnn(resources, params)
        # The search is queued, and its operands must live until it is done.
        stream.synchronize()
        found = 1.0 - distances if rows.cosine else cp.sqrt(cp.maximum(distances, 0.0))
        yield slice(block.start, block.stop), found.astype(np.float32), indices


def _faiss() -> Any:  # noqa: ANN401 - a module without types
    """Return faiss with GPU support."""
    try:
        faiss = import_module("faiss")
    except ImportError as error:
        raise DeviceUnavailableError(
            f"gpu_search='faiss' needs faiss, which cannot be imported: {explained(error)}\n"
            "hint: pip install 'fastcluster-rs[faiss-gpu]' (CUDA 12), or set gpu_search='exact'"
        ) from error
    missing = [name for name in FAISS_NAMES if not hasattr(faiss, name)]
    if missing:
        raise DeviceUnavailableError(
            "gpu_search='faiss' needs faiss with GPU support, and the installed one lacks "
            f"{', '.join(missing)}\n"
            "hint: install faiss-gpu in place of faiss-cpu, or set gpu_search='exact'"
        )
    return faiss


def _values(rows: Rows, block: Block, halves: bool) -> Any:  # noqa: ANN401 - an array
    """Return the rows of a block as FAISS reads them: float32, or float16 where all are."""
    cp, values = cupy(), block.values
    if rows.code == CODES["bfloat16"]:
        values = (values.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    elif rows.code == CODES["float16"]:
        values = values.view(np.float16)
    if halves:
        return cp.ascontiguousarray(values)
    if rows.cosine:
        factors = (block.inverse_norms * rows.scale).astype(np.float32)
        values = values.astype(np.float32) * factors[:, np.newaxis]
    return cp.ascontiguousarray(values, dtype=np.float32)


def _params(faiss: Any, queries: Any, targets: Any, *, cosine: bool) -> Any:  # noqa: ANN401
    """Return FAISS's parameters with both operands."""
    params = faiss.GpuDistanceParams()
    is_half = queries.dtype == np.float16
    dtype = faiss.DistanceDataType_F16 if is_half else faiss.DistanceDataType_F32
    params.metric = faiss.METRIC_INNER_PRODUCT if cosine else faiss.METRIC_L2
    params.dims = queries.shape[1]
    params.queries = faiss.cast_integer_to_void_ptr(queries.data.ptr)
    params.queryType, params.numQueries = dtype, queries.shape[0]
    params.vectors = faiss.cast_integer_to_void_ptr(targets.data.ptr)
    params.vectorType, params.numVectors = dtype, targets.shape[0]
    return params
