//! Partial states: what engines learn apart, put together as if one had learnt it all.

use super::Engine;
use super::checkpoint::{read_names, write_names};
use super::react::Cause;
use super::report::IngestReport;
use super::world::{World, program_of};
use crate::base::random::hash_bytes;
use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{Reader, Writer};
use crate::data::ids::OwnedId;
use crate::data::keys::Keys;
use crate::data::record::Record;
use crate::data::time::format_time;
use crate::definition::Definition;
use crate::program::Program;
use crate::state::{Absorbed, State};

const MAGIC: u8 = 0xbb;
/// The version that is written; there is no older one.
const VERSION: u8 = 1;
/// Bytes of a partial state in one record, which keeps clear of the store's limit.
const PART: usize = 480 << 10;
/// The most names that one partial state may add, so that the record with them stays readable.
const NEW_KEYS: usize = 1 << 20;

impl Engine {
    /// What this engine knows, as bytes that another engine of the same definition absorbs: state
    /// and names. Cost: a pass over the state.
    ///
    /// Three things stay here. The journal: what replays events says so. Fits: a population is fitted by
    /// the engine that has all of it. The ledger: the engine that took a decision is told what came of
    /// it; that it was taken is carried, so that contact policies hold over all parts.
    ///
    /// Engines over disjoint sets of events (a partition of a warehouse each) merge to what one
    /// engine over all of them knows:
    ///
    /// ```
    /// use bactrian::{Definition, Engine, Id, Options, RowEvent};
    ///
    /// let definition = Definition::from_toml(r#"
    ///     [event.visit]
    ///     customer = "who"
    ///     at       = "at"
    ///
    ///     [feature.visits]
    ///     count = "event"
    /// "#)?;
    /// let parts = [Engine::new(&definition, Options::default())?, Engine::new(&definition, Options::default())?];
    /// for (at, part) in (0..).zip(&parts) {
    ///     let who = Some(Id::Text("anna"));
    ///     part.observe_row(&RowEvent { kind: "visit", customer: who, peer: None, at, fields: &[] })?;
    /// }
    /// let whole = Engine::new(&definition, Options::default())?;
    /// for part in &parts {
    ///     whole.absorb(&part.partial()?)?;
    /// }
    /// let mut visits = [0.0];
    /// whole.reader(&["visits"])?.read(Id::Text("anna"), None, None, &mut visits)?;
    /// assert_eq!(visits, [2.0]);
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotMergeable` once customers were merged by [`Engine::merge`]: merge them after absorbing;
    /// `Closed`.
    pub fn partial(&self) -> Result<Vec<u8>> {
        let world = self.world()?;
        if !world.state.aliases().is_empty() {
            let message = "an engine in which customers were merged gives no partial state";
            return Err(
                Error::new(ErrorKind::NotMergeable, message).hint("merge customers once all parts are absorbed")
            );
        }
        Ok(bytes_of(&world.definition, &world.state))
    }

    /// Takes over what an engine of the same definition knows, by the bytes of [`Engine::partial`].
    /// Returns once it is durable.
    ///
    /// The sets of events must be disjoint; traits go to every part that has events of the customer.
    /// Features of the fold class become those of all events (counts, extremes and sketches to the
    /// bit, sums but for rounding), in whatever order parts come. Of those that go by order, windows
    /// and the last n do too; gaps and sessions of one customer as far as the parts lie within the
    /// lateness of each other. Decisions add up, and open ones stay where they were taken; of two
    /// memberships the later stands, of two traits the one believed more. Sums, decays and ties are
    /// those of all events to 1e-12 of the sizes of what they add. Ids and occasions that both parts
    /// have forgotten can't be compared.
    ///
    /// Crossings that this causes are of the cause `absorb` and trigger nothing. The events
    /// themselves are not carried: what replays them says so. Cost: a pass over the partial state.
    ///
    /// # Errors
    /// `DefinitionMismatch` under another definition; `NotMergeable` for a part that was absorbed
    /// before, and where two parts share an event id or an occasion, or a customer's gaps, sessions or replies can't be put together: then
    /// nothing is taken; `TimeBeyondCeiling`; `StoreVersion`, `StoreCorrupt` for bytes that are no
    /// partial state; `Store...` if it can't be recorded.
    pub fn absorb(&self, partial: &[u8]) -> Result<IngestReport> {
        let ceiling = self.ceiling();
        self.world_mut()?.write(|world, report| {
            let (program, state) = read(partial, &world.definition)?;
            if state.now > ceiling {
                return Err(super::write::beyond(state.now, ceiling));
            }
            let (at, taken) = (state.now, state.events);
            world.touched = true;
            let absorbed = world.absorb(partial, &state, &program)?;
            if world.state.keys.len() > world.known.1 + NEW_KEYS {
                let message = format!("a partial state adds more than {NEW_KEYS} names");
                return Err(Error::new(ErrorKind::SchemaRange, message).hint("absorb smaller parts"));
            }
            // Whoever folds the record finds these ids in its bytes, in the same order.
            world.known.0 = world.state.ids.len();
            report.accepted = taken;
            let mut records = records_of(at, partial);
            if world.state.now != i64::MIN {
                let now = world.moment(None)?;
                let events = world.look_at(absorbed.customers.into_iter(), now, Cause::Absorb)?.into_report(report);
                records.extend((!events.at.is_empty()).then_some(Record::Events(events)));
            }
            Ok(records)
        })
    }
}

impl World {
    /// Folds a part of a partial state; with the last one it is absorbed.
    pub fn take_part(&mut self, bytes: &[u8], last: bool) -> Result<()> {
        self.partial.extend_from_slice(bytes);
        if !last {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.partial);
        let (program, state) = read(&bytes, self.in_force.as_ref().unwrap_or(&self.definition))?;
        self.absorb(&bytes, &state, &program).map(drop)
    }

    fn absorb(&mut self, bytes: &[u8], state: &State, program: &Program) -> Result<Absorbed> {
        if state.events > 0 {
            self.state.note_part(hash_bytes(bytes))?;
        }
        let absorbed = self.state.absorb(&self.program, state, program)?;
        if !absorbed.missing.is_empty() {
            let message =
                format!("{} features of the definition are not in an absorbed partial state", absorbed.missing.len());
            return Err(Error::new(ErrorKind::NotMergeable, message).hint("absorb parts made under the new definition"));
        }
        for customer in &absorbed.customers {
            if let Some(hidden) = self.hidden.get_mut(*customer as usize) {
                *hidden = false;
            }
        }
        Ok(absorbed)
    }
}

/// A partial state as bytes.
fn bytes_of(definition: &Definition, state: &State) -> Vec<u8> {
    let mut out = Writer::default();
    out.u8(MAGIC);
    out.u8(VERSION);
    out.u64(definition.hash());
    out.i64(state.now);
    write_names(state, state.keys.len(), &mut out);
    out.bytes(&state.encode_without_fits());
    let mut bytes = out.into_bytes();
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

/// The records that hold a partial state.
pub(super) fn records_of(at: i64, partial: &[u8]) -> Vec<Record> {
    let parts = partial.chunks(PART);
    let last = parts.len();
    let part = |(number, bytes): (usize, &[u8])| Record::Partial { at, last: number == last, bytes: bytes.to_vec() };
    (1..).zip(parts).map(part).collect()
}

/// Partial states as a journal brings them, part by part.
pub(super) struct Parts {
    definition: Definition,
    bytes: Vec<u8>,
}

impl Parts {
    /// None so far, under the definition in force.
    pub fn new(definition: Definition) -> Self {
        Parts { definition, bytes: Vec::new() }
    }

    /// Takes a record; the partial state that ends with it, if one does.
    ///
    /// # Errors
    /// `StoreCorrupt` for bytes that are none.
    pub fn take(&mut self, record: &Record) -> Result<Option<Part>> {
        match record {
            Record::Define(text) => {
                self.definition = Definition::from_toml(text)?;
                Ok(None)
            }
            Record::Partial { last, bytes, .. } => {
                self.bytes.extend_from_slice(bytes);
                if !last {
                    return Ok(None);
                }
                let bytes = std::mem::take(&mut self.bytes);
                let (program, state) = read(&bytes, &self.definition)?;
                Ok(Some(Part { definition: self.definition.clone(), program, state, bytes }))
            }
            _ => Ok(None),
        }
    }
}

/// One partial state of a journal.
pub(super) struct Part {
    definition: Definition,
    program: Program,
    /// What it knows.
    pub state: State,
    bytes: Vec<u8>,
}

impl Part {
    /// Whether it knows any of some ids.
    pub fn knows(&self, names: &[OwnedId]) -> bool {
        names.iter().filter_map(OwnedId::borrow).any(|id| self.state.ids.get(id).is_some())
    }

    /// The same without the customers of some ids, and with other texts for some words, rising; with it the
    /// words that what stays uses. One that has neither stays as it is.
    ///
    /// # Errors
    /// None but of a partial state that is damaged.
    pub fn without(mut self, names: &[OwnedId], words: &[(String, String)]) -> Result<(Vec<u8>, Vec<String>)> {
        let mut touched = false;
        for id in names.iter().filter_map(OwnedId::borrow) {
            if let Some(number) = self.state.ids.get(id) {
                self.state.ids.erase(number);
                touched = true;
            }
        }
        let mut keys = Keys::default();
        for text in self.state.keys.since(0) {
            let lost = words.binary_search_by(|(word, _)| word.cmp(text)).ok().and_then(|place| words.get(place));
            touched |= lost.is_some();
            keys.extend(&[lost.map_or(text, |(_, other)| other).as_str()])?;
        }
        self.state.keys = keys;
        let mut kept = State::new(&self.program, self.state.ids.clone(), self.state.keys.clone());
        let used = kept.absorb(&self.program, &self.state, &self.program)?.words;
        let used = used.into_iter().map(|word| kept.keys.text(word).to_owned()).collect();
        if !touched {
            return Ok((self.bytes, used));
        }
        kept.sequence = self.state.sequence;
        // What it was made of must not be absorbed again.
        kept.note_part(hash_bytes(&self.bytes))?;
        Ok((bytes_of(&self.definition, &kept), used))
    }
}

/// The program and the state behind the bytes of a partial state.
fn read(bytes: &[u8], definition: &Definition) -> Result<(Program, State)> {
    let mut from = Reader::with_entries(bytes, bytes.len().saturating_mul(16));
    if bytes.first() != Some(&MAGIC) || from.u8()? != MAGIC {
        return Err(Error::new(ErrorKind::StoreCorrupt, "the bytes are no partial state"));
    }
    match from.u8()? {
        VERSION => {}
        0 => return Err(Error::new(ErrorKind::StoreCorrupt, "a partial state has no version")),
        newer => {
            let message = format!("a partial state has version {newer}, and this release reads up to {VERSION}");
            return Err(Error::new(ErrorKind::StoreVersion, message).hint("absorb it with a newer release"));
        }
    }
    let damaged = || Error::new(ErrorKind::StoreCorrupt, "the bytes of a partial state are damaged");
    let (body, sum) = bytes.split_last_chunk::<4>().ok_or_else(damaged)?;
    if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
        return Err(damaged().hint("make the partial state again"));
    }
    if from.u64()? != definition.hash() {
        let message = format!("the partial state was made under another definition than {}", definition.fingerprint());
        return Err(Error::new(ErrorKind::DefinitionMismatch, message).hint("parts are made under one definition"));
    }
    let now = from.i64()?;
    let (ids, mut keys) = read_names(&mut from)?;
    let program = program_of(definition, &mut keys)?;
    let state = State::decode(&program, ids, keys, from.bytes()?)?;
    from.u32()?;
    from.finish()?;
    match state.now == now {
        true => Ok((program, state)),
        false => Err(Error::new(ErrorKind::StoreCorrupt, "a partial state has two clocks")),
    }
}

/// The error of a look into a past that a partial state covers as a whole.
pub(super) fn closed(to: i64, at: i64) -> Error {
    let message = format!(
        "an absorbed partial state runs to {}, so {} can't be told from what came after",
        format_time(to),
        format_time(at)
    );
    Error::new(ErrorKind::TimePast, message).hint("read the past in the engines that made the parts")
}

/// The error of a fit that needs events which came as a partial state.
pub(super) fn without_events() -> Error {
    let message = "the fit needs the events themselves, and some came as a partial state";
    Error::new(ErrorKind::NotEnoughData, message).hint("fit in an engine that has observed the events")
}
