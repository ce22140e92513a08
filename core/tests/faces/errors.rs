//! Every kind of error is met by a call of the crate, or named here with the reason why no call gives it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use bactrian::graph::fit_bass;
use bactrian::store::{Mode, Store};
use bactrian::{Ask, Call, Definition, Engine, Error, Id, Options, Result, RowEvent, Value};

const SHOP: &str = r#"
[event.purchase]
customer = "customer"
amount   = "amount"

[event.message]
customer = "src"
peer     = "dst"

[trait]
consent = "bool"

[feature.spend]
sum = "amount"
on  = "purchase"

[score.hosted]
callback = "model"
version  = "1"
inputs   = "spend"

[score.warmth]
mean   = "reply_seconds"
on     = "message"
toward = "peer"

[segment.tier]
axis.value = { of = "spend", edges = [10], labels = ["low", "high"] }
"#;

/// Kinds that no call of the crate gives, and why.
const BEYOND: [(&str, &str); 5] = [
    ("RowRejected", "a row that is refused is part of a report; calls of C for one row turn it into a status"),
    ("NullPointer", "Rust has no null pointers; C meets it"),
    ("StructSize", "structs have their size in Rust; C meets it"),
    (
        "Forked",
        "a test program with threads can't fork; C and Python do, and core/src/engine/tests/threads.rs plays it",
    ),
    ("Internal", "a mistake of this library, which tests are there to keep out: ffi/src/error/tests.rs makes one"),
];

/// Every kind with its number, as its source has them: the enum is not exhaustive outside of its crate.
fn kinds() -> BTreeMap<String, u32> {
    let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/base/error.rs")).unwrap();
    let body = source.split_once("pub enum ErrorKind {").unwrap().1.split_once('}').unwrap().0;
    let lines = body.lines().filter_map(|line| line.trim().strip_suffix(',')?.split_once(" = "));
    lines.map(|(name, number)| (name.to_owned(), number.parse().unwrap())).collect()
}

fn definition() -> Definition {
    Definition::from_toml(SHOP).unwrap()
}

fn other() -> Definition {
    Definition::from_toml("[event.visit]\ncustomer = \"who\"").unwrap()
}

/// An engine that has seen one purchase of customer 1, in a file or in memory.
fn shop(path: Option<&Path>) -> Engine {
    let engine = match path {
        Some(path) => Engine::open(path, Some(&definition()), Options::default()),
        None => Engine::new(&definition(), Options::default()),
    };
    let engine = engine.unwrap();
    buy(&engine).unwrap();
    engine
}

fn buy(engine: &Engine) -> Result<()> {
    let fields = [("amount", Value::Number(8.0))];
    let who = Some(Id::Number(1));
    engine.observe_row(&RowEvent { kind: "purchase", customer: who, peer: None, at: 10, fields: &fields }).map(|_| ())
}

fn observe(engine: &Engine, columns: Vec<(&str, ArrayRef)>, kind: &str) -> Result<()> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    engine.observe(&[batch], &Call { kind: Some(kind), roles: &[] }).map(|_| ())
}

fn numbers() -> ArrayRef {
    Arc::new(Int64Array::from(vec![1]))
}

/// A file whose format is that of another release.
fn of_another_release(path: &Path) {
    shop(Some(path)).close().unwrap();
    let mut store = Store::open(path, Mode::Create).unwrap();
    store.write_section("format", b"99.0").unwrap();
    store.close().unwrap();
}

