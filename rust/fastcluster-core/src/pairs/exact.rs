//! The distance of two rows, as it is defined: float64, difference form, one order of summation.

use fastcluster_kernels::{Level, distance};

use crate::points::{Metric, Points};

/// Reads pairs of rows, of one set or of two in the same space; one per thread.
pub(crate) struct Reader<'a, 'p, 'q> {
    points: &'a Points<'p>,
    others: &'a Points<'q>,
    /// Whether all rows are exact in float32.
    exact: bool,
    level: Level,
    singles: [Vec<f32>; 2],
    doubles: [Vec<f64>; 2],
    /// The row in the first buffer, which stays there while the other one changes.
    held: Option<u32>,
}

impl<'a, 'p> Reader<'a, 'p, 'p> {
    /// Pairs of rows of one set.
    pub(crate) fn new(points: &'a Points<'p>) -> Self {
        Self::of_both(points, points)
    }
}

impl<'a, 'p, 'q> Reader<'a, 'p, 'q> {
    /// Pairs of a row of `points` and one of `others`.
    pub(crate) fn of_both(points: &'a Points<'p>, others: &'a Points<'q>) -> Self {
        let d = points.n_features();
        let exact = points.is_exact_32() && others.is_exact_32();
        let (single, double) = if exact { (d, 0) } else { (0, d) };
        Self {
            points,
            others,
            exact,
            level: Level::current(),
            singles: [vec![0.0; single], vec![0.0; single]],
            doubles: [vec![0.0; double], vec![0.0; double]],
            held: None,
        }
    }

    /// `Σ(x_i − y_i)²` in working space; under cosine of unit rows.
    #[inline]
    pub(crate) fn squared(&mut self, one: u32, other: u32) -> f64 {
        let (points, level) = (self.points, self.level);
        if !self.exact {
            self.read(one, other);
            return distance::squared_64(level, &self.doubles[0], &self.doubles[1]);
        }
        let [first, second] = &mut self.singles;
        let first = match points.whole_32() {
            Some(_) => points.row_32(one as usize, first),
            None if self.held == Some(one) => first,
            None => {
                self.held = Some(one);
                points.row_32(one as usize, first)
            }
        };
        distance::squared_32(level, first, self.others.row_32(other as usize, second))
    }

    /// What neighbours within a radius are told by: the squared Euclidean distance in working space, or 1 − cos by the
    /// product of unit rows, which is exactly 1 for rows that share no feature.
    ///
    /// A row of zeros has no direction: it is at distance 1 from every other row.
    #[inline]
    pub(crate) fn value(&mut self, one: u32, other: u32) -> f64 {
        match self.points.metric() {
            Metric::Euclidean => self.squared(one, other),
            Metric::Cosine => {
                self.read(one, other);
                (1.0 - distance::dot_64(self.level, &self.doubles[0], &self.doubles[1])).max(0.0)
            }
        }
    }

    /// The distance in the caller's units: Euclidean, or 1 − cos as half the squared distance of unit rows, which is
    /// exactly zero for equal rows.
    #[inline]
    pub(crate) fn distance(&mut self, one: u32, other: u32) -> f64 {
        let voids = self.points.is_void(one as usize) || self.others.is_void(other as usize);
        match self.points.metric() {
            Metric::Euclidean => self.squared(one, other).sqrt() / self.points.scale(),
            Metric::Cosine if voids => 1.0,
            Metric::Cosine => 0.5 * self.squared(one, other),
        }
    }

    /// Reads two rows in float64; the first stays where it was read before.
    #[inline]
    fn read(&mut self, one: u32, other: u32) {
        let [first, second] = &mut self.doubles;
        if self.held != Some(one) {
            self.points.read_64(one as usize, first);
            self.held = Some(one);
        }
        self.others.read_64(other as usize, second);
    }
}
