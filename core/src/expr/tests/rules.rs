//! Rules over tables and rows: the same bits as each expression by itself, whatever the layout.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int8Type};
use arrow_array::{Array, ArrayRef, BooleanArray, DictionaryArray, Float64Array, RecordBatch, StringArray};
use proptest::prelude::*;

use crate::ErrorKind;
use crate::data::ingest::Value;
use crate::data::table::Column;
use crate::expr::{Rules, Type};

const COLUMNS: [(&str, Type); 4] = [("x", Type::Number), ("y", Type::Number), ("p", Type::Bool), ("k", Type::Key)];
const NAMES: [&str; 3] = ["gold", "tin", "lead"];
const RULES: [(&str, &str); 8] = [
    ("above", "x > 0.5"),
    ("both", "x > 0.25 && y < 0.75 && k == \"gold\""),
    ("either", "p || x == y"),
    ("not", "!(p && k in [\"gold\", \"iron\"])"),
    ("known", "x != null && has(k)"),
    ("sum", "x + 2 * y"),
    ("root", "sqrt(x) / y"),
    ("name", "p ? k : null"),
];

fn batch(rows: &[[f64; 4]], dictionary: bool) -> RecordBatch {
    let some = |value: f64| (!value.is_nan()).then_some(value);
    let numbers =
        |place: usize| Arc::new(rows.iter().map(|row| some(row[place])).collect::<Float64Array>()) as ArrayRef;
    let flags: BooleanArray = rows.iter().map(|row| some(row[2]).map(|flag| flag == 1.0)).collect();
    let names = || rows.iter().map(|row| some(row[3]).map(|name| NAMES[name as usize]));
    let names: ArrayRef = match dictionary {
        true => Arc::new(names().collect::<DictionaryArray<Int8Type>>()),
        false => Arc::new(names().collect::<StringArray>()),
    };
    let columns = [("k", names), ("p", Arc::new(flags) as ArrayRef), ("y", numbers(1)), ("x", numbers(0))];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap()
}

fn values(row: &[f64; 4]) -> [Value<'static>; 4] {
    let [x, y, p, k] = *row;
    let number = |value: f64| if value.is_nan() { Value::Null } else { Value::Number(value) };
    [
        number(x),
        number(y),
        if p.is_nan() { Value::Null } else { Value::Bool(p == 1.0) },
        if k.is_nan() { Value::Null } else { Value::Text(NAMES[k as usize]) },
    ]
}

fn value(array: &dyn Array, row: usize) -> f64 {
    match array.as_boolean_opt() {
        _ if array.is_null(row) => f64::NAN,
        Some(flags) => f64::from(u8::from(flags.value(row))),
        None => array.as_primitive::<Float64Type>().value(row),
    }
}

fn cell(of: impl Strategy<Value = f64>) -> impl Strategy<Value = f64> {
    prop_oneof![1 => Just(f64::NAN), 6 => of]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Blocks, their last part and nulls: every row of a table as the row by itself.
    #[test]
    fn a_table_is_its_rows(
        rows in prop::collection::vec([
            cell(-1.0..1.0).boxed(), cell(-1.0..1.0).boxed(),
            cell((0..2i32).prop_map(f64::from)).boxed(), cell((0..3i32).prop_map(f64::from)).boxed(),
        ], 0..1200),
        dictionary in any::<bool>(),
    ) {
        let rules = Rules::compile(&COLUMNS, &RULES).unwrap();
        let found = rules.evaluate(&batch(&rows, dictionary)).unwrap();
        prop_assert_eq!(found.num_rows(), rows.len());
        let (named, table) = (RULES.len() - 1, rules.table(&[batch(&rows, dictionary)]).unwrap());
        let Some(Column::Text(names)) = table.column("name") else { panic!("no names") };
        for (place, row) in rows.iter().enumerate() {
            let mut out = [0.0; RULES.len()];
            rules.row(&values(row), &mut out).unwrap();
            for (rule, expected) in out.iter().enumerate().take(named) {
                let found = value(found.column(rule), place);
                prop_assert_eq!(found.to_bits(), expected.to_bits(), "{} of row {}: {} {}", RULES[rule].0, place, found, expected);
            }
            let name = (row[2] == 1.0 && !row[3].is_nan()).then(|| NAMES[row[3] as usize]);
            prop_assert_eq!(names[place].as_deref(), name);
        }
    }
}

#[test]
fn names_that_no_rule_knows_are_still_names() {
    let rules = Rules::compile(
        &[("a", Type::Key), ("b", Type::Key), ("tags", Type::Keys)],
        &[("same", "a == b"), ("in", "a in [\"gold\"] || \"new\" in tags")],
    )
    .unwrap();
    let mut out = [f64::NAN; 2];
    rules.row(&[Value::Text("x"), Value::Text("x"), Value::Texts(&["new"])], &mut out).unwrap();
    assert_eq!(out, [1.0, 1.0]);
    rules.row(&[Value::Text("x"), Value::Text("y"), Value::Null], &mut out).unwrap();
    assert_eq!(out, [0.0, 0.0]);
}

#[test]
fn mistakes_are_told_by_rule_and_column() {
    let error =
        Rules::compile(&[("spend", Type::Number)], &[("vip", "spnd > 3"), ("vip", "spend + true")]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DefinitionInvalid);
    let found: Vec<(&str, Option<&str>)> =
        error.problems().iter().map(|problem| (problem.path.as_str(), problem.hint.as_deref())).collect();
    assert_eq!(found.len(), 3);
    assert!(found.contains(&("vip", Some("did you mean `spend`?"))), "{found:?}");

    let rules = Rules::compile(&[("spend", Type::Number)], &[("vip", "spend > 3")]).unwrap();
    let table = |name: &str, array: ArrayRef| RecordBatch::try_from_iter([(name, array)]).unwrap();
    let missing = rules.evaluate(&table("spent", Arc::new(Float64Array::from(vec![1.0])))).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::SchemaMissing);
    let list = arrow_array::StructArray::new_empty_fields(1, None);
    assert_eq!(rules.evaluate(&table("spend", Arc::new(list))).unwrap_err().kind(), ErrorKind::SchemaType);
    assert_eq!(rules.row(&[], &mut [0.0]).unwrap_err().kind(), ErrorKind::SchemaRange);
    assert_eq!(rules.row(&[Value::Bool(true)], &mut [0.0]).unwrap_err().kind(), ErrorKind::SchemaType);
    assert_eq!(Type::from_word("nubmer").unwrap_err().hint_text(), Some("did you mean `number`?"));
}

/// Numbers that are not finite are unknown, in tables as in rows.
#[test]
fn infinities_are_unknown() {
    let rules = Rules::compile(&[("x", Type::Number)], &[("big", "x > 3")]).unwrap();
    let column: ArrayRef = Arc::new(Float64Array::from(vec![f64::INFINITY, f64::NAN, 4.0]));
    let found = rules.evaluate(&RecordBatch::try_from_iter([("x", column)]).unwrap()).unwrap();
    assert_eq!(found.column(0).as_boolean().iter().collect::<Vec<_>>(), [None, None, Some(true)]);
    let mut out = [0.0];
    rules.row(&[Value::Number(f64::INFINITY)], &mut out).unwrap();
    assert!(out[0].is_nan());
}
