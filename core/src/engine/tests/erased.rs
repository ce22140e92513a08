//! Who is erased leaves nothing behind, and an export gives all.

use super::made::{keeping, purchase};
use super::*;

const NAME: &str = "anna arkadyevna karenina";

/// An engine in a file in which [`NAME`] has done everything, also as `alias`, and what it would be without her.
fn with_anna(engine: &Engine, anna: bool) {
    let her = |text| anna.then_some(Id::Text(text));
    (0..60).for_each(|number| purchase(engine, number).unwrap());
    for (day, id) in [(3, NAME), (4, "the other karenina"), (5, NAME)] {
        let fields = [
            ("amount", Value::Number(30.0)),
            ("need", Value::Text("a ticket to petersburg")),
            ("occasion", Value::Text("karenina 1")),
        ];
        let at = day * DAY;
        if let Some(customer) = her(id) {
            let customer = Some(customer);
            engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at, fields: &fields }).unwrap();
        }
        for (customer, peer) in [(her(id), Some(Id::Number(4))), (Some(Id::Number(4)), her(id))] {
            engine.observe_row(&RowEvent { kind: "message", customer, peer, at, fields: &[] }).unwrap();
        }
    }
    if anna {
        engine.identify_row(Id::Text(NAME), None, &[("city", Value::Text("a house in petersburg"))]).unwrap();
        engine.relate_row("talk", Id::Text(NAME), Id::Number(4), None, 3.0).unwrap();
        engine.decide(Id::Text(NAME), Ask::default()).unwrap();
        engine.merge(Id::Text(NAME), Id::Text("the other karenina")).unwrap();
        engine.checkpoint().unwrap();
    }
    engine.advance_to(50 * DAY).unwrap();
}

#[test]
fn what_is_erased_is_in_no_byte_of_file_or_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.bactrian");
    let engine = Engine::open(&path, Some(&definition()), Options::default()).unwrap();
    with_anna(&engine, true);
    engine.fit(None).unwrap();
    let texts = [NAME, "the other karenina", "a ticket to petersburg", "a house in petersburg", "karenina 1"];
    let count = |text: &str| {
        let bytes = std::fs::read(&path).unwrap();
        bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
    };
    assert!(texts.iter().all(|text| count(text) > 0));
    let receipt = engine.erase(Id::Text("the other karenina")).unwrap();
    assert_eq!(
        (receipt.ids, receipt.unnamed, receipt.traits, receipt.ties, receipt.found),
        (2, 6, 1, 1, 0),
        "{receipt:?}"
    );
    assert!(receipt.words >= 2 && receipt.events >= 5 && receipt.searched > 4096, "{receipt:?}");
    assert!(receipt.fits.contains(&"basket".to_owned()) && receipt.fits.contains(&"rfm".to_owned()), "{receipt:?}");
    for text in texts {
        assert_eq!(count(text), 0, "{text}");
    }
    {
        let world = engine.world().unwrap();
        let dump = format!("{:?}{:?}{:?}", world.state.ids, world.state.keys, world.state);
        assert!(texts.iter().all(|text| !dump.contains(text)));
    }
    for id in [NAME, "the other karenina"] {
        assert_eq!(engine.decide(Id::Text(id), Ask::default()).unwrap_err().kind(), ErrorKind::UnknownCustomer);
    }
    // What remains is what the others did, refolded; no group keeps a part of her.
    let twin = Engine::new(&definition(), Options::default()).unwrap();
    with_anna(&twin, false);
    let ids: Vec<Id<'_>> = (0..9).map(Id::Number).collect();
    let columns = ["orders", "spend", "recent", "gaps", "variety", "city"];
    let read = |engine: &Engine| format!("{:?}", engine.score(Some(&ids), Some(&columns), None, None).unwrap());
    assert_eq!(read(&engine), read(&twin));
    assert_eq!(bytes(&engine), refolded(&engine));
    assert_eq!(engine.score(None, Some(&["orders"]), None, None).unwrap().len(), 9);
    assert_eq!(engine.now().unwrap(), Some(50 * DAY));
    // It goes on: others, and the same name as someone new.
    purchase(&engine, 99).unwrap();
    engine.identify_row(Id::Text(NAME), None, &[("city", Value::Text("a house in petersburg"))]).unwrap();
    engine.fit(None).unwrap();
    engine.checkpoint().unwrap();
    let live = bytes(&engine);
    engine.close().unwrap();
    drop(engine);
    let engine = Engine::open(&path, None, Options::default()).unwrap();
    assert_eq!(bytes(&engine), live);
    engine.erase(Id::Text(NAME)).unwrap();
    assert_eq!((count(NAME), count("a house in petersburg")), (0, 0));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn an_export_gives_everything_held() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    with_anna(&engine, true);
    let export = engine.export(Id::Text("the other karenina")).unwrap();
    assert_eq!(export.ids.iter().map(ToString::to_string).collect::<Vec<_>>(), [NAME, "the other karenina"]);
    assert_eq!((export.events.len(), export.traits.len(), export.ties.len()), (9, 1, 1));
    assert_eq!((export.columns.len(), export.memberships.len(), export.toward.len()), (1, 3, 1));
    assert!(!export.crossings.is_empty() && !export.decisions.is_empty());
    let json: serde_json::Value = serde_json::from_str(&export.to_json()).unwrap();
    assert_eq!(json["ids"][0], NAME);
    assert_eq!(json["traits"][0]["value"], "a house in petersburg");
    assert_eq!(json["events"][0]["need"], "a ticket to petersburg");
    assert_eq!(json["events"][0]["at"], "1970-01-04T00:00:00Z");
    assert_eq!(json["ties"][0]["weight"], 3.0);
    assert_eq!(json["columns"][0]["orders"], 3.0);
    assert_eq!(json["toward"][0]["peer"], 4);
    // After an erasure there is nobody to give anything to.
    engine.erase(Id::Text(NAME)).unwrap();
    assert_eq!(engine.export(Id::Text(NAME)).unwrap_err().kind(), ErrorKind::UnknownCustomer);
    assert!(!engine.export(Id::Number(4)).unwrap().to_json().contains("karenina"));
}

