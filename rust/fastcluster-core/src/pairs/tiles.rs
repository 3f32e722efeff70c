//! All pairs of rows, tile by tile: those that a filter cannot exclude are handed to a visitor.

use std::ops::Range;

use fastcluster_kernels::assign::Rows;
use fastcluster_kernels::join::{Limits, Near, join};
use fastcluster_kernels::panels::Panels;

use super::words::Words;
use crate::{Context, Error};

/// Rows of a tile: 256 rows of 384 features are 96 KiB in words.
pub(crate) const TILE_ROWS: usize = 256;

/// Columns of a tile at most: 1,024 rows of 384 features are 384 KiB in words, which leaves room in a 1 MiB L2.
const TILE_COLUMNS_MAX: usize = 1024;

/// Blocks of columns that work is cut into at least, where there are that many rows: enough for many threads.
const BLOCKS_MIN: usize = 64;

/// Some rows times some columns, by position; a tile may reach over the diagonal.
pub(crate) struct Tile<'a> {
    pub(crate) rows: Range<usize>,
    pub(crate) columns: Range<usize>,
    words: &'a Words,
    panels: &'a Panels,
}

/// A pair of positions that the filter could not exclude, `row < column`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) row: usize,
    pub(crate) column: usize,
    lower: f32,
}

impl Tile<'_> {
    /// At least the squared distance of a pair, in working space and as it is computed in float64.
    #[inline]
    pub(crate) fn squared_above(&self, pair: &Pair) -> f64 {
        let band = self.words.rows(pair.row..pair.row + 1).1[0];
        let norm = |position: usize| self.words.norms(position..position + 1)[0].above;
        let index = pair.column - self.columns.start;
        let norms = (norm(pair.row), norm(pair.column));
        self.panels.squared_above(band, index, pair.lower, norms)
    }
}

/// What is asked of all pairs.
pub(crate) trait Visitor: Sync {
    /// What one thread keeps from tile to tile.
    type Scratch;

    /// Made once per thread or so.
    fn scratch(&self) -> Self::Scratch;

    /// Lists the rows of the tile (counted from its first) that take part; none where the tile is not needed.
    fn list(&self, tile: &Tile<'_>, list: &mut Vec<u32>);

    /// Writes the squared distances within which pairs are asked for, by row and by column; the larger one counts.
    fn limits(&self, tile: &Tile<'_>, rows: &mut Vec<f32>, columns: &mut Vec<f32>);

    /// Takes the pairs of a tile that may be within the limits: all that are, and a few more.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    fn take(
        &self,
        scratch: &mut Self::Scratch,
        tile: &Tile<'_>,
        pairs: &[Pair],
    ) -> Result<(), Error>;
}

/// What one thread needs for its tiles.
#[derive(Default)]
struct Buffers {
    list: Vec<u32>,
    rows: Vec<f32>,
    columns: Vec<f32>,
    norms: Vec<f32>,
    limits: Limits,
    found: Vec<Near>,
    pairs: Vec<Pair>,
}

/// Visits all tiles on and above the diagonal, those near the diagonal first; each unordered pair at most once.
///
/// A task is one block of columns from either end, so that tasks are equally large. Columns are packed once a task; a
/// panel stays in cache while the rows of a tile stream past it.
///
/// # Errors
/// [`Error::Cancelled`], or what the visitor returns.
pub(crate) fn visit<V: Visitor>(
    words: &Words,
    visitor: &V,
    context: &Context<'_>,
) -> Result<(), Error> {
    let n = words.len();
    let width = (n / BLOCKS_MIN).next_multiple_of(TILE_ROWS).clamp(TILE_ROWS, TILE_COLUMNS_MAX);
    let n_blocks = n.div_ceil(width);
    context.pool.map_tasks(
        context.observer,
        n_blocks.div_ceil(2),
        || (Buffers::default(), visitor.scratch()),
        |(buffers, scratch), task| {
            let other = n_blocks - 1 - task;
            let blocks = if other == task { vec![task] } else { vec![other, task] };
            for block in blocks {
                let columns = block * width..((block + 1) * width).min(n);
                visit_columns(words, columns, visitor, (buffers, scratch), context)?;
            }
            Ok(())
        },
    )?;
    Ok(())
}

fn visit_columns<V: Visitor>(
    words: &Words,
    columns: Range<usize>,
    visitor: &V,
    (buffers, scratch): (&mut Buffers, &mut V::Scratch),
    context: &Context<'_>,
) -> Result<(), Error> {
    let panels = words.columns(columns.clone());
    for block in (0..columns.end.div_ceil(TILE_ROWS)).rev() {
        context.observer.check()?;
        let rows = block * TILE_ROWS..((block + 1) * TILE_ROWS).min(columns.end);
        let tile = Tile { rows, columns: columns.clone(), words, panels: &panels };
        buffers.list.clear();
        visitor.list(&tile, &mut buffers.list);
        if !buffers.list.is_empty() {
            buffers.fill(&tile, visitor);
            visitor.take(scratch, &tile, &buffers.pairs)?;
        }
    }
    Ok(())
}

impl Buffers {
    /// Filters a tile.
    fn fill<V: Visitor>(&mut self, tile: &Tile<'_>, visitor: &V) {
        let Self { list, rows, columns, norms, limits, found, pairs } = self;
        rows.clear();
        columns.clear();
        visitor.limits(tile, rows, columns);
        norms.clear();
        norms.extend(tile.words.norms(tile.rows.clone()).iter().map(|norm| norm.below));
        limits.set(rows.iter().copied(), norms, columns.iter().copied());
        found.clear();
        let (values, bands) = tile.words.rows(tile.rows.clone());
        let part = 0..tile.panels.n_panels();
        join(tile.panels, part, (Rows::Bytes(values), bands), list, limits, found);
        pairs.clear();
        let (first_row, first_column) = (tile.rows.start, tile.columns.start);
        let near = found.iter().map(|near| Pair {
            row: first_row + near.row as usize,
            column: first_column + near.column as usize,
            lower: near.lower,
        });
        pairs.extend(near.filter(|pair| pair.row < pair.column));
    }
}
