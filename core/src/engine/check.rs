//! Checking a definition without running it.

use crate::base::Problem;
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
    let (_, mut problems) = lower(definition, &columns::kinds(), &mut Keys::default());
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems
}

/// Every finding about a text that is meant to be a definition, its syntax included.
pub fn check_text(text: &str) -> Vec<Problem> {
    let (definition, mut problems) = Definition::parse(text);
    problems.extend(check(&definition));
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems.dedup();
    problems
}
