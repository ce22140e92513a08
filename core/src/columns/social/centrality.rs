//! `[score.NAME] model = "pagerank", layers = "talk"`: the place of a customer in the graph of ties.
//!
//! Models: `degree`, `in_degree`, `strength`, `in_strength`, `pagerank`, `katz` (`alpha`), `hub`,
//! `authority`, `core`, `triangles`, `clustering`, `betweenness` and `harmonic` (exact, or from `sources`
//! drawn), `constraint`, `effective_size` ([`crate::graph`] has the formulas and papers).
//!
//! `pagerank` with `from` is personalised: restarts begin at customers in proportion to that column. Over ties of trust,
//! from whom one trusts beforehand, that is EigenTrust (Kamvar, Schlosser and Garcia-Molina 2003). A fit goes on from
//! the ranks of the one before and pushes what ties have disturbed ([`crate::graph::PersonalRank`]); the ranks are
//! within 1e-9 of exact in all (L1), whatever came before.
//!
//! Layers add up by `weights`; `reverse` turns every tie round. Part `rank` is where the value stands among
//! all customers, 0 to 1. Published by a fit: whoever came since has none.
//!
//! Keys: `layers`, `weights`, `reverse`, and of the one model or the other `damping`, `from`, `alpha`, `sources`.

use super::layers::{Layers, Named};
use super::values::{Found, Survey, Surveyed, nothing_yet};
use crate::base::{Error, ErrorKind, Result};
use crate::data::published::Published;
use crate::definition::Section;
use crate::definition::model::Column;
use crate::graph::{self, Csr, PageRankOptions, PersonalRank, percentile_ranks};
use crate::program::{Kind, Lowered, Lowering, Population};

/// The kind of places in the graph.
pub(crate) struct CentralityKind;

/// The models, each with the keys of its own.
const MODELS: [(&str, &[&str]); 15] = [
    ("degree", &[]),
    ("in_degree", &[]),
    ("strength", &[]),
    ("in_strength", &[]),
    ("pagerank", &["damping", "from"]),
    ("katz", &["alpha"]),
    ("hub", &[]),
    ("authority", &[]),
    ("core", &[]),
    ("triangles", &[]),
    ("clustering", &[]),
    ("betweenness", &["sources"]),
    ("harmonic", &["sources"]),
    ("constraint", &[]),
    ("effective_size", &[]),
];

/// Up to here a step of a power iteration counts (L1).
const TOLERANCE: f64 = 1e-12;
/// What personalised ranks may be off by in all (L1).
const EPSILON: f64 = 1e-9;

struct Centrality {
    model: &'static str,
    layers: Layers,
    reverse: bool,
    damping: f64,
    alpha: f64,
    sources: Option<usize>,
    /// The column that restarts of personalised ranks follow.
    from: Option<usize>,
}

impl Kind for CentralityKind {
    fn owns(&self, column: &Column) -> bool {
        let known = |model: &str| MODELS.iter().any(|(name, _)| *name == model);
        column.section == "score" && column.table.text("model").is_some_and(known)
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let word = column.table.text("model")?;
        let (model, own) = *MODELS.iter().find(|(name, _)| *name == word)?;
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let named = Named::read(&mut section);
        section.require("layers", "the layers of ties that the graph is made of");
        let reverse = section.flag("reverse").is_some_and(|word| word.value);
        let takes = |key: &str| own.contains(&key);
        let between = "a number of at least 0 and below 1";
        let damping = takes("damping").then(|| section.number_where("damping", between, |n| (0.0..1.0).contains(&n)));
        let alpha = takes("alpha").then(|| section.number_where("alpha", "a number above 0", |n| n > 0.0));
        if takes("alpha") {
            section.require("alpha", "how much a step counts; 0.5 / the largest degree is safe");
        }
        let sources = if takes("sources") { section.integer("sources", 1) } else { None };
        let from = if takes("from") { section.text("from") } else { None };
        section.finish();
        let layers = named.find(lowering)?;
        let from = match from {
            Some(word) => Some(lowering.number_column(&word)?),
            None => None,
        };
        if layers.each.is_empty() {
            return None;
        }
        let centrality = Centrality {
            model,
            layers,
            reverse,
            damping: damping.flatten().map_or(PageRankOptions::default().damping, |word| word.value),
            alpha: alpha.flatten().map_or(0.0, |word| word.value),
            sources: sources.map(|word| word.value as usize),
            from,
        };
        Some(Surveyed::lowered(centrality, &["", "rank"]))
    }
}

