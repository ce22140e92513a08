//! Responses that are regressions: against a textbook LinUCB outside the engine, their draws, and what is kept.

use super::*;
use bactrian::base::numeric::exp;
use bactrian::base::random::Random;
use bactrian::models::bandit::{Bandit, Policy, Rewards};

const SECOND: i64 = 1_000_000;

/// Three actions under one learner, of which a decision's outcome is known within a second.
fn shop(model: &str, tail: &str) -> String {
    let action = |name: &str| {
        format!(
            "[action.{name}]\nchannel = \"{name}\"\neligible = \"bar != '{name}'\"\nvalue = 1\nresponse_model = \
             {{ features = [\"1.0\", \"x\", \"y * y\"], outcome = \"buy\", within = \"1s\", {model} }}\n"
        )
    };
    let actions: String = ["a", "b", "c"].map(action).concat();
    let segment = "[segment.side]\naxis.x = { of = \"x\", edges = [0], labels = [\"low\", \"high\"] }\n";
    let traits = "[trait]\nx = \"number\"\ny = \"number\"\n[context]\nbar = \"category\"\n";
    format!("[time]\nlateness = \"0s\"\n{traits}{segment}{actions}[decide]\nattention = -1000\n{tail}")
}

/// An engine, and customers of two features with a chance to buy that depends on them and the action.
struct Market {
    engine: Engine,
    random: Random,
    now: i64,
}

impl Market {
    fn new(definition: &str) -> Market {
        Market::with(Engine::new(&Definition::from_toml(definition).unwrap(), Options::default()).unwrap())
    }

    fn with(engine: Engine) -> Market {
        let mut random = Random::keyed(4, 4);
        for customer in 0..40 {
            let features = [("x", random.normal()), ("y", random.normal())].map(|(name, x)| (name, Value::Number(x)));
            engine.identify_row(Id::Number(customer), Some(0), &features).unwrap();
        }
        Market { engine, random, now: 0 }
    }

    fn features(&self, customer: u64) -> [f64; 3] {
        let table = self.engine.score(Some(&[Id::Number(customer)]), Some(&["x", "y"]), None, None).unwrap();
        let (x, y) = (numbers(&table, "x")[0], numbers(&table, "y")[0]);
        [1.0, x, y * y]
    }

    fn ask<'a>(&self, bar: &'a [(&'a str, Value<'a>)]) -> Ask<'a> {
        Ask { at: Some(self.now), context: bar, ..Ask::default() }
    }

    fn chance(x: &[f64; 3], arm: usize) -> f64 {
        let score = [0.8 * x[1] - 0.5, 0.2 - 0.6 * x[1], 0.5 * x[2] - 1.0][arm];
        1.0 / (1.0 + exp(-score))
    }

    /// Decides for someone and learns what came of it: the customer, the decision, and whether it succeeded.
    fn live(&mut self) -> (u64, Decision, bool) {
        let customer = self.random.below(40);
        let bar = ["a", "b", "none"][self.random.below(3) as usize];
        let bar = [("bar", Value::Text(bar))];
        let decision = self.engine.decide(Id::Number(customer), self.ask(&bar)).unwrap();
        let name = decision.action.clone().or(decision.withheld.clone());
        let arm = name.and_then(|name| ["a", "b", "c"].iter().position(|known| *known == name));
        let x = self.features(customer);
        let success = arm.is_some_and(|arm| self.random.uniform() < Market::chance(&x, arm));
        if success {
            let report = self.engine.learn_row(decision.id, "buy", Some(self.now), None).unwrap();
            assert_eq!(report.accepted, 1);
        }
        self.now += 2 * SECOND;
        self.engine.advance_to(self.now).unwrap();
        (customer, decision, success)
    }
}

