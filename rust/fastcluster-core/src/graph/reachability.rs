//! The lightest spanning tree under mutual reachability, and the neighbours that it came from.

use super::Edge;

/// What HDBSCAN needs to know of the rows: everything after this is work on trees.
///
/// The mutual reachability of two rows is the largest of their distance (over alpha) and their two core distances. A
/// row's core distance is the distance within which it has `min_samples` rows, itself included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reachability {
    /// The tree, or forest where rows cannot be reached, in the order of edges.
    pub edges: Vec<Edge>,
    /// Core distance of each row.
    pub cores: Vec<f64>,
    /// Rows listed for each row in `neighbors`: `min_samples − 1`, for the row itself is not listed.
    pub n_listed: usize,
    /// The nearest other rows of each row, nearest first, equally near ones by number: `n_rows × n_listed`.
    pub neighbors: Vec<u32>,
    /// Their true distances.
    pub distances: Vec<f64>,
}
