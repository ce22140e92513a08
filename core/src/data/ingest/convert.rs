//! Single values from one type to another, and what can be wrong with them.

use super::super::ids::MAX_ID_BYTES;
use super::super::keys::MAX_KEY_BYTES;
use super::super::time::{is_valid_time, parse_time};
use crate::base::{Error, ErrorKind, Result};

/// The longest label, in bytes.
pub const MAX_LABEL_BYTES: usize = 1024;

/// The most values of one role in one row.
pub const MAX_VALUES: usize = 1024;

/// UNIX seconds lie below this (the year 5138); larger numbers are milliseconds or finer, which a
/// number alone doesn't tell.
const SECONDS_BOUND: f64 = 1e11;

/// f64 holds every whole number up to this.
const WHOLE_BOUND: f64 = 9_007_199_254_740_992.0;

/// Why a value can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Missing,
    NotFinite,
    NotNumber,
    NotBool,
    NotTime,
    NotSeconds,
    NotWhole,
    OutOfRange,
    BeyondCeiling,
    LongId,
    LongCategory,
    LongLabel,
    ManyValues,
    NotOne,
}

impl Fault {
    /// The reason as the user reads it; `column` is their word.
    pub(super) fn reason(self, column: &str) -> String {
        let what = match self {
            Fault::Missing => "is missing",
            Fault::NotFinite => "is not finite",
            Fault::NotNumber => "is not a number",
            Fault::NotBool => "is not true or false",
            Fault::NotTime => "is not a time",
            Fault::NotSeconds => "is not in seconds since 1970 (100,000,000,000 or more)",
            Fault::NotWhole => "is neither a text nor a whole number",
            Fault::OutOfRange => "is before the year 1684 or after 2255",
            Fault::BeyondCeiling => "lies beyond the ceiling",
            Fault::LongId => return format!("`{column}` is longer than {MAX_ID_BYTES} bytes"),
            Fault::LongCategory => return format!("`{column}` is longer than {MAX_KEY_BYTES} bytes"),
            Fault::LongLabel => return format!("`{column}` is longer than {MAX_LABEL_BYTES} bytes"),
            Fault::ManyValues => return format!("`{column}` has more than {MAX_VALUES} values"),
            Fault::NotOne => "has several values, which a role takes only with a `split` in the definition",
        };
        format!("`{column}` {what}")
    }
}

/// A value, an unknown one, or a fault.
pub(super) type Cell<T> = std::result::Result<Option<T>, Fault>;

pub(super) fn finite(value: f64) -> Cell<f64> {
    if value.is_finite() { Ok(Some(value)) } else { Err(Fault::NotFinite) }
}

pub(super) fn number_of_text(text: &str) -> Cell<f64> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map_err(|_| Fault::NotNumber).and_then(finite),
    }
}

pub(super) fn bool_of_number(value: f64) -> Cell<f64> {
    if value == 0.0 || value == 1.0 { Ok(Some(value.abs())) } else { Err(Fault::NotBool) }
}

pub(super) fn bool_of_text(text: &str) -> Cell<f64> {
    let text = text.trim();
    let is = |words: [&str; 2]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match text {
        "" => Ok(None),
        _ if is(["true", "1"]) => Ok(Some(1.0)),
        _ if is(["false", "0"]) => Ok(Some(0.0)),
        _ => Err(Fault::NotBool),
    }
}

pub(super) fn time_of_text(text: &str) -> Cell<i64> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    match parse_time(text) {
        Ok(at) => Ok(Some(at)),
        Err(error) if error.kind() == ErrorKind::SchemaRange => Err(Fault::OutOfRange),
        // A text file holds UNIX seconds as texts.
        Err(_) => match text.trim().parse::<f64>() {
            Ok(seconds) if seconds.is_finite() => time_of_seconds(seconds),
            _ => Err(Fault::NotTime),
        },
    }
}

/// Whole and fractional UNIX seconds, to the nearest microsecond.
pub(super) fn time_of_seconds(seconds: f64) -> Cell<i64> {
    if !seconds.is_finite() {
        return Err(Fault::NotFinite);
    }
    if seconds.abs() >= SECONDS_BOUND {
        return Err(Fault::NotSeconds);
    }
    let whole = seconds.floor();
    valid_time((whole as i64).checked_mul(1_000_000).map(|at| at + ((seconds - whole) * 1e6).round() as i64))
}

/// The moment of a number of UNIX seconds, as a column of numbers gives it.
///
/// # Errors
///
/// `SchemaRange` for a number that is no such moment.
///
/// ```
/// assert_eq!(bactrian::data::ingest::moment_of_seconds(1.5)?, 1_500_000);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn moment_of_seconds(seconds: f64) -> Result<i64> {
    let refused = |fault: Fault| Error::new(ErrorKind::SchemaRange, fault.reason(&seconds.to_string()));
    time_of_seconds(seconds).and_then(|at| at.ok_or(Fault::Missing)).map_err(refused)
}

pub(super) fn valid_time(at: Option<i64>) -> Cell<i64> {
    match at {
        Some(at) if is_valid_time(at) => Ok(Some(at)),
        _ => Err(Fault::OutOfRange),
    }
}

/// A number that stands for a name: whole, and as exact as its text.
pub(super) fn whole_of_number(value: f64) -> std::result::Result<i64, Fault> {
    if value.floor() == value && value.abs() <= WHOLE_BOUND { Ok(value as i64) } else { Err(Fault::NotWhole) }
}
