//! Nearest centers and all distances, in the caller's units.
//!
//! # Idea
//! [`nearest`]: one neighbor is an assignment. For more, the filter writes a lower bound of each score; the least upper bounds among as many centers as are
//! wanted limit the scores of the wanted ones, and every center below the limit gets its float64 distance. Exact, ties to
//! the lowest index. [`transform`]: distances from float32 scores and float64 norms; those that cancellation leaves few
//! digits of are computed in difference form, as all are for float64 input.

use fastcluster_kernels::panels::{Kind, Panels, RowBand};
use fastcluster_kernels::{distance, product};

use crate::assign::{Exact, Pass, RowState};
use crate::centers::{CenterValues, Centers};
use crate::filter::{BLOCK_ROWS, Filter, SCORES_MAX, Scratch};
use crate::points::{Metric, Points, block_rows};
use crate::{Context, Error};

/// Rows per block, so that their scores stay within [`SCORES_MAX`].
fn rows_per_block(width: usize) -> usize {
    (SCORES_MAX / width.max(1)).clamp(1, 256)
}

/// A distance in the caller's units, of a squared distance in working space.
fn to_caller(points: &Points<'_>, squared: f64) -> f64 {
    match points.metric() {
        Metric::Euclidean => squared.sqrt() / points.scale(),
        Metric::Cosine => squared / 2.0,
    }
}

/// The `n_neighbors` nearest centers of each row: distances and indices, nearest first, row-major.
///
/// # Errors
/// [`Error::FeatureMismatch`], [`Error::TooFewCenters`], [`Error::Zero`], [`Error::Cancelled`].
pub fn nearest(
    points: &Points<'_>,
    centers: CenterValues,
    n_features: usize,
    n_neighbors: usize,
    context: &Context<'_>,
) -> Result<(Vec<f64>, Vec<i64>), Error> {
    crate::kmeans::check_centers(points, &centers, n_features)?;
    let n_centers = centers.len() / n_features;
    if n_neighbors == 0 {
        return Err(Error::Zero { name: "n_neighbors" });
    }
    if n_neighbors > n_centers {
        return Err(Error::TooFewCenters { n_neighbors, n_centers });
    }
    let points = &points.including(centers.largest(), context)?;
    let centers = Centers::new(centers, points);
    let filter = Filter::of_centers(points, &centers);
    let panels = filter.pack_all(&centers);
    if n_neighbors == 1 {
        return nearest_one(points, &centers, &filter, &panels, context);
    }
    let width = panels.n_padded();
    let (n, block_size) = (points.n_rows(), rows_per_block(width));
    let mut found = vec![(0.0_f64, 0_i64); n * n_neighbors];
    context.pool.map_blocks(
        context.observer,
        &mut found,
        block_size * n_neighbors,
        || (Scratch::new(points.n_features()), Vec::new()),
        |(scratch, order), block, found| {
            let rows = block_rows(block, block_size, n);
            let list: Vec<u32> = (0..rows.len() as u32).collect();
            let (words, work) = filter.block(points, None, rows.clone(), scratch);
            work.scores.resize(list.len() * width, 0.0);
            product::scores(&panels, words.rows, words.bands, &list, work.scores);
            let each = rows.zip(work.scores.chunks(width)).zip(words.bands);
            for (((row, scores), band), out) in each.zip(found.chunks_mut(n_neighbors)) {
                let bounds = Bounds { panels: &panels, band: *band, scores: &scores[..n_centers] };
                bounds.candidates(n_neighbors, order);
                let exact = Exact::read(points, row, work.row_32, work.row_64);
                let mut ranked: Vec<(f64, i64)> = order
                    .iter()
                    .map(|index| {
                        let index = *index as usize;
                        let squared = if points.is_void(row) || centers.is_void(index) {
                            2.0
                        } else {
                            exact.squared_distance(filter.level(), &centers, index)
                        };
                        (squared, index as i64)
                    })
                    .collect();
                ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                for (out, (squared, index)) in out.iter_mut().zip(ranked) {
                    *out = (to_caller(points, squared), index);
                }
            }
            Ok(())
        },
    )?;
    Ok(found.into_iter().unzip())
}

/// The nearest center of each row, by the assignment pass.
fn nearest_one(
    points: &Points<'_>,
    centers: &Centers,
    filter: &Filter,
    panels: &Panels,
    context: &Context<'_>,
) -> Result<(Vec<f64>, Vec<i64>), Error> {
    let pass = Pass { points, filter, stored: None, centers, panels, drift: None, moved: None };
    let mut states = RowState::unknown(points.n_rows());
    pass.run(context, &mut states)?;
    let mut distances = vec![0.0; points.n_rows()];
    context.pool.map_blocks(
        context.observer,
        &mut distances,
        BLOCK_ROWS,
        || (vec![0.0_f32; points.n_features()], vec![0.0_f64; points.n_features()]),
        |(row_32, row_64), block, distances| {
            for (row, out) in (block * BLOCK_ROWS..).zip(distances) {
                let exact = Exact::read(points, row, row_32, row_64);
                let label = states[row].label as usize;
                let squared = if points.is_void(row) {
                    2.0
                } else {
                    exact.squared_distance(filter.level(), centers, label)
                };
                *out = to_caller(points, squared);
            }
            Ok(())
        },
    )?;
    Ok((distances, states.iter().map(|state| i64::from(state.label)).collect()))
}

