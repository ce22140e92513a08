//! Survival without a model.

use crate::base::numeric::special::{gamma_inc_upper, normal_quantile};
use crate::base::numeric::{exp, ln};
use crate::base::{Error, ErrorKind, Result};

/// The curve at one time at which somebody left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurvivalTime {
    /// The time.
    pub time: f64,
    /// Customers still there just before it (sum of weights).
    pub at_risk: f64,
    /// Customers who left at it (sum of weights).
    pub left: f64,
    /// S(t), the share that stays beyond it.
    pub survival: f64,
    /// Greenwood's standard error of S(t); NaN once nobody is left.
    pub standard_error: f64,
}

/// The product-limit estimate of survival (Kaplan, Meier 1958).
///
/// ```
/// use bactrian::models::survival::KaplanMeier;
///
/// // Two leave after 1 and 3 periods, one is still there after 2.
/// let curve = KaplanMeier::new(&[1.0, 2.0, 3.0], &[true, false, true], None)?;
/// assert!((curve.survival(2.5) - 2.0 / 3.0).abs() < 1e-15);
/// assert_eq!(curve.survival(3.0), 0.0);
/// assert_eq!(curve.median(), 3.0);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct KaplanMeier {
    times: Vec<SurvivalTime>,
    /// The longest duration; beyond it nothing is known.
    end: f64,
}

/// Row indices sorted by duration, after a check of the columns.
fn sorted(duration: &[f64], left: &[bool], weights: Option<&[f64]>) -> Result<Vec<usize>> {
    let n = duration.len();
    if left.len() != n || weights.is_some_and(|weights| weights.len() != n) {
        let error = format!("{n} durations, {} flags and {} weights", left.len(), weights.map_or(n, <[f64]>::len));
        return Err(Error::new(ErrorKind::SchemaRange, error));
    }
    if let Some(row) = duration.iter().position(|d| !(d.is_finite() && *d >= 0.0)) {
        let error = format!("`duration` is {} in row {row}, but must be finite and at least 0", duration[row]);
        return Err(Error::new(ErrorKind::SchemaRange, error));
    }
    if let Some(row) = weights.and_then(|weights| weights.iter().position(|w| !(w.is_finite() && *w >= 0.0))) {
        return Err(Error::new(ErrorKind::SchemaRange, format!("`weights` is negative or not finite in row {row}")));
    }
    let total = weights.map_or(n as f64, |weights| weights.iter().sum());
    if total <= 0.0 {
        return Err(Error::new(ErrorKind::NotEnoughData, "survival needs at least one customer"));
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| duration[a].total_cmp(&duration[b]));
    Ok(order)
}

impl KaplanMeier {
    /// The curve of customers with these durations, each ended by leaving or censored; weights count
    /// customers, and `None` is one each. Of equal durations, those who leave go before those censored.
    /// Errors: columns of different lengths, a duration or weight that is negative or not finite,
    /// no customer. One sort.
    pub fn new(duration: &[f64], left: &[bool], weights: Option<&[f64]>) -> Result<KaplanMeier> {
        let order = sorted(duration, left, weights)?;
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let mut at_risk: f64 = order.iter().map(|&row| weight(row)).sum();
        let (mut survival, mut variance) = (1.0, 0.0);
        let mut curve = KaplanMeier { times: Vec::new(), end: 0.0 };
        for rows in order.chunk_by(|&a, &b| duration[a] == duration[b]) {
            let gone: f64 = rows.iter().filter(|&&row| left[row]).map(|&row| weight(row)).sum();
            let all: f64 = rows.iter().map(|&row| weight(row)).sum();
            curve.end = rows.first().map_or(curve.end, |&row| duration[row]);
            if gone > 0.0 {
                let stay = (at_risk - gone).max(0.0);
                survival *= stay / at_risk;
                variance += gone / (at_risk * stay);
                let standard_error = survival * variance.sqrt();
                curve.times.push(SurvivalTime { time: curve.end, at_risk, left: gone, survival, standard_error });
            }
            at_risk -= all;
        }
        Ok(curve)
    }

    /// The times at which somebody left, rising.
    pub fn times(&self) -> &[SurvivalTime] {
        &self.times
    }

    fn at(&self, time: f64) -> Option<&SurvivalTime> {
        let after = self.times.partition_point(|entry| entry.time <= time);
        after.checked_sub(1).and_then(|last| self.times.get(last))
    }

    /// S(t); NaN below 0, and beyond the longest duration where not everybody has left by then.
    pub fn survival(&self, time: f64) -> f64 {
        let known = self.at(time).map_or(1.0, |entry| entry.survival);
        if time.is_nan() || time < 0.0 || (time > self.end && known > 0.0) { f64::NAN } else { known }
    }

    /// The interval of S(t) at `level`, on the scale of ln(-ln S) so that it stays within [0, 1]
    /// (Kalbfleisch, Prentice 2002, 1.4); NaN where S(t) is unknown, 0 or 1.
    pub fn interval(&self, time: f64, level: f64) -> (f64, f64) {
        let unknown = (f64::NAN, f64::NAN);
        let survival = self.survival(time);
        let Some(entry) = self.at(time).filter(|_| survival > 0.0 && survival < 1.0 && level > 0.0 && level < 1.0)
        else {
            return unknown;
        };
        let log = ln(survival);
        let reach = normal_quantile(0.5 + 0.5 * level) * entry.standard_error / (survival * log.abs());
        (exp(log * exp(reach)), exp(log * exp(-reach)))
    }

