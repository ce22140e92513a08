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

/// Equal cells as one: high lines, lines, ln of the ways to choose them, and how many cells.
struct Cell {
    high: f64,
    lines: f64,
    ways: f64,
    weight: f64,
}

/// The distinct cells, sorted; an error where one is none.
fn compress(high: &[f64], lines: &[f64]) -> Result<Vec<Cell>> {
    if high.len() != lines.len() || high.len() < 2 {
        let error = format!("{} counts of {} cells; at least two are needed", high.len(), lines.len());
        return Err(Error::new(ErrorKind::NotEnoughData, error));
    }
    if let Some(row) = high.iter().zip(lines).position(|(k, n)| !(*k >= 0.0 && k <= n && *n > 0.0 && n.is_finite())) {
        let error = format!("cell {row} has {} high lines of {}", high[row], lines[row]);
        return Err(Error::new(ErrorKind::SchemaRange, error));
    }
    let mut all: Vec<(f64, f64)> = lines.iter().copied().zip(high.iter().copied()).collect();
    all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let cell = |equal: &[(f64, f64)]| {
        let (lines, high) = equal.first().copied().unwrap_or_default();
        let ways = ln_gamma_ratio(lines - high + 1.0, high) - ln_gamma_ratio(1.0, high);
        Cell { high, lines, ways, weight: equal.len() as f64 }
    };
    Ok(all.chunk_by(|a, b| a == b).map(cell).collect())
}

impl BinomialHumps {
    /// The humps of cells with `high[i]` high lines of `lines[i]`, by EM from the quartiles of the
    /// shares. Errors: columns of different lengths, counts that are not 0 <= high <= lines with
    /// lines above 0, fewer than two cells. Cost: a step is a pass over the distinct cells.
    pub fn fit(high: &[f64], lines: &[f64]) -> Result<BinomialHumpsFit> {
        Self::fit_from(high, lines, None)
    }

    /// [`BinomialHumps::fit`] from the humps of an older fit, if there is one: of much the same cells, fewer
    /// steps to the same humps.
    pub fn fit_from(high: &[f64], lines: &[f64], start: Option<BinomialHumps>) -> Result<BinomialHumpsFit> {
        let cells = compress(high, lines)?;
        let sum = |value: &dyn Fn(&Cell) -> f64| -> f64 { cells.iter().map(|cell| cell.weight * value(cell)).sum() };
        let overall = sum(&|cell| cell.high) / sum(&|cell| cell.lines);
        let inside = |p: f64| p.clamp(EDGE, 1.0 - EDGE);
        let mut humps = start.unwrap_or_else(|| {
            let shares: Vec<f64> = high.iter().zip(lines).map(|(k, n)| k / n).collect();
            let quartiles = crate::models::quantile::quantiles(&shares, &[0.25, 0.75]);
            BinomialHumps {
                low: (0.5 * (quartiles[0] + overall)).min(overall - 0.05),
                high: (0.5 * (quartiles[1] + overall)).max(overall + 0.05),
                share: 0.5,
            }
        });
        humps = BinomialHumps { low: inside(humps.low), high: inside(humps.high), share: inside(humps.share) };
        let count = high.len() as f64;
        let ways = sum(&|cell| cell.ways);
        let mut log_likelihood = f64::NEG_INFINITY;
        let mut iterations = 0;
        while iterations < MOST_STEPS {
            iterations += 1;
            // Of each hump: cells, high lines, lines.
            let mut sums = [[0.0; 3]; 2];
            let mut value = ways;
            for cell in &cells {
                let parts = humps.log_parts(cell.high, cell.lines);
                let both = log_add_exp(parts.0, parts.1);
                value += cell.weight * both;
                for (sum, part) in sums.iter_mut().zip([parts.0, parts.1]) {
                    let weight = cell.weight * exp(part - both);
                    sum[0] += weight;
                    sum[1] += weight * cell.high;
                    sum[2] += weight * cell.lines;
                }
            }
            let gain = value - log_likelihood;
            log_likelihood = value;
            if gain < 1e-10 {
                break;
            }
            let [low, upper] = sums.map(|[_, k, n]| inside(k / n.max(1e-300)));
            humps = BinomialHumps { low, high: upper, share: inside(sums[1][0] / count) };
        }
        if humps.low > humps.high {
            humps = BinomialHumps { low: humps.high, high: humps.low, share: 1.0 - humps.share };
        }
        let p = inside(overall);
        let one = ways + sum(&|cell| cell.high * ln(p) + (cell.lines - cell.high) * ln(1.0 - p));
        let (bic_one, bic_two) = (ln(count) - 2.0 * one, 3.0 * ln(count) - 2.0 * log_likelihood);
        Ok(BinomialHumpsFit { humps, log_likelihood, bic_one, bic_two, iterations })
    }

    /// ln of each hump's share times its probability of the cell's lines in one order: in how many orders they
    /// may come is the same for both.
    fn log_parts(&self, k: f64, n: f64) -> (f64, f64) {
        let of = |p: f64| k * ln(p) + (n - k) * ln(1.0 - p);
        (ln(1.0 - self.share) + of(self.low), ln(self.share) + of(self.high))
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
