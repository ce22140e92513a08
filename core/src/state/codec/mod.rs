//! The state as bytes: a checkpoint. Equal states give equal bytes.
//!
//! Names stand in the journal, so they are given to [`State::decode`]. Hostile bytes give an error:
//! whatever the fold relies on without looking is checked here.

mod cells;
mod log;

use super::horizon::Horizon;
use super::pairs::Pairs;
use super::rows::{Rows, Table};
use super::{Known, Member, SHARDS, Shard, State, place};
use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{Reader, Writer};
use crate::data::ids::Ids;
use crate::data::keys::Keys;
use crate::data::record::{Fitted, NONE};
use crate::data::time::is_valid_time;
use crate::program::{Layout, Lists, Per, Program, Shape};

/// The version that is written. Version 1 named occasions by positions in a program.
pub(crate) const VERSION: u8 = 2;

/// What bytes may name.
struct Bounds<'a> {
    program: &'a Program,
    ids: usize,
    keys: usize,
    /// The aggregate of each cell of a customer's row, of a pair's, of a group's.
    cells: [Vec<Shape>; 3],
    /// The words of those rows that are numbers of lists.
    lists: [Lists; 3],
}

impl<'a> Bounds<'a> {
    fn new(program: &'a Program, ids: usize, keys: usize) -> Self {
        let mut cells = [const { Vec::new() }; 3];
        for feature in program.features.iter().filter(|feature| feature.cell.is_some()) {
            let place = match program.triggers.get(feature.trigger).map(|trigger| trigger.per) {
                Some(Per::Pair) => 1,
                Some(Per::Group(_)) => 2,
                _ => 0,
            };
            cells[place].push(feature.shape);
        }
        Bounds { program, ids, keys, cells, lists: program.lists() }
    }

    fn customer(&self, customer: u32) -> Result<u32> {
        hold((customer as usize) < self.ids, "it names an unknown customer")?;
        Ok(customer)
    }

    fn customer_in(&self, customer: u32, shard: usize) -> Result<u32> {
        hold(place(customer).0 == shard, "a customer stands in the wrong shard")?;
        self.customer(customer)
    }

    fn key(&self, key: u32) -> Result<u32> {
        hold((key as usize) < self.keys, "it names an unknown word")?;
        Ok(key)
    }

    /// Customers of a shard.
    fn locals(&self, shard: usize) -> usize {
        (self.ids + SHARDS - 1).saturating_sub(shard) / SHARDS
    }
}

impl State {
    /// Everything that the fold made, without the names, which the journal holds.
    pub fn encode(&self) -> Vec<u8> {
        self.encoded(&self.fits)
    }

    /// As [`State::encode`], of a state that was never fitted.
    pub fn encode_without_fits(&self) -> Vec<u8> {
        self.encoded(&[])
    }

    fn encoded(&self, fits: &[Fitted]) -> Vec<u8> {
        let mut out = Writer::default();
        out.u8(VERSION);
        out.i64(self.now);
        out.u64(self.sequence);
        out.u64(self.late);
        out.u64(self.events);
        self.shards.iter().for_each(|shard| encode_shard(shard, &mut out));
        out.count(self.parts.len());
        out.u64s(&self.parts);
        out.count(fits.len());
        for fit in fits {
            out.i64(fit.at);
            out.count(fit.parameters.len());
            for (name, bytes) in &fit.parameters {
                out.text(name);
                out.bytes(bytes);
            }
        }
        out.into_bytes()
    }

