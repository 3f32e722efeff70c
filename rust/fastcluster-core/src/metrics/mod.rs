//! How good a clustering is, from the rows and their labels alone.
//!
//! | module | what it offers |
//! |---|---|
//! | [`silhouette`] | how much nearer each row is to its own cluster than to the nearest other |
//! | [`dispersion`] | Davies–Bouldin and Calinski–Harabasz: spread about the centroids |
//! | [`density`] | DBCV: whether clusters are dense inside and apart from each other |
//!
//! Every score depends on ratios of distances only, so the scaling of [`crate::points`] changes none.

mod centroids;
mod clusters;
pub mod density;
pub mod dispersion;
pub mod silhouette;
mod tiles;

pub use clusters::Clusters;

/// What a distance is, given the rows that [`crate::points::Points`] reads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Distance {
    /// `‖x − y‖`.
    Euclidean,
    /// `‖x − y‖²`.
    SquaredEuclidean,
    /// 1 − cos, of points whose metric is the cosine; a row of zeros is at distance 1 of every other row.
    Cosine,
}
