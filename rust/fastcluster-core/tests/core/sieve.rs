//! Fits so large that their passes are sieves of bytes or of sketches: every iteration, and what it costs.

use fastcluster_core::Level;
use fastcluster_core::kmeans::{Fit, Init, Params};
use fastcluster_core::naive::Table;
use fastcluster_core::points::Metric;

use crate::data::{Data, Layout, Type, right_labels, widened};
use crate::iterations::assert_textbook;
use crate::labels::METRICS;
use crate::random::Random;
use crate::{fit, with_threads};

/// Rows, features and clusters: enough of them for bytes on every instruction set that has them.
const SHAPE: (usize, usize, usize) = (700, 64, 360);

/// The same for a sketch.
const LARGE: (usize, usize, usize) = (2100, 128, 1100);

/// Rows around `n_groups` points that lie in `rank` dimensions, `noise` from them; neighbors are of different groups.
pub(crate) fn grouped(
    (n, d): (usize, usize),
    (n_groups, rank): (usize, usize),
    noise: f64,
    random: &mut Random,
) -> Vec<f64> {
    let directions = random.normals(rank * d);
    let mut points = Vec::new();
    for _ in 0..n_groups {
        let weights = random.normals(rank);
        points.extend((0..d).map(|feature| {
            let terms = weights.iter().zip(directions.chunks(d));
            terms.map(|(weight, direction)| weight * direction[feature]).sum::<f64>()
        }));
    }
    (0..n)
        .flat_map(|row| {
            let point = &points[row % n_groups * d..][..d];
            let row: Vec<f64> = point.iter().map(|value| value + noise * random.normal()).collect();
            row
        })
        .collect()
}

/// Rows of the kinds that bounds get wrong.
fn kinds(random: &mut Random) -> Vec<(&'static str, Vec<f64>)> {
    let (n, d, _) = SHAPE;
    let lattice: Vec<f64> = random.normals(n * d).iter().map(|value| value.round()).collect();
    let mut duplicates = random.normals(n * d);
    for row in 0..n {
        duplicates.copy_within(row % 400 * d..(row % 400 + 1) * d, row * d);
    }
    let mut outliers = random.normals(n * d);
    let mut huge = grouped((n, d), (40, 8), 0.1, random);
    for row in (5..n).step_by(90) {
        outliers[row * d..(row + 1) * d].iter_mut().for_each(|value| *value *= 300.0);
        huge[row * d..(row + 1) * d].iter_mut().for_each(|value| *value *= 2e3);
    }
    let groups = grouped((n, d), (60, 8), 0.5, random);
    vec![
        ("normal", random.normals(n * d)),
        ("lattice", lattice),
        ("duplicates", duplicates),
        ("outliers", outliers),
        ("huge", huge),
        ("groups", groups),
    ]
}

#[test]
fn every_iteration_of_a_fit_on_bytes_is_the_textbooks() {
    let mut random = Random::new(80);
    let (_, d, k) = SHAPE;
    let weights: Vec<f64> = (0..SHAPE.0).map(|row| [1.0, 0.0, 0.3, 2.5][row % 4]).collect();
    let types = [Type::F32, Type::F64, Type::F16, Type::U8];
    for (index, (name, values)) in kinds(&mut random).into_iter().enumerate() {
        for (at, metric) in METRICS.into_iter().enumerate() {
            let data = Data::new(types[(index + 3 * at) % 4], Layout::C, &values, d);
            let start = data.exact.values()[..k * d].to_vec();
            let weights = (index % 3 == 1).then_some(&weights[..]);
            assert_textbook(&data, metric, weights, &start, name);
        }
    }
}

/// Start centers far from all rows are empty, so that rows are relocated to them, some in later iterations.
#[test]
fn every_iteration_of_a_fit_on_bytes_that_relocates_is_the_textbooks() {
    let mut random = Random::new(81);
    let (n, d, k) = SHAPE;
    let values = grouped((n, d), (50, 8), 0.3, &mut random);
    for element in [Type::F32, Type::F64] {
        let data = Data::new(element, Layout::C, &values, d);
        let mut start = data.exact.values()[..k * d].to_vec();
        start[k / 2 * d..].iter_mut().for_each(|value| *value *= -40.0);
        assert_textbook(&data, Metric::Euclidean, None, &start, "relocated");
    }
}

fn fitted(data: &Data, metric: Metric, k: usize, max_iter: usize) -> Fit {
    let start = data.centers(&data.exact.values()[..k * data.n_features()]);
    let params = Params { n_clusters: k, max_iter, tol: 0.0, ..Params::default() };
    fit(data, metric, None, &Init::Given(vec![start]), &params).unwrap()
}

