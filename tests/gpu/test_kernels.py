"""Sources of kernels as CuPy gets them, and functions that are looked up once."""

import pytest

from fastcluster._backend.gpu.runtime import _kernels


@pytest.mark.parametrize("name", _kernels.SOURCES)
def test_sources_can_be_written_in_every_encoding(name):
    assert _kernels.source_text(name).isascii()


def test_a_function_is_looked_up_once_per_variant(standin):
    function = _kernels.kernel("random.cu", "bits")
    assert _kernels.kernel("random.cu", "bits") is function
    assert _kernels.kernel("random.cu", "uniform") is not function
    assert _kernels.kernel("random.cu", "bits", OTHER=1) is not function
