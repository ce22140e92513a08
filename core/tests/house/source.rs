//! Rust source as tokens: just enough of a lexer to see paths, braces and lines of code.
//!
//! Comments vanish; text, characters, numbers and lifetimes become [`Token::Other`], so that no
//! word inside them is taken for a path.

use std::ops::Range;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Word(&'a str),
    PathSeparator,
    Sign(char),
    Other,
}

/// A token and the lines (from 1) that it covers.
#[derive(Debug, Clone)]
pub(crate) struct Placed<'a> {
    pub(crate) token: Token<'a>,
    pub(crate) lines: Range<usize>,
}

pub(crate) fn tokens(text: &str) -> Vec<Placed<'_>> {
    let (mut out, mut rest, mut line) = (Vec::new(), text, 1);
    while let Some(first) = rest.chars().next() {
        let (length, token) = match first {
            _ if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), None),
            _ if rest.starts_with("/*") => (block_comment(rest), None),
            _ if rest.starts_with("::") => (2, Some(Token::PathSeparator)),
            '"' | 'b' | 'c' | 'r' if text_prefix(rest).is_some() => (text_literal(rest), Some(Token::Other)),
            '\'' => (character_or_lifetime(rest), Some(Token::Other)),
            '0'..='9' => (rest.find(|c: char| !is_word(c)).unwrap_or(rest.len()), Some(Token::Other)),
            c if is_word(c) => {
                let raw = if rest.starts_with("r#") { 2 } else { 0 };
                let end = rest[raw..].find(|c: char| !is_word(c)).map_or(rest.len(), |at| at + raw);
                (end, Some(Token::Word(&rest[raw..end])))
            }
            c if c.is_whitespace() => (c.len_utf8(), None),
            c => (c.len_utf8(), Some(Token::Sign(c))),
        };
        let end = line + rest[..length].matches('\n').count();
        out.extend(token.map(|token| Placed { token, lines: line..end + 1 }));
        (rest, line) = (&rest[length..], end);
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Comments nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    loop {
        let here = &text[at..];
        match here {
            _ if here.starts_with("/*") => (depth, at) = (depth + 1, at + 2),
            _ if here.starts_with("*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += here.chars().next().map_or(0, char::len_utf8),
        }
        if depth == 0 || at >= text.len() {
            return at;
        }
    }
}

/// The letters and hashes before the opening quote of `"`, `b"`, `c"`, `r#"`, `br##"`; `None` where no text begins.
fn text_prefix(text: &str) -> Option<&str> {
    let prefix = &text[..text.find('"')?];
    let letters = prefix.trim_end_matches('#');
    let raw = letters.ends_with('r');
    (["", "b", "c", "r", "br", "cr"].contains(&letters) && (raw || letters == prefix)).then_some(prefix)
}

fn text_literal(text: &str) -> usize {
    let prefix = text_prefix(text).unwrap_or("");
    let body = prefix.len() + 1;
    if prefix.contains('r') {
        let close = format!("\"{}", "#".repeat(prefix.matches('#').count()));
        return text[body..].find(&close).map_or(text.len(), |at| body + at + close.len());
    }
    let mut escaped = false;
    for (at, c) in text[body..].char_indices() {
        match c {
            '"' if !escaped => return body + at + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    text.len()
}

/// `'a'`, `'\n'`, `'\u{1F42A}'`, or the lifetime `'a`.
fn character_or_lifetime(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => text.get(3..).and_then(|rest| rest.find('\'')).map_or(text.len(), |at| at + 4),
        Some(_) => match chars.next() {
            Some((at, '\'')) => at + 1,
            _ => 1 + text[1..].find(|c: char| !is_word(c)).unwrap_or(text.len() - 1),
        },
        None => text.len(),
    }
}

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file below `folder` of the repository with this extension, as its path from the root, sorted.
pub(crate) fn files(folder: &str, extension: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![repository().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = folder.read_dir() else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path.strip_prefix(repository()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn tokens_see_through_comments_and_literals() {
    let words = |text| -> Vec<String> {
        let of = |placed: &Placed<'_>| match placed.token {
            Token::Word(word) => Some(word.to_owned()),
            _ => None,
        };
        tokens(text).iter().filter_map(of).collect()
    };
    assert_eq!(words("a // crate::b\nc /* crate::d /* e */ f */ g"), ["a", "c", "g"]);
    assert_eq!(words(r##"a("x\"crate::b"); c(r#"d " e"#); f(b"g") h"##), ["a", "c", "f", "h"]);
    assert_eq!(words(r"a('b', '\'', '\u{41}', '\\') c"), ["a", "c"]);
    assert_eq!(words("fn a<'b>(c: &'b d) {}"), ["fn", "a", "c", "d"]);
    assert_eq!(words("1.0e5 0xff_u32 r#use rust"), ["use", "rust"]);
}

#[test]
fn tokens_know_their_lines() {
    let lines: Vec<_> = tokens("a\n\"b\nc\" /*\n*/ d").into_iter().map(|placed| placed.lines).collect();
    assert_eq!(lines, [1..2, 2..4, 4..5]);
}
