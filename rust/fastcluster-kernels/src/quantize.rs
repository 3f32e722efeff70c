//! Rows to the words of the filter, with the residual measured as they are rounded.
//!
//! A row is centred (x̃ = x − m), scaled by its own largest magnitude to [−127, 127], rounded, and stored as four
//! offset bytes a word, because the 8-bit dot product takes one unsigned and one signed operand. What rounding loses is
//! measured, not estimated: it is what makes the filter's bound hold for every row.

use crate::panels::RowBand;

/// Adding it rounds a float32 of magnitude below 2²² to an integer, which then stands in the low bits.
const ROUNDER: f32 = 12_582_912.0;

/// Partial sums, so that the loops vectorise.
const LANES: usize = 16;

/// Relative rounding unit of float32.
const UNIT: f32 = f32::EPSILON / 2.0;

multiversion! {
    /// Writes x − m, rounded to float32, and returns the norm of the result, never below the true one.
    ///
    /// What the subtraction rounds off is at most `UNIT` times that norm.
    pub fn center(row: &[f32], mean: &[f32], centered: &mut [f32]) -> f32 {
        for ((value, from), out) in row.iter().zip(mean).zip(centered.iter_mut()) {
            *out = value - from;
        }
        root_above(squared_above(centered))
    }
}

multiversion! {
    /// Writes the rows of a block minus m, as [`center`] does.
    pub fn center_rows(rows: &[f32], mean: &[f32], centered: &mut [f32]) {
        let n_features = mean.len();
        for (row, out) in rows.chunks_exact(n_features).zip(centered.chunks_exact_mut(n_features)) {
            for ((value, from), out) in row.iter().zip(mean).zip(out) {
                *out = value - from;
            }
        }
    }
}

multiversion! {
    /// The largest norm of the rows of a block, never below it.
    pub fn largest_norm(rows: &[f32], n_features: usize) -> f32 {
        let mut largest = 0.0_f32;
        for row in rows.chunks_exact(n_features) {
            let squared = squared_above(row);
            largest = if squared > largest { squared } else { largest };
        }
        root_above(largest)
    }
}

multiversion! {
    /// Bounds of the squared norm of a row, from below and from above.
    pub fn squared_norm(row: &[f32]) -> (f32, f32) {
        let above = squared_above(row);
        (above * (1.0 - (row.len() as f32 / LANES as f32 + 24.0) * 4.0 * UNIT) - row.len() as f32 * f32::MIN_POSITIVE * 2.0, above)
    }
}

/// At least the squared norm of a row, but for what underflow takes.
#[inline(always)]
fn squared_above(row: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let chunks = row.chunks_exact(LANES);
    for (sum, value) in sums.iter_mut().zip(chunks.remainder()) {
        *sum = value * value;
    }
    for chunk in chunks {
        for lane in 0..LANES {
            sums[lane] += chunk[lane] * chunk[lane];
        }
    }
    sum_above(sums, row.len())
}

/// A sum of squares, raised by the roundings of `n` features in 16 partial sums and by what underflow took.
#[inline(always)]
fn sum_above(sums: [f32; LANES], n: usize) -> f32 {
    let sum: f32 = sums.iter().sum();
    sum / (1.0 - (n as f32 / LANES as f32 + 24.0) * UNIT) + n as f32 * f32::MIN_POSITIVE
}

/// The root, never below the true one.
#[inline(always)]
fn root_above(squared: f32) -> f32 {
    squared.sqrt() * (1.0 + 4.0 * UNIT)
}

/// What one unit of the words is worth, and its reciprocal, for a row of the given largest magnitude.
///
/// Below 1e-30 the reciprocal overflows; such a row is represented by zero, all of it residual.
#[inline(always)]
fn units(peak: f32) -> (f32, f32) {
    if peak < 1e-30 { (0.0, 0.0) } else { (peak / 127.0, 127.0 / peak) }
}

/// Features whose bytes are made at a time, and then put into words: both loops vectorise (a fifth of the time of one).
const PART: usize = 256;

multiversion! {
    /// Writes the words that [`center`] and [`quantize`] make of a row, and measures nothing.
    pub fn words(row: &[f32], mean: &[f32], words: &mut [u32]) {
        let mut peaks = [0.0_f32; LANES];
        let ((rows, rest), (means, mean_rest)) = (row.as_chunks::<LANES>(), mean.as_chunks::<LANES>());
        for (peak, (value, from)) in peaks.iter_mut().zip(rest.iter().zip(mean_rest)) {
            *peak = (value - from).abs();
        }
        for (values, from) in rows.iter().zip(means) {
            for lane in 0..LANES {
                let size = (values[lane] - from[lane]).abs();
                peaks[lane] = if size > peaks[lane] { size } else { peaks[lane] };
            }
        }
        let (_, per_unit) = units(peaks.iter().fold(0.0_f32, |peak, value| peak.max(*value)));
        let parts = row.chunks(PART).zip(mean.chunks(PART));
        for ((values, from), out) in parts.zip(words.chunks_mut(PART / 4)) {
            let mut bytes = [0x80_u8; PART];
            for ((byte, value), from) in bytes.iter_mut().zip(values).zip(from) {
                *byte = ((value - from) * per_unit + ROUNDER).to_bits() as u8 ^ 0x80;
            }
            for (word, four) in out.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *word = u32::from_le_bytes(*four);
            }
        }
    }
}

