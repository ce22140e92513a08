//! What comes after silence: learnt as any outcome, recorded, and weighed, so that the value of silence is what it is.

use super::*;
use bactrian::base::random::Random;
use bactrian::{Claim, Evaluated, Policy};

/// Mail is drawn half of the time for those whom it may be sent, and withheld from a fifth of those.
const SHOP: &str = r#"
[time]
lateness = "0s"

[trait]
age = "number"

[feature.outcomes]
count = "event"
on = "outcome"

[segment.ages]
axis.age = { of = "age", edges = [40], labels = ["young", "old"] }

[action.mail]
eligible = "age > FROM"
value = 20
outcome = "buy"
within = "7d"
response_model = { learn = "squarecb", features = ["1.0"], prior = 0.15, explore = 1e-9 }

[decide]
control = 0.2
within = "7d"
outcomes = ["seen"]
"#;

/// What an age buys unasked; mail moves 6 in 100 more.
fn unasked(age: f64) -> f64 {
    if age < 40.0 { 0.12 } else { 0.05 }
}

/// A month of a shop in which everything that is bought is told, whatever was decided before.
fn lived(seed: u64, from: &str) -> Engine {
    let definition = Definition::from_toml(&SHOP.replace("FROM", from)).unwrap();
    let engine = Engine::new(&definition, Options { seed, ..Options::default() }).unwrap();
    let mut random = Random::keyed(seed, 71);
    for customer in 0..1200 {
        let (who, age) = (Id::Number(customer), random.below(80) as f64);
        engine.identify_row(who, Some(0), &[("age", Value::Number(age))]).unwrap();
        let at = 1 + customer as i64 * HOUR / 4;
        let decision = engine.decide(who, Ask { at: Some(at), ..Ask::default() }).unwrap();
        let rate = unasked(age) + if decision.action.is_some() { 0.06 } else { 0.0 };
        if random.uniform() < rate {
            assert_eq!(engine.learn_row(decision.id, "buy", None, Some(20.0)).unwrap().accepted, 1);
        }
    }
    engine.advance_to(40 * DAY).unwrap();
    engine
}

/// Mean error of an estimate over worlds, in its own standard errors, and how often its interval covers the truth.
fn off(worlds: &[Evaluated], truth: f64) -> (f64, usize) {
    let n = worlds.len() as f64;
    let error = |found: &Evaluated| found.success.snips.value - truth;
    let mean = worlds.iter().map(error).sum::<f64>() / n;
    let one = worlds.iter().map(|found| found.success.snips.standard_error).sum::<f64>() / n;
    let inside = |found: &&Evaluated| {
        let (low, high) = found.success.snips.interval;
        low <= truth && truth <= high
    };
    (mean / (one / n.sqrt()), worlds.iter().filter(inside).count())
}

#[test]
fn the_value_of_silence_and_of_what_an_action_adds_is_recovered() {
    let worlds = 16;
    // Everyone may get mail: what it adds is what it is worth more than silence.
    let shops: Vec<Engine> = (0..worlds).map(|seed| lived(seed, "-1")).collect();
    let value = |policy: Policy<'_>| -> Vec<Evaluated> {
        shops.iter().map(|shop| shop.evaluate(policy, None).unwrap()).collect()
    };
    let (silent, sent) = (value(Policy::Always(None)), value(Policy::Always(Some("mail"))));
    for (found, truth) in [(&silent, 0.085), (&sent, 0.145)] {
        let (error, covered) = off(found, truth);
        assert!(error.abs() < 3.0 && covered >= 13, "{truth}: {error} {covered}");
    }
    // Silence that was drawn and silence that was withheld are one: the log covers it once.
    for found in &silent {
        assert!((found.success.weights.mean - 1.0).abs() < 4.0 * found.success.weights.mean_error);
        assert_eq!(found.settled, 1200);
        // Where mail is sure to win, silence is the fifth that is withheld.
        assert!(found.success.weights.largest <= 5.0 + 1e-9, "{}", found.success.weights.largest);
    }
    assert!(silent.iter().all(|found| found.success.gain.claim != Claim::Effect || found.success.gain.value < 0.0));
    // The young get nothing for certain, and buy all the same.
    let shops: Vec<Evaluated> =
        (0..worlds).map(|seed| lived(seed, "39").evaluate(Policy::Always(None), None).unwrap()).collect();
    let (error, covered) = off(&shops, 0.085);
    assert!(error.abs() < 3.0 && covered >= 13, "{error} {covered}");
}

