//! Laws that hold for every feature: orders of arrival, sums over groups, closed forms.

use bactrian::{Engine, Id, RowEvent, Value};

use super::features::{AGGREGATES, Direction, Feature, Over, Whose, Window};
use super::table::Bench;
use super::world::{self, CUSTOMERS, DAY, HOUR, MEMBERS};

fn read(engine: &Engine, who: u64, at: i64, names: &[&str]) -> Vec<f64> {
    let mut values = vec![0.0; names.len()];
    engine.reader(names).unwrap().read(Id::Number(who), None, Some(at), &mut values).unwrap();
    values
}

/// What is exact however late events come: neither gaps nor sessions, nor occasions that span instants.
#[test]
fn the_fold_class_is_the_same_however_late() {
    let windows = [Window::Lifetime, Window::HalfLife(3 * DAY), Window::Span(9 * DAY, DAY), Window::Last(7)];
    let mut features = Vec::new();
    for (word, overs) in AGGREGATES {
        let (over, rest) = overs[0];
        for window in windows {
            let extreme = matches!(word, "min" | "max" | "first" | "last" | "first_time" | "last_time" | "distinct");
            // The window `last = n` and the aggregate `last` are one key.
            let twice = word == "last" && matches!(window, Window::Last(_));
            let refused = twice || extreme && matches!(window, Window::HalfLife(_));
            if word.starts_with("gap") || matches!(word, "histogram" | "velocity") || refused {
                continue;
            }
            let direction = Direction::Both;
            for whose in [Whose::Customer, Whose::Tie, Whose::Household] {
                features.push(Feature { word, over, rest, window, whose, direction, filtered: false, kind: "line" });
            }
        }
    }
    for seed in 10..13 {
        let arrival = world::shuffled(&world::events(seed, 150), seed);
        let bench = Bench::new(features.iter());
        bench.observe(&arrival);
        let wrong = bench.compare(&arrival, &[bench.now(), bench.now() + 4 * DAY]);
        assert!(wrong.is_empty(), "{:#?}", wrong.values().take(5).collect::<Vec<_>>());
    }
}

#[test]
fn the_decayed_counters_of_members_sum_to_that_of_their_household() {
    let own = "[feature.own]\nsum = \"amount\"\non = \"line\"\nhalf_life = \"5d\"\ndirection = \"both\"\n
        [feature.visits]\ncount = \"occasion\"\non = \"line\"\nhalf_life = \"5d\"\n";
    let group = own
        .replace("own", "home")
        .replace("visits", "calls")
        .replace("on = \"line\"", "on = \"line\"\nby = \"household\"");
    for seed in 20..24 {
        let engine = world::engine(&format!("{own}{group}"));
        let events = world::within_lateness(&world::events(seed, 200), seed);
        events.iter().for_each(|event| world::observe(&engine, event));
        let now = engine.now().unwrap().unwrap();
        for at in [now, now + 11 * DAY] {
            for household in ["h1", "h2"] {
                let members: Vec<u64> =
                    MEMBERS.iter().filter(|(_, own)| *own == household).map(|(who, _)| *who).collect();
                for (own, group) in [("own", "home"), ("visits", "calls")] {
                    let sum: f64 = members.iter().map(|who| read(&engine, *who, at, &[own])[0]).sum();
                    let whole = read(&engine, members[0], at, &[group])[0];
                    assert!((sum - whole).abs() <= 1e-12 * whole.abs().max(100.0), "{household} {own}: {sum} {whole}");
                    assert_eq!(whole.to_bits(), read(&engine, members[1], at, &[group])[0].to_bits());
                }
            }
        }
        // Who belongs to no household has no value of a household.
        assert!(read(&engine, CUSTOMERS - 1, now, &["home"])[0].is_nan());
    }
}

/// A customer who moves takes nothing along: a household keeps what its members did while they were there.
#[test]
fn a_household_is_fed_by_its_members_of_the_moment() {
    let engine = world::engine("[feature.home]\nsum = \"amount\"\non = \"line\"\nby = \"household\"\n");
    let buy = |who, at, amount| {
        let fields = [("amount", Value::Number(amount))];
        let event = RowEvent { kind: "line", customer: Some(Id::Number(who)), peer: None, at, fields: &fields };
        engine.observe_row(&event).unwrap();
    };
    buy(0, DAY, 3.0);
    buy(1, DAY, 5.0);
    engine.identify_row(Id::Number(0), Some(2 * DAY), &[("household", Value::Text("h2"))]).unwrap();
    buy(0, 3 * DAY, 11.0);
    assert_eq!(read(&engine, 1, 3 * DAY, &["home"]), [8.0]);
    assert_eq!(read(&engine, 0, 3 * DAY, &["home"]), [11.0]);
    assert_eq!(read(&engine, 2, 3 * DAY, &["home"]), [11.0]);
}

