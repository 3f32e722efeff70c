//! Every iteration of Lloyd's algorithm is the textbook's, also where rows are tested against moved centers only.

use fastcluster_core::kmeans::{Centers, Fit, Init, Params, Stop};
use fastcluster_core::naive::{self, Table};
use fastcluster_core::points::Metric;

use crate::data::{Data, Layout, Type, gapped, right_labels, seen, widened};
use crate::fit;
use crate::labels::METRICS;
use crate::random::Random;

/// What the core does to a mean before it publishes it: nothing, or direction only; rounding is compared separately.
pub(crate) fn published(metric: Metric) -> impl Fn(&mut [f64]) {
    move |center: &mut [f64]| {
        if metric == Metric::Cosine {
            let unit = naive::unit(&Table::new(center.to_vec(), center.len()));
            center.copy_from_slice(unit.values());
        }
    }
}

/// The fit after each number of iterations, until it stops by itself.
fn fits(
    data: &Data,
    metric: Metric,
    weights: Option<&[f64]>,
    start: &Centers,
    n_clusters: usize,
) -> Vec<Fit> {
    let mut fits: Vec<Fit> = Vec::new();
    for max_iter in 1..40 {
        let params = Params { n_clusters, max_iter, tol: 0.0, ..Params::default() };
        let fitted =
            fit(data, metric, weights, &Init::Given(vec![start.clone()]), &params).unwrap();
        let stopped = fitted.stop != Stop::MaxIter;
        fits.push(fitted);
        if stopped {
            break;
        }
    }
    fits
}

/// Asserts that centers are those of the textbook, to the rounding of their type and of the sums.
pub(crate) fn assert_near(found: &Centers, right: &Table, scale: f64, what: &str) {
    let unit = if matches!(found, Centers::Single(_)) { f64::from(f32::EPSILON) } else { 1e-13 };
    for (at, (found, right)) in widened(found).iter().zip(right.values()).enumerate() {
        let off = (found - right).abs();
        assert!(
            off <= unit * right.abs() + 1e-13 * scale,
            "{what}: value {at}: {found} is not {right}"
        );
    }
}

/// Follows a fit iteration by iteration; returns how many iterations there were.
pub(crate) fn assert_textbook(
    data: &Data,
    metric: Metric,
    weights: Option<&[f64]>,
    start: &[f64],
    what: &str,
) -> usize {
    let d = data.n_features();
    let n_clusters = start.len() / d;
    let start = data.centers(start);
    let fits = fits(data, metric, weights, &start, n_clusters);
    let scale = data.exact.values().iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let mut before = Table::new(widened(&start), d);
    for (index, fitted) in fits.iter().enumerate() {
        let what =
            format!("{what}, {:?}, {metric:?}, k={n_clusters}, iteration {index}", data.element);
        let labels: Vec<usize> = right_labels(&data.exact, &before, metric)
            .iter()
            .map(|label| *label as usize)
            .collect();
        let (rows, centers) = match metric {
            Metric::Euclidean => (data.exact.clone(), before),
            Metric::Cosine => seen(&data.exact, &before, metric),
        };
        let right = naive::update(&rows, weights, &centers, &labels, &published(metric));
        let scale = if metric == Metric::Cosine { 1.0 } else { scale };
        assert_near(&fitted.centers, &right, scale, &what);
        before = Table::new(widened(&fitted.centers), d);
        assert_eq!(fitted.labels, right_labels(&data.exact, &before, metric), "labels: {what}");
        assert_eq!(fitted.n_iter, index + 1, "{what}");
    }
    fits.len()
}

#[test]
fn are_the_textbooks_on_random_data() {
    let mut random = Random::new(20);
    for element in [Type::F32, Type::F64, Type::F16, Type::I8, Type::Csr32] {
        for (n, d, k) in [(400, 3, 9), (400, 40, 60), (300, 33, 16)] {
            let data = Data::new(element, Layout::C, &random.normals(n * d), d);
            let start = data.exact.values()[..k * d].to_vec();
            for metric in METRICS {
                let n_iter = assert_textbook(&data, metric, None, &start, "random");
                assert!(n_iter > 3, "the later iterations are the point of this test");
            }
        }
    }
}

#[test]
fn are_the_textbooks_on_gapped_data() {
    for element in [Type::F32, Type::F64, Type::Bf16] {
        for (n, d, n_groups, k) in [(300, 4, 6, 6), (300, 40, 20, 52)] {
            let (values, _) = gapped(21, n, d, n_groups);
            let data = Data::new(element, Layout::C, &values, d);
            let start = data.exact.values()[..k * d].to_vec();
            for metric in METRICS {
                assert_textbook(&data, metric, None, &start, "gapped");
            }
        }
    }
}

#[test]
fn are_the_textbooks_with_weights() {
    let mut random = Random::new(22);
    let (n, d, k) = (300, 40, 50);
    let weights: Vec<f64> =
        (0..n).map(|row| if row % 7 == 3 { 0.0 } else { 3.0 * random.uniform() }).collect();
    for element in [Type::F32, Type::F64] {
        let data = Data::new(element, Layout::C, &random.normals(n * d), d);
        let start = data.exact.values()[..k * d].to_vec();
        for metric in METRICS {
            assert_textbook(&data, metric, Some(&weights), &start, "weights");
        }
    }
}

#[test]
fn are_the_textbooks_on_extreme_magnitudes() {
    let mut random = Random::new(23);
    for (element, magnitude) in
        [(Type::F32, 1e30), (Type::F32, 1e-30), (Type::F64, 1e100), (Type::F64, 1e-100)]
    {
        let (n, d, k) = (120, 5, 7);
        let values: Vec<f64> =
            random.normals(n * d).iter().map(|value| value * magnitude).collect();
        let data = Data::new(element, Layout::C, &values, d);
        let start = data.exact.values()[..k * d].to_vec();
        for metric in METRICS {
            assert!(assert_textbook(&data, metric, None, &start, "extreme") > 2);
        }
    }
}

#[test]
fn lead_to_the_same_end_on_gapped_data() {
    for (n, d, n_groups) in [(200, 3, 5), (400, 40, 50)] {
        let (values, groups) = gapped(24, n, d, n_groups);
        let data = Data::f64(&values, d);
        let mut random = Random::new(25);
        // One start beside each group: far enough to move, near enough to stay in its group.
        let start: Vec<f64> =
            values[..n_groups * d].iter().map(|value| value + random.uniform()).collect();
        let params = Params { n_clusters: n_groups, tol: 0.0, ..Params::default() };
        let init = Init::Given(vec![data.centers(&start)]);
        let found = fit(&data, Metric::Euclidean, None, &init, &params).unwrap();
        let right = naive::lloyd(&data.exact, None, &Table::new(start, d), 300, &|_| ());
        let labels: Vec<usize> = found.labels.iter().map(|label| *label as usize).collect();
        assert_eq!(labels, right.labels);
        assert_eq!(labels, groups);
        assert_eq!(found.n_iter, right.n_iter);
        assert!((found.inertia - right.inertia).abs() <= 1e-12 * right.inertia);
        assert_near(&found.centers, &right.centers, 20.0 * n_groups as f64, "end");
    }
}
