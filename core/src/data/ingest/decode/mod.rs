//! One column of a table, of any Arrow layout, in the form that its role asks for.
//!
//! Names and ids are numbered within the call first, so that a row refused later leaves no trace in
//! the engine's own tables. Dictionaries and runs are decoded once a value, not once a row.

mod ids;
mod lists;
mod numbers;
mod times;
mod words;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrowNativeTypeOp};
use arrow_buffer::ArrowNativeType;
use arrow_schema::DataType;

use super::super::ids::Ids;
use super::super::keys::Keys;
use super::super::record::{NONE, Values};
use super::super::rows::gather;
use super::convert::Fault;
use super::plan::FieldKind;
use crate::base::{Error, ErrorKind, Result};

/// Stands for an unknown time; no valid time is near it.
pub(super) const NO_TIME: i64 = i64::MIN;

/// The names and ids of one call.
#[derive(Debug, Default)]
pub(super) struct Local {
    pub ids: Ids,
    pub keys: Keys,
}

/// What a role asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Id,
    Time,
    Field(FieldKind, Option<char>),
}

impl Form {
    fn noun(self) -> &'static str {
        match self {
            Form::Id => "an id",
            Form::Time | Form::Field(FieldKind::Time, _) => "a time",
            Form::Field(FieldKind::Number, _) => "a number",
            Form::Field(FieldKind::Bool, _) => "true or false",
            Form::Field(FieldKind::Category | FieldKind::Categories | FieldKind::Set, _) => "a name",
            Form::Field(FieldKind::Label, _) => "a text",
        }
    }
}

/// The rows of a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data {
    /// Ids that are all known numbers.
    Numbers(Vec<u64>),
    /// Ids as numbered in the call, or [`NONE`].
    Ids(Vec<u32>),
    /// Times, or [`NO_TIME`].
    Times(Vec<i64>),
    /// A field; names as numbered in the call.
    Values(Values),
}

/// The rows of a column, with the faulty ones in rising order. A faulty row's value is unknown.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decoded {
    pub data: Data,
    pub faults: Vec<(u32, Fault)>,
}

impl Decoded {
    fn new(data: Data) -> Self {
        Decoded { data, faults: Vec::new() }
    }

    /// So many rows of which nothing is known.
    pub(super) fn unknown(rows: usize, form: Form) -> Decoded {
        let field = |mut values: Values| {
            values.pad(rows);
            Data::Values(values)
        };
        Decoded::new(match form {
            Form::Id => Data::Ids(vec![NONE; rows]),
            Form::Time => Data::Times(vec![NO_TIME; rows]),
            Form::Field(FieldKind::Category | FieldKind::Set, _) => field(Values::Key(Vec::new())),
            Form::Field(FieldKind::Categories, _) => field(Values::Keys { ends: Vec::new(), keys: Vec::new() }),
            Form::Field(FieldKind::Label, _) => field(Values::Label { ends: Vec::new(), bytes: Vec::new() }),
            Form::Field(..) => field(Values::Number(Vec::new())),
        })
    }

    /// Adds faults; of two in one row, the one that is there stays.
    pub(super) fn fail(&mut self, faults: Vec<(u32, Fault)>) {
        if !faults.is_empty() {
            self.faults.extend(faults);
            self.faults.sort_by_key(|&(row, _)| row);
            self.faults.dedup_by_key(|&mut (row, _)| row);
        }
    }

    /// The given rows, in their order; [`NONE`] is an unknown row.
    pub(super) fn gather(&self, rows: &[u32]) -> Decoded {
        let data = match &self.data {
            Data::Numbers(numbers) => Data::Numbers(gather(numbers, rows, 0)),
            Data::Ids(codes) => Data::Ids(gather(codes, rows, NONE)),
            Data::Times(times) => Data::Times(gather(times, rows, NO_TIME)),
            Data::Values(values) => Data::Values(values.gather(rows)),
        };
        let mut faults = Vec::new();
        if !self.faults.is_empty() {
            for (position, row) in rows.iter().enumerate() {
                if let Ok(found) = self.faults.binary_search_by_key(row, |&(row, _)| row) {
                    faults.extend(self.faults.get(found).map(|&(_, fault)| (position as u32, fault)));
                }
            }
        }
        Decoded { data, faults }
    }
}

