//! The top of a log-likelihood of a few positive parameters, by Newton's method on their logarithms.
//!
//! Logarithms keep the parameters positive and turn the unit of time into a shift. Each step is
//! taken in a trust region, with the absolute values of the curvatures, so that it climbs wherever
//! it stands (Nocedal and Wright 2006, chapter 4; Dauphin et al. 2014). A run cannot fail: at worst
//! it stops at the edge of the box or out of iterations, and says so.

#[cfg(test)]
mod tests;

/// Value, gradient and Hessian of a log-likelihood with respect to the logarithms of N parameters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evaluation<const N: usize> {
    pub(super) value: f64,
    pub(super) gradient: [f64; N],
    pub(super) hessian: [[f64; N]; N],
}

/// Where a run ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Optimum<const N: usize> {
    pub(super) theta: [f64; N],
    pub(super) at: Evaluation<N>,
    pub(super) iterations: u32,
    pub(super) converged: bool,
    /// Parameters that ended on the edge of the box.
    pub(super) bound: [bool; N],
}

const MOST_ITERATIONS: u32 = 150;
/// A step that can gain this little (in nats) is the last: it moves by 1e-5 standard errors.
const GAIN: f64 = 1e-10;

impl<const N: usize> Evaluation<N> {
    fn is_finite(&self) -> bool {
        let numbers = self.gradient.iter().chain(self.hessian.as_flattened());
        self.value.is_finite() && numbers.copied().all(f64::is_finite)
    }
}

/// Eigenvalues and eigenvectors (as rows) of a symmetric matrix, by Jacobi's rotations.
pub(super) fn eigen<const N: usize>(mut a: [[f64; N]; N]) -> ([f64; N], [[f64; N]; N]) {
    let mut vectors = [[0.0; N]; N];
    for (i, row) in vectors.iter_mut().enumerate() {
        row[i] = 1.0;
    }
    for _ in 0..30 {
        for p in 0..N {
            for q in p + 1..N {
                rotate(&mut a, &mut vectors, p, q);
            }
        }
    }
    let mut values = [0.0; N];
    for (i, value) in values.iter_mut().enumerate() {
        *value = a[i][i];
    }
    (values, vectors)
}

/// Turns the plane of p and q so that a[p][q] becomes zero (Golub and Van Loan 2013, 8.5.2).
fn rotate<const N: usize>(a: &mut [[f64; N]; N], vectors: &mut [[f64; N]; N], p: usize, q: usize) {
    if a[p][q].abs() <= 1e-300 {
        return;
    }
    let tau = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    let t = tau.signum() / (tau.abs() + (1.0 + tau * tau).sqrt());
    let c = 1.0 / (1.0 + t * t).sqrt();
    let s = t * c;
    for row in a.iter_mut() {
        (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
    }
    for k in 0..N {
        (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]);
        (vectors[p][k], vectors[q][k]) = (c * vectors[p][k] - s * vectors[q][k], s * vectors[p][k] + c * vectors[q][k]);
    }
}

/// The inverse of a positive definite matrix, or `None` where it is not one to working precision.
pub(super) fn inverse<const N: usize>(a: [[f64; N]; N]) -> Option<[[f64; N]; N]> {
    let (values, vectors) = eigen(a);
    let top = values.iter().copied().fold(0.0, f64::max);
    if values.iter().any(|v| v.is_nan() || *v <= 1e-14 * top) {
        return None;
    }
    let mut inverse = [[0.0; N]; N];
    for (value, vector) in values.iter().zip(&vectors) {
        for (row, left) in inverse.iter_mut().zip(vector) {
            for (cell, right) in row.iter_mut().zip(vector) {
                *cell += left * right / value;
            }
        }
    }
    Some(inverse)
}

/// The step within `radius` that climbs most on the quadratic model, and what it would gain.
fn step<const N: usize>(here: &Evaluation<N>, held: &[bool; N], radius: f64) -> ([f64; N], f64) {
    let mut curvature = here.hessian;
    let mut gradient = here.gradient;
    for (i, row) in curvature.iter_mut().enumerate() {
        for (j, cell) in row.iter_mut().enumerate() {
            let free = !(held[i] || held[j]);
            *cell = if free { -*cell } else { f64::from(u8::from(i == j)) };
        }
        if held[i] {
            gradient[i] = 0.0;
        }
    }
    let (values, vectors) = eigen(curvature);
    let top = values.iter().fold(0.0, |top: f64, v| top.max(v.abs()));
    let slopes = vectors.map(|vector| vector.iter().zip(&gradient).map(|(v, g)| v * g).sum::<f64>());
    let lengths = |damping: f64| {
        let mut lengths = slopes;
        for (length, value) in lengths.iter_mut().zip(&values) {
            *length /= value.abs().max(1e-13 * top).max(1e-300) + damping;
        }
        lengths
    };
    let norm = |lengths: &[f64; N]| lengths.iter().map(|x| x * x).sum::<f64>().sqrt();
    let mut chosen = lengths(0.0);
    if norm(&chosen) > radius {
        // The norm falls as the damping grows; at |g| / radius it is at most the radius.
        let (mut low, mut high) = (0.0, norm(&slopes) / radius);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if norm(&lengths(middle)) > radius { low = middle } else { high = middle }
        }
        chosen = lengths(high);
    }
    let mut step = [0.0; N];
    let mut gain = 0.0;
    for (i, vector) in vectors.iter().enumerate() {
        gain += chosen[i] * slopes[i] - 0.5 * chosen[i] * chosen[i] * values[i].abs();
        for (to, v) in step.iter_mut().zip(vector) {
            *to += chosen[i] * v;
        }
    }
    (step, gain)
}

