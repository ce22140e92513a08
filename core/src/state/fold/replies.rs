//! What one message answers, exact in whatever order messages within the lateness come.
//!
//! A late message changes what the ones after it answer, so the features that read `reply_seconds`
//! can't simply add it. For every customer with recent messages a shard keeps those messages and
//! what the features were before them. A message in order is added at once; one out of order is
//! woven in, the replies of its thread are found anew, and the features are folded again from what
//! they were. Reads see nothing of this. Cost: O(1) a message in order, O(messages of the customer
//! within the lateness) for one out of order.

use super::super::cell::Cell;
use super::super::event::EventRow;
use super::super::rows::{Row, RowMut};
use super::super::{Shard, State, place};
use super::Fold;
use crate::data::record::NONE;
use crate::program::{Kept, Program, SLOT_REPLY};

/// A customer's recent messages, and what there was before them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Pending {
    /// Messages at either end of which the customer stands, rising by (time, arrival).
    pub log: Vec<Entry>,
    /// The customer's row before them.
    pub row: Snapshot,
    /// Rows of pairs before them, by peer.
    pub pairs: Vec<(u32, Snapshot)>,
    /// Since when an answer was owed to a peer before them, by (peer, kind).
    pub waits: Vec<((u32, u32), Option<i64>)>,
}

/// A message in a log.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// Number of its arrival.
    pub arrival: u64,
    /// Whether the log is that of its customer, or that of its peer.
    pub outward: bool,
    /// The message, with what it answers.
    pub event: EventRow,
}

/// A row as it was. Only what features that read replies keep is put back.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Snapshot {
    /// All words; those of other features are zero.
    pub words: Vec<u64>,
    /// The cells of those features.
    pub cells: Vec<Option<Box<Cell>>>,
}

impl Snapshot {
    fn of(row: Option<Row<'_>>, width: usize, kept: &Kept) -> Self {
        let cell = |cell: &usize| row.and_then(|row| row.cells.get(*cell).cloned().flatten());
        let mut words = vec![0; width];
        for word in &kept.words {
            if let (Some(saved), Some(live)) = (words.get_mut(*word), row.and_then(|row| row.words.get(*word))) {
                *saved = *live;
            }
        }
        Snapshot { words, cells: kept.cells.iter().map(cell).collect() }
    }

    /// Exchanges what features that read replies keep in a row with what is kept here.
    fn swap(&mut self, row: RowMut<'_>, kept: &Kept) {
        for word in &kept.words {
            if let (Some(live), Some(saved)) = (row.words.get_mut(*word), self.words.get_mut(*word)) {
                std::mem::swap(live, saved);
            }
        }
        for (cell, saved) in kept.cells.iter().zip(&mut self.cells) {
            if let Some(live) = row.cells.get_mut(*cell) {
                std::mem::swap(live, saved);
            }
        }
    }
}

impl Entry {
    /// The customer of the log, and who is at the other end.
    pub fn ends(&self) -> (u32, u32) {
        let [outward, inward] = self.event.ends();
        if self.outward { outward } else { inward }
    }
}

impl Pending {
    /// Bytes held, about.
    pub fn bytes(&self) -> usize {
        let values: usize = self.log.iter().map(|entry| size_of::<Entry>() + entry.event.values.len() * 8).sum();
        let cells = |row: &Snapshot| row.cells.iter().flatten().map(|cell| cell.bytes()).sum::<usize>();
        let row = |row: &Snapshot| row.words.len() * 8 + cells(row);
        values + row(&self.row) + self.pairs.iter().map(|(_, pair)| row(pair)).sum::<usize>()
    }

    /// Whether a message, a pair or an open message is one with this customer.
    pub fn names(&self, customer: u32) -> bool {
        self.log.iter().any(|entry| [entry.event.customer, entry.event.peer].contains(&customer))
            || self.pairs.iter().any(|(peer, _)| *peer == customer)
            || self.waits.iter().any(|((peer, _), _)| *peer == customer)
    }

    fn place(&self, at: i64) -> usize {
        self.log.partition_point(|entry| entry.event.at <= at)
    }

    fn last(&self) -> i64 {
        self.log.last().map_or(i64::MIN, |entry| entry.event.at)
    }

    /// The snapshot of a pair.
    pub fn pair(&mut self, peer: u32) -> Option<&mut Snapshot> {
        self.pairs.iter_mut().find(|(known, _)| *known == peer).map(|(_, snapshot)| snapshot)
    }
}

