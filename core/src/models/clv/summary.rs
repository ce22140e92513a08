//! From transactions to what the models need of each customer, in one pass.
//!
//! Lines go to their customers by way of shards, a block at a time, so that those of one shard find its
//! customers in the cache; a customer's lines keep their order, and shards share nothing.
//!
//! Lines that share an occasion (by id, or else by their instant) are one purchase: 95% of retail
//! lines tie in time, and counting lines would make every basket a burst of loyalty.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use rayon::prelude::*;

use super::history::{History, same_length};
use crate::base::numeric::ln;
use crate::base::{Error, ErrorKind, Result};

#[cfg(test)]
mod tests;

/// Transactions, one line each.
#[derive(Debug, Clone, Copy)]
pub struct Transactions<'a> {
    /// Who bought.
    pub customer: &'a [u64],
    /// When, in microseconds since any epoch. Lines in order of time save a sort.
    pub at: &'a [i64],
    /// For how much, finite; `None` where spend is not asked for.
    pub amount: Option<&'a [f64]>,
    /// Which purchase of the customer the line belongs to; `None`: one purchase per instant.
    pub occasion: Option<&'a [u64]>,
}

/// The unit of time and the ends of the observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SummaryOptions {
    /// Microseconds in one unit of the answer's times (a week, say); above 0.
    pub period: i64,
    /// The end of the observation, itself included; `None` is the last line. Later lines are left out.
    pub until: Option<i64>,
    /// The end of the calibration, itself included; what follows until `until` is the holdout.
    pub calibration_until: Option<i64>,
}

/// One row per customer, sorted by customer; times in units of the period since the first purchase.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    /// Who.
    pub customer: Vec<u64>,
    /// x, repeat occasions in the calibration.
    pub frequency: Vec<f64>,
    /// t_x, time of the last one; 0 if none.
    pub recency: Vec<f64>,
    /// T, time until the end of the calibration.
    pub age: Vec<f64>,
    /// m, mean amount of the repeat occasions; NaN if none, or without amounts.
    pub spend: Vec<f64>,
    /// Sum of ln(gap) between successive occasions, for regularity; 0 if none.
    pub log_gaps: Vec<f64>,
    /// Occasions in the holdout; empty without one.
    pub holdout_frequency: Vec<f64>,
    /// Mean amount of the occasions in the holdout; NaN if none. Empty without a holdout.
    pub holdout_spend: Vec<f64>,
    /// Length of the holdout in units of the period; 0 without one.
    pub holdout: f64,
}

impl Summary {
    /// The rows as histories, without weights.
    pub fn history(&self) -> History<'_> {
        History { frequency: &self.frequency, recency: &self.recency, age: &self.age, weights: None }
    }
}

/// Where an occasion counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    First,
    Repeat,
    Holdout,
}

#[derive(Debug, Clone, Copy)]
struct Customer {
    id: u64,
    first: i64,
    last: i64,
    /// Instant and part of the last occasion, the holdout's too, for lines of the same instant.
    instant: i64,
    part: Part,
    repeats: u64,
    spent: f64,
    log_gaps: f64,
    holdout: u64,
    holdout_spent: f64,
}

