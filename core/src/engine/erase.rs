//! Forgetting a customer: the journal is written anew without them, and folded anew.
//!
//! States that stand for records, the base and absorbed partial states, are taken without the customer's
//! rows, pairs, traits, cells and labels. What they have added up of many keeps the customer's part,
//! since it can't be told from the rest: rows of groups, the ledger's accounts, what others did.
//!
//! Nothing that is derived from the customer's records remains but the parameters of fits, which are
//! figures of the population learnt with them: they stay until the next fit, and the receipt names
//! them. What a fit gave to the customer alone leaves it. Dense numbers stay, so that no record of anyone else changes; the number has no id any more.
//! Words that nobody else's records or the definition use lose their text. The engine's clock stays.

mod records;

use super::Engine;
use super::journal::Journal;
use super::partial::{Part, Parts, records_of};
use super::react::Cause;
use super::shadow::Shadow;
use super::world::{World, program_of};
use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{self, Mark};
use crate::data::ids::{Id, Ids, OwnedId};
use crate::data::keys::Keys;
use crate::data::published::model_name;
use crate::data::record::{Batch, Events, Fitted, NONE, Record};
use crate::definition::Definition;
use crate::state::State;
use records::{Erasure, each_word};

/// Texts below this many bytes stand in any file by chance; they are proven absent by decoding alone.
const SHORTEST: usize = 4;
/// Ids that one record brings; it stays readable.
const IDS: usize = 1 << 14;

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
    /// Ids that the base of `[time] keep` knew, and whose rows left it. What it has added up of many
    /// customers, rows of groups and the ledger's accounts, keeps their part.
    pub base: u64,
    /// Absorbed partial states that knew the customer, and from which their rows left in the same way.
    pub partials: u64,
    /// Values that fits had given to the customer and that left them: a community, a rank.
    pub values: u64,
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
    /// Aggregates of groups and of the other ends are folded anew from what stays; in the base of
    /// `[time] keep` and in absorbed partial states they keep the customer's part, which can't be told
    /// from the rest. Fits stay until the next [`Engine::fit`]. The file is written anew beside the old one and takes its place; processes
    /// that read the old one must open it again. Waits for the disk. Cost: two passes over the journal,
    /// and one replay.
    ///
    /// # Errors
    /// `UnknownCustomer`; `Interrupted`; `Store...` if it can't be written: then nothing has changed.
    pub fn erase(&self, customer: Id<'_>) -> Result<ErasureReceipt> {
        let mut world = self.world_mut()?;
        if let Some(mut kept) = self.kept() {
            kept.clear();
        }
        world.erase(customer)
    }
}

impl World {
    fn erase(&mut self, customer: Id<'_>) -> Result<ErasureReceipt> {
        self.flush()?;
        let kept = self.asked(customer, None, None)?.customer;
        let numbers: Vec<u32> =
            (0..self.state.customers()).filter(|number| self.state.resolve(*number) == kept).collect();
        let mut erasure = self.erasure(numbers);
        erasure.words = self.words_of_nobody(&mut erasure)?;
        let mut texts: Vec<Vec<u8>> = erasure.names.iter().filter_map(bytes_of).collect();
        let lost = erasure.words.iter().map(|(word, _)| self.state.keys.text(*word).as_bytes().to_vec());
        texts.extend(lost.filter(|text| text.len() >= SHORTEST));
        erasure.report.ids = erasure.names.len() as u64;
        erasure.report.words = erasure.words.len() as u64;
        erasure.report.fits = self
            .state
            .fits
            .iter()
            .flat_map(|fit| &fit.parameters)
            .map(|(name, _)| model_name(name).to_owned())
            .collect();
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
        self.prove(&erasure)?;
        let mut report = erasure.report;
        report.searched = self.journal.stats()?.bytes;
        report.found = self.journal.count(&texts)?;
        Ok(report)
    }

