use super::*;

#[test]
fn words_keep_the_number_of_their_first_sight() {
    let mut keys = Keys::default();
    for round in 0..2 {
        for n in 0..1000u32 {
            assert_eq!(keys.intern(&format!("word {n}")).unwrap(), n, "round {round}");
        }
    }
    assert_eq!(keys.text(7), "word 7");
    assert_eq!(keys.text(u32::MAX), "");
    assert_eq!(keys.since(998), ["word 998", "word 999"]);
    assert!(keys.since(1001).is_empty());
}

#[test]
fn truncate_takes_words_back() {
    let mut keys = Keys::default();
    keys.extend(&["a", "b", "c"]).unwrap();
    keys.truncate(1);
    assert_eq!((keys.get("a"), keys.get("b"), keys.get("c")), (Some(0), None, None));
    assert_eq!(keys.intern("c").unwrap(), 1);
}

#[test]
fn bounds_are_errors() {
    let mut keys = Keys::default();
    assert_eq!(keys.intern(&"x".repeat(MAX_KEY_BYTES + 1)).unwrap_err().kind(), ErrorKind::SchemaRange);
    assert_eq!(keys.intern("").unwrap(), 0);
    assert_eq!(keys.extend(&["a", "a"]).unwrap_err().kind(), ErrorKind::StoreCorrupt);
}
