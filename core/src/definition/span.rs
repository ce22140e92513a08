//! Spans of time as words: `30d`, `12h`, `90m`; and quiet hours as `21:00-08:00`.

/// Units and their length in microseconds. A year is 365 days.
const UNITS: [(&str, i64); 7] = [
    ("ms", 1_000),
    ("s", 1_000_000),
    ("m", 60_000_000),
    ("h", 3_600_000_000),
    ("d", 86_400_000_000),
    ("w", 7 * 86_400_000_000),
    ("y", 365 * 86_400_000_000),
];

/// The longest span, a thousand years, so that sums of a time and a span never overflow.
const LONGEST: i64 = 1_000 * 365 * 86_400_000_000;

/// What a span looks like, for messages.
pub(crate) const EXPECTED: &str = "a span such as `30d` (a whole number, then ms, s, m, h, d, w or y)";

/// A span in microseconds: a whole number and a unit (ms, s, m, h, d, w, or y = 365 days).
///
/// At most a thousand years; `None` for anything else. Zero is a span.
///
/// ```
/// use bactrian::definition::span::microseconds;
///
/// assert_eq!(microseconds("1d"), microseconds("24h"));
/// assert_eq!(microseconds("500ms"), Some(500_000));
/// assert_eq!(microseconds("1 month"), None);
/// ```
pub fn microseconds(text: &str) -> Option<i64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let length = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    number.parse::<i64>().ok()?.checked_mul(length).filter(|span| *span <= LONGEST)
}

/// A span as its largest whole unit: the inverse of [`microseconds`].
///
/// Spans below a millisecond have no word and round down.
pub fn text(microseconds: i64) -> String {
    const BY_SIZE: [(&str, i64); 4] =
        [("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000)];
    for (unit, length) in BY_SIZE {
        if microseconds != 0 && microseconds % length == 0 {
            return format!("{}{unit}", microseconds / length);
        }
    }
    format!("{}ms", microseconds / 1_000)
}

/// Start and end of quiet hours, in minutes after midnight; they may pass midnight.
pub(crate) fn quiet_hours(text: &str) -> Option<(u32, u32)> {
    let (start, end) = text.split_once('-')?;
    let (start, end) = (minutes(start.trim())?, minutes(end.trim())?);
    (start != end && start < 24 * 60).then_some((start, end))
}

fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes) = (hours.parse::<u32>().ok()?, minutes.parse::<u32>().ok()?);
    (minutes < 60 && hours * 60 + minutes <= 24 * 60).then_some(hours * 60 + minutes)
}
