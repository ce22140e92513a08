//! What is known: columns, segments, peers, one customer.

use std::sync::Arc;

use bactrian::data::parse_span;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::Engine;
use crate::customer::CustomerView;
use crate::error::{OrRaise, call};
use crate::host;
use crate::input::{Count, Customer, Customers, Moment};
use crate::output::{Explanation, Table, Verdict};

#[pymethods]
impl Engine {
    /// A view of one customer, which reads when it is asked.
    fn __getitem__(slf: &Bound<'_, Self>, customer: Customer) -> CustomerView {
        CustomerView::of(Arc::clone(&slf.get().readers), customer)
    }

    /// Read columns of customers into a table, whose first column is ``customer``.
    ///
    /// ``customers=None`` is everyone, ``columns=None`` every column that needs no peer, or with
    /// ``toward`` every column. ``at`` is the engine's clock, or a later moment.
    ///
    /// >>> engine.score(["anna"], columns=["orders", "warmth"], toward="ben").columns
    /// ['customer', 'orders', 'warmth']
    #[pyo3(signature = (customers=None, *, columns=None, at=None, toward=None))]
    fn score(
        &self,
        py: Python<'_>,
        customers: Option<Customers>,
        columns: Option<Vec<String>>,
        at: Option<Moment>,
        toward: Option<Customer>,
    ) -> PyResult<Table> {
        let ids = customers.as_ref().map(Customers::ids);
        let names: Option<Vec<&str>> = columns.as_ref().map(|names| names.iter().map(String::as_str).collect());
        let toward = toward.as_ref().map(Customer::id);
        call(py, || self.spread(|core| core.score(ids.as_deref(), names.as_deref(), at.map(|at| at.0), toward)))
            .map(Table)
    }

    /// Point-in-time rows: what ``score`` would have given just before ``at``, without leaks.
    ///
    /// An event at ``at`` (the label) never sees itself; fits are those dated before. With ``known_at``
    /// only what the engine had been given by then counts. Costs one replay of the journal.
    ///
    /// >>> engine.training_set(engine.now, columns=["orders"]).columns
    /// ['customer', 'orders']
    #[pyo3(signature = (at, *, columns=None, customers=None, known_at=None))]
    fn training_set(
        &self,
        py: Python<'_>,
        at: Moment,
        columns: Option<Vec<String>>,
        customers: Option<Customers>,
        known_at: Option<Moment>,
    ) -> PyResult<Table> {
        let ids = customers.as_ref().map(Customers::ids);
        let names: Option<Vec<&str>> = columns.as_ref().map(|names| names.iter().map(String::as_str).collect());
        let known_at = known_at.map(|at| at.0);
        call(py, || self.core.training_set(at.0, names.as_deref(), ids.as_deref(), known_at)).map(Table)
    }

    /// Why a column has its value for a customer: parts that sum to it, and the evidence behind it.
    #[pyo3(signature = (customer, column, *, at=None, toward=None))]
    fn explain(
        &self,
        py: Python<'_>,
        customer: Customer,
        column: &str,
        at: Option<Moment>,
        toward: Option<Customer>,
    ) -> PyResult<Explanation> {
        let toward = toward.as_ref().map(Customer::id);
        call(py, || self.core.explain(customer.id(), column, at.map(|at| at.0), toward)).map(Explanation)
    }

    /// The cells of a segment that have members: ``cell``, the label on each axis, ``size``, and for people
    /// ``title``, a readable name, and ``rule``, the expression over columns that leads into the cell.
    ///
    /// With ``values``, columns of numbers or flags, also what each cell is worth: of each the mean over the members
    /// with its 95% interval, and the sum.
    ///
    /// >>> engine.segment("tier").columns
    /// ['cell', 'value', 'size', 'title', 'rule']
    /// >>> engine.segment("tier", values=["orders"]).columns[5:]
    /// ['orders.mean', 'orders.lower', 'orders.upper', 'orders.sum']
    #[pyo3(signature = (name, *, values=None))]
    fn segment(&self, py: Python<'_>, name: &str, values: Option<Vec<String>>) -> PyResult<Table> {
        let values: Vec<&str> = values.iter().flatten().map(String::as_str).collect();
        call(py, || self.spread(|core| core.segment_values(name, &values))).map(Table)
    }

