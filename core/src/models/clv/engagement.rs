//! Customer engagement value: what a customer is worth beyond the own purchases.
//!
//! CEV = CLV + CRV + CIV + CKV (Kumar et al. 2010, "Undervalued or overvalued customers"): lifetime
//! value; referral value (Kumar, Petersen, Leone 2010: a referred customer who would not have come
//! otherwise brings margin and saves the cost of acquisition, one who would have come anyway only
//! saves it); influence on those who are tied to the customer; and knowledge given to others.
//!
//! No value is credited twice: a customer is referred once, by the first referral that names it, and
//! a pair that is a referral is not an influence too. Credit for another's margin stands beside that
//! other's own CLV, so that totals over customers would count it twice; `debited` says how much, and
//! `net` is free of it.

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use super::history::same_length;
use crate::base::{Error, ErrorKind, Result};

#[cfg(test)]
mod tests;

/// One customer who brought another; customers are indices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Referral {
    /// Who referred.
    pub from: u32,
    /// Who came.
    pub to: u32,
    /// Whether the customer would have come anyway (type two).
    pub came_anyway: bool,
    /// Discounted margin of the one who came; credited unless `came_anyway`.
    pub margin: f64,
    /// Discounted cost of acquisition that was saved.
    pub saved: f64,
}

/// Part of one customer's value that another one's word brought about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Influence {
    /// Whose word.
    pub from: u32,
    /// Whose purchases.
    pub to: u32,
    /// Discounted margin that the tie brought about.
    pub value: f64,
}

/// Something that a customer told others or the company.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contribution {
    /// Who.
    pub customer: u32,
    /// What it is worth if fully helpful, discounted or decayed to now.
    pub value: f64,
    /// How helpful it was, 0 to 1.
    pub helpfulness: f64,
}

/// Engagement value of each customer, by component.
#[derive(Debug, Clone, PartialEq)]
pub struct Engagement {
    /// Lifetime value, as given.
    pub lifetime: Vec<f64>,
    /// Referral value.
    pub referral: Vec<f64>,
    /// Influence value.
    pub influence: Vec<f64>,
    /// Knowledge value.
    pub knowledge: Vec<f64>,
    /// The sum of the four, added in this order.
    pub total: Vec<f64>,
    /// The part of the own lifetime value for which others are credited.
    pub debited: Vec<f64>,
    /// `total` less `debited`: sums over customers count nothing twice.
    pub net: Vec<f64>,
}

/// The engagement value of customers 0 to `lifetime.len()`.
///
/// Errors: an index beyond the customers, a customer that refers or influences itself, a value that
/// is not finite, helpfulness outside of [0, 1]. One pass over each list.
///
/// ```
/// use bactrian::models::clv::{Referral, engagement};
///
/// let referral = Referral { from: 0, to: 1, came_anyway: false, margin: 40.0, saved: 5.0 };
/// let value = engagement(&[100.0, 40.0], &[referral], &[], &[])?;
/// assert_eq!(value.total, [145.0, 40.0]);
/// assert_eq!(value.net, [145.0, 0.0]);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn engagement(
    lifetime: &[f64],
    referrals: &[Referral],
    influences: &[Influence],
    contributions: &[Contribution],
) -> Result<Engagement> {
    let n = lifetime.len();
    finite("lifetime", lifetime.iter().copied())?;
    check_pairs("referral", n, referrals.iter().map(|r| (r.from, r.to)))?;
    check_pairs("influence", n, influences.iter().map(|i| (i.from, i.to)))?;
    finite("referral", referrals.iter().flat_map(|r| [r.margin, r.saved]))?;
    finite("influence", influences.iter().map(|i| i.value))?;
    finite("contribution", contributions.iter().map(|c| c.value))?;
    if let Some(row) = contributions.iter().position(|c| c.customer as usize >= n) {
        return Err(beyond("contribution", row, n));
    }
    if let Some(row) = contributions.iter().position(|c| !(0.0..=1.0).contains(&c.helpfulness)) {
        let error = format!("the helpfulness of contribution {row} is not between 0 and 1");
        return Err(Error::new(ErrorKind::SchemaRange, error));
    }

    let mut referral = vec![0.0; n];
    let mut influence = vec![0.0; n];
    let mut knowledge = vec![0.0; n];
    let mut debited = vec![0.0; n];
    let mut came: HashSet<u32, FixedState> = HashSet::default();
    let mut pairs: HashSet<(u32, u32), FixedState> = HashSet::default();
    for r in referrals {
        if came.insert(r.to) {
            pairs.insert((r.from, r.to));
            let margin = if r.came_anyway { 0.0 } else { r.margin };
            referral[r.from as usize] += margin + r.saved;
            debited[r.to as usize] += margin;
        }
    }
    for i in influences {
        if pairs.insert((i.from, i.to)) {
            influence[i.from as usize] += i.value;
            debited[i.to as usize] += i.value;
        }
    }
    for c in contributions {
        knowledge[c.customer as usize] += c.value * c.helpfulness;
    }
    let total: Vec<f64> = (0..n).map(|i| lifetime[i] + referral[i] + influence[i] + knowledge[i]).collect();
    let net = total.iter().zip(&debited).map(|(total, debited)| total - debited).collect();
    Ok(Engagement { lifetime: lifetime.to_vec(), referral, influence, knowledge, total, debited, net })
}

fn finite(name: &str, mut values: impl Iterator<Item = f64>) -> Result<()> {
    match values.any(|value| !value.is_finite()) {
        false => Ok(()),
        true => Err(Error::new(ErrorKind::SchemaRange, format!("a value of `{name}` is not finite"))),
    }
}

fn beyond(name: &str, row: usize, n: usize) -> Error {
    Error::new(ErrorKind::SchemaRange, format!("`{name}` {row} names a customer beyond the {n} given"))
}

fn check_pairs(name: &str, n: usize, pairs: impl Iterator<Item = (u32, u32)>) -> Result<()> {
    for (row, (from, to)) in pairs.enumerate() {
        if from as usize >= n || to as usize >= n {
            return Err(beyond(name, row, n));
        }
        if from == to {
            let error = format!("`{name}` {row} ties customer {from} to itself");
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
    }
    Ok(())
}

/// Knowledge decays: the sum of value x helpfulness x 2^(-age / half_life) of dated contributions,
/// as [`Contribution`]s that [`engagement`] takes.
///
/// Errors: columns of different lengths, an age that is negative or not finite, a half-life not above 0.
///
/// ```
/// use bactrian::models::clv::decayed_contributions;
///
/// let all = decayed_contributions(&[3], &[8.0], &[0.5], &[60.0], 30.0)?;
/// assert_eq!(all[0].value, 2.0);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn decayed_contributions(
    customer: &[u32],
    value: &[f64],
    helpfulness: &[f64],
    age: &[f64],
    half_life: f64,
) -> Result<Vec<Contribution>> {
    let n = customer.len();
    same_length(&[("customer", n), ("value", value.len()), ("helpfulness", helpfulness.len()), ("age", age.len())])?;
    super::fitted::positive("half_life", half_life)?;
    super::history::check_times(age)?;
    let rows = customer.iter().zip(value).zip(helpfulness.iter().zip(age));
    let contribution = |((&customer, value), (&helpfulness, age)): ((&u32, &f64), (&f64, &f64))| {
        let kept = crate::base::numeric::exp2(-age / half_life);
        Contribution { customer, value: value * kept, helpfulness }
    };
    Ok(rows.map(contribution).collect())
}