    fn erasure(&self, numbers: Vec<u32>) -> Erasure {
        let key = |word: &str| self.state.keys.get(word);
        let alone = ["crossed", "decided", "outcome"].into_iter().filter_map(key).collect();
        let names = numbers.iter().filter_map(|number| self.state.ids.name(*number).cloned()).collect();
        let (reply_to, report) = (key("reply_to"), ErasureReceipt::default());
        Erasure { numbers, alone, reply_to, names, words: Vec::new(), report }
    }

    /// The base without what leaves, and the words that it uses; `None` if there is none.
    fn base_without(&self, erasure: &mut Erasure) -> Result<Option<(Vec<u8>, Vec<u32>)>> {
        if self.journal.base()?.is_none() {
            return Ok(None);
        }
        let mut base = self.beginning()?;
        let known = erasure.numbers.iter().copied().filter(|number| (*number as usize) < base.state.ids.len());
        let known: Vec<u32> = known.collect();
        erasure.report.base = known.len() as u64;
        known.into_iter().for_each(|number| base.state.ids.erase(number));
        base.ledger.forget(&erasure.numbers);
        let fits = std::mem::take(&mut base.state.fits);
        base.state.fits = fits.into_iter().map(|fit| erasure.fit(fit)).collect();
        let mut keys = self.state.keys.since(0).to_vec();
        erasure.unword(&mut keys, 0);
        base.state.keys = Keys::default();
        base.state.keys.extend(&keys)?;
        let keys = base.state.keys.clone();
        let world = World::new(self.definition.clone(), self.seed, keys, Journal::memory(), true)?;
        let aliases = self.state.aliases().into_iter().filter(|(folded, _)| !erasure.leaves(*folded)).collect();
        let mut shadow = Shadow::new(world, aliases);
        let mut words = shadow.begin(&base)?;
        words.extend(base.ledger.words());
        base.state.fits.into_iter().for_each(|fit| each_word(&Record::Fit(fit), |word| words.push(word)));
        Ok(shadow.base.map(|bytes| (bytes, words)))
    }

