//! A spanning tree of candidates: their lightest forest, and short edges between its parts.
//!
//! # Idea
//! Rows come in parts where a row's candidates are all among its own few: copies, or far islands. One row stands for each
//! part; the nearest of those are joined, and the edge between two parts is then shortened by walking to the nearer row
//! on one side and on the other, among the groups near by. Parts at least halve each time. Edges need not be the shortest:
//! a longer one lets more pairs pass later, which then replace it.

use super::candidates::Candidates;
use super::groups::Groups;
use super::reduce::{Link, lightest};
use super::{Reach, candidates};
use crate::graph::{Edge, Sets};
use crate::pairs::Reader;
use crate::points::{Gathered, Points};
use crate::{Context, Error};

/// A spanning tree in order, weighed by upper bounds of core distances.
///
/// # Errors
/// [`Error::Cancelled`].
pub(super) fn tree(
    points: &Points<'_>,
    groups: &Groups,
    found: &Candidates,
    reach: Reach,
    context: &Context<'_>,
) -> Result<Vec<Link>, Error> {
    let n = points.n_rows();
    let weigh = |edge: &Edge| Link::new(edge, reach, |row| found.cores[row as usize]);
    let mut links = Vec::with_capacity(found.lists.iter().map(Vec::len).sum());
    for (row, list) in (0_u32..).zip(&found.lists) {
        // A pair that lists each other is taken once.
        let edges = list.iter().map(|(distance, other)| Edge::new(*distance, row, *other));
        links.extend(edges.map(|edge| weigh(&edge)));
    }
    let mut sets = Sets::new(n);
    let mut links = lightest(links, &mut sets);
    while links.len() + 1 < n {
        let bridges = bridges(points, groups, &mut sets, context)?;
        let bridges = bridges.iter().map(weigh).collect();
        links.extend(lightest(bridges, &mut sets));
    }
    links.sort_unstable_by(|one, other| one.edge.order(&other.edge));
    Ok(links)
}

/// Edges between parts: each part is joined to one other at least.
fn bridges(
    points: &Points<'_>,
    groups: &Groups,
    sets: &mut Sets,
    context: &Context<'_>,
) -> Result<Vec<Edge>, Error> {
    let parts: Vec<u32> = (0..points.n_rows() as u32).map(|row| sets.root(row)).collect();
    let firsts: Vec<u32> =
        (0..points.n_rows() as u32).filter(|row| parts[*row as usize] == *row).collect();
    let gathered = Gathered::of(points, &firsts, context)?;
    let standing = gathered.points(points);
    let reach = Reach { n_listed: 0, alpha: 1.0 };
    let wanted = candidates::n_kept(firsts.len(), reach);
    let standing_groups = Groups::of(&standing, wanted, context)?;
    let near = Candidates::find(&standing, &standing_groups, reach, context)?;
    let mut links = Vec::new();
    for (place, list) in near.lists.iter().enumerate() {
        let edges = list
            .iter()
            .map(|(distance, other)| Edge::new(*distance, firsts[place], firsts[*other as usize]));
        links.extend(edges.map(|edge| Link::new(&edge, reach, |_| 0.0)));
    }
    let chosen = lightest(links, &mut sets.clone());
    context.pool.map_tasks(
        context.observer,
        chosen.len(),
        || Reader::new(points),
        |reader, index| Ok(shortened(reader, groups, &parts, &chosen[index].found())),
    )
}

/// The edge, or a shorter one between the same parts.
fn shortened(reader: &mut Reader<'_, '_, '_>, groups: &Groups, parts: &[u32], edge: &Edge) -> Edge {
    let (mut here, mut there, mut distance) = (edge.low, edge.high, edge.weight);
    // Once from either side.
    for _ in 0..2 {
        let part = parts[there as usize];
        for group in groups.near(groups.labels[here as usize]) {
            for position in groups.positions(*group as usize) {
                let row = groups.order[position];
                if parts[row as usize] == part {
                    let other = reader.distance(here, row);
                    if other < distance {
                        (there, distance) = (row, other);
                    }
                }
            }
        }
        (here, there) = (there, here);
    }
    Edge::new(distance, here, there)
}
