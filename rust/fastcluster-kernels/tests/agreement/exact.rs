//! Sums of two float64, about 106 bits: what the kernels are measured against.
//!
//! Source: Dekker 1971 (doi:10.1007/BF01397083) and Knuth's two-sum; the relative error of each operation is below
//! 2⁻¹⁰⁰, where the kernels' own slack is 2⁻²⁴ or 2⁻⁵³ of the same terms.

use std::ops::{Add, Mul, Neg, Sub};

/// `high + low`, unevaluated, `low` at most half a unit in the last place of `high`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Double {
    high: f64,
    low: f64,
}

impl Double {
    /// `a + b` without error.
    fn two_sum(a: f64, b: f64) -> Self {
        let high = a + b;
        let kept = high - a;
        Self { high, low: (a - (high - kept)) + (b - kept) }
    }

    /// `a − b` without error.
    pub(crate) fn difference(a: f64, b: f64) -> Self {
        Self::two_sum(a, -b)
    }

    /// The nearest float64, and its sign the sign of the whole.
    pub(crate) fn value(self) -> f64 {
        self.high
    }

    pub(crate) fn abs(self) -> Self {
        if self.high < 0.0 { -self } else { self }
    }
}

impl From<f64> for Double {
    fn from(high: f64) -> Self {
        Self { high, low: 0.0 }
    }
}

impl From<f32> for Double {
    fn from(value: f32) -> Self {
        f64::from(value).into()
    }
}

impl Neg for Double {
    type Output = Self;
    fn neg(self) -> Self {
        Self { high: -self.high, low: -self.low }
    }
}

impl Add for Double {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let (high, low) =
            (Self::two_sum(self.high, other.high), Self::two_sum(self.low, other.low));
        let sum = Self::two_sum(high.high, high.low + low.high);
        Self::two_sum(sum.high, sum.low + low.low)
    }
}

impl Sub for Double {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Double {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let high = self.high * other.high;
        let low = self.high.mul_add(other.high, -high);
        Self::two_sum(high, low + (self.high * other.low + self.low * other.high))
    }
}

/// `Σ x_i·y_i`.
pub(crate) fn dot(x: &[Double], y: &[Double]) -> Double {
    x.iter().zip(y).fold(Double::default(), |sum, (a, b)| sum + *a * *b)
}

/// `Σ x_i²`.
pub(crate) fn squared_norm(x: &[Double]) -> Double {
    dot(x, x)
}

/// The values, exactly.
pub(crate) fn doubles<T: Copy + Into<Double>>(values: &[T]) -> Vec<Double> {
    values.iter().map(|value| (*value).into()).collect()
}

/// `a_i − b_i`, exactly.
pub(crate) fn differences(a: &[f64], b: &[f64]) -> Vec<Double> {
    a.iter().zip(b).map(|(a, b)| Double::difference(*a, *b)).collect()
}

#[test]
fn keeps_what_float64_loses() {
    let large = Double::from(1e30_f64);
    let sum = large + Double::from(1.0_f64) - large;
    assert_eq!(sum.value().to_bits(), 1.0_f64.to_bits());
    // (1 + 2⁻⁵²)² − 1 − 2⁻⁵¹ = 2⁻¹⁰⁴
    let above = Double::from(1.0 + f64::EPSILON);
    let rest = above * above - Double::from(1.0 + 2.0 * f64::EPSILON);
    assert_eq!(rest.value().to_bits(), (f64::EPSILON * f64::EPSILON).to_bits());
}
