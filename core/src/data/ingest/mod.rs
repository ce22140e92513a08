//! Arrow tables and single rows in.
//!
//! A table is an Arrow batch after another, of any layout: integers and floats of any width,
//! decimals, flags, timestamps of any unit and zone, dates, texts in all three layouts, lists in
//! all five, dictionaries, runs, nulls, slices. Every column is validated in full before it is
//! read. Texts are read as numbers, times or flags where the role asks for one; whole numbers serve
//! as names; numbers, also as texts, serve as times if they are UNIX seconds below 1e11. An empty
//! text is unknown.
//!
//! Bad rows are refused one by one with their reason, and leave no trace: ids and names are numbered
//! within the call, and only those of good rows become the engine's. Rows come out in the order of
//! (time, row), numbered as if they had come singly. Cost: about 10 ns a row and column for
//! numbers, 30 ns for names, plus one cache miss for each id.

mod column;
mod convert;
mod decode;
mod group;
mod outcome;
mod plan;
mod row;
mod settle;
mod source;
mod stage;

use arrow_array::RecordBatch;

pub(crate) use self::column::{Found, read_column};
pub use self::convert::{MAX_LABEL_BYTES, MAX_VALUES, moment_of_seconds};
use self::decode::Form;
use self::group::{Columns, Who};
pub use self::outcome::{Outcomes, read_outcomes};
pub use self::plan::{Call, EventPlan, FieldKind, FieldPlan, KindPlan, TiePlan, TraitPlan};
pub use self::row::{RowEvent, Value, append_row, read_row, read_trait_row};
use self::settle::settle;
use self::source::{Source, check_roles};
use self::stage::Stage;
use super::ids::Ids;
use super::keys::Keys;
use super::record::{Events, NONE, Ties, Traits, Values};
use crate::base::likeness::{did_you_mean, quoted};
use crate::base::{Error, ErrorKind, Result};

/// A row that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Its number in the call, from 0.
    pub row: u64,
    /// Why.
    pub reason: String,
}

/// The good rows of a call, and the bad ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken<T> {
    /// The good rows, by (time, row).
    pub record: T,
    /// The bad rows, by row.
    pub rejects: Vec<Reject>,
}

/// Reads events. Times after `ceiling` are refused.
///
/// # Errors
///
/// `SchemaMissing` where the table lacks a column of a kind that it holds, `SchemaType` where a
/// column can't be what its role asks for, `SchemaArrow` for malformed columns, `UnknownWord` for a
/// kind or role of the call that nothing declares, `SchemaRange` where ids or names run out. `ids`
/// and `keys` are then as before.
pub fn read_events(
    batches: &[RecordBatch],
    plan: &EventPlan,
    call: &Call<'_>,
    ceiling: i64,
    ids: &mut Ids,
    keys: &mut Keys,
) -> Result<Taken<Events>> {
    let roles = plan.kinds.iter().flat_map(|kind| &kind.fields).map(|field| field.word.as_str());
    check_roles(call, ["customer", "peer", "at", "kind"].into_iter().chain(roles))?;
    let kinds = Kinds {
        role: "kind",
        words: plan.kinds.iter().map(|kind| kind.word.as_str()).collect(),
        // A column that the definition reads as something else doesn't tell the kind.
        told: !plan.kinds.iter().flat_map(|kind| &kind.fields).any(|field| field.column == "kind"),
    };
    let mut stage = Stage::new();
    for batch in batches {
        let source = Source::new(batch, call);
        kinds.each(&source, call, &mut stage, |stage, index, rows| match plan.kinds.get(index) {
            Some(kind) => stage.push(&source, &event_columns(&source, kind, ceiling)?, rows),
            None => Ok(()),
        })?;
        stage.end_chunk(source.rows());
    }
    settle(stage, ids, keys)
}

