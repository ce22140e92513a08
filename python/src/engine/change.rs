//! What changes an engine as a whole: its definition, its customers' identities, its parts, its callbacks.

use std::sync::{Arc, PoisonError};

use bactrian::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use super::Engine;
use crate::callback::callback;
use crate::definition::Definition;
use crate::error::{call, raised};
use crate::input::{Customer, Words, type_name};
use crate::output::{CallbackReport, ErasureReceipt, IngestReport, RedefineReport};

#[pymethods]
impl Engine {
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
    fn absorb(&self, partial: &Bound<'_, PyAny>) -> PyResult<IngestReport> {
        let bytes: PyBackedBytes = partial.extract().map_err(|_| {
            let message = format!("a partial state is bytes, and this is a `{}`", type_name(partial));
            raised(&Error::new(ErrorKind::SchemaType, message).hint("give what `partial()` returned"))
        })?;
        self.write(partial.py(), |core| core.absorb(&bytes))
    }

    /// Fold one customer into another: from now on both ids are one customer. Costs a replay.
    fn merge(&self, py: Python<'_>, kept: Customer, folded: Customer) -> PyResult<()> {
        call(py, || self.core.merge(kept.id(), folded.id()))
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
}
