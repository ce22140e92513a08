//! `bactrian.Engine`.

mod change;
mod decide;
mod judge;
mod read;
mod social;
mod write;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bactrian::Options;
use pyo3::prelude::*;
use rayon::ThreadPool;

use crate::customer::Readers;
use crate::definition::Definition;
use crate::error::call;
use crate::host;
use crate::input::{self, Words};
use crate::output::{IngestReport, Stats, Table};

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
        let interrupt = host::interrupt();
        let options = Options { seed, interrupt, ..Options::default() };
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
        let (durability, interrupt) = (host::durability(durability)?, host::interrupt());
        let options = Options { seed, read_only, durability, interrupt, ..Options::default() };
        Self::of(py, call(py, || bactrian::Engine::open(&path, definition, options))?, pool)
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

    /// Make durable what calls of one row have recorded: with ``durability="interval"`` the host's own tick.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        call(py, || self.core.flush())
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
