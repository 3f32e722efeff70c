//! Centroids packed for the filter, with the error bands that make it rigorous.
//!
//! # Idea
//! The score of row x and centroid c is s = ½‖c‖² − x·c, after a common point m was taken off both (distances do not
//! change): ‖x − c‖² = ‖x‖² + 2s, so the least score is the nearest centroid. The kernel knows x and c only as x̂ and ĉ,
//! rounded to float32 or to 8 bits. With `e_x = ‖x − x̂‖` and `e_c = ‖c − ĉ‖` *measured* when they were rounded, Cauchy and
//! Schwarz give `|x·c − x̂·ĉ| ≤ e_x‖ĉ‖ + ‖x‖e_c`. The kernel therefore computes
//!
//! `L = ½‖c‖² − x̂·ĉ − e_x‖ĉ‖ − (‖x̂‖ + e_x)e_c  ≤  s`,
//!
//! with the rounding of its own arithmetic already taken off ½‖c‖² and added to `e_c`. Any centroid whose L exceeds an
//! upper bound of another's score cannot be the nearest: no statistics, no assumption about the data.
//!
//! # Layout
//! `[panel][step][vector][lane]`: a panel holds up to `vectors × lanes` centroids, the last one as few vectors as it
//! needs. Lanes without a centroid have an infinite half norm, so they never win.

use crate::generic::Simd;
use crate::{Level, arch, quantize};

/// Relative rounding unit of float32.
const UNIT: f32 = f32::EPSILON / 2.0;

/// Roundings of the epilogue and of the stored bands, counted generously; each is at most one [`UNIT`] of a term.
const EPILOGUE_ROUNDINGS: f32 = 16.0;

/// What underflow can take from one product or sum, per feature: far below any score of scaled data, so it costs no
/// candidates, but it keeps the bound true for rows and centroids that are themselves near zero.
const UNDERFLOW: f32 = 1e-36;

/// The most features that the 8-bit product can sum in 32 bits: 255 · 127 · d < 2³¹.
pub const BYTES_FEATURES_MAX: usize = 66_000;

/// What the filter knows of a row: x̂ = `scale` · (its words), `error` ≥ ‖x − x̂‖ (and the rounding of the product),
/// `reach` ≥ ‖x‖.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RowBand {
    /// What one unit of the row's words is worth; 1 for float32 words.
    pub scale: f32,
    /// At least ‖x − x̂‖, plus what the product's own rounding adds.
    pub error: f32,
    /// At least ‖x‖.
    pub reach: f32,
}

impl RowBand {
    /// The band of a row that is used as float32 words: `norm` ≥ ‖x̂‖, `residual` ≥ ‖x − x̂‖, `n_features` products
    /// summed one after the other: off by at most d·u·‖x̂‖‖ĉ‖, for any d (Jeannerod and Rump 2013,
    /// doi:10.1137/120894488).
    pub fn of_floats(norm: f32, residual: f32, n_features: usize) -> Self {
        let gamma = (n_features as f32 + EPILOGUE_ROUNDINGS) * UNIT * 1.01;
        Self {
            scale: 1.0,
            error: residual + gamma * norm,
            reach: (norm + residual) * (1.0 + 4.0 * UNIT),
        }
    }
}

/// The words of packed centroids: float32 values or four signed bytes.
#[derive(Clone, Debug)]
pub(crate) enum Words {
    Floats(Vec<f32>),
    Bytes(Vec<u32>),
}

/// Which words a filter works on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// One float32 per feature.
    Floats,
    /// Four 8-bit features per word.
    Bytes,
}

