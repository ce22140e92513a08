//! Gamma-Gamma, and the value that purchases and spend make.

use bactrian::models::clv::{self, FitOptions, GammaGammaParams, History, Horizon, Spend};
use bactrian::{Error, ErrorKind};
use pyo3::prelude::*;

use super::model::{Model, given, not_fitted};
use super::purchases::PurchaseModel;
use super::weights;
use crate::error::{OrRaise, call, raised};
use crate::input::{Count, Real, answer, real, together};

/// Gamma-Gamma: what a customer spends per purchase (Fader, Hardie 2013).
///
/// ``monetary`` is the mean amount of the ``frequency`` purchases that it averages, above 0; without a
/// purchase it is not read.
///
/// >>> model = bt.clv.GammaGamma(p=6.25, q=3.74, gamma=15.44)  # CDNOW
/// >>> round(model.expected_spend(2, 22.35), 4)
/// 24.6637
#[pyclass(module = "bactrian.clv", extends = Model)]
pub(crate) struct GammaGamma {
    core: Option<clv::GammaGamma>,
}

impl GammaGamma {
    fn core(&self) -> PyResult<clv::GammaGamma> {
        self.core.ok_or_else(|| not_fitted("call `fit`, or give the parameters to the constructor"))
    }
}

#[pymethods]
impl GammaGamma {
    #[new]
    #[pyo3(signature = (*, p=None, q=None, gamma=None))]
    fn new(p: Option<Real>, q: Option<Real>, gamma: Option<Real>) -> PyResult<PyClassInitializer<Self>> {
        let check = |[p, q, gamma]: [f64; 3]| GammaGammaParams { p, q, gamma }.check();
        let core = given([("p", p), ("q", q), ("gamma", gamma)])?.map(check).transpose().or_raise()?;
        let base = core.as_ref().map_or_else(Model::default, |model| Model::of(model, None));
        Ok(PyClassInitializer::from(base).add_subclass(GammaGamma { core }))
    }

    /// Find the parameters of the largest likelihood, and return the model itself. Customers without
    /// a purchase say nothing of spend and take no part.
    ///
    /// >>> model = bt.clv.GammaGamma().fit([1, 2, 0, 3], [8.0, 12.0, 0.0, 9.0])
    /// >>> list(model.params_)
    /// ['p', 'q', 'gamma']
    #[pyo3(signature = (frequency, monetary, weights=None))]
    fn fit<'py>(
        slf: Bound<'py, Self>,
        frequency: &Bound<'py, PyAny>,
        monetary: &Bound<'py, PyAny>,
        weights: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, Self>> {
        let ([x, mean], _) = together([("frequency", frequency), ("monetary", monetary)])?;
        let weights = self::weights(weights, x.len())?;
        let fitted = call(slf.py(), || {
            let rows = Spend { frequency: &x, mean: &mean, weights: weights.as_deref() }.check()?;
            clv::GammaGamma::fit(&rows.compress(), &FitOptions::default())
        })?;
        slf.borrow_mut().core = Some(fitted.model);
        *slf.as_super().borrow_mut() = Model::of(&fitted.model, Some(fitted.diagnostics));
        Ok(slf)
    }

    /// The expected mean spend per purchase of customers whose ``frequency`` purchases averaged
    /// ``monetary``.
    ///
    /// >>> model = bt.clv.GammaGamma(p=6.25, q=3.74, gamma=15.44)
    /// >>> model.expected_spend([2, 0], [22.35, 0.0]).round(3).tolist()
    /// [24.664, 35.219]
    fn expected_spend<'py>(
        &self,
        py: Python<'py>,
        frequency: &Bound<'py, PyAny>,
        monetary: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let core = self.core()?;
        let ([x, mean], single) = together([("frequency", frequency), ("monetary", monetary)])?;
        let rows = Spend { frequency: &x, mean: &mean, weights: None };
        answer(py, call(py, || Ok(core.expected_spend_all(&rows.check()?)))?, single)
    }

    /// The mean spend per purchase of a customer of whom nothing is known; infinite unless q > 1.
    ///
    /// >>> round(bt.clv.GammaGamma(p=6.25, q=3.74, gamma=15.44).population_mean(), 4)
    /// 35.219
    fn population_mean(&self) -> PyResult<f64> {
        Ok(self.core()?.population_mean())
    }
}

/// The discounted value of the purchases to come, over ``periods`` periods of ``length`` units of the
/// model's time, at ``discount`` per period.
///
/// ``spend`` is the expected profit of one purchase, such as the margin times
/// ``GammaGamma.expected_spend``; one that is unknown (nan) has an unknown value. Purchases of a period are
/// discounted as of its end.
///
/// >>> model = bt.clv.BetaGeo(r=0.243, alpha=4.414, a=0.793, b=2.426)
/// >>> value = bt.clv.lifetime_value(model, 2, 30.43, 38.86, 24.66, periods=12, length=4.345, discount=0.01)
/// >>> round(value, 2)
/// 36.28
#[pyfunction]
#[pyo3(signature = (model, frequency, recency, T, spend, *, periods, length=1.0, discount=0.0))]
#[expect(non_snake_case, reason = "T is the field's name")]
#[expect(clippy::too_many_arguments, reason = "a history, what it is worth, and how far to look")]
pub(crate) fn lifetime_value<'py>(
    py: Python<'py>,
    model: &Bound<'py, PyAny>,
    frequency: &Bound<'py, PyAny>,
    recency: &Bound<'py, PyAny>,
    T: &Bound<'py, PyAny>,
    spend: &Bound<'py, PyAny>,
    periods: Count<u32>,
    #[pyo3(from_py_with = real)] length: f64,
    #[pyo3(from_py_with = real)] discount: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let Ok(model) = model.cast::<PurchaseModel>() else {
        let message = format!("a `{}` is no model of purchases in time", model.get_type().name()?);
        let hint = "give a `BetaGeo`, `ModifiedBetaGeo`, `RegularBetaGeo` or `ParetoNBD`";
        return Err(raised(&Error::new(ErrorKind::SchemaType, message).hint(hint)));
    };
    let model = model.borrow();
    let core = model.core()?;
    let named = [("frequency", frequency), ("recency", recency), ("T", T), ("spend", spend)];
    let ([x, t_x, age, spend], single) = together(named)?;
    let rows = History { frequency: &x, recency: &t_x, age: &age, weights: None };
    let horizon = Horizon { periods: periods.0, length, discount };
    answer(py, call(py, || clv::lifetime_value(core, &rows.check()?, &spend, &horizon))?, single)
}
