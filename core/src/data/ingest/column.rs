//! One column of a table by its name.

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Float64Array, RecordBatch};

use super::decode::{Data, Form, Local, decode};
use super::plan::{Call, FieldKind};
use super::source::Source;
use crate::base::Result;
use crate::data::keys::Keys;
use crate::data::record::Values;

/// A column as it lies, or decoded.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    /// Numbers that need no decoding; those that are not finite are in them.
    Numbers(&'a Float64Array),
    /// Values; what does not fit is unknown, but for numbers that are not finite.
    Values(Values),
}

/// Reads a column by its name; names that are new get numbers of `keys`.
///
/// # Errors
///
/// `SchemaMissing`, `SchemaType`, `SchemaArrow`; `SchemaRange` where names run out.
pub(crate) fn read_column<'a>(
    batch: &'a RecordBatch,
    name: &str,
    kind: FieldKind,
    keys: &mut Keys,
) -> Result<Found<'a>> {
    let call = Call::default();
    let source = Source::new(batch, &call);
    let position = source.require(name, None)?;
    source.column(position)?;
    let array = batch.column(position);
    if let (FieldKind::Number, Some(numbers)) = (kind, array.as_primitive_opt::<Float64Type>()) {
        return Ok(Found::Numbers(numbers));
    }
    let mut local = Local { keys: std::mem::take(keys), ..Local::default() };
    let decoded = decode(array.as_ref(), Form::Field(kind, None), name, &mut local);
    *keys = local.keys;
    Ok(Found::Values(match decoded?.data {
        Data::Values(values) => values,
        _ => Values::Number(Vec::new()),
    }))
}
