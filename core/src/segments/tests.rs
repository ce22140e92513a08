//! Intervals with hysteresis against the rule as a state machine; timers of decaying axes in closed form.

use proptest::prelude::*;

use super::clock::first_change;
use super::edges::{interval, leave};
use super::*;
use crate::base::numeric::ln;
use crate::data::keys::Keys;
use crate::data::record::{Events, FieldColumn, NONE, Values};
use crate::definition::Definition;
use crate::program::lower;
use crate::state::State;

/// The stated rule, edge by edge: an edge is passed upwards at its value, downwards below `leave`.
fn walk(edges: &[f64], values: &[f64], hysteresis: f64) -> Vec<usize> {
    let mut above = vec![false; edges.len()];
    let step = |value: &f64| {
        for (above, edge) in above.iter_mut().zip(edges) {
            *above = if *above { *value >= leave(*edge, hysteresis) } else { *value >= *edge };
        }
        above.iter().filter(|above| **above).count()
    };
    values.iter().map(step).collect()
}

proptest! {
    #[test]
    fn hysteresis_is_a_latch_at_every_edge(
        mut edges in proptest::collection::vec(-50.0..50.0f64, 1..5),
        values in proptest::collection::vec(-60.0..60.0f64, 1..40),
        hysteresis in 0.0..0.15f64,
    ) {
        edges.sort_by(f64::total_cmp);
        // Bands that overlap hold a customer at the higher edge: latches say nothing of that.
        prop_assume!(edges.windows(2).all(|pair| pair[0] < leave(pair[1], hysteresis)));
        let mut current = None;
        let found: Vec<usize> = values.iter().map(|value| {
            let next = interval(&edges, *value, current, hysteresis);
            current = Some(next);
            next
        }).collect();
        prop_assert_eq!(found, walk(&edges, &values, hysteresis));
    }

    #[test]
    fn inside_the_band_nobody_moves(edge in 1.0..90.0f64, swings in proptest::collection::vec(0.0..1.0f64, 1..60)) {
        let mut current = Some(1);
        for swing in swings {
            let value = leave(edge, 0.1) + swing * (edge - leave(edge, 0.1));
            current = Some(interval(&[edge], value, current, 0.1));
            prop_assert_eq!(current, Some(1));
        }
    }

    #[test]
    fn a_search_finds_the_same_microsecond_wherever_it_began(
        turn in -(1_i64 << 52)..1_i64 << 52,
        starts in proptest::collection::vec((0..51_u32, 0.0..1.0f64), 1..8),
        noise in proptest::collection::vec(proptest::bool::ANY, 64),
    ) {
        // Around the turn rounding decides, for 64 microseconds.
        let changed = |at: i64| match usize::try_from(at - turn + 32) {
            Err(_) => false,
            Ok(place) => noise.get(place).copied().unwrap_or(true),
        };
        let found: Vec<i64> = starts.into_iter().map(|(bits, part)| {
            let mut at = turn - 33 - (part * (1_i64 << bits) as f64) as i64;
            let mut looks = 0;
            loop {
                let next = first_change(at, NEVER, changed);
                assert!(next > at && looks < 12, "{next} after {at}");
                if changed(next) {
                    break next;
                }
                (at, looks) = (next, looks + 1);
            }
        }).collect();
        prop_assert!((turn - 32..=turn + 32).contains(&found[0]));
        prop_assert!(found.iter().all(|other| *other == found[0]), "{:?} of {}", found, turn);
    }

    #[test]
    fn a_search_ends_before_what_steps(at in -(1_i64 << 52)..1_i64 << 52, ahead in 2..1_i64 << 50) {
        let end = at + ahead;
        let looked = std::cell::Cell::new(at);
        let next = first_change(at, end, |at| { looked.set(at.max(looked.get())); false });
        prop_assert!(looked.get() < end && (next == NEVER || (at < next && next < end)));
        prop_assert_eq!(first_change(at, end, |_| true), at + 1);
        prop_assert_eq!(first_change(at, at + 1, |_| true), NEVER);
    }

    #[test]
    fn a_fading_sum_meets_its_edge_when_the_formula_says(amount in -40.0..40.0f64, edge in 0.5..10.0f64) {
        let text = format!(r#"
            [event.buy]
            customer = "who"
            at       = "at"
            amount   = "amount"
            [feature.spend]
            sum       = "amount"
            on        = "buy"
            half_life = "10d"
            [segment.tier]
            axis.value = {{ of = "spend", edges = [-{edge:?}, {edge:?}], labels = ["low", "mid", "high"] }}
            hysteresis = 0.1
        "#);
        let mut keys = Keys::default();
        let (program, problems) = lower(&Definition::from_toml(&text).unwrap(), &[], &mut keys);
        prop_assert!(problems.is_empty(), "{:?}", problems);
        let (kind, name) = (keys.get("buy").unwrap(), keys.get("amount").unwrap());
        let mut state = State::new(&program, crate::data::ids::Ids::default(), keys);
        state.ids.intern(crate::data::ids::Id::Number(1)).unwrap();
        let fields = vec![FieldColumn { name, values: Values::Number(vec![amount]) }];
        state.apply_events(&program, &Events { kind: vec![kind], customer: vec![0], peer: vec![NONE], at: vec![0], fields });
        let assigner = &Assigner::all(&program, &Edges::default())[0];
        let (view, segment) = (View { program: &program, state: &state, fitted: &[] }, &program.segments[0]);
        let (mut scratch, mut labels) = (Scratch::default(), Vec::new());
        let asked = Asked { customer: 0, peer: NONE, at: 0 };
        assigner.compute(view, asked, &mut scratch);
        assigner.labels(segment, &[], &scratch, &mut labels);
        let next = assigner.next(view, segment, &labels, asked, &mut scratch);
        // From above it leaves below 0.9 edge; from below it is in the middle from -edge on.
        let meets = if amount >= edge { Some(0.9 * edge) } else if amount < -edge { Some(edge) } else { None };
        match meets {
            None => prop_assert_eq!(next, NEVER),
            Some(level) => {
                let days = 10.0 * ln(amount.abs() / level) / ln(2.0);
                prop_assert!((next as f64 / 86_400e6 - days).abs() < 1e-9, "{} against {} days", next, days);
            }
        }
    }
}
