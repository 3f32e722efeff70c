//! Empty clusters, and data with fewer distinct rows than clusters.

use fastcluster_core::kmeans::{Init, Params};
use fastcluster_core::naive::{self, Table};
use fastcluster_core::points::Metric;

use crate::data::{Data, right_labels, widened};
use crate::fit;
use crate::labels::METRICS;
use crate::random::Random;

/// Centers after the first update.
fn first_update(data: &Data, weights: Option<&[f64]>, start: &[f64]) -> Vec<f64> {
    let n_clusters = start.len() / data.n_features();
    let params = Params { n_clusters, max_iter: 1, tol: 0.0, ..Params::default() };
    let init = Init::Given(vec![data.centers(start)]);
    widened(&fit(data, Metric::Euclidean, weights, &init, &params).unwrap().centers)
}

/// One-dimensional cases: rows, weights, start centers, centers after one update.
struct Case {
    name: &'static str,
    rows: &'static [f64],
    weights: Option<&'static [f64]>,
    start: &'static [f64],
    right: &'static [f64],
}

const CASES: [Case; 10] = [
    Case {
        name: "the farthest row moves, its donor loses it",
        rows: &[0.0, 1.0, 2.0, 9.0],
        weights: None,
        start: &[0.0, 100.0],
        right: &[1.0, 9.0],
    },
    Case {
        name: "empty clusters in increasing order take rows in decreasing distance",
        rows: &[0.0, 1.0, 7.0, 9.0],
        weights: None,
        start: &[100.0, 0.0, 200.0],
        right: &[9.0, 0.5, 7.0],
    },
    Case {
        name: "ties go to the highest row",
        rows: &[-5.0, 0.0, 5.0],
        weights: None,
        start: &[0.0, 100.0],
        right: &[-2.5, 5.0],
    },
    Case {
        name: "a row that is the last of its cluster is passed over",
        rows: &[0.0, 1.0, 50.0],
        weights: None,
        start: &[0.0, 40.0, 200.0],
        right: &[0.0, 50.0, 1.0],
    },
    Case {
        name: "a cluster gives rows until one is left",
        rows: &[0.0, 1.0, 2.0],
        weights: None,
        start: &[0.0, 100.0, 200.0],
        right: &[0.0, 2.0, 1.0],
    },
    Case {
        name: "rows on their center stay, so clusters may stay empty",
        rows: &[3.0, 3.0, 3.0],
        weights: None,
        start: &[3.0, 100.0],
        right: &[3.0, 100.0],
    },
    Case {
        name: "a row without weight fills nothing",
        rows: &[0.0, 1.0, 2.0, 9.0],
        weights: Some(&[1.0, 1.0, 1.0, 0.0]),
        start: &[0.0, 100.0],
        right: &[0.5, 2.0],
    },
    Case {
        name: "a cluster whose rows weigh nothing is empty",
        rows: &[0.0, 1.0, 9.0],
        weights: Some(&[1.0, 1.0, 0.0]),
        start: &[0.0, 9.0],
        right: &[0.0, 1.0],
    },
    Case {
        name: "the distance decides, not the weight",
        rows: &[0.0, 4.0, 5.0],
        weights: Some(&[1.0, 100.0, 2.0]),
        start: &[0.0, 100.0],
        right: &[400.0 / 101.0, 5.0],
    },
    Case {
        name: "a row of zero weight does not keep its cluster alive",
        rows: &[0.0, 0.5, 8.0, 9.0],
        weights: Some(&[1.0, 1.0, 1.0, 0.0]),
        start: &[0.0, 10.0, 100.0],
        right: &[0.0, 8.0, 0.5],
    },
];

