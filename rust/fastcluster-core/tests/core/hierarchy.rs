//! Hierarchical clustering.

use fastcluster_core::graph::{Edge, lightest_forest};
use fastcluster_core::hierarchy::batch::{self, Problem};
use fastcluster_core::hierarchy::{Merge, Method, condensed, from_edges, pairwise, vectors};
use fastcluster_core::observer::Observer;
use fastcluster_core::points::{Metric, Points, Values};
use fastcluster_core::{Error, naive};
use ndarray::Array2;

use crate::random::Random;
use crate::with_threads;

fn normal_rows(seed: u64, n: usize, d: usize) -> Array2<f64> {
    Array2::from_shape_vec((n, d), Random::new(seed).normals(n * d)).unwrap()
}

fn distances(rows: &Array2<f64>, metric: Metric) -> Vec<f64> {
    with_threads(2, |context| {
        let points = Points::new(Values::F64(rows.view()), metric, context)?;
        pairwise::distances(&points, context)
    })
    .unwrap()
}

fn linkage(distances: &[f64], n: usize, method: Method) -> Result<Vec<Merge>, Error> {
    condensed::linkage(&mut distances.to_vec(), n, method, &Observer::default())
}

fn assert_close(found: &[Merge], expected: &[Merge]) {
    assert_eq!(found.len(), expected.len());
    for (a, b) in found.iter().zip(expected) {
        assert_eq!((a[0], a[1], a[3]), (b[0], b[1], b[3]), "{found:?}\n{expected:?}");
        assert!((a[2] - b[2]).abs() <= 1e-12 * b[2].abs(), "{a:?} for {b:?}");
    }
}

#[test]
fn merges_are_the_textbooks() {
    for seed in 0..40 {
        let n = 2 + Random::new(seed).below(40);
        let given = distances(&normal_rows(seed, n, 3), Metric::Euclidean);
        for method in Method::ALL {
            assert_close(&linkage(&given, n, method).unwrap(), &naive::linkage(&given, n, method));
        }
    }
}

#[test]
fn heights_are_the_textbooks_where_distances_tie() {
    // Which tied pair is joined does not change these heights.
    let mut random = Random::new(3);
    for _ in 0..40 {
        let n = 2 + random.below(20);
        let given: Vec<f64> = (0..n * (n - 1) / 2).map(|_| random.below(4) as f64).collect();
        let heights = |merges: &[Merge]| merges.iter().map(|merge| merge[2]).collect::<Vec<_>>();
        let found = linkage(&given, n, Method::Single).unwrap();
        assert_eq!(heights(&found), heights(&naive::linkage(&given, n, Method::Single)));
    }
}

#[test]
fn vectors_give_what_their_distances_give() {
    let cases = [
        (Method::Single, Metric::Euclidean),
        (Method::Ward, Metric::Euclidean),
        (Method::Centroid, Metric::Euclidean),
        (Method::Median, Metric::Euclidean),
        (Method::Average, Metric::Cosine),
    ];
    for (n, d) in [(1, 3), (2, 1), (60, 4), (300, 40)] {
        let rows = normal_rows(7, n, d);
        for (method, metric) in cases {
            let run = |n_threads, factor: f64| {
                let scaled = &rows * factor;
                with_threads(n_threads, |context| {
                    let points = Points::new(Values::F64(scaled.view()), metric, context)?;
                    vectors::linkage(&points, method, context)
                })
                .unwrap()
            };
            let (found, given) = (run(1, 1.0), distances(&rows, metric));
            assert_close(&found, &linkage(&given, n, method).unwrap());
            assert_eq!(found, run(3, 1.0));
            for factor in [2.0_f64.powi(600), 2.0_f64.powi(-600)] {
                let mut scaled = run(2, factor);
                if metric == Metric::Euclidean {
                    for merge in &mut scaled {
                        merge[2] /= factor;
                    }
                }
                assert_close(&scaled, &found);
            }
        }
    }
}

