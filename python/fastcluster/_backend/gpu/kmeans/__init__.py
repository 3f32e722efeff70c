"""k-means on a GPU: assignment, start centers, Lloyd's iterations, mini-batches."""