#[test]
fn an_outcome_of_silence_has_its_window_and_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.bactrian");
    let definition = Definition::from_toml(&SHOP.replace("FROM", "90")).unwrap();
    let engine = Engine::open(&path, Some(&definition), Options::default()).unwrap();
    let who = Id::Text("anna");
    engine.identify_row(who, Some(0), &[("age", Value::Number(50.0))]).unwrap();
    let silent = |engine: &Engine, at: i64| {
        let decision = engine.decide(who, Ask { at: Some(at), ..Ask::default() }).unwrap();
        assert_eq!((decision.action.as_deref(), decision.propensity), (None, 1.0));
        decision.id
    };
    let [first, second, third] = [DAY, DAY, 2 * DAY].map(|at| silent(&engine, at));
    let learn = |engine: &Engine, id: u64, kind: &str, at: i64, value: f64| {
        engine.learn_row(id, kind, Some(at), Some(value)).unwrap()
    };
    assert_eq!(learn(&engine, first, "seen", 2 * DAY, 0.0).accepted, 1);
    let slip = learn(&engine, first, "byu", 2 * DAY, 0.0);
    assert!(
        slip.rejected[0].reason.contains("no outcome `byu`, and silence goes by another one"),
        "{:?}",
        slip.rejected
    );
    assert_eq!(learn(&engine, first, "buy", 3 * DAY, 20.0).accepted, 1);
    assert_eq!(learn(&engine, first, "buy", 3 * DAY, 20.0).duplicates, 1);
    assert_eq!(learn(&engine, first, "buy", 4 * DAY, 25.0).accepted, 1);
    assert_eq!(learn(&engine, second, "seen", 4 * DAY, 1.0).accepted, 1);
    let early = learn(&engine, third, "buy", DAY, 1.0);
    assert!(early.rejected[0].reason.contains("lies before the decision"), "{:?}", early.rejected);
    // It is known again after reopening, by the journal and by a checkpoint.
    let digest = engine.digest().unwrap();
    engine.close().unwrap();
    let engine = Engine::open(&path, None, Options::default()).unwrap();
    assert_eq!(engine.digest().unwrap(), digest);
    engine.checkpoint().unwrap();
    engine.close().unwrap();
    let engine = Engine::open(&path, None, Options::default()).unwrap();
    assert_eq!(engine.digest().unwrap(), digest);
    assert_eq!(learn(&engine, third, "buy", 9 * DAY, 5.0).accepted, 1);
    engine.advance_to(9 * DAY + 1).unwrap();
    let late = learn(&engine, third, "buy", 9 * DAY, 6.0);
    assert_eq!(late.rejected[0].reason, format!("no decision {third} is open: it is unknown or expired"));
    // Nothing was recorded for the second, of which no success came.
    let mut outcomes = [0.0];
    engine.reader(&["outcomes"]).unwrap().read(who, None, None, &mut outcomes).unwrap();
    assert_eq!(outcomes, [5.0]);
    for table in [engine.ledger().unwrap(), engine.ledger_by("ages").unwrap()] {
        assert_eq!(texts(&table, "action"), [None]);
        let counts = ["decisions", "answered", "open", "expired", "outcome.buy"].map(|name| whole(&table, name)[0]);
        assert_eq!((counts, numbers(&table, "realised")[0]), ([3, 2, 0, 0, 2], 31.0));
    }
    let found = engine.evaluate(Policy::Always(None), None).unwrap();
    let value = [found.success.logged.value, found.success.snips.value, found.value.logged.value];
    assert_eq!((found.settled, value), (3, [2.0 / 3.0, 2.0 / 3.0, 31.0 / 3.0]));
    // The declared window, and silence that is not over.
    let shorter =
        SHOP.replace("FROM", "90").replace("control = 0.2\nwithin = \"7d\"", "control = 0.2\nwithin = \"2d\"");
    let engine = Engine::new(&Definition::from_toml(&shorter).unwrap(), Options::default()).unwrap();
    engine.identify_row(who, Some(0), &[("age", Value::Number(50.0))]).unwrap();
    let id = silent(&engine, 0);
    engine.advance_to(2 * DAY - 1).unwrap();
    assert_eq!(engine.evaluate(Policy::Always(None), None).unwrap_err().kind(), bactrian::ErrorKind::NotEnoughData);
    assert_eq!(learn(&engine, id, "buy", 2 * DAY, 5.0).accepted, 1);
    let late = learn(&engine, id, "seen", 2 * DAY + 1, 0.0);
    assert!(!late.rejected.is_empty());
    assert_eq!(engine.evaluate(Policy::Always(None), None).unwrap().value.logged.value, 5.0);
}
