//! Arbitration over constants: ties, the price of attention, what an unknown factor does.

use super::*;
use crate::data::ids::Ids;
use crate::data::keys::Keys;
use crate::data::record::NONE;
use crate::definition::Definition;
use crate::program::lower;
use crate::state::State;

const HEAD: &str = "[event.buy]\ncustomer = \"who\"\nat = \"at\"\namount = \"amount\"\n\
                    [feature.mean]\nmean = \"amount\"\non = \"buy\"\n[decide]\nattention = 1.5\n";

fn decide(actions: &[(&str, &str)]) -> Decision {
    let actions =
        actions.iter().map(|(name, value)| format!("[action.{name}]\nchannel = \"post\"\nvalue = \"{value}\"\n"));
    let text = format!("{HEAD}{}", actions.collect::<String>());
    let mut keys = Keys::default();
    let (program, problems) = lower(&Definition::from_toml(&text).unwrap(), &[], &mut keys);
    assert!(problems.is_empty(), "{problems:?}");
    let state = State::new(&program, Ids::default(), keys);
    let view = View { program: &program, state: &state, fitted: &[] };
    let asked = Asked { customer: 0, peer: NONE, at: 0 };
    let (decider, mut room) = (Decider::new(&program, &state.keys).unwrap(), Room::default());
    decider.choose(view, asked, How { context: &[], n: 1, uniform: 0.0 }, |_| {}, &mut room);
    decider.decision(view, asked, &room, u64::from, 1)
}

fn reasons(decision: &Decision) -> Vec<(String, Reason)> {
    decision.losers().into_iter().map(|loser| (loser.action, loser.reason)).collect()
}

#[test]
fn of_equal_priorities_the_first_declared_wins() {
    let decision = decide(&[("a", "2.0"), ("b", "3.0"), ("c", "3.0")]);
    assert_eq!(decision.action.as_deref(), Some("b"));
    assert_eq!(reasons(&decision), [("a".to_owned(), Reason::LowerPriority), ("c".to_owned(), Reason::LowerPriority)]);
}

#[test]
fn silence_wins_unless_a_priority_exceeds_its_price() {
    let decision = decide(&[("a", "1.5"), ("b", "1.0")]);
    assert_eq!(decision.action, None);
    assert_eq!(decision.priority, 1.5);
    assert_eq!(
        reasons(&decision),
        [("a".to_owned(), Reason::BelowAttention), ("b".to_owned(), Reason::BelowAttention)]
    );
}

#[test]
fn an_unknown_factor_loses_and_says_so() {
    let decision = decide(&[("a", "mean"), ("b", "1.6")]);
    assert_eq!(decision.action.as_deref(), Some("b"));
    assert_eq!(reasons(&decision), [("a".to_owned(), Reason::UnknownFactor)]);
}
