//! Rules of Gauss and Legendre on [0, 1]: n points, exact for polynomials of degree 2n - 1.

/// A point and its weight.
pub(super) type Point = (f64, f64);

/// The rules of 1 to `most` points; the one of n stands at n - 1.
///
/// The zeros of P_n lie between those of P_(n-1) and the ends, so each is found by Newton's steps
/// within its bracket. Cost: `most`^3.
pub(super) fn rules(most: usize) -> Vec<Vec<Point>> {
    let mut zeros: Vec<f64> = Vec::new();
    (1..=most)
        .map(|n| {
            let ends: Vec<f64> = [&[-1.0][..], &zeros, &[1.0]].concat();
            zeros = ends.windows(2).map(|ends| zero(n, ends[0], ends[1])).collect();
            zeros.iter().map(|x| point(n, *x)).collect()
        })
        .collect()
}

/// P_n(x) and its derivative, for |x| < 1 (Bonnet's recursion).
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
    }
    (value, n as f64 * (before - x * value) / (1.0 - x * x))
}

/// The zero of P_n between `low` and `high`.
fn zero(n: usize, mut low: f64, mut high: f64) -> f64 {
    // P_n has the sign (-1)^n below its first zero and changes it at each.
    let rising = legendre(n, low.max(-1.0 + f64::EPSILON)).0 < 0.0;
    let mut x = 0.5 * (low + high);
    for _ in 0..100 {
        let (value, slope) = legendre(n, x);
        *(if (value < 0.0) == rising { &mut low } else { &mut high }) = x;
        let newton = x - value / slope;
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - x).abs() <= 1e-16 {
            return next;
        }
        x = next;
    }
    x
}

/// The point of a zero, moved from [-1, 1] to [0, 1].
fn point(n: usize, x: f64) -> Point {
    let slope = legendre(n, x).1;
    (0.5 + 0.5 * x, 1.0 / ((1.0 - x * x) * slope * slope))
}
