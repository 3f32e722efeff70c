//! The instantiations: one folder per instruction set, thin; what they compute is in `generic`.

#[macro_use]
mod instantiate;
pub(crate) mod scalar;
#[cfg(target_arch = "x86_64")]
pub(crate) mod x86_64;
