//! The training rows that many new rows join: most training rows are excluded in tiles.
//!
//! # Idea
//! With u an upper bound of a new row's core distance (the `min_samples`-th least upper bound of a distance) and b the
//! least max(d/alpha, c) seen of a training row, by upper bounds of d, the row is attached no higher than h = max(b, u). A
//! training row farther than both u and alpha·h neither counts for the core distance nor is joined. Those that may be
//! nearer are listed with lower bounds, the list is thinned as u and b fall, and what is left is measured in float64.

use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use fastcluster_kernels::panels::BYTES_FEATURES_MAX;

use super::attach::{Attached, nearest};
use crate::pairs::{Limit, Pair, Reader, Tile, Visitor, Words, visit_both};
use crate::points::{Points, block_rows};
use crate::{Context, Error};

/// Pairs from which tiles are worth making words of all rows.
const PAIRS_MIN: usize = 1 << 16;

/// New rows at a time: their lists take some kilobytes each.
const ROWS: usize = 16_384;

/// New rows measured by one thread at a time.
const BLOCK_ROWS: usize = 64;

/// Entries of a list before it is thinned, beyond twice what the last thinning left.
const SPARE: usize = 64;

/// Whether tiles are the quicker way.
pub(super) fn suit(points: &Points<'_>, training: &Points<'_>) -> bool {
    points.n_rows().saturating_mul(training.n_rows()) >= PAIRS_MIN
        && points.n_features() <= BYTES_FEATURES_MAX
}

/// As [`super::attach`]; the arguments are checked.
pub(super) fn attach(
    points: &Points<'_>,
    training: &Points<'_>,
    cores: &[f64],
    (min_samples, alpha): (usize, f64),
    context: &Context<'_>,
) -> Result<Vec<Attached>, Error> {
    let all: Vec<u32> = (0..training.n_rows() as u32).collect();
    let mut attached = Vec::with_capacity(points.n_rows());
    for first in (0..points.n_rows()).step_by(ROWS) {
        let rows = first..(first + ROWS).min(points.n_rows());
        let words = Words::of_both((points, rows.clone()), (training, &all), context)?;
        let near = Near {
            points,
            training,
            rows: rows.clone(),
            cores,
            min_samples,
            alpha,
            limit: Limit::new(points),
            lists: rows.map(|_| Mutex::default()).collect(),
        };
        visit_both(&words, near.rows.len(), &near, context)?;
        attached.extend(near.measured(context)?);
    }
    Ok(attached)
}

/// What may be near each new row.
struct Near<'a, 'p, 'q> {
    points: &'a Points<'p>,
    training: &'a Points<'q>,
    /// The new rows of this turn.
    rows: Range<usize>,
    cores: &'a [f64],
    min_samples: usize,
    alpha: f64,
    limit: Limit,
    lists: Vec<Mutex<List>>,
}

/// What is known of a new row.
#[derive(Debug, Default)]
struct List {
    /// The bits of the least upper bounds of distances, `min_samples` of them at most; none is negative.
    least: BinaryHeap<u64>,
    /// The least max(d/alpha, c) by upper bounds; none yet is 0 with an empty `least`.
    best: f64,
    /// Lower bounds and training rows.
    entries: Vec<(f64, u32)>,
    /// Entries at which the list is thinned next.
    full: usize,
}