fn assert_right(data: &Data, metric: Metric, fitted: &Fit, what: &str) {
    let centers = Table::new(widened(&fitted.centers), data.n_features());
    assert_eq!(fitted.labels, right_labels(&data.exact, &centers, metric), "{what} {metric:?}");
}

#[test]
fn labels_of_a_fit_on_a_sketch_are_the_brute_forces() {
    let mut random = Random::new(82);
    let (n, d, k) = LARGE;
    let values = grouped((n, d), (300, 20), 0.4, &mut random);
    for (element, metric) in
        METRICS.into_iter().enumerate().map(|(at, m)| ([Type::F32, Type::F64][at], m))
    {
        let data = Data::new(element, Layout::C, &values, d);
        for max_iter in [12, 15] {
            assert_right(&data, metric, &fitted(&data, metric, k, max_iter), "sketch");
        }
    }
}

/// After the first passes, a fit on data with clusters scores few pairs, and compares few rows.
#[test]
fn later_passes_score_a_small_share_of_the_pairs() {
    if Level::current().bytes_saving() == 0.0 {
        return;
    }
    let mut random = Random::new(83);
    let (_, d, k) = SHAPE;
    let n = 3000;
    let values = grouped((n, d), (40, 12), 1.0, &mut random);
    for metric in METRICS {
        let data = Data::f32(&values, d);
        let found = fitted(&data, metric, k, 40);
        assert_eq!(found.words, "int8");
        let pairs = (n * k) as u64;
        assert!(found.history.len() > 2, "the later passes are the point of this test");
        assert!(found.history.iter().all(|record| record.n_scored <= 2 * pairs));
        let later = found.history[2..].iter().map(|record| record.n_scored);
        assert!(later.max().unwrap() * 4 < pairs, "{metric:?}: {:?}", found.history);
        let last = found.history.last().unwrap();
        assert!(last.n_scored * 20 < pairs, "{metric:?}: {} of {pairs}", last.n_scored);
        assert!(last.n_rechecked < n as u64 / 2, "{metric:?}: {}", last.n_rechecked);
    }
}

/// Directions beyond the rank of the data hold nothing: they must not cost the others their worth.
#[test]
fn rows_of_low_rank_are_sifted_all_the_same() {
    if Level::current().bytes_saving() == 0.0 {
        return;
    }
    let mut random = Random::new(84);
    let (n, d, k) = LARGE;
    let values = grouped((n, d), (n, 5), 0.0, &mut random);
    let data = Data::f32(&values, d);
    let found = fitted(&data, Metric::Euclidean, k, 12);
    assert_right(&data, Metric::Euclidean, &found, "low rank");
    for record in &found.history[1..] {
        let each = record.n_rechecked as f64 / n as f64;
        assert!(each < k as f64 / 10.0, "{each} distances a row");
    }
}

#[test]
fn rows_of_zeros_keep_label_zero_under_cosine() {
    let mut random = Random::new(85);
    let (n, d, k) = SHAPE;
    let mut values = grouped((n, d), (60, 8), 0.5, &mut random);
    values.chunks_mut(d).skip(k).step_by(9).for_each(|row| row.fill(0.0));
    for data in [Data::f32(&values, d), Data::f64(&values, d)] {
        for max_iter in [1, 2, 3, 30] {
            let found = fitted(&data, Metric::Cosine, k, max_iter);
            assert_right(&data, Metric::Cosine, &found, "zeros");
            assert!(found.labels[k..].iter().step_by(9).all(|label| *label == 0));
        }
    }
}

#[test]
fn fits_on_a_sketch_do_not_depend_on_threads() {
    let mut random = Random::new(86);
    let (n, d, k) = LARGE;
    let data = Data::f32(&grouped((n, d), (300, 20), 0.4, &mut random), d);
    let init = Init::Given(vec![data.centers(&data.exact.values()[..k * d])]);
    let params = Params { n_clusters: k, max_iter: 14, tol: 0.0, ..Params::default() };
    let on = |n_threads| {
        with_threads(n_threads, |context| {
            let points = data.points(Metric::Euclidean);
            fastcluster_core::kmeans::fit(&points, None, &init, &params, context)
        })
        .map(crate::stops::timeless)
        .unwrap()
    };
    let one = on(1);
    for n_threads in [2, 3, 7] {
        assert_eq!(on(n_threads), one, "{n_threads} threads");
    }
}
