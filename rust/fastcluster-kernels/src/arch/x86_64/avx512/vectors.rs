//! The vector operations of AVX-512 F and BW.

use std::arch::x86_64::{
    __m512, __m512i, _CMP_LE_OQ, _CMP_LT_OQ, _mm512_add_epi32, _mm512_and_si512,
    _mm512_cmp_ps_mask, _mm512_cvtepi32_ps, _mm512_fmadd_ps, _mm512_fnmadd_ps, _mm512_loadu_epi32,
    _mm512_loadu_ps, _mm512_madd_epi16, _mm512_mask_min_ps, _mm512_mask_mov_epi32,
    _mm512_maskz_sqrt_ps, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps, _mm512_reduce_min_ps,
    _mm512_set1_epi16, _mm512_set1_epi32, _mm512_set1_ps, _mm512_shuffle_f32x4, _mm512_shuffle_ps,
    _mm512_slli_epi16, _mm512_srai_epi16, _mm512_srli_epi16, _mm512_storeu_epi32, _mm512_storeu_ps,
    _mm512_unpackhi_ps, _mm512_unpacklo_ps,
};

use super::Avx512;
use crate::generic::{Kept, Simd};

/// Calls one intrinsic that only needs the CPU feature.
macro_rules! avx512 {
    ($call:expr) => {{
        // SAFETY: `self` proves AVX-512 F and BW, and the intrinsic touches registers only.
        unsafe { $call }
    }};
}

