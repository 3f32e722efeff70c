//! The restricted assignment: each row to the nearest center of its group's list, exactly.
//!
//! # Steps
//! Rows are sorted by group. A piece of a group is a task: its list's panels are packed, and blocks of its rows are
//! copied together and go through the exact pass ([`crate::assign`]) against these panels alone. The list ascends, so
//! ties go to the lowest center here too.
//!
//! # Cost
//! n·l·d multiply-adds in the filter for lists of l centers, one copy of the rows in cache, and one distance a row for
//! the inertia.

use super::distance;
use super::lists::Lists;
use super::order::Order;
use super::values::select;
use crate::assign::{Pass, RowState};
use crate::centers::{CenterValues, Centers};
use crate::filter::{BLOCK_ROWS, Filter};
use crate::points::{Gathered, Points};
use crate::pool::Pool;
use crate::{Context, Error};

/// Rows of a piece: packing a list costs about as much as scoring a hundred rows.
const PIECE_ROWS: usize = 4096;

/// Labels from lists, and the work that they took.
#[derive(Default)]
pub(super) struct Restricted {
    /// Row and label, by group of the old label and row.
    pub(super) labels: Vec<(u32, u32)>,
    /// Σ w·D of these labels, in working space.
    pub(super) inertia: f64,
    pub(super) n_rechecked: u64,
    pub(super) n_scored: u64,
}

/// What the rows of an assignment share.
#[derive(Clone, Copy)]
pub(super) struct Search<'a, 'p> {
    pub(super) points: &'a Points<'p>,
    pub(super) weights: Option<&'a [f64]>,
    /// The centers as published.
    pub(super) centers: &'a CenterValues,
    pub(super) lists: &'a Lists,
}

impl Search<'_, '_> {
    /// Assigns rows, given with their current labels.
    pub(super) fn run(
        &self,
        rows: impl Iterator<Item = (u32, u32)> + Clone,
        context: &Context<'_>,
    ) -> Result<Restricted, Error> {
        let groups = &self.lists.groups;
        let grouped = rows.map(|(row, label)| (row, groups[label as usize]));
        let order = Order::of(grouped, self.lists.lists.len());
        let pieces = order.pieces(PIECE_ROWS);
        let done = context.pool.map_tasks(
            context.observer,
            pieces.len(),
            || (vec![0.0; self.points.n_features()], vec![0.0; self.points.n_features()]),
            |buffers, piece| {
                let (group, rows) = pieces[piece];
                self.piece(&self.lists.lists[group], rows, buffers, context)
            },
        )?;
        let mut all = Restricted::default();
        for piece in done {
            all.labels.extend(piece.labels);
            all.inertia += piece.inertia;
            all.n_rechecked += piece.n_rechecked;
            all.n_scored += piece.n_scored;
        }
        Ok(all)
    }

    fn piece(
        &self,
        list: &[u32],
        rows: &[u32],
        buffers: &mut (Vec<f32>, Vec<f64>),
        context: &Context<'_>,
    ) -> Result<Restricted, Error> {
        let chosen = select(self.centers, list, self.points.n_features());
        let centers = Centers::new(chosen, self.points);
        let filter = Filter::of_centers(self.points, &centers);
        let panels = filter.pack_all(&centers);
        let pool = Pool::new(1);
        let alone = Context { pool: &pool, observer: context.observer };
        let mut done =
            Restricted { labels: Vec::with_capacity(rows.len()), ..Restricted::default() };
        for rows in rows.chunks(BLOCK_ROWS) {
            let gathered = Gathered::of(self.points, rows, context)?;
            let points = gathered.points(self.points);
            let pass = Pass {
                points: &points,
                filter: &filter,
                stored: None,
                centers: &centers,
                panels: &panels,
                drift: None,
                moved: None,
            };
            let mut states = RowState::unknown(rows.len());
            let (work, _) = pass.run(&alone, &mut states)?;
            done.n_rechecked += work.n_rechecked;
            done.n_scored += work.n_scored;
            for (place, (row, state)) in rows.iter().zip(&states).enumerate() {
                let squared = distance(&points, place, &centers, state.label, buffers);
                let weight = self.weights.map_or(1.0, |weights| weights[*row as usize]);
                done.inertia += weight * squared;
                done.labels.push((*row, list[state.label as usize]));
            }
        }
        Ok(done)
    }
}
