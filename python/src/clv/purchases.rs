//! BG/NBD, MBG/NBD and Pareto/NBD.

use bactrian::Error;
use bactrian::models::clv::{
    self, BetaGeoParams, CheckedHistory, Dropout, FitOptions, History, ParetoNbdParams, PurchaseKind,
};
use pyo3::prelude::*;

use super::model::{Model, given, not_fitted};
use super::weights;
use crate::error::{OrRaise, call};
use crate::input::{Count, Real, answer, numbers, real, together};

/// What the models of purchases without a contract have in common: ``BetaGeo``,
/// ``ModifiedBetaGeo``, ``RegularBetaGeo`` and ``ParetoNBD``.
///
/// A customer's history is ``frequency`` (x, repeat purchases), ``recency`` (t_x, the time of the last
/// one, 0 without) and ``T``, all in one unit of time and counted from the first purchase; ``summary``
/// makes them. Each is a number, a list, a numpy array or a column of a data frame; numbers in give a
/// float, columns a numpy array. Wrong histories raise ``SchemaError`` with the row.
///
/// >>> model = bt.clv.BetaGeo(r=0.243, alpha=4.414, a=0.793, b=2.426)  # CDNOW, in weeks
/// >>> round(model.expected_purchases(39, 2, 30.43, 38.86), 3)
/// 1.226
#[pyclass(module = "bactrian.clv", extends = Model, subclass)]
pub(crate) struct PurchaseModel {
    class: PurchaseKind,
    pub(super) core: Option<Box<dyn clv::PurchaseModel>>,
}

/// A class with its bases; `core` is the model of given parameters.
pub(super) fn made<M: clv::PurchaseModel + clv::Model + Copy + 'static>(
    class: PurchaseKind,
    core: Option<M>,
) -> PyClassInitializer<PurchaseModel> {
    let base = core.as_ref().map_or_else(Model::default, |model| Model::of(model, None));
    let core = core.map(|model| Box::new(model) as Box<dyn clv::PurchaseModel>);
    PyClassInitializer::from(base).add_subclass(PurchaseModel { class, core })
}

impl PurchaseModel {
    pub(super) fn core(&self) -> PyResult<&dyn clv::PurchaseModel> {
        self.core.as_deref().ok_or_else(|| not_fitted("call `fit`, or give the parameters to the constructor"))
    }

    /// A value of each history.
    fn each<'py>(
        &self,
        py: Python<'py>,
        history: [&Bound<'py, PyAny>; 3],
        value: impl FnOnce(&dyn clv::PurchaseModel, &CheckedHistory<'_>) -> bactrian::Result<Vec<f64>> + Send,
    ) -> PyResult<Bound<'py, PyAny>> {
        let core = self.core()?;
        let [frequency, recency, age] = history;
        let ([frequency, recency, age], single) =
            together([("frequency", frequency), ("recency", recency), ("T", age)])?;
        let rows = History { frequency: &frequency, recency: &recency, age: &age, weights: None };
        answer(py, call(py, || value(core, &rows.check()?))?, single)
    }
}

#[pymethods]
impl PurchaseModel {
    /// Find the parameters of the largest likelihood, and return the model itself.
    ///
    /// ``weights`` says how many customers each row stands for. Raises ``StateError`` where nobody
    /// bought again.
    ///
    /// >>> x, t_x = [0, 1, 2, 0, 4, 1, 0, 3], [0.0, 5.0, 20.0, 0.0, 38.0, 1.0, 0.0, 30.0]
    /// >>> model = bt.clv.BetaGeo().fit(x, t_x, [39.0] * 8)
    /// >>> sorted(model.params_)
    /// ['a', 'alpha', 'b', 'r']
    #[pyo3(signature = (frequency, recency, T, weights=None))]
    #[expect(non_snake_case, reason = "T is the field's name")]
    fn fit<'py>(
        slf: Bound<'py, Self>,
        frequency: &Bound<'py, PyAny>,
        recency: &Bound<'py, PyAny>,
        T: &Bound<'py, PyAny>,
        weights: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, Self>> {
        let ([x, t_x, age], _) = together([("frequency", frequency), ("recency", recency), ("T", T)])?;
        let weights = self::weights(weights, x.len())?;
        let class = slf.borrow().class;
        let fitted = call(slf.py(), || {
            let rows = History { frequency: &x, recency: &t_x, age: &age, weights: weights.as_deref() };
            class.fit(&rows.check()?.compress(), &FitOptions::default())
        })?;
        slf.borrow_mut().core = Some(fitted.model);
        *slf.as_super().borrow_mut() = Model::named(&fitted.parameters, fitted.diagnostics);
        Ok(slf)
    }

