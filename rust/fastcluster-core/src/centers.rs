//! Centers as they are published and as they are computed with.

use std::borrow::Cow;

use fastcluster_kernels::{Level, distance, reduce};

use crate::points::{Metric, Points, inverse_norm};

/// Centers in the caller's type and space.
#[derive(Clone, Debug, PartialEq)]
pub enum CenterValues {
    /// For every input type but float64.
    Single(Vec<f32>),
    /// For float64 input.
    Double(Vec<f64>),
}

impl CenterValues {
    /// `n` values of zero.
    fn zeros(n: usize, double: bool) -> Self {
        if double { Self::Double(vec![0.0; n]) } else { Self::Single(vec![0.0; n]) }
    }

    /// Values in all.
    pub fn len(&self) -> usize {
        match self {
            Self::Single(values) => values.len(),
            Self::Double(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn read(&self, range: std::ops::Range<usize>, out: &mut [f64]) {
        match self {
            Self::Single(values) => {
                for (out, value) in out.iter_mut().zip(&values[range]) {
                    *out = f64::from(*value);
                }
            }
            Self::Double(values) => out.copy_from_slice(&values[range]),
        }
    }

    fn widened(&self, range: std::ops::Range<usize>) -> Cow<'_, [f64]> {
        match self {
            Self::Single(values) => values[range].iter().copied().map(f64::from).collect(),
            Self::Double(values) => Cow::Borrowed(&values[range]),
        }
    }

    /// The same values in the type that belongs to `points`.
    pub(crate) fn matching(self, points: &Points<'_>) -> Self {
        match (self, points.is_double()) {
            (Self::Single(values), true) => {
                Self::Double(values.into_iter().map(f64::from).collect())
            }
            (Self::Double(values), false) => {
                Self::Single(values.into_iter().map(|value| value as f32).collect())
            }
            (same, _) => same,
        }
    }

    /// The largest magnitude.
    pub(crate) fn largest(&self) -> f64 {
        match self {
            Self::Single(values) => {
                f64::from(values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs())))
            }
            Self::Double(values) => reduce::largest_magnitude(Level::current(), values),
        }
    }
}

/// Published centers, and the same in the space in which rows are read: scaled, or normalised under cosine.
///
/// The working values are always derived from the published, rounded ones, so a fit and a later predict agree. They are
/// kept only where they differ: float32 values are widened when they are asked for, a center at a time.
#[derive(Clone, Debug)]
pub(crate) struct Centers {
    n_centers: usize,
    n_features: usize,
    scale: f64,
    metric: Metric,
    published: CenterValues,
    /// None where the published values are these.
    working: Option<Vec<f64>>,
    /// Centers of zeros under cosine.
    void: Vec<bool>,
    scratch: Vec<f64>,
}

impl Centers {
    /// Wraps published centers for use with `points`.
    pub(crate) fn new(published: CenterValues, points: &Points<'_>) -> Self {
        let n_features = points.n_features();
        let n_centers = published.len() / n_features;
        let mut centers = Self {
            n_centers,
            n_features,
            scale: points.scale(),
            metric: points.metric(),
            published,
            working: None,
            void: vec![false; n_centers],
            scratch: vec![0.0; n_features],
        };
        if centers.metric == Metric::Cosine || centers.scale != 1.0 {
            centers.working = Some(vec![0.0; n_centers * n_features]);
            for index in 0..n_centers {
                centers.derive(index);
            }
        }
        centers
    }

    /// Room for `n_centers` centers.
    pub(crate) fn zeros(n_centers: usize, points: &Points<'_>) -> Self {
        let n = n_centers * points.n_features();
        Self::new(CenterValues::zeros(n, points.is_double()), points)
    }

    pub(crate) fn len(&self) -> usize {
        self.n_centers
    }

    pub(crate) fn n_features(&self) -> usize {
        self.n_features
    }

    /// Bytes of all values, in both forms where there are two.
    pub(crate) fn bytes(&self) -> u64 {
        let published = match &self.published {
            CenterValues::Single(values) => size_of_val(&values[..]),
            CenterValues::Double(values) => size_of_val(&values[..]),
        };
        let working = self.working.as_ref().map_or(0, |working| size_of_val(&working[..]));
        (published + working) as u64
    }

