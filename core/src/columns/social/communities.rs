//! `[community.NAME]`: who belongs together, by ties and, if wished, by what they need.
//!
//! Communities by Leiden ([`crate::graph::leiden()`]) over the declared layers, each scaled to shares
//! and weighed, and over the ties of the nearest in a need space, which weigh `share` of the whole.
//! Directions add up. The column is the name of the community, `NAME_1` and so on: a community keeps
//! its name over refits while it overlaps with what it was, and a name never comes back. Parts: `size`,
//! `within` (ties inside in standard deviations above the mean of the community) and `participation`
//! (0 where all ties are inside; Guimera and Amaral 2005). Whoever has no tie is in no community.
//!
//! The fit tells which share of the communities each bond explains, and in its notes what became of
//! each of them: birth, growth, contraction, merge, split, death.
//!
//! With `repairs`, so many fits in a row begin with the communities of the one before ([`crate::graph::refresh`]); the
//! one after them is whole, and so is one after which more than one customer in eight is in other company, if that is better.
//!
//! Keys: `layers`, `weights`, `needs`, `share`, `nearest`, `resolution`, `quality`, `iterations`, `repairs`.

use super::layers::{Layers, Named};
use super::values::nothing_yet;
use crate::base::Result;
use crate::data::codec::{Reader, Writer};
use crate::data::published::Published;
use crate::definition::Section;
use crate::definition::model::Column;
use crate::expr::Type;
use crate::graph::{
    Change, Csr, LeidenOptions, NOWHERE, Quality, blend, bond_shares, leiden, match_communities, nearest_by_need,
    refresh, roles,
};
use crate::program::{
    ColumnModel, Explained, FitOutcome, FittedModel, Input, Inputs, Kind, Lowered, Lowering, Part, Population,
};

/// The kind of communities.
pub(crate) struct CommunityKind;

struct Communities {
    name: String,
    layers: Layers,
    needs: Option<Needs>,
    options: LeidenOptions,
    /// Fits in a row that only repair.
    repairs: u32,
    parts: Vec<Part>,
}

/// Likeness of needs as a bond.
struct Needs {
    /// Columns with the share of each topic.
    topics: Vec<usize>,
    share: f64,
    nearest: usize,
}

/// What a community fit keeps besides the members: the words of the communities that live, and the id
/// that comes next.
#[derive(Default)]
struct Names {
    next: u32,
    /// Id and word, rising by id.
    words: Vec<(u32, u32)>,
    /// Fits since the last whole one.
    repaired: u32,
}

impl Kind for CommunityKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "community"
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        let named = Named::read(&mut section);
        let needs = section.text("needs");
        let share = section.number_where("share", "a number above 0 and below 1", |n| n > 0.0 && n < 1.0);
        let nearest = section.integer("nearest", 1);
        let resolution = section.number_where("resolution", "a number of at least 0", |n| n >= 0.0);
        let quality = section.one_of("quality", &["modularity", "potts"]);
        let iterations = section.integer("iterations", 0);
        let repairs = section.integer("repairs", 0).map_or(0, |word| word.value);
        if named.is_empty() && needs.is_none() {
            section.report_here("`layers` names layers of ties, or `needs` a need space: neither is given", None);
        }
        if needs.is_none() && (share.is_some() || nearest.is_some()) {
            section.report_here("`share` and `nearest` belong to `needs`, which is not given", None);
        }
        section.finish();
        let only_needs = named.is_empty();
        if let Some(share) = share.as_ref().filter(|_| only_needs && needs.is_some()) {
            lowering.warn(share, "needs are all there is, where no layer is named beside them", None);
        }
        let layers = named.find(lowering)?;
        let needs = match needs {
            None => None,
            Some(word) => {
                let topics = lowering.topics_of(&word)?;
                let share = share.map_or(if only_needs { 1.0 } else { 0.5 }, |word| word.value);
                Some(Needs { topics, share, nearest: nearest.map_or(10, |word| word.value as usize) })
            }
        };
        if only_needs && needs.is_none() {
            return None;
        }
        let standard = LeidenOptions::default();
        let options = LeidenOptions {
            quality: if quality.is_some_and(|word| word.value == "potts") {
                Quality::Potts
            } else {
                Quality::Modularity
            },
            resolution: resolution.map_or(standard.resolution, |word| word.value),
            iterations: iterations.map_or(standard.iterations, |word| word.value),
            seed: 0,
        };
        let number = |name: &str| Part { name: name.to_owned(), kind: Type::Number };
        let own = Part { name: String::new(), kind: Type::Key };
        let parts = vec![own, number("size"), number("within"), number("participation")];
        let name = column.name.value.clone();
        Some(Lowered::Model(Box::new(Communities { name, layers, needs, options, repairs, parts })))
    }
}

