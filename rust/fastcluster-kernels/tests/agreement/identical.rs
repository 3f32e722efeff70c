//! Distances, sums, norms, extrema and the quantiser: the same bits on every level, for every length and alignment.

use fastcluster_kernels::{Level, distance, pairwise, quantize, reduce};

use crate::random::Random;

/// Every length up to where all remainders of 16 and 32 have come several times, then some long ones.
pub(crate) fn lengths() -> impl Iterator<Item = usize> {
    (0..=130).chain([255, 256, 1000, 4099])
}

/// The longest slice plus the largest shift.
const LONGEST: usize = 4099 + 3;

/// What a vector is filled with; each gives values that float32 holds.
pub(crate) const FILLS: [&str; 8] =
    ["uniform", "zeros", "negative zeros", "denormals", "1e30", "one huge", "huge", "mixed"];

/// `LONGEST` values.
pub(crate) fn fill(name: &str, seed: u64) -> Vec<f32> {
    let random = &mut Random::new(seed);
    let value = |index: usize, random: &mut Random| match name {
        "zeros" => 0.0,
        "negative zeros" => -0.0,
        "denormals" => random.magnitude(-45.0, -38.0),
        "1e30" => 1e30 * random.symmetric().signum(),
        "one huge" if index == 5 => 3e38,
        "huge" => 3e38 * random.symmetric(),
        "mixed" => random.magnitude(-40.0, 30.0),
        _ => random.symmetric(),
    };
    (0..LONGEST).map(|index| value(index, random) as f32).collect()
}