    /// The mean of the centers in working space, and their mean squared distance from it.
    pub(crate) fn mean_and_spread(&self) -> (Vec<f64>, f64) {
        let rows = || (0..self.n_centers).map(|index| self.working(index));
        let n = self.n_centers as f64;
        let mut mean = vec![0.0; self.n_features];
        for row in rows() {
            mean.iter_mut().zip(&*row).for_each(|(sum, value)| *sum += value / n);
        }
        let level = Level::current();
        let spread = rows().map(|row| distance::squared_64(level, &row, &mean) / n).sum();
        (mean, spread)
    }

    /// Center `index` in working space.
    pub(crate) fn working(&self, index: usize) -> Cow<'_, [f64]> {
        let range = index * self.n_features..(index + 1) * self.n_features;
        match &self.working {
            Some(working) => Cow::Borrowed(&working[range]),
            None => self.published.widened(range),
        }
    }

    /// The squared distance of two centers in working space.
    pub(crate) fn squared_between(&self, level: Level, a: usize, b: usize) -> f64 {
        match (self.single(a), self.single(b)) {
            (Some(a), Some(b)) => distance::squared_32(level, a, b),
            _ => distance::squared_64(level, &self.working(a), &self.working(b)),
        }
    }

    /// Whether center `index` is a center of zeros under cosine, at distance 1 of everything.
    pub(crate) fn is_void(&self, index: usize) -> bool {
        self.void[index]
    }

    /// Center `index` in float32, where rows compare with it in float32.
    pub(crate) fn single(&self, index: usize) -> Option<&[f32]> {
        match &self.published {
            CenterValues::Single(values)
                if self.metric == Metric::Euclidean && self.scale == 1.0 =>
            {
                Some(&values[index * self.n_features..][..self.n_features])
            }
            _ => None,
        }
    }

    pub(crate) fn into_published(self) -> CenterValues {
        self.published
    }

    /// Publishes center `index`, given in working space; returns its squared movement there.
    ///
    /// Under cosine the center is normalised first; a sum of zero has no direction, and the center stays where it is.
    pub(crate) fn set(&mut self, index: usize, center: &[f64]) -> f64 {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.copy_from_slice(center);
        let factor = match self.metric {
            Metric::Euclidean => 1.0 / self.scale,
            Metric::Cosine => inverse_norm(Level::current(), &scratch),
        };
        if factor == 0.0 {
            self.scratch = scratch;
            return 0.0;
        }
        let range = index * self.n_features..(index + 1) * self.n_features;
        let new = scratch.iter().map(|value| value * factor);
        let published = match &mut self.published {
            CenterValues::Single(values) => {
                replace(&mut values[range.clone()], new.map(|new| new as f32))
            }
            CenterValues::Double(values) => replace(&mut values[range.clone()], new),
        };
        let shift = match &self.working {
            None => published,
            Some(working) => {
                scratch.copy_from_slice(&working[range]);
                self.derive(index);
                distance_of(&scratch, &self.working(index))
            }
        };
        self.scratch = scratch;
        shift
    }

    fn derive(&mut self, index: usize) {
        let range = index * self.n_features..(index + 1) * self.n_features;
        let Some(working) = &mut self.working else { return };
        let working = &mut working[range.clone()];
        self.published.read(range, working);
        let factor = match self.metric {
            Metric::Euclidean => self.scale,
            Metric::Cosine => inverse_norm(Level::current(), working),
        };
        self.void[index] = factor == 0.0;
        if factor != 1.0 {
            for value in working {
                *value *= factor;
            }
        }
    }
}

/// The squared distance of two places, summed in order.
fn distance_of(old: &[f64], new: &[f64]) -> f64 {
    old.iter().zip(new).fold(0.0, |sum, (old, new)| sum + (new - old) * (new - old))
}

/// Writes new values; returns their squared distance from the old ones.
fn replace<T: Copy + Into<f64>>(values: &mut [T], new: impl Iterator<Item = T>) -> f64 {
    let mut shift = 0.0;
    for (value, new) in values.iter_mut().zip(new) {
        let old: f64 = std::mem::replace(value, new).into();
        shift += (new.into() - old) * (new.into() - old);
    }
    shift
}
