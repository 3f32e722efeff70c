//! Start centers have the distribution that their names promise.
//!
//! Seeds are fixed, so every test gives the same verdict every time; the thresholds are those of a test that a right
//! distribution fails once in a thousand times.

use std::collections::BTreeMap;

use fastcluster_core::kmeans::{self, Init};
use fastcluster_core::naive::{self, Table, squared_distance};
use fastcluster_core::points::Metric;

use crate::data::{Data, Layout, TYPES, widened};
use crate::labels::METRICS;
use crate::random::Random;
use crate::with_threads;

const INITS: [Init; 3] = [Init::PlusPlus, Init::Parallel, Init::Random];

/// The rows that `init` chooses.
fn rows(
    data: &Data,
    weights: Option<&[f64]>,
    init: &Init,
    k: usize,
    n_trials: Option<usize>,
    seed: u64,
) -> Vec<usize> {
    let points = data.points(Metric::Euclidean);
    let chosen = with_threads(1, |context| {
        kmeans::init_centers(&points, weights, init, k, n_trials, seed, None, context)
    });
    chosen.unwrap().1
}

/// The probability of each set of rows, as a bit mask, under greedy k-means++ with `n_trials` draws a step.
fn plus_plus_sets(rows: &Table, weights: &[f64], k: usize, n_trials: i32) -> BTreeMap<u32, f64> {
    let n = rows.n_rows();
    let total: f64 = weights.iter().sum();
    let mut sets: BTreeMap<u32, f64> = (0..n).map(|row| (1 << row, weights[row] / total)).collect();
    for _ in 1..k {
        let mut next = BTreeMap::new();
        for (set, probability) in sets {
            let chosen: Vec<usize> = (0..n).filter(|row| set >> row & 1 == 1).collect();
            let mass = |row: usize| {
                let distances =
                    chosen.iter().map(|other| squared_distance(rows.row(row), rows.row(*other)));
                weights[row] * distances.fold(f64::INFINITY, f64::min)
            };
            let masses: Vec<f64> = (0..n).map(mass).collect();
            let all: f64 = masses.iter().sum();
            let after = |row: usize| {
                let with = [&chosen[..], &[row]].concat();
                naive::potential(rows, Some(weights), &with)
            };
            let mut ranked: Vec<(f64, usize)> =
                (0..n).filter(|row| masses[*row] > 0.0).map(|row| (after(row), row)).collect();
            ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
            // The best draw is one of these rows if all draws are at least as bad, but not all are worse. Rows tie when
            // each is what the other would bring nearest; then the first of them that was drawn is taken.
            let mut at_least = 1.0_f64;
            for tied in ranked.chunk_by(|a, b| (b.0 - a.0).abs() <= 1e-9 * b.0) {
                let share: f64 = tied.iter().map(|(_, row)| masses[*row] / all).sum();
                let worse = (at_least - share).max(0.0);
                let wins = at_least.powi(n_trials) - worse.powi(n_trials);
                for (_, row) in tied {
                    let first = masses[*row] / all / share;
                    *next.entry(set | 1 << row).or_insert(0.0) += probability * wins * first;
                }
                at_least = worse;
            }
        }
        sets = next;
    }
    sets
}

/// Asserts that the counts can come from the probabilities: Pearson's test at 0.001, rare outcomes taken together.
fn assert_distribution<K: Ord>(counts: &BTreeMap<K, f64>, right: &BTreeMap<K, f64>, what: &str) {
    let n: f64 = counts.values().sum();
    assert!((right.values().sum::<f64>() - 1.0).abs() < 1e-9, "probabilities add up to 1");
    assert!(
        counts.keys().all(|key| right.get(key).is_some_and(|p| *p > 0.0)),
        "{what}: impossible outcome"
    );
    let (mut statistic, mut cells, mut rare) = (0.0, 0.0, (0.0, 0.0));
    for (key, probability) in right {
        let (found, expected) = (counts.get(key).copied().unwrap_or(0.0), n * probability);
        if expected < 5.0 {
            rare = (rare.0 + found, rare.1 + expected);
        } else {
            statistic += (found - expected).powi(2) / expected;
            cells += 1.0;
        }
    }
    if rare.1 > 1.0 {
        statistic += (rare.0 - rare.1).powi(2) / rare.1;
        cells += 1.0;
    }
    assert!(cells > 3.0, "{what}: a test of few outcomes says little");
    // Wilson and Hilferty's approximation of the quantile; 3.09 standard deviations are 0.001.
    let freedom = cells - 1.0;
    let spread = 2.0 / (9.0 * freedom);
    let limit = freedom * (1.0 - spread + 3.09 * f64::sqrt(spread)).powi(3);
    assert!(
        statistic < limit,
        "{what}: {statistic} of at most {limit}, {freedom} degrees of freedom"
    );
}

fn count<K: Ord>(outcomes: impl Iterator<Item = K>) -> BTreeMap<K, f64> {
    let mut counts = BTreeMap::new();
    outcomes.for_each(|outcome| *counts.entry(outcome).or_insert(0.0) += 1.0);
    counts
}

