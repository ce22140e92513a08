//! What a purchase model needs to know of each customer, checked and compressed.
//!
//! Equal rows are one row with a weight, and rows stand sorted by frequency, recency and age; so a
//! fit does not depend on the order of its rows, and a million customers whose days are whole cost
//! no more than their distinct histories.

use std::ops::Range;

use rayon::prelude::*;

use crate::base::{Error, ErrorKind, Result, numeric};

/// The purchase histories of customers, one element each, as yet unchecked.
///
/// Time is in any one unit (weeks, days); it begins with the customer's first purchase.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// x, the number of repeat occasions: whole, at least 0.
    pub frequency: &'a [f64],
    /// t_x, the time of the last purchase: between 0 and `age`, 0 where `frequency` is 0.
    pub recency: &'a [f64],
    /// T, the time since the first purchase.
    pub age: &'a [f64],
    /// How many customers each element stands for, at least 0; `None` is one each.
    pub weights: Option<&'a [f64]>,
}

/// Histories that are known to be sound; only [`History::check`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct CheckedHistory<'a> {
    pub(super) frequency: &'a [f64],
    pub(super) recency: &'a [f64],
    pub(super) age: &'a [f64],
    pub(super) weights: Option<&'a [f64]>,
}

/// Rows that one task maps.
const PIECE: usize = 1024;

/// The largest frequency that is taken for one: tables are indexed by it.
const MOST_PURCHASES: f64 = 1e7;

pub(super) fn fault(name: &str, row: usize, value: f64, what: &str) -> Error {
    Error::new(ErrorKind::SchemaRange, format!("`{name}` is {value} in row {row}, {what}"))
}

/// The error of a frequency that is no count.
pub(super) fn check_frequency(row: usize, x: f64) -> Result<()> {
    if (0.0..=MOST_PURCHASES).contains(&x) && x.floor() == x {
        return Ok(());
    }
    Err(fault("frequency", row, x, "but must be a whole number of at least 0"))
}

/// The error for columns of different lengths.
pub(super) fn same_length(columns: &[(&str, usize)]) -> Result<()> {
    let Some((first, n)) = columns.first() else { return Ok(()) };
    match columns.iter().find(|(_, length)| length != n) {
        None => Ok(()),
        Some((name, length)) => {
            Err(Error::new(ErrorKind::SchemaRange, format!("`{name}` has {length} rows where `{first}` has {n}")))
        }
    }
}

/// The error of a weight that is negative or not finite, or of weights that are all 0.
pub(super) fn check_weights(weights: &[f64]) -> Result<()> {
    match weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
        Some(row) => Err(fault("weights", row, weights[row], "but must be finite and at least 0")),
        None if weights.iter().all(|w| *w == 0.0) => {
            Err(Error::new(ErrorKind::NotEnoughData, "every one of the `weights` is 0"))
        }
        None => Ok(()),
    }
}

impl<'a> History<'a> {
    /// The same histories as checked ones, or an error that names the first column and row at fault.
    ///
    /// Rows count from 0. An empty history is sound: predictions of it are empty.
    ///
    /// ```
    /// use bactrian::models::clv::History;
    ///
    /// let wrong = History { frequency: &[2.0], recency: &[40.0], age: &[39.0], weights: None };
    /// let error = wrong.check().unwrap_err();
    /// assert_eq!(error.to_string(), "`recency` is 40 in row 0, above `T` 39");
    /// ```
    pub fn check(self) -> Result<CheckedHistory<'a>> {
        let History { frequency, recency, age, weights } = self;
        same_length(&[("frequency", frequency.len()), ("recency", recency.len()), ("T", age.len())])?;
        for (row, ((&x, &t_x), &t)) in frequency.iter().zip(recency).zip(age).enumerate() {
            check_frequency(row, x)?;
            if !(t.is_finite() && t >= 0.0) {
                return Err(fault("T", row, t, "but must be finite and at least 0"));
            }
            if !(t_x.is_finite() && t_x >= 0.0) {
                return Err(fault("recency", row, t_x, "but must be finite and at least 0"));
            }
            if t_x > t {
                return Err(fault("recency", row, t_x, &format!("above `T` {t}")));
            }
            if x == 0.0 && t_x > 0.0 {
                return Err(fault(
                    "recency",
                    row,
                    t_x,
                    "but `frequency` is 0: nothing was bought after the first time",
                ));
            }
        }
        if let Some(weights) = weights {
            same_length(&[("frequency", frequency.len()), ("weights", weights.len())])?;
            check_weights(weights)?;
        }
        Ok(CheckedHistory { frequency, recency, age, weights })
    }
}

/// One set of rows of one frequency: rows `rows` of [`Grouped`].
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) frequency: f64,
    pub(super) rows: Range<usize>,
}

/// Distinct rows of a frequency and two more columns, sorted, with their weights.
#[derive(Debug, Clone, Default)]
pub(super) struct Grouped {
    pub(super) groups: Vec<Group>,
    pub(super) second: Vec<f64>,
    pub(super) third: Vec<f64>,
    pub(super) weight: Vec<f64>,
}

