//! Progress out, cancellation in: the only ties between a running call and its caller.
//!
//! The algorithms check [`Observer::check`] once per block of rows, so a cancelled call returns within the time of one
//! block per thread. They report events; the caller collects with [`Observer::drain`] whenever it
//! likes, so nothing a caller does can slow or reenter the algorithm.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::Error;

/// What happened, in the caller's terms.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The start centers of `run` are chosen.
    Initialized {
        /// Which of `n_init` runs.
        run: usize,
    },
    /// One Lloyd iteration is done.
    Iteration {
        /// Which of `n_init` runs.
        run: usize,
        /// Counts from 0.
        iteration: usize,
        /// Inertia of the labels with the centers before their update.
        inertia: f64,
        /// Sum of squared movements of the centers.
        center_shift: f64,
    },
    /// No label changed.
    StrictConvergence {
        /// Which of `n_init` runs.
        run: usize,
        /// The last iteration.
        iteration: usize,
    },
    /// The centers moved less than the tolerance.
    WithinTolerance {
        /// Which of `n_init` runs.
        run: usize,
        /// The last iteration.
        iteration: usize,
        /// Sum of squared movements of the centers.
        center_shift: f64,
        /// What it was compared with.
        tolerance: f64,
    },
    /// One mini-batch step is done.
    Step {
        /// Counts from 1.
        step: usize,
        /// Mean inertia of the batch.
        batch_inertia: f64,
        /// Its exponentially weighted average; NaN before the second step.
        ewa_inertia: f64,
    },
    /// Mini-batch centers of little weight were moved to random rows.
    Reassigned {
        /// How many.
        n_centers: usize,
    },
    /// The mini-batch centers moved less than the tolerance.
    SmallChange {
        /// The last step.
        step: usize,
    },
    /// The averaged inertia stopped improving.
    NoImprovement {
        /// The last step.
        step: usize,
    },
}

/// Shared by the caller and the running call.
#[derive(Debug)]
pub struct Observer {
    cancelled: Arc<AtomicBool>,
    /// None for an observer that keeps no events.
    events: Option<Mutex<VecDeque<Event>>>,
    begun: Instant,
}

impl Default for Observer {
    #[expect(clippy::disallowed_methods, reason = "timing belongs here")]
    fn default() -> Self {
        Self { cancelled: Arc::default(), events: Some(Mutex::default()), begun: Instant::now() }
    }
}

impl Observer {
    /// An observer of a part of the same call: stopped with it, silent about its own steps.
    pub(crate) fn muted(&self) -> Self {
        Self { cancelled: Arc::clone(&self.cancelled), events: None, begun: self.begun }
    }

    /// Asks the running call to stop.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Fails once the caller has asked to stop.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub fn check(&self) -> Result<(), Error> {
        if self.cancelled.load(Ordering::Relaxed) { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Takes the events reported since the last call, oldest first.
    pub fn drain(&self) -> Vec<Event> {
        let events = self.events.as_ref().and_then(|events| events.lock().ok());
        events.map(|mut events| events.drain(..).collect()).unwrap_or_default()
    }

    /// Seconds since the observer was made.
    pub fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    pub(crate) fn report(&self, event: Event) {
        // A poisoned lock means that a thread panicked while it held it: progress is then lost, results are not.
        if let Some(Ok(mut events)) = self.events.as_ref().map(Mutex::lock) {
            events.push_back(event);
        }
    }
}
