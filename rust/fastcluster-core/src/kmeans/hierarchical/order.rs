//! Rows sorted by group.

/// Rows by group and, in a group, in the order in which they were given.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Order {
    rows: Vec<u32>,
    /// Where each group's rows begin; one entry more ends the last.
    begins: Vec<usize>,
}

impl Order {
    /// Counting-sorts pairs of row and group.
    pub(super) fn of(pairs: impl Iterator<Item = (u32, u32)> + Clone, n_groups: usize) -> Self {
        let mut begins = vec![0; n_groups + 1];
        for (_, group) in pairs.clone() {
            begins[group as usize + 1] += 1;
        }
        for group in 0..n_groups {
            begins[group + 1] += begins[group];
        }
        let mut places = begins.clone();
        let mut rows = vec![0; begins[n_groups]];
        for (row, group) in pairs {
            let place = &mut places[group as usize];
            rows[*place] = row;
            *place += 1;
        }
        Self { rows, begins }
    }

    /// The rows of a group.
    pub(super) fn rows(&self, group: usize) -> &[u32] {
        &self.rows[self.begins[group]..self.begins[group + 1]]
    }

    /// Groups and their rows in pieces of at most `size`.
    pub(super) fn pieces(&self, size: usize) -> Vec<(usize, &[u32])> {
        let groups = 0..self.begins.len() - 1;
        groups
            .flat_map(|group| self.rows(group).chunks(size).map(move |rows| (group, rows)))
            .collect()
    }
}