/// Packed centroids and their bands; see the module's text.
#[derive(Clone, Debug)]
pub struct Panels {
    pub(crate) level: Level,
    n_centers: usize,
    n_features: usize,
    pub(crate) steps: usize,
    pub(crate) lanes: usize,
    pub(crate) vectors: usize,
    pub(crate) words: Words,
    /// −128·Σĉ words of byte panels, which undo the rows' offset.
    pub(crate) corrections: Vec<u32>,
    pub(crate) scales: Vec<f32>,
    pub(crate) half_norms: Vec<f32>,
    pub(crate) norms: Vec<f32>,
    pub(crate) errors: Vec<f32>,
    scratch: Vec<f32>,
    /// One centroid's bytes; zero beyond its features.
    quanta: Vec<i8>,
}

impl Panels {
    /// Makes room for `n_centers` centroids of `n_features` features; all are absent until [`Panels::set`].
    ///
    /// # Panics
    /// If bytes are asked for more than [`BYTES_FEATURES_MAX`] features.
    pub fn new(level: Level, kind: Kind, n_centers: usize, n_features: usize) -> Self {
        Self::in_groups(level, kind, n_centers, n_features, usize::MAX)
    }

    /// The same with at most `group` centroids a panel (rounded up to whole vectors).
    ///
    /// # Panics
    /// As [`Panels::new`].
    pub fn in_groups(
        level: Level,
        kind: Kind,
        n_centers: usize,
        n_features: usize,
        group: usize,
    ) -> Self {
        assert!(kind == Kind::Floats || n_features <= BYTES_FEATURES_MAX, "too many features");
        let level = level.for_centers(n_centers);
        let (lanes, vectors) = shape(level);
        let vectors = vectors.min(group.div_ceil(lanes)).max(1);
        let padded = n_centers.next_multiple_of(lanes);
        let steps = match kind {
            Kind::Floats => n_features,
            Kind::Bytes => n_features.div_ceil(4),
        };
        let words = match kind {
            Kind::Floats => Words::Floats(vec![0.0; padded * steps]),
            Kind::Bytes => Words::Bytes(vec![0; padded * steps]),
        };
        Self {
            level,
            n_centers,
            n_features,
            steps,
            lanes,
            vectors,
            words,
            corrections: vec![0; padded],
            scales: vec![0.0; padded],
            half_norms: vec![f32::INFINITY; padded],
            norms: vec![0.0; padded],
            errors: vec![0.0; padded],
            scratch: vec![0.0; n_features],
            quanta: vec![0; 4 * n_features.div_ceil(4)],
        }
    }

    /// Which words these panels hold.
    pub fn kind(&self) -> Kind {
        match self.words {
            Words::Floats(_) => Kind::Floats,
            Words::Bytes(_) => Kind::Bytes,
        }
    }

    /// Centroids, without padding.
    pub fn n_centers(&self) -> usize {
        self.n_centers
    }

    /// Features.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Centroids rounded up to whole vectors: the width of a row of scores.
    pub fn n_padded(&self) -> usize {
        self.half_norms.len()
    }

    /// Bytes of all that is packed.
    pub fn bytes(&self) -> u64 {
        (size_of::<u32>() * (self.steps + 5) * self.n_padded()) as u64
    }

    /// Words per row that the filter expects.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Centroids per panel; the last may hold fewer.
    pub fn panel_width(&self) -> usize {
        self.vectors * self.lanes
    }

    /// Panels.
    pub fn n_panels(&self) -> usize {
        self.n_padded().div_ceil(self.panel_width())
    }

    /// Lanes per vector: centroids `j` with equal `j % lanes()` share a lane.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// What is taken off each ½‖c‖² as a share of it, so that the rounding of the epilogue cannot raise a bound.
    pub const HALF_NORM_SLACK: f32 = EPILOGUE_ROUNDINGS * UNIT;

