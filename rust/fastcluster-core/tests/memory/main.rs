//! What a fit asks of the allocator at its peak, counted.
//!
//! Bytes asked for do not depend on the machine or on timing, as resident pages do; what threads and the allocator add to
//! them is measured by the end-to-end benchmarks. The count is of the whole process: this binary holds one test.
//!
//! The allocator is the one place outside `fastcluster-kernels` that says `unsafe`; it ships with nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use fastcluster_core::kmeans::{Fit, Init, Params, fit};
use fastcluster_core::observer::Observer;
use fastcluster_core::points::{Metric, Points, Values};
use fastcluster_core::pool::Pool;
use fastcluster_core::rng::Stream;
use fastcluster_core::{Context, Error};
use ndarray::Array2;

/// The system's allocator, with a count of the bytes in use.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

fn took(n_bytes: usize) {
    MOST.fetch_max(IN_USE.fetch_add(n_bytes, Relaxed) + n_bytes, Relaxed);
}

// SAFETY: every call is handed on to the system's allocator as it came, and its answer is handed back.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        took(size);
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Rows around as many places as there are clusters, wide enough that words are most of what is kept.
fn rows(n: usize, d: usize, n_places: usize) -> Array2<f32> {
    let (places, noise) = (Stream::new(1, 1), Stream::new(1, 2));
    Array2::from_shape_fn((n, d), |(i, j)| {
        let place = places.uniform((i % n_places * d + j) as u64);
        (place + 0.7 * noise.uniform((i * d + j) as u64)) as f32
    })
}

/// A fit, and the bytes that it took at its peak.
fn counted(array: &Array2<f32>, params: &Params, n_threads: usize) -> (Result<Fit, Error>, usize) {
    let (pool, observer) = (Pool::new(n_threads), Observer::default());
    let context = Context { pool: &pool, observer: &observer };
    let before = IN_USE.load(Relaxed);
    MOST.store(before, Relaxed);
    let points = Points::new(Values::F32(array.view()), Metric::Euclidean, &context);
    let found = points.and_then(|points| fit(&points, None, &Init::PlusPlus, params, &context));
    (found, MOST.load(Relaxed) - before)
}

#[test]
fn a_fit_takes_about_a_third_of_the_rows_and_no_more_than_it_may() {
    let (n, d) = (16_000, 384);
    let array = rows(n, d, 700);
    let n_bytes = 4 * n * d;
    // Few clusters; many, whose centers and their sums take a tenth of X: some words give way to them.
    for n_clusters in [100, 500] {
        let params = Params { n_clusters, max_iter: 3, ..Params::default() };
        let mut fits = Vec::new();
        for n_threads in [1, 2] {
            let (found, most) = counted(&array, &params, n_threads);
            let share = most as f64 / n_bytes as f64;
            assert!(share <= 0.35, "{n_clusters} clusters, {n_threads} threads: {share:.4} of X");
            fits.push(found.unwrap());
        }
        // Two runs: the words of the first are made whole for the second.
        let (found, most) = counted(&array, &Params { n_init: 2, ..params }, 1);
        let share = most as f64 / n_bytes as f64;
        assert!(share <= 0.40, "{n_clusters} clusters, two runs: {share:.4} of X");
        assert!(found.unwrap().inertia <= fits[0].inertia);

        let refused = counted(&array, &Params { memory_limit: Some(1), ..params }, 1).0;
        let Err(Error::Memory { needed, .. }) = refused else { panic!("a byte is not enough") };
        for more in [0, n_bytes / 3] {
            let limit = needed + more as u64;
            let (found, most) = counted(&array, &Params { memory_limit: Some(limit), ..params }, 2);
            assert!(most as u64 <= limit, "{most} bytes of {limit}");
            assert_eq!(found.unwrap().labels, fits[0].labels);
        }
    }
}
