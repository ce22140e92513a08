//! Predictions of one customer.

use super::params::{BetaGeoBetaBinomial, BetaGeoBetaBinomialParams};
use crate::base::numeric::special::{hypergeometric, ln_beta, ln_gamma_ratio};
use crate::base::numeric::{exp, ln, log_sum_exp};

/// Whole numbers with 0 <= x <= t_x <= n.
fn in_domain(x: f64, t_x: f64, n: f64) -> bool {
    let whole = |value: f64| value.is_finite() && value >= 0.0 && value.floor() == value;
    whole(x) && whole(t_x) && whole(n) && x <= t_x && t_x <= n
}

impl BetaGeoBetaBinomial {
    /// P(alive at opportunity n + `after`) given `x` purchases, the last at opportunity `t_x` of `n`;
    /// NaN outside of whole numbers 0 <= x <= t_x <= n. Cost: n - t_x terms.
    pub fn probability_alive(&self, after: u32, x: f64, t_x: f64, n: f64) -> f64 {
        let BetaGeoBetaBinomialParams { alpha, beta, gamma, delta } = self.params;
        if !in_domain(x, t_x, n) {
            return f64::NAN;
        }
        // Relative to B(alpha + x, beta + t_x - x) B(gamma, delta + t_x), a purchase made alive.
        let stay = |until: f64| {
            let missed = until - t_x;
            ln_gamma_ratio(beta + t_x - x, missed) - ln_gamma_ratio(alpha + beta + t_x, missed)
                + ln_gamma_ratio(delta + t_x, missed)
                - ln_gamma_ratio(gamma + delta + t_x, missed)
        };
        let mut terms = vec![stay(n)];
        for i in 0..(n - t_x) as u64 {
            let until = t_x + i as f64;
            // B(gamma + 1, delta + until) / B(gamma, delta + until) = gamma / (gamma + delta + until).
            terms.push(stay(until) + ln(gamma) - ln(gamma + delta + until));
        }
        let alive = exp(stay(n) - log_sum_exp(&terms));
        alive * self.stay_alive(f64::from(after), n)
    }

    /// P(alive for `k` more opportunities) of one who is alive at n: B(gamma, delta+n+k) / B(gamma, delta+n).
    fn stay_alive(&self, k: f64, n: f64) -> f64 {
        let BetaGeoBetaBinomialParams { gamma, delta, .. } = self.params;
        exp(ln_gamma_ratio(delta + n, k) - ln_gamma_ratio(gamma + delta + n, k))
    }

    /// Expected purchases at the next `k` opportunities given the purchases until n (the paper's eq.
    /// 13, as the sum over opportunities). NaN outside of the domain. Cost: n - t_x + k terms.
    pub fn expected_purchases(&self, k: u32, x: f64, t_x: f64, n: f64) -> f64 {
        let BetaGeoBetaBinomialParams { alpha, beta, gamma, delta } = self.params;
        let (mut stay, mut sum) = (1.0, 0.0);
        for i in 0..k {
            let so_far = n + f64::from(i);
            stay *= (delta + so_far) / (gamma + delta + so_far);
            sum += stay;
        }
        self.probability_alive(0, x, t_x, n) * (alpha + x) / (alpha + beta + n) * sum
    }

    /// Expected purchases of a new customer at the first `k` opportunities.
    pub fn expected_purchases_new(&self, k: u32) -> f64 {
        self.expected_purchases(k, 0.0, 0.0, 0.0)
    }

    /// P(exactly `count` purchases at the next `k` opportunities) given the purchases until n (the
    /// paper's eq. 12). NaN outside of the domain. Cost: n - t_x + k terms.
    pub fn probability_of(&self, count: u32, k: u32, x: f64, t_x: f64, n: f64) -> f64 {
        let BetaGeoBetaBinomialParams { alpha, beta, gamma, delta } = self.params;
        let alive = self.probability_alive(0, x, t_x, n);
        let none = if count == 0 { 1.0 - alive } else { 0.0 };
        if count > k || alive.is_nan() {
            return if alive.is_nan() { f64::NAN } else { 0.0 };
        }
        let (alpha, beta, delta) = (alpha + x, beta + n - x, delta + n);
        let bought = f64::from(count);
        let base = ln_beta(alpha, beta) + ln_beta(gamma, delta);
        let ways = |tries: f64| {
            let choose = ln_gamma_ratio(tries - bought + 1.0, bought) - ln_gamma_ratio(1.0, bought);
            choose + ln_beta(alpha + bought, beta + tries - bought)
        };
        let tries = f64::from(k);
        let mut sum = exp(ways(tries) + ln_beta(gamma, delta + tries) - base);
        for i in count..k {
            let tries = f64::from(i);
            sum += exp(ways(tries) + ln_beta(gamma + 1.0, delta + tries) - base);
        }
        none + alive * sum
    }

    /// Discounted expected residual transactions: all purchases after n, that at n + j divided by
    /// (1 + discount)^j (the paper's eq. 14). NaN unless `discount` is above 0.
    pub fn discounted_residual(&self, discount: f64, x: f64, t_x: f64, n: f64) -> f64 {
        let BetaGeoBetaBinomialParams { alpha, beta, gamma, delta } = self.params;
        if !(discount > 0.0 && discount.is_finite()) {
            return f64::NAN;
        }
        let first = (delta + n) / (gamma + delta + n);
        let series = hypergeometric(1.0, delta + n + 1.0, gamma + delta + n + 1.0, 1.0 / (1.0 + discount));
        self.probability_alive(0, x, t_x, n) * (alpha + x) / (alpha + beta + n) * first * series / (1.0 + discount)
    }
}
