//! Exact nearest-centroid assignment: the filter proposes, float32 narrows, float64 decides.
//!
//! # Idea
//! The filter (`fastcluster_kernels::assign`) proves for most rows that a single centroid can be nearest. Where more
//! are left, their squared distances are taken in float32 difference form, whose relative error is known; those within
//! the error of the least are compared in float64, ties to the lowest index. Labels therefore equal a float64 brute
//! force for any instruction set, thread count or word size.
//!
//! In a later pass of a fit, a row whose own centroid has not moved needs to be tested only against the centroids that
//! have: the upper bound of its score is still true.
//!
//! # Cost
//! n·k·d multiply-adds in the filter, 1 to 3 distances a row after it; scratch per thread, 8 bytes a row across passes.

use fastcluster_kernels::assign::{Decision, NONE, scan};
use fastcluster_kernels::distance;
use fastcluster_kernels::panels::Panels;

use crate::centers::Centers;
use crate::filter::{BLOCK_ROWS, Block, Filter, Scratch, Stored, Workspace};
use crate::points::{Metric, Points, block_rows};
use crate::{Context, Error};

/// What passes remember of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RowState {
    /// The nearest centroid, or [`NO_LABEL`] before the first pass.
    pub(crate) label: u32,
    /// An upper bound of its score.
    upper: f32,
}

/// The label of a row that has none yet.
pub(crate) const NO_LABEL: u32 = u32::MAX;

impl RowState {
    /// Rows before their first pass.
    pub(crate) fn unknown(n_rows: usize) -> Vec<Self> {
        vec![Self { label: NO_LABEL, upper: f32::INFINITY }; n_rows]
    }
}

/// What a pass did; counts of rows and of distances.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Work {
    /// Rows whose label changed.
    pub(crate) n_changed: u64,
    /// Exact distances computed.
    pub(crate) n_rechecked: u64,
    /// Rows that were compared in float64.
    pub(crate) n_decided_64: u64,
    /// Pairs of row and centroid that the filter scored.
    pub(crate) n_scored: u64,
}

impl Work {
    pub(crate) fn add(&mut self, other: Self) {
        self.n_changed += other.n_changed;
        self.n_rechecked += other.n_rechecked;
        self.n_decided_64 += other.n_decided_64;
        self.n_scored += other.n_scored;
    }
}

/// The centroids that moved since the rows' bounds were taken.
pub(crate) struct Moved {
    /// Per centroid.
    flags: Vec<bool>,
    /// The moved centroids, ascending, and their panels.
    list: Vec<u32>,
    panels: Panels,
}

impl Moved {
    /// Packs the moved centroids; none where so many moved that the short way saves nothing.
    pub(crate) fn new(flags: Vec<bool>, filter: &Filter, centers: &Centers) -> Option<Self> {
        let moved = flags.iter().enumerate().filter(|(_, moved)| **moved);
        let list: Vec<u32> = moved.map(|(index, _)| index as u32).collect();
        if list.len() * 8 > flags.len() * 7 {
            return None;
        }
        let mut panels = filter.panels(list.len());
        let mut tilde = vec![0.0; centers.working(0).len()];
        for (place, index) in list.iter().enumerate() {
            filter.pack(&mut panels, place, centers.working(*index as usize), &mut tilde);
        }
        Some(Self { flags, list, panels })
    }
}

/// One pass of all rows over all centroids.
pub(crate) struct Pass<'a, 'p> {
    pub(crate) points: &'a Points<'p>,
    pub(crate) filter: &'a Filter,
    pub(crate) stored: Option<&'a Stored>,
    pub(crate) centers: &'a Centers,
    pub(crate) panels: &'a Panels,
    pub(crate) moved: Option<&'a Moved>,
}

