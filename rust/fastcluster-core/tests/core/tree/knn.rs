//! Nearest rows, and rows within a distance.

use fastcluster_core::Error;
use fastcluster_core::naive::Table;
use fastcluster_core::points::Metric;
use fastcluster_core::tree::{Tree, knn};

use super::{SHAPES, SIZES, rows, squared};
use crate::data::{Data, Layout, TYPES};
use crate::with_threads;

/// The nearest rows of `table` to `query`, without row `own`: squared distances and rows.
fn brute(table: &Table, query: &[f64], own: Option<usize>, k: usize) -> Vec<(f64, u32)> {
    let each = (0_u32..).zip(table.rows()).filter(|(row, _)| Some(*row as usize) != own);
    let mut all: Vec<(f64, u32)> = each.map(|(row, other)| (squared(query, other), row)).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    all.truncate(k);
    all
}

#[test]
fn lists_are_those_of_all_pairs() {
    for (d, n) in SIZES {
        for shape in SHAPES.iter().filter(|shape| **shape != "denormals") {
            let data = Data::f64(rows(shape, n, d, 7).values(), d);
            let k = (n - 1).min(if d == 3 { 70 } else { 6 });
            let found = with_threads(1, |context| {
                let tree = Tree::build(&data.points(Metric::Euclidean), context).unwrap();
                knn::of_rows(&tree, k, context).unwrap()
            });
            for row in 0..n {
                let expected = brute(&data.exact, data.exact.row(row), Some(row), k);
                let (distances, rows): (Vec<f64>, Vec<u32>) = expected.into_iter().unzip();
                assert_eq!(found.rows[row * k..][..k], rows, "{shape}, {n} x {d}, row {row}");
                let distances: Vec<f64> = distances.iter().map(|squared| squared.sqrt()).collect();
                assert_eq!(found.distances[row * k..][..k], distances, "{shape}, {n} x {d}");
            }
        }
    }
}

#[test]
fn queries_find_rows_of_every_type() {
    for element in TYPES {
        let values = rows("clumps", 400, 3, 3).values().to_vec();
        let data = Data::new(element, Layout::C, &values, 3);
        let queries = Data::new(element, Layout::C, &values[..150], 3);
        with_threads(2, |context| {
            let tree = Tree::build(&data.points(Metric::Euclidean), context).unwrap();
            let asked = queries.points(Metric::Euclidean);
            let found = knn::of_queries(&tree, &asked, 4, context).unwrap();
            let eps = super::in_steps(element, 0.4);
            let within = knn::within(&tree, &asked, eps, context).unwrap();
            for (query, within) in within.iter().enumerate() {
                let point = queries.exact.row(query);
                let expected = brute(&data.exact, point, None, 400);
                let nearest: Vec<u32> = expected[..4].iter().map(|(_, row)| *row).collect();
                assert_eq!(found.rows[query * 4..][..4], nearest, "{element:?}");
                let near = expected.iter().filter(|(squared, _)| *squared <= eps * eps);
                let mut near: Vec<u32> = near.map(|(_, row)| *row).collect();
                near.sort_unstable();
                assert_eq!(*within, near, "{element:?}");
            }
        });
    }
}

#[test]
fn queries_are_read_in_the_scale_of_the_tree() {
    let values: Vec<f64> = (0..40).map(|row| f64::from(row) * 1e200).collect();
    let (data, query) = (Data::f64(&values, 1), Data::f64(&[12.2e200], 1));
    with_threads(1, |context| {
        let tree = Tree::build(&data.points(Metric::Euclidean), context).unwrap();
        let asked = query.points(Metric::Euclidean);
        assert_eq!(knn::of_queries(&tree, &asked, 2, context).unwrap().rows, [12, 13]);
        assert_eq!(knn::within(&tree, &asked, 1.3e200, context).unwrap(), [vec![11, 12, 13]]);
        let near_zero = Data::f64(&[1.0], 1);
        let asked = near_zero.points(Metric::Euclidean);
        assert_eq!(knn::of_queries(&tree, &asked, 1, context).unwrap().rows, [0]);
    });
}

#[test]
fn too_many_neighbors_are_refused() {
    let data = Data::f64(&[1.0, 2.0, 3.0], 1);
    with_threads(1, |context| {
        let tree = Tree::build(&data.points(Metric::Euclidean), context).unwrap();
        let refused = knn::of_rows(&tree, 3, context).unwrap_err();
        assert_eq!(refused, Error::TooFewNeighbors { n_neighbors: 3, n_others: 2 });
        let other = Data::f64(&[1.0, 2.0], 2);
        let refused = knn::of_queries(&tree, &other.points(Metric::Euclidean), 1, context);
        let mismatch = Error::FeatureMismatch { n_centers_features: 1, n_features: 2 };
        assert_eq!(refused.unwrap_err(), mismatch);
        assert_eq!(knn::of_rows(&tree, 0, context).unwrap().rows, Vec::<u32>::new());
    });
}
