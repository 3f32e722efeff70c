//! AVX2 and FMA: vectors of eight.

use std::arch::x86_64::{
    __m256, __m256i, _CMP_LE_OQ, _CMP_LT_OQ, _mm256_add_epi32, _mm256_and_ps, _mm256_and_si256,
    _mm256_blendv_epi8, _mm256_blendv_ps, _mm256_castps_si256, _mm256_cmp_ps, _mm256_cvtepi32_ps,
    _mm256_cvtss_f32, _mm256_fmadd_ps, _mm256_fnmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256,
    _mm256_madd_epi16, _mm256_max_ps, _mm256_min_ps, _mm256_movemask_ps, _mm256_mul_ps,
    _mm256_permute_ps, _mm256_permute2f128_ps, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_set1_ps, _mm256_shuffle_ps, _mm256_slli_epi16, _mm256_sqrt_ps, _mm256_srai_epi16,
    _mm256_srli_epi16, _mm256_storeu_ps, _mm256_storeu_si256, _mm256_unpackhi_ps,
    _mm256_unpacklo_ps,
};

use crate::generic::{Kept, Simd};

/// Vectors of eight centroids per panel: 6 × 2 sums, 2 panel vectors and a broadcast fit in 16 registers.
pub(crate) const VECTORS: usize = 2;

/// Proof that this CPU has AVX2, FMA and F16C; only its `detect` makes one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Avx2(());

impl Avx2 {
    /// Returns the proof if this CPU has AVX2, FMA and F16C.
    pub(crate) fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c");
        found.then_some(Self(()))
    }
}

/// Calls one intrinsic that only needs the CPU feature.
macro_rules! avx2 {
    ($call:expr) => {{
        // SAFETY: `self` proves AVX2 and FMA, and the intrinsic touches registers only.
        unsafe { $call }
    }};
}

impl Simd for Avx2 {
    const LEN: usize = 8;
    type F = __m256;
    type W = __m256i;
    type Square = [__m256; 8];

