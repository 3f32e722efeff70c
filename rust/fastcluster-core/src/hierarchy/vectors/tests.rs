//! Rounds without the finish by distances: each merge is the least of all.

use ndarray::Array2;

use super::Measure;
use super::dendrogram::ascending;
use super::rounds;
use crate::graph::Sets;
use crate::hierarchy::Join;
use crate::observer::Observer;
use crate::points::{Metric, Points, Values};
use crate::pool::Pool;
use crate::rng::Stream;
use crate::{Context, Error};

const MEASURES: [(Measure, Metric); 2] =
    [(Measure::Ward, Metric::Euclidean), (Measure::Cosine, Metric::Cosine)];

fn joins(
    rows: &Array2<f32>,
    (measure, metric): (Measure, Metric),
    n_finish: usize,
    n_threads: usize,
) -> Result<Vec<Join>, Error> {
    let (pool, observer) = (Pool::new(n_threads), Observer::default());
    let context = Context { pool: &pool, observer: &observer };
    let points = Points::new(Values::F32(rows.view()), metric, &context)?;
    rounds::joins(&points, measure, n_finish, &context)
}

/// Rows of several kinds, from few and many features, with and without ties.
fn kinds() -> Vec<(&'static str, Array2<f32>)> {
    let drawn = |seed: u64, n: usize, d: usize, value: fn(f64) -> f64| {
        let stream = Stream::new(seed, 11);
        Array2::from_shape_fn((n, d), |(i, j)| value(stream.uniform((i * d + j) as u64)) as f32)
    };
    let mut outlier = drawn(4, 90, 40, |u| u - 0.5);
    outlier.column_mut(3).mapv_inplace(|value| value * 1e6);
    let mut shifted = drawn(5, 90, 30, |u| u);
    shifted.mapv_inplace(|value| value + 100.0);
    let mut doubled = drawn(6, 60, 26, |u| u - 0.5);
    doubled.append(ndarray::Axis(0), drawn(6, 60, 26, |u| u - 0.5).view()).unwrap();
    vec![
        ("few features", drawn(1, 150, 3, |u| u - 0.5)),
        ("many features", drawn(2, 150, 70, |u| u - 0.5)),
        ("grid", drawn(3, 120, 2, |u| (u * 5.0).floor() + 1.0)),
        ("grid of many features", drawn(3, 120, 30, |u| (u * 2.0).floor() + 1.0)),
        ("an outlying feature", outlier),
        ("far from the origin", shifted),
        ("every row twice", doubled),
        ("all equal", Array2::ones((40, 5))),
        ("two rows", drawn(8, 2, 4, |u| u + 0.1)),
    ]
}

/// The distance of two clusters of rows, from their sums.
fn between(measure: Measure, a: &(Vec<f64>, f64), b: &(Vec<f64>, f64)) -> f64 {
    let pairs = || a.0.iter().zip(&b.0).map(|(x, y)| (x / a.1, y / b.1));
    match measure {
        Measure::Ward => {
            2.0 * a.1 * b.1 / (a.1 + b.1) * pairs().map(|(x, y)| (x - y).powi(2)).sum::<f64>()
        }
        Measure::Cosine => 1.0 - pairs().map(|(x, y)| x * y).sum::<f64>(),
    }
}

#[test]
fn every_merge_is_the_least_of_all() {
    for kind in MEASURES {
        for (name, rows) in kinds() {
            let (n, measure) = (rows.nrows(), kind.0);
            let mut clusters: Vec<Option<(Vec<f64>, f64)>> = rows
                .rows()
                .into_iter()
                .map(|row| {
                    let row: Vec<f64> = row.iter().map(|value| f64::from(*value)).collect();
                    let norm = row.iter().map(|value| value * value).sum::<f64>().sqrt();
                    let share = if measure == Measure::Cosine { 1.0 / norm } else { 1.0 };
                    Some((row.into_iter().map(|value| value * share).collect(), 1.0))
                })
                .collect();
            let largest = joins(&rows, kind, 1, 1).unwrap();
            for merge in ascending(n, largest) {
                let standing: Vec<_> = clusters.iter().flatten().collect();
                let mut least = f64::INFINITY;
                for (at, a) in standing.iter().enumerate() {
                    for b in &standing[at + 1..] {
                        least = least.min(between(measure, a, b));
                    }
                }
                let [a, b] =
                    [merge[0], merge[1]].map(|node| clusters[node as usize].take().unwrap());
                let right = between(measure, &a, &b);
                let slack = 1e-12 * right.abs() + 1e-14;
                assert!((merge[2] - right).abs() <= slack, "{name}: {} for {right}", merge[2]);
                assert!(right <= least + slack, "{name}: {right} above {least}");
                let sum = a.0.iter().zip(&b.0).map(|(x, y)| x + y).collect();
                clusters.push(Some((sum, a.1 + b.1)));
            }
        }
    }
}

#[test]
fn joins_are_the_same_for_any_threads_and_wherever_distances_take_over() {
    let stream = Stream::new(9, 11);
    let rows =
        Array2::from_shape_fn((1500, 32), |(i, j)| stream.uniform((i * 32 + j) as u64) as f32);
    for kind in MEASURES {
        let one = joins(&rows, kind, 1, 1).unwrap();
        assert_eq!(one, joins(&rows, kind, 1, 3).unwrap());
        let expected = ascending(1500, one);
        for n_finish in [700, 2000] {
            let found = ascending(1500, joins(&rows, kind, n_finish, 2).unwrap());
            for (a, b) in found.iter().zip(&expected) {
                assert_eq!((a[0], a[1], a[3]), (b[0], b[1], b[3]));
                assert!((a[2] - b[2]).abs() <= 1e-12 * b[2]);
            }
        }
    }
}

#[test]
fn joins_span_the_rows() {
    for kind in MEASURES {
        for (name, rows) in kinds() {
            let mut sets = Sets::new(rows.nrows());
            let joins = joins(&rows, kind, 1, 2).unwrap();
            assert_eq!(joins.len() + 1, rows.nrows(), "{name}");
            assert!(joins.iter().all(|join| sets.unite(join.one, join.other)), "{name}");
        }
    }
}

#[test]
fn a_cancelled_call_stops() {
    let rows = Array2::from_shape_fn((500, 4), |(i, j)| (i * j) as f32);
    let (pool, observer) = (Pool::new(2), Observer::default());
    observer.cancel();
    let context = Context { pool: &pool, observer: &observer };
    let found = Points::new(Values::F32(rows.view()), Metric::Euclidean, &context)
        .and_then(|points| rounds::joins(&points, Measure::Ward, 1, &context));
    assert_eq!(found, Err(Error::Cancelled));
}
