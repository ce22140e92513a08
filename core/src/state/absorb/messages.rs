//! Open messages, and those within the lateness, of two states put together.
//!
//! What a message answers is found among the messages of its thread, so a thread must stand in one
//! of the two states.

use super::super::arena::Arena;
use super::super::fold::{Entry, Pending, Snapshot};
use super::super::rows::{Row, Rows};
use super::super::{Shard, State, place};
use super::rows::{Plan, Torn};
use super::{Plans, Source};
use crate::base::Result;
use crate::data::record::NONE;
use crate::definition::model::FieldType;
use crate::program::{Kept, Layout, Program, SLOT_KIND};
use crate::state::EventRow;

impl State {
    pub(super) fn absorb_messages(
        &mut self,
        program: &Program,
        plans: &Plans<'_>,
        source: &Source<'_>,
        shard: &Shard,
    ) -> Result<()> {
        let mut waits: Vec<_> = shard.waits.iter().map(|(name, since)| (*name, *since)).collect();
        waits.sort_unstable();
        for ((customer, peer, kind), since) in waits {
            let (own, other) = (source.names.customer(customer), source.names.customer(peer));
            let Some(kind) = source.names.kinds.get(kind as usize).copied().flatten() else { continue };
            if own == NONE || other == NONE {
                continue;
            }
            if self.shards[place(own).0].waits.insert((own, other, kind as u32), since).is_some() {
                return Err(self.torn(own, Torn::Replies));
            }
        }
        let mut owners: Vec<u32> = shard.pending.keys().copied().collect();
        owners.sort_unstable();
        for customer in owners {
            let own = source.names.customer(customer);
            let Some(pending) = shard.pending.get(&customer).filter(|_| own != NONE) else { continue };
            let pending = self.carried(program, plans, source, pending);
            let first = pending.log.first().map_or(i64::MIN, |entry| entry.event.at);
            let kept = &mut self.shards[place(own).0];
            if kept.pending.insert(own, pending).is_some() {
                return Err(self.torn(own, Torn::Replies));
            }
            kept.ripening.push_back((first, own));
            kept.ripening.make_contiguous().sort_unstable();
        }
        Ok(())
    }

    fn carried(&self, program: &Program, plans: &Plans<'_>, source: &Source<'_>, from: &Pending) -> Pending {
        let names = source.names;
        let entry = |entry: &Entry| {
            let event = carried_event(program, source, &entry.event)?;
            Some(Entry { arrival: entry.arrival, outward: entry.outward, event })
        };
        let replies = &source.program.reply_rows;
        let wait = |((peer, kind), since): &((u32, u32), Option<i64>)| {
            let kind = names.kinds.get(*kind as usize).copied().flatten()?;
            Some(((names.customer(*peer), kind as u32), *since)).filter(|((peer, _), _)| *peer != NONE)
        };
        let row = |snapshot: &Snapshot, plan: &Plan<'_>, layouts: [Layout; 2], kept: [&Kept; 2]| {
            self.carried_row(snapshot, plan, layouts, kept)
        };
        let pair = |(peer, snapshot): &(u32, Snapshot)| {
            let peer = Some(names.customer(*peer)).filter(|peer| *peer != NONE)?;
            let layouts = [source.program.pair, program.pair];
            Some((peer, row(snapshot, &plans.pair, layouts, [&replies.pair, &program.reply_rows.pair])))
        };
        let layouts = [source.program.customer, program.customer];
        Pending {
            log: from.log.iter().filter_map(entry).collect(),
            row: row(&from.row, &plans.customer, layouts, [&replies.customer, &program.reply_rows.customer]),
            pairs: from.pairs.iter().filter_map(pair).collect(),
            waits: from.waits.iter().filter_map(wait).collect(),
        }
    }

    /// A row as it was before the log, in the layout of the state that absorbs.
    fn carried_row(
        &self,
        from: &Snapshot,
        plan: &Plan<'_>,
        [their_layout, layout]: [Layout; 2],
        [their_kept, kept]: [&Kept; 2],
    ) -> Snapshot {
        let mut cells = vec![None; their_layout.cells];
        for (cell, saved) in their_kept.cells.iter().zip(&from.cells) {
            if let Some(place) = cells.get_mut(*cell) {
                place.clone_from(saved);
            }
        }
        let mut rows = Rows::new(layout, Box::default());
        // An empty row takes whatever comes.
        let _ =
            plan.merge(rows.row(0), Row { words: &from.words, cells: &cells, lists: &Arena::default() }, &self.keys);
        let Some(row) = rows.get(0) else { return Snapshot::default() };
        let cell = |cell: &usize| row.cells.get(*cell).cloned().flatten();
        Snapshot { words: row.words.to_vec(), cells: kept.cells.iter().map(cell).collect() }
    }
}

/// An event in the slots and names of the state that absorbs; nothing if it lacks the kind.
fn carried_event(program: &Program, source: &Source<'_>, from: &EventRow) -> Option<EventRow> {
    let names = source.names;
    let kind = names.kinds.get(from.kind).copied().flatten()?;
    let or_nobody = |customer: u32| if customer == NONE { NONE } else { names.customer(customer) };
    let mut event = EventRow {
        kind,
        customer: or_nobody(from.customer),
        peer: or_nobody(from.peer),
        at: from.at,
        values: vec![f64::NAN; program.slots.len()],
        id: from.id,
        occasion: from.occasion,
        reply_to: from.reply_to,
        ..EventRow::default()
    };
    // Labels of an erased customer go too, and so does the name of an event of theirs.
    let gone = |before: u32, now: u32| before != NONE && now == NONE;
    if gone(from.customer, event.customer) {
        (event.id, event.occasion, event.reply_to) = (None, None, None);
    } else if gone(from.peer, event.peer) {
        event.reply_to = None;
    }
    for (slot, (spec, theirs)) in program.slots.iter().zip(&names.slots).enumerate() {
        let value = theirs.and_then(|theirs| from.values.get(theirs)).copied().unwrap_or(f64::NAN);
        let named = matches!(spec.kind, FieldType::Category | FieldType::Categories) && !value.is_nan();
        event.values[slot] = if named { names.value(value) } else { value };
        let list = from.lists().into_iter().find(|(role, _)| theirs.is_some_and(|theirs| *role as usize == theirs));
        if let Some((_, keys)) = list {
            let keys: Vec<u32> = keys.iter().filter_map(|key| names.keys.get(*key)).collect();
            event.push_list(slot as u32, &keys);
        }
    }
    event.values[SLOT_KIND] = f64::from(program.kinds.get(kind)?.key);
    Some(event)
}
