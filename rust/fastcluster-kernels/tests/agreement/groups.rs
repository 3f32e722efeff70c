//! Groups of eight: distances have the bits of `squared_64`, boxes bound them without slack, masks say what distances say.

use fastcluster_kernels::groups::{self, Corners, LANES};
use fastcluster_kernels::{Level, distance};

use crate::random::Random;

/// Values of few digits, so that differences are exact and equal, or of any magnitude.
fn value(random: &mut Random, kind: usize) -> f64 {
    match kind {
        0 => random.symmetric(),
        1 => random.below(3) as f64,
        2 => random.magnitude(-160.0, 140.0),
        _ => random.magnitude(-2.0, 2.0),
    }
}

/// `n` points of `d` values.
fn points(random: &mut Random, n: usize, d: usize, kind: usize) -> Vec<Vec<f64>> {
    (0..n).map(|_| (0..d).map(|_| value(random, kind)).collect()).collect()
}

/// The points side by side.
fn grouped(points: &[Vec<f64>], d: usize) -> Vec<f64> {
    let mut groups = vec![f64::INFINITY; points.len().next_multiple_of(LANES) * d];
    for (at, point) in points.iter().enumerate() {
        for (feature, value) in point.iter().enumerate() {
            groups[(at / LANES * d + feature) * LANES + at % LANES] = *value;
        }
    }
    groups
}

#[test]
fn distances_have_the_bits_of_the_definition() {
    let random = &mut Random::new(1);
    for level in Level::available() {
        for d in (1..=40).chain([64, 100]) {
            let (n, kind) = (1 + random.below(64), random.below(4));
            let (rows, point) = (points(random, n, d, kind), points(random, 1, d, kind).remove(0));
            let expected: Vec<f64> =
                rows.iter().map(|row| distance::squared_64(level, &point, row)).collect();
            let limit = expected[random.below(n)];
            let mut squared = vec![[0.0; LANES]; n.div_ceil(LANES)];
            let mask =
                groups::squared_to_groups(level, &point, &grouped(&rows, d), limit, &mut squared);
            for (at, expected) in expected.iter().enumerate() {
                let found = squared[at / LANES][at % LANES];
                assert_eq!(found.to_bits(), expected.to_bits(), "{d} features, {}", level.name());
                assert_eq!(mask >> at & 1 == 1, *expected <= limit);
            }
        }
    }
}

#[test]
fn boxes_bound_what_is_in_them_to_the_bit() {
    let random = &mut Random::new(2);
    for level in Level::available() {
        for d in (1..=24).chain([50]) {
            for kind in 0..4 {
                let rows: Vec<_> = (0..LANES).map(|_| points(random, 5, d, kind)).collect();
                let corner = |rows: &[Vec<f64>], pick: fn(f64, f64) -> f64| -> Vec<f64> {
                    let column = |feature: usize| rows.iter().map(move |row| row[feature]);
                    (0..d).filter_map(|feature| column(feature).reduce(pick)).collect()
                };
                let lows: Vec<_> = rows.iter().map(|rows| corner(rows, f64::min)).collect();
                let highs: Vec<_> = rows.iter().map(|rows| corner(rows, f64::max)).collect();
                let (lows, highs) = (grouped(&lows, d), grouped(&highs, d));
                let eight = Corners { low: &lows, high: &highs };
                let own = points(random, 3, d, kind);
                let (low, high) = (corner(&own, f64::min), corner(&own, f64::max));
                let one = Corners { low: &low, high: &high };
                let near = groups::nearest_to_boxes(level, one, eight);
                let far = groups::farthest_in_boxes(level, one, eight);
                for lane in 0..LANES {
                    for (x, y) in own.iter().flat_map(|x| rows[lane].iter().map(move |y| (x, y))) {
                        let squared = distance::squared_64(level, x, y);
                        assert!(near[lane] <= squared && squared <= far[lane], "{d} features");
                    }
                }
            }
        }
    }
}

#[test]
fn an_empty_box_is_infinitely_far() {
    for level in Level::available() {
        let (low, high) = ([f64::INFINITY; LANES * 3], [f64::NEG_INFINITY; LANES * 3]);
        let point = [1.0, -2.0, 1e300];
        let (one, eight) =
            (Corners { low: &point, high: &point }, Corners { low: &low, high: &high });
        let near = groups::nearest_to_boxes(level, one, eight);
        assert!(near.iter().all(|squared| squared.is_infinite()), "{near:?}");
    }
}