fn set_of(rows: Vec<usize>) -> u32 {
    rows.into_iter().fold(0, |set, row| set | 1 << row)
}

#[test]
fn the_textbook_has_the_exact_distribution() {
    let mut random = Random::new(80);
    for (n, k, n_trials) in [(5, 3, 1), (5, 3, 3), (9, 6, 2), (8, 5, 3)] {
        let table = Table::new(random.normals(n * 2), 2);
        // All different, so that no two rows tie: float64 sums would break ties by their rounding.
        let weights: Vec<f64> = (0..n).map(|_| 0.5 + random.uniform()).collect();
        let right = plus_plus_sets(&table, &weights, k, n_trials as i32);
        let chosen =
            |_| naive::plus_plus(&table, Some(&weights), k, n_trials, &mut || random.uniform());
        let counts = count((0..3000).map(chosen).map(set_of));
        assert_distribution(&counts, &right, &format!("n={n} k={k} trials={n_trials}"));
    }
}

#[test]
fn plus_plus_has_the_exact_distribution() {
    let mut random = Random::new(80);
    // (rows, centers, draws a step): from the first refill alone to several with drawn rows rejected.
    for (n, k, n_trials) in
        [(5, 2, 1), (5, 3, 1), (5, 2, 3), (5, 3, 3), (9, 6, 1), (9, 6, 2), (8, 5, 3)]
    {
        let values = random.normals(n * 2);
        for weighted in [false, true] {
            let weights: Vec<f64> =
                (0..n).map(|row| if weighted { [1.0, 0.5, 3.0][row % 3] } else { 1.0 }).collect();
            for data in [Data::f32(&values, 2), Data::f64(&values, 2)] {
                let right = plus_plus_sets(&data.exact, &weights, k, n_trials as i32);
                let given = weighted.then_some(&weights[..]);
                let chosen = |seed| rows(&data, given, &Init::PlusPlus, k, Some(n_trials), seed);
                let counts = count((0..3000).map(|seed| set_of(chosen(seed))));
                let what =
                    format!("n={n} k={k} trials={n_trials} weighted={weighted} {:?}", data.element);
                assert_distribution(&counts, &right, &what);
            }
        }
    }
}

/// Mean and squared standard error.
fn mean(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0) / n)
}

/// Asserts that two samples have equal means, within 3.3 standard errors.
fn assert_equal_means(found: &[f64], right: &[f64], what: &str) {
    let ((a, a_error), (b, b_error)) = (mean(found), mean(right));
    let off = (a - b) / (a_error + b_error).sqrt();
    assert!(off.abs() < 3.3, "{what}: mean {a} against {b}, {off} standard errors");
}

#[test]
fn plus_plus_reaches_the_textbooks_potential_over_many_refills() {
    let values = Random::new(81).normals(200 * 3);
    let data = Data::f32(&values, 3);
    let weights: Vec<f64> = (0..200).map(|row| 0.5 + f64::from(row % 4)).collect();
    for (n_trials, weights) in [(1, None), (5, None), (2, Some(&weights[..]))] {
        let found: Vec<f64> = (0..150)
            .map(|seed| {
                let chosen = rows(&data, weights, &Init::PlusPlus, 50, Some(n_trials), seed);
                naive::potential(&data.exact, weights, &chosen)
            })
            .collect();
        let mut random = Random::new(82);
        let right: Vec<f64> = (0..60)
            .map(|_| {
                let chosen =
                    naive::plus_plus(&data.exact, weights, 50, n_trials, &mut || random.uniform());
                naive::potential(&data.exact, weights, &chosen)
            })
            .collect();
        assert_equal_means(&found, &right, &format!("{n_trials} trials"));
    }
}