#[test]
fn edges_in_order_give_single_linkage() {
    let rows = normal_rows(9, 50, 3);
    let given = distances(&rows, Metric::Euclidean);
    let mut values = given.iter();
    let pairs = (0..50_u32).flat_map(|low| (low + 1..50).map(move |high| (low, high)));
    let edges = pairs.map(|(low, high)| Edge::new(*values.next().unwrap(), low, high)).collect();
    let tree = lightest_forest(50, edges);
    assert_close(&from_edges(50, tree), &linkage(&given, 50, Method::Single).unwrap());
}

#[test]
fn a_batch_gives_what_each_problem_gives() {
    let sizes = [1, 2, 30, 7, 55, 3];
    let given: Vec<Vec<f64>> = (0..)
        .zip(sizes)
        .map(|(seed, n)| distances(&normal_rows(seed, n, 2), Metric::Euclidean))
        .collect();
    for method in Method::ALL {
        let mut scratch = given.clone();
        let mut problems: Vec<Problem<'_>> =
            scratch.iter_mut().zip(sizes).map(|(distances, n)| Problem { distances, n }).collect();
        let found = with_threads(3, |context| batch::linkage(&mut problems, method, context));
        for ((merges, given), n) in found.unwrap().iter().zip(&given).zip(sizes) {
            assert_eq!(*merges, linkage(given, n, method).unwrap());
        }
    }
}

#[test]
fn wrong_input_is_refused() {
    let found = linkage(&[1.0, 2.0], 3, Method::Single);
    assert_eq!(found, Err(Error::NotCondensed { found: 2, n: 3 }));
    assert!(found.unwrap_err().to_string().contains("2 distances, but 3 rows have 3 pairs"));
    let found = linkage(&[f64::INFINITY; 3], 3, Method::Ward);
    assert_eq!(found, Err(Error::NotANumber { method: "ward", n_merges: 1 }));
    assert!(linkage(&[f64::INFINITY; 3], 3, Method::Complete).is_ok());
    let rows = normal_rows(1, 5, 2);
    let found = with_threads(1, |context| {
        let points = Points::new(Values::F64(rows.view()), Metric::Euclidean, context)?;
        vectors::linkage(&points, Method::Complete, context)
    });
    assert_eq!(found, Err(Error::NoVectorForm { method: "complete" }));
}

#[test]
fn distances_that_stay_give_the_same() {
    let n = 200;
    let given = distances(&normal_rows(5, n, 2), Metric::Euclidean);
    for method in Method::ALL {
        let mut scratch = vec![f64::NAN; given.len()];
        let found =
            condensed::linkage_of(&given, &mut scratch, n, method, &Observer::default()).unwrap();
        assert_eq!(found, linkage(&given, n, method).unwrap());
    }
    let short = condensed::linkage_of(&given, &mut [0.0], n, Method::Ward, &Observer::default());
    assert_eq!(short, Err(Error::NotCondensed { found: 1, n }));
}

#[test]
fn the_rows_of_a_nan_are_named() {
    for (at, one, other) in [(0, 0, 1), (2, 0, 3), (3, 1, 2), (5, 2, 3)] {
        let mut given = [1.0; 6];
        given[at] = f64::NAN;
        for method in [Method::Complete, Method::Ward, Method::Median] {
            assert_eq!(linkage(&given, 4, method), Err(Error::NanDistance { one, other }));
        }
    }
}

#[test]
fn unions_in_any_order_give_the_textbooks_result() {
    // Enough rows for columns to be prefetched, and a cluster that grows from either end.
    let n = 260;
    for (seed, power) in [(1, 1), (2, 2), (3, 3)] {
        let mut rows = normal_rows(seed, n, 3);
        for (row, mut values) in rows.rows_mut().into_iter().enumerate() {
            let place = if seed % 2 == 0 { n - row } else { row } as f64 / n as f64;
            values *= place.powi(power);
        }
        let given = distances(&rows, Metric::Euclidean);
        for method in Method::ALL {
            assert_close(&linkage(&given, n, method).unwrap(), &naive::linkage(&given, n, method));
        }
    }
}

#[test]
fn a_cancelled_call_stops() {
    let observer = Observer::default();
    observer.cancel();
    for method in Method::ALL {
        let found = condensed::linkage(&mut [1.0, 2.0, 3.0], 3, method, &observer);
        assert_eq!(found, Err(Error::Cancelled));
    }
}
