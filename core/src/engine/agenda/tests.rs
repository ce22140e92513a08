//! The agenda against a list that is searched.

use proptest::prelude::*;

use super::*;

/// What a test does: set a moment so far ahead of now (or never), or let time pass.
#[derive(Debug, Clone)]
enum Step {
    Set(u32, Option<i64>),
    Pass(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let ahead = prop_oneof![1 => Just(None), 3 => (1..50_i64).prop_map(Some), 6 => (1..1_i64 << 44).prop_map(Some)];
    let step = prop_oneof![
        8 => (0..600_u32, ahead).prop_map(|(customer, ahead)| Step::Set(customer, ahead)),
        1 => (0..1_i64 << 42).prop_map(Step::Pass),
        1 => (0..40_i64).prop_map(Step::Pass),
    ];
    proptest::collection::vec(step, 1..3_000)
}

/// Takes all that is due from both, in order.
fn pass(agenda: &mut Agenda, twin: &mut [i64], now: i64) {
    loop {
        let expected = (0_u32..).zip(twin.iter()).map(|(customer, due)| (*due, customer)).min();
        let expected = expected.filter(|(due, _)| *due <= now);
        assert_eq!(agenda.first(now, |_| {}), expected);
        let Some((_, customer)) = expected else { return assert!(agenda.is_settled(now)) };
        assert!(!agenda.is_settled(now));
        agenda.take();
        twin[customer as usize] = NEVER;
    }
}

proptest! {
    #[test]
    fn moments_come_in_order_whatever_is_set_between(start in -(1_i64 << 50)..1_i64 << 50, steps in steps()) {
        let mut agenda = Agenda::default();
        let mut twin = vec![NEVER; 600];
        let mut now = start;
        for step in steps {
            match step {
                Step::Set(customer, ahead) => {
                    let due = ahead.map_or(NEVER, |ahead| now + ahead);
                    agenda.set(customer, due);
                    twin[customer as usize] = due;
                }
                Step::Pass(by) => {
                    now += by;
                    pass(&mut agenda, &mut twin, now);
                }
            }
        }
        pass(&mut agenda, &mut twin, NEVER - 1);
        prop_assert!(agenda.queued == 0);
    }
}

#[test]
fn moments_that_move_away_again_and_again_take_no_room() {
    let mut agenda = Agenda::default();
    for round in 0..10_000_i64 {
        for customer in 0..4 {
            agenda.set(customer, 1_000_000 + round);
            agenda.set(customer, 900_000 - round);
        }
    }
    assert!(agenda.queued <= 2 * 4 + FEW);
    assert_eq!(agenda.first(i64::MAX, |_| {}), Some((890_001, 0)));
}
