//! Runs the core without the GIL, minding signals and progress meanwhile.
//!
//! Python sees signals only on its main thread, and only when that thread holds the GIL. So a long call works on a
//! thread of its own, while the calling thread wakes up now and then, takes the GIL for a moment, lets Python handle
//! signals and hands progress on. Whatever that raises cancels the work and is raised from here.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use fastcluster_core::observer::{Event, Observer};
use fastcluster_core::pool::Pool;
use fastcluster_core::{Context, Error};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::errors::to_python;

/// How long a signal may wait: short beside the promised 100 ms, long beside the cost of taking the GIL.
const PATIENCE: Duration = Duration::from_millis(20);

/// Multiply-adds below which starting a thread is not worth its microseconds: about a millisecond of work.
const SHORT: u64 = 1 << 25;

/// The product of what a call loops over, as an estimate of its multiply-adds.
pub(crate) fn work(loops: &[usize]) -> u64 {
    loops.iter().fold(1, |product: u64, count| product.saturating_mul(*count as u64))
}

/// Calls `work` with a context of `n_threads` threads, without the GIL.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    n_threads: usize,
    size: u64,
    on_event: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Context<'_>) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let observer = Observer::default();
    let observer = &observer;
    let call = move || {
        let pool = Pool::new(n_threads);
        work(&Context { pool: &pool, observer })
    };
    if size < SHORT && on_event.is_none() {
        return py.detach(call).map_err(|error| to_python(&error));
    }
    let on_event = on_event.map(|callback| callback.clone().unbind());
    py.detach(|| supervise(observer, on_event.as_ref(), call))
}

/// Runs `call` on a thread and attends to Python until it is done.
fn supervise<T: Send>(
    observer: &Observer,
    on_event: Option<&Py<PyAny>>,
    call: impl FnOnce() -> Result<T, Error> + Send,
) -> PyResult<T> {
    std::thread::scope(|scope| {
        let (working, finished) = channel::<()>();
        let name = "fastcluster".to_owned();
        let worker = std::thread::Builder::new().name(name).spawn_scoped(scope, move || {
            // Dropped when the work is done or has panicked, which wakes the receiver.
            let _working = working;
            call()
        });
        let worker = worker.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        let mut raised = None;
        while matches!(finished.recv_timeout(PATIENCE), Err(RecvTimeoutError::Timeout)) {
            if raised.is_none() {
                raised = attend(observer, on_event).err();
                if raised.is_some() {
                    observer.cancel();
                }
            }
        }
        let result = worker.join();
        if let Some(raised) = raised {
            return Err(raised);
        }
        attend(observer, on_event)?;
        match result {
            Ok(result) => result.map_err(|error| to_python(&error)),
            Err(_) => Err(PyRuntimeError::new_err("the core panicked: please report this")),
        }
    })
}

/// Lets Python handle signals, then hands the new events on.
fn attend(observer: &Observer, on_event: Option<&Py<PyAny>>) -> PyResult<()> {
    let events = observer.drain();
    Python::attach(|py| {
        py.check_signals()?;
        let Some(callback) = on_event else { return Ok(()) };
        events.into_iter().filter_map(arguments).try_for_each(|arguments| {
            callback.call1(py, arguments)?;
            Ok(())
        })
    })
}

/// An event as the callback takes it: kind, run, step, two numbers.
fn arguments(event: Event) -> Option<(&'static str, usize, usize, f64, f64)> {
    Some(match event {
        Event::Initialized { run } => ("init", run, 0, 0.0, 0.0),
        Event::Iteration { run, iteration, inertia, center_shift } => {
            ("iteration", run, iteration, inertia, center_shift)
        }
        Event::StrictConvergence { run, iteration } => ("strict", run, iteration, 0.0, 0.0),
        Event::WithinTolerance { run, iteration, center_shift, tolerance } => {
            ("tolerance", run, iteration, center_shift, tolerance)
        }
        Event::Step { step, batch_inertia, ewa_inertia } => {
            ("step", 0, step, batch_inertia, ewa_inertia)
        }
        Event::Reassigned { n_centers } => ("reassigned", 0, n_centers, 0.0, 0.0),
        Event::SmallChange { step } => ("small_change", 0, step, 0.0, 0.0),
        Event::NoImprovement { step } => ("no_improvement", 0, step, 0.0, 0.0),
        _ => return None,
    })
}
