//! DBSCAN: the labels of the textbook search, whatever the order of pairs, the threads, the passes and the types.

use fastcluster_core::dbscan::{self, Fit, Links, NOISE, Params, Step, neighborhoods, precomputed};
use fastcluster_core::naive::{self, Table};
use fastcluster_core::observer::Observer;
use fastcluster_core::points::{Csr, Metric, Points, Values};
use fastcluster_core::pool::Pool;
use fastcluster_core::{Context, Error};

use crate::data::{Data, LAYOUTS, Layout, TYPES, Type};
use crate::random::Random;
use crate::with_threads;

/// Each two rows with a probability, and every row with itself.
fn random_graph(random: &mut Random, n: usize, density: f64) -> Vec<Vec<usize>> {
    let mut near: Vec<Vec<usize>> = (0..n).map(|row| vec![row]).collect();
    for one in 0..n {
        for other in one + 1..n {
            if random.uniform() < density {
                near[one].push(other);
                near[other].push(one);
            }
        }
    }
    near
}

/// What the links make of the pairs in this order, dealt out to threads.
fn linked(
    pairs: &[(u32, u32)],
    n: usize,
    (min_samples, weights): (usize, Option<&[f64]>),
    memory_limit: Option<u64>,
    n_threads: usize,
) -> (Fit, usize) {
    with_threads(n_threads, |context| {
        let mut links = Links::new(n, min_samples, weights, memory_limit).unwrap();
        for n_passes in 1.. {
            let deal = |(): &mut (), task: usize| {
                pairs.iter().skip(task).step_by(16).for_each(|(a, b)| links.pair(*a, *b));
                Ok(())
            };
            context.pool.map_tasks(context.observer, 16, || (), deal).unwrap();
            links = match links.advance(context).unwrap() {
                Step::Again(links) => links,
                Step::Done(fit) => return (fit, n_passes),
            };
        }
        unreachable!()
    })
}

/// Pairs of a graph in random order, either end first.
fn shuffled(random: &mut Random, near: &[Vec<usize>]) -> Vec<(u32, u32)> {
    let each = near.iter().enumerate().flat_map(|(one, others)| {
        others
            .iter()
            .filter(move |other| **other > one)
            .map(move |other| (one as u32, *other as u32))
    });
    let pairs: Vec<(u32, u32)> = each.collect();
    let order = random.permutation(pairs.len());
    let turned = |at: usize, (a, b)| if at.is_multiple_of(2) { (a, b) } else { (b, a) };
    order.iter().enumerate().map(|(at, pair)| turned(at, pairs[*pair])).collect()
}

#[test]
fn no_order_of_pairs_and_no_meeting_of_threads_changes_a_label() {
    for seed in 0..150 {
        let mut random = Random::new(seed);
        let n = 2 + random.below(60);
        let density = [0.02, 0.08, 0.3, 1.0][random.below(4)];
        let near = random_graph(&mut random, n, density);
        let min_samples = 1 + random.below(8);
        let kinds: [&dyn Fn(&mut Random) -> f64; 4] = [
            &|_| 1.0,
            &|random| 1.0 + random.below(3) as f64,
            &|random| random.below(4) as f64 / 2.0,
            &|random| random.below(5) as f64 - 1.0,
        ];
        for (kind, weigh) in kinds.iter().enumerate() {
            let weights: Vec<f64> = (0..n).map(|_| weigh(&mut random)).collect();
            let (labels, cores) = naive::dbscan(&near, Some(&weights), min_samples);
            let right = Fit { labels, cores };
            for n_threads in [1, 2, 3, 7] {
                let pairs = shuffled(&mut random, &near);
                let given = (min_samples, Some(&weights[..]));
                let (fit, n_passes) = linked(&pairs, n, given, None, n_threads);
                assert_eq!(fit, right, "seed {seed}, weights {kind}, {n_threads} threads");
                assert!(n_passes <= if kind < 2 { 1 } else { 3 });
            }
        }
    }
}

