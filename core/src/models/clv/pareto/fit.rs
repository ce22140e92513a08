//! Maximum likelihood, with exact gradient and Hessian.
//!
//! Either the customer is alive at T, with probability proportional to the first term, or died at
//! some y in (t_x, T): a mixture over y. Its slope is the mean slope of the terms' logarithms, its
//! curvature their mean curvature plus the variance of their slopes. The five values of a term
//! that these need come with the integrand.

use rayon::prelude::*;

use super::integral::{Death, POINTS, Panel};
use super::params::{ParetoNbd, ParetoNbdParams};
use crate::base::Result;
use crate::base::numeric::special::{digamma, ln_gamma_ratio, trigamma};
use crate::base::numeric::{exp, ln, ln_1p};
use crate::models::clv::fitted::{FitOptions, Fitted, fitted};
use crate::models::clv::history::{Compressed, Group};
use crate::models::clv::optimise::{Evaluation, maximise, sum_of, to_logarithms};

/// Rows in a piece.
const PIECE: usize = 128;
/// Parameters lie within this factor of 1, alpha and beta of the mean age.
const RANGE: f64 = 1e6;

impl ParetoNbd {
    /// The model with the largest likelihood.
    ///
    /// Errors: no repeat purchase at all, fewer than two customers, no time passed. Everything else
    /// fits, and [`Diagnostics`](crate::models::clv::Diagnostics) says how well. Cost: about ten
    /// passes over the distinct histories, half a microsecond each.
    pub fn fit(rows: &Compressed, options: &FitOptions) -> Result<Fitted<ParetoNbd>> {
        let (age, frequency) = rows.means()?;
        let rate = frequency / age;
        let starts =
            options.starts(&[[0.6, 0.6 / rate, 0.6, 0.5 * age], [1.5, 1.5 / rate, 1.5, 5.0 * age], [0.2, 0.1 * age, 0.3, age]])?;
        let pieces = rows.pieces(PIECE);
        let edge = ln(RANGE);
        let scale = ln(age);
        let optimum = maximise(
            |theta| evaluate(&params(theta.map(exp)), rows, &pieces),
            &starts,
            [-edge, scale - edge, -edge, scale - edge],
            [edge, scale + edge, edge, scale + edge],
        );
        fitted(optimum, rows.customers(), |theta| params(theta).check())
    }

    /// The log-likelihood of `rows` under this model, in nats.
    pub fn log_likelihood(&self, rows: &Compressed) -> f64 {
        evaluate(&self.params, rows, &rows.pieces(PIECE)).value
    }
}

fn params([r, alpha, s, beta]: [f64; 4]) -> ParetoNbdParams {
    ParetoNbdParams { r, alpha, s, beta }
}

/// Log-likelihood with slopes and curvatures along ln r, ln alpha, ln s, ln beta.
pub(super) fn evaluate(params: &ParetoNbdParams, rows: &Compressed, pieces: &[Group]) -> Evaluation<4> {
    let parts: Vec<Evaluation<4>> = pieces.par_iter().map(|piece| contribution(params, rows, piece)).collect();
    to_logarithms(sum_of(&parts), [params.r, params.alpha, params.s, params.beta])
}

fn contribution(params: &ParetoNbdParams, rows: &Compressed, piece: &Group) -> Evaluation<4> {
    let &ParetoNbdParams { r, alpha, s, beta } = params;
    let x = piece.frequency;
    let m = r + x;
    let mut all = Evaluation { value: 0.0, gradient: [0.0; 4], hessian: [[0.0; 4]; 4] };
    let [recency, age, weights] = rows.columns(piece);
    let mut total = 0.0;
    for ((t_x, t), weight) in recency.iter().zip(age).zip(weights) {
        let death = Death { m, s, a: alpha + t_x, b: beta + t_x, span: t - t_x };
        let one = mixture(&death);
        all.value += weight * one.value;
        for i in 0..4 {
            all.gradient[i] += weight * one.gradient[i];
            for j in 0..4 {
                all.hessian[i][j] += weight * one.hessian[i][j];
            }
        }
        total += weight;
    }
    all.value += total * (ln_gamma_ratio(r, x) + r * ln(alpha) + s * ln(beta));
    let fixed = [digamma(m) - digamma(r) + ln(alpha), r / alpha, ln(beta), s / beta];
    for (slope, fixed) in all.gradient.iter_mut().zip(fixed) {
        *slope += total * fixed;
    }
    all.hessian[0][0] += total * (trigamma(m) - trigamma(r));
    all.hessian[1][1] -= total * r / (alpha * alpha);
    all.hessian[3][3] -= total * s / (beta * beta);
    for (i, j, cross) in [(0, 1, 1.0 / alpha), (2, 3, 1.0 / beta)] {
        all.hessian[i][j] += total * cross;
        all.hessian[j][i] += total * cross;
    }
    all
}

