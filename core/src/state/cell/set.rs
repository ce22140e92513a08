//! Distinct values as a list: exact for small sets, HyperLogLog beyond.
//!
//! A bitwise commutative monoid: the state depends on the set of values alone. HyperLogLog (Flajolet,
//! Fusy, Gandouet and Meunier 2007) with 2^10 registers and linear counting for small estimates; the
//! standard error is 1.04 / 32 = 3.3%. A small set is the bits of its values, rising; a large one is
//! a zero and the registers, eight a word.

use super::list::Words;
use crate::base::numeric::ln;
use crate::base::random::mix;

/// Bits of the hash that choose a register.
const BITS: u32 = 10;
/// Largest set that is kept exactly.
const EXACT: usize = 128;
/// Number of registers.
const REGISTERS: usize = 1 << BITS;
/// Words of a large set.
const LARGE: usize = 1 + REGISTERS / 8;

pub(super) fn add(set: &mut impl Words, x: f64) {
    add_bits(set, if x == 0.0 { 0 } else { x.to_bits() });
}

fn add_bits(set: &mut impl Words, bits: u64) {
    if set.words().len() == LARGE {
        return register(set.words_mut(), bits);
    }
    let Err(place) = set.words().binary_search(&bits) else { return };
    set.open(place, 1);
    if let Some(word) = set.words_mut().get_mut(place) {
        *word = bits;
    }
    if set.words().len() > EXACT {
        spread(set);
    }
}

/// Adds what another set holds.
pub(super) fn absorb(set: &mut impl Words, other: &[u64]) {
    if other.len() != LARGE {
        return other.iter().for_each(|bits| add_bits(set, *bits));
    }
    spread(set);
    for (kept, more) in set.words_mut().iter_mut().zip(other) {
        let (a, b) = (kept.to_le_bytes(), more.to_le_bytes());
        *kept = u64::from_le_bytes(std::array::from_fn(|place| a[place].max(b[place])));
    }
}

/// Makes a set one of registers, whatever its size.
fn spread(set: &mut impl Words) {
    if set.words().len() == LARGE {
        return;
    }
    let mut large = vec![0; LARGE];
    set.words().iter().for_each(|bits| register(&mut large, *bits));
    let length = set.words().len();
    if length < LARGE {
        set.open(length, LARGE - length);
    } else {
        set.close(LARGE, length - LARGE);
    }
    set.words_mut().copy_from_slice(&large);
}

fn register(large: &mut [u64], bits: u64) {
    let hash = mix(0, bits, 1);
    let rank = ((hash << BITS) | 1 << (BITS - 1)).leading_zeros() as u8 + 1;
    let place = (hash >> (64 - BITS)) as usize;
    if let Some(word) = large.get_mut(1 + place / 8) {
        let mut ranks = word.to_le_bytes();
        ranks[place % 8] = ranks[place % 8].max(rank);
        *word = u64::from_le_bytes(ranks);
    }
}

/// How many values the set has.
pub(super) fn estimate(set: &[u64]) -> f64 {
    if set.len() != LARGE {
        return set.len() as f64;
    }
    let ranks = || set.iter().skip(1).flat_map(|word| word.to_le_bytes());
    let m = REGISTERS as f64;
    // 2^-r is exact, and the sum has a fixed order.
    let sum: f64 = ranks().map(|rank| 1.0 / (1u64 << u64::from(rank).min(63)) as f64).sum();
    let raw = 0.7213 / (1.0 + 1.079 / m) * m * m / sum;
    let empty = ranks().filter(|rank| *rank == 0).count() as f64;
    if raw <= 2.5 * m && empty > 0.0 { m * ln(m / empty) } else { raw }
}

/// Whether the words are a set.
pub(crate) fn is_sound(set: &[u64]) -> bool {
    match set.len() {
        LARGE => set.first() == Some(&0),
        length => length <= EXACT && set.is_sorted_by(|a, b| a < b),
    }
}