impl Pass<'_, '_> {
    /// Brings every row's state up to date; `changed(old, new)` is told of each changed label.
    pub(crate) fn run(
        &self,
        context: &Context<'_>,
        states: &mut [RowState],
        changed: impl Fn(u32, u32) + Sync + Send,
    ) -> Result<Work, Error> {
        let n = self.points.n_rows();
        let scratch = || (Scratch::new(self.points.n_features()), Lists::default());
        let blocks = context.pool.map_blocks(
            context.observer,
            states,
            BLOCK_ROWS,
            scratch,
            |(scratch, lists), block, states| {
                let rows = block_rows(block, BLOCK_ROWS, n);
                Ok(self.block(rows, scratch, lists, states, &changed))
            },
        )?;
        let mut work = Work::default();
        for block in blocks {
            work.add(block);
        }
        Ok(work)
    }

    fn block(
        &self,
        rows: std::ops::Range<usize>,
        scratch: &mut Scratch,
        lists: &mut Lists,
        states: &mut [RowState],
        changed: &impl Fn(u32, u32),
    ) -> Work {
        let first = rows.start;
        let mut work = Work::default();
        let Lists { full, short, decisions } = lists;
        split(states, self.moved, full, short);
        let cosine = self.points.metric() == Metric::Cosine;
        let void = |row: usize| cosine && self.points.is_void(first + row);
        let (block, mut workspace) = self.filter.block(self.points, self.stored, rows, scratch);
        let full = (&*full, self.panels, None);
        let short = self.moved.map(|moved| (&*short, &moved.panels, Some(moved)));
        for (list, panels, moved) in std::iter::once(full).chain(short) {
            if list.is_empty() || panels.n_centers() == 0 {
                continue;
            }
            workspace.kept.reset(panels, states.len());
            scan(panels, block.rows, block.bands, list, workspace.kept);
            work.n_scored += (list.len() * panels.n_centers()) as u64;
            let limit = |row: &u32| moved.map_or(f32::INFINITY, |_| states[*row as usize].upper);
            decisions.clear();
            decisions.extend(list.iter().map(|row| Decision { center: NONE, upper: limit(row) }));
            workspace.kept.decide(panels, block.bands, list, decisions);
            for (row, decision) in list.iter().zip(decisions.iter()) {
                let row = *row as usize;
                let old = states[row];
                let new = match (decision.center, moved) {
                    (NONE, Some(_)) => RowState { upper: decision.upper, ..old },
                    (center, None) if center < NONE => {
                        RowState { label: center, upper: decision.upper }
                    }
                    _ => {
                        let from = Row { first, row, panels, moved };
                        self.settle(&from, &block, &mut workspace, old, &mut work)
                    }
                };
                let new = if void(row) { RowState { label: 0, upper: f32::INFINITY } } else { new };
                if new.label != old.label {
                    work.n_changed += 1;
                    changed(old.label, new.label);
                }
                states[row] = new;
            }
        }
        work
    }

    /// Turns the bounds of a row that is not decided by them into its state.
    fn settle(
        &self,
        from: &Row<'_>,
        block: &Block<'_>,
        workspace: &mut Workspace<'_>,
        old: RowState,
        work: &mut Work,
    ) -> RowState {
        let own = from.moved.map(|_| old);
        let limit = own.map_or(f32::INFINITY, |own| own.upper);
        let upper = workspace.kept.candidates(
            from.panels,
            block.bands[from.row],
            from.row,
            limit,
            workspace.candidates,
        );
        if let Some(moved) = from.moved {
            for candidate in workspace.candidates.iter_mut() {
                *candidate = moved.list[*candidate as usize];
            }
        }
        if let Some(own) = own {
            workspace.candidates.push(own.label);
        }
        let label = self.nearest_of(from.first + from.row, workspace, work);
        RowState { label, upper }
    }

