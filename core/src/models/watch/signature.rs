//! What a model takes and gives, and a hash of its meaning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::{Error, ErrorKind, Result};
use crate::models::named::places;

/// What kind of number an input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputKind {
    /// A quantity.
    Number,
    /// The code of a category.
    Category,
}

/// One input of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: InputKind,
    /// Its unit, as `days` or `EUR`; empty where none is known.
    #[serde(default)]
    pub unit: String,
    /// The names of its categories in the order of their codes, where the trainer kept them.
    #[serde(default)]
    pub categories: Vec<String>,
}

/// From the names of an input's categories to their codes.
///
/// ```
/// use bactrian::models::watch::{Codes, Input, InputKind};
///
/// let categories = vec!["10".to_owned(), "gold".to_owned()];
/// let codes = Input { name: "tier".into(), kind: InputKind::Category, unit: String::new(), categories }.codes();
/// assert_eq!((codes.of_text("gold"), codes.of_number(10.0)), (1.0, 0.0));
/// assert_eq!((codes.of_text("bronze"), codes.of_number(11.0)), (Codes::UNSEEN, Codes::UNSEEN));
/// ```
#[derive(Debug, Clone)]
pub struct Codes {
    texts: BTreeMap<String, f64>,
    /// (number, code), rising.
    numbers: Vec<(f64, f64)>,
}

impl Codes {
    /// The code of a category that the trainer never saw: no split and no group names it.
    pub const UNSEEN: f64 = -1.0;

    /// The code of a name.
    pub fn of_text(&self, name: &str) -> f64 {
        self.texts.get(name).copied().unwrap_or(Self::UNSEEN)
    }

    /// The code of a category that is a number; NaN where it is unknown (NaN).
    pub fn of_number(&self, number: f64) -> f64 {
        if number.is_nan() {
            return number;
        }
        let found = self.numbers.binary_search_by(|(known, _)| known.total_cmp(&number));
        found.ok().and_then(|place| self.numbers.get(place)).map_or(Self::UNSEEN, |(_, code)| *code)
    }
}

/// Codes of categories that are known by their texts: of each text its place among the distinct ones, which are
/// in the order of the alphabet and come second; unknown (NaN) where there is none.
///
/// ```
/// let (codes, names) = bactrian::models::watch::codes_of_texts(&[Some("b"), None, Some("a"), Some("b")]);
/// assert_eq!((codes[0], codes[2], codes[3], names), (1.0, 0.0, 1.0, vec!["a".to_owned(), "b".to_owned()]));
/// assert!(codes[1].is_nan());
/// ```
pub fn codes_of_texts(texts: &[Option<&str>]) -> (Vec<f64>, Vec<String>) {
    let mut names: Vec<&str> = texts.iter().copied().flatten().collect();
    names.sort_unstable();
    names.dedup();
    let code = |text: &str| names.binary_search(&text).map_or(f64::NAN, |place| place as f64);
    let codes = texts.iter().map(|text| text.map_or(f64::NAN, code)).collect();
    (codes, names.into_iter().map(str::to_owned).collect())
}

impl Input {
    /// The codes of its categories by their names; `true` and `false` are 1 and 0 as numbers.
    pub fn codes(&self) -> Codes {
        let named = || self.categories.iter().zip((0_u32..).map(f64::from));
        let number = |name: &str| match name {
            "true" => Some(1.0),
            "false" => Some(0.0),
            other => other.parse::<f64>().ok(),
        };
        let mut numbers: Vec<(f64, f64)> = named().filter_map(|(name, code)| Some((number(name)?, code))).collect();
        numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
        Codes { texts: named().map(|(name, code)| (name.clone(), code)).collect(), numbers }
    }
}

/// What a model takes and gives.
///
/// ```
/// use bactrian::models::watch::{Input, InputKind, Signature};
///
/// let input = |name: &str| Input { name: name.into(), kind: InputKind::Number, unit: String::new(), categories: vec![] };
/// let signature = Signature { inputs: vec![input("age"), input("income")], outputs: 1, hash: 7 };
/// assert_eq!(signature.bind(&["income", "postcode", "age"])?, [2, 0]);
/// assert_eq!(signature.bind(&["income"]).unwrap_err().message(), "no column for the model's input `age`");
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Its inputs, in the order of a row.
    pub inputs: Vec<Input>,
    /// Numbers that it gives for a row.
    pub outputs: usize,
    /// A hash of all that makes its scores: equal for two files that say the same.
    pub hash: u64,
}

impl Signature {
    /// The column of each input, by name.
    ///
    /// Errors with [`ErrorKind::UnknownColumn`] where an input has none, or more than one.
    pub fn bind(&self, columns: &[&str]) -> Result<Vec<usize>> {
        places(self.inputs.iter().map(|input| input.name.as_str()), columns)
    }

    /// An error where another model is not the one that this signature tells of: as
    /// [`Signature::check_replacement`], and with [`ErrorKind::SchemaType`] where its hash differs.
    pub fn check_same(&self, other: &Signature) -> Result<()> {
        self.check_replacement(other)?;
        if self.hash == other.hash {
            return Ok(());
        }
        let text = format!("the model's meaning has the hash {:016x}, not {:016x}", other.hash, self.hash);
        Err(Error::new(ErrorKind::SchemaType, text))
    }

    /// The same model with the units that its inputs are in, by name.
    ///
    /// Errors with [`ErrorKind::UnknownColumn`] where it has no such input.
    pub fn with_units<'a>(mut self, units: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        for (name, unit) in units {
            let input = self.inputs.iter_mut().find(|input| input.name == name);
            let absent = || Error::new(ErrorKind::UnknownColumn, format!("the model has no input `{name}`"));
            unit.clone_into(&mut input.ok_or_else(absent)?.unit);
        }
        Ok(self)
    }

    /// An error with the first difference where another model does not take and give the same, so
    /// that it could not replace this one.
    ///
    /// A unit that is not known agrees with any. Errors with [`ErrorKind::SchemaType`].
    pub fn check_replacement(&self, other: &Signature) -> Result<()> {
        let different = |text: String| Err(Error::new(ErrorKind::SchemaType, text));
        if self.outputs != other.outputs {
            return different(format!("the model gives {} numbers, not {}", other.outputs, self.outputs));
        }
        if self.inputs.len() != other.inputs.len() {
            return different(format!("the model takes {} inputs, not {}", other.inputs.len(), self.inputs.len()));
        }
        for (index, (own, its)) in self.inputs.iter().zip(&other.inputs).enumerate() {
            let unit = own.unit == its.unit || own.unit.is_empty() || its.unit.is_empty();
            if own.name != its.name || own.kind != its.kind || !unit || own.categories != its.categories {
                return different(format!("input {index} of the model is {}, not {}", described(its), described(own)));
            }
        }
        Ok(())
    }
}

fn described(input: &Input) -> String {
    let kind = match input.kind {
        InputKind::Number => "number",
        InputKind::Category => "category",
    };
    let unit = if input.unit.is_empty() { String::new() } else { format!(" in `{}`", input.unit) };
    let categories = match input.categories.as_slice() {
        [] => String::new(),
        names => format!(" of {} named categories", names.len()),
    };
    format!("the {kind} `{}`{unit}{categories}", input.name)
}
