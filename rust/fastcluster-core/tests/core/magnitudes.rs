//! One huge value beside ordinary rows: as if it were not there, or refused, but never wrong.

use fastcluster_core::dbscan::{self, NOISE};
use fastcluster_core::kmeans::{self, Centers, Init, Params};
use fastcluster_core::points::{Metric, Points, Values};
use fastcluster_core::{Error, hdbscan};
use ndarray::ArrayView2;

use crate::random::Random;
use crate::with_threads;

/// Of few features and of many: trees, and tiles.
const FEATURES: [usize; 3] = [2, 20, 90];

/// Rows.
const N: usize = 400;

/// Two heaps, and in the first row one value that does not belong there.
fn rows(d: usize, huge: f64) -> Vec<f64> {
    let mut random = Random::new(70);
    let mut values: Vec<f64> =
        (0..N * d).map(|at| random.normal() + 30.0 * (at / d % 2) as f64).collect();
    values[1] = huge;
    values
}

fn with_rows<T>(
    values: &[f64],
    d: usize,
    work: impl FnOnce(&Points<'_>, &fastcluster_core::Context<'_>) -> T,
) -> T {
    let view = ArrayView2::from_shape((values.len() / d, d), values).unwrap();
    with_threads(2, |context| {
        work(&Points::new(Values::F64(view), Metric::Euclidean, context).unwrap(), context)
    })
}

#[test]
fn density_is_that_of_the_other_rows() {
    for d in FEATURES {
        let eps = 1.5 * (d as f64).sqrt();
        let params = dbscan::Params { eps, min_samples: 5, memory_limit: None };
        let fitted = |values: &[f64]| {
            with_rows(values, d, |points, context| {
                let labels = dbscan::fit(points, &params, None, context).unwrap().labels;
                (labels, hdbscan::reachability(points, 5, 1.0, context).unwrap())
            })
        };
        let (labels, tree) = fitted(&rows(d, 0.0)[d..]);
        assert!(labels.contains(&0) && labels.contains(&1), "d={d}");
        for huge in [1e20, 1e100, -1e150, 1e153] {
            let (found, of_all) = fitted(&rows(d, huge));
            assert_eq!(found[0], NOISE, "d={d}, {huge:e}");
            assert_eq!(found[1..], labels, "d={d}, {huge:e}");
            assert_eq!(of_all.cores[1..], tree.cores, "d={d}, {huge:e}");
            let weights = |edges: &[fastcluster_core::graph::Edge]| -> Vec<f64> {
                edges.iter().map(|edge| edge.weight).collect()
            };
            assert_eq!(weights(&of_all.edges[..N - 2]), weights(&tree.edges), "d={d}, {huge:e}");
        }
    }
}

#[test]
fn centers_of_the_other_rows_are_told_apart() {
    for d in FEATURES {
        for huge in [1e20, 1e150, 1e153] {
            let values = rows(d, huge);
            let start = Init::Given(vec![Centers::Double(values[..3 * d].to_vec())]);
            let params = Params { n_clusters: 3, ..Params::default() };
            let fit = with_rows(&values, d, |points, context| {
                kmeans::fit(points, None, &start, &params, context).unwrap()
            });
            let expected: Vec<i32> =
                (0..N).map(|row| if row == 0 { 0 } else { 1 + (row as i32 + 1) % 2 }).collect();
            assert_eq!(fit.labels, expected, "d={d}, {huge:e}");
        }
    }
}

#[test]
fn what_float64_cannot_hold_side_by_side_is_refused() {
    for huge in [1e165, -1e180, 1e300] {
        let values = rows(2, huge);
        let view = ArrayView2::from_shape((N, 2), &values).unwrap();
        with_threads(2, |context| {
            let refused = Points::new(Values::F64(view), Metric::Euclidean, context).unwrap_err();
            assert!(
                matches!(refused, Error::TooWide { smallest, largest }
                    if smallest > 0.0 && smallest < 0.1 && largest == huge.abs()),
                "{refused}"
            );
            // Directions do not mind.
            Points::new(Values::F64(view), Metric::Cosine, context).unwrap();
        });
    }
    // Beside zeros, and beside values of its kind.
    for values in [vec![0.0, 1e300, 0.0, -1e300], vec![1e180, 3e180, 1e100, 2e180]] {
        with_rows(&values, 2, |_, _| ());
    }
}

#[test]
fn rows_and_centers_too_far_apart_are_refused() {
    let (far, near) = (vec![1e200; 4], vec![1.0, 2.0, 3.0, 4.0]);
    with_rows(&near, 2, |points, context| {
        let centers = Centers::Double(far.clone());
        let refused = kmeans::assign(points, centers, 2, None, false, context);
        let expected = Error::TooWide { smallest: 1.0, largest: 1e200 };
        assert_eq!(refused.unwrap_err(), expected);
        with_rows(&far, 2, |others, context| {
            let attached = hdbscan::attach(others, points, &[1.0, 1.0], (2, 1.0), context);
            assert_eq!(attached.unwrap_err(), expected);
            let labels = dbscan::predict(others, points, &[0, 1], 1.0, context);
            assert_eq!(labels.unwrap_err(), expected);
        });
    });
}
