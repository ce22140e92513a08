//! What stands behind the first place of a slate: its probability is its own, with its own arm and trial.

use super::*;
use std::collections::BTreeMap;

const SENT: u64 = 2000;

/// Of every way in which an action stood second, how often, and the sum of 1 / propensity, which is all decisions.
fn ways(first: &str, second: &str, decide: &str) -> BTreeMap<(bool, Option<String>), (u64, f64)> {
    let text = format!(
        "[action.mail]\ngroup = \"a\"\nvalue = 3\nwithin = \"1d\"\n{first}\n\
         [action.post]\ngroup = \"a\"\nvalue = 2\nwithin = \"1d\"\nresponse = 0.9\n\
         [action.call]\ngroup = \"b\"\nvalue = 1\nwithin = \"1d\"\n{second}\n[decide]\n{decide}\n"
    );
    let engine =
        Engine::new(&Definition::from_toml(&text).unwrap(), Options { seed: 5, ..Options::default() }).unwrap();
    let mut found: BTreeMap<(bool, Option<String>), (u64, f64)> = BTreeMap::new();
    for customer in 0..SENT {
        engine.identify_row(Id::Number(customer), Some(0), &[]).unwrap();
        let ask = Ask { at: Some(DAY), n: 2, ..Ask::default() };
        let decision = engine.decide(Id::Number(customer), ask).unwrap();
        let Some(choice) = decision.slate.get(1) else { continue };
        assert_eq!(choice.action, "call");
        if customer < 9 {
            assert_eq!(engine.recorded(choice.id).unwrap().propensity, choice.propensity);
        }
        let way = found.entry((choice.withheld, choice.arm.clone())).or_default();
        *way = (way.0 + 1, way.1 + 1.0 / choice.propensity);
    }
    found
}

#[test]
fn later_places_have_probabilities_of_their_own() {
    let arms = "arms = { plain = 0.4, gift = 0.4 }";
    let trial = "outcome = \"buy\"\ntrial = { dull = 0.05, good = 0.2, share = 0.5 }";
    let drawn = "response_model = { learn = \"beta\", explore = 1 }";
    for (first, second, decide, number) in [
        ("", "", "control = 0.3", 2),
        (arms, "", "control = 0.3", 2),
        ("arms = { x = 1.0 }", "", "control = 0.3", 2),
        (arms, "arms = { early = 0.2, late = 0.5 }", "", 3),
        ("", trial, "control = 0.3", 2),
        (arms, trial, "control = 0.3", 2),
        (drawn, "", "control = 0.3", 2),
        (drawn, trial, "control = 0.3", 2),
    ] {
        let found = ways(first, second, decide);
        assert_eq!(found.len(), number, "{first} {second}: {found:?}");
        for (way, (count, sum)) in &found {
            // The sum of 1 / p over those who were met has the variance (1 / p - 1) a customer.
            let one = sum / *count as f64;
            let off = (sum - SENT as f64) / (SENT as f64 * (one - 1.0).max(1e-9)).sqrt();
            assert!(off.abs() < 4.0, "{first} {second} {way:?}: {count} with 1/p {one}, {off}");
        }
    }
}
