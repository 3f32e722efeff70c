//! Pass after pass, labels are a float64 brute force's and every bound that is kept holds, whatever the centers do and
//! whatever the scores are made of.
//!
//! Fits choose sieves and sketches where they pay, and move centers to means; here both are forced, on small data.

use std::process::Command;

use fastcluster_kernels::{Level, bounds};
use half::f16;
use ndarray::Array2;

use super::{Input, Sieve};
use crate::assign::{Change, Drift, Pass, RowState, Work};
use crate::centers::{CenterValues, Centers};
use crate::filter::{Filter, Sketch, Stored};
use crate::naive::squared_distance;
use crate::observer::Observer;
use crate::points::{Metric, Moments, Points, Values};
use crate::pool::Pool;
use crate::rng::Stream;
use crate::{Context, Error};

const METRICS: [Metric; 2] = [Metric::Euclidean, Metric::Cosine];

/// Counts along a stream.
struct Random(Stream, u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(Stream::new(seed, 99), 0)
    }

    fn uniform(&mut self) -> f64 {
        self.1 += 1;
        self.0.uniform(self.1)
    }

    fn below(&mut self, n: usize) -> usize {
        ((self.uniform() * n as f64) as usize).min(n - 1)
    }

    fn normal(&mut self) -> f64 {
        ((0..4).map(|_| self.uniform()).sum::<f64>() - 2.0) * 3.0_f64.sqrt()
    }

    fn normals(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.normal()).collect()
    }
}

/// Rows of one type.
enum Array {
    F16(Array2<f16>),
    F32(Array2<f32>),
    F64(Array2<f64>),
    U8(Array2<u8>),
}

#[derive(Clone, Copy, Debug)]
enum Type {
    F16,
    F32,
    F64,
    U8,
}

impl Array {
    fn new(element: Type, values: &[f64], d: usize) -> Self {
        fn laid<T>(values: &[f64], d: usize, round: impl Fn(f64) -> T) -> Array2<T> {
            Array2::from_shape_fn((values.len() / d, d), |(i, j)| round(values[i * d + j]))
        }
        match element {
            Type::F16 => Self::F16(laid(values, d, |value| f16::from_f64(value.clamp(-6e4, 6e4)))),
            Type::F32 => Self::F32(laid(values, d, |value| value as f32)),
            Type::F64 => Self::F64(laid(values, d, |value| value)),
            Type::U8 => Self::U8(laid(values, d, |value| (16.0 * value + 128.0).round() as u8)),
        }
    }

    fn values(&self) -> Values<'_> {
        match self {
            Self::F16(array) => Values::F16(array.view()),
            Self::F32(array) => Values::F32(array.view()),
            Self::F64(array) => Values::F64(array.view()),
            Self::U8(array) => Values::U8(array.view()),
        }
    }
}

/// What rows are like.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Normal,
    /// Around few points, in few dimensions: what a sketch is for.
    Groups,
    /// Small integers: many ties.
    Lattice,
    /// Few distinct rows.
    Repeated,
    /// One row in 50 a million times as far away.
    Outliers,
    /// One row in 50 of a norm of 10¹⁰ among rows of 10⁻³.
    Huge,
    /// Rows whose squares leave float32, among some that do not.
    Tiny,
    /// Far from the origin.
    Offset,
    /// One row in five of zeros.
    Zeros,
}

const KINDS: [Kind; 9] = [
    Kind::Normal,
    Kind::Groups,
    Kind::Lattice,
    Kind::Repeated,
    Kind::Outliers,
    Kind::Huge,
    Kind::Tiny,
    Kind::Offset,
    Kind::Zeros,
];

fn rows(kind: Kind, n: usize, d: usize, random: &mut Random) -> Vec<f64> {
    let mut values = random.normals(n * d);
    let rare = |row: usize| row % 50 == 17;
    match kind {
        Kind::Normal => {}
        Kind::Groups => {
            let points = 8.min(d);
            let groups = random.normals(20 * points);
            for (row, values) in values.chunks_mut(d).enumerate() {
                let group = &groups[row * 7 % 20 * points..][..points];
                for (feature, value) in values.iter_mut().enumerate() {
                    *value = 0.05 * *value + group.get(feature % (d / points)).unwrap_or(&0.0);
                }
            }
        }
        Kind::Lattice => values.iter_mut().for_each(|value| *value = value.round()),
        Kind::Repeated => (0..n * d).rev().for_each(|at| values[at] = values[at % (9 * d)]),
        Kind::Outliers | Kind::Huge => {
            let (small, large) = if matches!(kind, Kind::Huge) { (1e-3, 1e10) } else { (1.0, 1e6) };
            for (row, values) in values.chunks_mut(d).enumerate() {
                let factor = if rare(row) { large } else { small };
                scale(values, factor);
            }
        }
        Kind::Tiny => {
            for (row, values) in values.chunks_mut(d).enumerate() {
                let factor = [1.0, 1e-12, 1e-21, 1e-30, 1e-40][row % 5];
                scale(values, factor);
            }
        }
        Kind::Offset => values.iter_mut().for_each(|value| *value += 1e4),
        Kind::Zeros => {
            values.chunks_mut(d).step_by(5).for_each(|row| row.fill(0.0));
        }
    }
    values
}

