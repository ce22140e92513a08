//! `bactrian.Engine`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bactrian::{Call, Options};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};
use rayon::ThreadPool;

use crate::callback::callback;
use crate::customer::{CustomerView, Readers};
use crate::definition::Definition;
use crate::error::{call, utf8};
use crate::host;
use crate::input::{self, Context, Customer, Customers, Moment, Row, Words};
use crate::output::{
    CallbackReport, Decision, ErasureReceipt, Explanation, FitReport, IngestReport, RedefineReport, Stats, Table,
};

/// An engine: one definition, one journal, one state, in memory or in one file.
///
/// ``Engine(definition)`` lives in memory, ``Engine.open(path, definition)`` in a file. All calls are
/// thread-safe and release the lock on Python; a write returns when it is durable. Events later than
/// the host's clock plus a day are rejected. ``threads`` bounds the threads of a fit, all cores by
/// default: the answers are the same bits on any number.
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
    /// Those of the definition in force. Nobody waits for Python while holding the lock.
    words: Mutex<Arc<Words>>,
    readers: Arc<Readers>,
    pool: Option<ThreadPool>,
}

impl Engine {
    fn of(py: Python<'_>, core: bactrian::Engine, pool: Option<ThreadPool>) -> PyResult<Self> {
        let definition = call(py, || core.definition())?;
        let words = Words::of(py, &definition);
        Ok(Engine { readers: Arc::new(Readers::of(core.clone())), core, words: Mutex::new(Arc::new(words)), pool })
    }

    /// A call that may use many threads: those of this engine, if it has its own.
    fn spread<T: Send>(&self, work: impl FnOnce(&bactrian::Engine) -> T + Send) -> T {
        match &self.pool {
            Some(pool) => pool.install(|| work(&self.core)),
            None => work(&self.core),
        }
    }

    fn words(&self) -> Arc<Words> {
        Arc::clone(&self.words.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(
        &self,
        py: Python<'_>,
        write: impl FnOnce(&bactrian::Engine) -> bactrian::Result<bactrian::IngestReport> + Send,
    ) -> PyResult<IngestReport> {
        host::set_ceiling(&self.core);
        call(py, || IngestReport::of(&self.core, write(&self.core)?))
    }
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (definition, *, seed=0, threads=None))]
    fn new(
        py: Python<'_>,
        definition: &Bound<'_, Definition>,
        seed: u64,
        threads: Option<NonZeroUsize>,
    ) -> PyResult<Self> {
        let (definition, pool) = (&definition.get().core.0, host::pool(threads)?);
        let options = Options { seed, interrupt: Some(host::is_interrupted as fn() -> bool), ..Options::default() };
        Self::of(py, call(py, || bactrian::Engine::new(definition, options))?, pool)
    }

    /// Open the engine in a file, or make it there; ``definition=None`` takes the one in the file.
    ///
    /// ``durability="interval"`` writes calls of one row in groups: ``flush``, or any other write, waits for
    /// the disk, and a kill loses at most the rows since. ``read_only`` takes no lock and refuses writes. Another definition than that of the file raises
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
    #[pyo3(signature = (path, definition=None, *, seed=0, threads=None, durability="commit", read_only=false))]
    fn open(
        py: Python<'_>,
        path: PathBuf,
        definition: Option<&Bound<'_, Definition>>,
        seed: u64,
        threads: Option<NonZeroUsize>,
        durability: &str,
        read_only: bool,
    ) -> PyResult<Self> {
        let (definition, pool) = (definition.map(|definition| &definition.get().core.0), host::pool(threads)?);
        let durability = host::durability(durability)?;
        let interrupt = Some(host::is_interrupted as fn() -> bool);
        let options = Options { seed, read_only, durability, interrupt, ..Options::default() };
        Self::of(py, call(py, || bactrian::Engine::open(&path, definition, options))?, pool)
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
            && let Some(row) = Row::of(&self.words(), kind, dict)?
        {
            return self.write(events.py(), |core| row.pass(|event| core.observe_row(event)));
        }
        let (kind, roles) = (kind.map(utf8).transpose()?, host::roles(roles)?);
        let batches = input::batches(events, &self.words().optional(kind, &roles))?;
        self.write(events.py(), |core| core.observe(&batches, &Call { kind, roles: &host::borrowed(&roles) }))
    }

