//! The same values by brute force: all events are sorted and looked at again for every value.

use std::collections::BTreeMap;

use bactrian::base::numeric::{exp2, ln};

use super::features::{Direction, Feature, Over, Whose, Window};
use super::world::{Event, LATENESS, MEMBERS};

/// A value, or a name.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Number(f64),
    Name(String),
}

/// One thing that an aggregate takes: a number or a name at a moment.
#[derive(Debug, Clone)]
struct Item {
    at: i64,
    x: f64,
    name: String,
}

/// What a feature is worth at `at` for a customer (and a peer), given events in the order of arrival.
pub fn value(feature: &Feature, arrived: &[Event], who: u64, whom: u64, at: i64) -> Answer {
    let mut sorted: Vec<&Event> = arrived.iter().collect();
    sorted.sort_by_key(|event| event.at);
    let household = |who: u64| MEMBERS.iter().find(|(member, _)| *member == who).map(|(_, household)| *household);
    let members: Vec<u64> = match feature.whose {
        Whose::Household => match household(who) {
            None => return Answer::Number(f64::NAN),
            own => (0..10).filter(|other| household(*other) == own).collect(),
        },
        _ => vec![who],
    };
    let mut taken: Vec<(u64, &Event, f64)> = Vec::new();
    let replies = replies(&sorted);
    for (event, reply) in sorted.iter().zip(replies) {
        for (outward, own, other) in [(true, event.who, event.whom), (false, event.whom, event.who)] {
            let direction = matches!(
                (feature.direction, outward),
                (Direction::Both, _) | (Direction::Out, true) | (Direction::In, false)
            );
            let own = own.filter(|own| members.contains(own));
            let met = feature.whose != Whose::Tie || other == Some(whom);
            let passes = !feature.filtered || event.amount.is_some_and(|amount| amount > 1.0);
            if let (true, Some(own), true, true, true) = (direction, own, met, passes, event.kind == feature.kind) {
                taken.push((own, event, reply));
            }
        }
    }
    // The first and the last time of occasions are those of their lines, but among the last n.
    let lines = matches!(feature.word, "first_time" | "last_time") && !matches!(feature.window, Window::Last(_));
    if feature.over == Over::Occasion && !lines {
        taken = occasions(&taken);
    }
    let items: Vec<Item> = taken.iter().flat_map(|(_, event, reply)| items(feature.over, event, *reply)).collect();
    if feature.word == "velocity" {
        let day = 86_400_000_000;
        let mean = |half_life| {
            aggregate(&Feature { word: "mean", window: Window::HalfLife(half_life), ..feature.clone() }, &items, at)
        };
        return match (mean(2 * day), mean(9 * day)) {
            (Answer::Number(fast), Answer::Number(slow)) => Answer::Number(fast - slow),
            _ => panic!("two means are two numbers"),
        };
    }
    aggregate(feature, &items, at)
}

/// The first line of each occasion of each customer; a line far from the first one begins another.
fn occasions<'a>(taken: &[(u64, &'a Event, f64)]) -> Vec<(u64, &'a Event, f64)> {
    let mut first: BTreeMap<(u64, Option<String>, i64), i64> = BTreeMap::new();
    let mut kept = Vec::new();
    for (own, event, reply) in taken {
        let name = (*own, event.basket.clone(), if event.basket.is_some() { 0 } else { event.at });
        if first.get(&name).is_some_and(|first| event.at - first <= LATENESS) {
            continue;
        }
        first.insert(name, event.at);
        kept.push((*own, *event, *reply));
    }
    kept
}

fn items(over: Over, event: &Event, reply: f64) -> Vec<Item> {
    let number = |x: f64| vec![Item { at: event.at, x, name: String::new() }];
    let named = |name: &str| Item { at: event.at, x: 0.0, name: name.to_owned() };
    match over {
        Over::Event | Over::Occasion => number(1.0),
        Over::Amount => event.amount.map_or(Vec::new(), number),
        Over::Formula => event.amount.map_or(Vec::new(), |amount| number(amount * 2.0 + 1.0)),
        Over::Reply if reply.is_nan() => Vec::new(),
        Over::Reply => number(reply),
        Over::Needs => event.needs.iter().map(|need| named(need)).collect(),
        Over::Channel => event.channel.map_or(Vec::new(), |channel| vec![named(channel)]),
        Over::Gift => event.gift.map_or(Vec::new(), |gift| vec![named(if gift { "true" } else { "false" })]),
    }
}

