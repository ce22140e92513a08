//! State: batches and single rows, checkpoints, merging, names that are remembered.

mod arenas;
mod batches;
mod checkpoints;
mod horizons;
mod merging;

use super::*;
use crate::base::random::Random;
use crate::data::ids::Id;
use crate::data::ingest::{RowEvent, Value, append_row, read_trait_row};
use crate::data::record::Events;
use crate::definition::Definition;
use crate::program::lower;

pub(super) const HOUR: i64 = 3_600_000_000;
pub(super) const DAY: i64 = 24 * HOUR;

const HEAD: &str = r#"
[time]
lateness = "1d"

[event.line]
customer = "who"
peer     = "whom"
at       = "at"
id       = "id"
occasion = "basket"
amount   = "amount"
need     = { column = "needs", split = ";" }
channel  = "channel"
flag     = { gift = "gift" }

[event.note]
customer = "who"
peer     = "whom"
at       = "at"
amount   = "amount"

[trait]
household = "category"

[tie.talk]
on        = "note"
half_life = "9d"
"#;

const AGGREGATES: [&str; 24] = [
    "count = \"event\"",
    "count = \"occasion\"",
    "sum = \"amount\"",
    "sum = \"amount * amount + 1.0\"",
    "sum = \"3.0\"",
    "mean = \"amount\"",
    "variance = \"amount\"",
    "min = \"amount\"",
    "max = \"amount\"",
    "first = \"channel\"",
    "last = \"amount\"",
    "first_time = \"event\"",
    "last_time = \"occasion\"",
    "distinct = \"need\"",
    "distinct = \"amount\"",
    "quantile = \"amount\"\nq = 0.5",
    "top = \"need\"",
    "share = \"gift\"\nof = \"true\"",
    "entropy = \"channel\"",
    "gap_mean = \"occasion\"",
    "gap_variance = \"event\"",
    "gap_log_sum = \"event\"",
    "mean = \"gift ? 1.0 : 0.0\"",
    "distinct = \"kind\"",
];

const WINDOWS: [&str; 6] =
    ["", "half_life = \"3d\"", "window = \"9d\"", "window = \"70h\"\nhop = \"exact\"", "session = \"20h\"", "last = 4"];

const OWNERS: [&str; 6] = [
    "",
    "direction = \"both\"",
    "toward = \"peer\"",
    "toward = \"peer\"\ndirection = \"in\"\nwhere = \"'a' in need\"",
    "by = \"household\"\ndirection = \"both\"",
    "where = \"amount > 1.0 && channel != 'web'\"",
];

/// A definition with every aggregate over every window for every owner, as far as there is such a thing.
pub(super) fn everything() -> String {
    let mut text = HEAD.to_owned();
    let mut number = 0;
    for aggregate in AGGREGATES {
        for window in WINDOWS {
            for owner in OWNERS {
                let twice = aggregate.starts_with("last =") && window.starts_with("last =");
                let word = aggregate.split(' ').next().unwrap();
                let extreme = ["min", "max", "first", "last", "first_time", "last_time", "distinct"].contains(&word);
                if twice || (extreme && window.starts_with("half_life")) {
                    continue;
                }
                number += 1;
                text.push_str(&format!("[feature.f{number}]\non = \"line\"\n{aggregate}\n{window}\n{owner}\n"));
            }
        }
    }
    text
}

/// Features that read replies, over every window.
pub(super) fn replies() -> String {
    let mut text = HEAD.to_owned();
    for (number, window) in WINDOWS.iter().enumerate() {
        for (owner, aggregate) in
            [("", "mean"), ("toward = \"peer\"", "sum"), ("direction = \"in\"", "variance"), ("", "quantile")]
        {
            let rest = if aggregate == "quantile" { "q = 0.5" } else { "" };
            let name = format!("{aggregate}_{number}");
            text.push_str(&format!(
                "[feature.{name}]\non = \"note\"\n{aggregate} = \"reply_seconds\"\n{window}\n{owner}\n{rest}\n"
            ));
        }
    }
    text
}

