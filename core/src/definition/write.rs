//! A tree as TOML, as JSON, and as one number that stands for its meaning.

use std::fmt::Write;

use super::model::Word;
use super::node::{Node, NodeValue};
use super::span::microseconds;

/// Keys whose texts are spans of time: `24h` and `1d` mean the same there.
const SPANS: [&str; 17] = [
    "dedupe",
    "dwell",
    "fast",
    "for",
    "half_life",
    "hop",
    "horizon",
    "keep",
    "lateness",
    "per",
    "period",
    "recheck",
    "session",
    "slow",
    "span",
    "window",
    "within",
];

/// Keys that take one word or a list of words.
const WORDS: [&str; 5] = ["by", "inputs", "layers", "on", "only"];

/// Numbers from here on are written with an exponent or a point; below, whole numbers are exact.
const EXACT: f64 = 1e15;

/// The tree as TOML that reads back to the same tree.
pub(super) fn to_toml(root: &Node) -> String {
    let mut out = String::new();
    let (tables, values): (Vec<_>, Vec<_>) = root.entries().iter().partition(|(_, node)| is_table(node));
    for (name, node) in values {
        entry(&mut out, &key(&name.value), node);
    }
    for (name, node) in tables {
        let section = key(&name.value);
        if !node.entries().is_empty() && node.entries().iter().all(|(_, node)| is_table(node)) {
            for (name, node) in node.entries() {
                table(&mut out, &format!("{section}.{}", key(&name.value)), node);
            }
        } else {
            table(&mut out, &section, node);
        }
    }
    out
}

fn table(out: &mut String, header: &str, node: &Node) {
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "[{header}]");
    for (name, node) in node.entries() {
        let nested = !node.entries().is_empty() && node.entries().iter().all(|(_, node)| is_table(node));
        if nested {
            for (inner, node) in node.entries() {
                entry(out, &format!("{}.{}", key(&name.value), key(&inner.value)), node);
            }
        } else {
            entry(out, &key(&name.value), node);
        }
    }
}

fn entry(out: &mut String, key: &str, node: &Node) {
    let _ = write!(out, "{key} = ");
    inline(out, node);
    out.push('\n');
}

fn inline(out: &mut String, node: &Node) {
    match &node.value {
        NodeValue::Text(text) => out.push_str(&quote(text)),
        NodeValue::Number(number) => out.push_str(&number_text(*number)),
        NodeValue::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        NodeValue::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                inline(out, item);
            }
            out.push(']');
        }
        NodeValue::Table(entries) if entries.is_empty() => out.push_str("{}"),
        NodeValue::Table(entries) => {
            for (i, (name, node)) in entries.iter().enumerate() {
                let _ = write!(out, "{}{} = ", if i == 0 { "{ " } else { ", " }, key(&name.value));
                inline(out, node);
            }
            out.push_str(" }");
        }
    }
}

fn is_table(node: &Node) -> bool {
    matches!(node.value, NodeValue::Table(_))
}

fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { name.to_owned() } else { quote(name) }
}

/// A TOML string: literal where that spares escapes, else basic.
fn quote(text: &str) -> String {
    let literal = text.contains(['"', '\\']) && !text.contains('\'') && !text.chars().any(char::is_control);
    if literal {
        return format!("'{text}'");
    }
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < EXACT { format!("{number:.0}") } else { format!("{number:?}") }
}

/// The tree as JSON that reads back to the same tree.
pub(super) fn to_json(root: &Node) -> String {
    let mut out = String::new();
    json(&mut out, root);
    out
}

fn json(out: &mut String, node: &Node) {
    match &node.value {
        NodeValue::Text(text) => out.push_str(&json_text(text)),
        NodeValue::Number(number) => out.push_str(&number_text(*number)),
        NodeValue::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        NodeValue::List(items) => {
            for (i, item) in items.iter().enumerate() {
                out.push(if i == 0 { '[' } else { ',' });
                json(out, item);
            }
            out.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        NodeValue::Table(entries) => {
            for (i, (name, node)) in entries.iter().enumerate() {
                let _ = write!(out, "{}{}:", if i == 0 { '{' } else { ',' }, json_text(&name.value));
                json(out, node);
            }
            out.push_str(if entries.is_empty() { "{}" } else { "}" });
        }
    }
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// One number for the meaning of a tree: FNV-1a (Fowler, Noll, Vo) over its canonical bytes.
///
/// Equal for texts that differ in comments, white space, the order of keys, `1` against `1.0`, TOML
/// against JSON, `24h` against `1d`, a word against a list of that one word, and a short form
/// against its table. Different for another order of actions, rules, labels, axes or any list.
pub(super) fn hash(root: &Node) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    let empty = |node: &Node| is_table(node) && node.entries().is_empty();
    let mut sections: Vec<&(Word<String>, Node)> = root.entries().iter().filter(|(_, node)| !empty(node)).collect();
    sections.sort_by(|a, b| a.0.value.cmp(&b.0.value));
    for (name, node) in sections {
        hash.text(b'k', &name.value);
        hash.node(&name.value, &name.value, node);
        // Equal priorities go to the action declared first; the order of their names is that without a say.
        if name.value == "action" && !node.entries().is_sorted_by(|a, b| a.0.value <= b.0.value) {
            node.entries().iter().for_each(|(action, _)| hash.text(b'o', &action.value));
        }
    }
    hash.0
}

struct Fnv(u64);

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn text(&mut self, tag: u8, text: &str) {
        self.bytes(&[tag]);
        self.bytes(&(text.len() as u64).to_le_bytes());
        self.bytes(text.as_bytes());
    }

    fn node(&mut self, section: &str, key: &str, node: &Node) {
        match &node.value {
            NodeValue::Text(text) => match microseconds(text).filter(|_| SPANS.contains(&key)) {
                Some(span) => {
                    self.bytes(b"d");
                    self.bytes(&span.to_le_bytes());
                }
                None => self.text(b't', text),
            },
            NodeValue::Number(number) => {
                self.bytes(b"n");
                self.bytes(&(number + 0.0).to_bits().to_le_bytes());
            }
            NodeValue::Bool(flag) => self.bytes(if *flag { b"y" } else { b"f" }),
            NodeValue::List(items) => match items.as_slice() {
                [only] if WORDS.contains(&key) => self.node(section, key, only),
                items => {
                    self.bytes(b"[");
                    items.iter().for_each(|item| self.node(section, key, item));
                    self.bytes(b"]");
                }
            },
            NodeValue::Table(entries) => match entries.as_slice() {
                [(name, only)] if is_long_form(section, &name.value) => self.node(section, key, only),
                entries => {
                    self.bytes(b"{");
                    let mut sorted: Vec<&(Word<String>, Node)> = entries.iter().collect();
                    if key != "axis" {
                        sorted.sort_by(|a, b| a.0.value.cmp(&b.0.value));
                    }
                    for (name, node) in sorted {
                        self.text(b'k', &name.value);
                        self.node(section, &name.value, node);
                    }
                    self.bytes(b"}");
                }
            },
        }
    }
}

/// `role = { column = "x" }` is `role = "x"`, and `name = { type = "x" }` is `name = "x"`.
fn is_long_form(section: &str, key: &str) -> bool {
    matches!((section, key), ("event", "column") | ("trait", "type"))
}
