//! What every fit answers: the model, and how far to trust it.

use super::optimise::{Optimum, inverse};
use crate::base::numeric::exp;
use crate::base::numeric::special::normal_quantile;
use crate::base::{Error, ErrorKind, Result};

/// A model given by a few positive parameters.
pub trait Model: Sized {
    /// The names of the parameters, in order.
    const NAMES: &'static [&'static str];

    /// The parameters, in the order of [`Model::NAMES`].
    fn parameters(&self) -> Vec<f64>;

    /// The same kind of model with other parameters; an error where one is not finite and positive.
    fn with_parameters(&self, parameters: &[f64]) -> Result<Self>;
}

/// A fitted model and its diagnostics.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted<M> {
    /// The model at the maximum of its likelihood.
    pub model: M,
    /// How the fit went and how well the data determine it.
    pub diagnostics: Diagnostics,
}

/// How a fit went. A fit never just fails: read `converged` and `notes`.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostics {
    /// The log-likelihood at the fit, in nats, on the caller's own unit of time.
    pub log_likelihood: f64,
    /// The names of the parameters.
    pub names: &'static [&'static str],
    /// Standard errors of the parameters, from the observed information; NaN where the data do not
    /// determine one.
    pub standard_errors: Vec<f64>,
    /// Covariance matrix of the logarithms of the parameters; empty where the information is singular.
    pub log_covariance: Vec<Vec<f64>>,
    /// The sum of the weights.
    pub customers: f64,
    /// Iterations of Newton's method from the start that won.
    pub iterations: u32,
    /// The largest slope of the log-likelihood along the logarithm of a parameter; 0 at a top.
    pub slope: f64,
    /// Whether the climb ended at a top inside of the bounds.
    pub converged: bool,
    /// What the reader should know, one sentence each; empty for a good fit.
    pub notes: Vec<String>,
}

/// An estimate with its standard error and the ends of its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// Its standard error by the delta method; NaN where the fit has none.
    pub standard_error: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Diagnostics {
    /// Akaike's criterion, 2 k - 2 ln L.
    pub fn aic(&self) -> f64 {
        2.0 * (self.names.len() as f64 - self.log_likelihood)
    }

    /// Schwarz's criterion, k ln n - 2 ln L.
    pub fn bic(&self) -> f64 {
        self.names.len() as f64 * crate::base::numeric::ln(self.customers) - 2.0 * self.log_likelihood
    }
}

impl<M: Model> Fitted<M> {
    /// The interval of any quantity of the model at `level` (0.95, say), by the delta method.
    ///
    /// The quantity's slopes along the logarithms of the parameters are central differences, so its
    /// cost is that of 2 k + 1 evaluations. The interval is symmetric and may leave [0, 1].
    ///
    /// ```
    /// use bactrian::models::clv::{BetaGeo, FitOptions, History};
    ///
    /// let x: Vec<f64> = (0..40).map(|i| f64::from(i % 5)).collect();
    /// let t_x: Vec<f64> = x.iter().enumerate().map(|(i, x)| x * (3.0 + (i % 7) as f64)).collect();
    /// let rows = History { frequency: &x, recency: &t_x, age: &[40.0; 40], weights: None }.check()?;
    /// let fitted = BetaGeo::fit(&rows.compress(), &FitOptions::default())?;
    /// let visits = fitted.interval(0.95, |model| model.expected_purchases(10.0, 2.0, 8.0, 40.0))?;
    /// assert!(visits.low < visits.value && visits.value < visits.high);
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    pub fn interval(&self, level: f64, quantity: impl Fn(&M) -> f64) -> Result<Interval> {
        if !(level > 0.0 && level < 1.0) {
            return Err(Error::new(ErrorKind::SchemaRange, format!("`level` is {level}, but must be between 0 and 1")));
        }
        const STEP: f64 = 1e-4;
        let parameters = self.model.parameters();
        let mut slopes = Vec::with_capacity(parameters.len());
        for i in 0..parameters.len() {
            let side = |by: f64| -> Result<f64> {
                let mut moved = parameters.clone();
                moved[i] *= exp(by);
                Ok(quantity(&self.model.with_parameters(&moved)?))
            };
            slopes.push((side(STEP)? - side(-STEP)?) / (2.0 * STEP));
        }
        let covariance = &self.diagnostics.log_covariance;
        let variance: f64 = covariance
            .iter()
            .zip(&slopes)
            .map(|(row, left)| left * row.iter().zip(&slopes).map(|(c, right)| c * right).sum::<f64>())
            .sum();
        let standard_error = if covariance.is_empty() { f64::NAN } else { variance.max(0.0).sqrt() };
        let value = quantity(&self.model);
        let reach = normal_quantile(0.5 + 0.5 * level) * standard_error;
        Ok(Interval { value, standard_error, low: value - reach, high: value + reach })
    }
}

