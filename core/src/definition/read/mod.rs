//! From the tree of words to the typed model, with every mistake at once.

mod action;
mod event;
mod feature;
mod names;
mod segment;

use jiff::tz::TimeZone;

use crate::base::Problem;

use super::model::{Column, FieldType, Model, Tie, Time, Trait, Word};
use super::node::{Node, NodeValue};
use super::section::{Section, known, mismatch, text_of};
use super::span::microseconds;
use crate::base::likeness::{did_you_mean, quoted};

/// Sections whose tables belong to the kinds of column.
const COLUMNS: [&str; 6] = ["needs", "community", "flash", "score", "micro", "tree"];

/// Every section, in the order in which a definition is usually written.
const SECTIONS: [&str; 16] = [
    "time",
    "event",
    "trait",
    "tie",
    "feature",
    "needs",
    "community",
    "flash",
    "score",
    "segment",
    "micro",
    "tree",
    "context",
    "action",
    "decide",
    "contact",
];

/// The types of a trait.
const TRAIT_TYPES: [(&str, FieldType); 5] = [
    ("number", FieldType::Number),
    ("bool", FieldType::Bool),
    ("category", FieldType::Category),
    ("categories", FieldType::Categories),
    ("time", FieldType::Time),
];

/// The model of a tree; what is wrong is left out, and reported.
pub(super) fn read(root: &Node, problems: &mut Vec<Problem>) -> Model {
    let mut model = Model::default();
    if !matches!(root.value, NodeValue::Table(_)) {
        problems.push(mismatch(root, "a table"));
    }
    for (name, node) in root.entries() {
        if !SECTIONS.contains(&name.value.as_str()) {
            let hint =
                did_you_mean(&name.value, SECTIONS).or_else(|| Some(format!("the sections are {}", quoted(SECTIONS))));
            problems.push(name.problem(format!("unknown section `{}`", name.value), hint));
            continue;
        }
        if !matches!(node.value, NodeValue::Table(_)) {
            problems.push(mismatch(node, "a table"));
            continue;
        }
        read_section(&mut model, name, node, problems);
    }
    names::check(&model, problems);
    model
}

/// What is no mistake, but is told to whoever asks for a check.
pub(super) fn warnings(model: &Model) -> Vec<Problem> {
    let mut problems = Vec::new();
    names::same_labels(model, &mut problems);
    problems
}

fn read_section(model: &mut Model, section: &Word<String>, node: &Node, problems: &mut Vec<Problem>) {
    match section.value.as_str() {
        "time" => model.time = time(node, problems),
        "decide" => model.decide = action::decide(node, problems),
        "context" => {
            model.contexts = node.entries().iter().map(|(n, v)| action::context(n, v, problems)).collect();
        }
        "trait" => model.traits = node.entries().iter().map(|(n, v)| read_trait(n, v, problems)).collect(),
        _ => {
            for (name, table) in node.entries() {
                read_named(model, &section.value, name, table, problems);
            }
        }
    }
}

fn read_named(model: &mut Model, section: &str, name: &Word<String>, table: &Node, problems: &mut Vec<Problem>) {
    if !matches!(table.value, NodeValue::Table(_)) {
        let message = format!("expected a table `[{section}.{}]`, found {}", name.value, table.noun());
        problems.push(name.problem(message, None));
        return;
    }
    match section {
        "event" => model.events.push(event::event(name, table, problems)),
        "tie" => model.ties.push(tie(name, table, problems)),
        "feature" => model.features.push(feature::feature(name, table, problems)),
        "segment" => model.segments.push(segment::segment(name, table, problems)),
        "action" => model.actions.push(action::action(name, table, problems)),
        "contact" => model.contacts.push(action::contact(name, table, problems)),
        _ => {
            debug_assert!(COLUMNS.contains(&section), "a section without a reader");
            let column = Column { section: section.to_owned(), name: name.clone(), table: table.clone() };
            model.columns.push(column);
        }
    }
}