    /// Packs centroid `index`, given as `center` = c − m in float64.
    ///
    /// # Panics
    /// If `index` or the length of `center` is out of range.
    pub fn set(&mut self, index: usize, center: &[f64]) {
        assert!(index < self.n_centers && center.len() == self.n_features, "center out of range");
        let half_norm = 0.5 * crate::reduce::squared_norm(self.level, center);
        let (scale, norm, error) = match self.kind() {
            Kind::Floats => self.set_floats(index, center),
            Kind::Bytes => self.set_bytes(index, center),
        };
        let slack = Self::HALF_NORM_SLACK;
        let underflow = UNDERFLOW * (self.n_features as f32 + EPILOGUE_ROUNDINGS);
        self.scales[index] = scale;
        self.half_norms[index] = half_norm as f32 * (1.0 - slack) - underflow;
        self.norms[index] = norm;
        self.errors[index] = error + slack * (norm + error);
    }

    /// Packs a row as a column: `words` and `band` are those that [`quantize::quantize`] made of it, `norm_below` is at
    /// most its squared distance from m.
    ///
    /// # Panics
    /// If the panels do not hold bytes, or `index` or the length of `words` is out of range.
    pub fn set_row(&mut self, index: usize, words: &[u32], band: RowBand, norm_below: f32) {
        assert!(index < self.n_centers && words.len() == self.steps, "row out of range");
        let (at, stride) = self.place(index);
        assert!(self.kind() == Kind::Bytes, "the panels hold float32 words");
        let Words::Bytes(packed) = &mut self.words else { return };
        let mut sum = 0;
        for (step, word) in words.iter().enumerate() {
            // What is unsigned with an offset of 128 in a row is signed in a panel.
            let signed = word ^ 0x8080_8080;
            packed[at + step * stride] = signed;
            sum +=
                signed.to_le_bytes().map(|byte| i32::from(byte.cast_signed())).iter().sum::<i32>();
        }
        self.corrections[index] = (-128 * sum).cast_unsigned();
        self.set_band(index, band, norm_below);
    }

    /// The same for a row of float32 words, whose band is [`RowBand::of_floats`].
    ///
    /// # Panics
    /// If the panels do not hold float32 words, or `index` or the length of `words` is out of range.
    pub fn set_row_floats(&mut self, index: usize, words: &[f32], band: RowBand, norm_below: f32) {
        assert!(index < self.n_centers && words.len() == self.steps, "row out of range");
        assert!(self.kind() == Kind::Floats, "the panels hold bytes");
        self.place_floats(index, words);
        self.set_band(index, band, norm_below);
    }

    /// What a row's band says of it as a column.
    fn set_band(&mut self, index: usize, band: RowBand, norm_below: f32) {
        let slack = Self::HALF_NORM_SLACK;
        let underflow = UNDERFLOW * (self.n_features as f32 + EPILOGUE_ROUNDINGS);
        self.scales[index] = band.scale;
        self.half_norms[index] = 0.5 * norm_below * (1.0 - slack - 4.0 * UNIT) - underflow;
        // A row's reach is at least the norm of its words.
        self.norms[index] = band.reach;
        self.errors[index] = band.error + slack * (band.reach + band.error);
    }

    /// Packs directions, whose "scores" are the products of rows with them: no half norm, no band, the sign turned.
    pub(crate) fn of_directions(level: Level, basis: &[f32], n_features: usize) -> Self {
        let mut panels = Self::new(level, Kind::Floats, basis.len() / n_features, n_features);
        for (index, direction) in basis.chunks_exact(n_features).enumerate() {
            panels.place_floats(index, direction);
            (panels.scales[index], panels.half_norms[index]) = (-1.0, 0.0);
        }
        panels
    }

    /// Packs a centroid by its projection and what is known of the rest; see [`crate::sketch`].
    pub(crate) fn set_sketch(
        &mut self,
        index: usize,
        half_norm: f64,
        (projected, error, tail): (&[f32], f32, f32),
        loss: f32,
    ) {
        assert!(
            index < self.n_centers && projected.len() == self.n_features,
            "center out of range"
        );
        let widened: Vec<f64> = projected.iter().map(|value| f64::from(*value)).collect();
        let (scale, norm, lost) = self.set_bytes(index, &widened);
        let slack = Self::HALF_NORM_SLACK;
        let underflow = UNDERFLOW * (self.n_features as f32 + EPILOGUE_ROUNDINGS);
        let error = (error + lost) * (1.0 + slack) + slack * norm;
        self.scales[index] = scale;
        self.half_norms[index] = half_norm as f32 * (1.0 - slack) - underflow;
        self.norms[index] = norm.max(error / loss) * (1.0 + slack);
        self.errors[index] = tail * (1.0 + slack);
    }

