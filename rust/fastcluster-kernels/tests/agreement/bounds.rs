//! The filter's bounds enclose the true score, which is ½‖c‖² − x·c of the rows and centroids as they were given.

use fastcluster_kernels::panels::Kind;
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