    /// Take traits: a table with a customer and a column for each trait, and ``at`` if the values were
    /// learnt before now. An unknown value leaves the trait as it was.
    ///
    /// >>> engine.identify({"customer": "anna", "consent_email": True}).accepted
    /// 1
    #[pyo3(signature = (traits, /, **roles))]
    fn identify(&self, traits: &Bound<'_, PyAny>, roles: Option<&Bound<'_, PyDict>>) -> PyResult<IngestReport> {
        let (batches, roles) = (input::batches(traits, &[])?, host::roles(roles)?);
        self.write(traits.py(), |core| core.identify(&batches, &Call { kind: None, roles: &host::borrowed(&roles) }))
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
        let (batches, roles) = (input::batches(ties, &[])?, host::roles(roles)?);
        self.write(ties.py(), |core| core.relate(&batches, &Call { kind, roles: &host::borrowed(&roles) }))
    }

    /// Take outcomes of decisions: a table with ``decision`` (the id), ``outcome`` (its kind, or the argument
    /// ``kind``), ``at`` (by default the engine's clock) and ``value`` in money, if it has one.
    ///
    /// An outcome belongs to its decision within the action's window. Of one kind the latest stands: an
    /// earlier or equal one is a duplicate, a later one corrects it.
    ///
    /// >>> decision = engine.decide("anna")
    /// >>> engine.learn({"decision": decision.id, "outcome": "redeem", "value": 4.0}).accepted
    /// 1
    #[pyo3(signature = (outcomes, /, *, kind=None, **roles))]
    fn learn(
        &self,
        outcomes: &Bound<'_, PyAny>,
        kind: Option<&str>,
        roles: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<IngestReport> {
        let (batches, roles) = (input::batches(outcomes, &[])?, host::roles(roles)?);
        self.write(outcomes.py(), |core| core.learn(&batches, &Call { kind, roles: &host::borrowed(&roles) }))
    }

    /// What was expected of each action and what came of it: ``action`` (unknown is silence), ``process``,
    /// ``decisions``, ``withheld``, ``expected``, ``cost``, ``realised``, ``answered``, ``open``, ``expired``, and
    /// ``outcome.KIND`` for each kind of outcome. With a segment, a row a cell and action, the cell in which the
    /// customer was when the decision was taken in a first column ``cell``.
    #[pyo3(signature = (segment=None))]
    fn ledger(&self, py: Python<'_>, segment: Option<&str>) -> PyResult<Table> {
        match segment {
            None => call(py, || self.core.ledger()),
            Some(segment) => call(py, || self.core.ledger_by(segment)),
        }
        .map(Table)
    }

    /// What has been learnt of the response to actions with a ``response_model``: ``action``, ``cell`` (unknown is
    /// the action as a whole), ``successes``, ``failures``, ``response``, ``standard_deviation``.
    fn responses(&self, py: Python<'_>) -> PyResult<Table> {
        call(py, || self.core.responses()).map(Table)
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
        call(py, || self.spread(|core| core.fit(names.as_deref()))).map(FitReport)
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

    /// Go on under another definition: added columns are back-filled from the journal.
    ///
    /// Recorded crossings, decisions and fits stand as they were, save fits of columns whose declaration
    /// changed. One that fails leaves the old one running. Costs one replay of the journal.
    ///
    /// >>> shop = bt.Engine(engine.definition)
    /// >>> more = engine.definition.to_dict()
    /// >>> more["feature"]["lines"] = {"count": "event", "on": "purchase"}
    /// >>> shop.redefine(bt.Definition.from_dict(more))
    /// RedefineReport(added=[lines], removed=[], unfitted=[], moved=0)
    fn redefine(&self, py: Python<'_>, definition: &Bound<'_, Definition>) -> PyResult<RedefineReport> {
        let definition = &definition.get().core.0;
        let changed = call(py, || self.core.redefine(definition))?;
        let words = Arc::new(Words::of(py, definition));
        *self.words.lock().unwrap_or_else(PoisonError::into_inner) = words;
        Ok(RedefineReport(changed))
    }

    /// Write the state beside the journal, so that the next opening folds only what came after.
    fn checkpoint(&self, py: Python<'_>) -> PyResult<()> {
        call(py, || self.core.checkpoint())
    }

    /// What this engine knows, without its journal and fits, as bytes for ``absorb`` of an engine of the same
    /// definition over other events: the parts of a warehouse merge to the whole.
    ///
    /// >>> whole = bt.Engine(engine.definition)
    /// >>> whole.absorb(engine.partial()).accepted > 0
    /// True
    fn partial<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &call(py, || self.core.partial())?))
    }

    /// Take over what an engine of the same definition knows, by its ``partial``; the sets of events must be
    /// disjoint.
    fn absorb(&self, py: Python<'_>, partial: &[u8]) -> PyResult<IngestReport> {
        self.write(py, |core| core.absorb(partial))
    }

    /// Make durable what calls of one row have recorded: with ``durability="interval"`` the host's own tick.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        call(py, || self.core.flush())
    }

    /// Erase a customer: events, traits, ties, decisions, every column and the id; the file is written anew
    /// and searched. Fits stay until the next one, and the receipt names them.
    ///
    /// >>> shop = bt.Engine(engine.definition)
    /// >>> shop.observe({"customer": "dora", "at": "2024-01-01", "amount": 2.0}, kind="purchase").accepted
    /// 1
    /// >>> receipt = shop.erase("dora")
    /// >>> receipt.events, receipt.found
    /// (1, 0)
    fn erase(&self, py: Python<'_>, customer: Customer) -> PyResult<ErasureReceipt> {
        call(py, || self.core.erase(customer.id())).map(ErasureReceipt)
    }

    /// All that is held about a customer: ``ids``, and rows as dicts under ``columns``, ``toward``, ``traits``,
    /// ``memberships``, ``events``, ``crossings``, ``decisions``, ``ties``. Times are ISO texts; what is unknown is left
    /// out.
    ///
    /// >>> engine.export("anna")["columns"][0]["orders"]
    /// 3.0
    fn export<'py>(&self, py: Python<'py>, customer: Customer) -> PyResult<Bound<'py, PyAny>> {
        host::export(py, &self.core, customer.id())
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
        host::ids(py, &members)
    }

    /// The recorded crossings of one segment, or of all, from a moment on: ``customer``, ``segment``,
    /// ``from``, ``to``, ``at``, ``cause``.
    #[pyo3(signature = (name=None, since=None))]
    fn crossings(&self, py: Python<'_>, name: Option<&str>, since: Option<Moment>) -> PyResult<Table> {
        call(py, || self.core.crossings(name, since.map(|at| at.0))).map(Table)
    }

    /// Register a function behind the columns that name it: ``callback = "name"`` and this version.
    ///
    /// It takes the inputs that the definition lists, as floats, NaN where unknown, and gives a float or
    /// ``None``. The same name and version again replace it. A file holds no functions: register after
    /// each opening; until then such columns raise ``StateError``. What goes wrong in it makes the column
    /// unknown and is counted in ``callbacks``. It runs while the engine is locked and can't call it.
    ///
    /// >>> shop = bt.Engine(bt.Definition.from_toml('''
    /// ... [trait]
    /// ... age = "number"
    /// ...
    /// ... [score.risk]
    /// ... callback = "their_model"
    /// ... version  = "2024-03"
    /// ... inputs   = ["age"]
    /// ... '''))
    /// >>> shop.register("their_model", lambda age: age / 100, version="2024-03")
    /// >>> shop.identify({"customer": "anna", "at": "2024-01-01", "age": 40.0}).accepted
    /// 1
    /// >>> shop["anna"]["risk"]
    /// 0.4
    #[pyo3(signature = (name, function, *, version))]
    fn register(&self, py: Python<'_>, name: &str, function: Py<PyAny>, version: &str) -> PyResult<()> {
        call(py, || self.core.register(name, version, callback(function)))
    }

    /// What became of the calls of each registered callback.
    #[getter]
    fn callbacks(&self, py: Python<'_>) -> PyResult<Vec<CallbackReport>> {
        Ok(call(py, || self.core.callbacks())?.into_iter().map(CallbackReport).collect())
    }

    /// The peers with whom a customer has something to do.
    ///
    /// >>> engine.peers("anna")
    /// ['ben', 'cleo']
    fn peers<'py>(&self, py: Python<'py>, customer: Customer) -> PyResult<Bound<'py, PyList>> {
        let peers = call(py, || self.core.peers(customer.id()))?;
        host::ids(py, &peers)
    }

    /// Decide what to do next for a customer, toward a peer if given; ``record=False`` looks only.
    ///
    /// ``context`` is what is known of this moment, by the words of ``[context]``; ``n`` is the most actions, at
    /// most one of a group: ``slate`` has all of them.
    ///
    /// >>> engine.decide("anna", record=False).action
    /// 'recipe_box'
    #[pyo3(signature = (customer, *, toward=None, context=None, at=None, n=1, record=true))]
    #[expect(clippy::too_many_arguments, reason = "the words of the call")]
    fn decide(
        &self,
        py: Python<'_>,
        customer: Customer,
        toward: Option<Customer>,
        context: Option<Context>,
        at: Option<Moment>,
        n: usize,
        record: bool,
    ) -> PyResult<Decision> {
        let asked = host::Asked { toward, context: context.unwrap_or_default(), at, n, record };
        host::decide(py, &self.core, customer.id(), &asked)
    }

    /// Decide for many customers, or for everyone: ``customer``, ``action`` (unknown is silence),
    /// ``priority``, ``propensity``, ``why``, ``decision`` (the id). With ``n`` above one a customer has a row for
    /// each action of the slate.
    ///
    /// >>> engine.decide_batch(["anna", "cleo"], record=False)["action"]
    /// ['recipe_box', None]
    #[pyo3(signature = (customers=None, *, toward=None, context=None, at=None, n=1, record=true))]
    #[expect(clippy::too_many_arguments, reason = "the words of the call")]
    fn decide_batch(
        &self,
        py: Python<'_>,
        customers: Option<Customers>,
        toward: Option<Customer>,
        context: Option<Context>,
        at: Option<Moment>,
        n: usize,
        record: bool,
    ) -> PyResult<Table> {
        let asked = host::Asked { toward, context: context.unwrap_or_default(), at, n, record };
        host::set_ceiling(&self.core);
        let ids = customers.as_ref().map(Customers::ids);
        call(py, || asked.with(|ask| self.core.decide_batch(ids.as_deref(), ask))).map(Table)
    }

    /// Where each action falls for some customers, or for everyone, without recording anything: ``action``,
    /// ``customers``, how many fell at each stage, and ``chosen``; the last row is silence.
    #[pyo3(signature = (customers=None, *, toward=None, context=None, at=None, n=1))]
    fn funnel(
        &self,
        py: Python<'_>,
        customers: Option<Customers>,
        toward: Option<Customer>,
        context: Option<Context>,
        at: Option<Moment>,
        n: usize,
    ) -> PyResult<Table> {
        let ids = customers.as_ref().map(Customers::ids);
        let asked = host::Asked { toward, context: context.unwrap_or_default(), at, n, record: false };
        call(py, || asked.with(|ask| self.core.funnel(ids.as_deref(), ask))).map(Table)
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

    /// What can be read: ``column``, ``type``, ``order`` (of arrival that it honours: ``fold``, ``ordered`` or
    /// ``trail``), ``toward`` and ``fitted``.
    fn catalog(&self, py: Python<'_>) -> PyResult<Table> {
        call(py, || self.core.catalog()).map(Table)
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
