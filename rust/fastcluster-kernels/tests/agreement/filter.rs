//! A filter as the core crate builds one: rows centred and rounded, centroids packed, bands measured.

use fastcluster_kernels::assign::Rows;
use fastcluster_kernels::panels::{Kind, Panels, RowBand};
use fastcluster_kernels::{Level, quantize};

use crate::exact::{self, Double};
use crate::hostile::Case;

/// Both kinds of words.
pub(crate) const KINDS: [Kind; 2] = [Kind::Floats, Kind::Bytes];

/// Panels of a case's centroids, and its rows in their words.
pub(crate) struct Filter {
    pub(crate) panels: Panels,
    pub(crate) bands: Vec<RowBand>,
    floats: Vec<f32>,
    bytes: Vec<u32>,
}

impl Filter {
    pub(crate) fn new(level: Level, kind: Kind, case: &Case) -> Self {
        let mut panels = Panels::new(level, kind, case.n_centers(), case.n_features);
        for index in 0..case.n_centers() {
            panels.set(index, &centered(case, index));
        }
        let mut floats = vec![0.0; case.rows.len()];
        let mut bytes = vec![0; case.n_rows() * case.n_features.div_ceil(4)];
        let parts = case
            .rows
            .chunks(case.n_features)
            .zip(floats.chunks_mut(case.n_features))
            .zip(bytes.chunks_mut(case.n_features.div_ceil(4)));
        let mut bands = Vec::new();
        for ((row, centered), words) in parts {
            let single: Vec<f32> = row.iter().map(|value| *value as f32).collect();
            let norm = quantize::center(level, &single, &case.mean, centered);
            let residual = norm * (f32::EPSILON / 2.0) + lost(row, &single);
            bands.push(match kind {
                Kind::Floats => RowBand::of_floats(norm, residual, case.n_features),
                Kind::Bytes => quantize::quantize(level, centered, residual, words),
            });
        }
        Self { panels, bands, floats, bytes }
    }

    /// Packs centroid `index` anew, as it is in `case`.
    pub(crate) fn set(&mut self, index: usize, case: &Case) {
        self.panels.set(index, &centered(case, index));
    }

    /// Makes new panels of the same shape and packs one centroid.
    pub(crate) fn leave_out_all_but(&mut self, index: usize, level: Level, case: &Case) {
        self.panels = Panels::new(level, self.panels.kind(), case.n_centers(), case.n_features);
        self.set(index, case);
    }

    /// Packs the centroids into panels of at most `group` of them.
    pub(crate) fn group(&mut self, group: usize, level: Level, case: &Case) {
        let kind = self.panels.kind();
        self.panels = Panels::in_groups(level, kind, case.n_centers(), case.n_features, group);
        for index in 0..case.n_centers() {
            self.set(index, case);
        }
    }

    pub(crate) fn rows(&self) -> Rows<'_> {
        match self.panels.kind() {
            Kind::Floats => Rows::Floats(&self.floats),
            Kind::Bytes => Rows::Bytes(&self.bytes),
        }
    }
}

/// Centroid `index` as it is packed: c − m.
pub(crate) fn centered(case: &Case, index: usize) -> Vec<f64> {
    let center = case.center(index).iter().zip(&case.mean);
    center.map(|(value, from)| value - f64::from(*from)).collect()
}

/// What rounding a float64 row to float32 lost, rounded up; zero for float32 rows.
pub(crate) fn lost(row: &[f64], single: &[f32]) -> f32 {
    let single: Vec<f64> = single.iter().map(|value| f64::from(*value)).collect();
    let squares = exact::squared_norm(&exact::differences(row, &single)).value();
    ((squares.sqrt() * (1.0 + 1e-12)) as f32).next_up() * f32::from(u8::from(squares > 0.0))
}

/// The true scores ½‖c‖² − x·c of all rows and centroids of a case, row by row, in 106 bits.
pub(crate) fn true_scores(case: &Case) -> Vec<Double> {
    let mean: Vec<f64> = case.mean.iter().map(|value| f64::from(*value)).collect();
    let centers: Vec<Vec<Double>> = case
        .centers
        .chunks(case.n_features)
        .map(|center| exact::differences(center, &mean))
        .collect();
    let halves: Vec<Double> =
        centers.iter().map(|center| Double::from(0.5_f64) * exact::squared_norm(center)).collect();
    let mut scores = Vec::new();
    for row in case.rows.chunks(case.n_features) {
        let row = exact::differences(row, &mean);
        scores.extend(
            centers.iter().zip(&halves).map(|(center, half)| *half - exact::dot(&row, center)),
        );
    }
    scores
}
