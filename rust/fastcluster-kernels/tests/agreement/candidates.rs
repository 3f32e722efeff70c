//! The filter's promise: the centroids it leaves hold every one whose float64 distance is the least, ties included.

use fastcluster_kernels::assign::{self, Bands, Decision, Kept, NONE, UNDECIDED};
use fastcluster_kernels::panels::Kind;
use fastcluster_kernels::{Level, distance, product};

use crate::filter::{Filter, KINDS};
use crate::hostile::{self, Case, Size};
use crate::random::Random;

/// The centroids at the least distance, as a label is defined.
#[expect(clippy::float_cmp, reason = "a tie is equal to the bit")]
pub(crate) fn nearest(case: &Case, row: usize) -> Vec<u32> {
    let level = Level::available()[0];
    let distances: Vec<f64> = (0..case.n_centers())
        .map(|center| distance::squared_64(level, case.row(row), case.center(center)))
        .collect();
    let least = distances.iter().copied().fold(f64::INFINITY, f64::min);
    (0..)
        .zip(distances)
        .filter(|(_, distance)| *distance == least)
        .map(|(center, _)| center)
        .collect()
}

/// Asserts that `found` holds every centroid of `nearest`, no centroid twice and none that does not exist.
pub(crate) fn assert_holds(found: &[u32], nearest: &[u32], n_centers: usize, what: &str) {
    let mut sorted = found.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), found.len(), "{what}: a centroid twice in {found:?}");
    assert!(
        sorted.last().is_none_or(|last| (*last as usize) < n_centers),
        "{what}: padding chosen"
    );
    for center in nearest {
        assert!(
            sorted.binary_search(center).is_ok(),
            "{what}: {nearest:?} expected, {found:?} found"
        );
    }
}

/// Asserts the promise for every row of a case: without a limit, with the one that the first call returned, and with
/// the least that any centroid gives.
pub(crate) fn assert_kept(level: Level, kind: Kind, case: &Case) {
    let filter = Filter::new(level, kind, case);
    let list: Vec<u32> = (0..case.n_rows() as u32).collect();
    let mut kept = Kept::default();
    kept.reset(&filter.panels, case.n_rows());
    assign::scan(&filter.panels, filter.rows(), &filter.bands, &list, &mut kept);
    assert_gaps(&kept, &filter, case.n_rows());
    let mut found = Vec::new();
    for row in 0..case.n_rows() {
        let nearest = nearest(case, row);
        let band = filter.bands[row];
        let mut limit = f32::INFINITY;
        for known in ["no limit", "its own limit", "the least limit"] {
            let returned = kept.candidates(&filter.panels, band, row, limit, &mut found);
            let what = format!("{} {kind:?} {} row {row}, {known}", level.name(), case.label());
            assert!(returned <= limit, "{what}: {returned:e} is above {limit:e}");
            assert_holds(&found, &nearest, case.n_centers(), &what);
            assert_decided(&kept, &filter, row, limit, (&found, returned));
            limit = if known == "no limit" { returned } else { least_limit(&filter, row) };
        }
    }
}

/// All rows decided at once, in any order, say what each says alone; the gap of a proven row is that of all its bounds,
/// written out.
fn assert_gaps(kept: &Kept, filter: &Filter, n_rows: usize) {
    let list: Vec<u32> = (0..n_rows as u32).rev().collect();
    let unknown = Decision { center: 0, upper: f32::INFINITY, gap: 0.0 };
    let mut decisions = vec![unknown; n_rows];
    kept.decide(&filter.panels, Bands::Own(&filter.bands), &list, &mut decisions);
    let width = filter.panels.n_padded();
    let mut scores = vec![0.0; n_rows * width];
    product::scores(&filter.panels, filter.rows(), &filter.bands, &list, &mut scores);
    for ((row, decision), scores) in list.iter().zip(&decisions).zip(scores.chunks(width)) {
        let mut alone = [unknown];
        kept.decide(&filter.panels, Bands::Own(&filter.bands), &[*row], &mut alone);
        assert_eq!(alone, [*decision], "row {row}");
        let others = (0..).zip(scores).filter(|(center, _)| *center != decision.center);
        let runner_up = others.fold(f32::INFINITY, |least: f32, (_, score)| least.min(*score));
        let gap = if decision.center < NONE { runner_up - decision.upper } else { 0.0 };
        assert_eq!(decision.gap.to_bits(), gap.to_bits(), "row {row}: {decision:?}");
    }
}

/// The decision of a row says what its candidates do: none, the only one, or that there are several.
fn assert_decided(kept: &Kept, filter: &Filter, row: usize, limit: f32, told: (&[u32], f32)) {
    let mut decisions = [Decision { center: 0, upper: limit, gap: 0.0 }; 2];
    let list = [row as u32, row as u32];
    kept.decide(&filter.panels, Bands::Own(&filter.bands), &list, &mut decisions);
    // A band that rows share says the same.
    let mut shared = [Decision { center: 0, upper: limit, gap: 0.0 }; 2];
    kept.decide(&filter.panels, Bands::Shared(filter.bands[row]), &list, &mut shared);
    assert_eq!(shared, decisions, "row {row}, limit {limit:e}");
    let center = match told.0 {
        [] => NONE,
        [only] => *only,
        _ => UNDECIDED,
    };
    let gap = decisions[0].gap;
    let expected = Decision { center, upper: told.1, gap };
    assert_eq!(decisions, [expected; 2], "row {row}, limit {limit:e}");
    if center < NONE {
        assert_gap(filter, row, center as usize, decisions[0]);
    } else {
        assert_eq!(gap.to_bits(), 0, "row {row}, limit {limit:e}");
    }
}

