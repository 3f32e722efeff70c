//! Each kernel once, over the vector operations of a proof token.
//!
//! A token that implements [`Simd`] proves that the CPU has the instructions, so the generic code is safe. All of it is
//! `#[inline(always)]`: the instantiations in `arch` are functions with `#[target_feature]`, and only what is inlined
//! into them is compiled for those features.

pub(crate) mod decide;
pub(crate) mod few;
pub(crate) mod pairwise;
pub(crate) mod scan;
pub(crate) mod sinks;
pub(crate) mod tile;

pub(crate) use sinks::{Joiner, Sieve, Tracker, Writer};

/// The operations of one instruction set that the kernels need: vectors of `LEN` float32 or 32-bit words.
pub(crate) trait Simd: Copy {
    /// Lanes per vector.
    const LEN: usize;
    /// A vector of float32.
    type F: Copy;
    /// A vector of 32-bit words.
    type W: Copy;
    /// `LEN` vectors of float32.
    type Square: AsRef<[Self::F]>;

    fn splat(self, value: f32) -> Self::F;
    /// Loads the first `LEN` values; panics if there are fewer.
    fn load(self, values: &[f32]) -> Self::F;
    /// Stores into the first `LEN` values; panics if there are fewer.
    fn store(self, vector: Self::F, values: &mut [f32]);
    fn mul(self, a: Self::F, b: Self::F) -> Self::F;
    /// `sum + a * b`, fused where the CPU fuses.
    fn mul_add(self, a: Self::F, b: Self::F, sum: Self::F) -> Self::F;
    /// `from - a * b`, fused where the CPU fuses.
    fn neg_mul_add(self, a: Self::F, b: Self::F, from: Self::F) -> Self::F;

    fn splat_word(self, value: u32) -> Self::W;
    /// Loads the first `LEN` words; panics if there are fewer.
    fn load_words(self, values: &[u32]) -> Self::W;
    /// Stores into the first `LEN` words; panics if there are fewer.
    fn store_words(self, vector: Self::W, values: &mut [u32]);
    /// Per lane: `sum` plus the products of the four unsigned bytes of `a` and the four signed bytes of `b`, in 32 bits.
    fn dot_bytes(self, sum: Self::W, a: Self::W, b: Self::W) -> Self::W;
    /// Signed 32-bit words to float32, rounded to nearest.
    fn words_to_f32(self, a: Self::W) -> Self::F;

    /// The least lane.
    fn least(self, a: Self::F) -> f32;
    /// Vector i holds value i of each of the `LEN` rows listed, which are `LEN` values long; panics if one is out of range
    /// or fewer are listed.
    fn columns(self, values: &[f32], rows: &[u32]) -> Self::Square;
    /// One bit per lane: whether `a` is not above `b`.
    fn not_above(self, a: Self::F, b: Self::F) -> u32;

    /// The lesser of `least` and `value` where `value` is above `limit`, `least` elsewhere; and one bit per lane:
    /// whether `value` is not above `limit`.
    fn sift(self, least: Self::F, value: Self::F, limit: Self::F) -> (Self::F, u32);

    /// Per lane: the root of `squared` where it is at least `limit`, zero elsewhere; and one bit per lane: whether it is
    /// not (NaN is not).
    fn root(self, squared: Self::F, limit: Self::F) -> (Self::F, u32);

    /// Enters `value`, which belongs to the vector numbered `number`, into the running two smallest values per lane.
    fn track(self, kept: Kept<Self>, value: Self::F, number: Self::W) -> Kept<Self>;
}

/// The two smallest values seen per lane, and the number of the vector that brought the smallest.
#[derive(Clone, Copy)]
pub(crate) struct Kept<S: Simd> {
    pub(crate) best: S::F,
    pub(crate) second: S::F,
    pub(crate) number: S::W,
}

/// How the words of a row and of a panel multiply: float32 by float32, or four bytes by four bytes.
pub(crate) trait Product<S: Simd> {
    /// One broadcast step of a row, one lane of a panel.
    type Word: Copy;
    /// A vector of panel words, and of sums.
    type Vector: Copy;

    /// The sums to begin with; bytes begin at the correction of their offset.
    fn start(simd: S, corrections: &[u32]) -> Self::Vector;
    fn splat(simd: S, word: Self::Word) -> Self::Vector;
    fn load(simd: S, words: &[Self::Word]) -> Self::Vector;
    fn step(simd: S, sum: Self::Vector, row: Self::Vector, panel: Self::Vector) -> Self::Vector;
    fn finish(simd: S, sum: Self::Vector) -> S::F;
}

/// Float32 words: one feature a step.
pub(crate) struct Floats;

impl<S: Simd> Product<S> for Floats {
    type Word = f32;
    type Vector = S::F;

    #[inline(always)]
    fn start(simd: S, _: &[u32]) -> S::F {
        simd.splat(0.0)
    }
    #[inline(always)]
    fn splat(simd: S, word: f32) -> S::F {
        simd.splat(word)
    }
    #[inline(always)]
    fn load(simd: S, words: &[f32]) -> S::F {
        simd.load(words)
    }
    #[inline(always)]
    fn step(simd: S, sum: S::F, row: S::F, panel: S::F) -> S::F {
        simd.mul_add(row, panel, sum)
    }
    #[inline(always)]
    fn finish(_: S, sum: S::F) -> S::F {
        sum
    }
}

/// Words of four bytes: four features a step, rows unsigned (offset by 128), panels signed.
pub(crate) struct Bytes;

impl<S: Simd> Product<S> for Bytes {
    type Word = u32;
    type Vector = S::W;

    #[inline(always)]
    fn start(simd: S, corrections: &[u32]) -> S::W {
        simd.load_words(corrections)
    }
    #[inline(always)]
    fn splat(simd: S, word: u32) -> S::W {
        simd.splat_word(word)
    }
    #[inline(always)]
    fn load(simd: S, words: &[u32]) -> S::W {
        simd.load_words(words)
    }
    #[inline(always)]
    fn step(simd: S, sum: S::W, row: S::W, panel: S::W) -> S::W {
        simd.dot_bytes(sum, row, panel)
    }
    #[inline(always)]
    fn finish(simd: S, sum: S::W) -> S::F {
        simd.words_to_f32(sum)
    }
}
