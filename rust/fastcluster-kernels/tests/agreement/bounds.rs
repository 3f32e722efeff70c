//! The filter's bounds enclose the true score, which is ½‖c‖² − x·c of the rows and centroids as they were given.

use fastcluster_kernels::panels::{Kind, RowBand};
use fastcluster_kernels::{Level, product};

use crate::exact::Double;
use crate::filter::{Filter, KINDS, true_scores};
use crate::hostile::{self, Case, Size};
use crate::random::Random;

/// Asserts both bounds of every row and centroid.
pub(crate) fn assert_enclosed(level: Level, kind: Kind, case: &Case, truth: &[Double]) {
    let filter = Filter::new(level, kind, case);
    let list: Vec<u32> = (0..case.n_rows() as u32).collect();
    let width = filter.panels.n_padded();
    let mut scores = vec![f32::NAN; list.len() * width];
    product::scores(&filter.panels, filter.rows(), &filter.bands, &list, &mut scores);
    for (row, (lower, truth)) in
        scores.chunks(width).zip(truth.chunks(case.n_centers())).enumerate()
    {
        for (center, (lower, truth)) in lower.iter().zip(truth).enumerate() {
            let upper = filter.panels.upper_bound(filter.bands[row], center, *lower);
            let below = (*truth - Double::from(*lower)).value();
            let above = (Double::from(upper) - *truth).value();
            assert!(
                below >= 0.0 && above >= 0.0,
                "{} {kind:?} {} row {row} centroid {center}: {lower:e} <= {:e} <= {upper:e}",
                level.name(),
                case.label(),
                truth.value(),
            );
        }
        assert!(lower[case.n_centers()..].iter().all(|padding| *padding == f32::INFINITY));
    }
}

#[test]
fn enclose_the_true_score_on_hostile_data() {
    for (seed, (centers, features)) in
        [(1, 1), (5, 2), (17, 3), (40, 7), (33, 16), (70, 33), (20, 130)].into_iter().enumerate()
    {
        for case in hostile::all(Size { rows: 9, centers, features }, seed as u64) {
            let truth = true_scores(&case);
            for level in Level::available() {
                for kind in KINDS {
                    assert_enclosed(level, kind, &case, &truth);
                }
            }
        }
    }
}

/// Rows and centroids at the ends of the bytes' range over the most features that fit: the 32-bit sums must not wrap.
#[test]
fn hold_for_the_longest_byte_rows() {
    let features = fastcluster_kernels::panels::BYTES_FEATURES_MAX;
    let rows = [vec![1.0; features], vec![-1.0; features]].concat();
    let case =
        Case { mean: vec![0.0; features], ..Case::new("longest", features, rows.clone(), rows) };
    let truth = true_scores(&case);
    for level in Level::available() {
        for kind in KINDS {
            assert_enclosed(level, kind, &case, &truth);
        }
    }
}

/// Sums of equal terms round the same way for thousands of steps: the case in which a dot product is off the most.
#[test]
fn hold_for_long_rows_of_equal_values() {
    let features = 40_000;
    for value in [0.1, 0.3, 0.7, 1.1] {
        let rows = [vec![value; features], vec![-value; features]].concat();
        let case =
            Case { mean: vec![0.0; features], ..Case::new("equal", features, rows.clone(), rows) };
        let truth = true_scores(&case);
        for level in Level::available() {
            assert_enclosed(level, Kind::Floats, &case, &truth);
        }
    }
}

#[test]
fn have_room_for_what_earlier_rounding_lost() {
    for (norm, residual) in [(0.0, 1.0), (1.0, 1e-7), (3e-5, 7e3), (1e-19, 1e-19)] {
        let band = RowBand::of_floats(norm, residual, 10);
        let reach = f64::from(norm) + f64::from(residual);
        assert!(f64::from(band.reach) >= reach && f64::from(band.reach) < reach * 1.000_001);
        let error = f64::from(residual) + 26.0 * f64::from(norm) * f64::from(f32::EPSILON / 2.0);
        assert!(f64::from(band.error) >= error * 0.999_999 && f64::from(band.error) < error * 1.02);
    }
}

/// Transforms take the scores themselves: without bands they are off by the roundings of float32, and no more.
#[test]
fn are_the_rounded_score_where_the_band_is_zero() {
    let size = Size { rows: 12, centers: 40, features: 50 };
    let case = hostile::embeddings(size, &mut Random::new(4));
    let truth = true_scores(&case);
    let norm = |center: &[f64]| center.iter().map(|value| value * value).sum::<f64>().sqrt();
    for level in Level::available() {
        let mut filter = Filter::new(level, Kind::Floats, &case);
        filter.bands.fill(RowBand { scale: 1.0, error: 0.0, reach: 0.0 });
        let list: Vec<u32> = (0..12).collect();
        let mut scores = vec![0.0; 12 * filter.panels.n_padded()];
        product::scores(&filter.panels, filter.rows(), &filter.bands, &list, &mut scores);
        for (row, scores) in scores.chunks(filter.panels.n_padded()).enumerate() {
            for center in 0..40 {
                // Rows and centroids have norm one before centring, so at most two after it.
                let allowed =
                    1e-6 * norm(case.center(center)) + 2.0 * 50.0 * f64::from(f32::EPSILON);
                let off = (Double::from(scores[center]) - truth[row * 40 + center]).abs().value();
                assert!(off <= allowed, "{}: {off:e} of {allowed:e}", level.name());
            }
        }
    }
}

/// A bound that holds because it is infinite would be useless: on embeddings the band is a small part of ‖x‖‖c‖.
#[test]
fn are_close_together_on_embeddings() {
    let case =
        hostile::embeddings(Size { rows: 12, centers: 40, features: 128 }, &mut Random::new(3));
    for level in Level::available() {
        for (kind, widest) in [(Kind::Floats, 6e-5), (Kind::Bytes, 0.1)] {
            let filter = Filter::new(level, kind, &case);
            let mut scores = vec![0.0; filter.panels.n_padded()];
            for row in 0..case.n_rows() as u32 {
                let band = filter.bands[row as usize];
                product::scores(&filter.panels, filter.rows(), &filter.bands, &[row], &mut scores);
                for (center, lower) in scores[..case.n_centers()].iter().enumerate() {
                    let width = filter.panels.upper_bound(band, center, *lower) - lower;
                    assert!(width < widest, "{} {kind:?}: {width}", level.name());
                }
            }
        }
    }
}
