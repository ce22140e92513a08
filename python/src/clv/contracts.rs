//! Models with a contract or with discrete opportunities: sBG and BG/BB.

use bactrian::models::clv::{
    self, BetaGeoBetaBinomialParams, FitOptions, Fitted, Opportunities, Renewals, ShiftedBetaGeometricParams, survivors,
};
use bactrian::{Error, ErrorKind};
use pyo3::prelude::*;

use super::model::{Model, given, not_fitted};
use super::weights;
use crate::error::{OrRaise, call, raised};
use crate::input::{Count, Real, answer, numbers, together, whole};

/// Shifted beta-geometric: how long a contract is renewed (Fader, Hardie 2007).
///
/// >>> model = bt.clv.ShiftedBetaGeometric(alpha=0.668, beta=3.806)  # the high end segment
/// >>> model.survival([1, 7]).round(3).tolist()
/// [0.851, 0.489]
#[pyclass(module = "bactrian.clv", extends = Model)]
pub(crate) struct ShiftedBetaGeometric {
    core: Option<clv::ShiftedBetaGeometric>,
}

impl ShiftedBetaGeometric {
    fn core(&self) -> PyResult<clv::ShiftedBetaGeometric> {
        self.core.ok_or_else(|| not_fitted("call `fit`, or give the parameters to the constructor"))
    }

    fn keep<'py>(slf: Bound<'py, Self>, fitted: Fitted<clv::ShiftedBetaGeometric>) -> Bound<'py, Self> {
        slf.borrow_mut().core = Some(fitted.model);
        *slf.as_super().borrow_mut() = Model::of(&fitted.model, Some(fitted.diagnostics));
        slf
    }
}

#[pymethods]
impl ShiftedBetaGeometric {
    #[new]
    #[pyo3(signature = (*, alpha=None, beta=None))]
    fn new(alpha: Option<Real>, beta: Option<Real>) -> PyResult<PyClassInitializer<Self>> {
        let check = |[alpha, beta]: [f64; 2]| ShiftedBetaGeometricParams { alpha, beta }.check();
        let core = given([("alpha", alpha), ("beta", beta)])?.map(check).transpose().or_raise()?;
        let base = core.as_ref().map_or_else(Model::default, |model| Model::of(model, None));
        Ok(PyClassInitializer::from(base).add_subclass(ShiftedBetaGeometric { core }))
    }

    /// Find the parameters of the largest likelihood, and return the model itself.
    ///
    /// ``due`` counts the renewals that have fallen due for each customer, and ``left`` says whether
    /// the last of them failed.
    ///
    /// >>> model = bt.clv.ShiftedBetaGeometric().fit([1, 2, 5, 5, 3], [True, True, False, False, True])
    /// >>> list(model.params_)
    /// ['alpha', 'beta']
    #[pyo3(signature = (due, left, weights=None))]
    fn fit<'py>(
        slf: Bound<'py, Self>,
        due: &Bound<'py, PyAny>,
        left: &Bound<'py, PyAny>,
        weights: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, Self>> {
        let ([due, left], _) = together([("due", due), ("left", left)])?;
        if let Some(row) = left.iter().position(|left| *left != 0.0 && *left != 1.0) {
            let message = format!("`left` is {} in row {row}, but must be true or false", left[row]);
            return Err(raised(&Error::new(ErrorKind::SchemaRange, message)));
        }
        let left: Vec<bool> = left.iter().map(|left| *left == 1.0).collect();
        let weights = self::weights(weights, due.len())?;
        let fitted = call(slf.py(), || {
            let rows = Renewals { due: &due, left: &left, weights: weights.as_deref() }.check()?;
            clv::ShiftedBetaGeometric::fit(&rows, &FitOptions::default())
        })?;
        Ok(Self::keep(slf, fitted))
    }

