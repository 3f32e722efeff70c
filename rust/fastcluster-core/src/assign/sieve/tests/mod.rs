//! Pass after pass, labels are a float64 brute force's and every bound that is kept holds, whatever the centers do and
//! whatever the scores are made of.
//!
//! Fits choose sieves and sketches where they pay, and move centers to means; here both are forced, on small data.

mod course;
mod data;

use std::process::Command;

use fastcluster_kernels::Level;

use super::Sieve;
use crate::assign::{Drift, Work};
use crate::centers::CenterValues;
use crate::filter::{BLOCK_ROWS, Filter};
use crate::observer::Observer;
use crate::points::{Metric, Moments, Points};
use crate::pool::Pool;
use crate::{Context, Error};
use course::{Course, STEPS, Step};
use data::{Array, DIRECTIONS, Directions, KINDS, Kind, Random, Type, rows, sketch};

const METRICS: [Metric; 2] = [Metric::Euclidean, Metric::Cosine];

/// How large a course is.
#[derive(Clone, Copy)]
struct Size {
    n: usize,
    d: usize,
    k: usize,
}

fn follow(
    (kind, element, metric, directions): (Kind, Type, Metric, Directions),
    Size { n, d, k }: Size,
    seed: u64,
    context: &Context<'_>,
) -> Result<Vec<Work>, Error> {
    let random = &mut Random::new(seed);
    let values = rows(kind, n, d, random);
    let array = Array::new(element, &values, d);
    let points = Points::new(array.values(), metric, context)?;
    let moments = Moments::of(&points, context)?;
    let plain = Filter::with_kind(
        fastcluster_kernels::panels::Kind::Bytes,
        &moments.mean,
        moments.spread_per_row(),
    );
    let sketch = sketch(directions, &points, plain.mean(), random, context);
    let filter = plain.with_sketch(sketch);
    let start: Vec<f64> = (0..k)
        .flat_map(|at| {
            let mut row = vec![0.0; d];
            array.values().read_64(at * 31 % n, &mut row);
            row
        })
        .collect();
    let start = CenterValues::Double(start).matching(&points);
    let what = format!("{kind:?} {element:?} {metric:?} {directions:?} n={n} d={d} k={k}");
    let mut course = Course::begin(&points, &filter, start, what, context);
    let mut stored = if seed.is_multiple_of(3) { None } else { filter.store(&points, context)? };
    // Without some of the words, or all.
    if let Some(stored) = stored.as_mut().filter(|_| seed.is_multiple_of(2) && !filter.is_sketch())
    {
        filter.forget(stored, n / 2 / BLOCK_ROWS * BLOCK_ROWS);
    }
    let mut sieve = Sieve::new(&filter, n, k);
    let mut all = Vec::new();
    for (index, step) in STEPS.into_iter().enumerate() {
        let drift = course.go(step, random);
        let what = format!("pass {index} after {step:?}");
        all.push(course.pass(&mut sieve, &drift, stored.as_ref(), &what, context)?);
    }
    Ok(all)
}

