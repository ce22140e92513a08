//! The hump of each cell: two binomial components, and the posterior of each.

use crate::base::numeric::special::ln_gamma_ratio;
use crate::base::numeric::{exp, ln, log_add_exp};
use crate::base::{Error, ErrorKind, Result};

/// Two humps of a share: each cell's high lines are binomial with the one probability or the other.
///
/// ```
/// use bactrian::models::humps::BinomialHumps;
///
/// let fitted = BinomialHumps::fit(&[0.0, 1.0, 0.0, 9.0, 10.0, 8.0], &[10.0; 6])?;
/// assert!(fitted.humps.probability_high(9.0, 10.0) > 0.99);
/// assert!(fitted.bic_two < fitted.bic_one);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinomialHumps {
    /// The probability of a high line in the lower hump.
    pub low: f64,
    /// The probability of a high line in the upper hump; above `low`.
    pub high: f64,
    /// The share of cells in the upper hump.
    pub share: f64,
}

/// A fit of two humps, with one for comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinomialHumpsFit {
    /// The humps.
    pub humps: BinomialHumps,
    /// Log-likelihood of two humps, in nats.
    pub log_likelihood: f64,
    /// Schwarz's criterion of a single binomial probability; smaller is better.
    pub bic_one: f64,
    /// Schwarz's criterion of two humps.
    pub bic_two: f64,
    /// Steps of EM.
    pub iterations: u32,
}

const MOST_STEPS: u32 = 10_000;
/// Probabilities stay this far from 0 and 1, so that no cell is impossible.
const EDGE: f64 = 1e-9;

fn ln_binomial(k: f64, n: f64, p: f64) -> f64 {
    ln_gamma_ratio(n - k + 1.0, k) - ln_gamma_ratio(1.0, k) + k * ln(p) + (n - k) * ln(1.0 - p)
}

impl BinomialHumps {
    /// The humps of cells with `high[i]` high lines of `lines[i]`, by EM from the quartiles of the
    /// shares. Errors: columns of different lengths, counts that are not 0 <= high <= lines with
    /// lines above 0, fewer than two cells.
    pub fn fit(high: &[f64], lines: &[f64]) -> Result<BinomialHumpsFit> {
        if high.len() != lines.len() || high.len() < 2 {
            let error = format!("{} counts of {} cells; at least two are needed", high.len(), lines.len());
            return Err(Error::new(ErrorKind::NotEnoughData, error));
        }
        if let Some(row) = high.iter().zip(lines).position(|(k, n)| !(*k >= 0.0 && k <= n && *n > 0.0 && n.is_finite()))
        {
            let error = format!("cell {row} has {} high lines of {}", high[row], lines[row]);
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        let shares: Vec<f64> = high.iter().zip(lines).map(|(k, n)| k / n).collect();
        let quartiles = crate::models::quantile::quantiles(&shares, &[0.25, 0.75]);
        let overall = high.iter().sum::<f64>() / lines.iter().sum::<f64>();
        let inside = |p: f64| p.clamp(EDGE, 1.0 - EDGE);
        let mut humps = BinomialHumps {
            low: inside((0.5 * (quartiles[0] + overall)).min(overall - 0.05)),
            high: inside((0.5 * (quartiles[1] + overall)).max(overall + 0.05)),
            share: 0.5,
        };
        let mut log_likelihood = f64::NEG_INFINITY;
        let mut iterations = 0;
        while iterations < MOST_STEPS {
            iterations += 1;
            // Of each hump: cells, high lines, lines.
            let mut sums = [[0.0; 3]; 2];
            let mut value = 0.0;
            for (k, n) in high.iter().zip(lines) {
                let (lower, upper) = humps.log_parts(*k, *n);
                let both = log_add_exp(lower, upper);
                value += both;
                for (sum, part) in sums.iter_mut().zip([lower, upper]) {
                    let weight = exp(part - both);
                    sum[0] += weight;
                    sum[1] += weight * k;
                    sum[2] += weight * n;
                }
            }
            let gain = value - log_likelihood;
            log_likelihood = value;
            if gain < 1e-10 {
                break;
            }
            let [low, upper] = sums.map(|[_, k, n]| inside(k / n.max(1e-300)));
            humps = BinomialHumps { low, high: upper, share: inside(sums[1][0] / high.len() as f64) };
        }
        if humps.low > humps.high {
            humps = BinomialHumps { low: humps.high, high: humps.low, share: 1.0 - humps.share };
        }
        let cells = ln(high.len() as f64);
        let one: f64 = high.iter().zip(lines).map(|(k, n)| ln_binomial(*k, *n, inside(overall))).sum();
        let (bic_one, bic_two) = (cells - 2.0 * one, 3.0 * cells - 2.0 * log_likelihood);
        Ok(BinomialHumpsFit { humps, log_likelihood, bic_one, bic_two, iterations })
    }

    /// ln of each hump's share times its probability of the cell.
    fn log_parts(&self, k: f64, n: f64) -> (f64, f64) {
        (ln(1.0 - self.share) + ln_binomial(k, n, self.low), ln(self.share) + ln_binomial(k, n, self.high))
    }

    /// P(the cell is of the upper hump) given `high` of `lines` lines; the share of the humps for a cell
    /// without lines, NaN unless 0 <= high <= lines.
    pub fn probability_high(&self, high: f64, lines: f64) -> f64 {
        if !(high >= 0.0 && high <= lines && lines.is_finite()) {
            return f64::NAN;
        }
        if lines == 0.0 {
            return self.share;
        }
        let (lower, upper) = self.log_parts(high, lines);
        exp(upper - log_add_exp(lower, upper))
    }

    /// How mixed a customer is over its cells: 4 m (1 - m), m the mean probability of the upper hump;
    /// 0 for one hump alone, 1 for half in each. NaN of no cell.
    pub fn mixing(&self, high: &[f64], lines: &[f64]) -> f64 {
        let posterior: Vec<f64> = high.iter().zip(lines).map(|(k, n)| self.probability_high(*k, *n)).collect();
        let m = crate::base::numeric::mean(&posterior);
        4.0 * m * (1.0 - m)
    }
}
