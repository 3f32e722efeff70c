//! Near rows of each row, found within the groups near its own: not all of them the nearest.

use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::Reach;
use super::groups::Groups;
use crate::pairs::{Pair, Reader, Tile, Visitor, Words, visit_groups};
use crate::points::{Points, block_rows};
use crate::{Context, Error};

/// Neighbours kept of a row at least: from ten on, their forest is nearly the lightest tree of all pairs.
const KEPT_MIN: usize = 10;

/// Rows whose candidates are compared in float64 by one thread at a time.
const BLOCK_ROWS: usize = 256;

/// Candidates kept of each of `n` rows: some more than count, for they are chosen by bounds.
pub(super) fn n_kept(n: usize, reach: Reach) -> usize {
    (reach.n_listed + reach.n_listed / 8 + 4).max(KEPT_MIN).min(n - 1)
}

/// Near rows of each row, with their distances.
pub(super) struct Candidates {
    /// By row, nearest first.
    pub(super) lists: Vec<Vec<(f64, u32)>>,
    /// By row, an upper bound of the core distance.
    pub(super) cores: Vec<f64>,
}

impl Candidates {
    /// Takes, of the rows in the groups near each row's own, those of the least upper bounds, and measures them.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn find(
        points: &Points<'_>,
        groups: &Groups,
        reach: Reach,
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let n = points.n_rows();
        let words = Words::new(points, Some(groups.order.clone()), context)?;
        let nearest = Nearest::new(n, n_kept(n, reach));
        let tasks = groups.tasks();
        visit_groups(&words, tasks.len(), |task| tasks[task].clone(), &nearest, context)?;
        let mut found = vec![Vec::new(); n];
        for (position, list) in nearest.lists.into_iter().enumerate() {
            let list = list.into_inner().unwrap_or_else(PoisonError::into_inner);
            found[words.row(position) as usize] = list
                .into_iter()
                .map(|entry| words.row((entry & u64::from(u32::MAX)) as usize))
                .collect::<Vec<u32>>();
        }
        let blocks = context.pool.map_tasks(
            context.observer,
            n.div_ceil(BLOCK_ROWS),
            || Reader::new(points),
            |reader, block| {
                let rows = block_rows(block, BLOCK_ROWS, n);
                let measured = rows.map(|row| measure(reader, row as u32, &found[row]));
                Ok(measured.collect::<Vec<_>>())
            },
        )?;
        let lists: Vec<Vec<(f64, u32)>> = blocks.into_iter().flatten().collect();
        let core = |list: &Vec<(f64, u32)>| match reach.n_listed {
            0 => 0.0,
            n_listed => list.get(n_listed - 1).map_or(f64::INFINITY, |(distance, _)| *distance),
        };
        let cores = lists.iter().map(core).collect();
        Ok(Self { lists, cores })
    }
}

/// The rows with their distances from `row`, nearest first.
fn measure(reader: &mut Reader<'_, '_, '_>, row: u32, others: &[u32]) -> Vec<(f64, u32)> {
    let measured = others.iter().map(|other| (reader.distance(row, *other), *other));
    let mut measured: Vec<(f64, u32)> = measured.collect();
    measured.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    measured
}

/// Greater than every entry, its bound infinite.
const NO_ENTRY: u64 = (f32::INFINITY.to_bits() as u64) << 32 | u32::MAX as u64;

/// The positions of the least upper bounds of squared distances, per position, equal bounds by position: whatever the
/// order in which pairs come.
struct Nearest {
    n_kept: usize,
    /// The bits of a bound, which is not negative, above those of a position.
    lists: Vec<Mutex<BinaryHeap<u64>>>,
    /// The last entry of a full list.
    lasts: Vec<AtomicU64>,
}

impl Nearest {
    fn new(n: usize, n_kept: usize) -> Self {
        Self {
            n_kept,
            lists: (0..n).map(|_| Mutex::default()).collect(),
            lasts: (0..n).map(|_| AtomicU64::new(NO_ENTRY)).collect(),
        }
    }

    #[inline]
    fn limit(&self, position: usize) -> f32 {
        f32::from_bits((self.lasts[position].load(Relaxed) >> 32) as u32)
    }

    #[inline]
    fn enter(&self, position: usize, above: f32, other: usize) {
        let entry = u64::from(above.to_bits()) << 32 | other as u64;
        if entry >= self.lasts[position].load(Relaxed) {
            return;
        }
        let mut list = self.lists[position].lock().unwrap_or_else(PoisonError::into_inner);
        list.push(entry);
        if list.len() > self.n_kept {
            list.pop();
        }
        if list.len() == self.n_kept
            && let Some(last) = list.peek()
        {
            self.lasts[position].store(*last, Relaxed);
        }
    }
}

impl Visitor for Nearest {
    type Scratch = ();

    fn scratch(&self) {}

    fn list(&self, tile: &Tile<'_>, list: &mut Vec<u32>) {
        list.extend(0..tile.rows.len() as u32);
    }

    fn limits(&self, tile: &Tile<'_>, rows: &mut Vec<f32>, columns: &mut Vec<f32>) {
        rows.extend(tile.rows.clone().map(|position| self.limit(position)));
        columns.extend(tile.columns.clone().map(|position| self.limit(position)));
    }

    fn take(&self, (): &mut (), tile: &Tile<'_>, pairs: &[Pair]) -> Result<(), Error> {
        for pair in pairs {
            // Rounded up: the filter lets every pair pass that is within a limit.
            let above = (tile.squared_above(pair).max(0.0) as f32).next_up();
            self.enter(pair.row, above, pair.column);
            self.enter(pair.column, above, pair.row);
        }
        Ok(())
    }
}
