//! Expressions: a typed subset of CEL, the Common Expression Language.
//!
//! The `cel` crate parses; types, evaluation and the treatment of the unknown are ours. An
//! expression is compiled once against a [`Scope`] that gives its names, and then evaluated by row
//! without allocation, or by column over a batch, with the same bits.
//!
//! # Values
//!
//! Everything is an f64 when it runs: numbers as they are (integer literals widen, and division is
//! of numbers: `5 / 2` is 2.5), true and false as 1 and 0, names as the index of their interned
//! key, times as microseconds since 1970 UTC, and **the unknown as NaN**. Numbers that come in are
//! finite or unknown.
//!
//! # The unknown
//!
//! Comparisons (`!=` too), arithmetic and functions of something unknown are unknown; `&&`, `||`
//! and `!` are Kleene's; `c ? a : b` is unknown if `c` is. Arithmetic with a result that is not
//! finite (`1 / 0`, `ln(0)`) is unknown. Only `x == null`, `x != null`, `has(x)`, `isnull(x)` and
//! `coalesce(a, b, ..)` tell the unknown from the known. `null` is also a value that a branch of
//! `?:` may have.
//!
//! # Language
//!
//! `+ - * / %`, unary `-`, `< <= > >= == !=`, `&& || !`, `?:`, `x in [1, 2]`, `name in ["a"]`,
//! `"x" in names`, `size(names)`, `abs ceil floor round sqrt exp ln`, `min` and `max` of any number
//! of values, `pow(x, n)`, `clamp(x, low, high)`, `duration("30d")` in seconds,
//! `timestamp("2017-07-01T00:00:00Z")`. A time minus a time is a number of seconds, and a time plus
//! a number is that many seconds later. Texts are compared with names only, and are interned when
//! the expression is compiled: no text is compared per row.

#![deny(clippy::indexing_slicing)]

mod bits;
mod check;
mod compile;
mod evaluate;
mod kernel;
mod parse;
mod product;
mod rules;
mod trend;

#[cfg(test)]
mod tests;

pub use evaluate::{Columns, Row, Scratch};
pub use rules::Rules;
pub(crate) use trend::{Course, Trend};

use crate::base::likeness::{did_you_mean, quoted};
use crate::base::{Error, ErrorKind, Result};
use compile::{Argument, Step};

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// A finite number.
    Number,
    /// True (1) or false (0).
    Bool,
    /// One of a set of names: the index of its interned key.
    Key,
    /// Several names at once; only `"x" in names` and `size(names)` read it. Those of an event are never unknown, those
    /// of a trait are until they are told.
    Keys,
    /// Microseconds since 1970-01-01 UTC.
    Time,
}

impl Type {
    /// Every type.
    const ALL: [Type; 5] = [Type::Number, Type::Bool, Type::Key, Type::Keys, Type::Time];

    /// The type in the word of the definition: `number`, `bool`, `category`, `categories`, `time`.
    pub fn word(self) -> &'static str {
        match self {
            Type::Number => "number",
            Type::Bool => "bool",
            Type::Key => "category",
            Type::Keys => "categories",
            Type::Time => "time",
        }
    }

    /// The type of a word of the definition.
    ///
    /// # Errors
    ///
    /// `SchemaType` for a word that is none.
    pub fn from_word(word: &str) -> Result<Type> {
        Type::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| {
            let words = Type::ALL.map(Type::word);
            let error = Error::new(ErrorKind::SchemaType, format!("expected one of {}, found `{word}`", quoted(words)));
            match did_you_mean(word, words) {
                Some(hint) => error.hint(hint),
                None => error,
            }
        })
    }

    /// The type as a noun, for messages.
    pub fn noun(self) -> &'static str {
        match self {
            Type::Number => "a number",
            Type::Bool => "true or false",
            Type::Key => "a name",
            Type::Keys => "several names",
            Type::Time => "a time",
        }
    }

    fn plural(self) -> &'static str {
        match self {
            Type::Number => "numbers",
            Type::Bool => "true or false",
            Type::Key => "names",
            Type::Keys => "several names",
            Type::Time => "times",
        }
    }
}

/// The names that an expression may use.
pub trait Scope {
    /// The variable and type of a name; names joined by dots come as one path (`strategic.value`).
    fn resolve(&mut self, path: &str) -> Option<(u32, Type)>;

