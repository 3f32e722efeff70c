//! Inertia, and assignment to given centers.

use fastcluster_kernels::Level;

use super::{check_centers, check_weights};
use crate::assign::{Exact, Pass, RowState};
use crate::centers::{CenterValues, Centers};
use crate::filter::Filter;
use crate::points::{Metric, Points, block_rows};
use crate::{Context, Error};

/// Rows per partial sum.
const BLOCK_ROWS: usize = 256;

/// Labels and inertia of rows with given centers.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The nearest center of each row.
    pub labels: Vec<i32>,
    /// Σ w·‖x − c‖², or Σ w·(1 − cos) under cosine; `None` where it was not asked for.
    pub inertia: Option<f64>,
}

/// Assigns each row to its nearest center, ties to the lowest index; equal to a float64 brute force. The inertia, which
/// takes a distance a row more, is computed `with_inertia`.
///
/// # Errors
/// [`Error::FeatureMismatch`], [`Error::LengthMismatch`], [`Error::NoWeight`], [`Error::Cancelled`].
pub fn assign(
    points: &Points<'_>,
    centers: CenterValues,
    n_features: usize,
    weights: Option<&[f64]>,
    with_inertia: bool,
    context: &Context<'_>,
) -> Result<Assignment, Error> {
    check_centers(points, &centers, n_features)?;
    let weights = check_weights(points, weights)?;
    let weights = weights.as_deref();
    let points = &points.including(centers.largest(), context)?;
    let centers = Centers::new(centers, points);
    let filter = Filter::of_centers(points, &centers);
    let panels = filter.pack_all(&centers);
    let pass = Pass {
        points,
        filter: &filter,
        stored: None,
        centers: &centers,
        panels: &panels,
        drift: None,
        moved: None,
    };
    let mut states = RowState::unknown(points.n_rows());
    pass.run(context, &mut states)?;
    let inertia = if with_inertia {
        let inertia = inertia(points, weights, &states, &centers, context)?;
        Some(to_caller(points, inertia))
    } else {
        None
    };
    Ok(Assignment { labels: labels(&states), inertia })
}

/// Labels as published.
pub(crate) fn labels(states: &[RowState]) -> Vec<i32> {
    states.iter().map(|state| state.label.cast_signed()).collect()
}

/// Σ w·D in float64 over fixed blocks, combined in order, in working space.
pub(crate) fn inertia(
    points: &Points<'_>,
    weights: Option<&[f64]>,
    states: &[RowState],
    centers: &Centers,
    context: &Context<'_>,
) -> Result<f64, Error> {
    let n = points.n_rows();
    let level = Level::current();
    let blocks = context.pool.map_tasks(
        context.observer,
        n.div_ceil(BLOCK_ROWS),
        || (vec![0.0_f32; points.n_features()], vec![0.0_f64; points.n_features()]),
        |(row_32, row_64), block| {
            let mut sum = 0.0;
            for row in block_rows(block, BLOCK_ROWS, n) {
                let exact = Exact::read(points, row, row_32, row_64);
                let distance = exact.squared_distance(level, centers, states[row].label as usize);
                sum += weights.map_or(1.0, |weights| weights[row]) * distance;
            }
            Ok(sum)
        },
    )?;
    Ok(blocks.into_iter().sum())
}

/// A squared movement of centers in working space in the caller's units.
pub(crate) fn shift_to_caller(points: &Points<'_>, squared: f64) -> f64 {
    match points.metric() {
        Metric::Euclidean => squared / points.scale() / points.scale(),
        Metric::Cosine => squared,
    }
}

/// A squared distance of working space in the caller's units.
pub(crate) fn to_caller(points: &Points<'_>, squared: f64) -> f64 {
    match points.metric() {
        Metric::Euclidean => squared / points.scale() / points.scale(),
        // ‖x − c‖² = 2(1 − cos) for unit vectors.
        Metric::Cosine => squared / 2.0,
    }
}
