//! Assignment passes that remember how far each group of centroids is from each row.
//!
//! # Idea
//! A row of a fit has a centroid from the pass before; its distance to that one, computed exactly, is a limit that any
//! nearer centroid must pass. The filter lists the few whose lower bound does (`fastcluster_kernels::sieve`), and their
//! distances decide. Of the others of a group of centroids, the least distance is kept: as long as it exceeds the limit
//! by more than the group has moved since, the row need not be compared with that group. Most pairs are thus never
//! scored in later passes, a row that no group comes near is not even read, and the scores themselves may be cruder
//! (`filter::sketch`), since they only have to tell the far from the near.
//!
//! Labels are those of a float64 brute force, as in `assign`.
//!
//! # Cost
//! n·k·dims multiply-adds in the filter for the first pass, a fraction later; 2 bytes a row and group, at most 48 groups.
//!
//! # Source
//! Bounds per group are Yinyang k-means' (Ding et al., ICML 2015), after Elkan's (ICML 2003) and Hamerly's
//! (doi:10.1137/1.9781611972801.12); on the panels of a blocked kernel they are ours.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::ops::Range;

use fastcluster_kernels::Level;
use fastcluster_kernels::bounds::{self, Kept};
use fastcluster_kernels::panels::Panels;
use fastcluster_kernels::sieve::{Sifted, Survivor, sieve};

use super::layout::Layout;
use super::nearest::{Candidate, Nearest};
use super::{Drift, RowState, Work};
use crate::centers::Centers;
use crate::filter::{BLOCK_ROWS, Block, Filter, Scratch, Stored};
use crate::points::{Metric, Points, block_rows};
use crate::{Context, Error};

/// Relative rounding unit of float32.
const UNIT: f32 = f32::EPSILON / 2.0;

/// What the passes of a run share.
///
/// In its row states, `upper` is a distance: at least that of the row from its centroid. `gap` is 1 while it is exact
/// but for rounding, 0 when the centroid has moved since.
pub(crate) struct Sieve {
    panels: Panels,
    layout: Option<Layout>,
    /// How far each group has moved in all.
    moved: Vec<f32>,
    /// Per block of rows, `groups × rows`: see [`bounds`].
    beyond: Vec<Vec<Kept>>,
}

/// The data of a pass.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a, 'p> {
    pub(crate) points: &'a Points<'p>,
    pub(crate) filter: &'a Filter,
    pub(crate) stored: Option<&'a Stored>,
    pub(crate) centers: &'a Centers,
}

impl Sieve {
    /// Before the first pass.
    pub(crate) fn new(filter: &Filter, n_rows: usize, n_centers: usize) -> Self {
        let panels = filter.panels_in_groups(n_centers, Layout::panel_width(n_centers));
        let beyond = vec![Vec::new(); n_rows.div_ceil(BLOCK_ROWS)];
        Self { panels, layout: None, moved: Vec::new(), beyond }
    }

    /// Bytes that this sieve keeps, its panels with it.
    pub(crate) fn bytes(&self, n_rows: usize) -> u64 {
        let n_groups = Layout::n_groups_of(&self.panels);
        self.panels.bytes() + (n_rows * n_groups * size_of::<Kept>()) as u64
    }

    /// Bytes that are kept for all rows, at most.
    pub(crate) fn memory_bytes(n_rows: usize, n_centers: usize) -> u64 {
        (n_rows * Layout::n_groups_most(n_centers) * size_of::<Kept>()) as u64
    }

    /// Brings the states of labelled rows up to date.
    pub(crate) fn pass(
        &mut self,
        input: Input<'_, '_>,
        drift: &Drift,
        states: &mut [RowState],
        context: &Context<'_>,
    ) -> Result<Work, Error> {
        let layout = self.layout.get_or_insert_with(|| Layout::of(input.centers, &self.panels));
        layout.pack(input.filter, input.centers, &mut self.panels);
        let lengths: Vec<f32> = (0..input.centers.len()).map(|at| drift.length(at)).collect();
        self.moved.resize(layout.n_groups(), 0.0);
        for (moved, group) in self.moved.iter_mut().zip(layout.order.chunks(layout.width)) {
            let most = group.iter().fold(0.0_f32, |most, at| most.max(lengths[*at as usize]));
            *moved = (*moved + most) * (1.0 + 2.0 * UNIT);
        }
        let pass =
            Pass { input, layout, panels: &self.panels, moved: &self.moved, lengths: &lengths };
        let n = input.points.n_rows();
        let blocks = context.pool.map_pairs(
            context.observer,
            (states, BLOCK_ROWS),
            (&mut self.beyond, 1),
            || (Scratch::new(input.points.n_features()), Lists::default()),
            |(scratch, lists), block, states, beyond| {
                let rows = block_rows(block, BLOCK_ROWS, n);
                Ok(pass.block(rows, states, &mut beyond[0], scratch, lists))
            },
        )?;
        Ok(Work::of_blocks(blocks))
    }
}

