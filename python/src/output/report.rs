//! What writes and fits report.

use bactrian::{Column, Engine, OwnedId};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::{Decision, Table, Verdict, numbers};
use crate::input::time_to_python;

/// What became of the rows of a write, and what they caused.
///
/// >>> engine.observe({"customer": "anna", "at": "2024-03-02", "amount": 5.0}, kind="purchase")
/// IngestReport(accepted=1, duplicates=0, late=0, rejected=0, crossings=1, decisions=1)
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct IngestReport {
    core: bactrian::IngestReport,
    /// Ids of the customers that crossed, and of those decided for.
    crossed: Vec<OwnedId>,
    decided: Vec<OwnedId>,
}

impl IngestReport {
    /// A report with the names of those it speaks of.
    pub(crate) fn of(engine: &Engine, core: bactrian::IngestReport) -> bactrian::Result<Self> {
        let crossed = core.crossings.iter().map(|crossing| engine.id(crossing.customer)).collect::<Result<_, _>>()?;
        let decided = core.decisions.iter().map(|taken| engine.id(taken.customer)).collect::<Result<_, _>>()?;
        Ok(IngestReport { core, crossed, decided })
    }
}

#[pymethods]
impl IngestReport {
    /// Rows taken.
    #[getter]
    fn accepted(&self) -> u64 {
        self.core.accepted
    }

    /// Rows whose event id was seen before; they change nothing.
    #[getter]
    fn duplicates(&self) -> u64 {
        self.core.duplicates
    }

    /// Rows taken that came later than the declared lateness.
    #[getter]
    fn late(&self) -> u64 {
        self.core.late
    }

    /// Rows refused, with ``row`` (from 0) and ``reason``.
    #[getter]
    fn rejected(&self) -> Table {
        let rejected = &self.core.rejected;
        let mut table = bactrian::Table::new();
        table.push("row", Column::Integer(rejected.iter().map(|reject| reject.row as i64).collect()));
        table.push("reason", Column::text(rejected.iter().map(|reject| Some(reject.reason.clone()))));
        Table(table)
    }

    /// Moves between the cells of segments, in order: ``customer``, ``segment``, ``from``, ``to``,
    /// ``at``, ``cause``, and the columns that ``moved``.
    #[getter]
    fn crossings(&self) -> Table {
        let crossings = &self.core.crossings;
        let mut table = bactrian::Table::new();
        table.push("customer", Column::Id(self.crossed.clone()));
        table.push("segment", Column::text(crossings.iter().map(|crossing| Some(crossing.segment.to_string()))));
        let from = crossings.iter().map(|crossing| Some(crossing.from.to_string()).filter(|cell| !cell.is_empty()));
        table.push("from", Column::text(from));
        table.push("to", Column::text(crossings.iter().map(|crossing| Some(crossing.to.to_string()))));
        table.push("at", Column::Time(crossings.iter().map(|crossing| Some(crossing.at)).collect()));
        table.push("cause", Column::text(crossings.iter().map(|crossing| Some(crossing.cause.to_owned()))));
        table.push("moved", Column::text(crossings.iter().map(|crossing| Some(crossing.moved.to_string()))));
        Table(table)
    }

    /// Decisions that the crossings asked for, in order.
    #[getter]
    fn decisions(&self) -> Vec<Decision> {
        let taken = self.core.decisions.iter().zip(&self.decided);
        taken.map(|(taken, id)| Decision { customer: id.clone(), core: taken.decision.clone() }).collect()
    }

    fn __repr__(&self) -> String {
        let core = &self.core;
        format!(
            "IngestReport(accepted={}, duplicates={}, late={}, rejected={}, crossings={}, decisions={})",
            core.accepted,
            core.duplicates,
            core.late,
            core.rejected.len(),
            core.crossings.len(),
            core.decisions.len()
        )
    }
}

/// What a fit found.
///
/// >>> report = engine.fit()
/// >>> list(report.columns)
/// ['warmth', 'tier.value']
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct FitReport(pub(crate) bactrian::FitReport);

#[pymethods]
impl FitReport {
    /// The engine's clock at the fit.
    #[getter]
    fn at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        time_to_python(py, self.0.at)
    }

    /// What was found for each column, or ``segment.axis``, in dependency order.
    #[getter]
    fn columns<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for column in &self.0.columns {
            dict.set_item(&column.name, FittedColumn(column.clone()))?;
        }
        Ok(dict)
    }

    /// Customers whose cell moved because edges did; this triggers nothing.
    #[getter]
    fn moved(&self) -> u64 {
        self.0.moved
    }

    fn __repr__(&self) -> String {
        let names = |skipped: bool| {
            let named = self.0.columns.iter().filter(|column| column.skipped.is_some() == skipped);
            named.map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        format!("FitReport(fitted=[{}], skipped=[{}], moved={})", names(false), names(true), self.0.moved)
    }
}

/// What a fit found for one column.
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct FittedColumn(bactrian::FittedColumn);

#[pymethods]
impl FittedColumn {
    /// The column, or ``segment.axis``.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// Why nothing was learnt, if so; the column keeps the parameters that it had.
    #[getter]
    fn skipped(&self) -> Option<&str> {
        self.0.skipped.as_deref()
    }

