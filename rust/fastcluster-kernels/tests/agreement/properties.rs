//! Properties of arbitrary rows and centroids: any magnitude that float32 can square and sum.

use fastcluster_kernels::assign::FEATURES_FEW;
use fastcluster_kernels::{Level, distance};
use proptest::prelude::*;

use crate::bounds::assert_enclosed;
use crate::candidates::{assert_kept, nearest};
use crate::few::assert_few;
use crate::filter::{KINDS, true_scores};
use crate::hostile::Case;

/// Zero, a value of ordinary size, or one of any size from the least denormal to 2⁵⁸.
fn value() -> impl Strategy<Value = f64> {
    let any_size =
        (-149..58_i32, 1.0..2.0_f64, any::<bool>()).prop_map(|(exponent, mantissa, negative)| {
            let value = mantissa * 2.0_f64.powi(exponent);
            f64::from(if negative { -value } else { value } as f32)
        });
    prop_oneof![
        1 => Just(0.0),
        2 => (-9..10_i8).prop_map(f64::from),
        2 => any_size,
    ]
}

/// Rows, centroids and a point m, all of them hostile; one centroid in four repeats another.
fn case() -> impl Strategy<Value = Case> {
    (1..20_usize, 1..8_usize, 1..40_usize).prop_flat_map(|(n_features, n_rows, n_centers)| {
        let values = |n: usize| prop::collection::vec(value(), n * n_features);
        let repeats = prop::collection::vec((0..4_u8, 0..n_centers), n_centers);
        (values(n_rows), values(n_centers), values(1), repeats).prop_map(
            move |(rows, mut centers, mean, repeats)| {
                for (center, (chance, from)) in repeats.into_iter().enumerate() {
                    if chance == 0 {
                        centers.copy_within(
                            from * n_features..(from + 1) * n_features,
                            center * n_features,
                        );
                    }
                }
                let mean = mean.into_iter().map(|value| value as f32).collect();
                Case { name: "arbitrary", n_features, rows, centers, mean }
            },
        )
    })
}

proptest! {
    #[test]
    fn bounds_enclose_the_true_score(case in case()) {
        let truth = true_scores(&case);
        for level in Level::available() {
            for kind in KINDS {
                assert_enclosed(level, kind, &case, &truth);
            }
        }
    }

    #[test]
    fn candidates_hold_every_nearest_centroid(case in case()) {
        for level in Level::available() {
            for kind in KINDS {
                assert_kept(level, kind, &case);
            }
        }
    }

    #[test]
    fn few_features_are_decided_rightly(case in case()) {
        for level in Level::available().into_iter().filter(|_| case.n_features <= FEATURES_FEW) {
            assert_few(level, &case);
        }
    }

    /// A power of two changes no rounding, so that it changes no order: scaled data has the same labels.
    #[test]
    fn scaling_by_a_power_of_two_scales_distances(
        case in case(),
        exponent in -100..100_i32,
    ) {
        let factor = 2.0_f64.powi(exponent);
        let scaled = Case {
            rows: case.rows.iter().map(|value| value * factor).collect(),
            centers: case.centers.iter().map(|value| value * factor).collect(),
            ..case.clone()
        };
        for level in Level::available() {
            for row in 0..case.n_rows() {
                let ordinary = distance::squared_64(level, case.row(row), case.center(0));
                let distance = distance::squared_64(level, scaled.row(row), scaled.center(0));
                prop_assert_eq!(distance.to_bits(), (ordinary * factor * factor).to_bits());
                prop_assert_eq!(nearest(&case, row), nearest(&scaled, row));
            }
        }
    }
}
