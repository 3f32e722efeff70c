//! Memory asked for before it is used.

/// Asks the CPU for the cache line of `values[at]`: worth it where a loop reads far apart and knows where it will read
/// some hundred nanoseconds later. Changes no result; does nothing on CPUs other than x86-64 and 64-bit ARM.
#[inline(always)]
pub fn prefetch(values: &[f64], at: usize) {
    let line = values.as_ptr().wrapping_add(at);
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: a prefetch reads nothing that the program sees and faults at no address; SSE is part of x86-64.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(line.cast());
    }
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    // SAFETY: as above; the instruction changes no register, no flag and no memory.
    unsafe {
        std::arch::asm!("prfm pldl1keep, [{line}]", line = in(reg) line, options(nostack, readonly, preserves_flags));
    }
    #[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    let _ = line;
}

#[cfg(test)]
mod tests {
    use super::prefetch;

    #[test]
    fn any_place_may_be_asked_for() {
        for at in [0, 1, 2, 1 << 40, usize::MAX] {
            prefetch(&[1.0, 2.0], at);
            prefetch(&[], at);
        }
    }
}
