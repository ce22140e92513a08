//! Random numbers keyed by what they are for.
//!
//! The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011): block i of stream s under a
//! seed is a function of (seed, s, i) alone. So a decision, a bootstrap replicate or a simulation
//! owns the stream named by its id, and gets the same numbers whatever ran before it and on
//! however many threads. Not for secrets.

use super::numeric::{exp, ln};

#[cfg(test)]
mod tests;

/// Philox4x32 with ten rounds; the multipliers and Weyl constants are those of the paper.
fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let [a, b, c, d] = counter;
        let left = u64::from(a) * 0xd251_1f53;
        let right = u64::from(c) * 0xcd9e_8d57;
        counter = [(right >> 32) as u32 ^ b ^ key[0], right as u32, (left >> 32) as u32 ^ d ^ key[1], left as u32];
        key = [key[0].wrapping_add(0x9e37_79b9), key[1].wrapping_add(0xbb67_ae85)];
    }
    counter
}

/// The low and the high half.
fn words(x: u64) -> [u32; 2] {
    [x as u32, (x >> 32) as u32]
}

/// Two 64-bit words of a block.
fn block(seed: u64, stream: u64, index: u64) -> [u64; 2] {
    let ([i0, i1], [s0, s1]) = (words(index), words(stream));
    let [a, b, c, d] = philox([i0, i1, s0, s1], words(seed));
    [u64::from(a) | u64::from(b) << 32, u64::from(c) | u64::from(d) << 32]
}

/// A hash of three numbers, to name streams and ids; unrelated to the numbers of [`Random`].
///
/// ```
/// use bactrian::base::random;
///
/// assert_eq!(random::mix(1, 2, 3), random::mix(1, 2, 3));
/// assert_ne!(random::mix(1, 2, 3), random::mix(1, 3, 2));
/// ```
pub fn mix(seed: u64, a: u64, b: u64) -> u64 {
    // The odd constant (the golden ratio's bits) keeps these keys apart from the generator's.
    let [word, _] = block(seed ^ 0x9e37_79b9_7f4a_7c15, b, a);
    word
}

/// A hash of bytes, the same on every machine and in every version: files hold it.
///
/// ```
/// use bactrian::base::random;
///
/// assert_ne!(random::hash_bytes(b"anna"), random::hash_bytes(b"anna\0"));
/// ```
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    // FNV-1a over words of eight bytes, the length folded in, spread at the end (splitmix64).
    let word = |chunk: &[u8]| chunk.iter().rev().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
    let start = 0xcbf2_9ce4_8422_2325 ^ bytes.len() as u64;
    let hash = bytes.chunks(8).fold(start, |hash, chunk| {
        let mixed = (hash ^ word(chunk)).wrapping_mul(0x0000_0100_0000_01b3);
        mixed ^ mixed >> 32
    });
    let hash = (hash ^ hash >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ hash >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ hash >> 31
}

/// A generator: one stream of numbers under a seed.
///
/// ```
/// use bactrian::base::random::Random;
///
/// let mut random = Random::keyed(7, 42);
/// let first = random.next_u64();
/// assert_eq!(Random::keyed(7, 42).next_u64(), first);
/// assert!((0.0..1.0).contains(&random.uniform()));
/// ```
#[derive(Debug, Clone)]
pub struct Random {
    seed: u64,
    stream: u64,
    /// The block that comes next.
    index: u64,
    /// The second word of the last block, until it is used.
    word: Option<u64>,
    /// The second number of the last pair of normal ones, until it is used.
    spare: Option<f64>,
}

impl Random {
    /// The stream `stream` under `seed`, from its beginning.
    pub fn keyed(seed: u64, stream: u64) -> Self {
        Random { seed, stream, index: 0, word: None, spare: None }
    }

    /// The next 64 bits. About 10 ns.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        if let Some(word) = self.word.take() {
            return word;
        }
        let [first, second] = block(self.seed, self.stream, self.index);
        self.index = self.index.wrapping_add(1);
        self.word = Some(second);
        first
    }

    /// Uniform on [0, 1): a multiple of 2^-53.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (f64::EPSILON / 2.0)
    }

    /// Uniform on 0..n, without bias (Lemire 2019); 0 if n is 0.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 {
            return 0;
        }
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            let low = product as u64;
            // The 2^64 mod n lowest remainders would fall on some numbers once more than on others.
            if low >= n || low >= n.wrapping_neg() % n {
                return (product >> 64) as u64;
            }
        }
    }

    /// Normal with mean 0 and variance 1 (Marsaglia's polar method, 1964).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                let scale = (-2.0 * ln(square) / square).sqrt();
                self.spare = Some(y * scale);
                return x * scale;
            }
        }
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -ln(1.0 - self.uniform())
    }

    /// Gamma with this shape and scale 1; NaN unless the shape is positive and finite.
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if (1.0..f64::INFINITY).contains(&shape) { self.gamma_from_one(shape) } else { exp(self.ln_gamma(shape)) }
    }

    /// Beta(a, b); NaN unless both are positive and finite. Right for shapes near zero too, where
    /// the gamma variates themselves would underflow.
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (left, right) = (self.ln_gamma(a), self.ln_gamma(b));
        1.0 / (1.0 + exp(right - left))
    }

    /// Puts the items in random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }

    /// The logarithm of a gamma variate; below shape 1 by the boost of Marsaglia and Tsang.
    fn ln_gamma(&mut self, shape: f64) -> f64 {
        if !(shape > 0.0 && shape < f64::INFINITY) {
            f64::NAN
        } else if shape >= 1.0 {
            ln(self.gamma_from_one(shape))
        } else {
            ln(self.gamma_from_one(shape + 1.0)) - self.exponential() / shape
        }
    }

    /// Gamma for a finite shape of at least 1 (Marsaglia and Tsang 2000, figure 1).
    fn gamma_from_one(&mut self, shape: f64) -> f64 {
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let root = 1.0 + c * x;
            let v = root * root * root;
            if v > 0.0 && ln(1.0 - self.uniform()) < 0.5 * x * x + d - d * v + d * ln(v) {
                return d * v;
            }
        }
    }
}
