//! Rows of every element type and memory layout, and what exactly they hold.

use fastcluster_core::kmeans::Centers;
use fastcluster_core::naive::{self, Table};
use fastcluster_core::points::{Csr, Metric, Points, Values};
use half::{bf16, f16};
use ndarray::{Array2, ArrayView2, ShapeBuilder as _, s};

use crate::random::Random;
use crate::with_threads;

/// Every element type that the core reads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Type {
    F16,
    Bf16,
    F32,
    F64,
    I8,
    U8,
    Csr32,
    Csr64,
}

pub(crate) const TYPES: [Type; 8] =
    [Type::F16, Type::Bf16, Type::F32, Type::F64, Type::I8, Type::U8, Type::Csr32, Type::Csr64];

/// How the rows of an array lie in memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Layout {
    /// Row after row.
    C,
    /// Column after column.
    Fortran,
    /// Every second row and every third column of a larger array.
    Strided,
    /// Rows and columns backwards.
    Reversed,
}

pub(crate) const LAYOUTS: [Layout; 4] =
    [Layout::C, Layout::Fortran, Layout::Strided, Layout::Reversed];

/// An array in a layout; [`Laid::view`] shows it in the order it was given.
pub(crate) struct Laid<T> {
    array: Array2<T>,
    layout: Layout,
}

impl<T: Copy + Default> Laid<T> {
    fn new(values: &[T], n_features: usize, layout: Layout) -> Self {
        let (n, d) = (values.len() / n_features, n_features);
        let at = |row: usize, column: usize| values[row * d + column];
        let array = match layout {
            Layout::C => Array2::from_shape_fn((n, d), |(i, j)| at(i, j)),
            Layout::Fortran => Array2::from_shape_fn((n, d).f(), |(i, j)| at(i, j)),
            Layout::Reversed => Array2::from_shape_fn((n, d), |(i, j)| at(n - 1 - i, d - 1 - j)),
            Layout::Strided => Array2::from_shape_fn((2 * n, 3 * d), |(i, j)| {
                if i % 2 == 0 && j % 3 == 0 { at(i / 2, j / 3) } else { T::default() }
            }),
        };
        Self { array, layout }
    }

    fn view(&self) -> ArrayView2<'_, T> {
        match self.layout {
            Layout::C | Layout::Fortran => self.array.view(),
            Layout::Strided => self.array.slice(s![..;2, ..;3]),
            Layout::Reversed => self.array.slice(s![..;-1, ..;-1]),
        }
    }
}

/// The parts of a CSR matrix.
pub(crate) struct Sparse<T> {
    data: Vec<T>,
    indices: Vec<i64>,
    offsets: Vec<i64>,
    n_features: usize,
}

impl<T: Copy> Sparse<T> {
    fn new(values: &[T], n_features: usize, zero: impl Fn(T) -> bool) -> Self {
        let (mut data, mut indices, mut offsets) = (Vec::new(), Vec::new(), vec![0]);
        for row in values.chunks(n_features) {
            for (column, value) in (0..).zip(row).filter(|(_, value)| !zero(**value)) {
                data.push(*value);
                indices.push(column);
            }
            offsets.push(data.len() as i64);
        }
        Self { data, indices, offsets, n_features }
    }

    fn view(&self) -> Csr<'_, T> {
        Csr::new(&self.data, &self.indices, &self.offsets, self.n_features).unwrap()
    }
}

/// Rows of one type.
pub(crate) enum Array {
    F16(Laid<f16>),
    Bf16(Laid<bf16>),
    F32(Laid<f32>),
    F64(Laid<f64>),
    I8(Laid<i8>),
    U8(Laid<u8>),
    Csr32(Sparse<f32>),
    Csr64(Sparse<f64>),
}

/// An array with the values that it holds, in float64.
pub(crate) struct Data {
    pub(crate) array: Array,
    /// What the array holds, rounded to its type.
    pub(crate) exact: Table,
    pub(crate) element: Type,
}

impl Data {
    /// Rounds `values` to the type; integers take them in steps of 1/16, so that normal values spread over their range.
    pub(crate) fn new(element: Type, layout: Layout, values: &[f64], n_features: usize) -> Self {
        fn laid<T: Copy + Default>(
            values: &[f64],
            (n_features, layout): (usize, Layout),
            round: impl Fn(f64) -> T,
        ) -> (Laid<T>, Vec<T>) {
            let rounded: Vec<T> = values.iter().map(|value| round(*value)).collect();
            (Laid::new(&rounded, n_features, layout), rounded)
        }
        fn widened<T: Copy>(values: &[T], widen: impl Fn(T) -> f64) -> Vec<f64> {
            values.iter().map(|value| widen(*value)).collect()
        }
        let form = (n_features, layout);
        let (array, exact) = match element {
            Type::F16 => {
                let (array, rounded) = laid(values, form, f16::from_f64);
                (Array::F16(array), widened(&rounded, f16::to_f64))
            }
            Type::Bf16 => {
                let (array, rounded) = laid(values, form, bf16::from_f64);
                (Array::Bf16(array), widened(&rounded, bf16::to_f64))
            }
            Type::F32 => {
                let (array, rounded) = laid(values, form, |value| value as f32);
                (Array::F32(array), widened(&rounded, f64::from))
            }
            Type::F64 => {
                let (array, rounded) = laid(values, form, |value| value);
                (Array::F64(array), rounded)
            }
            Type::I8 => {
                let (array, rounded) = laid(values, form, |value| (16.0 * value).round() as i8);
                (Array::I8(array), widened(&rounded, f64::from))
            }
            Type::U8 => {
                let (array, rounded) =
                    laid(values, form, |value| (16.0 * value + 128.0).round() as u8);
                (Array::U8(array), widened(&rounded, f64::from))
            }
            Type::Csr32 => {
                let (_, rounded) = laid(values, form, |value| value as f32);
                let sparse = Sparse::new(&rounded, n_features, |value| value == 0.0);
                (Array::Csr32(sparse), widened(&rounded, f64::from))
            }
            Type::Csr64 => {
                let sparse = Sparse::new(values, n_features, |value| value == 0.0);
                (Array::Csr64(sparse), values.to_vec())
            }
        };
        Self { array, exact: Table::new(exact, n_features), element }
    }

