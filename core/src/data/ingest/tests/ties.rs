//! Traits and ties.

use super::*;

fn traits(keys: &mut Keys) -> TraitPlan {
    let kinds = [("household_size", FieldKind::Category), ("consent", FieldKind::Bool), ("income", FieldKind::Number)];
    TraitPlan { fields: kinds.map(|(word, kind)| field(keys, word, kind, word)).to_vec() }
}

#[test]
fn traits_are_read_with_their_own_time_or_the_clock() {
    let (mut ids, mut keys) = (Ids::default(), Keys::default());
    let plan = traits(&mut keys);
    let customer = || Arc::new(StringArray::from(vec![Some("a"), None, Some("b"), Some("c")])) as ArrayRef;
    let consent = Arc::new(StringArray::from(vec![Some("true"), None, None, Some("perhaps")]));
    let batch = table(vec![("customer", customer()), ("consent", consent), ("other", customer())]);
    let taken = read_traits(&[batch], &plan, &Call::default(), 77, NEVER, &mut ids, &mut keys).unwrap();
    assert_eq!((taken.record.customer, taken.record.at), (vec![0, 1], vec![77, 77]));
    assert_eq!(taken.rejects.iter().map(|reject| reject.row).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(taken.record.fields.len(), 1);

    let at = Arc::new(TimestampMicrosecondArray::from(vec![Some(9), None, Some(5), Some(100)]));
    let income = Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0, 4.0]));
    let batch = table(vec![("who", customer()), ("at", at), ("income", income)]);
    let call = Call { kind: None, roles: &[("customer", "who")] };
    let taken = read_traits(&[batch], &plan, &call, 77, 99, &mut ids, &mut keys).unwrap();
    assert_eq!((taken.record.customer, taken.record.at), (vec![1, 0], vec![5, 9]));
    let reasons: Vec<&str> = taken.rejects.iter().map(|reject| reject.reason.as_str()).collect();
    assert_eq!(reasons, ["`who` is missing", "`at` lies beyond the ceiling"]);

    let error =
        read_traits(&[table(vec![("customer", customer())])], &plan, &Call::default(), 1, NEVER, &mut ids, &mut keys);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::SchemaMissing);
}

#[test]
fn a_trait_row_is_read_as_a_table_is() {
    let (mut ids, mut keys) = (Ids::default(), Keys::default());
    let plan = traits(&mut keys);
    let values = [("income", Value::Number(3.0)), ("household_size", Value::Number(4.0)), ("consent", Value::Null)];
    let taken = read_trait_row(Id::Text("a"), 5, &values, &plan, NEVER, &mut ids, &mut keys).unwrap().unwrap();
    let columns = vec![
        ("customer", Arc::new(StringArray::from(vec!["a"])) as ArrayRef),
        ("at", Arc::new(TimestampMicrosecondArray::from(vec![5]))),
        ("income", Arc::new(Float64Array::from(vec![3.0]))),
        ("household_size", Arc::new(UInt64Array::from(vec![4]))),
    ];
    let twin = read_traits(&[table(columns)], &plan, &Call::default(), 0, NEVER, &mut ids, &mut keys).unwrap();
    assert_eq!(taken, twin.record);
    assert_eq!(keys.get("4"), Some(3));

    let unknown = read_trait_row(Id::Text("a"), 5, &[("incom", Value::Null)], &plan, NEVER, &mut ids, &mut keys);
    assert_eq!(unknown.unwrap_err().hint_text(), Some("did you mean `income`?"));
    let bad = [("income", Value::Texts(&["1", "2"]))];
    let refused = read_trait_row(Id::Text("new"), 5, &bad, &plan, NEVER, &mut ids, &mut keys).unwrap();
    assert!(refused.unwrap_err().reason.contains("several values"));
    assert_eq!(ids.len(), 1);
}

#[test]
fn ties_have_a_layer_a_weight_or_an_end() {
    let (mut ids, mut keys) = (Ids::default(), Keys::default());
    let plan = TiePlan { layers: ["talk", "trust"].map(|word| (keys.intern(word).unwrap(), word.to_owned())).to_vec() };
    let ids_of = |ids: Vec<Option<u64>>| Arc::new(UInt64Array::from(ids)) as ArrayRef;
    let columns = vec![
        ("customer", ids_of(vec![Some(5), Some(6), Some(7), None, Some(8)])),
        ("peer", ids_of(vec![Some(6), Some(5), Some(5), Some(5), None])),
        ("weight", Arc::new(Float64Array::from(vec![Some(2.5), None, Some(1.0), Some(1.0), Some(1.0)])) as ArrayRef),
        ("remove", Arc::new(arrow_array::BooleanArray::from(vec![None, Some(false), Some(true), None, None]))),
        ("layer", Arc::new(StringArray::from(vec!["talk", "trust", "talk", "talk", "talk"]))),
    ];
    let taken = read_ties(&[table(columns.clone())], &plan, &Call::default(), 3, NEVER, &mut ids, &mut keys).unwrap();
    let ties = taken.record;
    assert_eq!(
        (ties.layer, ties.customer, ties.peer, ties.at),
        (vec![0, 1, 0], vec![0, 1, 2], vec![1, 0, 0], vec![3; 3])
    );
    assert!(ties.weight[0] == 2.5 && ties.weight[1] == 1.0 && ties.weight[2].is_nan());
    let reasons: Vec<&str> = taken.rejects.iter().map(|reject| reject.reason.as_str()).collect();
    assert_eq!(reasons, ["`customer` is missing", "`peer` is missing"]);

    let call = Call { kind: Some("trust"), roles: &[] };
    let taken = read_ties(&[table(columns[..2].to_vec())], &plan, &call, 3, NEVER, &mut ids, &mut keys).unwrap();
    assert_eq!((taken.record.layer, taken.record.weight), (vec![1; 3], vec![1.0; 3]));
    let error = read_ties(&[table(columns[..2].to_vec())], &plan, &Call::default(), 3, NEVER, &mut ids, &mut keys);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::SchemaMissing);
}
