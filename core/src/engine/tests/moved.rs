//! Which columns moved with a crossing, also behind micro-segments, trees, rules and flags.

use super::*;

const SHOP: &str = r#"
[event.purchase]
customer = "who"
at = "at"
amount = "amount"

[event.visit]
customer = "who"
at = "at"

[trait]
city = "category"
vip  = "bool"

[feature.spend]
sum = "amount"
on = "purchase"

[feature.visits]
count = "event"
on = "visit"

[feature.pace]
count = "event"
on = "visit"
half_life = "1d"

[score.eager]
value = "visits > 2.0 && pace > 0.5"

[segment.value]
axis.spend = { of = "spend", edges = [100], labels = ["low", "high"] }
axis.eager = { of = "eager" }

[micro.cell]
of = ["value.spend", "city", "value.eager"]
minimum = 1

[tree.risk]
target = "vip"
of = ["spend", "city"]
minimum = 1

[segment.micros]
axis.cell = { of = "cell" }

[segment.leaves]
axis.leaf = { of = "risk" }

[segment.care]
rules = [
    { label = "vip", when = "vip || visits > 8.0" },
    { label = "big", when = "spend > 100.0 && visits > 0.0" },
]
"#;

fn shop() -> Engine {
    let engine = Engine::new(&Definition::from_toml(SHOP).unwrap(), Options::default()).unwrap();
    for who in 0..8_u64 {
        let city = ["Oslo", "Rome"][who as usize % 2];
        let traits = [("city", Value::Text(city)), ("vip", Value::Bool(who % 2 == 0))];
        engine.identify_row(Id::Number(who), Some(DAY), &traits).unwrap();
        told(&engine, "purchase", who, DAY, if who < 4 { 10.0 } else { 500.0 });
        (0..1 + who % 4).for_each(|_| drop(told(&engine, "visit", who, DAY, 0.0)));
    }
    engine.fit(None).unwrap();
    engine
}

/// The crossings of one event: segment and what moved.
fn told(engine: &Engine, kind: &str, who: u64, at: i64, amount: f64) -> Vec<(String, String)> {
    let fields = [("amount", Value::Number(amount))];
    let fields = if kind == "purchase" { &fields[..] } else { &[] };
    let row = RowEvent { kind, customer: Some(Id::Number(who)), peer: None, at, fields };
    said(&engine.observe_row(&row).unwrap())
}

fn said(report: &IngestReport) -> Vec<(String, String)> {
    report.crossings.iter().map(|one| (one.segment.to_string(), one.moved.to_string())).collect()
}

#[test]
fn what_moved_is_seen_behind_cells() {
    let engine = shop();
    // Customer 1 (Rome, 10, two visits) buys much: spending alone has moved.
    let bought = told(&engine, "purchase", 1, DAY, 600.0);
    let own = |found: &[(String, String)], segment: &str| -> Vec<String> {
        found.iter().filter(|(name, _)| name == segment).map(|(_, moved)| moved.clone()).collect()
    };
    assert_eq!(own(&bought, "value"), ["spend"]);
    assert_eq!(own(&bought, "micros"), ["spend"]);
    assert_eq!(own(&bought, "care"), ["spend"]);
    // And moves house: behind the micro-segment it is the city, in the tree too.
    let report = engine.identify_row(Id::Number(1), None, &[("city", Value::Text("Oslo"))]).unwrap();
    let moves = said(&report);
    assert!(!moves.is_empty() && moves.iter().all(|(_, moved)| moved == "city"), "{moves:?}");
    assert!(!own(&moves, "micros").is_empty());
    // A third visit makes the flag true; told are what the flag reads, not the flag, nor what stayed.
    let visit = told(&engine, "visit", 1, DAY, 0.0);
    assert_eq!(own(&visit, "value"), ["visits, pace"]);
    assert_eq!(own(&visit, "micros"), ["visits, pace"]);
    // A rule of two columns, one of which moved.
    let report = engine.identify_row(Id::Number(1), None, &[("vip", Value::Bool(true))]).unwrap();
    assert_eq!(own(&said(&report), "care"), ["vip"]);
    // Time alone: of the flag's columns only one falls.
    let report = engine.advance_to(9 * DAY).unwrap();
    let later: Vec<_> = report.crossings.iter().filter(|one| one.customer == 1).collect();
    assert!(later.iter().any(|one| one.segment.as_ref() == "micros"));
    assert!(later.iter().all(|one| one.cause == "time" && one.moved.as_ref() == "pace"), "{later:?}");
}

/// What was told is what the journal tells, also to who opens the file again; a fit tells all that may have moved.
#[test]
fn what_moved_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moved.bactrian");
    let definition = Definition::from_toml(SHOP).unwrap();
    let told_of = |engine: &Engine| {
        let table = engine.crossings(Some("micros"), None).unwrap();
        let Some(Column::Text(moved)) = table.column("moved").cloned() else { panic!() };
        moved.into_iter().flatten().collect::<Vec<String>>()
    };
    let before = {
        let engine = Engine::open(&path, Some(&definition), Options::default()).unwrap();
        for who in 0..4_u64 {
            engine
                .identify_row(Id::Number(who), Some(DAY), &[("city", Value::Text(["Oslo", "Rome"][who as usize % 2]))])
                .unwrap();
            told(&engine, "purchase", who, DAY, if who < 2 { 10.0 } else { 500.0 });
        }
        engine.fit(None).unwrap();
        told(&engine, "purchase", 0, 2 * DAY, 600.0);
        engine.identify_row(Id::Number(0), None, &[("city", Value::Text("Rome"))]).unwrap();
        let before = told_of(&engine);
        engine.close().unwrap();
        before
    };
    assert_eq!(before[before.len() - 2..], ["spend", "city"]);
    assert!(before[..before.len() - 2].iter().all(|moved| moved == "spend, city, visits, pace"), "{before:?}");
    let again = Engine::open(&path, None, Options::default()).unwrap();
    assert_eq!(told_of(&again), before);
    let export = again.export(Id::Number(0)).unwrap();
    assert!(export.crossings.column("moved").is_some());
}
