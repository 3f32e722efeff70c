//! Exact nearest-centroid assignment: the filter proposes, float32 narrows, float64 decides.
//!
//! # Idea
//! The filter (`fastcluster_kernels::assign`) proves for most rows that a single centroid can be nearest. Where more
//! are left, their squared distances are taken in float32 difference form, whose relative error is known; those within
//! the error of the least are compared in float64, ties to the lowest index. Labels therefore equal a float64 brute
//! force for any instruction set, thread count or word size.
//!
//! A row that the filter leaves undecided first gets the distance to its most promising centroid, which halves the band
//! that the others must pass. Where a lane still holds more survivors than the filter remembers, the row is scored
//! again with all bounds written out.
//!
//! In a later pass of a fit, a row whose own centroid has not moved needs to be tested only against the centroids that
//! have: the upper bound of its score is still true. A row that led by more than the centroids moved is not looked at.
//!
//! # Cost
//! n·k·d multiply-adds in the filter, 1 to 3 distances a row after it; scratch per thread, 12 bytes a row across passes.

mod drift;
mod exact;
mod layout;
mod moved;
mod nearest;
mod settle;
mod sieve;

use fastcluster_kernels::assign::{Decision, NONE, UNDECIDED, decide_few, scan};
use fastcluster_kernels::panels::Panels;

use crate::centers::Centers;
use crate::filter::{BLOCK_ROWS, Filter, Scratch, Stored, Workspace};
use crate::points::{Metric, Points, block_rows};
use crate::{Context, Error};

pub(crate) use drift::Drift;
pub(crate) use exact::Exact;
pub(crate) use moved::Moved;
use settle::{Crowded, From, Settled};
pub(crate) use sieve::{Input, Sieve};

/// Multiply-adds that scoring a row takes below which asking whether it still leads costs more than it saves (measured).
const LEAD_WORK_MIN: usize = 128;

/// What passes remember of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RowState {
    /// The nearest centroid, or [`NO_LABEL`] before the first pass.
    pub(crate) label: u32,
    /// An upper bound of its score.
    upper: f32,
    /// At least how far the scores of all other centroids lie above `upper`; in sieves, which keep that by group, zero
    /// once `upper` is no longer exact.
    gap: f32,
}

/// The label of a row that has none yet.
pub(crate) const NO_LABEL: u32 = u32::MAX;

impl RowState {
    /// Rows before their first pass.
    pub(crate) fn unknown(n_rows: usize) -> Vec<Self> {
        vec![Self { label: NO_LABEL, upper: f32::INFINITY, gap: 0.0 }; n_rows]
    }
}

/// What a pass did; counts of rows and of distances.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Work {
    /// Rows whose label changed.
    pub(crate) n_changed: u64,
    /// Those of them that had a label before, by row.
    pub(crate) changes: Vec<Change>,
    /// Exact distances computed.
    pub(crate) n_rechecked: u64,
    /// Rows that were compared in float64.
    pub(crate) n_decided_64: u64,
    /// Pairs of row and centroid that the filter scored.
    pub(crate) n_scored: u64,
}

/// A row that went from one cluster to another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Change {
    pub(crate) row: u32,
    pub(crate) old: u32,
    pub(crate) new: u32,
}

impl Work {
    fn note(&mut self, row: usize, old: u32, new: u32) {
        if old != new {
            self.n_changed += 1;
            if old != NO_LABEL {
                self.changes.push(Change { row: row as u32, old, new });
            }
        }
    }

    /// The work of all blocks, given in their order.
    fn of_blocks(blocks: Vec<Self>) -> Self {
        let n_changes = blocks.iter().map(|block| block.changes.len()).sum();
        let mut work = Self { changes: Vec::with_capacity(n_changes), ..Self::default() };
        for block in blocks {
            work.n_changed += block.n_changed;
            work.changes.extend(block.changes);
            work.n_rechecked += block.n_rechecked;
            work.n_decided_64 += block.n_decided_64;
            work.n_scored += block.n_scored;
        }
        work
    }
}

/// One pass of all rows over all centroids.
pub(crate) struct Pass<'a, 'p> {
    pub(crate) points: &'a Points<'p>,
    pub(crate) filter: &'a Filter,
    pub(crate) stored: Option<&'a Stored>,
    pub(crate) centers: &'a Centers,
    pub(crate) panels: &'a Panels,
    /// What happened to the centroids since the last pass; none in the first.
    pub(crate) drift: Option<&'a Drift>,
    pub(crate) moved: Option<&'a Moved>,
}

impl Pass<'_, '_> {
    /// Brings every row's state up to date; returns what was done and the reaches of the blocks.
    pub(crate) fn run(
        &self,
        context: &Context<'_>,
        states: &mut [RowState],
    ) -> Result<(Work, Vec<f32>), Error> {
        let n = self.points.n_rows();
        let scratch = || (Scratch::new(self.points.n_features()), Lists::default());
        let blocks = context.pool.map_blocks(
            context.observer,
            states,
            BLOCK_ROWS,
            scratch,
            |(scratch, lists), block, states| {
                let rows = block_rows(block, BLOCK_ROWS, n);
                Ok(self.block(rows, scratch, lists, states))
            },
        )?;
        let (blocks, reaches) = blocks.into_iter().unzip();
        Ok((Work::of_blocks(blocks), reaches))
    }

