//! The columns of one table, found by role and checked before they are read.

use arrow_array::{Array, RecordBatch};

use super::plan::Call;
use crate::base::likeness::{did_you_mean, quoted};
use crate::base::{Error, ErrorKind, Result};

/// A table with what the call says about it.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub batch: &'a RecordBatch,
    call: &'a Call<'a>,
}

impl<'a> Source<'a> {
    pub(super) fn new(batch: &'a RecordBatch, call: &'a Call<'a>) -> Self {
        Source { batch, call }
    }

    pub(super) fn rows(&self) -> usize {
        self.batch.num_rows()
    }

    /// The column of a role: that of the call, else the declared one, else the one of the role's
    /// own name.
    pub(super) fn find(&self, role: &str, declared: Option<&str>) -> Result<Option<usize>> {
        if let Some((_, column)) = self.call.roles.iter().find(|(word, _)| *word == role) {
            return match self.position(column)? {
                Some(position) => Ok(Some(position)),
                None => Err(self.missing(role, column)),
            };
        }
        if let Some(position) = declared.map_or(Ok(None), |column| self.position(column))? {
            return Ok(Some(position));
        }
        self.position(role)
    }

    pub(super) fn require(&self, role: &str, declared: Option<&str>) -> Result<usize> {
        self.find(role, declared)?.ok_or_else(|| self.missing(role, declared.unwrap_or(role)))
    }

    /// The name of a column, for messages.
    pub(super) fn name(&self, position: usize) -> &'a str {
        self.batch.schema_ref().fields().get(position).map_or("", |field| field.name())
    }

    /// A column whose buffers hold what its type promises.
    pub(super) fn column(&self, position: usize) -> Result<&'a dyn Array> {
        let bad = |why: String| {
            let message = format!("column `{}` is malformed: {why}", self.name(position));
            Error::new(ErrorKind::SchemaArrow, message)
        };
        let array = self.batch.columns().get(position).ok_or_else(|| bad("it is absent".to_owned()))?;
        array.to_data().validate_full().map_err(|error| bad(error.to_string()))?;
        Ok(array.as_ref())
    }

    fn position(&self, column: &str) -> Result<Option<usize>> {
        let fields = self.batch.schema_ref().fields();
        let mut found = fields.iter().enumerate().filter(|(_, field)| field.name() == column);
        let first = found.next().map(|(position, _)| position);
        if found.next().is_some() {
            return Err(Error::new(ErrorKind::SchemaArrow, format!("two columns of the table are named `{column}`")));
        }
        Ok(first)
    }

    fn missing(&self, role: &str, column: &str) -> Error {
        let names = || self.batch.schema_ref().fields().iter().map(|field| field.name().as_str());
        let mut message = format!("the table has no column `{column}`");
        if role != column {
            message.push_str(&format!(" for role `{role}`"));
        }
        let hint = did_you_mean(column, names()).unwrap_or_else(|| match names().count() {
            0 => "the table has no columns".to_owned(),
            _ => format!("its columns are {}; name one by role, as in `{role}=\"...\"`", quoted(names().take(12))),
        });
        Error::new(ErrorKind::SchemaMissing, message).hint(hint)
    }
}

/// Refuses a call that gives a column to a role that nothing declares.
pub(super) fn check_roles<'a>(call: &Call<'_>, roles: impl Iterator<Item = &'a str> + Clone) -> Result<()> {
    for (word, _) in call.roles {
        if !roles.clone().any(|role| role == *word) {
            let error = Error::new(ErrorKind::UnknownWord, format!("no role `{word}`"));
            let hint = did_you_mean(word, roles.clone());
            return Err(error.hint(hint.unwrap_or_else(|| "declare it in the definition".to_owned())));
        }
    }
    Ok(())
}
