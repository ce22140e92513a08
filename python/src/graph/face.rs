//! `bactrian.graph.Graph`.

use bactrian::graph::{
    self, Csr, Dyads, LeidenOptions, PageRankOptions, Quality, SeedOptions, SpreadModel, WordOfMouth,
};
use bactrian::{Error, ErrorKind};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::nodes::{Ends, Names, labels};
use super::seeds::SeedSet;
use crate::error::{call, raised};
use crate::input::Count;
use crate::models::matrix::{optional, slice};

/// Ties of nodes, frozen: what communities, centralities and seed sets are found in.
///
/// Nodes are whole numbers, which are positions ``0 .. n - 1``, or texts in the order of first sight
/// (``ids``). Every result is a numpy array with one entry a node, in that order, and is the same on any
/// number of threads. Loops are dropped; ties given twice are one, their weights added up.
///
/// >>> ties = bt.graph.Graph.from_edges([0, 0, 1, 3, 3, 4, 2], [1, 2, 2, 4, 5, 5, 3])
/// >>> ties
/// Graph(nodes=6, edges=7, directed=False)
/// >>> ties.leiden()
/// array([0, 0, 0, 1, 1, 1])
/// >>> round(ties.modularity([0, 0, 0, 1, 1, 1]), 4)
/// 0.3571
#[pyclass(module = "bactrian.graph", frozen)]
pub(crate) struct Graph {
    core: Csr,
    names: Names,
}

type Array<T> = Py<PyArray1<T>>;

#[pymethods]
impl Graph {
    /// A graph of edge columns: of numpy, pandas, polars, or lists.
    ///
    /// ``weight`` is 1 each by default, and may be negative where a method takes that. ``nodes`` says how many
    /// there are, by default as many as the edges speak of. Cost: O(nodes + edges log degree).
    ///
    /// Raises ``SchemaError`` for columns of different length, ends that are neither positions nor texts, and
    /// weights that are not finite.
    ///
    /// >>> bt.graph.Graph.from_edges(["ann", "bob"], ["bob", "cid"], [2.0, 1.0], directed=True).ids
    /// ['ann', 'bob', 'cid']
    #[staticmethod]
    #[pyo3(signature = (source, target, weight=None, *, directed=false, nodes=None))]
    fn from_edges(
        py: Python<'_>,
        source: &Bound<'_, PyAny>,
        target: &Bound<'_, PyAny>,
        weight: Option<&Bound<'_, PyAny>>,
        directed: bool,
        nodes: Option<Count<usize>>,
    ) -> PyResult<Self> {
        let ends = Ends::new(source, target)?;
        let weight = optional(weight)?;
        let weight = weight.as_ref().map(slice).transpose()?;
        let core = call(py, || {
            let nodes = nodes.map(|count| count.0).map_or_else(|| Csr::nodes_of(&ends.source, &ends.target), Ok)?;
            Csr::from_edges(nodes, &ends.source, &ends.target, weight, directed)
        })?;
        Ok(Graph { core, names: ends.names })
    }

