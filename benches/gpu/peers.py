"""What the library is compared with where it is there: plain torch, flash-kmeans, FAISS."""

import contextlib
import importlib


def module(name):
    """Return a module, or None and why."""
    try:
        return importlib.import_module(name), None
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


def torch_on_gpu():
    """Return torch if it sees a GPU, or None and why."""
    torch, reason = module("torch")
    if torch is not None and not torch.cuda.is_available():
        return None, "torch sees no GPU"
    return torch, reason


def torch_lloyd_step(torch, x, centers, chunk=1 << 17):
    """One iteration as one writes it with torch: float32 products, argmin, sums by index_add_."""
    squares = (centers * centers).sum(1)
    sums = torch.zeros_like(centers)
    counts = torch.zeros(len(centers), device=x.device)
    for start in range(0, len(x), chunk):
        rows = x[start : start + chunk]
        labels = (squares - 2 * (rows @ centers.T)).argmin(1)
        sums.index_add_(0, labels, rows)
        counts += torch.bincount(labels, minlength=len(centers))
    return torch.where(counts[:, None] > 0, sums / counts.clamp(min=1)[:, None], centers)


def torch_search(torch, x, queries, k, chunk=1 << 10):
    """The nearest k of every query by matmul and topk, in chunks of queries that fit."""
    squares = (x * x).sum(1)
    found = []
    for start in range(0, len(queries), chunk):
        scores = squares - 2 * (queries[start : start + chunk] @ x.T)
        found.append(torch.topk(scores, k, dim=1, largest=False).indices)
    return torch.cat(found)


def flash_kmeans_call(flash, x, centers):
    """Return a function of the number of iterations that runs flash-kmeans on (n, d) rows."""

    def call(n_iterations):
        flash.batch_kmeans_Euclid(
            x[None],
            n_clusters=len(centers),
            max_iters=n_iterations,
            tol=0.0,
            init_centroids=centers[None],
        )

    return call


@contextlib.contextmanager
def faiss_index(faiss, x):
    """A flat index of FAISS on the GPU over torch rows."""
    importlib.import_module("faiss.contrib.torch_utils")
    resources = faiss.StandardGpuResources()
    index = faiss.GpuIndexFlatL2(resources, x.shape[1])
    index.add(x)
    yield index
