//! All rows against all panels: products in registers, turned into distances there.

use super::{Floats, Product, Simd, tile};
use crate::pairwise::{Columns, Pair, Rows};

/// Words that [`Floats`] never reads; as many as a panel is wide at most.
const NO_CORRECTIONS: [u32; 64] = [0; 64];

/// Where the kernel works: a panel, the rows, and what comes out.
struct Work<'a> {
    panel: &'a [f32],
    norms: &'a [f32],
    rows: Rows<'a>,
    near: f32,
    /// First column of the panel.
    begin: usize,
    n_features: usize,
    n_padded: usize,
}

/// Runs tiles as [`super::scan::run`] does; panels are the outer loop.
#[inline(always)]
pub(crate) fn run<S: Simd, const ROWS: usize, const DOUBLE: usize, const NARROW: usize>(
    simd: S,
    columns: &Columns,
    rows: Rows<'_>,
    near: f32,
    distances: &mut [f32],
    pairs: &mut Vec<Pair>,
) {
    let (n_features, n_padded) = (columns.n_features, columns.n_padded());
    let width = columns.vectors * S::LEN;
    for begin in (0..n_padded).step_by(width) {
        let columns_here = width.min(n_padded - begin);
        let work = Work {
            panel: &columns.words[begin * n_features..][..columns_here * n_features],
            norms: &columns.norms[begin..][..columns_here],
            rows,
            near,
            begin,
            n_features,
            n_padded,
        };
        match columns_here / S::LEN {
            4 => run_panel::<S, ROWS, 4>(simd, &work, distances, pairs),
            3 => run_panel::<S, ROWS, 3>(simd, &work, distances, pairs),
            2 => run_panel::<S, DOUBLE, 2>(simd, &work, distances, pairs),
            _ => run_panel::<S, NARROW, 1>(simd, &work, distances, pairs),
        }
    }
}

#[inline(always)]
fn run_panel<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    work: &Work<'_>,
    distances: &mut [f32],
    pairs: &mut Vec<Pair>,
) {
    let n_rows = work.rows.norms.len();
    for first in (0..n_rows).step_by(ROWS) {
        // A short tile repeats the last row; the repetitions are not written.
        let mut tile: [&[f32]; ROWS] = [&[]; ROWS];
        for (i, words) in tile.iter_mut().enumerate() {
            let row = (first + i).min(n_rows - 1);
            *words = &work.rows.words[row * work.n_features..][..work.n_features];
        }
        let products = tile::products::<S, Floats, ROWS, VECTORS>(
            simd,
            tile,
            work.panel,
            &NO_CORRECTIONS[..VECTORS * S::LEN],
        );
        for (i, products) in products.iter().enumerate() {
            let row = first + i;
            if row < n_rows {
                let out = &mut distances[row * work.n_padded + work.begin..][..VECTORS * S::LEN];
                let norm = simd.splat(work.rows.norms[row]);
                for (v, product) in products.iter().enumerate() {
                    let at = v * S::LEN;
                    let product = <Floats as Product<S>>::finish(simd, *product);
                    let norms = simd.mul_add(simd.splat(1.0), norm, simd.load(&work.norms[at..]));
                    let squared = simd.neg_mul_add(simd.splat(2.0), product, norms);
                    let limit = simd.mul(simd.splat(work.near), norms);
                    let (root, near) = simd.root(squared, limit);
                    simd.store(root, &mut out[at..]);
                    if near != 0 {
                        list(pairs, row, work.begin + at, near);
                    }
                }
            }
        }
    }
}

/// Appends the pairs of a row with the columns from `begin` on whose bits are set.
#[cold]
#[inline(never)]
fn list(pairs: &mut Vec<Pair>, row: usize, begin: usize, mut bits: u32) {
    while bits != 0 {
        let column = begin as u32 + bits.trailing_zeros();
        pairs.push(Pair { row: row as u32, column });
        bits &= bits - 1;
    }
}
