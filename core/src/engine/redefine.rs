//! Going on under another definition, and as if two customers had been one.

use std::collections::BTreeMap;

use super::Engine;
use super::ledger::{Fields, Words};
use super::react::Cause;
use super::world::{World, parameters};
use crate::base::{Error, ErrorKind, Result};
use crate::data::ids::Id;
use crate::data::record::{Batch, NONE, Record, Values};
use crate::definition::Definition;
use crate::program::Program;

/// What a new definition changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RedefineReport {
    /// Columns that were not there before, back-filled from the journal.
    pub added: Vec<String>,
    /// Columns that are gone.
    pub removed: Vec<String>,
    /// Fitted columns and axes whose declaration changed: unknown until the next fit.
    pub unfitted: Vec<String>,
    /// Columns that know only the records that `[time] keep` has left in the journal, since the base
    /// of the others does not tell them: those added or changed, and what reads them.
    pub begun: Vec<String>,
    /// The engine's clock from which on those columns know every record, in microseconds since 1970
    /// UTC, where there are any. Records leave the journal by whole commits, so that they may know some
    /// that are older.
    pub since: Option<i64>,
    /// Declared words that are gone and of which the journal holds records, such as `event.visit`,
    /// `trait.city`, `tie.talk`, `segment.tier` or `action.offer`, with the number of those records.
    /// They stay in the journal and feed nothing; a definition that has the word again reads them.
    pub unread: Vec<(String, u64)>,
    /// Customers whose cell in some segment moved; this triggers nothing.
    pub moved: u64,
}

impl Engine {
    /// Goes on under another definition: folds the journal under it aside, and swaps in one commit.
    /// Added columns are back-filled, and in added segments everyone stands where they would if the
    /// segment had always been there, since when they would. Recorded crossings, decisions and fits stand
    /// as they were, save fits of columns whose declaration changed. A definition that fails leaves the old
    /// one running.
    ///
    /// Where `[time] keep` has folded records into a base, columns that mean the same keep what it has
    /// of them, to the bit, and the report says which begin with the records that are kept. Cost: one
    /// replay of the journal; where segments are added, a second one in which everyone whom a record
    /// touches is looked at.
    ///
    /// # Errors
    /// `DefinitionInvalid`, `DefinitionNotYet`; `NotMergeable` for features that an absorbed partial
    /// state lacks; `Interrupted`; `Store...` if it can't be recorded.
    pub fn redefine(&self, definition: &Definition) -> Result<RedefineReport> {
        self.world_mut()?.redefine(definition)
    }

    /// Folds one customer into another: from now on both ids are one customer, `kept`, and everything
    /// recorded of either is refolded as one stream. Where `[time] keep` has folded records into a
    /// base, what it has of the two is put together as [`Engine::absorb`] does: counts, extremes and
    /// sketches to the bit, sums but for rounding, of two values of a trait or a segment the later.
    /// The cells are those of `kept`, looked at anew, and a crossing has the cause `merge`. Cost: one replay of the journal.
    ///
    /// # Errors
    /// `UnknownCustomer`; `SchemaRange` for a customer with itself; `NotMergeable` where the base has
    /// gaps, sessions, replies or occasions of both that can't be put in order any more: then nothing
    /// has changed; `Store...` if it can't be recorded.
    pub fn merge(&self, kept: Id<'_>, folded: Id<'_>) -> Result<()> {
        self.world_mut()?.merge(kept, folded)
    }
}

impl World {
    fn redefine(&mut self, definition: &Definition) -> Result<RedefineReport> {
        if definition.hash() == self.definition.hash() {
            return Ok(RedefineReport::default());
        }
        self.flush()?;
        let mut held = Held::default();
        let note = |batch: &Batch| held.note(&self.words, &batch.record);
        let mut shadow = self.shadow(definition.clone(), self.state.aliases(), note)?;
        let mut report = compare(&self.program, &shadow.world.program);
        report.unfitted = shadow.world.dropped_fits(self);
        report.unread = self.unread(&shadow.world.program, &held);
        report.begun = std::mem::take(&mut shadow.begun);
        report.since = shadow.since.filter(|_| !report.begun.is_empty());
        let caused = shadow.look(&self.definition)?;
        report.moved = caused.crossings.len() as u64;
        let mut records = vec![Record::Define(definition.to_toml())];
        records.extend((!caused.events.at.is_empty()).then_some(Record::Events(caused.events)));
        self.turn_into(shadow, records)?;
        Ok(report)
    }