    /// Raises all scores of centroid `index` by `amount`, which is not negative.
    pub fn raise(&mut self, index: usize, amount: f32) {
        let raised = self.half_norms[index] + amount;
        self.half_norms[index] = raised - raised.abs() * 2.0 * UNIT;
    }

    /// An upper bound of the score of a row and centroid whose lower bound is `lower`: a centroid whose score lies above
    /// it is farther from the row in exact arithmetic and in the float64 distances of [`crate::distance`].
    ///
    /// The lower bound lies at most two bands below the true score; half norm and rounding are allowed for again. Where
    /// a row is some 10¹⁰ times as far from the centroids as they are from m, float64 distances tie or swap before
    /// scores do. With ε bounding their relative error, another centroid c′ can tie with this one only if ‖x − c′‖² ≤
    /// (1 + 2.1ε)‖x − c‖², that is if its score is at most 1.05ε‖x − c‖² above this one's; ‖x − c‖² = ‖x‖² + 2s.
    #[inline(always)]
    pub fn upper_bound(&self, band: RowBand, index: usize, lower: f32) -> f32 {
        self.raised(self.width(band, index), lower)
    }

    /// At least ‖x − y‖² of a row and a column of [`Panels::set_row`] whose pair has the lower bound `lower`; `norms` are
    /// at least their squared distances from m. Above the float64 distance of [`crate::distance`], too.
    #[inline]
    pub fn squared_above(&self, band: RowBand, index: usize, lower: f32, norms: (f32, f32)) -> f64 {
        let upper = f64::from(self.upper_bound(band, index, lower));
        // The bound is that of a score with the half norm that was packed, which is less than the column's.
        let missing = 0.5 * f64::from(norms.1) - f64::from(self.half_norms[index]);
        let above = f64::from(norms.0) + 2.0 * (upper + missing);
        above + 8.0 * f64::EPSILON * (f64::from(norms.0) + 2.0 * (upper.abs() + missing))
    }

    /// Writes out the words of centroid `index`; returns what a lower bound is before the product is taken off, for rows
    /// of this band. The panels hold float32.
    pub(crate) fn unpack(&self, index: usize, band: RowBand, values: &mut [f32]) -> f32 {
        let (at, stride) = self.place(index);
        if let Words::Floats(words) = &self.words {
            for (step, value) in values.iter_mut().enumerate() {
                *value = words[at + step * stride];
            }
        }
        // The roundings of a scan's epilogue, in another order and no more of them.
        self.half_norms[index] - band.error * self.norms[index] - band.reach * self.errors[index]
    }

    /// What of an upper bound depends on row and centroid only; for [`Panels::raised`].
    #[inline(always)]
    pub(crate) fn width(&self, band: RowBand, index: usize) -> f32 {
        let width = band.error * self.norms[index] + band.reach * self.errors[index];
        let slack = 4.0 * EPILOGUE_ROUNDINGS * UNIT * (self.half_norms[index].abs() + width);
        let underflow = 4.0 * UNDERFLOW * (self.n_features as f32 + 16.0);
        let above = 2.0 * width + slack + underflow;
        // All terms are positive, each a handful of roundings off.
        let ties = self.distance_error() * (band.reach * band.reach + 2.0 * above);
        (above + ties) * (1.0 + 16.0 * UNIT)
    }

    /// The upper bound that goes with a lower bound and a width; the sum is rounded to nearest.
    #[inline(always)]
    pub(crate) fn raised(&self, width: f32, lower: f32) -> f32 {
        let ties = 2.0 * self.distance_error() * (1.0 + 16.0 * UNIT);
        let upper = lower + (width + ties * lower.abs());
        upper + upper.abs() * 2.0 * UNIT
    }

