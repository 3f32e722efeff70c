//! Rows made to be hard on bounds, in several types, and directions for their sketches.

use half::f16;
use ndarray::Array2;

use crate::Context;
use crate::filter::Sketch;
use crate::points::{Points, Values};
use crate::rng::Stream;

/// Counts along a stream.
pub(super) struct Random(Stream, u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(Stream::new(seed, 99), 0)
    }

    fn uniform(&mut self) -> f64 {
        self.1 += 1;
        self.0.uniform(self.1)
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        ((self.uniform() * n as f64) as usize).min(n - 1)
    }

    pub(super) fn normal(&mut self) -> f64 {
        ((0..4).map(|_| self.uniform()).sum::<f64>() - 2.0) * 3.0_f64.sqrt()
    }

    pub(super) fn normals(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.normal()).collect()
    }
}

/// Rows of one type.
pub(super) enum Array {
    F16(Array2<f16>),
    F32(Array2<f32>),
    F64(Array2<f64>),
    U8(Array2<u8>),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Type {
    F16,
    F32,
    F64,
    U8,
}

impl Array {
    pub(super) fn new(element: Type, values: &[f64], d: usize) -> Self {
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

    pub(super) fn values(&self) -> Values<'_> {
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
pub(super) enum Kind {
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

pub(super) const KINDS: [Kind; 9] = [
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

pub(super) fn rows(kind: Kind, n: usize, d: usize, random: &mut Random) -> Vec<f64> {
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

pub(super) fn scale(values: &mut [f64], factor: f64) {
    for value in values {
        *value *= factor;
    }
}

/// What directions a sketch has; none without one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Directions {
    None,
    /// Normal values: short of orthonormal by far.
    Any,
    /// Axes.
    Axes,
    /// Those that a fit finds.
    Principal,
}

pub(super) const DIRECTIONS: [Directions; 4] =
    [Directions::None, Directions::Any, Directions::Axes, Directions::Principal];

pub(super) fn sketch(
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
