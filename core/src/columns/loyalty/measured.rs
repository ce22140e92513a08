//! Loyalty measured against profit, over all buyers and segment by segment.

use crate::base::{Result, Verdict};
use crate::models::loyalty::loyalty_and_profit;
use crate::program::{Diagnostics, Input, Population};

/// What loyalty is measured against.
pub(super) struct Measured {
    /// The column of profits.
    pub profit: usize,
    /// The column whose names part the buyers.
    pub segment: Option<usize>,
}

/// A buyer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Buyer {
    loyalty: f64,
    profit: f64,
    /// A key; NaN where it is unknown or not asked for.
    segment: f64,
}

impl Measured {
    pub fn inputs(&self) -> impl Iterator<Item = Input> {
        std::iter::once(self.profit).chain(self.segment).map(Input::Column)
    }

    /// A buyer of this loyalty, with the values of [`Measured::inputs`].
    pub fn buyer(&self, loyalty: f64, values: &[f64]) -> Buyer {
        let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
        Buyer { loyalty, profit: at(0), segment: at(1) }
    }
}

/// The verdict of some buyers, and how many stand in each quarter.
fn one(
    buyers: &[Buyer],
    suffix: &str,
    diagnostics: &mut Diagnostics,
    verdicts: &mut Vec<(String, Verdict)>,
) -> Result<()> {
    let (loyalty, profit): (Vec<f64>, Vec<f64>) = buyers.iter().map(|buyer| (buyer.loyalty, buyer.profit)).unzip();
    let found = loyalty_and_profit(&loyalty, &profit)?;
    let groups = [
        ("strangers", found.strangers),
        ("butterflies", found.butterflies),
        ("barnacles", found.barnacles),
        ("true_friends", found.true_friends),
    ];
    diagnostics.extend(groups.map(|(name, count)| (format!("{name}{suffix}"), count as f64)));
    let profits = groups.iter().zip(found.mean_profit);
    diagnostics.extend(profits.map(|((name, _), profit)| (format!("{name}_profit{suffix}"), profit)));
    verdicts.push((format!("loyalty_and_profit{suffix}"), found.verdict));
    Ok(())
}

/// Tells of all buyers, then of those of each segment, in the order of their names.
pub(super) fn told(
    buyers: &[Buyer],
    population: &dyn Population,
    diagnostics: &mut Diagnostics,
    verdicts: &mut Vec<(String, Verdict)>,
) -> Result<()> {
    one(buyers, "", diagnostics, verdicts)?;
    let mut named: Vec<(&str, Buyer)> = buyers
        .iter()
        .filter(|buyer| !buyer.segment.is_nan())
        .map(|buyer| (population.key(buyer.segment as u32), *buyer))
        .collect();
    named.sort_by_key(|(name, _)| *name);
    for segment in named.chunk_by(|a, b| a.0 == b.0) {
        let buyers: Vec<Buyer> = segment.iter().map(|(_, buyer)| *buyer).collect();
        let name = segment.first().map_or("", |(name, _)| *name);
        one(&buyers, &format!("_{name}"), diagnostics, verdicts)?;
    }
    Ok(())
}
