//! Predictions of one customer.

use super::params::{RegularBetaGeo, RegularBetaGeoParams};
use crate::base::numeric::special::{beta_inc, ln_gamma, ln_gamma_ratio};
use crate::base::numeric::{exp, ln, ln_1p, log_add_exp, log_sum_exp};
use crate::models::clv::beta_geo::Dropout;

/// Purchases that are looked at before a prediction gives up: far beyond any horizon of use.
const MOST: u32 = 10_000_000;

impl RegularBetaGeo {
    fn bought(&self, x: f64) -> f64 {
        x + f64::from(u8::from(self.params.dropout == Dropout::AfterEvery))
    }

    /// ln of the likelihood's terms for j = 0.. hidden events since the last purchase, relative to
    /// (alpha + T)^-m, and of the term of dropout.
    fn terms(&self, x: f64, t_x: f64, age: f64) -> (Vec<f64>, f64) {
        let RegularBetaGeoParams { r, alpha, a, b, k, .. } = self.params;
        let m = r + f64::from(k) * x;
        let share = ln((age - t_x) / (alpha + age));
        let waiting = |j: f64| {
            let power = if j == 0.0 { 0.0 } else { j * share };
            ln_gamma_ratio(m, j) - ln_gamma(j + 1.0) + power
        };
        let bought = self.bought(x);
        let odds = if bought > 0.0 { ln(a) - ln(b + bought - 1.0) } else { f64::NEG_INFINITY };
        let dropped = odds + m * ln_1p((age - t_x) / (alpha + t_x));
        ((0..k).map(f64::from).map(waiting).collect(), dropped)
    }

    /// P(alive at T) given `x` repeat purchases, the last at `t_x`; NaN outside of 0 <= t_x <= T.
    pub fn probability_alive(&self, x: f64, t_x: f64, age: f64) -> f64 {
        if !(x >= 0.0 && x.is_finite() && t_x >= 0.0 && t_x <= age && age.is_finite()) {
            return f64::NAN;
        }
        let (waiting, dropped) = self.terms(x, t_x, age);
        let alive = log_sum_exp(&waiting);
        exp(alive - log_add_exp(alive, dropped))
    }

    /// P(alive at T + `after`) given the purchases until T, whatever is bought from then on; NaN outside of the
    /// domain.
    ///
    /// P(alive) less the sum over n of P(at least n purchases) times that of dropping out at the n-th. Cost: as
    /// that of [`RegularBetaGeo::expected_purchases`].
    pub fn probability_alive_after(&self, after: f64, x: f64, t_x: f64, age: f64) -> f64 {
        let (alive, m, scale, shares) = self.posterior(x, t_x, age);
        if alive.is_nan() || !(after >= 0.0 && after.is_finite()) {
            return f64::NAN;
        }
        let RegularBetaGeoParams { a, b, .. } = self.params;
        let survived = b + self.bought(x);
        let (mut stay, mut lost) = (1.0, 0.0);
        for n in 1..MOST {
            let n = f64::from(n);
            let gone = a / (a + survived + n - 1.0);
            let term = stay * gone * self.at_least(n, after, m, scale, &shares);
            lost += term;
            if term <= 1e-17 {
                break;
            }
            stay *= 1.0 - gone;
        }
        alive * (1.0 - lost).clamp(0.0, 1.0)
    }

    /// P(at least `n` purchases in (T, T + t] if nobody dropped out) of one alive, over j and lambda.
    fn at_least(&self, n: f64, t: f64, m: f64, scale: f64, shares: &[f64]) -> f64 {
        if n == 0.0 {
            return 1.0;
        }
        let z = t / (scale + t);
        let each = shares.iter().zip(0..).map(|(share, j)| {
            let j = f64::from(j);
            // Hidden events are negative binomial of shape m + j.
            share * beta_inc(n * f64::from(self.params.k) - j, m + j, z)
        });
        each.sum()
    }

    /// P(alive at T), shape, scale, and the shares of j among those alive.
    fn posterior(&self, x: f64, t_x: f64, age: f64) -> (f64, f64, f64, Vec<f64>) {
        let alive = self.probability_alive(x, t_x, age);
        let (waiting, _) = self.terms(x, t_x, age);
        let total = log_sum_exp(&waiting);
        let m = self.params.r + f64::from(self.params.k) * x;
        (alive, m, self.params.alpha + age, waiting.iter().map(|w| exp(w - total)).collect())
    }

    /// Expected purchases in (T, T + t] given the purchases until T; NaN outside of the domain.
    ///
    /// P(alive) times the sum over n of P(at least n purchases) E (1 - p)^(n-1). Cost: k incomplete
    /// beta functions for each purchase that is not next to impossible.
    pub fn expected_purchases(&self, t: f64, x: f64, t_x: f64, age: f64) -> f64 {
        let (alive, m, scale, shares) = self.posterior(x, t_x, age);
        if alive.is_nan() || !(t >= 0.0 && t.is_finite()) {
            return f64::NAN;
        }
        let RegularBetaGeoParams { a, b, .. } = self.params;
        let survived = b + self.bought(x);
        let (mut stay, mut sum) = (1.0, 0.0);
        for n in 1..MOST {
            let n = f64::from(n);
            let term = stay * self.at_least(n, t, m, scale, &shares);
            sum += term;
            if term <= 1e-17 * sum {
                break;
            }
            stay *= (survived + n - 1.0) / (a + survived + n - 1.0);
        }
        alive * sum
    }

    /// Expected repeat purchases of a new customer within t of the first one.
    pub fn expected_purchases_new(&self, t: f64) -> f64 {
        self.expected_purchases(t, 0.0, 0.0, 0.0)
    }

    /// P(exactly `n` purchases in (T, T + t]) given the purchases until T; NaN outside of the domain.
    pub fn probability_of(&self, n: u32, t: f64, x: f64, t_x: f64, age: f64) -> f64 {
        let (alive, m, scale, shares) = self.posterior(x, t_x, age);
        if alive.is_nan() || !(t >= 0.0 && t.is_finite()) {
            return f64::NAN;
        }
        let RegularBetaGeoParams { a, b, .. } = self.params;
        let survived = b + self.bought(x);
        let n = f64::from(n);
        let least = self.at_least(n, t, m, scale, &shares);
        let more = self.at_least(n + 1.0, t, m, scale, &shares);
        // E (1 - p)^n, and E p (1 - p)^(n-1): none of n purchases was the last, or the n-th was.
        let stay = |n: f64| exp(ln_gamma_ratio(survived, n) - ln_gamma_ratio(a + survived, n));
        let last = if n == 0.0 { 0.0 } else { stay(n - 1.0) * a / (a + survived + n - 1.0) * least };
        let gone = if n == 0.0 { 1.0 - alive } else { 0.0 };
        gone + alive * (stay(n) * (least - more) + last)
    }
}
