//! `[needs.NAME]`: what customers want to get done, as topics over a category of their events.
//!
//! A customer's decayed counts by key, their square roots taken (so that heavy buyers do not own the
//! topics), are folded into the topics of the last fit ([`crate::models::topics`]). The column is
//! the topic of the largest weight, `topic_1` to `topic_k`; a topic keeps its id over refits. Parts:
//! the share of each topic, `entropy` of the shares in nats, and `evidence`, the decayed count behind
//! them. Unknown before a fit and without evidence. Fold class: exact to rounding in any order.
//!
//! Not all that is said says as much: with `weight` a kind of event counts for more or less than one. With
//! `met_by`, the kinds by which a need is met, the part `unmet` is the topic whose share in all other events
//! exceeds that in those by most, and
//! `unmet_share` by how much: what is talked about and not bought. Unknown where nothing else was said; no topic where
//! nothing exceeds.
//!
//! Keys: `on`, `by` (the role, default `need`), `topics`, `half_life`, `where`, `without` (names left out),
//! `weight`, `met_by`.

mod fitted;

use fitted::{Fitted, Parameters};

use std::collections::BTreeMap;

use crate::base::{Error, ErrorKind, Result};
use crate::definition::Section;
use crate::definition::model::{Column, Window, Word};
use crate::definition::node::NodeValue;
use crate::expr::Type;
use crate::models::topics::{Csr, Nmf, Topics, match_topics};
use crate::program::{
    ColumnModel, Direction, FeatureRequest, FitOutcome, FittedModel, Input, Kind, Lowered, Lowering, Op, Part, Per,
    Population,
};

/// The kind of need spaces.
pub(super) struct NeedsKind;

/// A feature with counts by name, and what they are worth.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Evidence {
    feature: usize,
    weight: f64,
    /// Whether it meets needs.
    met: bool,
}

struct Needs {
    inputs: Vec<Input>,
    evidence: Vec<Evidence>,
    /// Whether there is a part `unmet`.
    unmet: bool,
    parts: Vec<Part>,
    topics: usize,
    /// Interned names of the topics.
    names: Vec<u32>,
    without: Vec<u32>,
    /// The column's own name.
    name: String,
}

/// Topics of one space: each is a column, and nobody reads more.
const MOST_TOPICS: u32 = 1024;

