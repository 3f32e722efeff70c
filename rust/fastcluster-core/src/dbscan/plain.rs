//! Neighbours by comparing all pairs of rows in float64, block against block.
//!
//! # Cost
//! n(n − 1)/2 distances of d differences each, less the pairs of blocks that are settled. Two blocks of rows per thread.

use super::block::{Block, Form};
use super::{Links, Near};
use crate::points::{Points, block_rows};
use crate::{Context, Error};

/// All pairs.
#[derive(Debug)]
pub struct Plain<'a> {
    points: Points<'a>,
    near: Near,
}

/// What a thread works with.
#[derive(Default)]
struct Scratch {
    rows: Block,
    columns: Block,
    found: Vec<u32>,
}

impl<'a> Plain<'a> {
    pub(super) fn new(points: Points<'a>, near: Near) -> Self {
        Self { points, near }
    }

    /// A task is a block of rows against itself and all later ones.
    pub(super) fn feed(&self, links: &Links, context: &Context<'_>) -> Result<(), Error> {
        let n = self.points.n_rows();
        let form = Form::of(&self.points);
        let size = form.rows_per_block(self.points.n_features());
        let n_blocks = n.div_ceil(size);
        context.pool.map_tasks(
            context.observer,
            n_blocks,
            Scratch::default,
            |scratch, first| {
                let rows = block_rows(first, size, n);
                scratch.rows.read(&self.points, rows.clone(), form);
                for second in first..n_blocks {
                    context.observer.check()?;
                    let columns = block_rows(second, size, n);
                    let ids = rows.clone().chain(columns.clone()).map(|row| row as u32);
                    if !links.settled(ids) {
                        scratch.columns.read(&self.points, columns.clone(), form);
                        self.tile(scratch, [rows.start, columns.start], links);
                    }
                }
                Ok(())
            },
        )?;
        Ok(())
    }

    /// Compares the rows of two blocks that begin at `starts`; of a block with itself, each pair once.
    fn tile(&self, scratch: &mut Scratch, starts: [usize; 2], links: &Links) {
        let Scratch { rows, columns, found } = scratch;
        for one in 0..rows.len() {
            let first = if starts[0] == starts[1] { one + 1 } else { 0 };
            let near = |two: &usize| rows.near(one, columns, *two, &self.near);
            found.clear();
            let others = (first..columns.len()).filter(near);
            found.extend(others.map(|two| (starts[1] + two) as u32));
            links.row((starts[0] + one) as u32, found);
        }
    }
}