struct Pass<'a, 'p> {
    input: Input<'a, 'p>,
    layout: &'a Layout,
    panels: &'a Panels,
    /// Per group, in all.
    moved: &'a [f32],
    /// Per centroid, in the last update.
    lengths: &'a [f32],
}

/// Scratch of a pass, reused from block to block.
#[derive(Default)]
struct Lists {
    before: Vec<u32>,
    /// Per row, indexed by row of the block: the distance and the score that a nearer centroid must not exceed, at most
    /// the squared norm, the least distance that any group may have, the least bound beyond the limit in a group.
    reaches: Vec<f32>,
    limits: Vec<f32>,
    norms: Vec<f32>,
    closest: Vec<f32>,
    lowers: Vec<f32>,
    /// Rows that some group may be nearer to than their centroid, and those that the group at hand may be.
    open: Vec<u32>,
    group: Vec<u32>,
    found: Vec<Survivor>,
    begins: Vec<u32>,
    sorted: Vec<u32>,
    candidates: Vec<Candidate>,
}

impl Pass<'_, '_> {
    fn block(
        &self,
        rows: Range<usize>,
        states: &mut [RowState],
        beyond: &mut Vec<Kept>,
        scratch: &mut Scratch,
        lists: &mut Lists,
    ) -> Work {
        let Input { points, filter, stored, .. } = self.input;
        let mut work = Work::default();
        if beyond.is_empty() {
            self.begin(rows.start, states, beyond);
        } else {
            self.age(states);
        }
        lists.open(states, beyond, self.moved);
        if lists.open.is_empty() {
            return work;
        }
        lists.before.clear();
        lists.before.extend(states.iter().map(|state| state.label));
        if let Some(norms) = stored.and_then(|stored| stored.norms(rows.clone())) {
            // Words that are not kept are made only of the rows that are still open then.
            let mut nearest = Nearest::new(self.input, rows.start, norms, scratch.workspace());
            lists.measure(states, &mut nearest, &mut work);
        }
        let open = &lists.open;
        let (block, workspace) = filter.block_of(points, stored, (rows.clone(), open), scratch);
        let mut nearest = Nearest::new(self.input, rows.start, block.norms, workspace);
        if stored.is_none() {
            lists.measure(states, &mut nearest, &mut work);
        }
        self.sift(&block, beyond, lists, &mut work);
        self.settle(states, beyond, lists, &mut nearest, &mut work);
        for ((state, before), row) in states.iter().zip(&lists.before).zip(rows) {
            work.note(row, *before, state.label);
        }
        work
    }

    /// The first pass: nothing is known of any group.
    fn begin(&self, first: usize, states: &mut [RowState], beyond: &mut Vec<Kept>) {
        *beyond = vec![0; self.layout.n_groups() * states.len()];
        let cosine = self.input.points.metric() == Metric::Cosine;
        for (row, state) in states.iter_mut().enumerate() {
            // A row of zeros stays with the first centroid: none can ever be nearer.
            let void = cosine && self.input.points.is_void(first + row);
            let (upper, gap) = if void { (f32::NEG_INFINITY, 1.0) } else { (f32::INFINITY, 0.0) };
            *state = RowState { upper, gap, ..*state };
        }
    }

    /// Lets the centroids of a block's rows be as far away as they can have moved.
    fn age(&self, states: &mut [RowState]) {
        for state in states {
            let length = self.lengths[state.label as usize];
            if length > 0.0 {
                (state.upper, state.gap) = ((state.upper + length) * (1.0 + 2.0 * UNIT), 0.0);
            }
        }
    }