#[test]
fn an_engine_decides_and_learns_as_a_textbook_linucb() {
    let mut market = Market::new(&shop("learn = \"linucb\", explore = 0.7, share = false", ""));
    let mut book = Bandit::new(3, 3, Policy::UpperBound(0.7), Rewards::Linear).unwrap();
    let (mut regret, mut its) = (0.0, 0.0);
    for round in 0..600 {
        let (customer, decision, success) = market.live();
        let x = market.features(customer);
        let lost = decision.losers();
        let allowed: Vec<bool> =
            ["a", "b", "c"].map(|arm| !lost.iter().any(|l| l.action == arm && l.reason == Reason::NotEligible)).into();
        let choice = book.choose(&x, Some(&allowed)).unwrap();
        let arm = ["a", "b", "c"].iter().position(|arm| Some(*arm) == decision.action.as_deref()).unwrap();
        assert_eq!(arm, choice.arm, "round {round}");
        assert_eq!(decision.propensity, 1.0);
        book.learn(&x, arm, f64::from(u8::from(success))).unwrap();
        let best = (0..3).filter(|arm| allowed[*arm]).map(|arm| Market::chance(&x, arm)).fold(0.0, f64::max);
        regret += best - Market::chance(&x, arm);
        its += best - Market::chance(&x, choice.arm);
    }
    assert_eq!(regret, its);
    assert!(regret < 60.0, "{regret}");
    // A mask never changes a score: what an action is worth does not depend on which others are allowed.
    for customer in 0..40 {
        let priority = |bar: &'static str| {
            let bar = [("bar", Value::Text(bar))];
            let decision = market.engine.decide(Id::Number(customer), Ask { dry: true, ..market.ask(&bar) }).unwrap();
            let read = decision.losers().into_iter().find(|loser| loser.action == "c").map(|c| c.read);
            read.unwrap_or_else(|| decision.factors()).into_iter().map(|factor| factor.value).collect::<Vec<_>>()
        };
        assert_eq!(priority("a"), priority("none"));
        assert_eq!(priority("b"), priority("none"));
    }
}

#[test]
fn every_learner_gets_better_and_tells_its_propensity() {
    for model in [
        "learn = \"linucb\", by = \"side\"",
        "learn = \"lints\", explore = 0.5",
        "learn = \"logistic\", half_life = \"1d\"",
        "learn = \"squarecb\", explore = 40",
    ] {
        let mut market = Market::new(&shop(model, "control = 0.1\n"));
        let (mut early, mut late, mut drawn) = (0.0, 0.0, 0);
        for round in 0..900 {
            let (customer, decision, _) = market.live();
            let x = market.features(customer);
            let barred = |arm: &str| {
                decision.losers().iter().any(|loser| loser.action == arm && loser.reason == Reason::NotEligible)
            };
            let name = decision.action.clone().or(decision.withheld.clone()).unwrap();
            let chance = |arm: &str| Market::chance(&x, ["a", "b", "c"].iter().position(|it| *it == arm).unwrap());
            let best = ["a", "b", "c"].into_iter().filter(|arm| !barred(arm)).map(chance).fold(0.0, f64::max);
            *if round < 300 { &mut early } else { &mut late } += best - chance(&name);
            let arm = if decision.withheld.is_some() { 0.1 } else { 0.9 };
            assert!(decision.propensity > 0.0 && decision.propensity <= arm + 1e-12);
            drawn += i32::from(decision.propensity < arm - 1e-12);
        }
        assert!(late / 600.0 < early / 300.0, "{model}: {early} then {late}");
        assert_eq!(drawn > 100, !model.contains("linucb"), "{model}: {drawn}");
    }
}