    pub(crate) fn f32(values: &[f64], n_features: usize) -> Self {
        Self::new(Type::F32, Layout::C, values, n_features)
    }

    pub(crate) fn f64(values: &[f64], n_features: usize) -> Self {
        Self::new(Type::F64, Layout::C, values, n_features)
    }

    pub(crate) fn values(&self) -> Values<'_> {
        match &self.array {
            Array::F16(laid) => Values::F16(laid.view()),
            Array::Bf16(laid) => Values::Bf16(laid.view()),
            Array::F32(laid) => Values::F32(laid.view()),
            Array::F64(laid) => Values::F64(laid.view()),
            Array::I8(laid) => Values::I8(laid.view()),
            Array::U8(laid) => Values::U8(laid.view()),
            Array::Csr32(sparse) => Values::Csr32(sparse.view()),
            Array::Csr64(sparse) => Values::Csr64(sparse.view()),
        }
    }

    pub(crate) fn points(&self, metric: Metric) -> Points<'_> {
        with_threads(1, |context| Points::new(self.values(), metric, context)).unwrap()
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.exact.n_rows()
    }

    pub(crate) fn n_features(&self) -> usize {
        self.exact.n_features()
    }

    /// The type of centers that belongs to the data: float64 for float64, else float32.
    pub(crate) fn centers(&self, values: &[f64]) -> Centers {
        match self.element {
            Type::F64 | Type::Csr64 => Centers::Double(values.to_vec()),
            _ => Centers::Single(values.iter().map(|value| *value as f32).collect()),
        }
    }
}

/// Centers in float64.
pub(crate) fn widened(centers: &Centers) -> Vec<f64> {
    match centers {
        Centers::Single(values) => values.iter().map(|value| f64::from(*value)).collect(),
        Centers::Double(values) => values.clone(),
    }
}

/// `values` times the power of two that brings `largest` near 1.
fn scaled(values: &[f64], largest: f64) -> Vec<f64> {
    if largest == 0.0 {
        return values.to_vec();
    }
    let factor = 2.0_f64.powi(-(largest.log2().floor() as i32).clamp(-1000, 1000));
    values.iter().map(|value| value * factor).collect()
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()))
}

/// Tables as the definition of labels sees them: multiplied with one power of two that brings the largest magnitude
/// near 1 (which changes no label, and spares the oracle overflow); under cosine every row by its own, then normalised.
pub(crate) fn seen(rows: &Table, centers: &Table, metric: Metric) -> (Table, Table) {
    let scale =
        |table: &Table, largest| Table::new(scaled(table.values(), largest), table.n_features());
    match metric {
        Metric::Euclidean => {
            let both = largest(rows.values()).max(largest(centers.values()));
            (scale(rows, both), scale(centers, both))
        }
        Metric::Cosine => {
            let unit = |table: &Table| {
                let each = table.rows().flat_map(|row| scaled(row, largest(row)));
                naive::unit(&Table::new(each.collect(), table.n_features()))
            };
            (unit(rows), unit(centers))
        }
    }
}

/// The labels that the definition gives; rows of zeros under cosine have label 0.
pub(crate) fn right_labels(rows: &Table, centers: &Table, metric: Metric) -> Vec<i32> {
    let (seen_rows, seen_centers) = seen(rows, centers, metric);
    let labels = naive::assign(&seen_rows, &seen_centers);
    let void = |row: &[f64]| metric == Metric::Cosine && row.iter().all(|value| *value == 0.0);
    rows.rows().zip(labels).map(|(row, label)| if void(row) { 0 } else { label as i32 }).collect()
}

/// `n` rows around `n_groups` points that lie 20 standard deviations and more apart, and the group of each row.
pub(crate) fn gapped(seed: u64, n: usize, d: usize, n_groups: usize) -> (Vec<f64>, Vec<usize>) {
    let mut random = Random::new(seed);
    let groups: Vec<usize> =
        (0..n).map(|row| if row < n_groups { row } else { random.below(n_groups) }).collect();
    let values = groups.iter().flat_map(|group| {
        let noise = random.normals(d);
        // Group g lies at 20·g on axis g mod d, so every two groups are far apart.
        let group = *group;
        noise.into_iter().enumerate().map(move |(feature, noise)| {
            noise / 4.0 + if feature == group % d { 20.0 * (group + 1) as f64 } else { 0.0 }
        })
    });
    let values = values.collect();
    (values, groups)
}
