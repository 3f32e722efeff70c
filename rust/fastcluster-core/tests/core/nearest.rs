//! The nearest centers of each row, and all distances.

use fastcluster_core::naive::{self, Table};
use fastcluster_core::points::Metric;
use fastcluster_core::{Error, neighbors};

use crate::data::{Data, Layout, TYPES, Type, seen, widened};
use crate::labels::METRICS;
use crate::random::Random;
use crate::with_threads;

fn nearest(data: &Data, centers: &[f64], metric: Metric, m: usize) -> (Vec<f64>, Vec<i64>) {
    with_threads(2, |context| {
        neighbors::nearest(
            &data.points(metric),
            data.centers(centers),
            data.n_features(),
            m,
            context,
        )
    })
    .unwrap()
}

/// Asserts that the `m` nearest are the textbook's, ties included, and their distances to rounding.
fn assert_right(data: &Data, centers: &[f64], metric: Metric, m: usize, what: &str) {
    let (distances, indices) = nearest(data, centers, metric, m);
    let table = Table::new(widened(&data.centers(centers)), data.n_features());
    let (rows, seen_centers) = seen(&data.exact, &table, metric);
    let right = naive::nearest(&rows, &seen_centers, m);
    let what = format!(
        "{what}: {:?} {metric:?} d={} k={} m={m}",
        data.element,
        data.n_features(),
        table.n_rows()
    );
    let right_indices: Vec<i64> = right.iter().flatten().map(|(_, index)| *index as i64).collect();
    assert_eq!(indices, right_indices, "{what}");
    for (at, (found, (row, index))) in distances
        .iter()
        .zip(indices.iter().enumerate().map(|(at, index)| (at / m, index)))
        .enumerate()
    {
        let index = *index as usize;
        let right = match metric {
            Metric::Euclidean => {
                naive::squared_distance(data.exact.row(row), table.row(index)).sqrt()
            }
            Metric::Cosine => naive::squared_distance(rows.row(row), seen_centers.row(index)) / 2.0,
        };
        assert!(
            (found - right).abs() <= 1e-14 * right,
            "{what}: entry {at}: {found} is not {right}"
        );
    }
}

#[test]
fn are_the_textbooks_for_every_type_and_number() {
    let mut random = Random::new(100);
    for element in TYPES {
        for (n, d, k) in [(20, 3, 1), (20, 5, 10), (40, 33, 64), (30, 40, 130), (300, 8, 17)] {
            let data = Data::new(element, Layout::C, &random.normals(n * d), d);
            let centers: Vec<f64> =
                (0..k).flat_map(|_| data.exact.row(random.below(n)).to_vec()).collect();
            for m in [1, 2, k / 2, k - 1, k].into_iter().filter(|m| *m > 0 && *m <= k) {
                for metric in METRICS {
                    assert_right(&data, &centers, metric, m, "rows as centers");
                }
            }
        }
    }
}

#[test]
fn ties_go_to_the_lowest_index() {
    let mut random = Random::new(101);
    for (d, k) in [(2, 30), (36, 60)] {
        let mut lattice =
            |n: usize| -> Vec<f64> { (0..n).map(|_| random.below(2) as f64).collect() };
        let (rows, centers) = (lattice(40 * d), lattice(k * d));
        for element in [Type::F32, Type::F64, Type::U8] {
            let data = Data::new(element, Layout::C, &rows, d);
            for m in [1, 5, k] {
                assert_right(&data, &centers, Metric::Euclidean, m, "lattice");
                assert_right(&data, &vec![0.5; k * d], Metric::Euclidean, m, "equal centers");
            }
        }
    }
}

#[test]
fn extreme_magnitudes_lose_nothing() {
    let mut random = Random::new(102);
    for (element, magnitude) in
        [(Type::F32, 1e25), (Type::F32, 1e-25), (Type::F64, 1e150), (Type::F64, 1e-150)]
    {
        let mut scaled = |n: usize| -> Vec<f64> {
            random.normals(n).iter().map(|value| value * magnitude).collect()
        };
        let data = Data::new(element, Layout::C, &scaled(30 * 4), 4);
        assert_right(&data, &scaled(20 * 4), Metric::Euclidean, 3, "extreme");
    }
}

#[test]
fn rows_of_zeros_are_at_distance_one_of_everything_under_cosine() {
    let mut values = Random::new(103).normals(10 * 3);
    values[3..6].fill(0.0);
    let data = Data::f32(&values, 3);
    let centers = Random::new(104).normals(8 * 3);
    let (distances, indices) = nearest(&data, &centers, Metric::Cosine, 4);
    assert_eq!((&distances[4..8], &indices[4..8]), (&[1.0; 4][..], &[0, 1, 2, 3][..]));
    let all = transformed(&data, &centers, Metric::Cosine);
    assert_eq!(all[8..16], [1.0; 8]);
}

