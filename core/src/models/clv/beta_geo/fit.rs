//! Maximum likelihood, with exact gradient and Hessian.
//!
//! Rows of one frequency share all gamma functions, so a row costs two logarithms for the ages and
//! an exponential and a logarithm for the sum of the two terms; the rest are products. Pieces of at
//! most 512 rows are summed on 8 lanes, in parallel, and added in their order.

use rayon::prelude::*;

use super::params::{BetaGeo, BetaGeoParams, Dropout};
use crate::base::Result;
use crate::base::numeric::special::{digamma, ln_beta, ln_gamma_ratio, trigamma};
use crate::base::numeric::{exp, exp_slice, ln, ln_slice};
use crate::models::clv::fitted::{FitOptions, Fitted, fitted};
use crate::models::clv::history::{Compressed, Group};
use crate::models::clv::optimise::{Evaluation, maximise, sum_of, to_logarithms};

/// Rows in a piece.
const PIECE: usize = 512;
const LANES: usize = 8;
/// Parameters lie within this factor of 1, alpha of the mean age.
const RANGE: f64 = 1e6;

impl BetaGeo {
    /// BG/NBD with the largest likelihood.
    ///
    /// Errors: no repeat purchase at all, fewer than two customers, no time passed. Everything else
    /// fits, and [`Diagnostics`](crate::models::clv::Diagnostics) says how well. Cost: about ten
    /// passes over the distinct histories, 25 ns each.
    pub fn fit(rows: &Compressed, options: &FitOptions) -> Result<Fitted<BetaGeo>> {
        fit(Dropout::AfterRepeat, rows, options)
    }

    /// MBG/NBD with the largest likelihood; as [`BetaGeo::fit`].
    pub fn fit_modified(rows: &Compressed, options: &FitOptions) -> Result<Fitted<BetaGeo>> {
        fit(Dropout::AfterEvery, rows, options)
    }

    /// The log-likelihood of `rows` under this model, in nats.
    pub fn log_likelihood(&self, rows: &Compressed) -> f64 {
        evaluate(&self.params, rows, &rows.pieces(PIECE)).value
    }
}

fn fit(dropout: Dropout, rows: &Compressed, options: &FitOptions) -> Result<Fitted<BetaGeo>> {
    let (age, frequency) = rows.means()?;
    let rate = frequency / age;
    let starts = options.starts(&[[0.5, 0.5 / rate, 1.0, 2.5], [0.2, 0.1 * age, 0.5, 5.0], [2.0, 2.0 / rate, 2.0, 2.0]])?;
    let pieces = rows.pieces(PIECE);
    let params = |[r, alpha, a, b]: [f64; 4]| BetaGeoParams { r, alpha, a, b, dropout };
    let edge = ln(RANGE);
    let scale = ln(age);
    let optimum = maximise(
        |theta| evaluate(&params(theta.map(exp)), rows, &pieces),
        &starts,
        [-edge, scale - edge, -edge, -edge],
        [edge, scale + edge, edge, edge],
    );
    fitted(optimum, rows.customers(), |theta| params(theta).check())
}

/// Sums over the rows of a piece, each weighted.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    weight: f64,
    /// ln(alpha + T).
    log_age: f64,
    /// 1 / (alpha + T) and its square.
    inverse: f64,
    inverse_square: f64,
    /// ln(1 + e^u), u the log ratio of the two terms.
    soft: f64,
    /// s = e^u / (1 + e^u), alone and times D, d, e.
    dead: f64,
    dead_gap: f64,
    dead_slope: f64,
    dead_bend: f64,
    /// s (1 - s), alone and times D, d, D^2, D d, d^2.
    both: f64,
    both_gap: f64,
    both_slope: f64,
    both_gap_gap: f64,
    both_gap_slope: f64,
    both_slope_slope: f64,
}

/// Log-likelihood with slopes and curvatures along ln r, ln alpha, ln a, ln b.
pub(super) fn evaluate(params: &BetaGeoParams, rows: &Compressed, pieces: &[Group]) -> Evaluation<4> {
    let parts: Vec<Evaluation<4>> = pieces.par_iter().map(|piece| contribution(params, rows, piece)).collect();
    to_logarithms(sum_of(&parts), [params.r, params.alpha, params.a, params.b])
}