    fn block(
        &self,
        rows: std::ops::Range<usize>,
        scratch: &mut Scratch,
        lists: &mut Lists,
        states: &mut [RowState],
    ) -> (Work, f32) {
        let first = rows.start;
        self.split(first, states, lists);
        let Lists { full, short, decisions, crowded, .. } = lists;
        if let Some(drift) = self.drift.filter(|_| full.is_empty() && short.is_empty()) {
            return (Work::default(), drift.reaches[first / BLOCK_ROWS]);
        }
        let (block, mut workspace) = self.filter.block(self.points, self.stored, rows, scratch);
        let reach = block.bands.iter().fold(0.0_f32, |reach, band| reach.max(band.reach));
        let mut outcome = Outcome { states, first, work: Work::default() };
        let from = From { first, panels: self.panels, moved: None, block: &block };
        let full = (&*full, from);
        let short = self
            .moved
            .map(|moved| (&*short, From { panels: &moved.panels, moved: Some(moved), ..from }));
        for (list, from) in std::iter::once(full).chain(short) {
            if !list.is_empty() && from.panels.n_centers() > 0 {
                self.part(list, from, &mut workspace, (decisions, crowded), &mut outcome);
            }
        }
        // The lists took the rows out of their order, in which sums have to change.
        outcome.work.changes.sort_unstable_by_key(|change| change.row);
        (outcome.work, reach)
    }

    /// Lists the rows of a block that need all centroids and those that need the moved ones only; the others still lead
    /// by more than the centroids moved, and their states are brought up to date here.
    fn split(&self, first: usize, states: &mut [RowState], lists: &mut Lists) {
        let Lists { full, short, rises, .. } = lists;
        full.clear();
        short.clear();
        let Some(drift) = self.drift else {
            full.extend(0..states.len() as u32);
            return;
        };
        full.extend(0..states.len() as u32);
        if self.centers.len() * self.points.n_features() >= LEAD_WORK_MIN {
            let falls = drift.of_block(first / BLOCK_ROWS, rises);
            // Which rows keep their lead is hard to foresee: no branch depends on it.
            let mut n_listed = 0;
            for (row, state) in states.iter_mut().enumerate() {
                let rise = rises[state.label as usize];
                let (gap, upper, leads) = falls.after(state.label, state.gap, state.upper, rise);
                state.gap = if leads { gap } else { state.gap };
                state.upper = if leads { upper } else { state.upper };
                full[n_listed] = row as u32;
                n_listed += usize::from(!leads);
            }
            full.truncate(n_listed);
        }
        if self.moved.is_some() {
            let moved = |row: &u32| drift.is_moved(states[*row as usize].label as usize);
            short.extend(full.iter().filter(|row| !moved(row)));
            full.retain(moved);
        }
    }

    /// The listed rows of a block against the panels of `from`.
    fn part(
        &self,
        list: &[u32],
        from: From<'_>,
        workspace: &mut Workspace<'_>,
        (decisions, crowded): (&mut Vec<Decision>, &mut Vec<Crowded>),
        outcome: &mut Outcome<'_>,
    ) {
        let block = from.block;
        let states = &*outcome.states;
        let limit = |row: &u32| from.moved.map_or(f32::INFINITY, |_| states[*row as usize].upper);
        decisions.clear();
        decisions.extend(list.iter().map(|row| Decision {
            center: NONE,
            upper: limit(row),
            gap: 0.0,
        }));
        workspace.kept.reset(from.panels, outcome.states.len());
        outcome.work.n_scored += (list.len() * from.panels.n_centers()) as u64;
        if let Some((rows, band)) = block.few() {
            decide_few(from.panels, rows, band, list, decisions);
            // The others need their bounds again: among moved centroids only, nearest is not yet nearest of all.
            let open = |decision: &Decision| match from.moved {
                Some(_) => decision.center != NONE,
                None => decision.center == UNDECIDED,
            };
            let open = list.iter().zip(&*decisions).filter(|(_, decision)| open(decision));
            let open: Vec<u32> = open.map(|(row, _)| *row).collect();
            scan(from.panels, block.rows, block.bands, &open, workspace.kept);
        } else {
            scan(from.panels, block.rows, block.bands, list, workspace.kept);
            workspace.kept.decide(from.panels, block.bands(), list, decisions);
        }
        let cosine = self.points.metric() == Metric::Cosine;
        crowded.clear();
        for (row, decision) in list.iter().zip(decisions.iter()) {
            let old = outcome.states[*row as usize];
            let settled = match (decision.center, from.moved) {
                _ if cosine && self.points.is_void(from.first + *row as usize) => {
                    Settled::State(RowState { label: 0, upper: 0.0, gap: f32::INFINITY })
                }
                (NONE, Some(_)) => {
                    Settled::State(RowState { upper: decision.upper, gap: 0.0, ..old })
                }
                (label, None) if label < NONE => {
                    Settled::State(RowState { label, upper: decision.upper, gap: decision.gap })
                }
                _ => self.settle(from, *row, old, workspace, &mut outcome.work),
            };
            match settled {
                Settled::State(new) => outcome.put(*row, new),
                Settled::Crowded(limit) => crowded.push(Crowded { row: *row, limit }),
            }
        }
        self.settle_crowded(from, crowded, workspace, outcome);
    }
}

/// What becomes of the rows of a block.
struct Outcome<'a> {
    states: &'a mut [RowState],
    first: usize,
    work: Work,
}

impl Outcome<'_> {
    fn put(&mut self, row: u32, new: RowState) {
        let old = std::mem::replace(&mut self.states[row as usize], new);
        self.work.note(self.first + row as usize, old.label, new.label);
    }
}

/// Scratch of a pass: the rows of a block that need all centroids, those that need the moved ones only, and so on.
#[derive(Default)]
struct Lists {
    full: Vec<u32>,
    short: Vec<u32>,
    decisions: Vec<Decision>,
    crowded: Vec<Crowded>,
    rises: Vec<f32>,
}
