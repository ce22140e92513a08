//! Partial engines merge to the engine of all events, and absorbing is a record like any other.

use bactrian::base::random::Random;
use bactrian::{Definition, Engine, ErrorKind, Id, Options, RowEvent, Value};

use super::world::{self, CUSTOMERS, DAY, Event, HEAD, HOUR};

const FEATURES: &str = r#"
[feature.lines]
count = "event"
on    = "line"

[feature.spend]
sum       = "amount"
on        = "line"
half_life = "9d"

[feature.least]
min = "amount"
on  = "line"

[feature.needs]
distinct = "need"
on       = "line"

[feature.median]
quantile = "amount"
q        = 0.5
on       = "line"
window   = "9d"

[feature.latest]
last = "channel"
on   = "line"

[feature.home]
sum = "amount"
on  = "line"
by  = "household"

[feature.met]
count     = "event"
on        = "line"
toward    = "peer"
half_life = "9d"

[feature.habit]
top = "channel"
on  = "line"

[feature.taste]
top       = "need"
k         = 2
on        = "line"
half_life = "9d"

[feature.spend_size]
sum       = "amount < 0.0 ? -amount : amount"
on        = "line"
half_life = "9d"

[feature.home_size]
sum = "amount < 0.0 ? -amount : amount"
on  = "line"
by  = "household"

[segment.tier]
axis.value = { of = "spend", edges = [5, 40], labels = ["low", "mid", "high"] }
"#;

fn engine() -> Engine {
    world::engine(FEATURES)
}

/// Events at moments of their own.
fn events(seed: u64, count: usize) -> Vec<Event> {
    let mut events = world::events(seed, count);
    (0..).zip(&mut events).for_each(|(number, event)| event.at += number);
    events
}

/// One engine for each part of a random division of the events.
fn divided(events: &[Event], seed: u64, parts: u64) -> Vec<Engine> {
    let engines: Vec<Engine> = (0..parts).map(|_| engine()).collect();
    let mut random = Random::keyed(seed, 7);
    events.iter().for_each(|event| world::observe(&engines[random.below(parts) as usize], event));
    engines
}

const NAMES: [&str; 12] = [
    "lines",
    "spend",
    "least",
    "needs",
    "median",
    "latest",
    "home",
    "met",
    "habit",
    "taste",
    "spend_size",
    "home_size",
];

/// The values of each customer, with names as texts.
fn readings(engine: &Engine, at: i64) -> Vec<Vec<(f64, String)>> {
    let reader = engine.reader(&NAMES).unwrap();
    let reading = |name: &str, value: f64| match name {
        "latest" | "habit" | "taste" => (0.0, engine.key_text(value).unwrap()),
        _ => (value, name.to_owned()),
    };
    (0..CUSTOMERS)
        .map(|who| {
            let mut values = [0.0; 12];
            reader.read(Id::Number(who), Some(Id::Number((who + 1) % CUSTOMERS)), Some(at), &mut values).unwrap();
            NAMES.iter().zip(values).map(|(name, value)| reading(name, value)).collect()
        })
        .collect()
}

/// Counts, extremes, names and sketches to the bit; sums, decays and ties to 1e-12 of the sizes of what they add.
fn agree(one: &Engine, other: &Engine) {
    let now = one.now().unwrap().unwrap();
    assert_eq!(other.now().unwrap(), Some(now));
    for at in [now, now + 3 * DAY] {
        for (own, others) in readings(one, at).iter().zip(readings(other, at)) {
            let value = |name: &str| own[NAMES.iter().position(|known| *known == name).unwrap()].0;
            for ((x, name), (y, other)) in own.iter().zip(&others) {
                let size = match name.as_str() {
                    "spend" | "spend_size" => value("spend_size"),
                    "home" | "home_size" => value("home_size"),
                    "met" => value("met"),
                    _ => 0.0,
                };
                let same = x.to_bits() == y.to_bits() || (x.is_nan() && y.is_nan());
                assert!(name == other && (same || (x - y).abs() <= 1e-12 * size), "{name}: {x} {y} of {size}");
            }
        }
    }
}

#[test]
fn parts_merge_to_the_whole_in_any_order() {
    for seed in 30..33 {
        let events = events(seed, 240);
        let whole = engine();
        events.iter().for_each(|event| world::observe(&whole, event));
        let parts = divided(&events, seed, 4);
        let bytes: Vec<Vec<u8>> = parts.iter().map(|part| part.partial().unwrap()).collect();
        for order in [[0, 1, 2, 3], [3, 1, 0, 2]] {
            let merged = engine();
            let mut accepted = 0;
            for number in order {
                let report = merged.absorb(&bytes[number]).unwrap();
                assert!(report.crossings.iter().all(|crossing| crossing.cause == "absorb"));
                accepted += report.accepted;
            }
            assert_eq!(accepted, merged.stats().unwrap().events - segments_moved(&merged));
            agree(&whole, &merged);
            // What is merged is a part itself.
            let again = engine();
            again.absorb(&merged.partial().unwrap()).unwrap();
            agree(&whole, &again);
            // And goes on as the whole does.
            let more: Vec<Event> = world::events(seed ^ 8, 60);
            let shift = whole.now().unwrap().unwrap() / DAY * DAY + DAY;
            let on = engine();
            on.absorb(&merged.partial().unwrap()).unwrap();
            let all = engine();
            events.iter().for_each(|event| world::observe(&all, event));
            for event in &more {
                let event = Event { at: event.at + shift, ..event.clone() };
                world::observe(&on, &event);
                world::observe(&all, &event);
            }
            agree(&all, &on);
        }
    }
}

