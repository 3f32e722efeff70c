//! Data that filters get wrong: extremes of magnitude, ties, near ties, and rows far from every centroid.

use crate::random::Random;

/// Rows and centroids, row-major, and the float32 point m that is taken off both.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) n_features: usize,
    pub(crate) rows: Vec<f64>,
    pub(crate) centers: Vec<f64>,
    pub(crate) mean: Vec<f32>,
}

/// Numbers of rows, centroids and features.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) rows: usize,
    pub(crate) centers: usize,
    pub(crate) features: usize,
}

impl Case {
    /// A case whose values are float32 and whose m is the mean of its rows.
    pub(crate) fn new(
        name: &'static str,
        n_features: usize,
        rows: Vec<f64>,
        centers: Vec<f64>,
    ) -> Self {
        let mean = mean_of(&rows, n_features);
        Self { name, n_features, rows, centers, mean }.rounded()
    }

    /// The same with m as the mean of the centroids, as where a fitted model meets new rows.
    fn around_centers(mut self) -> Self {
        self.mean = mean_of(&self.centers, self.n_features);
        self
    }

    fn rounded(mut self) -> Self {
        for value in self.rows.iter_mut().chain(&mut self.centers) {
            *value = f64::from(*value as f32);
        }
        self
    }

    /// What a failure calls it.
    pub(crate) fn label(&self) -> String {
        format!("{:?}, {} centroids of {} features", self.name, self.n_centers(), self.n_features)
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.rows.len() / self.n_features
    }

    pub(crate) fn n_centers(&self) -> usize {
        self.centers.len() / self.n_features
    }

    pub(crate) fn row(&self, index: usize) -> &[f64] {
        &self.rows[index * self.n_features..][..self.n_features]
    }

    pub(crate) fn center(&self, index: usize) -> &[f64] {
        &self.centers[index * self.n_features..][..self.n_features]
    }
}

fn mean_of(rows: &[f64], n_features: usize) -> Vec<f32> {
    let count = (rows.len() / n_features) as f64;
    (0..n_features)
        .map(|feature| (rows.iter().skip(feature).step_by(n_features).sum::<f64>() / count) as f32)
        .collect()
}

/// Every hostile case of a size.
pub(crate) fn all(size: Size, seed: u64) -> Vec<Case> {
    let random = &mut Random::new(seed);
    let mut cases = magnitudes(size, random);
    cases.extend(ties(size, random));
    cases.extend(offsets(size, random));
    cases
}

fn fill(n: usize, mut value: impl FnMut() -> f64) -> Vec<f64> {
    (0..n).map(|_| value()).collect()
}

/// Values of the most different sizes, from the least denormal to squares that nearly overflow float32.
fn magnitudes(size: Size, random: &mut Random) -> Vec<Case> {
    let d = size.features;
    let (n, k) = (size.rows * d, size.centers * d);
    // Twice this, squared and summed over the features, is still finite in float32.
    let huge = 2.0_f64.powi(62) / (d as f64).sqrt();

    let uniform =
        Case::new("uniform", d, fill(n, || random.symmetric()), fill(k, || random.symmetric()));
    let mut coordinate = uniform.clone();
    coordinate.name = "one huge coordinate";
    coordinate.rows[d / 2] = huge;
    let mut center = uniform.clone();
    center.name = "one huge coordinate in a centroid";
    center.centers[d / 3] = -huge;
    let denormal = Case::new(
        "denormals",
        d,
        fill(n, || random.magnitude(-46.0, -36.0)),
        fill(k, || random.magnitude(-46.0, -36.0)),
    );
    let mut beside_one = denormal.clone();
    beside_one.name = "denormals beside a row of ones";
    beside_one.rows[..d].fill(1.0);
    let mut tiny = Case::new(
        "tiny rows among large",
        d,
        fill(n, || random.symmetric()),
        fill(k, || random.symmetric()),
    );
    for row in tiny.rows.chunks_mut(d).step_by(2) {
        scale(row, 1e-20);
    }
    for center in tiny.centers.chunks_mut(d).step_by(3) {
        scale(center, 1e-18);
    }
    let tiny = tiny.rounded();
    let mixed = Case::new(
        "mixed magnitudes",
        d,
        fill(n, || random.magnitude(-20.0, huge.log10())),
        fill(k, || random.magnitude(-20.0, huge.log10())),
    );
    let zero = Case::new("all zero", d, vec![0.0; n], vec![0.0; k]);
    let around_zero = Case { mean: vec![0.0; d], name: "mixed, not centred", ..mixed.clone() };
    vec![
        uniform,
        coordinate,
        center,
        denormal.clone().around_centers(),
        denormal,
        beside_one,
        tiny,
        mixed.clone().around_centers(),
        mixed,
        around_zero,
        zero,
    ]
}

