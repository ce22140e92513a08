//! A module uses only floors strictly below its own, never one above and never one beside it.
//!
//! Seen are `use` trees (braces, globs, renames, `pub use`), paths in code, and re-exports at the
//! crate root. Tests inside the crate are held to the same law.

use std::collections::BTreeMap;

use super::source::{Token, files, read, tokens};

/// Top to bottom; floors on one line stand beside each other.
const FLOORS: [&[&str]; 11] = [
    &["engine"],
    &["decisions"],
    &["segments"],
    &["columns"],
    &["state", "store"],
    &["program"],
    &["models", "graph"],
    &["expr"],
    &["definition"],
    &["data"],
    &["base"],
];

fn level(floor: &str) -> Option<usize> {
    FLOORS.iter().position(|floors| floors.contains(&floor))
}

/// A path as written, and the line of its first word.
struct Written {
    line: usize,
    segments: Vec<String>,
    /// The inline modules around it.
    within: Vec<String>,
    /// The name that a `use` gives it; `None` for a path in code.
    imported: Option<String>,
}

/// Every path of a file: the leaves of its `use` trees, and words joined by `::` in its code.
fn written(text: &str) -> Vec<Written> {
    let tokens = tokens(text).iter().map(|placed| (placed.token, placed.lines.start)).collect();
    let mut reader = Reader { tokens, at: 0, found: Vec::new() };
    reader.read();
    reader.found
}

struct Reader<'a> {
    tokens: Vec<(Token<'a>, usize)>,
    at: usize,
    found: Vec<Written>,
}

