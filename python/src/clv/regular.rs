//! (M)BG/CNBD-k: purchases at more regular gaps than chance.

use bactrian::models::clv::{self, Dropout, History, PurchaseKind, RegularBetaGeoParams};
use bactrian::{Error, ErrorKind};
use pyo3::prelude::*;

use super::model::{Model, given, not_fitted};
use super::purchases::{PurchaseModel, made};
use super::weights;
use crate::error::{OrRaise, call, raised};
use crate::input::{Real, maybe_whole, numbers, together};

/// The most regular gaps that a fit tries.
const MOST: u32 = 12;

/// BG/CNBD-k, or with ``modified`` MBG/CNBD-k: as ``BetaGeo`` and ``ModifiedBetaGeo``, but the gaps between a
/// customer's purchases are Erlang-k, more regular than chance (Reutterer, Platzer, Schroeder 2021).
///
/// ``k`` is 1 for chance; without it ``fit`` chooses it, of 1 to 12.
///
/// >>> model = bt.clv.RegularBetaGeo(k=2, modified=True, r=0.8, alpha=3.0, a=0.6, b=2.0)
/// >>> model.probability_alive(8, 40.0, 60.0) < 0.2  # every five weeks, and last here twenty weeks ago
/// True
#[pyclass(module = "bactrian.clv", extends = PurchaseModel)]
pub(crate) struct RegularBetaGeo {
    /// As given, and as found.
    wanted: Option<u32>,
    k: Option<u32>,
    dropout: Dropout,
}

#[pymethods]
impl RegularBetaGeo {
    #[new]
    #[pyo3(signature = (*, k=None, modified=false, r=None, alpha=None, a=None, b=None))]
    fn new(
        #[pyo3(from_py_with = maybe_whole)] k: Option<u32>,
        modified: bool,
        r: Option<Real>,
        alpha: Option<Real>,
        a: Option<Real>,
        b: Option<Real>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let (dropout, kind) = match modified {
            true => (Dropout::AfterEvery, PurchaseKind::ModifiedBetaGeo),
            false => (Dropout::AfterRepeat, PurchaseKind::BetaGeo),
        };
        let parameters = given([("r", r), ("alpha", alpha), ("a", a), ("b", b)])?;
        if let (None, Some(_)) = (k, parameters) {
            let error = Error::new(ErrorKind::SchemaMissing, "`k` missing");
            return Err(raised(&error.hint("give all parameters, or none and call `fit`")));
        }
        let check =
            |[r, alpha, a, b]: [f64; 4]| RegularBetaGeoParams { r, alpha, a, b, k: k.unwrap_or(1), dropout }.check();
        // Parameters that are not given are checked too, by way of k.
        let core = check(parameters.unwrap_or([1.0; 4])).or_raise()?;
        let core = parameters.map(|_| core);
        let found = core.map(|core| core.params().k);
        Ok(made(kind, core).add_subclass(RegularBetaGeo { wanted: k, k: found, dropout }))
    }

    /// Find the parameters of the largest likelihood, and return the model itself.
    ///
    /// ``log_gaps`` is the sum of the logarithms of each customer's gaps, as ``summary`` with ``gaps`` has it. To
    /// choose k it is needed; for a given k it only shifts the likelihood. Raises ``StateError`` where nobody
    /// bought again.
    ///
    /// >>> x, t_x = [0, 1, 2, 0, 4, 1, 0, 3], [0.0, 5.0, 20.0, 0.0, 38.0, 1.0, 0.0, 30.0]
    /// >>> bt.clv.RegularBetaGeo(k=2).fit(x, t_x, [39.0] * 8).k_
    /// 2
    #[pyo3(signature = (frequency, recency, T, weights=None, *, log_gaps=None))]
    #[expect(non_snake_case, reason = "T is the field's name")]
    fn fit<'py>(
        slf: Bound<'py, Self>,
        frequency: &Bound<'py, PyAny>,
        recency: &Bound<'py, PyAny>,
        T: &Bound<'py, PyAny>,
        weights: Option<&Bound<'py, PyAny>>,
        log_gaps: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, Self>> {
        let ([x, t_x, age], _) = together([("frequency", frequency), ("recency", recency), ("T", T)])?;
        let weights = self::weights(weights, x.len())?;
        let gaps = log_gaps.map(|given| numbers("log_gaps", given)).transpose()?;
        let (wanted, dropout) = (slf.borrow().wanted, slf.borrow().dropout);
        if wanted.is_none() && gaps.is_none() {
            let error = Error::new(ErrorKind::SchemaMissing, "`log_gaps` missing, by which k is chosen");
            return Err(raised(&error.hint("give them, of `summary(..., gaps=True)`, or `k` to the constructor")));
        }
        let fitted = call(slf.py(), || {
            let rows = History { frequency: &x, recency: &t_x, age: &age, weights: weights.as_deref() }.check()?;
            let gaps = gaps.as_ref().map(|gaps| gaps.values.as_slice());
            let log_gaps = clv::total_log_gaps(gaps, &rows)?;
            match wanted {
                Some(k) => clv::RegularBetaGeo::fit(k, dropout, &rows.compress(), log_gaps, &Default::default()),
                None => clv::RegularBetaGeo::fit_regularity(MOST, dropout, &rows.compress(), log_gaps),
            }
        })?;
        slf.borrow_mut().k = Some(fitted.model.params().k);
        slf.as_super().borrow_mut().core = Some(Box::new(fitted.model));
        *slf.as_super().as_super().borrow_mut() = Model::of(&fitted.model, Some(fitted.diagnostics));
        Ok(slf)
    }

    /// Hidden events per purchase: 1 is chance, and the more the more regular.
    #[getter]
    fn k_(&self) -> PyResult<u32> {
        self.k.ok_or_else(|| not_fitted("call `fit`, or give the parameters to the constructor"))
    }
}

/// How regular gaps are, of two successive ones of each customer: the k of Erlang-k gaps, its standard error, and the
/// customers whose gaps are both known and above 0 (Wheat, Morrison 1990). 1 is chance, infinity the clock, whose
/// standard error is NaN.
///
/// >>> k, error, customers = bt.clv.wheat_morrison([7.0, 30.0, 2.0, None], [7.1, 30.2, 2.0, 5.0])
/// >>> k > 1000, customers
/// (True, 3)
#[pyfunction]
pub(crate) fn wheat_morrison(
    py: Python<'_>,
    first: &Bound<'_, PyAny>,
    second: &Bound<'_, PyAny>,
) -> PyResult<(f64, f64, usize)> {
    let ([first, second], _) = together([("first", first), ("second", second)])?;
    let found = call(py, || clv::wheat_morrison(&first, &second))?;
    Ok((found.k, found.standard_error, found.customers))
}