/// A call that gives the kind of this name; nothing for a name without one.
fn meet(kind: &str, path: &Path) -> Option<Error> {
    let one = Id::Number(1);
    let failed: Result<()> = match kind {
        "DefinitionInvalid" => Definition::from_toml("[feature.a]\nsmu = 1").map(|_| ()),
        "DefinitionNotYet" => {
            let supplier = SHOP.replace("toward = \"peer\"", "toward = \"supplier\"");
            Engine::new(&Definition::from_toml(&supplier).unwrap(), Options::default()).map(|_| ())
        }
        "DefinitionMismatch" => {
            shop(Some(path)).close().unwrap();
            Engine::open(path, Some(&other()), Options::default()).map(|_| ())
        }
        "SchemaType" => bactrian::data::parse_time("soon").map(|_| ()),
        "SchemaMissing" => shop(None).score(None, Some(&["warmth"]), None, None).map(|_| ()),
        "SchemaArrow" => observe(&shop(None), vec![("customer", numbers()), ("customer", numbers())], "purchase"),
        "SchemaRange" => shop(None).merge(one, one),
        "InvalidUtf8" => bactrian::models::trees::Trees::read(b"tree\n\xff").map(|_| ()),
        "Interrupted" => {
            let engine = shop(None);
            engine.set_interrupt(Some(Arc::new(|| true))).unwrap();
            engine.score(None, Some(&["spend"]), None, None).map(|_| ())
        }
        "UnknownDecision" => shop(None).recorded(7).map(|_| ()),
        "UnknownColumn" => shop(None).reader(&["spned"]).map(|_| ()),
        "UnknownCustomer" => shop(None).decide(Id::Number(2), Ask::default()).map(|_| ()),
        "UnknownSegment" => shop(None).segment("teir").map(|_| ()),
        "UnknownWord" => shop(None).identify_row(one, None, &[("concent", Value::Bool(true))]).map(|_| ()),
        "TimePast" => shop(None).advance_to(9).map(|_| ()),
        "TimeBeyondCeiling" => {
            let engine = shop(None);
            engine.set_ceiling(20);
            engine.advance_to(21).map(|_| ())
        }
        "ReadOnly" => {
            shop(Some(path)).close().unwrap();
            buy(&Engine::open(path, None, Options { read_only: true, ..Options::default() }).unwrap())
        }
        "Closed" => {
            let engine = shop(None);
            engine.close().unwrap();
            buy(&engine)
        }
        "NotEnoughData" => fit_bass(&[1.0]).map(|_| ()),
        "NotMergeable" => {
            let (whole, part) =
                (Engine::new(&definition(), Options::default()).unwrap(), shop(None).partial().unwrap());
            whole.absorb(&part).unwrap();
            whole.absorb(&part).map(|_| ())
        }
        "Callback" => shop(None).score(None, Some(&["hosted"]), None, None).map(|_| ()),
        "StoreIo" => Engine::open(&path.join("in/a/file"), Some(&other()), Options::default()).map(|_| ()),
        "StoreCorrupt" => {
            std::fs::write(path, "this is no engine").unwrap();
            Engine::open(path, None, Options::default()).map(|_| ())
        }
        "StoreLocked" => {
            let _writer = shop(Some(path));
            Engine::open(path, None, Options::default()).map(|_| ())
        }
        "StoreVersion" => {
            of_another_release(path);
            Engine::open(path, None, Options::default()).map(|_| ())
        }
        _ => return None,
    };
    Some(failed.expect_err(kind))
}

#[test]
fn every_kind_is_met_or_named_as_beyond_reach() {
    let beyond: BTreeSet<&str> = BEYOND.iter().map(|(kind, _)| *kind).collect();
    assert!(kinds().len() > 25 && beyond.iter().all(|kind| kinds().contains_key(*kind)));
    for (kind, number) in kinds() {
        let folder = tempfile::tempdir().unwrap();
        match meet(&kind, &folder.path().join("shop.bactrian")) {
            Some(error) => {
                assert_eq!(error.kind().code(), number, "{kind}: {error}");
                assert!(!beyond.contains(kind.as_str()), "`{kind}` is met: take it off the list");
                let (first, last) = (error.message().chars().next().unwrap(), error.message().chars().last().unwrap());
                assert!(!first.is_uppercase() && last != '.', "{kind}: {error}");
                assert!(error.hint_text().is_none_or(|hint| !hint.ends_with('.')), "{kind}: {error}");
            }
            None => assert!(beyond.contains(kind.as_str()), "`{kind}` has no case"),
        }
    }
}

#[test]
fn a_table_without_its_columns_is_an_error_and_not_a_row() {
    let engine = shop(None);
    let before = engine.stats().unwrap().events;
    let amounts: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    let error = observe(&engine, vec![("amount", amounts)], "purchase").unwrap_err();
    assert_eq!(error.kind(), bactrian::ErrorKind::SchemaMissing);
    assert_eq!(engine.stats().unwrap().events, before);
}
