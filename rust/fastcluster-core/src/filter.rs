//! Rows and centers in the words of the filter: centred, rounded, with their bands.
//!
//! The 8-bit form of all rows is made once per fit and kept (a quarter of float32 X, and 12 bytes a row); where it is
//! not kept, or in float32, a block of rows is made anew in each pass, in a scratch buffer that stays in cache. Float32
//! rows that lie in one piece and need no centring are used where they are. In float32 a block shares one band, that of
//! its longest row: the band is so narrow that a row's own would not tell more.

use fastcluster_kernels::assign::{Kept, Rows};
use fastcluster_kernels::panels::{BYTES_FEATURES_MAX, Kind, Panels, RowBand};
use fastcluster_kernels::{Level, quantize};

use crate::centers::Centers;
use crate::points::{Points, block_rows};
use crate::{Context, Error};

/// Relative rounding unit of float32.
const UNIT: f32 = f32::EPSILON / 2.0;

/// Rows per block: 256 rows of 384 float32 features are 384 KiB, which stays in a 1 MiB L2 beside a panel.
pub(crate) const BLOCK_ROWS: usize = 256;

/// What the 8-bit filter's wider band costs a row in comparisons: nanoseconds, and nanoseconds per feature (measured).
const BYTES_COST: (f64, f64) = (100.0, 0.2);

/// What quantising a row costs, in nanoseconds per feature (measured).
const QUANTISING_COST: f64 = 0.5;

/// Whether the 8-bit filter is the faster one; either gives the same labels.
fn bytes_pay(level: Level, n_centers: usize, n_features: usize, stored: bool) -> bool {
    let (k, d) = (n_centers as f64, n_features as f64);
    let quantising = if stored { 0.0 } else { QUANTISING_COST * d };
    let cost = BYTES_COST.0 + BYTES_COST.1 * d + quantising;
    n_features <= BYTES_FEATURES_MAX && k * d * level.bytes_saving() > cost
}

/// Scores written out by one thread at a time: 4 MiB of float32.
pub(crate) const SCORES_MAX: usize = 1 << 20;

/// How rows and centers enter the filter.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    level: Level,
    kind: Kind,
    /// Taken off rows and centers alike; exactly representable in float32. Zeros where it is not worth it.
    mean: Vec<f32>,
    centered: bool,
}

/// Float32 rows are centred only when their common point lies farther from the origin than this many times the root
/// mean square distance of the rows from it; nearer, the band widens by less than this factor.
const CENTERING_RATIO: f64 = 4.0;

impl Filter {
    /// The filter of a fit, which keeps the rows' words: `mean` (rounded to float32) is the common point, from which the
    /// rows' mean squared distance is about `spread`.
    pub(crate) fn new(points: &Points<'_>, n_centers: usize, mean: &[f64], spread: f64) -> Self {
        let bytes = bytes_pay(Level::current(), n_centers, points.n_features(), true);
        Self::with_kind(if bytes { Kind::Bytes } else { Kind::Floats }, mean, spread)
    }

    /// The filter of a single pass; the mean of the centers is as good a common point as the rows', and costs no read.
    pub(crate) fn of_centers(points: &Points<'_>, centers: &Centers) -> Self {
        let (mean, spread) = centers.mean_and_spread();
        let bytes = bytes_pay(Level::current(), centers.len(), points.n_features(), false);
        Self::with_kind(if bytes { Kind::Bytes } else { Kind::Floats }, &mean, spread)
    }

    /// The filter in words of the given kind.
    pub(crate) fn with_kind(kind: Kind, mean: &[f64], spread: f64) -> Self {
        let offset: f64 = mean.iter().map(|value| value * value).sum();
        let centered = kind == Kind::Bytes || offset > CENTERING_RATIO * CENTERING_RATIO * spread;
        let factor = if centered { 1.0 } else { 0.0 };
        let mean: Vec<f32> = mean.iter().map(|value| (value * factor) as f32).collect();
        Self { level: Level::current(), kind, mean, centered }
    }

    pub(crate) fn level(&self) -> Level {
        self.level
    }