/// The lower bounds of one row's scores.
struct Bounds<'a> {
    panels: &'a Panels,
    band: RowBand,
    scores: &'a [f32],
}

impl Bounds<'_> {
    /// Every center that may be among the `wanted` nearest.
    fn candidates(&self, wanted: usize, order: &mut Vec<u32>) {
        order.clear();
        order.extend(0..self.scores.len() as u32);
        let score = |index: &u32| self.scores[*index as usize];
        if wanted < order.len() {
            order.select_nth_unstable_by(wanted - 1, |a, b| score(a).total_cmp(&score(b)));
        }
        let upper = |index: &u32| self.panels.upper_bound(self.band, *index as usize, score(index));
        let limit = order[..wanted].iter().map(upper).fold(f32::NEG_INFINITY, f32::max);
        order.retain(|index| score(index) <= limit);
    }
}

/// All distances, `n_centers` a row, row-major.
///
/// # Errors
/// [`Error::FeatureMismatch`], [`Error::Zero`], [`Error::Cancelled`].
pub fn transform(
    points: &Points<'_>,
    centers: CenterValues,
    n_features: usize,
    context: &Context<'_>,
) -> Result<CenterValues, Error> {
    crate::kmeans::check_centers(points, &centers, n_features)?;
    let double = points.is_double();
    let points = &points.including(centers.largest(), context)?;
    let centers = Centers::new(centers, points);
    let n = points.n_rows() * centers.len();
    let table = Table::new(points, &centers);
    if double {
        let mut out = vec![0.0_f64; n];
        table.fill(&mut out, |value| value, context)?;
        return Ok(CenterValues::Double(out));
    }
    let mut out = vec![0.0_f32; n];
    table.fill(&mut out, |value| value as f32, context)?;
    Ok(CenterValues::Single(out))
}

/// What the rows of a table of distances share.
struct Table<'a, 'p> {
    points: &'a Points<'p>,
    centers: &'a Centers,
    filter: Filter,
    panels: Panels,
    mean: Vec<f64>,
    /// Squared norms of the centred centers.
    norms: Vec<f64>,
}

/// A squared distance below this share of the norms has lost too many digits to cancellation in float32 scores.
const CANCELLED: f64 = 0.25;

impl<'a, 'p> Table<'a, 'p> {
    fn new(points: &'a Points<'p>, centers: &'a Centers) -> Self {
        let (mean, spread) = centers.mean_and_spread();
        let filter = Filter::with_kind(Kind::Floats, &mean, spread);
        let panels = filter.pack_all(centers);
        let mean = filter.mean_64();
        let norm = |index| distance::squared_64(filter.level(), &centers.working(index), &mean);
        let norms = (0..centers.len()).map(norm).collect();
        Self { points, centers, filter, panels, mean, norms }
    }

    fn fill<T: Send>(
        &self,
        out: &mut [T],
        convert: impl Fn(f64) -> T + Sync + Send,
        context: &Context<'_>,
    ) -> Result<(), Error> {
        let (n, k) = (self.points.n_rows(), self.centers.len());
        let block_size = rows_per_block(self.panels.n_padded());
        context.pool.map_blocks(
            context.observer,
            out,
            block_size * k,
            || Scratch::new(self.points.n_features()),
            |scratch, block, out| {
                let rows = block_rows(block, block_size, n);
                self.block(rows, scratch, |at, squared| {
                    out[at] = convert(to_caller(self.points, squared));
                });
                Ok(())
            },
        )?;
        Ok(())
    }

    /// Hands on every squared distance of a block of rows.
    fn block(
        &self,
        rows: std::ops::Range<usize>,
        scratch: &mut Scratch,
        mut put: impl FnMut(usize, f64),
    ) {
        let (k, width) = (self.centers.len(), self.panels.n_padded());
        let level = self.filter.level();
        let by_scores = !self.points.is_double();
        if by_scores {
            let list: Vec<u32> = (0..rows.len() as u32).collect();
            let (words, work) = self.filter.block(self.points, None, rows.clone(), scratch);
            work.scores.resize(list.len() * width, 0.0);
            let bands = vec![RowBand { scale: 1.0, error: 0.0, reach: 0.0 }; list.len()];
            product::scores(&self.panels, words.rows, &bands, &list, work.scores);
        }
        let Scratch { scores, row_32, row_64, .. } = scratch;
        let mut whole = vec![0.0; self.points.n_features()];
        for (place, row) in rows.enumerate() {
            self.points.read_64(row, &mut whole);
            let norm = distance::squared_64(level, &whole, &self.mean);
            let void = self.points.is_void(row);
            let exact = Exact::read(self.points, row, row_32, row_64);
            for index in 0..k {
                let direct = || exact.squared_distance(level, self.centers, index);
                let squared = if void || self.centers.is_void(index) {
                    2.0
                } else if by_scores {
                    let slack = f64::from(Panels::HALF_NORM_SLACK) * self.norms[index];
                    let squared = norm + 2.0 * f64::from(scores[place * width + index]) + slack;
                    let scale = norm + self.norms[index];
                    if squared < CANCELLED * scale { direct() } else { squared }
                } else {
                    direct()
                };
                put(place * k + index, squared);
            }
        }
    }
}