/// k-means‖ as its authors write it, 5 rounds of 2·k draws, reduced by greedy k-means++.
fn naive_parallel(table: &Table, k: usize, n_trials: usize, random: &mut Random) -> Vec<usize> {
    let n = table.n_rows();
    let mut drawn = vec![random.below(n)];
    let nearest = |drawn: &[usize], row: usize| {
        let distance = |place: &usize| squared_distance(table.row(row), table.row(drawn[*place]));
        let place = (0..drawn.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap();
        (distance(&place), place)
    };
    for _ in 0..5 {
        let masses: Vec<f64> = (0..n).map(|row| nearest(&drawn, row).0).collect();
        let total: f64 = masses.iter().sum();
        let factor = 2.0 * k as f64 / total;
        drawn.extend(
            (0..n).filter(|row| random.uniform() < factor * masses[*row]).collect::<Vec<_>>(),
        );
    }
    let mut weights = vec![0.0; drawn.len()];
    (0..n).for_each(|row| weights[nearest(&drawn, row).1] += 1.0);
    let candidates = table.select(&drawn);
    let chosen =
        naive::plus_plus(&candidates, Some(&weights), k, n_trials, &mut || random.uniform());
    chosen.into_iter().map(|place| drawn[place]).collect()
}

#[test]
fn parallel_reaches_the_textbooks_potential() {
    let values = Random::new(83).normals(200 * 3);
    let data = Data::f32(&values, 3);
    let potential = |chosen: Vec<usize>| naive::potential(&data.exact, None, &chosen);
    let found: Vec<f64> = (0..100)
        .map(|seed| potential(rows(&data, None, &Init::Parallel, 12, Some(3), seed)))
        .collect();
    let mut random = Random::new(84);
    let right: Vec<f64> =
        (0..60).map(|_| potential(naive_parallel(&data.exact, 12, 3, &mut random))).collect();
    assert_equal_means(&found, &right, "k-means‖");
}

#[test]
fn random_rows_are_drawn_by_weight_without_replacement() {
    let data = Data::f32(&[0.0, 1.0, 2.0, 3.0, 4.0], 1);
    for weights in [[1.0; 5], [1.0, 2.0, 3.0, 0.5, 0.0]] {
        let total: f64 = weights.iter().sum();
        let mut right = BTreeMap::new();
        for first in 0..5 {
            for second in (0..5).filter(|second| *second != first) {
                let probability =
                    weights[first] / total * weights[second] / (total - weights[first]);
                if probability > 0.0 {
                    right.insert(vec![first, second], probability);
                }
            }
        }
        let counts =
            count((0..4000).map(|seed| rows(&data, Some(&weights), &Init::Random, 2, None, seed)));
        assert_distribution(&counts, &right, "random");
    }
}

#[test]
fn rows_are_distinct_when_the_data_are() {
    let mut random = Random::new(85);
    for (n, d) in [(30, 1), (120, 36)] {
        let data = Data::f32(&random.normals(n * d), d);
        for init in &INITS {
            for k in [1, 2, n / 2, n - 1, n] {
                for seed in 0..5 {
                    let mut chosen = rows(&data, None, init, k, None, seed);
                    assert_eq!(chosen.len(), k);
                    chosen.sort_unstable();
                    chosen.dedup();
                    assert_eq!(chosen.len(), k, "{init:?} n={n} k={k}");
                }
            }
        }
    }
}

#[test]
fn every_distinct_row_is_taken_before_a_duplicate() {
    let mut random = Random::new(86);
    let distinct = random.normals(6 * 3);
    let values: Vec<f64> =
        (0..60).flat_map(|_| distinct[3 * random.below(6)..][..3].to_vec()).collect();
    let data = Data::f32(&values, 3);
    for init in [Init::PlusPlus, Init::Parallel] {
        for seed in 0..20 {
            let chosen = rows(&data, None, &init, 10, None, seed);
            let values: Vec<Vec<u64>> = chosen
                .iter()
                .map(|row| data.exact.row(*row).iter().map(|value| value.to_bits()).collect())
                .collect();
            let distinct = count(values.into_iter());
            assert_eq!(distinct.len(), 6, "{init:?} {chosen:?}");
            let different = count(chosen.into_iter());
            assert_eq!(different.len(), 10, "{init:?}");
        }
    }
}

#[test]
fn rows_without_weight_are_never_chosen_while_others_are_left() {
    let data = Data::f32(&Random::new(87).normals(60 * 2), 2);
    let weights: Vec<f64> = (0..60).map(|row| if row % 3 == 0 { 2.0 } else { 0.0 }).collect();
    for init in &INITS {
        for k in [1, 5, 20] {
            for seed in 0..20 {
                let chosen = rows(&data, Some(&weights), init, k, None, seed);
                assert!(chosen.iter().all(|row| row % 3 == 0), "{init:?} k={k} {chosen:?}");
            }
        }
    }
}

#[test]
fn centers_are_the_rows_that_are_named() {
    let mut random = Random::new(88);
    for element in TYPES {
        let data = Data::new(element, Layout::C, &random.normals(50 * 4), 4);
        for init in &INITS {
            let (centers, rows) = with_threads(1, |context| {
                let points = data.points(Metric::Euclidean);
                kmeans::init_centers(&points, None, init, 7, None, 1, None, context)
            })
            .unwrap();
            assert_eq!(
                widened(&centers),
                data.exact.select(&rows).values(),
                "{element:?} {init:?}"
            );
        }
    }
}

#[test]
fn extreme_magnitudes_are_seeded_like_ordinary_ones() {
    let values = Random::new(89).normals(80 * 3);
    for init in &INITS {
        for metric in METRICS {
            let chosen = |exponent: i32| {
                let scaled: Vec<f64> =
                    values.iter().map(|value| value * 2.0_f64.powi(exponent)).collect();
                let data = Data::f64(&scaled, 3);
                with_threads(1, |context| {
                    kmeans::init_centers(
                        &data.points(metric),
                        None,
                        init,
                        9,
                        None,
                        4,
                        None,
                        context,
                    )
                })
                .unwrap()
                .1
            };
            let plain = chosen(0);
            for exponent in [-700, -100, 100, 700] {
                assert_eq!(chosen(exponent), plain, "{init:?} {metric:?} 2^{exponent}");
            }
        }
    }
}
