//! A sieve against the scores written out: the same survivors, and the least bound of the others, to the bit.

use std::ops::Range;

use fastcluster_kernels::panels::Kind;
use fastcluster_kernels::sieve::{Sifted, Survivor, sieve};
use fastcluster_kernels::{Level, product};

use crate::filter::{Filter, KINDS};
use crate::hostile::{self, Case, Size};
use crate::random::Random;

/// Centroids a panel, from less than a vector to all.
const GROUPS: [usize; 6] = [1, 8, 16, 17, 32, usize::MAX];

/// The scores of all rows, row after row.
fn scores(filter: &Filter) -> Vec<f32> {
    let list: Vec<u32> = (0..filter.bands.len() as u32).collect();
    let mut scores = vec![f32::NAN; list.len() * filter.panels.n_padded()];
    product::scores(&filter.panels, filter.rows(), &filter.bands, &list, &mut scores);
    scores
}

/// A limit per row: one that nothing passes, one that all pass, or one of its scores, exactly or from either side.
fn limits(scores: &[f32], n_centers: usize, width: usize, random: &mut Random) -> Vec<f32> {
    let limit = |scores: &[f32]| {
        let score = scores[random.below(n_centers)];
        match random.below(8) {
            0 => f32::INFINITY,
            1 => f32::NEG_INFINITY,
            2 => score.next_up(),
            3 => score.next_down(),
            _ => score,
        }
    };
    scores.chunks(width).map(limit).collect()
}

/// What a sieve of some panels must find and keep.
fn expected(
    filter: &Filter,
    part: &Range<usize>,
    list: &[u32],
    (scores, limits, before): (&[f32], &[f32], &[f32]),
) -> (Vec<Survivor>, Vec<f32>) {
    let (width, n) = (filter.panels.n_padded(), filter.panels.n_centers());
    let centers = part.start * filter.panels.panel_width()..part.end * filter.panels.panel_width();
    let (mut found, mut beyond) = (Vec::new(), before.to_vec());
    for row in list {
        let at = *row as usize;
        for center in centers.start..centers.end.min(n) {
            let score = scores[at * width + center];
            if score <= limits[at] {
                found.push(Survivor { row: *row, center: center as u32 });
            } else {
                beyond[at] = beyond[at].min(score);
            }
        }
    }
    found.sort_unstable();
    (found, beyond)
}

fn assert_sifted(filter: &Filter, what: &str, random: &mut Random) {
    let (n_rows, n_panels) = (filter.bands.len(), filter.panels.n_panels());
    let scores = scores(filter);
    let limits = limits(&scores, filter.panels.n_centers(), filter.panels.n_padded(), random);
    let middle = random.below(n_panels + 1);
    let all: Vec<u32> = (0..n_rows as u32).collect();
    let gaps: Vec<u32> = all.iter().copied().filter(|_| random.below(3) > 0).collect();
    let backwards: Vec<u32> = all.iter().rev().copied().collect();
    for part in [0..n_panels, 0..middle, middle..n_panels, middle..middle] {
        for list in [&all, &gaps, &backwards] {
            // Some rows bring a bound that is lower than any of these panels.
            let before: Vec<f32> =
                (0..n_rows).map(|row| if row % 4 == 1 { -1e38 } else { f32::INFINITY }).collect();
            let (mut beyond, mut found) = (before.clone(), vec![Survivor { row: 7, center: 9 }]);
            let sifted = Sifted { beyond: &mut beyond, found: &mut found };
            let (rows, bands) = (filter.rows(), &filter.bands[..]);
            sieve(&filter.panels, part.clone(), (rows, bands), list, &limits, sifted);
            let told = (&scores[..], &limits[..], &before[..]);
            let (right, least) = expected(filter, &part, list, told);
            assert_eq!(found.remove(0), Survivor { row: 7, center: 9 }, "found is appended to");
            found.sort_unstable();
            assert_eq!(found, right, "{what}, panels {part:?}, rows {list:?}");
            assert_eq!(beyond, least, "{what}, panels {part:?}, rows {list:?}");
        }
    }
}

fn assert_case(case: &Case, random: &mut Random) {
    for level in Level::available() {
        for kind in KINDS {
            let mut filter = Filter::new(level, kind, case);
            for group in GROUPS {
                filter.group(group, level, case);
                let what = format!("{} {kind:?} {}, {group}", level.name(), case.label());
                assert_sifted(&filter, &what, random);
            }
        }
    }
}

#[test]
fn lists_what_the_scores_say_on_hostile_data() {
    let random = &mut Random::new(300);
    for (seed, (centers, features)) in
        [(1, 1), (7, 2), (17, 3), (40, 7), (150, 33)].into_iter().enumerate()
    {
        for case in hostile::all(Size { rows: 13, centers, features }, 300 + seed as u64) {
            assert_case(&case, random);
        }
    }
}

#[test]
fn lists_what_the_scores_say_for_every_number_of_centroids() {
    let random = &mut Random::new(301);
    for centers in (1..=70).chain([95, 96, 97, 127, 128, 129, 191, 193]) {
        let case = hostile::embeddings(Size { rows: 25, centers, features: 9 }, random);
        assert_case(&case, random);
    }
}

/// Panels in groups hold the same centroids in the same bands: only where they lie differs.
#[test]
fn groups_change_no_score() {
    let random = &mut Random::new(302);
    let case = hostile::embeddings(Size { rows: 5, centers: 150, features: 31 }, random);
    for level in Level::available() {
        for kind in KINDS {
            let mut filter = Filter::new(level, kind, &case);
            let right = scores(&filter);
            for group in GROUPS {
                filter.group(group, level, &case);
                assert_eq!(scores(&filter), right, "{} {kind:?} {group}", level.name());
                let whole = filter.panels.lanes();
                let width = filter.panels.panel_width();
                let room = group.checked_next_multiple_of(whole).unwrap_or(usize::MAX);
                assert!(width.is_multiple_of(whole) && width <= room, "{width} for {group}");
            }
        }
    }
}

/// Where a limit lets everything pass, padding is not taken for a centroid and no bound is left.
#[test]
fn padding_never_passes() {
    let case =
        hostile::embeddings(Size { rows: 3, centers: 19, features: 6 }, &mut Random::new(303));
    for level in Level::available() {
        for kind in [Kind::Floats, Kind::Bytes] {
            let filter = Filter::new(level, kind, &case);
            let (mut beyond, mut found) = (vec![f32::INFINITY; 3], Vec::new());
            let limits = [f32::INFINITY; 3];
            let sifted = Sifted { beyond: &mut beyond, found: &mut found };
            let part = 0..filter.panels.n_panels();
            let rows = (filter.rows(), &filter.bands[..]);
            sieve(&filter.panels, part, rows, &[0, 1, 2], &limits, sifted);
            assert_eq!((found.len(), beyond), (3 * 19, vec![f32::INFINITY; 3]));
        }
    }
}
