//! Bounds that outlive a pass: which rows of a block may find a nearer centroid in a group that has moved since.
//!
//! For a group g of centroids and a row x, `beyond` holds a number B such that, when all its centroids had fallen by F
//! in score since the first pass, each of them still had a score of at least B − F for x. `fallen` holds the F of now.

/// Relative rounding unit of float32.
const UNIT: f32 = f32::EPSILON / 2.0;

/// What a bound is worth now, never more; the subtraction is rounded relative to its operands.
#[inline(always)]
fn worth(beyond: f32, fallen: f32) -> f32 {
    beyond - fallen - 4.0 * UNIT * (beyond.abs() + fallen)
}

/// What to store for a bound of `lower` at present, so that it is never worth more.
#[inline(always)]
pub fn stored(lower: f32, fallen: f32) -> f32 {
    // An infinite bound would be worth nothing definite; no finite one of scaled data is as high.
    let lower = lower.min(1e37);
    lower + fallen - 4.0 * UNIT * (lower.abs() + fallen)
}

multiversion! {
    /// The largest of `reach · lengths + offsets`, rounded up; at least zero.
    pub fn largest_fall(lengths: &[f32], offsets: &[f32], reach: f32) -> f32 {
        let mut largest = [0.0_f32; 16];
        let (mut length_chunks, mut offset_chunks) = (lengths.chunks_exact(16), offsets.chunks_exact(16));
        for (lengths, offsets) in length_chunks.by_ref().zip(offset_chunks.by_ref()) {
            for lane in 0..16 {
                let fall = reach * lengths[lane] + offsets[lane];
                largest[lane] = if fall > largest[lane] { fall } else { largest[lane] };
            }
        }
        for (length, offset) in length_chunks.remainder().iter().zip(offset_chunks.remainder()) {
            let fall = reach * length + offset;
            largest[0] = if fall > largest[0] { fall } else { largest[0] };
        }
        let largest = largest.iter().fold(0.0_f32, |a, b| if *b > a { *b } else { a });
        // A product and a sum; the offset may be negative, so the error is relative to the product.
        largest + 4.0 * UNIT * (largest + reach * lengths.iter().fold(0.0_f32, |a, b| if *b > a { *b } else { a }))
    }
}

multiversion! {
    /// Per row of a block the least worth of its groups' bounds; `beyond` is `groups × rows`.
    pub fn closest(beyond: &[f32], fallen: &[f32], closest: &mut [f32]) {
        closest.fill(f32::INFINITY);
        for (beyond, fallen) in beyond.chunks_exact(closest.len()).zip(fallen) {
            for (least, beyond) in closest.iter_mut().zip(beyond) {
                let worth = worth(*beyond, *fallen);
                *least = if worth < *least { worth } else { *least };
            }
        }
    }
}

multiversion! {
    /// Lists those of the rows `among` for which one group's bound is worth no more than the row's limit.
    pub fn within(beyond: &[f32], fallen: f32, limits: &[f32], among: &[u32], list: &mut Vec<u32>) {
        list.clear();
        list.resize(among.len(), 0);
        let mut n_listed = 0;
        // Which rows need a group is hard to foresee: no branch depends on it.
        for row in among {
            let at = *row as usize;
            let near = !(worth(beyond[at], fallen) > limits[at]);
            list[n_listed] = *row;
            n_listed += usize::from(near);
        }
        list.truncate(n_listed);
    }
}
