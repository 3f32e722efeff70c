//! Rows and centers in the words of the filter: centred, rounded, with their bands.
//!
//! The 8-bit form of all rows is made once per fit and kept (a quarter of float32 X, and 16 bytes a row). The later
//! passes of a fit may keep the words of the first rows only, so that bounds and centers have room; those of the others
//! are made again of the rows that a pass looks at, which costs 3 % of a fit where a third is not kept. Where nothing is
//! kept, or in float32, a block of rows is made anew in each pass, in a scratch buffer that stays in cache. Float32
//! rows that lie in one piece and need no centring are used where they are. In float32 a block shares one band, that of
//! its longest row: the band is so narrow that a row's own would not tell more.

mod basis;
mod rows;
mod sketch;
#[cfg(test)]
mod tests;

use fastcluster_kernels::Level;
use fastcluster_kernels::panels::{BYTES_FEATURES_MAX, Kind, Panels};

use crate::centers::Centers;
use crate::points::Points;

pub(crate) use rows::{Block, Scratch, Stored, Workspace};
pub(crate) use sketch::{Sketch, Work as SketchWork};

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
    /// Where rows and centers are projected.
    sketch: Option<Sketch>,
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
        Self { level: Level::current(), kind, mean, centered, sketch: None }
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

    fn n_features(&self) -> usize {
        self.mean.len()
    }

    /// Features, or dimensions of the sketch.
    fn n_dims(&self) -> usize {
        self.sketch.as_ref().map_or(self.n_features(), Sketch::n_dims)
    }

    /// Whether the words hold projections: lower bounds only, no upper ones.
    pub(crate) fn is_sketch(&self) -> bool {
        self.sketch.is_some()
    }

    /// Whether the words are bytes.
    pub(crate) fn is_bytes(&self) -> bool {
        self.kind == Kind::Bytes
    }

    /// Words per row.
    fn steps(&self) -> usize {
        match self.kind {
            Kind::Floats => self.n_features(),
            Kind::Bytes => self.n_dims().div_ceil(4),
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
        Panels::new(self.level, self.kind, n_centers, self.n_dims())
    }

    /// Empty panels of at most `group` centers each.
    pub(crate) fn panels_in_groups(&self, n_centers: usize, group: usize) -> Panels {
        Panels::in_groups(self.level, self.kind, n_centers, self.n_dims(), group)
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
        match &self.sketch {
            Some(sketch) => sketch.pack(self.level, panels, index, tilde),
            None => panels.set(index, tilde),
        }
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
        self.pack(panels, place, &centers.working(index), tilde);
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
}
