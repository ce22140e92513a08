//! Rows of the past against what was read live, where traits and ties move the clock and events are late.

use super::*;

const COLUMNS: [&str; 9] = ["orders", "spend", "recent", "gaps", "variety", "city", "newsletter", "tier", "matrix"];

/// What is read live at the clock, of everyone known by then.
fn live(engine: &Engine) -> String {
    format!("{:?}", engine.score(None, Some(&COLUMNS), None, None).unwrap())
}

fn past(engine: &Engine, at: i64, known_at: Option<i64>) -> String {
    format!("{:?}", engine.training_set(at, Some(&COLUMNS), None, known_at).unwrap())
}

fn buy(engine: &Engine, who: u64, at: i64, amount: f64) {
    let fields = [("amount", Value::Number(amount)), ("need", Value::Text(["bread", "wine"][who as usize % 2]))];
    let customer = Some(Id::Number(who));
    engine.observe_row(&RowEvent { kind: "purchase", customer, peer: None, at, fields: &fields }).unwrap();
}

/// A day of the stream: events, a trait with a time of its own that lies ahead of the clock or behind
/// it, a tie, sometimes a fit.
fn day(engine: &Engine, day: i64) {
    let at = day * DAY;
    let who = (day * 7 % 5) as u64;
    buy(engine, who, at, (day * 11 % 17) as f64);
    let city = ["Rouen", "Caen", "Paris"][day as usize % 3];
    // Ahead of the clock by hours, or a statement about last week.
    let when = if day % 3 == 0 { at - 6 * DAY } else { at + DAY / 4 };
    engine
        .identify_row(
            Id::Number(who),
            Some(when),
            &[("city", Value::Text(city)), ("newsletter", Value::Bool(day % 2 == 0))],
        )
        .unwrap();
    engine.relate_row("talk", Id::Number(who), Id::Number((who + 1) % 5), Some(at + DAY / 3), 1.0).unwrap();
    if day % 8 == 5 {
        engine.fit(None).unwrap();
    }
}

/// Traits and ties with a later `at` move the clock, and the past stands as it was read then.
#[test]
fn rows_of_the_past_are_those_read_live_where_traits_move_the_clock() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    let mut seen = Vec::new();
    for number in 0..40 {
        day(&engine, number);
        let now = engine.now().unwrap().unwrap();
        assert_eq!(now, number * DAY + DAY / 3);
        // Whoever is about to be read at this very moment is read after all that happened at it.
        seen.push((now + 1, now, live(&engine)));
        // And between what happens, where time alone has moved things.
        engine.advance_to(number * DAY + DAY / 2).unwrap();
        seen.push((number * DAY + DAY / 2 + 1, number * DAY + DAY / 2, live(&engine)));
    }
    let mut wrong = 0;
    for (at, known_at, live) in &seen {
        // Statements about an earlier week came when the clock stood later: they are known from then on.
        assert_eq!(&past(&engine, *at, Some(*known_at)), live, "at {at}");
        wrong += u32::from(past(&engine, *at, None) != *live);
    }
    // With what came afterwards the past itself is another one: in some rows, not in most.
    assert!(wrong > 0 && wrong < seen.len() as u32, "{wrong} of {}", seen.len());
}

/// The same where events come late: what was known by then is what was read then.
#[test]
fn rows_of_the_past_are_those_read_live_where_events_are_late() {
    let engine = Engine::new(&definition(), Options::default()).unwrap();
    let mut seen = Vec::new();
    for number in 3..40 {
        day(&engine, number);
        // A line of the day before yesterday, and one of this morning.
        buy(&engine, (number % 5) as u64, (number - 2) * DAY + 5, 9.0);
        buy(&engine, ((number + 2) % 5) as u64, number * DAY + 7, 4.0);
        let now = engine.now().unwrap().unwrap();
        seen.push((now + 1, live(&engine)));
    }
    for (at, live) in &seen {
        assert_eq!(&past(&engine, *at, Some(*at - 1)), live, "at {at}");
    }
}

const BANDS: &str = r#"
[segment.band]
axis.value = { of = "spend", edges = [5, 25], labels = ["low", "mid", "high"] }
hysteresis = 0.2
dwell      = "1d"

[segment.place]
axis.week = { of = "recent", edges = [8], labels = ["few", "many"] }
axis.city = { of = "city" }
"#;

fn banded() -> Definition {
    Definition::from_toml(&format!("{DEFINITION}{BANDS}")).unwrap()
}

/// Membership at a moment.
fn bands(engine: &Engine, at: i64, known_at: Option<i64>) -> String {
    let columns = ["band", "band.value", "place", "place.city", "spend"];
    format!("{:?}", engine.training_set(at, Some(&columns), None, known_at).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A segment that came later has the past that it would have had: crossings by events, early and
    /// late, by traits, by fits and by time alone.
    #[test]
    fn a_segment_that_is_added_has_the_past_that_it_would_have_had(
        steps in proptest::collection::vec(step(), 1..80), cuts in proptest::collection::vec(1..50 * DAY, 4)
    ) {
        let options = Options { seed: 7, ..Options::default() };
        let always = Engine::new(&banded(), options.clone()).unwrap();
        let later = Engine::new(&definition(), options).unwrap();
        for engine in [&always, &later] {
            steps.iter().for_each(|step| run(engine, step));
        }
        later.redefine(&banded()).unwrap();
        let end = later.now().unwrap().unwrap_or(0);
        let moments = cuts.iter().copied().chain([end, end + 1]).filter(|at| (1..=end + 1).contains(at));
        for at in moments.clone() {
            for known_at in [None, Some(at - 1), Some(end / 2)] {
                prop_assert_eq!(bands(&later, at, known_at), bands(&always, at, known_at), "at {} of {}", at, end);
            }
        }
        prop_assert_eq!(later.stats().unwrap().late, always.stats().unwrap().late);
        // From its declaration on its crossings are recorded, as those of the other are.
        for engine in [&always, &later] {
            steps.iter().take(20).for_each(|step| run(engine, step));
        }
        for at in moments {
            prop_assert_eq!(bands(&later, at, None), bands(&always, at, None));
        }
        // Gone for a while, its past is found for that while.
        later.redefine(&definition()).unwrap();
        steps.iter().skip(20).for_each(|step| run(&later, step));
        later.redefine(&banded()).unwrap();
        bands(&later, later.now().unwrap().unwrap_or(0) + 1, None);
    }
}
