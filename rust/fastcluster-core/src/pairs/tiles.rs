//! All pairs of rows, tile by tile: those that a filter cannot exclude are handed to a visitor.

use std::ops::Range;

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

/// Some rows times some columns, by position: all rows before all columns, or the same positions on both sides.
pub(crate) struct Tile<'a> {
    pub(crate) rows: Range<usize>,
    pub(crate) columns: Range<usize>,
    words: &'a Words,
    packed: &'a Packed,
}

/// Columns packed once for many tiles.
struct Packed {
    panels: Panels,
    /// The position of their first.
    first: usize,
}

/// A pair of positions that the filter could not exclude, `row < column`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) row: usize,
    pub(crate) column: usize,
    lower: f32,
}

impl Tile<'_> {
    /// Whether rows and columns are the same.
    pub(crate) fn is_square(&self) -> bool {
        self.rows == self.columns
    }

    /// At most the squared distance of a pair, in working space.
    #[inline]
    pub(crate) fn squared_below(&self, pair: &Pair) -> f64 {
        let norm = self.words.norms(pair.row..pair.row + 1)[0].below;
        f64::from(norm) + 2.0 * f64::from(pair.lower)
    }

    /// At least the squared distance of a pair, in working space and as it is computed in float64.
    #[inline]
    pub(crate) fn squared_above(&self, pair: &Pair) -> f64 {
        let band = self.words.band(pair.row);
        let norm = |position: usize| self.words.norms(position..position + 1)[0].above;
        let norms = (norm(pair.row), norm(pair.column));
        let index = pair.column - self.packed.first;
        self.packed.panels.squared_above(band, index, pair.lower, norms)
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

/// Visits every pair of rows once, those near the diagonal first.
///
/// A task is one block of columns from either end, so that tasks are equally large.
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
    let width = width.next_multiple_of(words.columns(0..0).panel_width());
    let n_blocks = n.div_ceil(width);
    let columns = |block: usize| block * width..((block + 1) * width).min(n);
    let group = |block: usize| {
        let rows = std::iter::once(0..columns(block).end).collect();
        Group { columns: columns(block), rows }
    };
    visit_tasks(words, n_blocks.div_ceil(2), visitor, context, |task| {
        let other = n_blocks - 1 - task;
        if other == task { vec![group(task)] } else { vec![group(other), group(task)] }
    })
}

/// Some columns, and the rows to be paired with them: ranges that end before the columns begin, or begin at or before
/// them and end with them.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) columns: Range<usize>,
    pub(crate) rows: Vec<Range<usize>>,
}

/// Visits the pairs of some groups.
///
/// # Errors
/// As [`visit`].
pub(crate) fn visit_groups<V: Visitor>(
    words: &Words,
    n_groups: usize,
    group: impl Fn(usize) -> Group + Sync + Send,
    visitor: &V,
    context: &Context<'_>,
) -> Result<(), Error> {
    visit_tasks(words, n_groups, visitor, context, |task| vec![group(task)])
}

/// Visits every pair of one of the first `n_first` rows and one of the others.
///
/// # Errors
/// As [`visit`].
pub(crate) fn visit_both<V: Visitor>(
    words: &Words,
    n_first: usize,
    visitor: &V,
    context: &Context<'_>,
) -> Result<(), Error> {
    let n = words.len();
    let n_blocks = (n - n_first).div_ceil(TILE_COLUMNS_MAX);
    // Where there are few columns, rows are shared out too.
    let n_parts = BLOCKS_MIN.div_ceil(n_blocks.max(1)).min(n_first.div_ceil(TILE_ROWS));
    let part_rows = n_first.div_ceil(n_parts.max(1));
    visit_tasks(words, n_blocks * n_parts, visitor, context, |task| {
        let start = n_first + task / n_parts * TILE_COLUMNS_MAX;
        let first = task % n_parts * part_rows;
        let rows = first..(first + part_rows).min(n_first);
        vec![Group { columns: start..(start + TILE_COLUMNS_MAX).min(n), rows: vec![rows] }]
    })
}

fn visit_tasks<V: Visitor>(
    words: &Words,
    n_tasks: usize,
    visitor: &V,
    context: &Context<'_>,
    groups: impl Fn(usize) -> Vec<Group> + Sync + Send,
) -> Result<(), Error> {
    let scratch = || (Buffers::default(), visitor.scratch());
    context.pool.map_tasks(context.observer, n_tasks, scratch, |(buffers, scratch), task| {
        for group in groups(task) {
            visit_columns(words, &group, visitor, (buffers, scratch), context)?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Packs the columns and pairs them with rows, the nearest ranges first; a panel stays in cache while the rows of a tile
/// stream past it.
///
/// Where rows reach into the columns, they are taken a panel's width at a time: a square tile on the diagonal, and one to
/// the right of it.
fn visit_columns<V: Visitor>(
    words: &Words,
    group: &Group,
    visitor: &V,
    (buffers, scratch): (&mut Buffers, &mut V::Scratch),
    context: &Context<'_>,
) -> Result<(), Error> {
    let (first, end) = (group.columns.start, group.columns.end);
    let packed = Packed { panels: words.columns(first..end), first };
    let width = packed.panels.panel_width();
    let mut visit = |rows: Range<usize>, columns: Range<usize>| {
        context.observer.check()?;
        let tile = Tile { rows, columns, words, packed: &packed };
        buffers.list.clear();
        visitor.list(&tile, &mut buffers.list);
        if buffers.list.is_empty() {
            return Ok(());
        }
        buffers.fill(&tile, visitor);
        visitor.take(scratch, &tile, &buffers.pairs)
    };
    for rows in group.rows.iter().rev() {
        for start in (first..rows.end).step_by(width).rev() {
            let diagonal = start..(start + width).min(end);
            visit(diagonal.clone(), diagonal.clone())?;
            if diagonal.end < end {
                visit(diagonal.clone(), diagonal.end..end)?;
            }
        }
        let before = rows.start..rows.end.min(first);
        for block in (0..before.len().div_ceil(TILE_ROWS)).rev() {
            let start = before.start + block * TILE_ROWS;
            visit(start..(start + TILE_ROWS).min(before.end), first..end)?;
        }
    }
    Ok(())
}

impl Buffers {
    /// Filters a tile.
    fn fill<V: Visitor>(&mut self, tile: &Tile<'_>, visitor: &V) {
        let Self { list, rows, columns, norms, limits, found, pairs } = self;
        let panels = &tile.packed.panels;
        // The panels' columns before those of the tile are not scored.
        let skipped = tile.columns.start - tile.packed.first;
        rows.clear();
        columns.clear();
        columns.resize(skipped, f32::NEG_INFINITY);
        visitor.limits(tile, rows, columns);
        columns.resize(panels.n_centers(), f32::NEG_INFINITY);
        norms.clear();
        norms.extend(tile.words.norms(tile.rows.clone()).iter().map(|norm| norm.below));
        limits.set(rows.iter().copied(), norms, columns.iter().copied());
        found.clear();
        let width = panels.panel_width();
        let part = skipped / width..(skipped + tile.columns.len()).div_ceil(width);
        join(panels, part, tile.words.rows(tile.rows.clone()), list, limits, found);
        pairs.clear();
        let near = found.iter().map(|near| Pair {
            row: tile.rows.start + near.row as usize,
            column: tile.packed.first + near.column as usize,
            lower: near.lower,
        });
        pairs.extend(near.filter(|pair| pair.row < pair.column));
    }
}
