//! Disjoint sets of rows, for one thread.

/// Disjoint sets of the rows `0..n`, each known by its least row.
#[derive(Clone, Debug)]
pub struct Sets {
    parents: Vec<u32>,
}

impl Sets {
    /// Every row alone.
    pub fn new(n: usize) -> Self {
        Self { parents: (0..n as u32).collect() }
    }

    /// The least row of the set that holds `row`. Halves the path that it walks.
    #[inline]
    pub fn root(&mut self, row: u32) -> u32 {
        let mut row = row;
        while self.parents[row as usize] != row {
            let above = self.parents[self.parents[row as usize] as usize];
            self.parents[row as usize] = above;
            row = above;
        }
        row
    }

    /// Joins the sets of two rows; whether they were apart.
    #[inline]
    pub fn unite(&mut self, one: u32, other: u32) -> bool {
        let (one, other) = (self.root(one), self.root(other));
        self.parents[one.max(other) as usize] = one.min(other);
        one != other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_known_by_its_least_row() {
        let mut sets = Sets::new(6);
        assert!(sets.unite(5, 3) && sets.unite(4, 5) && !sets.unite(3, 4));
        assert_eq!((0..6).map(|row| sets.root(row)).collect::<Vec<_>>(), [0, 1, 2, 3, 3, 3]);
        assert!(sets.unite(1, 4));
        assert_eq!(sets.root(5), 1);
    }
}
