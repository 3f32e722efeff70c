//! DBSCAN by a tree is DBSCAN by its definition.

use fastcluster_core::dbscan::{Fit, NOISE};
use fastcluster_core::naive::Table;
use fastcluster_core::observer::Observer;
use fastcluster_core::points::Metric;
use fastcluster_core::pool::Pool;
use fastcluster_core::tree::dbscan;
use fastcluster_core::{Context, Error};

use super::{SHAPES, SIZES, rows, squared};
use crate::data::{Data, Layout, TYPES};
use crate::random::Random;
use crate::with_threads;

/// The definition: cores by counting, clusters by searching from each core in the order of rows, so that the first
/// cluster that reaches a border row keeps it.
fn brute(table: &Table, eps: f64, min_samples: usize, weights: Option<&[f64]>) -> Fit {
    let n = table.rows().count();
    let near = |one: usize, other: usize| squared(table.row(one), table.row(other)) <= eps * eps;
    let neighbors: Vec<Vec<usize>> =
        (0..n).map(|one| (0..n).filter(|other| near(one, *other)).collect()).collect();
    let is_core = |row: usize| match weights {
        None => neighbors[row].len() >= min_samples,
        Some(weights) => {
            neighbors[row].iter().map(|other| weights[*other]).sum::<f64>() >= min_samples as f64
        }
    };
    let core: Vec<bool> = (0..n).map(is_core).collect();
    let mut labels = vec![NOISE; n];
    let mut next = 0;
    for first in 0..n {
        if !core[first] || labels[first] != NOISE {
            continue;
        }
        let mut stack = vec![first];
        while let Some(row) = stack.pop() {
            if labels[row] == NOISE {
                labels[row] = next;
                if core[row] {
                    stack.extend(&neighbors[row]);
                }
            }
        }
        next += 1;
    }
    Fit { labels, cores: core }
}

fn fit(
    data: &Data,
    eps: f64,
    min_samples: usize,
    weights: Option<&[f64]>,
    n_threads: usize,
) -> Fit {
    with_threads(n_threads, |context| {
        dbscan::fit(&data.points(Metric::Euclidean), eps, min_samples, weights, context).unwrap()
    })
}

/// Distances between rows at which few, some and most rows are neighbours.
fn distances(table: &Table) -> Vec<f64> {
    let first = table.row(0);
    let mut all: Vec<f64> = table.rows().map(|row| squared(first, row).sqrt()).collect();
    all.sort_by(f64::total_cmp);
    let n = all.len();
    [n / 50, n / 12, n / 3, n - 1].iter().map(|at| all[*at]).collect()
}

#[test]
fn clusters_are_those_of_all_pairs() {
    for (d, n) in SIZES {
        for (seed, shape) in (0..).zip(SHAPES) {
            let data = Data::f64(rows(shape, n, d, seed).values(), d);
            // Denormals are scaled before they are compared, so their squares do not vanish.
            let scale = if shape == "denormals" { 2.0_f64.powi(1000) } else { 1.0 };
            let scaled = Table::new(data.exact.values().iter().map(|v| v * scale).collect(), d);
            for eps in distances(&scaled) {
                for min_samples in [1, 4, 25] {
                    let expected = brute(&scaled, eps, min_samples, None);
                    let found = fit(&data, eps / scale, min_samples, None, 1);
                    assert_eq!(found, expected, "{shape}, {n} x {d}, {eps}, {min_samples}");
                }
            }
        }
    }
}

#[test]
fn squares_decide_on_lattices() {
    for (d, side) in [(1, 60), (2, 18), (3, 8), (4, 5)] {
        let n = 400;
        let random = &mut Random::new(d as u64);
        let values: Vec<f64> = (0..n * d).map(|_| random.below(side) as f64).collect();
        for factor in [1.0, 0.1] {
            let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
            let data = Data::f64(&scaled, d);
            for square in [1.0_f64, 2.0, 3.0, 5.0] {
                let eps = square.sqrt() * factor;
                for min_samples in [1, 3, 6] {
                    let expected = brute(&data.exact, eps, min_samples, None);
                    assert_eq!(fit(&data, eps, min_samples, None, 3), expected, "{d}, {square}");
                }
            }
        }
    }
}

