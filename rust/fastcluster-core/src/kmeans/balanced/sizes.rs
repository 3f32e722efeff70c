//! What cluster sizes are allowed, and what they cost.

use super::grid::Units;
use crate::Error;

/// Least and greatest rows per cluster.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Bounds {
    pub(super) min: u64,
    pub(super) max: u64,
}

impl Bounds {
    /// Bounds that `n_samples` rows in `n_clusters` clusters can meet; no bound is 0 and all rows.
    pub(super) fn new(
        n_samples: usize,
        n_clusters: usize,
        size_min: Option<usize>,
        size_max: Option<usize>,
    ) -> Result<Self, Error> {
        if let (Some(size_min), Some(size_max)) = (size_min, size_max)
            && size_min > size_max
        {
            return Err(Error::SizesCrossed { size_min, size_max });
        }
        if let Some(size_min) = size_min
            && size_min.saturating_mul(n_clusters) > n_samples
        {
            return Err(Error::SizeMinTooLarge { size_min, n_clusters, n_samples });
        }
        if let Some(size_max) = size_max
            && size_max.saturating_mul(n_clusters) < n_samples
        {
            return Err(Error::SizeMaxTooSmall { size_max, n_clusters, n_samples });
        }
        Ok(Self {
            min: size_min.unwrap_or(0) as u64,
            max: size_max.unwrap_or(n_samples).min(n_samples) as u64,
        })
    }
}

/// The bounds with the penalty `step`·size² of a cluster, in units of the grid.
#[derive(Clone, Copy, Debug)]
pub(super) struct SizeCost {
    pub(super) bounds: Bounds,
    pub(super) step: Units,
}

impl SizeCost {
    /// What one row more costs a cluster of `size` rows; none where it is full.
    pub(super) fn of_one_more(&self, size: u64) -> Option<Units> {
        (size < self.bounds.max).then(|| self.step * (2 * Units::from(size) + 1))
    }

    /// What one row less costs a cluster of `size` rows (at most nothing); none where it may lose none.
    pub(super) fn of_one_less(&self, size: u64) -> Option<Units> {
        (size > self.bounds.min).then(|| -self.step * (2 * Units::from(size) - 1))
    }

    /// The size nearest to `size` among those that are best at a price: neither one row more nor one less pays.
    pub(super) fn best_at(&self, price: Units, size: u64) -> u64 {
        let Bounds { min, max } = self.bounds;
        let (low, high) = if self.step == 0 {
            (if price > 0 { max } else { min }, if price < 0 { min } else { max })
        } else {
            // step·(2·size − 1) ≤ price ≤ step·(2·size + 1)
            let twice = 2 * self.step;
            let low = -(self.step - price).div_euclid(twice);
            let high = (price + self.step).div_euclid(twice);
            (self.clamp(low), self.clamp(high))
        };
        size.clamp(low, high)
    }

    fn clamp(&self, size: Units) -> u64 {
        let Bounds { min, max } = self.bounds;
        size.clamp(Units::from(min), Units::from(max)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::{Bounds, SizeCost};

    #[test]
    fn the_best_size_at_a_price_minimises_penalty_minus_revenue() {
        for step in [0, 1, 3] {
            for (min, max) in [(0, 9), (2, 7), (4, 4)] {
                let cost = SizeCost { bounds: Bounds { min, max }, step };
                for price in -20..=60_i128 {
                    let net = |size: u64| step * i128::from(size * size) - price * i128::from(size);
                    let least = (min..=max).map(net).min();
                    for size in 0..=10 {
                        let best = cost.best_at(price, size);
                        assert!((min..=max).contains(&best));
                        assert_eq!(Some(net(best)), least, "step {step}, price {price}");
                    }
                }
            }
        }
    }
}
