//! Sketches are made where they pay, and their directions are orthonormal whatever the rows are.

use fastcluster_kernels::assign::Rows;
use fastcluster_kernels::panels::Kind;
use ndarray::Array2;

use super::basis::Basis;
use super::sketch::{Sketch, Work};
use super::{Filter, Scratch, Stored};
use crate::Context;
use crate::observer::Observer;
use crate::points::{Metric, Moments, Points, Values};
use crate::pool::Pool;
use crate::rng::Stream;

fn with_threads<T>(n_threads: usize, work: impl FnOnce(&Context<'_>) -> T) -> T {
    let (pool, observer) = (Pool::new(n_threads), Observer::default());
    work(&Context { pool: &pool, observer: &observer })
}

/// Rows that spread over `rank` axes, equally, and by `noise` over all.
fn rows((n, d): (usize, usize), rank: usize, noise: f64) -> Array2<f32> {
    let stream = Stream::new(7, 97);
    Array2::from_shape_fn((n, d), |(i, j)| {
        let value = stream.uniform((i * d + j) as u64) - 0.5;
        (if j * 7 % d < rank { value } else { noise * value }) as f32
    })
}

/// The largest entry of `|VVᵀ − I|`.
fn defect(directions: &[f32], d: usize) -> f64 {
    let rows: Vec<&[f32]> = directions.chunks(d).collect();
    let mut most = 0.0_f64;
    for (i, a) in rows.iter().enumerate() {
        for (j, b) in rows[..=i].iter().enumerate() {
            let terms = a.iter().zip(*b).map(|(a, b)| f64::from(*a) * f64::from(*b));
            most = most.max((terms.sum::<f64>() - if i == j { 1.0 } else { 0.0 }).abs());
        }
    }
    most
}

#[test]
fn directions_are_orthonormal_and_hold_what_they_say() {
    with_threads(1, |context| {
        for (n, d, rank, noise) in
            [(500, 128, 40, 0.1), (500, 128, 5, 0.0), (20, 160, 160, 1.0), (300, 130, 0, 0.0)]
        {
            let array = rows((n, d), rank, noise);
            let points =
                Points::new(Values::F32(array.view()), Metric::Euclidean, context).unwrap();
            for n_dims in [32, 64] {
                let basis = Basis::of(&points, &vec![0.0; d], n_dims, context).unwrap();
                let what = format!("{n} rows of rank {rank}, {n_dims} of {d} dimensions");
                assert!(defect(&basis.directions, d) < 1e-5, "{what}");
                assert!(defect(&basis.mixed(n_dims), d) < 1e-5, "mixed: {what}");
                let total: f64 = array.iter().map(|value| f64::from(*value).powi(2)).sum();
                let mut sum = 0.0;
                for (direction, held) in basis.directions.chunks(d).zip(&basis.held) {
                    sum += array
                        .rows()
                        .into_iter()
                        .map(|row| {
                            let terms = row.iter().zip(direction);
                            terms.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>().powi(2)
                        })
                        .sum::<f64>();
                    let right = if total > 0.0 { sum / total } else { 1.0 };
                    assert!((held - right).abs() < 1e-4, "{what}: {held} is not {right}");
                }
            }
        }
    });
}

/// The share of the spread that random directions would hold is their share of the dimensions; these hold it all.
#[test]
fn directions_are_those_of_most_spread() {
    with_threads(1, |context| {
        let array = rows((600, 200), 30, 0.05);
        let points = Points::new(Values::F32(array.view()), Metric::Euclidean, context).unwrap();
        let basis = Basis::of(&points, &[0.0; 200], 32, context).unwrap();
        assert!(basis.held[29] > 0.97, "{}", basis.held[29]);
        assert!(basis.held.is_sorted(), "each direction adds to what is held");
    });
}

#[test]
fn the_basis_does_not_depend_on_threads() {
    let array = rows((700, 140), 20, 0.3);
    let on = |n_threads| {
        with_threads(n_threads, |context| {
            let points = Points::new(Values::F32(array.view()), Metric::Cosine, context).unwrap();
            Basis::of(&points, &[0.01; 140], 64, context).unwrap().mixed(64)
        })
    };
    let one = on(1);
    for n_threads in [2, 3, 7] {
        assert_eq!(on(n_threads), one, "{n_threads} threads");
    }
}

/// What rounding took off a row may make it longer or shorter.
#[test]
fn norms_of_rows_in_bytes_are_at_most_the_true_ones() {
    with_threads(1, |context| {
        let double = rows((300, 130), 130, 1.0).mapv(f64::from);
        let far = double.mapv(|value| 1e8 + value);
        let tiny = double.mapv(|value| 1e-20 * value);
        let single = double.mapv(|value| (7.0 + value) as f32);
        for values in [
            Values::F64(double.view()),
            Values::F64(far.view()),
            Values::F64(tiny.view()),
            Values::F32(single.view()),
        ] {
            for metric in [Metric::Euclidean, Metric::Cosine] {
                let points = Points::new(values, metric, context).unwrap();
                let moments = Moments::of(&points, context).unwrap();
                let plain = Filter::with_kind(Kind::Bytes, &moments.mean, moments.spread_per_row());
                let basis = Basis::of(&points, plain.mean(), 32, context).unwrap();
                let sketch = Sketch::along(&basis.mixed(32), 130);
                for filter in [plain.clone(), plain.with_sketch(Some(sketch))] {
                    assert_norms(&points, &filter);
                }
            }
        }
    });
}

fn assert_norms(points: &Points<'_>, filter: &Filter) {
    let mut scratch = Scratch::new(130);
    let (block, _) = filter.block(points, None, 10..266, &mut scratch);
    let mut row = vec![0.0; 130];
    for (index, below) in (10..266).zip(block.norms) {
        points.read_64(index, &mut row);
        let terms = row.iter().zip(filter.mean()).map(|(x, m)| (x - f64::from(*m)).powi(2));
        let right: f64 = terms.sum();
        let below = f64::from(*below);
        assert!(below <= right * (1.0 + 1e-13), "{below:e} is above {right:e}");
        let size: f64 = row.iter().map(|x| x * x).sum();
        let room = right * 2e-5 + 2e-7 * (right * size).sqrt() + 1e-35;
        assert!(below >= right - room, "{below:e} is far below {right:e}");
    }
}

/// Words that were given up are made again row by row where they are asked for, and all at once for another run.
#[test]
fn words_that_were_given_up_come_back_the_same() {
    with_threads(2, |context| {
        let single = rows((700, 130), 40, 0.3);
        let double = single.mapv(f64::from);
        for values in [Values::F32(single.view()), Values::F64(double.view())] {
            for metric in [Metric::Euclidean, Metric::Cosine] {
                let points = Points::new(values, metric, context).unwrap();
                let filter = Filter::with_kind(Kind::Bytes, &vec![0.01; 130], 1.0);
                let whole = filter.store(&points, context).unwrap().unwrap();
                for n_kept in [0, 256, 512] {
                    let mut part = whole.clone();
                    filter.forget(&mut part, n_kept);
                    assert_again(&points, &filter, &whole, &part);
                    let again = filter.complete(Some(part), &points, context).unwrap().unwrap();
                    assert_again(&points, &filter, &whole, &again);
                }
            }
        }
    });
}

/// Asserts that the listed rows of each block are those of `whole`.
fn assert_again(points: &Points<'_>, filter: &Filter, whole: &Stored, part: &Stored) {
    let (mut one, mut other) = (Scratch::new(130), Scratch::new(130));
    for rows in [0..256, 256..512, 512..700] {
        let list: Vec<u32> = (0..rows.len() as u32).filter(|row| row % 3 != 1).collect();
        let (right, _) = filter.block(points, Some(whole), rows.clone(), &mut one);
        let (found, _) = filter.block_of(points, Some(part), (rows, &list), &mut other);
        let (Rows::Bytes(right_words), Rows::Bytes(words)) = (right.rows, found.rows) else {
            panic!("words of bytes");
        };
        assert_eq!((found.bands, found.norms), (right.bands, right.norms));
        let steps = 130_usize.div_ceil(4);
        for row in list {
            let at = row as usize * steps..(row as usize + 1) * steps;
            assert_eq!(words[at.clone()], right_words[at], "row {row}");
        }
    }
}

/// The sizes of the tests of whole fits: they are on sketches if these are.
#[test]
fn a_sketch_is_made_where_it_pays_and_the_rows_are_of_few_dimensions() {
    with_threads(1, |context| {
        let dims = |rank: usize, n_clusters: usize, n_passes: usize| {
            let array = rows((2100, 128), rank, 0.05);
            let points =
                Points::new(Values::F32(array.view()), Metric::Euclidean, context).unwrap();
            let work = Work { n_clusters, n_passes };
            let sketch = Sketch::of(&points, &[0.0; 128], work, context).unwrap();
            sketch.map(|sketch| sketch.n_dims())
        };
        assert_eq!(dims(20, 1100, 12), Some(32));
        assert_eq!(dims(0, 1100, 12), None, "no few directions hold most");
        // Where bytes save little, a sketch pays sooner: these hold for every instruction set.
        assert_eq!(dims(20, 850, 12), Some(32));
        assert_eq!(dims(20, 850, 1), None, "one pass does not pay for it");
        assert_eq!(dims(20, 200, 300), None, "nor do few clusters");
    });
}
