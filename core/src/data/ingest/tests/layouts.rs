//! The same values in every Arrow layout give the same events.

use arrow_array::builder::*;
use arrow_array::types::*;
use arrow_array::*;
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer, i256};
use arrow_schema::{DataType, Field};

use super::*;

/// Reads the column `x` of a role.
fn x(array: ArrayRef, kind: FieldKind) -> Result<Out> {
    let rows = array.len() as u64;
    let customer = Arc::new(UInt64Array::from_iter_values(0..rows));
    let at = Arc::new(TimestampMicrosecondArray::from_iter_values(0..rows as i64));
    let batch = table(vec![("customer", customer), ("at", at), ("x", array)]);
    read(&[batch], |keys| plain(keys, kind), &Call::default())
}

fn numbers(array: ArrayRef, kind: FieldKind) -> Vec<f64> {
    let what = array.data_type().to_string();
    let out = x(array, kind).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(out.rejects, [], "{what}");
    out.numbers("x")
}

fn names(array: ArrayRef, kind: FieldKind) -> Vec<String> {
    let what = array.data_type().to_string();
    let out = x(array, kind).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(out.rejects, [], "{what}");
    out.names("x")
}

/// The array within a longer one, so that it has an offset.
fn sliced(array: &ArrayRef) -> ArrayRef {
    let data = array.to_data();
    let mut grown = arrow_data::transform::MutableArrayData::new(vec![&data], true, 3 * array.len());
    for _ in 0..3 {
        grown.try_extend(0, 0, array.len()).unwrap();
    }
    make_array(grown.freeze()).slice(array.len(), array.len())
}

/// The array, a slice, a dictionary and runs of it.
fn layouts(array: ArrayRef) -> Vec<ArrayRef> {
    let keys: Vec<Option<i16>> = (0..array.len() as i16).map(Some).collect();
    let dictionary = DictionaryArray::new(Int16Array::from(keys.clone()), array.clone());
    let bytes = DictionaryArray::new(UInt8Array::from_iter_values(0..array.len() as u8), array.clone());
    let ends: PrimitiveArray<Int32Type> = (1..=array.len() as i32).collect();
    let runs = RunArray::try_new(&ends, &array).unwrap();
    let mut all: Vec<ArrayRef> = vec![sliced(&array), array];
    all.extend([Arc::new(dictionary) as ArrayRef, Arc::new(bytes), Arc::new(runs)]);
    let slices: Vec<ArrayRef> = all[2..4].iter().map(sliced).collect();
    all.extend(slices);
    all
}

#[test]
fn numbers_of_every_width() {
    let values = [Some(1), Some(100), None, Some(0)];
    let floats: Vec<Option<f64>> = values.iter().map(|value| value.map(f64::from)).collect();
    let decimal = |value: Option<i8>| value.map(|value| i128::from(value) * 100);
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(Int8Array::from(values.to_vec())),
        Arc::new(Int16Array::from_iter(values.map(|v| v.map(i16::from)))),
        Arc::new(Int32Array::from_iter(values.map(|v| v.map(i32::from)))),
        Arc::new(Int64Array::from_iter(values.map(|v| v.map(i64::from)))),
        Arc::new(UInt8Array::from_iter(values.map(|v| v.map(|v| v as u8)))),
        Arc::new(UInt16Array::from_iter(values.map(|v| v.map(|v| v as u16)))),
        Arc::new(UInt32Array::from_iter(values.map(|v| v.map(|v| v as u32)))),
        Arc::new(UInt64Array::from_iter(values.map(|v| v.map(|v| v as u64)))),
        Arc::new(Float32Array::from_iter(values.map(|v| v.map(f32::from)))),
        Arc::new(Float64Array::from(floats.clone())),
        Arc::new(
            Decimal32Array::from_iter(values.map(|v| decimal(v).map(|v| v as i32)))
                .with_precision_and_scale(9, 2)
                .unwrap(),
        ),
        Arc::new(
            Decimal64Array::from_iter(values.map(|v| decimal(v).map(|v| v as i64)))
                .with_precision_and_scale(18, 2)
                .unwrap(),
        ),
        Arc::new(Decimal128Array::from_iter(values.map(decimal)).with_precision_and_scale(30, 2).unwrap()),
        Arc::new(
            Decimal256Array::from_iter(values.map(|v| decimal(v).map(i256::from_i128)))
                .with_precision_and_scale(60, 2)
                .unwrap(),
        ),
        Arc::new(StringArray::from(vec![Some("1"), Some(" 1e2 "), None, Some("0.0")])),
        Arc::new(LargeStringArray::from(vec![Some("1.0"), Some("+100"), Some(""), Some("0")])),
        Arc::new(StringViewArray::from(vec![Some("1"), Some("100.00000000000000"), None, Some("0")])),
    ];
    for array in arrays.into_iter().flat_map(layouts) {
        let what = array.data_type().to_string();
        let read = numbers(array, FieldKind::Number);
        let same = read.iter().zip(&floats).all(|(read, value)| value.map_or(read.is_nan(), |value| *read == value));
        assert!(same && read.len() == 4, "{what}: {read:?}");
    }
    let decimals = Decimal128Array::from(vec![12_345, -5]).with_precision_and_scale(20, 3).unwrap();
    assert_eq!(numbers(Arc::new(decimals), FieldKind::Number), [12.345, -0.005]);
    let hundreds = Decimal128Array::from(vec![12, 7]).with_precision_and_scale(20, -2).unwrap();
    assert_eq!(numbers(Arc::new(hundreds), FieldKind::Number), [1200.0, 700.0]);
    assert_eq!(numbers(Arc::new(BooleanArray::from(vec![true, false])), FieldKind::Number), [1.0, 0.0]);
}

