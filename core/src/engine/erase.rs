//! Forgetting a customer: the journal is written anew without them, and folded anew.
//!
//! Nothing that is derived from the customer's records remains but the parameters of fits, which are
//! figures of the population learnt with them: they stay until the next fit, and the receipt names
//! them. Dense numbers stay, so that no record of anyone else changes; the number has no id any more.
//! Words that nobody else's records or the definition use lose their text. The engine's clock stays.

use super::Engine;
use super::world::{World, program_of};
use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{self, Mark};
use crate::data::ids::{Id, OwnedId};
use crate::data::keys::Keys;
use crate::data::record::{Batch, Events, FieldColumn, NONE, Record, Ties, Traits, Values};

/// Texts below this many bytes stand in any file by chance; they are proven absent by decoding alone.
const SHORTEST: usize = 4;

/// What an erasure removed, and the proof that it is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErasureReceipt {
    /// Ids that meant the customer: more than one after a merge.
    pub ids: u64,
    /// Events of the customer, decisions and crossings included, that left.
    pub events: u64,
    /// Events of others that stay and name nobody where they named the customer.
    pub unnamed: u64,
    /// Rows of traits that left.
    pub traits: u64,
    /// Rows of ties that left.
    pub ties: u64,
    /// Words that nobody uses any more and that lost their text.
    pub words: u64,
    /// Fitted columns that had been learnt with the customer and stay as they are until the next fit.
    pub fits: Vec<String>,
    /// Bytes of the file, or of the journal in memory, that were searched afterwards.
    pub searched: u64,
    /// How often the ids and words that left, if of at least 4 bytes, still stand in those bytes:
    /// anything above 0 is part of a longer name of others.
    pub found: u64,
}

impl Engine {
    /// Erases a customer: events, traits, ties, decisions, crossings, every column, the id, and the
    /// words that nobody else uses. Events with someone at the other end stay theirs, naming nobody in
    /// the customer's place and without the customer's labels (event id, occasion, answered event).
    /// Aggregates of groups and of the other ends are folded anew from what stays. Fits stay until the
    /// next [`Engine::fit`]. The file is written anew beside the old one and takes its place; processes
    /// that read the old one must open it again. Waits for the disk. Cost: two passes over the journal,
    /// and one replay.
    ///
    /// # Errors
    /// `UnknownCustomer`; `TimePast` for a customer of whom records were folded into the base of
    /// `[time] keep`; `Interrupted`; `Store...` if it can't be written: then nothing has changed.
    pub fn erase(&self, customer: Id<'_>) -> Result<ErasureReceipt> {
        self.world_mut()?.erase(customer)
    }
}

/// What a pass over the journal needs to know.
struct Erasure {
    /// Dense numbers that leave, rising.
    numbers: Vec<u32>,
    /// Kinds of events that are about their customer alone, whoever stands at the other end.
    alone: Vec<u32>,
    /// The role that names an event of the other end.
    reply_to: Option<u32>,
    /// The text that each word that leaves is replaced by, rising by word.
    words: Vec<(u32, String)>,
    report: ErasureReceipt,
}

impl World {
    fn erase(&mut self, customer: Id<'_>) -> Result<ErasureReceipt> {
        self.flush()?;
        let kept = self.asked(customer, None, None)?.customer;
        let numbers: Vec<u32> =
            (0..self.state.customers()).filter(|number| self.state.resolve(*number) == kept).collect();
        self.known_after_base(&numbers)?;
        let names: Vec<OwnedId> = numbers.iter().filter_map(|number| self.state.ids.name(*number).cloned()).collect();
        let mut erasure = self.erasure(numbers);
        erasure.words = self.words_of_nobody(&mut erasure)?;
        let mut texts: Vec<Vec<u8>> = names.iter().filter_map(bytes_of).collect();
        let lost = erasure.words.iter().map(|(word, _)| self.state.keys.text(*word).as_bytes().to_vec());
        texts.extend(lost.filter(|text| text.len() >= SHORTEST));
        erasure.report.ids = names.len() as u64;
        erasure.report.words = erasure.words.len() as u64;
        erasure.report.fits =
            self.state.fits.iter().flat_map(|fit| &fit.parameters).map(|(name, _)| name.clone()).collect();
        erasure.report.fits.sort();
        erasure.report.fits.dedup();
        let written = self.write_without(&mut erasure);
        // Whatever came of it, the state is what the file holds.
        self.reload();
        self.usable()?;
        if let Err(error) = written {
            if self.state.ids.is_live(kept) {
                return Err(error);
            }
            let message = format!("{}; the erasure is in the file all the same", error.message());
            return Err(Error::new(error.kind(), message));
        }
        self.prove(&erasure, &names)?;
        let mut report = erasure.report;
        report.searched = self.journal.stats()?.bytes;
        report.found = self.journal.count(&texts)?;
        Ok(report)
    }

    fn erasure(&self, numbers: Vec<u32>) -> Erasure {
        let key = |word: &str| self.state.keys.get(word);
        let alone = ["crossed", "decided", "outcome"].into_iter().filter_map(key).collect();
        Erasure { numbers, alone, reply_to: key("reply_to"), words: Vec::new(), report: ErasureReceipt::default() }
    }

