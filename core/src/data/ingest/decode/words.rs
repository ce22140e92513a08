//! Names and texts.

use std::fmt::Write;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_schema::DataType;

use super::super::super::keys::MAX_KEY_BYTES;
use super::super::super::record::{NONE, Values};
use super::super::convert::{Cell, Fault, MAX_LABEL_BYTES, whole_of_number};
use super::{Data, Decoded, Local, numbers};
use crate::base::{Error, ErrorKind, Result};

pub(super) fn decode(array: &dyn Array, local: &mut Local) -> Result<Option<Decoded>> {
    let mut keys = Vec::with_capacity(array.len());
    let mut faults = Vec::new();
    let read = each_word(array, |row, word| {
        keys.push(match word {
            Ok(Some(word)) if word.len() <= MAX_KEY_BYTES => local.keys.intern(word)?,
            Ok(None) => NONE,
            Ok(Some(_)) => fault(&mut faults, row, Fault::LongCategory),
            Err(other) => fault(&mut faults, row, other),
        });
        Ok(())
    })?;
    Ok(read.map(|()| Decoded { data: Data::Values(Values::Key(keys)), faults }))
}

fn fault(faults: &mut Vec<(u32, Fault)>, row: u32, fault: Fault) -> u32 {
    faults.push((row, fault));
    NONE
}

pub(super) fn decode_labels(array: &dyn Array) -> Result<Option<Decoded>> {
    let mut ends = Vec::with_capacity(array.len());
    let mut bytes: Vec<u8> = Vec::new();
    let mut faults = Vec::new();
    let read = each_word(array, |row, word| {
        match word {
            Ok(Some(word)) if word.len() <= MAX_LABEL_BYTES => bytes.extend_from_slice(word.as_bytes()),
            Ok(None) => (),
            Ok(Some(_)) => faults.push((row, Fault::LongLabel)),
            Err(other) => faults.push((row, other)),
        }
        ends.push(end_of(bytes.len())?);
        Ok(())
    })?;
    Ok(read.map(|()| Decoded { data: Data::Values(Values::Label { ends, bytes }), faults }))
}

/// A position in the texts or lists of one column.
pub(super) fn end_of(length: usize) -> Result<u32> {
    u32::try_from(length).ok().filter(|&end| end <= i32::MAX as u32).ok_or_else(|| {
        Error::new(ErrorKind::SchemaRange, "a column of the call holds more than 2 GiB of text")
            .hint("send the table in parts")
    })
}

/// Every row of a text column; nothing if the column is of another type.
pub(super) fn each_text(array: &dyn Array, mut give: impl FnMut(u32, Option<&str>)) -> Option<()> {
    let mut row = 0;
    let mut next = |text: Option<&str>| {
        give(row, text);
        row += 1;
    };
    match array.data_type() {
        DataType::Utf8 => array.as_string_opt::<i32>()?.iter().for_each(&mut next),
        DataType::LargeUtf8 => array.as_string_opt::<i64>()?.iter().for_each(&mut next),
        DataType::Utf8View => array.as_string_view_opt()?.iter().for_each(&mut next),
        _ => return None,
    }
    Some(())
}

/// Every row as a name: texts as they are (an empty one is unknown), whole numbers in decimal,
/// flags as `true` and `false`. Nothing if the column has no names.
pub(super) fn each_word(array: &dyn Array, mut give: impl FnMut(u32, Cell<&str>) -> Result<()>) -> Result<Option<()>> {
    let mut failed = Ok(());
    let texts = each_text(array, |row, text| {
        if failed.is_ok() {
            failed = give(row, Ok(text.filter(|text| !text.is_empty())));
        }
    });
    if texts.is_some() {
        return failed.map(Some);
    }
    let mut word = String::new();
    let mut written = |row: u32, number: Cell<i128>| {
        let number = number.map(|number| {
            word.clear();
            // Writing to a string can't fail.
            number.map(|number| write!(word, "{number}"))
        });
        give(row, number.map(|number| number.map(|_| word.as_str())))
    };
    if let Some(numbers) = whole_numbers(array) {
        return (0u32..).zip(numbers).try_for_each(|(row, number)| written(row, Ok(number))).map(Some);
    }
    if let Some(flags) = array.as_boolean_opt() {
        let text = |flag: bool| if flag { "true" } else { "false" };
        return (0u32..).zip(flags).try_for_each(|(row, flag)| give(row, Ok(flag.map(text)))).map(Some);
    }
    let Some(numbers) = numbers::of_numbers(array) else { return Ok(None) };
    let whole = |row: u32, number: f64| {
        if array.is_null(row as usize) { Ok(None) } else { whole_of_number(number).map(|number| Some(number.into())) }
    };
    (0u32..).zip(numbers).try_for_each(|(row, number)| written(row, whole(row, number))).map(Some)
}

fn whole_numbers(array: &dyn Array) -> Option<Vec<Option<i128>>> {
    fn of<T: ArrowPrimitiveType<Native: Into<i128>>>(array: &dyn Array) -> Option<Vec<Option<i128>>> {
        Some(array.as_primitive_opt::<T>()?.iter().map(|value| value.map(Into::into)).collect())
    }
    match array.data_type() {
        DataType::Int8 => of::<Int8Type>(array),
        DataType::Int16 => of::<Int16Type>(array),
        DataType::Int32 => of::<Int32Type>(array),
        DataType::Int64 => of::<Int64Type>(array),
        DataType::UInt8 => of::<UInt8Type>(array),
        DataType::UInt16 => of::<UInt16Type>(array),
        DataType::UInt32 => of::<UInt32Type>(array),
        DataType::UInt64 => of::<UInt64Type>(array),
        _ => None,
    }
}
