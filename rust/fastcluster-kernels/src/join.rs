//! The filter for pairs of rows: which can be as near as a limit of either of them says.
//!
//! # Idea
//! With m the common point of rows and panels, ‖x − y‖² = ‖x − m‖² + 2s, s the score of x and y (see [`crate::panels`]),
//! so ‖x − y‖² ≤ t² exactly if s ≤ (t² − ‖x − m‖²)/2. The kernel knows a lower bound of s and lists the pairs whose
//! bound is within the limit of the row or that of the column: the limit of a pair is the larger of two, and no limit per
//! pair is ever written down.
//!
//! # Cost
//! n·k·d multiply-adds in 8 bits or float32, about ten vector operations per row and `lanes` columns.

use std::ops::Range;

use crate::assign::Rows;
use crate::generic::Joiner;
use crate::panels::{Panels, RowBand};

/// Relative rounding unit of float32.
const UNIT: f32 = f32::EPSILON / 2.0;

/// A pair that may be within the limits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Near {
    /// The row, as it was listed.
    pub row: u32,
    /// The place of the column in the panels.
    pub column: u32,
    /// A lower bound of the pair's score.
    pub lower: f32,
}

/// How near a pair must be, as squared distances in the panels' space.
///
/// A pair passes if its lower bound lies within either limit, so limits only need to be right from above.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// By row: (t² − ‖x − m‖²)/2, rounded up.
    rows: Vec<f32>,
    /// By row: ½‖x − m‖², rounded down.
    halves: Vec<f32>,
    /// By column: t²/2, rounded up; at least as many as the panels have places.
    columns: Vec<f32>,
}

impl Limits {
    /// Takes the limits of rows and columns: `rows` and `columns` are t² (−infinity: only the other side decides),
    /// `norms` at most ‖x − m‖² of the rows.
    pub fn set(
        &mut self,
        rows: impl Iterator<Item = f32>,
        norms: &[f32],
        columns: impl Iterator<Item = f32>,
    ) {
        // Each bound carries a few roundings, none larger than the sum of the magnitudes that it is made of.
        let above = |limit: f32| 0.5 * limit + 4.0 * UNIT * limit.abs();
        self.halves.clear();
        self.halves.extend(norms.iter().map(|norm| 0.5 * norm * (1.0 - 16.0 * UNIT)));
        self.rows.clear();
        let raised = rows.zip(&self.halves).map(|(limit, half)| {
            let limit = above(limit) - half;
            limit + 4.0 * UNIT * (limit.abs() + half)
        });
        self.rows.extend(raised);
        self.columns.clear();
        self.columns.extend(columns.map(|limit| above(limit) + 4.0 * UNIT * limit.abs()));
    }
}

/// Scores the listed rows against the columns of the panels numbered `part`; appends the pairs that pass to `found`.
///
/// # Panics
/// If the words do not match the panels, a listed row is out of range, `part` is, or a limit is missing.
pub fn join(
    panels: &Panels,
    part: Range<usize>,
    (rows, bands): (Rows<'_>, &[RowBand]),
    list: &[u32],
    limits: &mut Limits,
    found: &mut Vec<Near>,
) {
    rows.check(panels, bands, list);
    assert!(part.start <= part.end && part.end <= panels.n_panels(), "panel out of range");
    let n_rows = list.iter().max().map_or(0, |last| *last as usize + 1);
    assert!(n_rows <= limits.rows.len() && n_rows <= limits.halves.len(), "row out of range");
    assert!(panels.n_centers() <= limits.columns.len(), "a limit for each column");
    limits.columns.resize(panels.n_padded().max(limits.columns.len()), f32::NEG_INFINITY);
    let Limits { rows: of_rows, halves, columns } = &*limits;
    let n_columns = panels.n_centers();
    let sink = &mut Joiner { n_columns, rows: of_rows, halves, columns, found };
    let part = (part.start, part.end);
    dispatch_scan!(panels, part, rows, bands, list, sink, join_floats, join_bytes);
}
