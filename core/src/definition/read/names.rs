//! What no single table shows: names that clash, roles of two types, labels of rules given twice.

use std::collections::BTreeMap;

use crate::base::{Problem, Severity};

use super::super::model::{FieldType, Model, Word};

/// Kinds of event that the engine writes itself.
const OWN_KINDS: [&str; 3] = ["crossed", "decided", "outcome"];

/// Words of the expression language, which no name may be.
const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

pub(super) fn check(model: &Model, problems: &mut Vec<Problem>) {
    for event in &model.events {
        if OWN_KINDS.contains(&event.name.value.as_str()) {
            let message = format!("the engine itself writes events of the kind `{}`", event.name.value);
            problems.push(event.name.problem(message, Some("choose another name".to_owned())));
        }
    }
    identifiers(model, problems);
    columns(model, problems);
    roles(model, problems);
}

/// Names that expressions read are identifiers.
fn identifiers(model: &Model, problems: &mut Vec<Problem>) {
    let own_roles = model.events.iter().flat_map(|event| &event.fields).map(|field| &field.role);
    let axes = model.segments.iter().flat_map(|segment| &segment.axes).map(|axis| &axis.name);
    let ties = model.ties.iter().map(|tie| &tie.name);
    for name in named_columns(model).map(|(_, name)| name).chain(own_roles).chain(axes).chain(ties) {
        let word = name.value.as_str();
        let starts = word.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !starts || !plain {
            let message = format!("the name `{word}` can't be read by expressions");
            let hint = "use letters, digits and underscores, and begin with a letter".to_owned();
            problems.push(name.problem(message, Some(hint)));
        } else if RESERVED.contains(&word) {
            let message = format!("`{word}` is a word of the expression language");
            problems.push(name.problem(message, Some("choose another name".to_owned())));
        }
    }
}

/// All columns share one space of names.
fn columns(model: &Model, problems: &mut Vec<Problem>) {
    let mut names: Vec<(&str, &Word<String>)> = named_columns(model).collect();
    names.sort_by_key(|(_, name)| name.place);
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (section, name) in names {
        if let Some(earlier) = seen.get(name.value.as_str()) {
            let message = format!("`{}` is the name of `{earlier}.{}` already", name.value, name.value);
            problems.push(name.problem(message, Some("every column needs a name of its own".to_owned())));
        } else {
            seen.insert(&name.value, section);
        }
    }
}

fn named_columns(model: &Model) -> impl Iterator<Item = (&str, &Word<String>)> {
    let traits = model.traits.iter().map(|one| ("trait", &one.name));
    let features = model.features.iter().map(|one| ("feature", &one.name));
    let columns = model.columns.iter().map(|one| (one.section.as_str(), &one.name));
    let segments = model.segments.iter().map(|one| ("segment", &one.name));
    let contexts = model.contexts.iter().map(|one| ("context", &one.name));
    traits.chain(features).chain(columns).chain(segments).chain(contexts)
}

/// The same role has the same type in every event.
fn roles(model: &Model, problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<&str, (FieldType, &str)> = BTreeMap::new();
    for event in &model.events {
        for field in &event.fields {
            let word = field.role.value.as_str();
            let (kind, earlier) = *seen.entry(word).or_insert((field.kind, event.name.value.as_str()));
            if kind != field.kind {
                let message = format!("`{word}` is {} here, and {} in `event.{earlier}`", noun(field.kind), noun(kind));
                problems.push(field.role.problem(message, Some("a role has one type in every event".to_owned())));
            }
        }
    }
}

fn noun(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Number => "a number",
        FieldType::Bool => "a flag",
        FieldType::Category => "one name",
        FieldType::Categories => "several names",
        FieldType::Time => "a time",
        FieldType::Label => "a label",
    }
}

/// Warns of rules of one segment with the same label: they are one cell, which is no mistake and seldom meant.
pub(super) fn same_labels(model: &Model, problems: &mut Vec<Problem>) {
    for segment in &model.segments {
        let mut seen: Vec<&str> = Vec::new();
        for (label, _) in &segment.rules {
            if seen.contains(&label.value.as_str()) {
                let message = format!("the label `{}` is given twice: both rules lead into one cell", label.value);
                let hint = Some("join the conditions with `||`, or choose another label".to_owned());
                problems.push(Problem { severity: Severity::Warning, ..label.problem(message, hint) });
            }
            seen.push(&label.value);
        }
    }
}