/// What each note answers, in the order of time: the one it names, else the first note of its peer
/// that was not answered yet.
pub fn replies(sorted: &[&Event]) -> Vec<f64> {
    let mut open: BTreeMap<(u64, u64), i64> = BTreeMap::new();
    let mut found = Vec::new();
    for (place, event) in sorted.iter().enumerate() {
        let (Some(own), Some(other), "note") = (event.who, event.whom, event.kind) else {
            found.push(f64::NAN);
            continue;
        };
        if own == other {
            found.push(f64::NAN);
            continue;
        }
        let named = event.answers.as_ref().and_then(|id| {
            let answered = |earlier: &&&Event| earlier.who == Some(other) && earlier.id.as_ref() == Some(id);
            sorted[..place].iter().find(answered).map(|earlier| earlier.at)
        });
        let waited = open.remove(&(own, other));
        open.entry((other, own)).or_insert(event.at);
        found.push(named.or(waited).map_or(f64::NAN, |since| (event.at - since) as f64 / 1e6));
    }
    found
}

fn aggregate(feature: &Feature, items: &[Item], at: i64) -> Answer {
    let within: Vec<Item> = match feature.window {
        Window::Lifetime | Window::HalfLife(_) => items.to_vec(),
        Window::Span(length, hop) => {
            let tail = if hop == 0 { at - length } else { (at - length).div_euclid(hop) * hop };
            items.iter().filter(|item| item.at > tail).cloned().collect()
        }
        Window::Last(n) => items[items.len().saturating_sub(n)..].to_vec(),
        Window::Session(gap) => {
            let mut session: Vec<Item> = Vec::new();
            for item in items {
                if session.last().is_some_and(|last| item.at - last.at > gap) {
                    session.clear();
                }
                session.push(item.clone());
            }
            if session.last().is_none_or(|last| at - last.at > gap) { Vec::new() } else { session }
        }
    };
    let weight = |then: i64| match feature.window {
        Window::HalfLife(half_life) => exp2(-((at - then) as f64) / half_life as f64),
        _ => 1.0,
    };
    let decays = matches!(feature.window, Window::HalfLife(_));
    let numbers: Vec<(f64, f64)> = within.iter().map(|item| (item.x, weight(item.at))).collect();
    let sum = || numbers.iter().map(|(x, w)| x * w).sum::<f64>();
    let total = || numbers.iter().map(|(_, w)| w).sum::<f64>();
    let mut names: BTreeMap<&str, f64> = BTreeMap::new();
    for item in &within {
        *names.entry(&item.name).or_default() += weight(item.at);
    }
    let of_names = |op: &dyn Fn() -> f64| if within.is_empty() { f64::NAN } else { op() };
    let by_name = !matches!(feature.over, Over::Event | Over::Occasion | Over::Amount | Over::Formula | Over::Reply);
    let number = match feature.word {
        "count" => total(),
        "sum" => sum(),
        "mean" => mean(&numbers),
        "variance" | "volatility" => variance(&numbers, decays),
        "min" => numbers.iter().map(|(x, _)| *x).fold(f64::NAN, f64::min),
        "max" => numbers.iter().map(|(x, _)| *x).fold(f64::NAN, f64::max),
        "first" | "last" if by_name => {
            // Of equal times the first in arrival is first, and the last in arrival last.
            let found = if feature.word == "first" { within.first() } else { within.last() };
            return Answer::Name(found.map_or(String::new(), |item| item.name.clone()));
        }
        "first" => within.first().map_or(f64::NAN, |item| item.x),
        "last" => within.last().map_or(f64::NAN, |item| item.x),
        "first_time" => within.first().map_or(f64::NAN, |item| item.at as f64),
        "last_time" => within.last().map_or(f64::NAN, |item| item.at as f64),
        "distinct" if by_name => names.len() as f64,
        "distinct" => {
            let mut values: Vec<f64> = within.iter().map(|item| item.x + 0.0).collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            values.len() as f64
        }
        "quantile" => quantile(&numbers, rest_number(feature.rest), decays, feature.window),
        "share" => {
            let of = feature.rest.split('"').nth(1).unwrap();
            of_names(&|| names.get(of).copied().unwrap_or(0.0) / names.values().sum::<f64>())
        }
        "entropy" => of_names(&|| {
            let all: f64 = names.values().sum();
            names.values().map(|w| -(w / all) * ln(w / all)).sum()
        }),
        "top" => {
            let rank = if feature.rest.is_empty() { 1 } else { rest_number(feature.rest) as usize };
            let mut left: Vec<(&str, f64)> = names.into_iter().collect();
            let mut found = "";
            for _ in 0..rank {
                let most = left.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
                // The first in the alphabet of those that weigh most, but for rounding.
                let place = left.iter().position(|(_, weight)| *weight >= most * (1.0 - 1e-12));
                found = place.map_or("", |place| left.remove(place).0);
            }
            return Answer::Name(found.to_owned());
        }
        "gap_mean" | "gap_variance" | "gap_log_sum" => gaps(feature.word, &within, &weight, decays),
        word => panic!("{word}"),
    };
    Answer::Number(number)
}

