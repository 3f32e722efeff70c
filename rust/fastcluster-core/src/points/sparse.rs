//! Compressed sparse rows.

use crate::Error;

/// A CSR matrix, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Csr<'a, T> {
    data: &'a [T],
    indices: &'a [i64],
    offsets: &'a [i64],
    n_features: usize,
}

impl<'a, T: Copy> Csr<'a, T> {
    /// Checks that the parts fit: offsets rise from 0 to the number of entries, indices are columns.
    ///
    /// # Errors
    /// [`Error::BadSparse`].
    pub fn new(
        data: &'a [T],
        indices: &'a [i64],
        offsets: &'a [i64],
        n_features: usize,
    ) -> Result<Self, Error> {
        let bad = |reason| Err(Error::BadSparse { reason });
        if offsets.first() != Some(&0) || data.len() != indices.len() {
            return bad("indptr must begin with 0, data and indices must have equal lengths");
        }
        if offsets.windows(2).any(|pair| pair[0] > pair[1]) {
            return bad("indptr must not fall");
        }
        if offsets.last().is_none_or(|last| usize::try_from(*last) != Ok(data.len())) {
            return bad("the last entry of indptr must be the number of entries");
        }
        let columns = 0..n_features as i64;
        if indices.iter().any(|index| !columns.contains(index)) {
            return bad("indices must lie between 0 and the number of columns");
        }
        Ok(Self { data, indices, offsets, n_features })
    }

    pub(crate) fn shape(&self) -> (usize, usize) {
        (self.offsets.len() - 1, self.n_features)
    }

    pub(crate) fn n_entries(&self) -> usize {
        self.data.len()
    }

    /// The columns and values that row `row` holds.
    pub(crate) fn entries(&self, row: usize) -> impl Iterator<Item = (usize, T)> {
        let entries = self.offsets[row] as usize..self.offsets[row + 1] as usize;
        let columns = self.indices[entries.clone()].iter().map(|index| *index as usize);
        columns.zip(self.data[entries].iter().copied())
    }

    /// The entries of each row: column and value.
    pub fn rows(&self, value: impl Fn(T) -> f64) -> Vec<Vec<(u32, f64)>> {
        let entries = |pair: &[i64]| {
            let range = pair[0] as usize..pair[1] as usize;
            let columns = self.indices[range.clone()].iter().map(|column| *column as u32);
            columns.zip(self.data[range].iter().map(|entry| value(*entry))).collect()
        };
        self.offsets.windows(2).map(entries).collect()
    }

    /// Writes row `row` densely; `add` adds an entry to its place, so that repeated entries sum up.
    pub(crate) fn read<U: Copy + Default>(
        &self,
        row: usize,
        out: &mut [U],
        add: impl Fn(&mut U, T),
    ) {
        out.fill(U::default());
        let entries = self.offsets[row] as usize..self.offsets[row + 1] as usize;
        for (index, value) in self.indices[entries.clone()].iter().zip(&self.data[entries]) {
            add(&mut out[*index as usize], *value);
        }
    }
}
