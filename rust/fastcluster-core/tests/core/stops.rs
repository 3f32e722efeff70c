//! When a fit ends, and which of several runs it keeps.

use std::time::Duration;

use fastcluster_core::kmeans::{self, Fit, Init, Params, Stop, minibatch};
use fastcluster_core::naive::Table;
use fastcluster_core::observer::{Event, Observer};
use fastcluster_core::points::Metric;
use fastcluster_core::pool::Pool;
use fastcluster_core::{Context, Error, Level};

use crate::data::{Data, gapped, right_labels, widened};
use crate::labels::METRICS;
use crate::random::Random;
use crate::{fit, with_threads};

fn random_data(seed: u64, n: usize, d: usize) -> Data {
    Data::f32(&Random::new(seed).normals(n * d), d)
}

/// A fit without the times it took.
pub(crate) fn timeless(mut fit: Fit) -> Fit {
    fit.history.iter_mut().for_each(|record| record.seconds = 0.0);
    fit
}

/// The same without what depends on how much of the rows was kept: the time and the work.
fn workless(fit: Fit) -> Fit {
    let mut fit = timeless(fit);
    fit.history.iter_mut().for_each(|record| (record.n_scored, record.n_rechecked) = (0, 0));
    fit
}

#[test]
fn strict_convergence_ends_without_a_change() {
    let data = random_data(40, 300, 3);
    let params = Params { n_clusters: 6, tol: 0.0, ..Params::default() };
    let found = fit(&data, Metric::Euclidean, None, &Init::Random, &params).unwrap();
    assert_eq!(found.stop, Stop::Strict);
    assert_eq!(found.n_iter, found.history.len());
    let changes: Vec<u64> = found.history.iter().map(|record| record.n_changed).collect();
    assert_eq!(changes[0], 300, "every row gets its first label");
    assert_eq!(changes.iter().position(|changed| *changed == 0), Some(changes.len() - 1));
    assert_eq!(found.history[changes.len() - 1].center_shift, 0.0);
}

/// The mean over the features of their population variances.
fn mean_variance(data: &Data) -> f64 {
    let (n, d) = (data.n_rows() as f64, data.n_features());
    let variance = |feature: usize| {
        let values = || data.exact.rows().map(|row| row[feature]);
        let mean = values().sum::<f64>() / n;
        values().map(|value| (value - mean).powi(2)).sum::<f64>() / n
    };
    (0..d).map(variance).sum::<f64>() / d as f64
}

#[test]
fn the_tolerance_is_a_share_of_the_mean_variance() {
    let mut values = Random::new(41).normals(400 * 2);
    values.iter_mut().step_by(2).for_each(|value| *value = 7.0 * *value + 100.0);
    let data = Data::f64(&values, 2);
    let init = Init::Given(vec![data.centers(&values[..14])]);
    let params = Params { n_clusters: 7, tol: 0.0, ..Params::default() };
    let whole = fit(&data, Metric::Euclidean, None, &init, &params).unwrap();
    let shifts: Vec<f64> = whole.history.iter().map(|record| record.center_shift).collect();
    assert!(shifts.len() > 4);
    for (place, shift) in shifts[..shifts.len() - 1].iter().enumerate() {
        for (factor, reached) in [(1.0 + 1e-9, true), (1.0 - 1e-9, false)] {
            let tol = factor * shift / mean_variance(&data);
            let found =
                fit(&data, Metric::Euclidean, None, &init, &Params { tol, ..params }).unwrap();
            let limit = if reached { *shift } else { shift * (1.0 - 1e-10) };
            let first = shifts.iter().position(|shift| *shift <= limit).unwrap();
            assert_eq!(found.n_iter, first + 1, "at the shift of iteration {place}, {reached}");
            let last = first + 1 == shifts.len();
            assert_eq!(found.stop, if last { Stop::Strict } else { Stop::Tolerance });
        }
    }
}

#[test]
fn labels_belong_to_the_centers_however_it_ends() {
    let data = random_data(42, 400, 5);
    for metric in METRICS {
        for (tol, max_iter, stop) in [
            (0.0, 300, Stop::Strict),
            (1e9, 300, Stop::Tolerance),
            (0.0, 1, Stop::MaxIter),
            (0.0, 3, Stop::MaxIter),
        ] {
            let params = Params { n_clusters: 20, tol, max_iter, ..Params::default() };
            let found = fit(&data, metric, None, &Init::Random, &params).unwrap();
            assert_eq!(found.stop, stop);
            let centers = Table::new(widened(&found.centers), 5);
            assert_eq!(found.labels, right_labels(&data.exact, &centers, metric));
            let again = with_threads(1, |context| {
                kmeans::assign(&data.points(metric), found.centers.clone(), 5, None, true, context)
            });
            let again = again.unwrap();
            assert_eq!((again.labels, again.inertia), (found.labels, Some(found.inertia)));
        }
    }
}