    /// The nearest of the candidates, by the float64 rule.
    fn nearest_of(&self, row: usize, workspace: &mut Workspace<'_>, work: &mut Work) -> u32 {
        let candidates = &mut *workspace.candidates;
        if let [only] = candidates[..] {
            return only;
        }
        work.n_rechecked += candidates.len() as u64;
        self.narrow(row, candidates, workspace.row_32, workspace.scores);
        if let [only] = candidates[..] {
            return only;
        }
        work.n_decided_64 += 1;
        let exact = Exact::read(self.points, row, workspace.row_32, workspace.row_64);
        let mut nearest = (f64::INFINITY, NO_LABEL);
        for candidate in candidates.iter() {
            let distance =
                exact.squared_distance(self.filter.level(), self.centers, *candidate as usize);
            if distance < nearest.0 || (distance == nearest.0 && *candidate < nearest.1) {
                nearest = (distance, *candidate);
            }
        }
        // Distances that overflow float64 are all infinite; then the lowest index is as near as any.
        if nearest.1 == NO_LABEL {
            candidates.iter().copied().min().unwrap_or(0)
        } else {
            nearest.1
        }
    }

    /// Drops the candidates that float32 can tell are not the nearest.
    fn narrow(
        &self,
        row: usize,
        candidates: &mut Vec<u32>,
        row_32: &mut [f32],
        distances: &mut Vec<f32>,
    ) {
        if self.centers.single(0).is_none() || !self.points.is_exact_32() {
            return;
        }
        let values = self.points.row_32(row, row_32);
        distances.clear();
        distances.extend(candidates.iter().map(|candidate| {
            let center = self.centers.single(*candidate as usize).unwrap_or_default();
            distance::squared_f32(self.filter.level(), values, center)
        }));
        let least = distances.iter().fold(f32::INFINITY, |least, value| least.min(*value));
        // Underflow and overflow void the error bound.
        if !(1e-30..1e38).contains(&least) {
            return;
        }
        let error = distance::squared_f32_error(values.len());
        let limit = (f64::from(least) * (1.0 + 2.5 * error)) as f32 * (1.0 + f32::EPSILON);
        let mut place = 0;
        candidates.retain(|_| {
            place += 1;
            distances[place - 1] <= limit
        });
    }
}

/// Where a row's bounds come from.
struct Row<'a> {
    first: usize,
    row: usize,
    panels: &'a Panels,
    moved: Option<&'a Moved>,
}

/// Scratch of a pass: the rows of a block that need all centroids, those that need the moved ones only, decisions.
#[derive(Default)]
struct Lists {
    full: Vec<u32>,
    short: Vec<u32>,
    decisions: Vec<Decision>,
}

/// Lists the rows that need all centroids in `full`, those that need the moved ones only in `short`.
fn split(states: &[RowState], moved: Option<&Moved>, full: &mut Vec<u32>, short: &mut Vec<u32>) {
    short.clear();
    if moved.is_none() {
        // Mostly as many as in the last block.
        full.truncate(states.len());
        full.extend(full.len() as u32..states.len() as u32);
        return;
    }
    full.clear();
    for (row, state) in states.iter().enumerate() {
        let stays = moved
            .is_some_and(|moved| state.label != NO_LABEL && !moved.flags[state.label as usize]);
        if stays { short.push(row as u32) } else { full.push(row as u32) }
    }
}

/// A row as it is, for float64 distances.
pub(crate) enum Exact<'a> {
    Single(&'a [f32]),
    Double(&'a [f64]),
}

impl<'a> Exact<'a> {
    /// Reads the row in the type in which it is exact.
    pub(crate) fn read(
        points: &'a Points<'_>,
        row: usize,
        row_32: &'a mut [f32],
        row_64: &'a mut [f64],
    ) -> Self {
        if points.is_exact_32() {
            return Self::Single(points.row_32(row, row_32));
        }
        points.read_64(row, row_64);
        Self::Double(row_64)
    }

    /// `Σ(x_i − c_i)²` in float64, in working space: the distance that defines labels.
    pub(crate) fn squared_distance(
        &self,
        level: fastcluster_kernels::Level,
        centers: &Centers,
        index: usize,
    ) -> f64 {
        match (self, centers.single(index)) {
            (Self::Single(row), Some(center)) => distance::squared_32(level, row, center),
            (Self::Single(row), None) => {
                let row: Vec<f64> = row.iter().map(|value| f64::from(*value)).collect();
                distance::squared_64(level, &row, centers.working(index))
            }
            (Self::Double(row), _) => distance::squared_64(level, row, centers.working(index)),
        }
    }
}