fn mean(numbers: &[(f64, f64)]) -> f64 {
    numbers.iter().map(|(x, w)| x * w).sum::<f64>() / numbers.iter().map(|(_, w)| w).sum::<f64>()
}

/// Of a sample; with decay, that of the weights.
fn variance(numbers: &[(f64, f64)], decays: bool) -> f64 {
    let mean = mean(numbers);
    let squares: f64 = numbers.iter().map(|(x, w)| w * (x - mean) * (x - mean)).sum();
    let total: f64 = numbers.iter().map(|(_, w)| w).sum();
    match decays {
        true => squares / total,
        false if numbers.len() > 1 => squares / (total - 1.0),
        false => f64::NAN,
    }
}

fn gaps(word: &str, within: &[Item], weight: &dyn Fn(i64) -> f64, decays: bool) -> f64 {
    let pairs = within.windows(2).filter(|pair| pair[1].at > pair[0].at);
    let gaps: Vec<(f64, f64)> =
        pairs.map(|pair| ((pair[1].at - pair[0].at) as f64 / 1e6, weight(pair[1].at))).collect();
    match word {
        "gap_mean" => mean(&gaps),
        "gap_variance" => variance(&gaps, decays),
        _ => gaps.iter().map(|(gap, w)| ln(*gap) * w).sum(),
    }
}

/// Of up to 32 values that do not decay, and among the last n, by linear interpolation; else the
/// value of the rank, of which the engine's is within 1%.
fn quantile(numbers: &[(f64, f64)], q: f64, decays: bool, window: Window) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    if sorted.is_empty() {
        return f64::NAN;
    }
    if decays {
        let all: f64 = sorted.iter().map(|(_, w)| w).sum();
        let mut below = 0.0;
        for (x, w) in &sorted {
            below += w;
            if below >= q * all - 1e-12 * all {
                return *x;
            }
        }
    }
    let rank = q * (sorted.len() - 1) as f64;
    let low = sorted[rank.floor() as usize].0;
    if sorted.len() > 32 && !matches!(window, Window::Last(_)) {
        return low;
    }
    let high = sorted[rank.ceil() as usize].0;
    low + (high - low) * (rank - rank.floor())
}

fn rest_number(rest: &str) -> f64 {
    rest.split('=').nth(1).unwrap().trim().parse().unwrap()
}

/// Whether the engine's answer is the twin's: counts, extremes, times and names exactly; sums to
/// 1e-12 of what they add up; quantiles within the error of their buckets.
pub fn agrees(feature: &Feature, expected: &Answer, found: &Answer) -> bool {
    match (expected, found) {
        (Answer::Name(expected), Answer::Name(found)) => expected == found,
        (Answer::Number(expected), Answer::Number(found)) => {
            if expected.is_nan() || found.is_nan() {
                return expected.is_nan() && found.is_nan();
            }
            let decays = matches!(feature.window, Window::HalfLife(_));
            let exact = match feature.word {
                "count" => !decays,
                "min" | "max" | "first" | "last" | "first_time" | "last_time" | "distinct" => true,
                _ => false,
            };
            let scale = match feature.word {
                "sum" | "mean" | "velocity" | "gap_log_sum" => 100.0,
                "variance" | "volatility" => 1e3,
                "gap_variance" => 1e10,
                "gap_mean" => 1e5,
                _ => 1.0,
            };
            let distance = (expected - found).abs();
            match feature.word {
                "quantile" => distance <= 0.0101 * expected.abs() + 1e-12,
                _ if exact => distance == 0.0,
                _ => distance <= 1e-12 * expected.abs().max(scale),
            }
        }
        _ => false,
    }
}
