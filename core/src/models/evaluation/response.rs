//! How the response falls, or does not, from one contact to the next.

use super::{Z95, range};
use crate::base::{Claim, Result, Verdict};
use crate::models::linear::Isotonic;

/// Most contacts of one customer.
const MOST: u32 = 100_000;

/// The response to the n-th contact.
///
/// ```
/// use bactrian::models::evaluation::ResponseByContact;
///
/// let contact: Vec<u32> = (0..600).map(|row| 1 + row % 3).collect();
/// let success: Vec<bool> = (0..600).map(|row| row / 3 % 10 < [6, 3, 1][row as usize % 3]).collect();
/// let found = ResponseByContact::new(&contact, &success, true)?;
/// assert_eq!(found.rate, [0.6, 0.3, 0.1]);
/// assert_eq!((found.verdict.claim.to_string().as_str(), found.worth(10.0, 2.0)), ("effect", 2));
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseByContact {
    /// Which contacts there were, rising.
    pub contact: Vec<u32>,
    /// Rows of each.
    pub rows: Vec<u64>,
    /// Share of successes of each.
    pub rate: Vec<f64>,
    /// The same, never rising: isotonic regression.
    pub fitted: Vec<f64>,
    /// Whether the response changes from contact to contact: the slope of a line through all rows, an "effect" below 0
    /// being diminishing returns. "Cannot tell" where the contacts were not randomised: who is contacted often is
    /// then another customer, and the slope stands only for what was seen.
    pub verdict: Verdict,
}

impl ResponseByContact {
    /// From the number of each contact (1 is the first) and whether it succeeded. Cost: a sort.
    ///
    /// Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange) where lengths differ, there is no row, or a contact
    /// is 0 or above 100,000.
    pub fn new(contact: &[u32], success: &[bool], randomised: bool) -> Result<Self> {
        if contact.len() != success.len() || contact.is_empty() || contact.iter().any(|n| *n == 0 || *n > MOST) {
            return range(format!("{} contacts, numbered from 1, and {} outcomes", contact.len(), success.len()));
        }
        let mut order: Vec<(u32, bool)> = contact.iter().copied().zip(success.iter().copied()).collect();
        order.sort_unstable();
        let (mut contacts, mut rows, mut rate) = (Vec::new(), Vec::new(), Vec::new());
        for same in order.chunk_by(|a, b| a.0 == b.0) {
            contacts.extend(same.first().map(|row| row.0));
            rows.push(same.len() as u64);
            rate.push(same.iter().filter(|row| row.1).count() as f64 / same.len() as f64);
        }
        let falling: Vec<f64> = contacts.iter().map(|n| -f64::from(*n)).collect();
        let weights: Vec<f64> = rows.iter().map(|rows| *rows as f64).collect();
        let isotonic = Isotonic::fit(&falling, &rate, Some(&weights))?;
        let fitted = falling.iter().map(|n| isotonic.probability(*n)).collect();
        let verdict = trend(&contacts, &weights, &rate, randomised);
        Ok(ResponseByContact { contact: contacts, rows, rate, fitted, verdict })
    }

    /// How many contacts are worth it: those before the first whose fitted response times `value` is not above `cost`.
    pub fn worth(&self, value: f64, cost: f64) -> u32 {
        let stop = self.fitted.iter().position(|rate| rate * value <= cost);
        match stop.and_then(|stop| self.contact.get(stop)) {
            Some(first) => first - 1,
            None => self.contact.last().copied().unwrap_or(0),
        }
    }
}

/// The least-squares slope of successes on contacts, with an error that allows for their own variances.
fn trend(contacts: &[u32], weights: &[f64], rate: &[f64], randomised: bool) -> Verdict {
    let n: f64 = weights.iter().sum();
    let rows = || contacts.iter().map(|n| f64::from(*n)).zip(weights).zip(rate);
    let mean = rows().map(|((x, w), _)| w * x).sum::<f64>() / n;
    let spread: f64 = rows().map(|((x, w), _)| w * (x - mean) * (x - mean)).sum();
    if spread <= 0.0 {
        return Verdict::cannot_tell(n as u64, "every contact has the same number");
    }
    let slope = rows().map(|((x, w), r)| w * (x - mean) * r).sum::<f64>() / spread;
    let squares: f64 = rows().map(|((x, w), r)| w * (x - mean) * (x - mean) * r * (1.0 - r)).sum();
    let reach = Z95 * squares.sqrt() / spread;
    let told = Verdict::from_interval(
        slope,
        (slope - reach, slope + reach),
        0.0,
        n as u64,
        "change of the response from contact to contact",
    );
    if randomised {
        return told;
    }
    Verdict { claim: Claim::CannotTell, why: "the number of contacts was not randomised".to_owned(), ..told }
}
