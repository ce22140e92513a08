//! Readers of other people's model files.
//!
//! A file is input like any other: it may be cut short, of another kind, or hostile. A reader takes
//! time and memory linear in the file's length, and gives a typed error that names the place.

mod lightgbm;
mod logf;
mod xgboost;

pub(super) use lightgbm::lightgbm;
pub(super) use xgboost::xgboost;

use super::parts::{MOST_FEATURES, bad};
use crate::base::{Error, ErrorKind, Result};

/// A model file without something that it must have.
fn absent(what: &str) -> Error {
    Error::new(ErrorKind::SchemaMissing, format!("the model file has no {what}")).hint("is it cut short?")
}

/// A model file that says what this library does not do.
fn unsupported(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::SchemaType, what)
}

/// The given names, or `f0`, `f1`, ... where there are none.
fn named(names: Vec<String>, features: usize) -> Result<Vec<String>> {
    if features > MOST_FEATURES {
        return Err(bad(format!("a model has at most {MOST_FEATURES} features, not {features}")));
    }
    match names.len() {
        0 => Ok((0..features).map(|index| format!("f{index}")).collect()),
        given if given == features => Ok(names),
        given => Err(bad(format!("the model file names {given} of {features} features"))),
    }
}
