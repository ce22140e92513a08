//! Moments and spans: microseconds since 1970-01-01 UTC, proleptic Gregorian, without leap seconds.

use jiff::Timestamp;
use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;

use crate::base::{Error, ErrorKind, Result};

/// A second in microseconds.
pub const SECOND: i64 = 1_000_000;
/// A minute in microseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// An hour in microseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// A day of 24 hours in microseconds.
pub const DAY: i64 = 24 * HOUR;

/// Times lie strictly between minus this and this, in microseconds (the years 1684 to 2255), so
/// that an f64 holds each of them exactly.
pub const TIME_BOUND: i64 = 1 << 53;

/// Whether a moment can be taken: strictly within [`TIME_BOUND`] of 1970.
pub fn is_valid_time(at: i64) -> bool {
    -TIME_BOUND < at && at < TIME_BOUND
}

/// Reads a moment: RFC 3339 (`2017-01-28T19:06:53Z`, any offset), the same with a space and without
/// a zone (UTC then), or a date alone (midnight UTC). Finer than a microsecond is rounded down.
///
/// # Errors
///
/// `SchemaType` for any other text; `SchemaRange` for a moment beyond [`TIME_BOUND`].
///
/// ```
/// use bactrian::data::{format_time, parse_time};
///
/// let at = parse_time("2017-01-28 19:06:53")?;
/// assert_eq!(at, parse_time("2017-01-28T20:06:53+01:00")?);
/// assert_eq!(format_time(at), "2017-01-28T19:06:53Z");
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn parse_time(text: &str) -> Result<i64> {
    let text = text.trim();
    let nanoseconds = read_moment(text).ok_or_else(|| {
        Error::new(ErrorKind::SchemaType, format!("`{}` is not a time", shorten(text)))
            .hint("write it as `2017-01-28T19:06:53Z`, `2017-01-28 19:06:53` or `2017-01-28`")
    })?;
    i64::try_from(nanoseconds.div_euclid(1000)).ok().filter(|&at| is_valid_time(at)).ok_or_else(|| {
        Error::new(ErrorKind::SchemaRange, format!("`{}` is out of range", shorten(text)))
            .hint("times lie between the years 1684 and 2255")
    })
}

fn read_moment(text: &str) -> Option<i128> {
    // A zone in brackets would be passed over without being looked up.
    if text.contains('[') {
        return None;
    }
    let zoned = text.bytes().skip("2017-01-28".len()).any(|byte| matches!(byte, b'Z' | b'z' | b'+' | b'-'));
    if zoned {
        return text.parse::<Timestamp>().ok().map(Timestamp::as_nanosecond);
    }
    let civil = text.parse::<DateTime>().ok()?;
    Some(civil.duration_since(date(1970, 1, 1).at(0, 0, 0, 0)).as_nanos())
}

/// Writes a moment as RFC 3339 in UTC, with as many digits of a fraction as it needs.
pub fn format_time(at: i64) -> String {
    // Only a moment that no engine takes lies beyond jiff's years -9999 to 9999.
    Timestamp::from_microsecond(at).map_or_else(|_| format!("{at}us"), |moment| moment.to_string())
}

const UNITS: [(&str, i64); 7] =
    [("ms", 1000), ("s", SECOND), ("m", MINUTE), ("h", HOUR), ("d", DAY), ("w", 7 * DAY), ("y", 365 * DAY)];

/// Reads a span such as `30d` into microseconds: a whole number above zero and one of `ms`, `s`,
/// `m` (minutes), `h`, `d` (24 hours), `w`, `y` (365 days).
///
/// # Errors
///
/// `SchemaType` for any other text; `SchemaRange` for zero or 285 years and more.
///
/// ```
/// assert_eq!(bactrian::data::parse_span("30m")?, 1_800_000_000);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn parse_span(text: &str) -> Result<i64> {
    let bad = |kind, message: &str| {
        Err(Error::new(kind, format!("`{}` {message}", shorten(text)))
            .hint("write a whole number and a unit of ms, s, m, h, d, w, y, such as `30d`"))
    };
    let trimmed = text.trim();
    let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
    let (Some(number), Some(unit)) = (trimmed.get(..digits), trimmed.get(digits..)) else {
        return bad(ErrorKind::SchemaType, "is not a span");
    };
    let size = UNITS.iter().find(|(name, _)| *name == unit.trim()).map(|&(_, size)| size);
    let (Some(size), false) = (size, number.is_empty()) else {
        return bad(ErrorKind::SchemaType, "is not a span");
    };
    match number.parse::<i64>().ok().and_then(|number| number.checked_mul(size)) {
        Some(span) if 0 < span && span < TIME_BOUND => Ok(span),
        _ => bad(ErrorKind::SchemaRange, "is zero or too long"),
    }
}

/// A span as [`parse_span`] reads it, in the largest unit that it is a whole number of.
pub fn format_span(span: i64) -> String {
    let fits = UNITS.iter().rev().find(|(_, size)| span % size == 0);
    fits.map_or_else(|| format!("{span}us"), |(unit, size)| format!("{}{unit}", span / size))
}

/// A time zone of the bundled IANA database, so that quiet hours are the same on every machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// UTC.
    pub fn utc() -> Zone {
        Zone(TimeZone::UTC)
    }

    /// The zone of this IANA name.
    ///
    /// # Errors
    ///
    /// `UnknownWord` if there is none.
    pub fn get(name: &str) -> Result<Zone> {
        TimeZone::get(name).map(Zone).map_err(|_| {
            Error::new(ErrorKind::UnknownWord, format!("no time zone `{}`", shorten(name)))
                .hint("use an IANA name such as `Europe/Berlin`")
        })
    }

    /// The wall clock of this zone at a moment, in minutes after midnight, 0 to 1,439.
    ///
    /// ```
    /// use bactrian::data::{Zone, parse_time};
    ///
    /// let at = parse_time("2017-07-01T19:30:00Z")?;
    /// assert_eq!(Zone::get("Europe/Berlin")?.minutes_of_day(at), 21 * 60 + 30);
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    pub fn minutes_of_day(&self, at: i64) -> u32 {
        let shift = Timestamp::from_microsecond(at).map_or(0, |moment| self.0.to_offset(moment).seconds());
        let local = at.saturating_add(i64::from(shift) * SECOND);
        (local.rem_euclid(DAY) / MINUTE) as u32
    }
}

/// The user's word, cut where it would drown the message.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