impl Near<'_, '_, '_> {
    /// The distance beyond which a training row does not matter.
    fn reach(&self, list: &List) -> f64 {
        match list.least.peek() {
            Some(last) if list.least.len() == self.min_samples => {
                let core = f64::from_bits(*last);
                core.max(self.alpha * list.best.max(core))
            }
            _ => f64::INFINITY,
        }
    }

    fn enter(&self, list: &mut List, row: u32, (below, above): (f64, f64)) {
        let height = (above / self.alpha).max(self.cores[row as usize]);
        list.best = if list.least.is_empty() { height } else { list.best.min(height) };
        list.least.push(above.to_bits());
        if list.least.len() > self.min_samples {
            list.least.pop();
        }
        list.entries.push((below, row));
        if list.entries.len() >= list.full.max(SPARE) {
            let reach = self.reach(list);
            list.entries.retain(|(below, _)| *below <= reach);
            list.full = 2 * list.entries.len() + SPARE;
        }
    }

    /// Measures what is left of each list.
    fn measured(&self, context: &Context<'_>) -> Result<Vec<Attached>, Error> {
        let n = self.rows.len();
        let blocks = context.pool.map_tasks(
            context.observer,
            n.div_ceil(BLOCK_ROWS),
            || (Reader::of_both(self.points, self.training), Vec::new()),
            |(reader, sorted), block| {
                let rows = block_rows(block, BLOCK_ROWS, n);
                Ok(rows.map(|row| self.measure(row, reader, sorted)).collect::<Vec<_>>())
            },
        )?;
        Ok(blocks.into_iter().flatten().collect())
    }

    fn measure(
        &self,
        row: usize,
        reader: &mut Reader<'_, '_, '_>,
        sorted: &mut Vec<f64>,
    ) -> Attached {
        let list = self.lists[row].lock().unwrap_or_else(PoisonError::into_inner);
        let reach = self.reach(&list);
        let left = list.entries.iter().filter(|(below, _)| *below <= reach);
        // Of equally near rows the first counts.
        let mut others: Vec<u32> = left.map(|(_, other)| *other).collect();
        others.sort_unstable();
        let new = (self.rows.start + row) as u32;
        let distances: Vec<f64> = others.iter().map(|other| reader.distance(new, *other)).collect();
        let cores: Vec<f64> = others.iter().map(|other| self.cores[*other as usize]).collect();
        let found = nearest(&distances, &cores, self.min_samples, self.alpha, sorted);
        Attached { row: others[found.row as usize], ..found }
    }
}

impl Visitor for Near<'_, '_, '_> {
    type Scratch = ();

    fn scratch(&self) {}

    fn list(&self, tile: &Tile<'_>, list: &mut Vec<u32>) {
        list.extend(0..tile.rows.len() as u32);
    }

    fn limits(&self, tile: &Tile<'_>, rows: &mut Vec<f32>, columns: &mut Vec<f32>) {
        rows.extend(tile.rows.clone().map(|row| {
            let list = self.lists[row].lock().unwrap_or_else(PoisonError::into_inner);
            self.limit.squared_of(self.reach(&list))
        }));
        columns.extend(tile.columns.clone().map(|_| f32::NEG_INFINITY));
    }

    fn take(&self, (): &mut (), tile: &Tile<'_>, pairs: &[Pair]) -> Result<(), Error> {
        for pair in pairs {
            let other = pair.column - self.rows.len();
            let new = self.rows.start + pair.row;
            let voids = self.points.is_void(new) || self.training.is_void(other);
            let bounds = if voids { (1.0, 1.0) } else { self.limit.bounds(tile, pair) };
            let mut list = self.lists[pair.row].lock().unwrap_or_else(PoisonError::into_inner);
            if bounds.0 <= self.reach(&list) {
                self.enter(&mut list, other as u32, bounds);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::super::attach::one_by_one;
    use super::*;
    use crate::observer::Observer;
    use crate::points::{Metric, Values};
    use crate::pool::Pool;
    use crate::rng::Stream;

    /// New rows among training rows, copies of them, and far away; values tie on a lattice.
    #[test]
    fn tiles_attach_as_a_comparison_of_all_rows_does() {
        let (pool, observer) = (Pool::new(3), Observer::default());
        let context = &Context { pool: &pool, observer: &observer };
        let stream = Stream::new(9, 4);
        let uniform = |i: usize, j: usize| stream.uniform((i * 100 + j) as u64) - 0.5;
        for (d, step) in [(5, 3.0), (20, 1e9), (80, 1e9), (80, 1.0)] {
            let row = |i: usize, j: usize| match i % 11 {
                0 => 0.0,
                1 => 50.0 * uniform(i, j),
                _ => (uniform(i, j) * step).round() / step,
            };
            let training = Array2::from_shape_fn((900, d), |(i, j)| row(i, j));
            let new = Array2::from_shape_fn((300, d), |(i, j)| row(i / 2 * 7, j));
            for (metric, min_samples, alpha) in [
                (Metric::Euclidean, 1, 1.0),
                (Metric::Euclidean, 6, 1.0),
                (Metric::Euclidean, 40, 1.6),
                (Metric::Cosine, 5, 0.7),
            ] {
                let points = Points::new(Values::F64(new.view()), metric, context).unwrap();
                let training = Points::new(Values::F64(training.view()), metric, context).unwrap();
                let cores: Vec<f64> = (0..900).map(|row| uniform(row, 99).abs()).collect();
                let how = (min_samples, alpha);
                let found = attach(&points, &training, &cores, how, context).unwrap();
                let right = one_by_one(&points, &training, &cores, how, context).unwrap();
                assert!(found == right, "{d} features on {step}, {metric:?}, {min_samples}");
            }
        }
    }
}
