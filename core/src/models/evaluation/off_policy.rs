//! The value of a policy from the log of another (Dudik, Langford, Li 2011; Swaminathan, Joachims 2015; Wang,
//! Agarwal, Dudik 2017).

use super::{Z95, contrast, mean_and_error, range};
use crate::base::numeric::ln;
use crate::base::random::Random;
use crate::base::{Result, Verdict};

/// Fewest effective rounds that an effect is claimed on.
const LEAST_ROUNDS: f64 = 50.0;
/// Weights of smaller propensities have squares beyond the range of numbers.
const LEAST_PROPENSITY: f64 = 1e-100;
/// How far the mean weight may be from 1, beyond three standard errors.
const WEIGHT_SLACK: f64 = 0.1;

/// Rounds that were logged: what came of the action that was taken.
#[derive(Debug, Clone, Copy)]
pub struct Logged<'a> {
    /// The reward of each round.
    pub reward: &'a [f64],
    /// The probability with which the action was taken, in (0, 1].
    pub behaviour: &'a [f64],
    /// The probability with which the policy to be valued takes the same action, in [0, 1].
    pub target: &'a [f64],
    /// What a model of rewards expects of the action that was taken, and of the policy: for DM, DR and Switch-DR.
    pub model: Option<(&'a [f64], &'a [f64])>,
}

/// A value with its standard error and intervals of 95%.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The reward a round.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// By the normal distribution.
    pub interval: (f64, f64),
    /// By the empirical Bernstein bound (Maurer, Pontil 2009), with the range of what was averaged as its range:
    /// wide, and right for few rounds; NaN for SNIPS, which is no average.
    pub bernstein: (f64, f64),
}

/// How far the two policies overlap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// (sum of weights)^2 / sum of their squares.
    pub effective_sample_size: f64,
    /// The largest weight.
    pub largest: f64,
    /// The mean weight: 1 where the log covers the policy.
    pub mean: f64,
    /// Its standard error.
    pub mean_error: f64,
}

/// What the policy is worth, by every estimator that the data allow.
///
/// ```
/// use bactrian::models::evaluation::{Logged, OffPolicy};
///
/// let (reward, behaviour, target) = ([1.0, 0.0, 0.0, 1.0], [0.5; 4], [1.0, 0.0, 0.0, 1.0]);
/// let value = OffPolicy::new(&Logged { reward: &reward, behaviour: &behaviour, target: &target, model: None }, 10.0)?;
/// assert_eq!((value.ips.value, value.snips.value, value.logged.value), (1.0, 1.0, 0.5));
/// assert_eq!(value.weights.effective_sample_size, 2.0);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OffPolicy {
    /// Rounds.
    pub n: usize,
    /// The reward of the policy that was logged.
    pub logged: Estimate,
    /// Inverse propensity scoring: the mean of weight x reward.
    pub ips: Estimate,
    /// The same divided by the mean weight.
    pub snips: Estimate,
    /// Direct method: what the model expects of the policy.
    pub dm: Option<Estimate>,
    /// Doubly robust: the direct method, corrected by weight x (reward - expected).
    pub dr: Option<Estimate>,
    /// The same, without corrections whose weight is above the threshold.
    pub switch_dr: Option<Estimate>,
    /// Overlap.
    pub weights: Weights,
    /// What SNIPS and the log say of the policy against the logged one: see [`OffPolicy::new`].
    pub gain: Verdict,
}

impl Estimate {
    /// The mean of some numbers; nothing of none.
    pub fn of(values: &[f64]) -> Option<Estimate> {
        (!values.is_empty()).then(|| average(values.iter().copied()))
    }
}

impl Logged<'_> {
    fn check(&self) -> Result<()> {
        let n = self.reward.len();
        let mut lengths = vec![self.behaviour.len(), self.target.len()];
        lengths.extend(self.model.iter().flat_map(|(action, policy)| [action.len(), policy.len()]));
        if n == 0 {
            return range("there is no round to value a policy by");
        }
        if lengths.iter().any(|length| *length != n) {
            return range(format!(
                "{n} rewards need as many of the rest (propensities, target, then what is expected), which are {lengths:?}"
            ));
        }
        for (row, ((reward, behaviour), target)) in self.reward.iter().zip(self.behaviour).zip(self.target).enumerate()
        {
            if !(*behaviour >= LEAST_PROPENSITY && *behaviour <= 1.0) {
                return range(format!(
                    "round {row} was logged with the propensity {behaviour:?}, which must be in (0, 1] and at least {LEAST_PROPENSITY:e}"
                ));
            }
            if !((0.0..=1.0).contains(target) && reward.is_finite()) {
                return range(format!("round {row} has the reward {reward} and the target propensity {target}"));
            }
        }
        let (action, policy) = self.model.unwrap_or_default();
        if action.iter().chain(policy).any(|expected| !expected.is_finite()) {
            return range("what the model expects must be finite");
        }
        Ok(())
    }

    fn weights(&self) -> impl Iterator<Item = f64> + Clone {
        self.target.iter().zip(self.behaviour).map(|(target, behaviour)| target / behaviour)
    }
}

