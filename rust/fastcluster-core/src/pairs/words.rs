//! Rows in 8-bit words, in any order, with the bounds that make a filter of pairs rigorous.

use std::ops::Range;

use fastcluster_kernels::panels::{Kind, Panels, RowBand};
use fastcluster_kernels::{Level, quantize};

use crate::points::{Moments, Points, block_rows};
use crate::{Context, Error};

/// Relative rounding unit of float32.
const UNIT: f32 = f32::EPSILON / 2.0;

/// Rows made into words by one thread at a time.
const BLOCK_ROWS: usize = 256;

/// All rows in words: position p holds row `order[p]`, or row p.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    level: Level,
    n_features: usize,
    steps: usize,
    order: Option<Vec<u32>>,
    words: Vec<u32>,
    bands: Vec<RowBand>,
    norms: Vec<Norm>,
}

/// Bounds of a row's squared distance from the common point.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Norm {
    pub(crate) below: f32,
    pub(crate) above: f32,
}

impl Norm {
    /// From the bounds of the squared norm of a float32 row that lies within `residual` of the row.
    fn of((below, above): (f32, f32), residual: f32) -> Self {
        let shortest = (below.max(0.0).sqrt() * (1.0 - 4.0 * UNIT) - residual).max(0.0);
        let longest = (above.sqrt() + residual) * (1.0 + 4.0 * UNIT);
        Self {
            below: shortest * shortest * (1.0 - 4.0 * UNIT),
            above: longest * longest * (1.0 + 4.0 * UNIT) + f32::MIN_POSITIVE,
        }
    }
}

/// Buffers for a row on its way into words.
struct Buffers {
    single: Vec<f32>,
    double: Vec<f64>,
    centered: Vec<f32>,
}

impl Words {
    /// Bytes that [`Words::new`] keeps.
    pub(crate) fn bytes(n_rows: usize, n_features: usize) -> u64 {
        let row = 4 * n_features.div_ceil(4) + size_of::<RowBand>() + size_of::<Norm>() + 4;
        (n_rows * row) as u64
    }

    /// Makes words of all rows, centred at their mean; `order` lists rows once each, or all stand as they are.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(crate) fn new(
        points: &Points<'_>,
        order: Option<Vec<u32>>,
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let n = order.as_ref().map_or(points.n_rows(), Vec::len);
        let row =
            |position: usize| order.as_ref().map_or(position, |order| order[position] as usize);
        let mut words = Self::empty(points.n_features());
        words.append(points, (n, row), &mean(points, context)?, context)?;
        Ok(Self { order, ..words })
    }

    /// Words of the rows of two sets in the same space, centred at the mean of the second: the first set's rows stand
    /// before the second's, which stand in the order that is listed.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(crate) fn of_both(
        first: &Points<'_>,
        (second, order): (&Points<'_>, &[u32]),
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let mean = mean(second, context)?;
        let mut words = Self::empty(second.n_features());
        words.append(first, (first.n_rows(), |row| row), &mean, context)?;
        words.append(second, (order.len(), |place| order[place] as usize), &mean, context)?;
        Ok(words)
    }

    fn empty(n_features: usize) -> Self {
        Self {
            level: Level::current(),
            n_features,
            steps: n_features.div_ceil(4),
            order: None,
            words: Vec::new(),
            bands: Vec::new(),
            norms: Vec::new(),
        }
    }

    /// Appends `n` rows, each position's the one that `row` says.
    fn append(
        &mut self,
        points: &Points<'_>,
        (n, row): (usize, impl Fn(usize) -> usize + Sync + Send),
        mean: &[f32],
        context: &Context<'_>,
    ) -> Result<(), Error> {
        let (d, level, steps) = (self.n_features, self.level, self.steps);
        let before = self.words.len();
        self.words.resize(before + n * steps, 0);
        let made = context.pool.map_blocks(
            context.observer,
            &mut self.words[before..],
            BLOCK_ROWS * steps,
            || Buffers { single: vec![0.0; d], double: vec![0.0; d], centered: vec![0.0; d] },
            |buffers, block, words| {
                let Buffers { single, double, centered } = buffers;
                let rows = block_rows(block, BLOCK_ROWS, n).zip(words.chunks_exact_mut(steps));
                let made = rows.map(|(position, out)| {
                    let (values, lost) = points.read_rounded(row(position), single, double);
                    let norm = quantize::center(level, values, mean, centered);
                    let residual = (lost + UNIT * norm) * (1.0 + 4.0 * UNIT);
                    let squared = quantize::squared_norm(level, centered);
                    let band = quantize::quantize(level, centered, residual, out);
                    (band, Norm::of(squared, residual))
                });
                Ok(made.collect::<Vec<_>>())
            },
        )?;
        for (band, norm) in made.into_iter().flatten() {
            self.bands.push(band);
            self.norms.push(norm);
        }
        Ok(())
    }

    /// Rows.
    pub(crate) fn len(&self) -> usize {
        self.bands.len()
    }

    /// The row at a position.
    #[inline]
    pub(crate) fn row(&self, position: usize) -> u32 {
        self.order.as_ref().map_or(position as u32, |order| order[position])
    }

    /// Words and bands of the rows at some positions.
    pub(crate) fn rows(&self, positions: Range<usize>) -> (&[u32], &[RowBand]) {
        let words = &self.words[positions.start * self.steps..positions.end * self.steps];
        (words, &self.bands[positions])
    }

    /// Bounds of the squared distances from the common point.
    pub(crate) fn norms(&self, positions: Range<usize>) -> &[Norm] {
        &self.norms[positions]
    }

    /// Packs the rows at some positions as columns.
    pub(crate) fn columns(&self, positions: Range<usize>) -> Panels {
        let mut panels = Panels::new(self.level, Kind::Bytes, positions.len(), self.n_features);
        for (index, position) in positions.enumerate() {
            let words = &self.words[position * self.steps..][..self.steps];
            panels.set_row(index, words, self.bands[position], self.norms[position].below);
        }
        panels
    }
}

/// The mean of the rows, in float32.
fn mean(points: &Points<'_>, context: &Context<'_>) -> Result<Vec<f32>, Error> {
    let mean = Moments::of(points, context)?.mean;
    Ok(mean.into_iter().map(|value| value as f32).collect())
}
