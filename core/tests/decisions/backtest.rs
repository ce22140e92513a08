//! Another definition in the shadow of the journal, policies valued by what was recorded, effects of control arms, agents.

use super::*;
use bactrian::base::random::Random;
use bactrian::{Claim, Policy};

const SHOP: &str = r#"
[time]
lateness = "0s"

[event.visit]
customer = "who"
at = "at"

[trait]
age = "number"

[context]
weather = "category"

[feature.visits]
count = "event"
on = "visit"
window = "7d"

[segment.ages]
axis.age = { of = "age", edges = [40], labels = ["young", "old"] }

[segment.busy]
axis.visits = { of = "visits", edges = [2], labels = ["seldom", "often"] }
decide_on = ["enter"]

[action.umbrella]
channel = "app"
eligible = 'weather == "rain"'
value = 5
cost = 0.5
response_model = { learn = "lints", features = ["1.0", "age / 50", "visits"], by = "ages", outcome = "buy", within = "2d", prior = 0.2 }

[action.card]
channel = "post"
value = 3
cost = 0.25
response_model = { learn = "beta", by = "ages", outcome = "buy", within = "2d" }

[action.call]
channel = "phone"
eligible = "visits > 1"
suitable = "age > 20"
value = 2
cost = 0.1
response = 0.3
outcome = "buy"
within = "2d"

[decide]
control = 0.2

[contact.app]
at_most = 2
per = "7d"

[contact.phone]
at_most = 1
per = "3d"
"#;

/// A shop that lives for some weeks: visits, traits, decisions with and without context, slates, outcomes.
fn lived(text: &str, steps: usize) -> Engine {
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    let (mut random, mut now, mut open) = (Random::keyed(12, 3), 0, Vec::new());
    for customer in 0..30 {
        let age = Value::Number(18.0 + random.below(50) as f64);
        engine.identify_row(Id::Number(customer), Some(0), &[("age", age)]).unwrap();
    }
    for _ in 0..steps {
        now += random.below(6) as i64 * HOUR;
        let customer = Id::Number(random.below(30));
        match random.below(5) {
            0 | 1 => {
                let row =
                    bactrian::RowEvent { kind: "visit", customer: Some(customer), peer: None, at: now, fields: &[] };
                let report = engine.observe_row(&row).unwrap();
                open.extend(
                    report
                        .decisions
                        .iter()
                        .filter(|taken| taken.decision.action.is_some())
                        .map(|taken| taken.decision.id),
                );
            }
            2 if !open.is_empty() => {
                let id = open.swap_remove(random.below(open.len() as u64) as usize);
                engine.learn_row(id, "buy", Some(now), Some(random.below(9) as f64)).unwrap();
            }
            _ => {
                let weather = [("weather", Value::Text(["rain", "sun"][random.below(2) as usize]))];
                let n = 1 + random.below(2) as usize;
                let ask = Ask { at: Some(now), context: &weather, n, ..Ask::default() };
                let decision = engine.decide(customer, ask).unwrap();
                open.extend(decision.slate.iter().map(|choice| choice.id));
            }
        }
    }
    engine.advance_to(now + 10 * DAY).unwrap();
    engine
}

#[test]
fn a_definition_agrees_with_itself_to_the_last_draw() {
    let engine = lived(SHOP, 1500);
    let before = engine.digest().unwrap();
    let own = engine.definition().unwrap();
    let found = engine.backtest(&own, None).unwrap();
    assert!(found.decisions > 400, "{}", found.decisions);
    assert_eq!(found.agreed, found.decisions);
    assert_eq!((found.moved.len(), found.customers), (0, 30));
    // It does what was done with the probability that was recorded, so every weight is one.
    let value = found.value.clone().unwrap();
    assert!((value.weights.mean - 1.0).abs() < 1e-12 && (value.weights.largest - 1.0).abs() < 1e-9);
    assert_eq!(value.ips.value.to_bits(), value.logged.value.to_bits());
    let [expected, recorded] = found.expected.map(|it| it.unwrap().value);
    assert!((expected - recorded).abs() < 1e-12 && expected > 0.0);
    // Each action's rows add up to all decisions.
    let (actions, counts) = (texts(&found.funnel, "action"), whole(&found.funnel, "decisions"));
    for action in ["umbrella", "card", "call"] {
        let all = actions.iter().zip(&counts).filter(|(name, _)| name.as_deref() == Some(action));
        assert_eq!(all.map(|(_, count)| *count).sum::<i64>() as u64, found.decisions);
    }
    assert_eq!(engine.digest().unwrap(), before);
}

