//! `[event.NAME]`: our roles, their columns.

use crate::base::Problem;

use super::super::model::{Event, Field, FieldType, Word};
use super::super::node::{Node, NodeValue};
use super::super::problem::{did_you_mean, quoted};
use super::super::section::{Section, mismatch, text_of};

/// Roles that say who and when.
const FRAME: [&str; 3] = ["customer", "peer", "at"];

/// The other known roles and their types.
const ROLES: [(&str, FieldType); 19] = [
    ("id", FieldType::Label),
    ("occasion", FieldType::Label),
    ("reply_to", FieldType::Label),
    ("amount", FieldType::Number),
    ("quantity", FieldType::Number),
    ("price", FieldType::Number),
    ("sentiment", FieldType::Number),
    ("weight", FieldType::Number),
    ("need", FieldType::Category),
    ("supplier", FieldType::Category),
    ("tier", FieldType::Category),
    ("channel", FieldType::Category),
    ("product", FieldType::Category),
    ("place", FieldType::Category),
    ("campaign", FieldType::Category),
    ("action", FieldType::Category),
    ("agent", FieldType::Category),
    ("direction", FieldType::Category),
    ("visibility", FieldType::Category),
];

/// Words that the engine itself gives to every event.
const BUILT_IN: [&str; 2] = ["kind", "reply_seconds"];

/// Tables of the user's own roles, by type.
const OWN: [(&str, FieldType); 3] =
    [("number", FieldType::Number), ("category", FieldType::Category), ("flag", FieldType::Bool)];

pub(super) fn event(name: &Word<String>, table: &Node, problems: &mut Vec<Problem>) -> Event {
    let mut event = Event { name: name.clone(), customer: None, peer: None, at: None, fields: Vec::new() };
    for (role, node) in table.entries() {
        let word = role.value.as_str();
        if FRAME.contains(&word) {
            let column = column(role, node, None, problems).map(|(column, _)| column);
            match word {
                "customer" => event.customer = column,
                "peer" => event.peer = column,
                _ => event.at = column,
            }
        } else if let Some((_, kind)) = ROLES.iter().find(|(known, _)| *known == word) {
            event.fields.extend(field(role, node, *kind, problems));
        } else if let Some((_, kind)) = OWN.iter().find(|(known, _)| *known == word) {
            own(&mut event, node, *kind, problems);
        } else {
            let known = || FRAME.into_iter().chain(ROLES.iter().map(|(role, _)| *role)).chain(OWN.map(|(own, _)| own));
            let hint = did_you_mean(word, known()).unwrap_or_else(|| {
                format!("roles of your own stand in a table by type, as in `number = {{ {word} = \"their column\" }}`")
            });
            problems.push(role.problem(format!("unknown role `{word}`; known are {}", quoted(known())), Some(hint)));
        }
    }
    event
}

/// The user's own roles of one type: `number = { clicks = "n_clicks" }`.
fn own(event: &mut Event, node: &Node, kind: FieldType, problems: &mut Vec<Problem>) {
    if !matches!(node.value, NodeValue::Table(_)) {
        problems.push(mismatch(node, "a table such as `{ clicks = \"their column\" }`"));
        return;
    }
    for (role, node) in node.entries() {
        if BUILT_IN.contains(&role.value.as_str()) {
            let message = format!("every event has `{}` from the engine", role.value);
            problems.push(role.problem(message, Some("choose another name".to_owned())));
        } else if FRAME.contains(&role.value.as_str()) || ROLES.iter().any(|(known, _)| *known == role.value) {
            let message = format!("`{}` is a known role, which stands directly in the event", role.value);
            problems.push(role.problem(message, None));
        } else if event.fields.iter().any(|field| field.role.value == role.value) {
            problems.push(role.problem(format!("the role `{}` is given twice", role.value), None));
        } else {
            event.fields.extend(field(role, node, kind, problems));
        }
    }
}

fn field(role: &Word<String>, node: &Node, kind: FieldType, problems: &mut Vec<Problem>) -> Option<Field> {
    let (column, split) = column(role, node, Some(kind), problems)?;
    let kind = if split.is_some() { FieldType::Categories } else { kind };
    Some(Field { role: role.clone(), kind, column, split })
}

/// `"their column"`, or `{ column = "tags", split = ";" }` for a category.
fn column(
    role: &Word<String>,
    node: &Node,
    kind: Option<FieldType>,
    problems: &mut Vec<Problem>,
) -> Option<(Word<String>, Option<char>)> {
    match &node.value {
        NodeValue::Text(_) => text_of(node, problems).map(|column| (column, None)),
        NodeValue::Table(_) => {
            let mut section = Section::new(node, problems);
            let column = section.required_text("column");
            let split = section.node("split").and_then(|node| character(node, &mut section));
            if let (Some(split), true) = (&split, kind != Some(FieldType::Category)) {
                let message = format!("`{}` holds one value; only a category can be split", role.value);
                section.report(split.problem(message, None));
            }
            section.finish();
            Some((column?, split.map(|split| split.value).filter(|_| kind == Some(FieldType::Category))))
        }
        _ => {
            problems.push(mismatch(node, "their column, as a text or as `{ column = \"...\", split = \";\" }`"));
            None
        }
    }
}

fn character(node: &Node, section: &mut Section<'_, '_>) -> Option<Word<char>> {
    if let NodeValue::Text(text) = &node.value {
        let mut characters = text.chars();
        if let (Some(one), None) = (characters.next(), characters.next()) {
            return Some(Word { value: one, place: node.place, path: node.path.clone() });
        }
    }
    section.report(mismatch(node, "one character such as `\";\"`"));
    None
}
