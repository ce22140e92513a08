//! `[score.NAME] model = "pagerank", layers = "talk"`: the place of a customer in the graph of ties.
//!
//! Models: `degree`, `in_degree`, `strength`, `in_strength`, `pagerank`, `katz` (`alpha`), `hub`,
//! `authority`, `core`, `triangles`, `clustering`, `betweenness` and `harmonic` (exact, or from `sources`
//! drawn), `constraint`, `effective_size` ([`crate::graph`] has the formulas and papers); `reach` (customers
//! whom a whisper could have reached in `hops` contacts, each later than the one before, over the events
//! that feed the one layer; about, by sketches); `influence` (what a whisper in this one ear sets in motion
//! beyond it, weighted cascade, in units of the column `value`, by `sets` reverse-reachable sets).
//!
//! Layers add up by `weights`; `reverse` turns every tie round. Part `rank` is where the value stands among
//! all customers, 0 to 1. Published by a fit: whoever came since has none.
//!
//! Keys: `layers`, `weights`, `reverse`, and of the one model or the other `damping`, `alpha`, `sources`,
//! `hops`, `value`, `sets`.

use super::layers::{Layers, Named};
use super::values::{Fitted, published};
use crate::base::{Error, ErrorKind, Result};
use crate::data::published::Published;
use crate::definition::Section;
use crate::definition::model::Column;
use crate::expr::Type;
use crate::graph::{self, Contacts, Csr, PageRankOptions, SpreadModel, WordOfMouth, percentile_ranks, single_spreads};
use crate::program::{ColumnModel, FitOutcome, FittedModel, Input, Kind, Lowered, Lowering, Part, Population};

/// The kind of places in the graph.
pub(crate) struct CentralityKind;

/// The models, each with the keys of its own.
const MODELS: [(&str, &[&str]); 17] = [
    ("degree", &[]),
    ("in_degree", &[]),
    ("strength", &[]),
    ("in_strength", &[]),
    ("pagerank", &["damping"]),
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
    ("reach", &["hops"]),
    ("influence", &["value", "sets"]),
];

/// Sets that an estimate of influence draws: a standard error of a third of a percent of all customers.
const SETS: usize = 100_000;
/// Steps of a reach: friends of friends of friends.
const HOPS: usize = 3;
/// Up to here a step of a power iteration counts (L1).
const TOLERANCE: f64 = 1e-12;

struct Centrality {
    model: &'static str,
    layers: Layers,
    reverse: bool,
    /// The pair feature whose events feed the only layer.
    events: Option<usize>,
    damping: f64,
    alpha: f64,
    sources: Option<usize>,
    hops: usize,
    value: Option<usize>,
    sets: usize,
    parts: [Part; 2],
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
        let mut count = |key: &'static str| if takes(key) { section.integer(key, 1) } else { None };
        let (sources, hops, sets) = (count("sources"), count("hops"), count("sets"));
        let value = if takes("value") { section.text("value") } else { None };
        section.finish();
        let layers = named.find(lowering)?;
        let value = match value {
            Some(word) => Some(lowering.number_column(&word)?),
            None => None,
        };
        let events = match (model, layers.each.as_slice()) {
            ("reach", [(_, tie, _)]) => Some(lowering.program.ties.get(*tie)?.feature),
            ("reach", _) => {
                lowering.mistake(&column.name, "`reach` follows the events of one layer", None);
                return None;
            }
            (_, []) => return None,
            _ => None,
        };
        let parts = ["", "rank"].map(|name| Part { name: name.to_owned(), kind: Type::Number });
        Some(Lowered::Model(Box::new(Centrality {
            model,
            layers,
            reverse,
            events,
            damping: damping.flatten().map_or(PageRankOptions::default().damping, |word| word.value),
            alpha: alpha.flatten().map_or(0.0, |word| word.value),
            sources: sources.map(|word| word.value as usize),
            hops: hops.map_or(HOPS, |word| word.value as usize),
            value,
            sets: sets.map_or(SETS, |word| word.value as usize),
            parts,
        })))
    }
}

