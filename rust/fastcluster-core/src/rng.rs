//! Counter-based random numbers: Philox 4×32 with 10 rounds.
//!
//! The number for (seed, task, index) is a pure function of the three, so any order, chunking or thread count draws the
//! same. The task keeps uses apart that share a seed.
//!
//! # Source
//! Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, doi:10.1145/2063384.2063405.

/// A stream of numbers for one seed and task.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    key: [u32; 2],
    task: u64,
}

impl Stream {
    /// Returns the stream of `task` under `seed`.
    pub fn new(seed: u64, task: u64) -> Self {
        Self { key: [seed as u32, (seed >> 32) as u32], task }
    }

    /// Returns 64 random bits for `index`.
    pub fn bits(self, index: u64) -> u64 {
        let counter =
            [index as u32, (index >> 32) as u32, self.task as u32, (self.task >> 32) as u32];
        let block = philox(counter, self.key);
        u64::from(block[0]) | u64::from(block[1]) << 32
    }

    /// Returns a float64 in [0, 1) for `index`, a multiple of 2⁻⁵³.
    pub fn uniform(self, index: u64) -> f64 {
        (self.bits(index) >> 11) as f64 * (0.5_f64).powi(53)
    }

    /// Returns an integer in 0..`n` for `index`, by the product method; its bias is below n / 2⁶⁴.
    pub fn below(self, index: u64, n: usize) -> usize {
        ((u128::from(self.bits(index)) * n as u128) >> 64) as usize
    }
}

fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let first = u64::from(counter[0]) * 0xD251_1F53;
        let second = u64::from(counter[2]) * 0xCD9E_8D57;
        counter = [
            (second >> 32) as u32 ^ counter[1] ^ key[0],
            second as u32,
            (first >> 32) as u32 ^ counter[3] ^ key[1],
            first as u32,
        ];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::philox;

    /// The known answers of the authors' reference implementation (Random123, `kat_vectors`).
    #[test]
    fn matches_the_known_answers() {
        let zeros = philox([0; 4], [0; 2]);
        assert_eq!(zeros, [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        let ones = philox([u32::MAX; 4], [u32::MAX; 2]);
        assert_eq!(ones, [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        let pi = philox(
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
            [0xa409_3822, 0x299f_31d0],
        );
        assert_eq!(pi, [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
    }
}
