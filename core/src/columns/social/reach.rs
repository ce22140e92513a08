//! `[score.NAME] model = "reach", layers = "talk"`: whom a whisper of a customer could have reached.
//!
//! Other customers reached in `hops` contacts, each later than the one before, over the events that feed the
//! one layer; exact up to 127, about beyond ([`crate::graph::Contacts`]). With `across`, a column of names such as a
//! region, only those who are elsewhere. Parts: `rank` (among all customers, 0 to 1), `growth` (customers a day since the
//! last fit) and, with `community`, `together` (whom the community of the customer reaches, itself not counted) and
//! `together_rank` (among the communities). Published by a fit, from all that the journal holds.
//!
//! Keys: `layers`, `reverse`, `hops`, `across`, `community`.

use super::across::names;
use super::layers::Named;
use super::mass::Groups;
use super::values::{Found, Survey, Surveyed, nothing_yet};
use crate::base::Result;
use crate::columns::DAY;
use crate::data::codec::{Reader, Writer};
use crate::data::published::Published;
use crate::definition::Section;
use crate::definition::model::Column;
use crate::graph::{Contacts, Reached, percentile_ranks};
use crate::program::{Kind, Lowered, Lowering, Population};

/// The kind of reaches.
pub(crate) struct ReachKind;

/// Steps of a reach: friends of friends of friends.
const HOPS: usize = 3;

struct Reach {
    /// The pair feature whose events feed the layer.
    events: usize,
    reverse: bool,
    hops: usize,
    across: Option<usize>,
    community: Option<usize>,
}

impl Kind for ReachKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.text("model") == Some("reach")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let named = Named::read(&mut section);
        section.require("layers", "the layer of ties whose events are contacts");
        let reverse = section.flag("reverse").is_some_and(|word| word.value);
        let hops = section.integer("hops", 1);
        let (across, community) = (section.text("across"), section.text("community"));
        section.finish();
        let tie = named.channel("reach", &column.name, lowering)?;
        let events = lowering.program.ties.get(tie)?.feature;
        let across = match across {
            Some(word) => Some(names(&word, lowering)?),
            None => None,
        };
        let community = match community {
            Some(word) => Some(lowering.community_named(&word)?),
            None => None,
        };
        let hops = hops.map_or(HOPS, |word| word.value as usize);
        let parts = ["", "rank", "growth", "together", "together_rank"];
        let parts = if community.is_some() { &parts[..] } else { &parts[..3] };
        Some(Surveyed::lowered(Reach { events, reverse, hops, across, community }, parts))
    }
}

impl Reach {
    fn contacts(&self, population: &dyn Population, before: Option<&Published>) -> Result<Contacts> {
        let history = population.history(self.events)?;
        if history.is_empty() {
            nothing_yet(before, "no event has fed the layer yet")?;
        }
        let (mut from, mut to): (Vec<u32>, Vec<u32>) = history.iter().map(|row| (row.0, row.1)).unzip();
        if self.reverse {
            std::mem::swap(&mut from, &mut to);
        }
        let at: Vec<i64> = history.iter().map(|row| row.2).collect();
        Contacts::new(population.customers(), &from, &to, &at)
    }

    /// The reach of everyone into other regions; unknown for who is in none.
    fn elsewhere(&self, contacts: &Contacts, regions: &[f64]) -> Vec<f64> {
        let mut known: Vec<f64> = regions.iter().copied().filter(|region| !region.is_nan()).collect();
        known.sort_by(f64::total_cmp);
        known.dedup();
        let mut values = vec![f64::NAN; regions.len()];
        for region in known {
            let other = |node: u32| regions.get(node as usize).is_some_and(|own| !own.is_nan() && *own != region);
            let reached = contacts.reached(self.hops, other);
            let inside = (0u32..).zip(regions.iter().zip(&mut values)).filter(|(_, (own, _))| **own == region);
            inside.for_each(|(node, (_, value))| *value = reached.together(&[node]));
        }
        values
    }

    /// What the community of each customer reaches, and where that stands among the communities.
    fn together(reached: &Reached, words: &[f64]) -> [Vec<f64>; 2] {
        let groups = Groups::new(words);
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); groups.inside.len()];
        let pairs = groups.inside.iter().zip(&groups.label);
        pairs.clone().for_each(|(row, label)| members[*label as usize].push(*row as u32));
        let sizes: Vec<f64> =
            members.iter().take_while(|own| !own.is_empty()).map(|own| reached.together(own)).collect();
        let ranks = percentile_ranks(&sizes);
        let mut out = [vec![f64::NAN; words.len()], vec![f64::NAN; words.len()]];
        for (row, label) in pairs {
            out[0][*row] = sizes[*label as usize];
            out[1][*row] = ranks[*label as usize];
        }
        out
    }
}

impl Survey for Reach {
    fn survey(&self, population: &dyn Population, before: Option<&Published>) -> Result<Found> {
        let contacts = self.contacts(population, before)?;
        let reached = contacts.reached(self.hops, |_| true);
        let mut values: Vec<f64> = match self.across {
            Some(column) => self.elsewhere(&contacts, &population.column(column)?),
            None => (0..population.customers() as u32).map(|node| reached.together(&[node])).collect(),
        };
        let live = |(node, value): (u32, &mut f64)| *value = if population.is_live(node) { *value } else { f64::NAN };
        (0u32..).zip(&mut values).for_each(live);
        let ranks = percentile_ranks(&values);
        let then = before.map(|published| Reader::new(&published.rest).i64()).transpose()?;
        let days = then.map_or(f64::NAN, |then| population.at().saturating_sub(then) as f64 / DAY as f64);
        let growth = |(node, value): (u32, &f64)| {
            let was = before.and_then(|published| published.of(node).first().copied()).unwrap_or(0.0);
            if days > 0.0 { (value - was) / days } else { f64::NAN }
        };
        let growth = (0u32..).zip(&values).map(growth).collect();
        let known = values.iter().filter(|value| !value.is_nan());
        let diagnostics = vec![
            ("customers".to_owned(), known.clone().count() as f64),
            ("largest".to_owned(), known.copied().fold(f64::NAN, f64::max)),
        ];
        let mut columns = vec![values, ranks, growth];
        if let Some(column) = self.community {
            columns.extend(Reach::together(&reached, &population.column(column)?));
        }
        let mut rest = Writer::default();
        rest.i64(population.at());
        Ok(Found { columns, diagnostics, rest: rest.into_bytes(), ..Found::default() })
    }
}
