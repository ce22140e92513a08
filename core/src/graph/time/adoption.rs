//! How a novelty spreads in a population: exposure, thresholds, hazard, Bass.

use crate::base::numeric::exp;
use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::Csr;

/// The share of each node's ties, by weight, that go to nodes that had adopted at `time` or before;
/// NaN without ties. `adopted` is the time of adoption, NaN for never.
///
/// # Errors
/// `SchemaRange` where there is not one time a node.
pub fn exposure(graph: &Csr, adopted: &[f64], time: f64) -> Result<Vec<f64>> {
    check(graph, adopted)?;
    let of = |node: u32| exposed(graph, node, adopted, time);
    Ok((0..graph.nodes() as u32).map(of).collect())
}

/// The exposure at which each node adopted (Valente 1996): its threshold. `lag` is how much earlier
/// the exposure is read; 0 counts those who adopted in the same period. NaN for those who never did.
///
/// # Errors
/// `SchemaRange` where there is not one time a node.
pub fn adoption_thresholds(graph: &Csr, adopted: &[f64], lag: f64) -> Result<Vec<f64>> {
    check(graph, adopted)?;
    let of = |node: u32| {
        let time = adopted[node as usize] - lag;
        if time.is_nan() { f64::NAN } else { exposed(graph, node, adopted, time) }
    };
    Ok((0..graph.nodes() as u32).map(of).collect())
}

/// Of those who had not adopted before each period, the share that did in it: new / (population -
/// earlier adopters); NaN once nobody is left.
pub fn adoption_hazard(population: f64, adopters: &[f64]) -> Vec<f64> {
    let mut left = population;
    let of = |&new: &f64| {
        let hazard = if left > 0.0 { new / left } else { f64::NAN };
        left -= new;
        hazard
    };
    adopters.iter().map(of).collect()
}

/// The share of a node's ties that go to nodes that had adopted at `time` or before.
fn exposed(graph: &Csr, node: u32, adopted: &[f64], time: f64) -> f64 {
    let (strength, scale) = graph.scaled_strength(node);
    let on = graph.ties(node).filter(|tie| adopted[tie.0 as usize] <= time).fold(0.0, |all, tie| all + tie.1 * scale);
    on / strength
}

fn check(graph: &Csr, adopted: &[f64]) -> Result<()> {
    if adopted.len() == graph.nodes() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::SchemaRange, format!("{} times for {} nodes", adopted.len(), graph.nodes())))
}

/// The model of Bass (1969): adopters by period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bass {
    /// Innovation: the hazard of adopting without others.
    pub p: f64,
    /// Imitation: what all others together add to the hazard.
    pub q: f64,
    /// How many will adopt in the end.
    pub market: f64,
    /// Sum of squared errors of the fit.
    pub squares: f64,
}

impl Bass {
    /// The share that has adopted by `time`: (1 - e^-(p+q)t) / (1 + q/p e^-(p+q)t).
    pub fn share(&self, time: f64) -> f64 {
        let e = exp(-(self.p + self.q) * time);
        (1.0 - e) / (1.0 + self.q / self.p * e)
    }

    /// New adopters in period `t` (from 1).
    pub fn adopters(&self, t: usize) -> f64 {
        self.market * (self.share(t as f64) - self.share(t as f64 - 1.0))
    }
}

/// Bass parameters from new adopters by period, by nonlinear least squares (Srinivasan and Mason 1986):
/// Gauss-Newton with damping from several starts; the best is given.
///
/// # Errors
/// `NotEnoughData` for fewer than four periods or no adopter; `SchemaRange` for a count that is negative
/// or not finite.
pub fn fit_bass(adopters: &[f64]) -> Result<Bass> {
    if adopters.iter().any(|&n| !(n >= 0.0 && n.is_finite())) {
        return Err(Error::new(ErrorKind::SchemaRange, "adopters by period must be zero or more"));
    }
    let total: f64 = adopters.iter().sum();
    if adopters.len() < 4 || total <= 0.0 {
        return Err(Error::new(ErrorKind::NotEnoughData, "the Bass model needs four periods and an adopter"));
    }
    let mut best = Bass { p: f64::NAN, q: f64::NAN, market: f64::NAN, squares: f64::INFINITY };
    for p in [0.003, 0.02, 0.08] {
        for q in [0.05, 0.3, 0.7] {
            for market in [1.05, 2.0] {
                let found = descend(adopters, [p, q, market * total]);
                if found.squares < best.squares {
                    best = found;
                }
            }
        }
    }
    Ok(best)
}

/// Levenberg-Marquardt in (p, q, market), all kept above zero.
fn descend(adopters: &[f64], start: [f64; 3]) -> Bass {
    let make = |x: [f64; 3]| {
        let bass = Bass { p: x[0], q: x[1], market: x[2], squares: 0.0 };
        let squares = adopters.iter().enumerate().map(|(i, n)| (n - bass.adopters(i + 1)) * (n - bass.adopters(i + 1)));
        Bass { squares: squares.sum(), ..bass }
    };
    let (mut x, mut damping) = (start, 1e-3);
    let mut now = make(x);
    for _ in 0..500 {
        let (matrix, slope) = normal_equations(adopters, x, &now);
        let mut stepped = false;
        while damping < 1e12 {
            let mut damped = matrix;
            (0..3).for_each(|i| damped[i][i] *= 1.0 + damping);
            let step = solve3(damped, slope);
            let next = [x[0] + step[0], x[1] + step[1], x[2] + step[2]];
            let tried = make(next);
            if next.iter().all(|&y| y > 1e-9) && tried.squares < now.squares {
                stepped = (now.squares - tried.squares) > 1e-15 * now.squares;
                (x, now) = (next, tried);
                damping *= 0.2;
                break;
            }
            damping *= 4.0;
        }
        if !stepped {
            break;
        }
    }
    now
}

fn normal_equations(adopters: &[f64], x: [f64; 3], now: &Bass) -> ([[f64; 3]; 3], [f64; 3]) {
    let (mut matrix, mut slope) = ([[0.0; 3]; 3], [0.0; 3]);
    let near = |k: usize, t: usize| {
        let h = 1e-6 * x[k];
        let at = |sign: f64| {
            let mut y = x;
            y[k] += sign * h;
            Bass { p: y[0], q: y[1], market: y[2], squares: 0.0 }.adopters(t)
        };
        (at(1.0) - at(-1.0)) / (2.0 * h)
    };
    for (i, &n) in adopters.iter().enumerate() {
        let row = [near(0, i + 1), near(1, i + 1), near(2, i + 1)];
        let left = n - now.adopters(i + 1);
        for a in 0..3 {
            slope[a] += row[a] * left;
            (0..3).for_each(|b| matrix[a][b] += row[a] * row[b]);
        }
    }
    (matrix, slope)
}

/// Cramer's rule; zero where the matrix is singular.
fn solve3(m: [[f64; 3]; 3], y: [f64; 3]) -> [f64; 3] {
    let det = |m: [[f64; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let whole = det(m);
    if whole == 0.0 {
        return [0.0; 3];
    }
    std::array::from_fn(|k| {
        let mut swapped = m;
        (0..3).for_each(|row| swapped[row][k] = y[row]);
        det(swapped) / whole
    })
}
