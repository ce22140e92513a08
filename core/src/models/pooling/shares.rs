//! Shares of many categories: everyone's, and a person's drawn to them.

use crate::base::numeric::ln;
use crate::base::numeric::special::ln_gamma;
use crate::base::{Error, ErrorKind, Result};

/// What a category without an event counts for in everyone's shares.
const HALF: f64 = 0.5;

/// Everyone's shares of some categories, and how closely persons hold to them.
///
/// A person's shares are drawn from a Dirichlet distribution about everyone's; its concentration is what makes the
/// counts most likely (Dirichlet-multinomial, by maximum likelihood).
///
/// ```
/// use bactrian::models::pooling::Shares;
///
/// // Each of a hundred persons has a category of their own.
/// let rows: Vec<Vec<(u32, f64)>> = (0..100).map(|person| vec![(person % 2, 10.0)]).collect();
/// let shares = Shares::fit(&rows, 2)?;
/// assert!(shares.bits(&[]).abs() < 1e-12);
/// assert!(shares.bits(&[(0, 10.0)]) > 0.9); // of the one bit that there is to know
/// assert!(shares.chance(0, &[(0, 10.0)]) > 0.98);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    prior: Vec<f64>,
    concentration: f64,
}

impl Shares {
    /// Learns from persons' counts by category, each rising by category below `categories`.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] for a category out of range, or a count that is negative or not
    /// finite; with [`ErrorKind::NotEnoughData`] without a count. Cost: some 120 passes over the counts.
    pub fn fit(rows: &[Vec<(u32, f64)>], categories: usize) -> Result<Self> {
        let mut totals = vec![HALF; categories];
        for (category, count) in rows.iter().flatten() {
            match totals.get_mut(*category as usize).filter(|_| *count >= 0.0 && count.is_finite()) {
                Some(total) => *total += count,
                None => {
                    let text = format!("no count of one of {categories} categories: {count} of {category}");
                    return Err(Error::new(ErrorKind::SchemaRange, text));
                }
            }
        }
        if rows.iter().flatten().all(|(_, count)| *count == 0.0) {
            return Err(Error::new(ErrorKind::NotEnoughData, "nobody has an event with a category"));
        }
        let all: f64 = totals.iter().sum();
        let prior: Vec<f64> = totals.into_iter().map(|total| total / all).collect();
        let concentration = super::concentration(|k| rows.iter().map(|row| likelihood(row, &prior, k)).sum());
        Ok(Shares { prior, concentration })
    }

    /// From everyone's shares and the concentration, as [`Shares::fit`] found them.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] for a share or a concentration that is not positive.
    pub fn from_parts(prior: Vec<f64>, concentration: f64) -> Result<Self> {
        let positive = |value: &f64| *value > 0.0 && value.is_finite();
        if !prior.iter().all(positive) || !positive(&concentration) {
            return Err(Error::new(ErrorKind::SchemaRange, "shares and their concentration are positive"));
        }
        Ok(Shares { prior, concentration })
    }

    /// Everyone's shares.
    pub fn prior(&self) -> &[f64] {
        &self.prior
    }

    /// Events' worth of evidence that everyone's shares are for a person.
    pub fn concentration(&self) -> f64 {
        self.concentration
    }

    /// The chance that a person's next event is of a category, by the counts of those before; unknown for a
    /// category out of range.
    pub fn chance(&self, category: u32, counts: &[(u32, f64)]) -> f64 {
        let n: f64 = counts.iter().map(|(_, count)| count).sum();
        let own = counts.binary_search_by_key(&category, |(known, _)| *known).ok().and_then(|at| counts.get(at));
        let prior = self.prior.get(category as usize).copied().unwrap_or(f64::NAN);
        (own.map_or(0.0, |(_, count)| *count) + self.concentration * prior) / (n + self.concentration)
    }

    /// What is known of a person beyond what is known of everyone: by how many bits the entropy of the next
    /// event's category is below that of everyone's. Negative for who is more varied than everyone.
    pub fn bits(&self, counts: &[(u32, f64)]) -> f64 {
        self.entropy(&[]) - self.entropy(counts)
    }

    /// Entropy, in bits, of the category of a person's next event.
    pub fn entropy(&self, counts: &[(u32, f64)]) -> f64 {
        let n: f64 = counts.iter().map(|(_, count)| count).sum();
        let mut known = counts.iter().copied().peekable();
        let nats = self.prior.iter().enumerate().map(|(category, prior)| {
            let own = known.next_if(|(at, _)| *at as usize == category).map_or(0.0, |(_, count)| count);
            let share = (own + self.concentration * prior) / (n + self.concentration);
            -share * ln(share)
        });
        nats.sum::<f64>() / std::f64::consts::LN_2
    }
}

/// The log-likelihood of one person's counts, without what does not depend on the concentration.
fn likelihood(row: &[(u32, f64)], prior: &[f64], k: f64) -> f64 {
    let n: f64 = row.iter().map(|(_, count)| count).sum();
    let own = row.iter().map(|(category, count)| {
        let a = k * prior.get(*category as usize).copied().unwrap_or(1.0);
        ln_gamma(a + count) - ln_gamma(a)
    });
    ln_gamma(k) - ln_gamma(k + n) + own.sum::<f64>()
}