    /// Figures of the fit.
    #[getter]
    fn diagnostics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        numbers(py, &self.0.diagnostics)
    }

    /// Answers to questions about effects.
    #[getter]
    fn verdicts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (question, verdict) in &self.0.verdicts {
            dict.set_item(question, Verdict(verdict.clone()))?;
        }
        Ok(dict)
    }

    /// Names for people to read, such as those of topics by their id.
    #[getter]
    fn notes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (id, name) in &self.0.notes {
            dict.set_item(id, name)?;
        }
        Ok(dict)
    }

    fn __repr__(&self) -> String {
        match &self.0.skipped {
            Some(why) => format!("FittedColumn({}: skipped, {why})", self.0.name),
            None => {
                let figures: Vec<String> =
                    self.0.diagnostics.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("FittedColumn({}: {})", self.0.name, figures.join(", "))
            }
        }
    }
}

/// What became of the calls of one callback since it was registered.
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct CallbackReport(pub(crate) bactrian::CallbackReport);

#[pymethods]
impl CallbackReport {
    /// The name under which it was registered.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// The version under which it was registered.
    #[getter]
    fn version(&self) -> &str {
        &self.0.version
    }

    /// Calls.
    #[getter]
    fn calls(&self) -> u64 {
        self.0.calls
    }

    /// Calls that gave ``None`` or NaN, which is unknown.
    #[getter]
    fn unknown(&self) -> u64 {
        self.0.unknown
    }

    /// Calls that raised, or gave what is no finite number. The column was unknown.
    #[getter]
    fn failed(&self) -> u64 {
        self.0.failed
    }

    /// Why the latest of them failed.
    #[getter]
    fn failure(&self) -> Option<&str> {
        self.0.failure.as_deref()
    }

    fn __repr__(&self) -> String {
        let core = &self.0;
        format!(
            "CallbackReport({} {}: calls={}, unknown={}, failed={})",
            core.name, core.version, core.calls, core.unknown, core.failed
        )
    }
}

/// What an erasure removed, and the proof that it is gone.
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct ErasureReceipt(pub(crate) bactrian::ErasureReceipt);

#[pymethods]
impl ErasureReceipt {
    /// Ids that meant the customer: more than one after a merge.
    #[getter]
    fn ids(&self) -> u64 {
        self.0.ids
    }

    /// Events of the customer, decisions and crossings included, that left.
    #[getter]
    fn events(&self) -> u64 {
        self.0.events
    }

    /// Events of others that stay and name nobody where they named the customer.
    #[getter]
    fn unnamed(&self) -> u64 {
        self.0.unnamed
    }

    /// Rows of traits that left.
    #[getter]
    fn traits(&self) -> u64 {
        self.0.traits
    }

    /// Rows of ties that left.
    #[getter]
    fn ties(&self) -> u64 {
        self.0.ties
    }

    /// Words that nobody uses any more and that lost their text.
    #[getter]
    fn words(&self) -> u64 {
        self.0.words
    }

    /// Fitted columns that had been learnt with the customer, and stay as they are until the next fit.
    #[getter]
    fn fits(&self) -> Vec<&str> {
        self.0.fits.iter().map(String::as_str).collect()
    }

    /// Bytes of the file, or of the journal in memory, that were searched afterwards.
    #[getter]
    fn searched(&self) -> u64 {
        self.0.searched
    }

    /// How often the ids and words that left still stand in those bytes, as parts of longer names of others.
    #[getter]
    fn found(&self) -> u64 {
        self.0.found
    }

    fn __repr__(&self) -> String {
        let core = &self.0;
        format!(
            "ErasureReceipt(events={}, unnamed={}, traits={}, ties={}, searched={}, found={})",
            core.events, core.unnamed, core.traits, core.ties, core.searched, core.found
        )
    }
}

/// What a new definition changed.
#[pyclass(module = "bactrian", frozen)]
pub(crate) struct RedefineReport(pub(crate) bactrian::RedefineReport);

#[pymethods]
impl RedefineReport {
    /// Columns that were not there before, back-filled from the journal.
    #[getter]
    fn added(&self) -> Vec<&str> {
        self.0.added.iter().map(String::as_str).collect()
    }

    /// Columns that are gone.
    #[getter]
    fn removed(&self) -> Vec<&str> {
        self.0.removed.iter().map(String::as_str).collect()
    }

    /// Fitted columns and axes that are unknown until the next fit, since their declaration changed.
    #[getter]
    fn unfitted(&self) -> Vec<&str> {
        self.0.unfitted.iter().map(String::as_str).collect()
    }

    /// Columns that know only the records which ``[time] keep`` has left in the journal: those added or changed,
    /// and what reads them.
    #[getter]
    fn begun(&self) -> Vec<&str> {
        self.0.begun.iter().map(String::as_str).collect()
    }

    /// The engine's clock from which on those columns know every record; ``None`` without such columns.
    #[getter]
    fn since<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.since.map(|at| time_to_python(py, at)).transpose()
    }

    /// Declared words that are gone, such as ``event.visit``, with the number of records that the journal holds of
    /// each: they feed nothing until a definition has the word again.
    #[getter]
    fn unread<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (word, records) in &self.0.unread {
            dict.set_item(word, records)?;
        }
        Ok(dict)
    }

    /// Customers whose cell in some segment moved; this triggers nothing.
    #[getter]
    fn moved(&self) -> u64 {
        self.0.moved
    }

    fn __repr__(&self) -> String {
        let [added, removed, unfitted] =
            [&self.0.added, &self.0.removed, &self.0.unfitted].map(|names| names.join(", "));
        format!("RedefineReport(added=[{added}], removed=[{removed}], unfitted=[{unfitted}], moved={})", self.0.moved)
    }
}