#[test]
fn three_passes_find_what_one_finds() {
    let mut random = Random::new(5);
    for min_samples in [9, 14, 40] {
        let near = random_graph(&mut random, 200, 0.06);
        let pairs = shuffled(&mut random, &near);
        let (labels, cores) = naive::dbscan(&near, None, min_samples);
        let (one, n_passes) = linked(&pairs, 200, (min_samples, None), None, 3);
        assert_eq!((one, n_passes), (Fit { labels, cores }, 1));
        let limit = Some(24 * 200);
        let (three, n_passes) = linked(&pairs, 200, (min_samples, None), limit, 3);
        let (again, _) = linked(&pairs, 200, (min_samples, None), None, 1);
        assert_eq!(three, again);
        let some = three.cores.contains(&true) && three.cores.contains(&false);
        assert_eq!(n_passes, if some { 3 } else { 2 });
    }
    let refused = Links::new(200, 40, None, Some(24 * 200 - 1));
    assert_eq!(refused.unwrap_err(), Error::Memory { needed: 4800, limit: 4799 });
}

#[test]
fn what_is_settled_need_not_come() {
    let mut n_skipped = 0;
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let (n, size) = (96, 8);
        let near = random_graph(&mut random, n, [0.05, 0.4, 0.9][seed as usize % 3]);
        let min_samples = 2 + random.below(6);
        let (labels, cores) = naive::dbscan(&near, None, min_samples);
        let right = Fit { labels, cores };
        for limit in [None, Some(24 * 96)] {
            let mut links = Links::new(n, min_samples, None, limit).unwrap();
            let fit = loop {
                for tile in random.permutation((n / size) * (n / size)) {
                    let (a, b) = (tile / (n / size) * size, tile % (n / size) * size);
                    let rows = (a..a + size).chain(b..b + size).map(|row| row as u32);
                    if links.settled(rows) {
                        n_skipped += 1;
                        continue;
                    }
                    for (one, near) in near.iter().enumerate().skip(a).take(size) {
                        let others = near.iter().filter(|j| (b..b + size).contains(j));
                        let others = others.filter(|other| **other > one).map(|j| *j as u32);
                        links.row(one as u32, &others.collect::<Vec<u32>>());
                    }
                }
                links = match with_threads(1, |context| links.advance(context)).unwrap() {
                    Step::Again(links) => links,
                    Step::Done(fit) => break fit,
                };
            };
            assert_eq!(fit, right, "seed {seed}");
        }
    }
    assert!(n_skipped > 2_000, "only {n_skipped} of 17,280 tiles and more were settled");
}

#[test]
fn neighborhoods_come_in_parts() {
    let mut random = Random::new(12);
    let near = random_graph(&mut random, 150, 0.05);
    let (labels, cores) = naive::dbscan(&near, None, 6);
    let parts = [(0, 1), (1, 90), (90, 150), (150, 150)];
    let fit = with_threads(3, |context| {
        let links = Links::new(150, 6, None, None).unwrap();
        for (first, end) in parts {
            let rows = &near[first..end];
            let counts = rows.iter().scan(0, |count, row| {
                *count += row.len() as i64;
                Some(*count)
            });
            let offsets: Vec<i64> = std::iter::once(0).chain(counts).collect();
            let columns: Vec<i64> = rows.iter().flatten().map(|row| *row as i64).collect();
            neighborhoods::feed(&links, first, &offsets, &columns, context).unwrap();
        }
        links.advance(context)
    });
    assert!(matches!(fit, Ok(Step::Done(fit)) if fit == Fit { labels, cores }));

    let refused = |first, offsets: &[i64], columns: &[i64]| {
        let links = Links::new(3, 2, None, None).unwrap();
        with_threads(1, |context| neighborhoods::feed(&links, first, offsets, columns, context))
    };
    for offsets in [&[][..], &[1, 2], &[0, 1], &[0, 2, 1], &[0, -1]] {
        assert!(
            matches!(refused(0, offsets, &[0, 1]), Err(Error::BadSparse { .. })),
            "{offsets:?}"
        );
    }
    let far = Error::OutOfRange { name: "rows", found: 3, end: 3 };
    assert_eq!(refused(2, &[0, 1, 2], &[0, 1]), Err(far));
    assert!(matches!(refused(0, &[0, 1], &[3]), Err(Error::OutOfRange { .. })));
    assert!(matches!(refused(0, &[0, 1], &[-1]), Err(Error::OutOfRange { .. })));
    assert_eq!(refused(0, &[0, 2], &[0, 1]), Ok(()));
}

fn params(eps: f64, min_samples: usize) -> Params {
    Params { eps, min_samples, memory_limit: None }
}

fn fitted(data: &Data, metric: Metric, params: &Params, n_threads: usize) -> Fit {
    let points = data.points(metric);
    with_threads(n_threads, |context| dbscan::fit(&points, params, None, context)).unwrap()
}

