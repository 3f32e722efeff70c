//! Bounds that outlive a pass: which rows may find a nearer centroid in a group that has moved since.
//!
//! # Idea
//! When a centroid moves by δ, its distance from any row falls by at most δ. For a group of centroids and a row, what is
//! kept is a number B such that each centroid of the group is at least B − M away, M being how far the group has moved in
//! all (the largest step of a centroid, summed over the updates). One number a group therefore ages the bounds of all
//! rows. B is kept as the upper half of a float32, cut off, so never too large: half a percent of a distance is nothing
//! beside what groups move.

/// Relative rounding unit of float32.
const UNIT: f32 = f32::EPSILON / 2.0;

/// A kept bound; 0 where nothing is known.
pub type Kept = u16;

/// What a bound is worth now, never more; the subtraction is rounded relative to its operands.
#[inline(always)]
fn worth(beyond: Kept, moved: f32) -> f32 {
    let beyond = f32::from_bits(u32::from(beyond) << 16);
    beyond - moved - 4.0 * UNIT * (beyond + moved)
}

/// What to keep for centroids at least `distance` away at present, so that it is never worth more; not negative.
#[inline(always)]
pub fn kept(distance: f32, moved: f32) -> Kept {
    // A lower number is as true, and infinity would come to nothing definite.
    let distance = if distance < 1e18 { distance } else { 1e18 };
    let beyond = distance + moved - 4.0 * UNIT * (distance + moved);
    (beyond.to_bits() >> 16) as Kept
}

/// At most the distance that goes with a lower bound of a score, for a row whose squared norm is at least `norm`.
///
/// Where everything is within a limit, the least bound of the others is infinite: any finite one serves.
#[inline(always)]
fn distance_below(lower: f32, norm: f32) -> f32 {
    let lower = if lower < 1e37 { lower } else { 1e37 };
    let squared = 2.0 * lower + norm - 4.0 * UNIT * (2.0 * lower.abs() + norm);
    if squared > 0.0 { squared.sqrt() * (1.0 - 2.0 * UNIT) } else { 0.0 }
}

multiversion! {
    /// Per row of a block the least worth of its groups' bounds; `beyond` is `groups × rows`.
    pub fn closest(beyond: &[Kept], moved: &[f32], closest: &mut [f32]) {
        closest.fill(f32::INFINITY);
        for (beyond, moved) in beyond.chunks_exact(closest.len()).zip(moved) {
            for (least, beyond) in closest.iter_mut().zip(beyond) {
                let worth = worth(*beyond, *moved);
                *least = if worth < *least { worth } else { *least };
            }
        }
    }
}

multiversion! {
    /// Lists those of the rows `among` from which a group may be no farther than the row's `reach`.
    pub fn within(beyond: &[Kept], moved: f32, reaches: &[f32], among: &[u32], list: &mut Vec<u32>) {
        list.clear();
        list.resize(among.len(), 0);
        let mut n_listed = 0;
        // Which rows need a group is hard to foresee: no branch depends on it.
        for row in among {
            let at = *row as usize;
            let far = worth(beyond[at], moved) > reaches[at];
            list[n_listed] = *row;
            n_listed += usize::from(!far);
        }
        list.truncate(n_listed);
    }
}

multiversion! {
    /// Keeps what a sieve found of a group: `lowers` are bounds of scores, `norms` at most the rows' squared norms, all
    /// indexed by row as the list is.
    pub fn keep(lowers: &[f32], norms: &[f32], moved: f32, list: &[u32], beyond: &mut [Kept]) {
        for row in list {
            let at = *row as usize;
            beyond[at] = kept(distance_below(lowers[at], norms[at]), moved);
        }
    }
}