/// Centroids that are equally near, exactly or up to the last bit.
fn ties(size: Size, random: &mut Random) -> Vec<Case> {
    let d = size.features;
    let (n, k) = (size.rows * d, size.centers * d);
    let constant = Case::new("constant", d, vec![0.7; n], vec![0.7; k]);
    let lattice = Case::new(
        "integer lattice",
        d,
        fill(n, || random.below(3) as f64),
        fill(k, || random.below(3) as f64),
    );
    let mut duplicates =
        Case::new("duplicates", d, fill(n, || random.normal()), fill(k, || random.normal()));
    repeat(&mut duplicates.rows, d, 3);
    repeat(&mut duplicates.centers, d, 16);

    let mut equal =
        Case::new("rows equal to centroids", d, vec![0.0; n], fill(k, || random.normal()));
    for row in equal.rows.chunks_mut(d) {
        let from = random.below(size.centers) * d;
        row.copy_from_slice(&equal.centers[from..][..d]);
    }
    equal.mean = mean_of(&equal.rows, d);
    let mut beside = equal.clone();
    beside.name = "rows one unit in the last place off centroids";
    for value in &mut beside.rows {
        let single = *value as f32;
        *value =
            f64::from(if random.below(2) == 0 { single.next_up() } else { single.next_down() });
    }
    let mut bisector = equal.clone();
    bisector.name = "rows between two centroids";
    for row in bisector.rows.chunks_mut(d) {
        let (a, b) = (random.below(size.centers) * d, random.below(size.centers) * d);
        for (feature, value) in row.iter_mut().enumerate() {
            *value = f64::midpoint(bisector.centers[a + feature], bisector.centers[b + feature]);
        }
    }
    vec![constant, lattice, duplicates, equal, beside, bisector.rounded()]
}

/// Repeats the first `distinct` rows over the others.
fn repeat(rows: &mut [f64], d: usize, distinct: usize) {
    let first = rows[..rows.len().min(distinct * d)].to_vec();
    for (value, from) in rows.iter_mut().zip(first.iter().cycle()) {
        *value = *from;
    }
}

/// Clouds far from the origin, rows far from the centroids, and float64 values that float32 does not hold.
fn offsets(size: Size, random: &mut Random) -> Vec<Case> {
    let d = size.features;
    let (n, k) = (size.rows * d, size.centers * d);
    let embeddings = embeddings(size, random);
    let far_cloud = Case::new(
        "far cloud",
        d,
        fill(n, || 1e6 + random.normal()),
        fill(k, || 1e6 + random.normal()),
    );
    // Float32 rounds these rows by more than float32 arithmetic does: the residual is most of the band.
    let far_double = Case {
        name: "far cloud of float64 rows",
        rows: fill(n, || 1e8 + random.normal()),
        centers: fill(k, || 1e8 + random.normal()),
        ..Case::new("", d, vec![1e8; n], vec![1e8; k])
    };
    // So far that the label's own float64 distance rounds: distances to many centroids are then equal.
    let far_rows = Case::new(
        "rows far from the centroids",
        d,
        fill(n, || random.magnitude(8.0, 17.0)),
        fill(k, || random.normal()),
    )
    .around_centers();
    let close_centers = Case {
        name: "float64 centroids closer than float64 distances resolve",
        centers: fill(k, || 1.0 + 1e-9 * random.symmetric()),
        ..Case::new("", d, fill(n, || 100.0 * random.normal()), vec![1.0; k]).around_centers()
    };
    let vanishing = Case {
        name: "float64 centroids below the least float32",
        centers: fill(k, || random.magnitude(-60.0, -40.0)),
        mean: vec![0.0; d],
        ..Case::new("", d, fill(n, || random.magnitude(-3.0, 17.0)), vec![0.0; k])
    };
    let double = Case {
        name: "float64 rows",
        n_features: d,
        rows: fill(n, || 3.0 + random.normal()),
        centers: fill(k, || 3.0 + random.normal()),
        mean: vec![3.0; d],
    };
    vec![embeddings, far_cloud, far_double, far_rows, close_centers, vanishing, double]
}

/// Unit rows around the centroids, one feature in 61 with six times the spread, as language models give them.
pub(crate) fn embeddings(size: Size, random: &mut Random) -> Case {
    let d = size.features;
    let spread = |feature: usize| if feature % 61 == 7 { 6.0 } else { 1.0 };
    let mut centers = Vec::new();
    for _ in 0..size.centers {
        centers.extend(unit((0..d).map(|feature| spread(feature) * random.normal()).collect()));
    }
    let mut rows = Vec::new();
    for _ in 0..size.rows {
        let near = random.below(size.centers) * d;
        let noise = 0.3 / (d as f64).sqrt();
        rows.extend(unit((0..d).map(|i| centers[near + i] + noise * random.normal()).collect()));
    }
    Case::new("embeddings", d, rows, centers)
}

fn scale(values: &mut [f64], factor: f64) {
    for value in values {
        *value *= factor;
    }
}

fn unit(mut row: Vec<f64>) -> Vec<f64> {
    let norm = row.iter().map(|value| value * value).sum::<f64>().sqrt();
    scale(&mut row, 1.0 / norm);
    row
}
