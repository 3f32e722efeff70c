//! Distances, sums and norms against 106-bit results, elementwise sums against a plain loop.

use std::ops::AddAssign;

use fastcluster_kernels::{Level, distance, reduce};

use crate::exact::{self, Double};
use crate::identical::{FILLS, fill, lengths};

/// Float64 rounding unit.
const UNIT: f64 = f64::EPSILON / 2.0;

/// The bits are the same on every level (see `identical`), so one level stands for all.
fn scalar() -> Level {
    Level::available()[0]
}

fn widen(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

/// Asserts that `value` is within `error` of `truth`.
fn assert_near(value: f64, truth: Double, error: f64, what: &str) {
    let off = (Double::from(value) - truth).abs().value();
    assert!(off <= error, "{what}: {value:e} is {off:e} off, {error:e} allowed");
}

#[test]
fn squared_distances_dots_and_norms_are_within_their_error() {
    for (seed, name) in FILLS.into_iter().enumerate() {
        let (x, y) = (widen(&fill(name, seed as u64)), widen(&fill(name, 50 + seed as u64)));
        for length in lengths() {
            let (x, y) = (&x[..length], &y[1..][..length]);
            let what = format!("{length} {name}");
            let relative = (length as f64 / 16.0 + 8.0) * UNIT;

            let squared = exact::squared_norm(&exact::differences(x, y));
            assert_near(
                distance::squared_64(scalar(), x, y),
                squared,
                relative * squared.value(),
                &what,
            );
            let norm = exact::squared_norm(&exact::doubles(x));
            assert_near(reduce::squared_norm(scalar(), x), norm, relative * norm.value(), &what);
            let magnitudes = |values: &[f64]| -> Vec<Double> {
                values.iter().map(|value| value.abs().into()).collect()
            };
            let terms = exact::dot(&magnitudes(x), &magnitudes(y)).value();
            let dot = exact::dot(&exact::doubles(x), &exact::doubles(y));
            assert_near(distance::dot_64(scalar(), x, y), dot, relative * terms, &what);
        }
    }
}

/// Sums terms as the definition says: term i into partial sum i mod `lanes`, then the upper half onto the lower.
fn in_order<T: Copy + Default + AddAssign>(lanes: usize, terms: impl Iterator<Item = T>) -> T {
    let mut sums = vec![T::default(); lanes];
    for (index, term) in terms.enumerate() {
        sums[index % lanes] += term;
    }
    while sums.len() > 1 {
        let upper = sums.split_off(sums.len() / 2);
        for (sum, value) in sums.iter_mut().zip(upper) {
            *sum += value;
        }
    }
    sums[0]
}

/// The order of the sums, and that nothing is fused, is part of what a label is: these bits may never change.
#[test]
fn distances_dots_and_norms_have_the_bits_of_their_definition() {
    for (seed, name) in FILLS.into_iter().enumerate() {
        let (x_32, y_32) = (fill(name, seed as u64), fill(name, 50 + seed as u64));
        for length in lengths() {
            let (x_32, y_32) = (&x_32[..length], &y_32[..length]);
            let (x, y) = (widen(x_32), widen(y_32));
            let what = format!("{length} {name}");
            let squares = x.iter().zip(&y).map(|(a, b)| (a - b) * (a - b));
            let expected = in_order(16, squares).to_bits();
            assert_eq!(distance::squared_64(scalar(), &x, &y).to_bits(), expected, "{what}");
            let squares = x_32.iter().zip(y_32).map(|(a, b)| (a - b) * (a - b));
            let expected = in_order(32, squares).to_bits();
            assert_eq!(distance::squared_f32(scalar(), x_32, y_32).to_bits(), expected, "{what}");
            let expected = in_order(16, x.iter().zip(&y).map(|(a, b)| a * b)).to_bits();
            assert_eq!(distance::dot_64(scalar(), &x, &y).to_bits(), expected, "{what}");
            let expected = in_order(16, x.iter().map(|a| a * a)).to_bits();
            assert_eq!(reduce::squared_norm(scalar(), &x).to_bits(), expected, "{what}");
        }
    }
}

#[test]
fn the_float32_distance_is_within_its_stated_error() {
    for (seed, name) in ["uniform", "one huge", "mixed"].into_iter().enumerate() {
        // Scaled so that squares neither overflow nor vanish, as the bound demands.
        let scale = if name == "uniform" { 1.0 } else { 1e-20 };
        let scaled =
            |seed| -> Vec<f32> { fill(name, seed).iter().map(|value| value * scale).collect() };
        let (x, y) = (scaled(seed as u64), scaled(50 + seed as u64));
        for length in lengths().skip(1) {
            let (x, y) = (&x[..length], &y[1..][..length]);
            let squared = exact::squared_norm(&exact::differences(&widen(x), &widen(y)));
            // Each of the terms may lose a denormal.
            let error =
                distance::squared_f32_error(length) * squared.value() + length as f64 * 1.5e-45;
            let value = distance::squared_f32(scalar(), x, y);
            assert_near(value.into(), squared, error, &format!("{length} {name}"));
        }
    }
}

#[test]
fn distances_are_symmetric_and_zero_for_equal_rows() {
    let (x, y) = (fill("mixed", 1), fill("mixed", 2));
    for length in lengths() {
        let (x, y) = (&x[..length], &y[..length]);
        for level in Level::available() {
            let there = distance::squared_32(level, x, y);
            assert_eq!(there.to_bits(), distance::squared_32(level, y, x).to_bits());
            assert_eq!(distance::squared_32(level, x, x).to_bits(), 0);
            assert_eq!(distance::squared_f32(level, y, y).to_bits(), 0);
        }
    }
}

#[test]
fn sums_are_those_of_a_plain_loop() {
    for (seed, name) in FILLS.into_iter().enumerate() {
        let (row, from) = (fill(name, seed as u64), widen(&fill("uniform", 9)));
        for length in lengths() {
            let (row, from) = (&row[..length], &from[..length]);
            let row_64 = widen(row);
            let start =
                |factor: f64| -> Vec<f64> { from.iter().map(|value| value * factor).collect() };
            let plain = |step: fn(f64, f64, f64) -> f64| -> Vec<f64> {
                start(2.0)
                    .iter()
                    .zip(&row_64)
                    .zip(from)
                    .map(|((sum, x), m)| step(*sum, *x, *m))
                    .collect()
            };
            let mut sums = start(2.0);
            reduce::add_row(scalar(), &mut sums, row, 0.3);
            assert_eq!(sums, plain(|sum, x, _| sum + 0.3 * x), "{name}");
            let mut sums = start(2.0);
            reduce::add_unit_row(scalar(), &mut sums, row);
            assert_eq!(sums, plain(|sum, x, _| sum + x), "{name}");
            let mut sums = start(2.0);
            reduce::add_row_64(scalar(), &mut sums, &row_64, -1.7);
            assert_eq!(sums, plain(|sum, x, _| sum + -1.7 * x), "{name}");
            let (mut sums, mut squares) = (start(2.0), start(2.0));
            reduce::add_moments(scalar(), &mut sums, &mut squares, &row_64, from);
            assert_eq!(sums, plain(|sum, x, m| sum + (x - m)), "{name}");
            assert_eq!(squares, plain(|sum, x, m| sum + (x - m) * (x - m)), "{name}");
        }
    }
}

#[test]
fn a_block_of_labelled_rows_is_added_row_by_row() {
    let rows = fill("mixed", 3);
    for n_features in [1, 2, 7, 16, 33] {
        for n_rows in [0, 1, 2, 9, 40] {
            let rows = &rows[..n_rows * n_features];
            let labels: Vec<u32> = (0..n_rows as u32).map(|row| row * row % 5).collect();
            let mut sums = vec![0.25; 5 * n_features];
            let mut expected = sums.clone();
            reduce::add_labelled_rows(scalar(), &mut sums, rows, n_features, &labels);
            for (row, label) in rows.chunks(n_features).zip(&labels) {
                let sums = &mut expected[*label as usize * n_features..][..n_features];
                reduce::add_unit_row(scalar(), sums, row);
            }
            assert_eq!(sums, expected, "{n_rows} rows of {n_features}");
        }
    }
}

#[test]
fn the_largest_float32_magnitude_is_found_anywhere_and_nan_counts_as_the_largest() {
    for level in Level::available() {
        for length in 1..=130 {
            for place in 0..length {
                let mut row = vec![0.5; length];
                row[place] = -3.0;
                assert_eq!(reduce::largest_magnitude_32(level, &row).to_bits(), 3.0_f32.to_bits());
                row[place] = f32::NEG_INFINITY;
                assert_eq!(
                    reduce::largest_magnitude_32(level, &row).to_bits(),
                    f32::INFINITY.to_bits()
                );
                row[place] = -f32::NAN;
                assert!(reduce::largest_magnitude_32(level, &row).is_nan());
            }
        }
        assert_eq!(reduce::largest_magnitude_32(level, &[]).to_bits(), 0);
    }
}

/// One value that is not finite is found wherever it stands, on every level.
#[test]
fn a_value_that_is_not_finite_is_found_anywhere() {
    for level in Level::available() {
        for length in 1..=130 {
            let (mut row, mut row_64) = (vec![f32::MAX; length], vec![f64::MAX; length]);
            assert!(reduce::all_finite(level, &row) && reduce::all_finite_64(level, &row_64));
            for place in 0..length {
                for (bad, bad_64) in [
                    (f32::NAN, f64::NAN),
                    (-f32::NAN, -f64::NAN),
                    (f32::INFINITY, f64::INFINITY),
                    (f32::NEG_INFINITY, f64::NEG_INFINITY),
                ] {
                    row[place] = bad;
                    row_64[place] = bad_64;
                    assert!(!reduce::all_finite(level, &row), "{bad} at {place} of {length}");
                    assert!(!reduce::all_finite_64(level, &row_64), "{bad} at {place} of {length}");
                }
                row[place] = -f32::MAX;
                row_64[place] = -f64::MAX;
            }
        }
        assert!(reduce::all_finite(level, &[]) && reduce::all_finite_64(level, &[]));
    }
}

#[test]
fn the_largest_magnitude_is_found_anywhere_and_nan_is_passed_over() {
    for level in Level::available() {
        for length in 1..=130 {
            for place in 0..length {
                let mut row = vec![-0.5; length];
                row[place] = -3.0;
                row[(place + 1) % length] = if length > 1 { f64::NAN } else { -3.0 };
                let largest = reduce::largest_magnitude(level, &row);
                assert_eq!(largest.to_bits(), 3.0_f64.to_bits(), "{place} of {length}");
            }
        }
        assert_eq!(reduce::largest_magnitude(level, &[]).to_bits(), 0);
    }
}