    /// The state behind bytes of [`State::encode`], under the same program and names.
    ///
    /// # Errors
    /// `StoreVersion` for a newer version; `StoreCorrupt` for anything else that was not encoded so.
    pub fn decode(program: &Program, ids: Ids, keys: Keys, bytes: &[u8]) -> Result<Self> {
        let bounds = Bounds::new(program, ids.len(), keys.len());
        let Layout { words, cells } = program.customer;
        // Rows of zeros take no bytes: what they may take in memory follows from the customers.
        let rows = (ids.len() + SHARDS) * (words + cells + program.traits.len() + program.segments.len() + 1);
        let mut from = Reader::with_entries(bytes, rows.saturating_add(bytes.len().saturating_mul(16)));
        match from.u8()? {
            VERSION => {}
            0 | 1 => return Err(damaged("it has no version that is still read")),
            newer => {
                let message = format!("a checkpoint has version {newer}, and this release reads up to {VERSION}");
                return Err(Error::new(ErrorKind::StoreVersion, message).hint("open the file with a newer release"));
            }
        }
        let mut state = State::new(program, ids, keys);
        state.now = time_or_never(from.i64()?)?;
        (state.sequence, state.late, state.events) = (from.u64()?, from.u64()?, from.u64()?);
        for shard in 0..SHARDS {
            state.shards[shard] = decode_shard(&mut from, &bounds, shard)?;
        }
        let parts = from.count()?;
        state.parts = from.u64s(parts)?;
        rising(&state.parts)?;
        for _ in 0..from.count()? {
            let at = time(from.i64()?)?;
            let count = from.count()?;
            let parameters = (0..count).map(|_| Ok((from.text()?.to_owned(), from.bytes()?.to_vec())));
            state.fits.push(Fitted { at, parameters: parameters.collect::<Result<_>>()? });
        }
        from.finish()?;
        for member in state.shards.iter().flat_map(|shard| &shard.members) {
            state.cells.learn(member.cell, &state.keys);
        }
        Ok(state)
    }
}

fn encode_shard(shard: &Shard, out: &mut Writer) {
    encode_rows(&shard.rows, out);
    encode_table(shard.pairs.table(), out);
    encode_table(&shard.groups, out);
    out.count(shard.traits.len());
    out.u64s(&shard.traits.iter().map(|known| known.value.to_bits()).collect::<Vec<_>>());
    out.i64s(&shard.traits.iter().map(|known| known.at).collect::<Vec<_>>());
    out.count(shard.members.len());
    out.u32s(&shard.members.iter().map(|member| member.cell).collect::<Vec<_>>());
    out.i64s(&shard.members.iter().map(|member| member.since).collect::<Vec<_>>());
    out.count(shard.decided.len());
    out.u32s(&shard.decided);
    encode_horizon(&shard.seen, out);
    encode_horizon(&shard.occasions, out);
    let mut waits: Vec<_> = shard.waits.iter().map(|(key, since)| (*key, *since)).collect();
    waits.sort_unstable();
    out.count(waits.len());
    for ((customer, peer, kind), since) in waits {
        out.u32(customer);
        out.u32(peer);
        out.u32(kind);
        out.i64(since);
    }
    log::encode(shard, out);
}

fn decode_shard(from: &mut Reader<'_>, bounds: &Bounds<'_>, shard: usize) -> Result<Shard> {
    let program = bounds.program;
    let rows = decode_rows(from, bounds, 0, bounds.locals(shard))?;
    let pairs = decode_table(from, bounds, 1, |customer, peer| {
        bounds.customer_in(customer, shard)?;
        bounds.customer(peer)
    })?;
    let groups = decode_table(from, bounds, 2, |item, key| {
        hold((item as usize) < program.traits.len(), "it names an unknown trait")?;
        hold(key as usize % SHARDS == shard, "a group stands in the wrong shard")?;
        bounds.key(key)
    })?;
    let locals = bounds.locals(shard);
    let count = per_customer(from, program.traits.len(), locals)?;
    let values = from.u64s(count)?;
    let traits = values.into_iter().zip(from.i64s(count)?);
    let traits = traits.map(|(value, at)| Ok(Known { value: f64::from_bits(value), at: time_or_never(at)? }));
    let traits = traits.collect::<Result<_>>()?;
    let count = per_customer(from, program.segments.len(), locals)?;
    let cells = from.u32s(count)?;
    let members = cells.into_iter().zip(from.i64s(count)?).map(|(cell, since)| {
        hold(cell == NONE || (cell as usize) < bounds.keys, "it names an unknown cell")?;
        Ok(Member { cell, since: time_or_never(since)? })
    });
    let members = members.collect::<Result<_>>()?;
    let count = per_customer(from, 1, locals)?;
    let decided = from.u32s(count)?;
    let mut seen = Horizon::new(program.time.dedupe);
    decode_horizon(from, bounds, shard, &mut seen)?;
    let mut occasions = Horizon::new(program.time.lateness);
    decode_horizon(from, bounds, shard, &mut occasions)?;
    let mut decoded = Shard {
        rows,
        pairs: Pairs::from_table(pairs, |customer| place(customer).1),
        groups,
        traits,
        members,
        decided,
        seen,
        occasions,
        ..Shard::new(program)
    };
    for _ in 0..from.count()? {
        let (customer, peer) = (bounds.customer_in(from.u32()?, shard)?, bounds.customer(from.u32()?)?);
        let (kind, since) = (from.u32()?, time(from.i64()?)?);
        hold((kind as usize) < program.kinds.len(), "it names an unknown kind")?;
        let twice = decoded.waits.insert((customer, peer, kind), since).is_some();
        hold(!twice, "an open message stands twice")?;
    }
    log::decode(from, bounds, shard, &mut decoded)?;
    Ok(decoded)
}

