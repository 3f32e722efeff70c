//! Distances of all pairs against float64, and which pairs are listed instead.

use fastcluster_kernels::pairwise::{Columns, Pair, Rows, distances, shift, shift_64};
use fastcluster_kernels::{Level, reduce};

use crate::identical::{FILLS, fill, lengths};
use crate::random::Random;

/// Rows of normal values with their squared norms.
struct Block {
    words: Vec<f32>,
    norms: Vec<f32>,
    n_features: usize,
}

impl Block {
    fn new(words: Vec<f32>, n_features: usize) -> Self {
        let norm = |row: &[f32]| row.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>();
        let norms = words.chunks(n_features).map(|row| norm(row) as f32).collect();
        Self { words, norms, n_features }
    }

    fn normal(random: &mut Random, n: usize, n_features: usize) -> Self {
        Self::new((0..n * n_features).map(|_| random.normal() as f32).collect(), n_features)
    }

    fn columns(&self, level: Level) -> Columns {
        let mut columns = Columns::new(level, self.norms.len(), self.n_features);
        for (index, (row, norm)) in self.words.chunks(self.n_features).zip(&self.norms).enumerate()
        {
            columns.set(index, row, *norm);
        }
        columns
    }

    /// What the kernel writes and lists, without the padding.
    fn to(&self, columns: &Self, level: Level, near: f32) -> (Vec<f32>, Vec<Pair>) {
        let (packed, n) = (columns.columns(level), columns.norms.len());
        let rows = Rows { words: &self.words, norms: &self.norms };
        // What lies there is of another block.
        let mut found = vec![7.0; self.norms.len() * packed.n_padded()];
        let mut pairs = Vec::new();
        distances(&packed, rows, near, &mut found, &mut pairs);
        pairs.retain(|pair| (pair.column as usize) < n);
        pairs.sort_unstable_by_key(|pair| (pair.row, pair.column));
        let found = found.chunks(packed.n_padded()).flat_map(|row| row[..n].to_vec()).collect();
        (found, pairs)
    }

    /// `‖x − y‖²` and `‖x‖² + ‖y‖²` of every pair.
    fn exact(&self, columns: &Self) -> Vec<(f64, f64)> {
        let d = self.n_features;
        let of = |x: &[f32], y: &[f32]| {
            x.iter().zip(y).fold((0.0, 0.0), |(squared, norms), (x, y)| {
                let (x, y) = (f64::from(*x), f64::from(*y));
                (squared + (x - y) * (x - y), norms + x * x + y * y)
            })
        };
        let pairs =
            self.words.chunks(d).flat_map(|x| columns.words.chunks(d).map(move |y| of(x, y)));
        pairs.collect()
    }
}

/// Every number of rows and columns about the sizes of tiles and panels, few and many features.
#[test]
fn distances_are_within_their_error_and_near_pairs_are_listed() {
    let random = &mut Random::new(1);
    let near = 1.0 / 16.0;
    for level in Level::available() {
        for (n_rows, n_columns) in
            [(1, 1), (5, 3), (6, 8), (7, 17), (13, 31), (12, 49), (25, 64), (6, 65), (8, 200)]
        {
            for n_features in [1, 2, 3, 31, 130] {
                let rows = Block::normal(random, n_rows, n_features);
                let columns = Block::normal(random, n_columns, n_features);
                let (found, pairs) = rows.to(&columns, level, near);
                let error = (n_features as f64 + 4.0) * f64::from(f32::EPSILON);
                let mut listed = pairs.iter().peekable();
                for (at, (squared, norms)) in rows.exact(&columns).into_iter().enumerate() {
                    let (row, column) = ((at / n_columns) as u32, (at % n_columns) as u32);
                    let what = format!("{} {n_rows}x{n_columns}x{n_features}", level.name());
                    let share = squared / norms - f64::from(near);
                    if listed.next_if(|pair| **pair == Pair { row, column }).is_some() {
                        assert!(share < error && found[at].to_bits() == 0, "{what}: {share:e}");
                    } else {
                        let off = f64::from(found[at]).powi(2) - squared;
                        assert!(share > -error, "{what}: {share:e} is near");
                        assert!(off.abs() <= error * norms, "{what}: {off:e} of {norms:e}");
                    }
                }
                assert_eq!(listed.next(), None);
            }
        }
    }
}