/// How long a fit may look, and from where.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FitOptions {
    /// Parameters to start from, in the order of [`Model::NAMES`], such as those of an older fit;
    /// empty for the model's own starts, which are also tried when this one leads nowhere.
    pub start: Vec<f64>,
}

impl FitOptions {
    /// The logarithms of the caller's start, if there is one, before those of the model.
    pub(super) fn starts<const N: usize>(&self, own: &[[f64; N]]) -> Result<Vec<[f64; N]>> {
        let mut starts = Vec::new();
        if !self.start.is_empty() {
            let given: [f64; N] = exactly(&self.start)?;
            for (i, value) in given.iter().enumerate() {
                positive(&format!("start[{i}]"), *value)?;
            }
            starts.push(given.map(crate::base::numeric::ln));
        }
        starts.extend(own.iter().map(|start| start.map(crate::base::numeric::ln)));
        Ok(starts)
    }
}

/// The N parameters, or the error that there are more or fewer.
pub(super) fn exactly<const N: usize>(parameters: &[f64]) -> Result<[f64; N]> {
    parameters.try_into().map_err(|_| {
        let error = format!("{} parameters given where the model has {N}", parameters.len());
        Error::new(ErrorKind::SchemaRange, error)
    })
}

/// `value`, or the error that `name` must be finite and above 0.
pub(super) fn positive(name: &str, value: f64) -> Result<f64> {
    if value.is_finite() && value > 0.0 {
        return Ok(value);
    }
    Err(Error::new(ErrorKind::SchemaRange, format!("`{name}` is {value}, but must be finite and above 0")))
}

/// The model and the diagnostics of an optimum.
pub(super) fn fitted<M, const N: usize>(
    optimum: Option<Optimum<N>>,
    customers: f64,
    model: impl Fn([f64; N]) -> Result<M>,
) -> Result<Fitted<M>>
where
    M: Model,
{
    let Some(optimum) = optimum else {
        return Err(Error::new(ErrorKind::Internal, "the likelihood is not finite at any start"));
    };
    let parameters = optimum.theta.map(exp);
    let model = model(parameters)?;
    let names = M::NAMES;
    let mut notes = Vec::new();
    if !optimum.converged {
        notes.push(format!("stopped after {} iterations short of a top", optimum.iterations));
    }
    for ((name, value), _) in names.iter().zip(parameters).zip(optimum.bound).filter(|(_, bound)| *bound) {
        notes.push(format!("`{name}` ran to the edge of its range ({value:e}): the data do not bound it"));
    }
    let covariance = covariance(&optimum);
    let mut standard_errors = vec![f64::NAN; N];
    for (i, error) in standard_errors.iter_mut().enumerate() {
        let log_error = covariance.map_or(f64::NAN, |c| c[i][i].sqrt());
        *error = if optimum.bound[i] { f64::NAN } else { parameters[i] * log_error };
        if log_error > 3.0 && !optimum.bound[i] {
            let name = names.get(i).copied().unwrap_or_default();
            notes.push(format!("`{name}` is hardly determined: its standard error is {log_error:.0} times itself"));
        }
    }
    if covariance.is_none() {
        notes.push("the information matrix is singular: no standard errors".to_owned());
    }
    let diagnostics = Diagnostics {
        log_likelihood: optimum.at.value,
        names,
        standard_errors,
        log_covariance: covariance.map_or(Vec::new(), |c| c.iter().map(|row| row.to_vec()).collect()),
        customers,
        iterations: optimum.iterations,
        slope: optimum.at.gradient.iter().zip(optimum.bound).fold(0.0, |top, (g, held)| if held { top } else { top.max(g.abs()) }),
        converged: optimum.converged && optimum.bound == [false; N],
        notes,
    };
    Ok(Fitted { model, diagnostics })
}

/// The inverse of the observed information, without the parameters that ended on the edge.
fn covariance<const N: usize>(optimum: &Optimum<N>) -> Option<[[f64; N]; N]> {
    let mut information = optimum.at.hessian;
    for (i, row) in information.iter_mut().enumerate() {
        for (j, cell) in row.iter_mut().enumerate() {
            let free = !(optimum.bound[i] || optimum.bound[j]);
            *cell = if free { -*cell } else { f64::from(u8::from(i == j)) };
        }
    }
    let mut covariance = inverse(information)?;
    for (i, row) in covariance.iter_mut().enumerate() {
        for (j, cell) in row.iter_mut().enumerate() {
            if optimum.bound[i] || optimum.bound[j] {
                *cell = 0.0;
            }
        }
    }
    Some(covariance)
}
