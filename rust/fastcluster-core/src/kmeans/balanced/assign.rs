//! The assignment of rows to fixed centers that costs the least within the size bounds.

use super::ascent::Ascent;
use super::costs::{Prices, RowCosts, Scanner};
use super::grid::{Grid, Units};
use super::network::Network;
use super::paths::Search;
use super::sizes::{Bounds, SizeCost};
use crate::centers::Centers;
use crate::points::Points;
use crate::{Context, Error};

/// Clusters of least cost plus price that are kept of a row at first: its own and the next, and some to spare.
const CANDIDATES: usize = 4;

/// With this share of the rows in excess, paths are quicker than another climb and another scan (measured).
const LEFT_SHARE: u64 = 64;

/// What does not change between the assignments of a fit; costs and prices are in working space.
pub(super) struct Problem<'a, 'p> {
    pub(super) points: &'a Points<'p>,
    pub(super) weights: Option<&'a [f64]>,
    pub(super) bounds: Bounds,
    /// What the squared size of a cluster costs.
    pub(super) penalty: f64,
    /// At least every w·‖x − m‖², and every w; m is the mean of the rows.
    pub(super) largest_spread: f64,
    pub(super) largest_weight: f64,
    pub(super) mean: &'a [f64],
}

/// An assignment of minimum cost.
pub(super) struct Assignment {
    pub(super) labels: Vec<u32>,
    pub(super) sizes: Vec<u64>,
    /// Σ w·‖x − c‖².
    pub(super) cost: f64,
    /// A price per cluster: every row lies where cost plus price is least.
    pub(super) prices: Vec<f64>,
    /// Augmenting paths that it took.
    pub(super) n_paths: u64,
    /// Rows whose candidates had to be found again.
    pub(super) n_widened: u64,
}

impl Problem<'_, '_> {
    /// Solves from the given prices; any will do, good ones make it quick.
    pub(super) fn assign(
        &self,
        centers: &Centers,
        prices: &[f64],
        context: &Context<'_>,
    ) -> Result<Assignment, Error> {
        let (n, k) = (self.points.n_rows(), centers.len());
        let largest_cost = self.largest_cost(centers);
        // No chain of moves saves more than k costs: a penalty above that only asks for sizes as equal as can be.
        let penalty = self.penalty.min(largest_cost * k as f64);
        let largest_price = prices.iter().fold(0.0_f64, |largest, price| largest.max(price.abs()));
        let span =
            (k as f64 + 2.0) * (largest_cost + largest_price) + penalty * (2.0 * n as f64 + 1.0);
        let grid = Grid::new(span);
        let scanner = Scanner::new(self.points, self.weights, centers, grid);
        let size_cost = SizeCost { bounds: self.bounds, step: grid.units(penalty) };
        let (units, rows) = self.approach(&scanner, size_cost, prices, context)?;
        let mut network = Network::new(&scanner, size_cost, units, rows);
        let mut search = Search::new(k + 1);
        let mut n_paths = 0;
        while search.augment(&mut network, context)? {
            n_paths += 1;
            context.observer.check()?;
        }
        let prices = network.prices().map(|price| grid.value(price)).collect();
        let own = network.rows.iter().zip(&network.labels).map(|(row, label)| row.cost(*label));
        Ok(Assignment {
            cost: own.sum(),
            prices,
            n_paths,
            n_widened: network.n_widened,
            sizes: network.sizes,
            labels: network.labels,
        })
    }

    /// Prices near balance, and what a scan at them found of the rows.
    fn approach(
        &self,
        scanner: &Scanner<'_, '_>,
        size_cost: SizeCost,
        prices: &[f64],
        context: &Context<'_>,
    ) -> Result<(Vec<Units>, Vec<RowCosts>), Error> {
        let grid = scanner.grid();
        let enough = self.points.n_rows() as u64 / LEFT_SHARE;
        let penalty = grid.value(size_cost.step);
        let scan = |prices: &[f64]| {
            let units: Vec<Units> = prices.iter().map(|price| grid.units(*price)).collect();
            let rows = scanner.scan(&Prices::new(units.clone(), grid), CANDIDATES, context)?;
            Ok((imbalance(&rows, &units, size_cost), (units, rows)))
        };
        let mut prices = prices.to_vec();
        let (mut left, mut best) = scan(&prices)?;
        while left > enough {
            let ascent = Ascent { rows: &best.1, bounds: self.bounds, penalty, grid };
            prices = ascent.climb(&prices, context)?;
            let (now, found) = scan(&prices)?;
            if now > left / 4 * 3 {
                break;
            }
            (left, best) = (now, found);
        }
        Ok(best)
    }

    /// At least every cost: ‖x − c‖² ≤ 2‖x − m‖² + 2‖c − m‖².
    fn largest_cost(&self, centers: &Centers) -> f64 {
        let spread = |index| {
            let center = centers.working(index);
            let terms = center.iter().zip(self.mean);
            terms.map(|(center, mean)| (center - mean) * (center - mean)).sum::<f64>()
        };
        let farthest = (0..centers.len()).map(spread).fold(0.0_f64, f64::max);
        let costs = 2.0 * (self.largest_spread + self.largest_weight * farthest);
        // A center of zeros under cosine is at squared distance 2 of everything; and rounding.
        (costs + 2.0 * self.largest_weight) * 1.001
    }
}

/// Paths that rows in excess will take at these prices.
fn imbalance(rows: &[RowCosts], prices: &[Units], size_cost: SizeCost) -> u64 {
    let mut sizes = vec![0_u64; prices.len()];
    for row in rows {
        sizes[row.list[0].cluster as usize] += 1;
    }
    let excess = sizes
        .iter()
        .zip(prices)
        .map(|(size, price)| size.saturating_sub(size_cost.best_at(*price, *size)));
    excess.sum()
}
