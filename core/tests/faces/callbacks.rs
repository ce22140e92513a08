//! A function of the host is a score like any other, and whatever it does wrong is unknown and counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bactrian::{Ask, Callback, Definition, Engine, ErrorKind, Id, Options, RowEvent, Value};

const DAY: i64 = 86_400_000_000;

const SHOP: &str = r#"
[event.purchase]
customer = "customer"
amount   = "amount"

[event.message]
customer = "src"
peer     = "dst"

[feature.spend]
sum       = "amount"
on        = "purchase"
half_life = "90d"

[feature.orders]
count = "event"
on    = "purchase"

[feature.sent]
count  = "event"
on     = "message"
toward = "peer"

[score.formula]
value = "spend * 2.0 + orders"

[score.hosted]
callback = "model"
version  = "1"
inputs   = ["spend", "orders"]

[score.pair]
callback = "pair"
version  = "1"
inputs   = "sent"
"#;

const REACTING: &str = r#"
[segment.tier]
axis.risk = { of = "hosted", edges = [10.0], labels = ["low", "high"] }

[action.offer]
eligible = "hosted > 5.0"
response = "0.5"
value    = "hosted"
"#;

fn engine(more: &str) -> Engine {
    Engine::new(&Definition::from_toml(&format!("{SHOP}{more}")).unwrap(), Options::default()).unwrap()
}

fn same() -> Callback {
    Arc::new(|inputs: &[f64]| Ok(inputs[0] * 2.0 + inputs[1]))
}

fn buy(engine: &Engine, customer: u64, amount: f64, at: i64) -> bactrian::Result<()> {
    let fields = [("amount", Value::Number(amount))];
    let event = RowEvent { kind: "purchase", customer: Some(Id::Number(customer)), peer: None, at, fields: &fields };
    engine.observe_row(&event).map(|_| ())
}

fn read(engine: &Engine, column: &str, peer: Option<u64>) -> bactrian::Result<f64> {
    let mut value = [f64::NAN];
    engine.reader(&[column])?.read(Id::Number(1), peer.map(Id::Number), None, &mut value)?;
    Ok(value[0])
}

