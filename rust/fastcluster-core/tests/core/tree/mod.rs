//! Trees against all pairs.
//!
//! # Known weaknesses
//! Threads meet rarely on so few rows; that their order does not matter is shown by argument, in `SharedSets` and here by
//! runs with several numbers of threads.

mod dbscan;
mod knn;
mod pays;
mod reachability;

use fastcluster_core::Level;
use fastcluster_core::naive::Table;
use fastcluster_kernels::distance;

use crate::data::Type;
use crate::random::Random;

/// Rows that are hard in some way, by name.
pub(crate) const SHAPES: [&str; 8] =
    ["normal", "clumps", "lattice", "duplicates", "equal", "line", "outlier", "denormals"];

/// `n` rows of `d` features.
pub(crate) fn rows(shape: &str, n: usize, d: usize, seed: u64) -> Table {
    let random = &mut Random::new(seed);
    let mut values = random.normals(n * d);
    match shape {
        "clumps" => {
            for row in values.chunks_mut(d) {
                let (center, spread) = (random.below(5) as f64 * 3.0, random.below(3) as f64 * 0.4);
                for value in row {
                    *value = center + *value * spread;
                }
            }
        }
        "lattice" => {
            let side = (n as f64).powf(1.0 / d as f64).ceil() as usize + 1;
            for value in &mut values {
                *value = random.below(side) as f64;
            }
        }
        "duplicates" => {
            for at in d..n * d {
                if !(at / d).is_multiple_of(7) {
                    values[at] = values[at % (7 * d)];
                }
            }
        }
        "equal" => values.fill(0.3),
        "line" => {
            for row in values.chunks_mut(d) {
                let first = row[0];
                row.fill(first);
            }
        }
        "outlier" => values[n / 2 * d] = 1e12,
        "denormals" => values.iter_mut().for_each(|value| *value *= 1e-310),
        _ => {}
    }
    Table::new(values, d)
}

/// The squared distance that decides.
pub(crate) fn squared(x: &[f64], y: &[f64]) -> f64 {
    distance::squared_64(Level::current(), x, y)
}

/// A length in the units of the type: integers are in steps of 1/16.
pub(crate) fn in_steps(element: Type, length: f64) -> f64 {
    if matches!(element, Type::I8 | Type::U8) { 16.0 * length } else { length }
}

/// Features, with a number of rows each that fills the tree's shapes differently.
pub(crate) const SIZES: [(usize, usize); 9] =
    [(1, 300), (2, 1), (2, 2), (2, 33), (2, 900), (3, 600), (5, 400), (9, 300), (20, 200)];
