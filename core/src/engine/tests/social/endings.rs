//! What ties gave ends with them.

use super::*;

const TEXT: &str = r#"
    [event.message]
    customer = "a"
    peer = "b"
    at = "at"
    need = "need"
    [trait]
    worth = "number"
    region = "category"
    [tie.talk]
    half_life = "1d"
    least = 0.01
    [community.circle]
    layers = "talk"
    [segment.circles]
    axis.circle = { of = "circle" }
    [score.degree]
    model = "degree"
    layers = "talk"
    [score.rank]
    model = "pagerank"
    layers = "talk"
    [score.near]
    model = "pagerank"
    layers = "talk"
    from = "worth"
    [score.hub]
    model = "hub"
    layers = "talk"
    [score.constraint]
    model = "constraint"
    layers = "talk"
    [score.away]
    model = "across"
    layers = "talk"
    of = "region"
    [score.voice]
    model = "influence"
    layers = "talk"
    value = "worth"
    sets = 2000
    [score.mass]
    model = "mass"
    of = "worth"
    community = "circle"
    [score.reach]
    model = "reach"
    layers = "heard"
    [tie.heard]
    on = "message"
    [score.flow]
    model = "flow"
    layers = "talk"
    on = "message"
    [score.taken]
    model = "adoption"
    layers = "talk"
    on = "message"
    period = "1d"
    [score.merit]
    model = "referrals"
    on = "message"
"#;

fn fitted(engine: &Engine, name: &str) -> super::super::super::FittedColumn {
    let report = engine.fit(None).unwrap();
    report.columns.into_iter().find(|column| column.name == name).unwrap()
}

/// Two circles of friends, with something to say for every column.
fn friends() -> Engine {
    let engine = Engine::new(&Definition::from_toml(TEXT).unwrap(), Options::default()).unwrap();
    let report = engine.fit(None).unwrap();
    let skipped = |name: &str| report.columns.iter().find(|it| it.name == name).and_then(|it| it.skipped.clone());
    for column in ["circle", "degree", "rank", "near", "hub", "constraint", "away", "voice", "mass"] {
        assert!(skipped(column).is_some_and(|why| why.contains("yet")), "{column}");
    }
    for who in 0..7u64 {
        let region = Value::Text(if who % 2 == 0 { "north" } else { "south" });
        let traits = [("worth", Value::Number(who as f64 + 1.0)), ("region", region)];
        engine.identify_row(Id::Number(who), Some(0), &traits).unwrap();
        let (customer, peer) = (Some(Id::Number(who)), Some(Id::Number((who + 1) % 7)));
        let fields = [("need", Value::Text("tea"))];
        engine.observe_row(&RowEvent { kind: "message", customer, peer, at: 0, fields: &fields }).unwrap();
    }
    tied(&engine, &clique(0..3));
    tied(&engine, &clique(3..7));
    assert_eq!(fitted(&engine, "circle").notes.len(), 2);
    assert!(numbers(&engine, "degree").iter().sum::<f64>() > 0.0);
    engine
}

/// What everyone is left with where there is no tie any more.
fn left_alone(engine: &Engine) {
    for (column, value) in [("degree", 0.0), ("hub", 0.0), ("voice", 0.0), ("voice.credit", 0.0), ("rank", 1.0 / 7.0)] {
        assert!(numbers(engine, column).iter().all(|own| (own - value).abs() < 1e-12), "{column}");
    }
    for column in ["constraint", "away", "circle.size", "circle.within", "mass", "mass.share"] {
        assert!(numbers(engine, column).iter().all(|own| own.is_nan()), "{column}");
    }
    assert!(engine.members("circles", "circle_1").unwrap().is_empty());
    assert!(engine.members("circles", "circle_2").unwrap().is_empty());
}

