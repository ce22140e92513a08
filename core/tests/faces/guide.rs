//! `docs/definition.md` has every section, key and word that the reader of definitions knows.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Calls of a section that name a key.
const READS: [&str; 17] = [
    "text",
    "required_text",
    "one_of",
    "expression",
    "number",
    "number_where",
    "integer",
    "duration",
    "duration_or_zero",
    "flag",
    "numbers",
    "texts",
    "words",
    "section",
    "entries",
    "node",
    "require",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// The text in quotes that `rest` begins with.
fn quoted(rest: &str) -> Option<&str> {
    rest.strip_prefix('"')?.split('"').next()
}

/// Keys that a source asks a section for, as in `section.text("channel")`.
fn keys(text: &str) -> impl Iterator<Item = &str> {
    READS.into_iter().flat_map(move |call| {
        text.split("section").skip(1).filter_map(move |rest| {
            quoted(
                rest.strip_prefix('.')?.strip_prefix(call)?.trim_start_matches("::<_>").strip_prefix('(')?.trim_start(),
            )
        })
    })
}

/// Words of the lists that a source declares: sections, roles, aggregates, types.
fn listed(text: &str) -> Vec<&str> {
    let plain = |word: &&str| word.chars().all(|letter| letter.is_ascii_lowercase() || "_-".contains(letter));
    let lists = text.split("\nconst ").skip(1).filter_map(|rest| rest.split_once(" = [")?.1.split("];").next());
    lists.flat_map(|list| list.split('"').skip(1).step_by(2)).filter(plain).collect()
}

/// Every word that stands between backticks in the guide, and every key of its examples.
fn told(guide: &str) -> BTreeSet<&str> {
    let ticked = guide.split('`').skip(1).step_by(2);
    ticked
        .flat_map(|text| text.split(|c: char| !(c.is_ascii_alphanumeric() || "_-".contains(c))))
        .filter(|word| !word.is_empty())
        .collect()
}

#[test]
fn the_guide_has_every_key() {
    let guide = fs::read_to_string(root().join("docs/definition.md")).unwrap();
    let told = told(&guide);
    let mut files = Vec::new();
    for folder in ["core/src/definition/read", "core/src/columns", "core/src/program"] {
        sources(&root().join(folder), &mut files);
    }
    let mut known: BTreeSet<String> = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        known.extend(keys(&text).map(str::to_owned));
        if file.to_string_lossy().contains("definition/read") {
            known.extend(listed(&text).into_iter().map(str::to_owned));
        }
    }
    assert!(known.len() > 100, "{} keys are no whole language", known.len());
    let missing: Vec<&String> = known.iter().filter(|word| !told.contains(word.as_str())).collect();
    assert!(missing.is_empty(), "docs/definition.md lacks {missing:?}");
}

#[test]
fn the_definitions_in_the_guide_and_the_readme_are_sound() {
    for file in ["docs/definition.md", "README.md"] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let blocks: Vec<&str> = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        for block in blocks {
            let mistakes: Vec<String> = bactrian::check_text(block)
                .iter()
                .filter(|problem| problem.severity == bactrian::Severity::Error)
                .map(ToString::to_string)
                .collect();
            assert!(mistakes.is_empty(), "{file}: {mistakes:?} in\n{block}");
        }
    }
}