impl Kind for NeedsKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "needs"
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        let on = section.words("on");
        let by = section.text("by");
        let topics = section.integer("topics", 1);
        let half_life = section.duration("half_life");
        let filter = section.text("where");
        let without = section.words("without");
        let weights = weights(&mut section);
        let met_by = section.words("met_by");
        section.require("topics", "the number of topics");
        section.finish();
        let topics = topics?;
        if topics.value > MOST_TOPICS {
            lowering.problems.push(topics.problem(format!("expected at most {MOST_TOPICS} topics"), None));
            return None;
        }
        let topics = topics.value as usize;
        let kinds = if on.is_empty() { lowering.user_kinds() } else { lowering.kinds_named(&on) };
        let met = lowering.kinds_named(&met_by);
        let weighed: Vec<Word<String>> = weights.iter().map(|(kind, _)| kind.clone()).collect();
        let known = lowering.kinds_named(&weighed).len();
        if kinds.len() < on.len() || met.len() < met_by.len() || known < weights.len() {
            return None;
        }
        if let Some(first) = met_by.first().filter(|_| kinds.iter().all(|kind| met.contains(kind))) {
            let message = "every kind of event meets needs: none is left that could tell of an unmet one";
            lowering.warn(first, message, Some("leave out the kinds that only talk of a need".to_owned()));
        }
        let name = &column.name;
        let role = || Word { value: "need".to_owned(), place: name.place, path: name.path.clone() };
        let by = by.unwrap_or_else(role);
        let weight_of = |kind: usize, lowering: &Lowering<'_>| {
            let name = lowering.program.kinds.get(kind).map_or("", |kind| kind.name.as_str());
            weights.iter().find(|(word, _)| word.value == name).map_or(1.0, |(_, weight)| *weight)
        };
        // One feature for all kinds that are worth the same.
        let mut groups: Vec<(f64, bool, Vec<usize>)> = Vec::new();
        for kind in kinds {
            let (weight, meets) = (weight_of(kind, lowering), met.contains(&kind));
            match groups.iter_mut().find(|(own, same, _)| *own == weight && *same == meets) {
                Some((.., kinds)) => kinds.push(kind),
                None => groups.push((weight, meets, vec![kind])),
            }
        }
        if let Some((word, _)) = weights.first().filter(|_| groups.iter().all(|(weight, ..)| *weight == 0.0)) {
            lowering.mistake(word, "every kind of event counts for nothing: there is nothing to learn needs of", None);
            return None;
        }
        let mut evidence = Vec::new();
        for (weight, met, kinds) in groups.into_iter().filter(|(weight, ..)| *weight > 0.0) {
            let feature = lowering.feature(FeatureRequest {
                kinds,
                filter: filter.as_ref(),
                direction: Direction::Out,
                per: Per::Customer,
                occasion: false,
                op: Op::Histogram,
                value: None,
                by: Some(&by),
                window: half_life.as_ref().map_or(Window::Lifetime, |span| Window::HalfLife(span.value)),
            })?;
            evidence.push(Evidence { feature, weight, met });
        }
        let number = |name: String| Part { name, kind: Type::Number };
        let shares = (1..=topics).map(|topic| number(topic_name(topic)));
        let name_of = |name: &str| Part { name: name.to_owned(), kind: Type::Key };
        let unmet = !met_by.is_empty();
        let found = unmet.then(|| [name_of("unmet"), number("unmet_share".to_owned())]);
        let parts = std::iter::once(name_of("")).chain(shares).chain([number("entropy".to_owned())]);
        let parts = parts.chain(found.into_iter().flatten()).chain([number("evidence".to_owned())]).collect();
        let names = (1..=topics).map(|topic| lowering.key(&topic_name(topic))).collect();
        let without = without.iter().map(|word| lowering.key(&word.value)).collect();
        let inputs = evidence.iter().map(|one| Input::Histogram(one.feature)).collect();
        let name = name.value.clone();
        Some(Lowered::Model(Box::new(Needs { inputs, evidence, unmet, parts, topics, names, without, name })))
    }
}

fn topic_name(topic: usize) -> String {
    format!("topic_{topic}")
}

/// The key `weight`: kinds of events with what one of them is worth.
fn weights(section: &mut Section<'_, '_>) -> Vec<(Word<String>, f64)> {
    let mut found = Vec::new();
    for (kind, node) in section.entries("weight") {
        match node.value {
            NodeValue::Number(weight) if weight >= 0.0 && weight.is_finite() => found.push((kind.clone(), weight)),
            _ => {
                let message = format!("expected a number of at least 0, found {}", node.noun());
                section.report(kind.problem(message, None));
            }
        }
    }
    found
}

/// Counts by name of several sources together, each with what it is worth, rising by name.
fn together<'a>(parts: impl Iterator<Item = (f64, &'a [(u32, f64)])>) -> Vec<(u32, f64)> {
    let mut all: Vec<(u32, f64)> =
        parts.flat_map(|(weight, counts)| counts.iter().map(move |(key, count)| (*key, count * weight))).collect();
    all.sort_by_key(|(key, _)| *key);
    all.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            kept.1 += later.1;
        }
        same
    });
    all
}

/// A sparse matrix in the making.
#[derive(Default)]
struct Rows {
    ends: Vec<usize>,
    index: Vec<u32>,
    values: Vec<f64>,
}