    /// Every name there is, to find the nearest of one that is not.
    fn names(&self) -> Vec<String>;

    /// The key of a text that is compared with names.
    fn key(&mut self, text: &str) -> u32;

    /// The variable that says whether a name is among those of a variable that holds several, or without a name how
    /// many there are; `None` where they are looked up in the row ([`Row::keys`]).
    fn look_into(&mut self, _variable: u32, _name: Option<u32>) -> Option<u32> {
        None
    }
}

/// A mistake in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The character of the source at which it stands, from 0.
    pub start: usize,
    /// What is wrong and what was expected.
    pub message: String,
    /// What to do about it, such as the nearest name.
    pub hint: Option<String>,
}

impl Finding {
    fn new(start: usize, message: impl Into<String>) -> Self {
        Finding { start, message: message.into(), hint: None }
    }
}

/// A compiled expression.
///
/// ```
/// use bactrian::expr::{Expr, Scope, Type};
///
/// struct Names;
/// impl Scope for Names {
///     fn resolve(&mut self, path: &str) -> Option<(u32, Type)> {
///         ["spend", "orders"].iter().position(|name| *name == path).map(|i| (i as u32, Type::Number))
///     }
///     fn names(&self) -> Vec<String> {
///         vec!["spend".to_owned(), "orders".to_owned()]
///     }
///     fn key(&mut self, _: &str) -> u32 {
///         0
///     }
/// }
///
/// let expr = Expr::compile("orders > 0 && spend / orders > 20", &mut Names).unwrap();
/// assert_eq!(expr.output(), Type::Bool);
/// assert_eq!(expr.inputs(), [0, 1]);
/// assert_eq!(expr.values(&[90.0, 3.0]), 1.0);
/// assert_eq!(expr.values(&[f64::NAN, 0.0]), 0.0); // false && unknown is false
/// assert!(expr.values(&[f64::NAN, 3.0]).is_nan()); // true && unknown is unknown
///
/// let findings = Expr::compile("spent > 20", &mut Names).unwrap_err();
/// assert_eq!(findings[0].hint.as_deref(), Some("did you mean `spend`?"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    output: Type,
    /// Variables, rising.
    inputs: Vec<u32>,
    steps: Vec<Step>,
    /// Constants of the lists that `in` reads.
    lists: Vec<f64>,
    result: Argument,
    /// Slots that the steps use.
    depth: usize,
}

impl Expr {
    /// Compiles `source` with the names of `scope`.
    ///
    /// Cost: tens of microseconds; a source has at most 4,096 characters.
    ///
    /// # Errors
    ///
    /// Every mistake of type and name at once, or the first mistake of syntax, in the order of the
    /// source.
    pub fn compile(source: &str, scope: &mut dyn Scope) -> std::result::Result<Expr, Vec<Finding>> {
        let mut findings = Vec::new();
        let part = parse::parse(source, &mut findings);
        let checked = check::Checker { scope, findings: &mut findings }.check(&part);
        let output = match checked.kind {
            check::Kind::Is(Type::Keys) => Err("several names are no value; write `\"x\" in names` or `size(names)`"),
            check::Kind::Is(output) => Ok(output),
            check::Kind::Text => Err("a text alone is no value; texts are compared with names"),
            check::Kind::Null => Err("null alone has no type"),
            check::Kind::Wrong => Err(""),
        };
        let compiled = output.map_err(str::to_owned).and_then(|output| compile::compile(output, &checked.code));
        match compiled {
            Ok(expr) if findings.is_empty() => Ok(expr),
            Err(message) if findings.is_empty() => Err(vec![Finding::new(0, message)]),
            _ => {
                findings.sort_by_key(|finding| finding.start);
                Err(findings)
            }
        }
    }

    /// The type of the value.
    pub fn output(&self) -> Type {
        self.output
    }

    /// The variables that the expression reads, rising and distinct.
    pub fn inputs(&self) -> &[u32] {
        &self.inputs
    }

    /// The variable, if the expression is nothing but that.
    pub fn variable(&self) -> Option<u32> {
        match self.result {
            Argument::Input(index) => self.inputs.get(usize::from(index)).copied(),
            _ => None,
        }
    }

    /// The value, if it depends on nothing.
    pub fn constant(&self) -> Option<f64> {
        match self.result {
            Argument::Constant(value) => Some(value),
            _ => None,
        }
    }
}
