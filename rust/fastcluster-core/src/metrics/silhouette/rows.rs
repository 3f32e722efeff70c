//! The silhouettes of some rows among all.
//!
//! # Steps
//! The listed rows are taken in strips whose sums fit in memory. For each strip, every block of columns is one task: it
//! returns the sums of the strip's rows over the block's clusters, which are added in the order of the blocks.
//!
//! # Cost
//! m·n·d multiply-adds for m rows; at most [`SUMS_BYTES`] for sums.

use std::ops::Range;

use super::blocks::cut;
use super::pairs::add_rows;
use super::{SUMS_BYTES, silhouette};
use crate::metrics::Clusters;
use crate::metrics::tiles::{Block, Scratch, TILE_ROWS};
use crate::points::Points;
use crate::{Context, Error};

pub(super) fn samples(
    points: &Points<'_>,
    clusters: &Clusters,
    rows: &[u32],
    context: &Context<'_>,
) -> Result<Vec<f64>, Error> {
    let blocks = cut(clusters);
    let k = clusters.n_clusters();
    let strip = (SUMS_BYTES / 2 / (k * size_of::<f64>())).max(TILE_ROWS);
    let mut samples = Vec::with_capacity(rows.len());
    for rows in rows.chunks(strip) {
        let mut table = vec![0.0; rows.len() * k];
        let sums = context.pool.map_tasks(
            context.observer,
            blocks.len(),
            || Scratch::new(points.n_features()),
            |scratch, block| sums(points, clusters, rows, blocks[block].clone(), scratch, context),
        )?;
        for (places, sums) in blocks.iter().zip(&sums) {
            let n_inside = sums.len() / rows.len();
            let first = clusters.label(clusters.order()[places.start] as usize);
            for (row, part) in table.chunks_exact_mut(k).zip(sums.chunks_exact(n_inside)) {
                for (sum, more) in row[first..].iter_mut().zip(part) {
                    *sum += more;
                }
            }
        }
        samples.extend(
            rows.iter()
                .zip(table.chunks_exact(k))
                .map(|(row, sums)| silhouette(clusters, clusters.label(*row as usize), sums)),
        );
    }
    Ok(samples)
}

/// The sums of the rows over the clusters of one block: `sums[row][cluster]`.
fn sums(
    points: &Points<'_>,
    clusters: &Clusters,
    rows: &[u32],
    places: Range<usize>,
    scratch: &mut Scratch,
    context: &Context<'_>,
) -> Result<Vec<f64>, Error> {
    let block = Block::pack(points, &clusters.order()[places.clone()], scratch);
    let n_inside = clusters.segments(places.clone()).count();
    let mut sums = vec![0.0; rows.len() * n_inside];
    for (rows, sums) in rows.chunks(TILE_ROWS).zip(sums.chunks_mut(TILE_ROWS * n_inside)) {
        block.distances(points, rows, scratch, context)?;
        add_rows(clusters, places.clone(), &scratch.distances, sums, rows.len());
    }
    Ok(sums)
}