/// The gap of a decided row is what the lower bounds of the other centroids leave above its upper bound, to a rounding.
fn assert_gap(filter: &Filter, row: usize, center: usize, decision: Decision) {
    let mut scores = vec![0.0; filter.panels.n_padded()];
    product::scores(&filter.panels, filter.rows(), &filter.bands, &[row as u32], &mut scores);
    let others = scores.iter().enumerate().filter(|(other, _)| *other != center);
    let least = others.fold(f32::INFINITY, |least, (_, score)| least.min(*score));
    let gap = least - decision.upper;
    assert_eq!(decision.gap.to_bits(), gap.to_bits(), "row {row}: {} is not {gap}", decision.gap);
}

/// The least upper bound that any centroid gives a row.
fn least_limit(filter: &Filter, row: usize) -> f32 {
    let mut scores = vec![0.0; filter.panels.n_padded()];
    product::scores(&filter.panels, filter.rows(), &filter.bands, &[row as u32], &mut scores);
    let lower = scores[..filter.panels.n_centers()].iter().enumerate();
    lower
        .map(|(center, lower)| filter.panels.upper_bound(filter.bands[row], center, *lower))
        .fold(f32::INFINITY, f32::min)
}

#[test]
fn hold_every_nearest_centroid_of_hostile_data() {
    for (seed, (centers, features)) in
        [(1, 1), (5, 2), (17, 3), (40, 7), (33, 16), (140, 33), (300, 130)].into_iter().enumerate()
    {
        for case in hostile::all(Size { rows: 13, centers, features }, 100 + seed as u64) {
            for level in Level::available() {
                for kind in KINDS {
                    assert_kept(level, kind, &case);
                }
            }
        }
    }
}

/// A filter that keeps everything would keep every promise: on embeddings it leaves about one centroid in two hundred.
#[test]
fn are_few_on_embeddings() {
    let case =
        hostile::embeddings(Size { rows: 60, centers: 200, features: 96 }, &mut Random::new(8));
    for level in Level::available() {
        for kind in KINDS {
            let n_found: usize =
                found_of(&Filter::new(level, kind, &case)).iter().map(Vec::len).sum();
            assert!(
                n_found < 60 * 3 / 2,
                "{} {kind:?}: {n_found} candidates of 60 rows",
                level.name()
            );
        }
    }
}

/// Equal centroids cannot be told apart, so that a filter must keep all of them; beyond them it may keep the rest of a
/// lane that holds several, nothing else.
#[test]
fn hold_all_of_many_equal_centroids() {
    let mut case =
        hostile::embeddings(Size { rows: 7, centers: 120, features: 20 }, &mut Random::new(5));
    let nearest = case.row(0).to_vec();
    // One lane of sixteen, then neighbours across the end of a vector of eight and of sixteen.
    let equal = [3, 19, 35, 67, 115, 14, 15, 16, 17, 119];
    for center in equal {
        case.centers[center as usize * 20..][..20].copy_from_slice(&nearest);
    }
    for level in Level::available() {
        for kind in KINDS {
            let filter = Filter::new(level, kind, &case);
            let lanes = filter.panels.lanes() as u32;
            let sharing =
                |center: u32| equal.iter().filter(|other| *other % lanes == center % lanes).count();
            let expected: Vec<u32> =
                (0..120).filter(|center| equal.contains(center) || sharing(*center) > 1).collect();
            let mut found = found_of(&filter).swap_remove(0);
            found.sort_unstable();
            assert_eq!(found, expected, "{} {kind:?}", level.name());
        }
    }
}

/// A limit below every lower bound says that no centroid of these panels matters.
#[test]
fn are_none_below_every_bound() {
    let case =
        hostile::embeddings(Size { rows: 3, centers: 30, features: 12 }, &mut Random::new(6));
    for level in Level::available() {
        for kind in KINDS {
            let filter = Filter::new(level, kind, &case);
            let mut kept = Kept::default();
            kept.reset(&filter.panels, 3);
            assign::scan(&filter.panels, filter.rows(), &filter.bands, &[0, 1, 2], &mut kept);
            let mut found = vec![7];
            for row in 0..3 {
                let limit =
                    kept.candidates(&filter.panels, filter.bands[row], row, -9.0, &mut found);
                assert_eq!((found.len(), limit), (0, -9.0), "{} {kind:?}", level.name());
                assert_decided(&kept, &filter, row, -9.0, (&found, limit));
            }
        }
    }
}

/// The candidates of every row, without a limit.
fn found_of(filter: &Filter) -> Vec<Vec<u32>> {
    let list: Vec<u32> = (0..filter.bands.len() as u32).collect();
    let mut kept = Kept::default();
    kept.reset(&filter.panels, list.len());
    assign::scan(&filter.panels, filter.rows(), &filter.bands, &list, &mut kept);
    let mut all = Vec::new();
    for (row, band) in filter.bands.iter().enumerate() {
        let mut found = Vec::new();
        kept.candidates(&filter.panels, *band, row, f32::INFINITY, &mut found);
        all.push(found);
    }
    all
}
