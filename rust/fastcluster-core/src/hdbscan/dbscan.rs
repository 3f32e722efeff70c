//! DBSCAN for any radius from one tree: core rows, their components, and border rows.
//!
//! A row is core at radius eps if its core distance is within eps, and two core rows share a cluster if the tree joins
//! them by edges within eps. A row that is not core has fewer than `min_samples` rows within eps, so that all of them are
//! in its list of neighbours, and the border rule needs nothing else.
//!
//! # Which distances are within
//! DBSCAN compares squared distances with eps², and rounding makes that differ from comparing distances with eps at one
//! value only, the square root of eps². At that value the squares themselves are asked for.

use fastcluster_kernels::{Level, distance};

use crate::Error;
use crate::graph::{Edge, Reachability, Sets};
use crate::points::{Metric, Points};

/// The labels of DBSCAN(eps, `min_samples`): clusters by their least core row, a border row in the first cluster that it
/// touches, −1 for noise.
///
/// `reachability` is that of a fit with alpha = 1, and `points` are its rows, where it was made of rows.
///
/// # Cost
/// O(n · `min_samples`).
///
/// # Errors
/// [`Error::OutOfRange`], [`Error::BadTree`] where the parts of the reachability do not fit each other.
pub fn dbscan_labels(
    reachability: &Reachability,
    points: Option<&Points<'_>>,
    eps: f64,
) -> Result<Vec<i64>, Error> {
    let Reachability { edges, cores, n_listed, neighbors, distances } = reachability;
    let n_rows = cores.len();
    check(reachability)?;
    if let Some(points) = points.filter(|points| points.n_rows() != n_rows) {
        let (name, found) = ("cores", n_rows);
        return Err(Error::LengthMismatch { name, found, expected: points.n_rows() });
    }
    let within = Within::new(eps, points.filter(|points| points.metric() == Metric::Euclidean));
    let list = |row: usize| {
        let range = row * n_listed..(row + 1) * n_listed;
        neighbors[range.clone()].iter().zip(&distances[range])
    };
    let is_core: Vec<bool> = cores
        .iter()
        .enumerate()
        .map(|(row, core)| match list(row).next_back() {
            Some((last, _)) => within.holds(*core, row as u32, *last),
            None => eps >= 0.0,
        })
        .collect();
    let mut sets = Sets::new(n_rows);
    for edge in edges.iter().take_while(|edge| edge.weight <= within.radius) {
        let cores = is_core[edge.low as usize] && is_core[edge.high as usize];
        if cores && within.holds(edge.weight, edge.low, edge.high) {
            sets.unite(edge.low, edge.high);
        }
    }
    let mut labels = vec![-1_i64; n_rows];
    let mut n_labels = 0;
    for row in (0..n_rows).filter(|row| is_core[*row]) {
        // The least core row of a component comes first and is the one that stands for it.
        let first = sets.root(row as u32) as usize;
        if labels[first] < 0 {
            labels[first] = n_labels;
            n_labels += 1;
        }
        labels[row] = labels[first];
    }
    let border = |row: usize| {
        let near = list(row).filter(|(other, distance)| {
            is_core[**other as usize] && within.holds(**distance, row as u32, **other)
        });
        near.map(|(other, _)| labels[*other as usize]).min()
    };
    let found: Vec<i64> = (0..n_rows)
        .map(|row| if is_core[row] { labels[row] } else { border(row).unwrap_or(-1) })
        .collect();
    Ok(found)
}

/// The comparison with eps.
struct Within<'a, 'p> {
    eps_squared: f64,
    /// Smaller distances are within, larger ones are not.
    radius: f64,
    /// Rows whose distances have squares.
    points: Option<&'a Points<'p>>,
}

impl<'a, 'p> Within<'a, 'p> {
    fn new(eps: f64, points: Option<&'a Points<'p>>) -> Self {
        let eps_squared = eps * eps;
        let radius = if points.is_some() { eps_squared.sqrt() } else { eps };
        Self { eps_squared, radius, points }
    }

    /// Whether a weight that is the distance of two rows, or more, is within eps.
    fn holds(&self, weight: f64, one: u32, other: u32) -> bool {
        match self.points {
            Some(points) if weight == self.radius => {
                squared(points, one as usize, other as usize) <= self.eps_squared
            }
            _ => weight <= self.radius,
        }
    }
}

/// The squared distance of two rows in the caller's units.
fn squared(points: &Points<'_>, one: usize, other: usize) -> f64 {
    let (mut x, mut y) = (vec![0.0; points.n_features()], vec![0.0; points.n_features()]);
    points.read_64(one, &mut x);
    points.read_64(other, &mut y);
    // The scale is a power of two, so both divisions are exact.
    distance::squared_64(Level::current(), &x, &y) / points.scale() / points.scale()
}

fn check(reachability: &Reachability) -> Result<(), Error> {
    let Reachability { edges, cores, n_listed, neighbors, distances } = reachability;
    let n_rows = cores.len();
    if neighbors.len() != n_rows * n_listed || distances.len() != neighbors.len() {
        return Err(Error::BadTree { reason: "there must be one list of neighbours for each row" });
    }
    let rows = edges.iter().flat_map(|Edge { low, high, .. }| [low, high]).chain(neighbors);
    match rows.max() {
        Some(found) if *found as usize >= n_rows => {
            Err(Error::OutOfRange { name: "neighbors", found: *found as usize, end: n_rows })
        }
        _ => Ok(()),
    }
}
