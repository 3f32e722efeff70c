//! The tree: coarse clusters from a sample, and in each of them its share of fine clusters.
//!
//! # Cost
//! With b = ⌈√k⌉ coarse clusters, the sample takes a few passes of [`COARSE_ROWS`]·b rows over b centers, all rows one
//! pass over b centers, and the fine clusters a few passes of at most [`FINE_ROWS`]·k rows over about k/b centers each:
//! O(n·√k·d) in all. A thread holds the sampled rows of one coarse cluster.

use super::order::Order;
use super::shares::{Mass, shares};
use super::values::concat;
use super::{Seeds, Use, distance};
use crate::centers::{CenterValues, Centers};
use crate::kmeans::init::random_rows;
use crate::kmeans::{Init, Params, assign, lloyd};
use crate::points::{Gathered, Moments, Points, block_rows};
use crate::pool::Pool;
use crate::{Context, Error};

/// Rows of the sample per coarse cluster: their centers are then within a few percent of the radius of those of all.
pub(super) const COARSE_ROWS: usize = 512;

/// Rows per fine cluster that its center is computed from, at most; the refinement uses all. Four times as many take
/// 8 s of CPU time more on 1,000,000 rows and 4,096 clusters, and end 0.08 % lower (measured).
const FINE_ROWS: usize = 64;

/// Iterations on the sample, and in each coarse cluster: later ones change little that the refinement does not.
const ITERATIONS: usize = 10;

/// Rows per partial sum.
const BLOCK_ROWS: usize = 4096;

/// The fine centers by coarse cluster, and where rows begin.
pub(super) struct Tree {
    pub(super) centers: CenterValues,
    /// The coarse cluster of each center.
    pub(super) groups: Vec<u32>,
    /// For each row, the first center of its coarse cluster.
    pub(super) labels: Vec<u32>,
    /// The mean variance of the features in the sample, in working space.
    pub(super) mean_variance: f64,
}

/// What plants a tree.
pub(super) struct Planting<'a, 'p> {
    pub(super) points: &'a Points<'p>,
    pub(super) weights: Option<&'a [f64]>,
    pub(super) init: &'a Init,
    pub(super) params: &'a Params,
    pub(super) seeds: Seeds,
}

/// ⌈√k⌉.
pub(super) fn coarse_count(n_clusters: usize) -> usize {
    let root = n_clusters.isqrt();
    root + usize::from(root * root < n_clusters)
}

impl Planting<'_, '_> {
    pub(super) fn plant(&self, context: &Context<'_>) -> Result<Tree, Error> {
        let (points, d) = (self.points, self.points.n_features());
        let (coarse, mean_variance) = self.coarse(context)?;
        let found = assign(points, coarse.clone(), d, None, false, context)?;
        let labels: Vec<u32> = found.labels.into_iter().map(i32::cast_unsigned).collect();
        let masses = self.masses(&labels, &Centers::new(coarse, points), context)?;
        let shares = shares(&masses, self.params.n_clusters);
        let centers = self.fine(&labels, &shares, context)?;
        let (mut firsts, mut groups) = (Vec::new(), Vec::new());
        for (cluster, share) in (0_u32..).zip(&shares) {
            // Rows of a coarse cluster without centers weigh nothing: they may begin anywhere.
            firsts.push((groups.len() as u32).min(self.params.n_clusters as u32 - 1));
            groups.extend(std::iter::repeat_n(cluster, *share));
        }
        let labels = labels.into_iter().map(|label| firsts[label as usize]).collect();
        Ok(Tree { centers, groups, labels, mean_variance })
    }

    /// The coarse centers, and the mean variance of the features, from a sample.
    fn coarse(&self, context: &Context<'_>) -> Result<(CenterValues, f64), Error> {
        let n_clusters = coarse_count(self.params.n_clusters);
        let rows = 0..self.points.n_rows() as u32;
        let rows = self.drawn(&rows.collect::<Vec<_>>(), COARSE_ROWS * n_clusters, Use::Sample, 0);
        let gathered = Gathered::of(self.points, &rows, context)?;
        let points = gathered.points(self.points);
        let seed = self.seeds.stream(Use::Coarse).bits(0);
        let centers = self.fit(&points, &rows, n_clusters, seed, context)?;
        Ok((centers, Moments::of(&points, context)?.mean_variance))
    }

