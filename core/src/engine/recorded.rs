//! A decision as the journal has it.

use super::Engine;
use super::ledger::Fields;
use super::world::{World, program_of};
use crate::base::{Error, ErrorKind, Result};
use crate::data::ids::OwnedId;
use crate::data::record::{NONE, Record};
use crate::decisions::{Reason, decode, decode_hash};
use crate::definition::Definition;

/// A decision as it was recorded, from which it can be told again what was weighed.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedDecision {
    /// Its id.
    pub id: u64,
    /// For whom.
    pub customer: OwnedId,
    /// When, in microseconds since 1970 UTC.
    pub at: i64,
    /// The chosen action; `None` is silence.
    pub action: Option<String>,
    /// Whether the control arm withheld it.
    pub withheld: bool,
    /// The arm as which it was sent, where it had arms.
    pub arm: Option<String>,
    /// P(chosen for its place of the slate).
    pub propensity: f64,
    /// Priority of the chosen action; the price of attention where silence won.
    pub priority: f64,
    /// Price of attention.
    pub attention: f64,
    /// Hash of the definition under which it was taken.
    pub definition: u64,
    /// Every action of that definition, in its order.
    pub candidates: Vec<RecordedAction>,
}

/// An action of a recorded decision.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedAction {
    /// The action.
    pub action: String,
    /// The gate or policy at which it fell, if it did.
    pub reason: Option<Reason>,
    /// Response, weight, value, lever, cost; NaN for one that fell.
    pub factors: [f64; 5],
    /// Its priority in money; NaN for one that fell.
    pub priority: f64,
}

impl RecordedDecision {
    /// Names the definition under which it was taken, as [`Definition::fingerprint`] does.
    pub fn fingerprint(&self) -> String {
        format!("{:016x}", self.definition)
    }
}

impl RecordedAction {
    /// What [`RecordedAction::factors`] are, in their order.
    pub const FACTORS: [&'static str; 5] = ["response", "weight", "value", "lever", "cost"];
}

impl Engine {
    /// A decision as the journal has it: every candidate with its factors, under the definition of its
    /// time. Cost: a pass over the journal.
    ///
    /// # Errors
    /// `UnknownDecision` if none was recorded with this id; `Store...` if the journal can't be read.
    pub fn recorded(&self, decision: u64) -> Result<RecordedDecision> {
        self.world()?.find_recorded(decision)
    }
}

impl World {
    fn find_recorded(&self, id: u64) -> Result<RecordedDecision> {
        let words = &self.words;
        let label = format!("{id:016x}");
        let mut in_force = None;
        let mut found = None;
        self.journal.replay(|batch| {
            match &batch.record {
                Record::Define(text) => in_force = Some(text.clone()),
                Record::Events(events) if found.is_none() => {
                    let fields = Fields(events);
                    let own =
                        |row: &usize| events.kind[*row] == words.decided && fields.text(words.decision, *row) == label;
                    if let Some(row) = (0..events.at.len()).find(own) {
                        found = Some((
                            in_force.clone(),
                            self.record_of(id, &fields, row),
                            fields.text(words.candidates, row).to_owned(),
                        ));
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        let unknown = || Error::new(ErrorKind::UnknownDecision, format!("no decision {id} was recorded"));
        let (definition, mut record, text) = found.ok_or_else(unknown)?;
        let damaged = || Error::new(ErrorKind::StoreCorrupt, format!("the candidates of decision {id} can't be read"));
        record.definition = decode_hash(&text).map(|(hash, _)| hash).ok_or_else(damaged)?;
        let spec = if record.definition == self.program.hash {
            std::sync::Arc::clone(&self.program.decisions)
        } else {
            let definition = Definition::from_toml(&definition.unwrap_or_default())?;
            program_of(&definition, &mut self.state.keys.clone())?.decisions
        };
        let (candidates, attention) = decode(&spec, &text).ok_or_else(damaged)?;
        let named = spec.actions.iter().zip(candidates);
        record.candidates = named
            .map(|(spec, found)| RecordedAction {
                action: spec.name.clone(),
                reason: found.reason,
                factors: found.factors,
                priority: found.priority,
            })
            .collect();
        record.attention = attention;
        Ok(record)
    }

    fn record_of(&self, id: u64, fields: &Fields<'_>, row: usize) -> RecordedDecision {
        let words = &self.words;
        let text = |key: u32| (key != NONE).then(|| self.state.keys.text(key).to_owned());
        let (action, arm) = (fields.key(words.action, row), fields.key(words.arm, row));
        let withheld = arm == self.program.decisions.withheld;
        RecordedDecision {
            id,
            customer: self.state.ids.name(fields.0.customer[row]).cloned().unwrap_or(OwnedId::Erased),
            at: fields.0.at[row],
            action: text(action),
            withheld,
            arm: text(arm).filter(|_| !withheld),
            propensity: fields.number(words.propensity, row),
            priority: fields.number(words.priority, row),
            attention: f64::NAN,
            definition: 0,
            candidates: Vec::new(),
        }
    }
}
