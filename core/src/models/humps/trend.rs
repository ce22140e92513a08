//! Price tiers, and the middle that melts away over time.

use super::gaussians::two_gaussians;
use crate::base::numeric::{ln, mean, variance};
use crate::base::{Error, ErrorKind, Result};

/// The price tier of each line: the share of its category's units that cost less, ties counted half.
///
/// 0 is the cheapest, 1 the dearest of the category (mid-rank percentile, weighted by `units`); the
/// tier of a customer in a category is the mean over its lines. A price or a number of units that is
/// unknown (NaN) gives an unknown tier and takes no part. Errors: columns of different lengths, a
/// negative or infinite number. One sort.
///
/// ```
/// use bactrian::models::humps::price_tiers;
///
/// let tiers = price_tiers(&[1, 1, 1, 2], &[2.0, 1.0, 3.0, 9.0], &[1.0; 4])?;
/// assert_eq!(tiers, [0.5, 1.0 / 6.0, 5.0 / 6.0, 0.5]);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn price_tiers(category: &[u32], price: &[f64], units: &[f64]) -> Result<Vec<f64>> {
    let n = category.len();
    if price.len() != n || units.len() != n {
        let error = format!("{n} categories, {} prices and {} numbers of units", price.len(), units.len());
        return Err(Error::new(ErrorKind::SchemaRange, error));
    }
    if let Some(row) =
        price.iter().zip(units).position(|(p, u)| *p < 0.0 || *u < 0.0 || p.is_infinite() || u.is_infinite())
    {
        let error =
            format!("price {} and units {} in row {row}, but must be finite and at least 0", price[row], units[row]);
        return Err(Error::new(ErrorKind::SchemaRange, error));
    }
    let mut order: Vec<usize> = (0..n).filter(|&i| !price[i].is_nan() && !units[i].is_nan()).collect();
    order.sort_by(|&a, &b| category[a].cmp(&category[b]).then(price[a].total_cmp(&price[b])));
    let mut tiers = vec![f64::NAN; n];
    for lines in order.chunk_by(|&a, &b| category[a] == category[b]) {
        let total: f64 = lines.iter().map(|&line| units[line]).sum();
        let mut below = 0.0;
        for tied in lines.chunk_by(|&a, &b| price[a] == price[b]) {
            let here: f64 = tied.iter().map(|&line| units[line]).sum();
            for &line in tied {
                tiers[line] = (below + 0.5 * here) / total;
            }
            below += here;
        }
    }
    Ok(tiers)
}

/// The shares of three tiers by period, and whether the middle melts away.
#[derive(Debug, Clone, PartialEq)]
pub struct MiddleTrend {
    /// The periods, rising.
    pub period: Vec<u32>,
    /// Shares of the low, middle and high tier in each period.
    pub shares: Vec<[f64; 3]>,
    /// Population stability index of each period against the baseline: sum of (p - q) ln(p / q), with
    /// half a line added to each tier.
    pub psi: Vec<f64>,
    /// One-sided CUSUM of the middle's shortfall, in standard errors (Page 1954).
    pub cusum: Vec<f64>,
    /// The first period whose CUSUM exceeds 5.
    pub alarm: Option<u32>,
}

/// The middle's share by period, its drift from the first `baseline` periods, and an alarm of decline.
///
/// The middle is low < value < high. The CUSUM adds up how far the middle's share falls short of its
/// share in the baseline, in binomial standard errors less an allowance of one half; it alarms above 5
/// (one false alarm in about 900 periods). Unknown values take no part. Errors: columns of different
/// lengths, `low` not below `high`, `baseline` of 0 or more than there are periods.
pub fn middle_trend(period: &[u32], value: &[f64], low: f64, high: f64, baseline: usize) -> Result<MiddleTrend> {
    if period.len() != value.len() {
        let error = format!("{} periods and {} values", period.len(), value.len());
        return Err(Error::new(ErrorKind::SchemaRange, error));
    }
    if low.is_nan() || high.is_nan() || low >= high {
        return Err(Error::new(ErrorKind::SchemaRange, format!("`low` is {low}, but must be below `high` {high}")));
    }
    let mut order: Vec<usize> = (0..period.len()).filter(|&i| !value[i].is_nan()).collect();
    order.sort_by_key(|&i| period[i]);
    let (mut periods, mut counts) = (Vec::new(), Vec::new());
    for rows in order.chunk_by(|&a, &b| period[a] == period[b]) {
        let mut count = [0.0; 3];
        for &row in rows {
            let tier = if value[row] <= low { 0 } else { 1 + usize::from(value[row] >= high) };
            count[tier] += 1.0;
        }
        periods.extend(rows.first().map(|&row| period[row]));
        counts.push(count);
    }
    if baseline == 0 || baseline > counts.len() {
        let error = format!("a baseline of {baseline} periods, of {} with known values", counts.len());
        return Err(Error::new(ErrorKind::NotEnoughData, error));
    }
    let mut base = [0.0; 3];
    for count in &counts[..baseline] {
        for (sum, c) in base.iter_mut().zip(count) {
            *sum += c;
        }
    }
    let smooth = |count: &[f64; 3]| {
        let total: f64 = count.iter().sum::<f64>() + 1.5;
        count.map(|c| (c + 0.5) / total)
    };
    let reference = smooth(&base);
    let (mut sum, mut alarm) = (0.0f64, None);
    let mut trend =
        MiddleTrend { period: periods, shares: Vec::new(), psi: Vec::new(), cusum: Vec::new(), alarm: None };
    for (count, &at) in counts.iter().zip(&trend.period) {
        let total: f64 = count.iter().sum();
        let share = count.map(|c| c / total);
        let now = smooth(count);
        trend.psi.push(now.iter().zip(&reference).map(|(p, q)| (p - q) * ln(p / q)).sum());
        let error = (reference[1] * (1.0 - reference[1]) / total).sqrt();
        sum = (sum + (reference[1] - share[1]) / error - 0.5).max(0.0);
        if sum > 5.0 && alarm.is_none() {
            alarm = Some(at);
        }
        trend.shares.push(share);
        trend.cusum.push(sum);
    }
    trend.alarm = alarm;
    Ok(trend)
}

/// How far values spread and part in each period: (period, rows, coefficient of variation, Ashman's D).
///
/// D is NaN where two components can't be fitted. Unknown values take no part; an infinite one is an
/// error, as are columns of different lengths.
pub fn dispersion_by_period(period: &[u32], value: &[f64]) -> Result<Vec<(u32, usize, f64, f64)>> {
    if period.len() != value.len() || value.iter().any(|v| v.is_infinite()) {
        let error = format!("{} periods and {} values, which must be finite", period.len(), value.len());
        return Err(Error::new(ErrorKind::SchemaRange, error));
    }
    let mut order: Vec<usize> = (0..period.len()).filter(|&i| !value[i].is_nan()).collect();
    order.sort_by_key(|&i| period[i]);
    let mut all = Vec::new();
    for rows in order.chunk_by(|&a, &b| period[a] == period[b]) {
        let values: Vec<f64> = rows.iter().map(|&row| value[row]).collect();
        let spread = variance(&values, 1).sqrt() / mean(&values);
        let apart = two_gaussians(&values).map_or(f64::NAN, |two| two.ashman_d);
        all.extend(rows.first().map(|&row| (period[row], values.len(), spread, apart)));
    }
    Ok(all)
}