#[test]
fn inertia_never_rises() {
    let weights: Vec<f64> = (0..500).map(|row| f64::from(row % 5)).collect();
    for (d, k) in [(3, 10), (40, 60)] {
        for metric in METRICS {
            for weights in [None, Some(&weights[..])] {
                let data = random_data(43, 500, d);
                let params = Params { n_clusters: k, tol: 0.0, ..Params::default() };
                let found = fit(&data, metric, weights, &Init::Random, &params).unwrap();
                let mut course: Vec<f64> =
                    found.history.iter().map(|record| record.inertia).collect();
                course.push(found.inertia);
                assert!(course.len() > 3);
                let rises = |pair: &[f64]| pair[1] > pair[0] * (1.0 + 1e-6);
                assert!(!course.windows(2).any(rises), "{metric:?} {course:?}");
                let last = course[course.len() - 2];
                assert!(
                    (last - found.inertia).abs() <= 1e-6 * found.inertia,
                    "{last} {}",
                    found.inertia
                );
            }
        }
    }
}

#[test]
fn more_starts_never_keep_a_worse_run() {
    let (values, _) = gapped(44, 200, 2, 9);
    let data = Data::f64(&values, 2);
    let fitted = |n_init| {
        let params = Params { n_clusters: 9, n_init, ..Params::default() };
        fit(&data, Metric::Euclidean, None, &Init::Random, &params).unwrap()
    };
    let inertias: Vec<f64> = (1..9).map(|n_init| fitted(n_init).inertia).collect();
    assert!(inertias.windows(2).all(|pair| pair[1] <= pair[0]), "{inertias:?}");
    assert!(inertias[7] < inertias[0], "random starts differ: {inertias:?}");
}

#[test]
fn the_best_of_given_starts_is_kept_whole() {
    let data = random_data(45, 200, 3);
    let starts: Vec<_> =
        (0..6).map(|index| data.centers(&Random::new(index).normals(5 * 3))).collect();
    let params = Params { n_clusters: 5, n_init: 99, ..Params::default() };
    let fitted = |starts: Vec<_>| {
        timeless(fit(&data, Metric::Euclidean, None, &Init::Given(starts), &params).unwrap())
    };
    let each: Vec<Fit> = starts.iter().map(|start| fitted(vec![start.clone()])).collect();
    let best = each.iter().min_by(|a, b| a.inertia.total_cmp(&b.inertia)).unwrap();
    assert_eq!(&fitted(starts), best);
}

#[test]
fn the_same_partition_under_other_names_replaces_nothing() {
    let (values, _) = gapped(46, 60, 2, 3);
    let data = Data::f64(&values, 2);
    let starts: Vec<_> = [[0, 1, 2], [2, 0, 1], [1, 2, 0]]
        .iter()
        .map(|order| data.centers(data.exact.select(order).values()))
        .collect();
    let params = Params { n_clusters: 3, ..Params::default() };
    let found = fit(&data, Metric::Euclidean, None, &Init::Given(starts), &params).unwrap();
    assert_eq!(found.labels[..3], [0, 1, 2]);
}

#[test]
fn the_memory_limit_is_refused_before_anything_is_done() {
    let data = random_data(47, 600, 64);
    let limited = |memory_limit| {
        let params = Params { n_clusters: 150, memory_limit, ..Params::default() };
        fit(&data, Metric::Euclidean, None, &Init::Random, &params)
    };
    let Err(Error::Memory { needed, limit: 1000 }) = limited(Some(1000)) else {
        panic!("1000 bytes cannot be enough");
    };
    assert!(limited(Some(needed - 1)).is_err());
    let (small, large) =
        (workless(limited(Some(needed)).unwrap()), workless(limited(None).unwrap()));
    assert_eq!(small, large, "rows that are not kept give the same bits");
    if Level::current().name() == "avx512vnni" {
        assert_eq!(small.words, "int8", "only then are there rows to keep");
    }
}