#[test]
fn follows_the_rule() {
    for case in &CASES {
        for data in [Data::f32(case.rows, 1), Data::f64(case.rows, 1)] {
            let found = first_update(&data, case.weights, case.start);
            let right = widened(&data.centers(case.right));
            assert_eq!(found, right, "{}, {:?}", case.name, data.element);
            let table = |values: &[f64]| Table::new(values.to_vec(), 1);
            let labels = naive::assign(&data.exact, &table(case.start));
            let updated =
                naive::update(&data.exact, case.weights, &table(case.start), &labels, &|_| ());
            assert_eq!(widened(&data.centers(updated.values())), right, "textbook: {}", case.name);
        }
    }
}

#[test]
fn is_the_textbooks_on_small_lattices() {
    let mut random = Random::new(30);
    for trial in 0..400 {
        let (n, d) = (2 + random.below(40), 1 + random.below(3));
        let k = 1 + random.below(n);
        let mut lattice =
            |n: usize| -> Vec<f64> { (0..n).map(|_| random.below(9) as f64).collect() };
        let (values, mut start) = (lattice(n * d), lattice(k * d));
        // Far centers are empty.
        start.iter_mut().step_by(3).for_each(|value| *value += 100.0);
        let weights: Vec<f64> = (0..n).map(|_| random.below(3) as f64).collect();
        let weights =
            (trial % 2 == 0 && weights.iter().any(|weight| *weight > 0.0)).then_some(weights);
        let data = Data::f64(&values, d);
        let found = first_update(&data, weights.as_deref(), &start);
        let start = Table::new(start, d);
        let labels = naive::assign(&data.exact, &start);
        let right = naive::update(&data.exact, weights.as_deref(), &start, &labels, &|_| ());
        assert_eq!(found, right.values(), "trial {trial}: n={n}, d={d}, k={k}");
    }
}

#[test]
fn finds_a_donor_behind_many_rows_that_cannot_be_taken() {
    // Forty clusters of one row each lie farther from their centers than the rows of the one cluster that can give.
    let mut rows: Vec<f64> = (1..=40).map(|index| 1000.0 * f64::from(index) + 50.0).collect();
    let mut start: Vec<f64> = (1..=40).map(|index| 1000.0 * f64::from(index)).collect();
    rows.extend([0.0, 1.0, 2.0]);
    start.extend([0.0, 1e9]);
    let found = first_update(&Data::f64(&rows, 1), None, &start);
    assert_eq!(found[40..], [0.5, 2.0]);
}

#[test]
fn never_publishes_labels_of_other_centers() {
    let mut random = Random::new(31);
    for trial in 0..600 {
        let (n, d) = (1 + random.below(14), 1 + random.below(2));
        let k = 1 + random.below(n);
        // Multiples of 0.1 are not exact: means of equal rows differ from them by a rounding.
        let mut lattice =
            |n: usize| -> Vec<f64> { (0..n).map(|_| 0.1 * random.below(4) as f64).collect() };
        let (values, mut start) = (lattice(n * d), lattice(k * d));
        start[..d].fill(5.0);
        for data in [Data::f64(&values, d), Data::f32(&values, d)] {
            for metric in METRICS {
                for max_iter in [1, 2, 3, 100] {
                    let params = Params { n_clusters: k, max_iter, tol: 0.0, ..Params::default() };
                    let init = Init::Given(vec![data.centers(&start)]);
                    let found = fit(&data, metric, None, &init, &params).unwrap();
                    let centers = Table::new(widened(&found.centers), d);
                    let right = right_labels(&data.exact, &centers, metric);
                    let what = format!(
                        "trial {trial}: {:?} {metric:?} {values:?} {start:?}",
                        data.element
                    );
                    assert_eq!(
                        found.labels, right,
                        "{what} {max_iter} {:?} {:?}",
                        found.stop, found.centers
                    );
                    assert!(found.n_iter <= max_iter);
                }
            }
        }
    }
}