    /// ``fit`` of a survival table: how many customers were left after 0, 1, 2, ... renewals.
    ///
    /// >>> model = bt.clv.ShiftedBetaGeometric().fit_survivors([1000, 869, 743, 653, 593, 551, 517, 491])
    /// >>> round(model.params_["alpha"], 3), round(model.params_["beta"], 3)
    /// (0.668, 3.806)
    fn fit_survivors<'py>(slf: Bound<'py, Self>, alive: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        let alive = numbers("alive", alive)?.values;
        let fit = || clv::ShiftedBetaGeometric::fit(&survivors(&alive)?, &FitOptions::default());
        let fitted = call(slf.py(), fit)?;
        Ok(Self::keep(slf, fitted))
    }

    /// P(the next ``t`` renewals are made) by customers who made ``renewed`` so far; NaN below 0.
    ///
    /// >>> model = bt.clv.ShiftedBetaGeometric(alpha=0.668, beta=3.806)
    /// >>> round(model.survival(1, renewed=6), 3)  # the loyal stay
    /// 0.936
    #[pyo3(signature = (t, renewed=None))]
    fn survival<'py>(
        &self,
        py: Python<'py>,
        t: &Bound<'py, PyAny>,
        renewed: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let core = self.core()?;
        let none = 0.0_f64.into_pyobject(py)?.into_any();
        let ([t, renewed], single) = together([("t", t), ("renewed", renewed.unwrap_or(&none))])?;
        answer(py, t.iter().zip(&renewed).map(|(t, renewed)| core.survival(*t, *renewed)).collect(), single)
    }

    /// P(the ``t``-th renewal is made) by customers who made those before it; ``t`` from 1, below it
    /// raises ``SchemaError``.
    ///
    /// >>> bt.clv.ShiftedBetaGeometric(alpha=0.668, beta=3.806).retention([1, 8]).round(3).tolist()
    /// [0.851, 0.942]
    fn retention<'py>(&self, py: Python<'py>, t: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (core, t) = (self.core()?, numbers("t", t)?);
        answer(py, core.retention_all(&t.values).or_raise()?, t.single)
    }

    /// The discounted number of renewals to come from customers who made ``renewed``, as of just before
    /// the next one falls due; ``discount`` per period, above 0.
    ///
    /// >>> round(bt.clv.ShiftedBetaGeometric(alpha=0.668, beta=3.806).discounted_residual(0.1, 3), 3)
    /// 6.62
    fn discounted_residual<'py>(
        &self,
        py: Python<'py>,
        discount: Real,
        renewed: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (core, renewed) = (self.core()?, numbers("renewed", renewed)?);
        answer(py, core.discounted_residual_all(discount.0, &renewed.values).or_raise()?, renewed.single)
    }
}

/// BG/BB: purchases at discrete opportunities, yearly donations or weekly shows (Fader, Hardie, Shang
/// 2010).
///
/// A history is ``frequency`` (purchases after the first), ``recency`` (the opportunity of the last one)
/// and ``n`` (opportunities since the first), all whole.
///
/// >>> model = bt.clv.BetaGeoBetaBinomial(alpha=1.204, beta=0.750, gamma=0.657, delta=2.783)  # donations
/// >>> round(model.expected_purchases(5, 6, 6, 6), 2)
/// 3.75
#[pyclass(module = "bactrian.clv", extends = Model)]
pub(crate) struct BetaGeoBetaBinomial {
    core: Option<clv::BetaGeoBetaBinomial>,
}

impl BetaGeoBetaBinomial {
    /// A value of each history, after a check of them.
    fn each<'py>(
        &self,
        py: Python<'py>,
        history: [&Bound<'py, PyAny>; 3],
        value: impl Fn(&clv::BetaGeoBetaBinomial, f64, f64, f64) -> f64 + Send + Sync,
    ) -> PyResult<Bound<'py, PyAny>> {
        let core = self.core.ok_or_else(|| not_fitted("call `fit`, or give the parameters to the constructor"))?;
        let [frequency, recency, n] = history;
        let ([x, t_x, n], single) = together([("frequency", frequency), ("recency", recency), ("n", n)])?;
        let values = call(py, || {
            Opportunities { frequency: &x, recency: &t_x, opportunities: &n, weights: None }.check()?;
            Ok(x.iter().zip(&t_x).zip(&n).map(|((x, t_x), n)| value(&core, *x, *t_x, *n)).collect())
        })?;
        answer(py, values, single)
    }
}

#[pymethods]
impl BetaGeoBetaBinomial {
    #[new]
    #[pyo3(signature = (*, alpha=None, beta=None, gamma=None, delta=None))]
    fn new(
        alpha: Option<Real>,
        beta: Option<Real>,
        gamma: Option<Real>,
        delta: Option<Real>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let named = [("alpha", alpha), ("beta", beta), ("gamma", gamma), ("delta", delta)];
        let check =
            |[alpha, beta, gamma, delta]: [f64; 4]| BetaGeoBetaBinomialParams { alpha, beta, gamma, delta }.check();
        let core = given(named)?.map(check).transpose().or_raise()?;
        let base = core.as_ref().map_or_else(Model::default, |model| Model::of(model, None));
        Ok(PyClassInitializer::from(base).add_subclass(BetaGeoBetaBinomial { core }))
    }