impl Centrality {
    /// The value of every node.
    fn values(&self, graph: &Csr, population: &dyn Population) -> Result<Vec<f64>> {
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
            "pagerank" => {
                // Whoever is no customer any more is no place to begin at.
                let restart: Vec<f64> = nodes.map(|node| f64::from(u8::from(population.is_live(node)))).collect();
                let options =
                    PageRankOptions { damping: self.damping, tolerance: TOLERANCE, ..PageRankOptions::default() };
                graph::pagerank(graph, &options, Some(&restart))?
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
            "effective_size" => graph::structural_holes(graph)?.effective_size,
            _ => self.influence(graph, population)?,
        })
    }

    /// What a whisper in one ear sets in motion beyond it.
    fn influence(&self, graph: &Csr, population: &dyn Population) -> Result<Vec<f64>> {
        let value = match self.value {
            Some(column) => population.column(column)?,
            None => (0..graph.nodes() as u32).map(|node| f64::from(u8::from(population.is_live(node)))).collect(),
        };
        let value: Vec<f64> = value.into_iter().map(|value| if value > 0.0 { value } else { 0.0 }).collect();
        let chances = WordOfMouth::weighted(graph, SpreadModel::IndependentCascade)?;
        single_spreads(&chances, &value, self.sets, population.seed())
    }

    fn reach(&self, feature: usize, population: &dyn Population) -> Result<Vec<f64>> {
        let history = population.history(feature)?;
        if history.is_empty() {
            return Err(Error::new(ErrorKind::NotEnoughData, "no event has fed the layer yet"));
        }
        let (mut from, mut to): (Vec<u32>, Vec<u32>) = history.iter().map(|row| (row.0, row.1)).unzip();
        if self.reverse {
            std::mem::swap(&mut from, &mut to);
        }
        let at: Vec<i64> = history.iter().map(|row| row.2).collect();
        Ok(Contacts::new(population.customers(), &from, &to, &at)?.reach(self.hops))
    }
}

impl ColumnModel for Centrality {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &[]
    }

    fn needs_fit(&self) -> bool {
        true
    }

    fn publishes(&self) -> bool {
        true
    }

    fn is_steady(&self, _part: usize) -> bool {
        true
    }

    fn fit(&self, population: &dyn Population, _previous: Option<&[u8]>) -> Result<FitOutcome> {
        let (values, ties) = match self.events {
            Some(feature) => (self.reach(feature, population)?, 0),
            None => {
                let graph = self.layers.graph(population)?;
                if graph.arcs() == 0 {
                    return Err(Error::new(ErrorKind::NotEnoughData, "nobody has a tie yet"));
                }
                let graph = if self.reverse { graph.transpose() } else { graph };
                // What a method can't take is a reason to keep what there was, not to fail every other column.
                let values = self.values(&graph, population);
                let values = values.map_err(|error| Error::new(ErrorKind::NotEnoughData, error.message()))?;
                (values, graph.edges())
            }
        };
        let own = |(node, value): (u32, f64)| if population.is_live(node) { value } else { f64::NAN };
        let values: Vec<f64> = (0u32..).zip(values).map(own).collect();
        let ranks = percentile_ranks(&values);
        let known = values.iter().filter(|value| !value.is_nan());
        let diagnostics = vec![
            ("customers".to_owned(), known.clone().count() as f64),
            ("ties".to_owned(), ties as f64),
            ("largest".to_owned(), known.copied().fold(f64::NAN, f64::max)),
        ];
        let parameters = published(&[&values, &ranks]).encode();
        Ok(FitOutcome { parameters, diagnostics, ..FitOutcome::default() })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        Ok(Box::new(Fitted { published: parameters.map(Published::decode).transpose()?.unwrap_or_default() }))
    }
}
