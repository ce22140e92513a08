//! Outcomes of decisions.

use arrow_array::RecordBatch;

use super::super::ids::OwnedId;
use super::super::keys::Keys;
use super::super::record::{FieldColumn, NONE, Values};
use super::decode::Form;
use super::group::{Columns, Who};
use super::plan::{Call, FieldKind};
use super::source::{Source, check_roles};
use super::stage::{Named, Stage};
use super::{Reject, Taken};
use crate::base::Result;

/// Outcomes in columns, by (time, row).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcomes {
    /// Its number in the call, from 0.
    pub row: Vec<u64>,
    /// The decision.
    pub decision: Vec<u64>,
    /// The interned kind.
    pub outcome: Vec<u32>,
    /// When it came, in microseconds since 1970 UTC.
    pub at: Vec<i64>,
    /// What it is worth; NaN is unknown.
    pub value: Vec<f64>,
}

/// Fields while they are on their way; no key has these numbers.
const OUTCOME: u32 = NONE - 2;
const VALUE: u32 = NONE - 1;

/// Reads outcomes: `decision`, `outcome` (or the kind of the call), `at` (by default `now`) and `value`.
///
/// # Errors
///
/// As [`super::read_events`].
pub fn read_outcomes(
    batches: &[RecordBatch],
    call: &Call<'_>,
    now: i64,
    ceiling: i64,
    keys: &mut Keys,
) -> Result<Taken<Outcomes>> {
    check_roles(call, ["decision", "outcome", "at", "value"].into_iter())?;
    let mut stage = Stage::new();
    for batch in batches {
        let source = Source::new(batch, call);
        let mut fields = Vec::with_capacity(2);
        if call.kind.is_none() {
            fields.push((OUTCOME, Form::Field(FieldKind::Category, None), source.require("outcome", None)?));
        }
        let value = source.find("value", None)?;
        fields.extend(value.map(|column| (VALUE, Form::Field(FieldKind::Number, None), column)));
        let columns = Columns {
            kind: NONE,
            who: Who::Customer,
            customer: Some(source.require("decision", None)?),
            peer: None,
            at: source.find("at", None)?,
            default_at: Some(now),
            ceiling,
            fields,
        };
        stage.push(&source, &columns, None)?;
        stage.end_chunk(source.rows());
    }
    settle(&stage, call, keys)
}

fn settle(stage: &Stage, call: &Call<'_>, keys: &mut Keys) -> Result<Taken<Outcomes>> {
    let field =
        |name: u32| stage.fields.iter().find(|field| field.name == name).map(|FieldColumn { values, .. }| values);
    let (kinds, values) = (field(OUTCOME), field(VALUE));
    let known = keys.len();
    let mut found = Taken { record: Outcomes::default(), rejects: stage.rejects.clone() };
    let mut order: Vec<usize> = (0..stage.row.len()).collect();
    order.sort_by_key(|place| (stage.at.get(*place).copied(), stage.row.get(*place).copied()));
    for place in order {
        let (Some(row), Some(at)) = (stage.row.get(place).copied(), stage.at.get(place).copied()) else { continue };
        let kind = match (call.kind, kinds) {
            (Some(kind), _) => Some(kind),
            (None, Some(Values::Key(codes))) => {
                codes.get(place).filter(|code| **code != NONE).map(|code| stage.local.keys.text(*code))
            }
            _ => None,
        };
        let (decision, kind) = match (decision(stage, place), kind) {
            (Some(decision), Some(kind)) => (decision, kind),
            (None, _) => {
                found.rejects.push(Reject { row, reason: "`decision` is not the id of a decision".to_owned() });
                continue;
            }
            (_, None) => {
                found.rejects.push(Reject { row, reason: "`outcome` is missing".to_owned() });
                continue;
            }
        };
        let kind = keys.intern(kind).inspect_err(|_| keys.truncate(known))?;
        let value = match values {
            Some(Values::Number(numbers)) => numbers.get(place).copied().unwrap_or(f64::NAN),
            _ => f64::NAN,
        };
        let out = &mut found.record;
        out.row.push(row);
        out.decision.push(decision);
        out.outcome.push(kind);
        out.at.push(at);
        out.value.push(value);
    }
    found.rejects.sort_by_key(|reject| reject.row);
    Ok(found)
}

fn decision(stage: &Stage, place: usize) -> Option<u64> {
    match &stage.customer {
        Named::Numbers(numbers) => numbers.get(place).copied(),
        Named::Codes(codes) => match stage.local.ids.name(*codes.get(place)?)? {
            OwnedId::Number(number) => Some(*number),
            _ => None,
        },
    }
}
