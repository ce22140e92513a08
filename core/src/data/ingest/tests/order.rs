//! A table, its chunks and its rows sent singly are the same events, ids and names.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
struct Row {
    message: bool,
    customer: Option<u8>,
    peer: Option<u8>,
    at: Option<i64>,
    need: Option<u8>,
    tags: Vec<u8>,
    amount: Option<f64>,
}

fn row() -> impl Strategy<Value = Row> {
    let id = || proptest::option::weighted(0.9, 0u8..12);
    let amount =
        prop_oneof![8 => (-5i32..5).prop_map(|n| Some(f64::from(n))), 1 => Just(None), 1 => Just(Some(f64::NAN))];
    (
        any::<bool>(),
        id(),
        id(),
        proptest::option::weighted(0.95, 0i64..8),
        id(),
        prop::collection::vec(0u8..20, 0..3),
        amount,
    )
        .prop_map(|(message, customer, peer, at, need, tags, amount)| Row {
            message,
            customer,
            peer,
            at,
            need,
            tags,
            amount,
        })
}

/// Some ids are numbers, some are texts.
fn id(n: u8) -> String {
    if n.is_multiple_of(3) { format!("c{n}") } else { n.to_string() }
}

fn chunk(rows: &[Row], numbers: bool) -> RecordBatch {
    let ids = |get: fn(&Row) -> Option<u8>| -> ArrayRef {
        if numbers {
            Arc::new(UInt64Array::from_iter(rows.iter().map(|row| get(row).map(u64::from))))
        } else {
            Arc::new(StringArray::from_iter(rows.iter().map(|row| get(row).map(id))))
        }
    };
    let texts =
        |get: &dyn Fn(&Row) -> Option<String>| Arc::new(StringArray::from_iter(rows.iter().map(get))) as ArrayRef;
    let at = Arc::new(TimestampMicrosecondArray::from_iter(rows.iter().map(|row| row.at))) as ArrayRef;
    let need = texts(&|row| row.need.map(|n| format!("n{n}")));
    table(vec![
        ("kind", texts(&|row| Some(if row.message { "message" } else { "purchase" }.into()))),
        ("household_id", ids(|row| row.customer)),
        ("src", ids(|row| row.customer)),
        ("peer", ids(|row| row.peer)),
        ("bought", at.clone()),
        ("at", at),
        ("sales_value", Arc::new(Float64Array::from_iter(rows.iter().map(|row| row.amount)))),
        ("category", need.clone()),
        ("topic", need),
        ("tags", texts(&|row| Some(row.tags.iter().map(|n| format!("t{n}")).collect::<Vec<_>>().join(";")))),
        ("basket_id", texts(&|row| row.need.map(|n| "é".repeat(n.into())))),
        ("gift", Arc::new(arrow_array::NullArray::new(rows.len()))),
        ("due", at_only(rows)),
    ])
}

fn at_only(rows: &[Row]) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter(rows.iter().map(|row| row.at)))
}

/// The rows sent singly, sorted by (time, row).
fn singly(rows: &[Row], numbers: bool) -> Out {
    let (mut ids, mut keys) = (Ids::default(), Keys::default());
    let plan = plan(&mut keys);
    let mut order: Vec<(i64, usize)> = rows.iter().enumerate().filter_map(|(n, row)| Some((row.at?, n))).collect();
    order.sort();
    let mut out = Events::default();
    for (at, n) in order {
        let row = &rows[n];
        let (customer, peer) = (row.customer.map(id), row.peer.map(id));
        let name = |text: &Option<String>, n: Option<u8>| match (numbers, n) {
            (true, Some(n)) => Some(Id::Number(n.into())),
            // Leaked, so that the row outlives the closure; a few bytes in a test.
            _ => text.clone().map(|text| Id::Text(Box::leak(text.into_boxed_str()))),
        };
        let need = row.need.map(|n| format!("n{n}"));
        let basket = row.need.map(|n| "é".repeat(n.into()));
        let tags: Vec<String> = row.tags.iter().map(|n| format!("t{n}")).collect();
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        let text = |text: &Option<String>| {
            text.clone().map_or(Value::Null, |text| Value::Text(Box::leak(text.into_boxed_str())))
        };
        let message = [("topic", text(&need))];
        let purchase = [
            ("due", Value::Time(at)),
            ("tags", Value::Texts(&tags)),
            ("need", text(&need)),
            ("unheard_of", Value::Bool(true)),
            ("sales_value", row.amount.map_or(Value::Null, Value::Number)),
            ("occasion", text(&basket)),
        ];
        let event = RowEvent {
            kind: if row.message { "message" } else { "purchase" },
            customer: name(&customer, row.customer),
            peer: name(&peer, row.peer),
            at,
            fields: if row.message { &message } else { &purchase },
        };
        let before = (ids.len(), keys.len(), out.clone());
        let refused = append_row(&event, &plan, NEVER, &mut ids, &mut keys, &mut out).unwrap();
        if refused.is_some() {
            assert_eq!(
                format!("{:?}", (ids.len(), keys.len(), &out)),
                format!("{:?}", (before.0, before.1, &before.2))
            );
        }
    }
    out.fields.retain(|field| !field.values.is_unknown());
    Out::of(Taken { record: out, rejects: Vec::new() }, &ids, &keys)
}

