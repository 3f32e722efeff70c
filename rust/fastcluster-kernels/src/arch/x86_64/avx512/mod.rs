//! AVX-512, with and without the 8-bit dot product: vectors of sixteen.

mod vectors;
mod vnni;

pub use vnni::Vnni;

/// Vectors of sixteen centroids per panel: 6 × 4 sums, 4 panel vectors and a broadcast fit in 32 registers.
pub(crate) const VECTORS: usize = 4;

/// Proof that this CPU has AVX-512 F, BW, DQ and VL, and AVX2, FMA and F16C; only its `detect` makes one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Avx512(());

impl Avx512 {
    /// Returns the proof if this CPU has these features.
    pub(crate) fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && super::Avx2::detect().is_some();
        found.then_some(Self(()))
    }
}

instantiate_scans!(Avx512, 6, 12, 12, "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c");

/// The scans of the VNNI level.
pub(crate) mod vnni_scans {
    use super::Vnni;

    instantiate_scans!(
        Vnni,
        6,
        12,
        12,
        "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c"
    );
}
