//! The lightest tree under mutual reachability, its core distances and its lists, edge by edge.

use fastcluster_core::Error;
use fastcluster_core::graph::{Edge, Reachability, lightest_forest};
use fastcluster_core::naive::Table;
use fastcluster_core::points::Metric;
use fastcluster_core::tree;

use super::{SHAPES, SIZES, rows, squared};
use crate::data::{Data, Layout, TYPES};
use crate::with_threads;

/// Kruskal's algorithm on all pairs.
fn brute(table: &Table, min_samples: usize, alpha: f64) -> Reachability {
    let n = table.rows().count();
    let n_listed = (min_samples - 1).min(n - 1);
    let mut found = Reachability { n_listed, ..Reachability::default() };
    for row in 0..n {
        let others = (0..n as u32).filter(|other| *other as usize != row);
        let square = |other: u32| squared(table.row(row), table.row(other as usize));
        let mut all: Vec<(f64, u32)> = others.map(|other| (square(other), other)).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        all.truncate(n_listed);
        found.cores.push(all.last().map_or(0.0, |(square, _)| square.sqrt()));
        found.distances.extend(all.iter().map(|(square, _)| square.sqrt()));
        found.neighbors.extend(all.iter().map(|(_, other)| other));
    }
    let mut edges = Vec::new();
    for one in 0..n {
        for other in one + 1..n {
            let distance = squared(table.row(one), table.row(other)).sqrt() / alpha;
            let weight = distance.max(found.cores[one]).max(found.cores[other]);
            edges.push(Edge::new(weight, one as u32, other as u32));
        }
    }
    found.edges = lightest_forest(n, edges);
    found
}

fn find(data: &Data, min_samples: usize, alpha: f64, n_threads: usize) -> Reachability {
    with_threads(n_threads, |context| {
        tree::reachability(&data.points(Metric::Euclidean), min_samples, alpha, context).unwrap()
    })
}

#[test]
fn trees_are_those_of_all_pairs() {
    for (d, n) in SIZES {
        for shape in SHAPES.iter().filter(|shape| **shape != "denormals") {
            let n = n.min(500);
            let data = Data::f64(rows(shape, n, d, 11).values(), d);
            for (min_samples, alpha) in [(1, 1.0), (2, 1.0), (5, 1.0), (5, 1.7), (5, 0.6)] {
                let expected = brute(&data.exact, min_samples, alpha);
                let found = find(&data, min_samples, alpha, 1);
                assert_eq!(found, expected, "{shape}, {n} x {d}, {min_samples}, {alpha}");
            }
        }
    }
}

#[test]
fn ties_are_broken_by_row_numbers_alone() {
    // Every row of a full lattice, in a mixed order: nearly all edges weigh the same.
    for (d, side) in [(1_u32, 300_usize), (2, 20), (3, 7)] {
        let n = side.pow(d);
        let place = |row: usize, feature: u32| (row * 7_919 % n) / side.pow(feature) % side;
        let values: Vec<f64> =
            (0..n).flat_map(|row| (0..d).map(move |feature| place(row, feature) as f64)).collect();
        let data = Data::f64(&values, d as usize);
        for min_samples in [1, 3, 5, 9] {
            let expected = brute(&data.exact, min_samples, 1.0);
            for n_threads in [1, 4] {
                assert_eq!(
                    find(&data, min_samples, 1.0, n_threads),
                    expected,
                    "{d}, {min_samples}"
                );
            }
        }
    }
}

#[test]
fn any_type_and_any_number_of_threads_give_the_same_tree() {
    for element in TYPES {
        let values = rows("clumps", 350, 3, 2).values().to_vec();
        let data = Data::new(element, Layout::C, &values, 3);
        let expected = brute(&data.exact, 4, 1.0);
        for n_threads in [1, 2, 3, 7] {
            assert_eq!(find(&data, 4, 1.0, n_threads), expected, "{element:?}");
        }
    }
}

#[test]
fn many_rows_have_the_same_tree_for_any_number_of_threads() {
    for shape in ["clumps", "lattice", "duplicates"] {
        let data = Data::f64(rows(shape, 12_000, 2, 4).values(), 2);
        let expected = find(&data, 5, 1.0, 1);
        assert_eq!(expected.edges.len(), 11_999);
        assert!(expected.edges.is_sorted_by(|a, b| a.order(b).is_lt()));
        for n_threads in [2, 7] {
            assert_eq!(find(&data, 5, 1.0, n_threads), expected, "{shape}");
        }
    }
}

#[test]
fn equal_rows_are_a_star_and_take_no_longer() {
    let n = 60_000;
    let found = find(&Data::f64(&vec![0.7; 3 * n], 3), 8, 1.0, 2);
    let star: Vec<Edge> = (1..n as u32).map(|row| Edge::new(0.0, 0, row)).collect();
    assert_eq!(found.edges, star);
    assert_eq!(found.neighbors[..7], [1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn extreme_values_are_scaled() {
    for factor in [1e300, 1e-300] {
        let plain = rows("clumps", 200, 2, 3).values().to_vec();
        let scale = 2.0_f64.powi(if factor > 1.0 { 990 } else { -990 });
        let scaled: Vec<f64> = plain.iter().map(|value| value * scale).collect();
        let (plain, scaled) = (Data::f64(&plain, 2), Data::f64(&scaled, 2));
        let (expected, found) = (find(&plain, 4, 1.0, 1), find(&scaled, 4, 1.0, 1));
        assert_eq!(found.neighbors, expected.neighbors);
        for (found, expected) in found.edges.iter().zip(&expected.edges) {
            assert_eq!((found.low, found.high), (expected.low, expected.high));
            assert_eq!(found.weight, expected.weight * scale);
        }
    }
}

#[test]
fn no_samples_are_refused() {
    let data = Data::f64(&[1.0, 2.0], 1);
    let refused = with_threads(1, |context| {
        tree::reachability(&data.points(Metric::Euclidean), 0, 1.0, context)
    });
    assert_eq!(refused.unwrap_err(), Error::Zero { name: "min_samples" });
}
