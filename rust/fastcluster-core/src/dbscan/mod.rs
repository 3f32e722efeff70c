//! DBSCAN: clusters as dense regions, joined where they touch.
//!
//! Two rows within `eps` are neighbours, every row is its own. A row is core where its neighbours weigh at least
//! `min_samples`; core neighbours are in one cluster; a row that is not core joins the first cluster among those of its
//! core neighbours, or is noise (−1). Clusters are numbered by their first core row.
//!
//! # Idea
//! scikit-learn keeps every neighbourhood and searches them row after row. The result does not depend on the order of
//! that search, so nothing needs to be kept: an engine hands out each pair of neighbours once, in any order and from
//! any thread, and [`Links`] keeps of them what the labels need (`lists.rs`).
//!
//! # Decision
//! Euclidean neighbours have `Σ(x_i − y_i)² ≤ fl(eps·eps)` in float64, in the difference form and order of
//! [`fastcluster_kernels::distance`]; under cosine `1 − x̂·ŷ ≤ eps` for rows divided by their norms, so that a row of
//! zeros is at distance 1 from every other. An engine may filter, but decides by [`Near`].
//!
//! # Steps
//! [`fit`] checks, chooses an [`Engine`] and lets it feed the links, once or as often as they ask. [`predict`] gives new
//! rows the label that a row that is not core would have. [`precomputed`] does both for distances that the caller has,
//! and [`neighborhoods`] hands on neighbours that the caller has found.
//!
//! # Source
//! Ester, Kriegel, Sander and Xu, KDD 1996, for the algorithm; Patwary et al. 2012, doi:10.1109/SC.2012.9, for sets in
//! place of a search; Wang, Gu and Shun 2020, doi:10.1145/3318464.3380582, for its parallel form.

mod block;
mod engine;
mod labels;
mod links;
mod lists;
mod near;
pub mod neighborhoods;
mod passes;
mod plain;
pub mod precomputed;
mod predict;
mod predict_tiles;
mod sparse;
mod tiles;
mod weights;

pub use engine::Engine;
pub use links::{Links, Step};
pub use near::Near;
pub use predict::predict;
use tiles::Tiles;
use weights::Weights;

use crate::points::Points;
use crate::tree::{self, Reach, tree_pays};
use crate::{Context, Error};

/// The label of a row that is in no cluster.
pub const NOISE: i64 = -1;

/// Parameters of [`fit`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// Largest distance of neighbours, in the caller's units; above 0.
    pub eps: f64,
    /// Least weight of a core row's neighbours, itself included; at least 1.
    pub min_samples: usize,
    /// Bytes that the call may use on top of the data; `None` for no limit.
    pub memory_limit: Option<u64>,
}

/// A radius that is a number above zero.
fn check_eps(eps: f64) -> Result<(), Error> {
    if eps > 0.0 { Ok(()) } else { Err(Error::BadEps { eps }) }
}

/// What a fit found.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The cluster of each row, [`NOISE`] for none.
    pub labels: Vec<i64>,
    /// Whether each row is core.
    pub cores: Vec<bool>,
}

/// Clusters the rows.
///
/// The same result, to the bit, for any number of threads, and whichever engine finds the neighbours.
///
/// # Errors
/// [`Error::BadEps`], [`Error::Zero`], [`Error::LengthMismatch`], [`Error::Memory`], [`Error::Cancelled`].
pub fn fit(
    points: &Points<'_>,
    params: &Params,
    sample_weight: Option<&[f64]>,
    context: &Context<'_>,
) -> Result<Fit, Error> {
    check_eps(params.eps)?;
    let n = points.n_rows();
    let limit = params.memory_limit;
    // Words are worth more than lists: where both do not fit, pairs come three times.
    let words = Tiles::bytes(points)
        .filter(|words| limit.is_none_or(|limit| words + Links::least_bytes(n) <= limit));
    let of_links = limit.map(|limit| limit - words.unwrap_or(0));
    let mut links = Links::new(n, params.min_samples, sample_weight, of_links)?;
    if links.never_core() {
        return Ok(Fit { labels: vec![NOISE; n], cores: vec![false; n] });
    }
    // Labels, sets and queues beside the tree.
    let of_tree = limit.map(|limit| limit.saturating_sub(64 * n as u64));
    if tree_pays(points, Reach::Within(params.eps), of_tree, context)? {
        drop(links);
        return tree::dbscan::fit(points, params.eps, params.min_samples, sample_weight, context);
    }
    let engine = Engine::choose(points, params.eps, words.is_some(), context)?;
    loop {
        engine.feed(&links, context)?;
        links = match links.advance(context)? {
            Step::Again(links) => links,
            Step::Done(fit) => return Ok(fit),
        };
    }
}