impl Communities {
    /// The bonds by name, each with its weight.
    fn bonds(&self, population: &dyn Population) -> Result<Vec<(String, Csr, f64)>> {
        let rest = 1.0 - self.needs.as_ref().map_or(0.0, |needs| needs.share);
        let sum: f64 = self.layers.each.iter().map(|each| each.2).sum();
        let graphs = self.layers.graphs(population)?;
        let layers = self.layers.each.iter().zip(graphs);
        let mut bonds: Vec<_> = layers
            .map(|((name, _, weight), graph)| (name.clone(), graph.to_undirected(), rest * weight / sum))
            .collect();
        if let Some(needs) = &self.needs {
            let columns: Vec<Vec<f64>> =
                needs.topics.iter().map(|column| population.column(*column)).collect::<Result<_>>()?;
            let vectors: Vec<f64> =
                (0..population.customers()).flat_map(|row| columns.iter().map(move |column| column[row])).collect();
            let near = nearest_by_need(&vectors, columns.len(), needs.nearest)?;
            bonds.push(("needs".to_owned(), near, needs.share));
        }
        Ok(bonds)
    }

    /// Members under the ids that they had, as far as they go on.
    fn previous(&self, published: Option<&Published>) -> Result<(Vec<u32>, Names)> {
        let Some(published) = published else { return Ok((Vec::new(), Names::default())) };
        let names = Names::decode(&published.rest)?;
        let mut by_word: Vec<(u32, u32)> = names.words.iter().map(|(id, word)| (*word, *id)).collect();
        by_word.sort_unstable();
        let id = |values: &[f64]| {
            let word = values.first().filter(|word| !word.is_nan()).map(|word| *word as u32);
            let found = word.and_then(|word| by_word.binary_search_by_key(&word, |(word, _)| *word).ok());
            found.map_or(NOWHERE, |place| by_word[place].1)
        };
        let mut ids = Vec::new();
        for (customer, values) in published.rows() {
            ids.resize(customer as usize, NOWHERE);
            ids.push(id(values));
        }
        Ok((ids, names))
    }

    /// What became of a community, in words.
    fn note(&self, change: Change) -> (String, String) {
        let name = |id: u32| community_name(&self.name, id);
        match change {
            Change::Birth { id, size } => (name(id), format!("birth: {size} members")),
            Change::Growth { id, before, after } => (name(id), format!("growth: {before} to {after} members")),
            Change::Contraction { id, before, after } => {
                (name(id), format!("contraction: {before} to {after} members"))
            }
            Change::Merge { id, into, size } => (name(id), format!("merge: {size} members into {}", name(into))),
            Change::Split { id, from, size } => (name(id), format!("split: {size} members from {}", name(from))),
            Change::Death { id, size: 0 } => (name(id), "death: all its members were erased".to_owned()),
            Change::Death { id, size } => (name(id), format!("death: it had {size} members")),
        }
    }
}

/// The name of a community: ids begin at 0, names at 1.
fn community_name(column: &str, id: u32) -> String {
    format!("{column}_{}", u64::from(id) + 1)
}

impl ColumnModel for Communities {
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

