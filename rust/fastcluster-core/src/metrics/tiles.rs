//! Distances of a few rows to a block of columns: float32 from the kernel, near pairs in float64.
//!
//! # Precision
//! Rows and columns are read relative to the mean of the block, rounded to float32. Over a block of one cluster the
//! squared distances from any row average `‖x‖² + mean ‖y‖²` relative to that origin, so what float32 loses, a share of
//! these, is a share of the typical distance; pairs that are much nearer are computed from the rows themselves, in
//! difference form and float64. A row whose deviation float32 cannot hold has all its pairs computed so.

use fastcluster_kernels::pairwise::{self, Columns, Pair, Rows};
use fastcluster_kernels::{Level, distance};

use crate::points::Points;
use crate::{Context, Error};

/// Pairs nearer than this share of their squared distances from the origin are computed in float64.
const NEAR: f32 = 1.0 / 16.0;

/// Relative to a distance, at least what a computed one may be too large; above one where nothing is known.
///
/// Squares and sums of `n_features` products are off by (`n_features` + 8) roundings of ‖x‖² + ‖y‖² at most, rows by
/// their own rounding, and ‖x‖² + ‖y‖² is at most the squared distance over [`NEAR`].
pub(super) fn distance_error(n_features: usize) -> f64 {
    (n_features as f64 + 16.0) * f64::from(f32::EPSILON) / f64::from(NEAR)
}

/// Rows compared with a block at a time: 96 rows of 384 features are 144 KiB, sixteen tiles of six.
pub(super) const TILE_ROWS: usize = 96;

/// Squared norms below this, of rows other than the origin, are too small for float32.
const NORM_MIN: f64 = 1e-18;

/// The rows of a block as columns of the kernel.
pub(super) struct Block {
    /// Which rows they are.
    numbers: Vec<u32>,
    origin: Vec<f32>,
    columns: Columns,
}

/// What one thread needs.
pub(super) struct Scratch {
    words: Vec<f32>,
    norms: Vec<f32>,
    pub(super) distances: Vec<f32>,
    pairs: Vec<Pair>,
    reader: Reader,
}

/// Rows of any type, relative to an origin or not.
struct Reader {
    level: Level,
    one_32: Vec<f32>,
    other_32: Vec<f32>,
    one_64: Vec<f64>,
    other_64: Vec<f64>,
}

impl Scratch {
    pub(super) fn new(n_features: usize) -> Self {
        let reader = Reader {
            level: Level::current(),
            one_32: vec![0.0; n_features],
            other_32: vec![0.0; n_features],
            one_64: vec![0.0; n_features],
            other_64: vec![0.0; n_features],
        };
        Self {
            words: vec![0.0; TILE_ROWS * n_features],
            norms: vec![0.0; TILE_ROWS],
            distances: Vec::new(),
            pairs: Vec::new(),
            reader,
        }
    }
}

impl Block {
    /// Packs the listed rows.
    pub(super) fn pack(points: &Points<'_>, rows: &[u32], scratch: &mut Scratch) -> Self {
        let (d, reader) = (points.n_features(), &mut scratch.reader);
        let mut sums = vec![0.0; d];
        for row in rows {
            points.read_64(*row as usize, &mut reader.one_64);
            for (sum, value) in sums.iter_mut().zip(&reader.one_64) {
                *sum += value;
            }
        }
        let n = rows.len() as f64;
        let origin: Vec<f32> = sums.iter().map(|sum| (sum / n) as f32).collect();
        let mut columns = Columns::new(reader.level, rows.len(), d);
        let mut values = vec![0.0; d];
        for (index, row) in rows.iter().enumerate() {
            let norm = reader.center(points, *row as usize, &origin, &mut values);
            columns.set(index, &values, norm);
        }
        Self { numbers: rows.to_vec(), origin, columns }
    }

    /// Columns with padding: how far rows of distances are apart.
    pub(super) fn width(&self) -> usize {
        self.columns.n_padded()
    }

    /// Puts the distances of the listed rows to the columns into `scratch.distances`; those in the padding mean nothing.
    pub(super) fn distances(
        &self,
        points: &Points<'_>,
        rows: &[u32],
        scratch: &mut Scratch,
        context: &Context<'_>,
    ) -> Result<(), Error> {
        context.observer.check()?;
        let Scratch { words, norms, distances, pairs, reader } = scratch;
        let d = points.n_features();
        for ((row, words), norm) in rows.iter().zip(words.chunks_exact_mut(d)).zip(norms.iter_mut())
        {
            *norm = reader.center(points, *row as usize, &self.origin, words);
        }
        let packed = Rows { words: &words[..rows.len() * d], norms: &norms[..rows.len()] };
        distances.resize(rows.len() * self.width(), 0.0);
        pairs.clear();
        pairwise::distances(&self.columns, packed, NEAR, distances, pairs);
        for (count, pair) in pairs.iter().enumerate() {
            if count % 4096 == 4095 {
                context.observer.check()?;
            }
            let (row, column) = (pair.row as usize, pair.column as usize);
            if let Some(other) = self.numbers.get(column) {
                let exact = reader.squared(points, rows[row] as usize, *other as usize).sqrt();
                distances[row * self.width() + column] = exact as f32;
            }
        }
        Ok(())
    }
}

impl Reader {
    /// Writes a row relative to the origin and returns its squared norm, NaN where float32 does not hold it.
    fn center(&mut self, points: &Points<'_>, row: usize, origin: &[f32], out: &mut [f32]) -> f32 {
        let (norm, same) = if points.is_exact_32() {
            let values = points.row_32(row, &mut self.one_32);
            // A float32 difference is zero for equal values alone.
            (pairwise::shift(self.level, values, origin, out), true)
        } else {
            points.read_64(row, &mut self.one_64);
            pairwise::shift_64(self.level, &self.one_64, origin, out)
        };
        if norm >= NORM_MIN || (norm == 0.0 && same) { norm as f32 } else { f32::NAN }
    }

    /// `‖x − y‖²` of two rows in float64.
    fn squared(&mut self, points: &Points<'_>, one: usize, other: usize) -> f64 {
        if points.is_exact_32() {
            let one = points.row_32(one, &mut self.one_32);
            return distance::squared_32(self.level, one, points.row_32(other, &mut self.other_32));
        }
        points.read_64(one, &mut self.one_64);
        points.read_64(other, &mut self.other_64);
        distance::squared_64(self.level, &self.one_64, &self.other_64)
    }
}
