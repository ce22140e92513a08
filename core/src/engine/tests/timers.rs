//! What time alone moves: each crossing at its own microsecond, whoever asks and how often.

use super::*;
use crate::base::numeric::ln;
use crate::base::random::Random;
use crate::columns::{Asked, Scratch};
use crate::data::record::NONE;

/// Closed form with hysteresis and either sign, several axes over one value, windows, a search, rules over
/// the clock, a dwell; and a kind of event that no segment reads.
const TIMED: &str = r#"
[event.purchase]
customer = "who"
at       = "at"
amount   = "amount"

[event.browse]
customer = "who"
at       = "at"

[feature.spend]
sum       = "amount"
on        = "purchase"
half_life = "5d"

[feature.orders]
count     = "event"
on        = "purchase"
half_life = "9d"

[feature.recent]
sum    = "amount"
on     = "purchase"
window = "7d"

[feature.visit]
count   = "event"
on      = "purchase"
session = "2d"

[feature.latest]
last_time = "event"
on        = "purchase"

[score.both]
value = "ln(spend * spend + 1.0) + sqrt(orders)"

[segment.tier]
axis.value = { of = "spend", edges = [-8, -1, 3, 20], labels = ["debt", "owes", "none", "some", "much"] }
hysteresis = 0.2
decide_on  = ["enter"]

[segment.level]
axis.spend  = { of = "spend", edges = [2, 5, 15], labels = ["a", "b", "c", "d"] }
axis.orders = { of = "orders", edges = [0.6, 1.1], labels = ["few", "some", "many"] }

[segment.active]
axis.recent = { of = "recent", edges = [1, 15], labels = ["idle", "some", "busy"] }
axis.visit  = { of = "visit", edges = [1, 2], labels = ["away", "once", "often"] }

[segment.lapsing]
rules = [
  { label = "gone", when = 'now - latest > duration("20d") && orders < 0.5' },
  { label = "late", when = 'now - latest > duration("6d")' },
  { label = "here", when = 'orders >= 0' },
]

[segment.slow]
axis.orders = { of = "orders", edges = [0.4, 0.9, 1.7], labels = ["a", "b", "c", "d"] }
dwell       = "4d"

[action.hello]
channel = "email"
value   = "spend"
"#;

/// What lifetime models say, known once they are fitted: of falling values, of two of them and of one with the
/// clock; and scores of recency.
const LAPSING: &str = r#"
[event.purchase]
customer = "who"
at       = "at"
amount   = "amount"

[event.browse]
customer = "who"
at       = "at"

[feature.latest]
last_time = "event"
on        = "purchase"

[score.bg]
model   = "bg_nbd"
on      = "purchase"
period  = "1d"
horizon = "30d"

[score.pareto]
model    = "pareto_nbd"
on       = "purchase"
horizon  = "70d"
discount = 0.01

[score.regular]
model   = "mbg_cnbd_k"
on      = "purchase"
period  = "1d"
horizon = "30d"

[score.rfm]
model  = "rfm"
on     = "purchase"
amount = "amount"

[segment.alive]
axis.bg    = { of = "bg.probability_alive", edges = [0.3, 0.6], labels = ["gone", "doubtful", "here"] }
hysteresis = 0.1
decide_on  = ["enter"]

[segment.worth]
axis.worth = { of = "pareto", edges = [0.5, 2, 5], labels = ["none", "low", "mid", "high"] }
axis.alive = { of = "pareto.probability_alive", edges = [0.2, 0.7], labels = ["gone", "doubtful", "here"] }
axis.r     = { of = "rfm.r", edges = [3], labels = ["old", "new"] }

[segment.steady]
axis.alive = { of = "regular.probability_alive", edges = [0.05, 0.4, 0.8], labels = ["a", "b", "c", "d"] }
dwell      = "4d"

[segment.late]
rules = [
  { label = "late", when = 'bg.probability_alive < 0.45 || now - latest > duration("60d")' },
  { label = "here", when = 'bg.probability_alive >= 0' },
]

[action.hello]
channel = "email"
value   = "bg"
"#;

