//! Hierarchical clustering: from every row alone to all rows in one cluster, by joining the two nearest clusters.
//!
//! [`condensed`] works on the distances of all pairs, which [`pairwise`] computes, [`vectors`] without them, [`batch`] on
//! many small problems. A dendrogram is a list of [`Merge`]s. For Ward and average linkage, and where distances do not tie,
//! all give the same.

pub mod batch;
pub mod condensed;
mod dendrogram;
mod heap;
mod method;
pub mod pairwise;
pub mod vectors;

pub use dendrogram::{Join, Merge, ascending, from_edges, merged};
pub use method::Method;
