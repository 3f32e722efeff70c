//! How far the centroids moved since the rows' bounds were taken, and which rows need not be looked at again.
//!
//! # Idea
//! When c moves by Δ, the score ½‖c‖² − x·c changes by (c + ½Δ)·Δ − x·Δ, so by that first term give or take ‖x‖‖Δ‖, all
//! taken relative to the filter's common point. A row whose nearest centroid was proven to lead by some gap keeps it as
//! long as the gap exceeds what its own centroid can have lost and the others can have gained. That costs a row a few
//! operations and no look at its features; ‖x‖ is bounded by the largest of its block.
//!
//! # Source
//! The bound is Hamerly's (2010, doi:10.1137/1.9781611972801.12), carried over from distances to scores.

use crate::centers::Centers;
use crate::filter::Filter;

/// Relative rounding unit of float32.
const UNIT: f32 = f32::EPSILON / 2.0;

/// At least √2.
const VOID_LENGTH: f64 = 1.5;

/// The movement of one centroid, in working space.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Movement {
    /// The change of ½‖c‖².
    half_norm: f64,
    /// At least ‖Δ‖, and what its distance from any row changed by; zero if it did not move.
    length: f64,
    /// What the rounding of `half_norm` may hide.
    slack: f64,
}

/// The movements of all centroids, and the reach of the blocks of rows.
#[derive(Clone, Debug)]
pub(crate) struct Drift {
    movements: Vec<Movement>,
    /// At least the norm of each row of a block.
    pub(super) reaches: Vec<f32>,
}

impl Drift {
    /// No movements yet, for blocks of the given reaches.
    pub(crate) fn new(n_centers: usize, reaches: Vec<f32>) -> Self {
        Self { movements: vec![Movement::default(); n_centers], reaches }
    }

    /// The reaches, for the next drift.
    pub(crate) fn into_reaches(self) -> Vec<f32> {
        self.reaches
    }

    /// Notes that centroid `index` moved from `old` to where it is now, in working space; a center of zeros under cosine
    /// (`was_void`) had scores ½ above those of its place.
    pub(crate) fn note(
        &mut self,
        index: usize,
        (old, was_void): (&[f64], bool),
        centers: &Centers,
        filter: &Filter,
    ) {
        let (mut half_norm, mut squared, mut size) = (if was_void { -0.5 } else { 0.0 }, 0.0, 0.0);
        let mut moved = false;
        let new = centers.working(index);
        for ((new, old), mean) in new.iter().zip(old).zip(filter.mean()) {
            let (delta, middle) = (new - old, 0.5 * (new + old) - f64::from(*mean));
            half_norm += delta * middle;
            squared += delta * delta;
            size += middle * middle;
            moved |= delta != 0.0;
        }
        if !moved {
            return;
        }
        let mut length = squared.sqrt() * (1.0 + 1e-9) + f64::MIN_POSITIVE;
        if was_void {
            // It was √2 from every unit row, and may now lie on one.
            length = length.max(VOID_LENGTH);
        }
        // As many roundings as features, each of at most ‖Δ‖‖middle‖ (Cauchy and Schwarz).
        let roundings = (old.len() as f64 + 8.0) * f64::EPSILON;
        let void = if was_void { 1.0 } else { 0.0 };
        let slack = 2.0 * roundings * (length * (size.sqrt() + length) + void) + f64::MIN_POSITIVE;
        self.movements[index] = Movement { half_norm, length, slack };
    }

    /// At least ‖Δ‖ of centroid `index`.
    pub(super) fn length(&self, index: usize) -> f32 {
        above(self.movements[index].length)
    }

    /// Whether centroid `index` moved.
    pub(crate) fn is_moved(&self, index: usize) -> bool {
        self.movements[index].length > 0.0
    }

    /// Whether any centroid moved.
    pub(crate) fn any_moved(&self) -> bool {
        (0..self.movements.len()).any(|index| self.is_moved(index))
    }

    /// What the scores of a block's rows can have changed by: `rises` per centroid, and the falls.
    pub(super) fn of_block(&self, block: usize, rises: &mut Vec<f32>) -> Falls {
        let reach = f64::from(self.reaches[block]);
        let (mut largest, mut second, mut leader) = (0.0_f64, 0.0_f64, 0);
        rises.clear();
        for (index, movement) in self.movements.iter().enumerate() {
            let either_way = reach * movement.length + movement.slack;
            rises.push(above(movement.half_norm + either_way));
            let fall = either_way - movement.half_norm;
            if fall > largest {
                (second, largest, leader) = (largest, fall, index as u32);
            } else if fall > second {
                second = fall;
            }
        }
        let reach = self.reaches[block];
        Falls { largest: above(largest), second: above(second), leader, reach }
    }
}

/// What the scores of a block's rows can have fallen by, at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Falls {
    largest: f32,
    /// That of all centroids but the leader.
    second: f32,
    leader: u32,
    reach: f32,
}

impl Falls {
    /// The gap and upper bound of a row after the movements, and whether it still leads; `rise` belongs to its centroid.
    #[inline]
    pub(super) fn after(&self, label: u32, gap: f32, upper: f32, rise: f32) -> (f32, f32, bool) {
        let fall = if label == self.leader { self.second } else { self.largest };
        // Shortened by the roundings of the two subtractions.
        let change = (rise.max(0.0) + fall) * (1.0 + 4.0 * UNIT);
        let gap = gap * (1.0 - 4.0 * UNIT) - change;
        let upper = upper + rise;
        let upper = upper + upper.abs() * 2.0 * UNIT;
        // Distances that are equal in float64 may differ in score by a share of their size that is far below this one.
        let ties = 1e-10 * (self.reach * self.reach + 2.0 * upper.abs());
        (gap, upper, gap > ties)
    }
}

/// Rounds to float32, never below the value; zero stays zero.
fn above(value: f64) -> f32 {
    if value == 0.0 {
        return 0.0;
    }
    let rounded = value as f32;
    rounded + rounded.abs() * 2.0 * UNIT + f32::MIN_POSITIVE
}