    /// The definition in force at the first record that the journal keeps.
    fn first_definition(&self) -> Result<Definition> {
        Ok(self.beginning()?.in_force.unwrap_or_else(|| self.definition.clone()))
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
        // Records behind the base are gone, and with them who used a word: causes are the engine's own.
        Cause::ALL.iter().filter_map(|cause| keys.get(cause.name())).for_each(&mut note);
        let base = self.base_without(erasure)?;
        base.into_iter().flat_map(|(_, words)| words).for_each(&mut note);
        let mut lowered = Keys::default();
        program_of(&self.definition, &mut lowered)?;
        lowered.since(0).iter().filter_map(|text| keys.get(text)).for_each(&mut note);
        let mut parts = Parts::new(self.first_definition()?);
        self.journal.replay(|batch| {
            if let Some(part) = parts.take(&batch.record)? {
                let (_, words) = part.without(&erasure.names, &[])?;
                words.iter().filter_map(|word| keys.get(word)).for_each(&mut note);
            }
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
        let start = self.beginning()?;
        let mut renewed = Renewed {
            sequence: self.journal.first(),
            before: Mark { now: start.state.now, ids: start.state.ids.len(), keys: start.known.1 },
            values: Vec::new(),
        };
        let (now, marker) = (self.state.now, erasure.numbers.first().copied().unwrap_or(NONE));
        let gone = |(folded, _): &(u32, u32)| erasure.leaves(*folded);
        let aliases: Vec<(u32, u32)> = self.journal.aliases()?.into_iter().filter(|pair| !gone(pair)).collect();
        let base = self.base_without(erasure)?.map(|(bytes, _)| bytes);
        let mut parts = Parts::new(start.in_force.unwrap_or(start.definition));
        let World { journal, state, .. } = self;
        let lost = erasure.lost(&state.keys);
        journal.renew(&aliases, base.as_deref(), |batch, last| {
            let Batch { now: then, mut ids, mut keys, record, .. } = batch;
            erasure.unname(&mut ids, renewed.before.ids);
            erasure.unword(&mut keys, renewed.before.keys);
            let mut names = (ids, keys);
            match (parts.take(&record)?, record) {
                (Some(part), Record::Partial { at, .. }) => {
                    let first = renewed.before.ids + names.0.len();
                    let mut brought = brought(&part.state.ids, &state.ids, first);
                    erasure.unname(&mut brought, first);
                    for some in brought.chunks(IDS) {
                        names.0.extend_from_slice(some);
                        renewed.push(renewed.before.now, &mut names, Record::Events(Events::default()))?;
                    }
                    erasure.report.partials += u64::from(part.knows(&erasure.names));
                    let (bytes, _) = part.without(&erasure.names, &lost)?;
                    for record in records_of(at, &bytes) {
                        renewed.push(then, &mut names, record)?;
                    }
                }
                (_, Record::Partial { .. }) => {}
                (_, record) => {
                    if let Some(record) = erasure.without(record) {
                        renewed.push(then, &mut names, record)?;
                    }
                }
            }
            if !(names.0.is_empty() && names.1.is_empty()) {
                renewed.push(then, &mut names, Record::Events(Events::default()))?;
            }
            if last {
                renewed.push(now, &mut names, Record::Erase(marker))?;
            }
            Ok(std::mem::take(&mut renewed.values))
        })
    }

    /// Looks for what was erased in memory, in every record of the journal, and in the states that
    /// stand for others.
    fn prove(&self, erasure: &Erasure) -> Result<()> {
        let names = &erasure.names;
        let mut absent = is_without(&self.state, erasure)
            && is_without(&self.beginning()?.state, erasure)
            && erasure.words.iter().all(|(word, text)| self.state.keys.text(*word) == text);
        let mut found = self.erasure(erasure.numbers.clone());
        let mut parts = Parts::new(self.first_definition()?);
        self.journal.replay(|batch| {
            absent &= batch.ids.iter().all(|id| !names.contains(id) || *id == OwnedId::Erased);
            if let Some(Part { state, .. }) = parts.take(&batch.record)? {
                let gone = |number: &u32| !state.ids.is_live(*number);
                absent &= names.iter().filter_map(OwnedId::borrow).all(|id| state.ids.get(id).is_none());
                absent &= (0..state.customers()).filter(gone).all(|number| !state.holds(number));
            }
            found.without(batch.record);
            Ok(())
        })?;
        absent &= found.report == ErasureReceipt::default();
        if absent { Ok(()) } else { Err(Error::new(ErrorKind::Internal, "something of the erased customer remains")) }
    }
}

/// Whether a state has neither the ids nor anything known of who leaves.
fn is_without(state: &State, erasure: &Erasure) -> bool {
    let gone = |number: &u32| !state.ids.is_live(*number) && !state.holds(*number);
    let has_values = |fit: &Fitted| Erasure::values(fit, &erasure.numbers);
    erasure.names.iter().filter_map(OwnedId::borrow).all(|id| state.ids.get(id).is_none())
        && erasure.numbers.iter().all(gone)
        && !state.fits.iter().any(has_values)
}

/// The ids that a partial state brought when it was absorbed, in order: those from number `first` on.
fn brought(part: &Ids, all: &Ids, first: usize) -> Vec<OwnedId> {
    let known = part.since(0).iter().filter_map(OwnedId::borrow).filter_map(|id| all.get(id));
    let count = known.filter(|number| *number as usize >= first).count();
    all.since(first).iter().take(count).cloned().collect()
}

/// The journal as it is written anew.
struct Renewed {
    sequence: u64,
    before: Mark,
    values: Vec<(u64, Vec<u8>)>,
}

impl Renewed {
    /// Adds a record with the names that came with it.
    fn push(&mut self, now: i64, names: &mut (Vec<OwnedId>, Vec<String>), record: Record) -> Result<()> {
        let (ids, keys) = std::mem::take(names);
        let batch = Batch { sequence: self.sequence, now, ids, keys, record };
        self.values.extend(codec::encode(&batch, self.before)?);
        let Mark { ids, keys, .. } = self.before;
        self.before = Mark { now, ids: ids + batch.ids.len(), keys: keys + batch.keys.len() };
        self.sequence += batch.record.rows();
        Ok(())
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
