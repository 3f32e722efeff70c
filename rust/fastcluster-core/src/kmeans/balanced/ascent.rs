//! Prices that come near balance, so that few rows are left to the exact paths.
//!
//! # Idea
//! The prices maximise a concave dual whose slope in a cluster's price is its imbalance. Resilient propagation climbs it by
//! the sign of the slope alone: each price moves by a step of its own, which grows while the sign stays and is halved when
//! it turns. A sweep looks at the few candidates of each row only. Nothing depends on how good the prices are but time.
//!
//! # Source
//! Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning: the RPROP algorithm", 1993,
//! doi:10.1109/ICNN.1993.298623.

use super::costs::RowCosts;
use super::grid::Grid;
use super::sizes::Bounds;
use crate::points::block_rows;
use crate::{Context, Error};

/// Sweeps of a climb: steps have then grown and shrunk as far as the lists are worth.
const SWEEPS: usize = 48;

/// Rows of a task of a sweep.
const TASK_ROWS: usize = 1 << 14;

/// The first step, as a share of the mean lead of the cheapest cluster over the next.
const FIRST_STEP: f64 = 0.25;

/// How far a price may fall in a climb, in mean leads: the lists do not show how many rows a fallen price attracts.
const FALL_MAX: f64 = 2.0;

/// The method's own factors.
const GROWTH: f64 = 1.2;
const SHRINKAGE: f64 = 0.5;

/// What a climb needs to know.
pub(super) struct Ascent<'a> {
    pub(super) rows: &'a [RowCosts],
    pub(super) bounds: Bounds,
    pub(super) penalty: f64,
    pub(super) grid: Grid,
}

impl Ascent<'_> {
    /// The prices of least imbalance that a climb from `prices` meets.
    pub(super) fn climb(&self, begin: &[f64], context: &Context<'_>) -> Result<Vec<f64>, Error> {
        let mut prices = begin.to_vec();
        let lead = self.mean_lead(&prices);
        let mut steps = vec![FIRST_STEP * lead; prices.len()];
        let mut signs = vec![0.0_f64; prices.len()];
        let mut best = (f64::INFINITY, prices.clone());
        for _ in 0..SWEEPS {
            // What the lists do not name has become dearer as prices have on average.
            let changes = prices.iter().zip(begin).map(|(price, begin)| price - begin);
            let dearer = changes.sum::<f64>() / prices.len() as f64;
            let sizes = self.sizes(&prices, dearer, context)?;
            let unnamed = self.rows.len() as u64 - sizes.iter().sum::<u64>();
            let slope = |(size, price): (&u64, &f64)| *size as f64 - self.wanted(*price, *size);
            let slopes: Vec<f64> = sizes.iter().zip(&prices).map(slope).collect();
            let imbalance = slopes.iter().map(|slope| slope.abs()).sum::<f64>() + unnamed as f64;
            if imbalance < best.0 {
                best = (imbalance, prices.clone());
            }
            for (cluster, slope) in slopes.into_iter().enumerate() {
                let sign = if slope == 0.0 { 0.0 } else { slope.signum() };
                let turn = sign * signs[cluster];
                let factor = if turn > 0.0 { GROWTH } else { SHRINKAGE };
                if turn != 0.0 {
                    steps[cluster] *= factor;
                }
                signs[cluster] = sign;
                let moved = self.moved(prices[cluster], sign * steps[cluster]);
                prices[cluster] = moved.max(begin[cluster] - FALL_MAX * lead);
            }
        }
        Ok(best.1)
    }

    /// A price after its step. Without a penalty it stops at 0, where every size within the bounds is as good.
    fn moved(&self, price: f64, step: f64) -> f64 {
        let moved = price + step;
        if self.penalty == 0.0 && price * moved < 0.0 { 0.0 } else { moved }
    }

    /// The size nearest to `size` that is best at a price, but for rounding.
    fn wanted(&self, price: f64, size: u64) -> f64 {
        let (min, max, size) = (self.bounds.min as f64, self.bounds.max as f64, size as f64);
        if self.penalty > 0.0 {
            let twice = 2.0 * self.penalty;
            let (low, high) = ((price - self.penalty) / twice, (price + self.penalty) / twice);
            return size.clamp(low.ceil().min(high), high).clamp(min, max);
        }
        if price > 0.0 {
            max
        } else if price < 0.0 {
            min
        } else {
            size.clamp(min, max)
        }
    }

    /// Rows in each cluster at the given prices; a row that may be cheaper outside its list is in none.
    fn sizes(&self, prices: &[f64], dearer: f64, context: &Context<'_>) -> Result<Vec<u64>, Error> {
        let n = self.rows.len();
        let parts = context.pool.map_tasks(
            context.observer,
            n.div_ceil(TASK_ROWS),
            || (),
            |(), task| {
                let mut sizes = vec![0_u64; prices.len()];
                for row in &self.rows[block_rows(task, TASK_ROWS, n)] {
                    let mut least = (self.grid.value(row.beyond) + dearer, usize::MAX);
                    for candidate in &row.list {
                        let cluster = candidate.cluster as usize;
                        let value = candidate.cost + prices[cluster];
                        if value < least.0 {
                            least = (value, cluster);
                        }
                    }
                    if least.1 != usize::MAX {
                        sizes[least.1] += 1;
                    }
                }
                Ok(sizes)
            },
        )?;
        let mut total = vec![0_u64; prices.len()];
        for part in parts {
            total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
        }
        Ok(total)
    }

    /// How much the cheapest cluster of a row leads over the next, on average.
    fn mean_lead(&self, prices: &[f64]) -> f64 {
        let leads = self.rows.iter().filter(|row| row.list.len() > 1).map(|row| {
            let value = |at: usize| row.list[at].cost + prices[row.list[at].cluster as usize];
            value(1) - value(0)
        });
        leads.sum::<f64>() / self.rows.len() as f64
    }
}
