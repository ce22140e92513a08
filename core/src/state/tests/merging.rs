//! Partial states over disjoint events merge to the state of all of them.

use proptest::prelude::*;

use super::*;
use crate::base::{ErrorKind, Result};
use crate::definition::model::Window;
use crate::program::{Op, Per};

/// What is exact in whatever sets the events come: neither gaps nor sessions nor occasions.
fn unordered() -> String {
    everything()
        .split("[feature.")
        .filter(|part| !["gap_", "session =", "occasion\""].iter().any(|word| part.contains(word)))
        .collect::<Vec<_>>()
        .join("[feature.")
}

/// The state of some events, that met its names in an order of its own.
fn part(program: &Program, keys: &Keys, events: &[Made]) -> State {
    let mut state = empty(program, keys);
    let events = record(events, program, &mut state);
    state.apply_events(program, &events);
    state
}

fn merged(program: &Program, parts: &[&State]) -> Result<State> {
    let mut state = State::new(program, Ids::default(), parts[0].keys.clone());
    for part in parts {
        let absorbed = state.absorb(program, part, program)?;
        assert!(absorbed.missing.is_empty());
    }
    Ok(state)
}

fn person(state: &State, who: u64) -> Option<u32> {
    state.ids.get(Id::Number(who))
}

/// Everything that can be read of a feature, by customer and pair, with names as texts.
fn readings(program: &Program, state: &State, feature: usize, customers: u64, at: i64) -> Vec<(f64, String)> {
    let spec = &program.features[feature];
    let named = matches!(spec.shape.op, Op::Top(_))
        || spec
            .value
            .as_ref()
            .is_some_and(|value| value.output() == crate::expr::Type::Key && spec.shape.op != Op::Distinct);
    let mut all = Vec::new();
    let mut note = |value: f64| {
        let text = if named && !value.is_nan() { state.keys.text(value as u32).to_owned() } else { String::new() };
        all.push((if named { 0.0 } else { value }, text));
    };
    for who in (0..customers).map(|who| person(state, who)) {
        let Some(who) = who else {
            note(f64::NAN);
            continue;
        };
        if program.triggers[spec.trigger].per == Per::Pair {
            for whom in (0..customers).filter_map(|whom| person(state, whom)) {
                let value = state.pair_feature(program, feature, who, whom, at);
                note(value);
            }
        } else {
            note(state.feature(program, feature, who, at));
        }
    }
    all
}

/// Whether a feature is the same to the bit however its events were divided.
fn to_the_bit(spec: &crate::program::FeatureSpec) -> bool {
    let decays = matches!(spec.shape.window, Window::HalfLife(_));
    let counts = matches!(
        spec.shape.op,
        Op::Count
            | Op::Min
            | Op::Max
            | Op::First
            | Op::Last
            | Op::FirstTime
            | Op::LastTime
            | Op::Distinct
            | Op::Quantile(_)
    );
    counts && !decays
}

/// The same features over the sizes of their values: what they add up where nothing cancels.
fn sizes(text: &str) -> String {
    text.replace("sum = \"amount\"", "sum = \"amount < 0.0 ? -amount : amount\"")
        .replace("\nmean = \"amount\"", "\nmean = \"amount < 0.0 ? -amount : amount\"")
        .replace("variance = \"amount\"", "mean = \"amount * amount\"")
}

/// The state of all events under a definition, and what its sums add up.
struct Whole {
    program: Program,
    state: State,
}

impl Whole {
    fn of(text: &str, keys: &Keys, events: &[Made]) -> Whole {
        let mut keys = keys.clone();
        let (program, _) = lower(&Definition::from_toml(&sizes(text)).unwrap(), &[], &mut keys);
        let state = part(&program, &keys, events);
        Whole { program, state }
    }
}

/// Everything to the bit.
fn equal(program: &Program, one: &State, other: &State, customers: u64) {
    agree(program, one, other, customers, |_, _| Vec::new());
}