#[test]
fn another_definition_tells_who_gains_and_which_rule_drops_whom() {
    let engine = lived(SHOP, 1500);
    // No card any more, and a segment that the journal knows nothing of.
    let text = SHOP.replace("[action.card]\n", "[action.card]\neligible = \"age > 200\"\n")
        + "[segment.late]\naxis.visits = { of = \"visits\", edges = [1], labels = [\"none\", \"some\"] }\n";
    let other = Definition::from_toml(&text.replace("suitable = \"age > 20\"", "suitable = 'late.visits == \"some\"'"))
        .unwrap();
    let found = engine.backtest(&other, None).unwrap();
    assert!(found.agreed < found.decisions);
    let sum = |column: &str| whole(&found.moved, column).iter().sum::<i64>() as u64;
    assert_eq!(sum("gained") + sum("lost") + sum("changed"), found.decisions - found.agreed);
    let rules: Vec<String> = texts(&found.funnel, "rule").into_iter().flatten().collect();
    for rule in ["age > 200", "visits > 1", "phone", "weather == \"rain\""] {
        assert!(rules.iter().any(|known| known == rule), "no `{rule}` in {rules:?}");
    }
    for (rule, stage) in texts(&found.unserved, "rule").iter().zip(texts(&found.unserved, "stage")) {
        assert!(stage.is_some() && rule.is_some());
    }
    // It is the same as going on under it would have said of the last decisions, and going back is as before.
    let versions = engine.versions().unwrap();
    assert_eq!(versions.len(), 1);
    let look = |engine: &Engine| -> Vec<(Option<String>, u64, Vec<Reason>)> {
        let rain = [("weather", Value::Text("rain"))];
        let one = |customer| {
            let ask = Ask { dry: true, context: &rain, ..Ask::default() };
            let dry = engine.decide(Id::Number(customer), ask).unwrap();
            let reasons = dry.losers().into_iter().map(|loser| loser.reason).collect();
            (dry.action.clone(), dry.priority.to_bits(), reasons)
        };
        (0..30).map(one).collect()
    };
    let first = look(&engine);
    engine.redefine(&other).unwrap();
    assert_ne!(look(&engine), first);
    assert_eq!(engine.versions().unwrap().len(), 2);
    engine.redefine(&engine.versions().unwrap()[0].definition.clone()).unwrap();
    assert_eq!(look(&engine), first);
}

#[test]
fn actions_have_dates() {
    let text = "[action.a]\nvalue = 1\nfrom = \"1970-01-03\"\nuntil = \"1970-01-05T12:00:00Z\"\n";
    let engine = engine(text);
    assert_eq!(reason(&engine, DAY, "a").map(|(reason, _)| reason), Some(Reason::NotApplicable));
    assert_eq!(reason(&engine, 2 * DAY, "a"), None);
    assert_eq!(reason(&engine, 4 * DAY + 12 * HOUR - 1, "a"), None);
    assert_eq!(reason(&engine, 4 * DAY + 12 * HOUR, "a").map(|(reason, _)| reason), Some(Reason::NotApplicable));
    let wrong = Definition::from_toml("[action.a]\nvalue = 1\nfrom = \"soon\"\n").unwrap();
    assert!(Engine::new(&wrong, Options::default()).is_err());
}

/// A shop where silence and mail are tried at random, and mail brings more to the old.
fn randomised(customers: u64) -> Engine {
    let text = "[time]\nlateness = \"0s\"\n[trait]\nage = \"number\"\nbefore = \"number\"\n\
                [segment.ages]\naxis.age = { of = \"age\", edges = [40], labels = [\"young\", \"old\"] }\n\
                [action.mail]\nvalue = 1\ncost = 0.05\noutcome = \"buy\"\nwithin = \"1d\"\n[decide]\ncontrol = 0.5\n";
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    let mut random = Random::keyed(5, 5);
    let mut ids = Vec::new();
    for customer in 0..customers {
        let (age, before) = (random.below(80) as f64, random.normal());
        let traits = [("age", Value::Number(age)), ("before", Value::Number(before))];
        engine.identify_row(Id::Number(customer), Some(0), &traits).unwrap();
        ids.push((customer, age, before, random.normal()));
    }
    for (customer, age, before, noise) in ids {
        let decision = engine.decide(Id::Number(customer), Ask { at: Some(HOUR), ..Ask::default() }).unwrap();
        let sent = decision.action.is_some();
        let worth = 2.0 * before + noise + if sent && age > 40.0 { 0.5 } else { 0.0 };
        engine.learn_row(decision.id, "buy", None, Some(worth)).unwrap();
    }
    engine.advance_to(3 * DAY).unwrap();
    engine
}

