//! Maximum likelihood, with exact gradient and Hessian.
//!
//! All gamma functions have arguments of the form parameter + count; they are tabulated once for
//! each set of parameters.

use rayon::prelude::*;

use super::params::{BetaGeoBetaBinomial, BetaGeoBetaBinomialParams};
use super::rows::CheckedOpportunities;
use crate::base::Result;
use crate::base::numeric::special::{digamma, ln_gamma_ratio, trigamma};
use crate::base::numeric::{exp, ln};
use crate::models::clv::fitted::{FitOptions, Fitted, fitted};
use crate::models::clv::mixture::Mixture;
use crate::models::clv::optimise::{Evaluation, maximise, sum_of, to_logarithms};

/// Rows in a piece.
const PIECE: usize = 64;
/// Parameters lie within this factor of 1.
const RANGE: f64 = 1e6;

impl BetaGeoBetaBinomial {
    /// The model with the largest likelihood.
    ///
    /// Errors: no repeat purchase at all, fewer than two customers. Cost: about ten passes over the
    /// distinct histories, 0.1 microseconds for each opportunity after the last purchase.
    pub fn fit(rows: &CheckedOpportunities, options: &FitOptions) -> Result<Fitted<BetaGeoBetaBinomial>> {
        let rate = rows.rate()?.min(0.9);
        let odds = (1.0 - rate) / rate;
        let starts =
            options.starts(&[[1.0, odds, 0.7, 3.0], [0.3, 0.3 * odds, 0.3, 1.0], [3.0, 3.0 * odds, 2.0, 20.0]])?;
        let edge = ln(RANGE);
        let optimum = maximise(|theta| evaluate(theta.map(exp), rows), &starts, [-edge; 4], [edge; 4]);
        fitted(optimum, rows.customers(), |[alpha, beta, gamma, delta]| {
            BetaGeoBetaBinomialParams { alpha, beta, gamma, delta }.check()
        })
    }

    /// The log-likelihood of `rows` under this model, in nats.
    pub fn log_likelihood(&self, rows: &CheckedOpportunities) -> f64 {
        let BetaGeoBetaBinomialParams { alpha, beta, gamma, delta } = self.params;
        evaluate([alpha, beta, gamma, delta], rows).value
    }
}

/// ln(Gamma(v + k) / Gamma(v)), with first and second derivative in v, for k = 0, 1, ...
struct Rising(Vec<[f64; 3]>);

impl Rising {
    fn new(v: f64, most: usize) -> Rising {
        let (psi, psi2) = (digamma(v), trigamma(v));
        let row = |k: usize| {
            let k = k as f64;
            [ln_gamma_ratio(v, k), digamma(v + k) - psi, trigamma(v + k) - psi2]
        };
        Rising((0..=most).map(row).collect())
    }
}

/// The tables of one set of parameters.
struct Tables {
    alpha: Rising,
    beta: Rising,
    gamma: Rising,
    delta: Rising,
    /// Of alpha + beta and gamma + delta.
    buying: Rising,
    dying: Rising,
}

/// ln B(u + k, v + l) / B(u, v) with slopes and curvatures in u and v.
fn beta_ratio(u: &Rising, k: usize, v: &Rising, l: usize, sum: &Rising) -> (f64, [f64; 2], [f64; 3]) {
    let ([a, a1, a2], [b, b1, b2], [c, c1, c2]) = (u.0[k], v.0[l], sum.0[k + l]);
    (a + b - c, [a1 - c1, b1 - c1], [a2 - c2, -c2, b2 - c2])
}

/// Log-likelihood with slopes and curvatures along the logarithms of the parameters.
pub(super) fn evaluate(parameters: [f64; 4], rows: &CheckedOpportunities) -> Evaluation<4> {
    let [alpha, beta, gamma, delta] = parameters;
    let most = rows.rows.third.iter().copied().fold(0.0, f64::max) as usize + 1;
    let tables = Tables {
        alpha: Rising::new(alpha, most),
        beta: Rising::new(beta, most),
        gamma: Rising::new(gamma, 1),
        delta: Rising::new(delta, most),
        buying: Rising::new(alpha + beta, most),
        dying: Rising::new(gamma + delta, most),
    };
    let pieces = rows.rows.pieces(PIECE);
    let piece = |piece: &crate::models::clv::history::Group| {
        let one = |row: usize| {
            let counts = [piece.frequency, rows.rows.second[row], rows.rows.third[row]].map(|x| x as usize);
            let weight = rows.rows.weight[row];
            let at = mixture(&tables, counts).finish();
            let gradient = at.gradient.map(|x| weight * x);
            Evaluation { value: weight * at.value, gradient, hessian: at.hessian.map(|row| row.map(|x| weight * x)) }
        };
        sum_of(&piece.rows.clone().map(one).collect::<Vec<_>>())
    };
    let parts: Vec<Evaluation<4>> = pieces.par_iter().map(piece).collect();
    to_logarithms(sum_of(&parts), parameters)
}

/// The terms of one likelihood: alive throughout, or dead after opportunity t_x + i.
fn mixture(tables: &Tables, [x, t_x, n]: [usize; 3]) -> Mixture<4> {
    let mut terms = Mixture::new();
    let mut add = |until: usize, died: usize| {
        let (value, [a, b], [aa, ab, bb]) = beta_ratio(&tables.alpha, x, &tables.beta, until - x, &tables.buying);
        let (rest, [c, d], [cc, cd, dd]) = beta_ratio(&tables.gamma, died, &tables.delta, until, &tables.dying);
        let hessian = [[aa, ab, 0.0, 0.0], [ab, bb, 0.0, 0.0], [0.0, 0.0, cc, cd], [0.0, 0.0, cd, dd]];
        terms.add(&Evaluation { value: value + rest, gradient: [a, b, c, d], hessian });
    };
    add(n, 0);
    for until in t_x..n {
        add(until, 1);
    }
    terms
}
