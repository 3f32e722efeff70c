//! Growing batches against the naive algorithm on the same rows.

use ndarray::Array2;

use super::{Batch, SETTLED};
use crate::Context;
use crate::centers::CenterValues;
use crate::kmeans::minibatch::{Fit, Params, ROWS_PER_CLUSTER, Sampling, fit};
use crate::naive::{self, Table};
use crate::observer::Observer;
use crate::points::{Metric, Points, Values};
use crate::pool::Pool;
use crate::rng::Stream;

const PARAMS: Params = Params {
    batch_size: 50,
    max_iter: 1000,
    tol: 0.0,
    max_no_improvement: None,
    reassignment_ratio: 0.0,
    sampling: Sampling::Rows,
    growth: Some(2.0),
    seed: 3,
    memory_limit: None,
};

fn with_threads<T>(n_threads: usize, work: impl FnOnce(&Context<'_>) -> T) -> T {
    let (pool, observer) = (Pool::new(n_threads), Observer::default());
    work(&Context { pool: &pool, observer: &observer })
}

/// Rows around six centers, near enough to overlap.
fn overlapping(n_rows: usize, n_features: usize) -> Array2<f64> {
    let stream = Stream::new(5, 0);
    Array2::from_shape_fn((n_rows, n_features), |(row, feature)| {
        let at = (row * n_features + feature) as u64;
        let noise: f64 = (0..6).map(|part| stream.uniform(6 * at + part) - 0.5).sum();
        noise + ((row % 6) * (feature + 1) % 5) as f64
    })
}

fn weights(n_rows: usize) -> Vec<f64> {
    (0..n_rows).map(|row| [1.0, 0.0, 2.5, 0.5][row % 4]).collect()
}

fn fitted(rows: &Array2<f64>, weights: Option<&[f64]>, k: usize, params: &Params) -> Fit {
    with_threads(2, |context| {
        let points = Points::new(Values::F64(rows.view()), Metric::Euclidean, context).unwrap();
        let start: Vec<f64> = rows.iter().copied().take(k * rows.ncols()).collect();
        let start = CenterValues::Double(start);
        fit(&points, weights, start, k, params, context).unwrap()
    })
}

/// The rows in the order drawn, those without weight left out.
fn order(rows: &Array2<f64>, weights: Option<&[f64]>, params: &Params) -> Vec<usize> {
    with_threads(1, |context| {
        let points = Points::new(Values::F64(rows.view()), Metric::Euclidean, context).unwrap();
        let mut batch = Batch::new(&points, weights, params);
        let (mut order, mut known) = (Vec::new(), vec![false; rows.nrows()]);
        for size in 1..=batch.n_rows {
            batch.grow(size, &points, weights, context).unwrap();
            let new = batch.rows.iter().find(|row| !known[**row as usize]).unwrap();
            known[*new as usize] = true;
            order.push(*new as usize);
        }
        order
    })
}

/// What the naive algorithm makes of the same rows in the same order.
fn naively(
    rows: &Array2<f64>,
    weights: Option<&[f64]>,
    k: usize,
    params: &Params,
) -> (naive::Nested, usize) {
    let table = Table::new(rows.iter().copied().collect(), rows.ncols());
    let start = table.select(&(0..k).collect::<Vec<_>>());
    let order = order(rows, weights, params);
    let first = params.batch_size.max(ROWS_PER_CLUSTER * k).min(order.len());
    let weights = weights.map_or_else(|| vec![1.0; rows.nrows()], <[f64]>::to_vec);
    let rule = (params.growth.unwrap(), SETTLED);
    (naive::nested(&table, &weights, &start, (&order, first), rule), order.len())
}

#[test]
fn steps_are_those_of_the_naive_algorithm() {
    let rows = overlapping(1500, 5);
    let weights = weights(1500);
    for weights in [None, Some(&weights[..])] {
        for (k, batch_size, growth) in [(6, 50, 2.0), (6, 300, 1.1), (40, 50, 3.0), (9, 5000, 2.0)]
        {
            for sampling in [Sampling::Rows, Sampling::Blocks] {
                let growth = Some(growth);
                let params = Params { batch_size, sampling, growth, ..PARAMS };
                let (right, n_weighty) = naively(&rows, weights, k, &params);
                let found = fitted(&rows, weights, k, &params);
                let what = format!("k={k} {params:?}");
                // The last batch holds rows without weight, too, whose labels may change for longer.
                let sizes = found.batch_sizes.iter().map(|size| (*size as usize).min(n_weighty));
                let sizes: Vec<usize> = sizes.collect();
                assert_eq!(sizes[..right.batch_sizes.len()], right.batch_sizes, "{what}");
                let CenterValues::Double(centers) = &found.centers else { panic!("{what}") };
                for (found, right) in centers.iter().zip(right.centers.values()) {
                    assert!((found - right).abs() <= 1e-9, "{what}: {found}, not {right}");
                }
            }
        }
    }
}

#[test]
fn the_batch_grows_to_all_rows_and_ends_as_lloyd_does() {
    let rows = overlapping(1500, 4);
    let found = fitted(&rows, None, 8, &PARAMS);
    assert!(found.batch_sizes.is_sorted());
    assert_eq!(found.batch_sizes[0], 96, "12 rows a cluster");
    assert_eq!(*found.batch_sizes.last().unwrap(), 1500);
    let mut sizes = found.batch_sizes.clone();
    sizes.dedup();
    assert_eq!(sizes, [96, 192, 384, 768, 1500]);
    assert_eq!(found.counts.iter().sum::<f64>(), 1500.0, "each row counts once");
    let CenterValues::Double(centers) = found.centers else { panic!("float64 rows") };
    let table = Table::new(rows.iter().copied().collect(), 4);
    let centers = Table::new(centers, 4);
    let still = naive::lloyd(&table, None, &centers, 1, &|_| ()).centers;
    for (still, center) in still.values().iter().zip(centers.values()) {
        assert!((still - center).abs() <= 1e-12, "{still}, not {center}: a fixed point of Lloyd");
    }
}

#[test]
fn it_ends_where_it_is_told_to() {
    let rows = overlapping(1500, 4);
    let whole = fitted(&rows, None, 30, &PARAMS);
    let n_whole = |fit: &Fit| fit.batch_sizes.iter().filter(|size| **size == 1500).count();
    let patient = fitted(&rows, None, 30, &Params { max_no_improvement: Some(3), ..PARAMS });
    assert_eq!(patient.batch_sizes, whole.batch_sizes[..patient.n_steps]);
    assert!((3..n_whole(&whole)).contains(&n_whole(&patient)), "{}", n_whole(&patient));
    let loose = fitted(&rows, None, 30, &Params { tol: 0.1, ..PARAMS });
    assert!((1..n_whole(&whole)).contains(&n_whole(&loose)), "{}", n_whole(&loose));
    for max_iter in 1..6 {
        let found = fitted(&rows, None, 30, &Params { max_iter, ..PARAMS });
        let drawn: u64 = found.batch_sizes.iter().sum();
        assert!(drawn <= 1500 * max_iter as u64, "{max_iter} passes");
        assert_eq!(found.batch_sizes, whole.batch_sizes[..found.n_steps]);
    }
}

#[test]
fn odd_growth_ends_too() {
    let rows = overlapping(200, 2);
    for growth in [1.0, 0.0, f64::NAN, f64::INFINITY, 1e300] {
        let found = fitted(&rows, None, 3, &Params { growth: Some(growth), ..PARAMS });
        assert_eq!(*found.batch_sizes.last().unwrap(), 200);
    }
    let same = Array2::from_elem((500, 3), 1.5);
    let found = fitted(&same, None, 4, &PARAMS);
    assert_eq!(*found.batch_sizes.last().unwrap(), 500);
}
