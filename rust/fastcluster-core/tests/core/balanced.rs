//! Size bounds: assignments of minimum cost, sizes always within the bounds, an objective that never rises.

use fastcluster_core::kmeans::balanced::{self, Fit, Params};
use fastcluster_core::kmeans::{self, Init};
use fastcluster_core::naive::{self, Balance, Table};
use fastcluster_core::observer::{Event, Observer};
use fastcluster_core::points::Metric;
use fastcluster_core::pool::Pool;
use fastcluster_core::{Context, Error};
use proptest::prelude::*;

use crate::data::{Data, Layout, TYPES, widened};
use crate::random::Random;
use crate::with_threads;

fn fit_on(
    n_threads: usize,
    data: &Data,
    metric: Metric,
    weights: Option<&[f64]>,
    init: &Init,
    params: &Params,
) -> Result<Fit, Error> {
    let points = data.points(metric);
    with_threads(n_threads, |context| balanced::fit(&points, weights, init, params, context))
}

fn fit(data: &Data, weights: Option<&[f64]>, init: &Init, params: &Params) -> Fit {
    fit_on(1, data, Metric::Euclidean, weights, init, params).unwrap()
}

/// Multiples of 1/4 below 4: sums and squared distances of them are exact.
fn lattice(random: &mut Random, n: usize) -> Vec<f64> {
    (0..n).map(|_| random.below(33) as f64 / 4.0 - 4.0).collect()
}

/// The least cost over every assignment there is.
fn least_of_all(
    rows: &Table,
    weights: Option<&[f64]>,
    centers: &Table,
    balance: Balance,
) -> Option<f64> {
    let (n, k) = (rows.n_rows(), centers.n_rows());
    let mut least: Option<f64> = None;
    for number in 0..k.pow(n as u32) {
        let labels: Vec<usize> = (0..n as u32).map(|row| number / k.pow(row) % k).collect();
        let size = |cluster| labels.iter().filter(|label| **label == cluster).count();
        if (0..k).all(|cluster| (balance.size_min..=balance.size_max).contains(&size(cluster))) {
            let cost = naive::balanced_cost(rows, weights, centers, &labels, balance.penalty);
            least = Some(least.map_or(cost, |least| least.min(cost)));
        }
    }
    least
}

#[test]
fn the_textbook_version_finds_the_least_cost_of_all_assignments() {
    let mut random = Random::new(70);
    for case in 0..60 {
        let (n, k, d) = (1 + random.below(6), 1 + random.below(3), 1 + random.below(3));
        let rows = Table::new(lattice(&mut random, n * d), d);
        let centers = Table::new(lattice(&mut random, k * d), d);
        let weights: Vec<f64> = (0..n).map(|_| random.below(3) as f64).collect();
        let balance = Balance {
            size_min: random.below(n / k + 1),
            size_max: n.div_ceil(k) + random.below(3),
            penalty: [0.0, 0.5, 8.0][case % 3],
        };
        let labels = naive::balanced_assign(&rows, Some(&weights), &centers, balance);
        let cost = naive::balanced_cost(&rows, Some(&weights), &centers, &labels, balance.penalty);
        assert_eq!(Some(cost), least_of_all(&rows, Some(&weights), &centers, balance));
    }
}