/// The mean of terms, with its intervals.
fn average(terms: impl Iterator<Item = f64> + Clone) -> Estimate {
    let n = terms.clone().count() as f64;
    let (value, standard_error) = mean_and_error(terms.clone());
    let (low, high) = terms.fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)));
    // ln(4 / 0.05): two sides at 2.5% each.
    let log = ln(80.0);
    let reach = standard_error * (2.0 * log).sqrt() + 7.0 * (high - low) * log / (3.0 * (n - 1.0));
    Estimate { bernstein: (value - reach, value + reach), ..normal(value, standard_error) }
}

fn normal(value: f64, standard_error: f64) -> Estimate {
    let interval = (value - Z95 * standard_error, value + Z95 * standard_error);
    Estimate { value, standard_error, interval, bernstein: (f64::NAN, f64::NAN) }
}

/// A self-normalised mean and the influence of every round on it.
fn normalised(logged: &Logged<'_>) -> (f64, impl Iterator<Item = f64> + Clone) {
    let weight: f64 = logged.weights().sum();
    let value = logged.weights().zip(logged.reward).map(|(w, r)| w * r).sum::<f64>() / weight;
    let mean = weight / logged.reward.len() as f64;
    (value, logged.weights().zip(logged.reward).map(move |(w, r)| w * (r - value) / mean))
}

impl OffPolicy {
    /// Values a policy; `threshold` is the largest weight that Switch-DR corrects by. Cost: a few passes.
    ///
    /// The gain is what SNIPS gives more than the log. It is "cannot tell" where the effective sample size is below
    /// 50, or the mean weight is from 1 by more than three standard errors and 0.1, so that the policy does what the
    /// log never tried. Its interval covers what few successes among few rounds, or a few heavy weights, leave open:
    /// it holds that of the standard error, and the one that each policy's own rounds have with a round of the least
    /// and one of the greatest reward more at their largest weight (Agresti, Caffo 2000, for weights), with the
    /// larger of their own error and the pooled one. What the log tried with a small probability and by chance never,
    /// no weight tells. Rewards that are all alike tell nothing either. No claim hangs on the normal intervals of the
    /// estimates. Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange) where lengths differ or a propensity is
    /// 0, negative, above 1 or unknown.
    pub fn new(logged: &Logged<'_>, threshold: f64) -> Result<Self> {
        logged.check()?;
        if threshold.is_nan() || threshold < 0.0 {
            return range(format!("a threshold of {threshold}"));
        }
        let n = logged.reward.len();
        let (value, influence) = normalised(logged);
        let snips = normal(value, spread(influence.clone(), n));
        let corrected = |most: f64| {
            logged.model.map(|(action, policy)| {
                let terms = logged.weights().zip(logged.reward).zip(action.iter().zip(policy));
                let term = move |((w, r), (expected, all)): ((f64, &f64), (&f64, &f64))| {
                    if w <= most { all + w * (r - expected) } else { *all }
                };
                average(terms.map(term))
            })
        };
        let (mean, mean_error) = mean_and_error(logged.weights());
        let squares: f64 = logged.weights().map(|w| w * w).sum();
        let sum: f64 = logged.weights().sum();
        let effective_sample_size = if squares > 0.0 { sum * sum / squares } else { 0.0 };
        let weights =
            Weights { effective_sample_size, largest: logged.weights().fold(0.0, f64::max), mean, mean_error };
        let own = average(logged.reward.iter().copied());
        let difference = influence.zip(logged.reward).map(|(influence, r)| influence - (r - own.value));
        let found = (value - own.value, spread(difference, n));
        let gain = weights.verdict(logged, found, logged.weights().map(|w| w / sum - 1.0 / n as f64));
        Ok(OffPolicy {
            n,
            logged: own,
            ips: average(logged.weights().zip(logged.reward).map(|(w, r)| w * r)),
            snips,
            dm: logged.model.map(|(_, policy)| average(policy.iter().copied())),
            dr: corrected(f64::INFINITY),
            switch_dr: corrected(threshold),
            weights,
            gain,
        })
    }

