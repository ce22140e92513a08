//! The middle of the market over time.

use super::Line;
use crate::base::numeric::{mean, special::normal_quantile};
use crate::base::{Result, Verdict};
use crate::models::humps::{dispersion_by_period, middle_trend, price_tiers};
use crate::program::Diagnostics;

/// Where the middle begins and ends, as tiers.
pub(super) const LOW: f64 = 1.0 / 3.0;
pub(super) const HIGH: f64 = 2.0 / 3.0;

/// The course of the middle's share over periods, and whether it moved. The periods are cut from the last
/// line backwards, and the first, which is cut short, is left out if there are others.
pub(super) fn follow(lines: &[Line], period: i64, baseline: usize) -> Result<(Diagnostics, Verdict)> {
    let end = lines.iter().map(|line| line.at).max().unwrap_or(0);
    let start = lines.iter().map(|line| line.at).min().unwrap_or(0);
    let last = (end - start) / period;
    let whole = i64::from(last > 0);
    let kept: Vec<&Line> = lines.iter().filter(|line| last - (end - line.at) / period >= whole).collect();
    let place = |line: &&Line| (last - (end - line.at) / period) as u32;
    let periods: Vec<u32> = kept.iter().map(place).collect();
    let category: Vec<u32> = kept.iter().map(|line| line.category).collect();
    let price: Vec<f64> = kept.iter().map(|line| line.price).collect();
    let tiers = price_tiers(&category, &price, &vec![1.0; kept.len()])?;
    let mut distinct = periods.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 2 * baseline {
        let why = format!("{} periods, and a trend needs twice the baseline of {baseline}", distinct.len());
        return Ok((Vec::new(), Verdict::cannot_tell(kept.len() as u64, why)));
    }
    let trend = middle_trend(&periods, &tiers, LOW, HIGH, baseline)?;
    let spread = dispersion_by_period(&periods, &relative(&category, &price))?;
    let ends =
        |values: &[f64]| (values.first().copied().unwrap_or(f64::NAN), values.last().copied().unwrap_or(f64::NAN));
    let (variation, apart): (Vec<f64>, Vec<f64>) = spread.iter().map(|found| (found.2, found.3)).unzip();
    let ((cv_first, cv_last), (d_first, d_last)) = (ends(&variation), ends(&apart));
    let of = |places: &dyn Fn(u32) -> bool| {
        let chosen = periods.iter().zip(&tiers).filter(|(place, tier)| places(**place) && !tier.is_nan());
        let middle: Vec<f64> = chosen.map(|(_, tier)| f64::from(u8::from(*tier > LOW && *tier < HIGH))).collect();
        (mean(&middle), middle.len() as f64)
    };
    let (first, recent) = (distinct[baseline - 1], distinct[distinct.len() - baseline]);
    let (before, n_before) = of(&|place| place <= first);
    let (after, n_after) = of(&|place| place >= recent);
    let error = (before * (1.0 - before) / n_before + after * (1.0 - after) / n_after).sqrt();
    let (change, reach) = (after - before, normal_quantile(0.975) * error);
    let why = format!(
        "the middle's share of lines was {before:.4} in the first {baseline} periods and is {after:.4} in the last"
    );
    let verdict =
        Verdict::from_interval(change, (change - reach, change + reach), 0.0, (n_before + n_after) as u64, why);
    let figures = [
        ("periods", distinct.len() as f64),
        ("middle_first", before),
        ("middle_last", after),
        ("psi", ends(&trend.psi).1),
        ("cusum", ends(&trend.cusum).1),
        ("alarm_period", trend.alarm.map_or(f64::NAN, f64::from)),
        ("dispersion_first", cv_first),
        ("dispersion_last", cv_last),
        ("ashman_d_first", d_first),
        ("ashman_d_last", d_last),
    ];
    Ok((figures.map(|(name, value)| (name.to_owned(), value)).to_vec(), verdict))
}

/// Each price over the mean price of its category; unknown where that is 0.
fn relative(category: &[u32], price: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..category.len()).collect();
    order.sort_by_key(|row| category.get(*row));
    let mut out = vec![f64::NAN; category.len()];
    for rows in order.chunk_by(|a, b| category.get(*a) == category.get(*b)) {
        let prices: Vec<f64> = rows.iter().filter_map(|row| price.get(*row)).copied().collect();
        let level = mean(&prices);
        for (row, price) in rows.iter().zip(prices) {
            if let Some(place) = out.get_mut(*row).filter(|_| level > 0.0) {
                *place = price / level;
            }
        }
    }
    out
}
