//! k-means with bounds on the sizes of clusters, or a price on their imbalance.
//!
//! # Objective
//! `J = Σ w·‖x − c‖² + λ·Σ (size − n/k)²` over assignments with `size_min ≤ size ≤ size_max`, where
//! `λ = balance · (k/n) · V` and V is the mean of w·‖x − m‖² over the rows, m their mean: a share of the data's own
//! spread, so that scaling or repeating the data changes nothing. Sizes count rows; weights enter costs and centers.
//!
//! # Steps
//! As Lloyd's algorithm, but each assignment is one of minimum J for the centers at hand (`assign`): a minimum-cost
//! flow from rows over clusters, solved exactly by shortest augmenting paths (`paths`) from the prices of the
//! iteration before, on lists of the few clusters that a row may take (`costs`). Neither step can raise J.
//!
//! # Cost
//! Per iteration one pass of the filter (n·k·d multiply-adds) and a few float64 distances a row; then a path for each
//! row that the last prices leave in excess, of O(k²) at worst. Memory: some 600 bytes a row, and what scanning again adds
//! for rows whose first candidates did not suffice; never n × k.
//!
//! # Source
//! Bounds: Bradley, Bennett and Demiriz, "Constrained k-means clustering", MSR-TR-2000-65. Convex penalties of size as a
//! flow: Lin, He and Xiao, "Balanced clustering: a uniform model and fast algorithm", IJCAI 2019,
//! doi:10.24963/ijcai.2019/414; the squared size: Chang, Nie, Ma and Yang, arXiv:1411.6235. The lists and their bounds
//! are ours.

mod ascent;
mod assign;
mod costs;
mod grid;
mod iterations;
mod network;
mod paths;
mod sizes;

pub use iterations::{Fit, IterationRecord, fit};

/// Parameters of [`fit`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// Clusters.
    pub n_clusters: usize,
    /// Least rows per cluster.
    pub size_min: Option<usize>,
    /// Most rows per cluster.
    pub size_max: Option<usize>,
    /// Strength of the penalty on unequal sizes; 0 for none.
    pub balance: f64,
    /// Starts; the best run is kept. Ignored for start centers given as arrays, one run each.
    pub n_init: usize,
    /// Iterations at most.
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
        Self {
            n_clusters: 8,
            size_min: None,
            size_max: None,
            balance: 0.0,
            n_init: 1,
            max_iter: 300,
            tol: 1e-4,
            seed: 0,
            memory_limit: None,
        }
    }
}
