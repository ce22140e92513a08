//! A segment that reads what another has just done sees it in the same call.

use bactrian::base::random::Random;
use bactrian::data::OwnedId;
use bactrian::{Definition, Engine, Id, Options, RowEvent, Value};

use super::world::{DAY, HEAD};

const SEGMENTS: &str = r#"
[feature.spend]
sum       = "amount"
on        = "line"
half_life = "2d"

[feature.moves]
count = "event"
on    = "crossed"

[segment.tier]
axis.value = { of = "spend", edges = [20, 60], labels = ["low", "mid", "high"] }
hysteresis = 0.1

[segment.best]
rules = [{ label = "yes", when = 'tier.value == "high"' }, { label = "no", when = 'tier.value != "high"' }]

[segment.restless]
axis.moves = { of = "moves", edges = [3, 9], labels = ["calm", "some", "much"] }
"#;

#[test]
fn a_look_sees_the_crossings_before_it() {
    let definition = Definition::from_toml(&format!("{HEAD}\n{SEGMENTS}")).unwrap();
    let engine = Engine::new(&definition, Options::default()).unwrap();
    let columns = engine.reader(&["spend", "moves", "tier.value", "best", "restless.moves"]).unwrap();
    let mut random = Random::keyed(11, 0);
    let mut tiers: [String; 8] = Default::default();
    let mut crossed = [0u32; 8];
    for number in 0..1_500 {
        let who = random.below(8);
        let fields = [("amount", Value::Number(random.uniform() * 30.0))];
        let event = RowEvent {
            kind: "line",
            customer: Some(Id::Number(who)),
            peer: None,
            at: number * DAY / 24,
            fields: &fields,
        };
        let report = engine.observe_row(&event).unwrap();
        // Time moves others too, and this one before the event does.
        let mut of_event = Vec::new();
        for crossing in &report.crossings {
            let OwnedId::Number(moved) = engine.id(crossing.customer).unwrap() else { panic!("customers are numbers") };
            crossed[moved as usize] += 1;
            if crossing.cause == "event" {
                of_event.push(crossing.segment.as_ref());
            } else if *crossing.segment == *"tier" {
                tiers[moved as usize] = crossing.to.to_string();
            }
        }
        let mut values = [0.0; 5];
        columns.read(Id::Number(who), None, None, &mut values).unwrap();
        let text = |value: f64| engine.key_text(value).unwrap();
        let before = tiers[who as usize].as_str();
        // Upwards at once, downwards a tenth below the edge.
        let edge = |edge: f64, above: bool| if above { edge - 0.1 * edge } else { edge };
        let tier = match values[0] {
            spend if spend >= edge(60.0, before == "high") => "high",
            spend if spend >= edge(20.0, matches!(before, "mid" | "high")) => "mid",
            _ => "low",
        };
        assert_eq!(text(values[2]), tier, "{values:?}");
        assert_eq!(text(values[3]), if tier == "high" { "yes" } else { "no" });
        tiers[who as usize] = tier.to_owned();
        assert_eq!(values[1], f64::from(crossed[who as usize]));
        // The restless are looked at last, and see what the same look has done before.
        let restless = of_event.iter().filter(|segment| **segment == "restless").count();
        assert!(restless == 0 || of_event.last() == Some(&"restless"));
        let expected = match crossed[who as usize] - restless as u32 {
            0..3 => "calm",
            3..9 => "some",
            _ => "much",
        };
        assert_eq!(text(values[4]), expected, "{:?}", report.crossings);
    }
    assert!(crossed.iter().sum::<u32>() > 60, "{crossed:?}");
}
