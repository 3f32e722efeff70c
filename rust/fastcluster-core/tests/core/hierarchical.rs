//! Hierarchical k-means as a whole: exact labels with approximate centers, edges, threads, limits.

use std::time::Duration;

use fastcluster_core::kmeans::hierarchical::{self, FLAT_CLUSTERS, Gap};
use fastcluster_core::kmeans::{self, Fit, Init, Params};
use fastcluster_core::naive::Table;
use fastcluster_core::observer::{Event, Observer};
use fastcluster_core::points::Metric;
use fastcluster_core::pool::Pool;
use fastcluster_core::{Context, Error};

use crate::data::{Data, Layout, TYPES, gapped, right_labels, widened};
use crate::labels::METRICS;
use crate::random::Random;
use crate::stops::timeless;
use crate::{fit, with_threads};

/// More than are fitted flat.
const K: usize = FLAT_CLUSTERS + 14;

fn params() -> Params {
    Params { n_clusters: K, tol: 0.0, seed: 3, ..Params::default() }
}

fn grown(
    data: &Data,
    metric: Metric,
    weights: Option<&[f64]>,
    params: &Params,
    n_threads: usize,
) -> Result<(Fit, Gap), Error> {
    let points = data.points(metric);
    with_threads(n_threads, |context| {
        hierarchical::fit(&points, weights, &Init::PlusPlus, params, context)
    })
}

/// Rows in 40 clusters of unequal size, so that coarse clusters get unequal shares.
fn clustered(seed: u64, n: usize, d: usize) -> Vec<f64> {
    let mut random = Random::new(seed);
    let middles = random.normals(40 * d);
    let row = |_: usize| {
        let middle = random.below(40).min(random.below(40));
        let noise = random.normals(d);
        let values = middles[middle * d..][..d].iter().zip(noise);
        values.map(|(middle, noise)| middle + 0.2 * noise).collect::<Vec<f64>>()
    };
    (0..n).flat_map(row).collect()
}

/// The labels are the nearest centers, and the inertia is theirs.
fn assert_exact(data: &Data, metric: Metric, fitted: &Fit, what: &str) {
    let centers = Table::new(widened(&fitted.centers), data.n_features());
    assert_eq!(fitted.labels, right_labels(&data.exact, &centers, metric), "{what}");
}

#[test]
fn labels_are_the_nearest_centers_for_every_type_and_metric() {
    for element in TYPES {
        let data = Data::new(element, Layout::C, &clustered(80, 1500, 6), 6);
        for metric in METRICS {
            let (fitted, gap) = grown(&data, metric, None, &params(), 1).unwrap();
            assert_exact(&data, metric, &fitted, &format!("{element:?} {metric:?}"));
            assert_eq!(widened(&fitted.centers).len(), K * 6);
            assert_eq!(gap.n_checked, 1500);
            assert!((0.0..0.2).contains(&gap.mislabelled), "{gap:?}");
            assert!((0.0..0.1).contains(&gap.inertia_excess), "{gap:?}");
        }
    }
}

#[test]
fn the_inertia_is_little_above_that_of_the_flat_fit() {
    let data = Data::f32(&clustered(81, 6000, 16), 16);
    for metric in METRICS {
        let (fitted, _) = grown(&data, metric, None, &params(), 2).unwrap();
        let flat = fit(&data, metric, None, &Init::PlusPlus, &params()).unwrap();
        let plain = Params { max_iter: 1, ..params() };
        let seeded = fit(&data, metric, None, &Init::Random, &plain).unwrap();
        assert!(fitted.inertia < 1.03 * flat.inertia, "{} {}", fitted.inertia, flat.inertia);
        assert!(fitted.inertia < seeded.inertia);
        let history: Vec<f64> = fitted.history.iter().map(|record| record.inertia).collect();
        assert!(history.windows(2).all(|pair| pair[1] < pair[0]), "{history:?}");
        assert!(fitted.inertia < history[history.len() - 1]);
    }
}

