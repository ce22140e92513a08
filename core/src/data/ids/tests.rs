use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[test]
fn numbers_and_their_canonical_texts_are_one_id() {
    let mut ids = Ids::default();
    for (text, number) in [("0", 0), ("7", 7), ("18446744073709551615", u64::MAX)] {
        let dense = ids.intern(Id::Text(text)).unwrap();
        assert_eq!(ids.intern(Id::Number(number)).unwrap(), dense);
        assert_eq!(ids.name(dense), Some(&OwnedId::Number(number)));
        assert_eq!(OwnedId::from(Id::Text(text)), OwnedId::Number(number));
    }
    for text in ["00", "07", "+7", "-7", " 7", "18446744073709551616", "7.0", "1e3", "٣"] {
        let dense = ids.intern(Id::Text(text)).unwrap();
        assert_eq!(ids.name(dense), Some(&OwnedId::Text(text.into())), "{text}");
    }
    assert_eq!(ids.len(), 12);
}

#[test]
fn bad_texts_are_refused_and_change_nothing() {
    let mut ids = Ids::default();
    let long = "x".repeat(MAX_ID_BYTES + 1);
    for text in ["", long.as_str()] {
        assert_eq!(ids.intern(Id::Text(text)).unwrap_err().kind(), ErrorKind::SchemaRange);
    }
    assert!(ids.is_empty());
    assert!(ids.intern(Id::Text(&long[1..])).is_ok());
}

#[test]
fn the_last_number_is_never_given() {
    let mut ids = Ids { limit: 2, ..Ids::default() };
    let mut out = Vec::new();
    let error = ids.intern_numbers(&[5, 6, 5, 7], &mut out).unwrap_err();
    assert_eq!((error.kind(), out), (ErrorKind::SchemaRange, vec![0, 1, 0]));
    assert_eq!(ids.intern(Id::Number(6)).unwrap(), 1);
    assert!(ids.extend(&[OwnedId::Erased]).is_err());
}

#[test]
fn an_erased_customer_keeps_the_number_only() {
    let mut ids = Ids::default();
    for id in [Id::Text("anna"), Id::Number(3), Id::Text("bert")] {
        ids.intern(id).unwrap();
    }
    ids.erase(0);
    ids.erase(1);
    ids.erase(9);
    assert_eq!(ids.get(Id::Text("anna")), None);
    assert_eq!(ids.get(Id::Number(3)), None);
    assert_eq!(ids.get(Id::Text("bert")), Some(2));
    assert_eq!(ids.name(0).unwrap().to_string(), "(erased)");
    assert_eq!(ids.intern(Id::Text("anna")).unwrap(), 3);

    let mut again = Ids::default();
    again.extend(ids.since(0)).unwrap();
    assert_eq!(again.since(0), ids.since(0));
    assert_eq!(again.get(Id::Text("anna")), Some(3));
}

#[test]
fn a_journal_with_ids_out_of_place_is_damaged() {
    for bad in
        [vec![OwnedId::Number(1), OwnedId::Number(1)], vec![OwnedId::Text("1".into())], vec![OwnedId::Text("".into())]]
    {
        assert_eq!(Ids::default().extend(&bad).unwrap_err().kind(), ErrorKind::StoreCorrupt);
    }
}

#[derive(Debug, Clone)]
enum Step {
    Intern(u64),
    Text(u8),
    Batch(Vec<u64>),
    Erase(u32),
    Truncate(usize),
}

fn step() -> impl Strategy<Value = Step> {
    // Few distinct keys, some of which share their low bits.
    let number = prop_oneof![0u64..40, (0u64..8).prop_map(|n| n << 40), Just(u64::MAX)];
    prop_oneof![
        4 => number.clone().prop_map(Step::Intern),
        2 => (0u8..20).prop_map(Step::Text),
        2 => prop::collection::vec(number, 0..80).prop_map(Step::Batch),
        2 => (0u32..60).prop_map(Step::Erase),
        1 => (0usize..60).prop_map(Step::Truncate),
    ]
}

proptest! {
    #[test]
    fn behaves_as_an_ordered_map_does(steps in prop::collection::vec(step(), 0..120)) {
        let mut ids = Ids::default();
        let mut names: Vec<Option<String>> = Vec::new();
        let mut known: BTreeMap<String, u32> = BTreeMap::new();
        let see = |names: &mut Vec<Option<String>>, known: &mut BTreeMap<String, u32>, name: String| {
            *known.entry(name.clone()).or_insert_with(|| {
                names.push(Some(name));
                names.len() as u32 - 1
            })
        };
        for step in steps {
            match step {
                Step::Intern(n) => prop_assert_eq!(ids.intern(Id::Number(n)).unwrap(), see(&mut names, &mut known, n.to_string())),
                Step::Text(n) => {
                    let text = format!("c{n}");
                    prop_assert_eq!(ids.intern(Id::Text(&text)).unwrap(), see(&mut names, &mut known, text.clone()));
                }
                Step::Batch(numbers) => {
                    let mut out = Vec::new();
                    ids.intern_numbers(&numbers, &mut out).unwrap();
                    let twin: Vec<u32> = numbers.iter().map(|n| see(&mut names, &mut known, n.to_string())).collect();
                    prop_assert_eq!(out, twin);
                }
                Step::Erase(dense) => {
                    ids.erase(dense);
                    if let Some(name) = names.get_mut(dense as usize).and_then(Option::take) {
                        known.remove(&name);
                    }
                }
                Step::Truncate(len) => {
                    ids.truncate(len);
                    for name in names.drain(len.min(names.len())..).flatten() {
                        known.remove(&name);
                    }
                }
            }
            prop_assert_eq!(ids.len(), names.len());
        }
        for (name, dense) in &known {
            prop_assert_eq!(ids.get(Id::Text(name)), Some(*dense));
        }
        for (dense, name) in names.iter().enumerate() {
            let shown = ids.name(dense as u32).unwrap().to_string();
            prop_assert_eq!(&shown, name.as_deref().unwrap_or("(erased)"));
        }
    }
}
