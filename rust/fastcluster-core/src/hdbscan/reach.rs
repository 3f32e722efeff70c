//! Which way to the tree of mutual reachability is taken.

use super::batch::Batch;
use super::copies::Copies;
use super::prim;
use crate::graph::{Approximation, Reachability};
use crate::points::{Gathered, Points};
use crate::spanning::{self, Size};
use crate::tree::{self, Reach, tree_pays};
use crate::{Context, Error};

/// What is asked of [`find`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// Rows within a core distance, the row itself included: from 1 to the number of rows.
    pub min_samples: usize,
    /// What distances are divided by; above 0.
    pub alpha: f64,
    /// Whether a tree that is nearly the lightest will do, where it is found sooner.
    pub approximate: bool,
    /// Bytes that the call may use on top of the data; `None` for no limit.
    pub memory_limit: Option<u64>,
}

/// Rows from which an approximate tree is found sooner than the lightest one: below, the groups near a row's hold a large
/// share of all rows.
const APPROXIMATE_ROWS_MIN: usize = 4_096;

/// The lightest tree of the rows under mutual reachability, with core distances and neighbours.
///
/// # Errors
/// As [`find`].
pub fn reachability(
    points: &Points<'_>,
    min_samples: usize,
    alpha: f64,
    context: &Context<'_>,
) -> Result<Reachability, Error> {
    let params = Params { min_samples, alpha, approximate: false, memory_limit: None };
    Ok(find(points, &params, context)?.0)
}

/// The lightest tree of the rows under mutual reachability, with core distances and neighbours; or nearly so, and how
/// nearly.
///
/// The exact result is unique, whichever way it is found: edges are ordered by weight and row numbers, neighbours by
/// distance and row number, and all distances are float64 in difference form (`1 − cos` as half the squared distance of
/// unit rows). An approximate one does not depend on threads. It is exact where that costs nothing more: few rows, or
/// rows that fill few dimensions.
///
/// # Errors
/// [`Error::AtLeast`] or [`Error::MinSamplesTooLarge`] for a `min_samples` outside 1 to n, [`Error::Memory`],
/// [`Error::Cancelled`].
pub fn find(
    points: &Points<'_>,
    params: &Params,
    context: &Context<'_>,
) -> Result<(Reachability, Approximation), Error> {
    let Params { min_samples, alpha, memory_limit, .. } = *params;
    check_min_samples(min_samples, points.n_rows())?;
    // A tree takes lists and the components of its rounds beside itself.
    let beside = (points.n_rows() * (28 * min_samples + 128)) as u64;
    let of_tree = memory_limit.map(|limit| limit.saturating_sub(beside));
    if tree_pays(points, Reach::Spanning(min_samples), of_tree, context)? {
        let found = tree::reachability(points, min_samples, alpha, context)?;
        return Ok((found, Approximation::exact(points.n_rows())));
    }
    let size = Size::of(points);
    if let Some(copies) = Copies::of(points, min_samples, context)? {
        let fewer = Size { n_rows: copies.rows.len(), ..size };
        check_memory(copies.bytes(points) + bytes(fewer, params, context), memory_limit)?;
        let gathered = Gathered::of(points, &copies.rows, context)?;
        let (found, measured) = by_pairs(&gathered.points(points), params, context)?;
        if let Some(joined) = copies.joined(&found) {
            return Ok((joined, copies.approximation(measured)));
        }
    }
    check_memory(bytes(size, params, context), memory_limit)?;
    by_pairs(points, params, context)
}

/// How a tree is found from pairs of rows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Way {
    Plain,
    Exact,
    Approximate,
}

impl Way {
    fn of(size: Size, params: &Params) -> Self {
        if !spanning::suits(size) {
            Self::Plain
        } else if params.approximate && size.n_rows >= APPROXIMATE_ROWS_MIN {
            Self::Approximate
        } else {
            Self::Exact
        }
    }
}

/// Bytes that [`by_pairs`] takes.
fn bytes(size: Size, params: &Params, context: &Context<'_>) -> u64 {
    let (n, n_threads) = (size.n_rows, context.pool.n_threads());
    let reach = spanning::Reach::new(n, params.min_samples, params.alpha);
    match Way::of(size, params) {
        Way::Plain => Batch::bytes(n, size.n_features) + prim::bytes(n, params.min_samples),
        Way::Exact => spanning::bytes(size, reach, n_threads),
        Way::Approximate => spanning::bytes_approximate(size, reach, n_threads),
    }
}

/// The same from pairs of rows.
fn by_pairs(
    points: &Points<'_>,
    params: &Params,
    context: &Context<'_>,
) -> Result<(Reachability, Approximation), Error> {
    let Params { min_samples, alpha, .. } = *params;
    let found = match Way::of(Size::of(points), params) {
        Way::Approximate => return spanning::approximate(points, min_samples, alpha, context),
        Way::Exact => spanning::reachability(points, min_samples, alpha, context)?,
        Way::Plain => {
            let every = Batch::all(points);
            prim::of_rows(points.n_rows(), min_samples, alpha, context, |row, out| {
                every.distances_from(row, out);
                Ok(())
            })?
        }
    };
    Ok((found, Approximation::exact(points.n_rows())))
}

/// Refuses a call that needs more than `limit`.
fn check_memory(needed: u64, limit: Option<u64>) -> Result<(), Error> {
    match limit {
        Some(limit) if needed > limit => Err(Error::Memory { needed, limit }),
        _ => Ok(()),
    }
}

/// Refuses neighbourhoods of no row and of more rows than there are.
pub(super) fn check_min_samples(min_samples: usize, n_samples: usize) -> Result<(), Error> {
    if min_samples == 0 {
        return Err(Error::AtLeast { name: "min_samples", least: 1, found: 0 });
    }
    if min_samples > n_samples {
        return Err(Error::MinSamplesTooLarge { min_samples, n_samples });
    }
    Ok(())
}
