//! The training row that a new row would join first.

use super::attach_tiles;
use super::batch::{BATCH_ROWS, Batch};
use super::exemplars::check_features;
use super::reach::check_min_samples;
use crate::points::{Points, block_rows};
use crate::{Context, Error};

/// A new row's place beside a training row.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Attached {
    /// The training row.
    pub row: u32,
    /// Their mutual reachability.
    pub height: f64,
}

/// For each new row, the training row that is nearest in mutual reachability; then in distance, then by number.
///
/// A new row's core distance is the distance within which it has `min_samples` training rows, so a training row passed
/// as a new one has its own core distance and is attached to itself.
///
/// # Cost
/// Exact: m · n · d multiply-adds, and 16 · n distances held per thread.
///
/// # Errors
/// [`Error::FeatureMismatch`], [`Error::LengthMismatch`], [`Error::MinSamplesTooLarge`], [`Error::Cancelled`].
pub fn attach(
    points: &Points<'_>,
    training: &Points<'_>,
    cores: &[f64],
    (min_samples, alpha): (usize, f64),
    context: &Context<'_>,
) -> Result<Vec<Attached>, Error> {
    check_features(points, training)?;
    check_cores(cores, training.n_rows(), min_samples)?;
    let points = &points.including(training.largest(), context)?;
    let training = &training.including(points.largest(), context)?;
    if attach_tiles::suit(points, training) {
        return attach_tiles::attach(points, training, cores, (min_samples, alpha), context);
    }
    one_by_one(points, training, cores, (min_samples, alpha), context)
}

/// Compares each new row with each training row.
pub(super) fn one_by_one(
    points: &Points<'_>,
    training: &Points<'_>,
    cores: &[f64],
    (min_samples, alpha): (usize, f64),
    context: &Context<'_>,
) -> Result<Vec<Attached>, Error> {
    let n = training.n_rows();
    let mut attached = vec![Attached::default(); points.n_rows()];
    context.pool.map_blocks(
        context.observer,
        &mut attached,
        BATCH_ROWS,
        || Scratch::new(points, n),
        |scratch, block, attached| {
            let Scratch { batch, row, column, distances, sorted } = scratch;
            batch.read(points, block_rows(block, BATCH_ROWS, points.n_rows()));
            for other in 0..n {
                if other % CHECK_ROWS == 0 {
                    context.observer.check()?;
                }
                batch.distances_to(training, other, row, column);
                for (line, distance) in column[..batch.len()].iter().enumerate() {
                    distances[line * n + other] = *distance;
                }
            }
            for (attached, distances) in attached.iter_mut().zip(distances.chunks(n)) {
                *attached = nearest(distances, cores, min_samples, alpha, sorted);
            }
            Ok(())
        },
    )?;
    Ok(attached)
}

/// [`attach`] where the distances to all training rows are known: one line of them per new row.
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::MinSamplesTooLarge`].
pub fn attach_distances<'a>(
    lines: impl Iterator<Item = &'a [f64]>,
    cores: &[f64],
    min_samples: usize,
    alpha: f64,
) -> Result<Vec<Attached>, Error> {
    let mut sorted = Vec::new();
    lines
        .map(|line| {
            check_cores(cores, line.len(), min_samples)?;
            Ok(nearest(line, cores, min_samples, alpha, &mut sorted))
        })
        .collect()
}

/// Training rows between two looks at whether to stop.
const CHECK_ROWS: usize = 4096;

struct Scratch {
    batch: Batch,
    row: Vec<f64>,
    column: Vec<f64>,
    distances: Vec<f64>,
    sorted: Vec<f64>,
}

impl Scratch {
    fn new(points: &Points<'_>, n_training: usize) -> Self {
        let (batch, row, column) = Batch::with_scratch(points);
        Self {
            batch,
            row,
            column,
            distances: vec![0.0; BATCH_ROWS * n_training],
            sorted: Vec::new(),
        }
    }
}

fn check_cores(cores: &[f64], n_rows: usize, min_samples: usize) -> Result<(), Error> {
    if cores.len() != n_rows {
        return Err(Error::LengthMismatch { name: "cores", found: cores.len(), expected: n_rows });
    }
    check_min_samples(min_samples, n_rows)
}

pub(super) fn nearest(
    distances: &[f64],
    cores: &[f64],
    min_samples: usize,
    alpha: f64,
    sorted: &mut Vec<f64>,
) -> Attached {
    sorted.clear();
    sorted.extend_from_slice(distances);
    let (_, core, _) = sorted.select_nth_unstable_by(min_samples - 1, f64::total_cmp);
    let core = *core;
    let reach = |row: usize| (distances[row] / alpha).max(core).max(cores[row]);
    let mut best = (f64::INFINITY, f64::INFINITY, 0);
    for (row, distance) in distances.iter().enumerate() {
        let height = reach(row);
        if height < best.0 || (height == best.0 && *distance < best.1) {
            best = (height, *distance, row);
        }
    }
    Attached { row: best.2 as u32, height: best.0 }
}
