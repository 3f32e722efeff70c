//! Some rows in float64, compared with others in the caller's units.

use fastcluster_kernels::{Level, distance};

use crate::points::{Metric, Points};

/// Rows compared at once with one that is read: enough to hide the reading, few enough to stay in the cache.
pub(super) const BATCH_ROWS: usize = 16;

/// Partial sums of a distance: rows filled up with zeros to a multiple of them have the same distances, without a rest.
const LANES: usize = 16;

/// Rows in working space.
pub(super) struct Batch {
    values: Vec<f64>,
    voids: Vec<bool>,
    n_features: usize,
    /// `n_features` and the zeros behind them.
    width: usize,
    metric: Metric,
    scale: f64,
    level: Level,
}

impl Batch {
    /// No rows yet, of the metric and scale of `points`.
    pub(super) fn new(points: &Points<'_>) -> Self {
        Self {
            values: Vec::new(),
            voids: Vec::new(),
            n_features: points.n_features(),
            width: points.n_features().next_multiple_of(LANES),
            metric: points.metric(),
            scale: points.scale(),
            level: Level::current(),
        }
    }

    /// The same, a row to read into, and room for the distances from it.
    pub(super) fn with_scratch(points: &Points<'_>) -> (Self, Vec<f64>, Vec<f64>) {
        let batch = Self::new(points);
        let row = vec![0.0; batch.width];
        (batch, row, vec![0.0; BATCH_ROWS])
    }

    /// Bytes of all rows.
    pub(super) fn bytes(n_rows: usize, n_features: usize) -> u64 {
        (n_rows * (size_of::<f64>() * n_features.next_multiple_of(LANES) + 1)) as u64
    }

    /// All rows.
    pub(super) fn all(points: &Points<'_>) -> Self {
        let mut batch = Self::new(points);
        batch.read(points, 0..points.n_rows());
        batch
    }

    /// Reads other rows in place of those it has.
    pub(super) fn read(&mut self, points: &Points<'_>, rows: impl Iterator<Item = usize>) {
        self.values.clear();
        self.voids.clear();
        for row in rows {
            let start = self.values.len();
            self.values.resize(start + self.width, 0.0);
            points.read_64(row, &mut self.values[start..][..self.n_features]);
            self.voids.push(points.is_void(row));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.voids.len()
    }

    /// Distances from its row `row` to all of its rows: exactly zero to itself.
    pub(super) fn distances_from(&self, row: usize, out: &mut [f64]) {
        let values = &self.values[row * self.width..][..self.width];
        self.distances(values, self.voids[row], out);
        out[row] = 0.0;
    }

    /// Distances from a row of `points` to its rows; `scratch` is that of [`Batch::with_scratch`].
    pub(super) fn distances_to(
        &self,
        points: &Points<'_>,
        row: usize,
        scratch: &mut [f64],
        out: &mut [f64],
    ) {
        points.read_64(row, &mut scratch[..self.n_features]);
        self.distances(scratch, points.is_void(row), out);
    }

    fn distances(&self, values: &[f64], is_void: bool, out: &mut [f64]) {
        let rows = self.values.chunks_exact(self.width).zip(&self.voids);
        for (out, (row, void)) in out.iter_mut().zip(rows) {
            *out = if is_void || *void {
                1.0
            } else {
                self.to_caller(distance::squared_64(self.level, row, values))
            };
        }
    }

    fn to_caller(&self, squared: f64) -> f64 {
        match self.metric {
            Metric::Euclidean => squared.sqrt() / self.scale,
            Metric::Cosine => squared / 2.0,
        }
    }
}
