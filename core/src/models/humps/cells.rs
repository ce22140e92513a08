//! Who stands in both humps: cells of customer x category.
//!
//! A household that buys private labels of milk and a national brand of coffee stands in both humps,
//! by category; its average lies in the middle, where nobody is.

use crate::base::numeric::{mean, variance};
use crate::base::random::Random;
use crate::base::{Error, ErrorKind, Result, Verdict};

/// Which cells count, and which stand in a hump.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellRule {
    /// Lines that a cell needs at least; 1 or more.
    pub lines: u32,
    /// At least this share is the upper hump.
    pub high: f64,
    /// At most this share is the lower hump; below `high`.
    pub low: f64,
}

impl Default for CellRule {
    /// Three lines, .8 and .2.
    fn default() -> Self {
        CellRule { lines: 3, high: 0.8, low: 0.2 }
    }
}

/// How many customers stand in both humps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BothHumps {
    /// Cells with enough lines.
    pub cells: usize,
    /// Customers with at least one such cell.
    pub customers: usize,
    /// Customers with two or more.
    pub several: usize,
    /// Customers with a cell in the upper hump and another in the lower one.
    pub both: usize,
}

/// What chance gives: `both` over runs with the tiers shuffled within categories.
#[derive(Debug, Clone, PartialEq)]
pub struct Shuffled {
    /// Mean over the runs.
    pub mean: f64,
    /// Standard deviation over the runs.
    pub deviation: f64,
    /// Each run.
    pub runs: Vec<usize>,
}

/// Lines sorted into the cells that count.
struct Cells {
    /// The cell of each line; `u32::MAX` where its cell has too few lines.
    cell: Vec<u32>,
    /// Customer and lines of each cell, sorted by customer.
    customer: Vec<u32>,
    lines: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Cells {
    fn new(customer: &[u32], category: &[u32], high: &[bool], rule: &CellRule) -> Result<Cells> {
        let n = customer.len();
        if category.len() != n || high.len() != n {
            let error = format!("{} customers, {} categories and {} tiers", n, category.len(), high.len());
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        let sound = rule.lines >= 1 && rule.low >= 0.0 && rule.low < rule.high && rule.high <= 1.0;
        if !sound {
            let error = format!("a rule of {} lines, high {} and low {}", rule.lines, rule.high, rule.low);
            return Err(Error::new(ErrorKind::SchemaRange, error).hint("at least 1 line, and 0 <= low < high <= 1"));
        }
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by_key(|&line| (customer[line], category[line]));
        let mut cells = Cells { cell: vec![NONE; n], customer: Vec::new(), lines: Vec::new() };
        for group in order.chunk_by(|&a, &b| (customer[a], category[a]) == (customer[b], category[b])) {
            if (group.len() as u64) < u64::from(rule.lines) {
                continue;
            }
            let id = cells.customer.len() as u32;
            for &line in group {
                cells.cell[line] = id;
                if cells.customer.len() == id as usize {
                    cells.customer.push(customer[line]);
                    cells.lines.push(group.len() as u32);
                }
            }
        }
        Ok(cells)
    }

    /// The share of high lines of each cell.
    fn shares(&self, high: &[bool]) -> Vec<f64> {
        let mut counts = vec![0u32; self.lines.len()];
        for (&cell, &high) in self.cell.iter().zip(high) {
            if let Some(count) = counts.get_mut(cell as usize) {
                *count += u32::from(high);
            }
        }
        counts.iter().zip(&self.lines).map(|(count, lines)| f64::from(*count) / f64::from(*lines)).collect()
    }

    fn count(&self, high: &[bool], rule: &CellRule) -> BothHumps {
        let shares = self.shares(high);
        let mut all = BothHumps { cells: shares.len(), customers: 0, several: 0, both: 0 };
        let places: Vec<usize> = (0..shares.len()).collect();
        for cells in places.chunk_by(|&a, &b| self.customer[a] == self.customer[b]) {
            all.customers += 1;
            all.several += usize::from(cells.len() > 1);
            let upper = cells.iter().any(|&cell| shares[cell] >= rule.high);
            let lower = cells.iter().any(|&cell| shares[cell] <= rule.low);
            all.both += usize::from(upper && lower);
        }
        all
    }
}

/// How many customers stand in both humps, given the lines that they bought: whose, of which category,
/// and whether of the upper tier. One sort.
///
/// ```
/// use bactrian::models::humps::{CellRule, both_humps};
///
/// // Customer 1 buys category 5 always high, category 6 never.
/// let found = both_humps(&[1, 1, 1, 1], &[5, 5, 6, 6], &[true, true, false, false], &CellRule { lines: 2, ..CellRule::default() })?;
/// assert_eq!((found.cells, found.both), (2, 1));
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn both_humps(customer: &[u32], category: &[u32], high: &[bool], rule: &CellRule) -> Result<BothHumps> {
    Ok(Cells::new(customer, category, high, rule)?.count(high, rule))
}

/// The share of upper-tier lines of each cell that counts, sorted by customer and category: the input of
/// [`dip_test`](super::dip_test).
pub fn shares(customer: &[u32], category: &[u32], high: &[bool], rule: &CellRule) -> Result<Vec<f64>> {
    Ok(Cells::new(customer, category, high, rule)?.shares(high))
}

/// `both` when the tiers are shuffled among the lines of each category: what the categories' tier
/// shares alone give, without anybody's habits. Errors: no run, and as [`both_humps`].
pub fn shuffled(
    customer: &[u32],
    category: &[u32],
    high: &[bool],
    rule: &CellRule,
    runs: u32,
    seed: u64,
) -> Result<Shuffled> {
    if runs == 0 {
        return Err(Error::new(ErrorKind::SchemaRange, "`runs` is 0, but must be at least 1"));
    }
    let cells = Cells::new(customer, category, high, rule)?;
    let mut order: Vec<usize> = (0..category.len()).collect();
    order.sort_by_key(|&line| category[line]);
    let one = |run: u32| {
        let mut random = Random::keyed(seed, u64::from(run));
        let mut tiers = vec![false; high.len()];
        for lines in order.chunk_by(|&a, &b| category[a] == category[b]) {
            let mut drawn: Vec<bool> = lines.iter().map(|&line| high[line]).collect();
            random.shuffle(&mut drawn);
            for (&line, tier) in lines.iter().zip(drawn) {
                tiers[line] = tier;
            }
        }
        cells.count(&tiers, rule).both
    };
    let runs: Vec<usize> = (0..runs).map(one).collect();
    let counts: Vec<f64> = runs.iter().map(|run| *run as f64).collect();
    let deviation = if counts.len() > 1 { variance(&counts, 1).sqrt() } else { f64::NAN };
    Ok(Shuffled { mean: mean(&counts), deviation, runs })
}

/// Do more customers stand in both humps than chance gives? The null is the mean of the shuffled runs;
/// the interval is the count plus and minus 1.96 of their standard deviations.
pub fn both_humps_verdict(found: &BothHumps, chance: &Shuffled) -> Verdict {
    let value = found.both as f64;
    let reach = 1.96 * chance.deviation;
    let why = format!(
        "{} of {} customers stand in both humps; tiers shuffled within category give {:.0} +- {:.0} in {} runs",
        found.both,
        found.customers,
        chance.mean,
        chance.deviation,
        chance.runs.len()
    );
    let mut verdict =
        Verdict::from_interval(value, (value - reach, value + reach), chance.mean, found.customers as u64, why);
    verdict.null = chance.mean;
    verdict
}
