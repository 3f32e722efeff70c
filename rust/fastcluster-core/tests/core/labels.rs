//! Labels of given centers equal the float64 brute force.

use fastcluster_core::kmeans;
use fastcluster_core::naive::Table;
use fastcluster_core::points::Metric;

use crate::data::{Data, LAYOUTS, Layout, TYPES, Type, right_labels, widened};
use crate::random::Random;
use crate::with_threads;

/// Numbers of centers around the widths of vectors, of panels, and of the choice of words.
const N_CENTERS: [usize; 15] = [1, 2, 3, 7, 8, 9, 16, 17, 48, 63, 64, 65, 100, 257, 1000];

/// Numbers of features around the widths of words and chunks, and of the choice of words.
const N_FEATURES: [usize; 12] = [1, 2, 3, 4, 5, 16, 31, 32, 33, 64, 100, 384];

pub(crate) const METRICS: [Metric; 2] = [Metric::Euclidean, Metric::Cosine];

/// Asserts that the labels for these centers are the brute force's, and the inertia too, within rounding.
pub(crate) fn assert_right(
    data: &Data,
    centers: &[f64],
    metric: Metric,
    n_threads: usize,
    what: &str,
) {
    let (d, centers) = (data.n_features(), data.centers(centers));
    let found = with_threads(n_threads, |context| {
        kmeans::assign(&data.points(metric), centers.clone(), d, None, true, context)
    });
    let found = found.unwrap();
    let table = Table::new(widened(&centers), d);
    let right = right_labels(&data.exact, &table, metric);
    let wrong = found.labels.iter().zip(&right).position(|(found, right)| found != right);
    assert_eq!(
        wrong.map(|row| (row, found.labels[row], right[row])),
        None,
        "row, found, right: {what}, {:?}, {metric:?}, n={}, d={d}, k={}",
        data.element,
        data.n_rows(),
        table.n_rows(),
    );
}

/// Normal values, every third one zero where the type is sparse.
fn normals(element: Type, random: &mut Random, n: usize) -> Vec<f64> {
    let mut values = random.normals(n);
    if matches!(element, Type::Csr32 | Type::Csr64) {
        values.iter_mut().step_by(3).for_each(|value| *value = 0.0);
    }
    values
}

/// Half of the centers are rows, the others are new.
fn centers_near(data: &Data, random: &mut Random, k: usize) -> Vec<f64> {
    let (n, d) = (data.n_rows(), data.n_features());
    let mut centers = Vec::with_capacity(k * d);
    for index in 0..k {
        let row = data.exact.row(random.below(n));
        if index % 2 == 0 {
            centers.extend_from_slice(row);
        } else {
            centers.extend(row.iter().map(|value| value + 2.0 * random.normal()));
        }
    }
    centers
}

#[test]
fn equal_the_brute_force_for_every_type_shape_and_metric() {
    let mut random = Random::new(1);
    for element in TYPES {
        for d in N_FEATURES {
            for k in N_CENTERS {
                // Rows in every position of a tile; fewer where the brute force is slow.
                let n = if k * d > 50_000 { 7 } else { 23 + k % 8 };
                let values = normals(element, &mut random, n * d);
                let data = Data::new(element, Layout::C, &values, d);
                let centers = centers_near(&data, &mut random, k);
                for metric in METRICS {
                    assert_right(&data, &centers, metric, 1, "random");
                }
            }
        }
    }
}

#[test]
fn equal_the_brute_force_over_many_blocks_and_threads() {
    let mut random = Random::new(2);
    for element in TYPES {
        for (n, d, k) in [(700, 36, 50), (513, 5, 130)] {
            let values = normals(element, &mut random, n * d);
            let data = Data::new(element, Layout::C, &values, d);
            let centers = centers_near(&data, &mut random, k);
            for metric in METRICS {
                assert_right(&data, &centers, metric, 3, "many blocks");
            }
        }
    }
}

#[test]
fn do_not_depend_on_the_layout() {
    let mut random = Random::new(3);
    for element in TYPES {
        for (n, d, k) in [(50, 33, 9), (260, 40, 70)] {
            let values = normals(element, &mut random, n * d);
            for layout in LAYOUTS {
                let data = Data::new(element, layout, &values, d);
                let centers = centers_near(&data, &mut Random::new(4), k);
                for metric in METRICS {
                    assert_right(&data, &centers, metric, 1, &format!("{layout:?}"));
                }
            }
        }
    }
}

#[test]
fn compare_rows_with_centers_of_the_other_precision() {
    let mut random = Random::new(5);
    for (n, d, k) in [(60, 20, 10), (60, 40, 64)] {
        let values = random.normals(n * d);
        let wide: Vec<f64> = random.normals(k * d);
        let narrow: Vec<f32> = wide.iter().map(|value| *value as f32).collect();
        let single = Data::f32(&values, d);
        let double = Data::f64(&values, d);
        for metric in METRICS {
            let assigned = |data: &Data, centers: kmeans::Centers| {
                with_threads(1, |context| {
                    kmeans::assign(&data.points(metric), centers, d, None, true, context)
                })
                .unwrap()
                .labels
            };
            let right = right_labels(&single.exact, &Table::new(wide.clone(), d), metric);
            assert_eq!(assigned(&single, kmeans::Centers::Double(wide.clone())), right);
            let widened = narrow.iter().map(|value| f64::from(*value)).collect();
            let right = right_labels(&double.exact, &Table::new(widened, d), metric);
            assert_eq!(assigned(&double, kmeans::Centers::Single(narrow.clone())), right);
        }
    }
}

#[test]
fn of_zero_rows_are_zero_under_cosine() {
    let mut values = Random::new(6).normals(20 * 4);
    values[8..16].fill(0.0);
    let data = Data::f32(&values, 4);
    let centers: Vec<f64> = values[16..48].iter().map(|value| -value).collect();
    let found = with_threads(1, |context| {
        kmeans::assign(&data.points(Metric::Cosine), data.centers(&centers), 4, None, true, context)
    });
    assert_eq!(found.unwrap().labels[2..4], [0, 0]);
    assert_right(&data, &centers, Metric::Cosine, 1, "zero rows");
}

#[test]
fn come_with_the_inertia_of_the_definition() {
    let mut random = Random::new(7);
    for element in TYPES {
        let (n, d, k) = (300, 17, 12);
        let values = normals(element, &mut random, n * d);
        let data = Data::new(element, Layout::C, &values, d);
        let centers = data.centers(&centers_near(&data, &mut random, k));
        let weights: Vec<f64> = (0..n).map(|row| (row % 4) as f64 / 2.0).collect();
        let table = Table::new(widened(&centers), d);
        for metric in METRICS {
            let found = with_threads(2, |context| {
                kmeans::assign(
                    &data.points(metric),
                    centers.clone(),
                    d,
                    Some(&weights),
                    true,
                    context,
                )
            })
            .unwrap();
            let labels: Vec<usize> = found.labels.iter().map(|label| *label as usize).collect();
            let (rows, seen) = match metric {
                Metric::Euclidean => (data.exact.clone(), table.clone()),
                Metric::Cosine => crate::data::seen(&data.exact, &table, metric),
            };
            let sum = fastcluster_core::naive::inertia(&rows, Some(&weights), &seen, &labels);
            let right = if metric == Metric::Cosine { sum / 2.0 } else { sum };
            let inertia = found.inertia.expect("asked for");
            let off = (inertia - right).abs();
            assert!(off <= 1e-12 * right, "{element:?} {metric:?}: {inertia} is not {right}");
        }
    }
}
