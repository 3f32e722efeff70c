//! Dendrograms from condensed distances.
//!
//! Three algorithms serve the seven methods: `spanning` single, `chain` complete, average, weighted and Ward,
//! `generic` centroid and median. Which of equally near pairs is joined first is defined by the order in which they
//! visit clusters and by the last bit of the update formulas; both are those of the older `fastcluster` package.

mod active;
mod chain;
mod clusters;
mod generic;
mod matrix;
mod prepare;
mod spanning;
mod update;

use super::Method;
use super::dendrogram::{self, Join, Merge};
use crate::Error;
use crate::observer::Observer;
use matrix::Matrix;

/// The dendrogram of `n` rows from their n·(n − 1)/2 distances, which are used as scratch memory.
///
/// Ward, centroid and median linkage take distances, not squared ones, and square them themselves.
///
/// # Errors
/// [`Error::NotCondensed`]; [`Error::NanDistance`], but for single linkage, which takes none; [`Error::NotANumber`]
/// where distances overflow; [`Error::Cancelled`].
pub fn linkage(
    distances: &mut [f64],
    n: usize,
    method: Method,
    observer: &Observer,
) -> Result<Vec<Merge>, Error> {
    any(None, distances, n, (method, observer))
}

/// The same from distances that stay: `scratch` takes as many.
///
/// # Errors
/// As [`linkage`].
pub fn linkage_of(
    distances: &[f64],
    scratch: &mut [f64],
    n: usize,
    method: Method,
    observer: &Observer,
) -> Result<Vec<Merge>, Error> {
    check(distances, n)?;
    any(Some(distances), scratch, n, (method, observer))
}

fn any(
    given: Option<&[f64]>,
    distances: &mut [f64],
    n: usize,
    (method, observer): (Method, &Observer),
) -> Result<Vec<Merge>, Error> {
    if n < 2 || method == Method::Single {
        return single(given.unwrap_or(distances), n, observer);
    }
    check(distances, n)?;
    let by_heap = matches!(method, Method::Centroid | Method::Median);
    let mut nearest = Vec::new();
    let see = |row: &[f64]| {
        if by_heap {
            nearest.push(first_least(row).unwrap_or((0, f64::INFINITY)));
        }
    };
    prepare::rows(given, (&mut *distances, n), method.is_squared(), see, observer)?;
    let matrix = Matrix::new(distances, n);
    let mut joins = if by_heap {
        generic::joins(method, matrix, &nearest, observer)?
    } else {
        chain::joins(method, matrix, vec![1; n], observer)?
    };
    if method.is_squared() {
        // Before they are sorted: squares that differ by a bit can have the same root.
        for join in &mut joins {
            join.height = join.height.sqrt();
        }
    }
    Ok(if by_heap { dendrogram::numbered(n, &joins) } else { dendrogram::ascending(n, joins) })
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

/// A distance and a name that come after all others.
const FARTHEST: (f64, u32) = (f64::INFINITY, u32::MAX);

/// Whether the one distance and name come before the other: equally near clusters are taken in the order of names.
#[inline]
fn is_nearer(one: (f64, u32), other: (f64, u32)) -> bool {
    one.0 < other.0 || one.0 == other.0 && one.1 < other.1
}

/// Where the least value first is, and the value; none where no value is a number.
fn first_least(values: &[f64]) -> Option<(usize, f64)> {
    let lesser = |least: f64, value: f64| if value < least { value } else { least };
    let mut lanes = [f64::INFINITY; 8];
    let (chunks, rest) = values.as_chunks::<8>();
    for chunk in chunks {
        for (least, value) in lanes.iter_mut().zip(chunk) {
            *least = lesser(*least, *value);
        }
    }
    let least = lanes.iter().chain(rest).copied().fold(f64::INFINITY, lesser);
    let at = values.iter().position(|value| *value == least)?;
    Some((at, values[at]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn the_first_of_the_least_values_is_found() {
        let stream = Stream::new(1, 7);
        for n in 0..100_u64 {
            let values: Vec<f64> =
                (0..n).map(|at| (stream.uniform(100 * n + at) * 9.0).floor()).collect();
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let found = values.iter().position(|value| *value == least).map(|at| (at, least));
            assert_eq!(first_least(&values), found);
        }
        assert_eq!(first_least(&[f64::INFINITY; 20]), Some((0, f64::INFINITY)));
        assert_eq!(first_least(&[f64::NAN, 1.0]), Some((1, 1.0)));
        assert_eq!(first_least(&[f64::NAN; 20]), None);
    }
}
