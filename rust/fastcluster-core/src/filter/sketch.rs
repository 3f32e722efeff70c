//! Rows and centers projected on a few directions: when that pays, and on how many.

use fastcluster_kernels::panels::Panels;
use fastcluster_kernels::sketch::{Directions, Whole};
use fastcluster_kernels::{Level, quantize};

use super::Filter;
use super::basis::{Basis, MIXED};
use crate::points::Points;
use crate::{Context, Error};

/// Below these a sketch's own cost exceeds what it can save.
const FEATURES_MIN: usize = 128;
const CENTERS_MIN: usize = 64;

/// The share of the rows' squared norm that the directions must hold: with it about five centers a row are left to
/// compare on embeddings (measured).
const HELD: f64 = 0.8;

/// The directions of a sketch.
#[derive(Clone, Debug)]
pub(crate) struct Sketch {
    pub(super) directions: Directions,
}

impl Sketch {
    /// A sketch for a fit of `n_clusters` centers over `n_passes` passes; none where it would not pay.
    pub(crate) fn of(
        points: &Points<'_>,
        mean: &[f32],
        (n_clusters, n_passes): (usize, usize),
        context: &Context<'_>,
    ) -> Result<Option<Self>, Error> {
        let (n, d) = (points.n_rows(), points.n_features());
        if d < FEATURES_MIN || n_clusters < CENTERS_MIN || !pays(n, d, n_clusters, n_passes) {
            return Ok(None);
        }
        let most = (d / 2).next_multiple_of(MIXED).min(d / MIXED * MIXED);
        let basis = Basis::of(points, mean, most, context)?;
        let held = basis.held.iter().position(|held| *held >= HELD);
        let n_dims = (held.unwrap_or(most - 1) + 1).next_multiple_of(MIXED).min(most);
        let mixed = basis.mixed(n_dims);
        Ok(Some(Self { directions: Directions::new(Level::current(), &mixed, d) }))
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

/// Whether the projections of all rows, and the directions, cost less than passes over half as many features save.
fn pays(n: usize, d: usize, n_clusters: usize, n_passes: usize) -> bool {
    let (n, d, k, passes) = (n as f64, d as f64, n_clusters as f64, n_passes.min(20) as f64);
    // Multiply-adds in float32 take some four times as long as in bytes.
    let projecting = 4.0 * (n * d * d / 2.0 + 32.0 * d * d * d);
    projecting < 0.4 * n * k * d * passes
}

impl Filter {
    /// The same filter on a sketch.
    pub(crate) fn with_sketch(self, sketch: Option<Sketch>) -> Self {
        Self { sketch, ..self }
    }
}
