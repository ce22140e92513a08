//! Rates at three levels: everyone, a segment, a person; each level is drawn to the one above it.
//!
//! A person's rate is drawn from a beta distribution about the segment's, and a segment's from one about
//! everyone's. How closely each holds together, its concentration, is what makes the counts most likely
//! (beta-binomial, by maximum likelihood), so that persons answer for themselves where they differ, and the
//! average answers where they do not, or say little.

mod shares;
#[cfg(test)]
mod tests;

pub use shares::Shares;

use crate::base::numeric::special::{beta_inc, ln_beta};
use crate::base::numeric::{exp, ln};
use crate::base::{Error, ErrorKind, Result};

/// Natural logarithms of the least and greatest concentration.
const RANGE: (f64, f64) = (-5.0, 14.0);
/// Steps of a search by thirds; each keeps 0.618 of the range.
const STEPS: u32 = 60;

/// The level that has most weight in an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// All segments.
    Everyone,
    /// The person's segment.
    Segment,
    /// The person.
    Person,
}

impl Level {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Level::Everyone => "everyone",
            Level::Segment => "segment",
            Level::Person => "person",
        }
    }
}

/// A rate with its interval, and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The rate.
    pub value: f64,
    /// 95% credible interval of the person's own rate, the levels above taken as known.
    pub interval: (f64, f64),
    /// Weights of everyone's rate, the segment's and the person's, which sum to 1.
    pub weights: [f64; 3],
    /// The level of the greatest weight, the upper of equal ones.
    pub level: Level,
}

/// Rates of everyone and of segments, and how closely they hold together.
///
/// ```
/// use bactrian::models::pooling::{Level, Pooled};
///
/// // Persons of two segments: the segments differ, persons inside of them hardly.
/// let segments: Vec<u32> = (0..200).map(|row| row % 2).collect();
/// let successes: Vec<f64> = (0..200).map(|row| f64::from(if row % 2 == 0 { 2 } else { 7 } + row / 2 % 2)).collect();
/// let pooled = Pooled::fit(&segments, &successes, &[10.0; 200])?;
/// let newcomer = pooled.estimate(1, 0.0, 0.0);
/// assert!((newcomer.value - 0.75).abs() < 0.01 && newcomer.level == Level::Segment);
/// let stranger = pooled.estimate(9, 0.0, 0.0);
/// assert!((stranger.value - 0.5).abs() < 0.01 && stranger.level == Level::Everyone);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Pooled {
    /// The rate of everyone.
    pub rate: f64,
    /// Rows' worth of evidence that everyone's rate is for a segment.
    pub between: f64,
    /// Rows' worth of evidence that a segment's rate is for a person.
    pub within: f64,
    /// Rising by label: successes and trials.
    segments: Vec<(u32, f64, f64)>,
}

impl Pooled {
    /// Learns from persons: the segment, successes and trials of each. A person without trials tells nothing.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where lengths differ, or a count is negative, unknown, or larger than its
    /// trials; with [`ErrorKind::NotEnoughData`] without a trial. Cost: a sort, and some 120 passes over the persons.
    pub fn fit(segments: &[u32], successes: &[f64], trials: &[f64]) -> Result<Self> {
        let sound = |(s, n): (&f64, &f64)| *s >= 0.0 && s <= n && n.is_finite();
        let alike = segments.len() == successes.len() && segments.len() == trials.len();
        if !alike || !successes.iter().zip(trials).all(sound) {
            return Err(Error::new(ErrorKind::SchemaRange, "each person needs a segment, and successes of trials"));
        }
        let mut order: Vec<usize> = (0..segments.len()).filter(|row| trials[*row] > 0.0).collect();
        order.sort_by_key(|row| segments[*row]);
        let total = |rows: &[usize], of: &[f64]| rows.iter().map(|row| of[*row]).sum::<f64>();
        let (all, n) = (total(&order, successes), total(&order, trials));
        if n == 0.0 {
            return Err(Error::new(ErrorKind::NotEnoughData, "nobody has a trial"));
        }
        let parts: Vec<&[usize]> = order.chunk_by(|a, b| segments[*a] == segments[*b]).collect();
        let of = |part: &&[usize]| {
            let label = part.first().map_or(0, |row| segments[*row]);
            (label, total(part, successes), total(part, trials))
        };
        let counts: Vec<(u32, f64, f64)> = parts.iter().map(of).collect();
        // A rate of 0 or 1 would leave no room: half a row of each.
        let rate = (all + 0.5) / (n + 1.0);
        let between = concentration(|k| counts.iter().map(|(_, s, n)| likelihood(*s, *n, rate, k)).sum());
        let pooled = Pooled { rate, between, within: 1.0, segments: counts };
        let within = concentration(|k| {
            let part = |part: &&[usize]| {
                let mean = part.first().map_or(rate, |row| pooled.segment(segments[*row]).0);
                part.iter().map(|row| likelihood(successes[*row], trials[*row], mean, k)).sum::<f64>()
            };
            parts.iter().map(part).sum()
        });
        Ok(Pooled { within, ..pooled })
    }

