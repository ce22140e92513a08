//! One row at a time.

use super::super::ids::{Id, Ids, MAX_ID_BYTES};
use super::super::keys::{Keys, MAX_KEY_BYTES, word_of_set};
use super::super::record::{Events, FieldColumn, NONE, Traits, Values};
use super::Reject;
use super::convert::{
    Cell, Fault, MAX_LABEL_BYTES, MAX_VALUES, bool_of_number, bool_of_text, finite, number_of_text, time_of_seconds,
    time_of_text, valid_time, whole_of_number,
};
use super::plan::{EventPlan, FieldKind, FieldPlan, TraitPlan};
use crate::base::likeness::did_you_mean;
use crate::base::{Error, ErrorKind, Result};

/// An event as a host gives it.
#[derive(Debug, Clone, Copy)]
pub struct RowEvent<'a> {
    /// The kind.
    pub kind: &'a str,
    /// The customer.
    pub customer: Option<Id<'a>>,
    /// The peer.
    pub peer: Option<Id<'a>>,
    /// Time in microseconds since 1970 UTC.
    pub at: i64,
    /// Values by role or by declared column; of two for one role the first counts, and names that
    /// the kind does not have are passed over, as columns of a table are.
    pub fields: &'a [(&'a str, Value<'a>)],
}

/// A value as a host gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Unknown.
    Null,
    /// A number.
    Number(f64),
    /// A flag.
    Bool(bool),
    /// A text; an empty one is unknown.
    Text(&'a str),
    /// Several texts.
    Texts(&'a [&'a str]),
    /// Microseconds since 1970 UTC.
    Time(i64),
}

/// Appends one event to `out`, or says why it is refused; then `out`, `ids` and `keys` are as before.
///
/// Cost: about 0.2 us with room in `out`.
///
/// # Errors
///
/// `SchemaRange` where ids or names run out; nothing is taken.
pub fn append_row(
    row: &RowEvent<'_>,
    plan: &EventPlan,
    ceiling: i64,
    ids: &mut Ids,
    keys: &mut Keys,
    out: &mut Events,
) -> Result<Option<Reject>> {
    let refused = |reason: String| Ok(Some(Reject { row: 0, reason }));
    let Some(kind) = plan.kinds.iter().find(|kind| kind.word == row.kind) else {
        let mut reason = format!("no kind `{}`", super::super::time::shorten(row.kind));
        if let Some(hint) = did_you_mean(row.kind, plan.kinds.iter().map(|kind| kind.word.as_str())) {
            reason.push_str(&format!(" ({hint})"));
        }
        return refused(reason);
    };
    if let Err((fault, word)) = check_frame(row.customer, row.peer, row.at, ceiling) {
        return refused(fault.reason(word));
    }
    if row.customer.is_none() && row.peer.is_none() {
        return refused(Fault::Missing.reason("customer"));
    }
    if let Err(reason) = check_fields(&kind.fields, row.fields) {
        return refused(reason);
    }
    let (known_ids, known_keys, rows) = (ids.len(), keys.len(), out.at.len());
    let taken = push(row, &kind.fields, ids, keys, out);
    if taken.is_err() {
        ids.truncate(known_ids);
        keys.truncate(known_keys);
        out.truncate(rows);
    }
    taken?;
    out.kind.push(kind.name);
    out.at.push(row.at);
    Ok(None)
}

fn push(row: &RowEvent<'_>, plan: &[FieldPlan], ids: &mut Ids, keys: &mut Keys, out: &mut Events) -> Result<()> {
    let rows = out.at.len();
    let mut dense = |id: Option<Id<'_>>| id.map_or(Ok(NONE), |id| ids.intern(id));
    let (customer, peer) = (dense(row.customer)?, dense(row.peer)?);
    out.customer.push(customer);
    out.peer.push(peer);
    push_fields(plan, row.fields, keys, &mut out.fields, rows)
}

/// Takes one event, as [`append_row`] does.
///
/// # Errors
///
/// As [`append_row`].
pub fn read_row(
    row: &RowEvent<'_>,
    plan: &EventPlan,
    ceiling: i64,
    ids: &mut Ids,
    keys: &mut Keys,
) -> Result<std::result::Result<Events, Reject>> {
    let mut events = Events::default();
    Ok(append_row(row, plan, ceiling, ids, keys, &mut events)?.map_or(Ok(events), Err))
}

