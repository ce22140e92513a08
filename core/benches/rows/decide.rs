//! Decisions: 50 actions over five channels with rules, caps and linear scores, each recorded.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, UInt64Array};
use bactrian::{Ask, Call, Definition, Engine, Error, ErrorKind, Id, Options};

const CUSTOMERS: u64 = 20_000;
const ACTIONS: u64 = 50;
/// Microseconds from one decision to the next.
const STEP: i64 = 60_000_000;

/// Ten traits; each action with two rules and a linear score of four of them; caps by channel and in all.
fn definition() -> Result<Definition, Error> {
    let mut text = String::from("[trait]\n");
    for trait_ in 0..10 {
        let _ = writeln!(text, "x{trait_} = \"number\"");
    }
    for action in 0..ACTIONS {
        let x = |offset: u64| format!("x{}", (action * 7 + offset * 3) % 10);
        let (edge, weight) = (0.1 + 0.01 * action as f64, 0.01 + 0.001 * action as f64);
        let _ = write!(
            text,
            "[action.a{action}]\nchannel = \"c{}\"\ngroup = \"g{}\"\neligible = \"{} > {edge} && {} < 0.9\"\n\
             suitable = \"{} + {} > 0.4\"\nresponse = \"0.01 + {weight} * {} + 0.02 * {} + 0.005 * {} + 0.01 * {}\"\n\
             value = {}\ncost = 0.05\nwithin = \"7d\"\n",
            action % 5,
            action % 12,
            x(0),
            x(1),
            x(2),
            x(3),
            x(1),
            x(2),
            x(3),
            x(4),
            5 + action % 9
        );
    }
    for channel in 0..5 {
        let _ = write!(text, "[contact.c{channel}]\nat_most = 2\nper = \"7d\"\n");
    }
    text.push_str("[contact.all]\nat_most = 5\nper = \"7d\"\n[decide]\nattention = 0.05\n");
    Definition::from_toml(&text)
}

fn engine() -> Result<Engine, Error> {
    let engine = Engine::new(&definition()?, Options::default())?;
    let mut columns: Vec<(String, ArrayRef)> =
        vec![("customer".to_owned(), Arc::new(UInt64Array::from_iter_values(0..CUSTOMERS)))];
    for trait_ in 0..10u64 {
        let value = |customer: u64| ((customer * 31 + trait_ * 17) * 2_654_435_761 % 1000) as f64 / 1000.0;
        columns.push((format!("x{trait_}"), Arc::new(Float64Array::from_iter_values((0..CUSTOMERS).map(value)))));
    }
    let batch =
        RecordBatch::try_from_iter(columns).map_err(|error| Error::new(ErrorKind::SchemaArrow, error.to_string()))?;
    engine.identify(&[batch], &Call::default())?;
    Ok(engine)
}

/// Seconds of the median decision of 100,000.
pub(crate) fn median() -> bactrian::Result<f64> {
    let engine = engine()?;
    let mut seconds = Vec::new();
    for number in 0..100_000u64 {
        let ask = Ask { at: Some(number as i64 * STEP), ..Ask::default() };
        let start = Instant::now();
        engine.decide(Id::Number(number * 7919 % CUSTOMERS), ask)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[seconds.len() / 2])
}

/// Seconds a decision of batches over everyone, a day apart.
pub(crate) fn batch() -> bactrian::Result<f64> {
    let engine = engine()?;
    let rounds = 5;
    let mut best = f64::INFINITY;
    for round in 0..rounds {
        let ask = Ask { at: Some(round * 1440 * STEP), ..Ask::default() };
        let start = Instant::now();
        engine.decide_batch(None, ask)?;
        best = best.min(start.elapsed().as_secs_f64() / CUSTOMERS as f64);
    }
    Ok(best)
}
