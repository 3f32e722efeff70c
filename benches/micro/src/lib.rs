//! What the micro benchmarks share: reproducible values and a timer. The benchmarks are in `benches/`, and
//! `cargo bench -p fastcluster-micro` runs them.

use std::time::Instant;

/// Timed passes; their median is reported.
const PASSES: usize = 15;

/// Returns `n` reproducible values in [−1, 1), by Lehmer's generator.
pub fn values(n: usize, seed: u64) -> Vec<f32> {
    let mut state = u128::from(seed) * 2 + 1;
    let mut next = || {
        state = state.wrapping_mul(0xda94_2042_e4dd_58b5);
        (state >> 100) as f32 / 134_217_728.0 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

/// Returns the median seconds of a pass, after one that warms the caches.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
pub fn median_seconds(mut pass: impl FnMut()) -> f64 {
    pass();
    let mut seconds: Vec<f64> = (0..PASSES)
        .map(|_| {
            let start = Instant::now();
            pass();
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[PASSES / 2]
}