/// Labels of a fit cost what the textbook's cost with the same centers, and keep to the bounds.
fn assert_least(data: &Data, weights: Option<&[f64]>, params: &Params, found: &Fit) {
    let (n, k) = (data.n_rows(), params.n_clusters);
    let centers = Table::new(widened(&found.centers), data.n_features());
    let labels: Vec<usize> = found.labels.iter().map(|label| *label as usize).collect();
    for (cluster, size) in found.sizes.iter().enumerate() {
        assert_eq!(labels.iter().filter(|label| **label == cluster).count() as u64, *size);
        assert!(params.size_min.is_none_or(|least| *size >= least as u64));
        assert!(params.size_max.is_none_or(|most| *size <= most as u64));
    }
    let inertia = naive::inertia(&data.exact, weights, &centers, &labels);
    assert!((inertia - found.inertia).abs() <= 1e-9 * (1.0 + inertia));
    // The objective takes the squares about n/k: the penalty itself is what is left of it.
    let mean = n as f64 / k as f64;
    let uneven: f64 = found.sizes.iter().map(|size| (*size as f64 - mean).powi(2)).sum();
    let penalty = if uneven > 0.0 { (found.objective - found.inertia) / uneven } else { f64::NAN };
    if params.balance > 0.0 && penalty.is_nan() {
        return;
    }
    let balance = Balance {
        size_min: params.size_min.unwrap_or(0),
        size_max: params.size_max.unwrap_or(n),
        penalty: if params.balance > 0.0 { penalty } else { 0.0 },
    };
    let right = naive::balanced_assign(&data.exact, weights, &centers, balance);
    let cost = |labels: &[usize]| {
        naive::balanced_cost(&data.exact, weights, &centers, labels, balance.penalty)
    };
    let (cost, least) = (cost(&labels), cost(&right));
    assert!((cost - least).abs() <= 1e-7 * (1.0 + least), "{cost} is not the least, {least}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn an_assignment_costs_what_the_textbooks_costs(
        seed in 0_u64..1_000_000,
        n in 1_usize..60,
        k in 1_usize..9,
        d in 1_usize..5,
        bounds in 0_usize..4,
        balance in prop::sample::select(vec![0.0, 0.05, 0.7, 1e9]),
        weighted: bool,
        max_iter in 1_usize..5,
    ) {
        let mut random = Random::new(seed);
        let (n, k) = (n.max(k), k);
        let data = Data::f64(&lattice(&mut random, n * d), d);
        let weights: Vec<f64> = (0..n).map(|row| (random.below(4) + usize::from(row == 0)) as f64).collect();
        let weights = weighted.then_some(weights.as_slice());
        let init = Init::Given(vec![data.centers(&lattice(&mut random, k * d))]);
        let (size_min, size_max) = [
            (None, None),
            (Some(n / k), Some(n.div_ceil(k))),
            (Some(random.below(n / k + 1)), None),
            (None, Some(n.div_ceil(k) + random.below(4))),
        ][bounds];
        let params = Params { n_clusters: k, size_min, size_max, balance, max_iter, tol: 0.0, ..Params::default() };
        let found = fit(&data, weights, &init, &params);
        assert_least(&data, weights, &params, &found);
        for pair in found.history.windows(2) {
            prop_assert!(pair[1].objective <= pair[0].objective * (1.0 + 1e-9) + 1e-9);
        }
    }
}

#[test]
fn lists_that_end_too_early_are_searched_again() {
    // Most rows lie in one heap, so that they have to be spread over far clusters whose candidates no list has at first.
    let mut random = Random::new(71);
    let (n, k, d) = (300, 30, 3);
    let mut values = random.normals(n * d);
    values.iter_mut().skip(3 * d).for_each(|value| *value *= 0.05);
    let data = Data::f64(&values, d);
    let init = Init::Given(vec![data.centers(&random.normals(k * d))]);
    let params = Params {
        n_clusters: k,
        size_min: Some(10),
        size_max: Some(10),
        max_iter: 1,
        ..Params::default()
    };
    let found = fit(&data, None, &init, &params);
    assert!(found.history[0].n_widened > 0 && found.history[0].n_paths > 0);
    assert_least(&data, None, &params, &found);
}

