//! Findings: where they stand, how they are worded, in which order they come.

use crate::base::{Error, ErrorKind, Problem, Result, Severity};

use super::model::{Place, Word};

impl Place {
    /// The place `characters` further on in `text`, which begins here.
    ///
    /// Exact for text without escapes; a line break in `text` leads to column 1 of the next line.
    ///
    /// ```
    /// use bactrian::definition::model::Place;
    ///
    /// let place = Place { line: 3, column: 10 };
    /// assert_eq!(place.advance("a && b", 5), Place { line: 3, column: 15 });
    /// assert_eq!(place.advance("a &&\nb", 5), Place { line: 4, column: 1 });
    /// ```
    pub fn advance(self, text: &str, characters: usize) -> Place {
        if self.line == 0 {
            return self;
        }
        text.chars().take(characters).fold(self, |place, character| match character {
            '\n' => Place { line: place.line.saturating_add(1), column: 1 },
            _ => Place { column: place.column.saturating_add(1), ..place },
        })
    }
}

impl<T> Word<T> {
    /// A finding at this word that forbids the use of the definition.
    pub fn problem(&self, message: impl Into<String>, hint: Option<String>) -> Problem {
        error_at(self.place, &self.path, message, hint)
    }

    /// The same place and path around another value.
    pub fn with<U>(&self, value: U) -> Word<U> {
        Word { value, place: self.place, path: self.path.clone() }
    }
}

impl Word<String> {
    /// A finding `characters` into this text, which is an expression or a list in one text.
    ///
    /// Cost: linear in the text.
    pub fn problem_inside(&self, characters: usize, message: impl Into<String>, hint: Option<String>) -> Problem {
        error_at(self.place.advance(&self.value, characters), &self.path, message, hint)
    }
}

/// A finding that forbids the use of the definition.
pub(crate) fn error_at(place: Place, path: &str, message: impl Into<String>, hint: Option<String>) -> Problem {
    Problem {
        severity: Severity::Error,
        line: place.line,
        column: place.column,
        path: path.to_owned(),
        message: message.into(),
        hint,
    }
}

/// Sorts findings by place, then path; those of one place keep the order in which they were found.
pub(crate) fn sort(problems: &mut [Problem]) {
    problems.sort_by(|a, b| (a.line, a.column).cmp(&(b.line, b.column)).then_with(|| a.path.cmp(&b.path)));
}

/// Refuses a definition with mistakes; warnings and parts that are not there yet pass.
///
/// # Errors
///
/// [`ErrorKind::DefinitionInvalid`] with every finding of weight error, sorted by place.
pub(crate) fn refuse(mut problems: Vec<Problem>) -> Result<()> {
    problems.retain(|problem| problem.severity == Severity::Error);
    sort(&mut problems);
    match problems.len() {
        0 => Ok(()),
        1 => Err(Error::new(ErrorKind::DefinitionInvalid, "the definition has a mistake").with_problems(problems)),
        n => {
            let message = format!("the definition has {n} mistakes");
            Err(Error::new(ErrorKind::DefinitionInvalid, message).with_problems(problems))
        }
    }
}
