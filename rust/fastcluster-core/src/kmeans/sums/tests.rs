//! Sums that are kept up by moving the changed rows, against sums of all rows.

use ndarray::Array2;

use super::{SHIFT_SHARE, SHIFTS_MAX, Sums};
use crate::Context;
use crate::assign::{Change, RowState};
use crate::observer::Observer;
use crate::points::{Metric, Points, Values};
use crate::pool::Pool;
use crate::rng::Stream;

fn with_threads<T>(n_threads: usize, work: impl FnOnce(&Context<'_>) -> T) -> T {
    let (pool, observer) = (Pool::new(n_threads), Observer::default());
    work(&Context { pool: &pool, observer: &observer })
}

/// Labelled rows whose labels change.
struct Course<'a, 'p> {
    points: &'a Points<'p>,
    weights: Option<&'a [f64]>,
    states: Vec<RowState>,
    n_clusters: usize,
}

impl Course<'_, '_> {
    /// Gives rows new labels; what changed, by row.
    fn relabel(&mut self, label: impl Fn(usize, u32) -> u32) -> Vec<Change> {
        let mut changes = Vec::new();
        for (row, state) in self.states.iter_mut().enumerate() {
            let (old, new) = (state.label, label(row, state.label));
            if old != new {
                state.label = new;
                changes.push(Change { row: row as u32, old, new });
            }
        }
        changes
    }

    /// The sums of all rows.
    fn anew(&self, context: &Context<'_>) -> Sums {
        let mut sums = Sums::new(self.n_clusters, self.points.n_features());
        let dirty = vec![true; self.n_clusters];
        sums.update(self.points, self.weights, &self.states, &dirty, context).unwrap();
        sums
    }

    fn shift(&self, sums: &mut Sums, changes: &[Change], context: &Context<'_>) -> bool {
        sums.shift(self.points, self.weights, changes, context).unwrap()
    }
}

/// Asserts that sums and weights agree to a few roundings of values up to `largest`, and counts exactly.
fn assert_near(found: &Sums, right: &Sums, largest: f64, what: &str) {
    assert_eq!(found.counts, right.counts, "{what}");
    let near = |a: &[f64], b: &[f64], size: f64| {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-13 * size)
    };
    assert!(near(&found.weights, &right.weights, largest), "{what}");
    assert!(near(&found.sums, &right.sums, largest), "{what}");
    for (cluster, count) in found.counts.iter().enumerate().filter(|(_, count)| **count == 0) {
        assert_eq!((found.weights[cluster], *count), (0.0, 0), "{what}: empty");
        assert!(found.row(cluster).iter().all(|sum| *sum == 0.0), "{what}: empty");
    }
}

fn normals(n: usize, d: usize, seed: u64) -> Array2<f64> {
    let stream = Stream::new(seed, 98);
    let uniform = |at: usize| stream.uniform(at as u64);
    Array2::from_shape_fn((n, d), |(i, j)| {
        (0..4).map(|term| uniform((i * d + j) * 4 + term) - 0.5).sum::<f64>()
    })
}

/// Few clusters, whose rows are summed in runs, and many, which are summed one by one.
const SHAPES: [(usize, usize, usize); 3] = [(900, 5, 7), (900, 3, 200), (5000, 4, 129)];

fn labels_of(n: usize, k: usize, empty: usize) -> Vec<RowState> {
    let mut states = RowState::unknown(n);
    states.iter_mut().enumerate().for_each(|(row, state)| {
        state.label = if row % k == empty { 0 } else { (row % k) as u32 };
    });
    states
}

#[test]
fn shifts_keep_the_sums_of_all_rows_up_to_the_limit() {
    with_threads(1, |context| {
        for (n, d, k) in SHAPES {
            let double = normals(n, d, 1);
            let single = double.mapv(|value| value as f32);
            let weights: Vec<f64> = (0..n)
                .map(|row| if row % 5 == 2 { 0.0 } else { 0.25 + (row % 9) as f64 / 3.0 })
                .collect();
            for values in [Values::F64(double.view()), Values::F32(single.view())] {
                for metric in [Metric::Euclidean, Metric::Cosine] {
                    for weights in [None, Some(&weights[..])] {
                        let points = Points::new(values, metric, context).unwrap();
                        let states = labels_of(n, k, 3);
                        let mut course = Course { points: &points, weights, states, n_clusters: k };
                        let mut sums = course.anew(context);
                        for shift in 0..SHIFTS_MAX {
                            let what = format!("{n} {d} {k} {metric:?}, shift {shift}");
                            let changes = course.relabel(|row, label| {
                                let goes = (row + 7 * shift) % 11 == 3;
                                if goes { (label + 1 + shift as u32) % k as u32 } else { label }
                            });
                            assert!(sums.can_shift(&changes, n), "{what}");
                            if !course.shift(&mut sums, &changes, context) {
                                sums = course.anew(context);
                            }
                            assert_near(&sums, &course.anew(context), n as f64, &what);
                        }
                    }
                }
            }
        }
    });
}

