//! Maximum likelihood, with exact gradient and Hessian, and the choice of k.

use rayon::prelude::*;

use super::params::{RegularBetaGeo, RegularBetaGeoParams, check_k};
use crate::base::numeric::special::{digamma, ln_beta, ln_gamma, ln_gamma_ratio, trigamma};
use crate::base::numeric::{exp, ln, sum};
use crate::base::{Error, ErrorKind, Result};
use crate::models::clv::beta_geo::Dropout;
use crate::models::clv::fitted::{FitOptions, Fitted, fitted};
use crate::models::clv::history::{Compressed, Group};
use crate::models::clv::mixture::Mixture;
use crate::models::clv::optimise::{Evaluation, maximise, sum_of, to_logarithms};

/// Rows in a piece.
const PIECE: usize = 128;
/// Parameters lie within this factor of 1, alpha of the mean age.
const RANGE: f64 = 1e6;

impl RegularBetaGeo {
    /// The model of a given k with the largest likelihood.
    ///
    /// `log_gaps` is the sum of ln(gap) over all gaps of all customers ([`Summary`] has it by
    /// customer), each times its customer's weight; it shifts the likelihood of k > 1 and nothing
    /// else. Errors as for BG/NBD, k out of 1 to 100, or `log_gaps` not finite. Cost: about ten
    /// passes over the distinct histories, 0.1 microseconds for each of k + 1 terms.
    ///
    /// [`Summary`]: crate::models::clv::Summary
    pub fn fit(
        k: u32,
        dropout: Dropout,
        rows: &Compressed,
        log_gaps: f64,
        options: &FitOptions,
    ) -> Result<Fitted<Self>> {
        check_k(k)?;
        if !log_gaps.is_finite() {
            return Err(Error::new(ErrorKind::SchemaRange, "`log_gaps` is not finite"));
        }
        let (age, frequency) = rows.means()?;
        let per_time = f64::from(k) * frequency / age;
        let starts = options.starts(&[
            [0.5 * f64::from(k), 0.5 * f64::from(k) / per_time, 1.0, 2.5],
            [0.2, 0.1 * age, 0.5, 5.0],
            [2.0, 2.0 / per_time, 2.0, 2.0],
        ])?;
        let pieces = rows.pieces(PIECE);
        let params = |[r, alpha, a, b]: [f64; 4]| RegularBetaGeoParams { r, alpha, a, b, k, dropout };
        let shift = gap_factor(k, rows, &pieces, log_gaps);
        let objective = |theta: &[f64; 4]| {
            let at = evaluate(&params(theta.map(exp)), rows, &pieces);
            Evaluation { value: at.value + shift, ..at }
        };
        let (edge, scale) = (ln(RANGE), ln(age));
        let low = [-edge, scale - edge, -edge, -edge];
        let optimum = maximise(objective, &starts, low, [edge, scale + edge, edge, edge]);
        fitted(optimum, rows.customers(), |theta| params(theta).check())
    }

    /// The model whose k, of 1 to `most`, and parameters have the largest likelihood. k is tried
    /// upwards, each from the fit before it, until two in a row are worse.
    pub fn fit_regularity(most: u32, dropout: Dropout, rows: &Compressed, log_gaps: f64) -> Result<Fitted<Self>> {
        check_k(most)?;
        let mut best = Self::fit(1, dropout, rows, log_gaps, &FitOptions::default())?;
        let mut worse = 0;
        for k in 2..=most {
            let next = Self::fit(k, dropout, rows, log_gaps, &FitOptions::default())?;
            if next.diagnostics.log_likelihood > best.diagnostics.log_likelihood {
                (best, worse) = (next, 0);
            } else {
                worse += 1;
            }
            if worse == 2 {
                break;
            }
        }
        Ok(best)
    }

    /// The log-likelihood of `rows` under this model, in nats, given `log_gaps` as for the fit.
    pub fn log_likelihood(&self, rows: &Compressed, log_gaps: f64) -> f64 {
        let pieces = rows.pieces(PIECE);
        evaluate(&self.params, rows, &pieces).value + gap_factor(self.params.k, rows, &pieces, log_gaps)
    }
}

