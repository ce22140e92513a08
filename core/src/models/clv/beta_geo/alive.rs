//! What customers do who are alive: expected purchases and survival.
//!
//! With lambda ~ Gamma(m, alpha + T), p ~ Beta(a, b') and tau = t / (alpha + T),
//!
//! ```text
//! E[purchases in t] = E (1 - (1 + p tau)^-m) / p,        P(survive t) = E (1 + p tau)^-m.
//! ```
//!
//! Both are Gauss functions of z = tau / (1 + tau) (Fader, Hardie, Lee 2005, eq. 10). After Euler's
//! transformation (A&S 15.3.3) their parameters stay small however often the customer bought:
//!
//! ```text
//! E = c / (a - 1) [1 - (1 - z)^(a-1) F(a - 1, e; c; z)],  c = a + b' - 1,  e = c - m,
//! P = (1 - z)^a F(a, e + 1; c + 1; z).
//! ```
//!
//! In w = z / (1 + sqrt(1 - z))^2 the singularities at z = 1 and infinity lie on the unit circle, so
//! that a power series in w takes a third of the terms. The factor (1 + w)^(2 A) taken out, Gauss's
//! equation for F(A, B; C; z) becomes Heun's, whose coefficients obey
//!
//! ```text
//! (n+1)(n+C) g[n+1] = -((D+2s) n + q) g[n] + ((n-1)(n-2) - (C-2-2s)(n-1) - s(C-1-s)) g[n-1],
//! s = 2 A,  D = 2 C - 4 (A + B),  q = s C - 4 A B.
//! ```
//!
//! For E the series K of c (g - 1) / (a - 1) is used, so that a = 1 and c = 0 are no exceptions:
//! E = c (1 - (1 - w)^(2(a-1))) / (a - 1) - (1 - w)^(2(a-1)) K(w). Checked against 60 digits: error
//! below 1e-12 inside of the limits of [`Alive::series_terms`]; beyond them the expectation over p is
//! integrated, at a hundred times the cost.

use crate::base::numeric::special::beta_expectation;
use crate::base::numeric::{exp, exp_m1, ln_1p};

/// (largest w, terms that leave an error of 1e-20) of each class of arguments.
const CLASSES: [(f64, usize); 3] = [(0.2, 28), (0.56, 80), (0.75, 192)];
const MOST_TERMS: usize = 192;
const LANES: usize = 8;

/// A series in w; element n is the coefficient of w^n, element 0 stands apart.
type Series = [f64; MOST_TERMS + 1];

/// Customers who are alive and bought equally often.
#[derive(Debug, Clone, Copy)]
pub(super) struct Alive {
    a: f64,
    /// b'.
    b: f64,
    /// m = r + x.
    m: f64,
    /// c = a + b' - 1, of which the last part is whole: kept exact for small a + b.
    c: f64,
    /// e = c - m.
    e: f64,
}

impl Alive {
    /// Those who bought `x` times again, where dropout could follow `bought` purchases.
    pub(super) fn new(r: f64, a: f64, b: f64, x: f64, bought: f64) -> Self {
        let rest = bought - x;
        Alive { a, b: b + bought, m: r + x, c: (a + b - 1.0) + bought, e: (a + b - 1.0 - r) + rest }
    }

    /// The class of w, or `None` where the series would lose digits or not converge.
    fn series_terms(&self, w: f64) -> Option<usize> {
        let class = CLASSES.iter().position(|(reach, _)| w <= *reach)?;
        let (least, most) = if class < 2 { (-4.0, 30.0) } else { (-2.0, 10.0) };
        let sound = self.a <= 10.0 && least <= self.e && self.e <= most && self.e.abs() < 1e3 * self.m;
        sound.then_some(CLASSES[class].1)
    }

    /// The coefficients of K, of which [`Alive::expected`] makes E, up to w^`terms`.
    fn expected_series(&self, terms: usize) -> Series {
        let (c, e) = (self.c, self.e);
        let power = self.a - 1.0;
        let s = 2.0 * power;
        let mut series = [0.0; MOST_TERMS + 1];
        series[1] = -2.0 * (c - 2.0 * e);
        // The constant term 1 of g acts on the second coefficient only.
        let first = -2.0 * (c - 1.0 - s) * c;
        recur(&mut series, terms, (power, e, c), first);
        series
    }

    /// The coefficients of g for P(survive).
    fn survival_series(&self, terms: usize) -> Series {
        let (power, e, c) = (self.a, self.e + 1.0, self.c + 1.0);
        let s = 2.0 * power;
        let mut series = [0.0; MOST_TERMS + 1];
        series[0] = 1.0;
        series[1] = -(s * c - 4.0 * power * e) / c;
        recur(&mut series, terms, (power, e, c), -s * (c - 1.0 - s));
        series
    }