    /// Whether one policy is worth more than another, by the same log: the difference of their SNIPS.
    ///
    /// Errors and "cannot tell" as [`OffPolicy::new`], for either policy.
    pub fn compare(logged: &Logged<'_>, against: &[f64]) -> Result<Verdict> {
        let other = Logged { target: against, ..*logged };
        let (own, its) = (OffPolicy::new(logged, f64::INFINITY)?, OffPolicy::new(&other, f64::INFINITY)?);
        let ((value, ours), (base, theirs)) = (normalised(logged), normalised(&other));
        let found = (value - base, spread(ours.zip(theirs).map(|(a, b)| a - b), own.n));
        let sums = [logged, &other].map(|policy| policy.weights().sum::<f64>());
        let shares = logged.weights().zip(other.weights()).map(|(w, v)| w / sums[0] - v / sums[1]);
        let weaker = if own.weights.effective_sample_size < its.weights.effective_sample_size { own } else { its };
        Ok(weaker.weights.verdict(logged, found, shares))
    }

    /// The interval of 95% of IPS and of SNIPS by a bootstrap of `replicates` (percentiles), keyed by `seed`.
    /// Cost: replicates x rounds.
    ///
    /// Errors as [`OffPolicy::new`], and for fewer than 100 replicates or more than a million.
    pub fn bootstrap(logged: &Logged<'_>, replicates: usize, seed: u64) -> Result<[(f64, f64); 2]> {
        logged.check()?;
        if !(100..=1_000_000).contains(&replicates) {
            return range(format!("{replicates} replicates: there may be 100 to a million"));
        }
        let terms: Vec<(f64, f64)> = logged.weights().zip(logged.reward).map(|(w, r)| (w, w * r)).collect();
        let n = terms.len() as u64;
        let (mut ips, mut snips) = (Vec::with_capacity(replicates), Vec::with_capacity(replicates));
        for replicate in 0..replicates as u64 {
            let mut random = Random::keyed(seed, replicate);
            let drawn = (0..n).filter_map(|_| terms.get(random.below(n) as usize));
            let (weight, sum) = drawn.fold((0.0, 0.0), |all, term| (all.0 + term.0, all.1 + term.1));
            ips.push(sum / n as f64);
            snips.push(if weight > 0.0 { sum / weight } else { 0.0 });
        }
        Ok([ips, snips].map(|mut values| {
            values.sort_by(f64::total_cmp);
            let at = |share: f64| {
                values.get((share * (replicates - 1) as f64).round() as usize).copied().unwrap_or(f64::NAN)
            };
            (at(0.025), at(0.975))
        }))
    }
}

/// The standard error of a mean from influences, whose own mean is 0.
fn spread(influence: impl Iterator<Item = f64>, n: usize) -> f64 {
    let n = n as f64;
    (influence.map(|x| x * x).sum::<f64>() / (n - 1.0).max(0.0) / n).sqrt()
}

impl Weights {
    /// Whether an effect may be claimed from these weights, and of which size: the value and its standard error, and what
    /// share each round has in it.
    fn verdict(&self, logged: &Logged<'_>, found: (f64, f64), shares: impl Iterator<Item = f64> + Clone) -> Verdict {
        let n = logged.reward.len() as u64;
        let off = (self.mean - 1.0).abs();
        let figures = format!(
            "effective sample size {:.1}, largest weight {:.3}, mean weight {:.4}",
            self.effective_sample_size, self.largest, self.mean
        );
        if self.effective_sample_size < LEAST_ROUNDS {
            return Verdict::cannot_tell(n, format!("the policies overlap too little: {figures}"));
        }
        if off > WEIGHT_SLACK && off > 3.0 * self.mean_error {
            return Verdict::cannot_tell(n, format!("the policy does what the log never tried: {figures}"));
        }
        if logged.reward.windows(2).all(|pair| pair[0] == pair[1]) {
            return Verdict::cannot_tell(
                n,
                format!("all rewards are alike, so that what is rarer has no size yet: {figures}"),
            );
        }
        let interval = contrast::interval(shares, logged.reward, found);
        Verdict::from_interval(found.0, interval, 0.0, n, format!("by self-normalised propensities: {figures}"))
    }
}