/// x = t in days, one event a day: the decayed mean lags the ramp by the mean age, r / (1 - r) days
/// with r = 2^(-1 / half-life) once the start is forgotten; the decayed variance is r / (1 - r)^2.
#[test]
fn velocity_and_volatility_of_a_ramp_have_closed_forms() {
    let engine = world::engine(
        "[feature.speed]\nvelocity = \"amount\"\nfast = \"1d\"\nslow = \"4d\"\non = \"line\"\n
         [feature.unrest]\nvolatility = \"amount\"\nhalf_life = \"2d\"\non = \"line\"\n
         [feature.level]\nvelocity = \"3.0\"\nfast = \"1d\"\nslow = \"4d\"\non = \"line\"\n",
    );
    for day in 0..400 {
        let fields = [("amount", Value::Number(day as f64))];
        let event =
            RowEvent { kind: "line", customer: Some(Id::Number(0)), peer: None, at: day * DAY, fields: &fields };
        engine.observe_row(&event).unwrap();
    }
    let ratio = |days: f64| bactrian::base::numeric::exp2(-1.0 / days);
    let lag = |days: f64| ratio(days) / (1.0 - ratio(days));
    let spread = |days: f64| ratio(days) / ((1.0 - ratio(days)) * (1.0 - ratio(days)));
    for later in [0, 7 * DAY] {
        let [speed, unrest, level] = read(&engine, 0, 399 * DAY + later, &["speed", "unrest", "level"])[..] else {
            panic!("three columns");
        };
        assert!((speed - (lag(4.0) - lag(1.0))).abs() < 1e-9, "{speed}");
        assert!((unrest - spread(2.0)).abs() < 1e-9, "{unrest}");
        assert!(level.abs() < 1e-12, "{level}");
    }
}

/// Channel shares, their entropy, a preferred channel with Dirichlet smoothing, and reciprocity.
#[test]
fn channels_and_reciprocity_are_expressions_over_features() {
    let engine = world::engine(
        "[feature.contacts]\ncount = \"event\"\non = \"line\"\nwhere = \"channel != null\"\nhalf_life = \"30d\"\n
         [feature.web]\nshare = \"channel\"\nof = \"web\"\non = \"line\"\nhalf_life = \"30d\"\n
         [feature.spread]\nentropy = \"channel\"\non = \"line\"\nhalf_life = \"30d\"\n
         [feature.best]\ntop = \"channel\"\non = \"line\"\nhalf_life = \"30d\"\n
         [feature.sent]\ncount = \"event\"\non = \"line\"\nwhere = \"channel != null\"\nhalf_life = \"30d\"\ntoward = \"peer\"\n
         [feature.got]\ncount = \"event\"\non = \"line\"\nwhere = \"channel != null\"\nhalf_life = \"30d\"\ntoward = \"peer\"\ndirection = \"in\"\n
         [score.web_smoothed]\nvalue = \"(coalesce(web, 0.0) * contacts + 0.5) / (contacts + 1.5)\"\n
         [score.preferred]\nvalue = \"contacts >= 2.0 ? best : null\"\n
         [score.reciprocity]\nvalue = \"2.0 * min(sent, got) / (sent + got)\"\n",
    );
    let at = 10 * DAY;
    let send = |who, whom, channel| {
        let fields = [("channel", Value::Text(channel))];
        let peer = Some(Id::Number(whom));
        engine
            .observe_row(&RowEvent { kind: "line", customer: Some(Id::Number(who)), peer, at, fields: &fields })
            .unwrap();
    };
    for channel in ["web", "web", "web", "shop"] {
        send(0, 1, channel);
    }
    send(1, 0, "web");
    let reader = engine.reader(&["web", "spread", "web_smoothed", "reciprocity", "preferred"]).unwrap();
    let mut values = [0.0; 5];
    reader.read(Id::Number(0), Some(Id::Number(1)), None, &mut values).unwrap();
    let ln = bactrian::base::numeric::ln;
    let expected = [0.75, -0.75 * ln(0.75) - 0.25 * ln(0.25), 3.5 / 5.5, 2.0 / 5.0];
    assert!(values.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12), "{values:?}");
    assert_eq!(engine.key_text(values[4]).unwrap(), "web");
    // One contact is not enough for a preference; without any, smoothing gives the prior.
    reader.read(Id::Number(1), Some(Id::Number(0)), None, &mut values).unwrap();
    assert!(values[4].is_nan());
    reader.read(Id::Number(2), Some(Id::Number(0)), None, &mut values).unwrap();
    assert!((values[2] - 1.0 / 3.0).abs() < 1e-12 && values[3].is_nan(), "{values:?}");
    // Shares do not change while nothing happens, however long.
    let mut later = [0.0; 5];
    reader.read(Id::Number(0), Some(Id::Number(1)), Some(at + 80 * 365 * DAY), &mut later).unwrap();
    reader.read(Id::Number(0), Some(Id::Number(1)), None, &mut values).unwrap();
    assert_eq!((values[0].to_bits(), values[1].to_bits()), (later[0].to_bits(), later[1].to_bits()));
}

/// Windows are (t - w, t], their tail rounded down to the hop.
#[test]
fn windows_end_where_they_are_said_to() {
    let feature = |word, window| Feature {
        word,
        over: Over::Event,
        rest: "",
        window,
        whose: Whose::Customer,
        direction: Direction::Out,
        filtered: false,
        kind: "line",
    };
    let text: String = [Window::Span(7 * DAY, DAY), Window::Span(7 * DAY, 0)]
        .iter()
        .enumerate()
        .map(|(index, window)| feature("count", *window).toml(&format!("f{index}")))
        .collect();
    let engine = world::engine(&text);
    let at = 3 * DAY;
    let event = RowEvent { kind: "line", customer: Some(Id::Number(0)), peer: None, at, fields: &[] };
    engine.observe_row(&event).unwrap();
    let count = |at| read(&engine, 0, at, &["f0", "f1"]);
    // The event stands on the edge of a hop, (2d, 3d].
    assert_eq!(count(at + 7 * DAY - 1), [1.0, 1.0]);
    assert_eq!(count(at + 7 * DAY), [0.0, 0.0]);
    let event = RowEvent { at: at + HOUR, ..event };
    engine.observe_row(&event).unwrap();
    assert_eq!(count(at + 7 * DAY + HOUR), [1.0, 0.0]);
    assert_eq!(count(at + 8 * DAY - 1), [1.0, 0.0]);
    assert_eq!(count(at + 8 * DAY), [0.0, 0.0]);
}
