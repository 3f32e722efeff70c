//! Rows and centers projected on a few directions: when that pays, and on how many.

use fastcluster_kernels::panels::Panels;
use fastcluster_kernels::sketch::{Directions, Whole};
use fastcluster_kernels::{Level, quantize};

use super::Filter;
use super::basis::{Basis, MIXED, sample_rows};
use crate::points::Points;
use crate::{Context, Error};

/// Below this there are too few dimensions to leave any out.
const FEATURES_MIN: usize = 128;

/// The share of the rows' squared norm that the directions must hold: with it about five centers a row are left to
/// compare on embeddings (measured).
const HELD: f64 = 0.8;

/// What a multiply-add takes in float32, and a comparison per feature, in nanoseconds (measured).
const FLOAT_COST: f64 = 0.018;
const COMPARISON_COST: f64 = 0.09;

/// Extra comparisons a row and pass, and the share of all pairs that an average pass still scores (measured).
const EXTRA: f64 = 4.0;
const SCORED: f64 = 0.3;

/// Later passes score next to nothing.
const PASSES_MOST: usize = 12;

/// The work that a sketch is weighed against.
#[derive(Clone, Copy)]
pub(crate) struct Work {
    pub(crate) n_clusters: usize,
    pub(crate) n_passes: usize,
}

/// The directions of a sketch.
#[derive(Clone, Debug)]
pub(crate) struct Sketch {
    pub(super) directions: Directions,
}

impl Sketch {
    /// A sketch for the given work; none where it would not pay on a third of the features, or on the directions found.
    pub(crate) fn of(
        points: &Points<'_>,
        mean: &[f32],
        work: Work,
        context: &Context<'_>,
    ) -> Result<Option<Self>, Error> {
        let (n, d) = (points.n_rows(), points.n_features());
        if d < FEATURES_MIN || !work.pays(n, d, d / 3) {
            return Ok(None);
        }
        let most = (d / 2).next_multiple_of(MIXED).min(d / MIXED * MIXED);
        let basis = Basis::of(points, mean, most, context)?;
        let Some(held) = basis.held.iter().position(|held| *held >= HELD) else {
            return Ok(None);
        };
        let n_dims = (held + 1).next_multiple_of(MIXED).min(most);
        if !work.pays(n, d, n_dims) {
            return Ok(None);
        }
        let mixed = basis.mixed(n_dims);
        Ok(Some(Self { directions: Directions::new(Level::current(), &mixed, d) }))
    }

    /// Bytes that finding directions takes, at most.
    pub(crate) fn memory_bytes(points: &Points<'_>) -> u64 {
        let d = points.n_features();
        (8 * sample_rows(points.n_rows(), d) * d + 24 * d * d) as u64
    }

    /// A sketch along any directions.
    #[cfg(test)]
    pub(crate) fn along(basis: &[f32], n_features: usize) -> Self {
        Self { directions: Directions::new(Level::current(), basis, n_features) }
    }

    /// A sketch of `n_dims` dimensions, a multiple of 32, whether or not it pays.
    #[cfg(test)]
    pub(crate) fn of_size(
        points: &Points<'_>,
        mean: &[f32],
        n_dims: usize,
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let basis = Basis::of(points, mean, n_dims, context)?;
        Ok(Self::along(&basis.mixed(n_dims), points.n_features()))
    }

    /// Dimensions.
    pub(crate) fn n_dims(&self) -> usize {
        self.directions.n_dims()
    }

    /// Packs a center, `tilde` relative to the common point.
    pub(super) fn pack(&self, level: Level, panels: &mut Panels, index: usize, tilde: &[f64]) {
        let rounded: Vec<f32> = tilde.iter().map(|value| *value as f32).collect();
        let lost = tilde.iter().zip(&rounded).map(|(value, rounded)| {
            let difference = value - f64::from(*rounded);
            difference * difference
        });
        let residual = (lost.sum::<f64>().sqrt() * 1.000_001) as f32 + f32::MIN_POSITIVE;
        let norm = quantize::squared_norm(level, &rounded).1.sqrt() * (1.0 + f32::EPSILON);
        let mut projected = vec![0.0; self.directions.width()];
        self.directions.project(&rounded, &mut projected);
        let whole = Whole { norm, residual };
        self.directions.set_center(panels, index, tilde, &projected, whole);
    }
}

impl Work {
    /// Whether passes on `n_dims` dimensions save more than finding them, projecting all rows and the extra comparisons
    /// cost.
    fn pays(self, n_rows: usize, n_features: usize, n_dims: usize) -> bool {
        let (n, d, dims) = (n_rows as f64, n_features as f64, n_dims as f64);
        let passes = self.n_passes.min(PASSES_MOST) as f64;
        let byte_cost = FLOAT_COST - Level::current().bytes_saving();
        let saved = SCORED * passes * self.n_clusters as f64 * (d - dims) * byte_cost;
        let finding = sample_rows(n_rows, n_features) as f64 * d * d * FLOAT_COST;
        let spent = d * dims * FLOAT_COST + passes * EXTRA * d * COMPARISON_COST;
        // What is saved varies with the data: only where it is clearly more.
        n * saved > 1.5 * (n * spent + finding)
    }
}

impl Filter {
    /// The same filter on a sketch.
    pub(crate) fn with_sketch(self, sketch: Option<Sketch>) -> Self {
        Self { sketch, ..self }
    }
}
