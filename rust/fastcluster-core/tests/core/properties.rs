//! What must not change a fit, or change it in a known way.

use fastcluster_core::kmeans::{Fit, Init, Params};
use fastcluster_core::naive::Table;
use fastcluster_core::points::Metric;
use proptest::prelude::*;

use crate::data::{Data, Layout, Type, gapped, right_labels, widened};
use crate::fit;
use crate::labels::METRICS;
use crate::random::Random;

/// Multiples of 1/16 of a few units: their sums are exact in float64, in any order.
fn coarse(random: &mut Random, n: usize) -> Vec<f64> {
    random.normals(n).into_iter().map(|value| (16.0 * value).round() / 16.0).collect()
}

/// A fit from the first `k` rows of `start`.
fn from(data: &Data, metric: Metric, weights: Option<&[f64]>, start: &[f64]) -> Fit {
    let n_clusters = start.len() / data.n_features();
    let params = Params { n_clusters, tol: 0.0, ..Params::default() };
    fit(data, metric, weights, &Init::Given(vec![data.centers(start)]), &params).unwrap()
}

#[test]
fn weights_are_repetition() {
    let mut random = Random::new(60);
    for (d, k) in [(3, 8), (40, 50)] {
        let n = 240;
        let values = coarse(&mut random, n * d);
        let counts: Vec<usize> =
            (0..n).map(|row| if row < k { 1 } else { random.below(4) }).collect();
        let weights: Vec<f64> = counts.iter().map(|count| *count as f64).collect();
        let repeated: Vec<usize> = (0..n).flat_map(|row| vec![row; counts[row]]).collect();
        let weighted = Data::f32(&values, d);
        let repetition = Data::f32(weighted.exact.select(&repeated).values(), d);
        let with_weights = from(&weighted, Metric::Euclidean, Some(&weights), &values[..k * d]);
        let with_copies = from(&repetition, Metric::Euclidean, None, &values[..k * d]);
        assert_eq!(with_weights.centers, with_copies.centers);
        assert_eq!(with_weights.n_iter, with_copies.n_iter);
        for (copy, row) in repeated.iter().enumerate() {
            assert_eq!(with_copies.labels[copy], with_weights.labels[*row]);
        }
        let off = (with_weights.inertia - with_copies.inertia).abs();
        assert!(off <= 1e-12 * with_copies.inertia);
    }
}

#[test]
fn weights_are_repetition_in_the_seeding() {
    // A row of weight zero is as absent; the others are drawn by weight, so equal weights are no weights.
    let values = coarse(&mut Random::new(61), 100 * 4);
    let data = Data::f32(&values, 4);
    for init in [Init::PlusPlus, Init::Parallel, Init::Random] {
        let params = Params { n_clusters: 12, seed: 5, ..Params::default() };
        let plain = fit(&data, Metric::Euclidean, None, &init, &params).unwrap();
        let ones = fit(&data, Metric::Euclidean, Some(&[1.0; 100]), &init, &params).unwrap();
        assert_eq!((plain.labels, plain.centers), (ones.labels, ones.centers), "{init:?}");
    }
}

#[test]
fn rows_without_weight_move_nothing() {
    let mut random = Random::new(62);
    let (n, d, k) = (200, 5, 9);
    let values = random.normals(n * d);
    let mut with_noise = values.clone();
    with_noise.extend(random.normals(50 * d).iter().map(|value| 30.0 * value));
    let mut weights = vec![1.0; n];
    weights.extend([0.0; 50]);
    for metric in METRICS {
        let plain = from(&Data::f32(&values, d), metric, None, &values[..k * d]);
        let data = Data::f32(&with_noise, d);
        let noisy = from(&data, metric, Some(&weights), &values[..k * d]);
        assert_eq!(noisy.centers, plain.centers);
        assert_eq!(noisy.labels[..n], plain.labels);
        let centers = Table::new(widened(&noisy.centers), d);
        assert_eq!(noisy.labels, right_labels(&data.exact, &centers, metric));
        assert!((noisy.inertia - plain.inertia).abs() <= 1e-12 * plain.inertia);
    }
}

#[test]
fn permuted_rows_have_permuted_labels() {
    let mut random = Random::new(63);
    for (n, d, k) in [(300, 3, 8), (600, 36, 50)] {
        let values = coarse(&mut random, n * d);
        let data = Data::f32(&values, d);
        let order = random.permutation(n);
        let permuted = Data::f32(data.exact.select(&order).values(), d);
        let (plain, other) = (
            from(&data, Metric::Euclidean, None, &values[..k * d]),
            from(&permuted, Metric::Euclidean, None, &values[..k * d]),
        );
        assert_eq!(plain.centers, other.centers);
        order
            .iter()
            .enumerate()
            .for_each(|(at, row)| assert_eq!(other.labels[at], plain.labels[*row]));
    }
}

