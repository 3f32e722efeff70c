//! AVX2 with the 8-bit dot product on vectors of eight: everything is AVX2's but that product.
//!
//! Its half-width panels serve few centroids (the draws of a k-means++ step) without idle lanes.

use std::arch::x86_64::{__m256, __m256i, _mm256_dpbusd_epi32};

use super::Avx2;
use crate::generic::{Kept, Simd};

/// Vectors of eight centroids per panel: 6 × 4 sums, 4 panel vectors and a broadcast fit in the 32 registers that
/// AVX-512 VL gives vectors of eight too.
pub(crate) const VECTORS: usize = 4;

/// Proof that this CPU has [`Avx2`]'s features and the 256-bit form of AVX-512 VNNI; only its `detect` makes one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Vnni256(Avx2);

impl Vnni256 {
    /// Returns the proof if this CPU has these features.
    pub(crate) fn detect() -> Option<Self> {
        let base = Avx2::detect()?;
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni");
        found.then_some(Self(base))
    }
}

impl Simd for Vnni256 {
    const LEN: usize = Avx2::LEN;
    type F = __m256;
    type W = __m256i;
    type Square = [__m256; 8];

    #[inline(always)]
    fn splat(self, value: f32) -> __m256 {
        self.0.splat(value)
    }
    #[inline(always)]
    fn load(self, values: &[f32]) -> __m256 {
        self.0.load(values)
    }
    #[inline(always)]
    fn store(self, vector: __m256, values: &mut [f32]) {
        self.0.store(vector, values);
    }
    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        self.0.mul(a, b)
    }
    #[inline(always)]
    fn mul_add(self, a: __m256, b: __m256, sum: __m256) -> __m256 {
        self.0.mul_add(a, b, sum)
    }
    #[inline(always)]
    fn neg_mul_add(self, a: __m256, b: __m256, from: __m256) -> __m256 {
        self.0.neg_mul_add(a, b, from)
    }
    #[inline(always)]
    fn splat_word(self, value: u32) -> __m256i {
        self.0.splat_word(value)
    }
    #[inline(always)]
    fn load_words(self, values: &[u32]) -> __m256i {
        self.0.load_words(values)
    }
    #[inline(always)]
    fn store_words(self, vector: __m256i, values: &mut [u32]) {
        self.0.store_words(vector, values);
    }
    #[inline(always)]
    fn dot_bytes(self, sum: __m256i, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX-512 VNNI and VL, and the intrinsic touches registers only.
        unsafe { _mm256_dpbusd_epi32(sum, a, b) }
    }
    #[inline(always)]
    fn words_to_f32(self, a: __m256i) -> __m256 {
        self.0.words_to_f32(a)
    }
    #[inline(always)]
    fn least(self, a: __m256) -> f32 {
        self.0.least(a)
    }
    #[inline(always)]
    fn columns(self, values: &[f32], rows: &[u32]) -> [__m256; 8] {
        self.0.columns(values, rows)
    }
    #[inline(always)]
    fn not_above(self, a: __m256, b: __m256) -> u32 {
        self.0.not_above(a, b)
    }
    #[inline(always)]
    fn sift(self, least: __m256, value: __m256, limit: __m256) -> (__m256, u32) {
        self.0.sift(least, value, limit)
    }
    #[inline(always)]
    fn root(self, squared: __m256, limit: __m256) -> (__m256, u32) {
        self.0.root(squared, limit)
    }
    #[inline(always)]
    fn track(self, kept: Kept<Self>, value: __m256, number: __m256i) -> Kept<Self> {
        let kept = Kept::<Avx2> { best: kept.best, second: kept.second, number: kept.number };
        let Kept { best, second, number } = self.0.track(kept, value, number);
        Kept { best, second, number }
    }
}

instantiate_scans!(Vnni256, 6, 12, 12, "avx512f,avx512vl,avx512vnni,avx2,fma,f16c");