fn event_columns(source: &Source<'_>, kind: &KindPlan, ceiling: i64) -> Result<Columns> {
    let peer = match &kind.peer {
        Some(column) => Some(source.require("peer", Some(column))?),
        None => source.find("peer", None)?,
    };
    let customer = match (&kind.customer, peer) {
        // A secret ballot has only a peer.
        (None, Some(_)) => source.find("customer", None)?,
        (declared, _) => Some(source.require("customer", declared.as_deref())?),
    };
    let at = Some(source.require("at", kind.at.as_deref())?);
    let mut fields = Vec::with_capacity(kind.fields.len());
    for field in &kind.fields {
        let column = source.require(&field.word, Some(&field.column))?;
        fields.push((field.role, Form::Field(field.kind, field.split), column));
    }
    Ok(Columns { kind: kind.name, who: Who::Either, customer, peer, at, default_at: None, ceiling, fields })
}

/// Reads traits: columns of the traits' names, of which the table has at least one, the customer
/// (`customer`), and when they were learnt (`at`, by default `now`).
///
/// # Errors
///
/// As [`read_events`].
pub fn read_traits(
    batches: &[RecordBatch],
    plan: &TraitPlan,
    call: &Call<'_>,
    now: i64,
    ceiling: i64,
    ids: &mut Ids,
    keys: &mut Keys,
) -> Result<Taken<Traits>> {
    let words = plan.fields.iter().map(|field| field.word.as_str());
    check_roles(call, ["customer", "at"].into_iter().chain(words.clone()))?;
    let mut stage = Stage::new();
    for batch in batches {
        let source = Source::new(batch, call);
        let mut fields = Vec::with_capacity(plan.fields.len());
        for field in &plan.fields {
            if let Some(column) = source.find(&field.word, Some(&field.column))? {
                fields.push((field.role, Form::Field(field.kind, field.split), column));
            }
        }
        if fields.is_empty() {
            return Err(Error::new(ErrorKind::SchemaMissing, "the table has no column of a declared trait")
                .hint(format!("the traits are {}", quoted(words))));
        }
        let customer = Some(source.require("customer", None)?);
        let (at, default_at) = (source.find("at", None)?, Some(now));
        let columns = Columns { kind: NONE, who: Who::Customer, customer, peer: None, at, default_at, ceiling, fields };
        stage.push(&source, &columns, None)?;
        stage.end_chunk(source.rows());
    }
    let Taken { record, rejects } = settle(stage, ids, keys)?;
    let record = Traits { customer: record.customer, at: record.at, fields: record.fields };
    Ok(Taken { record, rejects })
}

/// Weight and removal of a tie while it is on its way; no key has these numbers.
const WEIGHT: u32 = NONE - 2;
const REMOVE: u32 = NONE - 1;

/// Reads ties: `customer`, `peer`, the layer (of the call, or a column `layer`), `weight` (by
/// default 1), `at` (by default `now`), and `remove`, a flag that ends the tie.
///
/// # Errors
///
/// As [`read_events`].
pub fn read_ties(
    batches: &[RecordBatch],
    plan: &TiePlan,
    call: &Call<'_>,
    now: i64,
    ceiling: i64,
    ids: &mut Ids,
    keys: &mut Keys,
) -> Result<Taken<Ties>> {
    check_roles(call, ["customer", "peer", "at", "layer", "weight", "remove"].into_iter())?;
    let layers =
        Kinds { role: "layer", words: plan.layers.iter().map(|(_, word)| word.as_str()).collect(), told: true };
    let mut stage = Stage::new();
    for batch in batches {
        let source = Source::new(batch, call);
        layers.each(&source, call, &mut stage, |stage, index, rows| {
            let field = |role: &str, name, kind| {
                let column = source.find(role, None)?;
                Ok(column.map(|column| (name, Form::Field(kind, None), column)))
            };
            let fields = [field("weight", WEIGHT, FieldKind::Number)?, field("remove", REMOVE, FieldKind::Bool)?];
            let columns = Columns {
                kind: plan.layers.get(index).map_or(NONE, |&(key, _)| key),
                who: Who::Both,
                customer: Some(source.require("customer", None)?),
                peer: Some(source.require("peer", None)?),
                at: source.find("at", None)?,
                default_at: Some(now),
                ceiling,
                fields: fields.into_iter().flatten().collect(),
            };
            stage.push(&source, &columns, rows)
        })?;
        stage.end_chunk(source.rows());
    }
    let Taken { record, rejects } = settle(stage, ids, keys)?;
    let weight = weights(&record);
    let Events { kind: layer, customer, peer, at, .. } = record;
    Ok(Taken { record: Ties { layer, customer, peer, at, weight }, rejects })
}

