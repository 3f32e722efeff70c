//! What centring and quantising say of a row is true: the band holds what was lost, and not much more.

use fastcluster_kernels::{Level, quantize};

use crate::exact::{self, Double};
use crate::identical::lengths;
use crate::random::Random;

/// Rows of every magnitude whose squares float32 can sum.
fn rows(length: usize, random: &mut Random) -> [Vec<f32>; 7] {
    let mut fill = |low: f64, high: f64| -> Vec<f32> {
        (0..length).map(|_| random.magnitude(low, high) as f32).collect()
    };
    let mut one_huge = fill(-1.0, 0.0);
    if let Some(value) = one_huge.get_mut(length / 2) {
        *value = 1e17;
    }
    [
        vec![0.0; length],
        vec![-0.7; length],
        fill(-1.0, 0.0),
        fill(-45.0, -36.0),
        fill(-31.0, -29.0),
        fill(-20.0, 16.0),
        one_huge,
    ]
}

/// Asserts squares ≤ bound², all of it exact.
fn assert_below(squares: Double, bound: f32, what: &str) {
    let room = (Double::from(bound) * Double::from(bound) - squares).value();
    assert!(room >= 0.0, "{what}: {bound:e} is below the root of {:e}", squares.value());
}

/// What underflow makes a norm of `length` features read too large, with some room.
fn floor(length: usize) -> f64 {
    (length as f64 * f64::from(f32::MIN_POSITIVE)).sqrt() * 1.01
}

#[test]
fn centring_rounds_each_difference_and_bounds_the_norm() {
    let random = &mut Random::new(21);
    for length in lengths() {
        for (row, mean) in rows(length, random).iter().zip(rows(length, random).iter().rev()) {
            for level in Level::available() {
                let mut centered = vec![f32::NAN; length];
                let norm = quantize::center(level, row, mean, &mut centered);
                let expected: Vec<f32> =
                    row.iter().zip(mean).map(|(value, from)| value - from).collect();
                assert_eq!(centered, expected);
                let squares = exact::squared_norm(&exact::doubles(&centered));
                assert_below(squares, norm, "norm");
                let widest = squares.value().sqrt() * (1.0 + 1e-5 * (1.0 + length as f64 / 1e3));
                assert!(f64::from(norm) <= widest + floor(length), "{norm:e} for {widest:e}");
            }
        }
    }
}

/// Both bounds hold, and the room between them is that of roundings.
#[test]
fn squared_norms_lie_between_their_bounds() {
    let random = &mut Random::new(24);
    for length in lengths() {
        for row in rows(length, random) {
            for level in Level::available() {
                let (below, above) = quantize::squared_norm(level, &row);
                let squares = exact::squared_norm(&exact::doubles(&row));
                let room = |bound: f32| (Double::from(bound) - squares).value();
                let what = format!("{length}: {below:e} <= {:e} <= {above:e}", squares.value());
                assert!(room(below) <= 0.0 && room(above) >= 0.0, "{what}");
                let widest = squares.value() * 2e-5 * (1.0 + length as f64 / 256.0);
                assert!(
                    f64::from(above) - f64::from(below) <= widest + 4.0 * floor(length).powi(2),
                    "{what}"
                );
            }
        }
    }
}

/// A block is centred as its rows are, and its norm is the largest of theirs, to the bit.
#[test]
fn a_block_of_rows_is_the_rows_one_by_one() {
    let random = &mut Random::new(23);
    for length in lengths().filter(|length| (1..200).contains(length)) {
        let block = rows(length, random).concat();
        let mean = rows(length, random)[2].clone();
        for level in Level::available() {
            for count in [0, 1, 7] {
                let block = &block[..count * length];
                let (mut centered, mut expected) = (vec![9.0; block.len()], vec![9.0; block.len()]);
                quantize::center_rows(level, block, &mean, &mut centered);
                let norm = quantize::largest_norm(level, &centered, length);
                let mut alone = 0.0_f32;
                let mut uncentered = 0.0_f32;
                for (row, out) in block.chunks(length).zip(expected.chunks_mut(length)) {
                    alone = alone.max(quantize::center(level, row, &mean, out));
                    let zero = vec![0.0; length];
                    uncentered =
                        uncentered.max(quantize::center(level, row, &zero, &mut zero.clone()));
                }
                assert_eq!(
                    (centered, norm.to_bits()),
                    (expected, alone.to_bits()),
                    "{count} of {length}"
                );
                let largest = quantize::largest_norm(level, block, length);
                assert_eq!(largest.to_bits(), uncentered.to_bits(), "{count} of {length}");
            }
        }
    }
}