    /// P(alive at T + ``after``) of customers with these histories, whatever they buy from then on.
    ///
    /// >>> model = bt.clv.BetaGeo(r=0.243, alpha=4.414, a=0.793, b=2.426)
    /// >>> round(model.probability_alive(2, 30.43, 38.86), 4)
    /// 0.7266
    #[pyo3(signature = (frequency, recency, T, after=0.0))]
    #[expect(non_snake_case, reason = "T is the field's name")]
    fn probability_alive<'py>(
        &self,
        py: Python<'py>,
        frequency: &Bound<'py, PyAny>,
        recency: &Bound<'py, PyAny>,
        T: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = real)] after: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.each(py, [frequency, recency, T], |core, rows| core.probability_alive_all(after, rows))
    }

    /// Expected purchases within ``t`` after T, given the history until T.
    ///
    /// >>> model = bt.clv.BetaGeo(r=0.243, alpha=4.414, a=0.793, b=2.426)
    /// >>> model.expected_purchases(39, [0, 2], [0.0, 30.43], [38.86, 38.86]).round(3).tolist()
    /// [0.195, 1.226]
    #[pyo3(signature = (t, frequency, recency, T))]
    #[expect(non_snake_case, reason = "T is the field's name")]
    fn expected_purchases<'py>(
        &self,
        py: Python<'py>,
        t: Real,
        frequency: &Bound<'py, PyAny>,
        recency: &Bound<'py, PyAny>,
        T: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.each(py, [frequency, recency, T], |core, rows| core.expected_purchases_all(t.0, rows))
    }

    /// Expected repeat purchases of a new customer within ``t`` of the first purchase.
    ///
    /// >>> model = bt.clv.BetaGeo(r=0.243, alpha=4.414, a=0.793, b=2.426)
    /// >>> model.expected_purchases_new([1, 32, 78]).round(4).tolist()
    /// [0.0533, 1.0452, 1.8605]
    #[pyo3(signature = (t))]
    fn expected_purchases_new<'py>(&self, py: Python<'py>, t: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (core, times) = (self.core()?, numbers("t", t)?);
        let each = || {
            let new = History { frequency: &[0.0], recency: &[0.0], age: &[0.0], weights: None }.check()?;
            let each = times.values.iter().map(|t| core.expected_purchases_all(*t, &new));
            Ok(each.collect::<bactrian::Result<Vec<_>>>()?.concat())
        };
        answer(py, call(py, each)?, times.single)
    }

    /// P(exactly ``n`` purchases within ``t`` after T), given the history until T; 0, 0, 0 is a new
    /// customer.
    ///
    /// >>> model = bt.clv.BetaGeo(r=0.243, alpha=4.414, a=0.793, b=2.426)
    /// >>> round(sum(model.probability_of(n, 39, 2, 30.43, 38.86) for n in range(200)), 9)
    /// 1.0
    #[pyo3(signature = (n, t, frequency, recency, T))]
    #[expect(non_snake_case, reason = "T is the field's name")]
    fn probability_of<'py>(
        &self,
        py: Python<'py>,
        n: Count<u32>,
        t: Real,
        frequency: &Bound<'py, PyAny>,
        recency: &Bound<'py, PyAny>,
        T: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.each(py, [frequency, recency, T], |core, rows| core.probability_of_all(n.0, t.0, rows))
    }

    /// The interval of one customer's expected purchases within ``t`` after T, for the uncertainty of
    /// the parameters: value, standard error, low and high end, by the delta method.
    ///
    /// It is symmetric and may reach below 0. Raises ``StateError`` for a model that was not fitted.
    ///
    /// >>> x, t_x = [0, 1, 2, 0, 4, 1, 0, 3], [0.0, 5.0, 20.0, 0.0, 38.0, 1.0, 0.0, 30.0]
    /// >>> model = bt.clv.ParetoNBD().fit(x, t_x, [39.0] * 8)
    /// >>> value, error, low, high = model.interval(10, 2, 20.0, 39.0)
    #[pyo3(signature = (t, frequency, recency, T, level=0.95))]
    #[expect(non_snake_case, reason = "T is the field's name")]
    fn interval(
        slf: &Bound<'_, Self>,
        t: Real,
        frequency: Real,
        recency: Real,
        T: Real,
        #[pyo3(from_py_with = real)] level: f64,
    ) -> PyResult<(f64, f64, f64, f64)> {
        let (t, frequency, recency, T) = (t.0, frequency.0, recency.0, T.0);
        let (this, base) = (slf.borrow(), slf.as_super().borrow());
        let rows = History { frequency: &[frequency], recency: &[recency], age: &[T], weights: None };
        let rows = rows.check().or_raise()?;
        this.core()?.expected_purchases_all(t, &rows).or_raise()?;
        let quantity = |model: &dyn clv::PurchaseModel| model.expected_purchases(t, frequency, recency, T);
        let found = this.core()?.interval(base.diagnostics()?, level, &quantity).or_raise()?;
        Ok((found.value, found.standard_error, found.low, found.high))
    }
}

