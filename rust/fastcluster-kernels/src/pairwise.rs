//! Euclidean distances of all pairs of rows and columns, in float32, for sums over many of them.
//!
//! # Idea
//! `‖x − y‖² = ‖x‖² + ‖y‖² − 2x·y`, with the products from the micro-kernel and the rest in registers. What float32 loses is
//! a share of `‖x‖² + ‖y‖²`, so callers shift rows and columns near the origin, and a pair whose squared distance is below
//! a given share of `‖x‖² + ‖y‖²` is not computed but listed, for the caller to do in difference form.
//!
//! # Precision
//! For a pair that is not listed the squared distance is off by rounding of relative size `(n_features + 4)·2⁻²³ / near` at
//! the very most; rounding errors being of either sign, about √`n_features`·2⁻²⁴ / `near` is seen in the worst pair and
//! 10⁻⁷ where rows are about as far from each other as from the origin. Levels differ by such errors.

use crate::Level;
use crate::distance::halve;
use crate::panels::shape;

/// A listed pair.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pair {
    /// Position in the block of rows.
    pub row: u32,
    /// Position in the block of columns; may lie in the padding.
    pub column: u32,
}

/// Columns packed for the kernel: `[panel][feature][vector][lane]`, the last panel with as many vectors as it needs.
#[derive(Clone, Debug)]
pub struct Columns {
    pub(crate) level: Level,
    pub(crate) words: Vec<f32>,
    pub(crate) norms: Vec<f32>,
    pub(crate) n_features: usize,
    /// Vectors per panel.
    pub(crate) vectors: usize,
}

/// Rows to compare: `words` row-major, with their squared norms.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// `norms.len()` rows of `n_features` values.
    pub words: &'a [f32],
    /// Squared norms; NaN has all pairs of the row listed.
    pub norms: &'a [f32],
}

impl Columns {
    /// Room for `n` columns of zeros.
    pub fn new(level: Level, n: usize, n_features: usize) -> Self {
        let (lanes, vectors) = shape(level);
        let n_padded = n.div_ceil(lanes) * lanes;
        let (words, norms) = (vec![0.0; n_padded * n_features], vec![0.0; n_padded]);
        Self { level, words, norms, n_features, vectors }
    }

    /// Columns with the padding: the width of a row of distances.
    pub fn n_padded(&self) -> usize {
        self.norms.len()
    }

    /// Sets column `index` and its squared norm; NaN has all pairs of the column listed.
    ///
    /// # Panics
    /// If there is no such column or it has another number of features.
    pub fn set(&mut self, index: usize, values: &[f32], norm: f32) {
        assert_eq!(values.len(), self.n_features, "features");
        self.norms[index] = norm;
        let width = self.vectors * shape(self.level).0;
        let first = index / width * width;
        let stride = width.min(self.norms.len() - first);
        let words = &mut self.words[first * self.n_features + index - first..];
        for (word, value) in words.iter_mut().step_by(stride).zip(values) {
            *word = *value;
        }
    }
}

multiversion! {
    /// Writes `row − origin` and returns the sum of the squares of what was written, in float64.
    pub fn shift(row: &[f32], origin: &[f32], out: &mut [f32]) -> f64 {
        let mut sums = [0.0_f64; 16];
        let chunks = row.len() / 16 * 16;
        let ((row, row_rest), (origin, origin_rest)) = (row.split_at(chunks), origin.split_at(chunks));
        let (out, out_rest) = out.split_at_mut(chunks);
        for ((a, b), c) in row.chunks_exact(16).zip(origin.chunks_exact(16)).zip(out.chunks_exact_mut(16)) {
            for lane in 0..16 {
                let difference = a[lane] - b[lane];
                c[lane] = difference;
                sums[lane] += f64::from(difference) * f64::from(difference);
            }
        }
        for (((a, b), c), sum) in row_rest.iter().zip(origin_rest).zip(out_rest).zip(&mut sums) {
            let difference = a - b;
            *c = difference;
            *sum += f64::from(difference) * f64::from(difference);
        }
        halve(sums)
    }
}

multiversion! {
    /// [`shift`] of a float64 row; also whether the row equals the origin, which the written row may do by underflow.
    pub fn shift_64(row: &[f64], origin: &[f32], out: &mut [f32]) -> (f64, bool) {
        let mut sums = [0.0_f64; 16];
        let mut largest = [0.0_f64; 16];
        for ((a, b), c) in row.chunks(16).zip(origin.chunks(16)).zip(out.chunks_mut(16)) {
            for (lane, ((a, b), c)) in a.iter().zip(b).zip(c).enumerate() {
                let difference = a - f64::from(*b);
                *c = difference as f32;
                sums[lane] += f64::from(*c) * f64::from(*c);
                largest[lane] = largest[lane].max(difference.abs());
            }
        }
        (halve(sums), largest.iter().all(|value| *value == 0.0))
    }
}

/// Writes the distances of all rows to all columns, `distances[row][column]`, [`Columns::n_padded`] wide.
///
/// Pairs whose squared distance is below `near · (‖x‖² + ‖y‖²)`, or NaN, are written as zero and appended to `pairs`.
/// Rows and columns of zeros are at distance zero of each other and not listed.
///
/// # Panics
/// If the lengths do not match the numbers of rows, columns and features.
pub fn distances(
    columns: &Columns,
    rows: Rows<'_>,
    near: f32,
    distances: &mut [f32],
    pairs: &mut Vec<Pair>,
) {
    assert_eq!(rows.words.len(), rows.norms.len() * columns.n_features, "rows of n_features");
    assert_eq!(distances.len(), rows.norms.len() * columns.n_padded(), "room for all pairs");
    dispatch_level!(columns.level, pairwise(columns, rows, near, distances, pairs));
}