#[test]
fn every_type_and_metric_keeps_to_the_bounds_on_any_number_of_threads() {
    let mut random = Random::new(72);
    let values = random.normals(2_500 * 6);
    for element in TYPES {
        let data = Data::new(element, Layout::C, &values, 6);
        for metric in [Metric::Euclidean, Metric::Cosine] {
            let params = Params {
                n_clusters: 20,
                size_min: Some(100),
                size_max: Some(140),
                balance: 0.1,
                max_iter: 4,
                ..Params::default()
            };
            let of = |n_threads| {
                let found =
                    fit_on(n_threads, &data, metric, None, &Init::PlusPlus, &params).unwrap();
                assert!(found.sizes.iter().all(|size| (100..=140).contains(size)), "{element:?}");
                (found.labels, found.centers, found.inertia.to_bits(), found.objective.to_bits())
            };
            assert_eq!(of(1), of(3), "{element:?}, {metric:?}");
        }
    }
}

#[test]
fn without_bounds_it_is_k_means() {
    let mut random = Random::new(73);
    let data = Data::f32(&random.normals(900 * 5), 5);
    let params = Params { n_clusters: 12, seed: 3, ..Params::default() };
    let found = fit(&data, None, &Init::PlusPlus, &params);
    let plain = kmeans::Params { n_clusters: 12, seed: 3, ..kmeans::Params::default() };
    let plain = crate::fit(&data, Metric::Euclidean, None, &Init::PlusPlus, &plain).unwrap();
    assert_eq!(found.labels, plain.labels);
    assert_eq!(found.centers, plain.centers);
    assert_eq!(found.n_iter, plain.n_iter);
}

#[test]
fn a_stronger_balance_evens_sizes_out() {
    let mut random = Random::new(74);
    let data = Data::f32(&random.normals(600 * 4), 4);
    let uneven = |balance| {
        let params = Params { n_clusters: 7, balance, ..Params::default() };
        let found = fit(&data, None, &Init::PlusPlus, &params);
        found.sizes.iter().map(|size| (*size as f64 - 600.0 / 7.0).powi(2)).sum::<f64>()
    };
    let series = [0.0, 0.05, 0.5, 1e12].map(uneven);
    assert!(series.is_sorted_by(|a, b| a >= b), "{series:?}");
    // 600 = 7·85 + 5: as equal as they can be.
    let most_even = 5.0 * (86.0 - 600.0 / 7.0_f64).powi(2) + 2.0 * (85.0 - 600.0 / 7.0_f64).powi(2);
    assert!((series[3] - most_even).abs() < 1e-9);
}

#[test]
fn weights_and_scale_of_the_data_change_no_label() {
    let mut random = Random::new(75);
    let values = random.normals(400 * 3);
    let init = |data: &Data, factor: f64| {
        let start: Vec<f64> = values[..18].iter().map(|value| value * factor).collect();
        Init::Given(vec![data.centers(&start)])
    };
    let params = Params { n_clusters: 6, size_min: Some(50), balance: 0.2, ..Params::default() };
    let data = Data::f64(&values, 3);
    let right = fit(&data, None, &init(&data, 1.0), &params).labels;
    let weights = vec![2.0_f64.powi(300); 400];
    assert_eq!(fit(&data, Some(&weights), &init(&data, 1.0), &params).labels, right);
    for exponent in [-200, 200] {
        let factor = 2.0_f64.powi(exponent);
        let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
        let data = Data::f64(&scaled, 3);
        assert_eq!(fit(&data, None, &init(&data, factor), &params).labels, right, "2^{exponent}");
    }
}

#[test]
fn one_far_outlier_does_not_blur_the_other_costs() {
    let mut values = vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    values.push(1e12);
    let data = Data::f64(&values, 1);
    let init = Init::Given(vec![data.centers(&[0.0, 5.0, 1e12])]);
    let params = Params {
        n_clusters: 3,
        size_min: Some(1),
        size_max: Some(3),
        max_iter: 1,
        ..Params::default()
    };
    assert_eq!(fit(&data, None, &init, &params).labels, [0, 0, 0, 1, 1, 1, 2]);
}

