//! Random numbers for graph algorithms, keyed by what they are for.
//!
//! A stream is a pure function of (seed, purpose, index), so a parallel phase can give every unit
//! of work its own stream and stay independent of the number of threads.

/// A small fast stream: SplitMix64 (Steele, Lea and Flood 2014) over a key that was mixed.
#[derive(Debug, Clone)]
pub(crate) struct Chance {
    state: u64,
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Chance {
    /// The stream of unit `index` of the work called `purpose`.
    pub(crate) fn new(seed: u64, purpose: u64, index: u64) -> Self {
        let state = mix(seed.wrapping_add(GOLDEN)) ^ mix(purpose.wrapping_mul(GOLDEN).wrapping_add(1));
        Chance { state: mix(state ^ mix(index.wrapping_add(GOLDEN))) }
    }

    /// The stream of `unit` under a key that is already mixed: one round only.
    #[inline]
    pub(crate) fn at(key: u64, unit: u64) -> Self {
        Chance { state: mix(key ^ unit.wrapping_mul(GOLDEN)) }
    }

    /// 64 random bits.
    #[inline]
    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// Uniform in [0, 1), 53 bits.
    #[inline]
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform in 0..n (Lemire's multiplication; the bias is below n / 2^64); 0 where n is 0.
    #[inline]
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// Fisher-Yates.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = self.below(i + 1);
            items.swap(i, j);
        }
    }
}
