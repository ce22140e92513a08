//! How many purchases, with which probability.

use super::params::BetaGeo;
use crate::base::Result;
use crate::base::numeric::special::{beta_inc, ln_beta, ln_gamma_ratio};
use crate::base::numeric::{exp, ln, ln_1p};
use crate::models::clv::beta_geo::params::Dropout;
use crate::models::clv::history::{CheckedHistory, check_times};

impl BetaGeo {
    /// P(a new customer makes exactly `n` repeat purchases within t of the first one).
    ///
    /// Fader, Hardie, Lee 2005, eq. 8; the sum of negative binomial terms is an incomplete beta
    /// function. NaN unless t is finite and at least 0.
    ///
    /// ```
    /// # use bactrian::models::clv::{BetaGeoParams, Dropout};
    /// # let params = BetaGeoParams { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426, dropout: Dropout::AfterRepeat };
    /// # let model = params.check()?;
    /// let all: f64 = (0..2000).map(|n| model.probability_of_new(n, 39.0)).sum();
    /// assert!((all - 1.0).abs() < 1e-9);
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    pub fn probability_of_new(&self, n: u32, t: f64) -> f64 {
        self.probability_of(n, t, 0.0, 0.0, 0.0)
    }

    /// P(exactly `n` purchases in (T, T + t]) given the purchases until T; NaN outside of the domain.
    pub fn probability_of(&self, n: u32, t: f64, x: f64, t_x: f64, age: f64) -> f64 {
        if !(t >= 0.0 && t.is_finite()) {
            return f64::NAN;
        }
        let alive = self.probability_alive(x, t_x, age);
        let bought = x + f64::from(u8::from(self.params.dropout == Dropout::AfterEvery));
        let (a, b) = (self.params.a, self.params.b + bought);
        let m = self.params.r + x;
        let scale = self.params.alpha + age;
        let n = f64::from(n);
        // Alive throughout: n purchases, none followed by dropout.
        let share = t / (scale + t);
        let log_stay = ln_beta(a, b + n) - ln_beta(a, b);
        let count = ln_gamma_ratio(m, n) - ln_gamma_ratio(1.0, n);
        let rare = if n == 0.0 { 0.0 } else { n * ln(share) };
        let stayed = exp(log_stay + count + rare + m * ln_1p(-share));
        // The n-th was the last: it came within t.
        let left = match n {
            0.0 => 0.0,
            _ => exp(ln_beta(a + 1.0, b + n - 1.0) - ln_beta(a, b)) * beta_inc(n, m, share),
        };
        let gone = if n == 0.0 { 1.0 - alive } else { 0.0 };
        gone + alive * (stayed + left)
    }

    /// [`BetaGeo::probability_of`] of every row.
    pub fn probability_of_all(&self, n: u32, t: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        check_times(&[t])?;
        Ok(rows.map(|x, t_x, age| self.probability_of(n, t, x, t_x, age)))
    }
}