#[test]
fn the_same_bits_for_any_number_of_threads_and_within_a_memory_limit() {
    let data = Data::f32(&clustered(82, 5000, 8), 8);
    let weights: Vec<f64> = (0..5000).map(|row| [1.0, 0.0, 3.0, 0.5][row % 4]).collect();
    for weights in [None, Some(&*weights)] {
        let timeless = |(fit, gap): (Fit, Gap)| (timeless(fit), gap);
        let run = |params: &Params, n_threads| {
            grown(&data, Metric::Euclidean, weights, params, n_threads)
        };
        let alone = timeless(run(&params(), 1).unwrap());
        for n_threads in [2, 3, 8] {
            assert_eq!(timeless(run(&params(), n_threads).unwrap()), alone);
        }
        let limited = |memory_limit| Params { memory_limit: Some(memory_limit), ..params() };
        let Err(Error::Memory { needed, .. }) = run(&limited(1), 2) else {
            panic!("one byte cannot be enough")
        };
        // Just enough for one copy of a coarse cluster's rows: they are fitted one after the other.
        assert!(matches!(run(&limited(needed - 1), 8), Err(Error::Memory { .. })));
        assert_eq!(timeless(run(&limited(needed), 8).unwrap()), alone);
    }
}

#[test]
fn few_clusters_are_fitted_flat() {
    let data = Data::f32(&clustered(83, 900, 4), 4);
    let few = Params { n_clusters: FLAT_CLUSTERS, ..params() };
    let (fitted, gap) = grown(&data, Metric::Euclidean, None, &few, 1).unwrap();
    let flat = fit(&data, Metric::Euclidean, None, &Init::PlusPlus, &few).unwrap();
    assert_eq!(timeless(fitted), timeless(flat));
    assert_eq!(gap, Gap::default());
}

#[test]
fn as_many_clusters_as_rows_find_every_row() {
    let data = Data::f64(&clustered(84, 400, 3), 3);
    for n_clusters in [400, 399, 390] {
        let (fitted, _) =
            grown(&data, Metric::Euclidean, None, &Params { n_clusters, ..params() }, 2).unwrap();
        assert_exact(&data, Metric::Euclidean, &fitted, "close to n");
        assert_eq!(fitted.n_distinct, n_clusters);
        assert!(fitted.inertia < 1.0, "{n_clusters}: {}", fitted.inertia);
    }
    let too_many = Params { n_clusters: 401, ..params() };
    let error = Error::TooFewPoints { n_samples: 400, n_clusters: 401 };
    assert_eq!(grown(&data, Metric::Euclidean, None, &too_many, 1).err(), Some(error));
}

#[test]
fn duplicates_share_centers() {
    let (different, _) = gapped(85, 30, 3, 30);
    let values: Vec<f64> = (0..20).flat_map(|_| different.clone()).collect();
    let data = Data::f32(&values, 3);
    for metric in METRICS {
        let (fitted, gap) = grown(&data, metric, None, &params(), 1).unwrap();
        assert_exact(&data, metric, &fitted, "duplicates");
        assert!(fitted.n_distinct <= 30, "{}", fitted.n_distinct);
        assert!((0..30).all(|row| fitted.labels[row] == fitted.labels[row + 30]));
        assert!(gap.mislabelled >= 0.0);
    }
    let same = Data::f32(&[1.5; 900], 3);
    let (fitted, gap) = grown(&same, Metric::Euclidean, None, &params(), 1).unwrap();
    assert_eq!((fitted.labels, fitted.inertia), (vec![0; 300], 0.0));
    assert!(gap.inertia_excess.abs() < 1e-12);
}

