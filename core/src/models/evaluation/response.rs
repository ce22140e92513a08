//! How the response falls, or does not, from one contact to the next.

use super::{Z95, range};
use crate::base::{Claim, Result, Verdict};
use crate::models::linear::{Cholesky, Isotonic};

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
        let fitted = falling(&contacts, &rate, &rows)?;
        let weights: Vec<f64> = rows.iter().map(|rows| *rows as f64).collect();
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

/// What came of one number of contacts, among customers for whom as many had been chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByContact {
    /// How often the action was chosen, this time included.
    pub chosen: u32,
    /// How often it was sent, this time included; what lies between was withheld at random.
    pub sent: u32,
    /// Rows.
    pub rows: u64,
    /// Successes among them.
    pub successes: u64,
}

impl ByContact {
    fn rate(&self) -> f64 {
        self.successes as f64 / self.rows as f64
    }
}

/// Fewest rows that tell of the number of contacts.
const LEAST: u64 = 50;

impl ResponseByContact {
    /// From contacts of which some were withheld at random: those for whom the action was chosen as often differ in how
    /// often it was sent by chance alone, so they are compared with each other. The rates are those of a least-squares
    /// fit of one level for each number chosen and one for each number sent, each of the latter held to that of the
    /// first contact by the weight of one row; at the levels of all rows. "Cannot tell" where nothing was withheld.
    /// Cost: numbers^3.
    pub fn of_withheld(cells: &[ByContact]) -> Self {
        let cells: Vec<ByContact> = cells.iter().copied().filter(|cell| cell.rows > 0 && cell.sent > 0).collect();
        let mut contact: Vec<u32> = cells.iter().map(|cell| cell.sent).collect();
        contact.sort_unstable();
        contact.dedup();
        let strata = strata(&cells);
        let verdict = within(&strata);
        let place = |sent: u32| contact.binary_search(&sent).unwrap_or(0);
        let levels = levels(&strata, contact.len(), place);
        let all: f64 = cells.iter().map(|cell| cell.rows as f64).sum();
        let first = cells.iter().map(|cell| cell.successes as f64 - cell.rows as f64 * levels[place(cell.sent)]);
        let first = first.sum::<f64>() / all;
        let rate: Vec<f64> = levels.iter().map(|level| (first + level).clamp(0.0, 1.0)).collect();
        let of = |sent: u32| cells.iter().filter(move |cell| cell.sent == sent).map(|cell| cell.rows).sum::<u64>();
        let rows: Vec<u64> = contact.iter().map(|sent| of(*sent)).collect();
        let fitted = falling(&contact, &rate, &rows).unwrap_or_else(|_| rate.clone());
        ResponseByContact { contact, rows, rate, fitted, verdict }
    }

    /// The response to the n-th contact as a share of that to the first, by the fitted response: 1 where no fall is
    /// claimed, unknown (NaN) where it can't be told. Beyond the last contact that there was it is that one's.
    pub fn share(&self, nth: f64) -> f64 {
        let first = self.fitted.first().copied().unwrap_or(0.0);
        match self.verdict.claim {
            Claim::CannotTell => f64::NAN,
            Claim::Effect if self.verdict.value < 0.0 && first > 0.0 => {
                let last = self.contact.iter().rposition(|contact| f64::from(*contact) <= nth).unwrap_or(0);
                self.fitted.get(last).map_or(1.0, |rate| rate / first)
            }
            _ => 1.0,
        }
    }
}

/// Cells of one number chosen, each.
fn strata(cells: &[ByContact]) -> Vec<Vec<ByContact>> {
    let mut cells = cells.to_vec();
    cells.sort_by_key(|cell| (cell.chosen, cell.sent));
    cells.chunk_by(|a, b| a.chosen == b.chosen).map(<[ByContact]>::to_vec).collect()
}

/// The level of each contact against the first, the levels of the strata taken out.
fn levels(strata: &[Vec<ByContact>], contacts: usize, place: impl Fn(u32) -> usize) -> Vec<f64> {
    let mut matrix = vec![0.0; contacts * contacts];
    let mut target = vec![0.0; contacts];
    for stratum in strata {
        let rows: f64 = stratum.iter().map(|cell| cell.rows as f64).sum();
        let mean = stratum.iter().map(|cell| cell.successes as f64).sum::<f64>() / rows;
        for cell in stratum {
            let (own, weight) = (place(cell.sent), cell.rows as f64);
            target[own] += cell.successes as f64 - weight * mean;
            matrix[own * contacts + own] += weight;
            for other in stratum {
                matrix[own * contacts + place(other.sent)] -= weight * other.rows as f64 / rows;
            }
        }
    }
    // The first contact is the level 0; its row and column are those of the unit matrix.
    for other in 0..contacts {
        matrix[other] = 0.0;
        matrix[other * contacts] = 0.0;
        matrix[other * contacts + other] += 1.0;
    }
    target.iter_mut().take(1).for_each(|first| *first = 0.0);
    match Cholesky::new(&matrix, contacts) {
        Some(factor) => factor.solve(&mut target),
        None => target.fill(0.0),
    }
    target
}

/// The slope of successes on contacts within strata.
fn within(strata: &[Vec<ByContact>]) -> Verdict {
    let (mut spread, mut slope, mut squares, mut n) = (0.0, 0.0, 0.0, 0);
    for stratum in strata.iter().filter(|stratum| stratum.len() > 1) {
        let rows: f64 = stratum.iter().map(|cell| cell.rows as f64).sum();
        let mean = stratum.iter().map(|cell| cell.rows as f64 * f64::from(cell.sent)).sum::<f64>() / rows;
        for cell in stratum {
            let (w, x) = (cell.rows as f64, f64::from(cell.sent) - mean);
            // Half a success and half a failure more, so that no cell is sure of itself.
            let r = (cell.successes as f64 + 0.5) / (w + 1.0);
            spread += w * x * x;
            slope += w * x * cell.rate();
            squares += w * x * x * r * (1.0 - r);
            n += cell.rows;
        }
    }
    if n < LEAST || spread <= 0.0 {
        let why =
            format!("{n} contacts differ by chance in their number; where nothing is withheld at random none does");
        return Verdict::cannot_tell(n, why);
    }
    let (slope, reach) = (slope / spread, Z95 * squares.sqrt() / spread);
    let why = "change of the response from contact to contact, among those for whom it was chosen as often";
    Verdict::from_interval(slope, (slope - reach, slope + reach), 0.0, n, why)
}

/// Rates that never rise from contact to contact.
fn falling(contacts: &[u32], rate: &[f64], rows: &[u64]) -> Result<Vec<f64>> {
    let falling: Vec<f64> = contacts.iter().map(|n| -f64::from(*n)).collect();
    let weights: Vec<f64> = rows.iter().map(|rows| *rows as f64).collect();
    let isotonic = Isotonic::fit(&falling, rate, Some(&weights))?;
    Ok(falling.iter().map(|n| isotonic.probability(*n)).collect())
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
