"""Cluster 5,000 sentences by their embeddings and see which intents the clusters found.

usage: python examples/cluster_sentences.py
"""

from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_rand_score

import fastcluster as fc

DATA = Path(__file__).parent / "data" / "clinc150"

vectors = np.load(DATA / "vectors.npy", mmap_mode="r")  # float16 stays float16
intents = np.load(DATA / "intents.npy")
texts = (DATA / "texts.txt").read_text(encoding="utf-8").splitlines()

model = fc.KMeans(n_clusters=150, metric="cosine", random_state=0).fit(vectors)
distances, _ = fc.nearest_centroids(vectors, model.cluster_centers_, metric="cosine")

print(f"{len(vectors):,} sentences in {model.n_clusters} clusters, {model.n_iter_} iterations")
print(
    f"agreement with the 150 intents (adjusted Rand): "
    f"{adjusted_rand_score(intents, model.labels_):.2f}"
)
for cluster in np.argsort(-np.bincount(model.labels_))[:5]:
    rows = np.flatnonzero(model.labels_ == cluster)
    print(f"\ncluster {cluster}, {len(rows)} sentences:")
    for row in rows[np.argsort(distances[rows, 0])[:3]]:
        print("   ", texts[row])
