//! Threads: our own rayon pools, never the global one, safe after a fork.
//!
//! Work is cut into blocks whose size depends on the data alone, never on the number of threads; each block writes its
//! own part of the output and returns its own partial result; partial results are combined in block order. Results are
//! therefore the same bits for any number of threads.
//!
//! A forked child inherits the memory of its parent's pools but none of their threads, and a pool whose threads are gone
//! hangs at the first use and even when it is dropped. Pools are therefore kept with the process that made them; a child
//! forgets its parent's (leaks it) and makes its own.

use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use crate::{Error, observer::Observer};

/// Parts that the blocks are handed out in, per thread: enough to even out unequal blocks, few enough that neither
/// handing out nor a part's own scratch shows where blocks take microseconds.
const PARTS_PER_THREAD: usize = 16;

/// Made by one process for one number of threads.
struct Entry {
    process: u32,
    n_threads: usize,
    threads: Arc<rayon::ThreadPool>,
}

/// Pools kept for the next call: one per number of threads in use, few.
static KEPT: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// How many threads a call may use, and the threads themselves where there is more than one.
#[derive(Clone, Debug)]
pub struct Pool {
    threads: Option<Arc<rayon::ThreadPool>>,
}

impl Pool {
    /// Returns a pool of `n_threads` threads (at least one); one thread is the calling one.
    pub fn new(n_threads: usize) -> Self {
        if n_threads <= 1 {
            return Self { threads: None };
        }
        Self { threads: kept(n_threads) }
    }

    /// Threads that work on a call.
    pub fn n_threads(&self) -> usize {
        self.threads.as_ref().map_or(1, |threads| threads.current_num_threads())
    }

    /// Calls `work(scratch, block, chunk)` for each chunk of `block_size` entries of `output`, in any order, and returns
    /// the results in block order. `scratch` is made once per thread or so and reused.
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
        let step = |scratch: &mut S, (block, chunk): (usize, &mut [T])| {
            observer.check()?;
            work(scratch, block, chunk)
        };
        match &self.threads {
            Some(threads) if output.len() > block_size => threads.install(|| {
                let n_blocks = output.len().div_ceil(block_size);
                let least = (n_blocks / (PARTS_PER_THREAD * threads.current_num_threads())).max(1);
                let chunks = output.par_chunks_mut(block_size).enumerate().with_min_len(least);
                chunks.map_init(scratch, step).collect()
            }),
            _ => {
                let mut scratch = scratch();
                output
                    .chunks_mut(block_size)
                    .enumerate()
                    .map(|item| step(&mut scratch, item))
                    .collect()
            }
        }
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

/// Finds or makes the pool of this process; none where threads cannot be started, and the caller then works alone.
fn kept(n_threads: usize) -> Option<Arc<rayon::ThreadPool>> {
    let process = std::process::id();
    // In a forked child, another thread of the parent may have held the lock: never wait for it.
    let mut pools = match KEPT.try_lock() {
        Ok(pools) => pools,
        Err(std::sync::TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
        Err(std::sync::TryLockError::WouldBlock) => return started(n_threads),
    };
    for stale in pools.extract_if(.., |entry| entry.process != process) {
        std::mem::forget(stale);
    }
    if let Some(entry) = pools.iter().find(|entry| entry.n_threads == n_threads) {
        return Some(Arc::clone(&entry.threads));
    }
    let threads = started(n_threads)?;
    pools.push(Entry { process, n_threads, threads: Arc::clone(&threads) });
    Some(threads)
}

fn started(n_threads: usize) -> Option<Arc<rayon::ThreadPool>> {
    let builder = rayon::ThreadPoolBuilder::new().num_threads(n_threads);
    builder.thread_name(|index| format!("fastcluster-{index}")).build().ok().map(Arc::new)
}