#[test]
fn weights_decide_who_is_core() {
    for (seed, shape) in (0..).zip(["clumps", "lattice", "duplicates", "equal"]) {
        for d in [1, 2, 4] {
            let n = 500;
            let data = Data::f64(rows(shape, n, d, seed).values(), d);
            let random = &mut Random::new(seed);
            // Quarters sum exactly in any order, so the plain sum of the definition is the exact one.
            let weights: Vec<f64> = (0..n).map(|_| random.below(13) as f64 / 4.0 - 0.75).collect();
            for eps in distances(&data.exact) {
                let expected = brute(&data.exact, eps, 5, Some(&weights));
                assert_eq!(fit(&data, eps, 5, Some(&weights), 2), expected, "{shape}, {d}");
            }
            let ones = vec![1.0; n];
            assert_eq!(fit(&data, 1.0, 5, Some(&ones), 1), fit(&data, 1.0, 5, None, 1));
        }
    }
}

#[test]
fn sums_of_weights_are_rounded_once() {
    let data = Data::f64(&[2.5; 10], 1);
    let found = fit(&data, 0.5, 1, Some(&[0.1; 10]), 1);
    assert_eq!(found.labels, [0; 10], "ten tenths are one");
}

#[test]
fn any_type_and_any_number_of_threads_give_the_same_clusters() {
    for element in TYPES {
        let values = rows("clumps", 700, 2, 5).values().to_vec();
        let data = Data::new(element, Layout::C, &values, 2);
        let eps = super::in_steps(element, 0.2);
        let expected = brute(&data.exact, eps, 5, None);
        for n_threads in [1, 2, 3, 7] {
            assert_eq!(fit(&data, eps, 5, None, n_threads), expected, "{element:?}");
        }
    }
}

#[test]
fn many_rows_are_clustered_alike_by_any_number_of_threads() {
    let data = Data::f64(rows("clumps", 30_000, 2, 9).values(), 2);
    let weights = vec![1.0; 30_000];
    let expected = fit(&data, 0.02, 6, None, 1);
    assert!(expected.labels.iter().max() > Some(&100));
    for n_threads in [2, 3, 7] {
        assert_eq!(fit(&data, 0.02, 6, None, n_threads), expected);
    }
    assert_eq!(fit(&data, 0.02, 6, Some(&weights), 2), expected);
}

/// All of these would take minutes if pairs were compared.
#[test]
fn hostile_rows_take_no_longer() {
    let n = 60_000;
    let equal = Data::f64(&vec![1.5; 2 * n], 2);
    assert_eq!(fit(&equal, 1e-9, 10, None, 2).labels, vec![0; n]);
    assert_eq!(fit(&equal, 1e-9, n + 1, None, 2).labels, vec![NOISE; n]);
    assert_eq!(fit(&equal, 1e-9, 10, Some(&vec![0.1; n]), 2).labels, vec![0; n]);

    let mut values = rows("normal", n, 2, 1).values().to_vec();
    let spread = Data::f64(&values, 2);
    assert_eq!(fit(&spread, 1e300, n, None, 2).labels, vec![0; n], "everything is near");
    assert_eq!(fit(&spread, f64::INFINITY, 1, None, 2).labels, vec![0; n]);
    assert_eq!(fit(&spread, 30.0, 10, None, 2).labels, vec![0; n]);
    assert_eq!(fit(&spread, 1e-300, 2, None, 2).labels, vec![NOISE; n], "nothing is near");
    (values[0], values[1]) = (1e9, -1e9);
    let found = fit(&Data::f64(&values, 2), 3.0, 10, None, 2);
    assert_eq!(found.labels[0], NOISE);
    assert_eq!(found.labels[1..], vec![0; n - 1]);
    values[0] = 1e150;
    let found = fit(&Data::f64(&values, 2), 3.0, 10, None, 2);
    assert_eq!(found.labels[0], NOISE);
    assert_eq!(found.labels[1..], vec![0; n - 1]);
}

#[test]
fn wrong_weights_and_cancelled_calls_are_refused() {
    let data = Data::f64(&[1.0, 2.0, 3.0], 1);
    let points = data.points(Metric::Euclidean);
    let refused = with_threads(1, |context| dbscan::fit(&points, 1.0, 1, Some(&[1.0]), context));
    let expected = Error::LengthMismatch { name: "sample_weight", found: 1, expected: 3 };
    assert_eq!(refused.unwrap_err(), expected);
    let (pool, observer) = (Pool::new(2), Observer::default());
    observer.cancel();
    let stopped = dbscan::fit(&points, 1.0, 1, None, &Context { pool: &pool, observer: &observer });
    assert_eq!(stopped.unwrap_err(), Error::Cancelled);
}
