//! Word of mouth: seeds, and whether ties carry influence.

use super::*;
use crate::base::Claim;

#[test]
fn seeds_keep_within_their_limits() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    // 0 reaches 1 to 8, 20 reaches 21 to 24, 30 reaches 31.
    let star = |hub: u64, leaves: std::ops::Range<u64>| leaves.map(|leaf| (hub, leaf)).collect::<Vec<_>>();
    [star(0, 1..9), star(20, 21..25), star(30, 31..32)].iter().for_each(|ties| tied(&engine, ties));
    let names = |seeds: &Seeds| seeds.customers.iter().map(ToString::to_string).collect::<Vec<_>>();
    let two = SeedAsk { count: Some(2), ..SeedAsk::default() };
    let seeds = engine.seeds(&two).unwrap();
    assert_eq!(names(&seeds), ["0", "20"]);
    assert!(seeds.found.lower <= 14.0 && 14.0 <= seeds.found.upper, "{:?}", seeds.found);
    let exclude = [Id::Number(0)];
    assert_eq!(names(&engine.seeds(&SeedAsk { exclude: &exclude, ..two }).unwrap()), ["20", "30"]);
    let active = [Id::Number(20), Id::Number(21), Id::Number(22), Id::Number(23), Id::Number(24)];
    assert_eq!(names(&engine.seeds(&SeedAsk { active: &active, ..two }).unwrap()), ["0", "30"]);
    // A whisper that runs against the ties begins at the leaves.
    let back = engine.seeds(&SeedAsk { count: Some(1), reverse: true, ..two }).unwrap();
    assert!(names(&back) != ["0"]);
    let budget = engine.seeds(&SeedAsk { count: None, budget: Some(1.0), ..two }).unwrap();
    assert_eq!(names(&budget), ["0"]);
    // Worth is a column: only those who spend count.
    let buys = |who: u64| {
        let fields = [("amount", Value::Number(50.0))];
        let customer = Some(Id::Number(who));
        engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at: 0, fields: &fields }).unwrap();
    };
    buys(31);
    let worth = SeedAsk { count: Some(1), value: Some("spend"), ..two };
    let valued = engine.seeds(&worth).unwrap();
    assert!(["30", "31"].contains(&names(&valued)[0].as_str()), "{valued:?}");
    for (ask, kind) in [
        (SeedAsk { count: None, ..two }, ErrorKind::SchemaRange),
        (SeedAsk { cost: Some("spend"), ..two }, ErrorKind::SchemaRange),
        (SeedAsk { layer: Some("tlak"), ..two }, ErrorKind::UnknownColumn),
        (SeedAsk { value: Some("warmth"), ..two }, ErrorKind::SchemaMissing),
        (SeedAsk { exclude: &[Id::Number(99)], ..two }, ErrorKind::UnknownCustomer),
    ] {
        assert_eq!(engine.seeds(&ask).unwrap_err().kind(), kind, "{ask:?}");
    }
    // An erased customer is neither seed nor target.
    engine.erase(Id::Number(0)).unwrap();
    let seeds = engine.seeds(&two).unwrap();
    assert_eq!(names(&seeds)[0], "20");
    assert!(seeds.found.upper <= engine.stats().unwrap().customers as f64);
}

#[test]
fn influence_is_told_from_a_shared_taste() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    let mut chance = crate::base::random::Random::keyed(5, 5);
    let looks: Vec<(u64, u64)> = (0..60).flat_map(|a| [(a, (a + 1) % 60), (a, (a + 7) % 60)]).collect();
    tied(&engine, &looks);
    let buys = |who: u64, need: &str, at: i64| {
        let fields = [("need", Value::Text(need))];
        let customer = Some(Id::Number(who));
        engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at, fields: &fields }).unwrap();
    };
    let ask = InfluenceAsk { outcome: "purchase", ..InfluenceAsk::default() };
    assert_eq!(engine.influence(&ask).unwrap().claim, Claim::CannotTell);
    for item in 0..40 {
        let first = chance.below(60);
        buys(first, &format!("thing {item}"), item * DAY);
        // Who looks at the first one follows a while later; others come at any time.
        for who in [(first + 59) % 60, (first + 53) % 60] {
            buys(who, &format!("thing {item}"), item * DAY + 1000 + chance.below(1000) as i64);
        }
        buys(chance.below(60), &format!("thing {item}"), item * DAY + chance.below(2000) as i64);
    }
    let verdict = engine.influence(&ask).unwrap();
    assert_eq!(verdict.claim, Claim::Effect, "{verdict}");
    // Ties that run the other way show the same pairs with time reversed.
    let back = engine.influence(&InfluenceAsk { reverse: true, ..ask }).unwrap();
    assert_eq!((back.claim, back.value), (Claim::NoEvidence, -verdict.value));
    for (ask, kind) in [
        (InfluenceAsk { outcome: "purchas", ..ask }, ErrorKind::UnknownColumn),
        (InfluenceAsk { item: Some("amout"), ..ask }, ErrorKind::UnknownColumn),
        (InfluenceAsk { window: Some(0), ..ask }, ErrorKind::SchemaRange),
    ] {
        assert_eq!(engine.influence(&ask).unwrap_err().kind(), kind);
    }
}

