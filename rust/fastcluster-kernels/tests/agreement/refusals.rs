//! Wrong lengths and indexes panic before anything is read.

use fastcluster_kernels::assign::{self, Bands, Decision, Kept, NONE, Rows};
use fastcluster_kernels::pairwise::{self, Columns};
use fastcluster_kernels::panels::{BYTES_FEATURES_MAX, Kind, Panels, RowBand};
use fastcluster_kernels::sieve::{Sifted, sieve};
use fastcluster_kernels::sketch::Directions;
use fastcluster_kernels::{Level, product};

/// Three centroids of five features, and a band for each of two rows.
fn panels(kind: Kind) -> (Panels, [RowBand; 2]) {
    let mut panels = Panels::new(Level::current(), kind, 3, 5);
    for index in 0..3 {
        panels.set(index, &[0.5; 5]);
    }
    (panels, [RowBand::default(); 2])
}

#[test]
#[should_panic(expected = "rows and panels hold different words")]
fn bytes_for_float_panels() {
    let (panels, bands) = panels(Kind::Floats);
    product::scores(&panels, Rows::Bytes(&[0; 10]), &bands, &[0], &mut [0.0; 64]);
}

#[test]
#[should_panic(expected = "rows and panels hold different words")]
fn floats_for_byte_panels() {
    let (panels, bands) = panels(Kind::Bytes);
    product::scores(&panels, Rows::Floats(&[0.0; 10]), &bands, &[0], &mut [0.0; 64]);
}

#[test]
#[should_panic(expected = "row out of range")]
fn a_row_that_is_cut_short() {
    let (panels, bands) = panels(Kind::Floats);
    product::scores(&panels, Rows::Floats(&[0.0; 9]), &bands, &[1], &mut [0.0; 64]);
}

#[test]
#[should_panic(expected = "row out of range")]
fn a_row_without_a_band() {
    let (panels, bands) = panels(Kind::Bytes);
    product::scores(&panels, Rows::Bytes(&[0; 10]), &bands, &[0, 2], &mut [0.0; 64]);
}

#[test]
#[should_panic(expected = "scores too short")]
fn too_little_room_for_scores() {
    let (panels, bands) = panels(Kind::Floats);
    let mut scores = vec![0.0; 2 * panels.n_padded() - 1];
    product::scores(&panels, Rows::Floats(&[0.0; 10]), &bands, &[0, 1], &mut scores);
}

#[test]
#[should_panic(expected = "out of range")]
fn a_scan_into_too_little_room() {
    let (panels, bands) = panels(Kind::Floats);
    let mut kept = Kept::default();
    kept.reset(&panels, 1);
    assign::scan(&panels, Rows::Floats(&[0.0; 10]), &bands, &[0, 1], &mut kept);
}

#[test]
#[should_panic(expected = "kept for panels of other lanes")]
fn a_scan_into_what_was_never_reset() {
    let (panels, bands) = panels(Kind::Floats);
    assign::scan(&panels, Rows::Floats(&[0.0; 10]), &bands, &[0], &mut Kept::default());
}

#[test]
#[should_panic(expected = "a decision for each listed row")]
fn fewer_decisions_than_rows() {
    let (panels, bands) = panels(Kind::Bytes);
    let mut kept = Kept::default();
    kept.reset(&panels, 2);
    kept.decide(
        &panels,
        Bands::Own(&bands),
        &[0, 1],
        &mut [Decision { center: NONE, upper: 0.0, gap: 0.0 }],
    );
}

#[test]
#[should_panic(expected = "out of range")]
fn a_decision_on_a_row_that_was_not_scanned() {
    let (panels, bands) = panels(Kind::Bytes);
    let mut kept = Kept::default();
    kept.reset(&panels, 1);
    kept.decide(
        &panels,
        Bands::Own(&bands),
        &[1],
        &mut [Decision { center: NONE, upper: 0.0, gap: 0.0 }],
    );
}

#[test]
#[should_panic(expected = "center out of range")]
fn a_centroid_beyond_the_last() {
    panels(Kind::Floats).0.set(3, &[0.0; 5]);
}

#[test]
#[should_panic(expected = "center out of range")]
fn a_centroid_of_other_features() {
    panels(Kind::Bytes).0.set(0, &[0.0; 4]);
}

#[test]
#[should_panic(expected = "too many features")]
fn byte_rows_whose_sums_would_wrap() {
    drop(Panels::new(Level::current(), Kind::Bytes, 1, BYTES_FEATURES_MAX + 1));
}

/// Sieves rows of the words that a panel of three centroids takes; `part` and the lengths are what may be wrong.
fn sift(kind: Kind, part: std::ops::Range<usize>, list: &[u32], n_limits: usize, n_beyond: usize) {
    let (panels, bands) = panels(kind);
    let (limits, mut beyond, mut found) = (vec![0.0; n_limits], vec![0.0; n_beyond], Vec::new());
    let sifted = Sifted { beyond: &mut beyond, found: &mut found };
    sieve(&panels, part, (Rows::Floats(&[0.0; 10]), &bands), list, &limits, sifted);
}

#[test]
#[should_panic(expected = "rows and panels hold different words")]
fn a_sieve_of_floats_for_byte_panels() {
    sift(Kind::Bytes, 0..1, &[0, 1], 2, 2);
}

#[test]
#[should_panic(expected = "panel out of range")]
fn a_sieve_of_a_panel_that_is_not_there() {
    sift(Kind::Floats, 0..2, &[0, 1], 2, 2);
}

#[test]
#[should_panic(expected = "panel out of range")]
fn a_sieve_of_panels_backwards() {
    #[expect(clippy::reversed_empty_ranges, reason = "that is what must be refused")]
    sift(Kind::Floats, 1..0, &[0, 1], 2, 2);
}

#[test]
#[should_panic(expected = "row out of range")]
fn a_sieve_of_a_row_without_a_limit() {
    sift(Kind::Floats, 0..1, &[0, 1], 1, 2);
}

#[test]
#[should_panic(expected = "row out of range")]
fn a_sieve_of_a_row_without_room_for_its_bound() {
    sift(Kind::Floats, 0..1, &[0, 1], 2, 1);
}

#[test]
#[should_panic(expected = "whole directions")]
fn directions_that_are_cut_short() {
    Directions::new(Level::current(), &[1.0; 9], 5);
}

#[test]
#[should_panic(expected = "scores too short")]
fn too_little_room_for_projections() {
    let directions = Directions::new(Level::current(), &[1.0; 10], 5);
    directions.project(&[0.0; 10], &mut vec![0.0; 2 * directions.width() - 1]);
}

/// Two rows of five features against three columns.
fn pairs(n_words: usize, n_distances: usize) {
    let columns = Columns::new(Level::current(), 3, 5);
    let words = vec![0.0; n_words];
    let rows = pairwise::Rows { words: &words, norms: &[0.0; 2] };
    let mut distances = vec![0.0; n_distances + 2 * columns.n_padded()];
    pairwise::distances(&columns, rows, 0.1, &mut distances, &mut Vec::new());
}

#[test]
#[should_panic(expected = "rows of n_features")]
fn rows_of_pairs_that_are_cut_short() {
    pairs(9, 0);
}

#[test]
#[should_panic(expected = "room for all pairs")]
fn another_number_of_distances_than_of_pairs() {
    pairs(10, 1);
}

#[test]
#[should_panic(expected = "features")]
fn a_column_of_another_width() {
    Columns::new(Level::current(), 3, 5).set(0, &[0.0; 4], 0.0);
}