#[test]
fn so_many_shifts_are_made_and_no_more_until_all_is_summed_again() {
    with_threads(1, |context| {
        let (n, k) = (4000, 4);
        let values = normals(n, 2, 2);
        let points = Points::new(Values::F64(values.view()), Metric::Euclidean, context).unwrap();
        let mut course =
            Course { points: &points, weights: None, states: labels_of(n, k, 9), n_clusters: k };
        let mut sums = course.anew(context);
        for shift in 0..SHIFTS_MAX {
            let changes = course.relabel(|row, label| (label + u32::from(row == shift)) % 4);
            assert_eq!(changes.len(), 1);
            assert!(sums.can_shift(&changes, n));
            assert!(course.shift(&mut sums, &changes, context));
        }
        assert!(!sums.can_shift(&[], n), "after {SHIFTS_MAX} shifts");
        sums.update(&points, None, &course.states, &[true; 4], context).unwrap();
        let change = Change { row: 0, old: 0, new: 1 };
        assert!(sums.can_shift(&vec![change; n / SHIFT_SHARE], n));
        assert!(!sums.can_shift(&vec![change; n / SHIFT_SHARE + 1], n), "more than the share");
    });
}

#[test]
fn a_cluster_that_loses_all_its_rows_is_empty_to_the_bit() {
    with_threads(1, |context| {
        for (n, d, k) in SHAPES {
            let values = normals(n, d, 3).mapv(|value| value + 0.1);
            let points =
                Points::new(Values::F64(values.view()), Metric::Euclidean, context).unwrap();
            let weights: Vec<f64> = (0..n).map(|row| f64::from(row as u32 % 7) / 3.0).collect();
            let mut course = Course {
                points: &points,
                weights: Some(&weights),
                states: labels_of(n, k, k),
                n_clusters: k,
            };
            let mut sums = course.anew(context);
            let changes = course.relabel(|_, label| if label == 2 { 4 } else { label });
            course.shift(&mut sums, &changes, context);
            assert_eq!((sums.counts[2], sums.weights[2]), (0, 0.0));
            assert!(sums.row(2).iter().all(|sum| *sum == 0.0));
            assert_near(&sums, &course.anew(context), n as f64, "emptied");
            // And it may fill again.
            let changes = course.relabel(|row, label| if row % 13 == 0 { 2 } else { label });
            course.shift(&mut sums, &changes, context);
            assert_near(&sums, &course.anew(context), n as f64, "filled");
        }
    });
}

#[test]
fn shifts_do_not_depend_on_threads() {
    let (n, d, k) = (3000, 6, 150);
    let values = normals(n, d, 4);
    let weights: Vec<f64> = (0..n).map(|row| 0.1 + f64::from(row as u32 % 17)).collect();
    let on = |n_threads| {
        with_threads(n_threads, |context| {
            let points =
                Points::new(Values::F64(values.view()), Metric::Euclidean, context).unwrap();
            let mut course = Course {
                points: &points,
                weights: Some(&weights),
                states: labels_of(n, k, 1),
                n_clusters: k,
            };
            let mut sums = course.anew(context);
            for shift in 0..5 {
                let changes = course.relabel(|row, label| {
                    if (row * 7 + shift) % 10 == 0 { (label * 3 + 1) % k as u32 } else { label }
                });
                course.shift(&mut sums, &changes, context);
            }
            let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            (bits(&sums.sums), bits(&sums.weights), sums.counts)
        })
    };
    let one = on(1);
    for n_threads in [2, 3, 7] {
        assert_eq!(on(n_threads), one, "{n_threads} threads");
    }
}

/// What a large row leaves behind in a sum of small ones is rounding of its own size.
#[test]
fn a_row_far_larger_than_the_rest_leaves_nothing_behind() {
    with_threads(1, |context| {
        for (n, d, k) in SHAPES {
            let mut values = normals(n, d, 5);
            for row in [3, 4] {
                let sign = if row == 3 { 1.0 } else { -1.0 };
                values.row_mut(row).fill(sign * 1e12);
            }
            let points =
                Points::new(Values::F64(values.view()), Metric::Euclidean, context).unwrap();
            let states = labels_of(n, k, k);
            let mut course = Course { points: &points, weights: None, states, n_clusters: k };
            // Both in one cluster, which then loses them together, or one after the other.
            for together in [true, false] {
                course.relabel(|row, label| if row == 3 || row == 4 { 5 } else { label });
                let mut sums = course.anew(context);
                for step in 0..3 {
                    let changes = course.relabel(|row, label| match row {
                        3 if step == 0 => 6,
                        4 if step == usize::from(!together) => 6,
                        9 if step == 2 => label ^ 1,
                        _ => label,
                    });
                    if !course.shift(&mut sums, &changes, context) {
                        sums.update(&points, None, &course.states, &vec![true; k], context)
                            .unwrap();
                    }
                }
                let right = course.anew(context);
                for (found, right) in sums.row(5).iter().zip(right.row(5)) {
                    assert!((found - right).abs() < 1e-9, "{together}: {found} is not {right}");
                }
            }
        }
    });
}

/// A weight that is lost in a sum with a large one is there again once that has gone.
#[test]
fn a_weight_far_larger_than_the_rest_leaves_nothing_behind() {
    with_threads(1, |context| {
        for (n, d, k) in SHAPES {
            let values = normals(n, d, 6);
            let points =
                Points::new(Values::F64(values.view()), Metric::Euclidean, context).unwrap();
            let mut weights = vec![0.1; n];
            weights[2] = 1e17;
            let (states, weights) = (labels_of(n, k, k), Some(&weights[..]));
            let mut course = Course { points: &points, weights, states, n_clusters: k };
            let mut sums = course.anew(context);
            let changes = course.relabel(|row, label| if row == 2 { 3 } else { label });
            if !course.shift(&mut sums, &changes, context) {
                sums.update(&points, weights, &course.states, &vec![true; k], context).unwrap();
            }
            let right = course.anew(context);
            assert_eq!(sums.counts, right.counts);
            assert!((sums.weights[2] - right.weights[2]).abs() < 1e-9, "{}", sums.weights[2]);
        }
    });
}