/// Counts, extremes, names and sketches to the bit; what is added up to 1e-12 of the sizes of what it adds.
fn near(program: &Program, whole: &Whole, one: &State, other: &State, customers: u64) {
    assert_eq!(whole.program.features.len(), program.features.len());
    agree(program, one, other, customers, |index, at| {
        let spec = &program.features[index];
        // Terms of an entropy and logarithms of gaps are of either sign.
        let least = if matches!(spec.shape.op, Op::Entropy | Op::GapLogSum) { 1.0 } else { 0.0 };
        let sizes = readings(&whole.program, &whole.state, index, customers, at);
        if to_the_bit(spec) { Vec::new() } else { sizes.iter().map(|(size, _)| size.max(least)).collect() }
    });
}

fn agree(program: &Program, one: &State, other: &State, customers: u64, sizes: impl Fn(usize, i64) -> Vec<f64>) {
    assert_eq!((one.now, one.events), (other.now, other.events));
    for (index, spec) in program.features.iter().enumerate() {
        for at in [one.now, one.now + 7 * HOUR, one.now + 4 * DAY] {
            let sizes = sizes(index, at);
            let (a, b) = (readings(program, one, index, customers, at), readings(program, other, index, customers, at));
            assert_eq!(a.len(), b.len());
            for (place, ((x, name), (y, other_name))) in a.iter().zip(&b).enumerate() {
                let near = sizes.get(place).is_some_and(|size| (x - y).abs() <= 1e-12 * size.max(x.abs()));
                let same = x.to_bits() == y.to_bits() || (x.is_nan() && y.is_nan());
                let what = program.meaning_of(spec, &one.keys);
                assert!(name == other_name && (same || near), "{what}: {x} {name} and {y} {other_name}");
            }
        }
    }
}

/// Events among customers of one third each, at moments of their own.
fn apart(seed: u64, count: usize, customers: u64) -> Vec<Made> {
    let mut events = made(seed, count, customers);
    for (number, event) in (0..).zip(&mut events) {
        event.at += number;
        if let (Some(who), Some(whom)) = (event.who, event.whom) {
            event.whom = Some(whom / 3 * 3 + who % 3);
        }
        // A basket belongs to one customer, and to one third with it.
        event.basket = event.basket.take().map(|basket| format!("{basket} {:?} {:?}", event.who, event.whom));
    }
    events
}

fn third(event: &Made) -> usize {
    (event.who.or(event.whom).unwrap() % 3) as usize
}

