//! The nearest of a row's candidates, by exact distances; and bounds of scores from them.

use fastcluster_kernels::{Level, distance};

use super::sieve::Input;
use super::{Exact, NO_LABEL, Work};
use crate::filter::Workspace;

/// Squared float32 distances outside may have under- or overflown, which voids their error bound.
pub(super) const SAFE_SQUARES: std::ops::Range<f32> = 1e-30..1e38;

/// A centroid that may be nearest, and what a comparison found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) center: u32,
    /// At most its distance.
    pub(super) distance: f32,
    squared: f64,
}

impl Candidate {
    pub(super) fn new(center: u32) -> Self {
        Self { center, distance: 0.0, squared: 0.0 }
    }
}

/// Exact distances of the rows of a block.
pub(super) struct Nearest<'a, 'p> {
    input: Input<'a, 'p>,
    /// The first row of the block.
    first: usize,
    norms: &'a [f32],
    workspace: Workspace<'a>,
    level: Level,
    /// Whether rows and centers compare in float32.
    single: bool,
    /// Relative errors of squared distances in float32 and in float64.
    error_32: f64,
    error_64: f64,
}

impl<'a, 'p> Nearest<'a, 'p> {
    pub(super) fn new(
        input: Input<'a, 'p>,
        first: usize,
        norms: &'a [f32],
        workspace: Workspace<'a>,
    ) -> Self {
        let d = input.points.n_features();
        Self {
            input,
            first,
            norms,
            workspace,
            level: input.filter.level(),
            single: input.points.is_exact_32() && input.centers.single(0).is_some(),
            error_32: distance::squared_f32_error(d),
            error_64: distance::squared_error(d),
        }
    }

    /// At least the distance of a row and centroid.
    pub(super) fn distance(&mut self, row: u32, center: u32) -> f32 {
        match self.squared_32(row, center) {
            Some(squared) => root_above(f64::from(squared), self.error_32),
            None => root_above(self.squared_64(row, center), self.error_64),
        }
    }

    /// At least the score of a centroid at the given distance.
    pub(super) fn limit(&self, row: u32, distance: f32) -> f32 {
        score_above(distance, self.norms[row as usize])
    }

    /// At most the squared norm of a row.
    pub(super) fn norm_below(&self, row: u32) -> f32 {
        self.norms[row as usize]
    }

    /// The nearest of the candidates by the float64 rule, ties to the lowest index, and at least its distance;
    /// `distance` of all is set.
    pub(super) fn of(
        &mut self,
        row: u32,
        candidates: &mut [Candidate],
        work: &mut Work,
    ) -> (u32, f32) {
        let mut least = f64::INFINITY;
        let mut safe = self.single;
        if self.single {
            for candidate in candidates.iter_mut() {
                let squared = self.squared_32(row, candidate.center);
                safe &= squared.is_some();
                candidate.squared = f64::from(squared.unwrap_or(0.0));
                candidate.distance = root_below(candidate.squared, self.error_32);
                least = least.min(candidate.squared);
            }
        }
        if safe {
            let limit = least * (1.0 + 2.5 * self.error_32);
            let mut near = candidates.iter().filter(|candidate| candidate.squared <= limit);
            if let (Some(only), None) = (near.next(), near.next()) {
                return (only.center, root_above(only.squared, self.error_32));
            }
        }
        work.n_decided_64 += 1;
        let limit = if safe { least * (1.0 + 2.5 * self.error_32) } else { f64::INFINITY };
        let mut nearest = (f64::INFINITY, NO_LABEL);
        for candidate in candidates.iter_mut().filter(|other| !safe || other.squared <= limit) {
            let squared = self.squared_64(row, candidate.center);
            if !safe {
                candidate.distance = root_below(squared, self.error_64);
            }
            if squared < nearest.0 || (squared == nearest.0 && candidate.center < nearest.1) {
                nearest = (squared, candidate.center);
            }
        }
        // Distances that overflow float64 are all infinite; then the lowest index is as near as any.
        if nearest.1 == NO_LABEL {
            let lowest = candidates.iter().map(|candidate| candidate.center).min();
            return (lowest.unwrap_or(0), f32::INFINITY);
        }
        (nearest.1, root_above(nearest.0, self.error_64))
    }