multiversion! {
    /// Quantises the centred row into `words`, four features each, and returns its band.
    ///
    /// `residual` bounds ‖x̃ − centered‖: what centring and any earlier rounding lost. `words` holds
    /// `centered.len() / 4` words, rounded up; the offset of absent features is left in, and panels hold zero there.
    pub fn quantize(centered: &[f32], residual: f32, words: &mut [u32]) -> RowBand {
        let mut peaks = [0.0_f32; LANES];
        let chunks = centered.chunks_exact(LANES);
        for (peak, value) in peaks.iter_mut().zip(chunks.remainder()) {
            *peak = value.abs();
        }
        for chunk in chunks {
            for lane in 0..LANES {
                peaks[lane] = peaks[lane].max(chunk[lane].abs());
            }
        }
        let peak = peaks.iter().fold(0.0_f32, |peak, value| peak.max(*value));
        let (scale, per_unit) = units(peak);
        let (mut kept, mut lost) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        let chunks = centered.chunks_exact(LANES);
        let rest = chunks.remainder();
        let (whole, tail) = words.split_at_mut(centered.len() / LANES * (LANES / 4));
        for (chunk, out) in chunks.zip(whole.chunks_exact_mut(LANES / 4)) {
            let mut bytes = [0_u8; LANES];
            for lane in 0..LANES {
                let rounded = chunk[lane] * per_unit + ROUNDER;
                bytes[lane] = rounded.to_bits() as u8 ^ 0x80;
                let value = scale * (rounded - ROUNDER);
                let difference = chunk[lane] - value;
                kept[lane] += value * value;
                lost[lane] += difference * difference;
            }
            for (word, four) in out.iter_mut().zip(bytes.chunks_exact(4)) {
                *word = u32::from_le_bytes([four[0], four[1], four[2], four[3]]);
            }
        }
        for (word, four) in tail.iter_mut().zip(rest.chunks(4)) {
            let mut bytes = [0x80_u8; 4];
            for (lane, feature) in four.iter().enumerate() {
                let rounded = feature * per_unit + ROUNDER;
                bytes[lane] = rounded.to_bits() as u8 ^ 0x80;
                let value = scale * (rounded - ROUNDER);
                let difference = feature - value;
                kept[lane] += value * value;
                lost[lane] += difference * difference;
            }
            *word = u32::from_le_bytes(bytes);
        }
        // Each difference is off by at most two roundings of a value no larger than the peak.
        let roundings = 2.0 * UNIT * peak * (centered.len() as f32).sqrt();
        let error = (root_above(sum_above(lost, centered.len())) + roundings + residual) * (1.0 + 4.0 * UNIT);
        let reach = (root_above(sum_above(kept, centered.len())) + error) * (1.0 + 4.0 * UNIT);
        RowBand { scale, error, reach }
    }
}

/// Adding it rounds a float64 of magnitude below 2⁵¹ to an integer, which then stands in the low bits.
const ROUNDER_64: f64 = 6_755_399_441_055_744.0;

/// What a centroid's bytes keep of it and lose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) squared_norm: f64,
    pub(crate) squared_residual: f64,
    /// Sum of the bytes.
    pub(crate) sum: i32,
}

multiversion! {
    /// Writes the signed bytes of a centroid (`scale` its largest magnitude / 127, or 0) and measures them in float64.
    pub(crate) fn quantize_center(center: &[f64], scale: f64, quanta: &mut [i8]) -> Kept {
        let per_unit = if scale == 0.0 { 0.0 } else { 1.0 / scale };
        let (mut norms, mut residuals, mut sums) = ([0.0_f64; LANES], [0.0_f64; LANES], [0_i32; LANES]);
        for (chunk, out) in center.chunks(LANES).zip(quanta.chunks_mut(LANES)) {
            for (lane, (value, quantum)) in chunk.iter().zip(out).enumerate() {
                // `scale` is rounded, so the largest magnitude may come out a little over 127; it rounds to 127.
                let shifted = value * per_unit + ROUNDER_64;
                let rounded = shifted - ROUNDER_64;
                let kept = rounded * scale;
                norms[lane] += kept * kept;
                residuals[lane] += (value - kept) * (value - kept);
                *quantum = shifted.to_bits() as i8;
                sums[lane] += i32::from(*quantum);
            }
        }
        Kept {
            squared_norm: crate::distance::halve(norms),
            squared_residual: crate::distance::halve(residuals),
            sum: sums.iter().sum(),
        }
    }
}
