//! `[feature.NAME]`: one aggregate, over one window.

use crate::base::Problem;

use super::super::model::{Aggregate, Feature, Window, Word};
use super::super::node::{Node, NodeValue};
use super::super::problem::quoted;
use super::super::section::{Section, mismatch};
use super::super::span;

/// Aggregates besides `count`, each with the keys that it takes beside the common ones.
const AGGREGATES: [(&str, &[&str]); 20] = [
    ("sum", &[]),
    ("mean", &[]),
    ("variance", &[]),
    ("min", &[]),
    ("max", &[]),
    ("first", &[]),
    ("last", &[]),
    ("first_time", &[]),
    ("last_time", &[]),
    ("distinct", &[]),
    ("quantile", &["q"]),
    ("top", &["k"]),
    ("share", &["of"]),
    ("entropy", &[]),
    ("histogram", &["edges"]),
    ("gap_mean", &[]),
    ("gap_variance", &[]),
    ("gap_log_sum", &[]),
    ("velocity", &["fast", "slow"]),
    ("volatility", &[]),
];

/// Keys that choose the window.
const WINDOWS: [&str; 4] = ["half_life", "window", "session", "last"];

/// Hops to choose from, in microseconds: day, hour, minute, second, millisecond, microsecond.
const HOPS: [i64; 6] = [86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000, 1_000, 1];

pub(super) fn feature(name: &Word<String>, table: &Node, problems: &mut Vec<Problem>) -> Option<Feature> {
    let mut section = Section::new(table, problems);
    let aggregate = aggregate(&mut section, table);
    let feature = Feature {
        name: name.clone(),
        aggregate: aggregate.clone().unwrap_or(Aggregate::Count(name.clone())),
        on: section.words("on"),
        filter: section.text("where"),
        window: window(&mut section, table),
        direction: section.one_of("direction", &["out", "in", "both"]),
        toward: section.one_of("toward", &["peer", "community", "supplier", "company"]),
        by: section.text("by"),
        rest: rest(&mut section, aggregate.as_ref()),
    };
    section.finish();
    aggregate.map(|_| feature)
}

/// `last` with a text is the aggregate, with a number the window.
fn is_window_last(name: &Word<String>, node: &Node) -> bool {
    name.value == "last" && !matches!(node.value, NodeValue::Text(_))
}

fn aggregate(section: &mut Section<'_, '_>, table: &Node) -> Option<Aggregate> {
    let known = || std::iter::once("count").chain(AGGREGATES.iter().map(|(word, _)| *word));
    let is_aggregate =
        |(name, node): &&(Word<String>, Node)| known().any(|word| word == name.value) && !is_window_last(name, node);
    let mut given = table.entries().iter().filter(is_aggregate);
    let first = given.next().map(|(name, _)| name);
    for (name, _) in given {
        let earlier = first.map_or("", |word| word.value.as_str());
        let message = format!("a feature has one aggregate, and this one has `{earlier}` already");
        section.report(name.problem(message, Some("give it a name of its own".to_owned())));
    }
    // Every aggregate counts as asked for, so that a mistyped one is told the nearest.
    let mut found = None;
    for word in known() {
        if word == "last"
            && section.has("last")
            && table.get("last").is_some_and(|n| !matches!(n.value, NodeValue::Text(_)))
        {
            continue;
        }
        let chosen = first.is_some_and(|name| name.value == word);
        if !chosen {
            section.node(word);
        } else if word == "count" {
            found = section.one_of("count", &["event", "occasion"]).map(Aggregate::Count);
        } else {
            found = section.text(word).map(|over| Aggregate::Of(word.to_owned(), over));
        }
    }
    if first.is_none() {
        section.report_here(format!("a feature needs one aggregate: one of {}", quoted(known())), None);
    }
    found
}

fn window(section: &mut Section<'_, '_>, table: &Node) -> Window {
    let is_window = |(name, node): &&(Word<String>, Node)| {
        WINDOWS.contains(&name.value.as_str()) && (name.value != "last" || is_window_last(name, node))
    };
    let given: Vec<&Word<String>> = table.entries().iter().filter(is_window).map(|(name, _)| name).collect();
    for extra in given.iter().skip(1) {
        let earlier = given.first().map_or("", |word| word.value.as_str());
        section.report(extra.problem(format!("a feature has one window, and this one has `{earlier}` already"), None));
    }
    let half_life = section.duration("half_life").map(|span| Window::HalfLife(span.value));
    let length = section.duration("window");
    let hop = hop(section, length.as_ref());
    let span = length.map(|length| Window::Span { length: length.value, hop });
    let session = section.duration("session").map(|gap| Window::Session(gap.value));
    let last = match given.iter().any(|name| name.value == "last") {
        true => section.integer("last", 1).map(|n| Window::Last(n.value)),
        false => None,
    };
    half_life.or(span).or(session).or(last).unwrap_or(Window::Lifetime)
}

/// The hop of a window: as given, `exact` for none, or by default the longest of a day, an hour, a
/// minute, a second (and so on) of which the window holds at least seven.
fn hop(section: &mut Section<'_, '_>, length: Option<&Word<i64>>) -> i64 {
    let given = section.node("hop");
    let Some(length) = length.map(|length| length.value) else {
        if let (Some(node), false) = (given, section.has("window")) {
            section.report(mismatch_hop(node, "`hop` belongs to a `window`, and there is none"));
        }
        return 0;
    };
    let usual = HOPS.into_iter().find(|hop| *hop <= length / 7).unwrap_or(1);
    let Some(node) = given else { return usual };
    match &node.value {
        NodeValue::Text(text) if text == "exact" => 0,
        NodeValue::Text(text) => match span::microseconds(text) {
            Some(hop) if hop > 0 && hop <= length => hop,
            Some(_) => {
                section.report(mismatch_hop(node, "expected a hop above zero and at most the window, or `exact`"));
                usual
            }
            None => {
                let message = format!("expected {} or `exact`, found `{text}`", span::EXPECTED);
                section.report(mismatch_hop(node, &message));
                usual
            }
        },
        _ => {
            section.report(mismatch(node, "a span such as `1h`, or `exact`"));
            usual
        }
    }
}

fn mismatch_hop(node: &Node, message: &str) -> Problem {
    super::super::problem::error_at(node.place, &node.path, message, None)
}

/// The keys that belong to the aggregate alone, unread.
fn rest(section: &mut Section<'_, '_>, aggregate: Option<&Aggregate>) -> Vec<(Word<String>, Node)> {
    let Some(Aggregate::Of(word, _)) = aggregate else { return Vec::new() };
    let keys = AGGREGATES.iter().find(|(known, _)| known == word).map_or(&[] as &[_], |(_, keys)| keys);
    let mut rest = Vec::new();
    for key in keys {
        if let Some(node) = section.node(key) {
            let name = Word { value: (*key).to_owned(), place: node.place, path: node.path.clone() };
            rest.push((name, node.clone()));
        }
    }
    rest
}
