//! Reads one table of a definition: each key once, by its type, every mistake collected.
//!
//! The sections of the definition and the kinds of column above read their tables through this, so
//! that the same mistake is worded and placed the same way everywhere.

use crate::base::Problem;

use super::model::{Place, Word};
use super::node::{Node, NodeValue};
use super::problem::error_at;
use super::span;
use crate::base::likeness::{did_you_mean, quoted};

/// A table that is being read. [`Section::finish`] reports the keys that nobody asked for.
pub(crate) struct Section<'a, 'p> {
    node: &'a Node,
    asked: Vec<&'static str>,
    problems: &'p mut Vec<Problem>,
}

impl<'a, 'p> Section<'a, 'p> {
    /// Begins to read `node`; anything but a table is a mistake and reads as an empty table.
    pub(crate) fn new(node: &'a Node, problems: &'p mut Vec<Problem>) -> Self {
        if !matches!(node.value, NodeValue::Table(_)) {
            problems.push(mismatch(node, "a table"));
        }
        Section { node, asked: Vec::new(), problems }
    }

    /// Where the table stands: its key, or its opening brace.
    pub(crate) fn place(&self) -> Place {
        self.node.place
    }

    /// The path of the table.
    pub(crate) fn path(&self) -> &'a str {
        &self.node.path
    }

    /// Reports a finding of the caller's own.
    pub(crate) fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Reports a finding about the table as a whole.
    pub(crate) fn report_here(&mut self, message: impl Into<String>, hint: Option<String>) {
        let problem = error_at(self.place(), self.path(), message, hint);
        self.problems.push(problem);
    }

    /// The raw entry under `key`, which counts as asked for.
    pub(crate) fn node(&mut self, key: &'static str) -> Option<&'a Node> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.node.get(key)
    }

    /// Whether `key` is given; it does not count as asked for.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.node.get(key).is_some()
    }

    /// A text that is not empty.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<Word<String>> {
        let node = self.node(key)?;
        text_of(node, self.problems)
    }

    /// A text that must be given.
    pub(crate) fn required_text(&mut self, key: &'static str) -> Option<Word<String>> {
        self.require(key, "a text");
        self.text(key)
    }

    /// One of a fixed set of words.
    pub(crate) fn one_of(&mut self, key: &'static str, words: &[&str]) -> Option<Word<String>> {
        let word = self.text(key)?;
        known(word, words, self.problems)
    }

    /// An expression: a text, or a number, which stands for itself.
    pub(crate) fn expression(&mut self, key: &'static str) -> Option<Word<String>> {
        let node = self.node(key)?;
        match &node.value {
            NodeValue::Number(number) => Some(word(node, format!("{number:?}"))),
            NodeValue::Text(_) => text_of(node, self.problems),
            _ => {
                self.problems.push(mismatch(node, "an expression in quotes or a number"));
                None
            }
        }
    }

    /// A finite number.
    pub(crate) fn number(&mut self, key: &'static str) -> Option<Word<f64>> {
        let node = self.node(key)?;
        number_of(node, self.problems)
    }

    /// A finite number for which `allowed` holds; `expected` names those.
    pub(crate) fn number_where(
        &mut self,
        key: &'static str,
        expected: &str,
        allowed: impl Fn(f64) -> bool,
    ) -> Option<Word<f64>> {
        let word = self.number(key)?;
        if allowed(word.value) {
            return Some(word);
        }
        self.problems.push(word.problem(format!("expected {expected}, found {}", word.value), None));
        None
    }

    /// A whole number of at least `least` and at most 2^32 - 1.
    pub(crate) fn integer(&mut self, key: &'static str, least: u32) -> Option<Word<u32>> {
        self.whole(key, &format!("a whole number of at least {least}"), least..=u32::MAX)
    }

    /// A whole number of at least `least` and at most `most`.
    pub(crate) fn integer_to(&mut self, key: &'static str, least: u32, most: u32) -> Option<Word<u32>> {
        self.whole(key, &format!("a whole number from {least} to {most}"), least..=most)
    }

    fn whole(&mut self, key: &'static str, expected: &str, range: std::ops::RangeInclusive<u32>) -> Option<Word<u32>> {
        let range = f64::from(*range.start())..=f64::from(*range.end());
        let word = self.number_where(key, expected, |n| range.contains(&n) && n.fract() == 0.0)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and in range")]
        Some(word.with(word.value as u32))
    }

    /// A span of time above zero, in microseconds.
    pub(crate) fn duration(&mut self, key: &'static str) -> Option<Word<i64>> {
        let word = self.duration_or_zero(key)?;
        if word.value > 0 {
            return Some(word);
        }
        self.problems.push(word.problem("expected a span above zero", None));
        None
    }

    /// A span of time, in microseconds; `0s` is allowed.
    pub(crate) fn duration_or_zero(&mut self, key: &'static str) -> Option<Word<i64>> {
        let node = self.node(key)?;
        duration_of(node, self.problems)
    }

    /// True or false.
    pub(crate) fn flag(&mut self, key: &'static str) -> Option<Word<bool>> {
        let node = self.node(key)?;
        let NodeValue::Bool(flag) = node.value else {
            self.problems.push(mismatch(node, "true or false"));
            return None;
        };
        Some(word(node, flag))
    }

    /// A list of finite numbers; `None` if the key is absent or any entry is wrong.
    pub(crate) fn numbers(&mut self, key: &'static str) -> Option<Vec<Word<f64>>> {
        self.list(key, "a list of numbers", number_of)
    }

    /// A list of texts; `None` if the key is absent or any entry is wrong.
    pub(crate) fn texts(&mut self, key: &'static str) -> Option<Vec<Word<String>>> {
        self.list(key, "a list of texts", text_of)
    }

    /// One text or a list of texts; empty if the key is absent.
    pub(crate) fn words(&mut self, key: &'static str) -> Vec<Word<String>> {
        let Some(node) = self.node(key) else { return Vec::new() };
        match node.value {
            NodeValue::Text(_) => text_of(node, self.problems).into_iter().collect(),
            NodeValue::List(_) => self.texts(key).unwrap_or_default(),
            _ => {
                self.problems.push(mismatch(node, "a text or a list of texts"));
                Vec::new()
            }
        }
    }

    /// The table under `key`, to be read as a section of its own.
    pub(crate) fn section(&mut self, key: &'static str) -> Option<Section<'a, '_>> {
        let node = self.node(key)?;
        Some(Section::new(node, self.problems))
    }

    /// The entries of the table under `key`; empty, with a finding, for anything but a table.
    pub(crate) fn entries(&mut self, key: &'static str) -> &'a [(Word<String>, Node)] {
        let Some(node) = self.node(key) else { return &[] };
        if !matches!(node.value, NodeValue::Table(_)) {
            self.problems.push(mismatch(node, "a table"));
        }
        node.entries()
    }

    /// Reports `key` if it is missing.
    pub(crate) fn require(&mut self, key: &'static str, expected: &str) {
        if self.node(key).is_none() && matches!(self.node.value, NodeValue::Table(_)) {
            self.report_here(format!("the key `{key}` is missing: expected {expected}"), None);
        }
    }

    /// Reports the second of two keys that exclude each other, if both are given.
    pub(crate) fn exclude(&mut self, keys: &[&'static str], message: &str) {
        let given = self.node.entries().iter().filter(|(name, _)| keys.contains(&name.value.as_str()));
        let extra: Vec<Problem> = given.skip(1).map(|(name, _)| name.problem(message, None)).collect();
        self.problems.extend(extra);
    }

    /// Reports every key that was not asked for, with the nearest that was.
    pub(crate) fn finish(self) {
        for (name, _) in self.node.entries() {
            if !self.asked.contains(&name.value.as_str()) {
                let known = || self.asked.iter().copied();
                let hint = did_you_mean(&name.value, known())
                    .or_else(|| (!self.asked.is_empty()).then(|| format!("known here: {}", quoted(known()))));
                self.problems.push(name.problem(format!("unknown key `{}`", name.value), hint));
            }
        }
    }

    fn list<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl Fn(&Node, &mut Vec<Problem>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let node = self.node(key)?;
        let NodeValue::List(items) = &node.value else {
            self.problems.push(mismatch(node, expected));
            return None;
        };
        let read: Vec<Option<T>> = items.iter().map(|item| read(item, self.problems)).collect();
        read.into_iter().collect()
    }
}

/// The finding that `node` holds something else than `expected`.
pub(super) fn mismatch(node: &Node, expected: &str) -> Problem {
    error_at(node.place, &node.path, format!("expected {expected}, found {}", node.noun()), None)
}

/// `word`, if it is one of `words`.
pub(super) fn known(word: Word<String>, words: &[&str], problems: &mut Vec<Problem>) -> Option<Word<String>> {
    if words.contains(&word.value.as_str()) {
        return Some(word);
    }
    let message = format!("expected one of {}, found `{}`", quoted(words), word.value);
    problems.push(word.problem(message, did_you_mean(&word.value, words)));
    None
}

/// `value` at the place of `node`.
fn word<T>(node: &Node, value: T) -> Word<T> {
    Word { value, place: node.place, path: node.path.clone() }
}

/// The text of a node.
pub(super) fn text_of(node: &Node, problems: &mut Vec<Problem>) -> Option<Word<String>> {
    match &node.value {
        NodeValue::Text(text) if text.trim().is_empty() => {
            problems.push(error_at(node.place, &node.path, "expected a text, found an empty one", None));
            None
        }
        NodeValue::Text(text) => Some(word(node, text.clone())),
        _ => {
            problems.push(mismatch(node, "a text"));
            None
        }
    }
}

fn number_of(node: &Node, problems: &mut Vec<Problem>) -> Option<Word<f64>> {
    let NodeValue::Number(number) = node.value else {
        problems.push(mismatch(node, "a number"));
        return None;
    };
    Some(word(node, number))
}

fn duration_of(node: &Node, problems: &mut Vec<Problem>) -> Option<Word<i64>> {
    let NodeValue::Text(text) = &node.value else {
        problems.push(mismatch(node, span::EXPECTED));
        return None;
    };
    let parsed = span::microseconds(text);
    if parsed.is_none() {
        let message = format!("expected {}, found `{text}`", span::EXPECTED);
        problems.push(error_at(node.place, &node.path, message, None));
    }
    parsed.map(|span| word(node, span))
}