    fn fit(&self, population: &dyn Population, previous: Option<&[u8]>) -> Result<FitOutcome> {
        let bonds = self.bonds(population)?;
        let weighted: Vec<(&Csr, f64)> = bonds.iter().map(|(_, graph, weight)| (graph, *weight)).collect();
        let graph = blend(&weighted)?;
        let published = previous.map(Published::decode).transpose()?;
        if graph.arcs() == 0 {
            nothing_yet(published.as_ref(), "nobody has a tie yet")?;
        }
        let options = LeidenOptions { seed: population.seed(), ..self.options };
        let (before, names) = self.previous(published.as_ref())?;
        let repaired = if names.words.is_empty() || names.repaired >= self.repairs { 0 } else { names.repaired + 1 };
        let found = if repaired > 0 { refresh(&graph, &options, &before)? } else { leiden(&graph, &options)? };
        let alone = |node: u32| graph.degree(node) == 0;
        let label: Vec<u32> =
            (0u32..).zip(&found.label).map(|(node, label)| if alone(node) { NOWHERE } else { *label }).collect();
        let life = match_communities(&before, &label, names.next)?;
        let role = roles(&graph, &found.label)?;
        let mut words: Vec<(u32, u32)> = Vec::new();
        let mut ids: Vec<u32> = life.id.iter().copied().filter(|id| *id != NOWHERE).collect();
        let members = ids.len();
        ids.sort_unstable();
        let largest = ids.chunk_by(|a, b| a == b).map(<[u32]>::len).max().unwrap_or(0);
        ids.dedup();
        for id in ids {
            words.push((id, population.word(&community_name(&self.name, id))?));
        }
        let word = |id: u32| {
            let found = words.binary_search_by_key(&id, |(id, _)| *id);
            found.map_or(f64::NAN, |place| f64::from(words[place].1))
        };
        let rows = life.id.iter().zip(role.within.iter().zip(&role.participation));
        let values = rows.flat_map(|(id, (within, participation))| match word(*id) {
            word if word.is_nan() => [f64::NAN; 3],
            word => [word, *within, *participation],
        });
        let values: Vec<f64> = values.collect();
        let kept = Names { next: life.next_id, words: words.clone(), repaired };
        let published = Published::new(true, 3, &values, kept.encode());
        let mut diagnostics = vec![
            ("communities".to_owned(), words.len() as f64),
            ("members".to_owned(), members as f64),
            ("largest".to_owned(), largest as f64),
            ("quality".to_owned(), found.quality),
            ("repaired".to_owned(), f64::from(u8::from(repaired > 0))),
        ];
        let shares = bond_shares(&weighted, &found.label, options.resolution)?;
        diagnostics.extend(bonds.iter().zip(shares).map(|((name, _, _), share)| (format!("share_{name}"), share)));
        let left = names.unpeopled(&before).map(|id| Change::Death { id, size: 0 });
        let notes = life.changes.into_iter().chain(left).map(|change| self.note(change)).collect();
        Ok(FitOutcome { parameters: published.encode(), diagnostics, notes, ..FitOutcome::default() })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let published = parameters.map(Published::decode).transpose()?.unwrap_or_default();
        let own = |(customer, values): (u32, &[f64])| (!values[0].is_nan()).then_some((values[0] as u32, customer));
        let mut of: Vec<(u32, u32)> = published.rows().filter_map(own).collect();
        of.sort_unstable();
        let (words, members) = of.into_iter().unzip();
        Ok(Box::new(Fitted { published, words, members }))
    }
}

impl Names {
    /// The communities of the last fit of whom nobody is left: only an erasure takes a member away between fits.
    fn unpeopled(&self, members: &[u32]) -> impl Iterator<Item = u32> {
        let mut peopled = members.to_vec();
        peopled.sort_unstable();
        let ids: Vec<u32> = self.words.iter().map(|(id, _)| *id).collect();
        ids.into_iter().filter(move |id| peopled.binary_search(id).is_err())
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.u32(self.next);
        out.count(self.words.len());
        self.words.iter().for_each(|(id, word)| {
            out.u32(*id);
            out.u32(*word);
        });
        if self.repaired > 0 {
            out.u32(self.repaired);
        }
        out.into_bytes()
    }

    fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let next = from.u32()?;
        let count = from.count()?;
        let words: Result<Vec<(u32, u32)>> = (0..count).map(|_| Ok((from.u32()?, from.u32()?))).collect();
        let words = words?;
        let repaired = if from.remaining() == 0 { 0 } else { from.u32()? };
        from.finish()?;
        Ok(Names { next, words, repaired })
    }
}

/// Communities as the last fit gave them.
struct Fitted {
    published: Published,
    /// The word of each member, rising.
    words: Vec<u32>,
    /// The members in that order, rising within a community.
    members: Vec<u32>,
}

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        let &[word, within, participation] = self.published.of(inputs.customer) else { return };
        let size = if word.is_nan() { f64::NAN } else { self.members(word).len() as f64 };
        out.iter_mut().zip([word, size, within, participation]).for_each(|(place, value)| *place = value);
    }

    fn name_of(&self, customer: u32) -> f64 {
        self.published.of(customer).first().copied().unwrap_or(f64::NAN)
    }

    fn members(&self, name: f64) -> &[u32] {
        let first = self.words.partition_point(|word| f64::from(*word) < name);
        let last = self.words.partition_point(|word| f64::from(*word) <= name);
        self.members.get(first..last).unwrap_or_default()
    }

    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let mut values = [f64::NAN; 4];
        self.read(inputs, &mut values);
        let value = values.get(part).copied().unwrap_or(f64::NAN);
        let named = [("size", values[1]), ("within", values[2]), ("participation", values[3])];
        let evidence = named.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Explained { value, parts: vec![("value".to_owned(), value)], evidence }
    }
}