    /// E from w and the sum of K.
    fn expected_from(&self, w: f64, sum: f64) -> f64 {
        let power = self.a - 1.0;
        let log = 2.0 * ln_1p(-w);
        let less = exp_m1(power * log);
        let ratio = if power == 0.0 { -log } else { -less / power };
        self.c * ratio - (1.0 + less) * sum
    }

    /// The expected purchases within tau = t / (alpha + T), at least 0.
    pub(super) fn expected(&self, tau: f64) -> f64 {
        let w = argument(tau);
        match self.series_terms(w) {
            Some(terms) => self.expected_from(w, horner(&self.expected_series(terms), terms, w)),
            None => self.expected_by_integral(tau),
        }
    }

    /// [`Alive::expected`] of many, to the same bits; `out[i]` of `taus[i]`.
    pub(super) fn expected_many(&self, taus: &[f64], out: &mut [f64]) {
        let series = self.expected_series(MOST_TERMS);
        let mut classes: [Vec<(usize, f64)>; 3] = Default::default();
        for (i, (&tau, out)) in taus.iter().zip(out.iter_mut()).enumerate() {
            let w = argument(tau);
            match self.series_terms(w) {
                Some(terms) => {
                    let class = CLASSES.iter().position(|class| class.1 == terms).unwrap_or(2);
                    classes[class].push((i, w));
                }
                None => *out = self.expected_by_integral(tau),
            }
        }
        for (members, (_, terms)) in classes.iter().zip(CLASSES) {
            for block in members.chunks(LANES) {
                let mut arguments = [0.0; LANES];
                for (to, (_, w)) in arguments.iter_mut().zip(block) {
                    *to = *w;
                }
                let sums = horner_lanes(&series, terms, arguments);
                for ((i, w), sum) in block.iter().zip(sums) {
                    out[*i] = self.expected_from(*w, sum);
                }
            }
        }
    }

    fn expected_by_integral(&self, tau: f64) -> f64 {
        beta_expectation(self.a, self.b, |p, _| {
            let small = p * tau;
            if self.m * small < 1e-9 {
                self.m * tau * (1.0 - 0.5 * (self.m + 1.0) * small)
            } else {
                -exp_m1(-self.m * ln_1p(small)) / p
            }
        })
    }

    /// The probability of staying alive for tau = t / (alpha + T).
    pub(super) fn survival(&self, tau: f64) -> f64 {
        let w = argument(tau);
        match self.series_terms(w) {
            Some(terms) => {
                let series = self.survival_series(terms);
                let sum = 1.0 + horner(&series, terms, w);
                (exp(2.0 * self.a * ln_1p(-w)) * sum).clamp(0.0, 1.0)
            }
            None => beta_expectation(self.a, self.b, |p, _| exp(-self.m * ln_1p(p * tau))),
        }
    }
}

/// Heun's recurrence for (A, B, C), from element 2 on; `first` is added to the right side for n = 1.
fn recur(series: &mut Series, terms: usize, (power, e, c): (f64, f64, f64), first: f64) {
    let s = 2.0 * power;
    let linear = 2.0 * c - 4.0 * (power + e) + 2.0 * s;
    let constant = s * c - 4.0 * power * e;
    let (mut before, mut last) = (0.0, series[1]);
    let mut extra = first;
    for n in 1..terms.min(MOST_TERMS) {
        let k = n as f64;
        let older = (k - 1.0) * (k - 2.0) - (c - 2.0 - 2.0 * s) * (k - 1.0) - s * (c - 1.0 - s);
        let next = (older * before - (linear * k + constant) * last + extra) / ((k + 1.0) * (k + c));
        extra = 0.0;
        series[n + 1] = next;
        (before, last) = (last, next);
    }
}

/// w = z / (1 + sqrt(1 - z))^2 of z = tau / (1 + tau).
fn argument(tau: f64) -> f64 {
    let root = 1.0 + (1.0 / (1.0 + tau)).sqrt();
    tau / (1.0 + tau) / (root * root)
}

/// Sum of series[n] w^n from n = 1.
fn horner(series: &Series, terms: usize, w: f64) -> f64 {
    series[1..=terms].iter().rev().fold(0.0, |sum, c| sum * w + c) * w
}

/// [`horner`] of several arguments, to the same bits.
fn horner_lanes(series: &Series, terms: usize, w: [f64; LANES]) -> [f64; LANES] {
    let mut sums = [0.0; LANES];
    for c in series[1..=terms].iter().rev() {
        for (sum, w) in sums.iter_mut().zip(&w) {
            *sum = *sum * w + c;
        }
    }
    for (sum, w) in sums.iter_mut().zip(&w) {
        *sum *= w;
    }
    sums
}
