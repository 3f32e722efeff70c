//! Rows in the words of the filter: kept for a fit, or made block by block.

use std::ops::Range;

use fastcluster_kernels::assign::{Bands, FEATURES_FEW, Kept, Rows};
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

impl Stored {
    /// At most ‖x − m‖² of each of some rows in bytes; none of others.
    pub(crate) fn norms(&self, rows: Range<usize>) -> Option<&[f32]> {
        match self {
            Self::Bytes(bytes) => Some(&bytes.norms[rows]),
            Self::Norms(_) => None,
        }
    }
}

/// Rows in bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bytes {
    /// Of the first rows, in whole blocks: those of the others are made when they are needed.
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

    /// The parts that no block borrows.
    pub(crate) fn workspace(&mut self) -> Workspace<'_> {
        let Self { kept, scores, candidates, row_32, row_64, .. } = self;
        Workspace { kept, scores, candidates, row_32, row_64 }
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

    /// The rows and their band, where they have few features.
    pub(crate) fn few(&self) -> Option<(&[f32], RowBand)> {
        match (self.rows, self.shared) {
            (Rows::Floats(rows), Some(band)) if rows.len() <= FEATURES_FEW * self.bands.len() => {
                Some((rows, band))
            }
            _ => None,
        }
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
        let row = self.word_bytes() + size_of::<RowBand>() + size_of::<f32>();
        match self.kind {
            Kind::Floats => 0,
            Kind::Bytes => (points.n_rows() * row) as u64,
        }
    }

    /// Bytes of a row's words alone.
    pub(crate) fn word_bytes(&self) -> usize {
        size_of::<u32>() * self.steps()
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
        let (mut words, mut norms) = (vec![0_u32; n * steps], vec![0.0; n]);
        let mut bands = vec![RowBand::default(); n];
        let mut known: Vec<(&mut [RowBand], &mut [f32])> =
            bands.chunks_mut(BLOCK_ROWS).zip(norms.chunks_mut(BLOCK_ROWS)).collect();
        context.pool.map_pairs(
            context.observer,
            (&mut words, BLOCK_ROWS * steps),
            (&mut known, 1),
            || RowBuffers::new(self.n_features()),
            |buffers, block, words, known| {
                let (bands, norms) = &mut known[0];
                let rows = block_rows(block, BLOCK_ROWS, n);
                self.to_bytes(points, rows, buffers, (words, bands, norms));
                Ok(())
            },
        )?;
        Ok(Bytes { words, bands, norms })
    }

    /// Gives up the words of all rows in bytes but the first `n_rows`, a whole number of blocks.
    pub(crate) fn forget(&self, stored: &mut Stored, n_rows: usize) {
        if let Stored::Bytes(bytes) = stored {
            bytes.words.truncate(n_rows * self.steps());
            bytes.words.shrink_to_fit();
        }
    }

    /// What [`Filter::store`] keeps, made or made whole again after [`Filter::forget`].
    pub(crate) fn complete(
        &self,
        stored: Option<Stored>,
        points: &Points<'_>,
        context: &Context<'_>,
    ) -> Result<Option<Stored>, Error> {
        let Some(Stored::Bytes(mut bytes)) = stored else {
            return if stored.is_some() { Ok(stored) } else { self.store(points, context) };
        };
        let (n, steps) = (points.n_rows(), self.steps());
        let known = bytes.words.len();
        bytes.words.reserve_exact(n * steps - known);
        bytes.words.resize(n * steps, 0);
        context.pool.map_blocks(
            context.observer,
            &mut bytes.words[known..],
            BLOCK_ROWS * steps,
            || RowBuffers::new(self.n_features()),
            |buffers, block, words| {
                let rows = known / steps + block * BLOCK_ROWS..;
                for (row, out) in rows.zip(words.chunks_exact_mut(steps)) {
                    self.words_again(points, row, buffers, out);
                }
                Ok(())
            },
        )?;
        Ok(Some(Stored::Bytes(bytes)))
    }

    /// Makes the words, bands and norms of some rows.
    fn to_bytes(
        &self,
        points: &Points<'_>,
        rows: Range<usize>,
        buffers: &mut RowBuffers,
        (words, bands, norms): (&mut [u32], &mut [RowBand], &mut [f32]),
    ) {
        let (d, level) = (self.n_features(), self.level);
        let outs = words.chunks_exact_mut(self.steps()).zip(bands);
        let Some(sketch) = &self.sketch else {
            for ((row, norm), (out, band)) in rows.zip(norms).zip(outs) {
                let whole;
                (whole, *norm) = self.center_row(points, row, 0, buffers);
                *band = quantize::quantize(level, &buffers.centered[..d], whole.residual, out);
            }
            return;
        };
        let mut wholes = Vec::with_capacity(rows.len());
        for (place, (row, norm)) in rows.zip(norms).enumerate() {
            let whole;
            (whole, *norm) = self.center_row(points, row, place, buffers);
            wholes.push(whole);
        }
        let RowBuffers { centered, projected, .. } = buffers;
        let width = sketch.directions.width();
        projected.resize(wholes.len() * width, 0.0);
        sketch.directions.project(&centered[..wholes.len() * d], projected);
        let rows = projected.chunks_exact(width).zip(&wholes).zip(outs);
        for ((row, whole), (out, band)) in rows {
            *band = sketch.directions.quantize_row(row, *whole, out);
        }
    }

    /// Writes a row minus the common point at `place` of the centered ones; returns what is known of it as a whole, and
    /// at most its squared norm.
    fn center_row(
        &self,
        points: &Points<'_>,
        row: usize,
        place: usize,
        buffers: &mut RowBuffers,
    ) -> (Whole, f32) {
        let (d, level) = (self.n_features(), self.level);
        let RowBuffers { single, double, centered, .. } = buffers;
        if centered.len() < (place + 1) * d {
            centered.resize((place + 1) * d, 0.0);
        }
        let out = &mut centered[place * d..][..d];
        let (values, lost) = points.read_rounded(row, single, double);
        let norm = quantize::center(level, values, &self.mean, out);
        let residual = (lost + UNIT * norm) * (1.0 + 4.0 * UNIT);
        let below = norm_below(quantize::squared_norm(level, out), residual);
        (Whole { norm, residual }, below)
    }

    /// The words of a row once more, no sketch: the same.
    fn words_again(
        &self,
        points: &Points<'_>,
        row: usize,
        buffers: &mut RowBuffers,
        out: &mut [u32],
    ) {
        let (values, _) = points.read_rounded(row, &mut buffers.single, &mut buffers.double);
        quantize::words(self.level, values, &self.mean, out);
    }

    /// The block of rows `rows` with the words of those in `list` at least: the stored ones, or made in the scratch.
    pub(crate) fn block_of<'a>(
        &self,
        points: &'a Points<'_>,
        stored: Option<&'a Stored>,
        (rows, list): (Range<usize>, &[u32]),
        scratch: &'a mut Scratch,
    ) -> (Block<'a>, Workspace<'a>) {
        let steps = self.steps();
        let bytes = match stored {
            Some(Stored::Bytes(bytes)) if bytes.words.len() < rows.end * steps => bytes,
            _ => return self.block(points, stored, rows, scratch),
        };
        let Scratch { buffers, bytes: made, kept, scores, candidates, row_32, row_64, .. } =
            scratch;
        made.words.resize(rows.len() * steps, 0);
        for row in list {
            let at = *row as usize;
            let out = &mut made.words[at * steps..][..steps];
            self.words_again(points, rows.start + at, buffers, out);
        }
        let (bands, norms) = (&bytes.bands[rows.clone()], &bytes.norms[rows]);
        let block = Block { rows: Rows::Bytes(&made.words), bands, shared: None, norms };
        (block, Workspace { kept, scores, candidates, row_32, row_64 })
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
        if let Some(Stored::Bytes(Bytes { words, bands, norms })) = stored
            && let Some(words) = words.get(rows.start * steps..rows.end * steps)
        {
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
                bands.resize(rows.len(), RowBand::default());
                norms.resize(rows.len(), 0.0);
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
