//! What the features of a customer take in memory.

use bactrian::base::random::Random;
use bactrian::{Definition, Engine, Id, Options, RowEvent, Value};

use super::world::DAY;

const CUSTOMERS: u64 = 20_000;
const DAYS: i64 = 180;
const NEEDS: [&str; 12] =
    ["bread", "milk", "fruit", "meat", "fish", "cheese", "wine", "soap", "paper", "toys", "books", "pets"];

/// Customers who buy at rates that differ tenfold, over half a year, and as often visit.
fn fed(engine: &Engine) -> u64 {
    let mut random = Random::keyed(1, 1);
    let mut events = Vec::new();
    for who in 0..CUSTOMERS {
        let mean = random.gamma(1.0) * 8.0;
        for (kind, mean) in [("purchase", mean), ("visit", mean)] {
            let mut at = 0.0;
            loop {
                at += random.exponential() / mean.max(0.1) * DAYS as f64;
                if at >= DAYS as f64 {
                    break;
                }
                events.push(((at * DAY as f64) as i64, who, kind));
            }
        }
    }
    events.sort_unstable();
    for (at, who, kind) in &events {
        let need = NEEDS[(random.uniform() * random.uniform() * 12.0) as usize];
        let channel = ["web", "shop", "phone"][random.below(3) as usize];
        let amount = (random.exponential() * 3_000.0).round() / 100.0;
        let fields =
            [("amount", Value::Number(amount)), ("need", Value::Text(need)), ("channel", Value::Text(channel))];
        let fields = if *kind == "purchase" { &fields[..] } else { &[] };
        let event = RowEvent { kind, customer: Some(Id::Number(*who)), peer: None, at: *at, fields };
        engine.observe_row(&event).unwrap();
    }
    events.len() as u64
}

#[test]
fn twenty_features_take_at_most_350_bytes_a_customer() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/sizing.toml")).unwrap();
    let definition = Definition::from_toml(&text).unwrap();
    assert_eq!(text.matches("[feature.").count(), 20);
    let engine = Engine::new(&definition, Options::default()).unwrap();
    let events = fed(&engine);
    let stats = engine.stats().unwrap();
    assert!(stats.events == events && events > 12 * CUSTOMERS, "{events}");
    let each = stats.bytes_per_customer();
    let of = |part: &str| each.iter().find(|(name, _)| *name == part).unwrap().1;
    println!("{} customers, {} events: {each:.1?}", stats.customers, stats.events);
    assert!(of("features") <= 350.0, "{each:?}");
    assert!(of("features") > 150.0 && of("ids") > 0.0, "{each:?}");
    assert_eq!([of("pairs"), of("groups"), of("traits")], [0.0; 3]);
    let total: f64 = each.iter().map(|(_, bytes)| bytes).sum();
    let held: usize = stats.memory.iter().map(|(_, bytes)| bytes).sum();
    assert!((total * stats.customers as f64 - held as f64).abs() < 1e-6 * held as f64);
}
