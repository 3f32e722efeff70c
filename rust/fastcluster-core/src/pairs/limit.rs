//! A limit of distances as the filter takes it: right from both sides in spite of rounding.

use fastcluster_kernels::distance;

use super::Tile;
use super::tiles::Pair;
use crate::points::{Metric, Points};

/// How near is near enough, under the points' metric, in working space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    metric: Metric,
    /// What distances are multiplied with in working space.
    scale: f64,
    /// What float64 distances can be off: relatively, or absolutely where rows have length 1.
    error: f64,
}

impl Limit {
    pub(crate) fn new(points: &Points<'_>) -> Self {
        let error = 4.0 * distance::squared_error(points.n_features());
        Self { metric: points.metric(), scale: points.scale(), error }
    }

    /// A squared Euclidean distance in float32 beyond which no pair computes to `value` or less: `value` is a squared
    /// distance, or 1 − cos, which is half of one between unit rows.
    #[inline]
    pub(crate) fn squared(&self, value: f64) -> f32 {
        let squared = match self.metric {
            Metric::Euclidean => value * (1.0 + self.error),
            Metric::Cosine => 2.0 * value + self.error,
        };
        (squared as f32).next_up()
    }

    /// The same for a distance in the caller's units.
    #[inline]
    pub(crate) fn squared_of(&self, distance: f64) -> f32 {
        match self.metric {
            Metric::Euclidean => self.squared((distance * self.scale) * (distance * self.scale)),
            Metric::Cosine => self.squared(distance),
        }
    }

    /// Bounds of what the distance of a pair computes to, in the caller's units; rows of zeros under cosine are not for
    /// this.
    #[inline]
    pub(crate) fn bounds(&self, tile: &Tile<'_>, pair: &Pair) -> (f64, f64) {
        let (below, above) = (tile.squared_below(pair).max(0.0), self.above(tile, pair));
        match self.metric {
            Metric::Euclidean => {
                let distance = |squared: f64| squared.sqrt() / self.scale;
                (distance(below * (1.0 - self.error)), distance(above * (1.0 + self.error)))
            }
            Metric::Cosine => (0.5 * below - self.error, above),
        }
    }

    /// At least what the distance of a pair that the filter let pass computes to, as `value` above; rows of zeros under
    /// cosine are not for this.
    #[inline]
    pub(crate) fn above(&self, tile: &Tile<'_>, pair: &Pair) -> f64 {
        let squared = tile.squared_above(pair);
        match self.metric {
            Metric::Euclidean => squared * (1.0 + self.error),
            Metric::Cosine => 0.5 * squared + self.error,
        }
    }
}