fn with_threads<T>(n_threads: usize, work: impl FnOnce(&Context<'_>) -> T) -> T {
    let (pool, observer) = (Pool::new(n_threads), Observer::default());
    work(&Context { pool: &pool, observer: &observer })
}

#[test]
fn labels_and_bounds_hold_whatever_the_rows_and_directions_are() {
    with_threads(1, |context| {
        let mut seed = 0;
        for kind in KINDS {
            for metric in METRICS {
                for directions in DIRECTIONS {
                    // Each kind of rows meets all of these, with one or the other directions.
                    let (element, size) = [
                        (Type::F32, Size { n: 300, d: 70, k: 40 }),
                        (Type::F64, Size { n: 270, d: 33, k: 17 }),
                        (Type::U8, Size { n: 257, d: 64, k: 50 }),
                        (Type::F16, Size { n: 100, d: 12, k: 5 }),
                    ][(seed + seed / 4) as usize % 4];
                    seed += 1;
                    follow((kind, element, metric, directions), size, seed, context).unwrap();
                }
            }
        }
    });
}

/// Blocks of any length, one group and as many as there may be, groups of several panels.
#[test]
fn labels_and_bounds_hold_for_every_size() {
    with_threads(1, |context| {
        for (seed, (n, d, k)) in [
            (1, 3, 1),
            (2, 1, 2),
            (255, 4, 3),
            (256, 5, 16),
            (257, 6, 17),
            (513, 8, 100),
            (300, 9, 255),
            (300, 9, 256),
            (70, 7, 1100),
            (50, 4, 2100),
            (40, 5, 4200),
        ]
        .into_iter()
        .enumerate()
        {
            for metric in METRICS {
                let shape = (Kind::Groups, Type::F32, metric, Directions::None);
                follow(shape, Size { n, d, k }, 3 * seed as u64 + 1, context).unwrap();
            }
        }
    });
}

/// A center of zeros is at the same distance of everything; once it has a direction, it may lie on any row.
#[test]
fn a_center_of_zeros_that_gets_a_direction_may_be_nearest_to_any_row() {
    with_threads(1, |context| {
        let angle = |angle: f64| [angle.cos(), angle.sin()];
        let values: Vec<f64> = (0..40).flat_map(|row| angle(f64::from(row) * 0.01)).collect();
        for element in [Type::F32, Type::F64] {
            let array = Array::new(element, &values, 2);
            let points = Points::new(array.values(), Metric::Cosine, context).unwrap();
            let filter =
                Filter::with_kind(fastcluster_kernels::panels::Kind::Bytes, &[0.5, 0.2], 1.0);
            let start = CenterValues::Double([[0.0, 0.0], angle(0.2), angle(3.0)].concat());
            let start = start.matching(&points);
            let mut course = Course::begin(&points, &filter, start, "zeros".into(), context);
            let mut sieve = Sieve::new(&filter, 40, 3);
            course.pass(&mut sieve, &Drift::new(3, Vec::new()), None, "at first", context).unwrap();
            assert!(course.states.iter().all(|state| state.label == 1));
            let drift = course.put(&[(0, angle(0.39).to_vec())]);
            course.pass(&mut sieve, &drift, None, "with a direction", context).unwrap();
            assert_eq!(course.states[39].label, 0);
        }
    });
}

/// Rows that are far nearer to their center than to any other are passed over unread, once that is known.
#[test]
fn rows_that_lead_are_neither_scored_nor_measured() {
    with_threads(1, |context| {
        let (n, d, k) = (600, 8, 32);
        let random = &mut Random::new(77);
        let values: Vec<f64> = (0..n * d)
            .map(|at| {
                let group = at / d % k;
                let place = if at % d == group % d { 100.0 * (1 + group / d) as f64 } else { 0.0 };
                place + random.normal()
            })
            .collect();
        let array = Array::new(Type::F32, &values, d);
        let points = Points::new(array.values(), Metric::Euclidean, context).unwrap();
        let moments = Moments::of(&points, context).unwrap();
        let spread = moments.spread_per_row();
        let filter =
            Filter::with_kind(fastcluster_kernels::panels::Kind::Bytes, &moments.mean, spread);
        let start = CenterValues::Single(values[..k * d].iter().map(|v| *v as f32).collect());
        let mut course = Course::begin(&points, &filter, start, "groups".into(), context);
        let mut sieve = Sieve::new(&filter, n, k);
        let still = Drift::new(k, Vec::new());
        let first = course.pass(&mut sieve, &still, None, "first", context).unwrap();
        assert_eq!(first.n_scored, (n * k) as u64, "nothing is known before");
        assert!(first.n_rechecked >= n as u64, "every row's own distance is taken");
        let again = course.pass(&mut sieve, &still, None, "again", context).unwrap();
        assert_eq!((again.n_scored, again.n_rechecked), (0, 0), "nothing moved");
        let drift = course.go(Step::Creep, random);
        let crept = course.pass(&mut sieve, &drift, None, "crept", context).unwrap();
        assert_eq!((crept.n_scored, crept.n_rechecked), (0, 0), "by far less than rows lead");
        // One center goes to its neighbor: only rows of the two are looked at.
        let place: Vec<f64> = course.centers.working(1).iter().map(|value| value + 1.0).collect();
        let drift = course.put(&[(0, place)]);
        let jumped = course.pass(&mut sieve, &drift, None, "jumped", context).unwrap();
        let rows_of = |label: usize| (0..n).filter(|row| row % k == label).count() as u64;
        assert!(jumped.n_changed >= rows_of(0), "its rows have lost it");
        assert!(jumped.n_scored <= (n * k) as u64 / 2, "{} pairs", jumped.n_scored);
    });
}

/// Work and states are the same for any number of threads.
#[test]
fn passes_do_not_depend_on_threads() {
    for metric in METRICS {
        for directions in [Directions::None, Directions::Principal] {
            let on = |n_threads| {
                let shape = (Kind::Groups, Type::F32, metric, directions);
                let size = Size { n: 1100, d: 64, k: 60 };
                with_threads(n_threads, |context| follow(shape, size, 5, context)).unwrap()
            };
            let one = on(1);
            for n_threads in [2, 3, 7] {
                assert_eq!(on(n_threads), one, "{n_threads} threads, {metric:?}, {directions:?}");
            }
        }
    }
}

/// Runs these tests in a process per instruction set.
#[test]
fn labels_and_bounds_hold_on_every_instruction_set() {
    for level in Level::available().into_iter().filter(|level| *level != Level::current()) {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["sieve::tests::", "--skip", "instruction_set"])
            .env("FASTCLUSTER_ISA", level.name())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}: {text}", level.name());
        assert!(text.contains("test result: ok. 5 passed"), "{text}");
    }
}
