//! Scores of clusterings.

use fastcluster_core::metrics::density::{self, Space};
use fastcluster_core::metrics::{Clusters, Distance, dispersion, silhouette};
use fastcluster_core::naive::{self, Table};
use fastcluster_core::points::Metric;
use fastcluster_core::{Context, Error};

use crate::data::{Data, gapped};
use crate::random::Random;
use crate::with_threads;

/// Silhouettes on a number of threads.
fn samples(
    data: &Data,
    labels: &[u32],
    distance: Distance,
    rows: Option<&[u32]>,
    n: usize,
) -> Vec<f64> {
    let metric = if distance == Distance::Cosine { Metric::Cosine } else { Metric::Euclidean };
    let clusters = Clusters::new(labels.to_vec(), data.n_rows()).unwrap();
    with_threads(n, |context| {
        silhouette::samples(&data.points(metric), &clusters, distance, rows, context).unwrap()
    })
}

/// The largest difference to the silhouettes from all distances.
fn error(data: &Data, labels: &[u32], distance: Distance) -> f64 {
    let values: Vec<f64> = data.exact.values().to_vec();
    let of: fn(f64) -> f64 = match distance {
        Distance::Euclidean => f64::sqrt,
        _ => |squared| squared,
    };
    let expected = naive::silhouettes(&Table::new(values, data.n_features()), labels, of);
    let found = samples(data, labels, distance, None, 2);
    found.iter().zip(&expected).fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

/// Rows that are hard on float32, with labels.
fn hostile(random: &mut Random) -> Vec<(&'static str, Vec<f64>, usize, Vec<u32>)> {
    let (n, d) = (700, 9);
    let mut normal =
        |scale: f64| -> Vec<f64> { (0..n * d).map(|_| scale * random.normal()).collect() };
    let groups: Vec<u32> = (0..n as u32).map(|row| row % 3).collect();
    let spread = |values: &[f64], far: f64| -> Vec<f64> {
        let group = |at: usize| f64::from(groups[at / d]);
        values.iter().enumerate().map(|(at, value)| value + far * group(at)).collect()
    };
    let plain = normal(1.0);
    let single = |value: &f64| f64::from(*value as f32);
    let mut outlier = plain.clone();
    outlier.iter_mut().step_by(d).for_each(|value| *value *= 1e4);
    let mut far = plain.clone();
    far[..d].fill(1e30);
    let duplicates: Vec<f64> = (0..n).flat_map(|row| plain[row % 5 * d..][..d].to_vec()).collect();
    let nearly: Vec<f64> = duplicates.iter().zip(&plain).map(|(a, b)| a + 1e-4 * b).collect();
    let mixed: Vec<u32> = (0..n as u32).map(|row| row * row % 7 % 4).collect();
    vec![
        ("plain", plain.clone(), d, mixed.clone()),
        ("a common offset", plain.iter().map(|value| value + 1e5).collect(), d, mixed.clone()),
        ("tight groups far apart", spread(&normal(1e-3), 100.0), d, groups.clone()),
        ("tight groups in one block each", spread(&normal(1e-2), 1e3), d, mixed.clone()),
        ("an outlier feature", outlier, d, mixed.clone()),
        ("a far row", far, d, mixed.clone()),
        ("duplicates", duplicates, d, mixed.clone()),
        ("near duplicates", nearly, d, mixed.clone()),
        ("huge", plain.iter().map(|value| value * 1e37).collect(), d, mixed.clone()),
        ("tiny", plain.iter().map(|value| value * 1e-40).collect(), d, mixed.clone()),
        ("one feature", plain[..n].to_vec(), 1, mixed.clone()),
        ("equal", vec![3.0; n * d], d, mixed),
    ]
    .into_iter()
    .map(|(name, values, d, labels)| (name, values.iter().map(single).collect(), d, labels))
    .collect()
}

#[test]
fn silhouettes_of_hostile_rows_are_those_from_all_distances() {
    for (name, values, d, labels) in hostile(&mut Random::new(1)) {
        for data in [Data::f32(&values, d), Data::f64(&values, d)] {
            for (distance, allowed) in
                [(Distance::Euclidean, 1e-6), (Distance::SquaredEuclidean, 1e-10)]
            {
                let error = error(&data, &labels, distance);
                assert!(error <= allowed, "{name} {distance:?}: {error:e}");
            }
        }
    }
}

/// Sizes about blocks: few and many clusters, single rows among them, a table of sums that is too large.
#[test]
fn silhouettes_of_any_sizes() {
    let mut random = Random::new(2);
    for (n, k, d) in [(3, 2, 2), (130, 2, 3), (300, 150, 2), (1500, 4, 2), (1500, 1499, 1)] {
        let values: Vec<f64> = (0..n * d).map(|_| f64::from(random.normal() as f32)).collect();
        let labels: Vec<u32> =
            (0..n).map(|row| if row < k { row as u32 } else { random.below(k) as u32 }).collect();
        let data = Data::f32(&values, d);
        let error = error(&data, &labels, Distance::Euclidean);
        assert!(error < 1e-6, "{n} {k} {d}: {error:e}");
        let all = samples(&data, &labels, Distance::Euclidean, None, 1);
        // Listed rows in any order, repeated, are the same but for the order of summation.
        let listed: Vec<u32> = (0..n as u32 * 3 / 2).map(|i| i * 7 % n as u32).collect();
        let some = samples(&data, &labels, Distance::Euclidean, Some(&listed), 2);
        for (row, value) in listed.iter().zip(&some) {
            assert!((value - all[*row as usize]).abs() < 1e-6, "{n} {k} {d}: row {row}");
        }
    }
}

#[test]
fn scores_have_the_same_bits_for_any_number_of_threads() {
    let (values, groups) = gapped(3, 3_000, 12, 9);
    let labels: Vec<u32> = groups.iter().map(|group| *group as u32).collect();
    let data = Data::f32(&values, 12);
    let rows: Vec<u32> = (0..3_000).step_by(7).collect();
    let of = |n| {
        let mut found = Vec::new();
        for distance in [Distance::Euclidean, Distance::SquaredEuclidean, Distance::Cosine] {
            found.extend(samples(&data, &labels, distance, None, n));
            found.extend(samples(&data, &labels, distance, Some(&rows), n));
        }
        let clusters = Clusters::new(labels.clone(), 3_000).unwrap();
        let score = |context: &Context<'_>| {
            let points = data.points(Metric::Euclidean);
            found.push(dispersion::davies_bouldin(&points, &clusters, context).unwrap());
            found.push(dispersion::calinski_harabasz(&points, &clusters, context).unwrap());
            let all: Vec<u32> = (0..3_000).collect();
            let params = density::Params { dimension: 12.0, raw: false };
            let space = Space::Rows(points, Distance::Euclidean);
            let density = density::validity(&space, &all, &clusters, &params, context).unwrap();
            found.push(density.score);
            found.extend(density.clusters);
        };
        with_threads(n, score);
        found.into_iter().map(f64::to_bits).collect::<Vec<_>>()
    };
    let one = of(1);
    assert!([2, 5].iter().all(|n| of(*n) == one));
}

