//! Threads: our own rayon pools, never the global one, safe after a fork.
//!
//! The calling thread works too, beginning at once, and takes blocks from the same queue as the threads of the pool, which
//! are one fewer: phases of a call that take a fraction of a millisecond would otherwise spend as long on waking threads
//! and on being woken (0.35 ms an iteration of 100,000 rows, of 1.5). It waits only for blocks of its own call, never
//! works on those of another.
//!
//! Work is cut into blocks whose size depends on the data alone, never on the number of threads; each block writes its
//! own part of the output and returns its own partial result; partial results are combined in block order. Results are
//! therefore the same bits for any number of threads.
//!
//! A forked child inherits the memory of its parent's pools but none of their threads, and a pool whose threads are gone
//! hangs at the first use and even when it is dropped. Pools are therefore kept with the process that made them; a child
//! forgets its parent's (leaks it) and makes its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::{Error, observer::Observer};

/// Parts that the blocks are handed out in, per thread: enough to even out unequal blocks, few enough that handing out does
/// not show where blocks take microseconds.
const PARTS_PER_THREAD: usize = 16;

/// Made by one process for one number of helpers.
struct Entry {
    process: u32,
    n_helpers: usize,
    helpers: Arc<rayon::ThreadPool>,
}

/// Pools kept for the next call: one per number of threads in use, few.
static KEPT: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// How many threads a call may use, and those beside the calling one where there are any.
#[derive(Clone, Debug)]
pub struct Pool {
    helpers: Option<Arc<rayon::ThreadPool>>,
}

impl Pool {
    /// Returns a pool of `n_threads` threads (at least one), the calling one among them.
    pub fn new(n_threads: usize) -> Self {
        if n_threads <= 1 {
            return Self { helpers: None };
        }
        Self { helpers: kept(n_threads - 1) }
    }

    /// Threads that work on a call.
    pub fn n_threads(&self) -> usize {
        self.helpers.as_ref().map_or(1, |helpers| helpers.current_num_threads() + 1)
    }

    /// Calls `work(scratch, block, chunk)` for each chunk of `block_size` entries of `output`, in any order, and returns
    /// the results in block order. `scratch` is made once per thread and reused.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when the observer was cancelled, or an error of `work`: where several blocks fail, one of theirs.
    pub fn map_blocks<T, S, R>(
        &self,
        observer: &Observer,
        output: &mut [T],
        block_size: usize,
        scratch: impl Fn() -> S + Sync + Send,
        work: impl Fn(&mut S, usize, &mut [T]) -> Result<R, Error> + Sync + Send,
    ) -> Result<Vec<R>, Error>
    where
        T: Send,
        R: Send,
    {
        let n_blocks = output.len().div_ceil(block_size);
        let part_blocks = (n_blocks / (PARTS_PER_THREAD * self.n_threads())).max(1);
        let parts = Mutex::new(output.chunks_mut(part_blocks * block_size).enumerate());
        let failed = AtomicBool::new(false);
        let take_part = || {
            let mut parts = parts.lock().unwrap_or_else(PoisonError::into_inner);
            if failed.load(Ordering::Relaxed) { None } else { parts.next() }
        };
        let work_on = || {
            let mut done = Vec::new();
            let Some(mut part) = take_part() else { return Ok(done) };
            let mut scratch = scratch();
            loop {
                let (number, chunk) = part;
                let mut results = Vec::with_capacity(chunk.len().div_ceil(block_size));
                for (block, chunk) in chunk.chunks_mut(block_size).enumerate() {
                    let step = observer
                        .check()
                        .and_then(|()| work(&mut scratch, number * part_blocks + block, chunk));
                    results.push(step.inspect_err(|_| failed.store(true, Ordering::Relaxed))?);
                }
                done.push((number, results));
                match take_part() {
                    Some(next) => part = next,
                    None => return Ok(done),
                }
            }
        };
        let mut outcomes = Vec::new();
        match &self.helpers {
            Some(helpers) if n_blocks > 1 => {
                outcomes
                    .resize_with(helpers.current_num_threads().min(n_blocks - 1), || Ok(vec![]));
                let own = helpers.in_place_scope(|scope| {
                    for outcome in &mut outcomes {
                        scope.spawn(|_| *outcome = work_on());
                    }
                    work_on()
                });
                outcomes.push(own);
            }
            _ => outcomes.push(work_on()),
        }
        let mut done = Vec::new();
        for outcome in outcomes {
            done.extend(outcome?);
        }
        done.sort_unstable_by_key(|(number, _)| *number);
        Ok(done.into_iter().flat_map(|(_, results)| results).collect())
    }

    /// [`Pool::map_blocks`] over two outputs at once: block i of the one goes with block i of the other.
    ///
    /// # Errors
    /// As [`Pool::map_blocks`].
    pub fn map_pairs<T, U, S, R>(
        &self,
        observer: &Observer,
        (first, first_size): (&mut [T], usize),
        (second, second_size): (&mut [U], usize),
        scratch: impl Fn() -> S + Sync + Send,
        work: impl Fn(&mut S, usize, &mut [T], &mut [U]) -> Result<R, Error> + Sync + Send,
    ) -> Result<Vec<R>, Error>
    where
        T: Send,
        U: Send,
        R: Send,
    {
        let mut pairs: Vec<(&mut [T], &mut [U])> =
            first.chunks_mut(first_size).zip(second.chunks_mut(second_size)).collect();
        self.map_blocks(observer, &mut pairs, 1, scratch, |scratch, block, pair| {
            let (first, second) = &mut pair[0];
            work(scratch, block, first, second)
        })
    }

    /// Calls `work(scratch, task)` for each task number, in any order, and returns the results in task order.
    ///
    /// # Errors
    /// As [`Pool::map_blocks`].
    pub fn map_tasks<S, R>(
        &self,
        observer: &Observer,
        n_tasks: usize,
        scratch: impl Fn() -> S + Sync + Send,
        work: impl Fn(&mut S, usize) -> Result<R, Error> + Sync + Send,
    ) -> Result<Vec<R>, Error>
    where
        R: Send,
    {
        let mut units = vec![(); n_tasks];
        self.map_blocks(observer, &mut units, 1, scratch, |scratch, task, _| work(scratch, task))
    }
}

/// Finds or makes the helpers of this process; none where threads cannot be started, and the caller then works alone.
fn kept(n_helpers: usize) -> Option<Arc<rayon::ThreadPool>> {
    let process = std::process::id();
    // In a forked child, another thread of the parent may have held the lock: never wait for it.
    let mut pools = match KEPT.try_lock() {
        Ok(pools) => pools,
        Err(std::sync::TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
        Err(std::sync::TryLockError::WouldBlock) => return started(n_helpers),
    };
    for stale in pools.extract_if(.., |entry| entry.process != process) {
        std::mem::forget(stale);
    }
    if let Some(entry) = pools.iter().find(|entry| entry.n_helpers == n_helpers) {
        return Some(Arc::clone(&entry.helpers));
    }
    let helpers = started(n_helpers)?;
    pools.push(Entry { process, n_helpers, helpers: Arc::clone(&helpers) });
    Some(helpers)
}

fn started(n_helpers: usize) -> Option<Arc<rayon::ThreadPool>> {
    let builder = rayon::ThreadPoolBuilder::new().num_threads(n_helpers);
    builder.thread_name(|index| format!("fastcluster-{index}")).build().ok().map(Arc::new)
}
