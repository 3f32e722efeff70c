//! Dendrograms from condensed distances, in place.
//!
//! Three algorithms serve the seven methods: `spanning` single, `chain` complete, average, weighted and Ward,
//! `generic` centroid and median. Which of equally near pairs is joined first is defined by the order in which they
//! visit slots and by the last bit of the update formulas; both are those of the older `fastcluster` package.

mod active;
mod chain;
mod generic;
mod matrix;
mod spanning;
mod update;

use super::Method;
use super::dendrogram::{self, Join, Merge};
use crate::Error;
use crate::observer::Observer;
use matrix::Matrix;

/// The dendrogram of `n` rows from their n·(n − 1)/2 distances, none of them NaN, which are used as scratch memory.
///
/// Ward, centroid and median linkage take distances, not squared ones, and square them themselves.
///
/// # Errors
/// [`Error::NotCondensed`], [`Error::NotANumber`] where distances overflow, [`Error::Cancelled`].
pub fn linkage(
    distances: &mut [f64],
    n: usize,
    method: Method,
    observer: &Observer,
) -> Result<Vec<Merge>, Error> {
    if n < 2 || method == Method::Single {
        return single(distances, n, observer);
    }
    check(distances, n)?;
    if method.is_squared() {
        for distance in distances.iter_mut() {
            *distance *= *distance;
        }
    }
    let matrix = Matrix::new(distances, n);
    let mut joins = match method {
        Method::Centroid | Method::Median => generic::joins(method, matrix, observer)?,
        _ => chain::joins(method, matrix, vec![1; n], observer)?,
    };
    if method.is_squared() {
        // Before they are sorted: squares that differ by a bit can have the same root.
        for join in &mut joins {
            join.height = join.height.sqrt();
        }
    }
    Ok(match method {
        Method::Centroid | Method::Median => dendrogram::numbered(n, &joins),
        _ => dendrogram::ascending(n, joins),
    })
}

/// The same for [`Method::Single`], which only reads the distances.
///
/// # Errors
/// [`Error::NotCondensed`], [`Error::Cancelled`].
pub fn single(distances: &[f64], n: usize, observer: &Observer) -> Result<Vec<Merge>, Error> {
    check(distances, n)?;
    if n < 2 {
        return Ok(Vec::new());
    }
    Ok(dendrogram::ascending(n, spanning::joins(distances, n, observer)?))
}

fn check(distances: &[f64], n: usize) -> Result<(), Error> {
    if distances.len() == n * n.saturating_sub(1) / 2 {
        Ok(())
    } else {
        Err(Error::NotCondensed { found: distances.len(), n })
    }
}

/// The joins of clusters of the given sizes; distances are squared where the method squares.
pub(super) fn chain_joins(
    distances: &mut [f64],
    sizes: Vec<u32>,
    method: Method,
    observer: &Observer,
) -> Result<Vec<Join>, Error> {
    let matrix = Matrix::new(distances, sizes.len());
    chain::joins(method, matrix, sizes, observer)
}

/// Where the least value first is, and the value.
fn first_least(values: &[f64]) -> Option<(usize, f64)> {
    let mut values = values.iter().copied().enumerate();
    let first = values.next()?;
    Some(values.fold(first, |least, next| if next.1 < least.1 { next } else { least }))
}
