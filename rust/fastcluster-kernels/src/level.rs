//! Which instruction set this process uses: found once, capped by `FASTCLUSTER_ISA`, carried as a proof.

use std::sync::OnceLock;

pub use crate::arch::scalar::Scalar;
#[cfg(target_arch = "x86_64")]
pub use crate::arch::x86_64::{Avx2, Avx512, Vnni, Vnni256};

/// The instruction set that the kernels run on; each variant holds the proof that this CPU has it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Level {
    /// Portable code, which the compiler vectorises for the baseline of the target.
    Scalar(Scalar),
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// AVX2 with the 8-bit dot product (VNNI) on vectors of eight.
    #[cfg(target_arch = "x86_64")]
    Vnni256(Vnni256),
    /// AVX-512 F, BW, DQ and VL.
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    /// AVX-512 with the 8-bit dot product (VNNI).
    #[cfg(target_arch = "x86_64")]
    Vnni(Vnni),
}

impl Level {
    /// Returns the level of this process: the best that the CPU has, capped by `FASTCLUSTER_ISA`.
    ///
    /// The variable takes the names of [`Level::name`]; another value caps nothing. It is read once.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads this setting")]
    pub fn current() -> Self {
        static CURRENT: OnceLock<Level> = OnceLock::new();
        *CURRENT.get_or_init(|| {
            let cap = std::env::var("FASTCLUSTER_ISA").unwrap_or_default();
            let levels = Self::available();
            let capped = levels.iter().find(|level| level.name() == cap);
            // An unknown cap, or one above this CPU, leaves the best level.
            *capped.unwrap_or(&levels[levels.len() - 1])
        })
    }

    /// Returns every level that this CPU has, weakest first; never empty.
    pub fn available() -> Vec<Self> {
        #[cfg_attr(
            not(target_arch = "x86_64"),
            expect(unused_mut, reason = "only the portable level")
        )]
        let mut levels = vec![Self::Scalar(Scalar)];
        #[cfg(target_arch = "x86_64")]
        {
            levels.extend(Avx2::detect().map(Self::Avx2));
            levels.extend(Vnni256::detect().map(Self::Vnni256));
            levels.extend(Avx512::detect().map(Self::Avx512));
            levels.extend(Vnni::detect().map(Self::Vnni));
        }
        levels
    }

    /// Returns the name that `FASTCLUSTER_ISA` takes: "scalar", "avx2", "avx2vnni", "avx512" or "avx512vnni".
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar(_) => "scalar",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Vnni256(_) => "avx2vnni",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            Self::Vnni(_) => "avx512vnni",
        }
    }

    /// Nanoseconds that the 8-bit filter saves per centroid and feature of a row against float32, as the micro
    /// benchmark found on Zen 4: VNNI does four multiply-adds a lane where FMA does one, AVX2 and AVX-512 alone gain a
    /// third from 16-bit products of widened bytes, portable code gains nothing.
    pub fn bytes_saving(self) -> f64 {
        match self {
            Self::Scalar(_) => 0.0,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) | Self::Avx512(_) => 0.005,
            #[cfg(target_arch = "x86_64")]
            Self::Vnni256(_) | Self::Vnni(_) => 0.013,
        }
    }

    /// The level whose vectors `n_centers` centroids fill best: half-width ones for no more than eight.
    pub(crate) fn for_centers(self, n_centers: usize) -> Self {
        #[cfg(target_arch = "x86_64")]
        if n_centers <= 8 {
            return match self {
                Self::Vnni(_) => Vnni256::detect().map_or(self, Self::Vnni256),
                Self::Avx512(_) => Avx2::detect().map_or(self, Self::Avx2),
                narrow => narrow,
            };
        }
        self
    }
}
