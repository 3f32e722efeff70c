"""Real tensors of PyTorch, which `make test` plays with stand-ins (test_arrays.py)."""

import numpy as np
import pytest

import oracle
from fastcluster import KMeans
from fastcluster._backend import select
from fastcluster._validation import check_vectors

torch = pytest.importorskip("torch", reason="needs PyTorch")

CPU = select("cpu", 1)
X, GROUPS = oracle.blobs(4, 6, 20)
START = oracle.first_of_each(X, GROUPS)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64", "int8", "uint8"])
def test_tensors_keep_their_type_and_give_the_same_labels(name):
    values = torch.from_numpy(np.abs(X)).to(getattr(torch, name))
    checked = check_vectors(values, CPU)
    assert checked.data.dtype.name == name
    assert (checked.data.astype(np.float64) == values.double().numpy()).all()
    labels = KMeans(4, init=np.abs(START)).fit(values).labels_
    assert (labels == KMeans(4, init=np.abs(START)).fit(values.double().numpy()).labels_).all()


@pytest.mark.slow
def test_strides_and_gradients_are_no_obstacle():
    values = torch.from_numpy(X)
    expected = KMeans(4, init=START).fit(X).labels_
    transposed = values.T.contiguous().T
    for tensor in (transposed, values.clone().requires_grad_()):
        assert (KMeans(4, init=START).fit(tensor).labels_ == expected).all()