/// A program, and the names that its state begins with.
pub(super) fn program(text: &str) -> (Program, Keys) {
    let mut keys = Keys::default();
    let (program, problems) = lower(&Definition::from_toml(text).unwrap(), &[], &mut keys);
    assert!(problems.is_empty(), "{problems:#?}");
    (program, keys)
}

/// An empty state in which some customers belong to households.
pub(super) fn empty(program: &Program, keys: &Keys) -> State {
    let mut state = State::new(program, Ids::default(), keys.clone());
    for who in 0..9u64 {
        let household = ["h1", "h2", "h3"][who as usize % 3];
        let traits = [("household", Value::Text(household))];
        let (ids, keys) = (&mut state.ids, &mut state.keys);
        let taken = read_trait_row(Id::Number(who), -DAY, &traits, &program.trait_plan, i64::MAX, ids, keys).unwrap();
        state.apply_traits(program, &taken.unwrap());
    }
    state
}

/// One event as a test makes it up.
#[derive(Debug, Clone, Default)]
pub(super) struct Made {
    kind: &'static str,
    who: Option<u64>,
    whom: Option<u64>,
    at: i64,
    amount: Option<f64>,
    needs: Vec<&'static str>,
    channel: Option<&'static str>,
    gift: Option<bool>,
    basket: Option<String>,
    id: Option<String>,
}

/// Events in an order in which each comes within the lateness, among `customers`.
pub(super) fn made(seed: u64, count: usize, customers: u64) -> Vec<Made> {
    let mut random = Random::keyed(seed, 0);
    let mut keyed = Vec::new();
    for number in 0..count {
        let below = &mut |n: u64| random.below(n);
        let who = Some(below(customers)).filter(|_| below(12) > 0);
        let made = Made {
            kind: if below(4) > 0 { "line" } else { "note" },
            who,
            whom: Some(below(customers)).filter(|_| who.is_none() || below(2) > 0),
            at: below(30 * 48) as i64 * (HOUR / 2),
            amount: (below(8) > 0).then(|| below(40) as f64 * 0.37 - 3.0),
            needs: (0..below(4)).map(|_| ["a", "b", "c"][below(3) as usize]).collect(),
            channel: [Some("web"), Some("shop"), None][below(3) as usize],
            gift: [Some(true), Some(false), None][below(3) as usize],
            basket: (below(3) == 0).then(|| format!("basket {}", below(40))),
            id: (below(3) == 0).then(|| format!("id {number}")),
        };
        keyed.push((made.at + below(DAY as u64) as i64, made));
    }
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, made)| made).collect()
}

/// The events as a record; new names go into the state's tables.
pub(super) fn record(made: &[Made], program: &Program, state: &mut State) -> Events {
    let mut events = Events::default();
    for event in made {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (basket, id) = (text(&event.basket), text(&event.id));
        let mut fields = vec![("amount", event.amount.map_or(Value::Null, Value::Number))];
        if event.kind == "line" {
            fields.push(("need", Value::Texts(&event.needs)));
            fields.push(("channel", event.channel.map_or(Value::Null, Value::Text)));
            fields.push(("gift", event.gift.map_or(Value::Null, Value::Bool)));
            fields.push(("occasion", Value::Text(&basket)));
            fields.push(("id", Value::Text(&id)));
        }
        let (customer, peer) = (event.who.map(Id::Number), event.whom.map(Id::Number));
        let row = RowEvent { kind: event.kind, customer, peer, at: event.at, fields: &fields };
        let (ids, keys) = (&mut state.ids, &mut state.keys);
        let refused = append_row(&row, &program.plan, i64::MAX, ids, keys, &mut events).unwrap();
        assert!(refused.is_none(), "{refused:?}");
    }
    events
}