fn kind<T: std::fmt::Debug>(result: bactrian::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn a_callback_gives_the_bits_of_the_same_formula() {
    let engine = engine("");
    engine.register("model", "1", same()).unwrap();
    for day in 0..50 {
        buy(&engine, 1, 3.7 * day as f64, day * DAY).unwrap();
        let (formula, hosted) = (read(&engine, "formula", None).unwrap(), read(&engine, "hosted", None).unwrap());
        assert_eq!(formula.to_bits(), hosted.to_bits());
    }
    let table = engine.score(None, Some(&["formula", "hosted"]), Some(90 * DAY), None).unwrap();
    assert_eq!(table.columns[1].1, table.columns[2].1);
    let past = engine.training_set(20 * DAY, Some(&["formula", "hosted"]), None, None).unwrap();
    assert_eq!(past.columns[1].1, past.columns[2].1);
    let explained = engine.explain(Id::Number(1), "hosted", None, None).unwrap();
    assert_eq!(explained.parts, [("model".to_owned(), explained.value)]);
    assert_eq!(explained.evidence[1], ("orders".to_owned(), 50.0));
    let report = &engine.callbacks().unwrap()[0];
    assert!(report.calls > 50 && (report.unknown, report.failed) == (0, 0) && report.failure.is_none());
}

#[test]
fn a_column_is_refused_until_its_version_is_registered() {
    let engine = engine("");
    buy(&engine, 1, 8.0, 0).unwrap();
    assert_eq!(read(&engine, "formula", None).unwrap(), 17.0);
    assert_eq!(kind(read(&engine, "hosted", None)), ErrorKind::Callback);
    engine.register("model", "2", same()).unwrap();
    let error = read(&engine, "hosted", None).unwrap_err();
    assert_eq!(error.message(), "column `hosted` needs the callback `model` of version `1`");
    assert_eq!(error.hint_text(), Some("the host has registered version 2"));
    assert_eq!(kind(engine.score(None, None, None, None)), ErrorKind::Callback);
    assert_eq!(kind(engine.explain(Id::Number(1), "hosted", None, None)), ErrorKind::Callback);
    assert_eq!(kind(engine.training_set(DAY, Some(&["hosted"]), None, None)), ErrorKind::Callback);
    engine.register("model", "1", same()).unwrap();
    assert_eq!(read(&engine, "hosted", None).unwrap(), 17.0);
    engine.register("model", "1", Arc::new(|_: &[f64]| Ok(1.0))).unwrap();
    assert_eq!(read(&engine, "hosted", None).unwrap(), 1.0);
}

#[test]
fn nothing_reacts_without_what_segments_and_actions_read() {
    let engine = engine(REACTING);
    assert_eq!(kind(buy(&engine, 1, 8.0, 0)), ErrorKind::Callback);
    assert_eq!(kind(engine.fit(None)), ErrorKind::Callback);
    assert_eq!(kind(engine.advance_to(DAY)), ErrorKind::Callback);
    assert_eq!(engine.stats().unwrap().events, 0);
    engine.register("model", "1", same()).unwrap();
    buy(&engine, 1, 8.0, 0).unwrap();
    assert_eq!(engine.members("tier", "high").unwrap().len(), 1);
    assert_eq!(engine.decide(Id::Number(1), Ask::default()).unwrap().action.as_deref(), Some("offer"));
}

#[test]
fn the_version_is_journalled_and_the_function_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.bactrian");
    let definition = Definition::from_toml(&format!("{SHOP}{REACTING}")).unwrap();
    let engine = Engine::open(&path, Some(&definition), Options::default()).unwrap();
    engine.register("model", "1", same()).unwrap();
    buy(&engine, 1, 8.0, 0).unwrap();
    let (value, digest) = (read(&engine, "hosted", None).unwrap(), engine.digest().unwrap());
    engine.close().unwrap();
    // What was recorded is folded without the function: the same state, to the bit.
    let engine = Engine::open(&path, None, Options::default()).unwrap();
    assert_eq!(engine.digest().unwrap(), digest);
    assert_eq!(kind(buy(&engine, 1, 8.0, 0)), ErrorKind::Callback);
    assert_eq!(kind(engine.decide(Id::Number(1), Ask::default())), ErrorKind::Callback);
    assert_eq!(kind(engine.decide_batch(None, Ask { dry: true, ..Ask::default() })), ErrorKind::Callback);
    engine.register("model", "1", same()).unwrap();
    assert_eq!(read(&engine, "hosted", None).unwrap(), value);
    // A definition of another version asks for another function, which may be registered before.
    let next = Definition::from_toml(&definition.to_toml().replacen("version = \"1\"", "version = \"2\"", 1)).unwrap();
    assert_eq!(kind(engine.redefine(&next)), ErrorKind::Callback);
    engine.register("model", "2", Arc::new(|_: &[f64]| Ok(-1.0))).unwrap();
    let changed = engine.redefine(&next).unwrap();
    assert_eq!((changed.moved, read(&engine, "hosted", None).unwrap()), (1, -1.0));
}

