//! Learning what came of decisions.

use arrow_array::RecordBatch;

use super::Engine;
use super::draft::{hexadecimal, one_event};
use super::ledger::Open;
use super::react::{Cause, Reaction};
use super::report::IngestReport;
use super::world::World;
use crate::base::likeness::did_you_mean;
use crate::base::{Error, ErrorKind, Result};
use crate::data::ingest::{self, Call, Reject};
use crate::data::record::{Events, NONE, Record, Values};
use crate::data::time::{format_span, format_time, is_valid_time};

/// One outcome.
#[derive(Debug, Clone, Copy)]
struct Came {
    row: u64,
    decision: u64,
    /// Its kind, interned.
    kind: u32,
    at: i64,
    value: f64,
}

impl Engine {
    /// Takes outcomes of decisions from Arrow batches: `decision` (the id), `outcome` (its kind; or
    /// `call.kind` for all rows), `at` (by default the engine's clock) and `value` in money, if it has one.
    ///
    /// An outcome belongs to its decision within the action's window (`within`, 30 days where none is
    /// declared) and is taken for the declared lateness longer. Outcomes of several kinds add up; of one
    /// kind the latest by time stands, of equal times the later row: an earlier or equal one is counted as
    /// a duplicate, and a later one with another value is a correction, recorded with what it `replaces`.
    /// A decision for an action without an outcome expires when its window has passed, which is recorded as the outcome
    /// `expired`. What comes after silence is an outcome too, of those who would have bought anyway: it is taken within
    /// `within` of `[decide]`, where that is declared, and where nothing comes nothing is recorded. Rows about
    /// decisions that are not open are rejected with the reason, and so are kinds that the definition names nowhere (as the
    /// outcome of an action or a contact policy, as a kind of event, in a condition over outcomes or in `outcomes` of
    /// `[decide]`), but for an action without an outcome, whose success is any, and for silence where there is such an action.
    ///
    /// # Errors
    /// As [`Engine::observe`].
    pub fn learn(&self, batches: &[RecordBatch], call: &Call<'_>) -> Result<IngestReport> {
        let ceiling = self.ceiling();
        self.world_mut()?.write(|world, report| {
            let now = world.moment(None)?;
            let taken = ingest::read_outcomes(batches, call, now, ceiling, &mut world.state.keys)?;
            report.rejected = taken.rejects;
            let found = taken.record;
            let rows = (0..found.row.len()).map(|place| Came {
                row: found.row[place],
                decision: found.decision[place],
                kind: found.outcome[place],
                at: found.at[place],
                value: found.value[place],
            });
            world.learn(rows, report)
        })
    }

    /// Takes one outcome of a decision, in the words of [`Engine::learn`].
    ///
    /// # Errors
    /// `SchemaRange` for a time beyond the ceiling or a value that is not finite; `Store...`. A decision that
    /// is not open is not an error but is reported as rejected.
    pub fn learn_row(&self, decision: u64, outcome: &str, at: Option<i64>, value: Option<f64>) -> Result<IngestReport> {
        let ceiling = self.ceiling();
        if value.is_some_and(|value| !value.is_finite()) {
            return Err(Error::new(ErrorKind::SchemaRange, "the value of an outcome is not finite"));
        }
        if outcome.is_empty() {
            return Err(Error::new(ErrorKind::SchemaMissing, "an outcome needs a kind"));
        }
        self.world_mut()?.write_row(|world, report| {
            let at = at.map_or_else(|| world.moment(None), Ok)?;
            if at > ceiling || !is_valid_time(at) {
                return Err(super::write::beyond(at, ceiling));
            }
            let kind = world.state.keys.intern(outcome)?;
            let row = Came { row: 0, decision, kind, at, value: value.unwrap_or(f64::NAN) };
            world.learn(std::iter::once(row), report)
        })
    }
}

impl World {
    fn learn(&mut self, rows: impl Iterator<Item = Came>, report: &mut IngestReport) -> Result<Vec<Record>> {
        self.touched = true;
        let mut events = Events::default();
        for row in rows {
            match self.judge(&row) {
                Err(reason) => report.rejected.push(Reject { row: row.row, reason }),
                Ok(None) => report.duplicates += 1,
                Ok(Some(event)) => {
                    let mut passed = Reaction::default();
                    self.pass_time(row.at, &mut passed)?;
                    events.append(&passed.into_report(report));
                    report.accepted += 1;
                    self.ledger.apply(&self.program, &self.words, &self.state, &event);
                    events.append(&self.react(event)?.into_report(report));
                }
            }
        }
        report.rejected.sort_by_key(|reject| reject.row);
        // Names that came with rejected rows only are no record of their own.
        if events.at.is_empty() {
            self.state.keys.truncate(self.known.1);
            return Ok(Vec::new());
        }
        Ok(vec![Record::Events(events)])
    }

