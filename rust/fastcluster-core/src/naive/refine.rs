//! A refinement of hierarchical k-means: Lloyd's iteration with a restricted choice of centers.

use super::assign::nearest;
use super::lloyd::update;
use super::table::{Table, squared_distance};

/// What [`refine`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Refined {
    /// For each row the nearest of the centers that it was compared with, ties to the lowest.
    pub labels: Vec<usize>,
    /// The centers after the update.
    pub centers: Table,
}

/// Compares each row with the `n_neighbors` nearest centers of each center in the group of its `current` one, these
/// centers included, and moves the centers to the means of their rows.
#[must_use]
pub fn refine(
    rows: &Table,
    weights: Option<&[f64]>,
    centers: &Table,
    (current, groups): (&[usize], &[usize]),
    n_neighbors: usize,
    publish: &dyn Fn(&mut [f64]),
) -> Refined {
    let near = nearest(centers, centers, n_neighbors);
    let label = |(row, current): (&[f64], &usize)| {
        let group = groups[*current];
        let members = || (0..centers.n_rows()).filter(|center| groups[*center] == group);
        let neighbors = members().flat_map(|center| near[center].iter().map(|(_, index)| *index));
        let distance = |index: usize| (squared_distance(row, centers.row(index)), index);
        let ranked = members().chain(neighbors).map(distance);
        ranked.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).map_or(0, |(_, index)| index)
    };
    let labels: Vec<usize> = rows.rows().zip(current).map(label).collect();
    let centers = update(rows, weights, centers, &labels, publish);
    Refined { labels, centers }
}