    /// Whether no record about the customers has left the journal for its base.
    fn known_after_base(&self, numbers: &[u32]) -> Result<()> {
        if self.whole().is_ok() {
            return Ok(());
        }
        let known = self.beginning()?.state.customers();
        if numbers.iter().all(|number| *number >= known) {
            return Ok(());
        }
        let message = "records about the customer were folded into the base of the journal, which can't be taken apart";
        Err(Error::new(ErrorKind::TimePast, message).hint("`[time] keep = \"all\"` keeps every record"))
    }

    /// Words that only records which leave use, with what replaces them.
    fn words_of_nobody(&self, erasure: &mut Erasure) -> Result<Vec<(u32, String)>> {
        let keys = &self.state.keys;
        let mut used = vec![false; keys.len()];
        let mut note = |word: u32| {
            if let Some(used) = used.get_mut(word as usize) {
                *used = true;
            }
        };
        // Words of the base and those that the definition brings; what it has in common with the file
        // comes first there.
        (0..self.journal.first_keys()?.len() as u32).for_each(&mut note);
        let mut lowered = Keys::default();
        program_of(&self.definition, &mut lowered)?;
        lowered.since(0).iter().filter_map(|text| keys.get(text)).for_each(&mut note);
        self.journal.replay(|batch| {
            let kept = erasure.without(batch.record);
            kept.iter().for_each(|record| each_word(record, &mut note));
            Ok(())
        })?;
        erasure.report = ErasureReceipt::default();
        let replaced = used.iter().enumerate().filter(|(_, used)| !**used).map(|(word, _)| {
            let mut text = format!("(erased {word})");
            while keys.get(&text).is_some_and(|known| known as usize != word) {
                text.push('\'');
            }
            (word as u32, text)
        });
        // A word that an earlier erasure took is gone already.
        Ok(replaced.filter(|(word, text)| keys.text(*word) != text).collect())
    }

    /// Writes the journal without what leaves, numbered anew, and that an erasure took place.
    fn write_without(&mut self, erasure: &mut Erasure) -> Result<()> {
        let first = self.journal.first();
        let start = self.beginning()?;
        let mut before = Mark { now: start.state.now, ids: start.state.ids.len(), keys: start.known.1 };
        let (mut sequence, now) = (first, self.state.now);
        let marker = erasure.numbers.first().copied().unwrap_or(NONE);
        let gone = |(folded, _): &(u32, u32)| erasure.numbers.binary_search(folded).is_err();
        let aliases: Vec<(u32, u32)> = self.journal.aliases()?.into_iter().filter(gone).collect();
        self.journal.renew(&aliases, |batch, last| {
            let Batch { now: then, mut ids, mut keys, record, .. } = batch;
            erasure.unname(&mut ids, before.ids);
            erasure.unword(&mut keys, before.keys);
            let mut records: Vec<(i64, Record)> =
                erasure.without(record).into_iter().map(|record| (then, record)).collect();
            if records.is_empty() && !(ids.is_empty() && keys.is_empty()) {
                records.push((then, Record::Events(Events::default())));
            }
            if last {
                records.push((now, Record::Erase(marker)));
            }
            let mut values = Vec::new();
            for (now, record) in records {
                let rows = record.rows();
                let (ids, keys) = (std::mem::take(&mut ids), std::mem::take(&mut keys));
                let batch = Batch { sequence, now, ids, keys, record };
                values.extend(codec::encode(&batch, before)?);
                before = Mark { now, ids: before.ids + batch.ids.len(), keys: before.keys + batch.keys.len() };
                sequence += rows;
            }
            Ok(values)
        })
    }

    /// Looks for what was erased in memory and in every record of the journal.
    fn prove(&self, erasure: &Erasure, names: &[OwnedId]) -> Result<()> {
        let mut absent = names.iter().filter_map(OwnedId::borrow).all(|id| self.state.ids.get(id).is_none())
            && erasure.numbers.iter().all(|number| !self.state.ids.is_live(*number))
            && erasure.words.iter().all(|(word, text)| self.state.keys.text(*word) == text);
        let mut found = self.erasure(erasure.numbers.clone());
        self.journal.replay(|batch| {
            absent &= batch.ids.iter().all(|id| !names.contains(id) || *id == OwnedId::Erased);
            found.without(batch.record);
            Ok(())
        })?;
        absent &= found.report == ErasureReceipt::default();
        if absent { Ok(()) } else { Err(Error::new(ErrorKind::Internal, "something of the erased customer remains")) }
    }
}

/// The bytes under which an id stands in the file, where that says anything.
fn bytes_of(id: &OwnedId) -> Option<Vec<u8>> {
    match id {
        OwnedId::Text(text) if text.len() >= SHORTEST => Some(text.as_bytes().to_vec()),
        OwnedId::Number(number) if *number > u64::from(u32::MAX) => Some(number.to_le_bytes().to_vec()),
        _ => None,
    }
}