impl Grouped {
    /// Of columns without negative numbers; rows of weight 0 drop out. One sort.
    pub(super) fn new(frequency: &[f64], second: &[f64], third: Option<&[f64]>, weights: Option<&[f64]>) -> Grouped {
        // Of non-negative numbers the bits have the order of the values; + 0.0 takes the sign off -0.
        let bits = |x: f64| (x + 0.0).to_bits();
        let optional = |column: Option<&[f64]>, row: usize, other: f64| column.map_or(other, |column| column[row]);
        let mut keys: Vec<[u64; 4]> = (0..frequency.len())
            .into_par_iter()
            .map(|row| [frequency[row], second[row], optional(third, row, 0.0), optional(weights, row, 1.0)].map(bits))
            .collect();
        keys.par_sort_unstable();
        let mut all = Grouped::default();
        let mut last = None;
        for [x, second, third, weight] in keys {
            let weight = f64::from_bits(weight);
            match (last == Some([x, second, third]), all.weight.last_mut()) {
                _ if weight == 0.0 => {}
                (true, Some(sum)) => *sum += weight,
                _ => {
                    all.push(f64::from_bits(x), f64::from_bits(second), f64::from_bits(third), weight);
                    last = Some([x, second, third]);
                }
            }
        }
        all
    }

    fn push(&mut self, frequency: f64, second: f64, third: f64, weight: f64) {
        let row = self.weight.len();
        match self.groups.last_mut() {
            Some(group) if group.frequency == frequency => group.rows.end = row + 1,
            _ => self.groups.push(Group { frequency, rows: row..row + 1 }),
        }
        self.second.push(second);
        self.third.push(third);
        self.weight.push(weight);
    }

    /// The sum of the weights.
    pub(super) fn total(&self) -> f64 {
        numeric::sum(&self.weight)
    }

    /// The groups cut into pieces of at most `size` rows: the unit of parallel work, of a shape that
    /// depends on the data alone.
    pub(super) fn pieces(&self, size: usize) -> Vec<Group> {
        let cut = |group: &Group| {
            let Group { frequency, rows } = group.clone();
            let starts = rows.clone().step_by(size);
            starts.map(move |start| Group { frequency, rows: start..(start + size).min(rows.end) }).collect::<Vec<_>>()
        };
        self.groups.iter().flat_map(cut).collect()
    }
}

/// Distinct histories with their weights, sorted by frequency, recency and age.
///
/// ```
/// use bactrian::models::clv::History;
///
/// let rows = History { frequency: &[1.0, 0.0, 1.0], recency: &[2.0, 0.0, 2.0], age: &[9.0, 9.0, 9.0], weights: None };
/// let compressed = rows.check()?.compress();
/// assert_eq!(compressed.len(), 2);
/// assert_eq!(compressed.customers(), 3.0);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Compressed {
    rows: Grouped,
}

impl CheckedHistory<'_> {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.frequency.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.frequency.is_empty()
    }

    /// A value of each row, from x, t_x and T.
    pub(super) fn map(&self, value: impl Fn(f64, f64, f64) -> f64 + Sync) -> Vec<f64> {
        let mut out = vec![0.0; self.len()];
        out.par_chunks_mut(PIECE).enumerate().for_each(|(piece, out)| {
            for (out, row) in out.iter_mut().zip(piece * PIECE..) {
                *out = value(self.frequency[row], self.recency[row], self.age[row]);
            }
        });
        out
    }

    /// The distinct histories, for fits. One sort; rows of weight 0 drop out.
    pub fn compress(&self) -> Compressed {
        Compressed { rows: Grouped::new(self.frequency, self.recency, Some(self.age), self.weights) }
    }
}

impl Compressed {
    /// The number of distinct histories.
    pub fn len(&self) -> usize {
        self.rows.weight.len()
    }

    /// Whether there is no history.
    pub fn is_empty(&self) -> bool {
        self.rows.weight.is_empty()
    }

    /// The sum of the weights.
    pub fn customers(&self) -> f64 {
        self.rows.total()
    }

    /// Frequency, recency, age and weight of the distinct histories.
    pub(super) fn unpacked(&self) -> [Vec<f64>; 4] {
        let Grouped { groups, second, third, weight } = &self.rows;
        let each = groups.iter().flat_map(|group| std::iter::repeat_n(group.frequency, group.rows.len()));
        [each.collect(), second.clone(), third.clone(), weight.clone()]
    }

    pub(super) fn pieces(&self, size: usize) -> Vec<Group> {
        self.rows.pieces(size)
    }

    /// Recency, age and weight of the rows of a piece.
    pub(super) fn columns(&self, piece: &Group) -> [&[f64]; 3] {
        [&self.rows.second, &self.rows.third, &self.rows.weight].map(|column| &column[piece.rows.clone()])
    }

    /// Mean age and mean frequency, or an error where a model of repeat purchases has nothing to learn from.
    pub(super) fn means(&self) -> Result<(f64, f64)> {
        let customers = self.customers();
        if self.is_empty() || (self.len() == 1 && customers <= 1.0) {
            return Err(Error::new(ErrorKind::NotEnoughData, "a fit needs at least two customers"));
        }
        let rows = &self.rows;
        let weigh = |g: &Group| g.frequency * numeric::sum(&rows.weight[g.rows.clone()]);
        let repeats: f64 = rows.groups.iter().map(weigh).sum();
        if repeats == 0.0 {
            let error = Error::new(ErrorKind::NotEnoughData, "every `frequency` is 0: nobody bought again");
            return Err(error.hint("fit over a longer span, or with more customers"));
        }
        let age = numeric::dot(&rows.third, &rows.weight) / customers;
        if age == 0.0 {
            return Err(Error::new(ErrorKind::NotEnoughData, "every `T` is 0: no time has passed"));
        }
        Ok((age, repeats / customers))
    }
}

/// The error of a time that is negative or not finite.
pub(super) fn check_times(times: &[f64]) -> Result<()> {
    match times.iter().find(|t| !(t.is_finite() && **t >= 0.0)) {
        None => Ok(()),
        Some(t) => Err(Error::new(ErrorKind::SchemaRange, format!("time {t}, but must be finite and at least 0"))),
    }
}
