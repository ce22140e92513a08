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
