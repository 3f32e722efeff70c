//! The algorithms of fastcluster, free of Python and of `unsafe`.
//!
//! A call goes: [`points::Points`] wraps the caller's array and its metric, [`pool::Pool`] and [`observer::Observer`]
//! carry threads and cancellation, and a module per method does the work on the kernels of `fastcluster_kernels`.
//!
//! ```
//! use fastcluster_core::kmeans::{self, Init, Params};
//! use fastcluster_core::points::{Metric, Points, Values};
//! use fastcluster_core::{Context, observer::Observer, pool::Pool};
//!
//! let rows = ndarray::arr2(&[[0.0_f32, 0.0], [0.1, 0.0], [5.0, 5.0], [5.1, 5.0]]);
//! let (pool, observer) = (Pool::new(1), Observer::default());
//! let context = Context { pool: &pool, observer: &observer };
//! let points = Points::new(Values::F32(rows.view()), Metric::Euclidean, &context)?;
//! let params = Params { n_clusters: 2, ..Params::default() };
//! let fit = kmeans::fit(&points, None, &Init::PlusPlus, &params, &context)?;
//! assert_eq!(fit.labels[0], fit.labels[1]);
//! assert_ne!(fit.labels[0], fit.labels[2]);
//! # Ok::<(), fastcluster_core::Error>(())
//! ```
#![forbid(unsafe_code)]
#![expect(
    clippy::float_cmp,
    reason = "weights of one, scales of one and shifts of zero are compared to the bit on purpose"
)]
#![expect(
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "rows, labels and CSR offsets are checked to fit where they come in"
)]

mod assign;
pub mod bundle;
mod centers;
pub mod dbscan;
mod error;
mod filter;
pub mod graph;
pub mod hdbscan;
pub mod hierarchy;
pub mod kmeans;
pub mod metrics;
pub mod naive;
pub mod neighbors;
pub mod observer;
mod pairs;
pub mod points;
pub mod pool;
pub mod rng;
mod spanning;
pub mod tree;

pub use error::Error;
pub use fastcluster_kernels::Level;

/// What every long call is given: the threads to use, and whom to tell and to ask.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Threads.
    pub pool: &'a pool::Pool,
    /// Progress and cancellation.
    pub observer: &'a observer::Observer,
}
