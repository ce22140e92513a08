//! `bactrian.Engine`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bactrian::{Ask, Call, Options};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use crate::customer::{CustomerView, Readers};
use crate::definition::Definition;
use crate::error::{OrRaise, call, utf8};
use crate::input::{self, Customer, Customers, Moment, Row, Words};
use crate::output::{Decision, Explanation, FitReport, IngestReport, Stats, Table};

/// An engine: one definition, one journal, one state, in memory or in one file.
///
/// ``Engine(definition)`` lives in memory, ``Engine.open(path, definition)`` in a file. All calls are
/// thread-safe and release the lock on Python; a write returns when it is durable. Events later than
/// the host's clock plus a day are rejected.
///
/// >>> definition = bt.Definition.from_toml('''
/// ... [event.purchase]
/// ... customer = "customer"
/// ... amount   = "amount"
/// ...
/// ... [feature.spend]
/// ... sum       = "amount"
/// ... on        = "purchase"
/// ... half_life = "90d"
/// ... ''')
/// >>> shop = bt.Engine(definition)
/// >>> shop.observe([{"customer": 7, "at": "2024-03-01", "amount": 8.0}], kind="purchase").accepted
/// 1
/// >>> shop[7]["spend"]  # a view of one customer
/// 8.0
/// >>> shop.score(columns=["spend"], at="2024-05-30").to_dict()
/// {'customer': [7], 'spend': [4.0]}
#[pyclass(module = "bactrian", frozen, mapping)]
pub(crate) struct Engine {
    core: bactrian::Engine,
    words: Words,
    readers: Arc<Readers>,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Engine {
    fn of(py: Python<'_>, core: bactrian::Engine) -> PyResult<Self> {
        let words = Words::of(py, &core.definition().or_raise()?);
        Ok(Engine { readers: Arc::new(Readers::of(core.clone())), core, words })
    }

    fn write(
        &self,
        py: Python<'_>,
        write: impl FnOnce(&bactrian::Engine) -> bactrian::Result<bactrian::IngestReport> + Send,
    ) -> PyResult<IngestReport> {
        set_ceiling(&self.core);
        call(py, || IngestReport::of(&self.core, write(&self.core)?))
    }
}

/// Tells an engine how late it is, before each write: core reads no clock.
fn set_ceiling(core: &bactrian::Engine) {
    #[expect(clippy::disallowed_methods, reason = "the host is the one that has a clock")]
    let now = SystemTime::now();
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    core.set_ceiling(i64::try_from((since + DAY).as_micros()).unwrap_or(i64::MAX));
}

/// Names that a call gives as keyword arguments: our word, their column.
fn roles(roles: Option<&Bound<'_, PyDict>>) -> PyResult<Vec<(String, String)>> {
    roles.map_or_else(
        || Ok(Vec::new()),
        |roles| roles.iter().map(|(role, column)| Ok((role.extract()?, column.extract()?))).collect(),
    )
}

fn borrowed(roles: &[(String, String)]) -> Vec<(&str, &str)> {
    roles.iter().map(|(role, column)| (role.as_str(), column.as_str())).collect()
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (definition, *, seed=0))]
    fn new(py: Python<'_>, definition: &Bound<'_, Definition>, seed: u64) -> PyResult<Self> {
        let definition = &definition.get().core.0;
        let options = Options { seed, ..Options::default() };
        Self::of(py, call(py, || bactrian::Engine::new(definition, options))?)
    }

    /// Open the engine in a file, or make it there; ``definition=None`` takes the one in the file.
    ///
    /// ``read_only`` takes no lock and refuses writes. Another definition than that of the file raises
    /// ``DefinitionError``, a second writer or a damaged file ``StoreError``.
    ///
    /// >>> import os, tempfile
    /// >>> path = os.path.join(tempfile.mkdtemp(), "shop.bactrian")
    /// >>> with bt.Engine.open(path, engine.definition) as shop:
    /// ...     report = shop.observe({"customer": 7, "at": "2024-03-01", "amount": 8.0}, kind="purchase")
    /// >>> with bt.Engine.open(path) as shop:
    /// ...     shop[7]["orders"]
    /// 1.0
    #[staticmethod]
    #[pyo3(signature = (path, definition=None, *, seed=0, read_only=false))]
    fn open(
        py: Python<'_>,
        path: PathBuf,
        definition: Option<&Bound<'_, Definition>>,
        seed: u64,
        read_only: bool,
    ) -> PyResult<Self> {
        let definition = definition.map(|definition| &definition.get().core.0);
        let options = Options { seed, read_only, ..Options::default() };
        Self::of(py, call(py, || bactrian::Engine::open(&path, definition, options))?)
    }

    /// Take events: a data frame, a dict for one row, a list of dicts, or a dict of columns.
    ///
    /// The kind of the events is the argument ``kind`` or a column of that name. Columns are those that
    /// the definition names, or given here (``customer="household_id"``), or of the roles' own names.
    /// Times are datetimes (without a zone: UTC), ISO texts or UNIX seconds. A frame must have a column
    /// for each role; in dicts an absent key is unknown. Bad rows are reported one by one, and the good
    /// ones go in.
    ///
    /// >>> rows = [{"who": "anna", "at": "2024-03-01", "amount": 3.0}, {"who": None, "at": "2024-03-02"}]
    /// >>> report = engine.observe(rows, kind="purchase", customer="who")
    /// >>> report.accepted, report.rejected["row"], report.rejected["reason"]
    /// (1, [1], ['`who` is missing'])
    #[pyo3(signature = (events, /, *, kind=None, **roles))]
    fn observe(
        &self,
        events: &Bound<'_, PyAny>,
        kind: Option<&Bound<'_, PyString>>,
        roles: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<IngestReport> {
        if let (Ok(dict), None) = (events.cast::<PyDict>(), roles)
            && input::is_row(dict)
            && let Some(row) = Row::of(&self.words, kind, dict)?
        {
            return self.write(events.py(), |core| row.pass(|event| core.observe_row(event)));
        }
        let (kind, roles) = (kind.map(utf8).transpose()?, self::roles(roles)?);
        let batches = input::batches(events, &self.words.optional(kind, &roles))?;
        self.write(events.py(), |core| core.observe(&batches, &Call { kind, roles: &borrowed(&roles) }))
    }

    /// Take traits: a table with a customer and a column for each trait, and ``at`` if the values were
    /// learnt before now. An unknown value leaves the trait as it was.
    ///
    /// >>> engine.identify({"customer": "anna", "consent_email": True}).accepted
    /// 1
    #[pyo3(signature = (traits, /, **roles))]
    fn identify(&self, traits: &Bound<'_, PyAny>, roles: Option<&Bound<'_, PyDict>>) -> PyResult<IngestReport> {
        let (batches, roles) = (input::batches(traits, &[])?, self::roles(roles)?);
        self.write(traits.py(), |core| core.identify(&batches, &Call { kind: None, roles: &borrowed(&roles) }))
    }

    /// Take ties: a table with a customer and a peer, the layer as the argument ``kind`` or a column,
    /// and ``weight`` (1 if absent), which is added to the tie.
    ///
    /// >>> engine.relate({"customer": "anna", "peer": "ben", "weight": 2.0}, kind="talk").accepted
    /// 1
    #[pyo3(signature = (ties, /, *, kind=None, **roles))]
    fn relate(
        &self,
        ties: &Bound<'_, PyAny>,
        kind: Option<&str>,
        roles: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<IngestReport> {
        let (batches, roles) = (input::batches(ties, &[])?, self::roles(roles)?);
        self.write(ties.py(), |core| core.relate(&batches, &Call { kind, roles: &borrowed(&roles) }))
    }

    /// Move the clock, and report the crossings that time alone has brought.
    fn advance_to(&self, py: Python<'_>, at: Moment) -> PyResult<IngestReport> {
        self.write(py, |core| core.advance_to(at.0))
    }

    /// Learn the population: every fitted column, or those named, from one snapshot.
    ///
    /// >>> engine.fit(["tier.value"]).columns["tier.value"].diagnostics
    /// {'edge_1': 3.9086398737369836}
    #[pyo3(signature = (names=None))]
    fn fit(&self, py: Python<'_>, names: Option<Vec<String>>) -> PyResult<FitReport> {
        let names: Option<Vec<&str>> = names.as_ref().map(|names| names.iter().map(String::as_str).collect());
        call(py, || self.core.fit(names.as_deref())).map(FitReport)
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
        call(py, || self.core.score(ids.as_deref(), names.as_deref(), at.map(|at| at.0), toward)).map(Table)
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

    /// Write the state beside the journal, so that the next opening folds only what came after.
    fn checkpoint(&self, py: Python<'_>) -> PyResult<()> {
        call(py, || self.core.checkpoint())
    }

    /// Fold one customer into another: from now on both ids are one customer. Costs a replay.
    fn merge(&self, py: Python<'_>, kept: Customer, folded: Customer) -> PyResult<()> {
        call(py, || self.core.merge(kept.id(), folded.id()))
    }

    /// The cells of a segment that have members: ``cell``, the label on each axis, ``size``.
    ///
    /// >>> engine.segment("tier").columns
    /// ['cell', 'value', 'size']
    fn segment(&self, py: Python<'_>, name: &str) -> PyResult<Table> {
        call(py, || self.core.segment(name)).map(Table)
    }

    /// The members of one cell of a segment.
    fn members<'py>(&self, py: Python<'py>, name: &str, value: &str) -> PyResult<Bound<'py, PyList>> {
        let members = call(py, || self.core.members(name, value))?;
        ids(py, &members)
    }

    /// The recorded crossings of one segment, or of all, from a moment on: ``customer``, ``segment``,
    /// ``from``, ``to``, ``at``, ``cause``.
    #[pyo3(signature = (name=None, since=None))]
    fn crossings(&self, py: Python<'_>, name: Option<&str>, since: Option<Moment>) -> PyResult<Table> {
        call(py, || self.core.crossings(name, since.map(|at| at.0))).map(Table)
    }

    /// The peers with whom a customer has something to do.
    ///
    /// >>> engine.peers("anna")
    /// ['ben', 'cleo']
    fn peers<'py>(&self, py: Python<'py>, customer: Customer) -> PyResult<Bound<'py, PyList>> {
        let peers = call(py, || self.core.peers(customer.id()))?;
        ids(py, &peers)
    }

    /// Decide what to do next for a customer, toward a peer if given; ``record=False`` looks only.
    ///
    /// >>> engine.decide("anna", record=False).action
    /// 'recipe_box'
    #[pyo3(signature = (customer, *, toward=None, at=None, record=true))]
    fn decide(
        &self,
        py: Python<'_>,
        customer: Customer,
        toward: Option<Customer>,
        at: Option<Moment>,
        record: bool,
    ) -> PyResult<Decision> {
        decide(py, &self.core, customer.id(), toward.as_ref().map(Customer::id), at, record)
    }

    /// Decide for many customers, or for everyone: ``customer``, ``action`` (unknown is silence),
    /// ``priority``, ``propensity``, ``why``.
    ///
    /// >>> engine.decide_batch(["anna", "cleo"], record=False)["action"]
    /// ['recipe_box', None]
    #[pyo3(signature = (customers=None, *, toward=None, at=None, record=true))]
    fn decide_batch(
        &self,
        py: Python<'_>,
        customers: Option<Customers>,
        toward: Option<Customer>,
        at: Option<Moment>,
        record: bool,
    ) -> PyResult<Table> {
        set_ceiling(&self.core);
        let ids = customers.as_ref().map(Customers::ids);
        let ask =
            Ask { toward: toward.as_ref().map(Customer::id), at: at.map(|at| at.0), dry: !record, ..Ask::default() };
        call(py, || self.core.decide_batch(ids.as_deref(), ask)).map(Table)
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

    /// A view of one customer, which reads when it is asked.
    fn __getitem__(slf: &Bound<'_, Self>, customer: Customer) -> CustomerView {
        CustomerView::of(Arc::clone(&slf.get().readers), customer)
    }

    /// Names of all columns that can be read, in dependency order.
    #[getter]
    fn columns(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let columns = call(py, || self.core.columns())?;
        Ok(columns.into_iter().map(|(name, _)| name).collect())
    }

    /// The definition in force.
    #[getter]
    fn definition(&self, py: Python<'_>) -> PyResult<Definition> {
        call(py, || self.core.definition()).map(Definition::of)
    }

    /// The engine's clock: the latest event taken or ``advance_to``; ``None`` before the first.
    #[getter]
    fn now<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let now = call(py, || self.core.now())?;
        now.map(|at| input::time_to_python(py, at)).transpose()
    }

    /// Sizes and counts. Costs a pass over the rows.
    fn stats(&self, py: Python<'_>) -> PyResult<Stats> {
        call(py, || self.core.stats()).map(Stats)
    }

    /// One number for everything known: the same records give the same digest, to the bit, on any
    /// machine and after reopening. Costs a pass over the state.
    ///
    /// >>> engine.digest() == engine.digest()
    /// True
    fn digest(&self, py: Python<'_>) -> PyResult<u64> {
        call(py, || self.core.digest())
    }

    /// Free the file; every later call raises ``StateError``.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        call(py, || self.core.close())
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_args))]
    fn __exit__(&self, py: Python<'_>, _args: &Bound<'_, pyo3::types::PyTuple>) -> PyResult<()> {
        call(py, || match self.core.close() {
            Err(error) if error.kind() == bactrian::ErrorKind::Closed => Ok(()),
            closed => closed,
        })
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        match py.detach(|| self.core.stats()) {
            Ok(stats) => format!("Engine(customers={}, events={})", stats.customers, stats.events),
            Err(error) => format!("Engine({error})"),
        }
    }
}

/// One decision through core, with the names that Python reads.
pub(crate) fn decide(
    py: Python<'_>,
    core: &bactrian::Engine,
    customer: bactrian::Id<'_>,
    toward: Option<bactrian::Id<'_>>,
    at: Option<Moment>,
    record: bool,
) -> PyResult<Decision> {
    set_ceiling(core);
    let at = at.map(|at| at.0);
    let decision = call(py, || core.decide(customer, Ask { toward, at, dry: !record, ..Ask::default() }))?;
    let at = at.map_or_else(|| core.now(), |at| Ok(Some(at))).or_raise()?.unwrap_or_default();
    Ok(Decision { customer: customer.into(), at, core: decision })
}

fn ids<'py>(py: Python<'py>, members: &[bactrian::OwnedId]) -> PyResult<Bound<'py, PyList>> {
    let ids: Vec<_> = members.iter().map(|id| input::id_to_python(py, id)).collect::<PyResult<_>>()?;
    PyList::new(py, ids)
}
