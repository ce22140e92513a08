//! From columns to the features of a model.

use std::borrow::Cow;

use super::scorer::Scorer;
use crate::base::likeness::did_you_mean;
use crate::definition::Section;
use crate::definition::model::Word;
use crate::definition::node::NodeValue;
use crate::expr::Type;
use crate::models::watch::{Codes, Input as Feature, InputKind};
use crate::program::{Input, Lowering};

/// Most features that are bound to columns.
const MOST_FEATURES: usize = 4096;
/// Columns that one message names.
const NAMED: usize = 5;

/// The names of a feature's categories, in the order of their codes.
pub(super) type Categories = Vec<(Word<String>, Vec<String>)>;

/// What each feature reads.
pub(super) struct Binding {
    /// The names of the columns.
    pub names: Vec<String>,
    /// The codes of categories; `None` for a number.
    codes: Vec<Option<Coding>>,
    /// Whether every feature is a number.
    plain: bool,
}

/// The key `categories`.
pub(super) fn categories(section: &mut Section<'_, '_>) -> Categories {
    let mut found = Vec::new();
    for (feature, node) in section.entries("categories") {
        let texts = match &node.value {
            NodeValue::List(items) => items.iter().map(|item| item.as_text().map(str::to_owned)).collect(),
            _ => None,
        };
        match texts {
            Some(texts) => found.push((feature.clone(), texts)),
            None => {
                let message = format!("expected a list of texts, found {}", node.noun());
                section.report(feature.problem(message, None));
            }
        }
    }
    found
}

/// From what a column holds to the code that the model saw.
enum Coding {
    /// By the engine's number of each name, rising.
    Keys(Vec<(u32, f64)>),
    /// Categories that are numbers.
    Numbers(Codes),
}

impl Coding {
    fn of(&self, value: f64) -> f64 {
        match self {
            Coding::Keys(codes) => {
                let found = codes.binary_search_by_key(&(value as u32), |(key, _)| *key);
                found.ok().and_then(|place| codes.get(place)).map_or(Codes::UNSEEN, |(_, code)| *code)
            }
            Coding::Numbers(codes) => codes.of_number(value),
        }
    }
}

impl Binding {
    /// The columns of every feature; `None`, with findings, where one has none that fits.
    pub fn new(
        file: &Word<String>,
        scorer: &Scorer,
        named: &[Word<String>],
        categories: &Categories,
        lowering: &mut Lowering<'_>,
    ) -> Option<(Binding, Vec<Input>)> {
        let features = scorer.features();
        if features.len() > MOST_FEATURES {
            let message = format!("the model has {} features, and {MOST_FEATURES} are the most", features.len());
            lowering.mistake(file, message, None);
            return None;
        }
        if let Some(first) = named.first().filter(|_| named.len() != features.len()) {
            let message = format!("the model has {} features, and {} inputs are given", features.len(), named.len());
            lowering.mistake(first, message, Some("leave `inputs` out to bind columns by name".to_owned()));
            return None;
        }
        let used = scorer.used();
        for (feature, _) in categories {
            let Some((known, used)) = features.iter().zip(&used).find(|(known, _)| known.name == feature.value) else {
                let hint = did_you_mean(&feature.value, features.iter().map(|known| known.name.as_str()));
                lowering.mistake(feature, format!("the model has no feature `{}`", feature.value), hint);
                return None;
            };
            if *used && known.kind == InputKind::Number {
                let message = format!("the model was trained on a number `{}`, which has no categories", feature.value);
                lowering.mistake(feature, message, Some("leave its `categories` out".to_owned()));
                return None;
            }
        }
        let words: Vec<Word<String>> = match named.is_empty() {
            true => features.iter().map(|feature| file.with(feature.name.clone())).collect(),
            false => named.to_vec(),
        };
        let columns = columns(&words, named.is_empty(), lowering)?;
        let mut codes = Vec::with_capacity(features.len());
        for (place, (column, word)) in columns.iter().zip(&words).enumerate() {
            let feature = features.get(place)?;
            let listed = categories.iter().find(|(name, _)| *name.value == feature.name).map(|(_, names)| names);
            codes.push(codes_of(*column, word, feature, *used.get(place)?, listed, lowering)?);
        }
        let plain = codes.iter().all(Option::is_none);
        let names = words.into_iter().map(|word| word.value).collect();
        Some((Binding { names, codes, plain }, columns.into_iter().map(Input::Column).collect()))
    }

