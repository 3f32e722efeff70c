//! Rows and centroids in fewer dimensions: their products along some directions, and norms for the rest.
//!
//! # Idea
//! With V the directions (rows of V, orthonormal but for rounding), a row x = Vᵀp + x₁ and a centroid c = Vᵀq + c₁,
//!
//! `x·c = p·q + x₁·c₁ + ε  ≤  p·q + ‖x₁‖‖c₁‖ + |ε|`,
//!
//! so a filter of `n_dims` bytes a row bounds the scores of `n_features`. Where the directions hold most of the rows'
//! spread (principal components), the *tails* ‖x₁‖‖c₁‖ are small, and the few centroids that the bound leaves are compared
//! exactly. ε comes from rounding alone: with `η ≥ ‖VVᵀ − I‖` and `ρ ≥ ‖p − Vx‖` (and likewise for c),
//! `|ε| ≤ η‖p‖‖q‖ + (ρ_x + η‖p‖)‖q‖ + (ρ_c + η‖q‖)‖p‖`. The bytes p̂ and q̂ stand for p and q as in [`crate::panels`].
//! All of it is folded into two products a score: `(e_x + κ·r_x)·max(‖q̂‖, e_c/κ)` covers `e_x‖q̂‖ + r_x·e_c` for any κ > 0,
//! and the tails are the other.
//!
//! # Source
//! Bounding what lies outside a subspace by norms is old (Cauchy and Schwarz); for k-means see Marigold (Mortensen et al.
//! 2023, doi:10.14778/3587136.3587147).

use crate::assign::Rows;
use crate::panels::{Panels, RowBand, round_up};
use crate::{Level, product, quantize, reduce};

/// Relative rounding unit of float32.
const UNIT: f32 = f32::EPSILON / 2.0;

/// κ: about the share of a vector that its bytes lose where its values are spread evenly: values that reach 3.2 standard
/// deviations, in 254 steps, each off by 1/√12 of a step.
const LOSS: f32 = 0.0075;

/// Directions to project on, packed.
#[derive(Clone, Debug)]
pub struct Directions {
    panels: Panels,
    level: Level,
    n_dims: usize,
    /// At least `‖VVᵀ − I‖`.
    defect: f32,
}

/// What is known of a row or centroid before it is projected, relative to the filter's common point.
#[derive(Clone, Copy, Debug)]
pub struct Whole {
    /// At least the norm of the float32 values that are projected.
    pub norm: f32,
    /// At least the distance of these values from the true ones.
    pub residual: f32,
}

/// Bounds of a projection.
#[derive(Clone, Copy, Debug)]
struct Reach {
    /// At least ‖p − Vx‖ + η‖p‖, and η‖p‖ again.
    error: f32,
    /// At least ‖x − Vᵀp‖.
    tail: f32,
}

impl Directions {
    /// Packs `basis`, directions of `n_features` values each, and measures how far they are from orthonormal.
    ///
    /// # Panics
    /// If `basis` is not a whole number of directions.
    pub fn new(level: Level, basis: &[f32], n_features: usize) -> Self {
        assert!(basis.len().is_multiple_of(n_features), "whole directions");
        let defect = defect(level, basis, n_features);
        Self { defect, ..Self::packed(level, basis, n_features) }
    }

    /// Packs any directions, to project on and nothing else.
    pub fn packed(level: Level, basis: &[f32], n_features: usize) -> Self {
        let n_dims = basis.len() / n_features;
        let panels = Panels::of_directions(level, basis, n_features);
        Self { panels, level, n_dims, defect: f32::INFINITY }
    }

    /// Directions.
    pub fn n_dims(&self) -> usize {
        self.n_dims
    }

    /// Values between two rows of [`Directions::project`]'s output.
    pub fn width(&self) -> usize {
        self.panels.n_padded()
    }

    /// Projects rows of float32 values, given one after the other; `out` holds [`Directions::width`] values a row.
    ///
    /// # Panics
    /// If `out` is too short.
    pub fn project(&self, rows: &[f32], out: &mut [f32]) {
        let n_rows = rows.len() / self.panels.n_features();
        let list: Vec<u32> = (0..n_rows as u32).collect();
        let bands = vec![RowBand { scale: 1.0, error: 0.0, reach: 0.0 }; n_rows];
        product::scores(&self.panels, Rows::Floats(rows), &bands, &list, out);
    }

    /// Quantises a projected row into `words` and returns its band for panels of [`Directions::set_center`].
    pub fn quantize_row(&self, projected: &[f32], whole: Whole, words: &mut [u32]) -> RowBand {
        let reach = self.reach(projected, whole);
        let band = quantize::quantize(self.level, &projected[..self.n_dims], 0.0, words);
        let error = band.error + reach.error;
        let length = band.reach + reach.error;
        RowBand {
            scale: band.scale,
            error: (error + LOSS * length) * (1.0 + 4.0 * UNIT),
            reach: reach.tail,
        }
    }

    /// Packs a projected centroid, `center` in float64 relative to the filter's common point.
    ///
    /// # Panics
    /// As [`Panels::set`].
    pub fn set_center(
        &self,
        panels: &mut Panels,
        index: usize,
        center: &[f64],
        projected: &[f32],
        whole: Whole,
    ) {
        let reach = self.reach(projected, whole);
        let half_norm = 0.5 * reduce::squared_norm(self.level, center);
        let sketch = (&projected[..self.n_dims], reach.error, reach.tail);
        panels.set_sketch(index, half_norm, sketch, LOSS);
    }

    fn reach(&self, projected: &[f32], whole: Whole) -> Reach {
        let Whole { norm, residual } = whole;
        let n_features = self.panels.n_features() as f32;
        let n_dims = self.n_dims as f32;
        let (below, above) = quantize::squared_norm(self.level, &projected[..self.n_dims]);
        let length = above.sqrt() * (1.0 + 4.0 * UNIT);
        // Each of the n_dims products is off by at most d·u·‖v‖‖x‖, as for the bands of float32 rows.
        let gamma = (n_features + 16.0) * UNIT * 1.02 * n_dims.sqrt();
        let off = (gamma * norm + residual) * (1.0 + self.defect) + f32::MIN_POSITIVE * n_features;
        let skew = self.defect * length;
        let longest = norm + residual;
        let squared = longest * longest * (1.0 + 4.0 * UNIT) - below;
        let tail = squared + (2.0 * off + skew) * length;
        // The difference is rounded relative to its operands.
        let tail = tail.max(0.0) + longest * longest * (4.0 * UNIT);
        Reach {
            error: (off + 2.0 * skew) * (1.0 + 4.0 * UNIT),
            tail: tail.sqrt() * (1.0 + 4.0 * UNIT) + f32::MIN_POSITIVE,
        }
    }
}

/// At least the Frobenius norm of `VVᵀ − I`, which is at least the spectral norm.
fn defect(level: Level, basis: &[f32], n_features: usize) -> f32 {
    let rows: Vec<Vec<f64>> =
        basis.chunks(n_features).map(|row| row.iter().map(|v| f64::from(*v)).collect()).collect();
    let mut squares = 0.0;
    for (index, row) in rows.iter().enumerate() {
        for (other, second) in rows[..=index].iter().enumerate() {
            let product = crate::distance::dot_64(level, row, second);
            let difference = if other == index { product - 1.0 } else { product };
            squares += difference * difference * if other == index { 1.0 } else { 2.0 };
        }
    }
    round_up(squares.sqrt() + n_features as f64 * f64::EPSILON * rows.len() as f64)
}