#[test]
fn rows_without_weight_or_direction_move_nothing() {
    let d = 5;
    let mut values = clustered(86, 1200, d);
    let mut weights = vec![1.0; 1200];
    for row in (0..1200).step_by(5) {
        values[row * d..][..d].fill(0.0);
        weights[row] = 0.0;
    }
    let data = Data::f32(&values, d);
    let (fitted, gap) = grown(&data, Metric::Cosine, None, &params(), 1).unwrap();
    assert_exact(&data, Metric::Cosine, &fitted, "rows of zeros");
    assert_eq!(gap.n_checked, 960, "rows of zeros are not checked");
    let (weighted, _) = grown(&data, Metric::Cosine, Some(&weights), &params(), 1).unwrap();
    assert_eq!(weighted.centers, fitted.centers, "a row of zeros weighs nothing");
    // More clusters than rows that weigh something.
    let few: Vec<f64> = (0..1200).map(|row| if row < 100 { 1.0 } else { 0.0 }).collect();
    let (fitted, _) = grown(&data, Metric::Euclidean, Some(&few), &params(), 1).unwrap();
    assert_exact(&data, Metric::Euclidean, &fitted, "few rows of weight");
    assert_eq!(
        grown(&data, Metric::Euclidean, Some(&[0.0; 1200]), &params(), 1).err(),
        Some(Error::NoWeight)
    );
}

#[test]
fn more_starts_never_end_higher() {
    let data = Data::f32(&clustered(87, 1500, 6), 6);
    let run = |n_init| {
        let params = Params { n_init, max_iter: 2, ..params() };
        grown(&data, Metric::Euclidean, None, &params, 1).unwrap().0
    };
    let (one, three) = (run(1), run(3));
    assert!(three.inertia <= one.inertia);
    assert_eq!(one.n_iter, 2, "max_iter counts refinements");
}

#[test]
fn given_centers_are_refused() {
    let data = Data::f32(&clustered(88, 400, 2), 2);
    let points = data.points(Metric::Euclidean);
    let init = Init::Given(vec![data.centers(&data.exact.values()[..K * 2])]);
    let found = with_threads(1, |context| {
        hierarchical::fit(&points, None, &init, &params(), context).err()
    });
    assert_eq!(found, Some(Error::GivenStart));
}

#[test]
fn only_its_own_iterations_are_reported() {
    let data = Data::f32(&clustered(89, 900, 4), 4);
    let (pool, observer) = (Pool::new(2), Observer::default());
    let context = Context { pool: &pool, observer: &observer };
    let points = data.points(Metric::Euclidean);
    let (found, _) = hierarchical::fit(&points, None, &Init::Random, &params(), &context).unwrap();
    let events = observer.drain();
    assert_eq!(events[0], Event::Initialized { run: 0 });
    let iterations = events.iter().filter(|event| matches!(event, Event::Iteration { .. }));
    assert_eq!(iterations.count(), found.n_iter);
}

#[test]
fn another_thread_cancels_it_in_any_stage() {
    let data = Data::f32(&clustered(90, 3000, 8), 8);
    let points = data.points(Metric::Euclidean);
    let endless = Params { n_init: usize::MAX, ..params() };
    for (n_threads, patience) in [(1, 0), (2, 3), (1, 20), (3, 60)] {
        let (pool, observer) = (Pool::new(n_threads), Observer::default());
        let error = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(patience));
                observer.cancel();
            });
            let context = Context { pool: &pool, observer: &observer };
            hierarchical::fit(&points, None, &Init::PlusPlus, &endless, &context).err()
        });
        assert_eq!(error, Some(Error::Cancelled));
    }
}

#[test]
fn predicting_the_training_rows_gives_the_labels() {
    let data = Data::f32(&clustered(91, 1500, 6), 6);
    for metric in METRICS {
        let (fitted, _) = grown(&data, metric, None, &params(), 1).unwrap();
        let points = data.points(metric);
        let again = with_threads(2, |context| {
            kmeans::assign(&points, fitted.centers.clone(), 6, None, true, context).unwrap()
        });
        assert_eq!(again.labels, fitted.labels);
        assert_eq!(again.inertia, Some(fitted.inertia));
    }
}
