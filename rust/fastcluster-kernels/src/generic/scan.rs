//! All rows of a list against all panels: the lower bounds of every score, handed to a sink.

use super::{Product, Simd, tile};
use crate::panels::{Panels, RowBand};

/// Rows to score: `words` row-major, `stride` words apart; `list` holds the rows that take part.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a, W> {
    pub(crate) words: &'a [W],
    pub(crate) stride: usize,
    pub(crate) bands: &'a [RowBand],
    pub(crate) list: &'a [u32],
    /// First panel and the one after the last.
    pub(crate) part: (usize, usize),
}

/// What becomes of the lower bounds of one row and `V` vectors of centroids.
pub(crate) trait Sink<S: Simd> {
    /// `position` counts within the list, `row` is the listed row, `first` the number of the first vector.
    fn take<const V: usize>(
        &mut self,
        simd: S,
        position: usize,
        row: usize,
        first: usize,
        lower: [S::F; V],
    );
}

/// Runs `ROWS × 4` tiles (or as many vectors as a panel holds) over the panels of a part; a panel of two vectors takes
/// `DOUBLE` rows at a time, one of a single vector `NARROW`, because few sums would wait for each other.
///
/// Panels are the outer loop: one panel stays in cache while the rows of the block stream past it.
#[inline(always)]
pub(crate) fn run<S, P, K, const ROWS: usize, const DOUBLE: usize, const NARROW: usize>(
    simd: S,
    panels: &Panels,
    words: &[P::Word],
    rows: Rows<'_, P::Word>,
    sink: &mut K,
) where
    S: Simd,
    P: Product<S>,
    K: Sink<S>,
{
    let n_vectors = (panels.n_padded() / S::LEN).min(rows.part.1 * panels.vectors);
    let mut first = rows.part.0 * panels.vectors;
    while first < n_vectors {
        let vectors = panels.vectors.min(n_vectors - first);
        match vectors {
            4 => run_panel::<S, P, K, ROWS, 4>(simd, panels, words, rows, first, sink),
            3 => run_panel::<S, P, K, ROWS, 3>(simd, panels, words, rows, first, sink),
            2 => run_panel::<S, P, K, DOUBLE, 2>(simd, panels, words, rows, first, sink),
            _ => run_panel::<S, P, K, NARROW, 1>(simd, panels, words, rows, first, sink),
        }
        first += vectors;
    }
}

#[inline(always)]
fn run_panel<S, P, K, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    panels: &Panels,
    words: &[P::Word],
    rows: Rows<'_, P::Word>,
    first: usize,
    sink: &mut K,
) where
    S: Simd,
    P: Product<S>,
    K: Sink<S>,
{
    let (begin, width) = (first * S::LEN, VECTORS * S::LEN);
    let panel = &words[begin * panels.steps..][..width * panels.steps];
    let corrections = &panels.corrections[begin..][..width];
    let scales = &panels.scales[begin..][..width];
    let half_norms = &panels.half_norms[begin..][..width];
    let norms = &panels.norms[begin..][..width];
    let errors = &panels.errors[begin..][..width];
    for (chunk, list) in rows.list.chunks(ROWS).enumerate() {
        // A short chunk repeats its last row; the repetitions are not handed on.
        let mut tile: [&[P::Word]; ROWS] = [&[]; ROWS];
        for i in 0..ROWS {
            let row = list[i.min(list.len() - 1)] as usize;
            tile[i] = &rows.words[row * rows.stride..];
        }
        let sums = tile::products::<S, P, ROWS, VECTORS>(simd, tile, panel, corrections);
        for i in 0..ROWS {
            if i < list.len() {
                let row = list[i] as usize;
                let band = rows.bands[row];
                let (scale, error, reach) =
                    (simd.splat(band.scale), simd.splat(band.error), simd.splat(band.reach));
                let mut lower = [scale; VECTORS];
                for v in 0..VECTORS {
                    let at = v * S::LEN;
                    let product = simd.mul(P::finish(simd, sums[i][v]), simd.load(&scales[at..]));
                    let score = simd.neg_mul_add(scale, product, simd.load(&half_norms[at..]));
                    let score = simd.neg_mul_add(error, simd.load(&norms[at..]), score);
                    lower[v] = simd.neg_mul_add(reach, simd.load(&errors[at..]), score);
                }
                sink.take(simd, chunk * ROWS + i, row, first, lower);
            }
        }
    }
}
