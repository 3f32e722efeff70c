//! Labels for new rows.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use fastcluster_kernels::panels::BYTES_FEATURES_MAX;

use super::near::{Block, rows_per_block};
use super::{NOISE, Near, check_eps};
use crate::pairs::{Limit, Pair, Reader, Tile, Visitor, Words, visit_both};
use crate::points::{Gathered, Points, block_rows};
use crate::{Context, Error};

/// Pairs from which tiles are worth making words of all rows.
const PAIRS_MIN: usize = 1 << 16;

/// No core row was found yet.
const NO_CORE: u32 = u32::MAX;

/// The smallest label among those of the core rows within `eps` of each row, [`NOISE`] where there is none: for the rows
/// of the fit their labels (but for rows of zeros under cosine, which are not near themselves here).
///
/// `cores` are the core rows of a fit and `labels` theirs, none of them [`NOISE`]; the metric is that of `points`.
///
/// # Cost
/// At most m·c multiply-adds of d features in 8 bits for m rows and c core rows: these come in the order of their labels,
/// and a row needs those only whose label is smaller than what it has found.
///
/// # Errors
/// [`Error::BadEps`], [`Error::LengthMismatch`], [`Error::WidthMismatch`], [`Error::Cancelled`].
pub fn predict(
    points: &Points<'_>,
    cores: &Points<'_>,
    labels: &[i64],
    eps: f64,
    context: &Context<'_>,
) -> Result<Vec<i64>, Error> {
    check_eps(eps)?;
    let (found, expected) = (labels.len(), cores.n_rows());
    if found != expected {
        return Err(Error::LengthMismatch { name: "the labels of core rows", found, expected });
    }
    let (found, expected) = (cores.n_features(), points.n_features());
    if found != expected {
        return Err(Error::WidthMismatch { name: "components_", found, expected });
    }
    let mut order: Vec<u32> = (0..labels.len() as u32).collect();
    order.sort_by_key(|core| labels[*core as usize]);
    let gathered = Gathered::of(cores, &order, context)?;
    let cores = &gathered.points(cores).including(points.largest());
    let points = &points.including(cores.largest());
    let labels: Vec<i64> = order.iter().map(|core| labels[*core as usize]).collect();
    let first = Firsts { points, cores, labels: &labels, near: Near::new(points, eps) };
    let pairs = points.n_rows().saturating_mul(cores.n_rows());
    if pairs >= PAIRS_MIN && points.n_features() <= BYTES_FEATURES_MAX {
        first.by_tiles(context)
    } else {
        first.one_by_one(context)
    }
}

/// The first of the core rows, which stand in the order of their labels, that is near each row.
struct Firsts<'a, 'p, 'q> {
    points: &'a Points<'p>,
    cores: &'a Points<'q>,
    labels: &'a [i64],
    near: Near,
}

impl Firsts<'_, '_, '_> {
    fn by_tiles(&self, context: &Context<'_>) -> Result<Vec<i64>, Error> {
        let m = self.points.n_rows();
        let words = Words::of_both(self.points, self.cores, context)?;
        let limit = Limit::new(self.points);
        let visitor = Tiles {
            firsts: self,
            limit,
            squared: limit.squared(self.near.limit()),
            found: (0..m).map(|_| AtomicU32::new(NO_CORE)).collect(),
        };
        visit_both(&words, m, &visitor, context)?;
        let label = |core: AtomicU32| match core.into_inner() {
            NO_CORE => NOISE,
            core => self.labels[core as usize],
        };
        Ok(visitor.found.into_iter().map(label).collect())
    }

    fn one_by_one(&self, context: &Context<'_>) -> Result<Vec<i64>, Error> {
        let Self { points, cores, labels, near } = self;
        let single = points.is_exact_32() && cores.is_exact_32();
        let mut out = vec![NOISE; points.n_rows()];
        let size = rows_per_block(points.n_features());
        let scratch = <(Block, Block)>::default;
        let work = |(rows, columns): &mut (Block, Block), block, out: &mut [i64]| {
            rows.read(points, block_rows(block, size, points.n_rows()), single);
            for second in 0..cores.n_rows().div_ceil(size) {
                context.observer.check()?;
                let range = block_rows(second, size, cores.n_rows());
                columns.read(cores, range.clone(), single);
                for (one, label) in out.iter_mut().enumerate().filter(|(_, label)| **label == NOISE)
                {
                    let first = (0..columns.len()).find(|two| rows.near(one, columns, *two, near));
                    *label = first.map_or(NOISE, |two| labels[range.start + two]);
                }
            }
            Ok(())
        };
        context.pool.map_blocks(context.observer, &mut out, size, scratch, work)?;
        Ok(out)
    }
}

/// Takes the first near core row of each row, tile by tile.
struct Tiles<'a, 'p, 'q> {
    firsts: &'a Firsts<'a, 'p, 'q>,
    limit: Limit,
    squared: f32,
    found: Vec<AtomicU32>,
}

impl Tiles<'_, '_, '_> {
    /// Whether a core row has a smaller label than what a row has found.
    #[inline]
    fn is_better(&self, row: usize, core: usize) -> bool {
        let labels = self.firsts.labels;
        match self.found[row].load(Relaxed) {
            NO_CORE => true,
            found => labels[core] < labels[found as usize],
        }
    }
}

impl<'a, 'p, 'q> Visitor for Tiles<'a, 'p, 'q> {
    type Scratch = Reader<'a, 'p, 'q>;

    fn scratch(&self) -> Reader<'a, 'p, 'q> {
        Reader::of_both(self.firsts.points, self.firsts.cores)
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
        let Firsts { points, cores, near, .. } = self.firsts;
        for pair in pairs {
            let (row, core) = (pair.row, pair.column - self.found.len());
            if !self.is_better(row, core) {
                continue;
            }
            let voids = points.is_void(row) || cores.is_void(core);
            let surely = !voids && self.limit.above(tile, pair) <= near.limit();
            if surely || reader.value(row as u32, core as u32) <= near.limit() {
                self.found[row].fetch_min(core as u32, Relaxed);
            }
        }
        Ok(())
    }
}
