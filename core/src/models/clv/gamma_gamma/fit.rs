//! Maximum likelihood, with exact gradient and Hessian.

use rayon::prelude::*;

use super::params::{GammaGamma, GammaGammaParams};
use super::rows::CompressedSpend;
use crate::base::Result;
use crate::base::numeric::special::{digamma, ln_gamma, ln_gamma_ratio, trigamma};
use crate::base::numeric::{dot, exp, ln, ln_1p, ln_slice, sum};
use crate::models::clv::fitted::{FitOptions, Fitted, fitted};
use crate::models::clv::history::Group;
use crate::models::clv::optimise::{Evaluation, maximise, sum_of, to_logarithms};

/// Rows in a piece.
const PIECE: usize = 512;
/// Parameters lie within this factor of 1, gamma of the mean spend.
const RANGE: f64 = 1e6;

impl GammaGamma {
    /// The model with the largest likelihood.
    ///
    /// Errors: fewer than two customers who bought. Cost: about ten passes over the distinct rows, a
    /// logarithm and a division each.
    pub fn fit(rows: &CompressedSpend, options: &FitOptions) -> Result<Fitted<GammaGamma>> {
        let mean = rows.centre()?;
        let starts = options.starts(&[[4.0, 4.0, 0.75 * mean], [1.0, 1.5, mean], [20.0, 2.0, 0.05 * mean]])?;
        let pieces = pieces(rows);
        let edge = ln(RANGE);
        let scale = ln(mean);
        let optimum = maximise(
            |theta| evaluate(&params(theta.map(exp)), rows, &pieces),
            &starts,
            [-edge, -edge, scale - edge],
            [edge, edge, scale + edge],
        );
        let mut found = fitted(optimum, rows.rows.total(), |theta| params(theta).check())?;
        let GammaGammaParams { p, q, .. } = found.model.params;
        if q <= 1.0 {
            let few = ((1.0 - q) / p).floor();
            let who = if few > 0.0 { format!("with at most {few} repeat purchases") } else { "without one".to_owned() };
            found.diagnostics.notes.push(format!(
                "`q` is {q:.3}, not above 1: the spread of spend is so wide that customers {who} have no finite mean"
            ));
        }
        Ok(found)
    }

    /// The log-likelihood of `rows` under this model, in nats; a density in the caller's money.
    pub fn log_likelihood(&self, rows: &CompressedSpend) -> f64 {
        evaluate(&self.params, rows, &pieces(rows)).value
    }
}

fn params([p, q, gamma]: [f64; 3]) -> GammaGammaParams {
    GammaGammaParams { p, q, gamma }
}

/// A piece with the part of its sums that does not depend on the parameters.
pub(super) struct Piece {
    rows: Group,
    weight: f64,
    /// Sum of ln m.
    log_mean: f64,
}

pub(super) fn pieces(rows: &CompressedSpend) -> Vec<Piece> {
    let piece = |group: Group| {
        let mut logs = vec![0.0; group.rows.len()];
        ln_slice(&rows.rows.second[group.rows.clone()], &mut logs);
        let weights = &rows.rows.weight[group.rows.clone()];
        Piece { weight: sum(weights), log_mean: dot(&logs, weights), rows: group }
    };
    rows.rows.pieces(PIECE).into_iter().map(piece).collect()
}

/// Log-likelihood with slopes and curvatures along ln p, ln q, ln gamma.
pub(super) fn evaluate(params: &GammaGammaParams, rows: &CompressedSpend, pieces: &[Piece]) -> Evaluation<3> {
    let parts: Vec<Evaluation<3>> = pieces.par_iter().map(|piece| contribution(params, rows, piece)).collect();
    to_logarithms(sum_of(&parts), [params.p, params.q, params.gamma])
}

fn contribution(params: &GammaGammaParams, rows: &CompressedSpend, piece: &Piece) -> Evaluation<3> {
    let &GammaGammaParams { p, q, gamma } = params;
    let x = piece.rows.frequency;
    let weights = &rows.rows.weight[piece.rows.rows.clone()];
    let means = &rows.rows.second[piece.rows.rows.clone()];
    // ln(1 + gamma / (x m)), which stays precise where p x is large and the parts nearly cancel.
    let mut column: Vec<f64> = means.iter().map(|mean| ln_1p(gamma / (x * mean))).collect();
    let excess = dot(&column, weights);
    for (to, mean) in column.iter_mut().zip(means) {
        *to = 1.0 / (gamma + x * mean);
    }
    let inverse = dot(&column, weights);
    for to in &mut column {
        *to *= *to;
    }
    let square = dot(&column, weights);

    let w = piece.weight;
    let shape = p * x;
    let sum = shape + q;
    let constant = ln_gamma_ratio(shape, q) - ln_gamma(q) + q * (ln(gamma) - ln(x));
    let value = w * constant - (q + 1.0) * piece.log_mean - sum * excess;
    let gradient = [
        x * (w * (digamma(sum) - digamma(shape)) - excess),
        w * (digamma(sum) - digamma(q) + ln(gamma) - ln(x)) - piece.log_mean - excess,
        w * q / gamma - sum * inverse,
    ];
    let (pq, pg, qg) = (w * x * trigamma(sum), -x * inverse, w / gamma - inverse);
    let pp = w * x * x * (trigamma(sum) - trigamma(shape));
    let qq = w * (trigamma(sum) - trigamma(q));
    let gg = -w * q / (gamma * gamma) + sum * square;
    Evaluation { value, gradient, hessian: [[pp, pq, pg], [pq, qq, qg], [pg, qg, gg]] }
}
