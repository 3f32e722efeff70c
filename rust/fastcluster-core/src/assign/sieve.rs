//! Assignment passes that remember how far each group of centroids is from each row.
//!
//! # Idea
//! A row of a fit has a centroid from the pass before; its distance to that one, computed exactly, is a limit that any
//! nearer centroid must pass. The filter lists the few whose lower bound does (`fastcluster_kernels::sieve`), and their
//! distances decide. Of the others of a group of centroids, the least bound is kept: as long as it exceeds the limit by
//! more than the group's centroids have moved since, the row need not be compared with that group. Most pairs are thus
//! never scored in later passes, and the scores themselves can be cruder (`filter::sketch`), since they only have to
//! tell the far from the near.
//!
//! Labels are those of a float64 brute force, as in `assign`.
//!
//! # Cost
//! n·k·dims multiply-adds in the filter for the first pass, a fraction later; 4 bytes a row and group, at most 64 groups.
//!
//! # Source
//! Bounds per group are Yinyang k-means' (Ding et al., ICML 2015), those of Elkan and Hamerly before; in scores, on
//! panels that a blocked kernel multiplies, they are ours.

use std::ops::Range;

use fastcluster_kernels::panels::Panels;
use fastcluster_kernels::sieve::{Sifted, Survivor, sieve};
use fastcluster_kernels::{Level, bounds};

use super::layout::Layout;
use super::nearest::{Candidate, Nearest};
use super::{Drift, RowState, Work};
use crate::centers::Centers;
use crate::filter::{BLOCK_ROWS, Block, Filter, Scratch, Stored};
use crate::points::{Metric, Points, block_rows};
use crate::{Context, Error};

/// What the passes of a run share.
pub(crate) struct Sieve {
    layout: Option<Layout>,
    panels: Panels,
    memory: Vec<Memory>,
}

/// What is remembered of a block of rows.
#[derive(Clone, Debug, Default)]
struct Memory {
    /// `groups × rows`: see [`bounds`].
    beyond: Vec<f32>,
    /// Per group.
    fallen: Vec<f32>,
    /// At least the norm of each row.
    reach: f32,
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
        Self { layout: None, panels, memory: vec![Memory::default(); n_rows.div_ceil(BLOCK_ROWS)] }
    }

    /// Bytes that are kept for all rows.
    pub(crate) fn memory_bytes(n_rows: usize, n_centers: usize) -> u64 {
        let groups = n_centers.div_ceil(Layout::panel_width(n_centers)).min(64);
        (n_rows * groups * size_of::<f32>()) as u64
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
        let moves = Moves::of(drift, layout);
        let pass = Pass { input, layout, panels: &self.panels, moves: &moves };
        let n = input.points.n_rows();
        let blocks = context.pool.map_pairs(
            context.observer,
            (states, BLOCK_ROWS),
            (&mut self.memory, 1),
            || (Scratch::new(input.points.n_features()), Lists::default()),
            |(scratch, lists), block, states, memory| {
                let rows = block_rows(block, BLOCK_ROWS, n);
                Ok(pass.block(rows, states, &mut memory[0], scratch, lists))
            },
        )?;
        let mut work = Work::default();
        blocks.into_iter().for_each(|block| work.add(block));
        Ok(work)
    }
}

/// How the centroids moved since the last pass, in float32, rounded up.
struct Moves {
    /// By place: ‖Δ‖, and what the score of every row falls by beside ‖x‖‖Δ‖.
    lengths: Vec<f32>,
    offsets: Vec<f32>,
    /// By centroid: ‖Δ‖, and what the score of every row rises by beside ‖x‖‖Δ‖.
    rises: Vec<(f32, f32)>,
}

impl Moves {
    fn of(drift: &Drift, layout: &Layout) -> Self {
        let place = |center: &u32| drift.fall(*center as usize);
        let (lengths, offsets) = layout.order.iter().map(place).unzip();
        let rises = (0..layout.order.len()).map(|center| drift.rise(center)).collect();
        Self { lengths, offsets, rises }
    }
}

struct Pass<'a, 'p> {
    input: Input<'a, 'p>,
    layout: &'a Layout,
    panels: &'a Panels,
    moves: &'a Moves,
}

/// Scratch of a pass, reused from block to block.
#[derive(Default)]
struct Lists {
    before: Vec<u32>,
    limits: Vec<f32>,
    closest: Vec<f32>,
    beyond: Vec<f32>,
    open: Vec<u32>,
    group: Vec<u32>,
    found: Vec<Survivor>,
    begins: Vec<u32>,
    sorted: Vec<u32>,
    candidates: Vec<Candidate>,
}

/// Relative rounding unit of float32.
const UNIT: f32 = f32::EPSILON / 2.0;

impl Pass<'_, '_> {
    fn block(
        &self,
        rows: Range<usize>,
        states: &mut [RowState],
        memory: &mut Memory,
        scratch: &mut Scratch,
        lists: &mut Lists,
    ) -> Work {
        let Input { points, filter, stored, .. } = self.input;
        let level = Level::current();
        let mut work = Work::default();
        if memory.fallen.is_empty() {
            self.begin(rows.start, states, memory);
        } else {
            self.age(states, memory);
        }
        lists.open(states, memory, level);
        if lists.open.is_empty() {
            return work;
        }
        lists.before.clear();
        lists.before.extend(states.iter().map(|state| state.label));
        let (block, workspace) = filter.block(points, stored, rows.clone(), scratch);
        let mut nearest = Nearest::new(self.input, rows.start, block.norms, workspace);
        if memory.reach == 0.0 {
            let most = block.norms.iter().fold(0.0_f32, |most, norm| most.max(norm.above));
            memory.reach = most.sqrt() * (1.0 + 4.0 * UNIT);
        }
        for row in &lists.open {
            let state = &mut states[*row as usize];
            if state.gap == 0.0 {
                *state = RowState { upper: nearest.upper(*row, state.label), gap: 1.0, ..*state };
                work.n_rechecked += 1;
            }
        }
        lists.reopen(states, memory);
        self.sift(&block, memory, lists, &mut work);
        self.settle(states, memory, lists, &mut nearest, &mut work);
        for ((state, before), row) in states.iter().zip(&lists.before).zip(rows) {
            work.note(row, *before, state.label);
        }
        work
    }