/// ln of the product of gap^(k-1) / (k-1)! over all gaps.
fn gap_factor(k: u32, rows: &Compressed, pieces: &[Group], log_gaps: f64) -> f64 {
    let gaps: f64 = pieces.iter().map(|piece| piece.frequency * sum(rows.columns(piece)[2])).sum();
    f64::from(k - 1) * log_gaps - gaps * ln_gamma(f64::from(k))
}

/// Log-likelihood without the gaps, with slopes and curvatures along the logarithms of r, alpha, a, b.
pub(super) fn evaluate(params: &RegularBetaGeoParams, rows: &Compressed, pieces: &[Group]) -> Evaluation<4> {
    let parts: Vec<Evaluation<4>> = pieces.par_iter().map(|piece| contribution(params, rows, piece)).collect();
    to_logarithms(sum_of(&parts), [params.r, params.alpha, params.a, params.b])
}

fn contribution(params: &RegularBetaGeoParams, rows: &Compressed, piece: &Group) -> Evaluation<4> {
    let &RegularBetaGeoParams { r, alpha, a, b, k, dropout } = params;
    let x = piece.frequency;
    let events = f64::from(k) * x;
    let m = r + events;
    let bought = x + f64::from(u8::from(dropout == Dropout::AfterEvery));
    let (survived, total) = (b + bought, a + b);
    // ln(Gamma(m + j) / (Gamma(m) j!)) and its derivatives in r.
    let waiting: Vec<[f64; 3]> = (0..k)
        .map(|j| {
            let j = f64::from(j);
            let ways = ln_gamma_ratio(m, j) - ln_gamma(j + 1.0);
            [ways, digamma(m + j) - digamma(m), trigamma(m + j) - trigamma(m)]
        })
        .collect();
    let psi = digamma(total) - digamma(total + bought);
    let psi2 = trigamma(total) - trigamma(total + bought);
    let common = Evaluation {
        value: ln_gamma_ratio(r, events) + r * ln(alpha) + ln_beta(a, survived) - ln_beta(a, b),
        gradient: [digamma(m) - digamma(r) + ln(alpha), r / alpha, psi, digamma(survived) - digamma(b) + psi],
        hessian: [
            [trigamma(m) - trigamma(r), 1.0 / alpha, 0.0, 0.0],
            [1.0 / alpha, -r / (alpha * alpha), 0.0, 0.0],
            [0.0, 0.0, psi2, psi2],
            [0.0, 0.0, psi2, trigamma(survived) - trigamma(b) + psi2],
        ],
    };
    let [recency, age, weights] = rows.columns(piece);
    let mut all = sum_of(&[]);
    for ((t_x, t), weight) in recency.iter().zip(age).zip(weights) {
        let mut terms = Mixture::new();
        let (ln_age, inverse, ln_gap) = (ln(alpha + t), 1.0 / (alpha + t), ln(t - t_x));
        for (j, [ways, slope, bend]) in (0..k).map(f64::from).zip(&waiting) {
            let power = if j == 0.0 { 0.0 } else { j * ln_gap };
            let shape = m + j;
            let mut term = gamma_term(shape, ln_age, inverse);
            term.value += ways + power;
            term.gradient[0] += slope;
            term.hessian[0][0] += bend;
            terms.add(&term);
        }
        if bought > 0.0 {
            let mut term = gamma_term(m, ln(alpha + t_x), 1.0 / (alpha + t_x));
            let (ia, ib) = (1.0 / a, 1.0 / (survived - 1.0));
            term.value += ln(a) - ln(survived - 1.0);
            (term.gradient[2], term.gradient[3]) = (ia, -ib);
            (term.hessian[2][2], term.hessian[3][3]) = (-ia * ia, ib * ib);
            terms.add(&term);
        }
        let one = sum_of(&[terms.finish(), common]);
        all.value += weight * one.value;
        for i in 0..4 {
            all.gradient[i] += weight * one.gradient[i];
            for j in 0..4 {
                all.hessian[i][j] += weight * one.hessian[i][j];
            }
        }
    }
    all
}

/// ln (alpha + t)^-shape, where shape moves with r.
fn gamma_term(shape: f64, log: f64, inverse: f64) -> Evaluation<4> {
    let mut hessian = [[0.0; 4]; 4];
    (hessian[0][1], hessian[1][0], hessian[1][1]) = (-inverse, -inverse, shape * inverse * inverse);
    Evaluation { value: -shape * log, gradient: [-log, -shape * inverse, 0.0, 0.0], hessian }
}
