//! The algorithms of fastcluster.