    #[inline(always)]
    fn splat(self, value: f32) -> __m256 {
        avx2!(_mm256_set1_ps(value))
    }
    #[inline(always)]
    fn load(self, values: &[f32]) -> __m256 {
        let values = &values[..8];
        // SAFETY: `values` holds 8 floats, and `self` proves AVX.
        unsafe { _mm256_loadu_ps(values.as_ptr()) }
    }
    #[inline(always)]
    fn store(self, vector: __m256, values: &mut [f32]) {
        let values = &mut values[..8];
        // SAFETY: `values` holds 8 floats, and `self` proves AVX.
        unsafe { _mm256_storeu_ps(values.as_mut_ptr(), vector) }
    }
    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        avx2!(_mm256_mul_ps(a, b))
    }
    #[inline(always)]
    fn mul_add(self, a: __m256, b: __m256, sum: __m256) -> __m256 {
        avx2!(_mm256_fmadd_ps(a, b, sum))
    }
    #[inline(always)]
    fn neg_mul_add(self, a: __m256, b: __m256, from: __m256) -> __m256 {
        avx2!(_mm256_fnmadd_ps(a, b, from))
    }
    #[inline(always)]
    fn splat_word(self, value: u32) -> __m256i {
        avx2!(_mm256_set1_epi32(value.cast_signed()))
    }
    #[inline(always)]
    fn load_words(self, values: &[u32]) -> __m256i {
        let values = &values[..8];
        // SAFETY: `values` holds 8 words, and `self` proves AVX.
        unsafe { _mm256_loadu_si256(values.as_ptr().cast()) }
    }
    #[inline(always)]
    fn store_words(self, vector: __m256i, values: &mut [u32]) {
        let values = &mut values[..8];
        // SAFETY: `values` holds 8 words, and `self` proves AVX.
        unsafe { _mm256_storeu_si256(values.as_mut_ptr().cast(), vector) }
    }
    // `maddubs` saturates at 16 bits with full bytes, so even and odd bytes are widened: two 16-bit products each.
    #[inline(always)]
    fn dot_bytes(self, sum: __m256i, a: __m256i, b: __m256i) -> __m256i {
        let low = avx2!(_mm256_set1_epi16(0xff));
        let a_even = avx2!(_mm256_and_si256(a, low));
        let a_odd = avx2!(_mm256_srli_epi16::<8>(a));
        let b_shifted = avx2!(_mm256_slli_epi16::<8>(b));
        let b_even = avx2!(_mm256_srai_epi16::<8>(b_shifted));
        let b_odd = avx2!(_mm256_srai_epi16::<8>(b));
        let even = avx2!(_mm256_madd_epi16(a_even, b_even));
        let odd = avx2!(_mm256_madd_epi16(a_odd, b_odd));
        let sum = avx2!(_mm256_add_epi32(sum, even));
        avx2!(_mm256_add_epi32(sum, odd))
    }
    #[inline(always)]
    fn words_to_f32(self, a: __m256i) -> __m256 {
        avx2!(_mm256_cvtepi32_ps(a))
    }
    #[inline(always)]
    fn least(self, a: __m256) -> f32 {
        let swapped = avx2!(_mm256_permute2f128_ps::<1>(a, a));
        let four = avx2!(_mm256_min_ps(a, swapped));
        let crossed = avx2!(_mm256_permute_ps::<0b01_00_11_10>(four));
        let two = avx2!(_mm256_min_ps(four, crossed));
        let turned = avx2!(_mm256_permute_ps::<0b10_11_00_01>(two));
        let one = avx2!(_mm256_min_ps(two, turned));
        avx2!(_mm256_cvtss_f32(one))
    }
    #[inline(always)]
    fn columns(self, values: &[f32], rows: &[u32]) -> [__m256; 8] {
        let rows = &rows[..8];
        let mut whole = [self.splat(0.0); 8];
        for (whole, row) in whole.iter_mut().zip(rows) {
            *whole = self.load(&values[*row as usize * 8..]);
        }
        // Pairs of rows, then fours, in each half of a vector; then the halves.
        let mut fours = whole;
        for first in [0, 4] {
            let low = avx2!(_mm256_unpacklo_ps(whole[first], whole[first + 1]));
            let high = avx2!(_mm256_unpackhi_ps(whole[first], whole[first + 1]));
            let next_low = avx2!(_mm256_unpacklo_ps(whole[first + 2], whole[first + 3]));
            let next_high = avx2!(_mm256_unpackhi_ps(whole[first + 2], whole[first + 3]));
            fours[first] = avx2!(_mm256_shuffle_ps::<0b01_00_01_00>(low, next_low));
            fours[first + 1] = avx2!(_mm256_shuffle_ps::<0b11_10_11_10>(low, next_low));
            fours[first + 2] = avx2!(_mm256_shuffle_ps::<0b01_00_01_00>(high, next_high));
            fours[first + 3] = avx2!(_mm256_shuffle_ps::<0b11_10_11_10>(high, next_high));
        }
        let mut columns = fours;
        for at in 0..4 {
            columns[at] = avx2!(_mm256_permute2f128_ps::<0x20>(fours[at], fours[at + 4]));
            columns[at + 4] = avx2!(_mm256_permute2f128_ps::<0x31>(fours[at], fours[at + 4]));
        }
        columns
    }
    #[inline(always)]
    fn not_above(self, a: __m256, b: __m256) -> u32 {
        let mask = avx2!(_mm256_cmp_ps::<_CMP_LE_OQ>(a, b));
        avx2!(_mm256_movemask_ps(mask)).cast_unsigned()
    }
    #[inline(always)]
    fn sift(self, least: __m256, value: __m256, limit: __m256) -> (__m256, u32) {
        let mask = avx2!(_mm256_cmp_ps::<_CMP_LE_OQ>(value, limit));
        let others = avx2!(_mm256_blendv_ps(value, self.splat(f32::INFINITY), mask));
        let within = avx2!(_mm256_movemask_ps(mask)).cast_unsigned();
        (avx2!(_mm256_min_ps(others, least)), within)
    }
    #[inline(always)]
    fn root(self, squared: __m256, limit: __m256) -> (__m256, u32) {
        let far = avx2!(_mm256_cmp_ps::<_CMP_LE_OQ>(limit, squared));
        let root = avx2!(_mm256_sqrt_ps(squared));
        let mask = avx2!(_mm256_movemask_ps(far)).cast_unsigned();
        (avx2!(_mm256_and_ps(root, far)), !mask & 0xff)
    }
    #[inline(always)]
    fn track(self, kept: Kept<Self>, value: __m256, number: __m256i) -> Kept<Self> {
        let less = avx2!(_mm256_cmp_ps::<_CMP_LT_OQ>(value, kept.best));
        let less = avx2!(_mm256_castps_si256(less));
        let loser = avx2!(_mm256_max_ps(value, kept.best));
        Kept {
            best: avx2!(_mm256_min_ps(value, kept.best)),
            second: avx2!(_mm256_min_ps(loser, kept.second)),
            number: avx2!(_mm256_blendv_epi8(kept.number, number, less)),
        }
    }
}

instantiate_scans!(Avx2, 6, 6, 12, "avx2,fma,f16c");
