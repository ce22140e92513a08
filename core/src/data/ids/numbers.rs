//! A hash table from u64 to a dense number: open addressing, linear probing, at most half full.
//!
//! Key and value share a slot of 16 bytes and there are no control bytes, so that a lookup is one
//! cache miss; half full, three in four keys stand in their home slot.

use std::hash::BuildHasher;

use super::super::HASHER;
use super::super::record::NONE;

#[derive(Debug, Clone, Copy)]
struct Slot {
    key: u64,
    value: u32,
}

const EMPTY: Slot = Slot { key: 0, value: NONE };

/// Dense numbers by number. Slots are a power of two, or none.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbers {
    slots: Vec<Slot>,
    len: usize,
}

impl Numbers {
    pub(super) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>()
    }

    pub(super) fn get(&self, key: u64) -> Option<u32> {
        let slot = self.slots.get(self.position(key)?)?;
        if slot.value == NONE { None } else { Some(slot.value) }
    }

    /// Writes for each key what its home slot says: its value, or [`NONE`] if another look is needed.
    pub(super) fn first_probe(&self, keys: &[u64], out: &mut [u32]) {
        for (&key, out) in keys.iter().zip(out) {
            let slot = self.slots.get(self.home(key)).unwrap_or(&EMPTY);
            *out = if slot.key == key { slot.value } else { NONE };
        }
    }

    /// Adds a key that is not there.
    pub(super) fn insert(&mut self, key: u64, value: u32) {
        if self.len * 2 >= self.slots.len() {
            self.grow();
        }
        self.place(Slot { key, value });
        self.len += 1;
    }

    /// Removes a key, moving later keys of the run back so that no gap cuts them off.
    pub(super) fn remove(&mut self, key: u64) {
        let Some(mut gap) = self.position(key) else { return };
        if self.slots.get(gap).is_none_or(|slot| slot.value == NONE) {
            return;
        }
        let mask = self.slots.len() - 1;
        let mut at = gap;
        loop {
            at = (at + 1) & mask;
            let Some(&slot) = self.slots.get(at) else { return };
            if slot.value == NONE {
                break;
            }
            // The key may fill the gap if its home lies at or before the gap.
            let from_home = at.wrapping_sub(self.home(slot.key)) & mask;
            if from_home >= at.wrapping_sub(gap) & mask {
                self.put(gap, slot);
                gap = at;
            }
        }
        self.put(gap, EMPTY);
        self.len -= 1;
    }

    fn home(&self, key: u64) -> usize {
        HASHER.hash_one(key) as usize & self.slots.len().wrapping_sub(1)
    }

    /// The slot of a key, or the empty one where it would go. At most half of the slots are full,
    /// so there is one.
    fn position(&self, key: u64) -> Option<usize> {
        let mut at = self.home(key);
        loop {
            let slot = self.slots.get(at)?;
            if slot.key == key || slot.value == NONE {
                // An empty slot has key 0, so it ends the search for key 0 as well.
                return Some(at);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    fn place(&mut self, slot: Slot) {
        if let Some(at) = self.position(slot.key) {
            self.put(at, slot);
        }
    }

    fn put(&mut self, at: usize, slot: Slot) {
        if let Some(place) = self.slots.get_mut(at) {
            *place = slot;
        }
    }

    fn grow(&mut self) {
        let slots = (self.slots.len() * 2).max(16);
        let old = std::mem::replace(&mut self.slots, vec![EMPTY; slots]);
        for slot in old.into_iter().filter(|slot| slot.value != NONE) {
            self.place(slot);
        }
    }
}