    /// Twice ε: three roundings a term, one for each feature in 16 partial sums, four to combine them, some to spare.
    #[inline(always)]
    fn distance_error(&self) -> f32 {
        (self.n_features as f32 / 16.0 + 16.0) * f64::EPSILON as f32
    }

    fn set_floats(&mut self, index: usize, center: &[f64]) -> (f32, f32, f32) {
        let (mut norm, mut error) = (0.0, 0.0);
        for (value, rounded) in center.iter().zip(&mut self.scratch) {
            *rounded = *value as f32;
            let kept = f64::from(*rounded);
            norm += kept * kept;
            error += (value - kept) * (value - kept);
        }
        let scratch = std::mem::take(&mut self.scratch);
        self.place_floats(index, &scratch);
        self.scratch = scratch;
        (1.0, round_up(norm.sqrt()), round_up(error.sqrt()))
    }

    fn place_floats(&mut self, index: usize, values: &[f32]) {
        let (at, stride) = self.place(index);
        if let Words::Floats(words) = &mut self.words {
            for (step, value) in values.iter().enumerate() {
                words[at + step * stride] = *value;
            }
        }
    }

    fn set_bytes(&mut self, index: usize, center: &[f64]) -> (f32, f32, f32) {
        let largest = center.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        // Below this the reciprocal overflows float32; such a centroid is represented by zero, all of it residual.
        let scale = if largest < 1e-30 { 0.0 } else { (largest / 127.0) as f32 };
        let mut quanta = std::mem::take(&mut self.quanta);
        let kept = quantize::quantize_center(self.level, center, f64::from(scale), &mut quanta);
        let (at, stride) = self.place(index);
        if let Words::Bytes(words) = &mut self.words {
            for (step, four) in quanta.chunks_exact(4).enumerate() {
                let bytes = [four[0], four[1], four[2], four[3]].map(i8::cast_unsigned);
                words[at + step * stride] = u32::from_le_bytes(bytes);
            }
        }
        self.quanta = quanta;
        self.corrections[index] = (-128 * kept.sum).cast_unsigned();
        (scale, round_up(kept.squared_norm.sqrt()), round_up(kept.squared_residual.sqrt()))
    }

    /// Where centroid `index` begins in `words`, and how far its steps are apart.
    fn place(&self, index: usize) -> (usize, usize) {
        let width = self.lanes * self.vectors;
        let first = index / width * width;
        let stride = width.min(self.half_norms.len() - first);
        (first * self.steps + index - first, stride)
    }
}

/// Lanes per vector and vectors per panel.
pub(crate) fn shape(level: Level) -> (usize, usize) {
    match level {
        Level::Scalar(simd) => (lanes(simd), arch::scalar::VECTORS),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(simd) => (lanes(simd), arch::x86_64::avx2::VECTORS),
        #[cfg(target_arch = "x86_64")]
        Level::Vnni256(simd) => (lanes(simd), arch::x86_64::vnni256::VECTORS),
        #[cfg(target_arch = "x86_64")]
        Level::Avx512(simd) => (lanes(simd), arch::x86_64::avx512::VECTORS),
        #[cfg(target_arch = "x86_64")]
        Level::Vnni(simd) => (lanes(simd), arch::x86_64::avx512::VECTORS),
    }
}

fn lanes<S: Simd>(_: S) -> usize {
    S::LEN
}

/// Rounds to float32, never below the value (sums of squares carry a relative error far below the one added here).
///
/// Denormals round by an absolute amount, and to zero: a centroid that small is still felt by a row of magnitude 10¹².
pub(crate) fn round_up(value: f64) -> f32 {
    if value == 0.0 {
        0.0
    } else {
        (value * (1.0 + 4.0 * f64::from(UNIT))) as f32 + f32::MIN_POSITIVE
    }
}
