//! Reductions of a fixed shape: the result depends on the values and their number alone.
//!
//! Within a block of [`BLOCK`] values, value i is added to lane i mod 8, and the lanes are added in
//! pairs; blocks are added in pairs down a tree that the length determines. The error of a sum of n
//! values grows as BLOCK/8 + log2(n) roundings, not as n.

use super::exp::exp;
use super::ln::{ln, ln_1p};

const LANES: usize = 8;
const BLOCK: usize = 1024;

/// The sum of `term(i)` over `start..end`.
#[inline(always)]
fn tree<F: Fn(usize, usize) -> f64 + Copy>(start: usize, end: usize, block: F) -> f64 {
    let n = end - start;
    if n <= BLOCK {
        return block(start, end);
    }
    split(start, end, block)
}

fn split<F: Fn(usize, usize) -> f64 + Copy>(start: usize, end: usize, block: F) -> f64 {
    // The left part is a whole number of blocks, at least half of all.
    let blocks = (end - start).div_ceil(BLOCK);
    let middle = start + blocks.div_ceil(2) * BLOCK;
    tree(start, middle, block) + tree(middle, end, block)
}

#[inline(always)]
fn add_lanes(lanes: [f64; LANES]) -> f64 {
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

#[inline(always)]
fn reduce<F: Fn(f64) -> f64 + Copy>(values: &[f64], term: F) -> f64 {
    let total = tree(0, values.len(), |start, end| {
        let mut lanes = [0.0; LANES];
        let (chunks, rest) = values.get(start..end).unwrap_or(&[]).as_chunks::<LANES>();
        for chunk in chunks {
            for (lane, value) in lanes.iter_mut().zip(chunk) {
                *lane += term(*value);
            }
        }
        for (lane, value) in lanes.iter_mut().zip(rest) {
            *lane += term(*value);
        }
        add_lanes(lanes)
    });
    if total.is_nan() { f64::NAN } else { total }
}

/// The sum of all values; 0 of none, NaN if one is NaN.
///
/// ```
/// use bactrian::base::numeric;
///
/// assert_eq!(numeric::sum(&[1.0, 2.0, 3.5]), 6.5);
/// ```
pub fn sum(values: &[f64]) -> f64 {
    reduce(values, |x| x)
}

/// The sum of all squares; 0 of none, NaN if one is NaN.
///
/// ```
/// use bactrian::base::numeric;
///
/// assert_eq!(numeric::sum_of_squares(&[3.0, 4.0]), 25.0);
/// ```
pub fn sum_of_squares(values: &[f64]) -> f64 {
    reduce(values, |x| x * x)
}

/// The sum of products of the values at every index that both slices have, in the shape of [`sum`].
///
/// ```
/// use bactrian::base::numeric;
///
/// assert_eq!(numeric::dot(&[1.0, 2.0], &[3.0, 4.0]), 11.0);
/// ```
pub fn dot(left: &[f64], right: &[f64]) -> f64 {
    let n = left.len().min(right.len());
    let total = tree(0, n, |start, end| {
        let mut lanes = [0.0; LANES];
        let (left, left_rest) = left.get(start..end).unwrap_or(&[]).as_chunks::<LANES>();
        let (right, right_rest) = right.get(start..end).unwrap_or(&[]).as_chunks::<LANES>();
        for (a, b) in left.iter().zip(right) {
            for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
                *lane += a * b;
            }
        }
        for ((lane, a), b) in lanes.iter_mut().zip(left_rest).zip(right_rest) {
            *lane += a * b;
        }
        add_lanes(lanes)
    });
    if total.is_nan() { f64::NAN } else { total }
}

/// The arithmetic mean; NaN of none or if one is NaN.
///
/// ```
/// use bactrian::base::numeric;
///
/// assert_eq!(numeric::mean(&[1.0, 2.0, 6.0]), 3.0);
/// ```
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { f64::NAN } else { sum(values) / values.len() as f64 }
}

/// The variance with `less` degrees of freedom lost (0: of the values; 1: of their population), in
/// two passes; NaN where n <= `less` or if one is NaN.
///
/// The second pass is corrected for the rounding of the mean (Chan, Golub, LeVeque 1983, eq. 1.7).
///
/// ```
/// use bactrian::base::numeric;
///
/// assert_eq!(numeric::variance(&[1.0, 2.0, 6.0], 1), 7.0);
/// ```
pub fn variance(values: &[f64], less: usize) -> f64 {
    let n = values.len();
    if n <= less {
        return f64::NAN;
    }
    let centre = mean(values);
    let squares = reduce(values, |x| (x - centre) * (x - centre));
    let drift = reduce(values, |x| x - centre);
    (squares - drift * drift / n as f64) / (n - less) as f64
}

/// ln(sum of e^x) without overflow; negative infinity of none, NaN if one is NaN.
///
/// ```
/// use bactrian::base::numeric;
///
/// assert!((numeric::log_sum_exp(&[1000.0, 1000.0]) - (1000.0 + numeric::ln(2.0))).abs() < 1e-12);
/// ```
pub fn log_sum_exp(values: &[f64]) -> f64 {
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if highest.is_infinite() {
        return if values.iter().any(|x| x.is_nan()) { f64::NAN } else { highest };
    }
    highest + ln(reduce(values, |x| exp(x - highest)))
}

/// ln(e^x + e^y) without overflow; NaN if one is NaN.
///
/// ```
/// use bactrian::base::numeric;
///
/// assert_eq!(numeric::log_add_exp(3.0, f64::NEG_INFINITY), 3.0);
/// ```
pub fn log_add_exp(x: f64, y: f64) -> f64 {
    let (high, low) = if x < y { (y, x) } else { (x, y) };
    if high.is_nan() || low.is_nan() {
        f64::NAN
    } else if high.is_infinite() {
        high
    } else {
        high + ln_1p(exp(low - high))
    }
}
