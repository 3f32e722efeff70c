//! One refinement of hierarchical k-means against its textbook version and against Lloyd's iteration.

use fastcluster_core::Error;
use fastcluster_core::kmeans::hierarchical::{Refined, refine};
use fastcluster_core::naive::{self, Table};
use fastcluster_core::points::Metric;

use crate::data::{Data, Layout, TYPES, Type, right_labels, seen, widened};
use crate::iterations::{assert_near, published};
use crate::labels::METRICS;
use crate::random::Random;
use crate::with_threads;

/// Rows, centers (rows of theirs), and for each row a current center and for each center a group, at random.
struct Case {
    data: Data,
    centers: Table,
    current: Vec<u32>,
    groups: Vec<u32>,
    weights: Vec<f64>,
}

impl Case {
    fn new(seed: u64, element: Type, (n, d, k): (usize, usize, usize)) -> Self {
        let mut random = Random::new(seed);
        let data = Data::new(element, Layout::C, &random.normals(n * d), d);
        let centers = data.exact.select(&random.permutation(n)[..k]);
        let mut below = |count: usize, end: usize| -> Vec<u32> {
            (0..count).map(|_| random.below(end) as u32).collect()
        };
        let (current, groups) = (below(n, k), below(k, k.div_ceil(4)));
        let weights = (0..n).map(|row| [0.0, 1.0, 2.5][row % 3]).collect();
        Self { data, centers, current, groups, weights }
    }

    fn refined(
        &self,
        metric: Metric,
        weights: Option<&[f64]>,
        n_neighbors: usize,
        n_threads: usize,
    ) -> Refined {
        let start = self.data.centers(self.centers.values());
        let from = (&*self.current, &*self.groups);
        with_threads(n_threads, |context| {
            refine(&self.data.points(metric), weights, start, from, n_neighbors, context).unwrap()
        })
    }

    /// The rows and centers as distances see them.
    fn seen(&self, metric: Metric) -> (Table, Table) {
        match metric {
            Metric::Euclidean => (self.data.exact.clone(), self.centers.clone()),
            Metric::Cosine => seen(&self.data.exact, &self.centers, metric),
        }
    }
}

fn wide(numbers: &[u32]) -> Vec<usize> {
    numbers.iter().map(|number| *number as usize).collect()
}

fn labels(refined: &Refined) -> Vec<usize> {
    refined.labels.iter().map(|label| *label as usize).collect()
}

#[test]
fn is_the_textbooks_for_every_type_and_metric() {
    for (seed, element) in (60..).zip(TYPES) {
        let case = Case::new(seed, element, (500, 12, 60));
        for metric in METRICS {
            for (n_neighbors, weights) in [(1, None), (3, Some(&*case.weights)), (8, None)] {
                let what = format!("{element:?} {metric:?} {n_neighbors}");
                let found = case.refined(metric, weights, n_neighbors, 1);
                let (rows, centers) = case.seen(metric);
                let from = (&*wide(&case.current), &*wide(&case.groups));
                let publish = published(metric);
                let right = naive::refine(&rows, weights, &centers, from, n_neighbors, &publish);
                assert_eq!(labels(&found), right.labels, "{what}");
                assert_near(&found.centers, &right.centers, 16.0, &what);
                let exact = right_labels(&case.data.exact, &case.centers, metric);
                assert_ne!(found.labels, exact, "the restriction is the point: {what}");
            }
        }
    }
}

#[test]
fn is_an_iteration_of_lloyds_with_as_many_neighbors_as_centers() {
    for element in [Type::F32, Type::F64, Type::F16] {
        let case = Case::new(70, element, (700, 16, 40));
        for metric in METRICS {
            for n_neighbors in [40, 1000] {
                let found = case.refined(metric, None, n_neighbors, 1);
                let exact = right_labels(&case.data.exact, &case.centers, metric);
                assert_eq!(found.labels, exact, "{element:?} {metric:?}");
                let (rows, centers) = case.seen(metric);
                let right =
                    naive::update(&rows, None, &centers, &labels(&found), &published(metric));
                assert_near(&found.centers, &right, 4.0, "Lloyd");
                let inertia = naive::inertia(&rows, None, &centers, &labels(&found));
                let halved = if metric == Metric::Cosine { inertia / 2.0 } else { inertia };
                assert!((found.inertia - halved).abs() <= 1e-10 * halved);
            }
        }
    }
}

#[test]
fn has_the_same_bits_for_any_number_of_threads() {
    // One group holds most rows, so it is more than one piece of work.
    let mut case = Case::new(71, Type::F32, (9000, 8, 30));
    case.current.iter_mut().skip(100).for_each(|label| *label = 3);
    for metric in METRICS {
        let alone = case.refined(metric, Some(&case.weights), 4, 1);
        for n_threads in [2, 3, 7] {
            assert_eq!(case.refined(metric, Some(&case.weights), 4, n_threads), alone);
        }
    }
}

#[test]
fn ties_go_to_the_lowest_center_of_the_list() {
    let data = Data::f32(&[0.0, 2.0, 4.0, 2.0], 1);
    let centers = data.centers(&[1.0, 3.0, 1.0, 3.0]);
    let found = with_threads(1, |context| {
        let points = data.points(Metric::Euclidean);
        refine(&points, None, centers, (&[3, 3, 3, 2], &[0, 1, 2, 3]), 4, context).unwrap()
    });
    assert_eq!(found.labels, [0, 0, 1, 0]);
    assert_eq!(widened(&found.centers).len(), 4);
}

#[test]
fn wrong_numbers_are_refused() {
    let case = Case::new(72, Type::F32, (20, 3, 5));
    let points = case.data.points(Metric::Euclidean);
    let start = case.data.centers(case.centers.values());
    let refused = |current: &[u32], groups: &[u32]| {
        let from = (current, groups);
        with_threads(1, |context| refine(&points, None, start.clone(), from, 2, context)).err()
    };
    let (current, groups) = (&*case.current, &*case.groups);
    let mismatch = Error::LengthMismatch { name: "current", found: 19, expected: 20 };
    assert_eq!(refused(&current[1..], groups), Some(mismatch));
    let beyond = |name| Some(Error::OutOfRange { name, found: 5, end: 5 });
    assert_eq!(refused(&[5; 20], groups), beyond("current"));
    assert_eq!(refused(current, &[0, 1, 5, 0, 0]), beyond("groups"));
    assert!(matches!(refused(current, &groups[1..]), Some(Error::BadStart { .. })));
    assert_eq!(refused(current, &[]), Some(Error::Zero { name: "n_clusters" }));
}

#[test]
fn rows_without_a_say_move_nothing_and_empty_clusters_take_rows() {
    let (n, d) = (64, 4);
    let case = Case::new(73, Type::F32, (n, d, 8));
    // All rows begin in a group of their own, and compare with its center only: seven clusters are empty.
    let start = case.data.centers(case.centers.values());
    let groups: Vec<u32> = (0..8).collect();
    let found = with_threads(2, |context| {
        let points = case.data.points(Metric::Euclidean);
        refine(&points, None, start, (&vec![0; n], &groups), 1, context).unwrap()
    });
    assert_eq!(found.labels, vec![0; n]);
    let right = naive::update(&case.data.exact, None, &case.centers, &vec![0; n], &|_| ());
    assert_near(&found.centers, &right, 16.0, "empty");
}