    /// The nodes, in the order of every result.
    #[getter]
    fn ids<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        (0..self.core.nodes() as u32).map(|node| self.names.name(py, node)).collect()
    }

    /// Number of ties; of an undirected graph each counts once.
    #[getter]
    fn edges(&self) -> usize {
        self.core.edges()
    }

    /// Whether ties have a direction.
    #[getter]
    fn directed(&self) -> bool {
        self.core.is_directed()
    }

    /// Loops that were dropped.
    #[getter]
    fn self_loops(&self) -> usize {
        self.core.self_loops()
    }

    /// Communities by Leiden (Traag, Waltman and van Eck 2019): the label of each node, 0 being the largest.
    ///
    /// A larger ``resolution`` gives more and smaller communities. ``quality`` is ``"modularity"`` or
    /// ``"potts"`` (the constant Potts model; the resolution is then a density). Of a directed graph both
    /// directions add up. No community is disconnected; same ``seed``, same communities. About 5 ns an arc and
    /// pass; ``iterations=0`` passes until nothing changes.
    ///
    /// Raises ``SchemaError`` for negative weights.
    #[pyo3(signature = (resolution=1.0, seed=Count(0), *, quality="modularity", iterations=Count(3)))]
    fn leiden(
        &self,
        py: Python<'_>,
        resolution: f64,
        seed: Count<u64>,
        quality: &str,
        iterations: Count<u32>,
    ) -> PyResult<Array<i64>> {
        let quality = match quality {
            "modularity" => Quality::Modularity,
            "potts" => Quality::Potts,
            other => return Err(unknown("quality", other, "`modularity` or `potts`")),
        };
        let options = LeidenOptions { quality, resolution, iterations: iterations.0, seed: seed.0 };
        let found = call(py, || graph::leiden(&self.core, &options))?;
        Ok(whole(py, found.label))
    }

    /// Newman's modularity of a partition: one label a node.
    ///
    /// Raises ``SchemaError`` where there is not one label a node, and for negative weights.
    #[pyo3(signature = (labels, resolution=1.0))]
    fn modularity(&self, py: Python<'_>, labels: &Bound<'_, PyAny>, resolution: f64) -> PyResult<f64> {
        let labels = self::labels(labels)?;
        call(py, || graph::modularity(&self.core, &labels, resolution))
    }

    /// PageRank (Brin and Page 1998) of every node, summing to 1; with ``restart``, one weight a node,
    /// personalised. Ties are followed by weight, and iteration ends below ``tolerance`` (L1).
    ///
    /// >>> bt.graph.Graph.from_edges([0, 1, 2], [2, 2, 0], directed=True).pagerank().round(3)
    /// array([0.464, 0.05 , 0.486])
    #[pyo3(signature = (damping=0.85, *, tolerance=1e-10, restart=None))]
    fn pagerank(
        &self,
        py: Python<'_>,
        damping: f64,
        tolerance: f64,
        restart: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Array<f64>> {
        let options = PageRankOptions { damping, tolerance, ..PageRankOptions::default() };
        let restart = optional(restart)?;
        let restart = restart.as_ref().map(slice).transpose()?;
        Ok(array(py, call(py, || graph::pagerank(&self.core, &options, restart))?))
    }

    /// The core number of every node (Batagelj and Zaversnik 2003): the largest k so that it is in a part
    /// where all have k ties or more.
    fn core_numbers(&self, py: Python<'_>) -> PyResult<Array<i64>> {
        Ok(whole(py, call(py, || Ok(graph::core_numbers(&self.core)))?))
    }

    /// Triangles at every node; directions are ignored.
    fn triangles(&self, py: Python<'_>) -> PyResult<Array<i64>> {
        let counts = call(py, || Ok(graph::triangles(&self.core)))?;
        Ok(PyArray1::from_iter(py, counts.into_iter().map(|count| count as i64)).unbind())
    }

    /// The share of pairs of each node's neighbours that are tied (Watts and Strogatz 1998); NaN below two.
    fn clustering(&self, py: Python<'_>) -> PyResult<Array<f64>> {
        Ok(array(py, call(py, || Ok(graph::clustering(&self.core)))?))
    }

    /// Number of ties of every node, outgoing ones where they have a direction.
    fn degree(&self, py: Python<'_>) -> Array<i64> {
        let degrees = (0..self.core.nodes() as u32).map(|node| self.core.degree(node) as i64);
        PyArray1::from_iter(py, degrees).unbind()
    }

    /// Weight of the ties of every node, outgoing ones where they have a direction.
    fn strength(&self, py: Python<'_>) -> Array<f64> {
        array(py, self.core.strengths())
    }

    /// Shortest paths through every node, as shares (Brandes 2001); exact, or from ``sources`` drawn by
    /// ``seed`` and scaled up (Brandes and Pich 2007). Exact cost: O(nodes arcs).
    #[pyo3(signature = (sources=None, seed=Count(0)))]
    fn betweenness(&self, py: Python<'_>, sources: Option<Count<usize>>, seed: Count<u64>) -> PyResult<Array<f64>> {
        let sources = sources.map(|count| (count.0, seed.0));
        Ok(array(py, call(py, || Ok(graph::betweenness(&self.core, sources)))?))
    }

    /// Burt's constraint of every node (1992): high where the contacts are tied among themselves, NaN without
    /// ties.
    ///
    /// Raises ``SchemaError`` for negative weights.
    fn constraint(&self, py: Python<'_>) -> PyResult<Array<f64>> {
        Ok(array(py, call(py, || graph::structural_holes(&self.core))?.constraint))
    }

    /// The connected part of every node; ``strong=True`` follows directions.
    #[pyo3(signature = (*, strong=false))]
    fn components(&self, py: Python<'_>, strong: bool) -> PyResult<Array<i64>> {
        let of = if strong { graph::strong_components } else { graph::weak_components };
        Ok(whole(py, call(py, || Ok(of(&self.core)))?.label))
    }

    /// What ties pairs of nodes, as columns: ``forth`` and ``back`` (weights), ``reciprocity``, ``common``
    /// neighbours, ``overlap`` (Onnela and others 2007), ``adamic_adar``. Cost: O(both degrees) a pair.
    ///
    /// >>> bt.graph.Graph.from_edges([0, 0, 1, 2], [1, 2, 2, 3]).pairs([0], [1])["common"]
    /// array([1])
    fn pairs<'py>(
        &self,
        py: Python<'py>,
        a: &Bound<'py, PyAny>,
        b: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let (a, b) = (self.names.find(a)?, self.names.find(b)?);
        let pairs = call(py, || Dyads::new(&self.core).pairs(&a, &b))?;
        let columns = PyDict::new(py);
        let column = |of: fn(&graph::Dyad) -> f64| PyArray1::from_iter(py, pairs.iter().map(of));
        columns.set_item("forth", column(|pair| pair.forth))?;
        columns.set_item("back", column(|pair| pair.back))?;
        columns.set_item("reciprocity", column(|pair| pair.reciprocity))?;
        columns.set_item("common", whole(py, pairs.iter().map(|pair| pair.common).collect()))?;
        columns.set_item("overlap", column(|pair| pair.overlap))?;
        columns.set_item("adamic_adar", column(|pair| pair.adamic_adar))?;
        Ok(columns)
    }

    /// Whose ears to whisper in: seeds whose spread is near the best within the limits, with bounds from
    /// reverse-reachable sets that did not choose them (OPIM-C: Tang, Tang, Xiao and Yuan 2018).
    ///
    /// ``k`` is how many seeds (all, where there are fewer); or ``budget``, with a ``cost`` a node, which is spent as far as
    /// it goes. Where nobody who is left is seen to add anything, seeds are filled in by ``value`` per ``cost``. ``value`` is what reaching a node is
    /// worth, 1 by default; ``exclude`` must not be seeds; ``active`` are reached already. ``model`` is
    /// ``"cascade"`` (independent) or ``"threshold"`` (linear); ``chance`` is one for every tie, or
    /// ``"weight"`` (the weight is the chance), or by default the tie's share of all that reaches its target.
    /// Without costs the spread is at least ``1 - 1/e - epsilon`` of the best with probability ``1 - delta``; whatever is
    /// asked, ``lower / upper`` is the share of the best that is sure.
    ///
    /// Raises ``SchemaError`` for limits that contradict each other, and ``StateError`` where nobody may be chosen.
    #[pyo3(signature = (k=None, seed=Count(0), *, budget=None, cost=None, value=None, exclude=None, active=None,
        model="cascade", chance=None, epsilon=0.05, delta=0.001))]
    #[expect(clippy::too_many_arguments, reason = "each has a name in Python")]
    fn select_seeds(
        &self,
        py: Python<'_>,
        k: Option<Count<usize>>,
        seed: Count<u64>,
        budget: Option<f64>,
        cost: Option<&Bound<'_, PyAny>>,
        value: Option<&Bound<'_, PyAny>>,
        exclude: Option<&Bound<'_, PyAny>>,
        active: Option<&Bound<'_, PyAny>>,
        model: &str,
        chance: Option<&Bound<'_, PyAny>>,
        epsilon: f64,
        delta: f64,
    ) -> PyResult<SeedSet> {
        if k.is_none() && budget.is_none() {
            let error = Error::new(ErrorKind::SchemaRange, "neither `k` nor a `budget` limits the seeds");
            return Err(raised(&error.hint("say how many seeds, or what they may cost")));
        }
        let (cost, value) = (optional(cost)?, optional(value)?);
        let find = |nodes: Option<&Bound<'_, PyAny>>| nodes.map_or(Ok(Vec::new()), |nodes| self.names.find(nodes));
        let (exclude, active) = (find(exclude)?, find(active)?);
        let options = SeedOptions {
            count: k.map_or(self.core.nodes(), |count| count.0),
            cost: cost.as_ref().map(slice).transpose()?,
            budget,
            value: value.as_ref().map(slice).transpose()?,
            exclude: &exclude,
            active: &active,
            epsilon,
            delta,
            seed: seed.0,
        };
        let chance = Chance::new(model, chance)?;
        let core = call(py, || graph::select_seeds(&chance.graph(&self.core)?, &options))?;
        let seeds = core.seeds.iter().map(|seed| self.names.name(py, *seed).map(Bound::unbind));
        Ok(SeedSet { seeds: seeds.collect::<PyResult<_>>()?, core })
    }

    /// What seeds set in motion, themselves included: the mean over ``simulations``, a number whose ``error``
    /// is its standard error. ``value``, ``model`` and ``chance`` are those of ``select_seeds``.
    ///
    /// >>> reached = bt.graph.Graph.from_edges([0, 0, 2], [1, 2, 3], directed=True).spread([0], simulations=100)
    /// >>> reached, reached.error
    /// (4.0, 0.0)
    #[pyo3(signature = (seeds, simulations=Count(10_000), seed=Count(0), *, value=None, model="cascade", chance=None))]
    #[expect(clippy::too_many_arguments, reason = "each has a name in Python")]
    fn spread<'py>(
        &self,
        py: Python<'py>,
        seeds: &Bound<'_, PyAny>,
        simulations: Count<usize>,
        seed: Count<u64>,
        value: Option<&Bound<'_, PyAny>>,
        model: &str,
        chance: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let seeds = self.names.find(seeds)?;
        let value = optional(value)?;
        let value = value.as_ref().map(slice).transpose()?;
        let chance = Chance::new(model, chance)?;
        let found = call(py, || chance.graph(&self.core)?.simulate(&seeds, simulations.0, seed.0, value))?;
        py.import("bactrian.graph")?.getattr("Spread")?.call1((found.mean, found.error))
    }

    fn __len__(&self) -> usize {
        self.core.nodes()
    }

    fn __repr__(&self) -> String {
        let directed = if self.core.is_directed() { "True" } else { "False" };
        format!("Graph(nodes={}, edges={}, directed={directed})", self.core.nodes(), self.core.edges())
    }
}