/// An engine that was fitted to some who bought for sixty days, if it has models.
fn learn(engine: &Engine, models: bool) {
    if !models {
        return;
    }
    let mut lines = Vec::new();
    for who in 100..140 {
        let mut random = Random::keyed(3, who);
        let (gap, ends) = ((1 + who % 9) * DAY as u64, random.below(60 * DAY as u64));
        let mut at = random.below(9 * DAY as u64);
        while at < ends {
            lines.push((at as i64, who));
            at += gap / 2 + random.below(gap);
        }
    }
    lines.sort_unstable();
    lines.iter().for_each(|(at, who)| purchase(engine, (*who, *at, 5.0)));
    engine.advance_to(START).unwrap();
    let report = engine.fit(None).unwrap();
    assert!(report.columns.iter().all(|column| column.skipped.is_none()), "{report:?}");
}

/// When events begin that come after a fit.
const START: i64 = 60 * DAY;

const GRID: &str = r#"
[segment.curve]
axis.both = { of = "both", edges = [1, 2, 3], labels = ["a", "b", "c", "d"] }
"#;

/// A purchase, or without an amount a visit.
fn purchase(engine: &Engine, (who, at, amount): (u64, i64, f64)) {
    let fields = [("amount", Value::Number(amount))];
    let (kind, fields) = if amount == 0.0 { ("browse", &fields[..0]) } else { ("purchase", &fields[..]) };
    let event = RowEvent { kind, customer: Some(Id::Number(who)), peer: None, at, fields };
    engine.observe_row(&event).unwrap();
}

fn told(engine: &Engine) -> String {
    format!("{:?}", engine.crossings(None, None).unwrap())
}

fn events() -> impl Strategy<Value = Vec<(u64, i64, f64)>> {
    let one = (0..4u64, 0..60 * DAY, prop_oneof![4 => 0.5..30.0, 1 => -30.0..-0.5, 2 => Just(0.0)]);
    proptest::collection::vec(one, 1..25).prop_map(|mut events| {
        events.sort_by_key(|event| event.1);
        events
    })
}

const END: i64 = 150 * DAY;

/// Crossings are the same whether the clock moves with events alone, or also at `stops`, or an engine is closed and
/// opened there.
fn check_agreement(text: &str, models: bool, events: &[(u64, i64, f64)], stops: &[i64]) {
    let definition = Definition::from_toml(text).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (once, often) =
        (Engine::new(&definition, Options::default()).unwrap(), Engine::new(&definition, Options::default()).unwrap());
    let path = folder.path().join("timed.bactrian");
    let mut file = Engine::open(&path, Some(&definition), Options::default()).unwrap();
    [&once, &often, &file].into_iter().for_each(|engine| learn(engine, models));
    let start = if models { START } else { 0 };
    let mut moments: Vec<(i64, Option<usize>)> =
        events.iter().enumerate().map(|(index, event)| (start + event.1, Some(index))).collect();
    moments.extend(stops.iter().map(|stop| (start + stop, None)));
    moments.sort();
    for (at, index) in moments {
        match index.map(|index| events[index]) {
            Some((who, _, amount)) => {
                [&once, &often, &file].into_iter().for_each(|engine| purchase(engine, (who, at, amount)));
            }
            None if often.now().unwrap().is_some_and(|now| at >= now) => {
                often.advance_to(at).unwrap();
                file.checkpoint().unwrap();
                file.close().unwrap();
                file = Engine::open(&path, None, Options::default()).unwrap();
            }
            None => {}
        }
    }
    for engine in [&once, &often, &file] {
        engine.advance_to(start + END).unwrap();
    }
    assert_eq!(told(&once), told(&often));
    assert_eq!(told(&once), told(&file));
    assert_eq!(once.digest().unwrap(), file.digest().unwrap());
}

