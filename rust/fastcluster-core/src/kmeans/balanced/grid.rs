//! Costs and prices as integers on one grid, so that shortest paths add, compare and tie exactly.
//!
//! A float64 cost that is at least 2⁻⁵⁰ or so of the largest one keeps all its bits; a smaller one is cut at the grid.
//! What the assignment minimises is therefore the sum of the float64 costs, not a rounded form of it.

/// A cost, a price or a distance in the network, in multiples of the grid's step.
pub(super) type Units = i128;

/// Beyond every distance; sums of two stay in range.
pub(super) const FAR: Units = 1 << 125;

/// Bits of the largest sum that can occur; below [`FAR`], and far above the 53 of a float64.
const SPAN_BITS: i32 = 118;

/// Steps that rounding of a bound in float64 and of a cost to the grid may take from it.
const ROUNDED_STEPS: Units = 2;

/// A power of two per unit of cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    steps_per_unit: f64,
}

impl Grid {
    /// The finest grid on which sums up to `span` fit.
    pub(super) fn new(span: f64) -> Self {
        if span <= 0.0 {
            return Self { steps_per_unit: 1.0 };
        }
        let exponent = (f64::from(SPAN_BITS) - span.log2().ceil()).clamp(-1000.0, 1000.0);
        Self { steps_per_unit: 2.0_f64.powi(exponent as i32) }
    }

    /// The value on the grid, rounded down.
    pub(super) fn units(self, value: f64) -> Units {
        (value * self.steps_per_unit).floor() as Units
    }

    /// A lower bound on the grid of a cost plus a price whose float64 sum is at least `value`; prices are at most
    /// `largest_price`.
    pub(super) fn below(self, value: f64, largest_price: f64) -> Units {
        if value == f64::INFINITY {
            return FAR;
        }
        let rounding = 4.0 * f64::EPSILON * (value.abs() + 2.0 * largest_price);
        self.units(value - rounding) - ROUNDED_STEPS
    }

    /// The nearest float64.
    pub(super) fn value(self, units: Units) -> f64 {
        units as f64 / self.steps_per_unit
    }
}
