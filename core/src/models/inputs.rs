//! The numbers that a model reads: row by row, or a slice a feature.

use crate::base::{Error, ErrorKind, Result};

/// Rows of features, borrowed; an unknown value is NaN.
///
/// ```
/// use bactrian::models::Inputs;
///
/// let rows = Inputs::from_rows(&[1.0, 2.0, 3.0, 4.0], 2)?;
/// let columns = Inputs::from_columns(&[&[1.0, 3.0], &[2.0, 4.0]])?;
/// assert_eq!(rows.value(1, 0), columns.value(1, 0));
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    layout: Layout<'a>,
    rows: usize,
    features: usize,
}

#[derive(Debug, Clone, Copy)]
enum Layout<'a> {
    Rows(&'a [f64]),
    Columns(&'a [&'a [f64]]),
}

impl<'a> Inputs<'a> {
    /// Rows one after another, `features` numbers each.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where the values are no whole number of rows.
    pub fn from_rows(values: &'a [f64], features: usize) -> Result<Self> {
        if features == 0 || !values.len().is_multiple_of(features) {
            let message = format!("{} values are no rows of {features} features", values.len());
            return Err(Error::new(ErrorKind::SchemaRange, message));
        }
        Ok(Inputs { layout: Layout::Rows(values), rows: values.len() / features, features })
    }

    /// A slice a feature, all of one length.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where there is none or lengths differ.
    pub fn from_columns(columns: &'a [&'a [f64]]) -> Result<Self> {
        let rows = columns.first().map_or(0, |column| column.len());
        if columns.is_empty() || columns.iter().any(|column| column.len() != rows) {
            return Err(Error::new(ErrorKind::SchemaRange, "the columns of a table must exist and be of one length"));
        }
        Ok(Inputs { layout: Layout::Columns(columns), rows, features: columns.len() })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.features
    }

    /// One value; NaN outside of the table.
    #[inline]
    pub fn value(&self, row: usize, feature: usize) -> f64 {
        let value = match self.layout {
            Layout::Rows(values) if feature < self.features => values.get(row * self.features + feature),
            Layout::Rows(_) => None,
            Layout::Columns(columns) => columns.get(feature).and_then(|column| column.get(row)),
        };
        value.copied().unwrap_or(f64::NAN)
    }

    /// The values of a feature from row `first` on, as many as there are; the rest is left alone.
    #[inline(always)]
    pub(crate) fn gather(&self, feature: usize, first: usize, out: &mut [f64]) {
        match self.layout {
            Layout::Rows(values) => {
                let from = values.get(first * self.features + feature..).unwrap_or(&[]);
                for (slot, value) in out.iter_mut().zip(from.iter().step_by(self.features)) {
                    *slot = *value;
                }
            }
            Layout::Columns(columns) => {
                let from = columns.get(feature).and_then(|column| column.get(first..)).unwrap_or(&[]);
                for (slot, value) in out.iter_mut().zip(from) {
                    *slot = *value;
                }
            }
        }
    }
}
