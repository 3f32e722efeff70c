//! The tree that is found through the filter against the one that is grown through all pairs: every bit.

use ndarray::{Array2, Axis};

use super::{grown, tree};
use crate::Context;
use crate::observer::Observer;
use crate::points::{Metric, Points, Values};
use crate::pool::Pool;
use crate::rng::Stream;
use crate::spanning::only_tree;

fn drawn(seed: u64, n: usize, d: usize, value: impl Fn(f64) -> f64) -> Array2<f64> {
    let stream = Stream::new(seed, 21);
    Array2::from_shape_fn((n, d), |(i, j)| value(stream.uniform((i * d + j) as u64)))
}

/// Rows, and whether their lightest tree is the only one.
fn kinds() -> Vec<(&'static str, Array2<f64>, bool)> {
    let uniform = || drawn(1, 500, 20, |u| u - 0.5);
    let mut copies = uniform().select(Axis(0), &(0..700).map(|i| i * 7 % 300).collect::<Vec<_>>());
    copies.row_mut(40).fill(9.0);
    copies.row_mut(0).fill(-0.0);
    copies.row_mut(650).fill(0.0);
    // Two of the rows are equally far from all others, and from each other they are farther.
    let mut mirrored = drawn(2, 400, 3, |u| u);
    mirrored.column_mut(2).fill(0.0);
    for (row, side) in [(7, 30.0), (3, -30.0)] {
        mirrored.row_mut(row).assign(&ndarray::array![0.5, 0.5, side]);
    }
    let mut tied = mirrored.clone();
    for (row, across) in [(7, 0.1), (3, -0.1)] {
        tied.row_mut(row).assign(&ndarray::array![50.0, across, 0.0]);
    }
    tied.row_mut(1).assign(&ndarray::array![49.0, 0.0, 0.0]);
    vec![
        ("uniform", uniform(), true),
        ("one feature", drawn(3, 300, 1, |u| u), true),
        ("copies", copies, false),
        ("equally far on either side", mirrored, true),
        ("a triangle of two equal sides", tied, false),
        ("lattice", drawn(4, 600, 3, |u| (u * 4.0).floor()), false),
        ("wide lattice", drawn(5, 400, 16, |u| (u * 3.0).floor()), false),
        ("all equal", Array2::from_elem((300, 3), 0.7), false),
        ("far apart", drawn(6, 300, 4, |u| if u < 0.1 { 1e9 * u } else { u }), true),
        // Squares of differences vanish.
        (
            "one large",
            {
                let mut rows = drawn(7, 300, 2, |u| (u * 9.0).floor() * 1e-200);
                rows.row_mut(17).fill(1.0);
                rows
            },
            false,
        ),
        ("few", drawn(8, 3, 2, |u| u), true),
    ]
}

#[test]
fn the_tree_grows_as_through_all_pairs() {
    for (name, rows, only) in kinds() {
        let single = rows.mapv(|value| value as f32);
        for (values, n_threads) in [
            (Values::F64(rows.view()), 1),
            (Values::F64(rows.view()), 3),
            (Values::F32(single.view()), 2),
        ] {
            let (pool, observer) = (Pool::new(n_threads), Observer::default());
            let context = Context { pool: &pool, observer: &observer };
            let is_double = matches!(values, Values::F64(_));
            let points = Points::new(values, Metric::Euclidean, &context).unwrap();
            let found = tree(&points, &context).unwrap();
            assert!(found == grown::joins(&points, &context).unwrap(), "{name}");
            // The filter was used where it can be: else this tests nothing.
            if is_double && rows.nrows() >= 256 {
                assert_eq!(only_tree(&points, &context).unwrap().is_some(), only, "{name}");
            }
        }
    }
}