/// The textbook's answer.
fn right(table: &Table, metric: Metric, params: &Params) -> Fit {
    let near = match metric {
        Metric::Euclidean => naive::within(table, params.eps),
        Metric::Cosine => naive::within_angle(&naive::unit(table), params.eps),
    };
    let (labels, cores) = naive::dbscan(&near, None, params.min_samples);
    Fit { labels, cores }
}

/// Labels of the training rows from the core rows alone.
fn predicted(data: &Data, metric: Metric, params: &Params, fit: &Fit) -> Vec<i64> {
    let d = data.n_features();
    let cores: Vec<usize> = (0..data.n_rows()).filter(|row| fit.cores[*row]).collect();
    if cores.is_empty() {
        return vec![NOISE; data.n_rows()];
    }
    // Components keep the type of the rows: float64 for float64, else float32 holds them.
    let element = if data.points(metric).is_double() { Type::F64 } else { Type::F32 };
    let values = data.exact.select(&cores);
    let components = Data::new(element, Layout::C, values.values(), d);
    let labels: Vec<i64> = cores.iter().map(|row| fit.labels[*row]).collect();
    with_threads(3, |context| {
        let (points, cores) = (data.points(metric), components.points(metric));
        dbscan::predict(&points, &cores, &labels, params.eps, context)
    })
    .unwrap()
}

#[test]
fn labels_are_the_textbooks_for_every_type_layout_and_metric() {
    for (seed, element) in TYPES.into_iter().enumerate() {
        for layout in LAYOUTS {
            let mut random = Random::new(seed as u64);
            let data = Data::new(element, layout, &random.normals(90 * 3), 3);
            for metric in [Metric::Euclidean, Metric::Cosine] {
                let integers = matches!(element, Type::I8 | Type::U8);
                let scale = if integers && metric == Metric::Euclidean { 16.0 } else { 1.0 };
                let eps = if metric == Metric::Cosine { 0.02 } else { 0.5 };
                let params = params(eps * scale, 4);
                let fit = fitted(&data, metric, &params, 2);
                assert_eq!(fit, right(&data.exact, metric, &params), "{element:?} {layout:?}");
                assert_eq!(predicted(&data, metric, &params, &fit), fit.labels);
            }
        }
    }
}

#[test]
fn distances_equal_to_eps_count_on_lattices() {
    // √2, √3, √5 squared are below or above 2, 3, 5; the rule compares with what eps·eps gives.
    for eps in [1.0, 2.0_f64.sqrt(), 3.0_f64.sqrt(), 5.0_f64.sqrt(), 2.0] {
        for seed in 0..12 {
            let mut random = Random::new(seed);
            let d = 1 + random.below(4);
            let side = [12, 9, 5, 4][d - 1];
            let lattice: Vec<f64> = (0..80 * d).map(|_| random.below(side) as f64).collect();
            for element in [Type::F64, Type::F32, Type::Csr64] {
                let data = Data::new(element, Layout::C, &lattice, d);
                let params = params(eps, 1 + random.below(7));
                let fit = fitted(&data, Metric::Euclidean, &params, 2);
                assert_eq!(fit, right(&data.exact, Metric::Euclidean, &params));
                assert_eq!(predicted(&data, Metric::Euclidean, &params, &fit), fit.labels);
            }
        }
    }
}

/// The same matrix with its entries split, out of order and beside explicit zeros.
fn disordered(data: &[f64], n_features: usize) -> (Vec<f64>, Vec<i64>, Vec<i64>) {
    let (mut values, mut indices, mut offsets) = (Vec::new(), Vec::new(), vec![0]);
    for row in data.chunks(n_features) {
        for (column, value) in row.iter().enumerate().rev().filter(|(_, value)| **value != 0.0) {
            values.extend([value / 2.0, 0.0, value / 2.0]);
            indices.extend([column as i64, (column / 2) as i64, column as i64]);
        }
        offsets.push(values.len() as i64);
    }
    (values, indices, offsets)
}