#[test]
fn rows_that_are_not_kept_give_the_same_bits_under_cosine_and_in_float64() {
    let values = Random::new(48).normals(500 * 64);
    for data in [Data::f64(&values, 64), Data::f32(&values, 64)] {
        for metric in METRICS {
            let limited = |memory_limit| {
                let params = Params { n_clusters: 150, memory_limit, ..Params::default() };
                fit(&data, metric, None, &Init::PlusPlus, &params)
            };
            let Err(Error::Memory { needed, .. }) = limited(Some(0)) else {
                panic!("no bytes are enough")
            };
            let whole = workless(limited(None).unwrap());
            // With room for nothing but states, then for the bounds of sieves too, then for all.
            for limit in (0..8).map(|step| needed + step * 40_000) {
                assert_eq!(workless(limited(Some(limit)).unwrap()), whole);
            }
        }
    }
}

#[test]
fn a_call_cancelled_before_it_begins_does_nothing() {
    let data = random_data(49, 50, 3);
    let (pool, observer) = (Pool::new(2), Observer::default());
    let points = data.points(Metric::Euclidean);
    observer.cancel();
    let context = Context { pool: &pool, observer: &observer };
    let params = Params { n_clusters: 3, ..Params::default() };
    assert_eq!(
        kmeans::fit(&points, None, &Init::PlusPlus, &params, &context),
        Err(Error::Cancelled)
    );
    assert_eq!(observer.drain(), []);
}

/// Cancels from another thread once `ready` accepts an event; the work would go on for hours.
fn cancelled(
    n_threads: usize,
    ready: fn(&Event) -> bool,
    work: impl Fn(&Context<'_>) -> Option<Error>,
) {
    let (pool, observer) = (Pool::new(n_threads), Observer::default());
    let error = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !observer.drain().iter().any(ready) {
                std::thread::sleep(Duration::from_millis(1));
            }
            observer.cancel();
        });
        work(&Context { pool: &pool, observer: &observer })
    });
    assert_eq!(error, Some(Error::Cancelled));
}

#[test]
fn another_thread_cancels_a_running_fit() {
    let data = random_data(50, 700, 4);
    let points = data.points(Metric::Euclidean);
    for n_threads in [1, 3] {
        let iterating = |event: &Event| matches!(event, Event::Iteration { .. });
        cancelled(n_threads, iterating, |context| {
            let params =
                Params { n_clusters: 30, n_init: usize::MAX, tol: 0.0, ..Params::default() };
            kmeans::fit(&points, None, &Init::Random, &params, context).err()
        });
        let stepping = |event: &Event| matches!(event, Event::Step { step, .. } if *step > 10);
        cancelled(n_threads, stepping, |context| {
            let params = minibatch::Params {
                batch_size: 100,
                max_iter: usize::MAX >> 20,
                tol: 0.0,
                max_no_improvement: None,
                reassignment_ratio: 0.01,
                sampling: minibatch::Sampling::Rows,
                growth: None,
                memory_limit: None,
                seed: 0,
            };
            let start = data.centers(&data.exact.values()[..40]);
            minibatch::fit(&points, None, start, 10, &params, context).err()
        });
    }
}

#[test]
fn events_tell_the_course_of_every_run() {
    let data = random_data(51, 300, 3);
    let (pool, observer) = (Pool::new(1), Observer::default());
    let context = Context { pool: &pool, observer: &observer };
    let params = Params { n_clusters: 5, n_init: 3, tol: 0.0, ..Params::default() };
    let points = data.points(Metric::Euclidean);
    let found = kmeans::fit(&points, None, &Init::Random, &params, &context).unwrap();
    let events = observer.drain();
    assert_eq!(observer.drain(), []);
    let inertia_of_run = |wanted: usize| -> Vec<f64> {
        let of_run = |event: &Event| match event {
            Event::Iteration { run, inertia, .. } if *run == wanted => Some(*inertia),
            _ => None,
        };
        events.iter().filter_map(of_run).collect()
    };
    let kept: Vec<f64> = found.history.iter().map(|record| record.inertia).collect();
    assert!((0..3).any(|run| inertia_of_run(run) == kept), "the history is that of one run");
    for run in 0..3 {
        assert!(events.contains(&Event::Initialized { run }));
        let iteration = inertia_of_run(run).len() - 1;
        assert!(events.contains(&Event::StrictConvergence { run, iteration }));
    }
}
