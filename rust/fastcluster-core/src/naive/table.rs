//! Rows of float64, the distance between two of them, and their directions.

/// Rows of equal length, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    values: Vec<f64>,
    n_features: usize,
}

impl Table {
    /// Cuts `values` into rows of `n_features`, which is not zero; what is left over at the end belongs to no row.
    pub fn new(values: Vec<f64>, n_features: usize) -> Self {
        Self { values, n_features }
    }

    /// All values, row by row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Rows.
    pub fn n_rows(&self) -> usize {
        self.values.len() / self.n_features
    }

    /// Features.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Row `index`.
    pub fn row(&self, index: usize) -> &[f64] {
        &self.values[index * self.n_features..][..self.n_features]
    }

    /// Row `index`, to be changed.
    pub fn row_mut(&mut self, index: usize) -> &mut [f64] {
        &mut self.values[index * self.n_features..][..self.n_features]
    }

    /// Every row, in order.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.n_features)
    }

    /// The listed rows, in the order of the list.
    #[must_use]
    pub fn select(&self, list: &[usize]) -> Self {
        let values = list.iter().flat_map(|row| self.row(*row).iter().copied()).collect();
        Self::new(values, self.n_features)
    }
}

/// `Σ(x_i − y_i)²` in the one order that defines labels: feature i into partial sum i mod 16, then by halves.
pub fn squared_distance(x: &[f64], y: &[f64]) -> f64 {
    in_order(x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)))
}

/// The rows divided by their norms; a row of zeros has no direction and stays as it is.
#[must_use]
pub fn unit(table: &Table) -> Table {
    let directions = table.rows().flat_map(|row| {
        let norm = in_order(row.iter().map(|value| value * value)).sqrt();
        let inverse = if norm == 0.0 { 1.0 } else { 1.0 / norm };
        row.iter().map(move |value| value * inverse)
    });
    Table::new(directions.collect(), table.n_features)
}

/// The sum of the terms in 16 partial sums, the upper half of them added onto the lower until one is left.
fn in_order(terms: impl Iterator<Item = f64>) -> f64 {
    let mut sums = [0.0; 16];
    for (feature, term) in terms.enumerate() {
        sums[feature % 16] += term;
    }
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
    }
    sums[0]
}
