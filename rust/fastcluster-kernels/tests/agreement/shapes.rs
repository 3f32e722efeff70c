//! Every number of centroids and features, and row lists of every kind.

use fastcluster_kernels::assign::{self, Kept};
use fastcluster_kernels::panels::Kind;
use fastcluster_kernels::{Level, product};

use crate::bounds::assert_enclosed;
use crate::candidates::{assert_holds, assert_kept, nearest};
use crate::filter::{Filter, KINDS, true_scores};
use crate::hostile::{Case, Size};
use crate::random::Random;

/// Small integers: many ties, and every product that float32 and the oracle compute is exact.
fn integers(size: Size, seed: u64) -> Case {
    let random = &mut Random::new(seed);
    let mut fill = |n: usize| -> Vec<f64> {
        (0..n * size.features).map(|_| random.below(9) as f64 - 4.0).collect()
    };
    Case::new("integers", size.features, fill(size.rows), fill(size.centers))
}

fn assert_right(case: &Case) {
    let truth = true_scores(case);
    for level in Level::available() {
        for kind in KINDS {
            assert_enclosed(level, kind, case, &truth);
            assert_kept(level, kind, case);
        }
    }
}

#[test]
fn every_number_of_centroids() {
    for centers in (1..=140).chain([191, 192, 193, 255, 257, 1000]) {
        let features = 1 + centers % 11;
        assert_right(&integers(Size { rows: 7, centers, features }, centers as u64));
    }
}

#[test]
fn every_number_of_features() {
    for features in (1..=70).chain([127, 128, 129, 130, 257, 1000]) {
        for centers in [3, 50] {
            assert_right(&integers(Size { rows: 7, centers, features }, features as u64));
        }
    }
}

/// Lists with gaps, in any order, of every length around multiples of the tiles' 2 and 6 rows, with rows named twice.
#[test]
fn every_list_of_rows() {
    let case = integers(Size { rows: 40, centers: 37, features: 10 }, 77);
    let random = &mut Random::new(78);
    for length in 0..=26 {
        let list: Vec<u32> = (0..length).map(|_| random.below(40) as u32).collect();
        for level in Level::available() {
            for kind in KINDS {
                let filter = Filter::new(level, kind, &case);
                assert_scores_follow_the_list(&filter, &list);
                assert_scan_follows_the_list(&filter, &case, &list);
            }
        }
    }
}

/// The scores of a list are those of its rows one by one, to the bit, and nothing behind them is written.
fn assert_scores_follow_the_list(filter: &Filter, list: &[u32]) {
    let width = filter.panels.n_padded();
    let mut scores = vec![-7.0; list.len() * width + 5];
    product::scores(&filter.panels, filter.rows(), &filter.bands, list, &mut scores);
    assert_eq!(scores[list.len() * width..], [-7.0; 5]);
    let mut single = vec![0.0; width];
    for (row, scores) in list.iter().zip(scores.chunks(width)) {
        product::scores(&filter.panels, filter.rows(), &filter.bands, &[*row], &mut single);
        assert_eq!(scores, single, "row {row} of {list:?}");
    }
}

/// Rows of the list have their candidates; the others are untouched, so that any centroid can be theirs.
fn assert_scan_follows_the_list(filter: &Filter, case: &Case, list: &[u32]) {
    let mut distinct = list.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let mut kept = Kept::default();
    kept.reset(&filter.panels, case.n_rows());
    assign::scan(&filter.panels, filter.rows(), &filter.bands, &distinct, &mut kept);
    let mut found = Vec::new();
    for row in 0..case.n_rows() as u32 {
        let at = row as usize;
        kept.candidates(&filter.panels, filter.bands[at], at, f32::INFINITY, &mut found);
        if distinct.binary_search(&row).is_ok() {
            assert_holds(&found, &nearest(case, at), case.n_centers(), "listed row");
        } else {
            assert_eq!(found.len(), case.n_centers(), "row {row} is not in {list:?}");
        }
    }
}