#[test]
fn entries_of_wide_rows_give_the_labels_of_whole_rows() {
    let (n, d) = (300, 400);
    let mut random = Random::new(6);
    let mut values = vec![0.0; n * d];
    for row in values.chunks_mut(d) {
        let topic = random.below(5) * 80;
        for column in 0..6 {
            row[topic + 7 * column] = 1.0 + random.normal() / 10.0;
        }
    }
    values[..d].fill(0.0);
    let (data, indices, offsets) = disordered(&values, d);
    let sparse = Values::Csr64(Csr::new(&data, &indices, &offsets, d).unwrap());
    let dense = Data::f64(&values, d);
    for (metric, eps) in [(Metric::Euclidean, 0.3), (Metric::Cosine, 0.01)] {
        let params = params(eps, 4);
        let plain = fitted(&dense, metric, &params, 2);
        assert!(plain.labels.contains(&4) && plain.labels.contains(&NOISE));
        let narrow = Data::new(Type::Csr64, Layout::C, &values, d);
        assert_eq!(fitted(&narrow, metric, &params, 2), plain);
        assert_eq!(predicted(&narrow, metric, &params, &plain), plain.labels);
        let (fit, labels) = with_threads(2, |context| {
            let points = Points::new(sparse, metric, context).unwrap();
            let fit = dbscan::fit(&points, &params, None, context).unwrap();
            let all = Params { min_samples: 1, ..params };
            let apart = dbscan::fit(&points, &all, None, context).unwrap();
            let labels = dbscan::predict(&points, &points, &apart.labels, eps, context).unwrap();
            (fit, (apart.labels, labels))
        });
        assert_eq!(fit, plain);
        // Every row is core here, but the row of zeros is not near itself under cosine.
        let from = usize::from(metric == Metric::Cosine);
        assert_eq!(labels.0[from..], labels.1[from..]);
    }
}

#[test]
fn many_blocks_and_any_number_of_threads_give_the_same() {
    let mut random = Random::new(8);
    let data = Data::f32(&random.normals(900 * 2), 2);
    for (eps, min_samples) in [(0.05, 3), (0.12, 6), (3.0, 20)] {
        let params = params(eps, min_samples);
        let alone = fitted(&data, Metric::Euclidean, &params, 1);
        assert_eq!(alone, right(&data.exact, Metric::Euclidean, &params));
        for n_threads in [2, 3, 7] {
            assert_eq!(fitted(&data, Metric::Euclidean, &params, n_threads), alone);
        }
    }
}

#[test]
fn a_power_of_two_changes_nothing_however_extreme() {
    let mut random = Random::new(9);
    let values = random.normals(120 * 3);
    let plain = fitted(&Data::f64(&values, 3), Metric::Euclidean, &params(0.5, 4), 1);
    for exponent in [-900, -60, 70, 900] {
        let factor = 2.0_f64.powi(exponent);
        let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
        let data = Data::f64(&scaled, 3);
        let params = params(0.5 * factor, 4);
        let fit = fitted(&data, Metric::Euclidean, &params, 1);
        assert_eq!(fit, plain);
        assert_eq!(predicted(&data, Metric::Euclidean, &params, &fit), fit.labels);
    }
}

#[test]
fn a_row_of_zeros_is_far_from_all_others_under_cosine() {
    let data = Data::f64(&[0.0, 0.0, 1.0, 0.0, 2.0, 0.1, 0.0, 0.0, 3.0, 0.0], 2);
    let fit = fitted(&data, Metric::Cosine, &params(0.1, 2), 1);
    assert_eq!(fit.labels, [NOISE, 0, 0, NOISE, 0]);
    let alone = fitted(&data, Metric::Cosine, &params(0.1, 1), 1);
    assert_eq!(alone.labels, [0, 1, 1, 2, 1]);
    assert_eq!(fitted(&data, Metric::Cosine, &params(1.0, 5), 1).labels, [0; 5]);
}

#[test]
fn more_samples_than_rows_make_noise() {
    let data = Data::f32(&[0.0, 0.0, 0.0], 1);
    for min_samples in [4, 1 << 40] {
        let fit = fitted(&data, Metric::Euclidean, &params(1.0, min_samples), 1);
        assert_eq!((fit.labels, fit.cores), (vec![NOISE; 3], vec![false; 3]));
    }
    assert_eq!(fitted(&data, Metric::Euclidean, &params(1.0, 3), 1).labels, [0; 3]);
}