#[test]
fn effects_of_control_arms_and_policies_by_the_record() {
    let engine = randomised(4000);
    let plain = engine.effects(None, None, None).unwrap();
    let adjusted = engine.effects(None, Some("before"), None).unwrap();
    let width = |table: &Table| numbers(table, "money.high")[0] - numbers(table, "money.low")[0];
    assert_eq!(whole(&plain, "sent")[0] + whole(&plain, "withheld")[0], 4000);
    // What was known before takes four fifths of the variance.
    assert!(width(&adjusted) < 0.5 * width(&plain));
    let (effect, truth) = (numbers(&adjusted, "money")[0], 0.5 * 39.0 / 80.0);
    assert!((effect - truth).abs() < 0.75 * width(&adjusted), "{effect} {truth}");
    let cells = engine.effects(Some("ages"), Some("before"), None).unwrap();
    let claims: std::collections::BTreeMap<String, String> =
        texts(&cells, "cell").into_iter().flatten().zip(texts(&cells, "money.claim").into_iter().flatten()).collect();
    assert_eq!((claims["old"].as_str(), claims["young"].as_str()), ("effect", "no evidence"));
    // Everyone bought, so that success says nothing.
    assert_eq!(texts(&plain, "success.claim")[0].as_deref(), Some("no evidence"));

    let always = engine.evaluate(Policy::Always(Some("mail")), None).unwrap();
    let never = engine.evaluate(Policy::Always(None), None).unwrap();
    let gain = always.value.snips.value - never.value.snips.value;
    assert!((gain + 0.05 - numbers(&plain, "money")[0]).abs() < 1e-9);
    assert!(always.value.weights.effective_sample_size > 1900.0);
    let own = engine.definition().unwrap();
    let same = engine.evaluate(Policy::Definition(&own), None).unwrap();
    assert!((same.value.ips.value - same.value.logged.value).abs() < 1e-12);
    assert_eq!(same.value.gain.claim, Claim::NoEvidence);

    let error = |policy: Policy<'_>| engine.evaluate(policy, None).unwrap_err().kind();
    assert_eq!(error(Policy::Always(Some("male"))), bactrian::ErrorKind::UnknownWord);
    assert_eq!(error(Policy::Propensities(&[(1, 0.5)])), bactrian::ErrorKind::UnknownDecision);
    let decided = engine.decide(Id::Number(0), Ask::default()).unwrap();
    assert_eq!(error(Policy::Propensities(&[(decided.id, 0.5)])), bactrian::ErrorKind::NotEnoughData);
    let few = randomised(60).evaluate(Policy::Always(Some("mail")), None).unwrap();
    assert_eq!(few.value.gain.claim, Claim::CannotTell);
    assert!(engine.effects(Some("sages"), None, None).is_err() && engine.effects(None, Some("ages"), None).is_err());
}

#[test]
fn agents_are_given_by_what_the_record_says_of_them() {
    let text = "[event.talk]\ncustomer = \"who\"\npeer = \"agent\"\nat = \"at\"\nnumber = { stars = \"stars\" }\n\
                [score.rapport]\nmean = \"stars\"\non = \"talk\"\ntoward = \"peer\"\nshrink = 0.5\n";
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    for (place, (who, agent, stars)) in
        [("anna", "x", 5.0), ("anna", "y", 1.0), ("ben", "x", 4.0), ("ben", "y", 3.5), ("cleo", "x", 1.0)]
            .iter()
            .enumerate()
    {
        let fields = [("stars", Value::Number(*stars))];
        let (customer, peer) = (Some(Id::Text(who)), Some(Id::Text(agent)));
        let row = bactrian::RowEvent { kind: "talk", customer, peer, at: place as i64, fields: &fields };
        assert_eq!(engine.observe_row(&row).unwrap().accepted, 1);
    }
    engine.fit(None).unwrap();
    let agents = [(Id::Text("x"), 1), (Id::Text("y"), 1)];
    let found = engine.assign(None, &agents, "rapport", None).unwrap();
    assert_eq!(found.table.len(), 3);
    let given: Vec<Option<String>> = texts(&found.table, "agent");
    assert_eq!(given.iter().flatten().count(), 2);
    assert_eq!(given[0].as_deref(), Some("x"));
    let score = |who: &str, agent: &str| {
        let asked = engine.score(Some(&[Id::Text(who)]), Some(&["rapport"]), None, Some(Id::Text(agent))).unwrap();
        numbers(&asked, "rapport")[0]
    };
    let best = score("anna", "x") + score("ben", "y").max(score("cleo", "y"));
    assert!((found.score - best).abs() < 1e-12);
    assert!(engine.assign(None, &[], "rapport", None).is_err());
    assert!(engine.assign(None, &[agents[0], agents[0]], "rapport", None).is_err());
}
