//! `[feature.NAME]`: one aggregate, over one window.

use crate::base::Problem;

use super::super::model::{Aggregate, Feature, Window, Word};
use super::super::node::{Node, NodeValue};
use super::super::section::Section;
use crate::base::likeness::quoted;

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

/// Most events of the last ones, all of which are kept of each customer.
const MOST_LAST: u32 = 65_536;

/// Hops to choose from, in microseconds: day, hour, minute, second, millisecond, microsecond.
const HOPS: [i64; 6] = [86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000, 1_000, 1];

/// The feature; where its aggregate is wrong it stands as a count, so that its name is known.
pub(super) fn feature(name: &Word<String>, table: &Node, problems: &mut Vec<Problem>) -> Feature {
    let mut section = Section::new(table, problems);
    let aggregate = aggregate(&mut section, table);
    let feature = Feature {
        name: name.clone(),
        on: section.words("on"),
        filter: section.text("where"),
        window: window(&mut section, table),
        direction: section.one_of("direction", &["out", "in", "both"]),
        toward: section.one_of("toward", &["peer", "community", "supplier", "company"]),
        by: section.text("by"),
        rest: rest(&mut section, aggregate.as_ref()),
        aggregate: aggregate.unwrap_or_else(|| Aggregate::Count(name.with("event".to_owned()))),
    };
    section.finish();
    feature
}

/// `last` with a text is the aggregate, with a number the window.
fn is_window_last(name: &Word<String>, node: &Node) -> bool {
    name.value == "last" && !matches!(node.value, NodeValue::Text(_))
}

fn aggregate(section: &mut Section<'_, '_>, table: &Node) -> Option<Aggregate> {
    let known = || std::iter::once("count").chain(AGGREGATES.iter().map(|(word, _)| *word));
    // Every aggregate counts as known, so that a mistyped one is told the nearest.
    for word in known() {
        section.node(word);
    }
    let is_aggregate =
        |(name, node): &&(Word<String>, Node)| known().any(|word| word == name.value) && !is_window_last(name, node);
    let mut given = table.entries().iter().filter(is_aggregate).map(|(name, _)| name);
    let Some(first) = given.next() else {
        section.report_here(format!("a feature needs one aggregate: one of {}", quoted(known())), None);
        return None;
    };
    for extra in given {
        let message = format!("a feature has one aggregate, and this one has `{}` already", first.value);
        section.report(extra.problem(message, Some("give it a feature of its own".to_owned())));
    }
    match known().find(|word| *word == first.value)? {
        "count" => section.one_of("count", &["event", "occasion"]).map(Aggregate::Count),
        word => section.text(word).map(|over| Aggregate::Of(word.to_owned(), over)),
    }
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
    let last = given.iter().find(|name| name.value == "last").and_then(|_| section.integer_to("last", 1, MOST_LAST));
    half_life.or(span).or(session).or(last.map(|n| Window::Last(n.value))).unwrap_or(Window::Lifetime)
}

/// The hop of a window: as given, `exact` for none, or by default the longest of a day, an hour, a
/// minute, a second (and so on) of which the window holds at least seven.
fn hop(section: &mut Section<'_, '_>, length: Option<&Word<i64>>) -> i64 {
    let given = section.node("hop");
    let usual = |length: &Word<i64>| HOPS.into_iter().find(|hop| *hop <= length.value / 7).unwrap_or(1);
    let (node, length) = match (given, length) {
        (None, length) => return length.map_or(0, usual),
        (Some(_), None) if section.has("window") => return 0,
        (Some(node), None) => {
            let word = Word { value: (), place: node.place, path: node.path.clone() };
            section.report(word.problem("`hop` belongs to a `window`, and there is none", None));
            return 0;
        }
        (Some(node), Some(length)) => (node, length),
    };
    if matches!(&node.value, NodeValue::Text(text) if text == "exact") {
        return 0;
    }
    match section.duration("hop") {
        Some(hop) if hop.value <= length.value => hop.value,
        Some(hop) => {
            section.report(hop.problem("expected a hop of at most the window, or `exact`", None));
            usual(length)
        }
        None => usual(length),
    }
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
