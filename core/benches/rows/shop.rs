//! The shop of the rows on ingest: a million customers, sums over four half-lives and a 30-day window.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, TimestampMicrosecondArray, UInt64Array};
use bactrian::{Call, Definition, Durability, Engine, Options};

/// Customers, numbered from 0.
pub(crate) const CUSTOMERS: u64 = 1_000_000;
/// Microseconds from one event to the next.
const STEP: i64 = 1_000_000;

const DEFINITION: &str = r#"
[event.purchase]
customer = "customer"
at       = "at"
amount   = "amount"

[feature.day]
sum       = "amount"
on        = "purchase"
half_life = "1d"

[feature.week]
sum       = "amount"
on        = "purchase"
half_life = "7d"

[feature.month]
sum       = "amount"
on        = "purchase"
half_life = "30d"

[feature.quarter]
sum       = "amount"
on        = "purchase"
half_life = "90d"

[feature.recent]
sum    = "amount"
on     = "purchase"
window = "30d"
"#;

/// An engine in memory or in a file.
pub(crate) fn engine(path: Option<&Path>, segments: usize, durability: Durability) -> bactrian::Result<Engine> {
    let axis = |index: usize| {
        let of = ["day", "week", "month", "quarter"][index % 4];
        format!(
            "[segment.tier_{index}]\naxis.value = {{ of = \"{of}\", edges = [{}.0], labels = [\"low\", \"high\"] }}\n",
            20 * (index + 1)
        )
    };
    let definition = Definition::from_toml(&(DEFINITION.to_owned() + &(0..segments).map(axis).collect::<String>()))?;
    match path {
        None => Engine::new(&definition, Options::default()),
        Some(path) => Engine::open(path, Some(&definition), Options { durability, ..Options::default() }),
    }
}

/// An engine in memory that has seen every customer once.
pub(crate) fn full(segments: usize) -> bactrian::Result<Engine> {
    let engine = engine(None, segments, Durability::Commit)?;
    let who: Vec<u64> = (0..CUSTOMERS).collect();
    take(&engine, &batch(&who, 0)?)?;
    Ok(engine)
}

pub(crate) fn take(engine: &Engine, batch: &RecordBatch) -> bactrian::Result<()> {
    let report = engine.observe(std::slice::from_ref(batch), &Call { kind: Some("purchase"), roles: &[] })?;
    assert_eq!(report.accepted as usize, batch.num_rows());
    Ok(())
}

/// Customer of the event of this number: a hash of it.
pub(crate) fn customer(number: u64) -> u64 {
    let mixed = (number ^ (number >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)) % CUSTOMERS
}

/// Time and amount of the event of this number.
pub(crate) fn facts(number: u64) -> (i64, f64) {
    (number as i64 * STEP, (number % 97) as f64 + 0.5)
}

/// Events numbered from `first`, of these customers.
pub(crate) fn batch(who: &[u64], first: u64) -> bactrian::Result<RecordBatch> {
    let (at, amount): (Vec<i64>, Vec<f64>) = (first..first + who.len() as u64).map(facts).unzip();
    let columns: [(&str, ArrayRef); 3] = [
        ("customer", Arc::new(UInt64Array::from(who.to_vec()))),
        ("at", Arc::new(TimestampMicrosecondArray::from(at))),
        ("amount", Arc::new(Float64Array::from(amount))),
    ];
    RecordBatch::try_from_iter(columns)
        .map_err(|error| bactrian::Error::new(bactrian::ErrorKind::SchemaArrow, error.to_string()))
}