    /// Takes the movements off the bounds of a block.
    fn age(&self, states: &mut [RowState], memory: &mut Memory) {
        let moves = self.moves;
        let (level, width) = (Level::current(), self.layout.width);
        let groups = moves.lengths.chunks(width).zip(moves.offsets.chunks(width));
        for (fallen, (lengths, offsets)) in memory.fallen.iter_mut().zip(groups) {
            let fall = bounds::largest_fall(level, lengths, offsets, memory.reach);
            *fallen = (*fallen + fall) * (1.0 + 2.0 * UNIT);
        }
        for state in states {
            let (length, offset) = moves.rises[state.label as usize];
            if length > 0.0 && state.upper > f32::NEG_INFINITY {
                let rise = memory.reach * length;
                let upper = state.upper + (rise + offset);
                state.upper = upper + 4.0 * UNIT * (rise + offset.abs() + upper.abs());
                state.gap = 0.0;
            }
        }
    }

    /// The first pass: nothing is known of any group.
    fn begin(&self, first: usize, states: &mut [RowState], memory: &mut Memory) {
        memory.fallen = vec![0.0; self.layout.n_groups()];
        memory.beyond = vec![f32::NEG_INFINITY; self.layout.n_groups() * states.len()];
        let cosine = self.input.points.metric() == Metric::Cosine;
        for (row, state) in states.iter_mut().enumerate() {
            if cosine && self.input.points.is_void(first + row) {
                // A row of zeros stays with the first centroid: none can ever be nearer.
                *state = RowState { upper: f32::NEG_INFINITY, gap: 1.0, ..*state };
            } else {
                state.gap = 0.0;
            }
        }
    }

    /// Scores the open rows against the groups that they need.
    fn sift(&self, block: &Block<'_>, memory: &mut Memory, lists: &mut Lists, work: &mut Work) {
        let (level, n_rows) = (Level::current(), lists.limits.len());
        lists.found.clear();
        lists.beyond.resize(n_rows, 0.0);
        for (group, beyond) in memory.beyond.chunks_exact_mut(n_rows).enumerate() {
            let fallen = memory.fallen[group];
            bounds::within(level, beyond, fallen, &lists.limits, &lists.open, &mut lists.group);
            if lists.group.is_empty() {
                continue;
            }
            lists.group.iter().for_each(|row| lists.beyond[*row as usize] = f32::INFINITY);
            let first = group * self.layout.n_panels;
            let part = first..(first + self.layout.n_panels).min(self.panels.n_panels());
            let sifted = Sifted { beyond: &mut lists.beyond, found: &mut lists.found };
            sieve(self.panels, part, block.rows, block.bands, &lists.group, &lists.limits, sifted);
            for row in &lists.group {
                let at = *row as usize;
                beyond[at] = bounds::stored(lists.beyond[at], fallen);
            }
            work.n_scored += (lists.group.len() * self.layout.width) as u64;
        }
    }

    /// Compares each row's survivors with its centroid.
    fn settle(
        &self,
        states: &mut [RowState],
        memory: &mut Memory,
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
                let bound = bounds::stored(other.lower, memory.fallen[group]);
                let beyond = &mut memory.beyond[group * n_rows + at];
                *beyond = beyond.min(bound);
            }
            states[at] = RowState { label, upper, gap: 1.0 };
        }
    }
}

impl Lists {
    /// The rows that some group may be nearer to than their limit, by what is known.
    fn open(&mut self, states: &[RowState], memory: &Memory, level: Level) {
        self.closest.resize(states.len(), 0.0);
        bounds::closest(level, &memory.beyond, &memory.fallen, &mut self.closest);
        self.limit(states, memory.reach);
        self.open.clear();
        let near = self.closest.iter().zip(&self.limits).zip(0..);
        self.open.extend(near.filter(|((c, limit), _)| !(c > limit)).map(|(_, row)| row));
    }

    /// The same among the open rows, after their limits were made exact.
    fn reopen(&mut self, states: &[RowState], memory: &Memory) {
        self.limit(states, memory.reach);
        let Self { open, closest, limits, .. } = self;
        open.retain(|row| !(closest[*row as usize] > limits[*row as usize]));
    }

    /// A centroid with a score above the limit is farther in float64 distances too: they may swap or tie where scores
    /// differ by a share of ‖x‖² + 2s that is far below the one allowed for here.
    fn limit(&mut self, states: &[RowState], reach: f32) {
        self.limits.clear();
        let limit = |state: &RowState| {
            let ties = 1e-10 * (reach * reach + 2.0 * state.upper.abs());
            if state.upper.is_finite() { state.upper + ties + 2.0 * UNIT * state.upper.abs() } else { state.upper }
        };
        self.limits.extend(states.iter().map(limit));
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