#[test]
fn flags() {
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(BooleanArray::from(vec![Some(true), Some(false), None])),
        Arc::new(Int8Array::from(vec![Some(1), Some(0), None])),
        Arc::new(Float64Array::from(vec![Some(1.0), Some(-0.0), None])),
        Arc::new(StringArray::from(vec![Some("True"), Some("FALSE"), None])),
        Arc::new(StringViewArray::from(vec![Some("1"), Some("0"), Some("")])),
    ];
    for array in arrays.into_iter().flat_map(layouts) {
        let read = numbers(array, FieldKind::Bool);
        assert_eq!(read[..2].iter().map(|v| v.to_bits()).collect::<Vec<_>>(), [1f64.to_bits(), 0]);
        assert!(read[2].is_nan());
    }
}

#[test]
fn times_of_every_unit_and_writing() {
    let at = 1_485_630_413i64;
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(TimestampSecondArray::from(vec![Some(at), None])),
        Arc::new(TimestampMillisecondArray::from(vec![Some(at * 1000), None])),
        Arc::new(TimestampMicrosecondArray::from(vec![Some(at * 1_000_000), None])),
        Arc::new(TimestampNanosecondArray::from(vec![Some(at * 1_000_000_000 + 999), None])),
        Arc::new(TimestampSecondArray::from(vec![Some(at), None]).with_timezone("Asia/Tokyo")),
        Arc::new(TimestampMicrosecondArray::from(vec![Some(at * 1_000_000), None]).with_timezone("+02:00")),
        Arc::new(StringArray::from(vec![Some("2017-01-28 19:06:53"), None])),
        Arc::new(LargeStringArray::from(vec![Some("2017-01-28T20:06:53+01:00"), Some(" ")])),
        Arc::new(StringViewArray::from(vec![Some("2017-01-28T19:06:53Z"), None])),
        Arc::new(Int32Array::from(vec![Some(at as i32), None])),
        Arc::new(Int64Array::from(vec![Some(at), None])),
        Arc::new(Float64Array::from(vec![Some(at as f64), None])),
    ];
    for array in arrays.into_iter().flat_map(layouts) {
        let what = array.data_type().to_string();
        let read = numbers(array.clone(), FieldKind::Time);
        assert!(read[0] == (at * 1_000_000) as f64 && read[1].is_nan(), "{what}: {read:?}");
        // The same as the event's own time.
        let customer = Arc::new(UInt64Array::from(vec![1, 2]));
        let batch = table(vec![("customer", customer), ("at", array), ("x", Arc::new(NullArray::new(2)))]);
        let out = read_plain(batch);
        assert_eq!((out.events.at, out.rejects), (vec![at * 1_000_000], vec![(1, "`at` is missing".into())]), "{what}");
    }
    let days: [ArrayRef; 2] =
        [Arc::new(Date32Array::from(vec![17_194])), Arc::new(Date64Array::from(vec![17_194 * 86_400_000]))];
    for array in days {
        assert_eq!(numbers(array, FieldKind::Time), [17_194.0 * 86_400e6]);
    }
    assert_eq!(numbers(Arc::new(Float64Array::from(vec![-1.25, 0.000_001])), FieldKind::Time), [-1_250_000.0, 1.0]);
    assert_eq!(numbers(Arc::new(TimestampNanosecondArray::from(vec![-1])), FieldKind::Time), [-1.0]);
}

fn read_plain(batch: RecordBatch) -> Out {
    read(&[batch], |keys| plain(keys, FieldKind::Number), &Call::default()).unwrap()
}

