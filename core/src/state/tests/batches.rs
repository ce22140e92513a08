//! A batch, its rows one by one, and the same rows in two batches give the same bits.

use proptest::prelude::*;

use super::*;

fn rows(events: &Events, from: usize, to: usize) -> Events {
    events.gather(&(from as u32..to as u32).collect::<Vec<_>>())
}

fn agree(text: &str, seed: u64, count: usize, customers: u64) {
    let (program, keys) = program(text);
    let mut together = empty(&program, &keys);
    let events = record(&made(seed, count, customers), &program, &mut together);
    let mut singly = empty(&program, &keys);
    (singly.ids, singly.keys) = (together.ids.clone(), together.keys.clone());
    let mut halves = empty(&program, &keys);
    (halves.ids, halves.keys) = (together.ids.clone(), together.keys.clone());
    assert!(together.can_group(&program, &events) || program.triggers.iter().any(|trigger| trigger.replies));
    together.apply_events(&program, &events);
    for row in 0..events.at.len() {
        singly.apply_events(&program, &rows(&events, row, row + 1));
    }
    halves.apply_events(&program, &rows(&events, 0, count / 2));
    halves.apply_events(&program, &rows(&events, count / 2, count));
    assert!(together.encode() == singly.encode(), "a batch differs from its rows");
    assert!(together.encode() == halves.encode(), "a batch differs from its halves");
    assert_eq!((together.events, together.late, together.now), (singly.events, singly.late, singly.now));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_batch_equals_its_rows(seed in any::<u64>(), customers in 1..200u64) {
        agree(&everything(), seed, 400, customers);
    }

    #[test]
    fn a_batch_of_messages_equals_its_rows(seed in any::<u64>(), customers in 1..20u64) {
        agree(&replies(), seed, 300, customers);
    }
}

#[test]
fn events_of_an_unknown_kind_change_nothing() {
    let (small, keys) = program("[event.note]\ncustomer = \"who\"\nat = \"at\"\n[feature.n]\ncount = \"event\"\n");
    let (large, _) = program(HEAD);
    let mut source = empty(&large, &Keys::default());
    let events = record(&made(1, 300, 20), &large, &mut source);
    let mut state = State::new(&small, source.ids.clone(), keys);
    // Under other names not one kind of these is known, or all of them are one.
    let unknown = Events { kind: vec![u32::MAX - 1; 300], ..events };
    let before = state.encode();
    state.apply_events(&small, &unknown);
    assert!(state.encode() == before);
}
