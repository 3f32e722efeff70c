//! Neighbours in many dimensions: 8-bit tiles exclude nearly all pairs, bounds settle most of the rest.
//!
//! # Cost
//! One pass of [`crate::pairs`], less the tiles whose rows are known to be in one cluster; a float64 distance for the few
//! pairs a row whose bounds lie on both sides of `eps`.

use fastcluster_kernels::panels::BYTES_FEATURES_MAX;

use super::block::Form;
use super::{Links, Near};
use crate::pairs::{Limit, Pair, Reader, Tile, Visitor, Words, visit};
use crate::points::Points;
use crate::{Context, Error};

/// Rows from which tiles are worth their words.
const ROWS_MIN: usize = 256;

/// Rows in words, and what near means.
#[derive(Debug)]
pub struct Tiles<'a> {
    points: Points<'a>,
    near: Near,
    words: Words,
}

impl<'a> Tiles<'a> {
    /// The bytes of the words, if the rows can be handled so.
    pub(super) fn bytes(points: &Points<'_>) -> Option<u64> {
        let suits = points.n_rows() >= ROWS_MIN
            && Form::of(points) != Form::Entries
            && points.n_features() <= BYTES_FEATURES_MAX;
        suits.then(|| Words::bytes(points.n_rows(), points.n_features()))
    }

    pub(super) fn new(
        points: Points<'a>,
        near: Near,
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let words = Words::new(&points, None, context)?;
        Ok(Self { points, near, words })
    }

    pub(super) fn feed(&self, links: &Links, context: &Context<'_>) -> Result<(), Error> {
        let Self { points, near, words } = self;
        let limit = Limit::new(points);
        let squared = limit.squared(near.limit());
        visit(words, &Feed { points, near, links, limit, squared }, context)
    }
}

/// Hands neighbours to the links.
struct Feed<'a, 'p> {
    points: &'a Points<'p>,
    near: &'a Near,
    links: &'a Links,
    limit: Limit,
    squared: f32,
}

impl<'a, 'p> Visitor for Feed<'a, 'p> {
    type Scratch = Reader<'a, 'p, 'p>;

    fn scratch(&self) -> Reader<'a, 'p, 'p> {
        Reader::new(self.points)
    }

    /// Rows that may learn from the columns, or the columns from them.
    fn list(&self, tile: &Tile<'_>, list: &mut Vec<u32>) {
        let columns = || tile.columns.clone().map(|column| column as u32);
        let all = tile.rows.clone().map(|row| row as u32);
        let open = !self.links.settled(columns());
        let speaker = self.links.speaker(columns());
        let settled = |row: u32| self.links.settled(std::iter::once(row).chain(speaker));
        let open = all.filter(|row| open || !settled(*row));
        list.extend(open.map(|row| row - tile.rows.start as u32));
    }

    fn limits(&self, tile: &Tile<'_>, rows: &mut Vec<f32>, columns: &mut Vec<f32>) {
        rows.extend(tile.rows.clone().map(|_| self.squared));
        columns.extend(tile.columns.clone().map(|_| f32::NEG_INFINITY));
    }

    fn take(
        &self,
        reader: &mut Reader<'a, 'p, 'p>,
        tile: &Tile<'_>,
        pairs: &[Pair],
    ) -> Result<(), Error> {
        for pair in pairs {
            let (one, other) = (pair.row as u32, pair.column as u32);
            if self.links.settled([one, other].into_iter()) {
                continue;
            }
            let voids = self.points.is_void(pair.row) || self.points.is_void(pair.column);
            let surely = !voids && self.limit.above(tile, pair) <= self.near.limit();
            if surely || reader.value(one, other) <= self.near.limit() {
                self.links.pair(one, other);
            }
        }
        Ok(())
    }
}
