//! Lloyd's algorithm: assign, move to the mean, repeat.

use super::assign::{assign, inertia};
use super::table::{Table, squared_distance};

/// What [`lloyd`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Lloyd {
    /// The nearest center of each row.
    pub labels: Vec<usize>,
    /// The centers that the labels belong to.
    pub centers: Table,
    /// Σ w·‖x − c‖² of these labels and centers.
    pub inertia: f64,
    /// Updates done.
    pub n_iter: usize,
}

/// Iterates from `start` until no label changes or `max_iter` updates are done.
///
/// `publish` turns a mean into the center as it is published, for instance rounds it to float32.
pub fn lloyd(
    rows: &Table,
    weights: Option<&[f64]>,
    start: &Table,
    max_iter: usize,
    publish: &dyn Fn(&mut [f64]),
) -> Lloyd {
    let mut centers = start.clone();
    let mut labels = assign(rows, &centers);
    let mut n_iter = 0;
    while n_iter < max_iter {
        n_iter += 1;
        let moved = update(rows, weights, &centers, &labels, publish);
        let new = assign(rows, &moved);
        let same = new == labels && moved == centers;
        (labels, centers) = (new, moved);
        if same {
            break;
        }
    }
    let inertia = inertia(rows, weights, &centers, &labels);
    Lloyd { labels, centers, inertia, n_iter }
}

/// The weighted means of the rows with each label; `centers` are those that the labels belong to.
///
/// A cluster without weight takes a row of another one: empty clusters in increasing order take the rows in order of
/// decreasing distance from their centers, ties to the lowest row. Rows that weigh nothing, lie on their center or are
/// the last of their cluster are passed over. A cluster that finds no row keeps its center.
#[must_use]
pub fn update(
    rows: &Table,
    weights: Option<&[f64]>,
    centers: &Table,
    labels: &[usize],
    publish: &dyn Fn(&mut [f64]),
) -> Table {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let mut owners: Vec<Option<usize>> =
        (0..rows.n_rows()).map(|row| (weight(row) > 0.0).then_some(labels[row])).collect();
    let size = |owners: &[Option<usize>], cluster| {
        owners.iter().filter(|owner| **owner == Some(cluster)).count()
    };
    let mut far: Vec<(f64, usize)> = (0..rows.n_rows())
        .filter(|row| weight(*row) > 0.0)
        .map(|row| (squared_distance(rows.row(row), centers.row(labels[row])), row))
        .filter(|(distance, _)| *distance > 0.0)
        .collect();
    far.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
    let mut far = far.into_iter();
    let empty: Vec<usize> = (0..centers.n_rows()).filter(|at| size(&owners, *at) == 0).collect();
    for cluster in empty {
        let taken = far.find(|(_, row)| size(&owners, labels[*row]) > 1);
        let Some((_, row)) = taken else { break };
        owners[row] = Some(cluster);
    }
    let mut moved = centers.clone();
    for cluster in 0..centers.n_rows() {
        let members = || (0..rows.n_rows()).filter(|row| owners[*row] == Some(cluster));
        let total: f64 = members().map(weight).sum();
        if total > 0.0 {
            for (feature, value) in moved.row_mut(cluster).iter_mut().enumerate() {
                *value =
                    members().map(|row| weight(row) * rows.row(row)[feature]).sum::<f64>() / total;
            }
            publish(moved.row_mut(cluster));
        }
    }
    moved
}