/// BG/NBD: purchases at a gamma-distributed rate, and dropout after repeat purchases with a
/// beta-distributed probability (Fader, Hardie, Lee 2005).
///
/// Who never bought again is alive for certain; ``ModifiedBetaGeo`` lets them drop out too.
///
/// >>> bt.clv.BetaGeo(r=0.243, alpha=4.414, a=0.793, b=2.426)
/// BetaGeo(r=0.243, alpha=4.414, a=0.793, b=2.426)
#[pyclass(module = "bactrian.clv", extends = PurchaseModel)]
pub(crate) struct BetaGeo;

/// MBG/NBD: BG/NBD whose customers may drop out after the first purchase too (Batislam, Denizel,
/// Filiztekin 2007).
///
/// >>> model = bt.clv.ModifiedBetaGeo(r=0.525, alpha=6.183, a=0.891, b=1.614)
/// >>> round(model.probability_alive(0, 0.0, 38.86), 3)
/// 0.39
#[pyclass(module = "bactrian.clv", extends = PurchaseModel)]
pub(crate) struct ModifiedBetaGeo;

/// Pareto/NBD: purchases at a gamma-distributed rate, and death at any moment at a gamma-distributed
/// rate (Schmittlein, Morrison, Colombo 1987).
///
/// Finite for every history, to thousands of purchases.
///
/// >>> model = bt.clv.ParetoNBD(r=0.5534, alpha=10.5802, s=0.6061, beta=11.6562)
/// >>> round(model.expected_purchases(52, 26, 30.86, 31), 4)
/// 25.4549
#[pyclass(module = "bactrian.clv", extends = PurchaseModel)]
pub(crate) struct ParetoNBD;

/// A BG/NBD or MBG/NBD of given parameters, if they are given.
fn beta_geo(parameters: Option<[f64; 4]>, dropout: Dropout) -> Result<Option<clv::BetaGeo>, Error> {
    parameters.map(|[r, alpha, a, b]| BetaGeoParams { r, alpha, a, b, dropout }.check()).transpose()
}

#[pymethods]
impl BetaGeo {
    #[new]
    #[pyo3(signature = (*, r=None, alpha=None, a=None, b=None))]
    fn new(
        r: Option<Real>,
        alpha: Option<Real>,
        a: Option<Real>,
        b: Option<Real>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let parameters = given([("r", r), ("alpha", alpha), ("a", a), ("b", b)])?;
        let core = beta_geo(parameters, Dropout::AfterRepeat).or_raise()?;
        Ok(made(PurchaseKind::BetaGeo, core).add_subclass(BetaGeo))
    }
}

#[pymethods]
impl ModifiedBetaGeo {
    #[new]
    #[pyo3(signature = (*, r=None, alpha=None, a=None, b=None))]
    fn new(
        r: Option<Real>,
        alpha: Option<Real>,
        a: Option<Real>,
        b: Option<Real>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let parameters = given([("r", r), ("alpha", alpha), ("a", a), ("b", b)])?;
        let core = beta_geo(parameters, Dropout::AfterEvery).or_raise()?;
        Ok(made(PurchaseKind::ModifiedBetaGeo, core).add_subclass(ModifiedBetaGeo))
    }
}

#[pymethods]
impl ParetoNBD {
    #[new]
    #[pyo3(signature = (*, r=None, alpha=None, s=None, beta=None))]
    fn new(
        r: Option<Real>,
        alpha: Option<Real>,
        s: Option<Real>,
        beta: Option<Real>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let parameters = given([("r", r), ("alpha", alpha), ("s", s), ("beta", beta)])?;
        let check = |[r, alpha, s, beta]: [f64; 4]| ParetoNbdParams { r, alpha, s, beta }.check();
        let core = parameters.map(check).transpose().or_raise()?;
        Ok(made(PurchaseKind::Pareto, core).add_subclass(ParetoNBD))
    }

    /// DERT: all purchases to come, however late, given the history until T, discounted at the continuous
    /// rate ``discount`` per unit of time, above 0; for a yearly rate d and weeks that is log(1 + d) / 52
    /// (Fader, Hardie, Lee 2005).
    ///
    /// >>> model = bt.clv.ParetoNBD(r=0.5534, alpha=10.5802, s=0.6061, beta=11.6562)
    /// >>> model.discounted_residual(0.0027, 2, 30.43, 38.86) > model.expected_purchases(52, 2, 30.43, 38.86)
    /// True
    #[pyo3(signature = (discount, frequency, recency, T))]
    #[expect(non_snake_case, reason = "T is the field's name")]
    fn discounted_residual<'py>(
        slf: &Bound<'py, Self>,
        discount: Real,
        frequency: &Bound<'py, PyAny>,
        recency: &Bound<'py, PyAny>,
        T: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let this = slf.as_super().borrow();
        let pareto = slf.as_super().as_super().borrow().pareto()?;
        this.each(slf.py(), [frequency, recency, T], |_, rows| pareto.discounted_residual_all(discount.0, rows))
    }
}
