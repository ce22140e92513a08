//! Bad rows are refused one by one; the others go in.

use super::super::super::ids::MAX_ID_BYTES;
use super::super::super::keys::MAX_KEY_BYTES;
use super::super::super::time::TIME_BOUND;
use super::*;

/// A purchase of every column as text, with some columns replaced.
fn texts(rows: usize, replaced: &[(&'static str, Vec<Option<&str>>)]) -> RecordBatch {
    let mut columns: Vec<(&str, Vec<Option<&str>>)> = vec![
        ("household_id", vec![Some("h"); rows]),
        ("bought", vec![Some("2017-01-01"); rows]),
        ("sales_value", vec![Some("1.5"); rows]),
        ("basket_id", vec![Some("b"); rows]),
        ("category", vec![Some("SOUP"); rows]),
        ("tags", vec![Some("a;b"); rows]),
        ("gift", vec![Some("true"); rows]),
        ("due", vec![Some("2017-01-02"); rows]),
    ];
    for (name, values) in replaced {
        columns.iter_mut().find(|(known, _)| known == name).unwrap().1 = values.clone();
    }
    table(columns.into_iter().map(|(name, values)| (name, Arc::new(StringArray::from(values)) as ArrayRef)).collect())
}

#[test]
fn every_reason_is_given_with_its_row() {
    let long = "x".repeat(MAX_ID_BYTES.max(MAX_KEY_BYTES).max(MAX_LABEL_BYTES) + 1);
    let many = "t;".repeat(MAX_VALUES + 1);
    let cases: Vec<(&'static str, Option<&str>, &str)> = vec![
        ("household_id", None, "`household_id` is missing"),
        ("household_id", Some(""), "`household_id` is missing"),
        ("household_id", Some(&long), "`household_id` is longer than 1024 bytes"),
        ("bought", None, "`bought` is missing"),
        ("bought", Some("yesterday"), "`bought` is not a time"),
        ("bought", Some("9999-12-31"), "`bought` is before the year 1684 or after 2255"),
        ("bought", Some("2030-01-01"), "`bought` lies beyond the ceiling"),
        ("sales_value", Some("many"), "`sales_value` is not a number"),
        ("sales_value", Some("inf"), "`sales_value` is not finite"),
        ("sales_value", Some("NaN"), "`sales_value` is not finite"),
        ("gift", Some("maybe"), "`gift` is not true or false"),
        ("due", Some("soon"), "`due` is not a time"),
        ("category", Some(&long), "`category` is longer than 1024 bytes"),
        ("basket_id", Some(&long), "`basket_id` is longer than 1024 bytes"),
        ("tags", Some(&long), "`tags` is longer than 1024 bytes"),
        ("tags", Some(&many), "`tags` has more than 1024 values"),
    ];
    let ceiling = super::super::super::time::parse_time("2020-01-01").unwrap();
    for (column, value, reason) in &cases {
        let (mut ids, mut keys) = (Ids::default(), Keys::default());
        let plan = plan(&mut keys);
        // Good rows before and behind, and the bad value twice.
        let other = if *column == "household_id" { Some("h") } else { None };
        let mut values = vec![Some("3"), *value, *value, Some("3")];
        if *column != "sales_value" && *column != "household_id" {
            let good = match *column {
                "bought" | "due" => Some("2017-01-05"),
                "gift" => Some("false"),
                _ => Some("good"),
            };
            (values[0], values[3]) = (good, good);
        }
        let _ = other;
        let batch = texts(4, &[(column, values)]);
        let taken = read_events(&[batch], &plan, &PURCHASE, ceiling, &mut ids, &mut keys).unwrap();
        let out = Out::of(taken, &ids, &keys);
        assert_eq!(out.rejects, [(1, (*reason).into()), (2, (*reason).into())]);
        assert_eq!(out.events.at.len(), 2, "{reason}");
        assert!(!out.keys.contains(&long) && out.ids.len() == 1);
        // The same row by itself gives the same reason, by role instead of column.
        let row = single(column, *value);
        if let Some(reject) = row {
            let (_, told) = reason.split_once("` ").unwrap();
            assert!(reject.ends_with(told), "{reject} / {reason}");
        }
    }
}

/// The reason why one row with the value is refused.
fn single(column: &str, value: Option<&str>) -> Option<String> {
    let (mut ids, mut keys) = (Ids::default(), Keys::default());
    let plan = plan(&mut keys);
    let known = keys.len();
    let text =
        |name: &str, good| if name == column { value.map_or(Value::Null, Value::Text) } else { Value::Text(good) };
    let fields = [
        ("sales_value", text("sales_value", "1.5")),
        ("basket_id", text("basket_id", "b")),
        ("need", text("category", "SOUP")),
        ("tags", text("tags", "a;b")),
        ("gift", text("gift", "true")),
        ("due", text("due", "2017-01-02")),
    ];
    let customer = if column == "household_id" { value } else { Some("h") };
    let mut at = 0;
    if column == "bought" {
        at = match super::super::super::time::parse_time(value?) {
            Ok(at) => at,
            Err(error) if error.kind() == ErrorKind::SchemaRange => TIME_BOUND,
            Err(_) => return None,
        };
    }
    let row = RowEvent { kind: "purchase", customer: customer.map(Id::Text), peer: None, at, fields: &fields };
    let ceiling = super::super::super::time::parse_time("2020-01-01").unwrap();
    let read = read_row(&row, &plan, ceiling, &mut ids, &mut keys).unwrap();
    assert_eq!((ids.len(), keys.len()), (0, known));
    Some(read.unwrap_err().reason)
}

#[test]
fn the_first_fault_of_a_row_is_told() {
    let batch =
        texts(1, &[("bought", vec![Some("x")]), ("household_id", vec![None]), ("sales_value", vec![Some("y")])]);
    let out = read(&[batch], plan, &PURCHASE).unwrap();
    assert_eq!(out.rejects, [(0, "`bought` is not a time".into())]);
}

#[test]
fn rows_are_numbered_over_chunks() {
    let bad = || texts(2, &[("sales_value", vec![Some("1"), Some("x")])]);
    let out = read(&[bad(), texts(3, &[]), bad()], plan, &PURCHASE).unwrap();
    assert_eq!(out.rejects.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [1, 6]);
    assert_eq!(out.events.at.len(), 5);
}

#[test]
fn numbers_that_are_not_finite_are_refused_and_nulls_are_unknown() {
    let amounts = vec![Some(1.0), None, Some(f64::NAN), Some(f64::INFINITY), Some(f64::MAX)];
    let mut columns = purchases(vec![1, 2, 3, 4, 5], vec![1, 2, 3, 4, 5], vec![0.0; 5]);
    columns[2].1 = Arc::new(Float64Array::from(amounts));
    let out = read(&[table(columns)], plan, &PURCHASE).unwrap();
    assert_eq!(out.rejects.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [2, 3]);
    let read = out.numbers("amount");
    assert!(read[0] == 1.0 && read[1].is_nan() && read[2] == f64::MAX);
}

#[test]
fn times_beyond_bounds_are_refused() {
    let times = vec![-TIME_BOUND, -TIME_BOUND + 1, TIME_BOUND - 1, TIME_BOUND, i64::MIN, i64::MAX];
    let columns = purchases(vec![1; 6], times, vec![1.0; 6]);
    let out = read(&[table(columns)], plan, &PURCHASE).unwrap();
    assert_eq!(out.rejects.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [0, 3, 4, 5]);
    assert_eq!(out.events.at, [-TIME_BOUND + 1, TIME_BOUND - 1]);
    let seconds = Arc::new(Float64Array::from(vec![1e11, 99e9, f64::NAN, -1e300]));
    let mut columns = purchases(vec![1; 4], vec![0; 4], vec![1.0; 4]);
    columns[1].1 = seconds;
    let out = read(&[table(columns)], plan, &PURCHASE).unwrap();
    let reasons: Vec<&str> = out.rejects.iter().map(|(_, reason)| reason.as_str()).collect();
    let ambiguous = "`bought` is not in seconds since 1970 (100,000,000,000 or more)";
    let range = "`bought` is before the year 1684 or after 2255";
    assert_eq!(reasons, [ambiguous, range, "`bought` is not finite", ambiguous]);
}

#[test]
fn an_event_needs_a_customer_or_a_peer() {
    let ids = |ids: Vec<Option<u64>>| Arc::new(UInt64Array::from(ids)) as ArrayRef;
    let columns = vec![
        ("src", ids(vec![Some(1), None, None])),
        ("dst", ids(vec![None, Some(2), None])),
        ("at", Arc::new(TimestampMicrosecondArray::from(vec![3, 3, 3])) as ArrayRef),
        ("topic", Arc::new(StringArray::from(vec!["a", "b", "c"]))),
    ];
    let out = read(&[table(columns)], plan, &Call { kind: Some("message"), roles: &[] }).unwrap();
    assert_eq!((out.events.customer, out.events.peer), (vec![0, NONE], vec![NONE, 1]));
    assert_eq!(out.rejects, [(2, "`src` is missing".into())]);
}