fn scale(values: &mut [f64], factor: f64) {
    for value in values {
        *value *= factor;
    }
}

/// What directions a sketch has; none without one.
#[derive(Clone, Copy, Debug)]
enum Directions {
    None,
    /// Normal values: short of orthonormal by far.
    Any,
    /// Axes.
    Axes,
    /// Those that a fit finds.
    Principal,
}

const DIRECTIONS: [Directions; 4] =
    [Directions::None, Directions::Any, Directions::Axes, Directions::Principal];

fn sketch(
    directions: Directions,
    points: &Points<'_>,
    mean: &[f32],
    random: &mut Random,
    context: &Context<'_>,
) -> Option<Sketch> {
    let d = points.n_features();
    let n_dims = d.div_ceil(3);
    match directions {
        Directions::None => None,
        Directions::Any => {
            let norm = (d as f64).sqrt();
            let basis: Vec<f32> =
                random.normals(n_dims * d).iter().map(|value| (value / norm) as f32).collect();
            Some(Sketch::along(&basis, d))
        }
        Directions::Axes => {
            let at = |at: usize| f32::from(u8::from(at % d == (at / d * 5 + 1) % d));
            Some(Sketch::along(&(0..n_dims * d).map(at).collect::<Vec<f32>>(), d))
        }
        Directions::Principal => {
            (d >= 64).then(|| Sketch::of_size(points, mean, 32, context).unwrap())
        }
    }
}

/// Where centers go between two passes.
#[derive(Clone, Copy, Debug)]
enum Step {
    Stay,
    /// All of them a little.
    Creep,
    /// All of them, each by its own amount, some not at all.
    Mixed,
    /// One in seven to a row, as when it is relocated.
    Jump,
    /// Two of them swap places.
    Swap,
    /// One goes far away, or comes back.
    Leave,
    /// To the means of their rows.
    Mean,
}

const STEPS: [Step; 13] = [
    Step::Stay,
    Step::Mean,
    Step::Creep,
    Step::Leave,
    Step::Stay,
    Step::Jump,
    Step::Mean,
    Step::Swap,
    Step::Mixed,
    Step::Mean,
    Step::Leave,
    Step::Mean,
    Step::Mean,
];

/// A fit's passes, taken by hand.
struct Course<'a, 'p> {
    points: &'a Points<'p>,
    filter: &'a Filter,
    centers: Centers,
    states: Vec<RowState>,
    /// The rows in working space.
    rows: Vec<Vec<f64>>,
    what: String,
}

impl<'a, 'p> Course<'a, 'p> {
    /// After a first pass that knows nothing.
    fn begin(
        points: &'a Points<'p>,
        filter: &'a Filter,
        start: CenterValues,
        what: String,
        context: &Context<'_>,
    ) -> Self {
        let centers = Centers::new(start, points);
        let plain = filter.clone().with_sketch(None);
        let panels = plain.pack_all(&centers);
        let pass = Pass {
            points,
            filter: &plain,
            stored: None,
            centers: &centers,
            panels: &panels,
            drift: None,
            moved: None,
        };
        let mut states = RowState::unknown(points.n_rows());
        pass.run(context, &mut states).unwrap();
        let mut rows = vec![vec![0.0; points.n_features()]; points.n_rows()];
        rows.iter_mut().enumerate().for_each(|(row, values)| points.read_64(row, values));
        let course = Self { points, filter, centers, states, rows, what };
        for (row, state) in course.states.iter().enumerate() {
            assert_eq!(state.label, course.label(row), "row {row}, {}, first pass", course.what);
        }
        course
    }

    /// The squared distance that defines labels.
    fn squared(&self, row: usize, center: usize) -> f64 {
        if self.centers.is_void(center) {
            return 2.0;
        }
        squared_distance(&self.rows[row], self.centers.working(center))
    }

    fn label(&self, row: usize) -> u32 {
        if self.points.is_void(row) {
            return 0;
        }
        let mut nearest = (f64::INFINITY, 0);
        for center in 0..self.centers.len() {
            let squared = self.squared(row, center);
            if squared < nearest.0 {
                nearest = (squared, center as u32);
            }
        }
        nearest.1
    }

    /// Moves centers, and tells how.
    fn go(&mut self, step: Step, random: &mut Random) -> Drift {
        let (k, d) = (self.centers.len(), self.points.n_features());
        let mut places: Vec<Vec<f64>> =
            (0..k).map(|at| self.centers.working(at).to_vec()).collect();
        let size = self.rows[0].iter().map(|value| value * value).sum::<f64>().sqrt();
        let size = size / (d as f64).sqrt();
        match step {
            Step::Stay => {}
            Step::Creep | Step::Mixed => {
                for (index, place) in places.iter_mut().enumerate() {
                    let factor = match step {
                        Step::Creep => 0.01 * size,
                        _ => [0.0, 1e-9, 1e-4, 0.1, 2.0][index % 5] * size,
                    };
                    for value in place {
                        *value += factor * random.normal();
                    }
                }
            }
            Step::Jump => {
                for place in places.iter_mut().step_by(7) {
                    place.clone_from(&self.rows[random.below(self.rows.len())]);
                }
            }
            Step::Swap => places.swap(0, k - 1),
            Step::Leave => scale(&mut places[k / 2], -1e3),
            Step::Mean => self.means(&mut places),
        }
        let places: Vec<(usize, Vec<f64>)> = places.into_iter().enumerate().collect();
        self.put(&places)
    }

