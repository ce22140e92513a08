//! The golden cases, run by Rust. `tests/golden/cases.toml` says what every face must answer.

#![cfg(test)]

mod stream;

use bactrian::data::parse_time;
use bactrian::{Ask, Column, Definition, Engine, Id, IngestReport, Options, Result, RowEvent, Value};
use toml::{Table, Value as Toml};

/// Ids and texts of a step, with the numbers among them written out.
fn text(value: &Toml) -> String {
    match value {
        Toml::String(text) => text.clone(),
        Toml::Integer(number) => number.to_string(),
        other => panic!("{other} is no id"),
    }
}

fn time(value: &Toml) -> i64 {
    parse_time(value.as_str().unwrap()).unwrap()
}

fn value(value: &Toml) -> Value<'_> {
    match value {
        Toml::Float(number) => Value::Number(*number),
        Toml::Integer(number) => Value::Number(*number as f64),
        Toml::Boolean(flag) => Value::Bool(*flag),
        Toml::String(text) => Value::Text(text),
        other => panic!("{other} is no value"),
    }
}

fn observe(engine: &Engine, row: &Table) -> Result<IngestReport> {
    let id = |word: &str| row.get(word).map(text);
    let (customer, peer) = (id("customer"), id("peer"));
    let fields: Vec<(&str, Value<'_>)> = row
        .iter()
        .filter(|(word, _)| !["kind", "customer", "peer", "at"].contains(&word.as_str()))
        .map(|(word, field)| (word.as_str(), value(field)))
        .collect();
    engine.observe_row(&RowEvent {
        kind: row["kind"].as_str().unwrap(),
        customer: customer.as_deref().map(Id::Text),
        peer: peer.as_deref().map(Id::Text),
        at: time(&row["at"]),
        fields: &fields,
    })
}

/// What a read gave, in the words of the cases.
fn shown(engine: &Engine, column: &str, number: f64, wanted: &Toml) -> Toml {
    match wanted {
        _ if number.is_nan() => Toml::String("unknown".to_owned()),
        Toml::Boolean(_) => Toml::Boolean(number == 1.0),
        Toml::String(_) => Toml::String(engine.key_text(number).unwrap_or_else(|_| column.to_owned())),
        _ => Toml::Float(number),
    }
}

fn read(engine: &Engine, step: &Table) -> Result<()> {
    let columns: Vec<&str> =
        step["columns"].as_array().unwrap().iter().map(|column| column.as_str().unwrap()).collect();
    let reader = engine.reader(&columns)?;
    let mut values = vec![f64::NAN; reader.len()];
    let (customer, peer) = (text(&step["read"]), step.get("peer").map(text));
    reader.read(Id::Text(&customer), peer.as_deref().map(Id::Text), step.get("at").map(time), &mut values)?;
    let wanted = step["equals"].as_array().unwrap();
    for ((column, number), wanted) in columns.iter().zip(values).zip(wanted) {
        assert_eq!(shown(engine, column, number, wanted), *wanted, "{column} of {customer} in {step}");
    }
    Ok(())
}

fn decide(engine: &Engine, step: &Table, last: &mut u64) -> Result<()> {
    let customer = text(&step["decide"]);
    let decision = engine.decide(Id::Text(&customer), Ask::default())?;
    assert_eq!(decision.action.as_deref().unwrap_or("silence"), step["action"].as_str().unwrap(), "{decision:?}");
    assert_eq!(Toml::Float(decision.priority), step["priority"], "{decision:?}");
    *last = decision.id;
    Ok(())
}

fn ledger(engine: &Engine, step: &Table) -> Result<()> {
    let (table, action) = (engine.ledger()?, text(&step["ledger"]));
    let Some(Column::Text(actions)) = table.column("action") else { panic!("no actions") };
    let row = actions.iter().position(|known| known.as_deref().unwrap_or("silence") == action).unwrap();
    for (column, wanted) in step["columns"].as_array().unwrap().iter().zip(step["equals"].as_array().unwrap()) {
        let found = match table.column(column.as_str().unwrap()) {
            Some(Column::Integer(counts)) => Toml::Integer(counts[row]),
            Some(Column::Number(sums)) => Toml::Float(sums[row]),
            other => panic!("{column} is {other:?}"),
        };
        assert_eq!(found, *wanted, "{column} in {step}");
    }
    Ok(())
}

fn erase(engine: &Engine, step: &Table) -> Result<()> {
    let receipt = engine.erase(Id::Text(&text(&step["erase"])))?;
    let counts = [
        ("events", receipt.events),
        ("unnamed", receipt.unnamed),
        ("traits", receipt.traits),
        ("ties", receipt.ties),
        ("found", receipt.found),
    ];
    counts.into_iter().for_each(|(word, found)| count(step, word, found as usize));
    Ok(())
}

fn count(step: &Table, word: &str, found: usize) {
    if let Some(wanted) = step.get(word) {
        assert_eq!(wanted.as_integer(), Some(found as i64), "{word} in {step}");
    }
}

fn ingested(step: &Table, report: Result<IngestReport>) -> Result<()> {
    let report = report?;
    count(step, "duplicates", report.duplicates as usize);
    count(step, "rejected", report.rejected.len());
    count(step, "crossings", report.crossings.len());
    count(step, "decisions", report.decisions.len());
    Ok(())
}

fn run(engine: &Engine, step: &Table, last: &mut u64) -> Result<()> {
    if let Some(row) = step.get("observe") {
        return ingested(step, observe(engine, row.as_table().unwrap()));
    }
    if let Some(who) = step.get("identify") {
        let traits = step["traits"].as_table().unwrap();
        let traits: Vec<(&str, Value<'_>)> = traits.iter().map(|(name, known)| (name.as_str(), value(known))).collect();
        return ingested(step, engine.identify_row(Id::Text(&text(who)), step.get("at").map(time), &traits));
    }
    if let Some(at) = step.get("advance") {
        return ingested(step, engine.advance_to(time(at)));
    }
    if step.contains_key("fit") {
        return engine.fit(None).map(|_| ());
    }
    if let Some(tie) = step.get("relate") {
        let (customer, peer) = (text(&tie["customer"]), text(&tie["peer"]));
        let (layer, weight) = (tie["layer"].as_str().unwrap(), tie["weight"].as_float().unwrap());
        let at = tie.get("at").map(time);
        return ingested(step, engine.relate_row(layer, Id::Text(&customer), Id::Text(&peer), at, weight));
    }
    if let Some(pair) = step.get("merge") {
        let [kept, folded] = [0, 1].map(|place| text(&pair[place]));
        return engine.merge(Id::Text(&kept), Id::Text(&folded));
    }
    if let Some(next) = step.get("redefine") {
        let changed = engine.redefine(&Definition::from_toml(next.as_str().unwrap())?)?;
        count(step, "moved", changed.moved as usize);
        return Ok(());
    }
    if let Some(outcome) = step.get("learn") {
        let decision = step.get("of").and_then(Toml::as_integer).map_or(*last, |id| id as u64);
        let value = step.get("value").and_then(Toml::as_float);
        return ingested(step, engine.learn_row(decision, &text(outcome), step.get("at").map(time), value));
    }
    if step.contains_key("ledger") {
        return ledger(engine, step);
    }
    if step.contains_key("erase") {
        return erase(engine, step);
    }
    if step.contains_key("read") { read(engine, step) } else { decide(engine, step, last) }
}

#[test]
fn every_case_holds() {
    let cases: Table = include_str!("../../../tests/golden/cases.toml").parse().unwrap();
    for case in cases["case"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let definition = Definition::from_toml(case["definition"].as_str().unwrap()).unwrap();
        let engine = Engine::new(&definition, Options::default()).unwrap();
        let mut last = 0;
        for step in case["steps"].as_array().unwrap() {
            let step = step.as_table().unwrap();
            let wanted = step.get("error").and_then(Toml::as_integer);
            let found = run(&engine, step, &mut last);
            let code = found.as_ref().err().map(|error| i64::from(error.kind().code()));
            assert_eq!(code, wanted, "{name}: {step}: {found:?}");
        }
    }
}
