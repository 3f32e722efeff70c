//! Labels on data made to break filters: ties, duplicates, outliers, offsets, extreme magnitudes.

use fastcluster_core::points::Metric;

use crate::data::{Data, Layout, TYPES, Type};
use crate::labels::{METRICS, assert_right};
use crate::random::Random;

/// Features and centers on both sides of the choice of words.
const SHAPES: [(usize, usize); 6] = [(1, 3), (2, 17), (7, 64), (33, 20), (40, 48), (64, 130)];

/// Both float types, and an integer one.
const SOME_TYPES: [Type; 3] = [Type::F32, Type::F64, Type::I8];

/// Checks both metrics for data and centers that `make` gives for (features, centers).
fn check(name: &str, types: &[Type], mut make: impl FnMut(usize, usize) -> (Vec<f64>, Vec<f64>)) {
    for (d, k) in SHAPES {
        let (rows, centers) = make(d, k);
        for element in types {
            let data = Data::new(*element, Layout::C, &rows, d);
            for metric in METRICS {
                assert_right(&data, &centers, metric, 1, name);
            }
        }
    }
}

#[test]
fn duplicate_centers_give_the_lowest_index() {
    let mut random = Random::new(10);
    check("duplicates", &TYPES, |d, k| {
        let distinct = random.normals(k.div_ceil(3) * d);
        let centers = (0..k).flat_map(|index| distinct[index / 3 * d..][..d].to_vec()).collect();
        (random.normals(40 * d), centers)
    });
    check("all equal", &TYPES, |d, k| (random.normals(40 * d), vec![0.5; k * d]));
}

#[test]
fn lattices_full_of_ties_give_the_lowest_index() {
    let mut random = Random::new(11);
    check("lattice", &TYPES, |d, k| {
        // Steps of 1/16 are the integers of integer types.
        let mut lattice =
            |n: usize| (0..n).map(|_| (random.below(3) as f64 - 1.0) / 16.0).collect();
        (lattice(60 * d), lattice(k * d))
    });
    check("coarse lattice", &SOME_TYPES, |d, k| {
        let mut lattice = |n: usize| (0..n).map(|_| random.below(2) as f64).collect();
        (lattice(60 * d), lattice(k * d))
    });
}

#[test]
fn rows_beside_a_bisector_go_to_the_right_side() {
    let mut random = Random::new(12);
    check("bisector", &[Type::F32, Type::F64, Type::Csr32, Type::Csr64], |d, k| {
        let centers: Vec<f64> =
            random.normals(k * d).iter().map(|value| f64::from(*value as f32)).collect();
        let mut rows = Vec::new();
        for _ in 0..60 {
            let (a, b) = (random.below(k) * d, random.below(k) * d);
            let middle =
                (0..d).map(|at| f64::from(f64::midpoint(centers[a + at], centers[b + at]) as f32));
            let mut row: Vec<f64> = middle.collect();
            // Off the bisector by a float32 step in one feature, or by a float64 one.
            let feature = random.below(d);
            let step = [0.0, f64::from(f32::EPSILON), f64::EPSILON][random.below(3)];
            row[feature] *= 1.0 + step * if random.below(2) == 0 { 1.0 } else { -1.0 };
            rows.extend(row);
        }
        (rows, centers)
    });
}

#[test]
fn one_huge_coordinate_hides_no_center() {
    let mut random = Random::new(13);
    for huge in [1e3, 1e6, 1e12] {
        check("outlier", &[Type::F32, Type::F64, Type::Bf16], |d, k| {
            let mut rows = random.normals(40 * d);
            rows[3 * d + d / 2] = huge;
            rows[7 * d] = -huge;
            (rows, random.normals(k * d))
        });
        check("outlying center", &[Type::F32, Type::F64], |d, k| {
            let mut centers = random.normals(k * d);
            centers[k / 2 * d] = huge;
            (random.normals(40 * d), centers)
        });
    }
}

#[test]
fn constant_rows_have_one_label() {
    let mut random = Random::new(14);
    for value in [0.0, 1.0, -3.25] {
        check("constant", &[Type::F32, Type::F64], |d, k| {
            (vec![value; 30 * d], random.normals(k * d))
        });
    }
    check("constant with centers on it", &TYPES, |d, k| (vec![0.75; 30 * d], vec![0.75; k * d]));
}

#[test]
fn extreme_magnitudes_are_scaled_without_a_change() {
    let mut random = Random::new(15);
    for (types, magnitudes) in [
        (&[Type::F32, Type::Csr32, Type::Bf16][..], &[1e30, 1e-30, 1e37, 1e-37][..]),
        (&[Type::F64, Type::Csr64], &[1e30, 1e-30, 1e200, 1e-200, 1e300, 1e-290]),
    ] {
        for magnitude in magnitudes {
            check(&format!("magnitude {magnitude:e}"), types, |d, k| {
                let mut scaled = |n: usize| -> Vec<f64> {
                    random.normals(n).into_iter().map(|value| value * magnitude).collect()
                };
                (scaled(40 * d), scaled(k * d))
            });
        }
    }
}

#[test]
fn mixed_magnitudes_lose_no_small_differences() {
    let mut random = Random::new(16);
    check("mixed", &[Type::F32, Type::F64], |d, k| {
        let mut mixed = |n: usize| -> Vec<f64> {
            (0..n).map(|_| random.normal() * 10.0_f64.powf(12.0 * random.uniform() - 6.0)).collect()
        };
        (mixed(50 * d), mixed(k * d))
    });
}

#[test]
fn centers_far_outside_the_data_are_in_range() {
    let mut random = Random::new(17);
    for (element, magnitude) in
        [(Type::F32, 1e30), (Type::F64, 1e150), (Type::U8, 1e30), (Type::F16, 1e30)]
    {
        check("far centers", &[element], |d, k| {
            let mut centers = random.normals(k * d);
            for value in &mut centers[k / 2 * d..] {
                *value *= magnitude;
            }
            (random.normals(40 * d), centers)
        });
    }
}

#[test]
fn a_common_offset_costs_no_label() {
    let mut random = Random::new(18);
    for offset in [1e3, 1e6] {
        check("offset", &[Type::F32, Type::F64, Type::Csr32], |d, k| {
            let mut moved = |n: usize| -> Vec<f64> {
                random.normals(n).into_iter().map(|value| value + offset).collect()
            };
            (moved(50 * d), moved(k * d))
        });
    }
    check("centers at another offset", &[Type::F32, Type::F64], |d, k| {
        let centers: Vec<f64> =
            random.normals(k * d).into_iter().map(|value| value + 1e5).collect();
        (random.normals(50 * d), centers)
    });
}

#[test]
fn a_crowded_lane_is_searched_whole() {
    let mut random = Random::new(19);
    for lanes in [8, 16] {
        for d in [6, 40] {
            let k = 130;
            // The centers of one lane are near the rows and nearly equal; the others are far away.
            let centers: Vec<f64> = (0..k)
                .flat_map(|index| {
                    let near = index % lanes == 3;
                    random
                        .normals(d)
                        .into_iter()
                        .map(move |value| if near { 1.0 + 1e-4 * value } else { 50.0 + value })
                })
                .collect();
            let rows: Vec<f64> =
                random.normals(80 * d).iter().map(|value| 1.0 + 1e-4 * value).collect();
            for element in [Type::F32, Type::F64] {
                let data = Data::new(element, Layout::C, &rows, d);
                assert_right(&data, &centers, Metric::Euclidean, 1, "crowded lane");
            }
        }
    }
}
