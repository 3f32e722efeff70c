"""Vectors from files."""

from fastcluster.data._read import VectorFile as VectorFile
from fastcluster.data._read import read_vectors as read_vectors

__all__ = ["VectorFile", "read_vectors"]
