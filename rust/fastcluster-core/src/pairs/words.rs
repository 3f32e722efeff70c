//! Rows in 8-bit or float32 words, in any order, with the bounds that make a filter of pairs rigorous.
//!
//! Eight bits are the faster words where there are many features. In few, near rows are near each other by less than the
//! 256th part of their distance from the mean, bounds in 8 bits would tell little, and products cost little anyway.

use std::ops::Range;

use fastcluster_kernels::assign::Rows;
use fastcluster_kernels::panels::{Kind, Panels, RowBand};
use fastcluster_kernels::{Level, quantize};

use crate::points::{Moments, Points, block_rows};
use crate::{Context, Error};

/// Relative rounding unit of float32.
const UNIT: f32 = f32::EPSILON / 2.0;

/// Rows made into words by one thread at a time.
const BLOCK_ROWS: usize = 256;

/// Features from which words are bytes: below, products cost little beside the rest of the kernel. Chosen, not measured.
const BYTES_FEATURES_MIN: usize = 64;

/// All rows in words: position p holds row `order[p]`, or row p.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    level: Level,
    n_features: usize,
    steps: usize,
    order: Option<Vec<u32>>,
    words: Values,
    bands: Vec<RowBand>,
    norms: Vec<Norm>,
}

/// The words themselves, row after row.
#[derive(Clone, Debug)]
enum Values {
    Bytes(Vec<u32>),
    Floats(Vec<f32>),
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

impl Buffers {
    fn new(n_features: usize) -> Self {
        Self {
            single: vec![0.0; n_features],
            double: vec![0.0; n_features],
            centered: vec![0.0; n_features],
        }
    }

    /// Reads a row minus the mean; returns at least the norm of what was read, at least how far that is off, and bounds
    /// of the row's own squared norm.
    fn center(&mut self, points: &Points<'_>, row: usize, mean: &[f32]) -> (f32, f32, Norm) {
        let level = Level::current();
        let (values, lost) = points.read_rounded(row, &mut self.single, &mut self.double);
        let norm = quantize::center(level, values, mean, &mut self.centered);
        let residual = (lost + UNIT * norm) * (1.0 + 4.0 * UNIT);
        (norm, residual, Norm::of(quantize::squared_norm(level, &self.centered), residual))
    }
}

impl Words {
    /// Bytes that [`Words::new`] keeps.
    pub(crate) fn bytes(n_rows: usize, n_features: usize) -> u64 {
        let steps = if is_bytes(n_features) { n_features.div_ceil(4) } else { n_features };
        (n_rows * (4 * steps + size_of::<RowBand>() + size_of::<Norm>() + 4)) as u64
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

    /// Words of some rows of one set and the listed ones of another in the same space, centred at the second set's mean;
    /// the first set's rows stand before the second's.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(crate) fn of_both(
        (first, rows): (&Points<'_>, Range<usize>),
        (second, order): (&Points<'_>, &[u32]),
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let mean = mean(second, context)?;
        let mut words = Self::empty(second.n_features());
        words.append(first, (rows.len(), |place| rows.start + place), &mean, context)?;
        words.append(second, (order.len(), |place| order[place] as usize), &mean, context)?;
        Ok(words)
    }

    fn empty(n_features: usize) -> Self {
        let (steps, words) = if is_bytes(n_features) {
            (n_features.div_ceil(4), Values::Bytes(Vec::new()))
        } else {
            (n_features, Values::Floats(Vec::new()))
        };
        let level = Level::current();
        let (bands, norms) = (Vec::new(), Vec::new());
        Self { level, n_features, steps, order: None, words, bands, norms }
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
        let center =
            |buffers: &mut Buffers, position: usize| buffers.center(points, row(position), mean);
        let scratch = || Buffers::new(d);
        let (pool, observer, size) = (context.pool, context.observer, BLOCK_ROWS * steps);
        let made = match &mut self.words {
            Values::Bytes(words) => {
                let words = appended(words, n * steps);
                pool.map_blocks(observer, words, size, scratch, |buffers, block, words| {
                    let rows = block_rows(block, BLOCK_ROWS, n).zip(words.chunks_exact_mut(steps));
                    let made = rows.map(|(position, out)| {
                        let (_, residual, bounds) = center(buffers, position);
                        (quantize::quantize(level, &buffers.centered, residual, out), bounds)
                    });
                    Ok(made.collect::<Vec<_>>())
                })?
            }
            Values::Floats(words) => {
                let words = appended(words, n * steps);
                pool.map_blocks(observer, words, size, scratch, |buffers, block, words| {
                    let rows = block_rows(block, BLOCK_ROWS, n).zip(words.chunks_exact_mut(steps));
                    let made = rows.map(|(position, out)| {
                        let (norm, residual, bounds) = center(buffers, position);
                        out.copy_from_slice(&buffers.centered);
                        (RowBand::of_floats(norm, residual, d), bounds)
                    });
                    Ok(made.collect::<Vec<_>>())
                })?
            }
        };
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
    pub(crate) fn rows(&self, positions: Range<usize>) -> (Rows<'_>, &[RowBand]) {
        let range = positions.start * self.steps..positions.end * self.steps;
        let words = match &self.words {
            Values::Bytes(words) => Rows::Bytes(&words[range]),
            Values::Floats(words) => Rows::Floats(&words[range]),
        };
        (words, &self.bands[positions])
    }

    /// The band of the row at a position.
    pub(crate) fn band(&self, position: usize) -> RowBand {
        self.bands[position]
    }

    /// Bounds of the squared distances from the common point.
    pub(crate) fn norms(&self, positions: Range<usize>) -> &[Norm] {
        &self.norms[positions]
    }

    /// Packs the rows at some positions as columns.
    pub(crate) fn columns(&self, positions: Range<usize>) -> Panels {
        let kind = match &self.words {
            Values::Bytes(_) => Kind::Bytes,
            Values::Floats(_) => Kind::Floats,
        };
        let mut panels = Panels::new(self.level, kind, positions.len(), self.n_features);
        for (index, position) in positions.enumerate() {
            let range = position * self.steps..(position + 1) * self.steps;
            let (band, below) = (self.bands[position], self.norms[position].below);
            match &self.words {
                Values::Bytes(words) => panels.set_row(index, &words[range], band, below),
                Values::Floats(words) => panels.set_row_floats(index, &words[range], band, below),
            }
        }
        panels
    }
}

/// The mean of the rows, in float32.
fn mean(points: &Points<'_>, context: &Context<'_>) -> Result<Vec<f32>, Error> {
    let mean = Moments::of(points, context)?.mean;
    Ok(mean.into_iter().map(|value| value as f32).collect())
}

/// Whether rows of so many features become bytes.
fn is_bytes(n_features: usize) -> bool {
    n_features >= BYTES_FEATURES_MIN
}

/// Makes room for `more` words, and returns it.
fn appended<T: Clone + Default>(words: &mut Vec<T>, more: usize) -> &mut [T] {
    let before = words.len();
    words.resize(before + more, T::default());
    &mut words[before..]
}
