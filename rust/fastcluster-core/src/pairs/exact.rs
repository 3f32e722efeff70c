//! The distance of two rows, as it is defined: float64, difference form, one order of summation.

use fastcluster_kernels::{Level, distance};

use crate::points::{Metric, Points};

/// Reads pairs of rows; one per thread.
pub(crate) struct Reader<'a> {
    points: &'a Points<'a>,
    level: Level,
    singles: [Vec<f32>; 2],
    doubles: [Vec<f64>; 2],
    /// The row in the first buffer, which stays there while the other one changes.
    held: Option<u32>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(points: &'a Points<'a>) -> Self {
        let d = points.n_features();
        let exact = points.is_exact_32();
        let (single, double) = if exact { (d, 0) } else { (0, d) };
        Self {
            points,
            level: Level::current(),
            singles: [vec![0.0; single], vec![0.0; single]],
            doubles: [vec![0.0; double], vec![0.0; double]],
            held: None,
        }
    }

    /// Σ(x_i − y_i)² in working space; under cosine of unit rows.
    #[inline]
    pub(crate) fn squared(&mut self, one: u32, other: u32) -> f64 {
        let points = self.points;
        let again = self.held == Some(one);
        self.held = Some(one);
        if points.is_exact_32() {
            let [first, second] = &mut self.singles;
            if let Some(whole) = points.whole_32() {
                let d = points.n_features();
                let row = |row: u32| &whole[row as usize * d..][..d];
                return distance::squared_32(self.level, row(one), row(other));
            }
            if !again {
                points.row_32(one as usize, first);
            }
            points.row_32(other as usize, second);
            return distance::squared_32(self.level, first, second);
        }
        let [first, second] = &mut self.doubles;
        if !again {
            points.read_64(one as usize, first);
        }
        points.read_64(other as usize, second);
        distance::squared_64(self.level, first, second)
    }

    /// 1 − cos of two rows, or the Euclidean distance in working space: what "distance" means under the points' metric.
    ///
    /// Half the squared distance of unit rows is 1 − cos without the cancellation of the subtraction; a row of zeros is
    /// at distance 1 from every other row.
    #[inline]
    pub(crate) fn distance(&mut self, one: u32, other: u32) -> f64 {
        match self.points.metric() {
            Metric::Euclidean => self.squared(one, other).sqrt(),
            Metric::Cosine => {
                let void = |row: u32| self.points.is_void(row as usize);
                if void(one) || void(other) { 1.0 } else { 0.5 * self.squared(one, other) }
            }
        }
    }
}
