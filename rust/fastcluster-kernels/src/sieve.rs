//! The filter where an upper bound of each row's least score is known: which centroids can still be as near.
//!
//! A row that had a nearest centroid before knows how far that one is now; only a centroid whose lower bound is within
//! that limit can be nearer. [`sieve`] lists those, and keeps the least bound of all others of a part of the panels, which
//! later tells for how long that part need not be looked at (see the movements of centroids in fastcluster-core).
//!
//! # Cost
//! n·k·d multiply-adds in 8 bits or float32, about seven vector operations per row and `lanes` centroids.

use std::ops::Range;

use crate::assign::Rows;
use crate::generic::Sieve;
use crate::panels::{Panels, RowBand};

/// A centroid that may be as near to a row as the row's limit says.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Survivor {
    /// The row, as it was listed.
    pub row: u32,
    /// The place of the centroid in the panels.
    pub center: u32,
}

/// What a sieve brings in: both are indexed by row, as the list is.
#[derive(Debug)]
pub struct Sifted<'a> {
    /// Lowered to the least bound that lies above the row's limit.
    pub beyond: &'a mut [f32],
    /// Appended to, by panel.
    pub found: &'a mut Vec<Survivor>,
}

/// Scores the listed rows against the centroids of the panels numbered `part`.
///
/// # Panics
/// If the words do not match the panels, a listed row is out of range, or `part` is.
pub fn sieve(
    panels: &Panels,
    part: Range<usize>,
    (rows, bands): (Rows<'_>, &[RowBand]),
    list: &[u32],
    limits: &[f32],
    sifted: Sifted<'_>,
) {
    rows.check(panels, bands, list);
    assert!(part.start <= part.end && part.end <= panels.n_panels(), "panel out of range");
    let n_rows = list.iter().max().map_or(0, |last| *last as usize + 1);
    assert!(n_rows <= limits.len() && n_rows <= sifted.beyond.len(), "row out of range");
    let Sifted { beyond, found } = sifted;
    let sink = &mut Sieve { n_centers: panels.n_centers(), limits, beyond, found };
    let part = (part.start, part.end);
    dispatch_scan!(panels, part, rows, bands, list, sink, sieve_floats, sieve_bytes);
}
