//! Which way to the tree of mutual reachability is taken.

use super::batch::Batch;
use super::prim;
use crate::graph::Reachability;
use crate::points::Points;
use crate::spanning;
use crate::tree::{self, Reach, tree_pays};
use crate::{Context, Error};

/// The lightest tree of the rows under mutual reachability, with core distances and neighbours.
///
/// The result is unique, whichever way it is found: edges are ordered by weight and row numbers, neighbours by distance
/// and row number, and all distances are float64 in difference form (`1 − cos` as half the squared distance of unit rows).
///
/// # Errors
/// [`Error::AtLeast`] or [`Error::MinSamplesTooLarge`] for a `min_samples` outside 1 to n, [`Error::Cancelled`].
pub fn reachability(
    points: &Points<'_>,
    min_samples: usize,
    alpha: f64,
    context: &Context<'_>,
) -> Result<Reachability, Error> {
    check_min_samples(min_samples, points.n_rows())?;
    if tree_pays(points, Reach::Spanning(min_samples), None, context)? {
        return tree::reachability(points, min_samples, alpha, context);
    }
    if spanning::suits(points) {
        return spanning::reachability(points, min_samples, alpha, context);
    }
    let every = Batch::all(points);
    prim::of_rows(points.n_rows(), min_samples, alpha, context, |row, out| {
        every.distances_from(row, out);
        Ok(())
    })
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