#[test]
fn propensities_are_those_of_the_draws() {
    for model in ["learn = \"lints\"", "learn = \"logistic\", explore = 2", "learn = \"squarecb\", explore = 5"] {
        // Dear enough that silence is drawn too.
        let attention = if model.contains("squarecb") { "0.2" } else { "0.55" };
        let definition = shop(model, "").replace("-1000", attention);
        let mut market = Market::new(&definition);
        (0..150).for_each(|_| drop(market.live()));
        // Many customers who are alike, each with a draw of its own.
        let alike = [("x", Value::Number(0.4)), ("y", Value::Number(1.1))];
        let mut counts = std::collections::BTreeMap::<Option<String>, (f64, f64)>::new();
        for customer in 1000..5000 {
            market.engine.identify_row(Id::Number(customer), None, &alike).unwrap();
            let ask = Ask { dry: true, ..market.ask(&[]) };
            let decision = market.engine.decide(Id::Number(customer), ask).unwrap();
            let found = counts.entry(decision.action.clone()).or_insert((0.0, decision.propensity));
            found.0 += 1.0 / 4000.0;
            assert_eq!(found.1, decision.propensity);
        }
        // `bar` is unknown and so is every gate: without a word no action is eligible.
        assert_eq!(counts.len(), 1, "{counts:?}");
        counts.clear();
        let bar = [("bar", Value::Text("none"))];
        for customer in 1000..5000 {
            let ask = Ask { dry: true, ..market.ask(&bar) };
            let decision = market.engine.decide(Id::Number(customer), ask).unwrap();
            counts.entry(decision.action.clone()).or_insert((0.0, decision.propensity)).0 += 1.0 / 4000.0;
            if let (Some(_), true) = (&decision.action, decision.propensity < 1.0) {
                assert!(decision.why().contains("drawn, with probability"), "{}", decision.why());
            }
        }
        let all: f64 = counts.values().map(|(_, chance)| chance).sum();
        assert!(counts.len() > 1 && all <= 1.0 + 1e-9, "{model}: {counts:?}");
        for (share, chance) in counts.values() {
            let error = (chance * (1.0 - chance) / 4000.0).sqrt();
            assert!((share - chance).abs() < 4.5 * error + 1e-9, "{model}: {counts:?}");
        }
    }
}