/// Crossings that absorbing itself found are events of the merged engine, and of no part.
fn segments_moved(engine: &Engine) -> u64 {
    let crossings = engine.crossings(None, None).unwrap();
    crossings.len() as u64
}

#[test]
fn absorbing_is_a_record_of_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("merged.bactrian");
    let text = format!("{HEAD}\n{FEATURES}");
    let definition = Definition::from_toml(&text).unwrap();
    // Large enough for several values of the journal.
    let parts: Vec<Engine> = (0..2)
        .map(|part| {
            let engine = Engine::new(&definition, Options::default()).unwrap();
            for who in 0..4_000 {
                let name = format!("customer number {} of this shop", who * 2 + part);
                let fields = [
                    ("amount", Value::Number(who as f64 * 0.37)),
                    ("channel", Value::Text(["web", "shop"][who as usize % 2])),
                ];
                let customer = Some(Id::Text(&name));
                engine
                    .observe_row(&RowEvent { kind: "line", customer, peer: None, at: who * HOUR / 60, fields: &fields })
                    .unwrap();
            }
            engine
        })
        .collect();
    let bytes: Vec<Vec<u8>> = parts.iter().map(|part| part.partial().unwrap()).collect();
    assert!(bytes[0].len() > 1 << 19, "{}", bytes[0].len());
    let engine = Engine::open(&path, Some(&definition), Options::default()).unwrap();
    engine.absorb(&bytes[0]).unwrap();
    engine
        .observe_row(&RowEvent { kind: "line", customer: Some(Id::Text("anna")), peer: None, at: DAY, fields: &[] })
        .unwrap();
    engine.absorb(&bytes[1]).unwrap();
    let digest = engine.digest().unwrap();
    engine.close().unwrap();
    let again = Engine::open(&path, None, Options::default()).unwrap();
    assert_eq!(again.digest().unwrap(), digest);
    assert_eq!(again.stats().unwrap().customers, 8_001);
    again.checkpoint().unwrap();
    again.close().unwrap();
    let again = Engine::open(&path, None, Options::default()).unwrap();
    assert_eq!(again.digest().unwrap(), digest);
    // The same part twice is refused, also after a reopening, and changes nothing.
    assert_eq!(again.absorb(&bytes[1]).unwrap_err().kind(), ErrorKind::NotMergeable);
    assert_eq!(again.digest().unwrap(), digest);
    // A past that a part covers as a whole can't be told from what came after.
    assert_eq!(again.training_set(HOUR, None, None, None).unwrap_err().kind(), ErrorKind::TimePast);
    let now = again.now().unwrap().unwrap();
    assert_eq!(again.training_set(now + 1, None, None, None).unwrap().len(), 8_001);
    // A definition of which the parts know only a part is refused, one of fewer features is not.
    let more = Definition::from_toml(&format!("{text}\n[feature.best]\nmax = \"amount\"\non = \"line\"\n")).unwrap();
    assert_eq!(again.redefine(&more).unwrap_err().kind(), ErrorKind::NotMergeable);
    assert_eq!(again.digest().unwrap(), digest);
    let fewer = text.replace("[feature.least]\nmin = \"amount\"\non  = \"line\"\n", "");
    again.redefine(&Definition::from_toml(&fewer).unwrap()).unwrap();
    let reader = again.reader(&["lines", "spend"]).unwrap();
    let mut values = [0.0; 2];
    reader.read(Id::Text("customer number 9 of this shop"), None, None, &mut values).unwrap();
    assert!(values[0] == 1.0 && values[1] > 0.0);
}

#[test]
fn what_is_no_part_is_refused_and_changes_nothing() {
    let events = events(5, 120);
    let part = divided(&events, 5, 1).remove(0).partial().unwrap();
    let engine = engine();
    let digest = engine.digest().unwrap();
    for end in (0..part.len()).step_by(part.len() / 60) {
        let kind = engine.absorb(&part[..end]).unwrap_err().kind();
        assert_eq!(kind, ErrorKind::StoreCorrupt);
    }
    let mut random = Random::keyed(5, 5);
    for _ in 0..200 {
        let mut changed = part.clone();
        changed[random.below(part.len() as u64) as usize] ^= 1 << random.below(8);
        // A changed number may be as good as any other.
        if let Err(error) = engine.absorb(&changed) {
            let kinds = [
                ErrorKind::StoreCorrupt,
                ErrorKind::StoreVersion,
                ErrorKind::DefinitionMismatch,
                ErrorKind::NotMergeable,
                ErrorKind::SchemaRange,
                ErrorKind::TimeBeyondCeiling,
            ];
            assert!(kinds.contains(&error.kind()), "{error:?}");
        }
    }
    let engine = super::world::engine(FEATURES);
    assert_eq!(engine.digest().unwrap(), digest);
    let other = world::engine("[feature.f]\ncount = \"event\"\n");
    assert_eq!(other.absorb(&part).unwrap_err().kind(), ErrorKind::DefinitionMismatch);
    assert_eq!(engine.digest().unwrap(), digest);
    let early = Options { ceiling: 0, ..Options::default() };
    let early = Engine::new(&engine.definition().unwrap(), early).unwrap();
    assert_eq!(early.absorb(&part).unwrap_err().kind(), ErrorKind::TimeBeyondCeiling);
    // Merged customers are told apart in no other engine.
    engine.merge(Id::Number(0), Id::Number(1)).unwrap();
    assert_eq!(engine.partial().unwrap_err().kind(), ErrorKind::NotMergeable);
    engine.absorb(&part).unwrap();
    let mut lines = [0.0];
    engine.reader(&["lines"]).unwrap().read(Id::Number(1), None, None, &mut lines).unwrap();
    let own = events.iter().filter(|event| matches!(event.who, Some(0 | 1))).count();
    assert_eq!(lines, [own as f64]);
}
