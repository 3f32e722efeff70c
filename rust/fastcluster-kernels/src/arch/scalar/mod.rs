//! Portable instantiation: arrays of eight values, which the compiler maps to whatever vectors the target has.

use crate::generic::{Kept, Simd};

/// Vectors of `LEN` centroids per panel.
pub(crate) const VECTORS: usize = 2;

/// The token of the portable level, which needs no proof.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Scalar;

impl Simd for Scalar {
    const LEN: usize = 8;
    type F = [f32; 8];
    type W = [u32; 8];
    type Square = [[f32; 8]; 8];

    #[inline(always)]
    fn splat(self, value: f32) -> [f32; 8] {
        [value; 8]
    }
    #[inline(always)]
    fn load(self, values: &[f32]) -> [f32; 8] {
        std::array::from_fn(|lane| values[..8][lane])
    }
    #[inline(always)]
    fn store(self, vector: [f32; 8], values: &mut [f32]) {
        values[..8].copy_from_slice(&vector);
    }
    #[inline(always)]
    fn mul(self, a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|lane| a[lane] * b[lane])
    }
    // A fused multiply-add without hardware is a slow library call: the portable level rounds twice, within the bound.
    #[inline(always)]
    fn mul_add(self, a: [f32; 8], b: [f32; 8], sum: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|lane| sum[lane] + a[lane] * b[lane])
    }
    #[inline(always)]
    fn neg_mul_add(self, a: [f32; 8], b: [f32; 8], from: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|lane| from[lane] - a[lane] * b[lane])
    }
    #[inline(always)]
    fn splat_word(self, value: u32) -> [u32; 8] {
        [value; 8]
    }
    #[inline(always)]
    fn load_words(self, values: &[u32]) -> [u32; 8] {
        std::array::from_fn(|lane| values[..8][lane])
    }
    #[inline(always)]
    fn store_words(self, vector: [u32; 8], values: &mut [u32]) {
        values[..8].copy_from_slice(&vector);
    }
    #[inline(always)]
    fn dot_bytes(self, sum: [u32; 8], a: [u32; 8], b: [u32; 8]) -> [u32; 8] {
        std::array::from_fn(|lane| {
            let (rows, centers) = (a[lane].to_le_bytes(), b[lane].to_le_bytes());
            (0..4).fold(sum[lane], |sum, byte| {
                let product = i32::from(rows[byte]) * i32::from(centers[byte].cast_signed());
                sum.wrapping_add(product.cast_unsigned())
            })
        })
    }
    #[inline(always)]
    fn words_to_f32(self, a: [u32; 8]) -> [f32; 8] {
        a.map(|word| word.cast_signed() as f32)
    }
    #[inline(always)]
    fn least(self, a: [f32; 8]) -> f32 {
        a.into_iter().fold(f32::INFINITY, |least, value| if value < least { value } else { least })
    }
    #[inline(always)]
    fn columns(self, values: &[f32], rows: &[u32]) -> [[f32; 8]; 8] {
        let mut columns = [[0.0; 8]; 8];
        for (lane, row) in rows[..8].iter().enumerate() {
            for (column, value) in columns.iter_mut().zip(&values[*row as usize * 8..][..8]) {
                column[lane] = *value;
            }
        }
        columns
    }
    #[inline(always)]
    fn not_above(self, a: [f32; 8], b: [f32; 8]) -> u32 {
        (0..8).fold(0, |mask, lane| mask | u32::from(a[lane] <= b[lane]) << lane)
    }
    #[inline(always)]
    fn sift(self, least: [f32; 8], value: [f32; 8], limit: [f32; 8]) -> ([f32; 8], u32) {
        let above = |lane: usize| value[lane] > limit[lane] && value[lane] < least[lane];
        let lesser = |lane: usize| if above(lane) { value[lane] } else { least[lane] };
        (std::array::from_fn(lesser), self.not_above(value, limit))
    }
    #[inline(always)]
    fn root(self, squared: [f32; 8], limit: [f32; 8]) -> ([f32; 8], u32) {
        let far = self.not_above(limit, squared);
        let root = |lane: usize| if far >> lane & 1 == 1 { squared[lane].sqrt() } else { 0.0 };
        (std::array::from_fn(root), !far & 0xff)
    }
    #[inline(always)]
    fn track(self, kept: Kept<Self>, value: [f32; 8], number: [u32; 8]) -> Kept<Self> {
        let mut kept = kept;
        for lane in 0..8 {
            let less = value[lane] < kept.best[lane];
            let loser = if less { kept.best[lane] } else { value[lane] };
            kept.second[lane] = if loser < kept.second[lane] { loser } else { kept.second[lane] };
            kept.best[lane] = if less { value[lane] } else { kept.best[lane] };
            kept.number[lane] = if less { number[lane] } else { kept.number[lane] };
        }
        kept
    }
}

instantiate_scans!(Scalar, 2, 2, 4);
