//! Checking a definition without running it.

use super::needs_first::needs_first;
use crate::base::{Problem, Result};
use crate::columns;
use crate::data::keys::Keys;
use crate::definition::Definition;
use crate::program::lower;

/// Every finding about a definition: mistakes, parts that this version does not have yet, warnings;
/// sorted by place. Cost: that of lowering it.
///
/// ```
/// use bactrian::{Definition, Severity};
///
/// let definition = Definition::from_toml("[event.purchase]\ncustomer = \"id\"\n[feature.spend]\nsum = \"amuont\"\n")?;
/// let problems = bactrian::check(&definition);
/// assert_eq!((problems[0].line, problems[0].severity), (4, Severity::Error));
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn check(definition: &Definition) -> Vec<Problem> {
    let (program, mut problems) = lower(definition, &columns::kinds(), &mut Keys::default());
    problems.extend(definition.warnings());
    problems.extend(needs_first(definition.model(), &program));
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems
}

/// Every finding about a file that is meant to be a definition: its syntax, and the files that it names.
///
/// # Errors
/// `StoreIo` and `InvalidUtf8` where the file itself can't be read.
pub fn check_file(path: impl AsRef<std::path::Path>) -> Result<Vec<Problem>> {
    let (definition, mut problems) = Definition::parse_file(path)?;
    let found = check(&definition);
    // A word that can't be read at all is not worth a second finding.
    let known: Vec<String> = problems.iter().map(|problem| problem.path.clone()).collect();
    problems.extend(found.into_iter().filter(|problem| !known.contains(&problem.path)));
    problems.sort_by_key(|problem| (problem.line, problem.column));
    Ok(problems)
}

/// Every finding about a text that is meant to be a definition, its syntax included.
pub fn check_text(text: &str) -> Vec<Problem> {
    let (definition, mut problems) = Definition::parse(text);
    problems.extend(check(&definition));
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems.dedup();
    problems
}
