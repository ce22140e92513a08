//! Findings: where they stand, how they are worded, in which order they come.

use crate::base::{Error, ErrorKind, Problem, Result, Severity};

use super::model::{Place, Word};

/// Names longer than this are not searched for a likeness: nobody mistypes them by a letter.
const LONGEST_LIKENESS: usize = 64;

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

/// The candidate most like `word`, if one is near enough to be meant.
///
/// Likeness is the Damerau-Levenshtein distance in its restricted form (optimal string alignment:
/// insert, delete, replace, swap neighbours), case ignored; at most a third of the longer word may
/// differ, and at least one edit is always allowed from three characters on. Ties go to the first
/// candidate. Cost: O(candidates x characters squared), for words up to 64 characters.
pub(crate) fn nearest<T: AsRef<str>>(word: &str, candidates: impl IntoIterator<Item = T>) -> Option<T> {
    let word = folded(word)?;
    let mut best: Option<(usize, T)> = None;
    for candidate in candidates {
        let Some(other) = folded(candidate.as_ref()) else { continue };
        let longer = word.len().max(other.len());
        let allowed = if longer < 3 { 0 } else { (longer / 3).max(1) };
        if word.len().abs_diff(other.len()) > allowed {
            continue;
        }
        let distance = distance(&word, &other);
        if distance <= allowed && best.as_ref().is_none_or(|(least, _)| distance < *least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The hint "did you mean `x`?" for the nearest of the candidates.
pub(crate) fn did_you_mean<T: AsRef<str>>(word: &str, candidates: impl IntoIterator<Item = T>) -> Option<String> {
    nearest(word, candidates).map(|name| format!("did you mean `{}`?", name.as_ref()))
}

/// Names in backticks, joined by commas.
pub(crate) fn quoted<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

fn folded(word: &str) -> Option<Vec<char>> {
    let short = word.chars().nth(LONGEST_LIKENESS).is_none();
    short.then(|| word.chars().flat_map(char::to_lowercase).collect())
}

/// Optimal string alignment distance, by three rolling rows.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut older: Vec<usize> = vec![0; b.len() + 1];
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    let mut before_a = None;
    for (i, &x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        let mut left = i + 1;
        row.push(left);
        let mut before_b = None;
        let steps = previous.iter().zip(previous.iter().skip(1)).zip(b);
        for (j, ((&diagonal, &above), &y)) in steps.enumerate() {
            let mut least = (above + 1).min(left + 1).min(diagonal + usize::from(x != y));
            if before_a == Some(y) && before_b == Some(x) {
                let swapped = j.checked_sub(1).and_then(|k| older.get(k)).map_or(usize::MAX, |d| d + 1);
                least = least.min(swapped);
            }
            row.push(least);
            left = least;
            before_b = Some(y);
        }
        before_a = Some(x);
        older = std::mem::replace(&mut previous, row);
    }
    previous.last().copied().unwrap_or(0)
}
