//! Twenty rules over the columns of a table, and over one row: two ranges each, every fourth of a tier too.

use std::hint::black_box;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Float64Array, Int32Array, RecordBatch, StringArray};
use bactrian::expr::{Rules, Type};
use bactrian::{Error, ErrorKind, Result, Value};

const ROWS: usize = 100_000;
const RULES: usize = 20;
const NUMBERS: usize = 8;
const TIERS: [&str; 4] = ["bronze", "silver", "gold", "platinum"];

fn rules() -> Result<Rules> {
    let numbers: Vec<String> = (0..NUMBERS).map(|number| format!("x{number}")).collect();
    let mut columns: Vec<(&str, Type)> = numbers.iter().map(|name| (name.as_str(), Type::Number)).collect();
    columns.push(("tier", Type::Key));
    let rule = |number: usize| {
        let (low, high) = (0.1 + 0.02 * number as f64, 0.95 - 0.01 * number as f64);
        let (first, second) = (number % NUMBERS, (3 * number + 1) % NUMBERS);
        let tier = TIERS[number / 4 % TIERS.len()];
        let also = if number.is_multiple_of(4) { format!(" && tier == \"{tier}\"") } else { String::new() };
        (format!("r{number}"), format!("x{first} > {low:.2} && x{second} < {high:.2}{also}"))
    };
    let rules: Vec<(String, String)> = (0..RULES).map(rule).collect();
    let rules: Vec<(&str, &str)> = rules.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Rules::compile(&columns, &rules)
}

/// A number in [0, 1) for a row and a column.
fn number(row: usize, column: usize) -> f64 {
    let mixed = ((row * 31 + column * 7_919 + 17) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 40) as f64 / (1u64 << 24) as f64
}

fn table() -> Result<RecordBatch> {
    let column = |column: usize| {
        let values = Float64Array::from_iter_values((0..ROWS).map(|row| number(row, column)));
        (format!("x{column}"), Arc::new(values) as ArrayRef)
    };
    let tiers = Int32Array::from_iter_values((0..ROWS).map(|row| (number(row, NUMBERS) * 4.0) as i32));
    let tiers = DictionaryArray::<Int32Type>::try_new(tiers, Arc::new(StringArray::from(TIERS.to_vec())));
    let arrow = |error: arrow_schema::ArrowError| Error::new(ErrorKind::SchemaArrow, error.to_string());
    let tiers: (String, ArrayRef) = ("tier".to_owned(), Arc::new(tiers.map_err(arrow)?));
    RecordBatch::try_from_iter((0..NUMBERS).map(column).chain([tiers])).map_err(arrow)
}

/// Seconds a row of a table, every rule's flag included.
pub(crate) fn batch() -> Result<f64> {
    let (rules, table) = (rules()?, table()?);
    rules.evaluate(&table)?;
    Ok(crate::fastest(20, || {
        black_box(rules.evaluate(black_box(&table)).ok());
    }) / ROWS as f64)
}

/// Seconds of one row by itself.
pub(crate) fn row() -> Result<f64> {
    let rules = rules()?;
    let mut found = [0.0; RULES];
    let rounds = 100_000;
    let seconds = crate::fastest(5, || {
        for round in 0..rounds {
            let mut values = [Value::Null; NUMBERS + 1];
            for (column, value) in values.iter_mut().enumerate() {
                *value = Value::Number(number(round, column));
            }
            values[NUMBERS] = Value::Text(TIERS[round % 4]);
            black_box(rules.row(black_box(&values), &mut found).ok());
        }
    });
    Ok(seconds / rounds as f64)
}
