//! `bactrian.models.OptimalBinning` and `bactrian.models.Binning`.

use bactrian::models::scorecard::{self, Bins, Trend};
use bactrian::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::matrix::{Count, array, category, learnt, marks, numbers, optional, read, slice};
use super::saved::{Reduced, reduced};
use crate::error::{call, raised};

/// Cuts a column into the bins that tell most about an outcome: of all ways to join neighbouring
/// prebins that obey the rules, the one with the largest information value.
///
/// ``prebins`` at most are cut by a classification tree, each with a share of ``prebin_share`` of the
/// rows or more; of them come ``bins`` at most, each with ``bin_share`` or more, whose event rates
/// differ by ``rate_step`` or more and follow the ``trend``: ``auto`` (ascending or descending),
/// ``ascending``, ``descending``, ``peak``, ``valley`` or ``free``. Each value of ``specials`` has a bin
/// of its own, as have unknown values (NaN); categories with less than ``category_share`` of the rows
/// are treated as unseen.
///
/// >>> income = list(range(100))
/// >>> defaulted = [i % 7 == 0 or (i < 20 and i % 2 == 0) for i in income]
/// >>> binning = bt.models.OptimalBinning(bins=2).fit(income, defaulted)
/// >>> binning.table()["bin"]
/// ['(-inf, 18.5)', '[18.5, inf)', 'missing', 'unseen']
/// >>> binning.transform([5, 80, float("nan")]).round(2)
/// array([-1.53,  0.54,  0.  ])
#[pyclass(module = "bactrian.models", frozen)]
pub(crate) struct OptimalBinning(pub(super) scorecard::OptimalBinning);

#[pymethods]
impl OptimalBinning {
    #[new]
    #[pyo3(signature = (*, prebins=Count(20), prebin_share=0.05, bins=None, bin_share=0.0, rate_step=0.0, trend="auto",
        specials=Vec::new(), category_share=0.0))]
    #[expect(clippy::too_many_arguments, reason = "each has a name in Python")]
    fn new(
        prebins: Count,
        prebin_share: f64,
        bins: Option<Count>,
        bin_share: f64,
        rate_step: f64,
        trend: &str,
        specials: Vec<f64>,
        category_share: f64,
    ) -> PyResult<Self> {
        let trend = match trend {
            "auto" => Trend::Auto,
            "ascending" => Trend::Ascending,
            "descending" => Trend::Descending,
            "peak" => Trend::Peak,
            "valley" => Trend::Valley,
            "free" => Trend::Free,
            other => {
                let error = Error::new(ErrorKind::SchemaRange, format!("no trend is called `{other}`"));
                return Err(raised(&error.hint("auto, ascending, descending, peak, valley or free")));
            }
        };
        let core = scorecard::OptimalBinning {
            prebins: prebins.0,
            prebin_share,
            bins: bins.map(|bins| bins.0),
            bin_share,
            rate_step,
            trend,
            specials,
            category_share,
        };
        Ok(OptimalBinning(core))
    }

    /// Bins of a column of numbers, or of categories (texts or numbers) if it is ``categorical``, and whether
    /// each row had the event (0 or 1).
    #[pyo3(signature = (x, y, weights=None, *, categorical=false))]
    fn fit(
        &self,
        py: Python<'_>,
        x: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        weights: Option<&Bound<'_, PyAny>>,
        categorical: bool,
    ) -> PyResult<Binning> {
        let (x, names) = if categorical { learnt(x)? } else { (numbers(x)?, Vec::new()) };
        let (y, weights) = (marks(y)?, optional(weights)?);
        let (x, weights) = (slice(&x)?, weights.as_ref().map(slice).transpose()?);
        let fitted = call(py, || match categorical {
            true => {
                let binning = self.0.fit_categories(x, &y, weights)?;
                Ok(scorecard::Binning { categories: names, ..binning })
            }
            false => self.0.fit(x, &y, weights),
        });
        fitted.map(Binning)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        reduced(py, &self.0)
    }

    fn __repr__(&self) -> String {
        let (prebins, trend) = (self.0.prebins, format!("{:?}", self.0.trend).to_lowercase());
        format!("OptimalBinning(prebins={prebins}, trend='{trend}')")
    }
}

/// Fitted bins of one column: those of its values, one for each special value, one for unknown values
/// (``missing``), and one for categories that the fit did not see (``unseen``).
///
/// >>> binning = bt.models.OptimalBinning().fit([1, 1, 2, 2] * 20, [0, 0, 0, 1] * 20)
/// >>> binning.cuts
/// []
#[pyclass(module = "bactrian.models", frozen)]
pub(crate) struct Binning(pub(super) scorecard::Binning);

#[pymethods]
impl Binning {
    /// Where bins of numbers end and the next begin; ``None`` for categories.
    #[getter]
    fn cuts(&self) -> Option<&[f64]> {
        match &self.0.bins {
            Bins::Cuts(cuts) => Some(cuts),
            Bins::Groups(_) => None,
        }
    }

    /// The sum over the bins of (share of non-events - share of events) x weight of evidence.
    #[getter]
    fn information_value(&self) -> f64 {
        self.0.information_value()
    }

    /// The largest difference between the cumulative shares of events and of non-events.
    #[getter]
    fn kolmogorov_smirnov(&self) -> f64 {
        self.0.kolmogorov_smirnov()
    }

    /// The weight of evidence of each value's bin: positive where events are rarer than among all.
    #[pyo3(signature = (x, /))]
    fn transform(&self, py: Python<'_>, x: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let x = read(x, &self.0.input(""))?;
        let x = slice(&x)?;
        let out = call(py, || {
            let mut out = vec![0.0; x.len()];
            self.0.weigh(x, &mut out)?;
            Ok(out)
        })?;
        array(py, out, &[])
    }

    /// The bin of a value: a place in ``table()``.
    #[pyo3(signature = (value, /))]
    fn bin(&self, value: &Bound<'_, PyAny>) -> PyResult<usize> {
        if self.0.categories.is_empty() {
            return Ok(self.0.bin(value.extract()?));
        }
        Ok(self.0.bin(category(value)?.code(&self.0.input("").codes())))
    }

    /// What the fit saw in each bin, as columns: ``bin``, ``events``, ``non_events``,
    /// ``weight_of_evidence``.
    fn table<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let table = PyDict::new(py);
        table.set_item("bin", labels(&self.0))?;
        table.set_item("events", self.0.counts.iter().map(|bin| bin.events).collect::<Vec<f64>>())?;
        table.set_item("non_events", self.0.counts.iter().map(|bin| bin.non_events).collect::<Vec<f64>>())?;
        table.set_item("weight_of_evidence", self.0.weights_of_evidence())?;
        Ok(table)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        reduced(py, &self.0)
    }

    fn __repr__(&self) -> String {
        format!("Binning({} bins, information value {:.6})", self.0.counts.len(), self.0.information_value())
    }
}

/// What the values of each bin have in common.
pub(super) fn labels(binning: &scorecard::Binning) -> Vec<String> {
    (0..binning.counts.len()).map(|bin| binning.label(bin)).collect()
}
