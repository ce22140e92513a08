use proptest::prelude::*;

use super::*;

#[test]
fn times_are_read_in_every_written_form() {
    let at = 1_485_630_413_000_000;
    for text in [
        "2017-01-28T19:06:53Z",
        "2017-01-28 19:06:53Z",
        "2017-01-28T19:06:53",
        "2017-01-28 19:06:53",
        " 2017-01-28 19:06:53 ",
        "2017-01-28t19:06:53z",
        "2017-01-28T20:06:53+01:00",
        "2017-01-28 13:36:53-0530",
    ] {
        assert_eq!(parse_time(text).unwrap(), at, "{text}");
    }
    assert_eq!(parse_time("2017-01-28 19:06:53.25").unwrap(), at + 250_000);
    assert_eq!(parse_time("2017-01-28T19:06:53.000001999Z").unwrap(), at + 1);
    assert_eq!(parse_time("1969-12-31T23:59:59.9999995Z").unwrap(), -1);
    assert_eq!(parse_time("2017-01-28").unwrap(), 1_485_561_600_000_000);
    assert_eq!(parse_time("2017-01-28 19:06").unwrap(), at - 53 * SECOND);
    assert_eq!(parse_time("1970-01-01").unwrap(), 0);
}

#[test]
fn other_texts_are_errors() {
    for text in [
        "",
        "now",
        "2017",
        "2017-13-01",
        "2017-02-30",
        "28/01/2017",
        "2017-01-28 25:00:00",
        "19:06:53",
        "2017-01-28T19:06:53+1",
        "2017-01-28 19:06:53 +",
        "2017-01-28T19:06[Europe/Berlin]",
        "1485630413",
        "2017-01-28T19:06:53-",
        "2017-01-28 19:06:53 Europe/Berlin",
    ] {
        assert!(parse_time(text).is_err(), "{text} was read as {:?}", parse_time(text));
    }
    for text in ["1600-01-01", "2300-01-01T00:00:00Z", "9999-12-31"] {
        assert_eq!(parse_time(text).unwrap_err().kind(), ErrorKind::SchemaRange, "{text}");
    }
    let long = parse_time(&"é".repeat(5000)).unwrap_err().to_string();
    assert!(long.len() < 400, "{long}");
}

#[test]
fn spans() {
    for (text, span) in [
        ("1ms", 1000),
        ("90s", 90 * SECOND),
        ("30m", 30 * MINUTE),
        ("36h", 36 * HOUR),
        ("30d", 30 * DAY),
        ("2w", 14 * DAY),
        ("1y", 365 * DAY),
        (" 7 d ", 7 * DAY),
    ] {
        assert_eq!(parse_span(text).unwrap(), span, "{text}");
    }
    for text in ["", "d", "30", "30 days", "-3d", "1.5h", "+3d", "1h30m", "3D", "٣d"] {
        assert_eq!(parse_span(text).unwrap_err().kind(), ErrorKind::SchemaType, "{text}");
    }
    for text in ["0d", "286y", "99999999999999999999d", "9223372036854775807y"] {
        assert_eq!(parse_span(text).unwrap_err().kind(), ErrorKind::SchemaRange, "{text}");
    }
}

#[test]
fn minutes_follow_the_zone_and_its_summer_time() {
    let berlin = Zone::get("Europe/Berlin").unwrap();
    assert_eq!(berlin.minutes_of_day(parse_time("2017-01-28T23:30:00Z").unwrap()), 30);
    assert_eq!(berlin.minutes_of_day(parse_time("2017-07-28T23:30:00Z").unwrap()), 90);
    assert_eq!(Zone::utc().minutes_of_day(-1), 1439);
    assert_eq!(Zone::get("Asia/Kathmandu").unwrap().minutes_of_day(0), 330);
    for at in [i64::MIN, i64::MAX] {
        assert!(berlin.minutes_of_day(at) < 1440);
    }
    assert_eq!(Zone::get("Mars/Olympus").unwrap_err().kind(), ErrorKind::UnknownWord);
}

proptest! {
    #[test]
    fn written_times_read_back(at in -TIME_BOUND + 1..TIME_BOUND) {
        prop_assert_eq!(parse_time(&format_time(at)).unwrap(), at);
    }

    #[test]
    fn no_text_panics(text in ".{0,40}") {
        let _ = parse_time(&text);
        let _ = parse_span(&text);
        let _ = Zone::get(&text);
    }
}
