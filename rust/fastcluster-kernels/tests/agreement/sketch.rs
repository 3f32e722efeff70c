//! Lower bounds of projected rows and centroids never exceed the true score, whatever the directions are.

use fastcluster_kernels::assign::Rows;
use fastcluster_kernels::panels::{Kind, Panels};
use fastcluster_kernels::sketch::{Directions, Whole};
use fastcluster_kernels::{Level, product, quantize};

use crate::exact::Double;
use crate::filter::{centered, lost, true_scores};
use crate::hostile::{self, Case, Size};
use crate::random::Random;

/// The lower bounds of all rows and centroids, row after row, `n_centers` wide.
fn bounds(level: Level, case: &Case, basis: &[f32]) -> Vec<f32> {
    let d = case.n_features;
    let directions = Directions::new(level, basis, d);
    let (n_dims, width) = (directions.n_dims(), directions.width());
    let mut panels = Panels::in_groups(level, Kind::Bytes, case.n_centers(), n_dims, 32);
    let mut projected = vec![f32::NAN; width];
    for index in 0..case.n_centers() {
        let center = centered(case, index);
        let single: Vec<f32> = center.iter().map(|value| *value as f32).collect();
        directions.project(&single, &mut projected);
        let norm = quantize::largest_norm(level, &single, d);
        let whole = Whole { norm, residual: lost(&center, &single) };
        directions.set_center(&mut panels, index, &center, &projected, whole);
    }
    let steps = panels.steps();
    let mut words = vec![0; case.n_rows() * steps];
    let mut bands = Vec::new();
    for (row, words) in case.rows.chunks(d).zip(words.chunks_mut(steps)) {
        let single: Vec<f32> = row.iter().map(|value| *value as f32).collect();
        let mut centered = vec![0.0; d];
        let norm = quantize::center(level, &single, &case.mean, &mut centered);
        let residual = (norm * (f32::EPSILON / 2.0) + lost(row, &single)) * (1.0 + f32::EPSILON);
        directions.project(&centered, &mut projected);
        bands.push(directions.quantize_row(&projected, Whole { norm, residual }, words));
    }
    let list: Vec<u32> = (0..case.n_rows() as u32).collect();
    let mut scores = vec![f32::NAN; list.len() * panels.n_padded()];
    product::scores(&panels, Rows::Bytes(&words), &bands, &list, &mut scores);
    scores.chunks(panels.n_padded()).flat_map(|row| row[..case.n_centers()].to_vec()).collect()
}

fn assert_below(case: &Case, truth: &[Double], basis: &[f32], what: &str) {
    for level in Level::available() {
        for (at, (lower, truth)) in bounds(level, case, basis).iter().zip(truth).enumerate() {
            assert!(
                (*truth - Double::from(*lower)).value() >= 0.0,
                "{} {}, {what}: row {}, centroid {}: {lower:e} <= {:e}",
                level.name(),
                case.label(),
                at / case.n_centers(),
                at % case.n_centers(),
                truth.value(),
            );
        }
    }
}

/// Vectors made orthonormal in float64, one after the other; what has no part of its own is replaced by an axis.
fn orthonormal(vectors: &[f64], d: usize) -> Vec<f32> {
    let mut done: Vec<Vec<f64>> = Vec::new();
    let axes = (0..d).map(|axis| (0..d).map(|at| f64::from(u8::from(at == axis))).collect());
    let wanted = vectors.len() / d;
    for mut vector in vectors.chunks(d).map(<[f64]>::to_vec).chain(axes) {
        let norm = |vector: &[f64]| vector.iter().map(|value| value * value).sum::<f64>().sqrt();
        let before = norm(&vector);
        for _ in 0..2 {
            for other in &done {
                let product: f64 = vector.iter().zip(other).map(|(a, b)| a * b).sum();
                vector.iter_mut().zip(other).for_each(|(value, other)| *value -= product * other);
            }
        }
        let after = norm(&vector);
        if done.len() < wanted && after > 1e-6 * before {
            done.push(vector.iter().map(|value| value / after).collect());
        }
    }
    done.into_iter().flatten().map(|value| value as f32).collect()
}

fn normals(n: usize, random: &mut Random) -> Vec<f64> {
    (0..n).map(|_| random.normal()).collect()
}

/// Directions of every kind: orthonormal ones at random, along the rows and along the axes, and such as nobody should
/// choose.
fn bases(case: &Case, n_dims: usize, random: &mut Random) -> Vec<(&'static str, Vec<f32>)> {
    let d = case.n_features;
    let values = n_dims * d;
    let single = |values: Vec<f64>| -> Vec<f32> { values.iter().map(|v| *v as f32).collect() };
    let largest = case.rows.iter().fold(f64::MIN_POSITIVE, |most, value| most.max(value.abs()));
    let mut along: Vec<f64> =
        case.rows.iter().zip(case.mean.iter().cycle()).map(|(x, m)| x - f64::from(*m)).collect();
    for value in &mut along {
        *value /= largest;
    }
    along.resize(values, 0.0);
    let axes: Vec<f32> =
        (0..values).map(|at| f32::from(u8::from(at % d == (at / d * 7 + 3) % d))).collect();
    let random_basis = orthonormal(&normals(values, random), d);
    let mut repeated = random_basis.clone();
    for direction in repeated.chunks_mut(d).skip(1).step_by(2) {
        direction.copy_from_slice(&random_basis[..d]);
    }
    let mut with_zeros = random_basis.clone();
    with_zeros.chunks_mut(d).step_by(3).for_each(|direction| direction.fill(0.0));
    let factor = |factor: f32| random_basis.iter().map(|value| value * factor).collect();
    vec![
        ("orthonormal", random_basis.clone()),
        ("along the rows", orthonormal(&along, d)),
        ("axes", axes),
        ("zeros", vec![0.0; values]),
        ("some zeros", with_zeros),
        ("repeated", repeated),
        ("half as long", factor(0.5)),
        ("a millionth too long", factor(1.000_001)),
        ("hardly there", factor(1e-9)),
        ("three times as long", factor(3.0)),
        ("any", single(normals(values, random).iter().map(|v| v / (d as f64).sqrt()).collect())),
    ]
}