impl Centrality {
    /// The value of every node.
    fn values(&self, graph: &Csr, population: &dyn Population, before: Option<&Published>) -> Result<Vec<f64>> {
        let nodes = 0..graph.nodes() as u32;
        let whole = |counts: Vec<u32>| counts.into_iter().map(f64::from).collect();
        let drawn = self.sources.map(|sources| (sources, population.seed()));
        Ok(match self.model {
            "degree" => nodes.map(|node| graph.degree(node) as f64).collect(),
            "in_degree" => {
                let back = graph.transpose();
                nodes.map(|node| back.degree(node) as f64).collect()
            }
            "strength" => graph.strengths(),
            "in_strength" => graph.transpose().strengths(),
            "pagerank" if self.from.is_some() => self.near(graph, population, before)?,
            "pagerank" => {
                // Whoever is no customer any more is no place to begin at.
                let restart: Vec<f64> = nodes.map(|node| f64::from(u8::from(population.is_live(node)))).collect();
                graph::pagerank(graph, &self.steps(), Some(&restart))?
            }
            "katz" => graph::katz(graph, self.alpha)?,
            "hub" => graph::hits(graph, TOLERANCE)?.hub,
            "authority" => graph::hits(graph, TOLERANCE)?.authority,
            "core" => whole(graph::core_numbers(graph)),
            "triangles" => graph::triangles(graph).into_iter().map(|count| count as f64).collect(),
            "clustering" => graph::clustering(graph),
            "betweenness" => graph::betweenness(graph, drawn),
            "harmonic" => graph::harmonic(graph, drawn),
            "constraint" => graph::structural_holes(graph)?.constraint,
            _ => graph::structural_holes(graph)?.effective_size,
        })
    }
}

impl Centrality {
    /// How ranks are computed anew.
    fn steps(&self) -> PageRankOptions {
        PageRankOptions { damping: self.damping, tolerance: TOLERANCE, ..PageRankOptions::default() }
    }

    /// Personalised ranks, from those of the last fit on. O(arcs), and what there is to push.
    fn near(&self, graph: &Csr, population: &dyn Population, before: Option<&Published>) -> Result<Vec<f64>> {
        let mut from = self.from.map_or_else(|| Ok(Vec::new()), |column| population.column(column))?;
        for (node, weight) in (0u32..).zip(&mut from) {
            *weight = if *weight > 0.0 && weight.is_finite() && population.is_live(node) { *weight } else { 0.0 };
        }
        if from.iter().all(|weight| *weight == 0.0) {
            nothing_yet(before, "restarts begin nowhere yet")?;
            return Ok(vec![f64::NAN; graph.nodes()]);
        }
        let estimate = match before {
            Some(before) => {
                let then = |node: u32| before.of(node).first().copied().unwrap_or(0.0);
                (0..graph.nodes() as u32).map(then).collect()
            }
            None => graph::pagerank(graph, &self.steps(), Some(&from))?,
        };
        let each = EPSILON / (graph.arcs() + graph.nodes()) as f64;
        Ok(PersonalRank::resume(graph, &from, 1.0 - self.damping, each, &estimate)?.estimate().to_vec())
    }
}

impl Survey for Centrality {
    fn survey(&self, population: &dyn Population, before: Option<&Published>) -> Result<Found> {
        let graph = self.layers.graph(population)?;
        if graph.arcs() == 0 {
            nothing_yet(before, "nobody has a tie yet")?;
        }
        let graph = if self.reverse { graph.transpose() } else { graph };
        // What a method can't take is a reason to keep what there was, not to fail every other column.
        let values = self.values(&graph, population, before);
        let values = values.map_err(|error| Error::new(ErrorKind::NotEnoughData, error.message()))?;
        let own = |(node, value): (u32, f64)| if population.is_live(node) { value } else { f64::NAN };
        let values: Vec<f64> = (0u32..).zip(values).map(own).collect();
        let ranks = percentile_ranks(&values);
        let known = values.iter().filter(|value| !value.is_nan());
        let diagnostics = vec![
            ("customers".to_owned(), known.clone().count() as f64),
            ("ties".to_owned(), graph.edges() as f64),
            ("largest".to_owned(), known.copied().fold(f64::NAN, f64::max)),
        ];
        Ok(Found { columns: vec![values, ranks], diagnostics, ..Found::default() })
    }
}
