//! Ward and average linkage from vectors: rounds in which all pairs that are nearest to each other join.
//!
//! # Idea
//! For reducible methods two clusters that are each other's nearest may be joined whatever else is joined before, so
//! all such pairs of a round join at once. Lists ([`super::lists`]) tell most nearest clusters without a search. Where
//! they do not, a cluster waits: of those that wait, only the ones with the lowest bounds are searched for, once no pair
//! is left to join, for the others may find fewer clusters later. The last few clusters are joined by their distances.
//!
//! # Cost
//! A search among all clusters for every row, then a few more a row among fewer and fewer clusters. A mean in float64
//! for every cluster of more than one row, and some 300 bytes a row.
//!
//! # Source
//! Rounds of reciprocal nearest neighbours: Sumengen et al. 2021, arXiv:2105.11653. The lists, their bounds and the
//! filter are ours.

use super::clusters::{Clusters, Pair};
use super::lists::List;
use super::measure::Measure;
use super::search::Packed;
use super::{duplicates, finish};
use crate::hierarchy::dendrogram::Join;
use crate::points::Points;
use crate::{Context, Error};

/// Of the clusters that wait, one in this many is searched for.
const SEARCHED_SHARE: usize = 3;

/// Fewer searches are not worth packing all clusters for.
const SEARCHED_MIN: usize = 1024;

/// Lists brought up to date by one thread at a time.
const BLOCK: usize = 256;

/// Rows read for the origin of the filter.
const ORIGIN_ROWS: usize = 1024;

/// The joins of all rows; heights as the measure has them.
pub(super) fn joins(
    points: &Points<'_>,
    measure: Measure,
    n_finish: usize,
    context: &Context<'_>,
) -> Result<Vec<Join>, Error> {
    let n = points.n_rows();
    let origin = origin(points, measure);
    let mut clusters = Clusters::new(points, measure);
    let joins = duplicates::join(&mut clusters, context)?;
    let standing = (0..n as u32).filter(|cluster| clusters.stands(*cluster)).collect();
    let mut rounds = Rounds { clusters, lists: vec![List::unknown(); n], standing, joins };
    while rounds.standing.len() > n_finish.max(1) {
        if rounds.join_reciprocal(context)? == 0 && !rounds.search(&origin, context)? {
            // Ties were broken differently by bounds that rounding touched: ask everybody afresh.
            rounds.lists.iter_mut().for_each(|list| *list = List::unknown());
        }
    }
    finish::joins(&rounds.clusters, &rounds.standing, &mut rounds.joins, context)?;
    Ok(rounds.joins)
}

struct Rounds<'a, 'p> {
    clusters: Clusters<'a, 'p>,
    /// By cluster.
    lists: Vec<List>,
    standing: Vec<u32>,
    joins: Vec<Join>,
}

impl Rounds<'_, '_> {
    /// Joins all pairs that are known to be nearest to each other; how many there were.
    fn join_reciprocal(&mut self, context: &Context<'_>) -> Result<usize, Error> {
        let (clusters, d) = (&self.clusters, self.clusters.points.n_features());
        let scratch = || Pair::new(d);
        let refresh = |pair: &mut Pair, block: usize, lists: &mut [List]| {
            for (own, list) in (block * BLOCK..).zip(lists) {
                if clusters.stands(own as u32) {
                    list.refresh(own as u32, clusters, pair);
                }
            }
            Ok(())
        };
        context.pool.map_blocks(context.observer, &mut self.lists, BLOCK, scratch, refresh)?;
        let before = self.joins.len();
        for own in &self.standing {
            let Some((other, height)) = self.lists[*own as usize].nearest() else { continue };
            let back = self.lists[other as usize].nearest();
            if *own < other && back.is_some_and(|(back, _)| back == *own) {
                self.joins.push(Join { one: *own, other, height });
            }
        }
        for at in before..self.joins.len() {
            self.join(self.joins[at]);
        }
        self.standing.retain(|cluster| self.clusters.stands(*cluster));
        Ok(self.joins.len() - before)
    }

    fn join(&mut self, join: Join) {
        let (one, other) = (join.one as usize, join.other as usize);
        let sizes = [join.one, join.other].map(|cluster| f64::from(self.clusters.size(cluster)));
        let floors = (self.lists[one].floor(), self.lists[other].floor());
        let n = self.clusters.points.n_rows() as f64;
        let measure = self.clusters.measure;
        let floor = measure.floor_of_union(floors, sizes.into(), join.height, n);
        let (head, tail) = self.lists.split_at_mut(other);
        head[one].absorb(&mut tail[0], floor);
        self.clusters.join(join.one, join.other);
    }

    /// Searches for some of the clusters whose nearest is not known; whether there were any.
    fn search(&mut self, origin: &[f32], context: &Context<'_>) -> Result<bool, Error> {
        let lists = &mut self.lists;
        let waits = |cluster: &u32| lists[*cluster as usize].nearest().is_none();
        let mut waiting: Vec<u32> = self.standing.iter().copied().filter(waits).collect();
        let wanted = (waiting.len() / SEARCHED_SHARE).max(SEARCHED_MIN).min(waiting.len());
        waiting.sort_by(|a, b| {
            lists[*a as usize].floor().total_cmp(&lists[*b as usize].floor()).then(a.cmp(b))
        });
        if waiting.iter().any(|cluster| lists[*cluster as usize].first().is_some()) {
            waiting.truncate(wanted);
        }
        // Neighbours in number are often neighbours in memory.
        waiting.sort_unstable();
        if waiting.is_empty() {
            return Ok(false);
        }
        let packed = Packed::new(&self.clusters, origin, &self.standing, context)?;
        let mut searched: Vec<List> = waiting
            .iter()
            .map(|cluster| std::mem::replace(&mut lists[*cluster as usize], List::unknown()))
            .collect();
        packed.search(&waiting, &mut searched, context)?;
        for (cluster, list) in waiting.iter().zip(searched) {
            lists[*cluster as usize] = list;
        }
        Ok(true)
    }
}

/// A point near the rows, which costs the filter the least; products, not distances, need it to be zero.
fn origin(points: &Points<'_>, measure: Measure) -> Vec<f32> {
    let (n, d) = (points.n_rows(), points.n_features());
    let (mut sum, mut row) = (vec![0.0; d], vec![0.0; d]);
    if measure == Measure::Ward {
        let rows = (0..n).step_by(n.div_ceil(ORIGIN_ROWS));
        let share = 1.0 / rows.len() as f64;
        for index in rows {
            points.read_64(index, &mut row);
            sum.iter_mut().zip(&row).for_each(|(sum, value)| *sum += share * value);
        }
    }
    sum.into_iter().map(|value| value as f32).collect()
}