/// Every crossing by time is at its first microsecond.
fn check_moments(text: &str, models: bool, events: &[(u64, i64, f64)]) {
    let engine = Engine::new(&Definition::from_toml(text).unwrap(), Options::default()).unwrap();
    learn(&engine, models);
    let start = if models { START } else { 0 };
    let mut rest = events.iter();
    while let Some((who, at, amount)) = rest.next() {
        purchase(&engine, (*who, start + at, *amount));
        let end = rest.as_slice().first().map_or(END, |next| next.1);
        check_until(&engine, start + end);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn crossings_do_not_depend_on_who_moves_the_clock(
        events in events(),
        stops in proptest::collection::vec(0..END, 0..20),
    ) {
        check_agreement(TIMED, false, &events, &stops);
    }

    #[test]
    fn nor_do_those_of_who_lapses(events in events(), stops in proptest::collection::vec(0..END, 0..20)) {
        check_agreement(LAPSING, true, &events, &stops);
    }

    #[test]
    fn every_crossing_by_time_is_at_its_first_microsecond(events in events()) {
        check_moments(TIMED, false, &events);
    }

    #[test]
    fn and_so_is_every_lapse(events in events()) {
        check_moments(LAPSING, true, &events);
    }
}

/// Moves the clock to just before `end`, and compares each crossing with what a read just before and
/// at its moment says; between crossings nobody belongs elsewhere.
fn check_until(engine: &Engine, end: i64) {
    let start = engine.now().unwrap().unwrap();
    let dry = |at: i64| {
        let world = engine.world().unwrap();
        let customers = 0..world.state.customers();
        let mut scratch = Scratch::default();
        let mut out = Vec::new();
        for customer in customers {
            for segment in 0..world.program.segments.len() {
                let asked = Asked { customer, peer: NONE, at };
                let mut labels = Vec::new();
                let moved = world.labels_now(segment, asked, &mut scratch, &mut labels);
                let member = world.state.member(segment, customer);
                let free = at.saturating_sub(member.since) >= world.program.segments[segment].dwell;
                // Who was never known anywhere is nowhere.
                let nowhere = member.cell == NONE && labels.is_empty();
                out.push((customer, segment, moved && free && !nowhere));
            }
        }
        out
    };
    loop {
        let next = engine.world().unwrap().next_timer();
        let Some(next) = next.filter(|next| *next < end) else { break };
        // Nobody moves before the next timer, by probes that lie close to either end and between.
        let now = engine.now().unwrap().unwrap();
        for at in [now, now + (next - now) / 3, now + (next - now) / 2, next - 1] {
            if at >= now && at < next {
                let early: Vec<_> = dry(at).into_iter().filter(|(_, _, moved)| *moved).collect();
                assert!(early.is_empty(), "{early:?} belong elsewhere at {at}, before the timer {next} (from {start})");
            }
        }
        engine.advance_to(next).unwrap();
        assert!(dry(next).iter().all(|(_, _, moved)| !moved));
    }
    if end > engine.now().unwrap().unwrap() {
        assert!(dry(end - 1).iter().all(|(_, _, moved)| !moved), "someone moved without a timer before {end}");
    }
}

#[test]
fn what_may_turn_is_looked_at_on_the_grid() {
    let definition = Definition::from_toml(&format!("[time]\nrecheck = \"6h\"\n{TIMED}{GRID}")).unwrap();
    let engine = Engine::new(&definition, Options::default()).unwrap();
    purchase(&engine, (1, DAY + 1, 25.0));
    purchase(&engine, (1, 2 * DAY + 5, -20.0));
    purchase(&engine, (2, 200 * DAY, 5.0));
    let crossings = engine.crossings(Some("curve"), None).unwrap();
    let Some(Column::Time(moments)) = crossings.column("at") else { panic!("times") };
    let by_time = moments.iter().flatten().filter(|at| **at % (6 * 3_600_000_000) == 0).count();
    assert!(by_time >= 2, "{crossings:?}");
}

#[test]
fn a_crossing_by_time_may_ask_for_a_decision_and_is_folded_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("timed.bactrian");
    let definition = Definition::from_toml(TIMED).unwrap();
    let engine = Engine::open(&path, Some(&definition), Options::default()).unwrap();
    purchase(&engine, (1, 0, 24.0));
    let report = engine.advance_to(5 * DAY).unwrap();
    let tier: Vec<_> = report.crossings.iter().filter(|crossing| *crossing.segment == *"tier").collect();
    // 24 falls below 20 - 0.2 x 20 = 16 after 5 log2(24 / 16) = 2.9248 days.
    assert_eq!(tier.len(), 1);
    assert_eq!((tier[0].from.as_ref(), tier[0].to.as_ref(), tier[0].cause), ("much", "some", "time"));
    assert!((tier[0].at as f64 / DAY as f64 - 5.0 * ln(1.5) / ln(2.0)).abs() < 1e-9);
    assert_eq!(report.decisions.len(), 1);
    assert_eq!(report.decisions[0].at, tier[0].at);
    let digest = engine.digest().unwrap();
    engine.close().unwrap();
    assert_eq!(Engine::open(&path, None, Options::default()).unwrap().digest().unwrap(), digest);
}