    /// The rate of a segment, drawn to everyone's, and the weight of its own evidence in it; everyone's rate and
    /// no weight for a segment never met.
    pub fn segment(&self, label: u32) -> (f64, f64) {
        let found = self.segments.binary_search_by_key(&label, |(known, ..)| *known).ok();
        let (s, n) = found.and_then(|at| self.segments.get(at)).map_or((0.0, 0.0), |(_, s, n)| (*s, *n));
        ((s + self.between * self.rate) / (n + self.between), n / (n + self.between))
    }

    /// Every segment that had trials, rising by label, with its successes and trials.
    pub fn segments(&self) -> &[(u32, f64, f64)] {
        &self.segments
    }

    /// From what [`Pooled::fit`] found: everyone's rate, the two concentrations, and [`Pooled::segments`].
    ///
    /// Errors with [`ErrorKind::SchemaRange`] for a rate that lies not between 0 and 1, a concentration that is not
    /// positive, or segments that do not rise.
    pub fn from_parts(rate: f64, between: f64, within: f64, segments: Vec<(u32, f64, f64)>) -> Result<Self> {
        let sound = rate > 0.0 && rate < 1.0 && between > 0.0 && within > 0.0;
        let rising = segments.windows(2).all(|pair| matches!(pair, [a, b] if a.0 < b.0));
        if !sound || !rising || !segments.iter().all(|(_, s, n)| *s >= 0.0 && s <= n) {
            return Err(Error::new(ErrorKind::SchemaRange, "these are no pooled rates"));
        }
        Ok(Pooled { rate, between, within, segments })
    }

    /// The beta distribution of the rate of a person of a segment, of whom successes and trials are known, the
    /// levels above taken as known: its parameters a and b.
    pub fn posterior(&self, segment: u32, successes: f64, trials: f64) -> (f64, f64) {
        let (mean, _) = self.segment(segment);
        (successes + self.within * mean, trials - successes + self.within * (1.0 - mean))
    }

    /// The rate of a person of a segment, of whom successes and trials are known; 0 of 0 is a newcomer.
    pub fn estimate(&self, segment: u32, successes: f64, trials: f64) -> Estimate {
        let (_, own) = self.segment(segment);
        let (a, b) = self.posterior(segment, successes, trials);
        let person = trials / (trials + self.within);
        let weights = [(1.0 - person) * (1.0 - own), (1.0 - person) * own, person];
        let levels = [Level::Everyone, Level::Segment, Level::Person];
        let most = (1..3).fold(0, |most, at| if weights[at] > weights[most] { at } else { most });
        Estimate {
            value: a / (a + b),
            interval: (beta_quantile(0.025, a, b), beta_quantile(0.975, a, b)),
            weights,
            level: levels[most],
        }
    }
}

/// The log-likelihood of a beta-binomial with this mean and concentration, without what does not depend on them.
fn likelihood(s: f64, n: f64, mean: f64, k: f64) -> f64 {
    ln_beta(s + k * mean, n - s + k * (1.0 - mean)) - ln_beta(k * mean, k * (1.0 - mean))
}

/// The concentration of the greatest likelihood, by golden section over its logarithm.
fn concentration(likelihood: impl Fn(f64) -> f64) -> f64 {
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let (mut low, mut high) = RANGE;
    for _ in 0..STEPS {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if likelihood(exp(left)) < likelihood(exp(right)) { low = left } else { high = right }
    }
    exp(0.5 * (low + high))
}

/// The x at which the distribution function of the beta distribution with parameters a and b is p.
///
/// Newton's steps, kept between the bounds found so far. For a and b above 0 and p between 0 and 1; otherwise
/// unknown. Cost: some ten incomplete beta functions.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    if !(a > 0.0 && b > 0.0 && (0.0..=1.0).contains(&p)) {
        return f64::NAN;
    }
    let (mut low, mut high) = (0.0, 1.0);
    let mut x = a / (a + b);
    for _ in 0..STEPS {
        let gap = beta_inc(a, b, x) - p;
        if gap < 0.0 {
            low = x
        } else {
            high = x
        }
        let density = exp((a - 1.0) * ln(x) + (b - 1.0) * ln(1.0 - x) - ln_beta(a, b));
        let step = x - gap / density;
        let next = if step > low && step < high { step } else { 0.5 * (low + high) };
        if (next - x).abs() <= 1e-15 * x {
            return next;
        }
        x = next;
    }
    x
}
