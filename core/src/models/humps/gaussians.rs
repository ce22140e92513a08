//! One Gaussian component or two.

use super::dip::sorted;
use crate::base::numeric::{exp, ln, mean, variance};
use crate::base::{Error, ErrorKind, Result};

/// Two components fitted to a sample, and one for comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoGaussians {
    /// The means, the lower one first.
    pub means: [f64; 2],
    /// The standard deviations.
    pub deviations: [f64; 2],
    /// The shares of the components; they sum to 1.
    pub shares: [f64; 2],
    /// Schwarz's criterion of one component, 2 ln n - 2 ln L; smaller is better.
    pub bic_one: f64,
    /// Schwarz's criterion of two components, 5 ln n - 2 ln L.
    pub bic_two: f64,
    /// Ashman's D (Ashman, Bird, Zepf 1994): sqrt(2) |difference of means| / sqrt(sum of variances);
    /// above 2 the components are clearly apart.
    pub ashman_d: f64,
    /// Where the density of the mixture is least between the means; NaN where it has no valley there.
    pub antimode: f64,
}

/// Fits one and two components to the known values of `x` by maximum likelihood.
///
/// EM from four splits of the sorted values (at the quartiles, the median and the split of least
/// variance within); the best likelihood wins, but a component whose deviation is less than a tenth of
/// the other's is a spike on a few tied values, not a hump, and loses to any that is not (McLachlan,
/// Peel 2000, 3.8). Variances are kept above 1e-6 of the sample's. Errors: an infinite value, fewer than five known
/// values, all values equal. Cost: about 200 passes.
///
/// ```
/// use bactrian::models::humps::two_gaussians;
///
/// let x: Vec<f64> = (0..100).map(|i| f64::from(i % 10) + if i < 50 { 0.0 } else { 40.0 }).collect();
/// let two = two_gaussians(&x)?;
/// assert!(two.bic_two < two.bic_one && two.ashman_d > 5.0);
/// assert!(10.0 < two.antimode && two.antimode < 39.0);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn two_gaussians(x: &[f64]) -> Result<TwoGaussians> {
    let sorted = sorted(x)?;
    let n = sorted.len();
    if n < 5 || sorted[0] == sorted[n - 1] {
        return Err(Error::new(ErrorKind::NotEnoughData, "two components need at least five values, not all equal"));
    }
    // Standardised, so that neither unit nor offset matter.
    let (centre, spread) = (mean(&sorted), variance(&sorted, 0).sqrt());
    let z: Vec<f64> = sorted.iter().map(|x| (x - centre) / spread).collect();
    let count = n as f64;
    let scale_term = -count * ln(spread);
    let one = -0.5 * count * (LN_TWO_PI + 1.0) + scale_term;
    let mut starts = vec![n / 4, n / 2, 3 * n / 4, least_variance_split(&z)];
    starts.dedup();
    let mut best: Option<Mixture> = None;
    for split in starts {
        let found = Mixture::split(&z, split.clamp(1, n - 1)).climb(&z);
        let rank = |mixture: &Mixture| (!mixture.is_spiked(), mixture.log_likelihood);
        if best.is_none_or(|best| rank(&found) > rank(&best)) {
            best = Some(found);
        }
    }
    let Some(best) = best else { return Err(Error::new(ErrorKind::Internal, "no start of the mixture")) };
    let two = best.log_likelihood + scale_term;
    let order = if best.means[0] <= best.means[1] { [0, 1] } else { [1, 0] };
    let [low, high] = order.map(|k| best.variances[k]);
    let distance = (best.means[1] - best.means[0]).abs();
    Ok(TwoGaussians {
        means: order.map(|k| centre + spread * best.means[k]),
        deviations: order.map(|k| spread * best.variances[k].sqrt()),
        shares: order.map(|k| best.shares[k]),
        bic_one: 2.0 * ln(count) - 2.0 * one,
        bic_two: 5.0 * ln(count) - 2.0 * two,
        ashman_d: std::f64::consts::SQRT_2 * distance / (low + high).sqrt(),
        antimode: centre + spread * best.valley(order),
    })
}

const LN_TWO_PI: f64 = 1.8378770664093453;
const LEAST_VARIANCE: f64 = 1e-6;
const MOST_STEPS: u32 = 2000;

#[derive(Debug, Clone, Copy)]
struct Mixture {
    means: [f64; 2],
    variances: [f64; 2],
    shares: [f64; 2],
    log_likelihood: f64,
}

