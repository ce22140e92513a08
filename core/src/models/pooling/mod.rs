//! Rates at three levels: everyone, a segment, a person; each level is drawn to the one above it.
//!
//! A person's rate is drawn from a beta distribution about the segment's, and a segment's from one about
//! everyone's. How closely each holds together, its concentration, is what the counts say (beta-binomial likelihood)
//! with a prior that is worth one look: about ten trials, or as many as hold one success and one failure, its
//! logarithm being logistic. So persons answer for themselves where they differ, the average answers where they do not, or
//! say little, and where the counts can't tell, as of one trial each, ten trials of one's own weigh as much as the average.

mod interval;
mod shares;
#[cfg(test)]
mod tests;

pub use interval::{beta_quantile, jeffreys, share_interval};
pub use shares::Shares;

use crate::base::numeric::special::ln_beta;
use crate::base::numeric::{exp, ln, ln_1p};
use crate::base::{Error, ErrorKind, Result};

/// Natural logarithms of the least and greatest concentration.
const RANGE: (f64, f64) = (-5.0, 14.0);
/// Steps of a search by thirds; each keeps 0.618 of the range.
const STEPS: u32 = 60;
/// The concentration that is taken for likely before there are counts, where successes are neither rare nor the rule.
const USUAL: f64 = 10.0;
/// How far two log-likelihoods of a search may be apart by rounding, as a share of them.
const ROUNDING: f64 = 1e-13;

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
    /// 95% credible interval of the person's own rate.
    pub interval: (f64, f64),
    /// Standard error of the person's own rate: what the levels above are not known by is part of it.
    pub error: f64,
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
/// let newcomer = pooled.estimate(1, 0.0, 0.0)?;
/// assert!((newcomer.value - 0.75).abs() < 0.01 && newcomer.level == Level::Segment);
/// let stranger = pooled.estimate(9, 0.0, 0.0)?;
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
    /// The variance of everyone's rate, by how many trials it was found from.
    variance: f64,
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
        let between = likely(rate, |k| counts.iter().map(|(_, s, n)| likelihood(*s, *n, rate, k)).sum());
        let pooled =
            Pooled { rate, between, within: 1.0, variance: variance(rate, between, &counts), segments: counts };
        let within = likely(rate, |k| {
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
        Ok(Pooled { rate, between, within, variance: variance(rate, between, &segments), segments })
    }

    /// The rate of a person of a segment, of whom successes and trials are known; 0 of 0 is a newcomer. The interval is
    /// that of the beta distribution of the rate's mean and variance.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where the successes are negative, unknown, or more than the trials.
    pub fn estimate(&self, segment: u32, successes: f64, trials: f64) -> Result<Estimate> {
        if !(successes >= 0.0 && successes <= trials && trials.is_finite()) {
            let text = format!("{successes} successes of {trials} trials");
            return Err(
                Error::new(ErrorKind::SchemaRange, text).hint("successes are at least 0 and at most the trials")
            );
        }
        let (mean, own) = self.segment(segment);
        let events = trials + self.within;
        let value = (successes + self.within * mean) / events;
        let person = trials / events;
        let weights = [(1.0 - person) * (1.0 - own), (1.0 - person) * own, person];
        let levels = [Level::Everyone, Level::Segment, Level::Person];
        let most = (1..3).fold(0, |most, at| if weights[at] > weights[most] { at } else { most });
        // The segment's own evidence is its trials, of which the weight is n / (n + k).
        let known = self.between / (1.0 - own);
        let above = mean * (1.0 - mean) / (known + 1.0) + (1.0 - own) * (1.0 - own) * self.variance;
        let variance = value * (1.0 - value) / (events + 1.0) + (1.0 - person) * (1.0 - person) * above;
        Ok(Estimate {
            value,
            interval: share_interval(value, variance, 0.95),
            error: variance.sqrt(),
            weights,
            level: levels[most],
        })
    }
}

/// The variance of everyone's rate. Trials of one segment are alike: n of them are worth n (1 + k) / (n + k) that are not.
fn variance(rate: f64, between: f64, segments: &[(u32, f64, f64)]) -> f64 {
    let worth = segments.iter().map(|(.., n)| n * (1.0 + between) / (n + between)).sum::<f64>();
    rate * (1.0 - rate) / (worth + 2.0)
}

/// The log-likelihood of a beta-binomial with this mean and concentration, without what does not depend on them.
fn likelihood(s: f64, n: f64, mean: f64, k: f64) -> f64 {
    ln_beta(s + k * mean, n - s + k * (1.0 - mean)) - ln_beta(k * mean, k * (1.0 - mean))
}

/// The concentration about a rate that counts and prior together make most likely.
fn likely(rate: f64, likelihood: impl Fn(f64) -> f64) -> f64 {
    let usual = ln(USUAL.max(1.0 / rate.min(1.0 - rate)));
    concentration(|k| {
        // The logistic density falls by twice the logarithm of cosh(x / 2).
        let x = (ln(k) - usual).abs();
        likelihood(k) - x - 2.0 * ln_1p(exp(-x))
    })
}

/// The concentration of the greatest likelihood, by golden section over its logarithm; of equal ones the greater: what
/// does not differ holds together.
fn concentration(likelihood: impl Fn(f64) -> f64) -> f64 {
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let (mut low, mut high) = RANGE;
    for _ in 0..STEPS {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        let (lower, upper) = (likelihood(exp(left)), likelihood(exp(right)));
        if upper >= lower - ROUNDING * lower.abs() { low = left } else { high = right }
    }
    exp(0.5 * (low + high))
}