#[test]
fn equal_rows_are_dealt_out() {
    for (k, d) in [(1, 1), (3, 2), (12, 1)] {
        let data = Data::f32(&vec![1.5; 12 * d], d);
        let params = Params {
            n_clusters: k,
            size_min: Some(12 / k),
            size_max: Some(12 / k),
            ..Params::default()
        };
        let found = fit(&data, None, &Init::PlusPlus, &params);
        assert_eq!(found.sizes, vec![12 / k as u64; k]);
        assert_eq!(found.inertia, 0.0);
    }
}

#[test]
fn rows_of_zeros_under_cosine_fill_clusters() {
    let data = Data::f32(&[1.0, 0.0, 1.0, 0.1, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 2);
    let params =
        Params { n_clusters: 2, size_min: Some(3), size_max: Some(3), ..Params::default() };
    let init = Init::Given(vec![data.centers(&[1.0, 0.0, 0.0, 1.0])]);
    let found = fit_on(1, &data, Metric::Cosine, None, &init, &params).unwrap();
    assert_eq!(found.labels[..3], [0, 0, 1]);
    assert_eq!(found.sizes, [3, 3]);
}

#[test]
fn sizes_that_cannot_be_met_are_refused() {
    let data = Data::f32(&[0.0, 1.0, 2.0, 3.0, 4.0], 1);
    let base = Params { n_clusters: 2, ..Params::default() };
    let cases = [
        (
            Params { size_min: Some(3), ..base },
            "size_min=3 needs n_clusters * size_min = 6 rows, but X has 5\nhint: pass size_min=2 or less",
        ),
        (
            Params { size_max: Some(2), ..base },
            "size_max=2 leaves room for n_clusters * size_max = 4 rows, but X has 5\nhint: pass size_max=3 or more",
        ),
        (
            Params { size_min: Some(2), size_max: Some(1), ..base },
            "size_min=2 must be <= size_max=1\nhint: exchange the two, or leave one out",
        ),
        (
            Params { size_min: Some(usize::MAX), ..base },
            "size_min=18446744073709551615 needs n_clusters * size_min = 18446744073709551615 rows, but X has 5\nhint: pass size_min=2 or less",
        ),
        (
            Params { balance: -0.5, ..base },
            "balance=-0.5 must be a finite number >= 0\nhint: 0 is off, 1 is strong; for equal sizes set size_min and size_max",
        ),
        (
            Params { balance: f64::INFINITY, ..base },
            "balance=inf must be a finite number >= 0\nhint: 0 is off, 1 is strong; for equal sizes set size_min and size_max",
        ),
        (Params { n_clusters: 0, ..base }, "n_clusters must be at least 1, got 0"),
        (Params { max_iter: 0, ..base }, "max_iter must be at least 1, got 0"),
    ];
    for (params, says) in cases {
        let error = fit_on(1, &data, Metric::Euclidean, None, &Init::PlusPlus, &params);
        assert_eq!(error.unwrap_err().to_string(), says);
    }
    let params = Params { memory_limit: Some(100), ..base };
    let error = fit_on(1, &data, Metric::Euclidean, None, &Init::PlusPlus, &params);
    assert!(matches!(error, Err(Error::Memory { limit: 100, .. })));
}

#[test]
fn another_thread_cancels_a_running_fit() {
    let mut random = Random::new(76);
    let data = Data::f32(&random.normals(700 * 4), 4);
    let points = data.points(Metric::Euclidean);
    let (pool, observer) = (Pool::new(2), Observer::default());
    let params = Params {
        n_clusters: 30,
        size_max: Some(24),
        n_init: usize::MAX,
        tol: 0.0,
        ..Params::default()
    };
    let found = std::thread::scope(|scope| {
        scope.spawn(|| {
            let iterating = |event: &Event| matches!(event, Event::Iteration { .. });
            while !observer.drain().iter().any(iterating) {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            observer.cancel();
        });
        let context = Context { pool: &pool, observer: &observer };
        balanced::fit(&points, None, &Init::Random, &params, &context)
    });
    assert_eq!(found, Err(Error::Cancelled));
}