/// The split of sorted values whose two parts have the least variance within.
fn least_variance_split(z: &[f64]) -> usize {
    let n = z.len() as f64;
    let total: f64 = z.iter().sum();
    let (mut left, mut best) = (0.0, (f64::NEG_INFINITY, 1));
    for (i, value) in z.iter().enumerate().take(z.len() - 1) {
        left += value;
        let k = (i + 1) as f64;
        let right = total - left;
        let between = left * left / k + right * right / (n - k);
        if between > best.0 {
            best = (between, i + 1);
        }
    }
    best.1
}

impl Mixture {
    /// The components of the two parts of sorted values.
    fn split(z: &[f64], at: usize) -> Mixture {
        let (left, right) = z.split_at(at);
        let spread = |part: &[f64]| variance(part, 0).max(0.01);
        Mixture {
            means: [mean(left), mean(right)],
            variances: [spread(left), spread(right)],
            shares: [left.len() as f64 / z.len() as f64, right.len() as f64 / z.len() as f64],
            log_likelihood: f64::NEG_INFINITY,
        }
    }

    /// Whether one component is a spike beside the other.
    fn is_spiked(&self) -> bool {
        let [a, b] = self.variances;
        a.min(b) < 0.01 * a.max(b)
    }

    /// ln of each component's share times its density.
    fn log_parts(&self, z: f64) -> [f64; 2] {
        [0, 1].map(|k| {
            let offset = z - self.means[k];
            ln(self.shares[k]) - 0.5 * (LN_TWO_PI + ln(self.variances[k]) + offset * offset / self.variances[k])
        })
    }

    fn density(&self, z: f64) -> f64 {
        self.log_parts(z).iter().map(|part| exp(*part)).sum()
    }

    /// Steps of EM until the likelihood gains less than 1e-10 nats.
    fn climb(mut self, z: &[f64]) -> Mixture {
        for _ in 0..MOST_STEPS {
            let (next, value) = self.step(z);
            let gain = value - self.log_likelihood;
            self.log_likelihood = value;
            if gain < 1e-10 {
                break;
            }
            self = Mixture { log_likelihood: value, ..next };
        }
        self
    }

    /// The next components, and the likelihood of these.
    fn step(&self, z: &[f64]) -> (Mixture, f64) {
        let [log_constant, constants] = {
            let each = [0, 1].map(|k| ln(self.shares[k]) - 0.5 * (LN_TWO_PI + ln(self.variances[k])));
            [each, [0, 1].map(|k| 0.5 / self.variances[k])]
        };
        // Weight, first and second moment of each component.
        let mut moments = [[0.0; 3]; 2];
        let mut value = 0.0;
        for z in z {
            let parts = [0, 1].map(|k| {
                let offset = z - self.means[k];
                log_constant[k] - constants[k] * offset * offset
            });
            let top = parts[0].max(parts[1]);
            let weights = parts.map(|part| exp(part - top));
            let sum = weights[0] + weights[1];
            value += top + ln(sum);
            for (moments, weight) in moments.iter_mut().zip(weights) {
                let share = weight / sum;
                moments[0] += share;
                moments[1] += share * z;
                moments[2] += share * z * z;
            }
        }
        let n = z.len() as f64;
        let means = moments.map(|[weight, first, _]| first / weight.max(1e-300));
        let variances = moments.map(|[weight, first, second]| {
            let weight = weight.max(1e-300);
            (second / weight - (first / weight) * (first / weight)).max(LEAST_VARIANCE)
        });
        let shares = moments.map(|[weight, ..]| (weight / n).max(1e-300));
        (Mixture { means, variances, shares, log_likelihood: value }, value)
    }

    /// Where the density is least between the means; NaN if at one of them.
    fn valley(&self, [low, high]: [usize; 2]) -> f64 {
        const STEPS: u32 = 512;
        let (start, end) = (self.means[low], self.means[high]);
        let at = |i: f64| start + (end - start) * i / f64::from(STEPS);
        let mut best = (self.density(start), 0);
        for i in 1..=STEPS {
            let value = self.density(at(f64::from(i)));
            if value < best.0 {
                best = (value, i);
            }
        }
        if best.1 == 0 || best.1 == STEPS {
            return f64::NAN;
        }
        // The density has one minimum between its neighbours.
        let (mut left, mut right) = (at(f64::from(best.1) - 1.0), at(f64::from(best.1) + 1.0));
        for _ in 0..80 {
            let (a, b) = (left + (right - left) / 3.0, right - (right - left) / 3.0);
            if self.density(a) < self.density(b) { right = b } else { left = a }
        }
        0.5 * (left + right)
    }
}