impl<'a> Reader<'a> {
    fn peek(&self, ahead: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + ahead).map(|token| token.0)
    }

    fn word(&self) -> Option<String> {
        match self.peek(0) {
            Some(Token::Word(word)) => Some(word.to_owned()),
            _ => None,
        }
    }

    fn read(&mut self) {
        let (mut depth, mut modules) = (0, Vec::<(String, usize)>::new());
        while let Some(token) = self.peek(0) {
            let within: Vec<String> = modules.iter().map(|module| module.0.clone()).collect();
            match (token, self.peek(1), self.peek(2)) {
                (Token::Word("mod"), Some(Token::Word(name)), Some(Token::Sign('{'))) => {
                    modules.push((name.to_owned(), depth));
                    self.at += 2;
                    continue;
                }
                (Token::Word("use"), _, _) => {
                    self.at += 1;
                    self.tree(&[], &within);
                    continue;
                }
                (Token::Word(_), Some(Token::PathSeparator), _) => self.path(within),
                (Token::Sign('{'), _, _) => depth += 1,
                (Token::Sign('}'), _, _) => {
                    depth -= 1;
                    modules.pop_if(|module| module.1 == depth);
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// A path in code: words with `::` between them. Leaves the last word for the caller to pass.
    fn path(&mut self, within: Vec<String>) {
        let line = self.tokens[self.at].1;
        let mut segments = Vec::new();
        while let Some(word) = self.word() {
            segments.push(word);
            if self.peek(1) != Some(Token::PathSeparator) || !matches!(self.peek(2), Some(Token::Word(_))) {
                break;
            }
            self.at += 2;
        }
        self.found.push(Written { line, segments, within, imported: None });
    }

    /// A `use` tree below `prefix`: one path for every leaf. `self` as a leaf is its prefix.
    fn tree(&mut self, prefix: &[String], within: &[String]) {
        let (mut segments, mut alias) = (prefix.to_vec(), None);
        let line = self.tokens.get(self.at).map_or(0, |token| token.1);
        loop {
            let token = self.peek(0);
            self.at += 1;
            match token {
                Some(Token::PathSeparator) => {}
                Some(Token::Word("self")) if !segments.is_empty() => {}
                Some(Token::Word("as")) => {
                    alias = self.word();
                    self.at += 1;
                }
                Some(Token::Word(word)) => segments.push(word.to_owned()),
                Some(Token::Sign('*')) => segments.push("*".to_owned()),
                Some(Token::Sign('{')) => {
                    while !matches!(self.peek(0), None | Some(Token::Sign('}'))) {
                        self.tree(&segments, within);
                        self.at += usize::from(self.peek(0) == Some(Token::Sign(',')));
                    }
                    self.at += 1;
                    return;
                }
                _ => break,
            }
        }
        self.at -= 1;
        if let Some(last) = segments.last() {
            let imported = alias.or_else(|| Some(last.clone()));
            self.found.push(Written { line, segments, within: within.to_vec(), imported });
        }
    }
}

/// The path from the crate root that `path` means in `module`.
fn resolved(module: &[String], path: &Written) -> Vec<String> {
    let mut base = [module, &path.within].concat();
    let mut rest = path.segments.as_slice();
    if let [first, tail @ ..] = rest
        && (first == "crate" || first == "bactrian")
    {
        (base, rest) = (Vec::new(), tail);
    }
    while let [first, tail @ ..] = rest
        && (first == "super" || first == "self")
    {
        if first == "super" {
            base.pop();
        }
        rest = tail;
    }
    base.extend_from_slice(rest);
    base
}

/// `core/src/state/columns.rs` is `state::columns`; `mod.rs` and `lib.rs` are their folder.
fn module(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("core/src/").trim_end_matches(".rs");
    let mut segments: Vec<String> = inner.split('/').map(str::to_owned).collect();
    segments.pop_if(|last| last == "mod" || last == "lib");
    segments
}

/// The name under which `lib.rs` shows something, and the floor that it is from.
fn exports(lib: &str) -> BTreeMap<String, String> {
    let shown = |path: Written| {
        let floor = resolved(&[], &path).first().cloned();
        path.imported.zip(floor)
    };
    written(lib).into_iter().filter_map(shown).collect()
}

/// What is wrong with the arrows of one file, one line each.
fn broken(path: &str, text: &str, exports: &BTreeMap<String, String>) -> Vec<String> {
    let module = module(path);
    let Some(own) = module.first() else { return Vec::new() };
    let Some(own_level) = level(own) else { return vec![format!("{path}: `{own}` is no floor")] };
    let judge = |found: &Written| {
        let target = resolved(&module, found);
        let place = format!("{path}:{}: `{}`", found.line, found.segments.join("::"));
        let Some(first) = target.first().filter(|first| *first != "*") else {
            return Some(format!("{place} takes the crate root whole"));
        };
        let floor = exports.get(first).unwrap_or(first);
        match level(floor) {
            _ if floor == own => None,
            Some(level) if level > own_level => None,
            Some(_) => Some(format!("{place}: `{own}` must not use `{floor}`")),
            None => Some(format!("{place}: `{first}` is neither a floor nor shown by lib.rs")),
        }
    };
    let ours = |found: &&Written| ["crate", "bactrian", "self", "super"].contains(&found.segments[0].as_str());
    written(text).iter().filter(ours).filter_map(judge).collect()
}

#[test]
fn floors_use_only_floors_below() {
    let exports = exports(&read("core/src/lib.rs"));
    let files = files("core/src", "rs");
    assert!(files.len() > FLOORS.len(), "found only {files:?}");
    let faults: Vec<String> = files.iter().flat_map(|path| broken(path, &read(path), &exports)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The faults of a snippet that stands in `state/columns.rs`.
fn in_state(text: &str) -> Vec<String> {
    let exports =
        exports("pub mod base;\npub use base::{Error, Result as R};\npub use engine::{parts::Engine, A as Renamed};");
    broken("core/src/state/columns.rs", text, &exports)
}

#[test]
fn lower_floors_may_be_used() {
    for text in [
        "use crate::base::Error; use crate::{data::{ids, record::{self, Batch}}, expr};",
        "use super::super::graph::*; use super::rows::Row; use self::inner::X; pub(crate) use super::*;",
        "pub(in crate::state) fn f(x: crate::models::clv::Fit) -> crate::Error { self::g(super::h()) }",
        "use std::fmt; use arrow_array::{engine, store}; // use crate::engine;\n/// use crate::engine;",
        "const A: &str = \"crate::engine\"; fn f() { state::store::engine(); x.engine(); }",
        "mod inner { mod deeper { use super::super::super::rows; } use super::super::rows; }",
        "impl bactrian::base::Kind for X {}",
    ] {
        assert_eq!(in_state(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn arrows_up_and_sideways_are_found() {
    for (text, floor) in [
        ("use crate::engine::Engine;", "engine"),
        ("use crate::{base, data::{ids, record}, columns};", "columns"),
        ("pub use super::super::store;", "store"),
        ("use super::super::decisions::{self, x};", "decisions"),
        ("use super::{rows, super::{base, segments as s}};", "segments"),
        ("fn f() { crate::engine::go() }", "engine"),
        ("fn f() -> super::super::store::File { x }", "store"),
        ("fn f<T: Into<crate::columns::Kind>>() {}", "columns"),
        ("mod inner { use super::super::super::engine; }", "engine"),
        ("mod inner { fn f() { { super::super::super::engine::go() } } }", "engine"),
        ("mod inner {} use super::super::engine;", "engine"),
        ("use crate::Engine;", "engine"),
        ("use crate::Renamed;", "engine"),
        ("use bactrian::engine;", "engine"),
        ("use {crate::base, ::std::fmt, crate::store::{File}};", "store"),
        ("use crate::r#engine;", "engine"),
    ] {
        let faults = in_state(text);
        let expected = format!("`state` must not use `{floor}`");
        assert!(!faults.is_empty() && faults.iter().all(|fault| fault.ends_with(&expected)), "{text}: {faults:?}");
    }
}

#[test]
fn ways_around_are_found() {
    for text in ["use crate as root;", "use crate::*;", "use super::super::*;", "use super::super::{self as root};"] {
        let faults = in_state(text);
        assert!(faults.len() == 1 && faults[0].ends_with("takes the crate root whole"), "{text}: {faults:?}");
    }
    assert_eq!(in_state("use crate::hidden::x;").len(), 1);
    assert_eq!(broken("core/src/helpers.rs", "", &BTreeMap::new()), ["core/src/helpers.rs: `helpers` is no floor"]);
}

#[test]
fn a_floor_may_not_use_the_floor_beside_it() {
    let none = BTreeMap::new();
    for (path, text) in [
        ("core/src/models/mod.rs", "use super::graph;"),
        ("core/src/graph/leiden/mod.rs", "use super::super::models;"),
        ("core/src/store/mod.rs", "use crate::state::State;"),
        ("core/src/base/mod.rs", "use crate::data::ids;"),
    ] {
        assert_eq!(broken(path, text, &none).len(), 1, "{path}: {text}");
    }
}
