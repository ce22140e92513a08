//! The state as bytes: equal states give equal bytes, whatever order their tables grew in memory.

use super::cell::{Cell, Distinct, KeyBucket, Sketch, Weight};
use super::{SHARDS, Shard, State};
use crate::data::codec::Writer;

impl State {
    /// Everything that the fold made, without the names, which the journal holds.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.i64(self.now);
        out.u64(self.sequence);
        out.u64(self.late);
        out.u64(self.events);
        out.count(SHARDS);
        for shard in &self.shards {
            encode_shard(shard, &mut out);
        }
        out.count(self.fits.len());
        for fit in &self.fits {
            out.i64(fit.at);
            out.count(fit.parameters.len());
            for (name, bytes) in &fit.parameters {
                out.text(name);
                out.bytes(bytes);
            }
        }
        out.into_bytes()
    }
}

fn encode_shard(shard: &Shard, out: &mut Writer) {
    out.count(shard.rows.len());
    out.u64s(shard.rows.words());
    encode_cells(shard.rows.cells(), out);
    out.count(shard.pairs.len());
    for (customer, peer) in shard.pairs.links() {
        out.u32(customer);
        out.u32(peer);
    }
    out.u64s(shard.pairs.rows().words());
    encode_cells(shard.pairs.rows().cells(), out);
    out.count(shard.traits.len());
    for known in &shard.traits {
        out.f64(known.value);
        out.i64(known.at);
    }
    out.count(shard.members.len());
    for member in &shard.members {
        out.u32(member.cell);
        out.i64(member.since);
    }
    out.count(shard.decided.len());
    out.u32s(&shard.decided);
    for names in [&shard.seen, &shard.occasions] {
        out.count(names.entries().len());
        for (at, (customer, name)) in names.entries() {
            out.i64(*at);
            out.u32(*customer);
            out.u64(*name);
        }
    }
    let mut waits: Vec<_> = shard.waits.iter().map(|(key, since)| (*key, *since)).collect();
    waits.sort_unstable();
    out.count(waits.len());
    for ((customer, peer, kind), since) in waits {
        out.u32(customer);
        out.u32(peer);
        out.u32(kind);
        out.i64(since);
    }
}

fn encode_cells(cells: &[Option<Box<Cell>>], out: &mut Writer) {
    for cell in cells {
        match cell.as_deref() {
            None => out.u8(0),
            Some(cell) => encode_cell(cell, out),
        }
    }
}

fn encode_cell(cell: &Cell, out: &mut Writer) {
    match cell {
        Cell::Keys(weights) => {
            out.u8(1);
            out.count(weights.len());
            for Weight { key, weight, at } in weights {
                out.u32(*key);
                out.f64(*weight);
                out.i64(*at);
            }
        }
        Cell::Recent(events) => {
            out.u8(2);
            encode_events(events, out);
        }
        Cell::KeySpan(buckets) => {
            out.u8(3);
            out.count(buckets.len());
            for KeyBucket { start, key, count } in buckets {
                out.i64(*start);
                out.u32(*key);
                out.u32(*count);
            }
        }
        Cell::Span(span) => {
            out.u8(4);
            let (starts, words) = span.parts();
            out.count(starts.len());
            out.i64s(starts);
            out.u64s(words);
        }
        Cell::Sequence(sequence) => {
            out.u8(5);
            out.u64s(&sequence.words);
            out.i64(sequence.last);
            encode_events(&sequence.tail, out);
        }
        Cell::Distinct(Distinct::Exact(values)) => {
            out.u8(6);
            out.count(values.len());
            out.u64s(values);
        }
        Cell::Distinct(Distinct::Registers(registers)) => {
            out.u8(7);
            out.bytes(registers);
        }
        Cell::Sketch(Sketch::Exact(values)) => {
            out.u8(8);
            out.count(values.len());
            values.iter().for_each(|value| out.f64(*value));
        }
        Cell::Sketch(Sketch::Buckets(buckets)) => {
            out.u8(9);
            out.count(buckets.len());
            for (bucket, count) in buckets {
                out.i64(i64::from(*bucket));
                out.u32(*count);
            }
        }
    }
}

fn encode_events(events: &[(i64, f64)], out: &mut Writer) {
    out.count(events.len());
    for (at, value) in events {
        out.i64(*at);
        out.f64(*value);
    }
}