fn encode_rows(rows: &Rows, out: &mut Writer) {
    out.count(rows.len());
    let (words, lists) = rows.parts();
    out.u64s(&words);
    out.count(lists.len());
    out.u64s(&lists);
    rows.cells().iter().for_each(|cell| cells::encode(cell.as_deref(), out));
}

fn decode_rows(from: &mut Reader<'_>, bounds: &Bounds<'_>, which: usize, most: usize) -> Result<Rows> {
    let program = bounds.program;
    let layout = [program.customer, program.pair, program.group][which];
    let count = from.count()?;
    hold(count <= most, "it has more rows than customers")?;
    let words = from.u64s(count * layout.words)?;
    let entries = from.count()?;
    let lists = from.u64s(entries)?;
    let mut row_cells = Vec::with_capacity(count * layout.cells);
    for _ in 0..count {
        for shape in &bounds.cells[which] {
            row_cells.push(cells::decode(from, *shape, bounds)?);
        }
    }
    let listed = bounds.lists[which].clone();
    let rows = Rows::from_parts((layout, listed), count, (words, &lists), row_cells, |list, shape| {
        cells::list(list, shape, bounds)
    })?;
    rows.ok_or_else(|| damaged("its rows don't add up"))
}

fn encode_table(table: &Table, out: &mut Writer) {
    out.count(table.names().len());
    out.u32s(&table.names().iter().map(|name| name.0).collect::<Vec<_>>());
    out.u32s(&table.names().iter().map(|name| name.1).collect::<Vec<_>>());
    encode_rows(table.rows(), out);
}

fn decode_table(
    from: &mut Reader<'_>,
    bounds: &Bounds<'_>,
    which: usize,
    known: impl Fn(u32, u32) -> Result<u32>,
) -> Result<Table> {
    let count = from.count()?;
    let names: Vec<(u32, u32)> = from.u32s(count)?.into_iter().zip(from.u32s(count)?).collect();
    names.iter().try_for_each(|(first, second)| known(*first, *second).map(drop))?;
    let rows = decode_rows(from, bounds, which, count)?;
    Table::from_parts(names, rows).ok_or_else(|| damaged("its pairs don't add up"))
}

fn encode_horizon(names: &Horizon, out: &mut Writer) {
    out.count(names.entries().len());
    for (at, (customer, name), time) in names.entries() {
        out.i64(at);
        out.u32(customer);
        out.u64(name);
        out.i64(time.unwrap_or(i64::MIN));
    }
}

fn decode_horizon(from: &mut Reader<'_>, bounds: &Bounds<'_>, shard: usize, names: &mut Horizon) -> Result<()> {
    for _ in 0..from.count()? {
        let at = time(from.i64()?)?;
        let name = (bounds.customer_in(from.u32()?, shard)?, from.u64()?);
        let first = time_or_never(from.i64()?)?;
        names.restore(at, name, (first != i64::MIN).then_some(first));
    }
    Ok(())
}

/// A count of values of which every customer of a shard has `each`, or that ends with some customer.
fn per_customer(from: &mut Reader<'_>, each: usize, locals: usize) -> Result<usize> {
    let count = from.count()?;
    hold(count <= locals * each && (each == 0 || count % each == 0), "it has more values than customers")?;
    Ok(count)
}

/// Keys that rise strictly.
fn rising<T: PartialOrd>(values: impl IntoIterator<Item = T>) -> Result<()> {
    let mut values = values.into_iter();
    let Some(mut before) = values.next() else { return Ok(()) };
    for value in values {
        hold(before < value, "its entries are out of order")?;
        before = value;
    }
    Ok(())
}

fn time(at: i64) -> Result<i64> {
    hold(is_valid_time(at), "a time is out of range")?;
    Ok(at)
}

fn time_or_never(at: i64) -> Result<i64> {
    if at == i64::MIN { Ok(at) } else { time(at) }
}

fn hold(holds: bool, otherwise: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(damaged(otherwise)) }
}

fn damaged(why: &str) -> Error {
    Error::new(ErrorKind::StoreCorrupt, format!("a checkpoint is damaged: {why}"))
}