    /// At most `count` of the rows, drawn, in their order.
    fn drawn(&self, rows: &[u32], count: usize, purpose: Use, task: u64) -> Vec<u32> {
        if count >= rows.len() {
            return rows.to_vec();
        }
        let weights = self.weights.map(|weights| picked(weights, rows));
        let stream = self.seeds.sub_stream(purpose, task);
        let places = random_rows(rows.len(), weights.as_deref(), count, stream);
        let mut drawn: Vec<u32> = places.into_iter().map(|place| rows[place]).collect();
        drawn.sort_unstable();
        drawn
    }

    /// The centers of a flat fit on copied rows; `rows` are their numbers.
    fn fit(
        &self,
        points: &Points<'_>,
        rows: &[u32],
        n_clusters: usize,
        seed: u64,
        context: &Context<'_>,
    ) -> Result<CenterValues, Error> {
        let weights = self.weights.map(|weights| picked(weights, rows));
        let params = Params {
            n_clusters,
            n_init: 1,
            max_iter: ITERATIONS,
            seed,
            memory_limit: None,
            ..*self.params
        };
        Ok(lloyd::fit(points, weights.as_deref(), self.init, &params, context)?.centers)
    }

    /// Rows and inertia of each coarse cluster.
    fn masses(
        &self,
        labels: &[u32],
        coarse: &Centers,
        context: &Context<'_>,
    ) -> Result<Vec<Mass>, Error> {
        let (n, d) = (self.points.n_rows(), self.points.n_features());
        let blocks = context.pool.map_tasks(
            context.observer,
            n.div_ceil(BLOCK_ROWS),
            || (vec![0.0; d], vec![0.0; d]),
            |buffers, block| {
                let mut masses = vec![Mass::default(); coarse.len()];
                for row in block_rows(block, BLOCK_ROWS, n) {
                    let weight = self.weights.map_or(1.0, |weights| weights[row]);
                    if weight > 0.0 {
                        let mass = &mut masses[labels[row] as usize];
                        let squared = distance(self.points, row, coarse, labels[row], buffers);
                        mass.n_rows += 1;
                        mass.inertia += weight * squared;
                    }
                }
                Ok(masses)
            },
        )?;
        let mut total = vec![Mass::default(); coarse.len()];
        for block in blocks {
            for (total, mass) in total.iter_mut().zip(block) {
                total.n_rows += mass.n_rows;
                total.inertia += mass.inertia;
            }
        }
        Ok(total)
    }

    /// The fine centers, by coarse cluster.
    fn fine(
        &self,
        labels: &[u32],
        shares: &[usize],
        context: &Context<'_>,
    ) -> Result<CenterValues, Error> {
        let weighs = |row: &u32| self.weights.is_none_or(|weights| weights[*row as usize] > 0.0);
        let rows = (0..labels.len() as u32).filter(weighs);
        let order = Order::of(rows.map(|row| (row, labels[row as usize])), shares.len());
        let n_sampled = |cluster: usize| order.rows(cluster).len().min(FINE_ROWS * shares[cluster]);
        // The longest first, so that none is left alone at the end.
        let mut tasks: Vec<usize> = (0..shares.len()).filter(|at| shares[*at] > 0).collect();
        tasks.sort_by_key(|at| (std::cmp::Reverse(n_sampled(*at) * shares[*at]), *at));
        let one = |cluster: usize, context: &Context<'_>| {
            let count = FINE_ROWS * shares[cluster];
            let rows = self.drawn(order.rows(cluster), count, Use::FineSample, cluster as u64);
            let gathered = Gathered::of(self.points, &rows, context)?;
            let seed = self.seeds.stream(Use::Fine).bits(cluster as u64);
            self.fit(&gathered.points(self.points), &rows, shares[cluster], seed, context)
        };
        let largest = tasks.iter().map(|at| n_sampled(*at)).max().unwrap_or(0);
        let fitted = if self.params.fits_at_once(self.points, largest, context)? {
            let pool = Pool::new(1);
            let alone = Context { pool: &pool, observer: context.observer };
            let each = |(): &mut (), task: usize| one(tasks[task], &alone);
            context.pool.map_tasks(context.observer, tasks.len(), || (), each)?
        } else {
            tasks.iter().map(|cluster| one(*cluster, context)).collect::<Result<_, _>>()?
        };
        let mut places: Vec<(usize, CenterValues)> = tasks.into_iter().zip(fitted).collect();
        places.sort_by_key(|(cluster, _)| *cluster);
        Ok(concat(places.into_iter().map(|(_, centers)| centers)))
    }
}

fn picked(weights: &[f64], rows: &[u32]) -> Vec<f64> {
    rows.iter().map(|row| weights[*row as usize]).collect()
}
