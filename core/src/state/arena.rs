//! Lists of words in blocks of a few sizes: a list is one word in a row, and costs no allocation.
//!
//! A block is of 1, 2, 3, 4, 6, 8, 12 .. words; a list that outgrows its block moves to a larger one.
//! The number of a list says where it stands and is no part of the encoded state.

use crate::base::prefetch::prefetch;

/// Lists of words by number; number 0 is the empty list.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    classes: Vec<Slab>,
}

/// Blocks of one size.
#[derive(Debug, Default)]
struct Slab {
    words: Vec<u64>,
    free: Vec<u32>,
}

/// Bits of a number that hold the block, and then the length in words.
const BLOCK: u32 = 32;
const LENGTH: u32 = 26;

/// Where a list stands.
#[derive(Clone, Copy)]
struct Spot {
    class: usize,
    length: usize,
    block: usize,
}

impl Spot {
    fn of(list: u64) -> Spot {
        Spot {
            class: (list >> (BLOCK + LENGTH)) as usize,
            length: (list >> BLOCK) as usize & ((1 << LENGTH) - 1),
            block: (list as u32).wrapping_sub(1) as usize,
        }
    }

    fn number(self) -> u64 {
        (self.class as u64) << (BLOCK + LENGTH) | (self.length as u64) << BLOCK | (self.block as u64 + 1)
    }

    fn words(self) -> std::ops::Range<usize> {
        let start = self.block * size_of_class(self.class);
        start..start + self.length
    }
}

fn size_of_class(class: usize) -> usize {
    match class.checked_sub(1) {
        None => 1,
        Some(above) => (2 + (above & 1)) << (above / 2),
    }
}

/// The smallest class whose blocks hold so many words.
fn class_of(words: usize) -> usize {
    let mut class = 0;
    while size_of_class(class) < words {
        class += 1;
    }
    class
}

/// Grows a vector that may become large by an eighth, so that little of it stands empty.
pub(super) fn reserve_some<T>(words: &mut Vec<T>, more: usize) {
    if words.len() + more > words.capacity() {
        words.reserve_exact(more.max(words.len() / 8));
    }
}

impl Arena {
    /// The words of a list.
    #[inline]
    pub fn get(&self, list: u64) -> &[u64] {
        if list == 0 {
            return &[];
        }
        let spot = Spot::of(list);
        self.classes.get(spot.class).and_then(|slab| slab.words.get(spot.words())).unwrap_or_default()
    }

    /// The words of a list, to be changed.
    #[inline]
    pub fn get_mut(&mut self, list: u64) -> &mut [u64] {
        if list == 0 {
            return &mut [];
        }
        let spot = Spot::of(list);
        self.classes.get_mut(spot.class).and_then(|slab| slab.words.get_mut(spot.words())).unwrap_or_default()
    }

    /// A list of these words.
    pub fn list(&mut self, words: &[u64]) -> u64 {
        let mut list = 0;
        self.open(&mut list, 0, words.len());
        self.get_mut(list).copy_from_slice(words);
        list
    }

    /// Inserts `count` zero words at position `at` of a list.
    pub fn open(&mut self, list: &mut u64, at: usize, count: usize) {
        let before = Spot::of(*list);
        let length = before.length + count;
        if length == 0 {
            return;
        }
        let fits = *list != 0 && length <= size_of_class(before.class);
        let spot = if fits { Spot { length, ..before } } else { self.moved(*list, before, length) };
        *list = spot.number();
        let words = self.get_mut(*list);
        words.copy_within(at..length - count, at + count);
        words[at..at + count].fill(0);
    }

    /// Removes `count` words at position `at` of a list.
    pub fn close(&mut self, list: &mut u64, at: usize, count: usize) {
        let spot = Spot::of(*list);
        if *list == 0 || count == 0 {
            return;
        }
        if count >= spot.length {
            self.free(spot);
            *list = 0;
            return;
        }
        self.get_mut(*list).copy_within(at + count.., at);
        *list = Spot { length: spot.length - count, ..spot }.number();
    }

    /// Asks for a list.
    #[inline]
    pub fn prefetch(&self, list: u64) {
        let words = self.get(list);
        words.first().into_iter().chain(words.last()).for_each(prefetch);
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.classes.iter().map(|slab| slab.words.capacity() * 8 + slab.free.capacity() * 4).sum()
    }

    /// A block for `length` words with the words that the list has.
    fn moved(&mut self, list: u64, before: Spot, length: usize) -> Spot {
        let class = class_of(length);
        if self.classes.len() <= class {
            self.classes.resize_with(class + 1, Slab::default);
        }
        let slab = &mut self.classes[class];
        let size = size_of_class(class);
        let block = slab.free.pop().map_or(slab.words.len() / size, |block| block as usize);
        if slab.words.len() < (block + 1) * size {
            reserve_some(&mut slab.words, size);
            slab.words.resize((block + 1) * size, 0);
        }
        let spot = Spot { class, length, block };
        if list != 0 {
            if let Ok([old, new]) = self.classes.get_disjoint_mut([before.class, class]) {
                let start = spot.words().start;
                new.words[start..start + before.length].copy_from_slice(&old.words[before.words()]);
            }
            self.free(before);
        }
        spot
    }

    fn free(&mut self, spot: Spot) {
        if let Some(slab) = self.classes.get_mut(spot.class) {
            slab.free.push(spot.block as u32);
        }
    }
}
