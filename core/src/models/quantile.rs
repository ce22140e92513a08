//! Quantiles by linear interpolation, ordinal ranks and tiles.
//!
//! The quantile is type 7 of Hyndman and Fan (1996), the default of numpy, pandas and R: with x
//! sorted from 0, the value at (n - 1) q. An unknown value (NaN) takes no part: it is not counted,
//! and its rank and tile are NaN. Infinite values are values. Cost: one sort.

use rayon::prelude::*;

#[cfg(test)]
mod tests;

/// From so many values on a sort is shared out over threads.
const SHARED: usize = 32_768;

/// The known values, rising; -0.0 comes before 0.0.
///
/// ```
/// use bactrian::models::quantile;
///
/// assert_eq!(quantile::sorted(&[2.0, f64::NAN, 1.0]), [1.0, 2.0]);
/// ```
pub fn sorted(values: &[f64]) -> Vec<f64> {
    // Whole numbers in the order of `f64::total_cmp` are sorted at half the cost.
    let turned = |bits: i64| bits ^ ((bits >> 63) as u64 >> 1) as i64;
    let known = values.iter().filter(|x| !x.is_nan());
    let mut keys: Vec<i64> = known.map(|x| turned(x.to_bits() as i64)).collect();
    if keys.len() < SHARED {
        keys.sort_unstable();
    } else {
        keys.par_sort_unstable();
    }
    keys.into_iter().map(|key| f64::from_bits(turned(key) as u64)).collect()
}

/// The quantile of values that are sorted and known, q in [0, 1]; NaN of none or outside.
///
/// ```
/// use bactrian::models::quantile;
///
/// assert_eq!(quantile::of_sorted(&[1.0, 2.0, 4.0], 0.75), 3.0);
/// ```
pub fn of_sorted(sorted: &[f64], q: f64) -> f64 {
    if sorted.is_empty() || !(0.0..=1.0).contains(&q) {
        return f64::NAN;
    }
    let last = sorted.len() - 1;
    let place = last as f64 * q;
    let below = (place.floor() as usize).min(last);
    let share = place - below as f64;
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    // From the nearer end, as numpy does, so that the result is monotone in q.
    match share {
        _ if low == high || share == 0.0 => low,
        s if s < 0.5 => low + (high - low) * s,
        s => high - (high - low) * (1.0 - s),
    }
}

/// The quantiles of the known values at each probability of `at`.
///
/// ```
/// use bactrian::models::quantile;
///
/// assert_eq!(quantile::quantiles(&[4.0, f64::NAN, 1.0, 2.0], &[0.0, 0.5, 0.9]), [1.0, 2.0, 3.6]);
/// ```
pub fn quantiles(values: &[f64], at: &[f64]) -> Vec<f64> {
    let sorted = sorted(values);
    at.iter().map(|q| of_sorted(&sorted, *q)).collect()
}

/// The rank of each value, from 1; equal values in the order in which they stand.
///
/// This is `rank(method="first")` of pandas.
///
/// ```
/// use bactrian::models::quantile;
///
/// assert_eq!(quantile::ordinal_ranks(&[7.0, 5.0, 7.0]), [2.0, 1.0, 3.0]);
/// ```
pub fn ordinal_ranks(values: &[f64]) -> Vec<f64> {
    let mut ranks = vec![f64::NAN; values.len()];
    for (before, index) in order(values).into_iter().enumerate() {
        ranks[index] = (before + 1) as f64;
    }
    ranks
}

/// The tile of each value, from 1 to `tiles`: equal shares of the ordinal ranks, 1 the lowest.
///
/// The r-th of n values is in tile max(1, ceil((r - 1) tiles / (n - 1))), which is `qcut` of pandas
/// over ordinal ranks, in whole numbers. `tiles` of 0 gives NaN.
///
/// ```
/// use bactrian::models::quantile;
///
/// assert_eq!(quantile::tiles(&[10.0, 40.0, 20.0, 30.0], 2), [1.0, 2.0, 1.0, 2.0]);
/// ```
pub fn tiles(values: &[f64], tiles: u32) -> Vec<f64> {
    let mut result = vec![f64::NAN; values.len()];
    if tiles == 0 {
        return result;
    }
    let order = order(values);
    let steps = (order.len() as u128).saturating_sub(1).max(1);
    for (before, index) in order.into_iter().enumerate() {
        let tile = (before as u128 * u128::from(tiles)).div_ceil(steps).max(1);
        result[index] = tile as f64;
    }
    result
}

/// The indices of the known values by rising value, equal ones by index.
fn order(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).filter(|i| !values[*i].is_nan()).collect();
    // Adding zero makes -0.0 equal to 0.0.
    order.sort_by(|a, b| (values[*a] + 0.0).total_cmp(&(values[*b] + 0.0)));
    order
}