#[test]
fn translation_moves_the_centers_only() {
    for (d, n_groups) in [(3, 6), (40, 50)] {
        let (values, groups) = gapped(64, 300, d, n_groups);
        let right: Vec<i32> = groups.iter().map(|group| *group as i32).collect();
        for offset in [0.0, 1e3, -1e6] {
            let moved: Vec<f64> = values.iter().map(|value| value + offset).collect();
            for element in [Type::F32, Type::F64] {
                let data = Data::new(element, Layout::C, &moved, d);
                let found = from(&data, Metric::Euclidean, None, &moved[..n_groups * d]);
                assert_eq!(found.labels, right, "{offset} {element:?}");
            }
        }
    }
}

/// `value` times 2^`exponent`, in two steps where one power is out of range.
fn scaled(value: f64, exponent: i32) -> f64 {
    let half = exponent / 2;
    value * 2.0_f64.powi(half) * 2.0_f64.powi(exponent - half)
}

#[test]
fn scaling_by_a_power_of_two_changes_no_label_and_no_digit() {
    let mut random = Random::new(65);
    for (element, exponents) in [
        (Type::F32, &[-90, -60, -39, -3, 1, 38, 45, 80, 110][..]),
        (Type::F64, &[-900, -660, -300, -60, -39, 1, 38, 45, 300, 660, 900]),
    ] {
        for (n, d, k) in [(200, 4, 9), (200, 36, 50)] {
            let values: Vec<f64> =
                random.normals(n * d).iter().map(|value| f64::from(*value as f32)).collect();
            for metric in METRICS {
                let plain = from(
                    &Data::new(element, Layout::C, &values, d),
                    metric,
                    None,
                    &values[..k * d],
                );
                assert!(plain.n_iter > 2, "one update is not enough to show anything");
                for exponent in exponents {
                    let large: Vec<f64> =
                        values.iter().map(|value| scaled(*value, *exponent)).collect();
                    let data = Data::new(element, Layout::C, &large, d);
                    let found = from(&data, metric, None, &large[..k * d]);
                    let what = format!("{element:?} {metric:?} d={d} 2^{exponent}");
                    assert_eq!(found.labels, plain.labels, "{what}");
                    assert_eq!((found.n_iter, found.stop), (plain.n_iter, plain.stop), "{what}");
                    let exponent = if metric == Metric::Cosine { 0 } else { *exponent };
                    let back: Vec<f64> = widened(&found.centers)
                        .iter()
                        .map(|value| scaled(*value, -exponent))
                        .collect();
                    // A sum of unit vectors feels the rounding of the norms, which scaling does not change either.
                    assert_eq!(back, widened(&plain.centers), "{what}");
                }
            }
        }
    }
}

#[test]
fn duplicates_share_a_label() {
    let mut random = Random::new(66);
    let distinct = random.normals(80 * 7);
    let mut values = distinct.clone();
    values.extend(&distinct);
    for init in [Init::PlusPlus, Init::Parallel, Init::Random] {
        for metric in METRICS {
            let params = Params { n_clusters: 10, ..Params::default() };
            let found = fit(&Data::f32(&values, 7), metric, None, &init, &params).unwrap();
            assert_eq!(found.labels[..80], found.labels[80..]);
        }
    }
}

/// Finite values of every magnitude, with many repetitions.
fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => (-3_i8..=3).prop_map(f64::from),
        2 => -1e3..1e3,
        1 => (-30.0..30.0_f64).prop_map(|exponent| 10.0_f64.powf(exponent)),
        1 => prop::num::f32::NORMAL.prop_map(|value| f64::from(value) * 1e-3),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn labels_of_any_fit_are_those_of_its_centers(
        values in prop::collection::vec(any_value(), 1..80),
        d in 1_usize..6,
        share in 0.0..1.0,
        seed in 0_u64..100,
        max_iter in 1_usize..12,
        wide in any::<bool>(),
    ) {
        let d = d.min(values.len());
        let values = &values[..values.len() / d * d];
        let data = Data::new(if wide { Type::F64 } else { Type::F32 }, Layout::C, values, d);
        let n_clusters = 1 + (share * data.n_rows() as f64) as usize;
        for metric in METRICS {
            for init in [Init::PlusPlus, Init::Parallel, Init::Random] {
                let params = Params { n_clusters, seed, max_iter, ..Params::default() };
                let found = fit(&data, metric, None, &init, &params).unwrap();
                let centers = Table::new(widened(&found.centers), d);
                let right = right_labels(&data.exact, &centers, metric);
                prop_assert_eq!(&found.labels, &right, "{:?} {:?} {:?}", metric, init, found.centers);
                let mut used = found.labels.clone();
                used.sort_unstable();
                used.dedup();
                prop_assert_eq!(found.n_distinct, used.len());
            }
        }
    }
}
