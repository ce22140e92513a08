//! `[score.NAME] model = "adoption", layers = "advice", on = "prescription", period = "30d"`: how a novelty spreads.
//!
//! A customer adopts with its first event `on`. The column is the threshold (Valente 1996): the share of the customer's
//! ties, by strength, that led to customers who had adopted when the customer did, or `lag` before. Parts:
//! `exposure` (that share now, of everyone who has ties), `period` (in which the customer adopted, the first
//! being 1) and `hazard` (of those who had not adopted before that period, the share that did in it). The report of
//! the fit tells `p` and `q` of the model of Bass (1969), its `market`, and the hazard by period. Whoever
//! did not adopt has a part `exposure` alone. Published by a fit; ties are those of the fit.
//!
//! Keys: `layers`, `weights`, `reverse`, `on`, `where`, `period`, `lag`.

use super::layers::{Layers, Named};
use super::values::{Found, Survey, Surveyed, nothing_yet};
use crate::base::Result;
use crate::data::published::Published;
use crate::data::record::NONE;
use crate::definition::Section;
use crate::definition::model::Column;
use crate::graph::{adoption_hazard, adoption_thresholds, exposure, fit_bass};
use crate::program::{Kind, Lowered, Lowering, Population, Wanted};

/// The kind of adoptions.
pub(crate) struct AdoptionKind;

/// Periods beyond this many are not looked at one by one.
const MOST_PERIODS: usize = 10_000;
/// Hazards that the report names.
const TOLD: usize = 24;

struct Adoption {
    layers: Layers,
    reverse: bool,
    wanted: Wanted,
    period: i64,
    lag: i64,
}

impl Kind for AdoptionKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.text("model") == Some("adoption")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let named = Named::read(&mut section);
        section.require("layers", "the layers of ties over which it spreads");
        let reverse = section.flag("reverse").is_some_and(|word| word.value);
        let (on, filter) = (section.words("on"), section.text("where"));
        section.require("on", "the event kinds that are an adoption");
        let (period, lag) = (section.duration("period"), section.duration("lag"));
        section.require("period", "how long a period is, as in `period = \"30d\"`");
        section.finish();
        let layers = named.channels(lowering)?;
        let wanted = lowering.wanted(&on, filter.as_ref())?;
        let (period, lag) = (period?.value, lag.map_or(0, |span| span.value));
        let parts = ["", "exposure", "period", "hazard"];
        Some(Surveyed::lowered(Adoption { layers, reverse, wanted, period, lag }, &parts))
    }
}

impl Survey for Adoption {
    fn survey(&self, population: &dyn Population, before: Option<&Published>) -> Result<Found> {
        let mut adopted = vec![f64::NAN; population.customers()];
        let events = population.events(&self.wanted)?;
        for event in events.iter().filter(|event| event.customer != NONE) {
            let own = &mut adopted[event.customer as usize];
            *own = if own.is_nan() { event.at as f64 } else { *own };
        }
        let Some(first) = events.iter().find(|event| event.customer != NONE).map(|event| event.at) else {
            nothing_yet(before, "nobody has adopted yet")?;
            return Ok(Found { columns: vec![adopted; 4], ..Found::default() });
        };
        let graph = self.layers.graph(population)?;
        let graph = if self.reverse { graph.transpose() } else { graph };
        let period_of = |at: f64| ((at as i64 - first) / self.period + 1) as f64;
        let periods: Vec<f64> = adopted.iter().map(|at| if at.is_nan() { f64::NAN } else { period_of(*at) }).collect();
        let last = (period_of(population.at() as f64) as usize).min(MOST_PERIODS);
        let mut adopters = vec![0.0; last];
        for period in periods.iter().filter(|period| !period.is_nan()) {
            if let Some(count) = adopters.get_mut(*period as usize - 1) {
                *count += 1.0;
            }
        }
        let live = (0..population.customers() as u32).filter(|node| population.is_live(*node)).count();
        let hazards = adoption_hazard(live as f64, &adopters);
        let hazard = periods.iter().map(|period| {
            let place = if period.is_nan() { usize::MAX } else { *period as usize - 1 };
            hazards.get(place).copied().unwrap_or(f64::NAN)
        });
        let thresholds = adoption_thresholds(&graph, &adopted, self.lag as f64)?;
        let now = exposure(&graph, &adopted, population.at() as f64)?;
        let columns = vec![thresholds, now, periods.clone(), hazard.collect()];
        Ok(Found { columns, diagnostics: figures(&adopters, &hazards), ..Found::default() })
    }
}

fn figures(adopters: &[f64], hazards: &[f64]) -> Vec<(String, f64)> {
    let mut figures =
        vec![("adopters".to_owned(), adopters.iter().sum()), ("periods".to_owned(), adopters.len() as f64)];
    // What Bass can't be fitted to is no reason to be without thresholds.
    if let Ok(bass) = fit_bass(adopters) {
        let named = [("p", bass.p), ("q", bass.q), ("market", bass.market), ("squares", bass.squares)];
        figures.extend(named.map(|(name, figure)| (name.to_owned(), figure)));
    }
    figures.extend((1..).zip(hazards).take(TOLD).map(|(period, hazard)| (format!("hazard_{period}"), *hazard)));
    figures
}
