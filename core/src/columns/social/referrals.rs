//! `[score.NAME] model = "referrals", on = "referral", value = "clv"`: who brought whom, and whose merit it is.
//!
//! The events `on` name who referred (the customer) and who came (the peer); of each newcomer the earliest counts,
//! and none that would close a circle ([`crate::graph::cascades`]). The column is the credit: of the `value` of
//! everyone who was referred, the part that falls to the customer, by `credit`: `equal` among all up the chain, to
//! the `nearest` alone, or `decay`, each step up the chain `decay` times the one before. The credits of all sum to
//! the value of all who were referred, whatever the rule: nobody is counted twice. Whoever would have come
//! `anyway` counts nothing. Parts: `referred` (by the customer itself), `descendants` (directly or down the
//! chain), `depth` (steps from the first of the chain) and `virality` (of the whole tree: the mean distance of two
//! of its members; Goel et al. 2016). The report of the fit tells `reproduction`, `cascades`, `longest`,
//! `intermediaries` (who were referred and referred others). Published by a fit.
//!
//! Keys: `on`, `where`, `anyway` (a condition on the event), `value`, `credit`, `decay`.

use super::values::{Found, Survey, Surveyed, nothing_yet};
use crate::base::Result;
use crate::data::published::Published;
use crate::data::record::NONE;
use crate::definition::Section;
use crate::definition::model::Column;
use crate::graph::{Cascades, Credit, ROOT, cascades};
use crate::program::{Happened, Kind, Lowered, Lowering, Population, Wanted};

/// The kind of referrals.
pub(crate) struct ReferralKind;

struct Referrals {
    /// Referrals, each with whether the newcomer would have come anyway.
    wanted: Wanted,
    value: Option<usize>,
    credit: Credit,
}

impl Kind for ReferralKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.text("model") == Some("referrals")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let (on, filter, anyway) = (section.words("on"), section.text("where"), section.text("anyway"));
        section.require("on", "the event kinds that are referrals");
        let value = section.text("value");
        let credit = section.one_of("credit", &["equal", "nearest", "decay"]);
        let decay = section.number_where("decay", "a number from 0 to 1", |n| (0.0..=1.0).contains(&n));
        let decays = credit.as_ref().is_some_and(|word| word.value == "decay");
        if decays != decay.is_some() {
            section.report_here("`credit = \"decay\"` and the number `decay` belong together", None);
        }
        section.finish();
        let mut wanted = lowering.wanted(&on, filter.as_ref())?;
        lowering.paired_kinds(&on);
        let anyway = anyway.unwrap_or_else(|| column.name.with("false".to_owned()));
        wanted.values.push(lowering.condition(&anyway, &wanted.kinds)?);
        let value = match value {
            Some(word) => Some(lowering.number_column(&word)?),
            None => None,
        };
        let credit = match (credit.as_ref().map(|word| word.value.as_str()), decay) {
            (Some("nearest"), _) => Credit::Nearest,
            (Some("decay"), Some(decay)) => Credit::Decay(decay.value),
            _ => Credit::Equal,
        };
        let parts = ["", "referred", "descendants", "depth", "virality"];
        Some(Surveyed::lowered(Referrals { wanted, value, credit }, &parts))
    }
}

impl Survey for Referrals {
    fn survey(&self, population: &dyn Population, before: Option<&Published>) -> Result<Found> {
        let pair = |event: &Happened| event.customer != NONE && event.peer != NONE;
        let events: Vec<Happened> = population.events(&self.wanted)?.into_iter().filter(pair).collect();
        if events.is_empty() {
            nothing_yet(before, "nobody was referred yet")?;
        }
        let column = |of: fn(&Happened) -> u32| events.iter().map(of).collect::<Vec<u32>>();
        let at: Vec<i64> = events.iter().map(|event| event.at).collect();
        let forest = cascades(population.customers(), &column(|it| it.customer), &column(|it| it.peer), &at)?;
        let mut value = match self.value {
            Some(column) => population.column(column)?,
            None => vec![1.0; population.customers()],
        };
        for (node, value) in value.iter_mut().enumerate() {
            // What is credited is what was referred: who came unasked brings nobody merit.
            let counts = forest.parent[node] != ROOT && value.is_finite();
            *value = if counts { *value } else { 0.0 };
        }
        // The earliest referral is the one that counts, and so is what it says.
        let mut told = vec![false; population.customers()];
        for event in &events {
            let newcomer = event.peer as usize;
            if forest.parent[newcomer] == event.customer && !std::mem::replace(&mut told[newcomer], true) {
                value[newcomer] *= f64::from(u8::from(event.values.first() != Some(&1.0)));
            }
        }
        let credit = forest.credit(&value, self.credit)?;
        let diagnostics = figures(&forest, events.len(), &value);
        let whole = |counts: Vec<usize>| counts.into_iter().map(|count| count as f64).collect::<Vec<f64>>();
        let virality = forest.virality();
        let virality = forest.root.iter().map(|root| virality[*root as usize]).collect();
        let depth = forest.depth.iter().map(|depth| f64::from(*depth)).collect();
        let columns = vec![credit, whole(forest.offspring()), whole(forest.descendants()), depth, virality];
        Ok(Found { columns, diagnostics, ..Found::default() })
    }
}

fn figures(forest: &Cascades, events: usize, value: &[f64]) -> Vec<(String, f64)> {
    let referred = forest.parent.iter().filter(|parent| **parent != ROOT).count();
    let trees = forest.sizes().into_iter().filter(|size| *size > 1).count();
    [
        ("events", events as f64),
        ("ignored", forest.ignored as f64),
        ("referred", referred as f64),
        ("cascades", trees as f64),
        ("reproduction", forest.reproduction()),
        ("longest", f64::from(forest.longest())),
        ("intermediaries", forest.intermediaries().len() as f64),
        ("value", value.iter().sum()),
    ]
    .map(|(name, figure)| (name.to_owned(), figure))
    .to_vec()
}