impl State {
    /// Applies one event to the features that read `reply_seconds`, and finds what it answers.
    pub(super) fn apply_reply(&mut self, program: &Program, row: &mut EventRow) {
        let ends: Vec<(usize, (u32, u32))> =
            row.ends().into_iter().enumerate().filter(|(_, (own, _))| *own != NONE).collect();
        for (_, (own, _)) in &ends {
            let fold = Fold { program, ids: &self.ids, keys: &self.keys, now: self.now };
            self.shards[place(*own).0].ripen(fold);
        }
        let before = |own: u32| self.shard(own).0.pending.get(&own).map_or(i64::MIN, Pending::last);
        let in_order = ends.iter().all(|(_, (own, _))| before(*own) <= row.at);
        for (_, (own, other)) in &ends {
            let fold = Fold { program, ids: &self.ids, keys: &self.keys, now: self.now };
            let shard = &mut self.shards[place(*own).0];
            if !shard.pending.contains_key(own) {
                shard.ripening.push_back((row.at, *own));
            }
            if !in_order {
                // Both ends of a thread are then known from the same moment on.
                shard.settle(fold, *own);
            }
            shard.prepare(program, *own, *other, row.kind as u32);
        }
        if in_order {
            row.values[SLOT_REPLY] = self.reply(row);
        }
        let fold = Fold { program, ids: &self.ids, keys: &self.keys, now: self.now };
        for (end, (own, other)) in &ends {
            let shard = &mut self.shards[place(*own).0];
            let entry = Entry { arrival: self.events, outward: *end == 0, event: row.clone() };
            if let Some(pending) = shard.pending.get_mut(own) {
                pending.log.insert(pending.place(row.at), entry);
            }
            if in_order {
                shard.pull_replies(fold, row, *end == 0, (*own, *other));
            }
        }
        if !in_order {
            row.values[SLOT_REPLY] = self.weave(program, row);
        }
    }

    /// Finds the replies of a thread anew once a message was woven into it, and folds the rows at
    /// both ends from what they were. Gives what the latest arrival answers.
    fn weave(&mut self, program: &Program, row: &EventRow) -> f64 {
        let arrival = self.events;
        for (own, other) in row.ends() {
            if own != NONE && other != NONE {
                self.shards[place(own).0].restore_waits(own, other);
            }
        }
        let (own, other) = if row.customer == NONE { (row.peer, NONE) } else { (row.customer, row.peer) };
        let log = self.shard(own).0.pending.get(&own).map_or(&[][..], |pending| &pending.log);
        let thread: Vec<(u64, EventRow)> = log
            .iter()
            .filter(|entry| entry.ends().1 == other)
            .map(|entry| (entry.arrival, entry.event.clone()))
            .collect();
        let replies: Vec<(u64, f64)> = thread.iter().map(|(arrival, event)| (*arrival, self.reply(event))).collect();
        let fold = Fold { program, ids: &self.ids, keys: &self.keys, now: self.now };
        for (own, _) in row.ends() {
            if own != NONE {
                self.shards[place(own).0].refold(fold, own, &replies);
            }
        }
        replies.iter().find(|(number, _)| *number == arrival).map_or(f64::NAN, |(_, reply)| *reply)
    }

    /// Seconds since the event that this one answers, or since the peer's first message of this kind
    /// that the customer had left unanswered; the event itself opens a wait at the other end. A
    /// message to oneself answers nothing.
    fn reply(&mut self, row: &EventRow) -> f64 {
        let (own, other, kind) = (row.customer, row.peer, row.kind as u32);
        if own == NONE || other == NONE || own == other {
            return f64::NAN;
        }
        let named = row.reply_to.and_then(|id| self.shard(other).0.seen.time((other, id), self.now));
        let waited = self.shard_mut(own).0.waits.remove(&(own, other, kind));
        self.shard_mut(other).0.waits.entry((other, own, kind)).or_insert(row.at);
        let since = named.filter(|since| *since <= row.at).or(waited.filter(|since| *since <= row.at));
        since.map_or(f64::NAN, |since| (row.at - since) as f64 / 1e6)
    }
}

impl Shard {
    fn pull_replies(&mut self, fold: Fold<'_>, event: &EventRow, outward: bool, ends: (u32, u32)) {
        let Some(kind) = fold.program.kinds.get(event.kind) else { return };
        let pulled = if outward { &kind.outward } else { &kind.inward };
        for trigger in &pulled.replies {
            self.pull(fold, *trigger, event, ends);
        }
    }

