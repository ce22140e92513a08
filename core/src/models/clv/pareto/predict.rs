//! Predictions of one customer and of many.

use super::integral::Death;
use super::params::{ParetoNbd, ParetoNbdParams};
use crate::base::Result;
use crate::base::numeric::special::ln_tricomi_u;
use crate::base::numeric::{exp, exp_m1, ln, ln_1p};
use crate::models::clv::history::{CheckedHistory, check_times, same_length};
use crate::models::clv::value::check_discount;

impl ParetoNbd {
    /// P(alive at T) given `x` repeat purchases, the last at `t_x`; NaN outside of 0 <= t_x <= T.
    ///
    /// Schmittlein, Morrison, Colombo 1987, eq. 11 to 13, from the integral of the likelihood.
    pub fn probability_alive(&self, x: f64, t_x: f64, age: f64) -> f64 {
        let ParetoNbdParams { r, alpha, s, beta } = self.params;
        if !(x >= 0.0 && x.is_finite() && t_x >= 0.0 && t_x <= age && age.is_finite()) {
            return f64::NAN;
        }
        let death = Death { m: r + x, s, a: alpha + t_x, b: beta + t_x, span: age - t_x };
        let dead = death.total();
        let alive = -death.m * ln_1p(death.span / death.a) - s * ln_1p(death.span / death.b);
        1.0 / (1.0 + exp(ln(dead) - alive))
    }

    /// P(alive at T + `after`) given the purchases until T, whatever is bought from then on.
    pub fn probability_alive_after(&self, after: f64, x: f64, t_x: f64, age: f64) -> f64 {
        if !(after >= 0.0 && after.is_finite()) {
            return f64::NAN;
        }
        let stay = exp(-self.params.s * ln_1p(after / (self.params.beta + age)));
        self.probability_alive(x, t_x, age) * stay
    }

    /// Expected purchases in (T, T + t] of one who is alive at T.
    ///
    /// (r + x)(beta + T) / ((alpha + T)(s - 1)) [1 - ((beta + T) / (beta + T + t))^(s - 1)]
    /// (Schmittlein, Morrison, Colombo 1987, eq. 22), its limit at s = 1 included.
    fn of_alive(&self, t: f64, x: f64, age: f64) -> f64 {
        let ParetoNbdParams { r, alpha, s, beta } = self.params;
        let scale = beta + age;
        let log = ln_1p(t / scale);
        let time = if s == 1.0 { log } else { -exp_m1((1.0 - s) * log) / (s - 1.0) };
        (r + x) / (alpha + age) * scale * time
    }

    /// Expected purchases in (T, T + t] given the purchases until T; NaN outside of the domain.
    pub fn expected_purchases(&self, t: f64, x: f64, t_x: f64, age: f64) -> f64 {
        if !(t >= 0.0 && t.is_finite()) {
            return f64::NAN;
        }
        self.probability_alive(x, t_x, age) * self.of_alive(t, x, age)
    }

    /// Expected repeat purchases of a new customer within t of the first one.
    pub fn expected_purchases_new(&self, t: f64) -> f64 {
        self.expected_purchases(t, 0.0, 0.0, 0.0)
    }

    /// Discounted expected residual transactions: all purchases after T, discounted to T at the
    /// continuous rate `discount` per unit of time (Fader, Hardie, Lee 2005, "RFM and CLV", eq. 3).
    ///
    /// P(alive) (r + x) (beta + T) / (alpha + T) U(1, 2 - s, z) with z = discount (beta + T), since
    /// z^(s-1) U(s, s, z) = U(1, 2 - s, z) (A&S 13.1.29). NaN unless `discount` is above 0. For a
    /// yearly rate d and weeks, discount = ln(1 + d) / 52.
    ///
    /// ```
    /// use bactrian::models::clv::ParetoNbdParams;
    ///
    /// let model = ParetoNbdParams { r: 0.5534, alpha: 10.5802, s: 0.6061, beta: 11.6562 }.check()?;
    /// let near = model.expected_purchases(52.0, 2.0, 30.43, 38.86);
    /// assert!(model.discounted_residual(0.0027, 2.0, 30.43, 38.86) > near);
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    pub fn discounted_residual(&self, discount: f64, x: f64, t_x: f64, age: f64) -> f64 {
        let ParetoNbdParams { r, alpha, s, beta } = self.params;
        let scale = beta + age;
        let time = exp(ln_tricomi_u(1.0, 2.0 - s, discount * scale));
        self.probability_alive(x, t_x, age) * (r + x) / (alpha + age) * scale * time
    }

    /// [`ParetoNbd::probability_alive_after`] of every row; `after` = 0 is now.
    pub fn probability_alive_all(&self, after: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        check_times(&[after])?;
        Ok(rows.map(|x, t_x, age| self.probability_alive_after(after, x, t_x, age)))
    }

    /// [`ParetoNbd::expected_purchases`] of every row.
    pub fn expected_purchases_all(&self, t: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        check_times(&[t])?;
        Ok(rows.map(|x, t_x, age| self.expected_purchases(t, x, t_x, age)))
    }

    /// [`ParetoNbd::discounted_residual`] of every row.
    pub fn discounted_residual_all(&self, discount: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        check_discount(discount)?;
        Ok(rows.map(|x, t_x, age| self.discounted_residual(discount, x, t_x, age)))
    }

    /// Sum of `weights[k]` times the expected purchases in (T, T + `times[k]`], of every row: with
    /// differences of discount factors as weights, the discounted number of purchases.
    pub fn weighted_purchases_all(&self, times: &[f64], weights: &[f64], rows: &CheckedHistory) -> Result<Vec<f64>> {
        check_times(times)?;
        same_length(&[("times", times.len()), ("weights", weights.len())])?;
        Ok(rows.map(|x, t_x, age| {
            let sum: f64 = times.iter().zip(weights).map(|(t, w)| w * self.of_alive(*t, x, age)).sum();
            self.probability_alive(x, t_x, age) * sum
        }))
    }
}
