//! The lightest spanning tree of vectors by Euclidean distance, in the order in which Prim's algorithm grows it from row 0.
//!
//! # Idea
//! Copies of a row come right after it, so the tree is one of different rows. If there is only one lightest tree, it is
//! found through the 8-bit filter, and grown again through its own edges; if there are several, which one Prim's algorithm
//! finds depends on distances that tie, and it is run.
//!
//! # Cost
//! As [`crate::spanning`], and a copy of the different rows where some are equal; with ties also as [`grown`].

use super::{grown, regrown};
use crate::hierarchy::dendrogram::Join;
use crate::points::{Gathered, Points, copies};
use crate::spanning;
use crate::{Context, Error};

/// The joins, in the order of the tree's growth: each row with the one before it, at its distance to the tree; of equally
/// near rows the lowest comes first.
///
/// # Errors
/// [`Error::Cancelled`].
pub fn tree(points: &Points<'_>, context: &Context<'_>) -> Result<Vec<Join>, Error> {
    let mut pairs = copies(points, context)?;
    let joins = if pairs.is_empty() {
        of_different(points, context)?
    } else {
        pairs.sort_unstable();
        let firsts = firsts(points.n_rows(), &pairs);
        let gathered = Gathered::of(points, &firsts, context)?;
        let joins = of_different(&gathered.points(points), context)?;
        if joins.iter().all(|join| join.height > 0.0) {
            with_copies(&joins, &firsts, &pairs)
        } else {
            Vec::new()
        }
    };
    // Different rows at distance 0 would come before some copies.
    if joins.len() + 1 < points.n_rows() {
        return grown::joins(points, context);
    }
    Ok(joins)
}

fn of_different(points: &Points<'_>, context: &Context<'_>) -> Result<Vec<Join>, Error> {
    if spanning::suits(spanning::Size::of(points))
        && let Some(edges) = spanning::only_tree(points, context)?
    {
        return regrown::joins(points, &edges, context);
    }
    grown::joins(points, context)
}

/// The rows that are not in `pairs` as the later one.
fn firsts(n: usize, pairs: &[(u32, u32)]) -> Vec<u32> {
    let mut is_first = vec![true; n];
    for (_, copy) in pairs {
        is_first[*copy as usize] = false;
    }
    (0..n as u32).filter(|row| is_first[*row as usize]).collect()
}

/// The joins of `firsts`, the first of which is row 0, and after each row its copies.
fn with_copies(joins: &[Join], firsts: &[u32], pairs: &[(u32, u32)]) -> Vec<Join> {
    let mut last = 0;
    let mut all = Vec::with_capacity(joins.len() + pairs.len());
    let mut add = |row: u32, height: f64| {
        all.push(Join { one: last, other: row, height });
        last = row;
    };
    let copies = |first: u32| {
        let begin = pairs.partition_point(|pair| pair.0 < first);
        pairs[begin..].iter().take_while(move |pair| pair.0 == first).map(|pair| pair.1)
    };
    copies(0).for_each(|copy| add(copy, 0.0));
    for join in joins {
        let first = firsts[join.other as usize];
        add(first, join.height);
        copies(first).for_each(|copy| add(copy, 0.0));
    }
    all
}