fn contribution(params: &BetaGeoParams, rows: &Compressed, piece: &Group) -> Evaluation<4> {
    let &BetaGeoParams { r, alpha, a, b, dropout } = params;
    let x = piece.frequency;
    let m = r + x;
    let bought = x + f64::from(u8::from(dropout == Dropout::AfterEvery));
    let survived = b + bought;
    // ln(a / (b' - 1)), the log ratio of the two terms at t_x = T; b' - 1 = b + x + d - 1.
    let odds = if bought > 0.0 { Some(ln(a) - ln(survived - 1.0)) } else { None };
    let s = sums(rows, piece, alpha, m, odds);
    let (ia, ib) = (1.0 / a, 1.0 / (survived - 1.0));
    let total = a + b;
    let constant = ln_gamma_ratio(r, x) + r * ln(alpha) + ln_beta(a, survived) - ln_beta(a, b);
    let value = s.weight * constant - m * s.log_age + s.soft;
    let psi = digamma(total) - digamma(total + bought);
    let gradient = [
        s.weight * (digamma(m) - digamma(r) + ln(alpha)) - s.log_age + s.dead_gap,
        s.weight * (r / alpha) - m * s.inverse + m * s.dead_slope,
        s.weight * psi + s.dead * ia,
        s.weight * (digamma(survived) - digamma(b) + psi) - s.dead * ib,
    ];
    let psi2 = trigamma(total) - trigamma(total + bought);
    let rr = s.weight * (trigamma(m) - trigamma(r)) + s.both_gap_gap;
    let ra = s.weight / alpha - s.inverse + s.dead_slope + m * s.both_gap_slope;
    let aa = -s.weight * r / (alpha * alpha) + m * s.inverse_square - m * s.dead_bend + m * m * s.both_slope_slope;
    let (r_a, r_b) = (s.both_gap * ia, -s.both_gap * ib);
    let (al_a, al_b) = (m * s.both_slope * ia, -m * s.both_slope * ib);
    let a_a = s.weight * psi2 + (s.both - s.dead) * ia * ia;
    let a_b = s.weight * psi2 - s.both * ia * ib;
    let b_b = s.weight * (psi2 + trigamma(survived) - trigamma(b)) + (s.both + s.dead) * ib * ib;
    let hessian = [[rr, ra, r_a, r_b], [ra, aa, al_a, al_b], [r_a, al_a, a_a, a_b], [r_b, al_b, a_b, b_b]];
    Evaluation { value, gradient, hessian }
}

/// One padded column of a piece.
type Column = [f64; PIECE];

/// The sums of a piece; `odds` is the log ratio of the two terms at t_x = T, `None` without the second.
fn sums(rows: &Compressed, piece: &Group, alpha: f64, m: f64, odds: Option<f64>) -> Sums {
    let n = piece.rows.len();
    // Rows beyond n pad the last lanes; they weigh nothing.
    let padded = n.next_multiple_of(LANES);
    let mut weight: Column = [0.0; PIECE];
    let [recency, age, weights] = rows.columns(piece);
    weight[..n].copy_from_slice(weights);
    let shifted = |times: &[f64]| -> (Column, Column) {
        let mut sum: Column = [1.0; PIECE];
        for (to, t) in sum.iter_mut().zip(times) {
            *to = alpha + t;
        }
        let mut logs: Column = [0.0; PIECE];
        ln_slice(&sum[..padded], &mut logs[..padded]);
        (sum, logs)
    };
    let (age, log_age) = shifted(age);
    let Some(odds) = odds else { return sums_of_alive(&weight, &age, &log_age, padded) };
    let (recency, log_recency) = shifted(recency);
    let mut u: Column = [0.0; PIECE];
    let mut minus: Column = [0.0; PIECE];
    for i in 0..padded {
        u[i] = odds + m * (log_age[i] - log_recency[i]);
        minus[i] = -u[i].abs();
    }
    let mut small: Column = [0.0; PIECE];
    exp_slice(&minus[..padded], &mut small[..padded]);
    for i in 0..padded {
        minus[i] = 1.0 + small[i];
    }
    let mut soft: Column = [0.0; PIECE];
    ln_slice(&minus[..padded], &mut soft[..padded]);

    let mut lanes = [[0.0; LANES]; 15];
    for start in (0..padded).step_by(LANES) {
        for lane in 0..LANES {
            let i = start + lane;
            let w = weight[i];
            let inverse = 1.0 / age[i];
            let inverse_then = 1.0 / recency[i];
            let near = 1.0 / minus[i];
            let dead = if u[i] >= 0.0 { near } else { small[i] * near };
            let both = w * small[i] * near * near;
            let dead = w * dead;
            let gap = log_age[i] - log_recency[i];
            let slope = inverse - inverse_then;
            let terms = [
                w,
                w * log_age[i],
                w * inverse,
                w * inverse * inverse,
                w * (u[i].max(0.0) + soft[i]),
                dead,
                dead * gap,
                dead * slope,
                dead * slope * (inverse + inverse_then),
                both,
                both * gap,
                both * slope,
                both * gap * gap,
                both * gap * slope,
                both * slope * slope,
            ];
            for (sum, term) in lanes.iter_mut().zip(terms) {
                sum[lane] += term;
            }
        }
    }
    let [weight, log_age, inverse, inverse_square, soft, dead, dead_gap, dead_slope, dead_bend, both, both_gap, both_slope, both_gap_gap, both_gap_slope, both_slope_slope] =
        lanes.map(add_lanes);
    Sums {
        weight,
        log_age,
        inverse,
        inverse_square,
        soft,
        dead,
        dead_gap,
        dead_slope,
        dead_bend,
        both,
        both_gap,
        both_slope,
        both_gap_gap,
        both_gap_slope,
        both_slope_slope,
    }
}

/// The sums of rows that are alive for certain.
fn sums_of_alive(weight: &Column, age: &Column, log_age: &Column, padded: usize) -> Sums {
    let mut lanes = [[0.0; LANES]; 4];
    for start in (0..padded).step_by(LANES) {
        for lane in 0..LANES {
            let i = start + lane;
            let inverse = 1.0 / age[i];
            let terms = [weight[i], weight[i] * log_age[i], weight[i] * inverse, weight[i] * inverse * inverse];
            for (sum, term) in lanes.iter_mut().zip(terms) {
                sum[lane] += term;
            }
        }
    }
    let [weight, log_age, inverse, inverse_square] = lanes.map(add_lanes);
    Sums { weight, log_age, inverse, inverse_square, ..Sums::default() }
}

fn add_lanes([a, b, c, d, e, f, g, h]: [f64; LANES]) -> f64 {
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}
