//! What the tests of this folder do to an engine.

use super::*;

pub(super) fn purchase(engine: &Engine, number: u64) -> Result<()> {
    let need = format!("need {}", number % 4);
    let basket = format!("basket {}", number / 3);
    let fields = [
        ("amount", Value::Number((number * 7 % 23) as f64 + 0.5)),
        ("need", Value::Text(&need)),
        ("occasion", Value::Text(&basket)),
    ];
    let customer = Some(Id::Number(number * 31 % 9));
    let at = (number as i64 * 5 - number as i64 % 3) * DAY / 8;
    engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at, fields: &fields }).map(drop)
}

pub(super) fn message(engine: &Engine, number: u64) -> Result<()> {
    let (customer, peer) = (Some(Id::Number(number % 5)), Some(Id::Text("anna")));
    let at = number as i64 * DAY / 2;
    engine.observe_row(&RowEvent { kind: "message", customer, peer, at, fields: &[] }).map(drop)
}

/// A call of every sort, row calls and others.
pub(super) fn calls() -> Vec<fn(&Engine) -> Result<()>> {
    vec![
        |engine| purchase(engine, 1),
        |engine| (2..9).try_for_each(|number| purchase(engine, number)),
        |engine| message(engine, 3),
        |engine| engine.identify_row(Id::Number(4), None, &[("city", Value::Text("Rouen"))]).map(drop),
        |engine| engine.relate_row("talk", Id::Number(4), Id::Text("anna"), None, 2.0).map(drop),
        |engine| engine.advance_to(12 * DAY).map(drop),
        |engine| engine.fit(None).map(drop),
        |engine| engine.decide(Id::Number(4), Ask::default()).map(drop),
        |engine| engine.checkpoint(),
        |engine| engine.decide_batch(None, Ask::default()).map(drop),
        |engine| engine.merge(Id::Number(4), Id::Number(3)),
        |engine| (30..40).try_for_each(|number| purchase(engine, number)),
        |engine| engine.redefine(&wider()).map(drop),
        |engine| purchase(engine, 41),
        |engine| engine.erase(Id::Number(5)).map(drop),
        |engine| message(engine, 61),
    ]
}

/// The definition of these tests with one feature more.
pub(super) fn wider() -> Definition {
    Definition::from_toml(&format!("{DEFINITION}\n[feature.most]\nmax = \"amount\"\non = \"purchase\"\n")).unwrap()
}

/// The definition of these tests with a journal that keeps `keep`.
pub(super) fn keeping(keep: &str) -> Definition {
    Definition::from_toml(&format!("[time]\nkeep = \"{keep}\"\n{DEFINITION}")).unwrap()
}
