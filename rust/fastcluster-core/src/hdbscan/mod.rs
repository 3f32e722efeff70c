//! HDBSCAN*: clusters of any density, from the lightest tree over the rows under mutual reachability.
//!
//! # Steps
//! [`reachability`] finds the tree and the neighbours of each row; it is the only part that reads vectors and nearly
//! all of the cost. Everything after it is O(n): [`Dendrogram`] is the order of joins, [`Condensed`] keeps the splits
//! into parts of at least `min_cluster_size` rows, and [`cut()`] selects clusters among them and labels the rows. The tree
//! alone also answers for every radius at once: [`cut_at()`] (DBSCAN*) and [`dbscan_labels`] (DBSCAN, border rows too).
//!
//! New rows are [`attach()`]ed to a training row and [`place()`]d where that one is in the tree; [`membership()`] weighs all
//! clusters for a row. A training row passed as a new one gets its own label and probability.
//!
//! # Definitions
//! A row's core distance c is the distance within which it has `min_samples` rows, itself included. The mutual
//! reachability of two rows is max(d/alpha, c, c'), as in scikit-learn's tree-based fits: alpha leaves core distances as
//! they are. λ is 1/distance, infinite at 0. Equal weights are ordered by row numbers, so that tree and labels do not
//! depend on threads; with [`Ties::Merge`] equal heights are one node of many children, and the clusters do not depend on
//! the order of rows either.
//!
//! # Source
//! Campello, Moulavi, Zimek and Sander 2015, doi:10.1145/2733381; arXiv:1705.07321 for the order of the work. The numbers of
//! labels and the rule for epsilon are those of scikit-learn.

mod attach;
mod attach_tiles;
mod batch;
mod condense;
mod copies;
mod cut;
mod cut_at;
mod dbscan;
mod dendrogram;
mod exemplars;
mod labels;
mod medoids;
mod membership;
mod outliers;
mod place;
mod precomputed;
mod prim;
mod reach;
mod select;

pub use attach::{Attached, attach, attach_distances};
pub use condense::{Condensed, Ties};
pub use cut::{Cut, cut};
pub use cut_at::cut_at;
pub use dbscan::dbscan_labels;
pub use dendrogram::Dendrogram;
pub use exemplars::{Exemplars, exemplar_distances};
pub use labels::Labels;
pub use medoids::medoids;
pub use membership::{membership, membership_of_rows};
pub use place::{Placed, place};
pub use precomputed::{of_graph, of_matrix};
pub use prim::of_rows;
pub use reach::{Params, find, reachability};
pub use select::{Method, Selection};