/// How often a text stands in the bytes of a file.
fn count_in(path: &std::path::Path, text: &str) -> usize {
    let bytes = std::fs::read(path).unwrap();
    bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
}

fn dump(engine: &Engine) -> String {
    let world = engine.world().unwrap();
    format!("{:?}{:?}{:?}", world.state.ids, world.state.keys, world.state)
}

const TEXTS: [&str; 5] = [NAME, "the other karenina", "a ticket to petersburg", "a house in petersburg", "karenina 1"];

#[test]
fn who_stands_in_the_base_is_erased_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.bactrian");
    let text = keeping("9d").to_toml().replace("gap_variance = \"event\"", "first_time = \"event\"");
    let plain = Definition::from_toml(&text).unwrap();
    let engine = Engine::open(&path, Some(&plain), Options::default()).unwrap();
    with_anna(&engine, true);
    engine.fit(None).unwrap();
    engine.checkpoint().unwrap();
    assert!(engine.world().unwrap().journal.base().unwrap().is_some());
    assert!(TEXTS[..4].iter().all(|text| count_in(&path, text) > 0));
    let receipt = engine.erase(Id::Text("the other karenina")).unwrap();
    assert_eq!((receipt.ids, receipt.base, receipt.partials, receipt.found), (2, 2, 0, 0), "{receipt:?}");
    assert!(receipt.words >= 2 && receipt.fits.contains(&"rfm".to_owned()), "{receipt:?}");
    for text in TEXTS {
        assert_eq!(count_in(&path, text), 0, "{text}");
        assert!(!dump(&engine).contains(text), "{text}");
    }
    for id in [NAME, "the other karenina"] {
        assert_eq!(engine.export(Id::Text(id)).unwrap_err().kind(), ErrorKind::UnknownCustomer);
    }
    assert!(!engine.peers(Id::Number(4), None).unwrap().iter().any(|peer| peer.to_string().contains("karenina")));
    // The others stand as if she had never been.
    let twin = Engine::new(&plain, Options::default()).unwrap();
    with_anna(&twin, false);
    let ids: Vec<Id<'_>> = (0..9).map(Id::Number).collect();
    let columns = ["orders", "spend", "recent", "gaps", "variety", "city"];
    let read = |engine: &Engine| format!("{:?}", engine.score(Some(&ids), Some(&columns), None, None).unwrap());
    assert_eq!(read(&engine), read(&twin));
    assert_eq!(bytes(&engine), refolded(&engine));
    // She comes again as someone new, and is erased again.
    engine.identify_row(Id::Text(NAME), None, &[("city", Value::Text("a house in petersburg"))]).unwrap();
    purchase(&engine, 99).unwrap();
    engine.checkpoint().unwrap();
    let live = bytes(&engine);
    engine.close().unwrap();
    drop(engine);
    let engine = Engine::open(&path, None, Options::default()).unwrap();
    assert_eq!(bytes(&engine), live);
    assert_eq!(engine.erase(Id::Text(NAME)).unwrap().found, 0);
    assert_eq!((count_in(&path, NAME), count_in(&path, "a house in petersburg")), (0, 0));
    assert_eq!(read(&engine), {
        purchase(&twin, 99).unwrap();
        read(&twin)
    });
}

