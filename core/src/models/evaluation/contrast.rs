//! What lies between two weightings of the same rewards, and how far it may be chance.
//!
//! Two policies by one log differ by the sum of `share x reward`, where the shares of all rounds add up to 0: what
//! counts for the one, at the rounds of positive shares, less what counts for the other. So it is the difference of
//! the weighted means of two sides, and the error of a side in which nothing happened, or of which few rounds carry the
//! weight, is not what its own rewards say: a round of the least and one of the greatest reward are added to each side,
//! with the largest weight of that side. For flags of equal weights that is Agresti and Caffo's interval (2000).

use super::Z95;

/// Weighted rewards with those two rounds more.
#[derive(Debug, Clone, Copy)]
struct Side {
    mean: f64,
    /// Of the mean.
    variance: f64,
    /// Rounds of equal weights that would say as much (Kish 1965).
    rounds: f64,
}

impl Side {
    fn new(weighted: impl Iterator<Item = (f64, f64)> + Clone, ends: (f64, f64)) -> Side {
        let largest = weighted.clone().fold(0.0, |largest: f64, (weight, _)| largest.max(weight));
        let all = weighted.chain([(largest, ends.0), (largest, ends.1)]);
        let [mut weights, mut sum, mut squares] = [0.0; 3];
        for (weight, reward) in all.clone() {
            weights += weight;
            sum += weight * reward;
            squares += weight * weight;
        }
        let mean = sum / weights;
        let scatter: f64 = all.map(|(weight, reward)| weight * weight * (reward - mean) * (reward - mean)).sum();
        Side { mean, variance: scatter / weights / weights, rounds: weights * weights / squares }
    }
}

/// An interval of 95% of the sum of `share x reward`, which is `value` with the standard error `error` by the influence of
/// each round. Shares add up to 0.
///
/// It holds the interval of that error, and the one of the two sides with the larger of their own error and that of the
/// variance which both have together: so it excludes 0 only where all three do. Cost: a few passes.
pub(super) fn interval(
    shares: impl Iterator<Item = f64> + Clone,
    reward: &[f64],
    (value, error): (f64, f64),
) -> (f64, f64) {
    let plain = (value - Z95 * error, value + Z95 * error);
    let all = shares.zip(reward.iter().copied());
    let side =
        |sign: f64| all.clone().map(move |(share, reward)| (sign * share, reward)).filter(|(share, _)| *share > 0.0);
    let between: f64 = side(1.0).map(|(share, _)| share).sum();
    if between <= 0.0 || side(-1.0).next().is_none() {
        return plain;
    }
    let ends = reward.iter().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
    let (one, other) = (Side::new(side(1.0), ends), Side::new(side(-1.0), ends));
    let of = |side: Side| side.variance * side.rounds * side.rounds;
    let both = (of(one) + of(other)) / (one.rounds + other.rounds);
    let pooled = both * (1.0 / one.rounds + 1.0 / other.rounds);
    let middle = between * (one.mean - other.mean);
    let reach = Z95 * between * (one.variance + other.variance).max(pooled).sqrt();
    (plain.0.min(middle - reach), plain.1.max(middle + reach))
}
