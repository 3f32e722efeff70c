//! Weighted edges between rows, sets of rows that they join, and the lightest forest of them.
//!
//! What density clustering and single linkage are made of once distances are known. Edges have one total order, so the
//! forest is unique however many weigh the same, and does not depend on the order or the threads in which edges were
//! found.

mod approximation;
mod edge;
mod forest;
mod reachability;
mod sets;
mod shared_sets;

pub use approximation::Approximation;
pub use edge::Edge;
pub use forest::lightest_forest;
pub use reachability::Reachability;
pub use sets::Sets;
pub use shared_sets::SharedSets;
