//! The Python binding of fastcluster.