    /// Where the members of each cell drift, a row a cell and column: the means ``before`` ``since`` and ``after`` (at
    /// the engine's clock) of who is in the cell now, their difference ``drift`` with its 95% interval, and ``scaled``,
    /// in standard deviations of the column among all.
    ///
    /// ``columns`` are by default the numbers that the segment goes by. Costs a replay of the journal.
    ///
    /// >>> engine.drift("tier", "2024-01-02", columns=["orders"]).columns[:5]
    /// ['cell', 'column', 'customers', 'before', 'after']
    #[pyo3(signature = (name, since, *, columns=None))]
    fn drift(&self, py: Python<'_>, name: &str, since: Moment, columns: Option<Vec<String>>) -> PyResult<Table> {
        let columns: Option<Vec<&str>> = columns.as_ref().map(|names| names.iter().map(String::as_str).collect());
        call(py, || self.spread(|core| core.drift(name, since.0, columns.as_deref()))).map(Table)
    }

    /// How surely each member belongs to its cell: ``customer``, ``cell``, the score ``belonging`` from 0 to 1 and its
    /// 95% interval; of one cell, or of all but ``unknown``.
    ///
    /// On needs it is the share of the topic, uncertain as a share of so many events is; on a quantity with a standard
    /// error the chance to lie between the edges; what is known without an error is certain.
    ///
    /// >>> engine.belonging("tier").columns
    /// ['customer', 'cell', 'belonging', 'lower', 'upper']
    #[pyo3(signature = (name, cell=None))]
    fn belonging(&self, py: Python<'_>, name: &str, cell: Option<&str>) -> PyResult<Table> {
        call(py, || self.spread(|core| core.belonging(name, cell))).map(Table)
    }