/// Equal rows are near unless both are zero, and then their distance is zero; NaN in a norm lists a row or column.
#[test]
fn equal_rows_zeros_and_marked_rows() {
    let n_features = 9;
    for level in Level::available() {
        let mut words = vec![0.0; 4 * n_features];
        words[n_features..2 * n_features].fill(1.5);
        words[2 * n_features..3 * n_features].fill(1.5);
        let mut block = Block::new(words, n_features);
        let (found, pairs) = block.to(&block, level, 0.01);
        let listed: Vec<(u32, u32)> = pairs.iter().map(|pair| (pair.row, pair.column)).collect();
        assert_eq!(listed, [(1, 1), (1, 2), (2, 1), (2, 2)], "{}", level.name());
        assert_eq!([found[0], found[3], found[15]].map(f32::to_bits), [0; 3]);
        assert!((f64::from(found[1]) - 4.5).abs() < 1e-6);
        block.norms[3] = f32::NAN;
        let (_, pairs) = block.to(&block, level, 0.01);
        assert_eq!(pairs.len(), 4 + 7, "{}", level.name());
    }
}

/// Levels that fuse have the same bits.
#[test]
fn fused_levels_agree() {
    let random = &mut Random::new(2);
    let (rows, columns) = (Block::normal(random, 40, 50), Block::normal(random, 150, 50));
    let mut fused = Level::available().into_iter().skip(1);
    let Some(first) = fused.next() else { return };
    let expected = rows.to(&columns, first, 0.25);
    for level in fused {
        assert_eq!(rows.to(&columns, level, 0.25), expected, "{}", level.name());
    }
}

#[test]
fn shifted_rows_and_their_norms_are_those_of_a_plain_loop() {
    let level = Level::available()[0];
    for (seed, name) in FILLS.into_iter().enumerate() {
        let (x, y) = (fill(name, seed as u64), fill(name, 50 + seed as u64));
        for length in lengths() {
            let (x, y) = (&x[..length], &y[..length]);
            let plain: Vec<f32> = x.iter().zip(y).map(|(x, y)| x - y).collect();
            let widened: Vec<f64> = plain.iter().map(|value| f64::from(*value)).collect();
            let norm = reduce::squared_norm(level, &widened);
            let mut out = vec![0.0; length];
            assert_eq!(shift(level, x, y, &mut out).to_bits(), norm.to_bits(), "{length} {name}");
            assert_eq!(out, plain, "{length} {name}");
            let x: Vec<f64> = x.iter().map(|value| f64::from(*value)).collect();
            let (norm_64, same) = shift_64(level, &x, y, &mut out);
            assert_eq!((norm_64.to_bits(), &out), (norm.to_bits(), &plain), "{length} {name}");
            assert_eq!(same, plain.iter().all(|value| *value == 0.0), "{length} {name}");
        }
    }
    // A float64 row that float32 cannot tell from the origin is not the same.
    let mut out = [1.0];
    assert_eq!(shift_64(level, &[1.0 + 1e-300], &[1.0], &mut out), (0.0, true));
    assert_eq!(shift_64(level, &[1e-300], &[0.0], &mut out), (0.0, false));
    assert_eq!(out.map(f32::to_bits), [0]);
}

#[test]
fn sums_are_those_of_a_plain_loop() {
    let level = Level::available()[0];
    let values = fill("uniform", 3);
    for length in lengths() {
        let plain: f64 = values[..length].iter().map(|value| f64::from(*value)).sum();
        let sum = reduce::sum_32(level, &values[..length]);
        assert!((sum - plain).abs() <= 1e-12, "{length}: {sum} {plain}");
    }
}
