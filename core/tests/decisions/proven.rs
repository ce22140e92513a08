//! Actions that prove themselves: arms by lot, trials of what is new, responses that fall from contact to contact, and outcomes that are late.

use super::*;
use bactrian::base::random::Random;
use bactrian::{Claim, Policy};
use std::collections::BTreeMap;

fn open(text: &str, seed: u64) -> Engine {
    let options = Options { seed, ..Options::default() };
    Engine::new(&Definition::from_toml(&format!("[time]\nlateness = \"0s\"\n{text}")).unwrap(), options).unwrap()
}

fn known(engine: &Engine, customers: u64) {
    for customer in 0..customers {
        let age = [("age", Value::Number((customer % 80) as f64))];
        engine.identify_row(Id::Number(customer), Some(0), &age).unwrap();
    }
}

const ARMED: &str = "[trait]\nage = \"number\"\n\
    [segment.ages]\naxis.age = { of = \"age\", edges = [40], labels = [\"young\", \"old\"] }\n\
    [action.mail]\nvalue = 1\noutcome = \"buy\"\nwithin = \"1d\"\narms = { men = 0.25, women = 0.375 }\n";

#[test]
fn arms_are_lots_of_the_customer_and_their_effects_are_told_apart() {
    let engine = open(ARMED, 3);
    known(&engine, 4000);
    let mut random = Random::keyed(8, 8);
    let (mut arms, mut counts): (BTreeMap<u64, Option<String>>, BTreeMap<Option<String>, u32>) = Default::default();
    for round in 0..2 {
        for customer in 0..4000 {
            let at = Some(round * 3 * DAY + HOUR);
            let decision = engine.decide(Id::Number(customer), Ask { at, ..Ask::default() }).unwrap();
            let share =
                [("men", 0.25), ("women", 0.375)].into_iter().find(|(arm, _)| Some(*arm) == decision.arm.as_deref());
            assert_eq!(decision.propensity, share.map_or(0.375, |(_, share)| share));
            assert_eq!(decision.arm.is_none(), decision.withheld.is_some());
            assert_eq!(decision.action.is_some(), decision.arm.is_some());
            assert_eq!(
                arms.entry(customer).or_insert_with(|| decision.arm.clone()),
                &decision.arm,
                "a lot is for good"
            );
            *counts.entry(decision.arm.clone()).or_default() += 1;
            let chance = match decision.arm.as_deref() {
                Some("women") if customer % 80 > 40 => 0.2,
                _ => 0.1,
            };
            if random.uniform() < chance {
                engine.learn_row(decision.id, "buy", None, Some(1.0)).unwrap();
            }
        }
    }
    engine.advance_to(10 * DAY).unwrap();
    for (arm, share) in [(Some("men"), 0.25), (Some("women"), 0.375), (None, 0.375)] {
        let of_all = f64::from(counts[&arm.map(str::to_owned)]) / 8000.0;
        assert!((of_all - share).abs() < 3.5 * (share * (1.0 - share) / 4000.0_f64).sqrt(), "{arm:?} {of_all}");
    }
    let found = engine.effects(Some("ages"), None, None).unwrap();
    // A customer counts once, however many decisions there were.
    let (sent, withheld) = (whole(&found, "sent"), whole(&found, "withheld"));
    assert_eq!(sent.iter().sum::<i64>() + withheld[0] + withheld[2], 4000);
    let rows: Vec<[Option<String>; 3]> = (0..found.len())
        .map(|row| ["cell", "arm", "success.claim"].map(|column| texts(&found, column)[row].clone()))
        .collect();
    for [cell, arm, claim] in &rows {
        let moved = (cell.as_deref(), arm.as_deref()) == (Some("old"), Some("women"));
        assert_eq!(claim.as_deref(), Some(if moved { "effect" } else { "no evidence" }), "{cell:?} {arm:?}");
    }
    let q = numbers(&found, "success.q");
    assert!(q.iter().all(|q| (0.0..=1.0).contains(q)));
    // Each arm is a policy of its own, and the action as it is sent their mixture.
    let value = |name: Option<&str>| engine.evaluate(Policy::Always(name), None).unwrap().success.snips.value;
    let (men, women, mail) = (value(Some("mail.men")), value(Some("mail.women")), value(Some("mail")));
    assert!(women > men && (mail - (0.4 * men + 0.6 * women)).abs() < 0.01, "{men} {women} {mail}");
    let error = engine.evaluate(Policy::Always(Some("mail.woman")), None).unwrap_err();
    assert!(error.hint_text().is_some_and(|hint| hint.contains("mail.women")), "{error:?}");
    // The record goes with it: the definition agrees with itself, to the arm.
    let own = engine.definition().unwrap();
    let same = engine.backtest(&own, None).unwrap();
    assert_eq!(same.agreed, same.decisions);
    let value = same.value.unwrap();
    assert!((value.weights.mean - 1.0).abs() < 1e-12 && (value.ips.value - value.logged.value).abs() < 1e-12);
}

