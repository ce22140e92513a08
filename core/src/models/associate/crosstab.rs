//! Two labellings of the same rows, counted.

use crate::base::numeric::ln;
use crate::base::numeric::special::gamma_inc_upper;

/// How often each label of one column met each label of another.
///
/// Labels are any numbers; only those met are kept, so that a table of many labels costs what its rows
/// do. A measure that cannot be had, since a column has a single label or there is no row, is NaN.
///
/// ```
/// use bactrian::models::associate::Crosstab;
///
/// let table = Crosstab::new([(0, 0), (0, 0), (1, 1), (1, 1)]);
/// assert_eq!((table.count(0, 0), table.count(0, 1)), (2, 0));
/// assert_eq!(table.cramers_v(), 1.0);
/// assert_eq!(table.mutual_information(), std::f64::consts::LN_2);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Crosstab {
    /// Row label, column label and count, rising.
    cells: Vec<(u32, u32, u64)>,
    rows: Vec<(u32, u64)>,
    columns: Vec<(u32, u64)>,
    total: u64,
}

/// Labels with the number of their rows, rising.
fn margin(labels: impl Iterator<Item = (u32, u64)>) -> Vec<(u32, u64)> {
    let mut found: Vec<(u32, u64)> = labels.collect();
    found.sort_unstable_by_key(|(label, _)| *label);
    let one = |same: &[(u32, u64)]| Some((same.first()?.0, same.iter().map(|(_, count)| count).sum()));
    found.chunk_by(|a, b| a.0 == b.0).filter_map(one).collect()
}

fn of(margin: &[(u32, u64)], label: u32) -> u64 {
    let found = margin.binary_search_by_key(&label, |(known, _)| *known).ok();
    found.and_then(|at| margin.get(at)).map_or(0, |(_, count)| *count)
}

impl Crosstab {
    /// Counts the pairs of labels of some rows, of which each has both. Cost: a sort.
    pub fn new(pairs: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut pairs: Vec<(u32, u32)> = pairs.into_iter().collect();
        pairs.sort_unstable();
        let one = |same: &[(u32, u32)]| same.first().map(|(row, column)| (*row, *column, same.len() as u64));
        let cells: Vec<(u32, u32, u64)> = pairs.chunk_by(|a, b| a == b).filter_map(one).collect();
        let rows = margin(cells.iter().map(|(row, _, count)| (*row, *count)));
        let columns = margin(cells.iter().map(|(_, column, count)| (*column, *count)));
        Crosstab { cells, rows, columns, total: pairs.len() as u64 }
    }

    /// The row labels, rising, each with its number of rows.
    pub fn rows(&self) -> &[(u32, u64)] {
        &self.rows
    }

    /// The column labels, rising, each with its number of rows.
    pub fn columns(&self) -> &[(u32, u64)] {
        &self.columns
    }

    /// The cells that were met, rising by row and column label, each with its count.
    pub fn cells(&self) -> &[(u32, u32, u64)] {
        &self.cells
    }

    /// All rows.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Rows with both labels.
    pub fn count(&self, row: u32, column: u32) -> u64 {
        let found = self.cells.binary_search_by_key(&(row, column), |(row, column, _)| (*row, *column)).ok();
        found.and_then(|at| self.cells.get(at)).map_or(0, |(_, _, count)| *count)
    }

    /// How much more often two labels meet than if they had nothing to do with each other.
    pub fn lift(&self, row: u32, column: u32) -> super::Lift {
        super::Lift::new(self.count(row, column), of(&self.rows, row), of(&self.columns, column), self.total)
    }

    /// (labels of rows - 1) x (labels of columns - 1).
    pub fn degrees(&self) -> f64 {
        (self.rows.len().max(1) - 1) as f64 * (self.columns.len().max(1) - 1) as f64
    }

    /// Pearson's statistic, without Yates' correction: the sum of (n - e)^2 / e, e = row x column / total.
    pub fn chi_squared(&self) -> f64 {
        let total = self.total as f64;
        let (mut statistic, mut met) = (0.0, 0.0);
        for (count, expected) in self.expected() {
            statistic += (count - expected) * (count - expected) / expected;
            met += expected;
        }
        // A cell that was never met adds what was expected of it.
        statistic + (total - met).max(0.0)
    }

    /// The chance of such a statistic, or a larger one, of labels that have nothing to do with each
    /// other: of the chi-squared distribution, good where most cells expect five rows or more. NaN where
    /// a column has a single label.
    pub fn p_value(&self) -> f64 {
        match self.degrees() {
            degrees if degrees > 0.0 => gamma_inc_upper(0.5 * degrees, 0.5 * self.chi_squared()),
            _ => f64::NAN,
        }
    }

    /// Cramer's V (1946): sqrt(chi2 / n / min(r - 1, c - 1)), in [0, 1]. Of few rows and many labels it
    /// lies above 0 by chance alone: see [`Crosstab::cramers_v_corrected`].
    pub fn cramers_v(&self) -> f64 {
        let short = self.rows.len().min(self.columns.len());
        match short {
            0 | 1 => f64::NAN,
            _ => (self.chi_squared() / self.total as f64 / (short - 1) as f64).sqrt().min(1.0),
        }
    }

    /// Cramer's V with the bias taken out (Bergsma 2013): phi2 less its mean under independence, r and c
    /// less theirs. About 0 of labels that have nothing to do with each other.
    pub fn cramers_v_corrected(&self) -> f64 {
        let (r, c, n) = (self.rows.len() as f64, self.columns.len() as f64, self.total as f64);
        if r.min(c) < 2.0 || n < 2.0 {
            return f64::NAN;
        }
        let phi = (self.chi_squared() / n - (r - 1.0) * (c - 1.0) / (n - 1.0)).max(0.0);
        let labels = |k: f64| k - (k - 1.0) * (k - 1.0) / (n - 1.0);
        let most = labels(r).min(labels(c)) - 1.0;
        if most > 0.0 { (phi / most).sqrt().min(1.0) } else { f64::NAN }
    }

    /// What one label tells of the other, in nats: the sum of p ln(p / (p_row p_column)); at least 0.
    pub fn mutual_information(&self) -> f64 {
        if self.total == 0 {
            return f64::NAN;
        }
        let total = self.total as f64;
        let term = |(count, expected): (f64, f64)| count / total * ln(count / expected);
        self.expected().map(term).sum::<f64>().max(0.0)
    }

    /// Count and expected count of each cell that was met.
    fn expected(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let total = self.total as f64;
        self.cells.iter().map(move |(row, column, count)| {
            (*count as f64, of(&self.rows, *row) as f64 * of(&self.columns, *column) as f64 / total)
        })
    }
}
