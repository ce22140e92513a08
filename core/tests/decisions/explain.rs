use super::*;

const TERMS: &str = r#"
[trait]
spend  = "number"
orders = "number"
fond   = "bool"

[action.card]
channel  = "email"
eligible = "spend >= 40 && fond"
value    = "orders"

[action.note]
value = 3

[contact.email]
at_most = 2
per     = "7d"
"#;

fn terms(spend: f64, orders: f64, fond: bool) -> Engine {
    let engine = engine(TERMS);
    know(&engine, &[("spend", Value::Number(spend)), ("orders", Value::Number(orders)), ("fond", Value::Bool(fond))]);
    engine
}

fn flip(engine: &Engine) -> Option<bactrian::Flip> {
    engine.decide(ANNA, Ask { dry: true, ..Ask::default() }).unwrap().flip()
}

#[test]
fn the_smallest_change_that_turns_a_decision() {
    // A gate: 38 must become 40.
    let found = flip(&terms(38.0, 9.0, true)).unwrap();
    assert_eq!((found.column.as_str(), found.from, found.to), ("`spend`", 38.0, 40.0));
    assert_eq!(found.action.as_deref(), Some("card"));
    assert_eq!(found.why, "`card` would win if `spend` were 40 instead of 38");
    // A gap between priorities: the card ties with the note from 3 orders on, and is declared first.
    let found = flip(&terms(60.0, 2.5, true)).unwrap();
    assert_eq!((found.column.as_str(), found.to, found.action.as_deref()), ("`orders`", 3.0, Some("card")));
    // A flag.
    let found = flip(&terms(60.0, 9.0, false)).unwrap();
    assert_eq!((found.column.as_str(), found.to), ("`fond`", 1.0));
    assert_eq!(found.why, "`card` would win if `fond` were true instead of false");
    // A cap: one contact less.
    let engine = terms(60.0, 9.0, true);
    action(&engine, HOUR);
    action(&engine, 2 * HOUR);
    let found = flip(&engine).unwrap();
    assert_eq!((found.column.as_str(), found.from, found.to), ("contacts by `email` within 1w", 2.0, 1.0));
    // Nothing alone turns it.
    assert_eq!(flip(&terms(1.0, 1.0, false)), None);
}

#[test]
fn a_flip_is_true_and_no_nearer_value_turns() {
    let mut random = bactrian::base::random::Random::keyed(5, 5);
    for _ in 0..40 {
        let (spend, orders) = (random.uniform() * 80.0, random.uniform() * 6.0);
        let winner = |spend: f64, orders: f64| decide(&terms(spend, orders, true), 0).action.unwrap();
        let now = winner(spend, orders);
        let Some(found) = flip(&terms(spend, orders, true)) else {
            // Both the gate and the gap stand in the way.
            assert!(spend < 40.0 && orders < 3.0, "{spend} {orders}");
            continue;
        };
        let with = |value: f64| if found.column == "`spend`" { winner(value, orders) } else { winner(spend, value) };
        if found.column == "`fond`" {
            continue;
        }
        assert_ne!(with(found.to), now, "{found:?}");
        assert_eq!(Some(with(found.to)), found.action);
        assert_eq!(with(found.from + (found.to - found.from) * 0.998), now, "{found:?}");
    }
}

#[test]
fn losers_show_the_values_that_were_read() {
    let engine = terms(38.0, 9.0, true);
    let loser = decide(&engine, 0).losers().remove(0);
    assert_eq!(loser.why, "eligible is false: `spend >= 40 && fond`");
    let read: Vec<(&str, &str)> = loser.read.iter().map(|f| (f.name.as_str(), f.value.as_str())).collect();
    assert_eq!(read, [("spend", "38"), ("fond", "true")]);
}
