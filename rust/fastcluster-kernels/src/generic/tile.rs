//! The micro-kernel: `ROWS` rows times one panel of `VECTORS * LEN` centroids, all sums in registers.
//!
//! # Cost
//! A step loads `VECTORS` panel vectors and `ROWS` broadcast words for `ROWS * VECTORS` multiply-adds; nothing is
//! stored. A panel stays in L1 or L2 while the rows of a block stream past it.

use super::{Product, Simd};

/// Returns the products of each row with each centroid of the panel.
///
/// `panel` is laid out `[step][vector][lane]`; each row holds at least `steps` words; `corrections` holds one word per
/// centroid of the panel.
#[inline(always)]
pub(crate) fn products<S: Simd, P: Product<S>, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    rows: [&[P::Word]; ROWS],
    panel: &[P::Word],
    corrections: &[u32],
) -> [[P::Vector; VECTORS]; ROWS] {
    // Arrays are filled by loops: the closures of `array::from_fn` were left as calls in some instantiations, at three
    // times the time.
    let mut start = [P::start(simd, corrections); VECTORS];
    for vector in 1..VECTORS {
        start[vector] = P::start(simd, &corrections[vector * S::LEN..]);
    }
    let mut sums = [start; ROWS];
    let steps = panel.len() / (VECTORS * S::LEN);
    let mut rows = rows;
    for row in &mut rows {
        *row = &row[..steps];
    }
    // A check that can fail inside the loop keeps the sums in memory: up to twice the time.
    let word = |row: &[P::Word], step: usize| {
        // SAFETY: every row was cut to `steps` words, and the panel has no more than `steps` chunks.
        unsafe { *row.get_unchecked(step) }
    };
    for (step, words) in panel.chunks_exact(VECTORS * S::LEN).enumerate() {
        // What is held in registers beside the sums is the side that leaves room for them: 6 rows beside 24 sums, 2
        // columns beside 12. With 4 columns held, VNNI's loop spills and is 58 instructions instead of 40: 1.12 times
        // as long at k = 1,024, d = 384 (Zen 4, benches/micro).
        if VECTORS == 4 {
            let mut values = [P::splat(simd, word(rows[0], step)); ROWS];
            for row in 1..ROWS {
                values[row] = P::splat(simd, word(rows[row], step));
            }
            for vector in 0..VECTORS {
                let column = P::load(simd, &words[vector * S::LEN..]);
                for row in 0..ROWS {
                    sums[row][vector] = P::step(simd, sums[row][vector], values[row], column);
                }
            }
        } else {
            let mut columns = [P::load(simd, words); VECTORS];
            for vector in 1..VECTORS {
                columns[vector] = P::load(simd, &words[vector * S::LEN..]);
            }
            for row in 0..ROWS {
                let value = P::splat(simd, word(rows[row], step));
                for vector in 0..VECTORS {
                    sums[row][vector] = P::step(simd, sums[row][vector], value, columns[vector]);
                }
            }
        }
    }
    sums
}
