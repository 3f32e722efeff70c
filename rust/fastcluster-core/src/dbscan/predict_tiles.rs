//! Labels for many new rows: core rows beyond `eps` are excluded in 8-bit tiles.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use fastcluster_kernels::panels::BYTES_FEATURES_MAX;

use super::NOISE;
use super::predict::Search;
use crate::pairs::{Limit, Pair, Reader, Tile, Visitor, Words, visit_both};
use crate::{Context, Error};

/// Pairs from which tiles are worth making words of all rows.
const PAIRS_MIN: usize = 1 << 16;

/// No core row was found yet.
const NO_CORE: u32 = u32::MAX;

/// Whether tiles are the quicker way.
pub(super) fn suit(search: &Search<'_, '_, '_>) -> bool {
    let pairs = search.points.n_rows().saturating_mul(search.order.len());
    pairs >= PAIRS_MIN && search.points.n_features() <= BYTES_FEATURES_MAX
}

/// The label of the first core row, in their order, that is near each row.
pub(super) fn labels(
    search: &Search<'_, '_, '_>,
    context: &Context<'_>,
) -> Result<Vec<i64>, Error> {
    let m = search.points.n_rows();
    let words = Words::of_both((search.points, 0..m), (search.cores, search.order), context)?;
    let limit = Limit::new(search.points);
    let first = First {
        search,
        limit,
        squared: limit.squared(search.near.limit()),
        found: (0..m).map(|_| AtomicU32::new(NO_CORE)).collect(),
    };
    visit_both(&words, m, &first, context)?;
    let label = |found: &AtomicU32| match found.load(Relaxed) {
        NO_CORE => NOISE,
        place => first.label(place as usize),
    };
    Ok(first.found.iter().map(label).collect())
}

/// Takes the first place in the order of core rows that is near each row.
struct First<'a, 'p, 'q> {
    search: &'a Search<'a, 'p, 'q>,
    limit: Limit,
    squared: f32,
    found: Vec<AtomicU32>,
}

impl First<'_, '_, '_> {
    fn label(&self, place: usize) -> i64 {
        self.search.labels[self.search.order[place] as usize]
    }

    /// Whether a place has a smaller label than what a row has found.
    #[inline]
    fn is_better(&self, row: usize, place: usize) -> bool {
        match self.found[row].load(Relaxed) {
            NO_CORE => true,
            found => self.label(place) < self.label(found as usize),
        }
    }
}

impl<'a, 'p, 'q> Visitor for First<'a, 'p, 'q> {
    type Scratch = Reader<'a, 'p, 'q>;

    fn scratch(&self) -> Reader<'a, 'p, 'q> {
        Reader::of_both(self.search.points, self.search.cores)
    }

    fn list(&self, tile: &Tile<'_>, list: &mut Vec<u32>) {
        let first = tile.columns.start - self.found.len();
        let open = tile.rows.clone().filter(|row| self.is_better(*row, first));
        list.extend(open.map(|row| (row - tile.rows.start) as u32));
    }

    fn limits(&self, tile: &Tile<'_>, rows: &mut Vec<f32>, columns: &mut Vec<f32>) {
        rows.extend(tile.rows.clone().map(|_| self.squared));
        columns.extend(tile.columns.clone().map(|_| f32::NEG_INFINITY));
    }

    fn take(
        &self,
        reader: &mut Reader<'a, 'p, 'q>,
        tile: &Tile<'_>,
        pairs: &[Pair],
    ) -> Result<(), Error> {
        let Search { points, cores, order, near, .. } = self.search;
        for pair in pairs {
            let (row, place) = (pair.row, pair.column - self.found.len());
            if !self.is_better(row, place) {
                continue;
            }
            let core = order[place];
            let voids = points.is_void(row) || cores.is_void(core as usize);
            let surely = !voids && self.limit.above(tile, pair) <= near.limit();
            if surely || reader.value(row as u32, core) <= near.limit() {
                self.found[row].fetch_min(place as u32, Relaxed);
            }
        }
        Ok(())
    }
}
