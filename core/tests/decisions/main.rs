//! Decisions: policies, arbitration, the record and what is learnt from it, explanations.

#![cfg(test)]

mod arbitration;
mod backtest;
mod explain;
mod learnt;
mod listening;
mod policies;
mod proven;
mod random;
mod records;
mod regressions;
mod rewards;
mod silence;
mod slates;
mod twin;

use bactrian::{Ask, Column, Decision, Definition, Engine, Id, Options, Reason, Table, Value};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

const ANNA: Id<'static> = Id::Text("anna");

/// An engine in memory that knows `anna`.
fn engine(definition: &str) -> Engine {
    let engine = Engine::new(&Definition::from_toml(definition).unwrap(), Options::default()).unwrap();
    engine.identify_row(ANNA, Some(0), &[]).unwrap();
    engine
}

fn know(engine: &Engine, traits: &[(&str, Value<'_>)]) {
    assert_eq!(engine.identify_row(ANNA, None, traits).unwrap().rejected, []);
}

fn decide(engine: &Engine, at: i64) -> Decision {
    engine.decide(ANNA, Ask { at: Some(at), ..Ask::default() }).unwrap()
}

fn action(engine: &Engine, at: i64) -> Option<String> {
    decide(engine, at).action
}

/// Why an action would lose now.
fn reason(engine: &Engine, at: i64, action: &str) -> Option<(Reason, String)> {
    let dry = engine.decide(ANNA, Ask { at: Some(at), dry: true, ..Ask::default() }).unwrap();
    dry.losers().into_iter().find(|loser| loser.action == action).map(|loser| (loser.reason, loser.why))
}

fn whole(table: &Table, column: &str) -> Vec<i64> {
    match table.column(column) {
        Some(Column::Integer(values)) => values.clone(),
        other => panic!("{column} is {other:?}"),
    }
}

fn numbers(table: &Table, column: &str) -> Vec<f64> {
    match table.column(column) {
        Some(Column::Number(values)) => values.clone(),
        other => panic!("{column} is {other:?}"),
    }
}

fn texts(table: &Table, column: &str) -> Vec<Option<String>> {
    match table.column(column) {
        Some(Column::Text(values)) => values.clone(),
        other => panic!("{column} is {other:?}"),
    }
}