    /// Scores the open rows against the groups that may be near.
    fn sift(&self, block: &Block<'_>, beyond: &mut [Kept], lists: &mut Lists, work: &mut Work) {
        let level = Level::current();
        let Lists { reaches, limits, norms, lowers, open, group: list, found, .. } = lists;
        let n_rows = reaches.len();
        found.clear();
        lowers.resize(n_rows, 0.0);
        for (group, beyond) in beyond.chunks_exact_mut(n_rows).enumerate() {
            let moved = self.moved[group];
            bounds::within(level, beyond, moved, reaches, open, list);
            if list.is_empty() {
                continue;
            }
            for row in list.iter() {
                lowers[*row as usize] = f32::INFINITY;
            }
            let first = group * self.layout.n_panels;
            let part = first..(first + self.layout.n_panels).min(self.panels.n_panels());
            let sifted = Sifted { beyond: lowers, found };
            sieve(self.panels, part, (block.rows, block.bands), list, limits, sifted);
            bounds::keep(level, lowers, norms, moved, list, beyond);
            work.n_scored += (list.len() * self.layout.members(group)) as u64;
        }
    }

    /// Compares each row's survivors with its centroid.
    fn settle(
        &self,
        states: &mut [RowState],
        beyond: &mut [Kept],
        lists: &mut Lists,
        nearest: &mut Nearest<'_, '_>,
        work: &mut Work,
    ) {
        let n_rows = states.len();
        lists.sort(n_rows, &self.layout.order);
        let Lists { open, begins, sorted, candidates, .. } = lists;
        for row in open.iter() {
            let at = *row as usize;
            let own = states[at].label;
            let found = &sorted[begins[at] as usize..begins[at + 1] as usize];
            candidates.clear();
            candidates.extend(found.iter().filter(|c| **c != own).map(|c| Candidate::new(*c)));
            if candidates.is_empty() {
                continue;
            }
            candidates.push(Candidate::new(own));
            work.n_rechecked += candidates.len() as u64;
            let (label, upper) = nearest.of(*row, candidates, work);
            for other in candidates.iter().filter(|other| other.center != label) {
                let group = self.layout.group(other.center);
                let kept = bounds::kept(other.distance, self.moved[group]);
                let beyond = &mut beyond[group * n_rows + at];
                // Positive floats are in the order of their bits.
                *beyond = (*beyond).min(kept);
            }
            states[at] = RowState { label, upper, gap: 1.0 };
        }
    }
}

/// A centroid farther than this is farther in float64 too: what these may tie by is far below the share added.
fn reach(upper: f32) -> f32 {
    upper * (1.0 + 4.0 * UNIT)
}

/// Whether a group whose bound is `closest` may have a centroid within `reach`.
fn may_be_within(closest: f32, reach: f32) -> bool {
    closest.partial_cmp(&reach) != Some(Ordering::Greater)
}

impl Lists {
    /// Lists the rows that some group may be nearer to than their centroid, by what is known.
    fn open(&mut self, states: &[RowState], beyond: &[Kept], moved: &[f32]) {
        let Self { reaches, closest, open, .. } = self;
        closest.resize(states.len(), 0.0);
        bounds::closest(Level::current(), beyond, moved, closest);
        reaches.clear();
        reaches.extend(states.iter().map(|state| reach(state.upper)));
        open.clear();
        let near = closest.iter().zip(reaches).zip(0..);
        open.extend(
            near.filter(|((closest, reach), _)| may_be_within(**closest, **reach))
                .map(|(_, row)| row),
        );
    }

    /// Takes the exact distances of open rows from their centroids; most are then no longer open.
    fn measure(&mut self, states: &mut [RowState], nearest: &mut Nearest<'_, '_>, work: &mut Work) {
        let Lists { open, closest, reaches, limits, norms, .. } = self;
        limits.resize(states.len(), 0.0);
        norms.resize(states.len(), 0.0);
        open.retain(|row| {
            let at = *row as usize;
            let state = &mut states[at];
            if state.gap == 0.0 {
                *state =
                    RowState { upper: nearest.distance(*row, state.label), gap: 1.0, ..*state };
                work.n_rechecked += 1;
            }
            reaches[at] = reach(state.upper);
            limits[at] = nearest.limit(*row, reaches[at]);
            norms[at] = nearest.norm_below(*row);
            may_be_within(closest[at], reaches[at])
        });
    }

    /// Brings the survivors into the order of their rows, places turned into centroids.
    fn sort(&mut self, n_rows: usize, order: &[u32]) {
        let Self { found, begins, sorted, .. } = self;
        begins.clear();
        begins.resize(n_rows + 2, 0);
        for survivor in found.iter() {
            begins[survivor.row as usize + 2] += 1;
        }
        for row in 2..n_rows + 2 {
            begins[row] += begins[row - 1];
        }
        sorted.resize(found.len(), 0);
        for survivor in found.iter() {
            let place = &mut begins[survivor.row as usize + 1];
            sorted[*place as usize] = order[survivor.center as usize];
            *place += 1;
        }
    }
}
