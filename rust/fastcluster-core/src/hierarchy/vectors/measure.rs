//! Distances between clusters that follow from their means and sizes.

use std::cmp::Ordering;

use fastcluster_kernels::{Level, distance};

/// Bounds are lowered, and limits raised, by this share for what float64 rounds off.
const SLACK: f64 = 1e-9;

/// Which distance.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Measure {
    /// 2ab/(a + b) · ‖x − y‖² of means x and y of a and b rows: Ward's, squared.
    Ward,
    /// 1 − x·y of means of unit rows: the mean cosine distance over all pairs of members.
    Cosine,
}

impl Measure {
    /// The distance of two clusters: mean and size of each. The same bits in either order.
    #[inline]
    pub(super) fn between(self, level: Level, (x, a): (&[f64], f64), (y, b): (&[f64], f64)) -> f64 {
        match self {
            Self::Ward => ward(distance::squared_64(level, x, y), a, b),
            Self::Cosine => (1.0 - distance::dot_64(level, x, y)).max(0.0),
        }
    }

    /// What clusters are sorted by, so that [`Measure::limit`] is close for those that stand together.
    pub(super) fn key(self, size: u32, half_norm: f64) -> f64 {
        match self {
            Self::Ward => f64::from(size),
            Self::Cosine => -half_norm,
        }
    }

    /// At least the score ½‖c‖² − x·c of every cluster within `reach` of a cluster of `size` rows and squared norm
    /// `norm`, among clusters whose keys are at least `key`.
    ///
    /// Ward: 2as/(a + s) grows with s, so ‖x − c‖² ≤ reach·(a + s)/2as for the least s. Cosine: x·c ≥ 1 − reach, and
    /// ½‖c‖² ≤ −key.
    pub(super) fn limit(self, reach: f64, size: f64, norm: f64, key: f64) -> f32 {
        let (score, largest) = match self {
            Self::Ward => {
                let squared = reach * (size + key) / (2.0 * size * key);
                (0.5 * (squared - norm), squared.max(norm))
            }
            Self::Cosine => (reach - 1.0 - key, 1.0),
        };
        let raised = score + SLACK * largest;
        (raised as f32) + (raised.abs() * f64::from(f32::EPSILON)) as f32 + f32::MIN_POSITIVE
    }

    /// At most the distance of the union of clusters A and B to any cluster at least `floors` away from them.
    ///
    /// The update of Lance and Williams grows with both distances; for Ward it is monotone in the size of the third
    /// cluster, which lies between 1 and `n_rows`.
    pub(super) fn floor_of_union(
        self,
        floors: (f64, f64),
        (a, b): (f64, f64),
        between: f64,
        n_rows: f64,
    ) -> f64 {
        let bound = match self {
            Self::Ward => {
                let at =
                    |k: f64| ((a + k) * floors.0 + (b + k) * floors.1 - k * between) / (a + b + k);
                at(1.0).min(at(n_rows))
            }
            Self::Cosine => (a * floors.0 + b * floors.1) / (a + b),
        };
        bound * (1.0 - SLACK)
    }
}

/// Ward's distance, squared, from the squared distance of means of `a` and `b` rows.
#[inline]
pub(super) fn ward(squared: f64, a: f64, b: f64) -> f64 {
    2.0 * a * b / (a + b) * squared
}

/// The order of pairs: by distance, equally far ones in an order that is as good as random, so that clusters which tie
/// do not all prefer the same.
#[inline]
pub(super) fn order(a: (f64, u32, u32), b: (f64, u32, u32)) -> Ordering {
    a.0.total_cmp(&b.0).then_with(|| mixed(a.1, a.2).cmp(&mixed(b.1, b.2)))
}

/// A one-to-one function of an unordered pair (the finaliser of `SplitMix64`, Steele et al. 2014,
/// doi:10.1145/2714064.2660195).
fn mixed(one: u32, other: u32) -> u64 {
    let mut word = u64::from(one.min(other)) << 32 | u64::from(one.max(other));
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