#[test]
fn equal_rows_whose_mean_is_rounded_keep_the_labels_of_the_centers() {
    let data = Data::f64(&[0.1; 3], 1);
    let params = Params { n_clusters: 2, tol: 0.0, ..Params::default() };
    let init = Init::Given(vec![data.centers(&[5.0, 0.1])]);
    let found = fit(&data, Metric::Euclidean, None, &init, &params).unwrap();
    let centers = Table::new(widened(&found.centers), 1);
    assert_eq!(found.labels, right_labels(&data.exact, &centers, Metric::Euclidean));
}

#[test]
fn every_row_is_a_cluster_when_there_are_as_many() {
    let mut random = Random::new(32);
    let data = Data::f32(&random.normals(60 * 40), 40);
    for init in [Init::PlusPlus, Init::Parallel, Init::Random] {
        for metric in METRICS {
            let params = Params { n_clusters: 60, tol: 0.0, ..Params::default() };
            let found = fit(&data, metric, None, &init, &params).unwrap();
            let mut labels = found.labels.clone();
            labels.sort_unstable();
            assert_eq!(labels, (0..60).collect::<Vec<i32>>(), "{init:?} {metric:?}");
            assert!(found.inertia <= 1e-9, "{init:?} {metric:?}: {}", found.inertia);
            assert_eq!(found.n_distinct, 60);
        }
    }
}

#[test]
fn fewer_distinct_rows_than_clusters_are_all_found() {
    let mut random = Random::new(33);
    let distinct = random.normals(5 * 3);
    let values: Vec<f64> = (0..40).flat_map(|row| distinct[row % 5 * 3..][..3].to_vec()).collect();
    for data in [Data::f32(&values, 3), Data::f64(&values, 3)] {
        for init in [Init::PlusPlus, Init::Parallel, Init::Random] {
            let params = Params { n_clusters: 12, ..Params::default() };
            let found = fit(&data, Metric::Euclidean, None, &init, &params).unwrap();
            assert_eq!(found.n_distinct, 5, "{init:?}");
            assert!(found.inertia <= 1e-10, "{init:?}: {}", found.inertia);
            (0..40)
                .for_each(|row| assert_eq!(found.labels[row], found.labels[row % 5], "{init:?}"));
        }
    }
}

#[test]
fn constant_data_is_one_cluster() {
    for k in [1, 2, 9] {
        for data in [Data::f32(&[0.1; 30], 3), Data::f64(&[0.1; 30], 3)] {
            for metric in METRICS {
                let params = Params { n_clusters: k, ..Params::default() };
                let found = fit(&data, metric, None, &Init::PlusPlus, &params).unwrap();
                assert_eq!(found.labels, vec![found.labels[0]; 10]);
                assert_eq!(found.n_distinct, 1);
                assert!(found.inertia < 1e-14);
            }
        }
    }
}

#[test]
fn rows_of_zeros_weigh_nothing_under_cosine() {
    let mut random = Random::new(34);
    let values = random.normals(30 * 4);
    let mut with_zeros = values.clone();
    with_zeros.extend([0.0; 10 * 4]);
    let params = Params { n_clusters: 5, tol: 0.0, ..Params::default() };
    let fitted = |values: &[f64]| {
        let data = Data::f32(values, 4);
        let init = Init::Given(vec![data.centers(&values[..20])]);
        fit(&data, Metric::Cosine, None, &init, &params).unwrap()
    };
    let (without, with) = (fitted(&values), fitted(&with_zeros));
    assert_eq!(with.centers, without.centers);
    assert_eq!(with.labels[..30], without.labels);
    assert_eq!(with.labels[30..], [0; 10]);
    assert!((with.inertia - without.inertia).abs() < 1e-12);
    let nothing = Data::f32(&[0.0; 12], 3);
    let params = Params { n_clusters: 2, ..Params::default() };
    let found = fit(&nothing, Metric::Cosine, None, &Init::PlusPlus, &params).unwrap();
    assert_eq!((found.labels, found.inertia), (vec![0; 4], 0.0));
}
