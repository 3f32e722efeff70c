//! Centers on their way: assign rows, add them up, move, reassign.

use fastcluster_kernels::Level;

use crate::assign::{Exact, Pass, RowState};
use crate::centers::Centers;
use crate::filter::Filter;
use crate::kmeans::init::random_rows;
use crate::kmeans::sums::{sorted, sum_rows};
use crate::observer::Event;
use crate::points::{Points, block_rows};
use crate::rng::Stream;
use crate::{Context, Error};
use fastcluster_kernels::panels::Panels;

/// Uses of random numbers, kept apart under one seed: odd tasks above.
const REASSIGNMENTS: u64 = 1001;

/// The heaviest center counts at most so many times the mean one when light centers are looked for: where clusters differ
/// much in size, a share of the largest would be more than an honest small one has.
const HEAVIEST: f64 = 5.0;

/// Rows whose distances one thread takes at a time.
const BLOCK_ROWS: usize = 256;

/// Centers, the weight that each was given, and what they were given since they last moved.
pub(super) struct State {
    pub(super) centers: Centers,
    pub(super) counts: Vec<f64>,
    seed: u64,
    reassignment_ratio: f64,
    n_features: usize,
    sums: Vec<f64>,
    weights: Vec<f64>,
}

/// Centers as the filter reads them, until they move.
pub(super) struct Packed {
    filter: Filter,
    panels: Panels,
}

impl Packed {
    /// What the words are called in a report.
    pub(super) fn words(&self) -> &'static str {
        self.filter.words()
    }
}

impl State {
    pub(super) fn new(
        centers: Centers,
        counts: Vec<f64>,
        reassignment_ratio: f64,
        seed: u64,
    ) -> Self {
        let (k, d) = (centers.len(), centers.n_features());
        Self {
            centers,
            counts,
            seed,
            reassignment_ratio,
            n_features: d,
            sums: vec![0.0; k * d],
            weights: vec![0.0; k],
        }
    }

    pub(super) fn pack(&self, points: &Points<'_>) -> Packed {
        let filter = Filter::of_centers(points, &self.centers);
        let panels = filter.pack_all(&self.centers);
        Packed { filter, panels }
    }

    /// Each row's nearest center.
    pub(super) fn assign(
        &self,
        points: &Points<'_>,
        packed: &Packed,
        context: &Context<'_>,
    ) -> Result<Vec<RowState>, Error> {
        let mut states = RowState::unknown(points.n_rows());
        let pass = Pass {
            points,
            filter: &packed.filter,
            stored: None,
            centers: &self.centers,
            panels: &packed.panels,
            drift: None,
            moved: None,
        };
        pass.run(context, &mut states)?;
        Ok(states)
    }

    /// Each row's squared distance to its center, in working space.
    pub(super) fn distances(
        &self,
        points: &Points<'_>,
        states: &[RowState],
        context: &Context<'_>,
    ) -> Result<Vec<f64>, Error> {
        let (n, level) = (states.len(), Level::current());
        let mut distances = vec![0.0; n];
        context.pool.map_blocks(
            context.observer,
            &mut distances,
            BLOCK_ROWS,
            || (vec![0.0_f32; self.n_features], vec![0.0_f64; self.n_features]),
            |(row_32, row_64), block, out| {
                for (row, distance) in block_rows(block, BLOCK_ROWS, n).zip(out) {
                    let exact = Exact::read(points, row, row_32, row_64);
                    let label = states[row].label as usize;
                    *distance = exact.squared_distance(level, &self.centers, label);
                }
                Ok(())
            },
        )?;
        Ok(distances)
    }

