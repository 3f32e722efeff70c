//! k-means: Lloyd's algorithm with exact assignment, its starts, and the mini-batch form.
//!
//! # Steps
//! [`fit`] checks, prepares the rows once ([`crate::points`], the filter's 8-bit form), chooses start centers
//! ([`init`]), then alternates the exact assignment pass and the float64 update until no label changes, the centers
//! move less than the tolerance, or `max_iter` is reached; of several starts it keeps the one with the least inertia.
//!
//! # Source
//! Lloyd, "Least squares quantization in PCM", 1982, doi:10.1109/TIT.1982.1056489. Stopping rule, relocation of empty
//! clusters and defaults are scikit-learn's; the order of sums and the filter are ours.

use std::borrow::Cow;

pub mod balanced;
pub mod hierarchical;
mod inertia;
pub mod init;
mod lloyd;
mod memory;
pub mod minibatch;
mod passes;
mod relocate;
mod sums;

pub use inertia::{Assignment, assign};
pub use init::{Init, init_centers};
pub use lloyd::{Fit, IterationRecord, Stop, fit};

use crate::Error;
use crate::centers::CenterValues;
use crate::points::Points;

pub use crate::centers::CenterValues as Centers;

/// Parameters of [`fit`]; [`Params::check`] compares them with the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// Clusters.
    pub n_clusters: usize,
    /// Starts; the best run is kept. Ignored for start centers given as arrays, one run each.
    pub n_init: usize,
    /// Lloyd iterations at most.
    pub max_iter: usize,
    /// Stop when the centers' summed squared movement is at most this share of the mean variance of the features.
    pub tol: f64,
    /// Seed of every random choice.
    pub seed: u64,
    /// Bytes that the call may use on top of the data; `None` for no limit.
    pub memory_limit: Option<u64>,
}

impl Default for Params {
    fn default() -> Self {
        Self { n_clusters: 8, n_init: 1, max_iter: 300, tol: 1e-4, seed: 0, memory_limit: None }
    }
}

impl Params {
    /// Compares the parameters with the data.
    ///
    /// # Errors
    /// [`Error::Zero`], [`Error::TooFewPoints`].
    pub fn check(&self, points: &Points<'_>) -> Result<(), Error> {
        for (name, value) in
            [("n_clusters", self.n_clusters), ("n_init", self.n_init), ("max_iter", self.max_iter)]
        {
            if value == 0 {
                return Err(Error::Zero { name });
            }
        }
        check_counts(points, self.n_clusters)
    }
}

/// At least as many rows as clusters.
fn check_counts(points: &Points<'_>, n_clusters: usize) -> Result<(), Error> {
    let n_samples = points.n_rows();
    if n_samples < n_clusters {
        return Err(Error::TooFewPoints { n_samples, n_clusters });
    }
    Ok(())
}

/// Weights that fit the rows; none where all are one, so that the unweighted path is taken.
///
/// Rows of zeros under cosine belong nowhere: they weigh nothing.
fn check_weights<'w>(
    points: &Points<'_>,
    weights: Option<&'w [f64]>,
) -> Result<Option<Cow<'w, [f64]>>, Error> {
    let n = points.n_rows();
    if let Some(weights) = weights {
        if weights.len() != n {
            let found = weights.len();
            return Err(Error::LengthMismatch { name: "sample_weight", found, expected: n });
        }
        if !weights.iter().any(|weight| *weight > 0.0) {
            return Err(Error::NoWeight);
        }
    }
    let weights = weights.filter(|weights| weights.iter().any(|weight| *weight != 1.0));
    if !(0..n).any(|row| points.is_void(row)) {
        return Ok(weights.map(Cow::Borrowed));
    }
    let mut weights = weights.map_or_else(|| vec![1.0; n], <[f64]>::to_vec);
    for (row, weight) in weights.iter_mut().enumerate() {
        if points.is_void(row) {
            *weight = 0.0;
        }
    }
    Ok(Some(Cow::Owned(weights)))
}

/// One start center per cluster, with as many features as the rows.
fn check_start(points: &Points<'_>, start: &CenterValues, n_clusters: usize) -> Result<(), Error> {
    if start.len().is_multiple_of(n_clusters) {
        check_centers(points, start, start.len() / n_clusters)?;
    }
    let (found, n_features) = (start.len(), points.n_features());
    if found != n_clusters * n_features {
        return Err(Error::BadStart { found, n_clusters, n_features });
    }
    Ok(())
}

/// Centers with as many features as the rows, and at least one.
pub(crate) fn check_centers(
    points: &Points<'_>,
    centers: &CenterValues,
    n_features: usize,
) -> Result<(), Error> {
    if n_features != points.n_features() {
        return Err(Error::FeatureMismatch {
            n_centers_features: n_features,
            n_features: points.n_features(),
        });
    }
    if centers.is_empty() {
        return Err(Error::Zero { name: "n_centers" });
    }
    Ok(())
}
