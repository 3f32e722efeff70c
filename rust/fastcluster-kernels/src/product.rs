//! Scores written out: every lower bound of a block of rows, for top-m search, transforms and seeding.
//!
//! With bands of zero (and a scale of one) the bounds of float32 words are the scores as float32 computes them, low by at
//! most a millionth of ½‖c‖², which the panels have taken off for rounding.

use crate::assign::Rows;
use crate::generic::Writer;
use crate::panels::{Panels, RowBand};

/// Writes the lower bounds of the scores of the listed rows: `scores[position][center]`, [`Panels::n_padded`] wide;
/// padding lanes are infinite.
///
/// # Panics
/// If the words do not match the panels, a listed row is out of range or `scores` is too short.
pub fn scores(
    panels: &Panels,
    rows: Rows<'_>,
    bands: &[RowBand],
    list: &[u32],
    scores: &mut [f32],
) {
    rows.check(panels, bands, list);
    let width = panels.n_padded();
    assert!(scores.len() >= list.len() * width, "scores too short");
    let sink = &mut Writer { scores, width };
    dispatch_scan!(
        panels,
        (0, panels.n_panels()),
        rows,
        bands,
        list,
        sink,
        write_floats,
        write_bytes
    );
}