#[test]
fn the_band_of_a_quantised_row_holds_what_was_lost() {
    let random = &mut Random::new(22);
    for length in lengths() {
        for row in rows(length, random) {
            for (level, residual) in
                Level::available().into_iter().zip([0.0, 1e-6, 3.0, 1e-30].into_iter().cycle())
            {
                check_band(level, &row, residual);
            }
        }
    }
}

fn check_band(level: Level, row: &[f32], residual: f32) {
    let length = row.len();
    let mut words = vec![0; length.div_ceil(4)];
    let band = quantize::quantize(level, row, residual, &mut words);
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let quanta: Vec<i16> = bytes.iter().map(|byte| i16::from(*byte) - 128).collect();
    assert!(quanta.iter().all(|quantum| (-127..=127).contains(quantum)), "{quanta:?}");
    assert!(quanta[length..].iter().all(|quantum| *quantum == 0), "absent features are zero");

    let kept: Vec<f64> =
        quanta.iter().map(|quantum| f64::from(*quantum) * f64::from(band.scale)).collect();
    let row: Vec<f64> = row.iter().map(|value| f64::from(*value)).collect();
    let what = format!("{} {length} features, residual {residual:e}", level.name());
    let lost = exact::squared_norm(&exact::differences(&row, &kept));
    // The bounds hold with the residual on top: √lost + residual ≤ error, so lost ≤ (error − residual)².
    let error = Double::difference(band.error.into(), residual.into());
    assert!((error * error - lost).value() >= 0.0, "{what}: error {:e}", band.error);
    let reach = Double::difference(band.reach.into(), residual.into());
    assert!(
        (reach * reach - exact::squared_norm(&exact::doubles(&row))).value() >= 0.0,
        "{what}: reach"
    );

    // Nothing is lost beyond half a quantum a feature: the band is not loose.
    let half_quantum = 0.501 * f64::from(band.scale) * (length as f64).sqrt();
    let all = if band.scale == 0.0 { lost.value().sqrt() } else { half_quantum };
    let widest = (all + f64::from(residual)) * 1.001 + floor(length);
    assert!(f64::from(band.error) <= widest, "{what}: error {:e} for {widest:e}", band.error);
}

#[test]
fn words_alone_are_those_of_a_row_that_is_centred_first() {
    let random = &mut Random::new(25);
    for length in lengths() {
        for (row, mean) in rows(length, random).iter().zip(rows(length, random).iter().rev()) {
            for level in Level::available() {
                let mut centered = vec![0.0; length];
                quantize::center(level, row, mean, &mut centered);
                let mut right = vec![0; length.div_ceil(4)];
                quantize::quantize(level, &centered, 0.0, &mut right);
                let mut words = vec![u32::MAX; length.div_ceil(4)];
                quantize::words(level, row, mean, &mut words);
                assert_eq!(words, right, "{} {length} features", level.name());
            }
        }
    }
}

/// Half a quantum rounds to the even neighbour, the ends of the range to ±127.
#[test]
fn bytes_are_the_rounded_quotients() {
    let row = [127.0, -127.0, 0.5, 1.5, -0.5, -1.5, 2.4, -2.6, 0.0, -0.0, 63.5];
    for level in Level::available() {
        let mut words = [0; 3];
        let band = quantize::quantize(level, &row, 0.0, &mut words);
        let bytes = words.map(u32::to_le_bytes).concat();
        let quanta: Vec<i16> = bytes.into_iter().map(|byte| i16::from(byte) - 128).collect();
        assert_eq!(quanta, [127, -127, 0, 2, 0, -2, 2, -3, 0, 0, 64, 0]);
        assert_eq!(band.scale.to_bits(), 1.0_f32.to_bits());
    }
}