#[test]
fn a_model_of_rewards_values_what_propensities_do() {
    let engine = open(ARMED, 5);
    known(&engine, 6000);
    let mut random = Random::keyed(9, 9);
    for customer in 0..6000 {
        let decision = engine.decide(Id::Number(customer), Ask { at: Some(HOUR), ..Ask::default() }).unwrap();
        let old = customer % 80 > 40;
        let chance = if decision.arm.as_deref() == Some("women") && old { 0.5 } else { 0.2 };
        if random.uniform() < chance {
            engine.learn_row(decision.id, "buy", None, Some(2.0)).unwrap();
        }
    }
    engine.advance_to(3 * DAY).unwrap();
    for (name, truth) in [(Some("mail.women"), 0.2 + 0.3 * 39.0 / 80.0), (Some("mail.men"), 0.2), (None, 0.2)] {
        let found = engine.evaluate(Policy::Always(name), None).unwrap();
        for value in [&found.success, &found.value] {
            let scale = if std::ptr::eq(value, &found.value) { 2.0 } else { 1.0 };
            let (dr, ips) = (value.dr.unwrap(), value.ips);
            assert!((dr.value - scale * truth).abs() < 3.5 * dr.standard_error, "{name:?} {dr:?}");
            assert!((value.switch_dr.unwrap().value - dr.value).abs() < 1e-12, "no weight is above 10");
            // Knowing what to expect takes noise out of the weights.
            assert!(dr.standard_error < ips.standard_error, "{dr:?} {ips:?}");
            assert!((value.dm.unwrap().value - scale * truth).abs() < 0.06 * scale, "{name:?} {:?}", value.dm);
        }
    }
    // Told propensities say nothing of what the policy does otherwise.
    let decided = engine.decide_batch(Some(&[Id::Number(1)]), Ask { dry: true, ..Ask::default() }).unwrap();
    assert_eq!(decided.len(), 1);
    let own = engine.definition().unwrap();
    let by_itself = engine.evaluate(Policy::Definition(&own), None).unwrap().success;
    assert!((by_itself.dr.unwrap().value - by_itself.logged.value).abs() < 0.02);
}

fn trial_shop(tail: &str) -> String {
    format!(
        "[trait]\nage = \"number\"\n[action.old]\nvalue = 1\nresponse = 0.05\n\
         [action.new]\nvalue = 2\noutcome = \"buy\"\nwithin = \"2d\"\n\
         trial = {{ dull = 0.1, good = 0.2, share = 0.25 }}\n\
         response_model = {{ learn = \"beta\", prior = 0.1 }}\n{tail}"
    )
}

/// Days of decisions for everyone, outcomes of the new action with a share and some delay; what it came to.
fn tried(engine: &Engine, share: f64, stream: u64, days: i64) -> Option<String> {
    let mut random = Random::keyed(31, stream);
    let mut late: Vec<(i64, u64)> = Vec::new();
    for day in 0..days {
        late.retain(|(at, id)| {
            let due = *at < day * DAY;
            if due {
                assert_eq!(engine.learn_row(*id, "buy", Some(*at), None).unwrap().accepted, 1);
            }
            !due
        });
        let at = Some(day * DAY);
        let found = engine.decide_batch(None, Ask { at, ..Ask::default() }).unwrap();
        let (ids, actions) = (ids(&found), texts(&found, "action"));
        for (id, _) in ids.iter().zip(&actions).filter(|(_, action)| action.as_deref() == Some("new")) {
            if random.uniform() < share {
                late.push((day * DAY + random.below(2 * DAY as u64) as i64, *id));
            }
        }
        late.sort_unstable();
    }
    texts(&engine.trials().unwrap(), "stand")[0].clone()
}

