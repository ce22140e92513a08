mod layouts;
mod order;
mod rejects;
mod ties;

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt64Array};

use super::super::ids::{Id, OwnedId};
use super::*;

pub(super) const NEVER: i64 = i64::MAX;

pub(super) fn field(keys: &mut Keys, word: &str, kind: FieldKind, column: &str) -> FieldPlan {
    let role = keys.intern(word).unwrap();
    FieldPlan { role, word: word.into(), kind, column: column.into(), split: None }
}

/// A purchase with a field of every type, and a message from a customer to a peer.
pub(super) fn plan(keys: &mut Keys) -> EventPlan {
    let purchase = KindPlan {
        name: keys.intern("purchase").unwrap(),
        word: "purchase".into(),
        customer: Some("household_id".into()),
        peer: None,
        at: Some("bought".into()),
        fields: vec![
            field(keys, "occasion", FieldKind::Label, "basket_id"),
            field(keys, "amount", FieldKind::Number, "sales_value"),
            field(keys, "need", FieldKind::Category, "category"),
            FieldPlan { split: Some(';'), ..field(keys, "tags", FieldKind::Categories, "tags") },
            field(keys, "gift", FieldKind::Bool, "gift"),
            field(keys, "due", FieldKind::Time, "due"),
        ],
    };
    let message = KindPlan {
        name: keys.intern("message").unwrap(),
        word: "message".into(),
        customer: Some("src".into()),
        peer: Some("dst".into()),
        at: None,
        fields: vec![field(keys, "need", FieldKind::Category, "topic")],
    };
    EventPlan { kinds: vec![purchase, message] }
}

