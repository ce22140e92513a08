//! Distinct values: exact for small sets, HyperLogLog beyond.
//!
//! A bitwise commutative monoid: the state depends on the set of values alone. HyperLogLog (Flajolet,
//! Fusy, Gandouet and Meunier 2007) with 2^10 registers and linear counting for small estimates; the
//! standard error is 1.04 / 32 = 3.3%.

use crate::base::numeric::ln;
use crate::base::random::mix;

/// Bits of the hash that choose a register.
const BITS: u32 = 10;

/// A set of values, or its registers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Distinct {
    /// The bits of each value, rising.
    Exact(Vec<u64>),
    /// Registers.
    Registers(Box<[u8]>),
}

impl Default for Distinct {
    fn default() -> Self {
        Distinct::Exact(Vec::new())
    }
}

impl Distinct {
    /// Largest set that is kept exactly.
    pub(crate) const EXACT: usize = 128;
    /// Number of registers.
    pub(crate) const REGISTERS: usize = 1 << BITS;

    pub(super) fn add(&mut self, x: f64) {
        let bits = if x == 0.0 { 0 } else { x.to_bits() };
        match self {
            Distinct::Registers(registers) => register(registers, bits),
            Distinct::Exact(values) => {
                let Err(place) = values.binary_search(&bits) else { return };
                values.insert(place, bits);
                if values.len() > Self::EXACT {
                    let mut registers = vec![0; Self::REGISTERS].into_boxed_slice();
                    values.iter().for_each(|bits| register(&mut registers, *bits));
                    *self = Distinct::Registers(registers);
                }
            }
        }
    }

    pub(super) fn estimate(&self) -> f64 {
        match self {
            Distinct::Exact(values) => values.len() as f64,
            Distinct::Registers(registers) => {
                let m = Self::REGISTERS as f64;
                // 2^-r is exact, and the sum has a fixed order.
                let sum: f64 = registers.iter().map(|rank| 1.0 / (1u64 << u64::from(*rank).min(63)) as f64).sum();
                let raw = 0.7213 / (1.0 + 1.079 / m) * m * m / sum;
                let empty = registers.iter().filter(|rank| **rank == 0).count() as f64;
                if raw <= 2.5 * m && empty > 0.0 { m * ln(m / empty) } else { raw }
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Distinct::Exact(values) => values.capacity() * 8,
            Distinct::Registers(registers) => registers.len(),
        }
    }
}

fn register(registers: &mut [u8], bits: u64) {
    let hash = mix(0, bits, 1);
    let rank = ((hash << BITS) | 1 << (BITS - 1)).leading_zeros() as u8 + 1;
    if let Some(register) = registers.get_mut((hash >> (64 - BITS)) as usize) {
        *register = (*register).max(rank);
    }
}
