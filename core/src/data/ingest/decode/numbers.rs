//! Numbers and flags.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Float16Type, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_schema::DataType;

use super::super::super::record::Values;
use super::super::convert::{Cell, Fault, bool_of_number, bool_of_text, number_of_text};
use super::{Data, Decoded, primitive, words};

pub(super) fn decode(array: &dyn Array) -> Option<Decoded> {
    if let Some(decoded) = of_texts(array, number_of_text) {
        return Some(decoded);
    }
    let numbers = of_numbers(array)?;
    let mut decoded = Decoded::new(Data::Values(Values::Number(Vec::new())));
    if !numbers.iter().all(|number| number.is_finite()) {
        decoded.faults = (0u32..)
            .zip(&numbers)
            .filter(|&(row, number)| !number.is_finite() && array.is_valid(row as usize))
            .map(|(row, _)| (row, Fault::NotFinite))
            .collect();
    }
    decoded.data = Data::Values(Values::Number(numbers));
    Some(decoded)
}

pub(super) fn decode_flags(array: &dyn Array) -> Option<Decoded> {
    if let Some(decoded) = of_texts(array, bool_of_text) {
        return Some(decoded);
    }
    let mut numbers = of_numbers(array)?;
    let mut faults = Vec::new();
    for (row, number) in (0u32..).zip(&mut numbers) {
        match bool_of_number(*number) {
            Ok(flag) => *number = flag.unwrap_or(f64::NAN),
            Err(fault) if array.is_valid(row as usize) => faults.push((row, fault)),
            Err(_) => (),
        }
    }
    Some(Decoded { data: Data::Values(Values::Number(numbers)), faults })
}

fn of_texts(array: &dyn Array, to: impl Fn(&str) -> Cell<f64>) -> Option<Decoded> {
    let mut numbers = Vec::with_capacity(array.len());
    let mut faults = Vec::new();
    words::each_text(array, |row, text| {
        let cell = text.map_or(Ok(None), &to);
        numbers.push(cell.unwrap_or_else(|fault| {
            faults.push((row, fault));
            None
        }));
    })?;
    let numbers = numbers.into_iter().map(|number| number.unwrap_or(f64::NAN)).collect();
    Some(Decoded { data: Data::Values(Values::Number(numbers)), faults })
}

/// Numbers of any width, NaN where unknown.
pub(super) fn of_numbers(array: &dyn Array) -> Option<Vec<f64>> {
    fn of<T: ArrowPrimitiveType>(array: &dyn Array, to: impl Fn(T::Native) -> f64) -> Option<Vec<f64>> {
        primitive::<T, f64>(array, f64::NAN, to)
    }
    match array.data_type() {
        DataType::Int8 => of::<Int8Type>(array, f64::from),
        DataType::Int16 => of::<Int16Type>(array, f64::from),
        DataType::Int32 => of::<Int32Type>(array, f64::from),
        DataType::Int64 => of::<Int64Type>(array, |value| value as f64),
        DataType::UInt8 => of::<UInt8Type>(array, f64::from),
        DataType::UInt16 => of::<UInt16Type>(array, f64::from),
        DataType::UInt32 => of::<UInt32Type>(array, f64::from),
        DataType::UInt64 => of::<UInt64Type>(array, |value| value as f64),
        DataType::Float16 => of::<Float16Type>(array, |value| value.to_f64()),
        DataType::Float32 => of::<Float32Type>(array, f64::from),
        DataType::Float64 => of::<Float64Type>(array, |value| value),
        DataType::Decimal32(_, scale) => of::<Decimal32Type>(array, scaled(*scale, f64::from)),
        DataType::Decimal64(_, scale) => of::<Decimal64Type>(array, scaled(*scale, |value| value as f64)),
        DataType::Decimal128(_, scale) => of::<Decimal128Type>(array, scaled(*scale, |value| value as f64)),
        DataType::Decimal256(_, scale) => {
            // What an i128 doesn't hold is refused as not finite.
            let near = |value: arrow_buffer::i256| value.to_i128().map_or(f64::INFINITY, |value| value as f64);
            of::<Decimal256Type>(array, scaled(*scale, near))
        }
        DataType::Boolean => {
            let flags = array.as_boolean_opt()?;
            Some(flags.iter().map(|flag| flag.map_or(f64::NAN, |flag| f64::from(u8::from(flag)))).collect())
        }
        _ => None,
    }
}

/// The number nearest to a decimal of up to 53 bits and 22 places; of more, the two are rounded in turn.
fn scaled<N>(scale: i8, to: impl Fn(N) -> f64) -> impl Fn(N) -> f64 {
    let power = (0..scale.unsigned_abs()).fold(1.0, |power: f64, _| power * 10.0);
    move |value| if scale < 0 { to(value) * power } else { to(value) / power }
}
