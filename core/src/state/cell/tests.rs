//! Cells: when a window steps with time alone, and weights that lie far apart.

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

const SECOND: i64 = 1_000_000;

/// Three gaps of a user of ciao; the last one weighs 5e8 times as much as both others. The variance by
/// arithmetic in 60 digits.
#[test]
fn a_variance_survives_a_weight_that_dwarfs_the_others() {
    let shape = Shape { op: Op::GapVariance, window: Window::HalfLife(30 * 86_400 * SECOND) };
    let mut cell = None;
    for seconds in [0, 345_600, 432_000, 78_105_600] {
        let at = seconds * SECOND;
        Cell::add(&mut cell, shape, 1.0, Moment { at, now: at, lateness: 0, movable: false });
    }
    let variance = cell.unwrap().value(shape, 78_105_600 * SECOND);
    let exact = 11_306_347.958_880_728;
    assert!((variance - exact).abs() <= 1e-12 * exact, "{variance}");
}
