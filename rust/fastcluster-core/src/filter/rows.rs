//! Rows in the words of the filter: kept for a fit, or made block by block.

use std::ops::Range;

use fastcluster_kernels::assign::{Bands, Kept, Rows};
use fastcluster_kernels::panels::{Kind, RowBand};
use fastcluster_kernels::quantize;
use fastcluster_kernels::sketch::Whole;

use super::{BLOCK_ROWS, Filter, UNIT};
use crate::points::{Points, block_rows};
use crate::{Context, Error};

/// What is kept of all rows.
#[derive(Clone, Debug)]
pub(crate) enum Stored {
    /// Their 8-bit form.
    Bytes(Bytes),
    /// The largest norm of each block of [`BLOCK_ROWS`].
    Norms(Vec<f32>),
}

/// Rows in bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bytes {
    words: Vec<u32>,
    bands: Vec<RowBand>,
    /// At most ‖x − m‖² of each.
    norms: Vec<f32>,
}

/// At most ‖x − m‖², m the common point of the filter, from the bounds of a squared norm that is off by at most
/// `residual` from the row's.
fn norm_below((below, _): (f32, f32), residual: f32) -> f32 {
    let shortest = (below.max(0.0).sqrt() * (1.0 - 4.0 * UNIT) - residual).max(0.0);
    shortest * shortest * (1.0 - 4.0 * UNIT)
}

/// Buffers for a block of rows on its way into words.
#[derive(Clone, Debug)]
struct RowBuffers {
    single: Vec<f32>,
    double: Vec<f64>,
    centered: Vec<f32>,
    projected: Vec<f32>,
}

impl RowBuffers {
    fn new(n_features: usize) -> Self {
        Self {
            single: vec![0.0; n_features],
            double: vec![0.0; n_features],
            centered: Vec::new(),
            projected: Vec::new(),
        }
    }
}

/// What one thread needs to filter blocks of rows.
#[derive(Clone, Debug)]
pub(crate) struct Scratch {
    buffers: RowBuffers,
    floats: Vec<f32>,
    bytes: Bytes,
    pub(crate) kept: Kept,
    pub(crate) scores: Vec<f32>,
    pub(crate) candidates: Vec<u32>,
    pub(crate) row_32: Vec<f32>,
    pub(crate) row_64: Vec<f64>,
}

impl Scratch {
    pub(crate) fn new(n_features: usize) -> Self {
        Self {
            buffers: RowBuffers::new(n_features),
            floats: Vec::new(),
            bytes: Bytes::default(),
            kept: Kept::default(),
            scores: Vec::new(),
            candidates: Vec::new(),
            row_32: vec![0.0; n_features],
            row_64: vec![0.0; n_features],
        }
    }
}

/// A block of rows in words.
pub(crate) struct Block<'a> {
    pub(crate) rows: Rows<'a>,
    pub(crate) bands: &'a [RowBand],
    /// The band of all rows, where they share one.
    shared: Option<RowBand>,
    /// At most ‖x − m‖² of each row in bytes; none of others.
    pub(crate) norms: &'a [f32],
}

impl Block<'_> {
    /// The bands as decisions take them.
    pub(crate) fn bands(&self) -> Bands<'_> {
        self.shared.map_or(Bands::Own(self.bands), Bands::Shared)
    }
}

/// The parts of a scratch that a block does not borrow.
pub(crate) struct Workspace<'a> {
    pub(crate) kept: &'a mut Kept,
    pub(crate) scores: &'a mut Vec<f32>,
    pub(crate) candidates: &'a mut Vec<u32>,
    pub(crate) row_32: &'a mut [f32],
    pub(crate) row_64: &'a mut [f64],
}

impl Filter {
    /// Bytes that [`Filter::store`] would keep.
    pub(crate) fn stored_bytes(&self, points: &Points<'_>) -> u64 {
        let row = 4 * self.steps() + size_of::<RowBand>() + size_of::<f32>();
        match self.kind {
            Kind::Floats => 0,
            Kind::Bytes => (points.n_rows() * row) as u64,
        }
    }

    /// What of all rows is worth keeping for a fit: their 8-bit form, or the norms of blocks in float32.
    pub(crate) fn store(
        &self,
        points: &Points<'_>,
        context: &Context<'_>,
    ) -> Result<Option<Stored>, Error> {
        match (self.kind, points.whole_32()) {
            (Kind::Bytes, _) => Ok(Some(Stored::Bytes(self.store_bytes(points, context)?))),
            (Kind::Floats, None) => Ok(None),
            (Kind::Floats, Some(whole)) => {
                let (n, d) = (points.n_rows(), self.n_features());
                let norms = context.pool.map_tasks(
                    context.observer,
                    n.div_ceil(BLOCK_ROWS),
                    Vec::new,
                    |floats, block| {
                        let rows = block_rows(block, BLOCK_ROWS, n);
                        Ok(self.largest_norm(&whole[rows.start * d..rows.end * d], floats))
                    },
                )?;
                Ok(Some(Stored::Norms(norms)))
            }
        }
    }

    fn store_bytes(&self, points: &Points<'_>, context: &Context<'_>) -> Result<Bytes, Error> {
        let (n, steps) = (points.n_rows(), self.steps());
        let mut words = vec![0_u32; n * steps];
        let blocks = context.pool.map_blocks(
            context.observer,
            &mut words,
            BLOCK_ROWS * steps,
            || RowBuffers::new(self.n_features()),
            |buffers, block, words| {
                let rows = block_rows(block, BLOCK_ROWS, n);
                let (mut bands, mut norms) = (Vec::new(), Vec::new());
                self.to_bytes(points, rows, buffers, (words, &mut bands, &mut norms));
                Ok((bands, norms))
            },
        )?;
        let mut bytes = Bytes { words, bands: Vec::with_capacity(n), norms: Vec::with_capacity(n) };
        for (bands, norms) in blocks {
            bytes.bands.extend(bands);
            bytes.norms.extend(norms);
        }
        Ok(bytes)
    }

