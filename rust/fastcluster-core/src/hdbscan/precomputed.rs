//! The tree of mutual reachability where the distances are given: a matrix, or a sparse graph.

use super::prim;
use super::reach::check_min_samples;
use crate::graph::{Edge, Reachability, lightest_forest};
use crate::points::Values;
use crate::{Context, Error};

/// The tree of a square matrix of distances, of any type; the diagonal counts as 0, and infinity as no distance.
///
/// # Errors
/// As [`super::reachability`]; [`Error::LengthMismatch`] where the matrix is not square.
pub fn of_matrix(
    matrix: &Values<'_>,
    min_samples: usize,
    alpha: f64,
    context: &Context<'_>,
) -> Result<Reachability, Error> {
    let (n_rows, n_columns) = matrix.shape();
    if n_columns != n_rows {
        return Err(Error::LengthMismatch { name: "a row", found: n_columns, expected: n_rows });
    }
    prim::of_rows(n_rows, min_samples, alpha, context, |row, out| {
        matrix.read_64(row, out);
        out[row] = 0.0;
        Ok(())
    })
}

/// The forest of a symmetric sparse graph: the entries are all the distances that there are.
///
/// `rows[i]` lists (other row, distance). Rows that the graph does not connect stay apart. A row that lists fewer than
/// `min_samples − 1` others has the core distance `max_distance`; without one it is an error.
///
/// # Errors
/// As [`super::reachability`]; [`Error::TooFewListed`], [`Error::OutOfRange`].
pub fn of_graph(
    rows: &[Vec<(u32, f64)>],
    min_samples: usize,
    alpha: f64,
    max_distance: Option<f64>,
    context: &Context<'_>,
) -> Result<Reachability, Error> {
    let n_rows = rows.len();
    check_min_samples(min_samples, n_rows)?;
    let n_listed = min_samples - 1;
    let mut found = Reachability { n_listed, ..Reachability::default() };
    for (row, entries) in rows.iter().enumerate() {
        if let Some((other, _)) = entries.iter().find(|(other, _)| *other as usize >= n_rows) {
            let found = *other as usize;
            return Err(Error::OutOfRange { name: "X", found, end: n_rows });
        }
        let others = entries.iter().filter(|(other, _)| *other as usize != row);
        let mut others: Vec<(u32, f64)> = others.copied().collect();
        others.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        let core = match (others.len() < n_listed, max_distance) {
            (true, Some(stand_in)) => stand_in,
            (true, None) => {
                return Err(Error::TooFewListed { min_samples, row, found: others.len() });
            }
            (false, _) => n_listed.checked_sub(1).map_or(0.0, |last| others[last].1),
        };
        found.cores.push(core);
        // The row itself at an infinite distance fills a list that is too short.
        others.resize(n_listed, (row as u32, f64::INFINITY));
        found.neighbors.extend(others.iter().map(|(other, _)| *other));
        found.distances.extend(others.iter().map(|(_, distance)| *distance));
    }
    context.observer.check()?;
    let mut edges = Vec::new();
    for (row, entries) in rows.iter().enumerate() {
        for (other, distance) in entries.iter().filter(|(other, _)| *other as usize != row) {
            let cores = found.cores[row].max(found.cores[*other as usize]);
            let weight = (distance / alpha).max(cores);
            if weight < f64::INFINITY {
                edges.push(Edge::new(weight, row as u32, *other));
            }
        }
    }
    context.observer.check()?;
    found.edges = lightest_forest(n_rows, edges);
    Ok(found)
}