fn ids(table: &Table) -> Vec<u64> {
    match table.column("decision") {
        Some(bactrian::Column::Id(ids)) => {
            ids.iter().map(|id| if let bactrian::OwnedId::Number(id) = id { *id } else { 0 }).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_new_goes_to_some_until_it_has_proved_itself() {
    let engine = open(&trial_shop(""), 1);
    known(&engine, 200);
    let look = |engine: &Engine| {
        let dry = |customer| engine.decide(Id::Number(customer), Ask { dry: true, ..Ask::default() }).unwrap();
        (0..200).map(dry).collect::<Vec<Decision>>()
    };
    let before = look(&engine);
    let among = before.iter().filter(|it| it.action.as_deref() == Some("new")).count();
    assert!((30..=70).contains(&among), "{among}");
    for decision in &before {
        let new = decision.action.as_deref() == Some("new");
        // Whatever the lot, the probability is over both ways that it might have fallen.
        assert!((decision.propensity - if new { 0.25 } else { 0.75 }).abs() < 1e-12);
        let reasons: Vec<Reason> = decision.losers().iter().map(|loser| loser.reason).collect();
        assert_eq!(reasons, [if new { Reason::LowerPriority } else { Reason::OnTrial }]);
    }
    // The lot is the customer's own: nobody who was among them is ever out of it before it ends.
    assert_eq!(tried(&engine, 0.3, 1, 12).as_deref(), Some("launch"));
    assert!(look(&engine).iter().all(|it| it.action.as_deref() == Some("new") && it.propensity == 1.0));
    assert!(numbers(&engine.trials().unwrap(), "belief")[0] > 0.75);

    let dull = open(&trial_shop(""), 1);
    known(&dull, 200);
    assert_eq!(tried(&dull, 0.04, 2, 12).as_deref(), Some("stop"));
    for decision in look(&dull) {
        let lost: Vec<Reason> = decision.losers().iter().map(|loser| loser.reason).collect();
        assert_eq!((decision.action.as_deref(), lost), (Some("old"), vec![Reason::TrialStopped]));
    }
    let funnel = dull.funnel(None, Ask::default()).unwrap();
    assert_eq!(whole(&funnel, "trial"), [0, 200, 0]);
}

#[test]
fn a_dull_trial_is_seldom_launched_though_successes_come_early() {
    let launched = |share: f64| {
        let end = |stream: u64| {
            let engine = open(&trial_shop(""), stream);
            known(&engine, 60);
            tried(&engine, share, stream, 30)
        };
        (0..40).filter(|stream| end(*stream).as_deref() == Some("launch")).count()
    };
    // A chance of 0.05 of ever being launched: above 6 of 40 is beyond 1 in 200.
    let (dull, good) = (launched(0.1), launched(0.25));
    assert!(dull <= 6 && good >= 30, "{dull} {good}");
}

#[test]
fn trials_and_contacts_are_as_before_after_reopening() {
    let directory = std::env::temp_dir().join(format!("bactrian-proven-{}", std::process::id()));
    let text = trial_shop("by_contact = \"30d\"\n[decide]\ncontrol = 0.3\n")
        .replace("prior = 0.1", "prior = 0.1, delays = true");
    let text = format!("[time]\nlateness = \"0s\"\n{text}");
    let definition = Definition::from_toml(&text).unwrap();
    let (digest, seen) = {
        let engine = Engine::open(&directory, Some(&definition), Options::default()).unwrap();
        known(&engine, 80);
        tried(&engine, 0.3, 4, 9);
        engine.checkpoint().unwrap();
        tried_on(&engine);
        let seen = engine.decide_batch(None, Ask { dry: true, ..Ask::default() }).unwrap();
        let found = (engine.digest().unwrap(), seen);
        engine.close().unwrap();
        found
    };
    let again = Engine::open(&directory, None, Options::default()).unwrap();
    assert_eq!(again.digest().unwrap(), digest);
    let dry = again.decide_batch(None, Ask { dry: true, ..Ask::default() }).unwrap();
    for column in ["priority", "propensity"] {
        let bits = |table: &Table| numbers(table, column).iter().map(|x| x.to_bits()).collect::<Vec<u64>>();
        assert_eq!(bits(&dry), bits(&seen), "{column}");
    }
    // The fold of the journal from its beginning is the same.
    let own = again.definition().unwrap();
    again.redefine(&Definition::from_toml(&text.replace("value = 2", "value = 3")).unwrap()).unwrap();
    again.redefine(&own).unwrap();
    let dry = again.decide_batch(None, Ask { dry: true, ..Ask::default() }).unwrap();
    assert_eq!(numbers(&dry, "priority"), numbers(&seen, "priority"));
    again.close().unwrap();
    std::fs::remove_file(&directory).ok();
}

/// One more round, of which all windows stay open.
fn tried_on(engine: &Engine) {
    let found = engine.decide_batch(None, Ask { at: Some(10 * DAY), ..Ask::default() }).unwrap();
    for id in ids(&found).into_iter().take(20) {
        engine.learn_row(id, "buy", Some(10 * DAY + HOUR), None).unwrap();
    }
}

const WORN: &str = "[trait]\nage = \"number\"\n\
    [action.mail]\nvalue = 10\nresponse = 0.3\ncost = 1.2\noutcome = \"buy\"\nwithin = \"1d\"\nby_contact = \"90d\"\n";

/// Everyone is asked for each second day; buys with the share of the contact, and oftener when asked later.
fn worn(text: &str, shares: [f64; 4], customers: u64) -> Engine {
    let engine = open(text, 2);
    known(&engine, customers);
    let mut random = Random::keyed(17, 17);
    let mut contacts = vec![0_usize; customers as usize];
    for round in 0..4 {
        for customer in 0..customers {
            let at = Some(round * 2 * DAY + HOUR);
            let decision = engine.decide(Id::Number(customer), Ask { at, ..Ask::default() }).unwrap();
            if decision.action.is_some() {
                let nth = contacts[customer as usize];
                contacts[customer as usize] += 1;
                if random.uniform() < shares[nth] + 0.05 * round as f64 {
                    engine.learn_row(decision.id, "buy", None, None).unwrap();
                }
            }
        }
    }
    engine.advance_to(9 * DAY).unwrap();
    engine
}

#[test]
fn contact_stops_where_one_more_is_not_worth_it() {
    let text = format!("{WORN}[decide]\ncontrol = 0.4\n");
    let shares = [0.3, 0.2, 0.1, 0.02];
    let engine = worn(&text, shares, 4000);
    let found = engine.response_by_contact("mail").unwrap();
    assert_eq!(found.verdict.claim, Claim::Effect, "{}", found.verdict.why);
    // Later rounds buy more, which is not the contacts' doing: the fall is found all the same.
    for nth in 1..4 {
        let fall = found.rate[nth] - found.rate[0];
        assert!((fall - (shares[nth] - shares[0])).abs() < 0.05, "{nth} {fall}");
    }
    assert!(found.fitted.is_sorted_by(|a, b| a >= b) && found.share(1.0) == 1.0);
    let (mut sent, mut stopped) = (0, 0);
    for customer in 0..300 {
        let dry = engine.decide(Id::Number(customer), Ask { dry: true, ..Ask::default() }).unwrap();
        let read = dry.losers().into_iter().flat_map(|loser| loser.read).chain(dry.factors());
        let factors: BTreeMap<String, String> = read.map(|factor| (factor.name, factor.value)).collect();
        let nth: f64 = factors["by_contact"].split([' ', ':']).nth(1).unwrap().parse().unwrap();
        let response: f64 = factors["response"].parse().unwrap();
        assert!((response - 0.3 * found.share(nth)).abs() < 1e-12, "{factors:?}");
        let worth = 10.0 * response > 1.2;
        assert_eq!(dry.slate.is_empty(), !worth);
        (sent, stopped) = (sent + u32::from(worth), stopped + u32::from(!worth));
    }
    assert!(sent > 20 && stopped > 20, "{sent} {stopped}");
    // What was recorded can be told again with the factor in it.
    let first = engine.decide(Id::Number(1), Ask::default()).unwrap();
    let recorded = engine.recorded(first.id).unwrap();
    assert_eq!(recorded.candidates[0].priority.to_bits(), first_priority(&first).to_bits());
    let own = engine.definition().unwrap();
    let same = engine.backtest(&own, None).unwrap();
    assert_eq!(same.agreed, same.decisions);
}

fn first_priority(decision: &Decision) -> f64 {
    let lost = decision.losers().into_iter().find(|loser| loser.action == "mail");
    let read = lost.map_or_else(|| decision.factors(), |loser| loser.read);
    let factor = |name: &str| read.iter().find(|it| it.name == name).unwrap().value.parse::<f64>().unwrap();
    factor("response") * factor("weight") * factor("value") * factor("lever") - factor("cost")
}

#[test]
fn where_nothing_was_withheld_it_cannot_tell_and_says_so() {
    let engine = worn(WORN, [0.3, 0.2, 0.1, 0.02], 500);
    let found = engine.response_by_contact("mail").unwrap();
    assert_eq!(found.verdict.claim, Claim::CannotTell);
    let dry = engine.decide(Id::Number(1), Ask { dry: true, ..Ask::default() }).unwrap();
    assert_eq!((dry.action.as_deref(), dry.priority), (Some("mail"), 1.8));
    let factor = dry.factors().into_iter().find(|factor| factor.name == "by_contact").unwrap();
    assert_eq!(factor.value, "contact 5: whether the response falls can't be told, and 1 is assumed");
    // It was withheld at random, and does not fall: no share is taken off.
    let even = worn(&format!("{WORN}[decide]\ncontrol = 0.4\n"), [0.2; 4], 2000);
    assert_eq!(even.response_by_contact("mail").unwrap().verdict.claim, Claim::NoEvidence);
    let dry = even.decide(Id::Number(1), Ask { dry: true, ..Ask::default() }).unwrap();
    assert_eq!(dry.slate.first().map(|choice| choice.priority), Some(1.8));
    assert!(engine.response_by_contact("male").is_err());
    let plain = open("[action.mail]\nvalue = 1\n", 1);
    assert!(plain.response_by_contact("mail").unwrap_err().message().contains("not counted"));
}

/// Decisions of which the outcomes are on their way: the share that is told, and its deviation.
fn in_flight(model: &str, truth: f64) -> (f64, f64) {
    let text = format!(
        "[trait]\nage = \"number\"\n[action.mail]\nvalue = 1\noutcome = \"buy\"\nwithin = \"20d\"\n\
         response_model = {{ learn = \"beta\", {model} }}\n"
    );
    let engine = open(&text, 6);
    known(&engine, 100);
    let mut random = Random::keyed(55, 5);
    let mut late: Vec<(i64, u64)> = Vec::new();
    for day in 0..60 {
        late.sort_unstable();
        let due = late.partition_point(|(at, _)| *at <= day * DAY);
        for (at, id) in late.drain(..due) {
            assert_eq!(engine.learn_row(id, "buy", Some(at), None).unwrap().accepted, 1);
        }
        // More and more are asked, so that most of them still wait.
        let who: Vec<Id<'_>> = (0..(2 + day as u64)).map(Id::Number).collect();
        let found = engine.decide_batch(Some(&who), Ask { at: Some(day * DAY), ..Ask::default() }).unwrap();
        for id in ids(&found) {
            if random.uniform() < truth {
                // Most come within a few days, some late.
                let delay = random.uniform() * random.uniform() * 20.0;
                late.push((day * DAY + (delay * DAY as f64) as i64, id));
            }
        }
    }
    let known = engine.responses().unwrap();
    (numbers(&known, "response")[0], numbers(&known, "standard_deviation")[0])
}

#[test]
fn what_is_late_is_allowed_for() {
    let truth = 0.3;
    let (naive, naive_deviation) = in_flight("prior = 0.3", truth);
    let (ours, deviation) = in_flight("prior = 0.3, delays = true", truth);
    assert!(naive - truth > 3.0 * naive_deviation, "successes come before failures: {naive} {naive_deviation}");
    assert!((ours - truth).abs() < 2.0 * deviation, "{ours} {deviation}");
}