    /// The first time at which S(t) is at most one half; NaN if it never is.
    pub fn median(&self) -> f64 {
        self.times.iter().find(|entry| entry.survival <= 0.5).map_or(f64::NAN, |entry| entry.time)
    }

    /// The area under the curve until `time`: the mean time under contract within it. NaN where the
    /// curve is unknown.
    pub fn mean_until(&self, time: f64) -> f64 {
        if self.survival(time).is_nan() {
            return f64::NAN;
        }
        let (mut area, mut from, mut level) = (0.0, 0.0, 1.0);
        for entry in self.times.iter().take_while(|entry| entry.time < time) {
            area += level * (entry.time - from);
            (from, level) = (entry.time, entry.survival);
        }
        area + level * (time - from)
    }
}

/// The curve of each segment, in the order of segment numbers; `None` for a segment without customers.
///
/// `segment[i]` is below `segments`; errors as for [`KaplanMeier::new`].
pub fn by_segment(
    duration: &[f64],
    left: &[bool],
    segment: &[u32],
    segments: usize,
) -> Result<Vec<Option<KaplanMeier>>> {
    sorted(duration, left, None)?;
    check_segments(segment, duration.len(), segments)?;
    let one = |wanted: usize| {
        let rows: Vec<usize> = (0..duration.len()).filter(|&row| segment[row] as usize == wanted).collect();
        let durations: Vec<f64> = rows.iter().map(|&row| duration[row]).collect();
        let flags: Vec<bool> = rows.iter().map(|&row| left[row]).collect();
        if rows.is_empty() { Ok(None) } else { KaplanMeier::new(&durations, &flags, None).map(Some) }
    };
    (0..segments).map(one).collect()
}

fn check_segments(segment: &[u32], n: usize, segments: usize) -> Result<()> {
    if segment.len() != n {
        return Err(Error::new(ErrorKind::SchemaRange, format!("{n} durations and {} segments", segment.len())));
    }
    match segment.iter().position(|segment| *segment as usize >= segments) {
        None => Ok(()),
        Some(row) => {
            let error = format!("segment {} in row {row}, of {segments}", segment[row]);
            Err(Error::new(ErrorKind::SchemaRange, error))
        }
    }
}

/// Whether segments leave at the same rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogRank {
    /// The statistic, chi-squared under equal survival.
    pub statistic: f64,
    /// Its degrees of freedom: segments with customers at risk, less one.
    pub degrees: usize,
    /// The p-value.
    pub p: f64,
}

/// The log-rank test that all segments survive alike (Mantel 1966), with the hypergeometric covariance.
///
/// Errors as for [`by_segment`], and fewer than two segments with customers. Cost: times x segments^2.
pub fn log_rank(duration: &[f64], left: &[bool], segment: &[u32], segments: usize) -> Result<LogRank> {
    let order = sorted(duration, left, None)?;
    check_segments(segment, duration.len(), segments)?;
    let mut at_risk = vec![0.0; segments];
    for segment in segment {
        at_risk[*segment as usize] += 1.0;
    }
    // The last of the segments with customers follows from the others.
    let used: Vec<usize> = (0..segments).filter(|&s| at_risk[s] > 0.0).collect();
    let Some((_, free)) = used.split_last().filter(|(_, free)| !free.is_empty()) else {
        return Err(Error::new(
            ErrorKind::NotEnoughData,
            "the log-rank test needs at least two segments with customers",
        ));
    };
    let k = free.len();
    let mut excess = vec![0.0; k];
    let mut covariance = vec![vec![0.0; k]; k];
    for rows in order.chunk_by(|&a, &b| duration[a] == duration[b]) {
        let total: f64 = at_risk.iter().sum();
        let gone = rows.iter().filter(|&&row| left[row]).count() as f64;
        if gone > 0.0 {
            let factor = if total > 1.0 { gone * (total - gone) / (total * total * (total - 1.0)) } else { 0.0 };
            for (i, &s) in free.iter().enumerate() {
                let own = rows.iter().filter(|&&row| left[row] && segment[row] as usize == s).count() as f64;
                excess[i] += own - gone * at_risk[s] / total;
                for (j, &t) in free.iter().enumerate() {
                    let same = if i == j { total } else { 0.0 };
                    covariance[i][j] += factor * at_risk[s] * (same - at_risk[t]);
                }
            }
        }
        for &row in rows {
            at_risk[segment[row] as usize] -= 1.0;
        }
    }
    let Some(solved) = super::hazard::solve(covariance, excess.clone()) else {
        return Err(Error::new(ErrorKind::NotEnoughData, "nobody left while more than one segment was at risk"));
    };
    let statistic: f64 = solved.iter().zip(&excess).map(|(x, e)| x * e).sum();
    Ok(LogRank { statistic, degrees: k, p: gamma_inc_upper(0.5 * k as f64, 0.5 * statistic) })
}