    /// What the words are called in a report.
    pub(crate) fn words(&self) -> &'static str {
        match self.kind {
            Kind::Floats => "float32",
            Kind::Bytes => "int8",
        }
    }

    /// Bytes that [`Filter::store`] would keep.
    pub(crate) fn stored_bytes(&self, points: &Points<'_>) -> u64 {
        match self.kind {
            Kind::Floats => 0,
            Kind::Bytes => (points.n_rows() * (4 * self.steps() + size_of::<RowBand>())) as u64,
        }
    }

    fn n_features(&self) -> usize {
        self.mean.len()
    }

    /// Words per row.
    fn steps(&self) -> usize {
        match self.kind {
            Kind::Floats => self.n_features(),
            Kind::Bytes => self.n_features().div_ceil(4),
        }
    }

    /// The common point, as it is taken off.
    pub(crate) fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// The common point.
    pub(crate) fn mean_64(&self) -> Vec<f64> {
        self.mean.iter().map(|value| f64::from(*value)).collect()
    }

    /// At most ‖x − m‖² of a row in working space, m the common point of the filter.
    pub(crate) fn squared_norm_below(&self, row: &[f64]) -> f32 {
        let terms = row.iter().zip(&self.mean).map(|(value, mean)| {
            let difference = value - f64::from(*mean);
            difference * difference
        });
        (terms.sum::<f64>() * (1.0 - 4.0 * f64::from(UNIT))) as f32
    }

    /// Empty panels for `n_centers` centers.
    pub(crate) fn panels(&self, n_centers: usize) -> Panels {
        Panels::new(self.level, self.kind, n_centers, self.n_features())
    }

    /// Packs one center, given in working space.
    pub(crate) fn pack(
        &self,
        panels: &mut Panels,
        index: usize,
        center: &[f64],
        tilde: &mut [f64],
    ) {
        for ((out, value), mean) in tilde.iter_mut().zip(center).zip(&self.mean) {
            *out = value - f64::from(*mean);
        }
        panels.set(index, tilde);
    }

    /// Packs center `index` of `centers` at `place`; a center of zeros under cosine is moved to the distance it has by
    /// definition, which is ½ more in score.
    pub(crate) fn pack_center(
        &self,
        panels: &mut Panels,
        place: usize,
        centers: &Centers,
        index: usize,
        tilde: &mut [f64],
    ) {
        self.pack(panels, place, centers.working(index), tilde);
        if centers.is_void(index) {
            panels.raise(place, 0.5);
        }
    }

    /// Packs all centers.
    pub(crate) fn pack_all(&self, centers: &Centers) -> Panels {
        let mut panels = self.panels(centers.len());
        let mut tilde = vec![0.0; self.n_features()];
        for index in 0..centers.len() {
            self.pack_center(&mut panels, index, centers, index, &mut tilde);
        }
        panels
    }

    /// Makes the words of one row; `out` is used by the kind it belongs to.
    fn prepare_row(
        &self,
        points: &Points<'_>,
        row: usize,
        buffers: &mut RowBuffers,
        out: RowWords<'_>,
    ) -> RowBand {
        let (values, lost) = points.read_rounded(row, &mut buffers.single, &mut buffers.double);
        let residual = |norm: f32| (lost + UNIT * norm) * (1.0 + 4.0 * UNIT);
        match out {
            RowWords::Floats(out) => {
                let norm = quantize::center(self.level, values, &self.mean, out);
                RowBand::of_floats(norm, residual(norm), self.n_features())
            }
            RowWords::Bytes(out) => {
                let norm = quantize::center(self.level, values, &self.mean, &mut buffers.centered);
                quantize::quantize(self.level, &buffers.centered, residual(norm), out)
            }
        }
    }

    /// What of all rows is worth keeping for a fit: their 8-bit form, or the norms of blocks in float32.
    pub(crate) fn store(
        &self,
        points: &Points<'_>,
        context: &Context<'_>,
    ) -> Result<Option<Stored>, Error> {
        let (n, steps) = (points.n_rows(), self.steps());
        if self.kind == Kind::Floats {
            let Some(whole) = points.whole_32() else { return Ok(None) };
            let norms = context.pool.map_tasks(
                context.observer,
                n.div_ceil(BLOCK_ROWS),
                Vec::new,
                |floats, block| {
                    let rows = block_rows(block, BLOCK_ROWS, n);
                    Ok(self.largest_norm(&whole[rows.start * steps..rows.end * steps], floats))
                },
            )?;
            return Ok(Some(Stored::Norms(norms)));
        }
        let mut words = vec![0_u32; n * steps];
        let bands = context.pool.map_blocks(
            context.observer,
            &mut words,
            BLOCK_ROWS * steps,
            || RowBuffers::new(self.n_features()),
            |buffers, block, words| {
                let rows = block_rows(block, BLOCK_ROWS, n);
                let rows = rows.zip(words.chunks_exact_mut(steps));
                Ok(rows
                    .map(|(row, out)| self.prepare_row(points, row, buffers, RowWords::Bytes(out)))
                    .collect::<Vec<_>>())
            },
        )?;
        Ok(Some(Stored::Bytes { words, bands: bands.concat() }))
    }
}

