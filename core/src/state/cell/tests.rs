//! When a windowed cell steps with time alone, against its values at every moment.

use proptest::prelude::*;

use super::*;

fn shapes() -> impl Strategy<Value = Shape> {
    let op = prop_oneof![
        Just(Op::Count),
        Just(Op::Sum),
        Just(Op::Max),
        Just(Op::Distinct),
        Just(Op::Entropy),
        Just(Op::Quantile(0.5)),
        Just(Op::GapMean)
    ];
    let window = prop_oneof![
        (5..40i64, 0..6i64).prop_map(|(length, hop)| Window::Span { length, hop }),
        (2..15i64).prop_map(Window::Session),
        Just(Window::Lifetime),
        Just(Window::Last(3)),
    ];
    (op, window).prop_map(|(op, window)| Shape { op, window })
}

proptest! {
    #[test]
    fn nothing_steps_before_it_is_said_to(
        shape in shapes(),
        mut times in proptest::collection::vec(0..100i64, 1..12),
        wait in 0..30i64,
    ) {
        times.sort_unstable();
        let mut place = None;
        for (index, at) in times.iter().enumerate() {
            let moment = Moment { at: *at, now: *at, lateness: 0, movable: false };
            Cell::add(&mut place, shape, (index % 4 + 1) as f64, moment);
        }
        let (cell, start) = (place.unwrap(), times[times.len() - 1] + wait);
        let next = cell.next_step(shape, start);
        prop_assert!(next.is_none_or(|next| next > start));
        let value = cell.value(shape, start).to_bits();
        let first = (start..start + 200).find(|at| cell.value(shape, *at).to_bits() != value);
        prop_assert!(first.is_none_or(|first| next.is_some_and(|next| next <= first)), "steps at {first:?}, said {next:?}");
    }
}