#[test]
fn influence_values_move_value_and_make_none() {
    let text = "[trait]\nworth = \"number\"\n[tie.talk]\n[score.civ]\nmodel = \"influence\"\nlayers = \"talk\"\nvalue = \"worth\"\n";
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    tied(&engine, &[(0, 1), (1, 2), (0, 3), (4, 3)]);
    for who in 0..5u64 {
        engine.identify_row(Id::Number(who), None, &[("worth", Value::Number(10.0 * (who + 1) as f64))]).unwrap();
    }
    engine.relate_row("talk", Id::Number(8), Id::Number(9), Some(0), 1.0).unwrap();
    engine.fit(None).unwrap();
    // 0 surely reaches 1 and 2, and 3 by half; of 2, worth 30, both 0 and 1 have a third. Of 3, worth 40, 0 has half
    // where it is the only one (a quarter of the time), and a third where 4 is there too (another quarter).
    let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1.5);
    let spread = numbers(&engine, "civ");
    assert!(near(&spread, &[20.0 + 30.0 + 20.0, 30.0, 0.0, 0.0, 20.0, 0.0, 0.0]), "{spread:?}");
    let credit = numbers(&engine, "civ.credit");
    assert!(near(&credit, &[20.0 + 25.0 / 3.0, 0.0, -20.0, -50.0 / 3.0, 25.0 / 3.0, 0.0, 0.0]), "{credit:?}");
    assert!(credit.iter().sum::<f64>().abs() < 1e-9);
}

#[test]
fn referrals_are_credited_once() {
    let text = |credit: &str| {
        format!(
            "[event.referral]\ncustomer = \"by\"\npeer = \"of\"\nat = \"at\"\nflag = {{ anyway = \"anyway\" }}\n[trait]\nworth = \"number\"\n\
            [score.merit]\nmodel = \"referrals\"\non = \"referral\"\nvalue = \"worth\"\nanyway = \"anyway\"\n{credit}\n"
        )
    };
    let made = |credit: &str| {
        let engine = Engine::new(&Definition::from_toml(&text(credit)).unwrap(), Options::default()).unwrap();
        let refers = |by: u64, of: u64, at: i64, anyway: bool| {
            let (customer, peer) = (Some(Id::Number(by)), Some(Id::Number(of)));
            let fields = [("anyway", Value::Bool(anyway))];
            engine.observe_row(&RowEvent { kind: "referral", customer, peer, at, fields: &fields }).unwrap();
        };
        // 0 brings 1 and 2, 1 brings 3, 3 brings 4; 5 comes too late for 4, 4 can't have brought 0; 6 would have come.
        refers(0, 1, 1, false);
        refers(0, 2, 2, false);
        refers(1, 3, 3, false);
        refers(3, 4, 4, false);
        refers(5, 4, 5, false);
        refers(4, 0, 6, false);
        refers(2, 6, 7, true);
        for who in 0..7u64 {
            engine.identify_row(Id::Number(who), None, &[("worth", Value::Number(6.0))]).unwrap();
        }
        let report = engine.fit(None).unwrap();
        (numbers(&engine, "merit"), numbers(&engine, "merit.virality"), report.columns[0].diagnostics.clone())
    };
    let (equal, virality, figures) = made("");
    // In order of sight: 0, 1, 2, 3, 4, 5, 6. Of 24 that were brought: 1 and 2 all to 0; 3 half; 4 a third.
    assert_eq!(equal, [6.0 + 6.0 + 3.0 + 2.0, 3.0 + 2.0, 0.0, 2.0, 0.0, 0.0, 0.0]);
    assert_eq!(made("credit = \"nearest\"").0, [12.0, 6.0, 0.0, 6.0, 0.0, 0.0, 0.0]);
    let decayed = made("credit = \"decay\"\ndecay = 0.5").0;
    assert!((decayed.iter().sum::<f64>() - 24.0).abs() < 1e-12 && (decayed[3] - 6.0 * 4.0 / 7.0).abs() < 1e-12);
    let figure = |name: &str| figures.iter().find(|(known, _)| known == name).unwrap().1;
    assert_eq!((figure("referred"), figure("ignored"), figure("cascades")), (5.0, 2.0, 1.0));
    assert_eq!((figure("longest"), figure("intermediaries"), figure("value")), (3.0, 3.0, 24.0));
    assert!((figure("reproduction") - 5.0 / 6.0).abs() < 1e-12);
    assert!(virality[0] > 1.0 && virality[0] == virality[4] && virality[5] == 0.0);
    let wrong = |credit: &str| check_text(&text(credit)).iter().map(|it| it.message.clone()).collect::<String>();
    assert!(
        wrong("credit = \"decay\"").contains("belong together") && wrong("decay = 0.5").contains("belong together")
    );
}