impl Erasure {
    fn leaves(&self, number: u32) -> bool {
        self.numbers.binary_search(&number).is_ok()
    }

    fn unname(&self, ids: &mut [OwnedId], first: usize) {
        for (number, id) in (first as u32..).zip(ids) {
            if self.leaves(number) {
                *id = OwnedId::Erased;
            }
        }
    }

    fn unword(&self, keys: &mut [String], first: usize) {
        for (word, text) in (first as u32..).zip(keys) {
            if let Ok(place) = self.words.binary_search_by_key(&word, |(word, _)| *word) {
                text.clone_from(&self.words[place].1);
            }
        }
    }

    /// What stays of a record, if anything does.
    fn without(&mut self, record: Record) -> Option<Record> {
        match record {
            Record::Events(events) => self.events(events).map(Record::Events),
            Record::Traits(traits) => self.traits(traits).map(Record::Traits),
            Record::Ties(ties) => self.ties(ties).map(Record::Ties),
            Record::Merge(kept, _) if self.leaves(kept) => None,
            record => Some(record),
        }
    }

    fn events(&mut self, mut events: Events) -> Option<Events> {
        let rows = events.at.len();
        let (mut stay, mut ends) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        for row in 0..rows {
            let (customer, peer) = (events.customer[row], events.peer[row]);
            let (own, other) = (self.leaves(customer), self.leaves(peer));
            let staying = if own { peer } else { customer };
            let alone = own && self.alone.contains(&events.kind[row]);
            if (own || other) && (staying == NONE || self.leaves(staying) || alone) {
                self.report.events += 1;
                continue;
            }
            stay.push(row as u32);
            ends.push((own, other));
            if own || other {
                self.report.unnamed += 1;
                events.customer[row] = if own { NONE } else { customer };
                events.peer[row] = if other { NONE } else { peer };
            }
        }
        let mut kept = if stay.len() == rows { events } else { events.gather(&stay) };
        if ends.iter().any(|(own, other)| *own || *other) {
            for field in &mut kept.fields {
                let answered = Some(field.name) == self.reply_to;
                clear_labels(&mut field.values, |row| {
                    ends.get(row).is_some_and(|(own, other)| *own || *other && answered)
                });
            }
        }
        Some(kept).filter(|kept| rows == 0 || !kept.at.is_empty())
    }

    fn traits(&mut self, traits: Traits) -> Option<Traits> {
        let rows = traits.at.len();
        let stay: Vec<u32> = (0..rows as u32).filter(|row| !self.leaves(traits.customer[*row as usize])).collect();
        self.report.traits += (rows - stay.len()) as u64;
        if stay.len() == rows {
            return Some(traits);
        }
        let field = |field: &FieldColumn| FieldColumn { name: field.name, values: field.values.gather(&stay) };
        let mut fields: Vec<FieldColumn> = traits.fields.iter().map(field).collect();
        fields.retain(|field| !field.values.is_unknown());
        let of = |row: &u32| (traits.customer[*row as usize], traits.at[*row as usize]);
        let (customer, at) = stay.iter().map(of).unzip();
        Some(Traits { customer, at, fields }).filter(|kept| !kept.at.is_empty())
    }

    fn ties(&mut self, ties: Ties) -> Option<Ties> {
        let mut kept = Ties::default();
        for row in 0..ties.at.len() {
            if self.leaves(ties.customer[row]) || self.leaves(ties.peer[row]) {
                self.report.ties += 1;
                continue;
            }
            kept.layer.push(ties.layer[row]);
            kept.customer.push(ties.customer[row]);
            kept.peer.push(ties.peer[row]);
            kept.at.push(ties.at[row]);
            kept.weight.push(ties.weight[row]);
        }
        Some(kept).filter(|kept| !kept.at.is_empty())
    }
}

/// Makes the labels of some rows unknown.
fn clear_labels(values: &mut Values, cleared: impl Fn(usize) -> bool) {
    let Values::Label { ends, bytes } = values else { return };
    let (mut kept, mut start) = (Vec::with_capacity(bytes.len()), 0);
    for (row, end) in ends.iter_mut().enumerate() {
        let label = bytes.get(start..*end as usize).unwrap_or_default();
        start = *end as usize;
        if !cleared(row) {
            kept.extend_from_slice(label);
        }
        *end = kept.len() as u32;
    }
    *bytes = kept;
}

/// Gives every word that a record uses.
fn each_word(record: &Record, mut each: impl FnMut(u32)) {
    let fields = match record {
        Record::Events(events) => {
            events.kind.iter().copied().for_each(&mut each);
            &events.fields
        }
        Record::Traits(traits) => &traits.fields,
        Record::Ties(ties) => return ties.layer.iter().copied().for_each(each),
        _ => return,
    };
    for field in fields {
        each(field.name);
        match &field.values {
            Values::Key(keys) | Values::Keys { keys, .. } => keys.iter().copied().for_each(&mut each),
            Values::Number(_) | Values::Label { .. } => {}
        }
    }
}