fn same(a: &Out, b: &Out) -> bool {
    // Debug, since NaN is not equal to itself.
    format!("{:?}", (&a.events, &a.ids, &a.keys)) == format!("{:?}", (&b.events, &b.ids, &b.keys))
}

proptest! {
    #[test]
    fn a_table_its_chunks_and_its_rows_are_one(rows in prop::collection::vec(row(), 0..40), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4), numbers: bool) {
        let whole = read(&[chunk(&rows, numbers)], plan, &Call::default()).unwrap();
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(rows.len() + 1)).collect();
        ends.extend([0, rows.len()]);
        ends.sort_unstable();
        let chunks: Vec<RecordBatch> = ends.windows(2).map(|pair| chunk(&rows[pair[0]..pair[1]], numbers)).collect();
        let chunked = read(&chunks, plan, &Call::default()).unwrap();
        prop_assert!(same(&whole, &chunked));
        prop_assert_eq!(&whole.rejects, &chunked.rejects);
        let single = singly(&rows, numbers);
        prop_assert!(same(&whole, &single), "{:#?}\n{:#?}", whole, single);
        prop_assert!(whole.events.at.is_sorted());
        prop_assert_eq!(whole.events.at.len() + whole.rejects.len(), rows.len());
        // What ingest gives is what the journal takes.
        let batch = super::super::super::record::Batch {
            sequence: 0,
            now: 100,
            ids: whole.ids.clone(),
            keys: whole.keys.clone(),
            record: super::super::super::record::Record::Events(whole.events.clone()),
        };
        prop_assert!(batch.validate(whole.ids.len(), whole.keys.len()).is_ok());
    }
}

#[test]
fn an_unsorted_table_comes_out_by_time_then_row() {
    let out =
        read(&[table(purchases(vec![1, 2, 3, 4], vec![30, 10, 30, 5], vec![1.0, 2.0, 3.0, 4.0]))], plan, &PURCHASE)
            .unwrap();
    assert_eq!(out.customers(), ["4", "2", "1", "3"]);
    assert_eq!(out.numbers("amount"), [4.0, 2.0, 1.0, 3.0]);
    assert_eq!(out.ids, [4, 2, 1, 3].map(OwnedId::Number));
}

#[test]
fn a_used_batch_takes_the_next_row_as_a_fresh_one_does() {
    let (mut ids, mut keys) = (Ids::default(), Keys::default());
    let plan = plan(&mut keys);
    let mut used = Events::default();
    let rows: [(&str, &[(&str, Value<'_>)]); 3] = [
        ("purchase", &[("amount", Value::Number(1.0)), ("tags", Value::Text("a;b"))]),
        ("message", &[("need", Value::Text("chat"))]),
        ("purchase", &[("amount", Value::Null), ("gift", Value::Bool(true)), ("occasion", Value::Text("b7"))]),
    ];
    for (kind, fields) in rows {
        let event = RowEvent { kind, customer: Some(Id::Number(1)), peer: Some(Id::Text("p")), at: 5, fields };
        used.truncate(0);
        assert_eq!(append_row(&event, &plan, NEVER, &mut ids, &mut keys, &mut used).unwrap(), None);
        let fresh = read_row(&event, &plan, NEVER, &mut ids, &mut keys).unwrap().unwrap();
        assert_eq!(used, fresh);
    }
}
