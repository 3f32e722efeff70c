//! The least mutual reachability between the internal nodes of each cluster and those of any other.
//!
//! # Idea
//! Nodes stand in the order of their core distances. A node's reachability from an earlier one of another cluster is at
//! least its own core distance, so pairs whose two clusters have come that near already are passed over, and once all
//! clusters have, nothing is left to compare.
//!
//! The float32 kernel bounds the distances of the others from below, and only those that may count are computed.
//!
//! # Cost
//! At most one float32 distance for each pair of internal nodes of different clusters; blocks of nodes follow each other, and the
//! parts of a block are parallel.

use super::Inside;
use super::space::{Bounds, Held, Space};
use crate::metrics::Clusters;
use crate::metrics::tiles::TILE_ROWS;
use crate::{Context, Error};

/// Nodes that are compared with all before them before the others learn of it.
const BLOCK: usize = 256;

/// Earlier nodes per task: the rows of one tile.
const PART: usize = TILE_ROWS;

/// An internal node.
#[derive(Clone, Copy)]
struct Node {
    core: f64,
    place: usize,
    cluster: usize,
}

/// The separation of each cluster, infinite for a single one.
pub(super) fn of(
    space: &Space<'_>,
    clusters: &Clusters,
    cores: &[f64],
    insides: &[Inside],
    context: &Context<'_>,
) -> Result<Vec<f64>, Error> {
    let mut least = vec![f64::INFINITY; clusters.n_clusters()];
    let mut nodes: Vec<Node> = insides
        .iter()
        .enumerate()
        .flat_map(|(cluster, inside)| {
            let node = move |place: &usize| Node { core: cores[*place], place: *place, cluster };
            inside.internal.iter().map(node)
        })
        .collect();
    nodes.sort_unstable_by(|a, b| a.core.total_cmp(&b.core).then(a.place.cmp(&b.place)));
    for (number, block) in nodes.chunks(BLOCK).enumerate() {
        let farthest = least.iter().fold(0.0_f64, |farthest, least| farthest.max(*least));
        if block[0].core >= farthest {
            break;
        }
        let earlier = &nodes[..number * BLOCK + block.len()];
        let parts: Vec<&[Node]> = earlier.chunks(PART).collect();
        let filter = space.filter(&places(block));
        let found = context.pool.map_tasks(
            context.observer,
            parts.len(),
            || (space.held(), space.scratch()),
            |(held, scratch), part| {
                let part = parts[part];
                let bounds = space.bounds(filter.as_ref(), &places(part), scratch, context)?;
                Ok(nearest(space, block, part, &least, bounds, held))
            },
        )?;
        for (cluster, separation) in found.into_iter().flatten() {
            least[cluster] = least[cluster].min(separation);
        }
    }
    Ok(least)
}

fn places(nodes: &[Node]) -> Vec<u32> {
    nodes.iter().map(|node| node.place as u32).collect()
}

/// Separations of clusters that the pairs of a block and a part bring below what is known.
fn nearest(
    space: &Space<'_>,
    block: &[Node],
    part: &[Node],
    least: &[f64],
    bounds: Bounds<'_>,
    held: &mut Held,
) -> Vec<(usize, f64)> {
    let mut least = least.to_vec();
    let mut found = Vec::new();
    for (row, one) in part.iter().enumerate() {
        space.hold(one.place, held);
        for (column, other) in block.iter().enumerate() {
            let known = least[one.cluster].max(least[other.cluster]);
            let core = one.core.max(other.core);
            if one.cluster == other.cluster || core >= known || bounds.below(row, column) >= known {
                continue;
            }
            let reach = space.distance(held, other.place).max(core);
            for cluster in [one.cluster, other.cluster] {
                if reach < least[cluster] {
                    least[cluster] = reach;
                    found.push((cluster, reach));
                }
            }
        }
    }
    found
}