#[test]
fn what_goes_wrong_is_unknown_and_counted() {
    let engine = engine(REACTING);
    let step = Arc::new(AtomicU64::new(0));
    let turn = Arc::clone(&step);
    let callback: Callback = Arc::new(move |inputs: &[f64]| match turn.load(Ordering::Relaxed) {
        0 => Ok(f64::NAN),
        1 => Ok(f64::INFINITY),
        2 => Err("the model is asleep".to_owned()),
        3 => inputs.get(7).copied().ok_or_else(|| unreachable_input(inputs)),
        _ => Ok(20.0),
    });
    engine.register("model", "1", callback).unwrap();
    for turn in 0..5 {
        step.store(turn, Ordering::Relaxed);
        buy(&engine, 1, 8.0, turn as i64 * DAY).unwrap();
        assert_eq!(read(&engine, "hosted", None).unwrap().is_nan(), turn < 4, "{turn}");
        let report = engine.callbacks().unwrap().remove(0);
        assert_eq!(report.failed > 0, turn > 0);
        match turn {
            0 => assert!(report.unknown > 0 && report.failure.is_none()),
            1 => assert_eq!(report.failure.as_deref(), Some("it gave inf")),
            2 => assert_eq!(report.failure.as_deref(), Some("the model is asleep")),
            _ => assert_eq!(report.failure.as_deref(), Some("it panicked")),
        }
    }
    assert_eq!(engine.members("tier", "high").unwrap().len(), 1);
}

fn unreachable_input(inputs: &[f64]) -> String {
    panic!("there are {} inputs", inputs.len())
}

#[test]
fn a_callback_reads_toward_a_peer_and_unknown_inputs_as_nan() {
    let engine = engine("");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    engine
        .register(
            "pair",
            "1",
            Arc::new(move |inputs: &[f64]| {
                kept.lock().unwrap().push(inputs.to_vec());
                Ok(if inputs[0].is_nan() { -1.0 } else { inputs[0] })
            }),
        )
        .unwrap();
    let message =
        RowEvent { kind: "message", customer: Some(Id::Number(1)), peer: Some(Id::Number(2)), at: 0, fields: &[] };
    engine.observe_row(&message).unwrap();
    assert_eq!(read(&engine, "pair", Some(2)).unwrap(), 1.0);
    assert_eq!(read(&engine, "pair", None).unwrap(), -1.0);
    assert!(seen.lock().unwrap()[1][0].is_nan());
    assert!(engine.columns().unwrap().contains(&("pair".to_owned(), true)));
}

#[test]
fn a_callback_can_not_call_its_engine() {
    let engine = engine("");
    let inner = engine.clone();
    let callback: Callback = Arc::new(move |_: &[f64]| match inner.now() {
        Err(error) if error.kind() == ErrorKind::Callback => Err(error.message().to_owned()),
        other => Ok(other.map_or(0.0, |_| 1.0)),
    });
    engine.register("model", "1", callback).unwrap();
    buy(&engine, 1, 8.0, 0).unwrap();
    assert!(read(&engine, "hosted", None).unwrap().is_nan());
    assert_eq!(engine.callbacks().unwrap()[0].failure.as_deref(), Some("a callback can't call an engine"));
    assert_eq!(read(&engine, "formula", None).unwrap(), 17.0);
}

#[test]
fn mistakes_of_a_hosted_score_are_found() {
    let mistakes = |score: &str| -> Vec<String> {
        let text = format!(
            "[event.visit]\ncustomer = \"who\"\n[trait]\ncity = \"category\"\n[feature.visits]\ncount = \"event\"\n{score}"
        );
        bactrian::check_text(&text).iter().map(|problem| problem.message.clone()).collect()
    };
    assert!(mistakes("[score.a]\ncallback = \"m\"\nversion = \"1\"\ninputs = [\"visits\"]").is_empty());
    let found = mistakes("[score.a]\ncallback = \"m\"\nversion = \"1\"\ninputs = [\"visit\", \"city\"]");
    assert_eq!(found[0], "no column `visit`");
    assert!(found[1].starts_with("`city` is ") && found[1].ends_with("and a callback reads numbers"));
    assert_eq!(mistakes("[score.a]\ncallback = \"m\"").len(), 2);
    assert!(mistakes("[score.a]\ncallback = \"m\"\nversion = \"1\"\ninputs = \"a\"")[0].contains("depends on itself"));
    assert_eq!(
        mistakes("[score.a]\ncallback = \"m\"\nversion = \"1\"\ninputs = \"visits\"\nvalue = 1"),
        ["unknown key `callback`", "unknown key `version`", "unknown key `inputs`"]
    );
}
