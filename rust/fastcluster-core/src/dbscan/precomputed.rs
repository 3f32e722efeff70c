//! DBSCAN of distances that the caller has.
//!
//! # Idea
//! Row i of the matrix holds the distances from row i, so its neighbourhood is known at once and nothing has to be kept:
//! one parallel pass finds the core rows, then a search follows the neighbours of each core row once. The search takes
//! the matrix as it is, also where it is not symmetric: a row is in the first cluster that reaches it over core rows.
//! As in scikit-learn, a row is its own neighbour only if the matrix says so, and of a sparse matrix only entries that
//! are there count, the diagonal as if all of it were there.
//!
//! # Cost
//! Each distance is read at most twice; n bytes and the labels are kept.
//!
//! # Source
//! Ester, Kriegel, Sander and Xu, KDD 1996; the treatment of the matrix is scikit-learn's.

use super::{Fit, NOISE, Params, Weights, check_eps};
use crate::points::{Csr, Values, block_rows};
use crate::{Context, Error};

/// Rows read by one thread at a time.
const BLOCK_ROWS: usize = 64;

/// Clusters rows by the square matrix of their distances.
///
/// # Errors
/// As [`super::fit`], and [`Error::NotSquare`], [`Error::NegativeDistance`].
pub fn fit(
    distances: Values<'_>,
    params: &Params,
    sample_weight: Option<&[f64]>,
    context: &Context<'_>,
) -> Result<Fit, Error> {
    let (n_rows, n_columns) = distances.shape();
    if n_rows != n_columns {
        return Err(Error::NotSquare { n_rows, n_columns });
    }
    if n_rows > u32::MAX as usize {
        return Err(Error::TooManyPoints { n_samples: n_rows });
    }
    check_eps(params.eps)?;
    let weights = Weights::new(n_rows, params.min_samples, sample_weight)?;
    let matrix = Matrix { distances, eps: params.eps, own: true };
    let mut cores = vec![false; n_rows];
    context.pool.map_blocks(
        context.observer,
        &mut cores,
        BLOCK_ROWS,
        || vec![0.0; n_columns],
        |scratch, block, cores| {
            for (row, core) in block_rows(block, BLOCK_ROWS, n_rows).zip(cores) {
                let mut total = 0;
                matrix.neighbors(row, scratch, |other| total += weights.of(other as u32))?;
                *core = weights.suffice(total);
            }
            Ok(())
        },
    )?;
    let labels = search(&matrix, &cores, context)?;
    Ok(Fit { labels, cores })
}

/// The label of each row by its distances to the rows of the fit, whose labels `core_labels` are, [`NOISE`] for rows
/// that are not core: the smallest within `eps`.
///
/// # Errors
/// [`Error::BadEps`], [`Error::WidthMismatch`], [`Error::NegativeDistance`], [`Error::Cancelled`].
pub fn predict(
    distances: Values<'_>,
    core_labels: &[i64],
    eps: f64,
    context: &Context<'_>,
) -> Result<Vec<i64>, Error> {
    let (n_rows, n_columns) = distances.shape();
    check_eps(eps)?;
    if core_labels.len() != n_columns {
        let found = core_labels.len();
        return Err(Error::WidthMismatch {
            name: "the rows of the fit",
            found,
            expected: n_columns,
        });
    }
    let matrix = Matrix { distances, eps, own: false };
    let mut labels = vec![NOISE; n_rows];
    context.pool.map_blocks(
        context.observer,
        &mut labels,
        BLOCK_ROWS,
        || vec![0.0; n_columns],
        |scratch, block, labels| {
            for (row, label) in block_rows(block, BLOCK_ROWS, n_rows).zip(labels) {
                matrix.neighbors(row, scratch, |other| {
                    let found = core_labels[other];
                    if found != NOISE && (*label == NOISE || found < *label) {
                        *label = found;
                    }
                })?;
            }
            Ok(())
        },
    )?;
    Ok(labels)
}

/// Labels the rows that each core row reaches, in the order of core rows.
fn search(matrix: &Matrix<'_>, cores: &[bool], context: &Context<'_>) -> Result<Vec<i64>, Error> {
    let mut labels = vec![NOISE; cores.len()];
    let mut scratch = vec![0.0; cores.len()];
    let (mut n_clusters, mut open) = (0, Vec::new());
    for first in 0..cores.len() {
        if !cores[first] || labels[first] != NOISE {
            continue;
        }
        labels[first] = n_clusters;
        open.push(first);
        while let Some(row) = open.pop() {
            context.observer.check()?;
            matrix.neighbors(row, &mut scratch, |other| {
                if labels[other] == NOISE {
                    labels[other] = n_clusters;
                    if cores[other] {
                        open.push(other);
                    }
                }
            })?;
        }
        n_clusters += 1;
    }
    Ok(labels)
}

/// Distances, and which of them make neighbours.
struct Matrix<'a> {
    distances: Values<'a>,
    eps: f64,
    /// Whether rows and columns are the same, so that an absent diagonal entry is a zero.
    own: bool,
}

impl Matrix<'_> {
    /// Hands on the neighbours of a row.
    fn neighbors(
        &self,
        row: usize,
        scratch: &mut [f64],
        mut take: impl FnMut(usize),
    ) -> Result<(), Error> {
        match &self.distances {
            Values::Csr32(matrix) => self.sparse(row, matrix, &mut take),
            Values::Csr64(matrix) => self.sparse(row, matrix, &mut take),
            dense => {
                dense.read_64(row, scratch);
                scratch
                    .iter()
                    .enumerate()
                    .try_for_each(|(column, value)| self.entry([row, column], *value, &mut take))
            }
        }
    }

    fn sparse<T: Copy + Into<f64>>(
        &self,
        row: usize,
        matrix: &Csr<'_, T>,
        take: &mut impl FnMut(usize),
    ) -> Result<(), Error> {
        let mut own = self.own;
        for (column, value) in matrix.entries(row) {
            own &= column != row;
            self.entry([row, column], value.into(), take)?;
        }
        if own {
            take(row);
        }
        Ok(())
    }

    fn entry(
        &self,
        [row, column]: [usize; 2],
        value: f64,
        take: &mut impl FnMut(usize),
    ) -> Result<(), Error> {
        if value < 0.0 {
            return Err(Error::NegativeDistance { row, column, value });
        }
        if value <= self.eps {
            take(column);
        }
        Ok(())
    }
}
