//! Taking events: batches from Arrow, rows one by one, a row and a read.

use std::time::Instant;

use bactrian::{Durability, Engine, Id, RowEvent, Value};

use super::shop;

/// Seconds an event of batches of `rows`, as many as make a million; the best of two runs.
fn batches(engine: &Engine, rows: u64) -> bactrian::Result<f64> {
    let events = shop::CUSTOMERS;
    let mut best = f64::INFINITY;
    for round in 1..=2 {
        let firsts = (round * events..(round + 1) * events).step_by(rows as usize);
        let batch = |first: u64| shop::batch(&(first..first + rows).map(shop::customer).collect::<Vec<_>>(), first);
        let batches = firsts.map(batch).collect::<bactrian::Result<Vec<_>>>()?;
        let start = Instant::now();
        for batch in &batches {
            shop::take(engine, batch)?;
        }
        best = best.min(start.elapsed().as_secs_f64() / events as f64);
    }
    Ok(best)
}

pub(crate) fn memory() -> bactrian::Result<f64> {
    batches(&shop::full(0)?, 100_000)
}

pub(crate) fn segments() -> bactrian::Result<f64> {
    batches(&shop::full(12)?, 100_000)
}

pub(crate) fn durable() -> bactrian::Result<f64> {
    let folder =
        tempfile::tempdir().map_err(|error| bactrian::Error::new(bactrian::ErrorKind::StoreIo, error.to_string()))?;
    let engine = shop::engine(Some(&folder.path().join("shop.bactrian")), 0, Durability::Commit)?;
    batches(&engine, 10_000)
}

fn one(engine: &Engine, number: u64) -> bactrian::Result<()> {
    let (at, amount) = shop::facts(number);
    let (customer, fields) = (Some(Id::Number(shop::customer(number))), [("amount", Value::Number(amount))]);
    engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at, fields: &fields })?;
    Ok(())
}

/// Seconds a row of `rows` rows.
fn rows(engine: &Engine, rows: u64) -> bactrian::Result<f64> {
    let start = Instant::now();
    for number in shop::CUSTOMERS..shop::CUSTOMERS + rows {
        one(engine, number)?;
    }
    Ok(start.elapsed().as_secs_f64() / rows as f64)
}

pub(crate) fn row_memory() -> bactrian::Result<f64> {
    rows(&shop::full(0)?, 1_000_000)
}

pub(crate) fn row_commit() -> bactrian::Result<f64> {
    let folder =
        tempfile::tempdir().map_err(|error| bactrian::Error::new(bactrian::ErrorKind::StoreIo, error.to_string()))?;
    rows(&shop::engine(Some(&folder.path().join("shop.bactrian")), 0, Durability::Commit)?, 5_000)
}

pub(crate) fn row_interval() -> bactrian::Result<f64> {
    let folder =
        tempfile::tempdir().map_err(|error| bactrian::Error::new(bactrian::ErrorKind::StoreIo, error.to_string()))?;
    let engine = shop::engine(Some(&folder.path().join("shop.bactrian")), 0, Durability::Interval)?;
    let seconds = rows(&engine, 1_000_000)?;
    engine.close()?;
    Ok(seconds)
}

/// Seconds of one row and one read of all five columns of its customer, at this share of the calls.
pub(crate) fn and_score(share: f64) -> bactrian::Result<f64> {
    let engine = shop::full(0)?;
    let reader = engine.reader(&["day", "week", "month", "quarter", "recent"])?;
    let mut values = [0.0; 5];
    let mut seconds = Vec::new();
    for number in shop::CUSTOMERS..shop::CUSTOMERS + 500_000 {
        let customer = Id::Number(shop::customer(number));
        let start = Instant::now();
        one(&engine, number)?;
        reader.read(customer, None, None, &mut values)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[(share * seconds.len() as f64) as usize])
}