fn widen(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

/// Everything that a function returns or writes, as bits.
#[derive(Debug, Default, Eq, PartialEq)]
struct Bits(Vec<u64>);

impl Bits {
    fn of(values: &[f64]) -> Self {
        Self(values.iter().map(|value| value.to_bits()).collect())
    }

    fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

/// Two float32 slices and the same in float64.
struct Pair<'a> {
    x: &'a [f32],
    y: &'a [f32],
    x_64: &'a [f64],
    y_64: &'a [f64],
}

/// Features of the kernels that take a block of rows.
const N_FEATURES: usize = 37;

type Kernel = fn(Level, &Pair<'_>) -> Bits;

/// Every public function outside the filter's scan.
const KERNELS: [(&str, Kernel); 23] = [
    ("squared_32", |level, p| Bits::of(&[distance::squared_32(level, p.x, p.y)])),
    ("squared_64", |level, p| Bits::of(&[distance::squared_64(level, p.x_64, p.y_64)])),
    ("squared_f32", |level, p| Bits::of(&[distance::squared_f32(level, p.x, p.y).into()])),
    ("dot_64", |level, p| Bits::of(&[distance::dot_64(level, p.x_64, p.y_64)])),
    ("add_row", |level, p| {
        let mut sums = p.y_64.to_vec();
        reduce::add_row(level, &mut sums, p.x, 0.3);
        Bits::of(&sums)
    }),
    ("add_unit_row", |level, p| {
        let mut sums = p.y_64.to_vec();
        reduce::add_unit_row(level, &mut sums, p.x);
        Bits::of(&sums)
    }),
    ("add_row_64", |level, p| {
        let mut sums = p.y_64.to_vec();
        reduce::add_row_64(level, &mut sums, p.x_64, -1.7);
        Bits::of(&sums)
    }),
    ("add_moments", |level, p| {
        let (mut sums, mut squares) = (p.y_64.to_vec(), p.x_64.to_vec());
        reduce::add_moments(level, &mut sums, &mut squares, p.x_64, p.y_64);
        Bits::of(&sums).and(Bits::of(&squares))
    }),
    ("squared_norm", |level, p| Bits::of(&[reduce::squared_norm(level, p.x_64)])),
    ("squared_norm of float32", |level, p| {
        let (below, above) = quantize::squared_norm(level, p.x);
        Bits::of(&[below.into(), above.into()])
    }),
    ("all_finite", |level, p| Bits(vec![reduce::all_finite(level, p.x).into()])),
    ("all_finite_64", |level, p| Bits(vec![reduce::all_finite_64(level, p.x_64).into()])),
    ("largest_magnitude", |level, p| Bits::of(&[reduce::largest_magnitude(level, p.x_64)])),
    ("center", |level, p| {
        let mut centered = vec![0.0; p.x.len()];
        let norm = quantize::center(level, p.x, p.y, &mut centered);
        Bits::of(&widen(&centered)).and(Bits::of(&[norm.into()]))
    }),
    ("center_rows", |level, p| {
        let mean = &p.y[..p.y.len().min(N_FEATURES)];
        if mean.is_empty() {
            return Bits::default();
        }
        let mut centered = vec![0.0; p.x.len()];
        quantize::center_rows(level, p.x, mean, &mut centered);
        Bits::of(&widen(&centered))
    }),
    ("largest_norm", |level, p| Bits::of(&[quantize::largest_norm(level, p.x, N_FEATURES).into()])),
    ("add_labelled_rows", |level, p| {
        let mut sums = vec![0.5; 3 * N_FEATURES];
        let labels: Vec<u32> = (0..p.x.len() / N_FEATURES).map(|row| row as u32 * 5 % 3).collect();
        reduce::add_labelled_rows(level, &mut sums, p.x, N_FEATURES, &labels);
        Bits::of(&sums)
    }),
    ("sum_32", |level, p| Bits::of(&[reduce::sum_32(level, p.x)])),
    ("shift", |level, p| {
        let mut shifted = vec![0.0; p.x.len()];
        let norm = pairwise::shift(level, p.x, p.y, &mut shifted);
        Bits::of(&widen(&shifted)).and(Bits::of(&[norm]))
    }),
    ("shift_64", |level, p| {
        let mut shifted = vec![0.0; p.x.len()];
        let (norm, same) = pairwise::shift_64(level, p.x_64, p.y, &mut shifted);
        Bits::of(&widen(&shifted)).and(Bits::of(&[norm])).and(Bits(vec![same.into()]))
    }),
    ("largest_magnitude_32", |level, p| {
        Bits::of(&[reduce::largest_magnitude_32(level, p.x).into()])
    }),
    ("quantize", |level, p| {
        let mut words = vec![0; p.x.len().div_ceil(4)];
        let band = quantize::quantize(level, p.x, 1e-3, &mut words);
        let words = Bits(words.into_iter().map(u64::from).collect());
        words.and(Bits::of(&[band.scale.into(), band.error.into(), band.reach.into()]))
    }),
    ("words", |level, p| {
        let mut words = vec![0; p.x.len().div_ceil(4)];
        quantize::words(level, p.x, p.y, &mut words);
        Bits(words.into_iter().map(u64::from).collect())
    }),
];

#[test]
fn bits_on_every_level() {
    let levels = Level::available();
    for (seed, name) in FILLS.into_iter().enumerate() {
        let (x, y) = (fill(name, seed as u64), fill(name, 50 + seed as u64));
        let (x_64, y_64) = (widen(&x), widen(&y));
        for length in lengths() {
            // Odd starts, different for the two sides: nothing may depend on alignment.
            for (from_x, from_y) in [(0, 0), (1, 2), (3, 1)] {
                let pair = Pair {
                    x: &x[from_x..][..length],
                    y: &y[from_y..][..length],
                    x_64: &x_64[from_x..][..length],
                    y_64: &y_64[from_y..][..length],
                };
                for (kernel, run) in KERNELS {
                    let expected = run(levels[0], &pair);
                    for level in &levels[1..] {
                        let what = level.name();
                        assert!(
                            run(*level, &pair) == expected,
                            "{what}: {kernel} of {length} {name}"
                        );
                    }
                }
            }
        }
    }
}

/// The float32 rule and the float64 rule are one rule: a float32 row widened to float64 has the same distances.
#[test]
fn distances_of_a_row_and_of_its_widened_copy() {
    for (seed, name) in FILLS.into_iter().enumerate() {
        let (x, y) = (fill(name, seed as u64), fill(name, 50 + seed as u64));
        let (x_64, y_64) = (widen(&x), widen(&y));
        for level in Level::available() {
            for length in lengths() {
                let single = distance::squared_32(level, &x[..length], &y[..length]);
                let double = distance::squared_64(level, &x_64[..length], &y_64[..length]);
                assert_eq!(single.to_bits(), double.to_bits(), "{}: {length} {name}", level.name());
            }
        }
    }
}
