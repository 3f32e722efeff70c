//! Times the kernels on one thread and prints their rates, per level: `cargo bench -p fastcluster-micro`.
//!
//! Rates are operations (two per multiply-add) per second on data that is prepared, as inside a fit, over a block of
//! rows that stays in cache. The other kernels are given in nanoseconds a row.

use std::hint::black_box;

use fastcluster_kernels::assign::{Kept, Rows, scan};
use fastcluster_kernels::panels::{Kind, Panels, RowBand};
use fastcluster_kernels::{Level, distance, quantize};
use fastcluster_micro::{median_seconds, values};

/// Rows per block, as the core crate takes them.
const ROWS: usize = 256;

/// Numbers of centroids and features.
const SHAPES: [(usize, usize); 5] = [(1024, 384), (100, 384), (1000, 768), (64, 16), (1024, 4)];

/// Features of the single rows, and calls per timed pass.
const N_FEATURES: usize = 384;
const CALLS: usize = 1000;

#[expect(clippy::print_stdout, reason = "a benchmark prints")]
fn main() {
    for level in Level::available() {
        let name = level.name();
        for (n_centers, n_features) in SHAPES {
            let floats = scan_rate(level, Kind::Floats, n_centers, n_features);
            let bytes = scan_rate(level, Kind::Bytes, n_centers, n_features);
            println!(
                "{name:<11} k={n_centers:<5} d={n_features:<4} float32 {floats:7.1} GFLOP/s   bytes {bytes:7.1} GOP/s"
            );
        }
        for (kernel, nanoseconds) in row_times(level) {
            println!("{name:<11} d={N_FEATURES:<4} {kernel}: {nanoseconds:.0} ns a row");
        }
    }
}

/// Operations per nanosecond of the filter.
fn scan_rate(level: Level, kind: Kind, n_centers: usize, n_features: usize) -> f64 {
    let points = values(ROWS * n_features, 1);
    let mut panels = Panels::new(level, kind, n_centers, n_features);
    for (index, center) in values(n_centers * n_features, 2).chunks(n_features).enumerate() {
        let center: Vec<f64> = center.iter().map(|value| f64::from(*value)).collect();
        panels.set(index, &center);
    }
    let mut words = vec![0; ROWS * n_features.div_ceil(4)];
    let mut bands = Vec::new();
    let mean = vec![0.0; n_features];
    let mut centered = vec![0.0; n_features];
    for (row, out) in points.chunks(n_features).zip(words.chunks_mut(n_features.div_ceil(4))) {
        let norm = quantize::center(level, row, &mean, &mut centered);
        bands.push(match kind {
            Kind::Floats => RowBand::of_floats(norm, 0.0, n_features),
            Kind::Bytes => quantize::quantize(level, &centered, 0.0, out),
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

/// Nanoseconds a row of the kernels that take one or two rows.
fn row_times(level: Level) -> [(&'static str, f64); 4] {
    let (x, y) = (values(N_FEATURES, 3), values(N_FEATURES, 4));
    let mut centered = vec![0.0; N_FEATURES];
    let mut words = vec![0; N_FEATURES.div_ceil(4)];
    let nanoseconds = |call: &mut dyn FnMut()| {
        let seconds = median_seconds(|| {
            for _ in 0..CALLS {
                call();
            }
        });
        seconds * 1e9 / CALLS as f64
    };
    [
        (
            "centre",
            nanoseconds(&mut || {
                black_box(quantize::center(level, black_box(&x), &y, &mut centered));
            }),
        ),
        (
            "quantise",
            nanoseconds(&mut || {
                black_box(quantize::quantize(level, black_box(&x), 0.0, &mut words));
            }),
        ),
        (
            "squared distance in float64",
            nanoseconds(&mut || {
                black_box(distance::squared_32(level, black_box(&x), &y));
            }),
        ),
        (
            "squared distance in float32",
            nanoseconds(&mut || {
                black_box(distance::squared_f32(level, black_box(&x), &y));
            }),
        ),
    ]
}
