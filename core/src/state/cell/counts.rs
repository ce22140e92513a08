//! Numbers of events by key as a list: a word is a key and, in its lower half, a count; keys rise.

use super::list::Words;

fn key_of(word: u64) -> u32 {
    (word >> 32) as u32
}

/// Adds so many events of a key.
pub(super) fn add(counts: &mut impl Words, key: u32, more: u32) {
    let place = counts.words().partition_point(|word| key_of(*word) < key);
    if counts.words().get(place).is_none_or(|word| key_of(*word) != key) {
        counts.open(place, 1);
    }
    if let Some(word) = counts.words_mut().get_mut(place) {
        *word = u64::from(key) << 32 | u64::from((*word as u32).saturating_add(more));
    }
}

/// Takes back one event of a key, if it has any.
pub(super) fn take_one(counts: &mut impl Words, key: u32) {
    let place = counts.words().partition_point(|word| key_of(*word) < key);
    let Some(word) = counts.words_mut().get_mut(place).filter(|word| key_of(**word) == key) else { return };
    if *word as u32 > 1 {
        *word -= 1;
    } else {
        counts.close(place, 1);
    }
}

/// Key and number of events, rising by key.
pub(crate) fn each(counts: &[u64]) -> impl Iterator<Item = (u32, u32)> + '_ {
    counts.iter().map(|word| (key_of(*word), *word as u32))
}

/// Weights by key, rising.
pub(super) fn weights(counts: &[u64]) -> Vec<(u32, f64)> {
    each(counts).map(|(key, count)| (key, f64::from(count))).collect()
}
