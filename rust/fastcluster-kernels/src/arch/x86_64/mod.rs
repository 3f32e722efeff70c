//! x86-64 with vector extensions: proof tokens and their vectors.

pub(crate) mod avx2;
pub(crate) mod avx512;
pub(crate) mod vnni256;

pub use avx2::Avx2;
pub use avx512::{Avx512, Vnni};
pub use vnni256::Vnni256;
