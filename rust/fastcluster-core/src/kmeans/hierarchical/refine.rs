//! One refinement: a restricted assignment, then Lloyd's update.

use super::lists::Lists;
use super::restricted::{Restricted, Search};
use crate::assign::RowState;
use crate::centers::{CenterValues, Centers};
use crate::kmeans::inertia::{labels, to_caller};
use crate::kmeans::relocate::relocate;
use crate::kmeans::sums::Sums;
use crate::kmeans::{check_start, check_weights};
use crate::points::Points;
use crate::{Context, Error};

/// What [`refine`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Refined {
    /// For each row the nearest of the centers that it was compared with, before the update.
    pub labels: Vec<i32>,
    /// The centers after the update.
    pub centers: CenterValues,
    /// Σ w·‖x − c‖² (Σ w·(1 − cos) under cosine) of these labels with the centers before the update.
    pub inertia: f64,
}

/// One refinement alone: compares each row with the `n_neighbors` nearest centers of each center in the group of its
/// `current` one, and moves the centers to the means of their rows, as Lloyd's update does.
///
/// `groups` holds a number for each center, from 0 and below the number of centers. With as many neighbors as centers,
/// this is an iteration of Lloyd's algorithm.
///
/// # Errors
/// [`Error::Zero`] without centers, [`Error::BadStart`], [`Error::LengthMismatch`], [`Error::NoWeight`],
/// [`Error::OutOfRange`] for a label or group of no center, [`Error::Cancelled`].
pub fn refine(
    points: &Points<'_>,
    weights: Option<&[f64]>,
    centers: CenterValues,
    (current, groups): (&[u32], &[u32]),
    n_neighbors: usize,
    context: &Context<'_>,
) -> Result<Refined, Error> {
    if groups.is_empty() {
        return Err(Error::Zero { name: "n_clusters" });
    }
    check_start(points, &centers, groups.len())?;
    if current.len() != points.n_rows() {
        let (found, expected) = (current.len(), points.n_rows());
        return Err(Error::LengthMismatch { name: "current", found, expected });
    }
    for (name, numbers) in [("current", current), ("groups", groups)] {
        if let Some(found) = numbers.iter().find(|number| **number as usize >= groups.len()) {
            return Err(Error::OutOfRange { name, found: *found as usize, end: groups.len() });
        }
    }
    let weights = check_weights(points, weights)?;
    let points = &points.including(centers.largest(), context)?;
    let centers = centers.matching(points);
    let lists = Lists::new(&centers, points, groups.to_vec(), n_neighbors, context)?;
    let mut refinement = Refinement::new(points, weights.as_deref(), centers, current);
    let step = refinement.step(&lists, context)?;
    Ok(Refined {
        labels: labels(&refinement.states),
        centers: refinement.centers.into_published(),
        inertia: to_caller(points, step.inertia),
    })
}

/// What refinements change.
pub(super) struct Refinement<'a, 'p> {
    points: &'a Points<'p>,
    weights: Option<&'a [f64]>,
    pub(super) centers: Centers,
    /// Labels of the rows, for which their bounds are not kept.
    pub(super) states: Vec<RowState>,
    sums: Sums,
    /// Clusters whose sums are not those of their labels.
    stale: Vec<bool>,
}

/// What one refinement did.
pub(super) struct Step {
    /// Σ w·D of the labels with the centers before the update, in working space.
    pub(super) inertia: f64,
    /// Summed squared movement of the centers, in working space.
    pub(super) center_shift: f64,
    /// Rows whose label changed.
    pub(super) n_changed: u64,
    pub(super) n_rechecked: u64,
    pub(super) n_scored: u64,
}

impl<'a, 'p> Refinement<'a, 'p> {
    /// Begins with a label for each row.
    pub(super) fn new(
        points: &'a Points<'p>,
        weights: Option<&'a [f64]>,
        centers: CenterValues,
        labels: &[u32],
    ) -> Self {
        let centers = Centers::new(centers, points);
        let mut states = RowState::unknown(labels.len());
        states.iter_mut().zip(labels).for_each(|(state, label)| state.label = *label);
        let sums = Sums::new(centers.len(), points.n_features());
        let stale = vec![true; centers.len()];
        Self { points, weights, centers, states, sums, stale }
    }

    /// Assigns each row to the nearest center of its list, and moves the centers to the means.
    pub(super) fn step(&mut self, lists: &Lists, context: &Context<'_>) -> Result<Step, Error> {
        let published = self.centers.clone().into_published();
        let search =
            Search { points: self.points, weights: self.weights, centers: &published, lists };
        let rows = self.states.iter().zip(0_u32..).map(|(state, row)| (row, state.label));
        let found = search.run(rows, context)?;
        let mut dirty = std::mem::replace(&mut self.stale, vec![false; self.centers.len()]);
        let mut n_changed = 0;
        for (row, label) in &found.labels {
            let (row, label) = (*row as usize, *label);
            let old = std::mem::replace(&mut self.states[row].label, label);
            if old != label {
                n_changed += 1;
                (dirty[old as usize], dirty[label as usize]) = (true, true);
            }
        }
        self.sums.update(self.points, self.weights, &self.states, &dirty, context)?;
        let (points, weights) = (self.points, self.weights);
        let moved =
            relocate(points, weights, &self.states, &self.centers, &mut self.sums, context)?;
        for cluster in moved {
            (dirty[cluster], self.stale[cluster]) = (true, true);
        }
        let center_shift = self.move_centers(&dirty);
        let Restricted { inertia, n_rechecked, n_scored, .. } = found;
        Ok(Step { inertia, center_shift, n_changed, n_rechecked, n_scored })
    }

    /// Publishes the means of the dirty clusters; returns their squared movements.
    fn move_centers(&mut self, dirty: &[bool]) -> f64 {
        let mut mean = vec![0.0; self.points.n_features()];
        let mut total = 0.0;
        for cluster in (0..dirty.len()).filter(|cluster| dirty[*cluster]) {
            let weight = self.sums.weights[cluster];
            if weight > 0.0 {
                for (mean, sum) in mean.iter_mut().zip(self.sums.row(cluster)) {
                    *mean = sum / weight;
                }
                total += self.centers.set(cluster, &mean);
            }
        }
        total
    }
}