    /// Puts centers at their new places, and tells how they moved.
    fn put(&mut self, places: &[(usize, Vec<f64>)]) -> Drift {
        let mut drift = Drift::new(self.centers.len(), Vec::new());
        for (index, place) in places {
            let old = self.centers.working(*index).to_vec();
            let was_void = self.centers.is_void(*index);
            if *place != old {
                self.centers.set(*index, place);
                drift.note(*index, (&old, was_void), &self.centers, self.filter);
            }
        }
        drift
    }

    /// A pass of the sieve, and all that can be asserted of it.
    fn pass(
        &mut self,
        sieve: &mut Sieve,
        drift: &Drift,
        stored: Option<&Stored>,
        what: &str,
        context: &Context<'_>,
    ) -> Result<Work, Error> {
        let before = self.states.clone();
        let (points, filter) = (self.points, self.filter);
        let input = Input { points, filter, stored, centers: &self.centers };
        let work = sieve.pass(input, drift, &mut self.states, context)?;
        self.check(&before, &work, what);
        self.check_bounds(sieve, what);
        Ok(work)
    }

    fn means(&self, places: &mut [Vec<f64>]) {
        let mut counts = vec![0.0; places.len()];
        let mut sums = vec![vec![0.0; self.points.n_features()]; places.len()];
        for (row, state) in self.rows.iter().zip(&self.states) {
            let label = state.label as usize;
            counts[label] += 1.0;
            sums[label].iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        for ((place, sum), count) in places.iter_mut().zip(&sums).zip(&counts) {
            if *count > 0.0 {
                place.iter_mut().zip(sum).for_each(|(value, sum)| *value = sum / count);
            }
        }
    }

    /// Asserts what a pass found, and what it did to get there.
    fn check(&self, before: &[RowState], work: &Work, what: &str) {
        let what = format!("{}, {what}", self.what);
        let mut changes = Vec::new();
        for (row, (state, before)) in self.states.iter().zip(before).enumerate() {
            let (right, old) = (self.label(row), before.label);
            assert_eq!(state.label, right, "row {row}, {what}");
            if right != old {
                changes.push(Change { row: row as u32, old, new: right });
            }
        }
        assert_eq!(work.changes, changes, "{what}");
        assert_eq!(work.n_changed, changes.len() as u64, "{what}");
        let pairs = (self.rows.len() * self.centers.len()) as u64;
        assert!(work.n_scored <= pairs, "{what}: {} of {pairs} pairs scored", work.n_scored);
    }

    /// Asserts that no row is farther from its center, and no other center of a group nearer, than is kept.
    fn check_bounds(&self, sieve: &Sieve, what: &str) {
        let layout = sieve.layout.as_ref().unwrap();
        let n_groups = layout.n_groups();
        let kept = sieve.beyond.iter().map(|block| size_of_val(&block[..]) as u64).sum::<u64>();
        let told = Sieve::memory_bytes(self.rows.len(), self.centers.len());
        assert!(kept <= told, "{kept} bytes where {told} were reckoned with: {}", self.what);
        for (first, states) in self.states.chunks(256).enumerate() {
            let beyond = &sieve.beyond[first];
            assert_eq!(beyond.len(), n_groups * states.len());
            for (at, state) in states.iter().enumerate() {
                let row = first * 256 + at;
                if self.points.is_void(row) {
                    continue;
                }
                let what = || format!("row {row}, {}, {what}", self.what);
                let own = self.squared(row, state.label as usize).sqrt();
                assert!(f64::from(state.upper) >= own * (1.0 - 1e-12), "own {own:e}: {}", what());
                for group in 0..n_groups {
                    let mut worth = [0.0];
                    let kept = [beyond[group * states.len() + at]];
                    bounds::closest(
                        Level::current(),
                        &kept,
                        &sieve.moved[group..=group],
                        &mut worth,
                    );
                    let members = layout.order.chunks(layout.width).nth(group).unwrap();
                    let others = members.iter().filter(|other| **other != state.label);
                    let least = others
                        .map(|other| self.squared(row, *other as usize).sqrt())
                        .fold(f64::INFINITY, f64::min);
                    assert!(
                        f64::from(worth[0]) <= least * (1.0 + 1e-12),
                        "group {group}: {:e} is above {least:e}: {}",
                        worth[0],
                        what()
                    );
                }
            }
        }
    }
}

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
    let stored = if seed.is_multiple_of(3) { None } else { filter.store(&points, context)? };
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

/// Runs the tests of this file in a process per instruction set.
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