    /// Gives the centers their rows, to be moved by later; per cluster in row order.
    pub(super) fn give(
        &mut self,
        points: &Points<'_>,
        weights: Option<&[f64]>,
        states: &[RowState],
        context: &Context<'_>,
    ) -> Result<(), Error> {
        let (d, level) = (self.n_features, Level::current());
        let (order, begins) = sorted(states, &vec![true; self.counts.len()]);
        let given = context.pool.map_blocks(
            context.observer,
            &mut self.sums,
            d,
            || (vec![0.0_f32; d], vec![0.0_f64; d]),
            |buffers, cluster, sums| {
                let rows = &order[begins[cluster]..begins[cluster + 1]];
                Ok(sum_rows(points, weights, rows, sums, buffers, level).0)
            },
        )?;
        for (weight, given) in self.weights.iter_mut().zip(given) {
            *weight += given;
        }
        Ok(())
    }

    /// Moves each center to the mean of what it was given before, faded by a factor, and what it was given since.
    /// Returns the squared movements.
    pub(super) fn advance(&mut self, fade: f64) -> f64 {
        let d = self.n_features;
        let (mut shift, mut mean) = (0.0, vec![0.0; d]);
        for cluster in 0..self.counts.len() {
            let old = self.counts[cluster] * fade;
            let new = std::mem::take(&mut self.weights[cluster]);
            self.counts[cluster] = old + new;
            if new <= 0.0 {
                continue;
            }
            let sums = &mut self.sums[cluster * d..][..d];
            let center = self.centers.working(cluster);
            for (mean, (center, sum)) in mean.iter_mut().zip(center.iter().zip(sums)) {
                *mean = (old * center + std::mem::take(sum)) / (old + new);
            }
            shift += self.centers.set(cluster, &mean);
        }
        shift
    }

    /// Whether a center was never given anything.
    pub(super) fn has_empty(&self) -> bool {
        self.counts.contains(&0.0)
    }

    /// Gives the centers of least weight, `most` of them at most, different random rows that weigh something. Returns how
    /// many, and their squared movements.
    pub(super) fn reassign(
        &mut self,
        points: &Points<'_>,
        weights: Option<&[f64]>,
        most: usize,
        step: u64,
        context: &Context<'_>,
    ) -> (usize, f64) {
        let n = points.n_rows();
        let n_weighty =
            weights.map_or(n, |weights| weights.iter().filter(|weight| **weight > 0.0).count());
        let poor = self.poor(most.min(n_weighty));
        if poor.is_empty() {
            return (0, 0.0);
        }
        context.observer.report(Event::Reassigned { n_centers: poor.len() });
        let stream = Stream::new(self.seed, REASSIGNMENTS + step * 2);
        let rows = random_rows(n, weights, poor.len(), stream);
        let mut values = vec![0.0; self.n_features];
        let mut shift = 0.0;
        for (cluster, row) in poor.iter().zip(rows) {
            points.read_64(row, &mut values);
            shift += self.centers.set(*cluster, &values);
        }
        // Not so low that the next reassignment takes the same centers at once.
        let rich = (0..self.counts.len()).filter(|cluster| poor.binary_search(cluster).is_err());
        let least = rich.map(|cluster| self.counts[cluster]).fold(f64::INFINITY, f64::min);
        for cluster in poor.iter().filter(|_| least.is_finite()) {
            self.counts[*cluster] = least;
        }
        (poor.len(), shift)
    }

    /// The lightest of the centers that weigh too little, `most` at most, by number.
    fn poor(&self, most: usize) -> Vec<usize> {
        let largest = self.counts.iter().fold(0.0_f64, |largest, count| largest.max(*count));
        let mean = self.counts.iter().sum::<f64>() / self.counts.len() as f64;
        let threshold = self.reassignment_ratio * largest.min(HEAVIEST * mean);
        let mut poor: Vec<usize> =
            (0..self.counts.len()).filter(|cluster| self.counts[*cluster] < threshold).collect();
        poor.sort_by(|a, b| self.counts[*a].total_cmp(&self.counts[*b]).then(a.cmp(b)));
        poor.truncate(most);
        poor.sort_unstable();
        poor
    }
}