    fn merge(&mut self, kept: Id<'_>, folded: Id<'_>) -> Result<()> {
        self.flush()?;
        let kept = self.asked(kept, None, None)?.customer;
        let folded = self.asked(folded, None, None)?.customer;
        if kept == folded {
            return Err(Error::new(ErrorKind::SchemaRange, "the two ids are one customer already"));
        }
        let aliases = self.journal.aliases()?.into_iter().chain([(folded, kept)]).collect();
        let mut shadow = self.shadow(self.definition.clone(), aliases, |_| {}).map_err(|error| match error.kind() {
            ErrorKind::NotMergeable => {
                let message = format!("the two customers can't be merged: {}", error.message());
                Error::new(ErrorKind::NotMergeable, message)
                    .hint("records that `[time] keep` or a partial state has folded can't be put in order any more")
            }
            _ => error,
        })?;
        let mut records = vec![Record::Merge(kept, folded)];
        if shadow.world.state.now != i64::MIN {
            let at = shadow.world.moment(None)?;
            let events = shadow.world.look_at(std::iter::once(kept), at, Cause::Merge)?.events;
            records.extend((!events.at.is_empty()).then_some(Record::Events(events)));
        }
        self.turn_into(shadow, records)
    }

    /// Declared words that the new program lacks, with what the journal holds of them.
    fn unread(&self, new: &Program, held: &Held) -> Vec<(String, u64)> {
        let stays = declared(new);
        let mut gone = declared(&self.program);
        gone.retain(|(table, name, _)| !stays.iter().any(|(known, kept, _)| known == table && kept == name));
        let counted = gone.into_iter().map(|(table, name, key)| (format!("{table}.{name}"), held.count(table, key)));
        counted.filter(|(_, count)| *count > 0).collect()
    }

    /// Fitted columns that had parameters under `old` and have none now.
    fn dropped_fits(&self, old: &World) -> Vec<String> {
        let names = old.fitted_names();
        let had = |name: &String| parameters(&old.state, name).is_some();
        let lost = |name: &String| parameters(&self.state, name).is_none();
        names.into_iter().filter(|name| had(name) && lost(name)).collect()
    }
}

/// How many records of each declared word were met.
#[derive(Default)]
struct Held(BTreeMap<(&'static str, u32), u64>);

impl Held {
    fn add(&mut self, table: &'static str, key: u32, count: u64) {
        *self.0.entry((table, key)).or_default() += count;
    }

    fn count(&self, table: &'static str, key: u32) -> u64 {
        self.0.get(&(table, key)).copied().unwrap_or(0)
    }

    fn note(&mut self, words: &Words, record: &Record) {
        match record {
            Record::Events(events) => {
                let fields = Fields(events);
                for (row, kind) in events.kind.iter().enumerate() {
                    self.add("event", *kind, 1);
                    if *kind == words.crossed {
                        self.add("segment", fields.key(words.segment, row), 1);
                    } else if *kind == words.decided {
                        self.add("action", fields.key(words.action, row), 1);
                    }
                }
            }
            Record::Traits(traits) => traits.fields.iter().for_each(|field| {
                let known = match &field.values {
                    Values::Number(values) => values.iter().filter(|value| !value.is_nan()).count(),
                    Values::Key(keys) => keys.iter().filter(|key| **key != NONE).count(),
                    Values::Keys { .. } | Values::Label { .. } => 0,
                };
                self.add("trait", field.name, known as u64);
            }),
            Record::Ties(ties) => ties.layer.iter().for_each(|layer| self.add("tie", *layer, 1)),
            _ => {}
        }
    }
}

/// What a definition declares that records may be of: table, name, interned name.
fn declared(program: &Program) -> Vec<(&'static str, &str, u32)> {
    let mut words: Vec<(&str, &str, u32)> = Vec::new();
    words.extend(program.kinds.iter().map(|it| ("event", it.name.as_str(), it.key)));
    words.extend(program.traits.iter().map(|it| ("trait", it.name.as_str(), it.key)));
    words.extend(program.ties.iter().map(|it| ("tie", it.name.as_str(), it.key)));
    words.extend(program.segments.iter().map(|it| ("segment", it.name.as_ref(), it.key)));
    words.extend(program.decisions.actions.iter().map(|it| ("action", it.name.as_str(), it.key)));
    words.retain(|(_, name, _)| !name.starts_with('.'));
    words
}

fn compare(old: &Program, new: &Program) -> RedefineReport {
    let names = |program: &Program| -> Vec<String> {
        let columns = program.columns.iter().map(|column| column.name.clone());
        columns.filter(|name| !name.starts_with('.')).collect()
    };
    let (before, after) = (names(old), names(new));
    RedefineReport {
        added: after.iter().filter(|name| !before.contains(name)).cloned().collect(),
        removed: before.iter().filter(|name| !after.contains(name)).cloned().collect(),
        ..RedefineReport::default()
    }
}
