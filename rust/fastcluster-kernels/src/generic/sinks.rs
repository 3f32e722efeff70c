//! What becomes of lower bounds: the least are kept per lane, those within a limit (of the row, or of row and column) are
//! listed, or all are written out.

use super::scan::Sink;
use super::{Kept, Simd};
use crate::join::Near;
use crate::sieve::Survivor;

/// Keeps, per row and lane, the two least lower bounds and the vector of the least.
pub(crate) struct Tracker<'a> {
    pub(crate) best: &'a mut [f32],
    pub(crate) second: &'a mut [f32],
    pub(crate) number: &'a mut [u32],
}

impl<S: Simd> Sink<S> for Tracker<'_> {
    #[inline(always)]
    fn take<const V: usize>(
        &mut self,
        simd: S,
        _: usize,
        row: usize,
        first: usize,
        lower: [S::F; V],
    ) {
        let at = row * S::LEN;
        let (best, second) = (&mut self.best[at..][..S::LEN], &mut self.second[at..][..S::LEN]);
        let number = &mut self.number[at..][..S::LEN];
        // The first panel finds nothing kept: what lies there is of another block.
        let mut kept = match first {
            0 => Kept {
                best: simd.splat(f32::INFINITY),
                second: simd.splat(f32::INFINITY),
                number: simd.splat_word(0),
            },
            _ => Kept {
                best: simd.load(best),
                second: simd.load(second),
                number: simd.load_words(number),
            },
        };
        for (vector, value) in lower.into_iter().enumerate() {
            kept = simd.track(kept, value, simd.splat_word((first + vector) as u32));
        }
        simd.store(kept.best, best);
        simd.store(kept.second, second);
        simd.store_words(kept.number, number);
    }
}

/// Writes every lower bound out: row `position` of `scores`, `width` values apart.
pub(crate) struct Writer<'a> {
    pub(crate) scores: &'a mut [f32],
    pub(crate) width: usize,
}

impl<S: Simd> Sink<S> for Writer<'_> {
    #[inline(always)]
    fn take<const V: usize>(
        &mut self,
        simd: S,
        position: usize,
        _: usize,
        first: usize,
        lower: [S::F; V],
    ) {
        let begin = position * self.width + first * S::LEN;
        let out = &mut self.scores[begin..][..V * S::LEN];
        for (vector, value) in lower.into_iter().enumerate() {
            simd.store(value, &mut out[vector * S::LEN..]);
        }
    }
}

/// Lists the centroids whose lower bound is within their row's limit, and keeps per row the least bound of the others.
pub(crate) struct Sieve<'a> {
    pub(crate) n_centers: usize,
    /// Per row.
    pub(crate) limits: &'a [f32],
    /// Per row.
    pub(crate) beyond: &'a mut [f32],
    pub(crate) found: &'a mut Vec<Survivor>,
}

impl<S: Simd> Sink<S> for Sieve<'_> {
    #[inline(always)]
    fn take<const V: usize>(
        &mut self,
        simd: S,
        _: usize,
        row: usize,
        first: usize,
        lower: [S::F; V],
    ) {
        let limit = simd.splat(self.limits[row]);
        let mut least = simd.splat(f32::INFINITY);
        let mut within = 0_u64;
        for (vector, value) in lower.into_iter().enumerate() {
            let (lesser, mask) = simd.sift(least, value, limit);
            least = lesser;
            within |= u64::from(mask) << (vector * S::LEN);
        }
        let least = simd.least(least);
        if least < self.beyond[row] {
            self.beyond[row] = least;
        }
        // One row in several has any survivor in a panel.
        while within != 0 {
            let center = first * S::LEN + within.trailing_zeros() as usize;
            within &= within - 1;
            // Padding survives an infinite limit.
            if center < self.n_centers {
                self.found.push(Survivor { row: row as u32, center: center as u32 });
            }
        }
    }
}

/// Columns of the widest panel.
const WIDTH_MAX: usize = 64;

/// Lists the pairs whose lower bound is within the limit of the row or of the column.
pub(crate) struct Joiner<'a> {
    pub(crate) n_columns: usize,
    /// Per row: its limit as a score.
    pub(crate) rows: &'a [f32],
    /// Per row: what makes a score of a column's limit.
    pub(crate) halves: &'a [f32],
    /// Per column, padding included.
    pub(crate) columns: &'a [f32],
    pub(crate) found: &'a mut Vec<Near>,
}

impl<S: Simd> Sink<S> for Joiner<'_> {
    #[inline(always)]
    fn take<const V: usize>(
        &mut self,
        simd: S,
        _: usize,
        row: usize,
        first: usize,
        lower: [S::F; V],
    ) {
        const { assert!(V * S::LEN <= WIDTH_MAX, "a panel fits") }
        let (limit, half) = (simd.splat(self.rows[row]), simd.splat(self.halves[row]));
        let one = simd.splat(1.0);
        let columns = &self.columns[first * S::LEN..][..V * S::LEN];
        let mut within = 0_u64;
        for (vector, value) in lower.into_iter().enumerate() {
            let column = simd.neg_mul_add(half, one, simd.load(&columns[vector * S::LEN..]));
            let mask = simd.not_above(value, limit) | simd.not_above(value, column);
            within |= u64::from(mask) << (vector * S::LEN);
        }
        if within != 0 {
            let mut values = [0.0; WIDTH_MAX];
            for (vector, value) in lower.into_iter().enumerate() {
                simd.store(value, &mut values[vector * S::LEN..]);
            }
            list(self.found, (row, first * S::LEN, self.n_columns), within, &values);
        }
    }
}

/// Appends the pairs of a row whose bit is set; kept out of line, because few rows have one in a panel.
#[inline(never)]
fn list(
    found: &mut Vec<Near>,
    (row, begin, end): (usize, usize, usize),
    mut within: u64,
    values: &[f32; WIDTH_MAX],
) {
    while within != 0 {
        let at = within.trailing_zeros() as usize;
        within &= within - 1;
        // Padding passes where a limit is infinite.
        if begin + at < end {
            let (row, column) = (row as u32, (begin + at) as u32);
            found.push(Near { row, column, lower: values[at] });
        }
    }
}
