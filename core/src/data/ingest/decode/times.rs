//! Times: timestamps of any unit and zone, dates, texts, and UNIX seconds.

use arrow_array::Array;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_schema::{DataType, TimeUnit};

use super::super::super::time::{DAY, is_valid_time};
use super::super::convert::{Cell, Fault, time_of_seconds, time_of_text};
use super::{Data, Decoded, NO_TIME, numbers, primitive, words};

/// No valid time, and not [`NO_TIME`].
const BEYOND: i64 = i64::MAX;

pub(super) fn decode(array: &dyn Array) -> Option<Decoded> {
    // An Arrow timestamp counts from 1970 UTC whatever its zone; without one, UTC is meant.
    match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => counted::<TimestampSecondType>(array, |at| times(at, 1_000_000)),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            counted::<TimestampMillisecondType>(array, |at| times(at, 1000))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            counted::<TimestampMicrosecondType>(array, |at| if at == NO_TIME { BEYOND } else { at })
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            counted::<TimestampNanosecondType>(array, |at| at.div_euclid(1000))
        }
        DataType::Date32 => counted::<Date32Type>(array, |day| times(i64::from(day), DAY)),
        DataType::Date64 => counted::<Date64Type>(array, |at| times(at, 1000)),
        _ => told(array),
    }
}

fn times(at: i64, unit: i64) -> i64 {
    at.checked_mul(unit).filter(|&at| at != NO_TIME).unwrap_or(BEYOND)
}

fn counted<T: ArrowPrimitiveType>(array: &dyn Array, to: impl Fn(T::Native) -> i64) -> Option<Decoded> {
    let mut at = primitive::<T, i64>(array, NO_TIME, to)?;
    let mut faults = Vec::new();
    if !at.iter().all(|&at| is_valid_time(at)) {
        for (row, at) in (0u32..).zip(&mut at) {
            if !is_valid_time(*at) && *at != NO_TIME {
                faults.push((row, Fault::OutOfRange));
                *at = NO_TIME;
            }
        }
    }
    Some(Decoded { data: Data::Times(at), faults })
}

/// Texts, and numbers of seconds.
fn told(array: &dyn Array) -> Option<Decoded> {
    let mut decoded = Decoded::new(Data::Times(Vec::new()));
    let mut at = Vec::with_capacity(array.len());
    let mut push = |row: u32, cell: Cell<i64>| {
        if let Err(fault) = cell {
            decoded.faults.push((row, fault));
        }
        at.push(cell.ok().flatten().unwrap_or(NO_TIME));
    };
    if words::each_text(array, |row, text| push(row, text.map_or(Ok(None), time_of_text))).is_none() {
        if matches!(array.data_type(), DataType::Boolean) {
            return None;
        }
        for (row, &seconds) in (0u32..).zip(&numbers::of_numbers(array)?) {
            push(row, if array.is_valid(row as usize) { time_of_seconds(seconds) } else { Ok(None) });
        }
    }
    decoded.data = Data::Times(at);
    Some(decoded)
}
