//! Who is tied to whom, whose ear to whisper in, what peers would recommend.

use bactrian::data::parse_span;
use bactrian::{InfluenceAsk, SeedAsk};
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::Engine;
use crate::error::{OrRaise, call};
use crate::graph::{SeedSet, spread_model};
use crate::host;
use crate::input::{Count, Customer, Customers, id_to_python};
use crate::output::{Table, Verdict};

#[pymethods]
impl Engine {
    /// The peers with whom a customer has something to do, in the order of first sight; with a ``layer`` those
    /// tied to the customer in it, in either direction. Nobody is a peer of their own.
    ///
    /// >>> engine.peers("anna")
    /// ['ben', 'cleo']
    #[pyo3(signature = (customer, layer=None))]
    fn peers<'py>(&self, py: Python<'py>, customer: Customer, layer: Option<&str>) -> PyResult<Bound<'py, PyList>> {
        let peers = call(py, || self.core.peers(customer.id(), layer))?;
        host::ids(py, &peers)
    }

    /// What ties a customer to each peer, in one layer or in all: ``peer``, ``layer``, ``forth`` and ``back``
    /// (strengths), ``reciprocity``, ``common`` neighbours, ``overlap`` (Onnela and others 2007), ``adamic_adar``.
    #[pyo3(signature = (customer, layer=None))]
    fn ties(&self, py: Python<'_>, customer: Customer, layer: Option<&str>) -> PyResult<Table> {
        call(py, || self.core.ties(customer.id(), layer)).map(Table)
    }

    /// Whose ears to whisper in: customers from whom word of mouth over a layer of ties goes near furthest.
    ///
    /// ``k`` is the most seeds; or ``budget``, with the column ``cost`` (1 each by default). ``value`` is a column
    /// with what reaching a customer is worth, 1 by default. ``exclude`` must not be seeds; ``active`` are reached
    /// already, and neither seeds nor counted, whether excluded too or not. ``layer`` may be left out where there is one; ``reverse=True`` whispers against its ties, from who
    /// is trusted to who trusts. ``model`` is ``"cascade"`` or ``"threshold"``; ``chance`` is one for every tie, by
    /// default its share of all that reaches its target. The bounds come from the half of the sets that did not
    /// choose the seeds (OPIM-C: Tang, Tang, Xiao and Yuan 2018), and hold with probability ``1 - delta``. The sets are
    /// kept for the next question about the same ties and repaired where these have changed: the answer is that of new ones.
    ///
    /// Raises ``SchemaError`` for limits that contradict each other and ties below zero, ``StateError`` where nobody
    /// may be chosen.
    #[pyo3(signature = (k=None, *, budget=None, cost=None, value=None, exclude=None, active=None, layer=None,
        reverse=false, model="cascade", chance=None, epsilon=0.05, delta=0.001))]
    #[expect(clippy::too_many_arguments, reason = "each has a name in Python")]
    fn seeds(
        &self,
        py: Python<'_>,
        k: Option<Count<usize>>,
        budget: Option<f64>,
        cost: Option<&str>,
        value: Option<&str>,
        exclude: Option<Customers>,
        active: Option<Customers>,
        layer: Option<&str>,
        reverse: bool,
        model: &str,
        chance: Option<f64>,
        epsilon: f64,
        delta: f64,
    ) -> PyResult<SeedSet> {
        let exclude = exclude.as_ref().map(Customers::ids).unwrap_or_default();
        let active = active.as_ref().map(Customers::ids).unwrap_or_default();
        let ask = SeedAsk {
            count: k.map(|count| count.0),
            budget,
            cost,
            value,
            exclude: &exclude,
            active: &active,
            layer,
            reverse,
            model: spread_model(model)?,
            chance,
            epsilon,
            delta,
        };
        let found = call(py, || self.spread(|core| core.seeds(&ask)))?;
        let seeds = found.customers.iter().map(|id| id_to_python(py, id).map(Bound::unbind));
        Ok(SeedSet { seeds: seeds.collect::<PyResult<_>>()?, core: found.found })
    }

    /// Whether customers take up what their peers took up before them: a ``Verdict`` on (after - before) /
    /// (after + before), against permuted ties and against time reversed.
    ///
    /// ``outcome`` is the kind of event that is an adoption, ``item`` the role that says of what (``need`` where the
    /// kind has it). A tie leads from who may follow to who goes before, as trust does: whoever trusts adopts after whom
    /// they trust. Where ties run the other way, as messages do, from who goes before to who hears of it,
    /// ``reverse=True`` turns them round. ``window`` is the span within which one adoption may follow another.
    #[pyo3(signature = (outcome, layer=None, *, item=None, window=None, reverse=false))]
    fn influence(
        &self,
        py: Python<'_>,
        outcome: &str,
        layer: Option<&str>,
        item: Option<&str>,
        window: Option<&str>,
        reverse: bool,
    ) -> PyResult<Verdict> {
        let window = window.map(parse_span).transpose().or_raise()?;
        let ask = InfluenceAsk { outcome, item, layer, window, reverse };
        call(py, || self.spread(|core| core.influence(&ask))).map(Verdict)
    }

    /// What customers who matter to a customer deal in and the customer does not yet: ``need``, ``score`` (0 to 1),
    /// ``peers`` (how many of those tied to it speak for it), ``alike`` (how many others of like dealings) and
    /// ``because`` (the peers who add most), best first.
    ///
    /// The score is a mean over all customers of w / (w + 1) for the decayed count w of their dealings in the need. They
    /// count by s (1 + 2 t) + 0.02 t, with s the cosine of their dealings and the customer's, t the strength of the tie
    /// to them over the strongest; a twentieth of the weight is everyone's, so that newcomers are told what is popular.
    /// ``needs`` and ``layer`` may be left out where there is one. The first question after a write passes over everyone's
    /// dealings, those that follow over those of whoever has a voice.
    #[pyo3(signature = (customer, n=Count(10), *, needs=None, layer=None))]
    fn recommend(
        &self,
        py: Python<'_>,
        customer: Customer,
        n: Count<usize>,
        needs: Option<&str>,
        layer: Option<&str>,
    ) -> PyResult<Table> {
        call(py, || self.core.recommend(customer.id(), n.0, needs, layer)).map(Table)
    }

    /// Who of a customer's peers can best meet a need: ``peer``, ``score``, ``strength``, ``skill``, best first;
    /// empty where none of them has ever dealt in it.
    ///
    /// ``skill`` is w / (w + 1) for the decayed count w of the peer's dealings in the need: one dealing counts half.
    /// ``strength`` is that of the ties in both directions, 0 where that is below zero. The score is skill times the
    /// share that the peer has of the strength of all the customer's ties.
    #[pyo3(signature = (need, customer, *, needs=None, layer=None))]
    fn route(
        &self,
        py: Python<'_>,
        need: &str,
        customer: Customer,
        needs: Option<&str>,
        layer: Option<&str>,
    ) -> PyResult<Table> {
        call(py, || self.core.route(need, customer.id(), needs, layer)).map(Table)
    }
}