/// Takes traits of one customer, learnt at `at`.
///
/// # Errors
///
/// `UnknownWord` for a trait that is not declared, and as [`append_row`].
pub fn read_trait_row(
    customer: Id<'_>,
    at: i64,
    traits: &[(&str, Value<'_>)],
    plan: &TraitPlan,
    ceiling: i64,
    ids: &mut Ids,
    keys: &mut Keys,
) -> Result<std::result::Result<Traits, Reject>> {
    let words = || plan.fields.iter().map(|field| field.word.as_str());
    if let Some((word, _)) = traits.iter().find(|(word, _)| !words().any(|known| known == *word)) {
        let error = Error::new(ErrorKind::UnknownWord, format!("no trait `{}`", super::super::time::shorten(word)));
        let hint = did_you_mean(word, words());
        return Err(error.hint(hint.unwrap_or_else(|| "declare it in the definition".to_owned())));
    }
    let refused = |reason: String| Ok(Err(Reject { row: 0, reason }));
    if let Err((fault, word)) = check_frame(Some(customer), None, at, ceiling) {
        return refused(fault.reason(word));
    }
    if let Err(reason) = check_fields(&plan.fields, traits) {
        return refused(reason);
    }
    let (known_ids, known_keys) = (ids.len(), keys.len());
    let mut taken = Traits { customer: Vec::new(), at: vec![at], fields: Vec::new() };
    let pushed = ids.intern(customer).and_then(|dense| {
        taken.customer.push(dense);
        push_fields(&plan.fields, traits, keys, &mut taken.fields, 0)
    });
    if pushed.is_err() {
        ids.truncate(known_ids);
        keys.truncate(known_keys);
    }
    pushed.map(|()| Ok(taken))
}

/// What is wrong with whom and when, and with which of the words.
fn check_frame(
    customer: Option<Id<'_>>,
    peer: Option<Id<'_>>,
    at: i64,
    ceiling: i64,
) -> std::result::Result<(), (Fault, &'static str)> {
    for (id, word) in [(customer, "customer"), (peer, "peer")] {
        match id {
            Some(Id::Text("")) => return Err((Fault::Missing, word)),
            Some(Id::Text(text)) if text.len() > MAX_ID_BYTES => return Err((Fault::LongId, word)),
            _ => (),
        }
    }
    valid_time(Some(at)).map_err(|fault| (fault, "at"))?;
    if at > ceiling { Err((Fault::BeyondCeiling, "at")) } else { Ok(()) }
}

fn given<'v>(field: &FieldPlan, values: &'v [(&str, Value<'v>)]) -> Value<'v> {
    let found = values.iter().find(|(word, _)| *word == field.word || *word == field.column);
    found.map_or(Value::Null, |&(_, value)| value)
}

fn check_fields(plan: &[FieldPlan], values: &[(&str, Value<'_>)]) -> std::result::Result<(), String> {
    for field in plan {
        check(field, given(field, values)).map_err(|fault| fault.reason(&field.word))?;
    }
    Ok(())
}

fn check(field: &FieldPlan, value: Value<'_>) -> std::result::Result<(), Fault> {
    let limits = |length: usize, limit: usize, fault: Fault| if length > limit { Err(fault) } else { Ok(()) };
    match field.kind {
        FieldKind::Number | FieldKind::Bool | FieldKind::Time => number(field.kind, value).map(|_| ()),
        FieldKind::Label => with_text(value, |text| limits(text.len(), MAX_LABEL_BYTES, Fault::LongLabel))?,
        FieldKind::Category => with_text(value, |text| limits(text.len(), MAX_KEY_BYTES, Fault::LongCategory))?,
        FieldKind::Set => limits(set_of(field, value)?.len(), MAX_KEY_BYTES, Fault::LongCategory),
        FieldKind::Categories => {
            let mut count = 0;
            each_name(field, value, |name| {
                count += 1;
                limits(count, MAX_VALUES, Fault::ManyValues)?;
                limits(name.len(), MAX_KEY_BYTES, Fault::LongCategory)
            })?
        }
    }
}

fn number(kind: FieldKind, value: Value<'_>) -> Cell<f64> {
    let in_numbers = |at: Cell<i64>| at.map(|at| at.map(|at| at as f64));
    match (kind, value) {
        (_, Value::Null) => Ok(None),
        (FieldKind::Number, Value::Number(number)) => finite(number),
        (FieldKind::Number, Value::Text(text)) => number_of_text(text),
        (FieldKind::Number | FieldKind::Bool, Value::Bool(flag)) => Ok(Some(f64::from(u8::from(flag)))),
        (FieldKind::Bool, Value::Number(number)) => bool_of_number(number),
        (FieldKind::Bool, Value::Text(text)) => bool_of_text(text),
        (FieldKind::Time, Value::Time(at)) => in_numbers(valid_time(Some(at))),
        (FieldKind::Time, Value::Number(seconds)) => in_numbers(time_of_seconds(seconds)),
        (FieldKind::Time, Value::Text(text)) => in_numbers(time_of_text(text)),
        (_, Value::Texts(_)) => Err(Fault::NotOne),
        (FieldKind::Bool, _) => Err(Fault::NotBool),
        (FieldKind::Time, _) => Err(Fault::NotTime),
        _ => Err(Fault::NotNumber),
    }
}

/// Gives a value as a name, empty if unknown: the form that [`super::decode`] gives a column.
fn with_text<T>(value: Value<'_>, give: impl FnOnce(&str) -> T) -> std::result::Result<T, Fault> {
    Ok(match value {
        Value::Null | Value::Texts([]) => give(""),
        Value::Text(text) | Value::Texts(&[text]) => give(text),
        Value::Bool(flag) => give(if flag { "true" } else { "false" }),
        Value::Number(number) => give(&whole_of_number(number)?.to_string()),
        Value::Texts(_) => return Err(Fault::NotOne),
        Value::Time(_) => return Err(Fault::NotWhole),
    })
}

fn each_name<E>(
    field: &FieldPlan,
    value: Value<'_>,
    mut give: impl FnMut(&str) -> std::result::Result<(), E>,
) -> std::result::Result<std::result::Result<(), E>, Fault> {
    if let Value::Texts(texts) = value {
        return Ok(texts.iter().filter(|text| !text.is_empty()).try_for_each(|text| give(text)));
    }
    with_text(value, |text| match field.split {
        Some(split) => text.split(split).map(str::trim).filter(|part| !part.is_empty()).try_for_each(give),
        None if text.is_empty() => Ok(()),
        None => give(text),
    })
}

/// The word of a set of names.
fn set_of(field: &FieldPlan, value: Value<'_>) -> std::result::Result<String, Fault> {
    let mut names = Vec::new();
    each_name(field, value, |name| {
        names.push(name.to_owned());
        Ok::<(), ()>(())
    })?
    .unwrap_or(());
    Ok(word_of_set(names.iter().map(String::as_str)))
}

/// Appends one row of checked values, role by role in rising order, as a table's rows are numbered.
fn push_fields(
    plan: &[FieldPlan],
    values: &[(&str, Value<'_>)],
    keys: &mut Keys,
    fields: &mut Vec<FieldColumn>,
    rows: usize,
) -> Result<()> {
    let mut last = None;
    let next = |last: Option<u32>| plan.iter().filter(|field| Some(field.role) > last).min_by_key(|field| field.role);
    while let Some(field) = next(last) {
        last = Some(field.role);
        push_field(field, given(field, values), keys, fields, rows)?;
    }
    for field in fields.iter_mut() {
        field.values.pad(rows + 1);
    }
    if rows == 0 {
        // Columns of an earlier use of `out` that this row does not have.
        fields.retain(|field| !field.values.is_unknown());
    }
    Ok(())
}

fn push_field(
    field: &FieldPlan,
    value: Value<'_>,
    keys: &mut Keys,
    fields: &mut Vec<FieldColumn>,
    rows: usize,
) -> Result<()> {
    // A fault was refused before, so what is left of one here is unknown.
    match field.kind {
        FieldKind::Number | FieldKind::Bool | FieldKind::Time => {
            if let Ok(Some(number)) = number(field.kind, value)
                && let Some(Values::Number(numbers)) = column(fields, field.role, rows, Values::Number(Vec::new()))
            {
                numbers.push(number);
            }
        }
        FieldKind::Category => {
            let key = with_text(value, |text| if text.is_empty() { Ok(NONE) } else { keys.intern(text) });
            let key = key.unwrap_or(Ok(NONE))?;
            if key != NONE
                && let Some(Values::Key(column)) = column(fields, field.role, rows, Values::Key(Vec::new()))
            {
                column.push(key);
            }
        }
        FieldKind::Set => {
            let word = set_of(field, value).unwrap_or_default();
            if !word.is_empty()
                && let key = keys.intern(&word)?
                && let Some(Values::Key(column)) = column(fields, field.role, rows, Values::Key(Vec::new()))
            {
                column.push(key);
            }
        }
        FieldKind::Categories => {
            let empty = Values::Keys { ends: Vec::new(), keys: Vec::new() };
            if let Some(Values::Keys { ends, keys: column }) = column(fields, field.role, rows, empty) {
                let mut each = |name: &str| keys.intern(name).map(|key| column.push(key));
                each_name(field, value, &mut each).unwrap_or(Ok(()))?;
                ends.push(column.len() as u32);
            }
        }
        FieldKind::Label => {
            let empty = Values::Label { ends: Vec::new(), bytes: Vec::new() };
            if let Some(Values::Label { ends, bytes }) = column(fields, field.role, rows, empty) {
                let _ = with_text(value, |text| bytes.extend_from_slice(text.as_bytes()));
                ends.push(bytes.len() as u32);
            }
        }
    }
    Ok(())
}

/// The column of a role, as long as the rows before; a new one is `empty` but for unknown rows.
fn column(fields: &mut Vec<FieldColumn>, name: u32, rows: usize, mut empty: Values) -> Option<&mut Values> {
    let place = fields.binary_search_by_key(&name, |field| field.name).unwrap_or_else(|place| {
        empty.pad(rows);
        fields.insert(place, FieldColumn { name, values: empty });
        place
    });
    fields.get_mut(place).map(|field| &mut field.values)
}