/// What was kept of a scan is forgotten by a reset, whatever shape came before.
#[test]
fn a_reset_forgets_the_scan_before() {
    let (large, small) = (
        integers(Size { rows: 30, centers: 90, features: 6 }, 1),
        integers(Size { rows: 11, centers: 7, features: 5 }, 2),
    );
    for level in Level::available() {
        for kind in KINDS {
            let mut kept = Kept::default();
            for case in [&large, &small, &large] {
                let filter = Filter::new(level, kind, case);
                let list: Vec<u32> = (0..case.n_rows() as u32).collect();
                kept.reset(&filter.panels, list.len());
                assign::scan(&filter.panels, filter.rows(), &filter.bands, &list, &mut kept);
                let mut fresh = Kept::default();
                fresh.reset(&filter.panels, list.len());
                assign::scan(&filter.panels, filter.rows(), &filter.bands, &list, &mut fresh);
                let (mut found, mut expected) = (Vec::new(), Vec::new());
                for (row, band) in filter.bands.iter().enumerate() {
                    kept.candidates(&filter.panels, *band, row, f32::INFINITY, &mut found);
                    fresh.candidates(&filter.panels, *band, row, f32::INFINITY, &mut expected);
                    assert_eq!(found, expected);
                }
            }
        }
    }
}

/// Fused levels compute the same float32 scores to the bit; the byte product is an integer and the same on all.
#[test]
fn scores_agree_between_levels() {
    let random = &mut Random::new(4);
    let mut fill =
        |n: usize| -> Vec<f64> { (0..n).map(|_| f64::from(random.normal() as f32)).collect() };
    let case = Case::new("normal", 45, fill(45 * 20), fill(45 * 53));
    for kind in KINDS {
        let mut fused: Option<Vec<f32>> = None;
        let portable = scores_of(Level::available()[0], kind, &case);
        for level in Level::available().into_iter().skip(1) {
            let scores = scores_of(level, kind, &case);
            let expected = fused.get_or_insert_with(|| scores.clone());
            assert_eq!(&scores, expected, "{} {kind:?}", level.name());
            for (value, other) in scores.iter().zip(&portable) {
                assert!(
                    (value - other).abs() <= 1e-4,
                    "{} {kind:?}: {value} {other}",
                    level.name()
                );
            }
        }
    }
}

/// The scores of all rows without padding, whose width differs between levels.
fn scores_of(level: Level, kind: Kind, case: &Case) -> Vec<f32> {
    let filter = Filter::new(level, kind, case);
    let list: Vec<u32> = (0..case.n_rows() as u32).collect();
    let width = filter.panels.n_padded();
    let mut scores = vec![0.0; width * list.len()];
    product::scores(&filter.panels, filter.rows(), &filter.bands, &list, &mut scores);
    scores.chunks(width).flat_map(|row| row[..case.n_centers()].to_vec()).collect()
}

/// Panels that are packed anew one centroid at a time equal panels packed at once; absent centroids are never chosen.
#[test]
fn centroids_can_be_replaced_and_left_out() {
    let (old, new) = (
        integers(Size { rows: 9, centers: 21, features: 9 }, 10),
        integers(Size { rows: 9, centers: 21, features: 9 }, 11),
    );
    let new = Case { rows: old.rows.clone(), mean: old.mean.clone(), ..new };
    for level in Level::available() {
        for kind in KINDS {
            let mut filter = Filter::new(level, kind, &old);
            for index in 0..21 {
                filter.set(index, &new);
            }
            let list: Vec<u32> = (0..9).collect();
            let mut scores = vec![0.0; filter.panels.n_padded() * 9];
            product::scores(&filter.panels, filter.rows(), &filter.bands, &list, &mut scores);
            let expected = scores_of(level, kind, &new);
            for (row, expected) in scores.chunks(filter.panels.n_padded()).zip(expected.chunks(21))
            {
                assert_eq!(&row[..21], expected, "{} {kind:?}", level.name());
            }

            filter.leave_out_all_but(13, level, &new);
            let mut kept = Kept::default();
            kept.reset(&filter.panels, 9);
            assign::scan(&filter.panels, filter.rows(), &filter.bands, &list, &mut kept);
            let mut found = Vec::new();
            for (row, band) in filter.bands.iter().enumerate() {
                kept.candidates(&filter.panels, *band, row, f32::INFINITY, &mut found);
                assert_eq!(found, [13], "{} {kind:?}", level.name());
            }
        }
    }
}