/// One climb from `start` within the box.
fn climb<const N: usize>(
    evaluate: &impl Fn(&[f64; N]) -> Evaluation<N>,
    start: &[f64; N],
    low: &[f64; N],
    high: &[f64; N],
) -> Optimum<N> {
    let clamp = |theta: &mut [f64; N]| {
        for ((x, low), high) in theta.iter_mut().zip(low).zip(high) {
            *x = x.clamp(*low, *high);
        }
    };
    let mut theta = *start;
    clamp(&mut theta);
    let mut here = evaluate(&theta);
    let mut radius = 1.0;
    let edge = |theta: &[f64; N], at: &Evaluation<N>| {
        let mut held = [false; N];
        for (i, held) in held.iter_mut().enumerate() {
            let outward = (theta[i] <= low[i] && at.gradient[i] < 0.0) || (theta[i] >= high[i] && at.gradient[i] > 0.0);
            *held = outward;
        }
        held
    };
    let mut iterations = 0;
    let mut converged = false;
    while iterations < MOST_ITERATIONS && here.is_finite() && !converged {
        iterations += 1;
        let (step, expected) = step(&here, &edge(&theta, &here), radius);
        let length = step.iter().fold(0.0, |top: f64, x| top.max(x.abs()));
        converged = expected <= GAIN.max(1e-15 * here.value.abs()) || length < 1e-13;
        let mut to = theta;
        for (x, by) in to.iter_mut().zip(&step) {
            *x += by;
        }
        clamp(&mut to);
        let there = evaluate(&to);
        let gain = there.value - here.value;
        let slope = |at: &Evaluation<N>| at.gradient.iter().map(|g| g * g).sum::<f64>();
        // The last step's gain drowns in rounding; there the gradient decides.
        let better = gain > 0.0 || (converged && slope(&there) < slope(&here));
        if there.is_finite() && better {
            (theta, here) = (to, there);
        }
        radius = match gain / expected {
            ratio if ratio > 0.75 && length > 0.5 * radius => (2.0 * radius).min(4.0),
            ratio if ratio > 0.25 => radius,
            _ => 0.25 * length.min(radius),
        };
        converged |= radius < 1e-12;
    }
    let bound = edge(&theta, &here);
    Optimum { theta, at: here, iterations, converged, bound }
}

/// The best top found from `starts`: the first that converges inside of the box ends the search.
pub(super) fn maximise<const N: usize>(
    evaluate: impl Fn(&[f64; N]) -> Evaluation<N>,
    starts: &[[f64; N]],
    low: [f64; N],
    high: [f64; N],
) -> Option<Optimum<N>> {
    let mut best: Option<Optimum<N>> = None;
    for start in starts {
        let found = climb(&evaluate, start, &low, &high);
        let good = found.converged && found.bound == [false; N] && found.at.is_finite();
        if found.at.value.is_finite() && best.as_ref().is_none_or(|best| found.at.value > best.at.value) {
            best = Some(found);
        }
        if good {
            break;
        }
    }
    best
}

/// The sum of the parts of a likelihood, in their order.
pub(super) fn sum_of<const N: usize>(parts: &[Evaluation<N>]) -> Evaluation<N> {
    let mut all = Evaluation { value: 0.0, gradient: [0.0; N], hessian: [[0.0; N]; N] };
    for part in parts {
        all.value += part.value;
        for (sum, slope) in all.gradient.iter_mut().zip(&part.gradient) {
            *sum += slope;
        }
        for (sum, bend) in all.hessian.as_flattened_mut().iter_mut().zip(part.hessian.as_flattened()) {
            *sum += bend;
        }
    }
    all
}

/// From slopes along the parameters `scale` to slopes along their logarithms.
pub(super) fn to_logarithms<const N: usize>(mut at: Evaluation<N>, scale: [f64; N]) -> Evaluation<N> {
    for i in 0..N {
        for j in 0..N {
            at.hessian[i][j] *= scale[i] * scale[j];
        }
        at.gradient[i] *= scale[i];
        at.hessian[i][i] += at.gradient[i];
    }
    at
}