#[test]
fn given_distances_are_searched_as_they_are() {
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let n = 1 + random.below(40);
        // Whole numbers, not symmetric, some diagonals beyond eps; zeros are absent from the sparse forms.
        let values: Vec<f64> = (0..n * n).map(|_| random.below(9) as f64).collect();
        let min_samples = 1 + random.below(12);
        let weights: Vec<f64> = (0..n).map(|_| random.below(5) as f64 / 2.0 - 0.5).collect();
        for weights in [None, Some(&weights[..])] {
            for element in [Type::F64, Type::F32, Type::F16, Type::Csr64, Type::Csr32] {
                let data = Data::new(element, Layout::C, &values, n);
                let sparse = matches!(element, Type::Csr64 | Type::Csr32);
                let is_near = |row: usize, column: usize| {
                    let value = values[row * n + column];
                    value <= 2.0 && (value > 0.0 || !sparse || row == column)
                };
                let near: Vec<Vec<usize>> = (0..n)
                    .map(|row| (0..n).filter(|column| is_near(row, *column)).collect())
                    .collect();
                let (labels, cores) = naive::dbscan(&near, weights, min_samples);
                let params = params(2.0, min_samples);
                let fit = |context: &Context<'_>| {
                    precomputed::fit(data.values(), &params, weights, context)
                };
                let fit = with_threads(2, fit).unwrap();
                assert_eq!(fit, Fit { labels, cores }, "seed {seed}, {element:?}");
                let of_core = |row: usize| if fit.cores[row] { fit.labels[row] } else { NOISE };
                let core_labels: Vec<i64> = (0..n).map(of_core).collect();
                let predict = |context: &Context<'_>| {
                    precomputed::predict(data.values(), &core_labels, 2.0, context)
                };
                let smallest = |row: usize| {
                    let near = (0..n).filter(|column| {
                        let value = values[row * n + column];
                        value <= 2.0 && (value > 0.0 || !sparse)
                    });
                    near.map(of_core).filter(|label| *label != NOISE).min().unwrap_or(NOISE)
                };
                let expected: Vec<i64> = (0..n).map(smallest).collect();
                assert_eq!(with_threads(2, predict).unwrap(), expected);
            }
        }
    }
}

#[test]
fn wrong_input_is_refused() {
    let data = Data::f32(&[0.0, 1.0, 2.0, 3.0], 2);
    let points = data.points(Metric::Euclidean);
    let fit = |params: &Params, weights: Option<&[f64]>| {
        with_threads(1, |context| dbscan::fit(&points, params, weights, context)).unwrap_err()
    };
    for eps in [0.0, -1.0] {
        assert_eq!(fit(&params(eps, 1), None), Error::BadEps { eps });
    }
    assert!(matches!(fit(&params(f64::NAN, 1), None), Error::BadEps { .. }));
    assert_eq!(fit(&params(1.0, 0), None), Error::Zero { name: "min_samples" });
    let short = Error::LengthMismatch { name: "sample_weight", found: 1, expected: 2 };
    assert_eq!(fit(&params(1.0, 1), Some(&[1.0])), short);
    let limited = Params { memory_limit: Some(10), ..params(1.0, 2) };
    assert_eq!(fit(&limited, None), Error::Memory { needed: 48, limit: 10 });

    let given = |data: &Data| {
        with_threads(1, |context| precomputed::fit(data.values(), &params(1.0, 1), None, context))
    };
    let oblong = Data::f32(&[0.0; 6], 3);
    assert_eq!(given(&oblong), Err(Error::NotSquare { n_rows: 2, n_columns: 3 }));
    for element in [Type::F64, Type::Csr32] {
        let negative = Data::new(element, Layout::C, &[0.0, 1.0, -2.0, 0.0], 2);
        let error = Error::NegativeDistance { row: 1, column: 0, value: -2.0 };
        assert_eq!(given(&negative), Err(error));
    }

    let predict = |cores: &Data, labels: &[i64], eps: f64| {
        let cores = cores.points(Metric::Euclidean);
        with_threads(1, |context| dbscan::predict(&points, &cores, labels, eps, context))
    };
    assert!(matches!(predict(&data, &[0, 0], f64::NAN), Err(Error::BadEps { .. })));
    assert!(matches!(predict(&data, &[0], 1.0), Err(Error::LengthMismatch { .. })));
    let wide = Error::WidthMismatch { name: "components_", found: 3, expected: 2 };
    assert_eq!(predict(&oblong, &[0, 0], 1.0), Err(wide));
}

#[test]
fn a_cancelled_call_ends() {
    let data = Data::f32(&Random::new(1).normals(600), 2);
    let (pool, observer) = (Pool::new(2), Observer::default());
    let points = data.points(Metric::Euclidean);
    observer.cancel();
    let context = Context { pool: &pool, observer: &observer };
    assert_eq!(dbscan::fit(&points, &params(1.0, 3), None, &context), Err(Error::Cancelled));
    let predicted = dbscan::predict(&points, &points, &[0; 300], 1.0, &context);
    assert_eq!(predicted, Err(Error::Cancelled));
}
