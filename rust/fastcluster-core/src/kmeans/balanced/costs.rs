//! The few clusters that each row may take, with exact costs, and a bound on what all others cost.
//!
//! # Idea
//! The filter writes a lower bound of every cost of a block of rows. With the prices added, the least bounds say which
//! clusters are worth a float64 distance; once the least exact value lies below all other bounds, it is the least of
//! all, and the best few are kept. While prices only rise, the least of the others, `beyond`, stays a lower bound, so
//! a row's list is enough until its own value reaches `beyond`.
//!
//! # Cost
//! n·k·d multiply-adds in the filter and about as many float64 distances as entries are kept.

use fastcluster_kernels::panels::Panels;
use fastcluster_kernels::{distance, product};

use super::grid::{FAR, Grid, Units};
use crate::assign::Exact;
use crate::centers::Centers;
use crate::filter::{Filter, SCORES_MAX, Scratch};
use crate::points::{Gathered, Points};
use crate::{Context, Error};

/// Rows per block where there are so few clusters that more would fit within [`SCORES_MAX`].
const BLOCK_ROWS_MAX: usize = 256;

/// A cluster that a row may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) cluster: u32,
    /// w·‖x − c‖² in working space.
    pub(super) cost: f64,
}

/// What is known of a row.
#[derive(Clone, Debug)]
pub(super) struct RowCosts {
    /// The clusters that were cheapest, cost and price together, when the row was scanned; the cheapest first.
    pub(super) list: Box<[Candidate]>,
    /// At most the cost and price of every cluster that is not in the list.
    pub(super) beyond: Units,
}

impl RowCosts {
    /// A row that was not scanned yet.
    pub(super) fn unknown() -> Self {
        Self { list: Box::new([]), beyond: FAR }
    }

    /// The cost of a cluster in the list; the label of the row always is.
    pub(super) fn cost(&self, cluster: u32) -> f64 {
        let found = self.list.iter().find(|candidate| candidate.cluster == cluster);
        found.map_or(f64::INFINITY, |candidate| candidate.cost)
    }
}

/// Prices of the clusters on the grid and rounded to float64.
#[derive(Clone, Debug)]
pub(super) struct Prices {
    units: Vec<Units>,
    rounded: Vec<f64>,
    largest: f64,
}

impl Prices {
    pub(super) fn new(units: Vec<Units>, grid: Grid) -> Self {
        let rounded: Vec<f64> = units.iter().map(|price| grid.value(*price)).collect();
        let largest = rounded.iter().fold(0.0_f64, |largest, price| largest.max(price.abs()));
        Self { units, rounded, largest }
    }
}

/// Scans rows for one set of centers.
pub(super) struct Scanner<'a, 'p> {
    points: &'a Points<'p>,
    weights: Option<&'a [f64]>,
    centers: &'a Centers,
    grid: Grid,
    filter: Filter,
    panels: Panels,
    mean: Vec<f64>,
}

/// What one thread needs to scan.
struct Buffers {
    scratch: Scratch,
    list: Vec<u32>,
    /// Lower bounds of cost plus price.
    bounds: Vec<f64>,
    picks: Picks,
}

/// The clusters of one row that are worth a float64 distance.
#[derive(Default)]
struct Picks {
    /// The least bounds with their clusters, ascending.
    least: Vec<(f64, u32)>,
    /// Exact values of them.
    exact: Vec<(Units, Candidate)>,
}

impl<'a, 'p> Scanner<'a, 'p> {
    pub(super) fn new(
        points: &'a Points<'p>,
        weights: Option<&'a [f64]>,
        centers: &'a Centers,
        grid: Grid,
    ) -> Self {
        let filter = Filter::of_centers(points, centers);
        let panels = filter.pack_all(centers);
        let mean = filter.mean_64();
        Self { points, weights, centers, grid, filter, panels, mean }
    }

    pub(super) fn n_clusters(&self) -> usize {
        self.centers.len()
    }

    pub(super) fn grid(&self) -> Grid {
        self.grid
    }

    /// Finds the `wanted` cheapest clusters of every row.
    pub(super) fn scan(
        &self,
        prices: &Prices,
        wanted: usize,
        context: &Context<'_>,
    ) -> Result<Vec<RowCosts>, Error> {
        self.scan_rows(self.points, self.weights, prices, &|_| wanted, context)
    }

    /// Finds the cheapest clusters of the listed rows, `wanted` of them by place in the list. The rows are copied side by
    /// side, so that the centers are read once a block.
    pub(super) fn scan_some(
        &self,
        rows: &[u32],
        prices: &Prices,
        wanted: &(impl Fn(usize) -> usize + Sync),
        context: &Context<'_>,
    ) -> Result<Vec<RowCosts>, Error> {
        let gathered = Gathered::of(self.points, rows, context)?;
        let weights = self
            .weights
            .map(|weights| -> Vec<f64> { rows.iter().map(|row| weights[*row as usize]).collect() });
        let points = gathered.points(self.points);
        self.scan_rows(&points, weights.as_deref(), prices, wanted, context)
    }