fn time(node: &Node, problems: &mut Vec<Problem>) -> Time {
    let mut section = Section::new(node, problems);
    let mut time = Time::default();
    if let Some(lateness) = section.duration_or_zero("lateness") {
        time.lateness = lateness.value;
    }
    if let Some(dedupe) = section.duration_or_zero("dedupe") {
        time.dedupe = dedupe.value;
    }
    if let Some(keep) = section.text("keep").filter(|keep| keep.value != "all") {
        time.keep = microseconds(&keep.value).filter(|span| *span > 0);
        if time.keep.is_none() {
            let message = format!("expected `all` or a span such as `365d`, found `{}`", keep.value);
            section.report(keep.problem(message, None));
        }
    }
    if let Some(recheck) = section.duration("recheck") {
        time.recheck = recheck.value;
    }
    if let Some(zone) = section.text("zone") {
        if TimeZone::get(&zone.value).is_ok() {
            time.zone = zone;
        } else {
            let hint = did_you_mean(&zone.value, jiff::tz::db().available().map(|name| name.to_string()));
            let message = format!("expected a zone of the IANA list such as `Europe/Berlin`, found `{}`", zone.value);
            section.report(zone.problem(message, hint));
        }
    }
    section.finish();
    time
}

/// The trait; where its type is wrong it stands as a category, so that its name is known.
fn read_trait(name: &Word<String>, node: &Node, problems: &mut Vec<Problem>) -> Trait {
    let words = TRAIT_TYPES.map(|(word, _)| word);
    let mut sources = Vec::new();
    let (word, half_life) = match &node.value {
        NodeValue::Table(_) => {
            let mut section = Section::new(node, problems);
            section.require("type", &format!("one of {}", quoted(words)));
            let word = section.one_of("type", &words);
            let half_life = section.duration("half_life").map(|span| span.value);
            for (source, node) in section.entries("sources") {
                match node.value {
                    NodeValue::Number(weight) if 0.0 < weight && weight <= 1.0 => {
                        sources.push((source.clone(), weight))
                    }
                    _ => section.report(mismatch(node, "a number above 0 and at most 1")),
                }
            }
            section.finish();
            (word, half_life)
        }
        NodeValue::Text(_) => (text_of(node, problems).and_then(|word| known(word, &words, problems)), None),
        _ => {
            problems.push(mismatch(node, "a type in quotes or a table"));
            (None, None)
        }
    };
    let kind = word.and_then(|word| TRAIT_TYPES.iter().find(|(known, _)| *known == word.value));
    Trait { name: name.clone(), kind: kind.map_or(FieldType::Category, |(_, kind)| *kind), half_life, sources }
}

fn tie(name: &Word<String>, node: &Node, problems: &mut Vec<Problem>) -> Tie {
    let mut section = Section::new(node, problems);
    let tie = Tie {
        name: name.clone(),
        on: section.words("on"),
        filter: section.text("where"),
        weight: section.expression("weight"),
        half_life: section.duration("half_life").map(|span| span.value),
        directed: section.flag("directed").is_none_or(|word| word.value),
        least: section.number_where("least", "a number of at least 0", |n| n >= 0.0).map_or(0.0, |word| word.value),
        through: section.text("through"),
        most: section.integer("most", 2).map_or(usize::MAX, |word| word.value as usize),
    };
    let fed = !tie.on.is_empty() || tie.filter.is_some() || tie.weight.is_some() || tie.half_life.is_some();
    if tie.through.is_some() && fed {
        section.report_here("the layer `through` which people meet has the events, `weight` and `half_life`", None);
    } else if tie.through.is_none() && tie.most != usize::MAX {
        section.report_here("`most` belongs to `through`, which is not given", None);
    }
    if tie.through.is_none() && tie.on.is_empty() && (tie.filter.is_some() || tie.weight.is_some()) {
        section.report_here("`where` and `weight` read events, and no `on` names any", None);
    }
    section.finish();
    tie
}