/// What is kept of all rows.
#[derive(Clone, Debug)]
pub(crate) enum Stored {
    /// Their 8-bit form.
    Bytes { words: Vec<u32>, bands: Vec<RowBand> },
    /// The largest norm of each block of [`BLOCK_ROWS`].
    Norms(Vec<f32>),
}

enum RowWords<'a> {
    Floats(&'a mut [f32]),
    Bytes(&'a mut [u32]),
}

/// Buffers for one row on its way into words.
#[derive(Clone, Debug)]
struct RowBuffers {
    single: Vec<f32>,
    double: Vec<f64>,
    centered: Vec<f32>,
}

impl RowBuffers {
    fn new(n_features: usize) -> Self {
        Self {
            single: vec![0.0; n_features],
            double: vec![0.0; n_features],
            centered: vec![0.0; n_features],
        }
    }
}

/// What one thread needs to filter blocks of rows.
#[derive(Clone, Debug)]
pub(crate) struct Scratch {
    buffers: RowBuffers,
    floats: Vec<f32>,
    bytes: Vec<u32>,
    bands: Vec<RowBand>,
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
            bytes: Vec::new(),
            bands: Vec::new(),
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
    /// Rows `rows` in words: the stored ones, or made in the scratch.
    pub(crate) fn block<'a>(
        &self,
        points: &'a Points<'_>,
        stored: Option<&'a Stored>,
        rows: std::ops::Range<usize>,
        scratch: &'a mut Scratch,
    ) -> (Block<'a>, Workspace<'a>) {
        let steps = self.steps();
        let Scratch { buffers, floats, bytes, bands, kept, scores, candidates, row_32, row_64 } =
            scratch;
        let workspace = Workspace { kept, scores, candidates, row_32, row_64 };
        if let Some(Stored::Bytes { words, bands }) = stored {
            let words = &words[rows.start * steps..rows.end * steps];
            return (Block { rows: Rows::Bytes(words), bands: &bands[rows] }, workspace);
        }
        bands.clear();
        let block = match self.kind {
            Kind::Floats => {
                if let Some(whole) = points.whole_32() {
                    let values = &whole[rows.start * steps..rows.end * steps];
                    let norm = match stored {
                        Some(Stored::Norms(norms)) if rows.start.is_multiple_of(BLOCK_ROWS) => {
                            norms[rows.start / BLOCK_ROWS]
                        }
                        _ => self.largest_norm(values, floats),
                    };
                    self.whole_block(values, norm, floats, bands)
                } else {
                    floats.resize(rows.len() * steps, 0.0);
                    for (row, out) in rows.zip(floats.chunks_exact_mut(steps)) {
                        bands.push(self.prepare_row(points, row, buffers, RowWords::Floats(out)));
                    }
                    Block { rows: Rows::Floats(floats), bands }
                }
            }
            Kind::Bytes => {
                bytes.resize(rows.len() * steps, 0);
                for (row, out) in rows.zip(bytes.chunks_exact_mut(steps)) {
                    bands.push(self.prepare_row(points, row, buffers, RowWords::Bytes(out)));
                }
                Block { rows: Rows::Bytes(bytes), bands }
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
        bands.resize(values.len() / d, RowBand::of_floats(norm, lost, d));
        Block { rows: Rows::Floats(words), bands }
    }
}
