//! Mini-batch steps and fits.

use fastcluster_core::kmeans::minibatch::{self, BLOCK_ROWS, Params, Sampling, Step};
use fastcluster_core::kmeans::{Init, Params as LloydParams};
use fastcluster_core::naive::{self, Table};
use fastcluster_core::observer::{Event, Observer};
use fastcluster_core::points::Metric;
use fastcluster_core::pool::Pool;
use fastcluster_core::{Context, Error};

use crate::data::{Data, Layout, TYPES, gapped, right_labels, seen, widened};
use crate::labels::METRICS;
use crate::random::Random;
use crate::{fit, with_threads};

const PARAMS: Params = Params {
    batch_size: 64,
    max_iter: 20,
    tol: 0.0,
    max_no_improvement: None,
    reassignment_ratio: 0.0,
    sampling: Sampling::Rows,
    growth: None,
    seed: 1,
    memory_limit: None,
};

fn step(
    data: &Data,
    metric: Metric,
    weights: Option<&[f64]>,
    centers: &[f64],
    counts: &[f64],
) -> Step {
    with_threads(2, |context| {
        let centers = data.centers(centers);
        minibatch::step(
            &data.points(metric),
            weights,
            centers,
            counts.to_vec(),
            None,
            (0, 1),
            None,
            context,
        )
    })
    .unwrap()
}

fn fitted(data: &Data, weights: Option<&[f64]>, start: &[f64], params: &Params) -> minibatch::Fit {
    let k = start.len() / data.n_features();
    with_threads(1, |context| {
        let points = data.points(Metric::Euclidean);
        minibatch::fit(&points, weights, data.centers(start), k, params, context)
    })
    .unwrap()
}