/// The summary of `lines`.
///
/// A customer enters with the first line until the end of the calibration; whoever comes later is
/// left out. An occasion counts where its first line stands. Errors: columns of different lengths, a
/// non-finite amount, a period of 0 or less, a calibration that ends after the observation.
///
/// ```
/// use bactrian::models::clv::{SummaryOptions, Transactions, summary};
///
/// const DAY: i64 = 86_400_000_000;
/// let lines = Transactions {
///     customer: &[7, 7, 7, 9],
///     at: &[0, 7 * DAY, 7 * DAY, 10 * DAY],
///     amount: Some(&[5.0, 2.0, 3.0, 9.0]),
///     occasion: None,
/// };
/// let weeks = SummaryOptions { period: 7 * DAY, until: Some(14 * DAY), calibration_until: None };
/// let summary = summary(&lines, &weeks)?;
/// assert_eq!(summary.customer, [7, 9]);
/// assert_eq!(summary.frequency, [1.0, 0.0]);
/// assert_eq!((summary.recency[0], summary.age[0], summary.spend[0]), (1.0, 2.0, 5.0));
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn summary(lines: &Transactions, options: &SummaryOptions) -> Result<Summary> {
    check(lines, options)?;
    let last = lines.at.iter().copied().max().unwrap_or(0);
    let until = options.until.unwrap_or(last);
    let calibration = options.calibration_until.unwrap_or(until);
    if calibration > until {
        let error = Error::new(ErrorKind::SchemaRange, "the calibration ends after the observation");
        return Err(error.hint("`calibration_until` must not be later than `until` or the last line"));
    }
    let mut shards: Vec<Shard> =
        (0..if lines.at.len() < BLOCK { 1 } else { SHARDS }).map(|_| Shard::default()).collect();
    let ends = Ends { calibration, period: options.period };
    let mut block = Block::default();
    let mut take = |rows: &mut dyn Iterator<Item = usize>| {
        block.fill(lines, rows.filter(|row| lines.at[*row] <= until), shards.len());
        shards.par_iter_mut().zip(block.parts()).for_each(|(shard, part)| {
            part.iter().for_each(|line| shard.take(line, lines.occasion.is_some(), ends));
        });
    };
    let n = lines.at.len();
    if lines.at.is_sorted() {
        (0..n).step_by(BLOCK).for_each(|start| take(&mut (start..n.min(start + BLOCK))));
    } else {
        let mut order: Vec<usize> = (0..n).collect();
        order.par_sort_by_key(|&line| lines.at[line]);
        order.chunks(BLOCK).for_each(|rows| take(&mut rows.iter().copied()));
    }
    let holdout = options.calibration_until.map(|end| until.saturating_sub(end));
    Ok(finish(&shards, ends, lines.amount.is_some(), holdout))
}

fn check(lines: &Transactions, options: &SummaryOptions) -> Result<()> {
    let n = lines.customer.len();
    same_length(&[
        ("customer", n),
        ("at", lines.at.len()),
        ("amount", lines.amount.map_or(n, <[f64]>::len)),
        ("occasion", lines.occasion.map_or(n, <[u64]>::len)),
    ])?;
    if options.period <= 0 {
        return Err(Error::new(ErrorKind::SchemaRange, format!("`period` is {}, but must be above 0", options.period)));
    }
    match lines.amount.and_then(|amounts| amounts.iter().position(|a| !a.is_finite())) {
        None => Ok(()),
        Some(row) => Err(Error::new(ErrorKind::SchemaRange, format!("`amount` is not finite in row {row}"))),
    }
}

/// Lines that are sorted by shard together.
const BLOCK: usize = 1 << 20;
/// Customers fall into so many shards, each small enough for a core's cache.
const SHARDS: usize = 64;

/// The end of the calibration, and the unit of time.
#[derive(Debug, Clone, Copy)]
struct Ends {
    calibration: i64,
    period: i64,
}

/// A line on its way to its customer's shard.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    customer: u64,
    at: i64,
    amount: f64,
    occasion: u64,
}

/// Lines by shard; of one shard in their order.
#[derive(Debug, Default)]
struct Block {
    lines: Vec<Line>,
    /// The end of each shard's lines.
    ends: Vec<usize>,
}