#[test]
fn bounds_lie_below_the_true_score_on_hostile_data() {
    let random = &mut Random::new(400);
    for (seed, (centers, features, n_dims)) in
        [(1, 1, 1), (5, 3, 2), (9, 7, 7), (20, 16, 5), (33, 40, 32), (20, 130, 64)]
            .into_iter()
            .enumerate()
    {
        for mut case in hostile::all(Size { rows: 7, centers, features }, 400 + seed as u64) {
            // Directions that are too long must not take squares out of float32.
            if case.rows.iter().chain(&case.centers).any(|value| value.abs() > 1e15) {
                let shrunk = |value: &mut f64| *value *= 2.0_f64.powi(-13);
                case.rows.iter_mut().chain(&mut case.centers).for_each(shrunk);
                case.mean.iter_mut().for_each(|value| *value *= 2.0_f32.powi(-13));
            }
            let truth = true_scores(&case);
            for (what, basis) in bases(&case, n_dims, random) {
                assert_below(&case, &truth, &basis, what);
            }
        }
    }
}

/// Rows and centroids on few axes, directions on the same axes or on others: all of a row, or nothing, is in the span.
#[test]
fn bounds_lie_below_the_true_score_inside_and_outside_the_span() {
    let random = &mut Random::new(401);
    for (d, n_dims) in [(40, 8), (64, 32), (130, 33)] {
        let on = |axes: std::ops::Range<usize>, n: usize, random: &mut Random| -> Vec<f64> {
            (0..n * d)
                .map(|at| if axes.contains(&(at % d)) { 10.0 * random.normal() } else { 0.0 })
                .collect()
        };
        for rows in [0..n_dims, n_dims..d, 0..1, 0..d] {
            for centers in [0..n_dims, n_dims..d, 0..d] {
                let (rows, centers) =
                    (on(rows.clone(), 9, random), on(centers.clone(), 20, random));
                let case = Case { mean: vec![0.0; d], ..Case::new("axes", d, rows, centers) };
                let truth = true_scores(&case);
                let axes: Vec<f32> =
                    (0..n_dims * d).map(|at| f32::from(u8::from(at % d == at / d))).collect();
                assert_below(&case, &truth, &axes, "axes");
            }
        }
    }
}

/// A bound of minus infinity would hold as well: inside the span, what is lost is what bytes lose.
#[test]
fn bounds_are_close_where_the_directions_hold_the_rows() {
    let random = &mut Random::new(402);
    let (d, n_dims) = (160, 32);
    let basis = orthonormal(&normals(n_dims * d, random), d);
    let inside = |n: usize, random: &mut Random| -> Vec<f64> {
        let mut all = Vec::new();
        for _ in 0..n {
            let weights = normals(n_dims, random);
            let sum = |feature: usize| -> f64 {
                let terms = weights.iter().zip(basis.chunks(d));
                terms.map(|(weight, direction)| weight * f64::from(direction[feature])).sum()
            };
            all.extend((0..d).map(sum));
        }
        all
    };
    let (rows, centers) = (inside(10, random), inside(30, random));
    let case = Case { mean: vec![0.0; d], ..Case::new("inside", d, rows, centers) };
    let truth = true_scores(&case);
    for level in Level::available() {
        for (lower, truth) in bounds(level, &case, &basis).iter().zip(&truth) {
            // Norms are about √32; bytes of rows and of centroids each take a hundredth of their product, twice.
            let width = (*truth - Double::from(*lower)).value();
            assert!(width < 1.5, "{}: {width}", level.name());
        }
    }
}

/// Projections are the products with the directions, to the roundings of float32.
#[test]
fn projections_are_products() {
    let random = &mut Random::new(403);
    for (d, n_dims, n_rows) in [(1, 1, 1), (5, 3, 4), (33, 17, 9), (70, 40, 30)] {
        let single = |values: Vec<f64>| -> Vec<f32> { values.iter().map(|v| *v as f32).collect() };
        let basis = single(normals(n_dims * d, random));
        let rows = single(normals(n_rows * d, random));
        for level in Level::available() {
            let directions = Directions::packed(level, &basis, d);
            assert_eq!(directions.n_dims(), n_dims);
            let width = directions.width();
            let mut out = vec![f32::NAN; n_rows * width];
            directions.project(&rows, &mut out);
            for (row, out) in rows.chunks(d).zip(out.chunks(width)) {
                for (direction, found) in basis.chunks(d).zip(out) {
                    let terms =
                        || direction.iter().zip(row).map(|(a, b)| f64::from(*a) * f64::from(*b));
                    let room = terms().map(f64::abs).sum::<f64>() * d as f64 * 6e-8;
                    let off = (f64::from(*found) - terms().sum::<f64>()).abs();
                    assert!(off <= room, "{}: {off:e} of {room:e}", level.name());
                }
            }
        }
    }
}