#[test]
fn names_and_labels() {
    let texts = vec![Some("a"), Some("bé"), None, Some("")];
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(texts.clone())),
        Arc::new(LargeStringArray::from(texts.clone())),
        Arc::new(StringViewArray::from(texts)),
    ];
    for array in arrays.into_iter().flat_map(layouts) {
        assert_eq!(names(array.clone(), FieldKind::Category), ["a", "bé", "-", "-"]);
        assert_eq!(names(array.clone(), FieldKind::Label), ["a", "bé", "", ""]);
        assert_eq!(names(array, FieldKind::Categories), ["a", "bé", "", ""]);
    }
    let numbers: Vec<ArrayRef> = vec![
        Arc::new(Int8Array::from(vec![Some(-7), Some(12), None])),
        Arc::new(Int64Array::from(vec![Some(-7), Some(12), None])),
        Arc::new(Float64Array::from(vec![Some(-7.0), Some(12.0), None])),
        Arc::new(Decimal128Array::from(vec![Some(-7), Some(12), None]).with_precision_and_scale(10, 0).unwrap()),
    ];
    for array in numbers.into_iter().flat_map(layouts) {
        assert_eq!(names(array.clone(), FieldKind::Category), ["-7", "12", "-"]);
        assert_eq!(names(array, FieldKind::Label), ["-7", "12", ""]);
    }
    let large = Arc::new(UInt64Array::from(vec![u64::MAX]));
    assert_eq!(names(large, FieldKind::Category), ["18446744073709551615"]);
    assert_eq!(names(Arc::new(BooleanArray::from(vec![true, false])), FieldKind::Category), ["true", "false"]);
}

#[test]
fn several_names_in_lists_of_every_layout() {
    // Rows: [a, b], null, [], [null, c], [a]
    let flat = || Arc::new(StringViewArray::from(vec![Some("a"), Some("b"), None, Some("c"), Some("a")])) as ArrayRef;
    let item = |array: &ArrayRef| Arc::new(Field::new("item", array.data_type().clone(), true));
    let nulls = || Some(NullBuffer::from(vec![true, false, true, true, true]));
    let mut lists: Vec<ArrayRef> = Vec::new();
    for child in layouts(flat()) {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(vec![0, 2, 2, 2, 4, 5]));
        lists.push(Arc::new(ListArray::new(item(&child), offsets, child.clone(), nulls())));
        let offsets = OffsetBuffer::new(ScalarBuffer::from(vec![0i64, 2, 2, 2, 4, 5]));
        lists.push(Arc::new(LargeListArray::new(item(&child), offsets, child.clone(), nulls())));
        let (offsets, sizes) = (vec![0, 3, 0, 2, 4], vec![2, 1, 0, 2, 1]);
        lists.push(Arc::new(ListViewArray::new(item(&child), offsets.into(), sizes.into(), child.clone(), nulls())));
        let (offsets, sizes) = (vec![0i64, 3, 0, 2, 4], vec![2i64, 1, 0, 2, 1]);
        let view = LargeListViewArray::new(item(&child), offsets.into(), sizes.into(), child.clone(), nulls());
        lists.push(Arc::new(view));
    }
    let slices: Vec<ArrayRef> = lists.iter().filter(|list| list.as_any().is::<ListArray>()).map(sliced).collect();
    lists.extend(slices);
    let mut fixed = FixedSizeListBuilder::new(StringBuilder::new(), 2);
    for row in
        [Some([Some("a"), Some("b")]), None, Some([None, None]), Some([None, Some("c")]), Some([Some("a"), None])]
    {
        for text in row.unwrap_or([Some("x"), None]) {
            fixed.values().append_option(text);
        }
        fixed.append(row.is_some());
    }
    let fixed: ArrayRef = Arc::new(fixed.finish());
    lists.extend([sliced(&fixed), fixed]);
    lists.push(Arc::new(StringArray::from(vec!["a|b", "", "||", "| c", "a "])));
    for list in lists {
        let what = list.data_type().to_string();
        assert_eq!(names(list, FieldKind::Categories), ["a,b", "", "", "c", "a"], "{what}");
    }
}

#[test]
fn lists_of_one_serve_where_one_is_taken() {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![
        Some(vec![Some(3)]),
        None,
        Some(vec![Some(1), Some(2)]),
    ]);
    let out = x(Arc::new(list), FieldKind::Category).unwrap();
    assert_eq!(out.names("x"), ["3", "-"]);
    assert_eq!(out.rejects.len(), 1);
    assert!(out.rejects[0].1.contains("several values"));
}

#[test]
fn nothing_is_known_in_a_null_column() {
    for kind in [
        FieldKind::Number,
        FieldKind::Bool,
        FieldKind::Category,
        FieldKind::Categories,
        FieldKind::Time,
        FieldKind::Label,
    ] {
        let out = x(Arc::new(NullArray::new(3)), kind).unwrap();
        assert_eq!((out.events.at.len(), out.events.fields.len(), out.rejects.len()), (3, 0, 0));
    }
}