#[test]
fn a_center_of_zeros_is_at_distance_one_of_everything_under_cosine() {
    // Beside it: cosines of 0.1, −0.1 and −1.
    let centers = [0.0, 0.0, 0.1, 0.99_f64.sqrt(), -0.1, 0.99_f64.sqrt(), -1.0, 0.0];
    for data in [Data::f64(&[1.0, 0.0], 2), Data::f32(&[1.0, 0.0], 2)] {
        for m in 1..=4 {
            let (distances, indices) = nearest(&data, &centers, Metric::Cosine, m);
            assert_eq!(indices, [1, 0, 2, 3][..m], "m={m}");
            for (found, right) in distances.iter().zip([0.9, 1.0, 1.1, 2.0]) {
                assert!((found - right).abs() < 1e-7, "{found} is not {right}");
            }
        }
    }
}

fn transformed(data: &Data, centers: &[f64], metric: Metric) -> Vec<f64> {
    let found = with_threads(2, |context| {
        neighbors::transform(
            &data.points(metric),
            data.centers(centers),
            data.n_features(),
            context,
        )
    });
    widened(&found.unwrap())
}

#[test]
fn all_distances_are_right_to_the_rounding_of_their_type() {
    let mut random = Random::new(105);
    for element in TYPES {
        for (n, d, k) in [(30, 1, 5), (40, 7, 20), (300, 40, 70)] {
            for offset in [0.0, 4.0] {
                let values: Vec<f64> =
                    random.normals(n * d).iter().map(|value| value / 4.0 + offset / 2.0).collect();
                let data = Data::new(element, Layout::C, &values, d);
                let centers: Vec<f64> = (0..k)
                    .flat_map(|index| {
                        data.exact
                            .row(index % n)
                            .iter()
                            .map(|value| value + 0.1 * (index % 3) as f64)
                            .collect::<Vec<_>>()
                    })
                    .collect();
                let table = Table::new(widened(&data.centers(&centers)), d);
                for metric in METRICS {
                    let (rows, seen_centers) = match metric {
                        Metric::Euclidean => (data.exact.clone(), table.clone()),
                        Metric::Cosine => seen(&data.exact, &table, metric),
                    };
                    let double = matches!(element, Type::F64 | Type::Csr64);
                    let tolerance = if double { 1e-14 } else { 1e-5 };
                    let void = |table: &Table, row: usize| {
                        metric == Metric::Cosine && table.row(row).iter().all(|value| *value == 0.0)
                    };
                    for (at, found) in transformed(&data, &centers, metric).iter().enumerate() {
                        let squared =
                            naive::squared_distance(rows.row(at / k), seen_centers.row(at % k));
                        let right = match metric {
                            _ if void(&rows, at / k) || void(&seen_centers, at % k) => 1.0,
                            Metric::Euclidean => squared.sqrt(),
                            Metric::Cosine => squared / 2.0,
                        };
                        assert!(
                            (found - right).abs() <= tolerance * right + 1e-30,
                            "{element:?} {metric:?} d={d} offset={offset} entry {at}: {found} is not {right}, off {:e}",
                            (found - right) / right
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_row_is_at_distance_zero_of_itself() {
    let values = Random::new(106).normals(40 * 36);
    for data in [Data::f32(&values, 36), Data::f64(&values, 36)] {
        let all = transformed(&data, data.exact.values(), Metric::Euclidean);
        (0..40).for_each(|row| assert_eq!(all[41 * row], 0.0));
        let (distances, indices) = nearest(&data, data.exact.values(), Metric::Euclidean, 1);
        assert_eq!((distances, indices), (vec![0.0; 40], (0..40).collect()));
    }
}

#[test]
fn wrong_numbers_are_refused() {
    let data = Data::f32(&[0.0; 6], 2);
    let refused = |centers: &[f64], d, m| {
        with_threads(1, |context| {
            neighbors::nearest(
                &data.points(Metric::Euclidean),
                data.centers(centers),
                d,
                m,
                context,
            )
        })
        .unwrap_err()
    };
    assert_eq!(refused(&[0.0; 4], 2, 0), Error::Zero { name: "n_neighbors" });
    assert_eq!(refused(&[0.0; 4], 2, 3), Error::TooFewCenters { n_neighbors: 3, n_centers: 2 });
    assert_eq!(refused(&[], 2, 1), Error::Zero { name: "n_centers" });
    assert_eq!(
        refused(&[0.0; 3], 3, 1),
        Error::FeatureMismatch { n_centers_features: 3, n_features: 2 }
    );
}