/// Moments of u = (ln((alpha+y)/A), A/(alpha+y), ln((beta+y)/B), B/(beta+y)) over a mixture.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    total: f64,
    first: [f64; 4],
    /// Row by row the upper triangle.
    second: [f64; 10],
}

impl Moments {
    fn add(&mut self, panel: &Panel) {
        const LANES: usize = 4;
        let mut lanes = [[0.0; LANES]; 15];
        for start in (0..POINTS).step_by(LANES) {
            for lane in 0..LANES {
                let i = start + lane;
                let v = panel.value[i];
                let (p, q) = (panel.log_alpha[i], panel.inverse_alpha[i]);
                let (f, g) = (panel.log_beta[i], panel.inverse_beta[i]);
                let (vp, vq, vf, vg) = (v * p, v * q, v * f, v * g);
                let terms =
                    [v, vp, vq, vf, vg, vp * p, vp * q, vp * f, vp * g, vq * q, vq * f, vq * g, vf * f, vf * g, vg * g];
                for (sum, term) in lanes.iter_mut().zip(terms) {
                    sum[lane] += term;
                }
            }
        }
        let [total, a, b, c, d, second @ ..] = lanes.map(|[a, b, c, d]| (a + c) + (b + d));
        self.total += total;
        for (sum, first) in self.first.iter_mut().zip([a, b, c, d]) {
            *sum += first;
        }
        for (sum, second) in self.second.iter_mut().zip(second) {
            *sum += second;
        }
    }
}

/// ln of the bracket of the likelihood and its slopes along r, alpha, s, beta.
fn mixture(death: &Death) -> Evaluation<4> {
    let &Death { m, s, a, b, span } = death;
    let (ln_a, ln_b) = (ln(a), ln(b));
    let (log_alpha, log_beta) = (ln_1p(span / a), ln_1p(span / b));
    // The term of being alive, and the mixture of moments of death, relative to the factors at t_x.
    let mut moments = Moments::default();
    death.panels(|panel| moments.add(panel));
    let log_alive = -m * log_alpha - s * log_beta;
    let log_dead = ln(moments.total);
    let top = log_alive.max(log_dead);
    let log_sum = top + ln(exp(log_alive - top) + exp(log_dead - top));
    let (alive, dead) = (exp(log_alive - log_sum), exp(log_dead - log_sum));
    // The moments of each part as averages, then u and u u' as slopes of the terms' logarithms:
    // alive: (-u0, -m/A u1, -u2, -s/B u3); dead: (-u0, -m/A u1, 1/s - u2, -(s+1)/B u3).
    let at_end = [log_alpha, a / (a + span), log_beta, b / (b + span)];
    let norm = if moments.total > 0.0 { 1.0 / moments.total } else { 0.0 };
    let mean = moments.first.map(|x| x * norm);
    let product = moments.second.map(|x| x * norm);
    let mut gradient = [0.0; 4];
    let mut hessian = [[0.0; 4]; 4];
    let parts = [(alive, at_end, triangle(at_end), [0.0; 4], s), (dead, mean, product, [0.0, 0.0, 1.0 / s, 0.0], s + 1.0)];
    for (share, mean, product, shift, power) in parts {
        let scale = [-1.0, -m / a, -1.0, -power / b];
        let mut cell = 0;
        for i in 0..4 {
            gradient[i] += share * (shift[i] + scale[i] * mean[i]);
            for j in i..4 {
                let cross = shift[i] * scale[j] * mean[j] + shift[j] * scale[i] * mean[i];
                let value = share * (scale[i] * scale[j] * product[cell] + cross + shift[i] * shift[j]);
                hessian[i][j] += value;
                cell += 1;
            }
        }
        // The terms' own curvatures.
        hessian[0][1] -= share * mean[1] / a;
        hessian[2][3] -= share * mean[3] / b;
        hessian[1][1] += share * m * product[4] / (a * a);
        hessian[3][3] += share * power * product[9] / (b * b);
        hessian[2][2] -= share * shift[2] * shift[2];
    }
    for i in 0..4 {
        for j in i..4 {
            hessian[i][j] -= gradient[i] * gradient[j];
            hessian[j][i] = hessian[i][j];
        }
    }
    // The slopes were relative to those at t_x.
    gradient[0] -= ln_a;
    gradient[2] -= ln_b;
    Evaluation { value: log_sum - m * ln_a - s * ln_b, gradient, hessian }
}

/// The upper triangle of u u'.
fn triangle(u: [f64; 4]) -> [f64; 10] {
    let [a, b, c, d] = u;
    [a * a, a * b, a * c, a * d, b * b, b * c, b * d, c * c, c * d, d * d]
}
