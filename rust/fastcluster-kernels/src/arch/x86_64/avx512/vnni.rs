//! AVX-512 with VNNI: everything is AVX-512's but the 8-bit dot product.

use std::arch::x86_64::{__m512, __m512i, _mm512_dpbusd_epi32};

use super::Avx512;
use crate::generic::{Kept, Simd};

/// Proof that this CPU has [`Avx512`]'s features and AVX-512 VNNI; only its `detect` makes one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Vnni(Avx512);

impl Vnni {
    /// Returns the proof if this CPU has these features.
    pub(crate) fn detect() -> Option<Self> {
        let base = Avx512::detect()?;
        is_x86_feature_detected!("avx512vnni").then_some(Self(base))
    }
}

impl Simd for Vnni {
    const LEN: usize = Avx512::LEN;
    type F = __m512;
    type W = __m512i;
    type Square = [__m512; 16];

    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        self.0.splat(value)
    }
    #[inline(always)]
    fn load(self, values: &[f32]) -> __m512 {
        self.0.load(values)
    }
    #[inline(always)]
    fn store(self, vector: __m512, values: &mut [f32]) {
        self.0.store(vector, values);
    }
    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        self.0.mul(a, b)
    }
    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, sum: __m512) -> __m512 {
        self.0.mul_add(a, b, sum)
    }
    #[inline(always)]
    fn neg_mul_add(self, a: __m512, b: __m512, from: __m512) -> __m512 {
        self.0.neg_mul_add(a, b, from)
    }
    #[inline(always)]
    fn splat_word(self, value: u32) -> __m512i {
        self.0.splat_word(value)
    }
    #[inline(always)]
    fn load_words(self, values: &[u32]) -> __m512i {
        self.0.load_words(values)
    }
    #[inline(always)]
    fn store_words(self, vector: __m512i, values: &mut [u32]) {
        self.0.store_words(vector, values);
    }
    #[inline(always)]
    fn dot_bytes(self, sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512 VNNI, and the intrinsic touches registers only.
        unsafe { _mm512_dpbusd_epi32(sum, a, b) }
    }
    #[inline(always)]
    fn words_to_f32(self, a: __m512i) -> __m512 {
        self.0.words_to_f32(a)
    }
    #[inline(always)]
    fn least(self, a: __m512) -> f32 {
        self.0.least(a)
    }
    #[inline(always)]
    fn columns(self, values: &[f32], rows: &[u32]) -> [__m512; 16] {
        self.0.columns(values, rows)
    }
    #[inline(always)]
    fn not_above(self, a: __m512, b: __m512) -> u32 {
        self.0.not_above(a, b)
    }
    #[inline(always)]
    fn sift(self, least: __m512, value: __m512, limit: __m512) -> (__m512, u32) {
        self.0.sift(least, value, limit)
    }
    #[inline(always)]
    fn root(self, squared: __m512, limit: __m512) -> (__m512, u32) {
        self.0.root(squared, limit)
    }
    #[inline(always)]
    fn track(self, kept: Kept<Self>, value: __m512, number: __m512i) -> Kept<Self> {
        let kept = Kept::<Avx512> { best: kept.best, second: kept.second, number: kept.number };
        let Kept { best, second, number } = self.0.track(kept, value, number);
        Kept { best, second, number }
    }
}
