//! What all models tell of themselves.

use bactrian::models::clv::{self, Diagnostics};
use bactrian::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{OrRaise, raised};
use crate::input::Real;

/// What every model of ``bt.clv`` tells after ``fit``, or of the parameters that it was given.
///
/// >>> model = bt.clv.GammaGamma(p=6.25, q=3.74, gamma=15.44)
/// >>> model.params_
/// {'p': 6.25, 'q': 3.74, 'gamma': 15.44}
#[pyclass(module = "bactrian.clv", subclass)]
#[derive(Default)]
pub(crate) struct Model {
    parameters: Vec<(&'static str, f64)>,
    pub(super) diagnostics: Option<Diagnostics>,
}

impl Model {
    /// Of a model and the diagnostics of its fit, if it was fitted.
    pub(super) fn of<M: clv::Model>(model: &M, diagnostics: Option<Diagnostics>) -> Self {
        Model { parameters: M::NAMES.iter().copied().zip(model.parameters()).collect(), diagnostics }
    }

    /// Of the parameters of a fit, in the order of its names.
    pub(super) fn named(parameters: &[f64], diagnostics: Diagnostics) -> Self {
        let parameters = diagnostics.names.iter().copied().zip(parameters.iter().copied()).collect();
        Model { parameters, diagnostics: Some(diagnostics) }
    }

    /// The Pareto/NBD with these parameters.
    pub(super) fn pareto(&self) -> PyResult<clv::ParetoNbd> {
        let &[(_, r), (_, alpha), (_, s), (_, beta)] = self.parameters.as_slice() else {
            return Err(not_fitted("call `fit`, or give the parameters to the constructor"));
        };
        clv::ParetoNbdParams { r, alpha, s, beta }.check().or_raise()
    }

    pub(super) fn diagnostics(&self) -> PyResult<&Diagnostics> {
        self.diagnostics.as_ref().ok_or_else(|| not_fitted("call `fit`; given parameters say nothing of data"))
    }
}

/// The error of a model that knows nothing yet.
pub(super) fn not_fitted(hint: &str) -> PyErr {
    raised(&Error::new(ErrorKind::NotEnoughData, "the model is not fitted").hint(hint))
}

/// All parameters of a constructor, or none; some of them are an error.
pub(super) fn given<const N: usize>(named: [(&str, Option<Real>); N]) -> PyResult<Option<[f64; N]>> {
    let missing: Vec<String> =
        named.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| format!("`{name}`")).collect();
    match missing.len() {
        0 => Ok(Some(named.map(|(_, value)| value.map_or(f64::NAN, |value| value.0)))),
        n if n == N => Ok(None),
        _ => {
            let error = Error::new(ErrorKind::SchemaMissing, format!("{} missing", missing.join(", ")));
            Err(raised(&error.hint("give all parameters, or none and call `fit`")))
        }
    }
}

#[pymethods]
impl Model {
    /// The parameters by name.
    #[getter]
    fn params_<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        if self.parameters.is_empty() {
            return Err(not_fitted("call `fit`, or give the parameters to the constructor"));
        }
        let dict = PyDict::new(py);
        self.parameters.iter().try_for_each(|(name, value)| dict.set_item(name, value))?;
        Ok(dict)
    }

    /// The log-likelihood at the fit, in nats, on the unit of time that was given.
    #[getter]
    fn log_likelihood_(&self) -> PyResult<f64> {
        Ok(self.diagnostics()?.log_likelihood)
    }

    /// Standard errors of the parameters by name, from the observed information; NaN where the data do
    /// not determine one.
    #[getter]
    fn standard_errors_<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let diagnostics = self.diagnostics()?;
        let dict = PyDict::new(py);
        let errors = diagnostics.names.iter().zip(&diagnostics.standard_errors);
        errors.into_iter().try_for_each(|(name, error)| dict.set_item(name, error))?;
        Ok(dict)
    }

    /// Akaike's criterion: smaller is better.
    #[getter]
    fn aic_(&self) -> PyResult<f64> {
        Ok(self.diagnostics()?.aic())
    }

    /// Schwarz's criterion: smaller is better.
    #[getter]
    fn bic_(&self) -> PyResult<f64> {
        Ok(self.diagnostics()?.bic())
    }

    /// Whether the fit ended at a maximum inside of the range of the parameters. A fit never just fails:
    /// ``notes_`` says what is wrong.
    #[getter]
    fn converged_(&self) -> PyResult<bool> {
        Ok(self.diagnostics()?.converged)
    }

    /// What the reader of a fit should know, one sentence each; empty for a good fit.
    #[getter]
    fn notes_(&self) -> PyResult<Vec<String>> {
        Ok(self.diagnostics()?.notes.clone())
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let class = slf.get_type().name()?;
        let model = slf.borrow();
        let told: Vec<String> = model.parameters.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        Ok(format!("{class}({})", told.join(", ")))
    }
}
