//! Powers of two that keep squares inside the numbers.

use fastcluster_kernels::{Level, reduce};

/// Magnitudes between 2⁻⁴⁰ and 2⁴⁰ are used as they are: their squares and sums stay far inside float32.
const UNSCALED_EXPONENT: i32 = 40;

/// Magnitudes whose squares are finite and not 0 in float64, without any scaling, are between these powers of two.
const SQUARED_EXPONENT: f64 = 511.0;

/// The least magnitude that keeps its square beside the largest; 0 where that may be squared itself, so that scaling is
/// for float32 alone and what is lost is less than 2⁻⁴⁰.
pub(super) fn least_beside(largest: f64) -> f64 {
    if largest.log2() <= SQUARED_EXPONENT {
        return 0.0;
    }
    2.0_f64.powf(-SQUARED_EXPONENT) / power_of_two(largest)
}

/// 1/‖x‖, or 0 for a row of zeros. Rows whose squares leave float64 are scaled first, by a power of two; a row so near
/// zero that 1/‖x‖ itself overflows counts as zeros.
pub(crate) fn inverse_norm(level: Level, row: &[f64]) -> f64 {
    let norm = reduce::squared_norm(level, row).sqrt();
    if (1e-140..1e140).contains(&norm) {
        return 1.0 / norm;
    }
    let largest = reduce::largest_magnitude(level, row);
    if largest == 0.0 {
        return 0.0;
    }
    let scale = power_of_two(largest);
    let scaled: Vec<f64> = row.iter().map(|value| value * scale).collect();
    let inverse = scale / reduce::squared_norm(level, &scaled).sqrt();
    if inverse.is_finite() { inverse } else { 0.0 }
}

/// The power of two that brings an extreme largest magnitude to the upper end of the ordinary range; 1 for an ordinary
/// one. Beside the largest, others keep their squares in float64 if they are not less than [`least_beside`] says.
pub(super) fn power_of_two(largest: f64) -> f64 {
    let exponent = largest.log2();
    if largest == 0.0 || exponent.abs() <= f64::from(UNSCALED_EXPONENT) {
        return 1.0;
    }
    2.0_f64.powi((UNSCALED_EXPONENT - exponent.floor() as i32).clamp(-1000, 1000))
}
