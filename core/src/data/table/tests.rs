use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, TimestampMicrosecondType, UInt64Type};
use arrow_schema::DataType;

use super::*;

fn table() -> Table {
    let text = |text: &str| OwnedId::Text(text.into());
    let mut table = Table::new();
    table.push("customer", Column::Id(vec![OwnedId::Number(7), OwnedId::Erased, OwnedId::Number(u64::MAX)]));
    table.push("name", Column::Id(vec![OwnedId::Number(7), OwnedId::Erased, text("anna")]));
    table.push("spend", Column::Number(vec![1.5, f64::NAN, -0.0]));
    table.push("consent", Column::Bool(vec![Some(true), None, Some(false)]));
    table.push("size", Column::Integer(vec![1, i64::MIN, 3]));
    table.push("at", Column::Time(vec![Some(5), None, Some(-5)]));
    table.push("cell", Column::text(["high", "", "é"].into_iter().map(|text| Some(text.to_owned()))));
    table
}

#[test]
fn columns_become_arrow() {
    let batch = table().to_arrow().unwrap();
    let column = |name: &str| batch.column_by_name(name).unwrap();
    let nulls: Vec<usize> = batch.columns().iter().map(|column| column.null_count()).collect();
    assert_eq!(nulls, [1, 1, 1, 1, 0, 1, 0]);
    assert_eq!(column("customer").as_primitive::<UInt64Type>().value(2), u64::MAX);
    assert_eq!(column("name").as_string::<i32>().iter().collect::<Vec<_>>(), [Some("7"), None, Some("anna")]);
    let spend = column("spend").as_primitive::<Float64Type>();
    assert_eq!((spend.value(0), spend.value(2).to_bits(), spend.is_null(1)), (1.5, (-0.0f64).to_bits(), true));
    let at = column("at");
    assert!(matches!(at.data_type(), DataType::Timestamp(_, Some(zone)) if &**zone == "UTC"));
    assert_eq!(at.as_primitive::<TimestampMicrosecondType>().value(2), -5);
    assert_eq!(column("cell").as_string::<i32>().value(1), "");
}

#[test]
fn a_table_streams_and_reads_back() {
    let table = table();
    let reader = table.to_reader().unwrap();
    let batches = read_stream(reader).unwrap();
    assert_eq!(batches, [table.to_arrow().unwrap()]);
    for array in batches[0].columns() {
        array.to_data().validate_full().unwrap();
    }
}

#[test]
fn empty_tables_are_tables() {
    assert_eq!(Table::new().to_arrow().unwrap().num_rows(), 0);
    let mut table = Table::new();
    table.push("a", Column::Id(Vec::new()));
    table.push("b", Column::Text(Vec::new()));
    let batch = table.to_arrow().unwrap();
    assert_eq!((batch.num_rows(), batch.num_columns(), table.is_empty()), (0, 2, true));
    assert!(table.column("b").is_some() && table.column("c").is_none());
}

#[test]
fn uneven_columns_are_an_error() {
    let mut table = Table::new();
    table.push("a", Column::Integer(vec![1, 2]));
    table.push("b", Column::Integer(vec![1]));
    assert_eq!(table.to_arrow().unwrap_err().kind(), ErrorKind::Internal);
}

#[test]
fn a_stream_that_fails_is_an_error() {
    let schema = table().to_arrow().unwrap().schema();
    let failing = RecordBatchIterator::new([Err(ArrowError::ComputeError("no".into()))], schema);
    assert_eq!(read_stream(failing).unwrap_err().kind(), ErrorKind::SchemaArrow);
}
