//! Distances of sparse rows: those of [`fastcluster_kernels::distance`] to the bit, from the entries alone.
//!
//! Feature i goes into partial sum i mod 16, and these are added by halves. What both rows lack adds zero there, which
//! changes no sum, so merging the entries of two rows by column gives the same bits.
//!
//! # Cost
//! One step per entry of either row.

use std::cmp::Ordering;

/// Partial sums, as many as the dense distances have.
const LANES: usize = 16;

/// `Σ(x_i − y_i)²` in float64.
pub(super) fn squared(one: &[(u32, f64)], other: &[(u32, f64)]) -> f64 {
    merged(one, other, |x, y| (x - y) * (x - y))
}

/// `Σ x_i·y_i` in float64.
pub(super) fn dot(one: &[(u32, f64)], other: &[(u32, f64)]) -> f64 {
    merged(one, other, |x, y| x * y)
}

/// The sum of a term over the columns that either row has.
fn merged(one: &[(u32, f64)], other: &[(u32, f64)], term: impl Fn(f64, f64) -> f64) -> f64 {
    let mut sums = [0.0; LANES];
    let (mut one, mut other) = (one, other);
    while let (Some((x, rest_one)), Some((y, rest_other))) =
        (one.split_first(), other.split_first())
    {
        let column = x.0.min(y.0) as usize;
        sums[column % LANES] += match x.0.cmp(&y.0) {
            Ordering::Less => term(x.1, 0.0),
            Ordering::Equal => term(x.1, y.1),
            Ordering::Greater => term(0.0, y.1),
        };
        if x.0 <= y.0 {
            one = rest_one;
        }
        if y.0 <= x.0 {
            other = rest_other;
        }
    }
    // One of the two is used up.
    for (column, value) in one.iter().chain(other) {
        let (x, y) = if other.is_empty() { (*value, 0.0) } else { (0.0, *value) };
        sums[*column as usize % LANES] += term(x, y);
    }
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
    }
    sums[0]
}

#[cfg(test)]
mod tests {
    use fastcluster_kernels::{Level, distance};

    use super::*;

    /// A row and its entries; about one value of `rarity` is not zero.
    fn row(seed: u64, n_features: usize, rarity: u64) -> (Vec<f64>, Vec<(u32, f64)>) {
        let mut state = seed;
        let mut value = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let bits = state >> 33;
            if bits.is_multiple_of(rarity) { (bits as f64 / 1e9 - 1.0) * 1.1 } else { 0.0 }
        };
        let dense: Vec<f64> = (0..n_features).map(|_| value()).collect();
        let entries = dense.iter().enumerate().filter(|(_, value)| **value != 0.0);
        let entries = entries.map(|(column, value)| (column as u32, *value)).collect();
        (dense, entries)
    }

    #[test]
    fn entries_give_the_bits_of_whole_rows() {
        let level = Level::current();
        for seed in 0..200 {
            let n_features = 1 + seed as usize % 97;
            let (x, x_entries) = row(seed, n_features, 1 + seed % 7);
            let (y, y_entries) = row(seed + 1_000, n_features, 1 + seed % 5);
            let dense = distance::squared_64(level, &x, &y);
            assert_eq!(squared(&x_entries, &y_entries).to_bits(), dense.to_bits());
            let dense = distance::dot_64(level, &x, &y);
            assert_eq!(dot(&x_entries, &y_entries).to_bits(), dense.to_bits());
        }
    }
}
