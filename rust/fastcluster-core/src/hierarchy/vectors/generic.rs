//! Centroid and median linkage from vectors: a heap of nearest neighbours.
//!
//! # Idea
//! As from distances (`condensed`), with means or midpoints in place of rows of distances. A union of these methods can
//! be nearer to a third cluster than both halves were; so each is compared with all clusters.
//!
//! # Cost
//! n²·d for the first neighbours and as much for the unions; a search again where a neighbour is lost. A point in
//! float64 for every cluster of more than one row, 60 bytes a row.
//!
//! # Source
//! Müllner 2011, arXiv:1109.2378, section 3.3.

use fastcluster_kernels::{Level, distance};

use crate::hierarchy::Method;
use crate::hierarchy::dendrogram::Join;
use crate::hierarchy::heap::Heap;
use crate::points::Points;
use crate::{Context, Error};

/// Distances computed by one thread at a time.
const BLOCK: usize = 1024;

/// The joins, in order; heights are squared.
pub(super) fn joins(
    points: &Points<'_>,
    method: Method,
    context: &Context<'_>,
) -> Result<Vec<Join>, Error> {
    let n = points.n_rows();
    let mut clusters = Clusters::new(points, method);
    let firsts = (0..n as u32 - 1).map(|cluster| clusters.later(cluster, context));
    let (mut neighbors, keys): (Vec<u32>, Vec<f64>) =
        firsts.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    let mut heap = Heap::new(keys);
    let mut joins = Vec::with_capacity(n - 1);
    for _ in 1..n {
        let low = clusters.settle(&mut heap, &mut neighbors, context)?;
        let (high, height) = (neighbors[low as usize], heap.key(low));
        heap.pop();
        joins.push(Join { one: low, other: high, height });
        clusters.join(low, high);
        let before = clusters.standing.partition_point(|cluster| *cluster < high);
        let earlier = &clusters.standing[..before];
        let distances = clusters.distances(high, earlier, context)?;
        for (cluster, distance) in earlier.iter().zip(distances) {
            let (cluster, neighbor) = (*cluster, &mut neighbors[*cluster as usize]);
            if distance < heap.key(cluster) {
                *neighbor = high;
                heap.set(cluster, distance);
            } else if *neighbor == low {
                *neighbor = high;
            }
        }
        if before + 1 < clusters.standing.len() {
            let (neighbor, distance) = clusters.later(high, context)?;
            neighbors[high as usize] = neighbor;
            heap.set(high, distance);
        }
    }
    Ok(joins)
}

/// Clusters by slot.
struct Clusters<'a, 'p> {
    points: &'a Points<'p>,
    method: Method,
    level: Level,
    sizes: Vec<u32>,
    /// Means or midpoints of more than one row.
    centers: Vec<Option<Box<[f64]>>>,
    standing: Vec<u32>,
}

impl<'a, 'p> Clusters<'a, 'p> {
    fn new(points: &'a Points<'p>, method: Method) -> Self {
        let n = points.n_rows();
        Self {
            points,
            method,
            level: Level::current(),
            sizes: vec![1; n],
            centers: vec![None; n],
            standing: (0..n as u32).collect(),
        }
    }

    /// The center, borrowed or read into `scratch`.
    fn center<'s>(&'s self, cluster: u32, scratch: &'s mut [f64]) -> &'s [f64] {
        if let Some(center) = &self.centers[cluster as usize] {
            return center;
        }
        self.points.read_64(cluster as usize, scratch);
        scratch
    }

    /// Squared distances of one cluster to others.
    fn distances(
        &self,
        from: u32,
        others: &[u32],
        context: &Context<'_>,
    ) -> Result<Vec<f64>, Error> {
        let d = self.points.n_features();
        let mut scratch = vec![0.0; d];
        let from = self.center(from, &mut scratch);
        let mut distances = vec![0.0; others.len()];
        let room = || vec![0.0; d];
        context.pool.map_blocks(
            context.observer,
            &mut distances,
            BLOCK,
            room,
            |room, block, out| {
                for (out, other) in out.iter_mut().zip(&others[block * BLOCK..]) {
                    *out = distance::squared_64(self.level, from, self.center(*other, room));
                }
                Ok(())
            },
        )?;
        Ok(distances)
    }

    /// The nearest of the clusters after this one, of which there is one, and its distance; the lowest of equally near.
    fn later(&self, cluster: u32, context: &Context<'_>) -> Result<(u32, f64), Error> {
        let after = self.standing.partition_point(|other| *other <= cluster);
        let others = &self.standing[after..];
        let distances = self.distances(cluster, others, context)?;
        let pairs = others.iter().copied().zip(distances);
        Ok(pairs.reduce(|a, b| if b.1 < a.1 { b } else { a }).unwrap_or((cluster, f64::INFINITY)))
    }

    /// The cluster of the least true distance to a later one; keys that are too low are raised on the way.
    fn settle(
        &self,
        heap: &mut Heap,
        neighbors: &mut [u32],
        context: &Context<'_>,
    ) -> Result<u32, Error> {
        loop {
            let top = heap.top();
            let true_distance = self.distances(top, &[neighbors[top as usize]], context)?[0];
            if heap.key(top) >= true_distance {
                return Ok(top);
            }
            let (neighbor, distance) = self.later(top, context)?;
            neighbors[top as usize] = neighbor;
            heap.set(top, distance);
        }
    }

    /// Takes `low` into `high`.
    fn join(&mut self, low: u32, high: u32) {
        let d = self.points.n_features();
        let [a, b] = [low, high].map(|cluster| f64::from(self.sizes[cluster as usize]));
        let (share, rest) =
            if self.method == Method::Median { (0.5, 0.5) } else { (a / (a + b), b / (a + b)) };
        let (mut one, mut other) = (vec![0.0; d], vec![0.0; d]);
        let from = self.center(low, &mut one);
        let to = self.center(high, &mut other);
        let center = from.iter().zip(to).map(|(x, y)| share * x + rest * y).collect();
        self.centers[high as usize] = Some(center);
        self.centers[low as usize] = None;
        self.sizes[high as usize] += self.sizes[low as usize];
        if let Ok(at) = self.standing.binary_search(&low) {
            self.standing.remove(at);
        }
    }
}
