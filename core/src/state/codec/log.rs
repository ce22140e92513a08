//! Messages within the lateness as bytes.

use super::super::Shard;
use super::super::event::EventRow;
use super::super::fold::{Entry, Pending, Snapshot};
use super::{Bounds, cells, hold, time, time_or_never};
use crate::base::Result;
use crate::data::codec::{Reader, Writer};
use crate::data::record::NONE;
use crate::program::{Kept, Layout, Shape};

pub(super) fn encode(shard: &Shard, out: &mut Writer) {
    let mut customers: Vec<u32> = shard.pending.keys().copied().collect();
    customers.sort_unstable();
    out.count(customers.len());
    for (customer, pending) in customers.iter().filter_map(|who| Some((*who, shard.pending.get(who)?))) {
        out.u32(customer);
        out.count(pending.log.len());
        for entry in &pending.log {
            out.u64(entry.arrival);
            out.u8(u8::from(entry.outward));
            encode_event(&entry.event, out);
        }
        encode_snapshot(&pending.row, out);
        out.count(pending.pairs.len());
        for (peer, snapshot) in &pending.pairs {
            out.u32(*peer);
            encode_snapshot(snapshot, out);
        }
        out.count(pending.waits.len());
        for ((peer, kind), since) in &pending.waits {
            out.u32(*peer);
            out.u32(*kind);
            out.i64(since.unwrap_or(i64::MIN));
        }
    }
    out.count(shard.ripening.len());
    for (at, customer) in &shard.ripening {
        out.i64(*at);
        out.u32(*customer);
    }
}

pub(super) fn decode(from: &mut Reader<'_>, bounds: &Bounds<'_>, place: usize, shard: &mut Shard) -> Result<()> {
    let program = bounds.program;
    for _ in 0..from.count()? {
        let own = bounds.customer_in(from.u32()?, place)?;
        let mut pending = Pending::default();
        for _ in 0..from.count()? {
            let (arrival, outward) = (from.u64()?, from.u8()? == 1);
            let event = decode_event(from, bounds)?;
            let entry = Entry { arrival, outward, event };
            hold(entry.ends().0 == own, "a message stands with the wrong customer")?;
            pending.log.push(entry);
        }
        hold(pending.log.is_sorted_by_key(|entry| entry.event.at), "its messages are out of order")?;
        pending.row = decode_snapshot(from, bounds, 0, program.customer, &program.reply_rows.customer)?;
        for _ in 0..from.count()? {
            let peer = bounds.customer(from.u32()?)?;
            pending.pairs.push((peer, decode_snapshot(from, bounds, 1, program.pair, &program.reply_rows.pair)?));
        }
        for _ in 0..from.count()? {
            let name = (bounds.customer(from.u32()?)?, from.u32()?);
            let since = time_or_never(from.i64()?)?;
            pending.waits.push((name, (since != i64::MIN).then_some(since)));
        }
        hold(shard.pending.insert(own, pending).is_none(), "a customer stands twice")?;
    }
    for _ in 0..from.count()? {
        let entry = (time(from.i64()?)?, bounds.customer_in(from.u32()?, place)?);
        shard.ripening.push_back(entry);
    }
    Ok(())
}

fn encode_event(event: &EventRow, out: &mut Writer) {
    out.count(event.kind);
    out.u32(event.customer);
    out.u32(event.peer);
    out.i64(event.at);
    event.values.iter().for_each(|value| out.f64(*value));
    for label in [event.id, event.occasion, event.reply_to] {
        out.u8(u8::from(label.is_some()));
        out.u64(label.unwrap_or(0));
    }
    let lists = event.lists();
    out.count(lists.len());
    for (slot, keys) in lists {
        out.u32(slot);
        out.count(keys.len());
        out.u32s(keys);
    }
}

fn decode_event(from: &mut Reader<'_>, bounds: &Bounds<'_>) -> Result<EventRow> {
    let program = bounds.program;
    let or_nobody = |customer: u32| if customer == NONE { Ok(NONE) } else { bounds.customer(customer) };
    let kind = from.u32()? as usize;
    hold(kind < program.kinds.len(), "it names an unknown kind")?;
    let (customer, peer, at) = (or_nobody(from.u32()?)?, or_nobody(from.u32()?)?, time(from.i64()?)?);
    let mut event = EventRow::default();
    (event.kind, event.customer, event.peer, event.at) = (kind, customer, peer, at);
    event.values = (0..program.slots.len()).map(|_| from.f64()).collect::<Result<_>>()?;
    let mut label = || Ok((from.u8()? == 1, from.u64()?));
    let labels: [(bool, u64); 3] = [label()?, label()?, label()?];
    [event.id, event.occasion, event.reply_to] = labels.map(|(given, label)| given.then_some(label));
    for _ in 0..from.count()? {
        let (slot, count) = (from.u32()?, from.count()?);
        let keys = from.u32s(count)?;
        keys.iter().try_for_each(|key| bounds.key(*key).map(drop))?;
        event.push_list(slot, &keys);
    }
    Ok(event)
}

fn encode_snapshot(snapshot: &Snapshot, out: &mut Writer) {
    out.u64s(&snapshot.words);
    snapshot.cells.iter().for_each(|cell| cells::encode(cell.as_deref(), out));
}

fn decode_snapshot(
    from: &mut Reader<'_>,
    bounds: &Bounds<'_>,
    which: usize,
    layout: Layout,
    kept: &Kept,
) -> Result<Snapshot> {
    let words = from.u64s(layout.words)?;
    let shapes = kept.cells.iter().filter_map(|cell| bounds.cells[which].get(*cell));
    let cells = shapes.map(|shape: &Shape| cells::decode(from, *shape, bounds)).collect::<Result<_>>()?;
    Ok(Snapshot { words, cells })
}