#[test]
fn who_came_with_a_partial_state_is_erased_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.bactrian");
    let whole = Engine::open(&path, Some(&definition()), Options::default()).unwrap();
    let (part, twin) = (
        Engine::new(&definition(), Options::default()).unwrap(),
        Engine::new(&definition(), Options::default()).unwrap(),
    );
    for (engine, anna) in [(&part, true), (&twin, false)] {
        if anna {
            // Hers is the first number of the part.
            let fields = [("amount", Value::Number(30.0)), ("need", Value::Text("a ticket to petersburg"))];
            let customer = Some(Id::Text(NAME));
            engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at: 0, fields: &fields }).unwrap();
            engine.identify_row(Id::Text(NAME), None, &[("city", Value::Text("a house in petersburg"))]).unwrap();
            engine.relate_row("talk", Id::Number(4), Id::Text(NAME), None, 3.0).unwrap();
        }
        (0..20).for_each(|number| purchase(engine, number).unwrap());
    }
    purchase(&whole, 900).unwrap();
    let bytes_of_part = part.partial().unwrap();
    whole.absorb(&bytes_of_part).unwrap();
    // Someone whom no part knows, after all of it.
    let fields = [("amount", Value::Number(2.0))];
    let late =
        RowEvent { kind: "purchase", customer: Some(Id::Text("dolly")), peer: None, at: 600 * DAY, fields: &fields };
    whole.observe_row(&late).unwrap();
    let alone = Engine::new(&definition(), Options::default()).unwrap();
    purchase(&alone, 900).unwrap();
    alone.absorb(&twin.partial().unwrap()).unwrap();
    alone.observe_row(&late).unwrap();
    let receipt = whole.erase(Id::Text(NAME)).unwrap();
    assert_eq!((receipt.ids, receipt.partials, receipt.base, receipt.found), (1, 1, 0, 0), "{receipt:?}");
    for text in [NAME, "a ticket to petersburg", "a house in petersburg"] {
        assert_eq!(count_in(&path, text), 0, "{text}");
        assert!(!dump(&whole).contains(text), "{text}");
    }
    let ids: Vec<Id<'_>> = (0..9).map(Id::Number).chain([Id::Text("dolly")]).collect();
    let columns = ["orders", "spend", "recent", "gaps", "variety", "city", "tier"];
    let read = |engine: &Engine| format!("{:?}", engine.score(Some(&ids), Some(&columns), None, None).unwrap());
    assert_eq!(read(&whole), read(&alone));
    assert!(whole.peers(Id::Number(4), None).unwrap().is_empty());
    // The part that it was made of is refused as before, and what is here goes on.
    assert_eq!(whole.absorb(&bytes_of_part).unwrap_err().kind(), ErrorKind::NotMergeable);
    purchase(&whole, 901).unwrap();
    assert_eq!(bytes(&whole), refolded(&whole));
    assert_eq!(whole.erase(Id::Number(3)).unwrap().partials, 1);
    assert_eq!(bytes(&whole), refolded(&whole));
    let live = bytes(&whole);
    whole.close().unwrap();
    drop(whole);
    assert_eq!(bytes(&Engine::open(&path, None, Options::default()).unwrap()), live);
}
