//! Names that look like other names, for hints.

/// Names longer than this are not searched for a likeness: nobody mistypes them by a letter.
const LONGEST_LIKENESS: usize = 64;

/// The candidate most like `word`, if one is near enough to be meant.
///
/// Likeness is the Damerau-Levenshtein distance in its restricted form (optimal string alignment:
/// insert, delete, replace, swap neighbours), case ignored; at most a third of the longer word may
/// differ, and at least one edit is always allowed from three characters on. Ties go to the first
/// candidate. Cost: O(candidates x characters squared), for words up to 64 characters.
///
/// ```
/// use bactrian::base::likeness::nearest;
///
/// assert_eq!(nearest("amont", ["at", "amount"]), Some("amount"));
/// assert_eq!(nearest("city", ["at", "amount"]), None);
/// ```
pub fn nearest<T: AsRef<str>>(word: &str, candidates: impl IntoIterator<Item = T>) -> Option<T> {
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
