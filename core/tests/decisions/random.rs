use super::twin::{Twin, World};
use super::*;
use bactrian::base::random::Random;

/// Random policies over random decisions, each against a twin that counts its own log: the choices agree,
/// so that no cap is breached and none holds longer than it must.
#[test]
fn no_cap_is_breached_and_none_binds_too_long() {
    for seed in 0..40 {
        let mut random = Random::keyed(seed, 1);
        let world = World::random(&mut random);
        let text = world.text();
        let engine = engine(&text);
        let mut twin = Twin::new(&world);
        let mut at = 0;
        for step in 0..1500 {
            at += [0, HOUR / 2, 3 * HOUR, DAY][random.below(4) as usize];
            let who = Id::Number(random.below(4));
            if step < 8 {
                engine.identify_row(who, Some(at), &[]).unwrap();
            }
            let Id::Number(number) = who else { continue };
            if engine.reader(&[]).unwrap().read(who, None, None, &mut []).is_err() {
                continue;
            }
            if random.below(3) == 0 {
                if let Some((id, kind)) = twin.outcome(&mut random, at) {
                    assert_eq!(engine.learn_row(id, kind, Some(at), None).unwrap().accepted, 1, "{seed} {step}");
                }
                continue;
            }
            let n = 1 + random.below(3) as usize;
            let wanted = twin.decide(number, at, n);
            let found = engine.decide(who, Ask { at: Some(at), n, ..Ask::default() }).unwrap();
            let names: Vec<&str> = found.slate.iter().map(|choice| choice.action.as_str()).collect();
            assert_eq!(names, wanted, "seed {seed}, step {step}, at {at}:\n{text}\n{:#?}", found.losers());
            twin.took(number, at, &found);
        }
        twin.hold_caps();
    }
}

/// A million decisions under random policies, in batches; the caps are counted from what the tables say.
#[test]
fn no_cap_is_breached_in_a_million_decisions() {
    let customers = 100;
    let mut decided = 0;
    for seed in 100..120 {
        let mut random = Random::keyed(seed, 2);
        let world = World::random(&mut random);
        let engine = Engine::new(&Definition::from_toml(&world.text()).unwrap(), Options::default()).unwrap();
        for customer in 0..customers {
            engine.identify_row(Id::Number(customer), Some(0), &[]).unwrap();
        }
        let mut twin = Twin::of(&world, customers);
        let mut at = 0;
        for _ in 0..500 {
            at += random.below(8) as i64 * HOUR / 2;
            let table = engine.decide_batch(None, Ask { at: Some(at), ..Ask::default() }).unwrap();
            for (customer, action) in texts(&table, "action").iter().enumerate() {
                twin.note(customer, at, action.as_deref());
                decided += 1;
            }
        }
        twin.hold_caps();
    }
    assert_eq!(decided, 1_000_000);
}

const BUSY: &str = r#"
[trait]
spend = "number"

[action.card]
channel  = "email"
response = "spend * 0.001"
value    = 4
within   = "2d"

[action.call]
channel = "phone"
value   = 0.5
within  = "1d"

[action.banner]
channel = "web"
value   = 0.25
within  = "6h"

[contact.email]
at_most = 1
per     = "12h"

[contact.phone]
at_most = 2
per     = "1d"

[contact.all]
at_most = 30
per     = "7d"
"#;

fn crowd(customers: u64) -> Engine {
    let engine = engine(BUSY);
    for customer in 0..customers {
        let spend = [("spend", Value::Number(customer as f64))];
        engine.identify_row(Id::Number(customer), Some(0), &spend).unwrap();
    }
    engine
}

#[test]
fn memory_does_not_grow_with_decisions() {
    let engine = crowd(199);
    let state = |engine: &Engine| engine.stats().unwrap().memory.iter().map(|(_, bytes)| bytes).sum::<usize>();
    let mut most = Vec::new();
    for round in 1..=5000 {
        let at = round * 2 * HOUR;
        let table = engine.decide_batch(None, Ask { at: Some(at), ..Ask::default() }).unwrap();
        assert_eq!(table.len(), 200);
        // After ten days every window is full; a table of open decisions may still double once, when what left
        // it has used up its room.
        if round == 200 || round == 2500 {
            most.push(state(&engine));
        }
    }
    let (early, half, all) = (most[0], most[1], state(&engine));
    assert!(half <= 2 * early && all <= half + half / 20, "{all} after {most:?}");
    let decisions: i64 = whole(&engine.ledger().unwrap(), "decisions").iter().sum();
    assert_eq!(decisions, 1_000_000);
}

#[test]
fn a_funnel_adds_up_and_is_what_deciding_finds() {
    let engine = crowd(99);
    for round in 1..20 {
        engine.decide_batch(None, Ask { at: Some(round * HOUR), ..Ask::default() }).unwrap();
    }
    for n in [1, 2] {
        let ask = Ask { at: Some(24 * HOUR), n, dry: true, ..Ask::default() };
        let funnel = engine.funnel(None, ask).unwrap();
        let stages: Vec<Vec<i64>> = funnel.columns.iter().skip(2).map(|(name, _)| whole(&funnel, name)).collect();
        let sums: Vec<i64> = (0..3).map(|row| stages.iter().map(|stage| stage[row]).sum()).collect();
        assert_eq!(sums, [100; 3]);
        let table = engine.decide_batch(None, ask).unwrap();
        let actions = texts(&table, "action");
        let count = |name: Option<&str>| actions.iter().filter(|action| action.as_deref() == name).count() as i64;
        let wanted = [Some("card"), Some("call"), Some("banner"), None].map(count);
        assert_eq!(whole(&funnel, "chosen"), wanted);
        assert!(whole(&funnel, "contact_policy").iter().sum::<i64>() > 0);
    }
}

#[test]
fn a_batch_equals_its_rows_sent_singly() {
    let [batch, single] = [crowd(50), crowd(50)];
    for round in 1..30 {
        let at = Some(round * 3 * HOUR);
        let table = batch.decide_batch(None, Ask { at, n: 2, ..Ask::default() }).unwrap();
        let mut rows = Vec::new();
        for customer in [ANNA].into_iter().chain((0..50).map(Id::Number)) {
            let decision = single.decide(customer, Ask { at, n: 2, ..Ask::default() }).unwrap();
            rows.extend(decision.slate.iter().map(|choice| Some(choice.action.clone())));
            rows.extend(decision.slate.is_empty().then_some(None));
        }
        assert_eq!(texts(&table, "action"), rows);
        assert_eq!(batch.digest().unwrap(), single.digest().unwrap());
    }
}
