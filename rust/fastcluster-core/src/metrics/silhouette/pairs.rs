//! The silhouettes of all rows, each pair of rows computed once.
//!
//! # Steps
//! A task takes one block of columns and a strip of blocks of rows that are not behind it; the distances of a tile are
//! added per row and cluster, and per column and cluster. Tasks return their sums, which are added to the table in the
//! order of the tasks. The square of a block with itself is added per row alone.
//!
//! # Cost
//! ½·n²·d multiply-adds; memory for a copy of the rows in the order of their clusters, for n·k float64 and for the sums of [`TASKS`] tasks.

use std::ops::Range;

use fastcluster_kernels::{Level, reduce};

use super::blocks::cut;
use super::silhouette;
use crate::metrics::Clusters;
use crate::metrics::tiles::{Block, Scratch, TILE_ROWS};
use crate::points::{Gathered, Points};
use crate::{Context, Error};

/// Blocks of rows for which a block of columns is packed once.
const STRIP_BLOCKS: usize = 8;

/// Tasks whose sums are kept until they are added to the table.
const TASKS: usize = 256;

/// One block of columns, and some blocks of rows before it or itself.
struct Task {
    columns: Range<usize>,
    strip: Vec<Range<usize>>,
}

/// The sums of a task.
struct Sums {
    /// Per row of the strip: one for each cluster of the columns.
    rows: Vec<f64>,
    /// Per cluster of the strip: one for each column.
    columns: Vec<f64>,
}

/// Some clusters in a row: those of a part of the order.
#[derive(Clone, Copy)]
struct Span {
    first: usize,
    len: usize,
}

pub(super) fn samples(
    points: &Points<'_>,
    clusters: &Clusters,
    context: &Context<'_>,
) -> Result<Vec<f64>, Error> {
    let gathered = Gathered::of(points, clusters.order(), context)?;
    let (points, rows) = (&gathered.points(points), clusters.order());
    let clusters = &clusters.in_order();
    let tasks = tasks(&cut(clusters));
    let k = clusters.n_clusters();
    let mut table = vec![0.0; points.n_rows() * k];
    for tasks in tasks.chunks(TASKS) {
        let sums = context.pool.map_tasks(
            context.observer,
            tasks.len(),
            || Scratch::new(points.n_features()),
            |scratch, task| tasks[task].run(points, clusters, scratch, context),
        )?;
        for (task, sums) in tasks.iter().zip(&sums) {
            task.add(sums, clusters, &mut table);
        }
    }
    let mut samples = vec![0.0; points.n_rows()];
    for ((place, row), sums) in rows.iter().enumerate().zip(table.chunks_exact(k)) {
        samples[*row as usize] = silhouette(clusters, clusters.label(place), sums);
    }
    Ok(samples)
}

/// All pairs of blocks, by columns.
fn tasks(blocks: &[Range<usize>]) -> Vec<Task> {
    let of = |(number, columns): (usize, &Range<usize>)| {
        let strips = blocks[..=number].chunks(STRIP_BLOCKS);
        let columns = columns.clone();
        strips.map(move |strip| Task { columns: columns.clone(), strip: strip.to_vec() })
    };
    blocks.iter().enumerate().flat_map(of).collect()
}

fn span(clusters: &Clusters, places: Range<usize>) -> Span {
    let at = |place: usize| clusters.label(clusters.order()[place] as usize);
    let first = at(places.start);
    Span { first, len: at(places.end - 1) - first + 1 }
}

impl Task {
    /// The places of the strip's rows.
    fn places(&self) -> Range<usize> {
        let end = self.strip.last().map_or(0, |last| last.end);
        self.strip.first().map_or(0, |first| first.start)..end
    }

    fn run(
        &self,
        points: &Points<'_>,
        clusters: &Clusters,
        scratch: &mut Scratch,
        context: &Context<'_>,
    ) -> Result<Sums, Error> {
        let block = Block::pack(points, &clusters.order()[self.columns.clone()], scratch);
        let places = self.places();
        let n_inside = span(clusters, self.columns.clone()).len;
        let n_outside = span(clusters, places.clone()).len;
        let mut sums = Sums {
            rows: vec![0.0; places.len() * n_inside],
            columns: vec![0.0; n_outside * self.columns.len()],
        };
        let (n_columns, first_outside) = (self.columns.len(), span(clusters, places.clone()).first);
        for rows in &self.strip {
            for first in rows.clone().step_by(TILE_ROWS) {
                let tile = first..(first + TILE_ROWS).min(rows.end);
                block.distances(points, &clusters.order()[tile.clone()], scratch, context)?;
                let from = (tile.start - places.start) * n_inside;
                let part = &mut sums.rows[from..][..tile.len() * n_inside];
                let columns = self.columns.clone();
                add_rows(clusters, columns, &scratch.distances, part, tile.len());
                if *rows != self.columns {
                    let (distances, sums) = (&scratch.distances, &mut sums.columns);
                    add_columns(clusters, tile, first_outside, distances, sums, n_columns);
                }
            }
        }
        Ok(sums)
    }

    /// Adds the sums to the table, `[place][cluster]`.
    fn add(&self, sums: &Sums, clusters: &Clusters, table: &mut [f64]) {
        let k = clusters.n_clusters();
        let places = self.places();
        let inside = span(clusters, self.columns.clone());
        let rows = table[places.start * k..].chunks_exact_mut(k);
        for (row, part) in rows.zip(sums.rows.chunks_exact(inside.len)) {
            for (sum, more) in row[inside.first..].iter_mut().zip(part) {
                *sum += more;
            }
        }
        let outside = span(clusters, places);
        for (offset, part) in sums.columns.chunks_exact(self.columns.len()).enumerate() {
            let columns = table[self.columns.start * k..].chunks_exact_mut(k);
            for (column, more) in columns.zip(part) {
                column[outside.first + offset] += more;
            }
        }
    }
}

/// Adds the distances of each row to each cluster of the columns: `sums[row][cluster]`.
pub(super) fn add_rows(
    clusters: &Clusters,
    columns: Range<usize>,
    distances: &[f32],
    sums: &mut [f64],
    n_rows: usize,
) {
    let level = Level::current();
    let (width, n_clusters) = (distances.len() / n_rows, sums.len() / n_rows);
    for (position, (_, part)) in clusters.segments(columns.clone()).enumerate() {
        let part = part.start - columns.start..part.end - columns.start;
        let rows = distances.chunks_exact(width).zip(sums.chunks_exact_mut(n_clusters));
        for (row, sums) in rows {
            sums[position] += reduce::sum_32(level, &row[part.clone()]);
        }
    }
}

/// Adds the distances of each column to the rows of each cluster of the tile: `sums[cluster − first][column]`.
fn add_columns(
    clusters: &Clusters,
    tile: Range<usize>,
    first: usize,
    distances: &[f32],
    sums: &mut [f64],
    n_columns: usize,
) {
    let level = Level::current();
    let width = distances.len() / tile.len();
    for (cluster, part) in clusters.segments(tile.clone()) {
        let sums = &mut sums[(cluster - first) * n_columns..][..n_columns];
        let part = (part.start - tile.start) * width..(part.end - tile.start) * width;
        for row in distances[part].chunks_exact(width) {
            reduce::add_unit_row(level, sums, &row[..n_columns]);
        }
    }
}