#[test]
fn ids_in_every_layout_are_the_same_customers() {
    let values = [1u64, 20, 1, 127];
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(Int8Array::from_iter_values(values.map(|v| v as i8))),
        Arc::new(Int16Array::from_iter_values(values.map(|v| v as i16))),
        Arc::new(Int32Array::from_iter_values(values.map(|v| v as i32))),
        Arc::new(Int64Array::from_iter_values(values.map(|v| v as i64))),
        Arc::new(UInt8Array::from_iter_values(values.map(|v| v as u8))),
        Arc::new(UInt16Array::from_iter_values(values.map(|v| v as u16))),
        Arc::new(UInt32Array::from_iter_values(values.map(|v| v as u32))),
        Arc::new(UInt64Array::from_iter_values(values)),
        Arc::new(Float64Array::from_iter_values(values.map(|v| v as f64))),
        Arc::new(StringArray::from_iter_values(values.map(|v| v.to_string()))),
        Arc::new(StringViewArray::from_iter_values(values.map(|v| v.to_string()))),
        Arc::new(Decimal128Array::from_iter_values(values.map(i128::from)).with_precision_and_scale(18, 0).unwrap()),
    ];
    for array in arrays.into_iter().flat_map(layouts) {
        let what = array.data_type().to_string();
        let at = Arc::new(Int32Array::from(vec![1, 2, 3, 4]));
        let out = read_plain(table(vec![("customer", array), ("at", at), ("x", Arc::new(NullArray::new(4)))]));
        assert_eq!(out.ids, [1, 20, 127].map(OwnedId::Number), "{what}");
        assert_eq!(out.events.customer, [0, 1, 0, 2], "{what}");
    }
    let mixed = Arc::new(Int64Array::from(vec![Some(-5), None, Some(5)]));
    let at = Arc::new(Int32Array::from(vec![1, 2, 3]));
    let out = read_plain(table(vec![("customer", mixed), ("at", at), ("x", Arc::new(NullArray::new(3)))]));
    assert_eq!(out.ids, [OwnedId::Text("-5".into()), OwnedId::Number(5)]);
    assert_eq!(out.rejects, [(1, "`customer` is missing".into())]);
}

#[test]
fn what_a_dictionary_holds_but_no_row_uses_is_harmless() {
    let values = Arc::new(StringArray::from(vec![Some("7"), Some("seven"), None]));
    let keys = Int32Array::from(vec![Some(0), None, Some(2), Some(0)]);
    let out = x(Arc::new(DictionaryArray::new(keys, values)), FieldKind::Number).unwrap();
    assert_eq!(out.rejects, []);
    let read = out.numbers("x");
    assert!(read[0] == 7.0 && read[1].is_nan() && read[2].is_nan() && read[3] == 7.0);
}

#[test]
fn columns_that_cannot_serve_are_named() {
    let binary = || Arc::new(BinaryArray::from(vec![b"x".as_slice()])) as ArrayRef;
    let structs = || {
        Arc::new(StructArray::from(vec![(
            Arc::new(Field::new("f", DataType::Utf8, true)),
            Arc::new(StringArray::from(vec!["x"])) as ArrayRef,
        )])) as ArrayRef
    };
    let lists = || Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(3)])])) as ArrayRef;
    let spans = || Arc::new(DurationSecondArray::from(vec![1])) as ArrayRef;
    for (array, kind) in [
        (binary(), FieldKind::Category),
        (binary(), FieldKind::Number),
        (structs(), FieldKind::Label),
        (structs(), FieldKind::Categories),
        (lists(), FieldKind::Number),
        (lists(), FieldKind::Label),
        (spans(), FieldKind::Time),
        (spans(), FieldKind::Number),
        (Arc::new(Date32Array::from(vec![1])), FieldKind::Number),
        (Arc::new(Date32Array::from(vec![1])), FieldKind::Category),
        (Arc::new(BooleanArray::from(vec![true])), FieldKind::Time),
    ] {
        let what = array.data_type().to_string();
        let error = x(array, kind).expect_err(&what);
        assert_eq!(error.kind(), ErrorKind::SchemaType, "{error}");
        assert!(error.message().contains("column `x` is of type"), "{error}");
    }
    let nested = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(3)])]);
    let offsets = OffsetBuffer::new(ScalarBuffer::from(vec![0, 1]));
    let nested =
        ListArray::new(Arc::new(Field::new("item", nested.data_type().clone(), true)), offsets, Arc::new(nested), None);
    let read = x(Arc::new(nested), FieldKind::Categories);
    assert_eq!(read.unwrap().names("x"), ["3"]);
}
