//! Sums, norms and extrema of rows.

use crate::distance::halve;

multiversion! {
    /// Adds `weight` times a float32 row to float64 sums; features do not mix, so the order of rows is the only order.
    pub fn add_row(sums: &mut [f64], row: &[f32], weight: f64) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += weight * f64::from(*value);
        }
    }
}

multiversion! {
    /// Adds a float32 row to float64 sums: [`add_row`] for a weight of one.
    pub fn add_unit_row(sums: &mut [f64], row: &[f32]) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += f64::from(*value);
        }
    }
}

multiversion! {
    /// `Σ x_i` in float64 of float32 values, in the order of [`crate::distance`].
    pub fn sum_32(values: &[f32]) -> f64 {
        let mut sums = [0.0_f64; 16];
        let chunks = values.chunks_exact(16);
        let rest = chunks.remainder();
        for chunk in chunks {
            for lane in 0..16 {
                sums[lane] += f64::from(chunk[lane]);
            }
        }
        for (sum, value) in sums.iter_mut().zip(rest) {
            *sum += f64::from(*value);
        }
        halve(sums)
    }
}

multiversion! {
    /// Adds each float32 row of a block to the sums of its label: `sums[label][feature]`.
    ///
    /// # Panics
    /// If a label lies outside the sums.
    pub fn add_labelled_rows(sums: &mut [f64], rows: &[f32], n_features: usize, labels: &[u32]) {
        for (row, label) in rows.chunks_exact(n_features).zip(labels) {
            let sums = &mut sums[*label as usize * n_features..][..n_features];
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += f64::from(*value);
            }
        }
    }
}

multiversion! {
    /// The largest magnitude of float32 values; zero for none. NaN counts as the largest.
    pub fn largest_magnitude_32(values: &[f32]) -> f32 {
        // Without their signs, floats are ordered as their bits are.
        let largest = |largest: u32, value: &f32| largest.max(value.to_bits() & 0x7fff_ffff);
        f32::from_bits(values.iter().fold(0, largest))
    }
}

multiversion! {
    /// Adds `weight` times a float64 row to float64 sums.
    pub fn add_row_64(sums: &mut [f64], row: &[f64], weight: f64) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += weight * value;
        }
    }
}

multiversion! {
    /// Adds a row's deviations from `origin` to `sums` and their squares to `squares`.
    pub fn add_moments(sums: &mut [f64], squares: &mut [f64], row: &[f64], origin: &[f64]) {
        for (((sum, square), value), from) in sums.iter_mut().zip(squares).zip(row).zip(origin) {
            let deviation = value - from;
            *sum += deviation;
            *square += deviation * deviation;
        }
    }
}

multiversion! {
    /// `Σx_i²` in float64 of a float64 row, in the order of [`crate::distance`].
    pub fn squared_norm(row: &[f64]) -> f64 {
        let mut sums = [0.0_f64; 16];
        let chunks = row.chunks_exact(16);
        let rest = chunks.remainder();
        for chunk in chunks {
            for lane in 0..16 {
                sums[lane] += chunk[lane] * chunk[lane];
            }
        }
        for (sum, value) in sums.iter_mut().zip(rest) {
            *sum += value * value;
        }
        halve(sums)
    }
}

multiversion! {
    /// Whether every value is finite.
    pub fn all_finite(values: &[f32]) -> bool {
        // The largest exponent marks infinities and NaN; a maximum over the bits vectorises, an early exit does not.
        values.iter().fold(0_u32, |largest, value| largest.max(value.to_bits() & 0x7f80_0000)) != 0x7f80_0000
    }
}

multiversion! {
    /// Whether every float64 value is finite.
    pub fn all_finite_64(values: &[f64]) -> bool {
        const EXPONENT: u64 = 0x7ff0_0000_0000_0000;
        values.iter().fold(0_u64, |largest, value| largest.max(value.to_bits() & EXPONENT)) != EXPONENT
    }
}

multiversion! {
    /// The largest magnitude; zero for an empty row. NaN is passed over.
    pub fn largest_magnitude(values: &[f64]) -> f64 {
        values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()))
    }
}