#[test]
fn what_is_passed_on_is_what_is_taken() {
    let text = "[event.review]\ncustomer = \"who\"\nat = \"at\"\nneed = \"need\"\n[tie.talk]\n\
        [score.passed]\nmodel = \"flow\"\nlayers = \"talk\"\non = \"review\"\nwindow = \"10d\"\n\
        [score.threshold]\nmodel = \"adoption\"\nlayers = \"talk\"\non = \"review\"\nwhere = 'need == \"tea\"'\nperiod = \"1d\"\n";
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    // 1 looks to 0, 2 to both, 3 to 2.
    tied(&engine, &[(1, 0), (2, 0), (2, 1), (3, 2)]);
    let review = |who: u64, need: &str, day: i64| {
        let customer = Some(Id::Number(who));
        let fields = [("need", Value::Text(need))];
        engine.observe_row(&RowEvent { kind: "review", customer, peer: None, at: day * DAY, fields: &fields }).unwrap();
    };
    [(0, "tea", 1), (1, "tea", 2), (2, "tea", 3), (3, "tea", 4), (0, "rope", 1), (1, "rope", 20), (2, "rope", 20)]
        .iter()
        .for_each(|it| review(it.0, it.1, it.2));
    let report = engine.fit(None).unwrap();
    // In order of sight 1, 0, 2, 3: of tea 0 gets 1 and a half, 1 half, 2 all of 3; rope came too late.
    assert_eq!(numbers(&engine, "passed"), [0.5, 1.5, 1.0, 0.0]);
    assert_eq!(numbers(&engine, "passed.taken"), [1.0, 0.0, 1.0, 1.0]);
    assert_eq!(numbers(&engine, "passed.brokered"), [0.5, 0.0, 1.0, 0.0]);
    assert_eq!(report.columns[0].verdicts[0].1.claim, Claim::CannotTell);
    let threshold = numbers(&engine, "threshold");
    assert_eq!((threshold[0], threshold[2], threshold[3]), (1.0, 1.0, 1.0));
    assert!(threshold[1].is_nan(), "0 looks to nobody");
    assert_eq!(numbers(&engine, "threshold.hazard"), [1.0 / 3.0, 0.25, 0.5, 1.0]);
    assert_eq!(numbers(&engine, "threshold.period"), [2.0, 1.0, 3.0, 4.0]);
    let state = bytes(&engine);
    assert!(refolded(&engine) == state);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The sets that an engine keeps and repairs are those of an engine that has none: after any updates, whatever was
    /// asked before.
    #[test]
    fn kept_sketches_answer_as_new_ones(steps in proptest::collection::vec(step(), 1..60)) {
        let engine = Engine::new(&definition(), Options { seed: 7, ..Options::default() }).unwrap();
        let first = Step::Purchase { who: 0, at: 0, amount: 1.0, need: 0, basket: None, id: None };
        let ties = [(0, 1), (1, 2), (3, 1), (2, 4)];
        run(&engine, &first);
        tied(&engine, &ties);
        for (place, step) in steps.iter().enumerate() {
            run(&engine, step);
            let ask = SeedAsk {
                count: Some(2),
                epsilon: 0.3,
                reverse: place % 5 == 0,
                value: (place % 7 == 0).then_some("spend"),
                active: if place % 3 == 0 { &[Id::Number(1)] } else { &[] },
                ..SeedAsk::default()
            };
            let kept = engine.seeds(&ask).map_err(|error| error.kind());
            if place % 4 != 3 {
                continue;
            }
            let again = engine.seeds(&ask).map_err(|error| error.kind());
            engine.kept().unwrap().clear();
            let new = engine.seeds(&ask).map_err(|error| error.kind());
            prop_assert!(kept == new && again == new, "{:?} {:?} {:?}", kept, again, new);
        }
    }
}

#[test]
fn what_is_kept_is_bounded_and_forgotten() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    tied(&engine, &(0..40).map(|leaf| (leaf % 7, leaf + 7)).collect::<Vec<_>>());
    let held = |engine: &Engine| {
        let memory = engine.stats().unwrap().memory;
        memory.iter().find(|(part, _)| *part == "kept answers").unwrap().1
    };
    assert_eq!(held(&engine), 0);
    let ask =
        |chance: f64| engine.seeds(&SeedAsk { count: Some(2), chance: Some(chance), ..SeedAsk::default() }).unwrap();
    ask(0.1);
    let one = held(&engine);
    assert!(one > 0);
    (0..20).for_each(|step| drop(ask(0.1 + 0.001 * f64::from(step))));
    assert!(held(&engine) < 8 * one, "{} after one of {one}", held(&engine));
    engine.erase(Id::Number(8)).unwrap();
    assert_eq!(held(&engine), 0);
}
