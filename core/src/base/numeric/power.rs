//! x^y and the cube root.

use super::exp::{LN2_HIGH, LN2_LOW, exp_of_pair};
use super::ln::split;

/// 2^27 + 1 (Veltkamp's splitter).
const SPLITTER: f64 = 134_217_729.0;
/// 2/3 in two parts.
const TWO_THIRDS: (f64, f64) = (0.6666666666666666, 3.700743415417188e-17);
/// ln((1 + s)/(1 - s)) = 2 s + 2/3 s^3 + s^5 T(s^2): T, from the constant upwards (error 2^-66).
const T: [f64; 8] = [
    0.4,
    0.2857142857142937,
    0.222222222216545,
    0.1818181833570672,
    0.1538459492898411,
    0.133348065173055,
    0.11706187519978793,
    0.11723689023649227,
];

/// The two halves of x, of 26 bits each.
#[inline(always)]
fn halves(x: f64) -> (f64, f64) {
    let scaled = SPLITTER * x;
    let high = scaled - (scaled - x);
    (high, x - high)
}

/// x y as a rounded product and its exact error (Dekker 1971).
#[inline(always)]
fn product(x: f64, y: f64) -> (f64, f64) {
    let rounded = x * y;
    let (xh, xl) = halves(x);
    let (yh, yl) = halves(y);
    (rounded, ((xh * yh - rounded) + xh * yl + xl * yh) + xl * yl)
}

/// x + y as a rounded sum and its exact error (Knuth 1969).
#[inline(always)]
fn two_sum(x: f64, y: f64) -> (f64, f64) {
    let sum = x + y;
    let back = sum - x;
    (sum, (x - (sum - back)) + (y - back))
}

/// ln(x) of a positive, finite x to about 2^-65 of itself, as a pair.
#[inline(always)]
fn ln_pair(x: f64) -> (f64, f64) {
    let (k, m) = split(x);
    let f = m - 1.0;
    let (d, d_low) = two_sum(1.0, m);
    let s = f / d;
    let (p, p_low) = product(s, d);
    let s_low = (((f - p) - p_low) - s * d_low) / d;

    let (z, z_low) = product(s, s);
    let z_low = z_low + 2.0 * s * s_low;
    let (c, c_low) = product(s, z);
    let c_low = c_low + (s * z_low + s_low * z);
    let (t, t_low) = product(TWO_THIRDS.0, c);
    let t_low = t_low + (TWO_THIRDS.1 * c + TWO_THIRDS.0 * c_low);

    let z2 = z * z;
    let low = (T[0] + T[1] * z) + (T[2] + T[3] * z) * z2;
    let high = (T[4] + T[5] * z) + (T[6] + T[7] * z) * z2;
    let tail = c * z * (low + high * (z2 * z2));

    let (h, h_low) = two_sum(2.0 * s, t);
    let h_low = h_low + (2.0 * s_low + (t_low + tail));
    let (sum, sum_low) = two_sum(k * LN2_HIGH, h);
    two_sum(sum, sum_low + (h_low + k * LN2_LOW))
}

/// x^y for x > 0 finite, y finite.
fn positive_power(x: f64, y: f64) -> f64 {
    // Beyond 2^65 every power of an x other than 1 over- or underflows, as it does at 2^65.
    let bound = 36_893_488_147_419_103_232.0;
    let y = y.clamp(-bound, bound);
    let (l, l_low) = ln_pair(x);
    let (p, p_low) = product(y, l);
    exp_of_pair(p, p_low + y * l_low)
}

/// x^y, with the special cases of IEEE 754's `pow`: x^0 and 1^y are 1, even for NaN; a negative x
/// needs an integer y.
///
/// At most 1.5 ulp from the true value. The logarithm is kept in a pair of numbers. About six times
/// the cost of [`exp`](super::exp()).
///
/// ```
/// use bactrian::base::numeric;
///
/// assert_eq!(numeric::powf(2.0, 10.0), 1024.0);
/// assert_eq!(numeric::powf(-2.0, 3.0), -8.0);
/// assert!(numeric::powf(-2.0, 0.5).is_nan());
/// ```
pub fn powf(x: f64, y: f64) -> f64 {
    if y == 0.0 || x == 1.0 {
        return 1.0;
    }
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    let whole = y == y.floor();
    let odd = whole && y.abs() < 9_007_199_254_740_992.0 && (y * 0.5) != (y * 0.5).floor();
    let negative = x.is_sign_negative();
    let size = x.abs();
    let magnitude = if y.is_infinite() {
        match size == 1.0 {
            true => 1.0,
            false if (size > 1.0) == (y > 0.0) => f64::INFINITY,
            false => 0.0,
        }
    } else if size == 0.0 || size.is_infinite() {
        if (size == 0.0) == (y > 0.0) { 0.0 } else { f64::INFINITY }
    } else if negative && !whole {
        f64::NAN
    } else {
        positive_power(size, y)
    };
    if negative && odd { -magnitude } else { magnitude }
}

/// The cube root of x, of its sign.
///
/// At most 0.7 ulp from the true value.
///
/// ```
/// use bactrian::base::numeric;
///
/// assert_eq!(numeric::cbrt(-27.0), -3.0);
/// ```
pub fn cbrt(x: f64) -> f64 {
    if x == 0.0 || x.is_infinite() {
        return x;
    }
    if x.is_nan() {
        return f64::NAN;
    }
    // x = 8^j m with m in [1, 8), from an exponent of at least -1074.
    let (k, m) = split(x.abs());
    let j = (k / 3.0).floor();
    let m = m * [1.0, 2.0, 4.0][((k - 3.0 * j) as usize).min(2)];
    // Halley's iteration triples the right digits; the start is within 4% on [0.7, 5.7).
    let mut root = 0.714 + 0.3119 * m - 0.02257 * m * m;
    for _ in 0..3 {
        let cube = root * root * root;
        root *= (cube + 2.0 * m) / (2.0 * cube + m);
    }
    // One Newton step with the residual of 26 leading bits, whose square is exact.
    let (lead, _) = halves(root);
    let quotient = m / (lead * lead);
    let root = lead + lead * ((quotient - lead) / (2.0 * lead + quotient));
    let scale = f64::from_bits(((1023.0 + j) as u64) << 52);
    (root * scale).copysign(x)
}
