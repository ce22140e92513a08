//! The next moment of every customer, earliest first.
//!
//! A radix heap (Ahuja, Mehlhorn, Orlin and Tarjan 1990): time only moves on, so an entry waits among
//! those whose moment differs from the time reached in the same highest bit, and moves to a finer group
//! as its time comes near. Of each customer one entry counts: a moment that moves away leaves the entry
//! where it stands, to be found too early and put back. Cost: amortised a move for each halving of the
//! time that is left, in memory that lies together.

use crate::segments::NEVER;

/// A group of so few entries comes soon.
const FEW: usize = 16;
/// A group's room for so many entries is kept.
const KEPT: usize = 1024;

/// A moment, and whose it is.
type Entry = (i64, u32);

/// The moment of one customer.
#[derive(Debug, Clone, Copy)]
struct Slot {
    due: i64,
    /// The moment of the entry that counts; at or before `due`.
    queued: i64,
}

const NOTHING: Slot = Slot { due: NEVER, queued: NEVER };

/// Entries whose moments first differ from the time reached in one bit.
#[derive(Debug)]
struct Group {
    entries: Vec<Entry>,
    first: i64,
}

/// Moments by customer.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    slots: Vec<Slot>,
    /// Entries at the time reached, falling by customer.
    now: Vec<Entry>,
    /// Later entries, by that bit.
    later: Vec<Group>,
    reached: u64,
    queued: usize,
}

/// A moment as a number in the same order.
fn rank(at: i64) -> u64 {
    at as u64 ^ (1 << 63)
}

impl Agenda {
    /// Sets a customer's moment, which lies after all that were taken; [`NEVER`] for none.
    pub fn set(&mut self, customer: u32, due: i64) {
        let place = customer as usize;
        if self.slots.len() <= place {
            self.slots.resize(place + 1, NOTHING);
        }
        let Some(slot) = self.slots.get_mut(place) else { return };
        slot.due = due;
        if due < slot.queued {
            slot.queued = due;
            self.push((due, customer));
            if self.queued > 2 * self.slots.len() + FEW {
                self.sweep();
            }
        }
    }

    /// The earliest moment at or before `at`, ties by customer; time has then reached it. Tells whose
    /// moments come soon after, some more than once.
    pub fn first(&mut self, at: i64, mut soon: impl FnMut(u32)) -> Option<Entry> {
        loop {
            if self.now.is_empty() && !self.reach(at, &mut soon) {
                return None;
            }
            let (moment, customer) = self.now.last().copied()?;
            let slot = self.slots.get_mut(customer as usize)?;
            if slot.queued == moment && slot.due == moment {
                return Some((moment, customer));
            }
            self.pop();
            let slot = self.slots.get_mut(customer as usize)?;
            if slot.queued == moment {
                slot.queued = slot.due;
                let due = slot.due;
                if due != NEVER {
                    self.push((due, customer));
                }
            }
        }
    }

    /// Takes the entry that [`Agenda::first`] gave.
    pub fn take(&mut self) {
        if let Some((_, customer)) = self.now.last().copied() {
            self.pop();
            if let Some(slot) = self.slots.get_mut(customer as usize) {
                *slot = NOTHING;
            }
        }
    }

    /// Whether nothing is due at `at`, as far as that is known without looking.
    pub fn is_settled(&self, at: i64) -> bool {
        self.now.is_empty() && self.earliest().is_none_or(|(_, first)| first > at)
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let entries = self.now.capacity() + self.later.iter().map(|group| group.entries.capacity()).sum::<usize>();
        self.slots.capacity() * size_of::<Slot>() + entries * size_of::<Entry>()
    }

    fn pop(&mut self) {
        self.queued -= usize::from(self.now.pop().is_some());
    }

    fn push(&mut self, entry: Entry) {
        self.queued += 1;
        self.place(entry);
    }

    fn place(&mut self, entry: Entry) {
        let rank = rank(entry.0);
        if rank <= self.reached {
            let place = self.now.partition_point(|known| *known > entry);
            self.now.insert(place, entry);
            return;
        }
        let bit = (rank ^ self.reached).ilog2() as usize;
        if self.later.len() <= bit {
            self.later.resize_with(bit + 1, || Group { entries: Vec::new(), first: NEVER });
        }
        if let Some(group) = self.later.get_mut(bit) {
            group.entries.push(entry);
            group.first = group.first.min(entry.0);
        }
    }

    /// The group that comes next, and its first moment.
    fn earliest(&self) -> Option<(usize, i64)> {
        let group = self.later.iter().position(|group| !group.entries.is_empty())?;
        self.later.get(group).map(|found| (group, found.first))
    }

    /// Lets time reach the next moment if that is at or before `at`.
    fn reach(&mut self, at: i64, soon: &mut impl FnMut(u32)) -> bool {
        let Some((bit, first)) = self.earliest().filter(|(_, first)| *first <= at) else { return false };
        let Some(group) = self.later.get_mut(bit) else { return false };
        let mut entries = std::mem::take(&mut group.entries);
        group.first = NEVER;
        self.reached = rank(first);
        if entries.len() <= FEW {
            entries.iter().for_each(|(_, customer)| soon(*customer));
        }
        for entry in entries.drain(..) {
            if entry.0 == first { self.now.push(entry) } else { self.place(entry) }
        }
        self.now.sort_unstable_by(|one, other| other.cmp(one));
        if let Some(group) = self.later.get_mut(bit).filter(|_| entries.capacity() <= KEPT) {
            group.entries = entries;
        }
        true
    }

    /// Drops every entry that does not count.
    fn sweep(&mut self) {
        self.now.clear();
        self.later.clear();
        self.queued = 0;
        for place in 0..self.slots.len() {
            let Some(slot) = self.slots.get_mut(place) else { continue };
            slot.queued = slot.due;
            let due = slot.due;
            if due != NEVER {
                self.push((due, place as u32));
            }
        }
    }
}

#[cfg(test)]
mod tests;