/// Names of one weight stand in the order of the alphabet, for whoever met them first, early or late.
#[test]
fn neither_arrival_nor_strangers_decide_between_equals() {
    let windows = ["", "half_life = \"3d\"", "window = \"9d\"", "session = \"20h\"", "last = 6"];
    for window in windows {
        let text = format!(
            "{HEAD}[feature.f]\ntop = \"need\"\non = \"line\"\n{window}\n[feature.g]\ntop = \"need\"\nk = 2\non = \"line\"\n{window}\n"
        );
        let (program, keys) = program(&text);
        let line = |who, needs: &[&'static str]| Made {
            kind: "line",
            who: Some(who),
            at: HOUR,
            needs: needs.to_vec(),
            ..Made::default()
        };
        let stranger = line(5, &["c"]);
        let own = [line(1, &["b"]), line(1, &["a", "c"]), line(1, &["c", "b"])];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [1, 0, 2]] {
            for before in [0, 1] {
                let mut events = vec![stranger.clone(); before];
                events.extend(order.map(|place: usize| own[place].clone()));
                let state = part(&program, &keys, &events);
                let who = person(&state, 1).unwrap();
                let name = |feature| state.keys.text(state.feature(&program, feature, who, 2 * HOUR) as u32).to_owned();
                // Twice `b`, twice `c`, once `a`.
                assert_eq!([name(0), name(1)], ["b", "c"], "{window}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Disjoint customers, every feature there is: the whole to the bit, whatever the order.
    #[test]
    fn parts_by_customer_merge_to_the_whole(seed in any::<u64>()) {
        let customers = 21;
        for text in [everything(), replies()] {
            let (program, keys) = program(&text);
            let events = apart(seed, 260, customers);
            let whole = part(&program, &keys, &events);
            let parts: Vec<State> = (0..3)
                .map(|number| {
                    let own: Vec<Made> = events.iter().filter(|event| third(event) == number).cloned().collect();
                    part(&program, &keys, &own)
                })
                .collect();
            for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
                let merged = merged(&program, &order.map(|number| &parts[number])).unwrap();
                equal(&program, &whole, &merged, customers);
                prop_assert_eq!(merged.bytes().len(), whole.bytes().len());
            }
            // It goes on as the whole does: late lines, answers and all.
            let mut all = [whole, merged(&program, &[&parts[1], &parts[2], &parts[0]]).unwrap()];
            let more: Vec<Made> = apart(seed ^ 5, 120, customers);
            let now = all[0].now;
            for state in &mut all {
                let more: Vec<Made> = more.iter().map(|it| Made { at: it.at % (2 * DAY) + now - DAY + HOUR, id: None, ..it.clone() }).collect();
                let more = record(&more, &program, state);
                state.apply_events(&program, &more);
            }
            equal(&program, &all[0], &all[1], customers);
        }
    }

    /// Any disjoint sets of events: commutative, associative, and the whole, whichever name came first.
    #[test]
    fn parts_by_event_merge_to_the_whole(seed in any::<u64>(), division in proptest::collection::vec(0..3usize, 260)) {
        let customers = 9;
        let (program, keys) = program(&unordered());
        let mut events = made(seed, 260, customers);
        (0..).zip(&mut events).for_each(|(number, event)| event.at += number);
        let whole = part(&program, &keys, &events);
        let sizes = Whole::of(&unordered(), &keys, &events);
        let parts: Vec<State> = (0..3)
            .map(|number| {
                let own = events.iter().zip(&division).filter(|(_, part)| **part == number);
                part(&program, &keys, &own.map(|(event, _)| event.clone()).collect::<Vec<_>>())
            })
            .collect();
        let [a, b, c] = [&parts[0], &parts[1], &parts[2]];
        let left = merged(&program, &[a, b, c]).unwrap();
        let tail = merged(&program, &[b, c]).unwrap();
        let right = merged(&program, &[a, &tail]).unwrap();
        let turned = merged(&program, &[c, b, a]).unwrap();
        for other in [&left, &right, &turned] {
            near(&program, &sizes, &whole, other, customers);
        }
        for other in [&right, &turned] {
            near(&program, &sizes, &left, other, customers);
        }
    }

    /// Sets within the lateness of each other: gaps and sessions too.
    #[test]
    fn what_goes_by_order_merges_within_the_lateness(seed in any::<u64>()) {
        let customers = 4;
        let text = everything().replace("count = \"occasion\"", "count = \"event\"").replace("= \"occasion\"", "= \"event\"");
        let (program, keys) = program(&text);
        let mut events = made(seed, 200, customers);
        (0..).zip(&mut events).for_each(|(number, event)| event.at += number);
        let now = events.iter().map(|event| event.at).max().unwrap();
        let late = |event: &Made| event.at > now - 20 * HOUR && event.amount.is_some_and(|amount| amount > 3.0);
        let (whole, sizes) = (part(&program, &keys, &events), Whole::of(&text, &keys, &events));
        let (last, first): (Vec<Made>, Vec<Made>) = events.into_iter().partition(late);
        let (first, last) = (part(&program, &keys, &first), part(&program, &keys, &last));
        for parts in [[&first, &last], [&last, &first]] {
            let merged = merged(&program, &parts).unwrap();
            near(&program, &sizes, &whole, &merged, customers);
        }
    }
}

#[test]
fn what_can_not_be_put_together_is_refused() {
    let gaps = format!("{HEAD}[feature.f]\ngap_mean = \"event\"\non = \"line\"\n");
    let visits = format!("{HEAD}[feature.f]\ncount = \"occasion\"\non = \"line\"\n");
    let line = |at: i64| Made { kind: "line", who: Some(1), at, ..Made::default() };
    let note = |who, whom, at| Made { kind: "note", who: Some(who), whom: Some(whom), at, ..Made::default() };
    let named = |made: Made, id: &str| Made { id: Some(id.to_owned()), ..made };
    let basket = |made: Made| Made { basket: Some("b".to_owned()), ..made };
    let refused = |text: &str, one: &[Made], other: &[Made]| {
        let (program, keys) = program(text);
        let (one, other) = (part(&program, &keys, one), part(&program, &keys, other));
        for parts in [[&one, &other], [&other, &one]] {
            let error = merged(&program, &parts).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotMergeable, "{error}");
            assert!(error.to_string().contains("`1`"), "{error}");
        }
    };
    // Both have settled gaps.
    refused(&gaps, &[line(0), line(5 * DAY), line(9 * DAY)], &[line(DAY), line(4 * DAY), line(10 * DAY)]);
    // One event in both.
    refused(HEAD, &[named(line(0), "x")], &[named(line(0), "x")]);
    // One basket in both.
    refused(&visits, &[basket(line(0))], &[basket(line(HOUR))]);
    // A message and its answer apart.
    refused(&replies(), &[note(1, 2, 0)], &[note(2, 1, HOUR)]);
}

/// A state goes over into a changed definition: what means the same keeps its value.
#[test]
fn a_state_is_carried_into_another_definition() {
    let before = "[feature.a]\nsum = \"amount\"\non = \"line\"\nhalf_life = \"3d\"\n
        [feature.b]\ntop = \"channel\"\non = \"line\"\n[feature.c]\ncount = \"event\"\non = \"note\"\n";
    let after = "[feature.z]\nmax = \"amount\"\non = \"line\"\n[feature.y]\ntop = \"channel\"\non = \"line\"\n
        [feature.x]\nsum = \"amount\"\non = \"line\"\nhalf_life = \"3d\"\nwhere = \"amount > 1.0\"\n
        [feature.w]\nsum = \"amount\"\non = \"line\"\nhalf_life = \"3d\"\n";
    let (old, old_keys) = program(&format!("{HEAD}{before}"));
    let mut extended = HEAD.replace("[trait]", "[trait]\nsize = \"number\"");
    extended.push_str(after);
    let (new, new_keys) = program(&extended);
    let state = part(&old, &old_keys, &made(3, 200, 9));
    let mut carried = State::new(&new, Ids::default(), new_keys);
    let absorbed = carried.absorb(&new, &state, &old).unwrap();
    assert_eq!(absorbed.missing, [0, 2]);
    assert_eq!(absorbed.customers.len(), 9);
    for who in 0..9 {
        let (there, here) = (person(&state, who).unwrap(), person(&carried, who).unwrap());
        let at = state.now + DAY;
        assert_eq!(state.feature(&old, 0, there, at).to_bits(), carried.feature(&new, 3, here, at).to_bits());
        let name = |state: &State, value: f64| state.keys.text(value as u32).to_owned();
        assert_eq!(name(&state, state.feature(&old, 1, there, at)), name(&carried, carried.feature(&new, 1, here, at)));
        assert!(carried.feature(&new, 0, here, at).is_nan());
        let home = |program: &Program| program.traits.iter().position(|item| item.name == "household").unwrap();
        let (a, b) = (state.known(home(&old), there), carried.known(home(&new), here));
        assert_eq!((name(&state, a.value), a.at), (name(&carried, b.value), b.at));
    }
}

/// Distinct names that stood in the counts of another feature are told apart by themselves once that is gone.
#[test]
fn distinct_names_are_carried_without_the_counts_that_held_them() {
    let distinct = "[feature.d]\ndistinct = \"need\"\non = \"line\"\n";
    let (old, old_keys) = program(&format!("{HEAD}[feature.t]\ntop = \"need\"\non = \"line\"\n{distinct}"));
    let (new, new_keys) = program(&format!("{HEAD}{distinct}"));
    let place = |program: &Program| program.features.iter().position(|it| it.shape.op == Op::Distinct).unwrap();
    assert!(old.features[place(&old)].shares.is_some() && new.features[place(&new)].shares.is_none());
    let mut state = part(&old, &old_keys, &made(5, 40, 9));
    let mut carried = State::new(&new, Ids::default(), new_keys);
    assert!(carried.absorb(&new, &state, &old).unwrap().missing.is_empty());
    let mut seen = 0.0;
    for round in 0..3 {
        for who in 0..9 {
            let value = |program: &Program, state: &State| {
                person(state, who).map(|who| state.feature(program, place(program), who, state.now))
            };
            assert_eq!(value(&old, &state), value(&new, &carried));
            seen += value(&old, &state).unwrap_or(0.0);
        }
        for (program, state) in [(&old, &mut state), (&new, &mut carried)] {
            let more = record(&made(6 + round, 40, 9), program, state);
            state.apply_events(program, &more);
        }
    }
    assert!(seen > 20.0);
}