    /// Keeps what an event is about to change at one of its ends, unless that is kept already.
    fn prepare(&mut self, program: &Program, own: u32, other: u32, kind: u32) {
        let (_, local) = place(own);
        let row = self.rows.get(local);
        let pending = self.pending.entry(own).or_insert_with(|| Pending {
            row: Snapshot::of(row, program.customer.words, &program.reply_rows.customer),
            ..Pending::default()
        });
        if other != NONE && pending.pair(other).is_none() {
            let row = self.pairs.get(own, other);
            let snapshot = Snapshot::of(row, program.pair.words, &program.reply_rows.pair);
            pending.pairs.push((other, snapshot));
        }
        let name = (other, kind);
        if other != NONE && !pending.waits.iter().any(|(known, _)| *known == name) {
            pending.waits.push((name, self.waits.get(&(own, other, kind)).copied()));
        }
    }

    /// Puts back what a customer owed a peer before the log.
    fn restore_waits(&mut self, own: u32, other: u32) {
        let Some(pending) = self.pending.get(&own) else { return };
        for ((peer, kind), since) in pending.waits.iter().filter(|((peer, _), _)| *peer == other) {
            match since {
                Some(since) => self.waits.insert((own, *peer, *kind), *since),
                None => self.waits.remove(&(own, *peer, *kind)),
            };
        }
    }

    /// Folds a customer's log again, with what some of its messages are now found to answer.
    fn refold(&mut self, fold: Fold<'_>, own: u32, replies: &[(u64, f64)]) {
        let Some(mut pending) = self.pending.remove(&own) else { return };
        for entry in &mut pending.log {
            if let Some((_, reply)) = replies.iter().find(|(arrival, _)| *arrival == entry.arrival) {
                entry.event.values[SLOT_REPLY] = *reply;
            }
        }
        let mut before = Pending { log: Vec::new(), ..pending.clone() };
        self.swap_rows(fold.program, own, &mut before);
        for entry in &pending.log {
            self.pull_replies(fold, &entry.event, entry.outward, entry.ends());
        }
        self.pending.insert(own, pending);
    }

    fn swap_rows(&mut self, program: &Program, own: u32, pending: &mut Pending) {
        let (_, local) = place(own);
        pending.row.swap(self.rows.row(local), &program.reply_rows.customer);
        for (peer, snapshot) in &mut pending.pairs {
            // A pair that no feature has taken yet gets no row.
            if self.pairs.get(own, *peer).is_some() {
                snapshot.swap(self.pairs.row(local, own, *peer), &program.reply_rows.pair);
            }
        }
    }

    /// Forgets the logs that no expected message can precede any more.
    fn ripen(&mut self, fold: Fold<'_>) {
        let settled = fold.settled();
        while let Some((_, own)) = self.ripening.front().copied().filter(|(at, _)| *at < settled) {
            self.ripening.pop_front();
            self.settle(fold, own);
            if let Some(pending) = self.pending.get(&own) {
                self.ripening.push_back((pending.last(), own));
            }
        }
    }

    /// Settles the messages of a customer that no expected one can precede any more.
    fn settle(&mut self, fold: Fold<'_>, own: u32) {
        let settled = fold.settled();
        let Some(mut pending) = self.pending.remove(&own).filter(|pending| pending.last() >= settled) else { return };
        let ripe = pending.log.partition_point(|entry| entry.event.at < settled);
        let rest = pending.log.split_off(ripe);
        self.swap_rows(fold.program, own, &mut pending);
        for entry in std::mem::replace(&mut pending.log, rest) {
            self.pull_replies(fold, &entry.event, entry.outward, entry.ends());
            settle_wait(&mut pending.waits, &entry);
        }
        self.swap_rows(fold.program, own, &mut pending);
        let log = &pending.log;
        let needed = |peer: u32| log.iter().any(|entry| entry.ends().1 == peer);
        pending.pairs.retain(|(peer, _)| needed(*peer));
        pending.waits.retain(|((peer, _), _)| needed(*peer));
        self.pending.insert(own, pending);
    }
}

/// What a settled message leaves owed.
fn settle_wait(waits: &mut [((u32, u32), Option<i64>)], entry: &Entry) {
    let (own, other) = entry.ends();
    let name = (other, entry.event.kind as u32);
    let Some((_, since)) = waits.iter_mut().find(|(known, _)| *known == name).filter(|_| own != other) else { return };
    match entry.outward {
        true => *since = None,
        false => *since = since.or(Some(entry.event.at)),
    }
}