impl Needs {
    /// Square roots of the counts of all customers over the terms, which grow by terms never seen.
    fn matrix(&self, population: &dyn Population, terms: &mut Vec<u32>) -> Rows {
        let mut rows = Rows::default();
        let mut places: BTreeMap<u32, usize> = terms.iter().copied().zip(0..).collect();
        for customer in 0..population.customers() {
            let counts: Vec<Vec<(u32, f64)>> =
                self.evidence.iter().map(|one| population.histogram(one.feature, customer as u32)).collect();
            let counts = together(self.evidence.iter().map(|one| one.weight).zip(counts.iter().map(Vec::as_slice)));
            let kept = counts.into_iter().filter(|(key, weight)| !self.without.contains(key) && *weight > 0.0);
            let mut row: Vec<(u32, f64)> = Vec::new();
            for (key, weight) in kept {
                let term = *places.entry(key).or_insert_with(|| {
                    terms.push(key);
                    terms.len() - 1
                });
                row.push((term as u32, weight.sqrt()));
            }
            if row.is_empty() {
                continue;
            }
            row.sort_unstable_by_key(|(term, _)| *term);
            rows.index.extend(row.iter().map(|(term, _)| *term));
            rows.values.extend(row.iter().map(|(_, value)| *value));
            rows.ends.push(rows.index.len());
        }
        rows
    }
}

/// The new topics under the ids of the old ones that they continue; new ones take the free ids.
fn keep_ids(old: &Topics, new: Topics) -> Topics {
    let matched = match_topics(old, &new, 0.5);
    let mut place = vec![None; new.k];
    for (topic, old) in matched.iter().enumerate() {
        if let Some(slot) = old.and_then(|old| place.get_mut(old)) {
            *slot = Some(topic);
        }
    }
    let mut rest = (0..new.k).filter(|topic| matched.get(*topic).is_some_and(Option::is_none));
    let order: Vec<usize> = place.iter().filter_map(|slot| slot.or_else(|| rest.next())).collect();
    let rows = order.iter().flat_map(|topic| new.row(*topic).to_vec()).collect();
    Topics { rows, ..new }
}

impl ColumnModel for Needs {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    fn needs_fit(&self) -> bool {
        true
    }

    /// All but the evidence: shares of weights that decay alike.
    fn is_steady(&self, part: usize) -> bool {
        part + 1 < self.parts.len()
    }

    fn fit(&self, population: &dyn Population, previous: Option<&[u8]>) -> Result<FitOutcome> {
        let previous = previous.map(Parameters::decode).transpose()?;
        let mut terms = previous.as_ref().map(|kept| kept.terms.clone()).unwrap_or_default();
        let rows = self.matrix(population, &mut terms);
        let customers = rows.ends.len();
        if customers < self.topics || terms.len() < self.topics {
            let (k, categories) = (self.topics, terms.len());
            let message =
                format!("{k} topics need {k} customers and categories: there are {customers} and {categories}");
            return Err(Error::new(ErrorKind::NotEnoughData, message));
        }
        let matrix = Csr::new(terms.len(), &rows.ends, &rows.index, &rows.values)?;
        let fit = Nmf { topics: self.topics, ..Nmf::default() }.fit(&matrix)?;
        let topics = match previous.filter(|kept| kept.topics.k == self.topics) {
            Some(kept) => keep_ids(&kept.topics, fit.topics),
            None => fit.topics,
        };
        let diagnostics = vec![
            ("customers".to_owned(), customers as f64),
            ("categories".to_owned(), terms.len() as f64),
            ("residual_norm".to_owned(), topics.objective),
            ("iterations".to_owned(), topics.iterations as f64),
            ("converged".to_owned(), f64::from(u8::from(topics.converged))),
        ];
        let parameters = Parameters { terms, topics };
        let notes =
            (0..self.topics).map(|topic| (topic_name(topic + 1), parameters.title(topic, population))).collect();
        Ok(FitOutcome { parameters: parameters.encode(), diagnostics, notes, ..FitOutcome::default() })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let fitted = |model| Fitted {
            model,
            names: self.names.clone(),
            without: self.without.clone(),
            column: self.name.clone(),
            worth: self.evidence.iter().map(|one| (one.weight, one.met)).collect(),
            unmet: self.unmet,
        };
        let Some(bytes) = parameters else { return Ok(Box::new(fitted(None))) };
        let Parameters { terms, topics } = Parameters::decode(bytes)?;
        let mut place: Vec<(u32, u32)> = terms.iter().enumerate().map(|(term, key)| (*key, term as u32)).collect();
        place.sort_unstable();
        let model = Some((place, topics.prepare()?));
        Ok(Box::new(fitted(model)))
    }
}
