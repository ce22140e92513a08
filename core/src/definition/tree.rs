//! From TOML or JSON text to a [`Node`] tree, with every syntax mistake.
//!
//! Both texts give the same shape; only TOML gives places. Bounded: text, nesting, keys and the
//! sum of all paths have limits, so that no text costs more than a few times [`LARGEST`].

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use crate::base::Problem;

use super::model::{Place, Word};
use super::node::{Node, NodeValue};
use super::place::Places;
use super::problem::error_at;

/// The longest text that is read, in bytes.
const LARGEST: usize = 1 << 20;
/// The deepest nesting of tables and lists that is read.
const DEEPEST: usize = 32;
/// The longest key, in bytes.
const LONGEST_KEY: usize = 128;
/// Bytes that all paths of a tree may take together.
const PATHS: usize = 32 << 20;

/// The tree of a TOML text; what could not be read is left out and reported.
pub(super) fn from_toml(text: &str) -> (Node, Vec<Problem>) {
    let mut builder = Builder::default();
    if builder.too_large(text) {
        return (empty(), builder.problems);
    }
    let places = Places::new(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    let root = builder.toml(DeValue::Table(document.into_inner()), Place::default(), String::new(), 0, &places);
    let syntax: Vec<Problem> = errors
        .iter()
        .map(|error| {
            let place = places.at(error.span().map_or(0, |span| span.start));
            error_at(place, "", format!("this is not toml: {}", error.message()), None)
        })
        .collect();
    builder.problems.extend(syntax);
    (root, builder.problems)
}

/// The tree of a JSON text; places are 0, but for the place of a syntax mistake.
pub(super) fn from_json(text: &str) -> (Node, Vec<Problem>) {
    let mut builder = Builder::default();
    if builder.too_large(text) {
        return (empty(), builder.problems);
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let seed = Json { builder: &mut builder, path: String::new(), depth: 0 };
    let root = seed.deserialize(&mut reader).and_then(|root| reader.end().map(|()| root));
    let root = root.unwrap_or_else(|error| {
        let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or("");
        let before = line.bytes().take(error.column().saturating_sub(1)).filter(|byte| byte & 0xC0 != 0x80).count();
        let place = Place { line: narrow(error.line()), column: narrow(before + 1) };
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        builder.problems.push(error_at(place, "", format!("this is not json: {message}"), None));
        empty()
    });
    (root, builder.problems)
}

/// `key` under `path`; a key that is not plain stands in quotes.
pub(super) fn join(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    match (path.is_empty(), plain) {
        (true, true) => key.to_owned(),
        (true, false) => format!("{key:?}"),
        (false, true) => format!("{path}.{key}"),
        (false, false) => format!("{path}.{key:?}"),
    }
}

fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The tree of a text that says nothing.
fn empty() -> Node {
    Node { place: Place::default(), path: String::new(), value: NodeValue::Table(Vec::new()) }
}

#[derive(Default)]
struct Builder {
    problems: Vec<Problem>,
    /// Bytes of paths so far.
    paths: usize,
}

impl Builder {
    fn too_large(&mut self, text: &str) -> bool {
        let large = text.len() > LARGEST;
        if large {
            let message = format!("the text has {} bytes, and at most {LARGEST} are read", text.len());
            self.problems.push(error_at(Place::default(), "", message, None));
        }
        large
    }

    fn problem(&mut self, place: Place, path: &str, message: impl Into<String>) {
        self.problems.push(error_at(place, path, message, None));
    }

    /// The path of an entry, or `None`, reported once, when the tree has grown too large.
    fn spend(&mut self, path: String, place: Place) -> Option<String> {
        let before = self.paths;
        self.paths += path.len();
        if before <= PATHS && self.paths > PATHS {
            self.problem(place, "", "the definition has too many entries at too deep a place to be read");
        }
        (self.paths <= PATHS).then_some(path)
    }

    fn key(&mut self, path: &str, key: &str, place: Place) -> Option<String> {
        if key.len() > LONGEST_KEY {
            self.problem(place, path, format!("a name has at most {LONGEST_KEY} bytes, and this one {}", key.len()));
            return None;
        }
        self.spend(join(path, key), place)
    }

    fn deep(&mut self, depth: usize, place: Place, path: &str) -> bool {
        if depth == DEEPEST {
            self.problem(place, path, format!("nested deeper than {DEEPEST} levels"));
        }
        depth >= DEEPEST
    }

    fn number(&mut self, number: Option<f64>, place: Place, path: &str) -> NodeValue {
        let finite = number.filter(|number| number.is_finite());
        if finite.is_none() {
            self.problem(place, path, "expected a finite number");
        }
        NodeValue::Number(finite.unwrap_or(0.0))
    }

    fn toml(&mut self, value: DeValue<'_>, place: Place, path: String, depth: usize, places: &Places<'_>) -> Node {
        let value = match value {
            DeValue::String(text) => NodeValue::Text(text.into_owned()),
            DeValue::Integer(integer) => self.number(widen(&integer), place, &path),
            DeValue::Float(float) => self.number(float.as_str().parse().ok(), place, &path),
            DeValue::Boolean(flag) => NodeValue::Bool(flag),
            DeValue::Datetime(moment) => NodeValue::Text(moment.to_string()),
            DeValue::Array(_) if self.deep(depth, place, &path) => NodeValue::List(Vec::new()),
            DeValue::Table(_) if self.deep(depth, place, &path) => NodeValue::Table(Vec::new()),
            DeValue::Array(array) => {
                let mut list = Vec::with_capacity(array.len());
                for (index, item) in array.into_iter().enumerate() {
                    let here = places.inside(&item.span());
                    let Some(path) = self.spend(format!("{path}[{index}]"), here) else { break };
                    list.push(self.toml(item.into_inner(), here, path, depth + 1, places));
                }
                NodeValue::List(list)
            }
            DeValue::Table(table) => NodeValue::Table(self.entries(table, &path, depth, places)),
        };
        Node { place, path, value }
    }

    fn entries(
        &mut self,
        table: DeTable<'_>,
        path: &str,
        depth: usize,
        places: &Places<'_>,
    ) -> Vec<(Word<String>, Node)> {
        let mut sorted: Vec<(Spanned<_>, Spanned<DeValue<'_>>)> = table.into_iter().collect();
        sorted.sort_by_key(|(key, _)| key.span().start);
        let mut entries = Vec::with_capacity(sorted.len());
        for (key, value) in sorted {
            let (span, here) = (value.span(), places.inside(&key.span()));
            let Some(path) = self.key(path, key.get_ref(), here) else { continue };
            // A table under a header has its span at the header; its own word is the key.
            let place = if span.start <= key.span().start { here } else { places.inside(&span) };
            let word = Word { value: key.into_inner().into_owned(), place: here, path: path.clone() };
            entries.push((word, self.toml(value.into_inner(), place, path, depth + 1, places)));
        }
        entries
    }
}

/// An integer of TOML as a number.
fn widen(integer: &DeInteger<'_>) -> Option<f64> {
    match i128::from_str_radix(integer.as_str(), integer.radix()) {
        #[expect(clippy::cast_precision_loss, reason = "every number of a definition is an f64")]
        Ok(exact) => Some(exact as f64),
        Err(_) => None,
    }
}

/// Reads one JSON value into a node.
struct Json<'b> {
    builder: &'b mut Builder,
    path: String,
    depth: usize,
}

impl Json<'_> {
    fn node(self, value: NodeValue) -> Node {
        Node { place: Place::default(), path: self.path, value }
    }
}

impl<'de> DeserializeSeed<'de> for Json<'_> {
    type Value = Node;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Json<'_> {
    type Value = Node;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Node, E> {
        Ok(self.node(NodeValue::Bool(flag)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
        let value = self.builder.number(Some(number), Place::default(), &self.path);
        Ok(self.node(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "every number of a definition is an f64")]
    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(self.node(NodeValue::Number(number as f64)))
    }

    #[expect(clippy::cast_precision_loss, reason = "every number of a definition is an f64")]
    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(self.node(NodeValue::Number(number as f64)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(self.node(NodeValue::Text(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        self.builder.problem(Place::default(), &self.path, "null is no value; leave the key out");
        Ok(self.node(NodeValue::Table(Vec::new())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let Json { builder, path, depth } = self;
        let mut list = Vec::new();
        let deep = builder.deep(depth, Place::default(), &path);
        loop {
            let here = if deep { None } else { builder.spend(format!("{path}[{}]", list.len()), Place::default()) };
            let more = match here {
                None => items.next_element::<IgnoredAny>()?.is_some(),
                Some(path) => match items.next_element_seed(Json { builder, path, depth: depth + 1 })? {
                    Some(node) => {
                        list.push(node);
                        true
                    }
                    None => false,
                },
            };
            if !more {
                return Ok(Node { place: Place::default(), path, value: NodeValue::List(list) });
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let Json { builder, path, depth } = self;
        let mut entries: Vec<(Word<String>, Node)> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        let deep = builder.deep(depth, Place::default(), &path);
        while let Some(key) = items.next_key::<String>()? {
            let here = if deep { None } else { builder.key(&path, &key, Place::default()) };
            let Some(here) = here else {
                items.next_value::<IgnoredAny>()?;
                continue;
            };
            if !seen.insert(key.clone()) {
                builder.problem(Place::default(), &here, "this key is given twice");
                items.next_value::<IgnoredAny>()?;
                continue;
            }
            let node = items.next_value_seed(Json { builder, path: here.clone(), depth: depth + 1 })?;
            entries.push((Word { value: key, place: Place::default(), path: here }, node));
        }
        Ok(Node { place: Place::default(), path, value: NodeValue::Table(entries) })
    }
}