    fn scan_rows(
        &self,
        points: &Points<'_>,
        weights: Option<&[f64]>,
        prices: &Prices,
        wanted: &(impl Fn(usize) -> usize + Sync),
        context: &Context<'_>,
    ) -> Result<Vec<RowCosts>, Error> {
        let mut found = vec![RowCosts::unknown(); points.n_rows()];
        let block_size = (SCORES_MAX / self.panels.n_padded()).clamp(1, BLOCK_ROWS_MAX);
        context.pool.map_blocks(
            context.observer,
            &mut found,
            block_size,
            || self.buffers(),
            |buffers, block, found| {
                let first = block * block_size;
                self.scan_block(points, weights, first, prices, wanted, buffers, found);
                Ok(())
            },
        )?;
        Ok(found)
    }

    fn buffers(&self) -> Buffers {
        Buffers {
            scratch: Scratch::new(self.points.n_features()),
            list: Vec::new(),
            bounds: vec![0.0; self.centers.len()],
            picks: Picks::default(),
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "rows, what is asked of them, and where to put it"
    )]
    fn scan_block(
        &self,
        points: &Points<'_>,
        weights: Option<&[f64]>,
        first: usize,
        prices: &Prices,
        wanted: &impl Fn(usize) -> usize,
        buffers: &mut Buffers,
        found: &mut [RowCosts],
    ) {
        let Buffers { scratch, list, bounds, picks } = buffers;
        let (level, width) = (self.filter.level(), self.panels.n_padded());
        let error = 2.0 * distance::squared_error(points.n_features());
        let rows = first..first + found.len();
        list.clear();
        list.extend(0..rows.len() as u32);
        let (words, work) = self.filter.block(points, None, rows.clone(), scratch);
        work.scores.resize(list.len() * width, 0.0);
        product::scores(&self.panels, words.rows, words.bands, list, work.scores);
        for ((row, scores), found) in rows.zip(work.scores.chunks_exact(width)).zip(found) {
            let weight = weights.map_or(1.0, |weights| weights[row]);
            points.read_64(row, work.row_64);
            // ‖x − c‖² = ‖x − m‖² + 2·score, and the float64 distance is at most `error` of it off.
            let norm = distance::squared_64(level, work.row_64, &self.mean) * (1.0 - error);
            let weight_below = weight * (1.0 - error);
            for ((bound, score), price) in bounds.iter_mut().zip(scores).zip(&prices.rounded) {
                *bound = weight_below * (norm + 2.0 * f64::from(*score)).max(0.0) + price;
            }
            let wanted = wanted(row);
            let row = Exact::read(points, row, work.row_32, work.row_64);
            let cost =
                |cluster: u32| weight * row.squared_distance(level, self.centers, cluster as usize);
            *found = self.cheapest(bounds, cost, prices, wanted, picks);
        }
    }

    /// The `wanted` cheapest clusters, given lower bounds of cost plus price and the exact cost.
    fn cheapest(
        &self,
        bounds: &[f64],
        cost: impl Fn(u32) -> f64,
        prices: &Prices,
        wanted: usize,
        picks: &mut Picks,
    ) -> RowCosts {
        let Picks { least, exact } = picks;
        let n = bounds.len();
        let wanted = wanted.min(n);
        let mut n_least = wanted;
        loop {
            let rest = least_of(bounds, n_least, least);
            let rest = self.grid.below(rest, prices.largest);
            exact.clear();
            exact.extend(least.iter().map(|(_, cluster)| {
                let candidate = Candidate { cluster: *cluster, cost: cost(*cluster) };
                let units = self.grid.units(candidate.cost) + prices.units[*cluster as usize];
                (units, candidate)
            }));
            exact.sort_unstable_by_key(|(units, candidate)| (*units, candidate.cluster));
            if exact[0].0 <= rest || n_least == n {
                let next = exact.get(wanted).map_or(FAR, |(units, _)| *units);
                let list = exact[..wanted].iter().map(|(_, candidate)| *candidate).collect();
                return RowCosts { list, beyond: rest.min(next) };
            }
            n_least = (2 * n_least).min(n);
        }
    }
}

/// Bounds that are passed over together where none of them is among the least.
const CHUNK: usize = 16;

/// So many of the least are kept in order while the bounds are read; more are selected afterwards.
const IN_ORDER_MAX: usize = 32;

/// Puts the `n_least` least bounds, ties to the lowest index, into `least`; returns the least of the others.
fn least_of(bounds: &[f64], n_least: usize, least: &mut Vec<(f64, u32)>) -> f64 {
    least.clear();
    if n_least > IN_ORDER_MAX {
        least.extend(bounds.iter().copied().zip(0..));
        if n_least == bounds.len() {
            return f64::INFINITY;
        }
        let order = |a: &(f64, u32), b: &(f64, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        let rest = least.select_nth_unstable_by(n_least, order).1.0;
        least.truncate(n_least);
        return rest;
    }
    let mut rest = f64::INFINITY;
    for (chunk, first) in bounds.chunks(CHUNK).zip((0_u32..).step_by(CHUNK)) {
        let least_here = chunk.iter().fold(f64::INFINITY, |least, bound| least.min(*bound));
        if least.len() == n_least && least.last().is_some_and(|(last, _)| least_here >= *last) {
            rest = rest.min(least_here);
            continue;
        }
        for (bound, cluster) in chunk.iter().zip(first..) {
            if let Some((last, _)) = least.last().filter(|_| least.len() == n_least) {
                if bound >= last {
                    rest = rest.min(*bound);
                    continue;
                }
                rest = *last;
                least.pop();
            }
            let place = least.partition_point(|(other, _)| other <= bound);
            least.insert(place, (*bound, cluster));
        }
    }
    rest
}