/// Decodes a validated column. `name` is the user's word for it.
pub(super) fn decode(array: &dyn Array, form: Form, name: &str, local: &mut Local) -> Result<Decoded> {
    if let Some(decoded) = layered(array, form, name, local)? {
        return Ok(decoded);
    }
    let decoded = match form {
        Form::Id => ids::decode(array, local)?,
        Form::Time => times::decode(array),
        Form::Field(FieldKind::Time, _) => times::decode(array).map(in_numbers),
        Form::Field(FieldKind::Number, _) => numbers::decode(array),
        Form::Field(FieldKind::Bool, _) => numbers::decode_flags(array),
        Form::Field(FieldKind::Category, _) => match words::decode(array, local)? {
            None => lists::decode_one(array, name, local)?,
            words => words,
        },
        Form::Field(FieldKind::Categories, split) => lists::decode(array, split, name, local)?,
        Form::Field(FieldKind::Set, _) => lists::decode_set(array, name, local)?,
        Form::Field(FieldKind::Label, _) => words::decode_labels(array)?,
    };
    decoded.ok_or_else(|| unfit(array, form, name))
}

fn unfit(array: &dyn Array, form: Form, name: &str) -> Error {
    let message = format!("column `{name}` is of type {}, where {} is expected", array.data_type(), form.noun());
    Error::new(ErrorKind::SchemaType, message)
}

fn in_numbers(times: Decoded) -> Decoded {
    let Data::Times(at) = times.data else { return times };
    let numbers = at.into_iter().map(|at| if at == NO_TIME { f64::NAN } else { at as f64 }).collect();
    Decoded { data: Data::Values(Values::Number(numbers)), faults: times.faults }
}

/// Layouts that say which row has which value of another array.
fn layered(array: &dyn Array, form: Form, name: &str, local: &mut Local) -> Result<Option<Decoded>> {
    let (values, rows) = match array.data_type() {
        DataType::Null => return Ok(Some(Decoded::unknown(array.len(), form))),
        DataType::Dictionary(..) => {
            let Some(dictionary) = array.as_any_dictionary_opt() else { return Ok(None) };
            (dictionary.values().clone(), positions(dictionary.keys()))
        }
        DataType::RunEndEncoded(ends, _) => {
            let rows = match ends.data_type() {
                DataType::Int16 => array.as_run_opt::<Int16Type>().map(runs),
                DataType::Int32 => array.as_run_opt::<Int32Type>().map(runs),
                _ => array.as_run_opt::<Int64Type>().map(runs),
            };
            let values = array.as_any_ree_opt().map(|runs| runs.values().clone());
            let (Some(values), Some(rows)) = (values, rows) else { return Ok(None) };
            (values, rows)
        }
        _ => return Ok(None),
    };
    let mut decoded = decode(values.as_ref(), form, name, local)?;
    if let Data::Numbers(numbers) = &decoded.data {
        // Only the numbering within the call can say that a row has no id.
        let mut codes = Vec::new();
        local.ids.intern_numbers(numbers, &mut codes)?;
        decoded.data = Data::Ids(codes);
    }
    Ok(Some(decoded.gather(&rows)))
}

/// The keys of a dictionary as rows of its values.
fn positions(keys: &dyn Array) -> Vec<u32> {
    fn of<T: ArrowPrimitiveType>(keys: &dyn Array) -> Vec<u32> {
        let position = |key: Option<T::Native>| key.and_then(|key| u32::try_from(key.to_usize()?).ok()).unwrap_or(NONE);
        keys.as_primitive_opt::<T>().map(|keys| keys.iter().map(position).collect()).unwrap_or_default()
    }
    match keys.data_type() {
        DataType::Int8 => of::<Int8Type>(keys),
        DataType::Int16 => of::<Int16Type>(keys),
        DataType::Int32 => of::<Int32Type>(keys),
        DataType::Int64 => of::<Int64Type>(keys),
        DataType::UInt8 => of::<UInt8Type>(keys),
        DataType::UInt16 => of::<UInt16Type>(keys),
        DataType::UInt32 => of::<UInt32Type>(keys),
        _ => of::<UInt64Type>(keys),
    }
}

/// The runs of an array as rows of its values.
fn runs<R: arrow_array::types::RunEndIndexType>(array: &arrow_array::RunArray<R>) -> Vec<u32> {
    let (first, rows) = (array.offset(), array.len());
    let mut positions = Vec::with_capacity(rows);
    for (run, end) in array.run_ends().values().iter().enumerate() {
        let end = end.as_usize().saturating_sub(first).min(rows);
        positions.resize(end.max(positions.len()), run as u32);
    }
    positions
}

/// The values of a primitive array, with unknown ones as `unknown`.
fn primitive<T: ArrowPrimitiveType, V: Copy>(
    array: &dyn Array,
    unknown: V,
    to: impl Fn(T::Native) -> V,
) -> Option<Vec<V>>
where
    T::Native: ArrowNativeTypeOp,
{
    let array = array.as_primitive_opt::<T>()?;
    let mut values: Vec<V> = array.values().iter().map(|&value| to(value)).collect();
    if let Some(nulls) = array.nulls() {
        for (value, known) in values.iter_mut().zip(nulls) {
            if !known {
                *value = unknown;
            }
        }
    }
    Some(values)
}
