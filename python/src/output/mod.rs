//! What calls return.

mod backtest;
mod decision;
mod explanation;
mod plan;
mod recorded;
mod report;
mod stats;
mod table;
mod verdict;

pub(crate) use self::backtest::{Backtest, Evaluated};
pub(crate) use self::decision::{Choice, Decision, Flip, Loser};
pub(crate) use self::explanation::Explanation;
pub(crate) use self::plan::Plan;
pub(crate) use self::recorded::{RecordedAction, RecordedDecision};
pub(crate) use self::report::{CallbackReport, ErasureReceipt, FitReport, FittedColumn, IngestReport, RedefineReport};
pub(crate) use self::stats::Stats;
pub(crate) use self::table::Table;
pub(crate) use self::verdict::Verdict;

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Named numbers as a dict in their order; unknown is `None`.
fn numbers<'py>(py: Python<'py>, named: &[(String, f64)]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in named {
        dict.set_item(name, known(*value))?;
    }
    Ok(dict)
}

/// A number, or nothing for an unknown one.
fn known(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}
