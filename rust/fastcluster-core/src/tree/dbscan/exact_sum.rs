//! Sums of float64 that do not depend on the order of their terms.
//!
//! Two float64 hold about 106 bits. Sums of weights are exact in them unless the weights differ by more than 2⁴⁰ or so,
//! so a row's weight is the real sum, rounded once, in whatever pieces the tree hands it over.
//!
//! # Source
//! Knuth's two-sum; Dekker 1971, doi:10.1007/BF01397083.

/// `high + low`, `low` at most half a unit in the last place of `high`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct ExactSum {
    high: f64,
    low: f64,
}

impl ExactSum {
    /// Of one term.
    pub(super) fn of(term: f64) -> Self {
        Self { high: term, low: 0.0 }
    }

    /// The sum, rounded once.
    pub(super) fn value(self) -> f64 {
        self.high
    }
}

impl std::ops::AddAssign for ExactSum {
    fn add_assign(&mut self, other: Self) {
        let (high, rest) = two_sum(self.high, other.high);
        let (low, lowest) = two_sum(self.low, other.low);
        let (high, rest) = two_sum(high, rest + low);
        (self.high, self.low) = two_sum(high, rest + lowest);
    }
}

/// The rounded sum and what rounding took off.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let high = a + b;
    let kept = high - a;
    (high, (a - (high - kept)) + (b - kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_tenths_are_one_in_any_order() {
        let mut sum = ExactSum::default();
        for term in [0.1; 10] {
            sum += ExactSum::of(term);
        }
        assert_eq!(sum.value(), 1.0);
        // As far apart as the sum is exact for: 2³⁷.
        let terms = [1e10, 1.0, -1e10, 3.0, 0.1, -4.0];
        let mut sums = [ExactSum::default(); 2];
        for at in 0..terms.len() {
            sums[0] += ExactSum::of(terms[at]);
            sums[1] += ExactSum::of(terms[terms.len() - 1 - at]);
        }
        assert_eq!(sums.map(ExactSum::value), [0.1; 2]);
    }
}
