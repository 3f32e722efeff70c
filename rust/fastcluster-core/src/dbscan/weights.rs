//! What rows weigh, and sums of it that no order of adding can change.
//!
//! # Idea
//! A weight is a whole number of tiny units. Sums of whole numbers are the same in any order, and so is the decision
//! whether a row is core: the exact sum, rounded to float64 once, is compared with `min_samples`.
//!
//! # Error
//! A unit is 2⁻⁹³ of a power of two above `min_samples` and above every weight. Weights without a negative one among
//! them count as `min_samples` at most, which changes no decision; then 60 bits below `min_samples` are kept, more than
//! float64 could compare. Beside negative weights 2³⁰ times `min_samples` and more, light ones lose further bits.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use crate::Error;

/// Bits of a weight in units.
const BITS: i32 = 93;

/// Bits of one of the three parts of a weight: 2³² of them can be added in 64 bits with their sign.
const PART: u32 = 31;

/// The weight of each row, and the sum that makes a row core.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    n_rows: usize,
    /// In units; empty where every row weighs one.
    fixed: Vec<i128>,
    /// One in units.
    one: i128,
    needed: f64,
    at_least_one: bool,
}

impl Weights {
    /// Weights of `n_rows` rows; `None` is one each.
    ///
    /// # Errors
    /// [`Error::Zero`], [`Error::LengthMismatch`].
    pub(super) fn new(
        n_rows: usize,
        min_samples: usize,
        sample_weight: Option<&[f64]>,
    ) -> Result<Self, Error> {
        if min_samples == 0 {
            return Err(Error::Zero { name: "min_samples" });
        }
        let found = sample_weight.map_or(n_rows, <[f64]>::len);
        if found != n_rows {
            return Err(Error::LengthMismatch { name: "sample_weight", found, expected: n_rows });
        }
        let needed = min_samples as f64;
        let weights = sample_weight.unwrap_or_default();
        let negative = weights.iter().any(|weight| *weight < 0.0);
        let largest = weights.iter().fold(0.0_f64, |largest, weight| largest.max(weight.abs()));
        let most = if negative { needed.max(largest) } else { needed };
        let unit = 2.0_f64.powi(BITS - 1 - most.log2().ceil() as i32);
        let in_units = |weight: f64| (weight.min(most) * unit).round() as i128;
        let at_least_one = weights.iter().all(|weight| *weight >= 1.0);
        let all_one = weights.iter().all(|weight| *weight == 1.0);
        let fixed =
            if all_one { Vec::new() } else { weights.iter().map(|w| in_units(*w)).collect() };
        Ok(Self { n_rows, fixed, one: in_units(1.0), needed: needed * unit, at_least_one })
    }

    /// Rows.
    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Whether no row weighs less than one, so that `min_samples` rows are always enough.
    pub(super) fn at_least_one(&self) -> bool {
        self.at_least_one
    }

    /// Whether all rows together do not weigh enough to make one core.
    pub(super) fn never_suffice(&self) -> bool {
        let each = (0..self.n_rows as u32).map(|row| self.of(row));
        !self.suffice(each.filter(|weight| *weight > 0).sum())
    }

    /// What a row weighs, in units.
    pub(super) fn of(&self, row: u32) -> i128 {
        self.fixed.get(row as usize).copied().unwrap_or(self.one)
    }

    /// Whether neighbours that weigh so much in all make a row core.
    pub(super) fn suffice(&self, total: i128) -> bool {
        total as f64 >= self.needed
    }
}

/// A sum per row that many threads add to.
#[derive(Debug)]
pub(super) struct Sums {
    parts: Vec<[AtomicI64; 3]>,
}

impl Sums {
    /// Bytes per row.
    pub(super) const BYTES: u64 = 24;

    /// Zero for each row.
    pub(super) fn new(n_rows: usize) -> Self {
        Self { parts: (0..n_rows).map(|_| Default::default()).collect() }
    }

    /// Adds units to a row's sum.
    pub(super) fn add(&self, row: u32, units: i128) {
        let mask = (1 << PART) - 1;
        let parts = [units & mask, units >> PART & mask, units >> (2 * PART)];
        for (sum, part) in self.parts[row as usize].iter().zip(parts) {
            if part != 0 {
                sum.fetch_add(part as i64, Relaxed);
            }
        }
    }

    /// A row's sum, once no thread adds any more.
    pub(super) fn total(&self, row: u32) -> i128 {
        let [low, middle, high] = &self.parts[row as usize];
        let part = |sum: &AtomicI64| i128::from(sum.load(Relaxed));
        part(low) + (part(middle) << PART) + (part(high) << (2 * PART))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suffice(min_samples: usize, weights: &[f64]) -> bool {
        let fixed = Weights::new(weights.len(), min_samples, Some(weights)).unwrap();
        let sums = Sums::new(1);
        (0..weights.len() as u32).for_each(|row| sums.add(0, fixed.of(row)));
        assert_eq!(sums.total(0), (0..weights.len() as u32).map(|row| fixed.of(row)).sum::<i128>());
        fixed.suffice(sums.total(0))
    }

    #[test]
    fn sums_are_exact_and_rounded_once() {
        // Added in this order in float64, the first is 0.9999999999999999.
        assert!(suffice(1, &[0.7, 0.1, 0.2]));
        assert!(suffice(6, &[5.9, 0.1]));
        assert!(!suffice(6, &[5.9, 0.099_999_999_999_99]));
        assert!(suffice(3, &[1e300, 1.0]));
        assert!(suffice(3, &[5.0, -2.0]) && !suffice(4, &[5.0, -2.0]));
        assert!(!suffice(1, &[1e300, -1e300]) && suffice(1, &[1e300, -0.5e300]));
        assert!(!suffice(1, &[0.0, -0.0]) && !suffice(1, &[-5.0]));
        assert!(suffice(1, &[1e9, -1e9, 1.0]) && !suffice(1, &[1e9, -1e9, 0.999_999_9]));
    }

    #[test]
    fn weights_of_one_are_none() {
        for weights in [None, Some(&[1.0; 4][..])] {
            let weights = Weights::new(4, 3, weights).unwrap();
            assert!(weights.fixed.is_empty() && weights.at_least_one());
            assert!(weights.suffice(3 * weights.of(2)) && !weights.suffice(2 * weights.of(2)));
        }
    }
}
