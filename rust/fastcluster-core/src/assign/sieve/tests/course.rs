//! A fit's passes, taken by hand: centers go where they are told, and every pass is held against a brute force.

use fastcluster_kernels::{Level, bounds};

use super::super::{Input, Sieve};
use super::data::{Random, scale};
use crate::assign::{Change, Drift, Pass, RowState, Work};
use crate::centers::{CenterValues, Centers};
use crate::filter::{Filter, Stored};
use crate::naive::squared_distance;
use crate::points::Points;
use crate::{Context, Error};

/// Where centers go between two passes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Stay,
    /// All of them a little.
    Creep,
    /// All of them, each by its own amount, some not at all.
    Mixed,
    /// One in seven to a row, as when it is relocated.
    Jump,
    /// Two of them swap places.
    Swap,
    /// One goes far away, or comes back.
    Leave,
    /// To the means of their rows.
    Mean,
}

pub(super) const STEPS: [Step; 13] = [
    Step::Stay,
    Step::Mean,
    Step::Creep,
    Step::Leave,
    Step::Stay,
    Step::Jump,
    Step::Mean,
    Step::Swap,
    Step::Mixed,
    Step::Mean,
    Step::Leave,
    Step::Mean,
    Step::Mean,
];

/// A fit's passes, taken by hand.
pub(super) struct Course<'a, 'p> {
    points: &'a Points<'p>,
    filter: &'a Filter,
    pub(super) centers: Centers,
    pub(super) states: Vec<RowState>,
    /// The rows in working space.
    rows: Vec<Vec<f64>>,
    what: String,
}

impl<'a, 'p> Course<'a, 'p> {
    /// After a first pass that knows nothing.
    pub(super) fn begin(
        points: &'a Points<'p>,
        filter: &'a Filter,
        start: CenterValues,
        what: String,
        context: &Context<'_>,
    ) -> Self {
        let centers = Centers::new(start, points);
        let plain = filter.clone().with_sketch(None);
        let panels = plain.pack_all(&centers);
        let pass = Pass {
            points,
            filter: &plain,
            stored: None,
            centers: &centers,
            panels: &panels,
            drift: None,
            moved: None,
        };
        let mut states = RowState::unknown(points.n_rows());
        pass.run(context, &mut states).unwrap();
        let mut rows = vec![vec![0.0; points.n_features()]; points.n_rows()];
        rows.iter_mut().enumerate().for_each(|(row, values)| points.read_64(row, values));
        let course = Self { points, filter, centers, states, rows, what };
        for (row, state) in course.states.iter().enumerate() {
            assert_eq!(state.label, course.label(row), "row {row}, {}, first pass", course.what);
        }
        course
    }

    /// The squared distance that defines labels.
    fn squared(&self, row: usize, center: usize) -> f64 {
        if self.centers.is_void(center) {
            return 2.0;
        }
        squared_distance(&self.rows[row], &self.centers.working(center))
    }

    fn label(&self, row: usize) -> u32 {
        if self.points.is_void(row) {
            return 0;
        }
        let mut nearest = (f64::INFINITY, 0);
        for center in 0..self.centers.len() {
            let squared = self.squared(row, center);
            if squared < nearest.0 {
                nearest = (squared, center as u32);
            }
        }
        nearest.1
    }

    /// Moves centers, and tells how.
    pub(super) fn go(&mut self, step: Step, random: &mut Random) -> Drift {
        let (k, d) = (self.centers.len(), self.points.n_features());
        let mut places: Vec<Vec<f64>> =
            (0..k).map(|at| self.centers.working(at).to_vec()).collect();
        let size = self.rows[0].iter().map(|value| value * value).sum::<f64>().sqrt();
        let size = size / (d as f64).sqrt();
        match step {
            Step::Stay => {}
            Step::Creep | Step::Mixed => {
                for (index, place) in places.iter_mut().enumerate() {
                    let factor = match step {
                        Step::Creep => 0.01 * size,
                        _ => [0.0, 1e-9, 1e-4, 0.1, 2.0][index % 5] * size,
                    };
                    for value in place {
                        *value += factor * random.normal();
                    }
                }
            }
            Step::Jump => {
                for place in places.iter_mut().step_by(7) {
                    place.clone_from(&self.rows[random.below(self.rows.len())]);
                }
            }
            Step::Swap => places.swap(0, k - 1),
            Step::Leave => scale(&mut places[k / 2], -1e3),
            Step::Mean => self.means(&mut places),
        }
        let places: Vec<(usize, Vec<f64>)> = places.into_iter().enumerate().collect();
        self.put(&places)
    }

