//! Some rows in a form in which they are exact, to be compared with another block's.

use super::Near;
use crate::points::Points;

/// Features per stored entry from which merging entries is quicker than subtracting whole rows.
const SPARSE_FEATURES: usize = 16;

/// Values of a block: 512 KiB in float64, so that two blocks stay in a cache of 1 MiB where rows are not very long.
const BLOCK_VALUES: usize = 65_536;

/// How rows are held to be compared.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Form {
    /// As they are.
    Single,
    /// In working space.
    #[default]
    Double,
    /// The same, entries only.
    Entries,
}

impl Form {
    /// The quickest form of rows.
    pub(super) fn of(points: &Points<'_>) -> Self {
        let sparse = |entries: usize| {
            entries.saturating_mul(SPARSE_FEATURES) / points.n_rows() <= points.n_features()
        };
        if points.n_entries().is_some_and(sparse) {
            Self::Entries
        } else if points.is_exact_32() {
            Self::Single
        } else {
            Self::Double
        }
    }

    /// The form in which the rows of both can be compared.
    pub(super) fn common(one: &Points<'_>, other: &Points<'_>) -> Self {
        let form = Self::of(one);
        if form == Self::of(other) { form } else { Self::Double }
    }

    /// Rows per block.
    pub(super) fn rows_per_block(self, n_features: usize) -> usize {
        if self == Self::Entries { 256 } else { (BLOCK_VALUES / n_features).clamp(8, 256) }
    }
}

/// Rows of one form.
#[derive(Debug, Default)]
pub(super) struct Block {
    form: Form,
    n_features: usize,
    n_rows: usize,
    single: Vec<f32>,
    double: Vec<f64>,
    entries: Vec<Vec<(u32, f64)>>,
}

impl Block {
    /// Reads the rows; `form` is [`Form::Double`] or theirs.
    pub(super) fn read(
        &mut self,
        points: &Points<'_>,
        rows: impl ExactSizeIterator<Item = usize>,
        form: Form,
    ) {
        let d = points.n_features();
        (self.form, self.n_features, self.n_rows) = (form, d, rows.len());
        match form {
            Form::Single => {
                self.single.resize(rows.len() * d, 0.0);
                let mut scratch = vec![0.0; d];
                for (row, out) in rows.zip(self.single.chunks_exact_mut(d)) {
                    out.copy_from_slice(points.row_32(row, &mut scratch));
                }
            }
            Form::Double => {
                self.double.resize(rows.len() * d, 0.0);
                for (row, out) in rows.zip(self.double.chunks_exact_mut(d)) {
                    points.read_64(row, out);
                }
            }
            Form::Entries => {
                self.entries.resize_with(rows.len(), Vec::new);
                for (row, out) in rows.zip(&mut self.entries) {
                    points.read_entries(row, out);
                }
            }
        }
    }

    /// Rows read.
    pub(super) fn len(&self) -> usize {
        self.n_rows
    }

    /// Whether row `one` of this block and row `two` of the other, of the same form, are neighbours.
    #[inline]
    pub(super) fn near(&self, one: usize, other: &Self, two: usize, near: &Near) -> bool {
        let d = self.n_features;
        match self.form {
            Form::Single => {
                near.are_32(&self.single[one * d..][..d], &other.single[two * d..][..d])
            }
            Form::Double => near.are(&self.double[one * d..][..d], &other.double[two * d..][..d]),
            Form::Entries => near.are_sparse(&self.entries[one], &other.entries[two]),
        }
    }
}