    /// The event that records an outcome; nothing for one that changes nothing. Time passes for outcomes that
    /// are taken only, so whether a decision is open is asked as of the outcome.
    fn judge(&self, row: &Came) -> std::result::Result<Option<Events>, String> {
        if row.kind == self.program.decisions.expired {
            return Err("the engine itself records `expired`".to_owned());
        }
        let Some(open) = self.ledger.open(row.decision, self.state.now.max(row.at)) else {
            let silence = match self.program.decisions.within {
                None => ", or silence, of which `within` of `[decide]` would take outcomes",
                Some(_) => "",
            };
            return Err(format!("no decision {} is open: it is unknown or expired{silence}", row.decision));
        };
        if row.at < open.asked.at {
            return Err(format!("{} lies before the decision at {}", format_time(row.at), format_time(open.asked.at)));
        }
        if row.at > open.asked.at.saturating_add(open.within) {
            return Err(format!("{} lies after the window of {}", format_time(row.at), format_span(open.within)));
        }
        if let Some(reason) = self.unnamed(row.kind, open) {
            return Err(reason);
        }
        let before = open.known.iter().find(|(kind, ..)| *kind == row.kind);
        if before.is_some_and(|(_, at, value)| row.at < *at || (row.at == *at && same(row.value, *value))) {
            return Ok(None);
        }
        let replaces = before.map(|(_, _, value)| if value.is_nan() { 0.0 } else { *value });
        Ok(Some(self.outcome(row, open, replaces)))
    }

    /// Why no outcome of this kind is taken: its action, or where it is silence every action, goes by another one, and
    /// the definition names it nowhere.
    fn unnamed(&self, kind: u32, open: &Open) -> Option<String> {
        let (spec, keys, [action, ..]) = (&self.program.decisions, &self.state.keys, open.keys);
        let own = spec.actions.iter().find(|known| known.key == action);
        // Silence goes by what actions go by.
        let silent = action == NONE && !spec.actions.is_empty() && spec.actions.iter().all(|it| it.outcome.is_some());
        let goes_by_one = own.map_or(silent, |action| action.outcome.is_some());
        if !goes_by_one || spec.outcomes.binary_search(&kind).is_ok() {
            return None;
        }
        // What an action goes by is meant rather than another word.
        let meant = spec.actions.iter().filter_map(|action| action.outcome).chain(spec.outcomes.iter().copied());
        let hint = did_you_mean(keys.text(kind), meant.map(|key| keys.text(key)))
            .unwrap_or_else(|| "`outcomes` of `[decide]` names what else is learnt".to_owned());
        let kind = keys.text(kind);
        let of = own.map_or_else(|| "silence".to_owned(), |action| format!("`{}`", action.name));
        Some(format!("the definition names no outcome `{kind}`, and {of} goes by another one: {hint}"))
    }

    fn outcome(&self, row: &Came, open: &Open, replaces: Option<f64>) -> Events {
        let words = &self.words;
        let mut id = Vec::new();
        hexadecimal(row.decision, &mut id);
        let mut fields = vec![
            (words.decision, Values::Label { ends: vec![id.len() as u32], bytes: id }),
            (words.outcome, Values::Key(vec![row.kind])),
        ];
        let keys = [words.action, words.channel, words.group, words.process].into_iter().zip(open.keys);
        fields.extend(keys.filter(|(_, key)| *key != NONE).map(|(word, key)| (word, Values::Key(vec![key]))));
        let numbers = [(words.amount, row.value), (words.replaces, replaces.unwrap_or(f64::NAN))];
        let numbers = numbers.into_iter().filter(|(_, value)| !value.is_nan());
        fields.extend(numbers.map(|(word, value)| (word, Values::Number(vec![value]))));
        let asked = crate::columns::Asked { at: row.at, ..open.asked };
        one_event(words.outcome, asked, fields)
    }

    /// Records that the decision which is due first has expired, at the end of its window.
    pub fn expire_first(&mut self, caused: &mut Reaction) -> Result<()> {
        let Some((due, decision)) = self.ledger.due_before(i64::MAX) else { return Ok(()) };
        let Some(open) = self.ledger.open(decision, i64::MIN) else { return Ok(()) };
        let (kind, customer) = (self.program.decisions.expired, self.state.resolve(open.asked.customer));
        let row = Came { row: 0, decision, kind, at: open.asked.at.saturating_add(open.within), value: f64::NAN };
        let event = self.outcome(&row, open, None);
        let at = due.max(self.state.now);
        self.remember(customer, at);
        self.apply_own(&event, &mut caused.events);
        self.look(customer, at, Cause::Event, caused)?;
        self.moved.forget();
        Ok(())
    }
}

fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}
