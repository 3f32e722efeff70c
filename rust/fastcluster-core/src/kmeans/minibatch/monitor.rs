//! When a fit stops.

use super::Params;
use crate::Context;
use crate::observer::Event;

/// The average looks back over the data, as scikit-learn's does, but over no more than so many batches, or so many rows
/// per cluster: on a million rows, what happened half a million rows ago would hide for two epochs that nothing improves.
const LOOK_BACK: usize = 12;

/// Watches the averaged batch inertia and the movement of the centers.
pub(super) struct Monitor {
    alpha: f64,
    tolerance: f64,
    patience: Option<usize>,
    average: Option<f64>,
    least: f64,
    n_without: usize,
    step: usize,
}

impl Monitor {
    pub(super) fn new(
        params: &Params,
        (n_rows, n_clusters): (usize, usize),
        batches_per_move: usize,
        tolerance: f64,
    ) -> Self {
        let look_back = n_rows.min(LOOK_BACK.saturating_mul(params.batch_size.max(n_clusters)));
        // Batches that share their centers can improve only together.
        let least = if batches_per_move > 1 { batches_per_move } else { 0 };
        Self {
            alpha: (params.batch_size as f64 * 2.0 / (look_back as f64 + 1.0)).min(1.0),
            tolerance,
            patience: params.max_no_improvement.map(|patience| patience.max(least)),
            average: None,
            least: f64::INFINITY,
            n_without: 0,
            step: 0,
        }
    }

    pub(super) fn average(&self) -> f64 {
        self.average.unwrap_or(f64::NAN)
    }

    /// Takes in the inertia of the next batch; the first one, taken with the start centers, does not count.
    pub(super) fn take(&mut self, batch_inertia: f64, context: &Context<'_>) {
        self.step += 1;
        if self.step > 1 {
            let average = self
                .average
                .map_or(batch_inertia, |old| old * (1.0 - self.alpha) + batch_inertia * self.alpha);
            self.average = Some(average);
            if average < self.least {
                (self.least, self.n_without) = (average, 0);
            } else {
                self.n_without += 1;
            }
        }
        let (step, ewa_inertia) = (self.step, self.average());
        context.observer.report(Event::Step { step, batch_inertia, ewa_inertia });
    }

    /// Whether the fit stops after a move of the centers by `shift`, squared.
    pub(super) fn stops(&self, shift: f64, context: &Context<'_>) -> bool {
        let step = self.step;
        if step == 1 {
            return false;
        }
        if self.tolerance > 0.0 && shift <= self.tolerance {
            context.observer.report(Event::SmallChange { step });
            return true;
        }
        let stops = self.patience.is_some_and(|patience| self.n_without >= patience);
        if stops {
            context.observer.report(Event::NoImprovement { step });
        }
        stops
    }
}