    /// Puts centers at their new places, and tells how they moved.
    pub(super) fn put(&mut self, places: &[(usize, Vec<f64>)]) -> Drift {
        let mut drift = Drift::new(self.centers.len(), Vec::new());
        for (index, place) in places {
            let old = self.centers.working(*index).to_vec();
            let was_void = self.centers.is_void(*index);
            if *place != old {
                self.centers.set(*index, place);
                drift.note(*index, (&old, was_void), &self.centers, self.filter);
            }
        }
        drift
    }

    /// A pass of the sieve, and all that can be asserted of it.
    pub(super) fn pass(
        &mut self,
        sieve: &mut Sieve,
        drift: &Drift,
        stored: Option<&Stored>,
        what: &str,
        context: &Context<'_>,
    ) -> Result<Work, Error> {
        let before = self.states.clone();
        let (points, filter) = (self.points, self.filter);
        let input = Input { points, filter, stored, centers: &self.centers };
        let work = sieve.pass(input, drift, &mut self.states, context)?;
        self.check(&before, &work, what);
        self.check_bounds(sieve, what);
        Ok(work)
    }

    fn means(&self, places: &mut [Vec<f64>]) {
        let mut counts = vec![0.0; places.len()];
        let mut sums = vec![vec![0.0; self.points.n_features()]; places.len()];
        for (row, state) in self.rows.iter().zip(&self.states) {
            let label = state.label as usize;
            counts[label] += 1.0;
            sums[label].iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        for ((place, sum), count) in places.iter_mut().zip(&sums).zip(&counts) {
            if *count > 0.0 {
                place.iter_mut().zip(sum).for_each(|(value, sum)| *value = sum / count);
            }
        }
    }

    /// Asserts what a pass found, and what it did to get there.
    fn check(&self, before: &[RowState], work: &Work, what: &str) {
        let what = format!("{}, {what}", self.what);
        let mut changes = Vec::new();
        for (row, (state, before)) in self.states.iter().zip(before).enumerate() {
            let (right, old) = (self.label(row), before.label);
            assert_eq!(state.label, right, "row {row}, {what}");
            if right != old {
                changes.push(Change { row: row as u32, old, new: right });
            }
        }
        assert_eq!(work.changes, changes, "{what}");
        assert_eq!(work.n_changed, changes.len() as u64, "{what}");
        let pairs = (self.rows.len() * self.centers.len()) as u64;
        assert!(work.n_scored <= pairs, "{what}: {} of {pairs} pairs scored", work.n_scored);
    }

    /// Asserts that no row is farther from its center, and no other center of a group nearer, than is kept.
    fn check_bounds(&self, sieve: &Sieve, what: &str) {
        let layout = sieve.layout.as_ref().unwrap();
        let n_groups = layout.n_groups();
        let kept = sieve.beyond.iter().map(|block| size_of_val(&block[..]) as u64).sum::<u64>();
        let told = Sieve::memory_bytes(self.rows.len(), self.centers.len());
        assert!(kept <= told, "{kept} bytes where {told} were reckoned with: {}", self.what);
        for (first, states) in self.states.chunks(256).enumerate() {
            let beyond = &sieve.beyond[first];
            assert_eq!(beyond.len(), n_groups * states.len());
            for (at, state) in states.iter().enumerate() {
                let row = first * 256 + at;
                if self.points.is_void(row) {
                    continue;
                }
                let what = || format!("row {row}, {}, {what}", self.what);
                let own = self.squared(row, state.label as usize).sqrt();
                assert!(f64::from(state.upper) >= own * (1.0 - 1e-12), "own {own:e}: {}", what());
                for group in 0..n_groups {
                    let mut worth = [0.0];
                    let kept = [beyond[group * states.len() + at]];
                    bounds::closest(
                        Level::current(),
                        &kept,
                        &sieve.moved[group..=group],
                        &mut worth,
                    );
                    let members = layout.order.chunks(layout.width).nth(group).unwrap();
                    let others = members.iter().filter(|other| **other != state.label);
                    let least = others
                        .map(|other| self.squared(row, *other as usize).sqrt())
                        .fold(f64::INFINITY, f64::min);
                    assert!(
                        f64::from(worth[0]) <= least * (1.0 + 1e-12),
                        "group {group}: {:e} is above {least:e}: {}",
                        worth[0],
                        what()
                    );
                }
            }
        }
    }
}