pub(super) fn table(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

/// A plan with one kind `e` of one field, for tables with the columns `customer`, `at` and `x`.
pub(super) fn plain(keys: &mut Keys, kind: FieldKind) -> EventPlan {
    let fields = vec![FieldPlan { split: Some('|'), ..field(keys, "x", kind, "x") }];
    let name = keys.intern("e").unwrap();
    EventPlan { kinds: vec![KindPlan { name, word: "e".into(), customer: None, peer: None, at: None, fields }] }
}

#[derive(Debug, PartialEq)]
pub(super) struct Out {
    pub events: Events,
    pub rejects: Vec<(u64, String)>,
    pub ids: Vec<OwnedId>,
    pub keys: Vec<String>,
}

impl Out {
    pub(super) fn of(taken: Taken<Events>, ids: &Ids, keys: &Keys) -> Out {
        let rejects = taken.rejects.into_iter().map(|reject| (reject.row, reject.reason)).collect();
        Out { events: taken.record, rejects, ids: ids.since(0).to_vec(), keys: keys.since(0).to_vec() }
    }

    /// The numbers of a field.
    pub(super) fn numbers(&self, word: &str) -> Vec<f64> {
        match self.values(word) {
            Some(Values::Number(numbers)) => numbers.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// The names of a field, each list in brackets.
    pub(super) fn names(&self, word: &str) -> Vec<String> {
        let name = |key: &u32| self.keys.get(*key as usize).cloned().unwrap_or("-".into());
        match self.values(word) {
            Some(Values::Key(keys)) => keys.iter().map(name).collect(),
            Some(Values::Keys { ends, keys }) => {
                let starts = std::iter::once(&0).chain(ends);
                let list = |(&start, &end): (&u32, &u32)| {
                    keys[start as usize..end as usize].iter().map(name).collect::<Vec<_>>().join(",")
                };
                starts.zip(ends).map(list).collect()
            }
            Some(Values::Label { ends, bytes }) => {
                let starts = std::iter::once(&0).chain(ends);
                let text = |(&start, &end): (&u32, &u32)| {
                    String::from_utf8(bytes[start as usize..end as usize].to_vec()).unwrap()
                };
                starts.zip(ends).map(text).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    fn values(&self, word: &str) -> Option<&Values> {
        let key = self.keys.iter().position(|known| known == word)? as u32;
        self.events.fields.iter().find(|field| field.name == key).map(|field| &field.values)
    }

    pub(super) fn customers(&self) -> Vec<String> {
        let name = |&dense: &u32| self.ids.get(dense as usize).map_or("-".into(), |id| id.to_string());
        self.events.customer.iter().map(name).collect()
    }
}

pub(super) fn read(batches: &[RecordBatch], plan: impl Fn(&mut Keys) -> EventPlan, call: &Call<'_>) -> Result<Out> {
    let (mut ids, mut keys) = (Ids::default(), Keys::default());
    let plan = plan(&mut keys);
    let taken = read_events(batches, &plan, call, NEVER, &mut ids, &mut keys)?;
    Ok(Out::of(taken, &ids, &keys))
}

pub(super) const PURCHASE: Call<'static> = Call { kind: Some("purchase"), roles: &[] };

pub(super) fn purchases(customers: Vec<u64>, at: Vec<i64>, amounts: Vec<f64>) -> Vec<(&'static str, ArrayRef)> {
    let rows = customers.len();
    let texts = |text: &str| Arc::new(StringArray::from(vec![text; rows])) as ArrayRef;
    vec![
        ("household_id", Arc::new(UInt64Array::from(customers))),
        ("bought", Arc::new(TimestampMicrosecondArray::from(at))),
        ("sales_value", Arc::new(Float64Array::from(amounts))),
        ("basket_id", texts("b1")),
        ("category", texts("SOUP")),
        ("tags", texts("a;b")),
        ("gift", texts("true")),
        ("due", texts("2017-01-02")),
    ]
}

#[test]
fn a_table_becomes_events() {
    let columns = purchases(vec![7, 9, 7], vec![10, 20, 30], vec![1.5, 2.0, -3.25]);
    let out = read(&[table(columns)], plan, &PURCHASE).unwrap();
    assert_eq!(out.rejects, []);
    assert_eq!(out.customers(), ["7", "9", "7"]);
    assert_eq!(out.events.peer, [NONE; 3]);
    assert_eq!(out.events.at, [10, 20, 30]);
    assert_eq!(out.numbers("amount"), [1.5, 2.0, -3.25]);
    assert_eq!(out.names("occasion"), ["b1"; 3]);
    assert_eq!(out.names("need"), ["SOUP"; 3]);
    assert_eq!(out.names("tags"), ["a,b"; 3]);
    assert_eq!(out.numbers("gift"), [1.0; 3]);
    assert_eq!(out.numbers("due"), [1_483_315_200_000_000.0; 3]);
    assert!(out.events.fields.is_sorted_by_key(|field| field.name));
}

#[test]
fn zero_rows_and_zero_batches_are_fine() {
    let columns = purchases(vec![], vec![], vec![]);
    for batches in [vec![], vec![table(columns.clone())], vec![table(columns.clone()), table(columns.clone())]] {
        let out = read(&batches, plan, &PURCHASE).unwrap();
        assert_eq!((out.events, out.rejects, out.ids), (Events::default(), vec![], vec![]));
    }
}

#[test]
fn columns_are_found_by_call_then_declaration_then_role() {
    let number = |value: f64| Arc::new(Float64Array::from(vec![value])) as ArrayRef;
    let amount = |mut extra: Vec<(&'static str, ArrayRef)>, roles: &[(&str, &str)]| {
        let mut columns = purchases(vec![1], vec![1], vec![0.0]);
        columns.retain(|(name, _)| *name != "sales_value");
        columns.append(&mut extra);
        read(&[table(columns)], plan, &Call { roles, ..PURCHASE }).map(|out| out.numbers("amount")[0])
    };
    let all = || vec![("sales_value", number(1.0)), ("amount", number(2.0)), ("mine", number(3.0))];
    assert_eq!(amount(all(), &[("amount", "mine")]).unwrap(), 3.0);
    assert_eq!(amount(all(), &[]).unwrap(), 1.0);
    assert_eq!(amount(all().split_off(1), &[]).unwrap(), 2.0);
    let error = amount(all().split_off(2), &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMissing);
    assert!(error.to_string().contains("no column `sales_value` for role `amount`"), "{error}");
    let error = amount(vec![("sale_value", number(1.0))], &[]).unwrap_err();
    assert_eq!(error.hint_text(), Some("did you mean `sale_value`?"));
    let error = amount(all(), &[("amount", "yours")]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMissing);
    let error = amount(all(), &[("amuont", "mine")]).unwrap_err();
    assert_eq!((error.kind(), error.hint_text()), (ErrorKind::UnknownWord, Some("did you mean `amount`?")));
    let error = amount(vec![("sales_value", number(1.0)), ("sales_value", number(2.0))], &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaArrow);
}

#[test]
fn the_kind_comes_from_the_call_or_a_column_or_is_the_only_one() {
    let texts = |texts: Vec<Option<&str>>| Arc::new(StringArray::from(texts)) as ArrayRef;
    let at = || Arc::new(TimestampMicrosecondArray::from(vec![4, 3, 2, 1])) as ArrayRef;
    let columns = vec![
        ("kind", texts(vec![Some("message"), Some("purchase"), Some("purchse"), None])),
        ("customer", texts(vec![Some("a"), Some("b"), Some("c"), Some("d")])),
        ("peer", texts(vec![Some("x"), None, None, None])),
        ("at", at()),
        ("amount", texts(vec![None, Some("5"), None, None])),
        ("need", texts(vec![Some("chat"), Some("SOUP"), None, None])),
        ("occasion", texts(vec![None; 4])),
        ("tags", texts(vec![None; 4])),
        ("gift", texts(vec![None; 4])),
        ("due", texts(vec![None; 4])),
    ];
    let out = read(&[table(columns.clone())], plan, &Call::default()).unwrap();
    let kinds: Vec<&str> = out.events.kind.iter().map(|&kind| out.keys[kind as usize].as_str()).collect();
    assert_eq!(kinds, ["purchase", "message"]);
    assert_eq!(out.customers(), ["b", "a"]);
    assert_eq!(out.numbers("amount")[0], 5.0);
    assert!(out.numbers("amount")[1].is_nan());
    assert_eq!(out.names("need"), ["SOUP", "chat"]);
    let reasons = [(2, "no kind `purchse` (did you mean `purchase`?)".into()), (3, "`kind` is missing".into())];
    assert_eq!(out.rejects, reasons);
    // Rejected rows leave no trace, and absent roles no column.
    assert_eq!(out.ids, ["b", "a", "x"].map(|text| OwnedId::Text(text.into())));
    assert_eq!(out.events.fields.len(), 2);

    let error = read(&[table(columns[1..].to_vec())], plan, &Call::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMissing);
    assert!(error.hint_text().unwrap().contains("`purchase`, `message`"));
    let error = read(&[table(columns)], plan, &Call { kind: Some("purchases"), roles: &[] }).unwrap_err();
    assert_eq!((error.kind(), error.hint_text()), (ErrorKind::UnknownWord, Some("did you mean `purchase`?")));
}

#[test]
fn a_table_that_fails_takes_nothing() {
    let (mut ids, mut keys) = (Ids::default(), Keys::default());
    let plan = plan(&mut keys);
    let known = keys.len();
    let good = table(purchases(vec![1], vec![1], vec![1.0]));
    let mut columns = purchases(vec![2], vec![2], vec![2.0]);
    columns[2].1 = Arc::new(TimestampMicrosecondArray::from(vec![1]));
    let error = read_events(&[good, table(columns)], &plan, &PURCHASE, NEVER, &mut ids, &mut keys).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaType);
    assert_eq!(error.message(), "column `sales_value` is of type Timestamp(µs), where a number is expected");
    assert_eq!((ids.len(), keys.len()), (0, known));
}