#[test]
fn the_last_tie_takes_its_columns_along() {
    for removed in [true, false] {
        let engine = friends();
        assert_eq!(engine.members("circles", "circle_2").unwrap().len(), 4);
        if removed {
            for (a, b) in clique(0..3).into_iter().chain(clique(3..7)) {
                engine.relate_row("talk", Id::Number(a), Id::Number(b), Some(0), f64::NAN).unwrap();
            }
        } else {
            engine.advance_to(9 * DAY).unwrap();
        }
        let circle = fitted(&engine, "circle");
        let deaths = [("circle_1", "death: it had 3 members"), ("circle_2", "death: it had 4 members")];
        assert_eq!(circle.notes, deaths.map(|(name, note)| (name.to_owned(), note.to_owned())));
        assert!(circle.skipped.is_none() && circle.diagnostics[0] == ("communities".to_owned(), 0.0));
        left_alone(&engine);
        let again = fitted(&engine, "circle");
        assert!(again.notes.is_empty(), "a community dies once: {again:?}");
        let state = bytes(&engine);
        assert!(refolded(&engine) == state);
        // A name never comes back.
        clique(0..3).iter().for_each(|(a, b)| {
            engine.relate_row("talk", Id::Number(*a), Id::Number(*b), None, 1.0).unwrap();
        });
        assert_eq!(fitted(&engine, "circle").notes, [("circle_3".to_owned(), "birth: 3 members".to_owned())]);
        assert!(numbers(&engine, "degree")[..2].iter().all(|degree| *degree > 0.0));
    }
}

#[test]
fn restarts_that_begin_nowhere_leave_nobody_near() {
    let engine = friends();
    assert!((numbers(&engine, "near").iter().sum::<f64>() - 1.0).abs() < 1e-6);
    for who in 0..7u64 {
        engine.identify_row(Id::Number(who), Some(1), &[("worth", Value::Number(0.0))]).unwrap();
    }
    assert!(fitted(&engine, "near").skipped.is_none());
    assert!(numbers(&engine, "near").iter().all(|own| own.is_nan()));
    assert!(numbers(&engine, "voice").iter().all(|own| *own == 0.0), "nobody is worth reaching");
    assert!(numbers(&engine, "rank").iter().all(|own| *own > 0.0));
}

#[test]
fn a_community_that_is_erased_has_its_death_told() {
    let engine = friends();
    for who in 0..3u64 {
        engine.erase(Id::Number(who)).unwrap();
    }
    let told = fitted(&engine, "circle").notes;
    assert_eq!(told, [("circle_1".to_owned(), "death: all its members were erased".to_owned())]);
    assert_eq!(engine.members("circles", "circle_2").unwrap().len(), 4);
    assert!(fitted(&engine, "circle").notes.is_empty(), "a community dies once");
    // Nobody is left of the other either, nor any tie or event.
    for who in 3..7u64 {
        engine.erase(Id::Number(who)).unwrap();
    }
    let report = engine.fit(None).unwrap();
    let column = |name: &str| report.columns.iter().find(|column| column.name == name).unwrap();
    assert_eq!(column("circle").notes, [("circle_2".to_owned(), "death: all its members were erased".to_owned())]);
    for name in ["reach", "flow", "taken", "merit", "degree", "mass", "away", "voice"] {
        assert!(numbers(&engine, name).is_empty(), "{name}");
    }
    let state = bytes(&engine);
    assert!(refolded(&engine) == state);
}

#[test]
fn a_flash_community_that_is_erased_dissolves() {
    let text = "[event.message]\ncustomer = \"a\"\npeer = \"b\"\nat = \"at\"\n[flash.storm]\non = \"message\"\nfast = \"6h\"\nslow = \"10d\"\n\
        burst = 0.5\nyoung = 0.0\n";
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    for _ in 0..6 {
        for (a, b) in clique(0..5) {
            let (customer, peer) = (Some(Id::Number(a)), Some(Id::Number(b)));
            engine.observe_row(&RowEvent { kind: "message", customer, peer, at: 0, fields: &[] }).unwrap();
        }
    }
    assert!(fitted(&engine, "storm").notes[0].1.starts_with("birth"));
    (0..5u64).for_each(|who| drop(engine.erase(Id::Number(who)).unwrap()));
    let gone = fitted(&engine, "storm");
    assert!(gone.skipped.is_none() && gone.notes[0].1.starts_with("dissolved"), "{gone:?}");
}