    /// The members of one cell of a segment; a cell that the segment can't have is an error, with the nearest name.
    fn members<'py>(&self, py: Python<'py>, name: &str, value: &str) -> PyResult<Bound<'py, PyList>> {
        let members = call(py, || self.core.members(name, value))?;
        host::ids(py, &members)
    }

    /// The recorded crossings of one segment, or of all, from a moment on: ``customer``, ``segment``,
    /// ``from``, ``to``, ``at``, ``cause``, and the columns that ``moved``: the scores, traits and needs behind the cells
    /// whose values the event, the trait or time has changed.
    #[pyo3(signature = (name=None, since=None))]
    fn crossings(&self, py: Python<'_>, name: Option<&str>, since: Option<Moment>) -> PyResult<Table> {
        call(py, || self.core.crossings(name, since.map(|at| at.0))).map(Table)
    }

    /// How customers moved between the cells of a segment from ``since`` to ``until`` (by default the engine's clock):
    /// ``from``, ``to``, ``count``, ``probability``.
    ///
    /// With ``every`` the interval is cut into spans of that length, as ``"30d"``, and the moves over
    /// each are counted together. ``probability`` is of being in ``to`` after ``steps`` spans, if only the cell
    /// matters; those of one ``from`` sum to 1. Who was in no cell yet, not met included, is in ``unknown``.
    /// A moment includes the crossings at that very microsecond, as every read but ``training_set`` does.
    /// Costs a pass over the journal.
    ///
    /// >>> engine.transitions("tier", "2024-01-01").columns
    /// ['from', 'to', 'count', 'probability']
    #[pyo3(signature = (name, since, until=None, *, every=None, steps=Count(1)))]
    fn transitions(
        &self,
        py: Python<'_>,
        name: &str,
        since: Moment,
        until: Option<Moment>,
        every: Option<&str>,
        steps: Count<u32>,
    ) -> PyResult<Table> {
        let (until, every) = (until.map(|at| at.0), every.map(parse_span).transpose().or_raise()?);
        call(py, || self.core.transitions(name, since.0, until, every, steps.0)).map(Table)
    }

    /// How steady a segment was from ``since`` to ``until``, one row: of the ``customers`` in a cell at both
    /// moments the share that ``stayed``, the ``adjusted_rand`` index of the two partitions and the
    /// ``transition_entropy`` in nats; of the sizes of cells the ``stability_index`` (PSI) and its ``drift``:
    /// ``stable`` below 0.1, ``moved`` from 0.25 on,
    /// ``shifting`` between.
    ///
    /// >>> engine.stability("tier", "2024-01-01").columns
    /// ['customers', 'stayed', 'adjusted_rand', 'transition_entropy', 'stability_index', 'drift']
    #[pyo3(signature = (name, since, until=None))]
    fn stability(&self, py: Python<'_>, name: &str, since: Moment, until: Option<Moment>) -> PyResult<Table> {
        call(py, || self.core.stability(name, since.0, until.map(|at| at.0))).map(Table)
    }

    /// How strongly a column goes with others, by default the traits, a row a column: ``chi_squared`` with its
    /// ``p_value`` and
    /// ``q_value`` (Benjamini, Hochberg), ``cramers_v`` and the same with its bias taken out (Bergsma 2013),
    /// ``mutual_information`` in nats.
    ///
    /// ``of`` is a segment, one of its axes as ``strategic.need``, a trait, any column; a quantity is cut at its
    /// quintiles.
    /// ``within`` looks at each label of another column by itself: a trait inside a need.
    ///
    /// >>> engine.associations("tier", ["household"])["column"]
    /// ['household']
    #[pyo3(signature = (of, columns=None, *, within=None))]
    fn associations(
        &self,
        py: Python<'_>,
        of: &str,
        columns: Option<Vec<String>>,
        within: Option<&str>,
    ) -> PyResult<Table> {
        let names: Option<Vec<&str>> = columns.as_ref().map(|names| names.iter().map(String::as_str).collect());
        call(py, || self.spread(|core| core.associations(of, names.as_deref(), within))).map(Table)
    }

    /// How much more often each label of ``column`` is met inside each label of ``of`` than among all, a row a
    /// pair: counts as in a crosstab, shares inside and elsewhere and their ``gap``, ``lift`` with its 95%
    /// interval, p-value (Fisher) and q-value.
    ///
    /// >>> engine.lifts("tier", "household").columns[:4]
    /// ['cell', 'label', 'count', 'cell_size']
    #[pyo3(signature = (of, column, *, within=None))]
    fn lifts(&self, py: Python<'_>, of: &str, column: &str, within: Option<&str>) -> PyResult<Table> {
        call(py, || self.spread(|core| core.lifts(of, column, within))).map(Table)
    }

    /// Who is like the customers with a label of a column, most alike first: ``customer`` and ``probability``, of
    /// all who have another label or none yet, such as newcomers of whom only traits are known.
    ///
    /// A logistic regression over the columns ``by``, calibrated on rows that it had not seen. ``n`` bounds the rows.
    #[pyo3(signature = (of, label, by, *, n=None))]
    fn look_alikes(
        &self,
        py: Python<'_>,
        of: &str,
        label: &str,
        by: Vec<String>,
        n: Option<Count<usize>>,
    ) -> PyResult<Table> {
        let by: Vec<&str> = by.iter().map(String::as_str).collect();
        let most = n.map(|n| n.0);
        call(py, || self.spread(|core| core.look_alikes(of, label, &by, most))).map(Table)
    }

    /// The market by some columns, as against the segments of customers: aggregates alone, each of at least ``k``
    /// customers, and no way from a row to who is in it.
    ///
    /// A row is a combination of labels of the columns ``of``, with ``customers`` and the mean of each of ``measures``.
    /// Combinations of less than ``k`` stand together in a last row without labels, in such numbers that no row is
    /// found by subtracting the others.
    ///
    /// >>> engine.market(["tier"], ["orders"], k=2).to_dict()
    /// {'tier': [None], 'customers': [3], 'orders': [1.6666666666666667]}
    #[pyo3(signature = (of, measures=None, *, k=Count(10)))]
    fn market(&self, py: Python<'_>, of: Vec<String>, measures: Option<Vec<String>>, k: Count<u64>) -> PyResult<Table> {
        let of: Vec<&str> = of.iter().map(String::as_str).collect();
        let measures: Vec<&str> = measures.iter().flatten().map(String::as_str).collect();
        call(py, || self.spread(|core| core.market(&of, &measures, k.0))).map(Table)
    }

    /// What the opportunities under way will bring, by a column of the model ``pipeline``: ``group``, ``opportunities``,
    /// ``worth``, ``forecast`` (the sum of worth x chance to be won), and the interval ``lower`` to ``upper`` (.05 on either
    /// side). A row each label of the column ``by``, and one without a group, the total.
    #[pyo3(signature = (column, *, by=None, at=None))]
    fn forecast(&self, py: Python<'_>, column: &str, by: Option<&str>, at: Option<Moment>) -> PyResult<Table> {
        call(py, || self.spread(|core| core.forecast(column, by, at.map(|at| at.0)))).map(Table)
    }

    /// What each further group of columns adds to the first one in telling who has an outcome, by group: verdicts
    /// ``log_loss`` (how much it falls, in nats) and ``auc`` (how much it rises), over rows that no model had
    /// seen. An ``effect`` lies above 0 with its whole interval and is worth it: 0.001 nats, 0.002 of the area.
    ///
    /// ``outcome`` is a flag, read at the engine's clock; the columns of ``groups`` are read just before ``at``, as by
    /// ``training_set``, so that the outcome is no part of its own prediction.
    #[pyo3(signature = (outcome, groups, *, at=None))]
    fn ablate<'py>(
        &self,
        py: Python<'py>,
        outcome: &str,
        groups: &Bound<'py, PyDict>,
        at: Option<Moment>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let named = |(name, columns): (Bound<'py, PyAny>, Bound<'py, PyAny>)| Ok((name.extract()?, columns.extract()?));
        let groups = groups.iter().map(named).collect::<PyResult<Vec<(String, Vec<String>)>>>()?;
        let columns: Vec<Vec<&str>> =
            groups.iter().map(|(_, columns)| columns.iter().map(String::as_str).collect()).collect();
        let asked: Vec<(&str, &[&str])> =
            groups.iter().zip(&columns).map(|((name, _), columns)| (name.as_str(), columns.as_slice())).collect();
        let found = call(py, || self.spread(|core| core.ablate(outcome, &asked, at.map(|at| at.0))))?;
        let dict = PyDict::new(py);
        for one in found {
            let verdicts = PyDict::new(py);
            verdicts.set_item("log_loss", Verdict(one.gain.log_loss))?;
            verdicts.set_item("auc", Verdict(one.gain.auc))?;
            dict.set_item(one.group, verdicts)?;
        }
        Ok(dict)
    }

    /// All that is held about a customer: ``ids``, and rows as dicts under ``columns``, ``toward``, ``traits``,
    /// ``memberships``, ``events``, ``crossings``, ``decisions``, ``ties``. Times are ISO texts; what is unknown
    /// is left out.
    ///
    /// >>> engine.export("anna")["columns"][0]["orders"]
    /// 3.0
    fn export<'py>(&self, py: Python<'py>, customer: Customer) -> PyResult<Bound<'py, PyAny>> {
        host::export(py, &self.core, customer.id())
    }
}