    /// The squared distance in float32, where it has its error bound.
    fn squared_32(&mut self, row: u32, center: u32) -> Option<f32> {
        let center = self.input.centers.single(center as usize).filter(|_| self.single)?;
        let values = self.input.points.row_32(self.first + row as usize, self.workspace.row_32);
        let squared = distance::squared_f32(self.level, values, center);
        SAFE_SQUARES.contains(&squared).then_some(squared)
    }

    fn squared_64(&mut self, row: u32, center: u32) -> f64 {
        let workspace = &mut self.workspace;
        let row = self.first + row as usize;
        let exact = Exact::read(self.input.points, row, workspace.row_32, workspace.row_64);
        exact.squared_distance(self.level, self.input.centers, center as usize)
    }
}

/// At least the root of a square that is off by at most `error` relatively.
fn root_above(squared: f64, error: f64) -> f32 {
    (squared * (1.0 + 2.0 * error)).sqrt() as f32 * (1.0 + f32::EPSILON) + f32::MIN_POSITIVE
}

/// At most the same; denormals round by an absolute amount.
fn root_below(squared: f64, error: f64) -> f32 {
    let root = (squared * (1.0 - 2.0 * error)).sqrt() as f32 * (1.0 - f32::EPSILON);
    (root - f32::MIN_POSITIVE).max(0.0)
}

/// At least the score that goes with a distance, for a row whose squared norm is at least `norm`.
fn score_above(distance: f32, norm: f32) -> f32 {
    let distance = f64::from(distance);
    let score = 0.5 * (distance * distance - f64::from(norm));
    (score + score.abs() * f64::from(f32::EPSILON)) as f32 + f32::MIN_POSITIVE
}

#[cfg(test)]
mod tests {
    use super::{root_above, root_below, score_above};
    use crate::rng::Stream;

    /// Values from far below the least float32 to where squares still fit.
    fn values(seed: u64) -> impl Iterator<Item = f64> {
        let stream = Stream::new(seed, 96);
        (0..20_000).map(move |at| 10.0_f64.powf(90.0 * stream.uniform(at) - 55.0))
    }

    #[test]
    fn roots_lie_on_their_sides() {
        for (squared, share) in values(1).zip(values(2)) {
            let error = share.min(0.01);
            let (least, most) =
                ((squared * (1.0 - error)).sqrt(), (squared * (1.0 + error)).sqrt());
            let (below, above) = (root_below(squared, error), root_above(squared, error));
            assert!(f64::from(below) <= least, "{below:e} for {least:e}");
            assert!(f64::from(above) >= most, "{above:e} for {most:e}");
            let room = least * (2.0 * error + 3e-7) + 3e-38;
            assert!(f64::from(above) - f64::from(below) <= 2.0 * room, "{below:e} to {above:e}");
        }
        assert_eq!(root_below(0.0, 1e-6), 0.0);
    }

    #[test]
    fn scores_lie_above_those_of_the_distance() {
        for (distance, norm) in values(3).zip(values(4)) {
            for norm in [norm, distance * distance, distance * distance * 0.999_999] {
                let (distance, norm) = (distance.min(1e18) as f32, norm.min(1e36) as f32);
                let right = 0.5 * (f64::from(distance).powi(2) - f64::from(norm));
                let found = f64::from(score_above(distance, norm));
                assert!(found >= right, "{found:e} for {right:e}");
                assert!(found <= right + right.abs() * 4e-7 + 3e-38, "{found:e} for {right:e}");
            }
        }
    }
}
