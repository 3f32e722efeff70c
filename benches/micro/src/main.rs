//! Times the kernels on one thread and prints their rates, per level: `cargo run --release -p fastcluster-micro`.
//!
//! Rates are operations (two per multiply-add) per second on data that is prepared, as inside a fit; the median of
//! several passes over a block that stays in cache.

use std::hint::black_box;
use std::time::Instant;

use fastcluster_kernels::assign::{Kept, Rows, scan};
use fastcluster_kernels::panels::{Kind, Panels, RowBand};
use fastcluster_kernels::{Level, distance, quantize};

const ROWS: usize = 256;
const PASSES: usize = 15;

/// A reproducible stream of values in [−1, 1), by Lehmer's generator.
fn values(n: usize, seed: u64) -> Vec<f32> {
    let mut state = u128::from(seed) * 2 + 1;
    let mut next = || {
        state = state.wrapping_mul(0xda94_2042_e4dd_58b5);
        (state >> 100) as f32 / 134_217_728.0 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

fn median_seconds(mut pass: impl FnMut()) -> f64 {
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

fn bench_scan(level: Level, kind: Kind, n_centers: usize, n_features: usize) -> f64 {
    let points = values(ROWS * n_features, 1);
    let centers = values(n_centers * n_features, 2);
    let mut panels = Panels::new(level, kind, n_centers, n_features);
    for (index, center) in centers.chunks(n_features).enumerate() {
        let center: Vec<f64> = center.iter().map(|value| f64::from(*value)).collect();
        panels.set(index, &center);
    }
    let mut words = vec![0; ROWS * panels.steps()];
    let mut bands = Vec::new();
    for (row, out) in points.chunks(n_features).zip(words.chunks_mut(panels.steps())) {
        bands.push(match kind {
            Kind::Floats => RowBand::of_floats(20.0, 0.0, n_features),
            Kind::Bytes => quantize::quantize(level, row, 0.0, out),
        });
    }
    let rows = match kind {
        Kind::Floats => Rows::Floats(&points),
        Kind::Bytes => Rows::Bytes(&words),
    };
    let list: Vec<u32> = (0..ROWS as u32).collect();
    let mut kept = Kept::default();
    let seconds = median_seconds(|| {
        kept.reset(&panels, ROWS);
        scan(&panels, rows, &bands, &list, &mut kept);
        black_box(&kept);
    });
    2.0 * (ROWS * n_centers * n_features) as f64 / seconds / 1e9
}

#[expect(clippy::print_stdout, reason = "a benchmark prints")]
fn main() {
    for level in Level::available() {
        for (n_centers, n_features) in [(1024, 384), (100, 384), (1000, 768), (64, 16), (1024, 4)] {
            let floats = bench_scan(level, Kind::Floats, n_centers, n_features);
            let bytes = bench_scan(level, Kind::Bytes, n_centers, n_features);
            println!(
                "{:<11} k={n_centers:<5} d={n_features:<4} float32 {floats:7.1} GFLOP/s   bytes {bytes:7.1} GOP/s",
                level.name()
            );
        }
        let (x, y) = (values(384, 3), values(384, 4));
        let mut words = vec![0; 96];
        let quantising = median_seconds(|| {
            for _ in 0..1000 {
                black_box(quantize::quantize(level, black_box(&x), 0.0, &mut words));
            }
        });
        let exact = median_seconds(|| {
            for _ in 0..1000 {
                black_box(distance::squared_32(level, black_box(&x), &y));
            }
        });
        let single = median_seconds(|| {
            for _ in 0..1000 {
                black_box(distance::squared_f32(level, black_box(&x), &y));
            }
        });
        println!(
            "{:<11} d=384 quantise {:.0} ns, squared distance float64 {:.0} ns, float32 {:.0} ns a row",
            level.name(),
            quantising * 1e6,
            exact * 1e6,
            single * 1e6
        );
    }
}
