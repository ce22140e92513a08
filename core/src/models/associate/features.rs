//! Characteristics of customers as the numbers of a regression.

use serde::{Deserialize, Serialize};

use crate::base::numeric::{mean, variance};
use crate::base::{Error, ErrorKind, Result};

/// Labels of a characteristic that have a column of their own; rarer ones share one.
const MOST_LABELS: usize = 255;
/// Rows below which a label shares the column of the rare.
const LEAST_ROWS: usize = 10;

/// One characteristic of all rows; NaN is unknown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Characteristic<'a> {
    /// A quantity.
    Number(&'a [f64]),
    /// A label, as any number that stands for it.
    Label(&'a [f64]),
}

impl<'a> Characteristic<'a> {
    fn values(&self) -> &'a [f64] {
        match self {
            Characteristic::Number(values) | Characteristic::Label(values) => values,
        }
    }
}

/// How characteristics become numbers: quantities standardised, unknown ones at the mean with a flag of their own;
/// a column for each label, unknown being one of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Characteristics {
    of: Vec<Coding>,
    width: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Coding {
    Number {
        mean: f64,
        deviation: f64,
        flag: bool,
    },
    /// The bits of the labels with a column, rising; the last column is of the others.
    Label {
        known: Vec<u64>,
    },
}

/// A label's bits: one for all unknown, one for both zeros.
fn label(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { (value + 0.0).to_bits() }
}

impl Coding {
    fn new(column: &Characteristic<'_>) -> Self {
        let values = column.values();
        if let Characteristic::Number(_) = column {
            let known: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
            let deviation = if known.len() > 1 { variance(&known, 1).sqrt() } else { 0.0 };
            let mean = if known.is_empty() { 0.0 } else { mean(&known) };
            return Coding::Number { mean, deviation, flag: known.len() < values.len() };
        }
        let mut all: Vec<u64> = values.iter().map(|value| label(*value)).collect();
        all.sort_unstable();
        let mut counted: Vec<(usize, u64)> =
            all.chunk_by(|a, b| a == b).filter_map(|same| Some((same.len(), *same.first()?))).collect();
        counted.retain(|(rows, _)| *rows >= LEAST_ROWS);
        counted.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        counted.truncate(MOST_LABELS);
        let mut known: Vec<u64> = counted.into_iter().map(|(_, label)| label).collect();
        known.sort_unstable();
        Coding::Label { known }
    }

    fn width(&self) -> usize {
        match self {
            Coding::Number { flag, .. } => 1 + usize::from(*flag),
            Coding::Label { known } => known.len() + 1,
        }
    }

    /// The one number of a value that may not be 0, and its place.
    fn code(&self, value: f64) -> (usize, f64) {
        match self {
            Coding::Number { flag: true, .. } if !value.is_finite() => (1, 1.0),
            Coding::Number { mean, deviation, .. } => {
                let known = value.is_finite() && *deviation > 0.0;
                (0, if known { (value - mean) / deviation } else { 0.0 })
            }
            Coding::Label { known } => (known.binary_search(&label(value)).unwrap_or(known.len()), 1.0),
        }
    }
}

/// Rows as numbers: of each characteristic the one that may not be 0, with its place among `width`; places rise within
/// a row.
#[derive(Debug)]
pub(super) struct Coded {
    terms: Vec<(u32, f64)>,
    /// Characteristics.
    each: usize,
    pub width: usize,
}

impl Coded {
    pub fn rows(&self) -> usize {
        self.terms.len() / self.each.max(1)
    }

    pub fn row(&self, row: usize) -> &[(u32, f64)] {
        self.terms.get(row * self.each..(row + 1) * self.each).unwrap_or_default()
    }
}

impl Characteristics {
    /// How the characteristics of these rows become numbers.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where there is none, or lengths differ.
    pub fn new(columns: &[Characteristic<'_>]) -> Result<Self> {
        check(columns)?;
        let of: Vec<Coding> = columns.iter().map(Coding::new).collect();
        let width = of.iter().map(Coding::width).sum();
        Ok(Characteristics { of, width })
    }

    /// Numbers a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The numbers of rows.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where the columns are not those that were learnt from.
    pub(super) fn code(&self, columns: &[Characteristic<'_>]) -> Result<Coded> {
        let rows = check(columns)?;
        let same = |(coding, column): (&Coding, &Characteristic<'_>)| {
            matches!(
                (coding, column),
                (Coding::Number { .. }, Characteristic::Number(_)) | (Coding::Label { .. }, Characteristic::Label(_))
            )
        };
        if columns.len() != self.of.len() || !self.of.iter().zip(columns).all(same) {
            let message = format!("expected the {} characteristics that were learnt from", self.of.len());
            return Err(Error::new(ErrorKind::SchemaRange, message));
        }
        let mut starts = Vec::with_capacity(self.of.len());
        let mut start = 0;
        for coding in &self.of {
            starts.push(start);
            start += coding.width();
        }
        let mut terms = Vec::with_capacity(rows * self.of.len());
        for row in 0..rows {
            for ((coding, start), column) in self.of.iter().zip(&starts).zip(columns) {
                let (place, number) = coding.code(column.values().get(row).copied().unwrap_or(f64::NAN));
                terms.push(((start + place) as u32, number));
            }
        }
        Ok(Coded { terms, each: self.of.len(), width: self.width })
    }
}

fn check(columns: &[Characteristic<'_>]) -> Result<usize> {
    let rows = columns.first().map_or(0, |column| column.values().len());
    if columns.is_empty() || columns.iter().any(|column| column.values().len() != rows) {
        return Err(Error::new(ErrorKind::SchemaRange, "characteristics must exist and be of one length"));
    }
    Ok(rows)
}
