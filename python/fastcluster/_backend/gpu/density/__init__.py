"""DBSCAN and HDBSCAN on a GPU."""