#[test]
fn what_was_learnt_is_the_fold_of_the_journal() {
    let model = "learn = \"logistic\", by = \"side\", half_life = \"30d\"";
    let definition = Definition::from_toml(&shop(model, "control = 0.1\n")).unwrap();
    let path = std::env::temp_dir().join(format!("bactrian-regressions-{}.bactrian", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let mut market = Market::with(Engine::open(&path, Some(&definition), Options::default()).unwrap());
    (0..80).for_each(|_| drop(market.live()));
    market.engine.checkpoint().unwrap();
    (0..40).for_each(|_| drop(market.live()));
    let bar = [("bar", Value::Text("none"))];
    let look = |engine: &Engine, now: i64| -> Vec<(Option<String>, u64, u64)> {
        let one = |customer| {
            let ask = Ask { at: Some(now), context: &bar, dry: true, ..Ask::default() };
            let decision = engine.decide(Id::Number(customer), ask).unwrap();
            (decision.action.clone(), decision.propensity.to_bits(), decision.priority.to_bits())
        };
        (0..40).map(one).collect()
    };
    let (digest, before, now) = (market.engine.digest().unwrap(), look(&market.engine, market.now), market.now);
    market.engine.close().unwrap();
    let reopened = Engine::open(&path, None, Options::default()).unwrap();
    assert_eq!((reopened.digest().unwrap(), look(&reopened, now)), (digest, before.clone()));
    // The same from the whole journal, without the checkpoint.
    reopened.redefine(&definition).unwrap();
    assert_eq!(look(&reopened, now), before);
    // Under another list of features nothing is known; under the old one everything again.
    let other = Definition::from_toml(&definition.to_toml().replace("y * y", "y")).unwrap();
    reopened.redefine(&other).unwrap();
    assert_ne!(look(&reopened, now), before);
    reopened.redefine(&definition).unwrap();
    assert_eq!(look(&reopened, now), before);
    // What an action learnt stays when nothing of it can be told from the rest.
    reopened.erase(Id::Number(3)).unwrap();
    let table = reopened.responses().unwrap();
    assert!(numbers(&table, "response").iter().all(|response| response.is_nan()));
    assert!(whole(&table, "successes").iter().sum::<i64>() > 20);
    reopened.close().unwrap();
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn shares_fade_and_are_drawn_if_asked() {
    let definition = "[time]\nlateness = \"0s\"\n[action.a]\nvalue = 1\nresponse_model = { learn = \"beta\", \
                      prior = 0.5, strength = 2, share = false, half_life = \"1d\", within = \"1s\", outcome = \"buy\" }\n";
    let engine = engine(definition);
    let response = |engine: &Engine| numbers(&engine.responses().unwrap(), "response")[0];
    let decision = decide(&engine, 0);
    engine.learn_row(decision.id, "buy", Some(0), None).unwrap();
    assert_eq!(response(&engine), 2.0 / 3.0);
    engine.advance_to(DAY).unwrap();
    assert!((response(&engine) - 1.5 / 2.5).abs() < 1e-15);
    engine.advance_to(3 * DAY).unwrap();
    assert!((response(&engine) - 1.125 / 2.125).abs() < 1e-15);
    let drawn = definition.replace("learn", "explore = 1, learn").replace("value = 1", "value = 1\ncost = 0.45");
    let engine = super::engine(&drawn);
    let chance = decide(&engine, 0).propensity;
    // The share is 0.5 with a deviation of sqrt(1/12), worth it above 0.45.
    let worth = |action: &Option<String>| if action.is_some() { chance } else { 1.0 - chance };
    let expected = 0.568_754_9;
    let found = worth(&decide(&super::engine(&drawn), 0).action);
    assert!((found - expected).abs() < 1e-7, "{found}");
}

#[test]
fn a_response_model_is_checked() {
    let wrong = |model: &str, expected: &str| {
        let text = format!("[trait]\nx = \"number\"\n[action.a]\nresponse_model = {{ {model} }}\n");
        let error = match Definition::from_toml(&text) {
            Ok(definition) => Engine::new(&definition, Options::default()).unwrap_err(),
            Err(error) => error,
        };
        let found: String = error.problems().iter().map(|problem| problem.message.clone()).collect();
        assert!(found.contains(expected), "{model}: {found}");
    };
    wrong("learn = \"linucb\"", "it needs `features`");
    wrong("learn = \"beta\", features = [\"x\"]", "reads no `features`");
    wrong("learn = \"linucd\", features = [\"x\"]", "expected one of");
    wrong("learn = \"lints\", features = [\"z\"]", "z");
    wrong("learn = \"lints\", features = [\"x > 1\"]", "expected a number");
    wrong("learn = \"logistic\", features = [\"x\"], prior = 1", "a share between 0 and 1");
    wrong("learn = \"squarecb\", features = [\"x\"], explore = -1", "at least 0");
    wrong("learn = \"linucb\", features = [\"x\"], strength = 0", "above 0");
    wrong("learn = \"lints\", features = [\"x\"], weights = [1, 2]", "2 weights for 1 features");
}

#[test]
fn what_was_believed_before_is_where_it_begins() {
    let features = "learn = \"lints\", explore = 0, share = false, strength = 4";
    let told = Market::new(&shop(&format!("{features}, prior = 0.1, weights = [0.2, -0.3, 0.05]"), ""));
    let expected = |x: &[f64; 3]| 0.1 + 0.2 * x[0] - 0.3 * x[1] + 0.05 * x[2];
    let response = |market: &Market, customer: u64| {
        let ask = Ask { dry: true, ..market.ask(&[("bar", Value::Text("none"))]) };
        market.engine.decide(Id::Number(customer), ask).unwrap().priority
    };
    for customer in 0..40 {
        let x = told.features(customer);
        assert!((response(&told, customer) - expected(&x)).abs() < 1e-12);
    }
    // What came is weighed against it: ridge regression around those weights, by hand for one reward.
    let mut market = told;
    let (customer, decision, success) = market.live();
    let (x, arm) = (market.features(customer), decision.action.unwrap());
    let size = x.iter().map(|x| x * x).sum::<f64>();
    let moved = expected(&x) + (f64::from(u8::from(success)) - expected(&x)) * size / (4.0 + size);
    let of_arm = |customer| {
        let ask = Ask { dry: true, ..market.ask(&[("bar", Value::Text("none"))]) };
        let dry = market.engine.decide(Id::Number(customer), ask).unwrap();
        let read = dry.losers().into_iter().find(|loser| loser.action == arm).map(|loser| loser.read);
        let response = read.unwrap_or_else(|| dry.factors()).into_iter().find(|factor| factor.name == "response");
        response.unwrap().value.parse::<f64>().unwrap()
    };
    assert!((of_arm(customer) - moved).abs() < 1e-12, "{} {moved}", of_arm(customer));
}
