//! Small files, few macros, few switches.

use std::collections::BTreeSet;

use super::source::{Token, files, read, tokens};

const MOST_LINES: usize = 400;
const MOST_MACROS: usize = 2;
const MOST_FEATURES: usize = 2;
const CRATES: [&str; 3] = ["core", "ffi", "python"];

/// Lines that hold a token: neither blank nor comment alone.
fn code_lines(text: &str) -> usize {
    tokens(text).into_iter().flat_map(|placed| placed.lines).collect::<BTreeSet<_>>().len()
}

fn macros(text: &str) -> usize {
    let tokens: Vec<_> = tokens(text).into_iter().map(|placed| placed.token).collect();
    tokens.windows(2).filter(|pair| pair == &[Token::Word("macro_rules"), Token::Sign('!')]).count()
}

fn features(manifest: &str) -> Vec<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let features = manifest.get("features").and_then(toml::Value::as_table);
    features.map(|table| table.keys().cloned().collect()).unwrap_or_default()
}

#[test]
fn files_are_short() {
    let sources = CRATES.iter().flat_map(|name| files(&format!("{name}/src"), "rs"));
    let long: Vec<String> = sources
        .filter(|path| !path.ends_with("/tests.rs") && !path.contains("/tests/"))
        .map(|path| (code_lines(&read(&path)), path))
        .filter(|(lines, _)| *lines > MOST_LINES)
        .map(|(lines, path)| format!("{path}: {lines} lines of code"))
        .collect();
    assert!(long.is_empty(), "more than {MOST_LINES} lines:\n{}", long.join("\n"));
}

#[test]
fn no_file_is_empty() {
    let sources = CRATES.iter().flat_map(|name| files(&format!("{name}/src"), "rs"));
    let empty: Vec<String> = sources.filter(|path| code_lines(&read(path)) == 0).collect();
    assert!(empty.is_empty(), "nothing in {}", empty.join(", "));
}

#[test]
fn macros_are_few() {
    let sources = CRATES.iter().flat_map(|name| files(name, "rs")).chain(files("tests", "rs"));
    let found: Vec<String> = sources.filter(|path| macros(&read(path)) > 0).collect();
    let count: usize = found.iter().map(|path| macros(&read(path))).sum();
    assert!(count <= MOST_MACROS, "{count} macro_rules in {found:?}");
}

#[test]
fn features_are_few() {
    let found: Vec<String> = CRATES.iter().flat_map(|name| features(&read(&format!("{name}/Cargo.toml")))).collect();
    assert!(found.len() <= MOST_FEATURES, "{found:?}");
}

#[test]
fn counting_counts() {
    assert_eq!(code_lines("//! a\n\nfn a() {\n    // b\n    \"c\nd\"; /*\n*/\n}\n"), 4);
    assert_eq!(macros("// macro_rules! a\nmacro_rules! b { () => {} } macro_rules ! c {}"), 2);
    assert_eq!(features("[features]\na = []\nb = [\"a\"]"), ["a", "b"]);
    assert!(features("[package]\nname = \"a\"").is_empty());
}
