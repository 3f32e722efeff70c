"""Which device a call runs on."""

import sys

import numpy as np
import pytest

import fastcluster as fc
from fastcluster._backend import select
from fastcluster.exceptions import DeviceUnavailableError

X = np.arange(12.0).reshape(6, 2)


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_host_memory_stays_on_the_cpu(device):
    assert select(device, 2).n_threads == 2
    assert select(device, 2).description.startswith("the cpu (")


@pytest.mark.parametrize(
    "call",
    [
        lambda: fc.KMeans(2, device="cuda").fit(X),
        lambda: fc.HDBSCAN(2, device="cuda").fit(X),
        lambda: fc.MiniBatchKMeans(2, device="cuda").partial_fit(X),
        lambda: fc.nearest_centroids(X, X, device="cuda"),
        lambda: fc.NearestCentroid(device="cuda").fit(X, [0, 0, 0, 1, 1, 1]),
    ],
)
def test_a_gpu_that_cannot_be_used_is_an_error_with_a_way_out(call, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(DeviceUnavailableError, match=r"a GPU needs CuPy.*\nhint: .*'cpu'"):
        call()


def test_the_configured_device_stands_in_for_auto(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with fc.config_context(device="cuda"):
        with pytest.raises(DeviceUnavailableError):
            fc.KMeans(2).fit(X)
        fc.KMeans(2, device="cpu").fit(X)