impl Simd for Avx512 {
    const LEN: usize = 16;
    type F = __m512;
    type W = __m512i;
    type Square = [__m512; 16];

    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        avx512!(_mm512_set1_ps(value))
    }
    #[inline(always)]
    fn load(self, values: &[f32]) -> __m512 {
        let values = &values[..16];
        // SAFETY: `values` holds 16 floats, and `self` proves AVX-512 F.
        unsafe { _mm512_loadu_ps(values.as_ptr()) }
    }
    #[inline(always)]
    fn store(self, vector: __m512, values: &mut [f32]) {
        let values = &mut values[..16];
        // SAFETY: `values` holds 16 floats, and `self` proves AVX-512 F.
        unsafe { _mm512_storeu_ps(values.as_mut_ptr(), vector) }
    }
    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        avx512!(_mm512_mul_ps(a, b))
    }
    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, sum: __m512) -> __m512 {
        avx512!(_mm512_fmadd_ps(a, b, sum))
    }
    #[inline(always)]
    fn neg_mul_add(self, a: __m512, b: __m512, from: __m512) -> __m512 {
        avx512!(_mm512_fnmadd_ps(a, b, from))
    }
    #[inline(always)]
    fn splat_word(self, value: u32) -> __m512i {
        avx512!(_mm512_set1_epi32(value.cast_signed()))
    }
    #[inline(always)]
    fn load_words(self, values: &[u32]) -> __m512i {
        let values = &values[..16];
        // SAFETY: `values` holds 16 words, and `self` proves AVX-512 F.
        unsafe { _mm512_loadu_epi32(values.as_ptr().cast()) }
    }
    #[inline(always)]
    fn store_words(self, vector: __m512i, values: &mut [u32]) {
        let values = &mut values[..16];
        // SAFETY: `values` holds 16 words, and `self` proves AVX-512 F.
        unsafe { _mm512_storeu_epi32(values.as_mut_ptr().cast(), vector) }
    }
    // Even and odd bytes are widened to 16 bits, as under AVX2.
    #[inline(always)]
    fn dot_bytes(self, sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
        let low = avx512!(_mm512_set1_epi16(0xff));
        let a_even = avx512!(_mm512_and_si512(a, low));
        let a_odd = avx512!(_mm512_srli_epi16::<8>(a));
        let b_shifted = avx512!(_mm512_slli_epi16::<8>(b));
        let b_even = avx512!(_mm512_srai_epi16::<8>(b_shifted));
        let b_odd = avx512!(_mm512_srai_epi16::<8>(b));
        let even = avx512!(_mm512_madd_epi16(a_even, b_even));
        let odd = avx512!(_mm512_madd_epi16(a_odd, b_odd));
        let sum = avx512!(_mm512_add_epi32(sum, even));
        avx512!(_mm512_add_epi32(sum, odd))
    }
    #[inline(always)]
    fn words_to_f32(self, a: __m512i) -> __m512 {
        avx512!(_mm512_cvtepi32_ps(a))
    }
    #[inline(always)]
    fn least(self, a: __m512) -> f32 {
        avx512!(_mm512_reduce_min_ps(a))
    }
    #[inline(always)]
    fn columns(self, values: &[f32], rows: &[u32]) -> [__m512; 16] {
        let rows = &rows[..16];
        let mut whole = [self.splat(0.0); 16];
        for (whole, row) in whole.iter_mut().zip(rows) {
            *whole = self.load(&values[*row as usize * 16..]);
        }
        // Pairs of rows, then fours, in each quarter of a vector: `fours[4i + m]` holds value 4q + m of rows 4i to 4i + 3
        // in quarter q. Then the quarters.
        let mut fours = whole;
        for first in [0, 4, 8, 12] {
            let low = avx512!(_mm512_unpacklo_ps(whole[first], whole[first + 1]));
            let high = avx512!(_mm512_unpackhi_ps(whole[first], whole[first + 1]));
            let next_low = avx512!(_mm512_unpacklo_ps(whole[first + 2], whole[first + 3]));
            let next_high = avx512!(_mm512_unpackhi_ps(whole[first + 2], whole[first + 3]));
            fours[first] = avx512!(_mm512_shuffle_ps::<0b01_00_01_00>(low, next_low));
            fours[first + 1] = avx512!(_mm512_shuffle_ps::<0b11_10_11_10>(low, next_low));
            fours[first + 2] = avx512!(_mm512_shuffle_ps::<0b01_00_01_00>(high, next_high));
            fours[first + 3] = avx512!(_mm512_shuffle_ps::<0b11_10_11_10>(high, next_high));
        }
        let mut columns = fours;
        for at in 0..4 {
            let even = avx512!(_mm512_shuffle_f32x4::<0x88>(fours[at], fours[at + 4]));
            let odd = avx512!(_mm512_shuffle_f32x4::<0xdd>(fours[at], fours[at + 4]));
            let next_even = avx512!(_mm512_shuffle_f32x4::<0x88>(fours[at + 8], fours[at + 12]));
            let next_odd = avx512!(_mm512_shuffle_f32x4::<0xdd>(fours[at + 8], fours[at + 12]));
            columns[at] = avx512!(_mm512_shuffle_f32x4::<0x88>(even, next_even));
            columns[at + 4] = avx512!(_mm512_shuffle_f32x4::<0x88>(odd, next_odd));
            columns[at + 8] = avx512!(_mm512_shuffle_f32x4::<0xdd>(even, next_even));
            columns[at + 12] = avx512!(_mm512_shuffle_f32x4::<0xdd>(odd, next_odd));
        }
        columns
    }
    #[inline(always)]
    fn not_above(self, a: __m512, b: __m512) -> u32 {
        u32::from(avx512!(_mm512_cmp_ps_mask::<_CMP_LE_OQ>(a, b)))
    }
    #[inline(always)]
    fn sift(self, least: __m512, value: __m512, limit: __m512) -> (__m512, u32) {
        let within = avx512!(_mm512_cmp_ps_mask::<_CMP_LE_OQ>(value, limit));
        (avx512!(_mm512_mask_min_ps(least, !within, value, least)), u32::from(within))
    }
    #[inline(always)]
    fn root(self, squared: __m512, limit: __m512) -> (__m512, u32) {
        let far = avx512!(_mm512_cmp_ps_mask::<_CMP_LE_OQ>(limit, squared));
        (avx512!(_mm512_maskz_sqrt_ps(far, squared)), u32::from(!far))
    }
    #[inline(always)]
    fn track(self, kept: Kept<Self>, value: __m512, number: __m512i) -> Kept<Self> {
        let less = avx512!(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(value, kept.best));
        let loser = avx512!(_mm512_max_ps(value, kept.best));
        Kept {
            best: avx512!(_mm512_min_ps(value, kept.best)),
            second: avx512!(_mm512_min_ps(loser, kept.second)),
            number: avx512!(_mm512_mask_mov_epi32(kept.number, less, number)),
        }
    }
}
