//! What a message answers: exact in whatever order messages within the lateness come.

use bactrian::base::random::Random;

use super::features::{Direction, Feature, Over, Whose, Window};
use super::table::Bench;
use super::world::{self, DAY, Event, HOUR};

fn notes(seed: u64, count: usize) -> Vec<Event> {
    let mut random = Random::keyed(seed, 7);
    let mut notes: Vec<Event> = Vec::new();
    let mut at = 0;
    for number in 0..count {
        at += random.below(5) as i64 * HOUR * i64::from(random.below(3) > 0);
        let who = Some(random.below(4)).filter(|_| random.below(15) > 0);
        let whom = Some(random.below(4)).filter(|_| who.is_none() || random.below(8) > 0);
        // Some answer a message by name: one of their peer's, some time ago.
        let theirs = |note: &&Event| note.who.is_some() && note.who == whom && note.whom == who && note.at < at;
        let answered = notes.iter().rev().filter(theirs).nth(random.below(3) as usize).and_then(|note| note.id.clone());
        notes.push(Event {
            kind: "note",
            who,
            whom,
            at,
            amount: Some(random.uniform()),
            id: Some(format!("id {number}")),
            answers: answered.filter(|_| random.below(3) == 0),
            ..Event::default()
        });
    }
    notes
}

fn features() -> Vec<Feature> {
    let windows = [
        Window::Lifetime,
        Window::HalfLife(2 * DAY),
        Window::Span(9 * DAY, DAY),
        Window::Session(20 * HOUR),
        Window::Last(4),
    ];
    let mut features = Vec::new();
    for word in ["count", "sum", "mean", "variance", "max", "last", "quantile"] {
        for window in windows {
            for (whose, direction) in [
                (Whose::Customer, Direction::Out),
                (Whose::Customer, Direction::Both),
                (Whose::Tie, Direction::Out),
                (Whose::Tie, Direction::In),
            ] {
                // The window `last = n` and the aggregate `last` are one key.
                let twice = word == "last" && matches!(window, Window::Last(_));
                let refused = twice || matches!(window, Window::HalfLife(_)) && matches!(word, "max" | "last");
                if !refused && word != "count" {
                    let rest = if word == "quantile" { "q = 0.5" } else { "" };
                    let over = Over::Reply;
                    features.push(Feature {
                        word,
                        over,
                        rest,
                        window,
                        whose,
                        direction,
                        filtered: false,
                        kind: "note",
                    });
                }
            }
        }
    }
    features
}

#[test]
fn replies_equal_their_twin_in_order_of_time_and_within_the_lateness() {
    let features = features();
    for seed in 0..6 {
        let notes = notes(seed, 160);
        for arrival in [notes.clone(), world::within_lateness(&notes, seed)] {
            let bench = Bench::new(features.iter());
            let (early, late) = arrival.split_at(100);
            bench.observe(early);
            let wrong = bench.compare(early, &[bench.now()]);
            assert!(wrong.is_empty(), "{:#?}", wrong.values().take(5).collect::<Vec<_>>());
            bench.observe(late);
            let wrong = bench.compare(&arrival, &[bench.now(), bench.now() + 2 * DAY]);
            assert!(wrong.is_empty(), "{:#?}", wrong.values().take(5).collect::<Vec<_>>());
        }
    }
}
