//! What calls take on top of the data, and the refusal of those that take more than they may.

use super::sums::RUNS_AT_ONCE;
use crate::Error;

/// Refuses a call that needs more than `limit`.
pub(super) fn check(needed: u64, limit: Option<u64>) -> Result<(), Error> {
    match limit {
        Some(limit) if needed > limit => Err(Error::Memory { needed, limit }),
        _ => Ok(()),
    }
}

/// Centers, their sums, panels and copies.
pub(super) fn of_centers(n_clusters: usize, n_features: usize) -> u64 {
    48 * n_clusters as u64 * n_features as u64
}

/// Lloyd's iterations: row states, changes, labels and the sorted order, or the sums of runs.
pub(super) fn of_lloyd(n_rows: usize, n_features: usize, n_clusters: usize) -> u64 {
    let sums = 8 * n_clusters as u64 * n_features as u64;
    n_rows as u64 * 40 + RUNS_AT_ONCE as u64 * sums.min(1 << 19)
}