    /// Find the parameters of the largest likelihood, and return the model itself.
    ///
    /// >>> model = bt.clv.BetaGeoBetaBinomial().fit([0, 1, 3, 6, 2], [0, 2, 5, 6, 3], 6)
    /// >>> list(model.params_)
    /// ['alpha', 'beta', 'gamma', 'delta']
    #[pyo3(signature = (frequency, recency, n, weights=None))]
    fn fit<'py>(
        slf: Bound<'py, Self>,
        frequency: &Bound<'py, PyAny>,
        recency: &Bound<'py, PyAny>,
        n: &Bound<'py, PyAny>,
        weights: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, Self>> {
        let ([x, t_x, n], _) = together([("frequency", frequency), ("recency", recency), ("n", n)])?;
        let weights = self::weights(weights, x.len())?;
        let fitted = call(slf.py(), || {
            let rows = Opportunities { frequency: &x, recency: &t_x, opportunities: &n, weights: weights.as_deref() };
            clv::BetaGeoBetaBinomial::fit(&rows.check()?, &FitOptions::default())
        })?;
        slf.borrow_mut().core = Some(fitted.model);
        *slf.as_super().borrow_mut() = Model::of(&fitted.model, Some(fitted.diagnostics));
        Ok(slf)
    }

    /// P(alive at opportunity n + ``after``), given the history until n.
    ///
    /// >>> model = bt.clv.BetaGeoBetaBinomial(alpha=1.204, beta=0.750, gamma=0.657, delta=2.783)
    /// >>> model.probability_alive([0, 6], [0, 6], 6).round(2).tolist()
    /// [0.12, 1.0]
    #[pyo3(signature = (frequency, recency, n, after=0))]
    fn probability_alive<'py>(
        &self,
        py: Python<'py>,
        frequency: &Bound<'py, PyAny>,
        recency: &Bound<'py, PyAny>,
        n: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = whole)] after: u32,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.each(py, [frequency, recency, n], |core, x, t_x, n| core.probability_alive(after, x, t_x, n))
    }

    /// Expected purchases at the next ``k`` opportunities, given the history until n.
    ///
    /// >>> model = bt.clv.BetaGeoBetaBinomial(alpha=1.204, beta=0.750, gamma=0.657, delta=2.783)
    /// >>> round(model.expected_purchases(5, 0, 0, 6), 2)
    /// 0.07
    fn expected_purchases<'py>(
        &self,
        py: Python<'py>,
        k: Count<u32>,
        frequency: &Bound<'py, PyAny>,
        recency: &Bound<'py, PyAny>,
        n: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.each(py, [frequency, recency, n], |core, x, t_x, n| core.expected_purchases(k.0, x, t_x, n))
    }

    /// P(exactly ``count`` purchases at the next ``k`` opportunities), given the history until n.
    ///
    /// >>> model = bt.clv.BetaGeoBetaBinomial(alpha=1.204, beta=0.750, gamma=0.657, delta=2.783)
    /// >>> round(sum(model.probability_of(count, 5, 3, 4, 6) for count in range(6)), 9)
    /// 1.0
    fn probability_of<'py>(
        &self,
        py: Python<'py>,
        count: Count<u32>,
        k: Count<u32>,
        frequency: &Bound<'py, PyAny>,
        recency: &Bound<'py, PyAny>,
        n: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.each(py, [frequency, recency, n], |core, x, t_x, n| core.probability_of(count.0, k.0, x, t_x, n))
    }

    /// All purchases after n, that at n + j divided by (1 + ``discount``)^j; ``discount`` above 0.
    ///
    /// >>> model = bt.clv.BetaGeoBetaBinomial(alpha=1.204, beta=0.750, gamma=0.657, delta=2.783)
    /// >>> model.discounted_residual(0.1, 6, 6, 6) > model.discounted_residual(0.2, 6, 6, 6)
    /// True
    fn discounted_residual<'py>(
        &self,
        py: Python<'py>,
        discount: Real,
        frequency: &Bound<'py, PyAny>,
        recency: &Bound<'py, PyAny>,
        n: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        clv::check_discount(discount.0).or_raise()?;
        self.each(py, [frequency, recency, n], |core, x, t_x, n| core.discounted_residual(discount.0, x, t_x, n))
    }
}
