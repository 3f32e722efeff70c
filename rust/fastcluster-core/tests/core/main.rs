//! The core against the textbook versions of `fastcluster_core::naive`, and its promises one by one.
//!
//! | module | what it shows |
//! |---|---|
//! | [`labels`] | labels equal the float64 brute force, every type, layout, shape and metric, no tolerance |
//! | [`hostile`] | the same on ties, duplicates, outliers, offsets and extreme magnitudes |
//! | [`iterations`] | every Lloyd iteration is the textbook's, also where only moved centers are tested |
//! | [`refinement`] | a refinement of hierarchical k-means is the textbook's, and Lloyd's iteration with enough neighbors |
//! | [`hierarchical`] | exact labels, few worse than flat, edges, the same bits for any number of threads |
//! | [`sieve`] | the same where passes are sieves of bytes or of sketches, and what they save |
//! | [`relocation`] | empty clusters take the rows that the rule says |
//! | [`stops`] | tolerance, strict convergence, `max_iter`, `n_init`, memory limit, cancellation |
//! | [`properties`] | weights are repetition; permutation, scaling and translation change nothing else |
//! | [`identical`] | the same bits for any number of threads and for every instruction set |
//! | [`balanced`] | size bounds: minimum cost, sizes, objective, refusals |
//! | [`dbscan`] | labels of the textbook search, for any order of pairs, threads, passes; predictions; given distances |
//! | [`hierarchy`] | every linkage is the textbook's, from distances and from vectors |
//! | [`seeding`] | start centers have the distribution of (greedy) k-means++, of k-means‖ and of random rows |
//! | [`minibatch`] | a step is the textbook's; batches, weights, reassignment, stops |
//! | [`metrics`] | silhouettes equal those from all distances, on hostile data, for any number of threads |
//! | [`hdbscan`] | trees are those of all pairs; clusters, radii and new rows by their definitions |
//! | [`nearest`] | top-m and all distances |
//! | [`tree`] | trees: nearest rows, DBSCAN and the lightest tree are those of all pairs, ties included |
//! | [`pool`] | blocks in order, errors, cancellation |
//! | [`refusals`] | wrong input is refused with the reason |
//!
//! # Known weaknesses
//! Nothing here has more than a few thousand rows: counts beyond 2²⁴ and indices beyond 2³¹ are left to the slow tests
//! of the Python package, as is the use after a fork. Levels that this CPU lacks are not run. Centers of zeros under
//! cosine are compared in `nearest`, and in the tests of passes inside the crate.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "helpers of tests panic as tests do; their numbers are small and their bits are what is compared"
)]

mod balanced;
mod data;
mod dbscan;
mod hdbscan;
mod hierarchical;
mod hierarchy;
mod hostile;
mod identical;
mod iterations;
mod labels;
mod magnitudes;
mod metrics;
mod minibatch;
mod nearest;
mod pool;
mod properties;
mod random;
mod refinement;
mod refusals;
mod relocation;
mod seeding;
mod sieve;
mod stops;
mod tree;

use fastcluster_core::kmeans::{self, Fit, Init, Params};
use fastcluster_core::observer::Observer;
use fastcluster_core::points::Metric;
use fastcluster_core::pool::Pool;
use fastcluster_core::{Context, Error};

use crate::data::Data;

/// Calls `work` with a context of `n_threads` threads.
pub(crate) fn with_threads<T>(n_threads: usize, work: impl FnOnce(&Context<'_>) -> T) -> T {
    let (pool, observer) = (Pool::new(n_threads), Observer::default());
    work(&Context { pool: &pool, observer: &observer })
}

/// Fits on one thread.
pub(crate) fn fit(
    data: &Data,
    metric: Metric,
    weights: Option<&[f64]>,
    init: &Init,
    params: &Params,
) -> Result<Fit, Error> {
    with_threads(1, |context| kmeans::fit(&data.points(metric), weights, init, params, context))
}
