//! Ids: numbers without a detour through text, and everything else as a name.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_schema::DataType;

use super::super::super::ids::{Id, MAX_ID_BYTES};
use super::super::super::record::NONE;
use super::super::convert::Fault;
use super::{Data, Decoded, Local, words};
use crate::base::Result;

pub(super) fn decode(array: &dyn Array, local: &mut Local) -> Result<Option<Decoded>> {
    if let Some(numbers) = of_numbers(array) {
        return Ok(Some(Decoded::new(Data::Numbers(numbers))));
    }
    if matches!(array.data_type(), DataType::Boolean) {
        return Ok(None);
    }
    let mut ids = Vec::with_capacity(array.len());
    let mut faults = Vec::new();
    let read = words::each_word(array, |row, word| {
        ids.push(match word {
            Ok(Some(word)) if word.len() <= MAX_ID_BYTES => local.ids.intern(Id::Text(word))?,
            Ok(None) => NONE,
            bad => {
                faults.push((row, bad.err().unwrap_or(Fault::LongId)));
                NONE
            }
        });
        Ok(())
    })?;
    Ok(read.map(|()| Decoded { data: Data::Ids(ids), faults }))
}

/// The column if each of its rows is a number of zero or more.
fn of_numbers(array: &dyn Array) -> Option<Vec<u64>> {
    fn of<T: ArrowPrimitiveType<Native: Into<i128>>>(
        array: &dyn Array,
        to: impl Fn(T::Native) -> u64,
    ) -> Option<Vec<u64>> {
        let array = array.as_primitive_opt::<T>()?;
        let whole = array.null_count() == 0 && array.values().iter().all(|&value| value.into() >= 0);
        if whole { Some(array.values().iter().map(|&value| to(value)).collect()) } else { None }
    }
    match array.data_type() {
        DataType::Int8 => of::<Int8Type>(array, |value| value as u64),
        DataType::Int16 => of::<Int16Type>(array, |value| value as u64),
        DataType::Int32 => of::<Int32Type>(array, |value| value as u64),
        DataType::Int64 => of::<Int64Type>(array, |value| value as u64),
        DataType::UInt8 => of::<UInt8Type>(array, u64::from),
        DataType::UInt16 => of::<UInt16Type>(array, u64::from),
        DataType::UInt32 => of::<UInt32Type>(array, u64::from),
        DataType::UInt64 => of::<UInt64Type>(array, |value| value),
        _ => None,
    }
}
