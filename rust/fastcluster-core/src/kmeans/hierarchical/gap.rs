//! How much the restricted search misses: exact and restricted labels of a sample of rows, compared.

use super::lists::Lists;
use super::restricted::Search;
use super::{Seeds, Use, distance};
use crate::assign::RowState;
use crate::centers::Centers;
use crate::kmeans::init::random_rows;
use crate::points::Points;
use crate::{Context, Error};

/// Rows that are checked: a share of 1 % is then found to a tenth of itself.
const CHECKED_ROWS: usize = 10_000;

/// What a restricted search with the final centers misses, on a sample of the rows that weigh something.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gap {
    /// Rows that were checked.
    pub n_checked: usize,
    /// Share of them whose restricted label is not the nearest center.
    pub mislabelled: f64,
    /// Their inertia with restricted labels over that with exact ones, less 1.
    pub inertia_excess: f64,
}

/// A fit whose exact labels are known.
pub(super) struct Checked<'a, 'p> {
    pub(super) points: &'a Points<'p>,
    pub(super) weights: Option<&'a [f64]>,
    pub(super) centers: &'a Centers,
    pub(super) lists: &'a Lists,
    /// The labels that the last refinement left.
    pub(super) before: &'a [u32],
    pub(super) exact: &'a [RowState],
}

impl Checked<'_, '_> {
    pub(super) fn gap(&self, seeds: Seeds, context: &Context<'_>) -> Result<Gap, Error> {
        let (n, d) = (self.points.n_rows(), self.points.n_features());
        let rows = random_rows(n, self.weights, CHECKED_ROWS.min(n), seeds.stream(Use::Check));
        let weight = |row: usize| self.weights.map_or(1.0, |weights| weights[row]);
        let rows: Vec<usize> = rows.into_iter().filter(|row| weight(*row) > 0.0).collect();
        let published = self.centers.clone().into_published();
        let search = Search {
            points: self.points,
            weights: self.weights,
            centers: &published,
            lists: self.lists,
        };
        let pairs = rows.iter().map(|row| (*row as u32, self.before[*row]));
        let found = search.run(pairs, context)?;
        let wrong = |(row, label): &&(u32, u32)| self.exact[*row as usize].label != *label;
        let n_wrong = found.labels.iter().filter(wrong).count();
        let mut buffers = (vec![0.0; d], vec![0.0; d]);
        // In the order of the restricted sum, so that equal labels give equal sums.
        let exact: f64 = rows
            .iter()
            .map(|row| {
                let label = self.exact[*row].label;
                weight(*row) * distance(self.points, *row, self.centers, label, &mut buffers)
            })
            .sum();
        let excess = if exact > 0.0 { (found.inertia / exact - 1.0).max(0.0) } else { 0.0 };
        let n_checked = rows.len();
        let mislabelled = n_wrong as f64 / n_checked.max(1) as f64;
        let inertia_excess = if n_wrong == 0 { 0.0 } else { excess };
        Ok(Gap { n_checked, mislabelled, inertia_excess })
    }
}
