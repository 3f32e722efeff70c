//! The tree, core distances and neighbours against a brute force in float64, from good and bad beginnings.

use ndarray::Array2;

use super::heights::Heights;
use super::reduce::{Link, lightest};
use super::verify::Verify;
use super::{Reach, approximate, reachability};
use crate::Context;
use crate::graph::{Approximation, Edge, Reachability, Sets, lightest_forest};
use crate::observer::Observer;
use crate::pairs::{Reader, Words, visit};
use crate::points::{Metric, Points, Values};
use crate::pool::Pool;
use crate::rng::Stream;

fn with_threads<T>(n_threads: usize, work: impl FnOnce(&Context<'_>) -> T) -> T {
    let (pool, observer) = (Pool::new(n_threads), Observer::default());
    work(&Context { pool: &pool, observer: &observer })
}

/// All pairs, sorted out.
fn brute_force(points: &Points<'_>, min_samples: usize, alpha: f64) -> Reachability {
    let n = points.n_rows();
    let n_listed = min_samples - 1;
    let mut reader = Reader::new(points);
    let mut found = Reachability { n_listed, ..Reachability::default() };
    let mut distances = vec![0.0; n * n];
    for row in 0..n {
        let mut list: Vec<(f64, u32)> = (0..n)
            .filter(|other| *other != row)
            .map(|other| (reader.distance(row as u32, other as u32), other as u32))
            .collect();
        for (distance, other) in &list {
            distances[row * n + *other as usize] = *distance;
        }
        list.sort_by(|one, other| one.partial_cmp(other).unwrap());
        list.truncate(n_listed);
        found.cores.push(list.last().map_or(0.0, |last| last.0));
        found.neighbors.extend(list.iter().map(|entry| entry.1));
        found.distances.extend(list.iter().map(|entry| entry.0));
    }
    let pairs = (0..n).flat_map(|one| (one + 1..n).map(move |other| (one, other)));
    let edges = pairs.map(|(one, other)| {
        let core = found.cores[one].max(found.cores[other]);
        Edge::new((distances[one * n + other] / alpha).max(core), one as u32, other as u32)
    });
    found.edges = lightest_forest(n, edges.collect());
    found
}

/// Rows that tie and rows that do not.
fn cases() -> Vec<(&'static str, Array2<f64>)> {
    let stream = Stream::new(5, 3);
    let uniform = |i: usize, j: usize| stream.uniform((i * 64 + j) as u64) - 0.5;
    let blob = |i: usize, j: usize| 40.0 * uniform(9_000 + i % 5, j) + 0.2 * uniform(i, j);
    vec![
        ("uniform", Array2::from_shape_fn((700, 24), |(i, j)| uniform(i, j))),
        ("wide", Array2::from_shape_fn((500, 64), |(i, j)| uniform(i, j))),
        ("islands", Array2::from_shape_fn((900, 30), |(i, j)| blob(i, j))),
        ("lattice", Array2::from_shape_fn((600, 5), |(i, j)| (uniform(i, j) * 5.0).round())),
        ("copies", Array2::from_shape_fn((640, 64), |(i, j)| uniform(i / 40, j))),
        ("all equal", Array2::from_elem((300, 17), 0.3)),
        (
            "binary",
            Array2::from_shape_fn((400, 64), |(i, j)| f64::from(u8::from(uniform(i, j) > 0.0))),
        ),
        (
            "outliers",
            Array2::from_shape_fn((500, 18), |(i, j)| {
                if i % 50 == 7 { 1e12 * uniform(i, j) } else { uniform(i, j) * 1e-3 }
            }),
        ),
        (
            "zeros",
            Array2::from_shape_fn((300, 16), |(i, j)| if i % 9 == 0 { 0.0 } else { uniform(i, j) }),
        ),
        ("tiny", Array2::from_shape_fn((260, 16), |(i, j)| 1e-320 * (uniform(i, j) * 9.0).round())),
    ]
}

#[test]
fn the_tree_is_that_of_a_brute_force() {
    for (name, array) in cases() {
        for (metric, min_samples, alpha, n_threads) in [
            (Metric::Euclidean, 1, 1.0, 2),
            (Metric::Euclidean, 5, 1.0, 3),
            (Metric::Euclidean, 7, 1.7, 1),
            (Metric::Euclidean, 30, 0.6, 2),
            (Metric::Cosine, 4, 1.0, 2),
        ] {
            with_threads(n_threads, |context| {
                let points = Points::new(Values::F64(array.view()), metric, context).unwrap();
                let right = brute_force(&points, min_samples, alpha);
                let found = reachability(&points, min_samples, alpha, context).unwrap();
                let what = format!("{name}, {metric:?}, {min_samples}, {alpha}");
                assert!(found.cores == right.cores, "{what}: core distances");
                assert!(found.neighbors == right.neighbors, "{what}: neighbours");
                assert!(found.distances == right.distances, "{what}: their distances");
                assert!(found.edges == right.edges, "{what}: the tree");
            });
        }
    }
}

#[test]
fn few_rows_have_trees() {
    for n in 1..12 {
        let array = Array2::from_shape_fn((n, 3), |(i, j)| ((i * 7 + j * 3) % 5) as f32);
        with_threads(2, |context| {
            let points =
                Points::new(Values::F32(array.view()), Metric::Euclidean, context).unwrap();
            for min_samples in 1..=n {
                let found = reachability(&points, min_samples, 1.0, context).unwrap();
                assert!(found == brute_force(&points, min_samples, 1.0), "{n}, {min_samples}");
            }
        });
    }
}

/// The worst beginning: a path through the rows as they come, nothing known of core distances, and room for few pairs.
#[test]
fn a_bad_tree_is_repaired_within_little_room() {
    for (name, array) in cases() {
        for (min_samples, alpha, budget) in [(1, 1.0, 50), (6, 1.0, 2_000), (6, 1.4, 100_000)] {
            with_threads(3, |context| {
                let points =
                    Points::new(Values::F64(array.view()), Metric::Euclidean, context).unwrap();
                let n = points.n_rows();
                let reach = Reach { n_listed: min_samples - 1, alpha };
                let cores = vec![if min_samples == 1 { 0.0 } else { f64::INFINITY }; n];
                let mut reader = Reader::new(&points);
                let path =
                    (1..n as u32).map(|row| Edge::new(reader.distance(row - 1, row), row - 1, row));
                let links = path.map(|edge| Link::new(&edge, reach, |row| cores[row as usize]));
                let links = lightest(links.collect(), &mut Sets::new(n));
                let edges: Vec<Edge> = links.iter().map(|link| link.edge).collect();
                let (order, heights) = Heights::of_tree(n, &edges);
                let words = Words::new(&points, Some(order), context).unwrap();
                let verify = Verify::new(&points, &words, reach, heights, &links, cores);
                let verify = verify.with_budget(budget);
                visit(&words, &verify, context).unwrap();
                let (edges, found, _) = verify.finish();
                assert!(edges.len() < budget + 2 * 256 * 1024, "{name}: {} were kept", edges.len());
                let right = brute_force(&points, min_samples, alpha);
                assert!(found.cores == right.cores && found.neighbors == right.neighbors, "{name}");
                let weighed = edges.iter().map(|edge| {
                    let core = found.cores[edge.low as usize].max(found.cores[edge.high as usize]);
                    Edge { weight: reach.weight(edge.weight, core), ..*edge }
                });
                assert!(
                    lightest_forest(n, weighed.collect()) == right.edges,
                    "{name}, {min_samples}"
                );
            });
        }
    }
}

/// Rows in more groups than are near each other, of two densities.
fn many_groups() -> Array2<f32> {
    let stream = Stream::new(6, 1);
    let uniform = |i: usize, j: usize| stream.uniform((i * 64 + j) as u64) - 0.5;
    Array2::from_shape_fn((9_000, 20), |(i, j)| {
        let width = if i % 3 == 0 { 0.3 } else { 1.0 };
        (2.0 * uniform(10_000 + i % 40, j) + width * uniform(i, j)) as f32
    })
}

#[test]
fn what_an_approximate_tree_misses_is_told_within_its_error() {
    let array = many_groups();
    for (metric, min_samples, alpha) in
        [(Metric::Euclidean, 6, 1.0), (Metric::Euclidean, 1, 1.0), (Metric::Cosine, 12, 1.3)]
    {
        with_threads(2, |context| {
            let points = Points::new(Values::F32(array.view()), metric, context).unwrap();
            let right = reachability(&points, min_samples, alpha, context).unwrap();
            let (found, told) = approximate(&points, min_samples, alpha, context).unwrap();
            let weight =
                |found: &Reachability| found.edges.iter().map(|edge| edge.weight).sum::<f64>();
            let excess = weight(&found) / weight(&right) - 1.0;
            let n_listed = min_samples - 1;
            let lists = found.distances.chunks(n_listed.max(1)).zip(&right.cores);
            let hits = lists.map(|(list, core)| list.iter().filter(|at| *at <= core).count());
            let recall = if n_listed == 0 {
                1.0
            } else {
                hits.sum::<usize>() as f64 / found.distances.len() as f64
            };
            let what = format!("{metric:?}, {min_samples}: {excess}, {recall}, {told:?}");
            assert_eq!(told.n_checked, 512);
            assert!(found.cores.iter().zip(&right.cores).all(|(found, right)| found >= right));
            assert!((told.recall - recall).abs() <= 4.0 * told.recall_error, "{what}");
            // The estimate is rather too large; what is seen is certain.
            assert!(told.excess_seen <= excess * (1.0 + 1e-9), "{what}");
            assert!(excess <= told.excess_weight + 4.0 * told.excess_error, "{what}");
            assert!(told.excess_weight <= 5.0 * excess + 4.0 * told.excess_error, "{what}");
            // Something is missing, or the test shows nothing.
            assert!(excess > 1e-6 && (n_listed == 0 || recall < 0.9999), "{what}");
        });
    }
}

#[test]
fn an_approximate_tree_does_not_depend_on_threads() {
    let array = many_groups();
    let found: Vec<(Reachability, Approximation)> = [1, 2, 5]
        .into_iter()
        .map(|n_threads| {
            with_threads(n_threads, |context| {
                let points =
                    Points::new(Values::F32(array.view()), Metric::Euclidean, context).unwrap();
                approximate(&points, 5, 1.0, context).unwrap()
            })
        })
        .collect();
    assert!(found[0] == found[1] && found[0] == found[2]);
}

/// An approximate tree spans, and its lists are full, on data that ties and data that does not.
#[test]
fn an_approximate_tree_is_a_tree_of_true_distances() {
    for (name, array) in cases() {
        with_threads(2, |context| {
            let points =
                Points::new(Values::F64(array.view()), Metric::Euclidean, context).unwrap();
            let n = points.n_rows();
            let (found, told) = approximate(&points, 5, 1.0, context).unwrap();
            let right = reachability(&points, 5, 1.0, context).unwrap();
            assert_eq!(found.neighbors.len(), 4 * n, "{name}");
            assert_eq!(lightest_forest(n, found.edges.clone()), found.edges, "{name}");
            assert_eq!(found.edges.len(), n - 1, "{name}");
            assert!(found.cores.iter().zip(&right.cores).all(|(found, right)| found >= right));
            let each = found.edges.iter().zip(&right.edges);
            assert!(each.clone().all(|(found, right)| found.weight >= right.weight), "{name}");
            let lists = found.distances.chunks(4).zip(&right.cores);
            let hits = lists.map(|(list, core)| list.iter().filter(|at| *at <= core).count());
            let recall = hits.sum::<usize>() as f64 / (4 * n) as f64;
            assert!((told.recall - recall).abs() <= 4.0 * told.recall_error + 0.02, "{name}");
        });
    }
}
