//! Rows of few features decided at once: what is called nearest is, and leads by no less than what is told.

use fastcluster_kernels::Level;
use fastcluster_kernels::assign::{
    self, Bands, Decision, FEATURES_FEW, Kept, NONE, Rows, UNDECIDED, decide_few,
};
use fastcluster_kernels::panels::{Kind, RowBand};

use crate::candidates::nearest;
use crate::filter::{Filter, true_scores};
use crate::hostile::{self, Case, Size};
use crate::random::Random;

/// The band that all rows of a filter share, as a block of float32 rows does.
fn shared(filter: &Filter) -> RowBand {
    let largest = |of: fn(&RowBand) -> f32| filter.bands.iter().map(of).fold(0.0, f32::max);
    RowBand { scale: 1.0, error: largest(|band| band.error), reach: largest(|band| band.reach) }
}

fn decided(filter: &Filter, list: &[u32], limit: f32) -> Vec<Decision> {
    let mut decisions = vec![Decision { center: 0, upper: limit, gap: 0.0 }; list.len()];
    if let Rows::Floats(rows) = filter.rows() {
        decide_few(&filter.panels, rows, shared(filter), list, &mut decisions);
    }
    decisions
}

/// Asserts that every row of a case is decided rightly: without a limit, with its own, and with one that none can meet.
pub(crate) fn assert_few(level: Level, case: &Case) {
    let filter = Filter::new(level, Kind::Floats, case);
    let list: Vec<u32> = (0..case.n_rows() as u32).rev().collect();
    let free = decided(&filter, &list, f32::INFINITY);
    let truth = true_scores(case);
    for (row, free) in list.iter().zip(&free) {
        let what = format!("{} {} row {row}", level.name(), case.label());
        let own = decided(&filter, &[*row], free.upper);
        assert_eq!(own, [*free], "{what}: its own limit changes nothing");
        let none = Decision { center: NONE, upper: f32::MIN, gap: 0.0 };
        assert_eq!(decided(&filter, &[*row], f32::MIN), [none], "{what}");
        let scores = &truth[*row as usize * case.n_centers()..][..case.n_centers()];
        // The gap is a difference, rounded to nearest; who uses it allows for that.
        let (upper, gap) =
            (f64::from(free.upper), f64::from(free.gap) * (1.0 - f64::from(f32::EPSILON)));
        assert!(scores.iter().any(|score| score.value() <= upper), "{what}: {free:?}");
        if free.center == UNDECIDED {
            continue;
        }
        assert_eq!(nearest(case, *row as usize), [free.center], "{what}");
        assert!(scores[free.center as usize].value() <= upper, "{what}: {free:?}");
        for (center, score) in (0..).zip(scores) {
            assert!(
                center == free.center || score.value() >= upper + gap,
                "{what}: {center} has {}, {free:?}",
                score.value()
            );
        }
    }
}

#[test]
fn few_features_are_decided_rightly_on_hostile_data() {
    for features in 1..=FEATURES_FEW {
        for (seed, centers) in [1, 2, 5, 16, 17, 70].into_iter().enumerate() {
            for case in hostile::all(Size { rows: 37, centers, features }, 300 + seed as u64) {
                for level in Level::available() {
                    assert_few(level, &case);
                }
            }
        }
    }
}

/// As many rows are left open as bounds that are kept would leave.
#[test]
fn few_features_leave_no_more_rows_open() {
    let size = Size { rows: 500, centers: 60, features: FEATURES_FEW };
    let case = hostile::embeddings(size, &mut Random::new(9));
    let list: Vec<u32> = (0..500).collect();
    for level in Level::available() {
        let filter = Filter::new(level, Kind::Floats, &case);
        let mut kept = Kept::default();
        kept.reset(&filter.panels, list.len());
        assign::scan(&filter.panels, filter.rows(), &filter.bands, &list, &mut kept);
        let mut right = vec![Decision { center: 0, upper: f32::INFINITY, gap: 0.0 }; list.len()];
        kept.decide(&filter.panels, Bands::Shared(shared(&filter)), &list, &mut right);
        let open = |all: &[Decision]| all.iter().filter(|one| one.center == UNDECIDED).count();
        let few = open(&decided(&filter, &list, f32::INFINITY));
        assert!(few <= open(&right) + 1 && few < 10, "{}: {few} rows are open", level.name());
    }
}
