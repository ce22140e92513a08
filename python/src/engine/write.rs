//! What happens: events, traits, ties, outcomes, the clock, fits.

use bactrian::Call;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::Engine;
use crate::error::{call, utf8};
use crate::host;
use crate::input::{self, Moment, Row};
use crate::output::{FitReport, IngestReport};

#[pymethods]
impl Engine {
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
    /// and ``weight`` (1 if absent), which is added to the tie. Where a flag ``remove`` is set the tie goes.
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
    /// An outcome belongs to its decision within the action's window. Of one kind the latest stands, and of
    /// equal times the later row: an earlier one, or the same again, is a duplicate, and the others correct it, also to
    /// having no value. Where the action has an ``outcome``, a kind that the
    /// definition names nowhere is rejected. What comes after an action that was withheld, or after silence
    /// where ``[decide]`` has a ``within``, is an outcome too: without it nothing can be said of what an action adds.
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
}