/// The shard of a customer among a power of two: by the upper bits of a product (Fibonacci hashing).
fn shard_of(customer: u64, shards: usize) -> usize {
    (customer.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as usize & (shards - 1)
}

impl Block {
    fn fill(&mut self, lines: &Transactions, rows: impl Iterator<Item = usize>, shards: usize) {
        let rows: Vec<u32> = rows.map(|row| row as u32).collect();
        self.ends = vec![0; shards];
        for row in &rows {
            self.ends[shard_of(lines.customer[*row as usize], shards)] += 1;
        }
        let mut start = 0;
        for end in &mut self.ends {
            (*end, start) = (start, start + *end);
        }
        self.lines.resize(rows.len(), Line::default());
        for row in rows.iter().map(|row| *row as usize) {
            let customer = lines.customer[row];
            let place = &mut self.ends[shard_of(customer, shards)];
            self.lines[*place] = Line {
                customer,
                at: lines.at[row],
                amount: lines.amount.map_or(0.0, |amounts| amounts[row]),
                occasion: lines.occasion.map_or(0, |ids| ids[row]),
            };
            *place += 1;
        }
    }

    /// The lines of each shard.
    fn parts(&self) -> Vec<&[Line]> {
        let mut start = 0;
        let part = |end: &usize| {
            let lines = &self.lines[start..*end];
            start = *end;
            lines
        };
        self.ends.iter().map(part).collect()
    }
}

/// The customers whose numbers fall into one shard.
#[derive(Debug, Default)]
struct Shard {
    customers: Vec<Customer>,
    slots: HashMap<u64, u32, FixedState>,
    /// The part of each occasion that has an id.
    occasions: HashMap<(u32, u64), Part, FixedState>,
}

impl Shard {
    /// Takes a line that is not older than those before it.
    fn take(&mut self, line: &Line, named: bool, ends: Ends) {
        let &Line { customer: id, at, amount, occasion } = line;
        let Some(&slot) = self.slots.get(&id) else {
            if at <= ends.calibration {
                self.enter(id, at, named.then_some(occasion));
            }
            return;
        };
        let Some(customer) = self.customers.get_mut(slot as usize) else { return };
        let known = match named {
            true => self.occasions.get(&(slot, occasion)).copied(),
            false => (customer.instant == at).then_some(customer.part),
        };
        let part = known.unwrap_or(if at > ends.calibration { Part::Holdout } else { Part::Repeat });
        if known.is_none() {
            customer.occasion(part, at, ends.period);
            if named {
                self.occasions.insert((slot, occasion), part);
            }
        }
        match part {
            Part::First => {}
            Part::Repeat => customer.spent += amount,
            Part::Holdout => customer.holdout_spent += amount,
        }
    }

    fn enter(&mut self, id: u64, at: i64, occasion: Option<u64>) {
        let slot = self.customers.len() as u32;
        self.slots.insert(id, slot);
        if let Some(occasion) = occasion {
            self.occasions.insert((slot, occasion), Part::First);
        }
        self.customers.push(Customer {
            id,
            first: at,
            last: at,
            instant: at,
            part: Part::First,
            repeats: 0,
            spent: 0.0,
            log_gaps: 0.0,
            holdout: 0,
            holdout_spent: 0.0,
        });
    }
}

/// The customers of all shards in the order of their numbers.
fn finish(shards: &[Shard], ends: Ends, amounts: bool, holdout: Option<i64>) -> Summary {
    let mut order: Vec<(u64, &Customer)> =
        shards.iter().flat_map(|shard| shard.customers.iter().map(|customer| (customer.id, customer))).collect();
    order.par_sort_unstable_by_key(|(id, _)| *id);
    let units = |micros: i64| micros as f64 / ends.period as f64;
    let mean = |sum: f64, n: u64| if amounts && n > 0 { sum / n as f64 } else { f64::NAN };
    let mut all = Summary { holdout: units(holdout.unwrap_or(0)), ..Summary::default() };
    for (_, customer) in order {
        all.customer.push(customer.id);
        all.frequency.push(customer.repeats as f64);
        all.recency.push(units(customer.last.saturating_sub(customer.first)));
        all.age.push(units(ends.calibration.saturating_sub(customer.first)));
        all.spend.push(mean(customer.spent, customer.repeats));
        all.log_gaps.push(customer.log_gaps);
        if holdout.is_some() {
            all.holdout_frequency.push(customer.holdout as f64);
            all.holdout_spend.push(mean(customer.holdout_spent, customer.holdout));
        }
    }
    all
}

impl Customer {
    /// Counts an occasion that begins at `at`.
    fn occasion(&mut self, part: Part, at: i64, period: i64) {
        (self.instant, self.part) = (at, part);
        if part == Part::Holdout {
            self.holdout += 1;
            return;
        }
        self.repeats += 1;
        // Two occasions with ids may share an instant; their gap counts as a microsecond.
        let gap = at.saturating_sub(self.last).max(1);
        self.log_gaps += ln(gap as f64 / period as f64);
        self.last = at;
    }
}