/// The model of a whisper by its word.
pub(crate) fn spread_model(word: &str) -> PyResult<SpreadModel> {
    match word {
        "cascade" => Ok(SpreadModel::IndependentCascade),
        "threshold" => Ok(SpreadModel::LinearThreshold),
        other => Err(unknown("model", other, "`cascade` or `threshold`")),
    }
}

/// How a whisper passes on.
enum Chance {
    Share(SpreadModel),
    Weight(SpreadModel),
    Same(SpreadModel, f64),
}

impl Chance {
    fn new(model: &str, chance: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let model = spread_model(model)?;
        let Some(chance) = chance else { return Ok(Chance::Share(model)) };
        match (chance.extract::<f64>(), chance.extract::<String>()) {
            (Ok(chance), _) => Ok(Chance::Same(model, chance)),
            (_, Ok(word)) if word == "weight" => Ok(Chance::Weight(model)),
            _ => Err(unknown("chance", &chance.str()?.to_string(), "a number, or `weight`")),
        }
    }

    fn graph(&self, ties: &Csr) -> bactrian::Result<WordOfMouth> {
        match *self {
            Chance::Share(model) => WordOfMouth::weighted(ties, model),
            Chance::Weight(model) => WordOfMouth::from_chances(ties, model),
            Chance::Same(model, chance) => WordOfMouth::uniform(ties, chance, model),
        }
    }
}

fn unknown(what: &str, word: &str, hint: &str) -> PyErr {
    raised(&Error::new(ErrorKind::SchemaRange, format!("no {what} is called `{word}`")).hint(hint))
}

fn array(py: Python<'_>, values: Vec<f64>) -> Array<f64> {
    PyArray1::from_vec(py, values).unbind()
}

fn whole(py: Python<'_>, values: Vec<u32>) -> Array<i64> {
    PyArray1::from_iter(py, values.into_iter().map(i64::from)).unbind()
}