    /// Rows of columns as rows of features.
    pub fn features<'a>(&self, values: &'a [f64]) -> Cow<'a, [f64]> {
        if self.plain {
            return Cow::Borrowed(values);
        }
        let each = |(value, codes): (&f64, &Option<Coding>)| match codes {
            Some(codes) if !value.is_nan() => codes.of(*value),
            _ => *value,
        };
        Cow::Owned(values.iter().zip(self.codes.iter().cycle()).map(each).collect())
    }
}

/// The column of every word; those that the model names itself are reported together.
fn columns(words: &[Word<String>], by_name: bool, lowering: &mut Lowering<'_>) -> Option<Vec<usize>> {
    let mut columns = Vec::with_capacity(words.len());
    let mut unknown: Vec<&Word<String>> = Vec::new();
    for word in words {
        if !by_name {
            columns.push(lowering.read_column(word));
            continue;
        }
        lowering.missed = false;
        let found = lowering.column_named(&word.value).filter(|_| !word.value.starts_with('.'));
        if found.is_none() && !std::mem::take(&mut lowering.missed) {
            unknown.push(word);
        }
        columns.push(found);
    }
    if let Some(first) = unknown.first() {
        let shown: Vec<String> = unknown.iter().take(NAMED).map(|word| format!("`{}`", word.value)).collect();
        let more = match unknown.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let known = lowering.column_names();
        let hint = did_you_mean(&first.value, known.iter().map(String::as_str))
            .or_else(|| Some("name the columns in the order of the features as `inputs`".to_owned()));
        lowering.mistake(first, format!("the model reads {}{more}: no such column", shown.join(", ")), hint);
    }
    columns.into_iter().collect()
}

/// The codes of a column's categories, if it has any: those that the definition lists, or those that the model's
/// file names. `None`, with a finding, where the model can't read it, or knows no names.
fn codes_of(
    column: usize,
    word: &Word<String>,
    feature: &Feature,
    used: bool,
    listed: Option<&Vec<String>>,
    lowering: &mut Lowering<'_>,
) -> Option<Option<Coding>> {
    let listed = listed.or(Some(&feature.categories).filter(|names| !names.is_empty()));
    let found = lowering.program.columns.get(column)?.kind;
    let refused = match found {
        Type::Number | Type::Bool if !feature.categories.is_empty() => {
            return Some(Some(Coding::Numbers(feature.codes())));
        }
        Type::Number | Type::Bool | Type::Time => return Some(None),
        Type::Key if feature.kind == InputKind::Number && used => {
            format!("`{}` is {}, and the model was trained on a number", word.value, found.noun())
        }
        Type::Key if listed.is_none() && used => {
            let message =
                format!("`{}` is {}, and the model's file names no categories of it", word.value, found.noun());
            let name = &feature.name;
            let hint = format!("list them in the order of the model's codes: `categories.{name} = [\"...\", \"...\"]`");
            lowering.mistake(word, message, Some(hint));
            return None;
        }
        Type::Key => {
            let named = listed.into_iter().flatten().zip((0_u32..).map(f64::from));
            let mut codes: Vec<(u32, f64)> = named.map(|(name, code)| (lowering.key(name), code)).collect();
            codes.sort_unstable_by_key(|(key, _)| *key);
            return Some(Some(Coding::Keys(codes)));
        }
        Type::Keys => format!("`{}` is {}, and a model reads one value", word.value, found.noun()),
    };
    lowering.mistake(word, refused, Some("give a score that turns it into a number".to_owned()));
    None
}