fn weights(record: &Events) -> Vec<f64> {
    let column = |name: u32| {
        let field = record.fields.iter().find(|field| field.name == name)?;
        if let Values::Number(values) = &field.values { Some(values) } else { None }
    };
    let mut weights = column(WEIGHT).cloned().unwrap_or_else(|| vec![f64::NAN; record.at.len()]);
    for weight in weights.iter_mut().filter(|weight| weight.is_nan()) {
        *weight = 1.0;
    }
    for (weight, &remove) in weights.iter_mut().zip(column(REMOVE).into_iter().flatten()) {
        if remove == 1.0 {
            *weight = f64::NAN;
        }
    }
    weights
}

/// How the rows of a table tell their kind or layer.
struct Kinds<'a> {
    role: &'static str,
    words: Vec<&'a str>,
    /// Whether a column of the role's own name tells it.
    told: bool,
}

impl Kinds<'_> {
    /// Calls `each` for every kind that the chunk holds, with its rows; nothing stands for all rows.
    fn each(
        &self,
        source: &Source<'_>,
        call: &Call<'_>,
        stage: &mut Stage,
        mut each: impl FnMut(&mut Stage, usize, Option<Vec<u32>>) -> Result<()>,
    ) -> Result<()> {
        if let Some(word) = call.kind {
            let index = self.words.iter().position(|known| *known == word).ok_or_else(|| self.unknown(word))?;
            return each(stage, index, None);
        }
        let given = call.roles.iter().any(|(role, _)| *role == self.role);
        let column = if self.told || given { source.find(self.role, None)? } else { None };
        match (column, self.words.len()) {
            (Some(column), _) => self.by_column(source, column, stage, each),
            (None, 1) => each(stage, 0, None),
            (None, _) => {
                let message = format!("the table does not say its {}", self.role);
                let hint = format!("name one of {}, or give a column `{}`", quoted(&self.words), self.role);
                Err(Error::new(ErrorKind::SchemaMissing, message).hint(hint))
            }
        }
    }

    fn by_column(
        &self,
        source: &Source<'_>,
        column: usize,
        stage: &mut Stage,
        mut each: impl FnMut(&mut Stage, usize, Option<Vec<u32>>) -> Result<()>,
    ) -> Result<()> {
        let form = Form::Field(FieldKind::Category, None);
        let name = source.name(column);
        let decoded = decode::decode(source.column(column)?, form, name, &mut stage.local)?;
        let codes = if let decode::Data::Values(Values::Key(codes)) = decoded.data { codes } else { Vec::new() };
        let index = |code: &u32| {
            let word = stage.local.keys.text(*code);
            self.words.iter().position(|known| *known == word)
        };
        // One look-up a word, not one a row.
        let indices: Vec<Option<usize>> = (0..stage.local.keys.len() as u32).map(|code| index(&code)).collect();
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); self.words.len()];
        for (row, &code) in (0u32..).zip(&codes) {
            let kind = indices.get(code as usize).copied().flatten();
            match kind.and_then(|kind| rows.get_mut(kind)) {
                Some(rows) => rows.push(row),
                None if code == NONE => stage.reject(row, format!("`{name}` is missing")),
                None => {
                    let reason = self.unknown(stage.local.keys.text(code)).to_string();
                    stage.reject(row, reason);
                }
            }
        }
        for (kind, rows) in rows.into_iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            let all = rows.len() == codes.len();
            each(stage, kind, if all { None } else { Some(rows) })?;
        }
        Ok(())
    }

    fn unknown(&self, word: &str) -> Error {
        let message = format!("no {} `{}`", self.role, super::time::shorten(word));
        let hint = did_you_mean(word, self.words.iter().copied());
        Error::new(ErrorKind::UnknownWord, message)
            .hint(hint.unwrap_or_else(|| format!("declared are {}", quoted(&self.words))))
    }
}

#[cfg(test)]
mod tests;