    /// Makes the words, bands and norms of some rows.
    fn to_bytes(
        &self,
        points: &Points<'_>,
        rows: Range<usize>,
        buffers: &mut RowBuffers,
        (words, bands, norms): (&mut [u32], &mut Vec<RowBand>, &mut Vec<f32>),
    ) {
        let (d, steps, level) = (self.n_features(), self.steps(), self.level);
        let RowBuffers { single, double, centered, projected } = buffers;
        centered.resize(rows.len() * d, 0.0);
        let mut wholes = Vec::with_capacity(rows.len());
        for (row, out) in rows.zip(centered.chunks_exact_mut(d)) {
            let (values, lost) = points.read_rounded(row, single, double);
            let norm = quantize::center(level, values, &self.mean, out);
            let residual = (lost + UNIT * norm) * (1.0 + 4.0 * UNIT);
            norms.push(norm_below(quantize::squared_norm(level, out), residual));
            wholes.push(Whole { norm, residual });
        }
        let outs = words.chunks_exact_mut(steps);
        let Some(sketch) = &self.sketch else {
            let rows = centered.chunks_exact(d).zip(&wholes).zip(outs);
            bands.extend(
                rows.map(|((row, whole), out)| quantize::quantize(level, row, whole.residual, out)),
            );
            return;
        };
        let width = sketch.directions.width();
        projected.resize(wholes.len() * width, 0.0);
        sketch.directions.project(centered, projected);
        let rows = projected.chunks_exact(width).zip(&wholes).zip(outs);
        bands.extend(
            rows.map(|((row, whole), out)| sketch.directions.quantize_row(row, *whole, out)),
        );
    }

    /// Rows `rows` in words: the stored ones, or made in the scratch.
    pub(crate) fn block<'a>(
        &self,
        points: &'a Points<'_>,
        stored: Option<&'a Stored>,
        rows: Range<usize>,
        scratch: &'a mut Scratch,
    ) -> (Block<'a>, Workspace<'a>) {
        let steps = self.steps();
        let Scratch { buffers, floats, bytes, kept, scores, candidates, row_32, row_64 } = scratch;
        let workspace = Workspace { kept, scores, candidates, row_32, row_64 };
        if let Some(Stored::Bytes(Bytes { words, bands, norms })) = stored {
            let words = &words[rows.start * steps..rows.end * steps];
            let (bands, norms) = (&bands[rows.clone()], &norms[rows]);
            return (Block { rows: Rows::Bytes(words), bands, shared: None, norms }, workspace);
        }
        let Bytes { words, bands, norms } = bytes;
        bands.clear();
        norms.clear();
        let block = match (self.kind, points.whole_32()) {
            (Kind::Floats, Some(whole)) => {
                let values = &whole[rows.start * steps..rows.end * steps];
                let norm = match stored {
                    Some(Stored::Norms(norms)) if rows.start.is_multiple_of(BLOCK_ROWS) => {
                        norms[rows.start / BLOCK_ROWS]
                    }
                    _ => self.largest_norm(values, floats),
                };
                self.whole_block(values, norm, floats, bands)
            }
            (Kind::Floats, None) => {
                floats.resize(rows.len() * steps, 0.0);
                for (row, out) in rows.zip(floats.chunks_exact_mut(steps)) {
                    let (values, lost) =
                        points.read_rounded(row, &mut buffers.single, &mut buffers.double);
                    let norm = quantize::center(self.level, values, &self.mean, out);
                    let residual = (lost + UNIT * norm) * (1.0 + 4.0 * UNIT);
                    bands.push(RowBand::of_floats(norm, residual, steps));
                }
                Block { rows: Rows::Floats(floats), bands, shared: None, norms }
            }
            (Kind::Bytes, _) => {
                words.resize(rows.len() * steps, 0);
                self.to_bytes(points, rows, buffers, (words, bands, norms));
                Block { rows: Rows::Bytes(words), bands, shared: None, norms }
            }
        };
        (block, workspace)
    }

    /// The largest norm of the rows minus the common point; `floats` is scratch.
    fn largest_norm(&self, values: &[f32], floats: &mut Vec<f32>) -> f32 {
        if !self.centered {
            return quantize::largest_norm(self.level, values, self.n_features());
        }
        floats.resize(values.len(), 0.0);
        quantize::center_rows(self.level, values, &self.mean, floats);
        quantize::largest_norm(self.level, floats, self.n_features())
    }

    /// Float32 rows in one piece, `norm` the largest of theirs: centred into `floats`, or used where they are.
    fn whole_block<'a>(
        &self,
        values: &'a [f32],
        norm: f32,
        floats: &'a mut Vec<f32>,
        bands: &'a mut Vec<RowBand>,
    ) -> Block<'a> {
        let d = self.n_features();
        let words: &[f32] = if self.centered {
            floats.resize(values.len(), 0.0);
            quantize::center_rows(self.level, values, &self.mean, floats);
            floats
        } else {
            values
        };
        let lost = if self.centered { UNIT * norm * (1.0 + 4.0 * UNIT) } else { 0.0 };
        let band = RowBand::of_floats(norm, lost, d);
        bands.resize(values.len() / d, band);
        Block { rows: Rows::Floats(words), bands, shared: Some(band), norms: &[] }
    }
}
