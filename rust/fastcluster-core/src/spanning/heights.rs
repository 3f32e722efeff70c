//! Rows in the order of a tree's leaves: the heaviest edge on a path is the largest of some gaps.
//!
//! # Idea
//! Edges are taken from the lightest to the heaviest, and the two sequences that an edge joins are put one after the
//! other, the edge in the gap between them. Everything inside a sequence was joined before, by lighter edges, so on the
//! path between two positions the heaviest edge is the heaviest in the gaps between them. Edges stand for themselves by
//! their rank, which is a total order.

use crate::graph::{Edge, Sets};

/// Gaps summed up in one entry of the table.
const CHUNK: usize = 64;

/// The edges of a tree and, between any two positions, which of them is the heaviest on the path.
#[derive(Debug)]
pub(super) struct Heights {
    edges: Vec<Edge>,
    ranks: Largest,
}

impl Heights {
    /// From the edges of a spanning tree of `n` rows, in order; also the row at each position.
    pub(super) fn of_tree(n: usize, edges: &[Edge]) -> (Vec<u32>, Self) {
        let mut sets = Sets::new(n);
        // Of each sequence, by its root: first and last row. Of each row: the next one, and the edge in between.
        let mut ends: Vec<(u32, u32)> = (0..n as u32).map(|row| (row, row)).collect();
        let mut next = vec![(0_u32, 0_u32); n];
        for (rank, edge) in edges.iter().enumerate() {
            let (one, other) = (sets.root(edge.low), sets.root(edge.high));
            let (left, right) = (ends[one as usize], ends[other as usize]);
            next[left.1 as usize] = (right.0, rank as u32);
            sets.unite(one, other);
            ends[one.min(other) as usize] = (left.0, right.1);
        }
        let (mut order, mut ranks) =
            (Vec::with_capacity(n), Vec::with_capacity(n.saturating_sub(1)));
        let mut row = ends[sets.root(0) as usize].0;
        order.push(row);
        while order.len() < n {
            let (following, rank) = next[row as usize];
            ranks.push(rank);
            order.push(following);
            row = following;
        }
        (order, Self { edges: edges.to_vec(), ranks: Largest::new(ranks) })
    }

    /// The same tree over other positions: the heaviest edge between two of them may be overestimated, never under.
    ///
    /// `positions` is where each row stands in this order, `order` the new one. Path maxima are an ultrametric, so the
    /// largest between neighbours bounds that between ends.
    pub(super) fn reordered(&self, positions: &[u32], order: impl Iterator<Item = u32>) -> Self {
        let places: Vec<usize> = order.map(|row| positions[row as usize] as usize).collect();
        let gap = |pair: &[usize]| self.rank(pair[0].min(pair[1]), pair[0].max(pair[1]));
        let ranks = places.windows(2).map(gap).collect();
        Self { edges: self.edges.clone(), ranks: Largest::new(ranks) }
    }

    /// The heaviest edge on the path between two positions, `left < right`.
    #[inline]
    pub(super) fn between(&self, left: usize, right: usize) -> &Edge {
        &self.edges[self.rank(left, right) as usize]
    }

    /// What the edge in the gap after a position weighs.
    #[inline]
    pub(super) fn gap(&self, position: usize) -> f64 {
        self.edges[self.ranks.values[position] as usize].weight
    }

    fn rank(&self, left: usize, right: usize) -> u32 {
        self.ranks.among(left, right)
    }
}

/// Values, and the largest of any range of them.
#[derive(Debug)]
struct Largest {
    values: Vec<u32>,
    /// Entry i of level l: the largest of the 2^l chunks that begin with chunk i.
    levels: Vec<Vec<u32>>,
}

impl Largest {
    fn new(values: Vec<u32>) -> Self {
        let largest = |values: &[u32]| values.iter().copied().max().unwrap_or(0);
        let mut levels = vec![values.chunks(CHUNK).map(largest).collect::<Vec<u32>>()];
        let mut reach = 1;
        while let Some(last) = levels.last().filter(|last| last.len() > reach) {
            let pairs = last.iter().zip(&last[reach..]);
            let level = pairs.map(|(one, other)| *one.max(other)).collect();
            levels.push(level);
            reach *= 2;
        }
        Self { values, levels }
    }

    /// The largest of `values[begin..end]`, which is not empty.
    #[inline]
    fn among(&self, begin: usize, end: usize) -> u32 {
        let largest = |begin: usize, end: usize| {
            self.values[begin..end].iter().fold(0, |largest, value| largest.max(*value))
        };
        let (first, last) = (begin.div_ceil(CHUNK), end / CHUNK);
        if first >= last {
            return largest(begin, end);
        }
        let level = (last - first).ilog2() as usize;
        let chunks = &self.levels[level];
        let inner = chunks[first].max(chunks[last - (1 << level)]);
        inner.max(largest(begin, first * CHUNK)).max(largest(last * CHUNK, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::lightest_forest;
    use crate::rng::Stream;

    #[test]
    fn the_largest_of_every_range_is_found() {
        let stream = Stream::new(3, 1);
        for n in [1, 2, 63, 64, 65, 300, 1000] {
            let values: Vec<u32> = (0..n).map(|i| stream.bits(i) as u32 % 1000).collect();
            let largest = Largest::new(values.clone());
            for begin in (0..n as usize).step_by(7) {
                for end in (begin + 1..=n as usize).step_by(5) {
                    assert_eq!(
                        largest.among(begin, end),
                        *values[begin..end].iter().max().unwrap()
                    );
                }
            }
        }
    }

    /// Path maxima by walking the tree, against gaps, with weights that tie.
    #[test]
    fn gaps_tell_the_heaviest_edge_on_a_path() {
        let (n, stream) = (90_u32, Stream::new(4, 1));
        let weight = |a: u32, b: u32| (stream.bits(u64::from(a * n + b)) % 7) as f64;
        let all = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b)));
        let tree =
            lightest_forest(n as usize, all.map(|(a, b)| Edge::new(weight(a, b), a, b)).collect());
        let (order, heights) = Heights::of_tree(n as usize, &tree);
        let mut positions = vec![0; n as usize];
        for (position, row) in order.iter().enumerate() {
            positions[*row as usize] = position as u32;
        }
        let same = heights.reordered(&positions, order.iter().copied());
        let numbers = heights.reordered(&positions, 0..n);
        for left in 0..n as usize {
            for right in left + 1..n as usize {
                let (a, b) = (order[left], order[right]);
                let path = heaviest(&tree, n as usize, a, b);
                assert_eq!(*heights.between(left, right), path);
                assert_eq!(*same.between(left, right), path);
                let (a, b) = (a.min(b) as usize, a.max(b) as usize);
                assert!(numbers.between(a, b).order(&path).is_ge());
            }
        }
    }

    /// The edge that first joins two rows, taking edges in order.
    fn heaviest(tree: &[Edge], n: usize, a: u32, b: u32) -> Edge {
        let mut sets = Sets::new(n);
        let joins = tree.iter().find(|edge| {
            sets.unite(edge.low, edge.high);
            sets.root(a) == sets.root(b)
        });
        *joins.unwrap()
    }
}