#[test]
fn a_step_is_the_textbooks() {
    let mut random = Random::new(90);
    for element in TYPES {
        for (n, d, k) in [(200, 4, 9), (150, 36, 50)] {
            let data = Data::new(element, Layout::C, &random.normals(n * d), d);
            let start = data.centers(&data.exact.values()[..k * d]);
            let counts: Vec<f64> = (0..k).map(|cluster| (cluster % 4) as f64).collect();
            let weights: Vec<f64> = (0..n).map(|row| (row % 3) as f64 / 2.0).collect();
            for metric in METRICS {
                for weights in [None, Some(&weights[..])] {
                    let found = step(&data, metric, weights, &widened(&start), &counts);
                    let before = Table::new(widened(&start), d);
                    let (rows, centers) = match metric {
                        Metric::Euclidean => (data.exact.clone(), before.clone()),
                        Metric::Cosine => seen(&data.exact, &before, metric),
                    };
                    let publish = |center: &mut [f64]| {
                        if metric == Metric::Cosine {
                            let unit = naive::unit(&Table::new(center.to_vec(), center.len()));
                            center.copy_from_slice(unit.values());
                        }
                    };
                    let right = naive::minibatch_step(&rows, weights, &centers, &counts, &publish);
                    let what = format!("{element:?} {metric:?} k={k}");
                    assert_eq!(found.labels, right_labels(&data.exact, &before, metric), "{what}");
                    assert_eq!(found.counts, right.counts, "{what}");
                    let inertia =
                        if metric == Metric::Cosine { right.inertia / 2.0 } else { right.inertia };
                    assert!((found.inertia - inertia).abs() <= 1e-12 * inertia, "{what}");
                    let given = |at: usize| right.counts[at / d] > counts[at / d];
                    for (at, (found, right)) in
                        widened(&found.centers).iter().zip(right.centers.values()).enumerate()
                    {
                        // A center that was given nothing keeps its bits, and under cosine its length.
                        let right = if given(at) { *right } else { before.values()[at] };
                        let off = (found - right).abs();
                        assert!(
                            off <= 1.5e-7 * right.abs().max(1e-6),
                            "{what}: {found} is not {right}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn steps_on_halves_are_a_step_on_the_whole() {
    // With the same labels, two batches move a center to the mean of all their rows.
    let (values, _) = gapped(91, 120, 3, 4);
    let whole = Data::f64(&values, 3);
    let halves = [Data::f64(&values[..180], 3), Data::f64(&values[180..], 3)];
    let start: Vec<f64> = values[..12].to_vec();
    let once = step(&whole, Metric::Euclidean, None, &start, &[0.0; 4]);
    let first = step(&halves[0], Metric::Euclidean, None, &start, &[0.0; 4]);
    let second = step(&halves[1], Metric::Euclidean, None, &widened(&first.centers), &first.counts);
    assert_eq!(once.counts, second.counts);
    assert_eq!(once.labels, [first.labels, second.labels].concat());
    for (a, b) in widened(&once.centers).iter().zip(widened(&second.centers)) {
        assert!((a - b).abs() <= 1e-12 * b.abs().max(1.0));
    }
}

#[test]
fn a_row_weighs_in_proportion_to_when_it_was_drawn() {
    let data = Data::f32(&Random::new(92).normals(300 * 3), 3);
    let found = fitted(&data, None, &data.exact.values()[..15], &PARAMS);
    assert_eq!(found.n_steps, 20 * 300 / 64);
    assert_eq!(found.history.len(), found.n_steps);
    let n_steps = found.n_steps as f64;
    let right: f64 = (1..=found.n_steps).map(|step| 64.0 * step as f64 / n_steps).sum();
    assert!((found.counts.iter().sum::<f64>() - right).abs() <= 1e-9 * right);
}

/// Moves of whole epochs from the textbook, the counts faded before each but the first.
fn epochs(
    rows: &Table,
    weights: Option<&[f64]>,
    start: &Table,
    n_epochs: usize,
) -> (Table, Vec<f64>) {
    let (mut centers, mut counts) = (start.clone(), vec![0.0; start.n_rows()]);
    for epoch in 0..n_epochs {
        let fade = epoch as f64 / (epoch + 1) as f64;
        let faded: Vec<f64> = counts.iter().map(|count| count * fade).collect();
        let step = naive::minibatch_step(rows, weights, &centers, &faded, &|_| ());
        (centers, counts) = (step.centers, step.counts);
    }
    (centers, counts)
}

#[test]
fn an_epoch_draws_every_row_once_however_it_is_shuffled() {
    // With fewer than 12 rows per cluster, the centers move once an epoch: the order of the rows then decides nothing.
    let n = 5 * BLOCK_ROWS + 20;
    let data = Data::f64(&Random::new(100).normals(n * 3), 3);
    let start = Table::new(data.exact.values()[..120].to_vec(), 3);
    for n_epochs in [1, 2, 5] {
        let (centers, counts) = epochs(&data.exact, None, &start, n_epochs);
        for sampling in [Sampling::Rows, Sampling::Blocks] {
            for batch_size in [17, 34, 340] {
                let params = Params { batch_size, max_iter: n_epochs, sampling, ..PARAMS };
                let found = fitted(&data, None, start.values(), &params);
                assert_eq!(found.n_steps, n_epochs * n / batch_size);
                for (found, right) in found.counts.iter().zip(&counts) {
                    assert!((found - right).abs() <= 1e-9 * right.max(1.0));
                }
                for (found, right) in widened(&found.centers).iter().zip(centers.values()) {
                    assert!((found - right).abs() <= 1e-9, "{sampling:?}: {found}, not {right}");
                }
                let moves = found.history.iter().filter(|record| record[2] > 0.0).count();
                assert_eq!(moves, n_epochs);
            }
        }
    }
}

#[test]
fn an_epoch_draws_rows_as_often_as_they_weigh() {
    let n = 240;
    let data = Data::f64(&Random::new(101).normals(n * 2), 2);
    let start = Table::new(data.exact.values()[..60].to_vec(), 2);
    // Their mean is 1, so that an epoch draws a row of weight w w times.
    let weights: Vec<f64> = (0..n).map(|row| [0.0, 3.0, 1.0, 0.0][row % 4]).collect();
    let scaled: Vec<f64> = weights.iter().map(|weight| 0.25 * weight).collect();
    let (centers, counts) = epochs(&data.exact, Some(&weights), &start, 3);
    for sampling in [Sampling::Rows, Sampling::Blocks] {
        let params = Params { batch_size: 48, max_iter: 3, sampling, ..PARAMS };
        for weights in [&weights, &scaled] {
            let found = fitted(&data, Some(weights), start.values(), &params);
            for (found, right) in found.counts.iter().zip(&counts) {
                assert!((found - right).abs() <= 1e-9 * right.max(1.0));
            }
            for (found, right) in widened(&found.centers).iter().zip(centers.values()) {
                assert!((found - right).abs() <= 1e-9, "{sampling:?}: {found} is not {right}");
            }
        }
    }
}

#[test]
fn epochs_and_seeds_are_shuffled_differently() {
    let data = Data::f64(&Random::new(102).normals(640 * 2), 2);
    let inertias = |seed| {
        let params = Params { batch_size: 64, max_iter: 2, seed, ..PARAMS };
        let found = fitted(&data, None, &[0.0, 0.0], &params);
        found.history.iter().map(|record| record[0]).collect::<Vec<_>>()
    };
    let (first, other) = (inertias(1), inertias(2));
    assert_eq!(first.len(), 20);
    assert_eq!(first, inertias(1));
    assert!(first.iter().zip(&other).all(|(a, b)| a != b));
    // One center hardly moves in the second epoch: equal batches would have nearly equal inertia.
    assert!(first[..10].iter().zip(&first[10..]).all(|(a, b)| (a - b).abs() > 1e-6));
}

#[test]
fn the_average_is_exponentially_weighted() {
    // It looks back over the data, or over 12 batches where those are fewer rows.
    for (n, look_back) in [(300, 300.0), (3000, 12.0 * 64.0)] {
        let data = Data::f32(&Random::new(93).normals(n * 3), 3);
        let found = fitted(&data, None, &data.exact.values()[..15], &PARAMS);
        assert!(found.history[0][1].is_nan(), "the first step does not count");
        assert_eq!(found.history[1][0], found.history[1][1]);
        let alpha = 2.0 * 64.0 / (look_back + 1.0);
        for pair in found.history[1..].windows(2) {
            let right = pair[0][1] * (1.0 - alpha) + pair[1][0] * alpha;
            assert!((pair[1][1] - right).abs() <= 1e-14 * right);
        }
        assert_eq!(found.ewa_inertia, found.history[found.n_steps - 1][1]);
    }
}

#[test]
fn centers_move_when_they_were_given_enough_rows() {
    let data = Data::f32(&Random::new(103).normals(2000 * 3), 3);
    for (k, batches_per_move) in [(5, 1), (6, 2), (40, 8), (400, 32)] {
        let params = Params { max_iter: 3, ..PARAMS };
        let found = fitted(&data, None, &data.exact.values()[..3 * k], &params);
        assert_eq!(found.n_steps, 93);
        for (at, record) in found.history.iter().enumerate() {
            let due = (at + 1) % batches_per_move == 0 || at + 1 == 93;
            assert_eq!(record[2] > 0.0, due, "step {at} with {k} clusters");
        }
    }
}

#[test]
fn batches_that_share_their_centers_do_not_end_a_fit() {
    let data = Data::f32(&Random::new(104).normals(2000 * 3), 3);
    let params = Params { max_no_improvement: Some(1), max_iter: 100, ..PARAMS };
    let found = fitted(&data, None, &data.exact.values()[..120], &params);
    assert!(found.n_steps >= 16 && found.n_steps.is_multiple_of(8), "{}", found.n_steps);
}

#[test]
fn a_fit_ends_with_means() {
    // Two centers win no row. Where all rows make one move, they are reassigned before the second, not after the first.
    let data = Data::f64(&Random::new(105).normals(64 * 2), 2);
    let start = [&data.exact.values()[..16], &[1e3, 1e3, -1e3, 1e3]].concat();
    for (max_iter, reassigned) in [(1, false), (2, true)] {
        let (pool, observer) = (Pool::new(1), Observer::default());
        let context = Context { pool: &pool, observer: &observer };
        let params = Params { max_iter, reassignment_ratio: 0.01, ..PARAMS };
        let points = data.points(Metric::Euclidean);
        let found =
            minibatch::fit(&points, None, data.centers(&start), 10, &params, &context).unwrap();
        let far = widened(&found.centers).iter().any(|value| value.abs() == 1e3);
        assert_eq!(far, !reassigned);
        let events = observer.drain();
        assert_eq!(events.contains(&Event::Reassigned { n_centers: 2 }), reassigned);
    }
}

#[test]
fn small_clusters_beside_a_huge_one_are_left_alone() {
    let data = Data::f64(&Random::new(106).normals(100 * 2), 2);
    let reassigned = |counts: Vec<f64>| {
        let centers = data.centers(&data.exact.values()[..2 * counts.len()]);
        let points = data.points(Metric::Euclidean);
        with_threads(1, |context| {
            minibatch::step(&points, None, centers, counts, Some(0.01), (7, 1), None, context)
        })
        .unwrap()
        .n_reassigned
    };
    // Less than a hundredth of the largest, more than a twentieth of the mean.
    let mut counts = vec![600.0; 10];
    counts[3] = 1e5;
    assert_eq!(reassigned(counts.clone()), 0);
    counts[5] = 300.0;
    assert_eq!(reassigned(counts), 1);
}

#[test]
fn a_fit_stops_when_it_stops_improving() {
    let data = Data::f32(&Random::new(94).normals(300 * 3), 3);
    let params = Params { max_no_improvement: Some(3), max_iter: 100, ..PARAMS };
    let found = fitted(&data, None, &data.exact.values()[..15], &params);
    let averages: Vec<f64> = found.history[1..].iter().map(|record| record[1]).collect();
    let (mut least, mut without, mut stop) = (f64::INFINITY, 0, None);
    for (at, average) in averages.iter().enumerate() {
        (least, without) = if *average < least { (*average, 0) } else { (least, without + 1) };
        if without == 3 {
            stop = stop.or(Some(at));
        }
    }
    assert_eq!(
        stop,
        Some(averages.len() - 1),
        "after the third step without improvement, not before or later"
    );
}

#[test]
fn a_fit_stops_when_the_centers_stand_still() {
    let data = Data::f32(&Random::new(95).normals(300 * 3), 3);
    let (pool, observer) = (Pool::new(1), Observer::default());
    let context = Context { pool: &pool, observer: &observer };
    let params = Params { tol: 0.01, ..PARAMS };
    let points = data.points(Metric::Euclidean);
    let start = data.centers(&data.exact.values()[..15]);
    let found = minibatch::fit(&points, None, start, 5, &params, &context).unwrap();
    let variance: f64 = (0..3)
        .map(|feature| {
            let values: Vec<f64> = data.exact.rows().map(|row| row[feature]).collect();
            let mean = values.iter().sum::<f64>() / 300.0;
            values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 300.0 / 3.0
        })
        .sum();
    let shifts: Vec<f64> = found.history.iter().map(|record| record[2]).collect();
    let first = shifts[1..].iter().position(|shift| *shift <= 0.01 * variance).map(|at| at + 1);
    assert_eq!(first, Some(found.n_steps - 1));
    assert_eq!(observer.drain().last(), Some(&Event::SmallChange { step: found.n_steps }));
}

#[test]
fn rows_are_drawn_by_weight() {
    // Rows of weight zero lie far off: one of them in a batch would pull a center out.
    let mut values = Random::new(96).normals(200 * 2);
    values[200..].iter_mut().for_each(|value| *value += 1e6);
    let weights: Vec<f64> = (0..200)
        .map(|row| {
            if row < 50 {
                1.0
            } else if row < 100 {
                3.0
            } else {
                0.0
            }
        })
        .collect();
    let data = Data::f64(&values, 2);
    let params = Params { batch_size: 500, max_iter: 40, ..PARAMS };
    let found = fitted(&data, Some(&weights), &[0.0, 0.0], &params);
    let center = widened(&found.centers);
    for (feature, found) in center.iter().enumerate() {
        let weighted = |row: usize| weights[row] * data.exact.row(row)[feature];
        let right = (0..200).map(weighted).sum::<f64>() / 200.0;
        // 8,000 draws of standard deviation 1.
        assert!((found - right).abs() < 0.05, "{found} is not {right}");
    }
}

#[test]
fn a_center_that_is_given_nothing_is_reassigned_to_a_row() {
    let data = Data::f64(&Random::new(97).normals(100 * 2), 2);
    let start = [&data.exact.values()[..8], &[1e3, 1e3, -1e3, 1e3]].concat();
    let done = with_threads(1, |context| {
        let centers = data.centers(&start);
        let points = data.points(Metric::Euclidean);
        minibatch::step(&points, None, centers, vec![0.0; 6], Some(0.01), (7, 1), None, context)
    })
    .unwrap();
    let centers = Table::new(widened(&done.centers), 2);
    for far in [4, 5] {
        assert!(data.exact.rows().any(|row| row == centers.row(far)), "{:?}", centers.row(far));
        let least = done.counts[..4].iter().fold(f64::INFINITY, |least, count| least.min(*count));
        assert_eq!(done.counts[far], least);
    }
    assert_ne!(centers.row(4), centers.row(5));
}

#[test]
fn a_center_is_not_reassigned_to_a_row_without_weight_or_direction() {
    let mut values = Random::new(98).normals(100 * 2);
    values[20..].fill(0.0);
    let data = Data::f64(&values, 2);
    let weights: Vec<f64> = (0..100).map(|row| if row < 10 { 1.0 } else { 0.0 }).collect();
    for (metric, weights) in [(Metric::Cosine, None), (Metric::Euclidean, Some(&weights[..]))] {
        for seed in 0..10 {
            let centers = data.centers(&[&values[..4], &[-1e3, 1e3]].concat());
            let done = with_threads(1, |context| {
                let counts = vec![5.0, 5.0, 0.0];
                minibatch::step(
                    &data.points(metric),
                    weights,
                    centers,
                    counts,
                    Some(0.9),
                    (seed, 1),
                    None,
                    context,
                )
            })
            .unwrap();
            for center in widened(&done.centers).chunks(2) {
                assert_ne!(center, [0.0, 0.0], "{metric:?}");
            }
        }
    }
}

#[test]
fn a_fit_comes_near_to_lloyds_result() {
    let (values, _) = gapped(99, 2000, 8, 10);
    let data = Data::f32(&values, 8);
    let start = &data.exact.values()[..80];
    let params = LloydParams { n_clusters: 10, ..LloydParams::default() };
    let lloyd =
        fit(&data, Metric::Euclidean, None, &Init::Given(vec![data.centers(start)]), &params)
            .unwrap();
    let found = fitted(&data, None, start, &Params { batch_size: 256, ..PARAMS });
    let table = Table::new(widened(&found.centers), 8);
    let labels = naive::assign(&data.exact, &table);
    let inertia = naive::inertia(&data.exact, None, &table, &labels);
    assert!(inertia < 1.02 * lloyd.inertia, "{inertia} against {}", lloyd.inertia);
}

#[test]
fn wrong_input_is_refused() {
    let data = Data::f32(&[0.0, 1.0, 2.0, 3.0], 1);
    let points = data.points(Metric::Euclidean);
    let refused = |start: &[f64], k, params: &Params| {
        with_threads(1, |context| {
            minibatch::fit(&points, None, data.centers(start), k, params, context)
        })
        .err()
    };
    let zero = |name| Some(Error::Zero { name });
    assert_eq!(refused(&[0.0], 1, &Params { batch_size: 0, ..PARAMS }), zero("batch_size"));
    assert_eq!(refused(&[0.0], 1, &Params { max_iter: 0, ..PARAMS }), zero("max_iter"));
    assert_eq!(refused(&[0.0], 0, &PARAMS), zero("n_clusters"));
    let many = refused(&[0.0; 5], 5, &PARAMS);
    assert_eq!(many, Some(Error::TooFewPoints { n_samples: 4, n_clusters: 5 }));
    let wide = refused(&[0.0; 4], 2, &PARAMS);
    assert_eq!(wide, Some(Error::FeatureMismatch { n_centers_features: 2, n_features: 1 }));
}

#[test]
fn the_memory_limit_is_refused_or_changes_nothing() {
    let data = Data::f32(&Random::new(107).normals(3000 * 24), 24);
    let start = &data.exact.values()[..24 * 20];
    let weights: Vec<f64> = (0..3000).map(|row| f64::from(row % 3)).collect();
    for growth in [None, Some(2.0)] {
        for weights in [None, Some(&weights[..])] {
            let limited = |memory_limit| {
                let params = Params { max_iter: 3, growth, memory_limit, ..PARAMS };
                with_threads(2, |context| {
                    let points = data.points(Metric::Euclidean);
                    minibatch::fit(&points, weights, data.centers(start), 20, &params, context)
                })
            };
            let Err(Error::Memory { needed, limit: 1 }) = limited(Some(1)) else {
                panic!("one byte cannot be enough")
            };
            assert!(matches!(limited(Some(needed - 1)), Err(Error::Memory { .. })));
            let (free, enough) = (limited(None).unwrap(), limited(Some(needed)).unwrap());
            assert_eq!(enough.centers, free.centers, "growth {growth:?}");
            assert_eq!(enough.batch_sizes, free.batch_sizes);
        }
    }
    let points = data.points(Metric::Euclidean);
    let refused = with_threads(1, |context| {
        let centers = data.centers(start);
        minibatch::step(&points, None, centers, vec![0.0; 20], None, (0, 1), Some(9), context)
    });
    assert!(matches!(refused, Err(Error::Memory { limit: 9, .. })));
}

/// The rows that [`minibatch::batches`] draws in an epoch, sorted.
fn epoch(n_rows: usize, weights: Option<&[f64]>, sampling: Sampling) -> Vec<u32> {
    let mut batches = minibatch::batches(n_rows, weights, sampling, 1).unwrap();
    let (mut rows, mut epoch) = (Vec::new(), Vec::new());
    for size in [n_rows / 3, 0, n_rows - n_rows / 3] {
        batches.draw(size, &mut rows);
        assert_eq!(rows.len(), size);
        epoch.extend(&rows);
    }
    epoch.sort_unstable();
    epoch
}

#[test]
fn the_rows_of_batches_are_handed_out_alone() {
    for sampling in [Sampling::Rows, Sampling::Blocks] {
        for n_rows in [1, 2, 500] {
            let all: Vec<u32> = (0..n_rows as u32).collect();
            assert_eq!(epoch(n_rows, None, sampling), all);
        }
        assert_eq!(epoch(4, Some(&[2.0, 0.0, 1.0, 1.0]), sampling), [0, 0, 2, 3]);
    }
}

#[test]
fn no_rows_to_draw_from_are_refused() {
    let refused = |n_rows, weights| minibatch::batches(n_rows, weights, Sampling::Rows, 0).err();
    assert_eq!(refused(0, None), Some(Error::Zero { name: "n_samples" }));
    assert_eq!(refused(2, Some(&[0.0, 0.0][..])), Some(Error::NoWeight));
    let length = Error::LengthMismatch { name: "sample_weight", found: 1, expected: 2 };
    assert_eq!(refused(2, Some(&[1.0][..])), Some(length));
    let too_many = u32::MAX as usize + 1;
    assert_eq!(refused(too_many, None), Some(Error::TooManyPoints { n_samples: too_many }));
}
