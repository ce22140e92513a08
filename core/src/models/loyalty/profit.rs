//! Are the loyal the profitable? Measured, not assumed (Reinartz, Kumar 2002).

use crate::base::numeric::special::normal_quantile;
use crate::base::numeric::{exp, ln, mean};
use crate::base::{Error, ErrorKind, Result, Verdict};
use crate::models::quantile::quantiles;

/// Loyalty against profit over customers.
#[derive(Debug, Clone, PartialEq)]
pub struct LoyaltyProfit {
    /// Spearman's correlation with its interval, against 0.
    pub verdict: Verdict,
    /// Customers by (loyal, profitable), each above its median: strangers (neither), butterflies
    /// (profitable only), barnacles (loyal only), true friends (both).
    pub strangers: usize,
    /// Profitable but not loyal.
    pub butterflies: usize,
    /// Loyal but not profitable.
    pub barnacles: usize,
    /// Loyal and profitable.
    pub true_friends: usize,
    /// Mean profit of each of the four, in this order; NaN of none.
    pub mean_profit: [f64; 4],
}

/// Ranks from 1; ties share the mean of theirs.
pub(super) fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = before as f64 + 0.5 * (tied.len() + 1) as f64;
        for &row in tied {
            ranks[row] = rank;
        }
        before += tied.len();
    }
    ranks
}

/// Spearman's rank correlation of equally long values; NaN where one does not vary.
pub(super) fn spearman(left: &[f64], right: &[f64]) -> f64 {
    let (left, right) = (mean_ranks(left), mean_ranks(right));
    let (a, b) = (mean(&left), mean(&right));
    let (mut cross, mut first, mut second) = (0.0, 0.0, 0.0);
    for (x, y) in left.iter().zip(&right) {
        cross += (x - a) * (y - b);
        first += (x - a) * (x - a);
        second += (y - b) * (y - b);
    }
    cross / (first * second).sqrt()
}

/// Whether `profit` goes with `loyalty` (any measure: tenure, frequency, share of requirements).
///
/// The interval is Fisher's with the error of Bonett and Wright (2000), sqrt((1 + r^2 / 2) / (n - 3)).
/// It is an association: loyalty may follow profit, or both something else. Customers of whom either
/// is unknown (NaN) take no part. Fewer than ten, or no variation: "cannot tell". Error: columns of
/// different lengths.
///
/// ```
/// use bactrian::Claim;
/// use bactrian::models::loyalty::loyalty_and_profit;
///
/// let loyalty: Vec<f64> = (0..40).map(f64::from).collect();
/// let profit: Vec<f64> = loyalty.iter().map(|x| 100.0 - x).collect();
/// let found = loyalty_and_profit(&loyalty, &profit)?;
/// assert_eq!((found.verdict.claim, found.verdict.value), (Claim::Effect, -1.0));
/// assert_eq!(found.true_friends, 0);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn loyalty_and_profit(loyalty: &[f64], profit: &[f64]) -> Result<LoyaltyProfit> {
    if loyalty.len() != profit.len() {
        let error = format!("{} loyalties and {} profits", loyalty.len(), profit.len());
        return Err(Error::new(ErrorKind::SchemaRange, error));
    }
    let known = loyalty.iter().zip(profit).filter(|(l, p)| !l.is_nan() && !p.is_nan());
    let (loyalty, profit): (Vec<f64>, Vec<f64>) = known.map(|(l, p)| (*l, *p)).unzip();
    let n = loyalty.len();
    let middle = |values: &[f64]| quantiles(values, &[0.5])[0];
    let (loyal, profitable) = (middle(&loyalty), middle(&profit));
    let mut groups: [Vec<f64>; 4] = Default::default();
    for (l, p) in loyalty.iter().zip(&profit) {
        groups[2 * usize::from(*l > loyal) + usize::from(*p > profitable)].push(*p);
    }
    let [strangers, butterflies, barnacles, true_friends] = [0, 1, 2, 3].map(|i| groups[i].len());
    let mean_profit = [0, 1, 2, 3].map(|i| mean(&groups[i]));
    let r = spearman(&loyalty, &profit);
    let verdict = if n < 10 || r.is_nan() {
        Verdict::cannot_tell(n as u64, "fewer than ten customers, or no variation among them")
    } else {
        Verdict::from_interval(
            r,
            interval(r, n as f64),
            0.0,
            n as u64,
            "Spearman's correlation of loyalty and profit; an association",
        )
    };
    Ok(LoyaltyProfit { verdict, strangers, butterflies, barnacles, true_friends, mean_profit })
}

/// The 95% interval of a rank correlation.
fn interval(r: f64, n: f64) -> (f64, f64) {
    let inside = r.clamp(-1.0 + 1e-15, 1.0 - 1e-15);
    let z = 0.5 * (ln(1.0 + inside) - ln(1.0 - inside));
    let reach = normal_quantile(0.975) * ((1.0 + 0.5 * r * r) / (n - 3.0)).sqrt();
    // tanh by way of e^(-2 |z|), which does not overflow.
    let back = |z: f64| {
        let small = exp(-2.0 * z.abs());
        (1.0 - small) / (1.0 + small) * z.signum()
    };
    (back(z - reach), back(z + reach))
}