#[test]
fn labels_and_rows_that_do_not_fit_are_refused() {
    let data = Data::f32(&[0.0, 1.0, 2.0, 3.0], 1);
    let refused = |labels: &[u32]| Clusters::new(labels.to_vec(), 4).unwrap_err();
    assert!(matches!(refused(&[0, 1, 0]), Error::LengthMismatch { found: 3, expected: 4, .. }));
    assert!(matches!(refused(&[0, 2, 0, 2]), Error::EmptyCluster { n_clusters: 3, .. }));
    assert!(matches!(refused(&[0, u32::MAX, 0, 2]), Error::EmptyCluster { .. }));
    let of = |labels: &[u32], rows: Option<&[u32]>| {
        let clusters = Clusters::new(labels.to_vec(), 4).unwrap();
        with_threads(1, |context| {
            let points = data.points(Metric::Euclidean);
            silhouette::samples(&points, &clusters, Distance::Euclidean, rows, context)
        })
    };
    for labels in [[0; 4], [0, 1, 2, 3]] {
        assert!(matches!(of(&labels, None), Err(Error::LabelCount { .. })));
    }
    assert!(matches!(
        of(&[0, 0, 1, 1], Some(&[4])),
        Err(Error::OutOfRange { found: 4, end: 4, .. })
    ));
}

#[test]
fn a_cancelled_call_stops() {
    let data = Data::f32(&[0.0, 1.0, 2.0, 3.0], 1);
    let clusters = Clusters::new(vec![0, 0, 1, 1], 4).unwrap();
    let points = data.points(Metric::Euclidean);
    with_threads(1, |context| {
        context.observer.cancel();
        let found = silhouette::samples(&points, &clusters, Distance::Euclidean, None, context);
        assert_eq!(found, Err(Error::Cancelled));
        let space = Space::Rows(points.clone(), Distance::Euclidean);
        let params = density::Params { dimension: 1.0, raw: false };
        let found = density::validity(&space, &[0, 1, 2, 3], &clusters, &params, context);
        assert_eq!(found, Err(Error::Cancelled));
    });
}
