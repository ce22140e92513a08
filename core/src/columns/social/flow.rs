//! `[score.NAME] model = "flow", layers = "trust", on = "review", by = "category"`: flows of knowledge.
//!
//! A customer takes something up with its first event `on` that names it in the role `by` (default `need`), and takes
//! it from peers where some to whom its ties lead had taken it up before, at most `window` earlier. The column
//! is what the customer passed on: its part in what others took up after it, each taking shared alike among all who
//! went before. Parts: `taken`, `brokered` (the part of what it passed on that it had taken itself), `rank` (of what it
//! brokered, among all, 0 to 1). What is passed on sums to what is taken. The report of the fit has the verdict
//! `influence` on whether time gives ties any say at all ([`crate::graph::influence()`]): following is no effect.
//! A tie runs from who looks to who is looked at; `reverse` turns it round. Published by a fit.
//!
//! Keys: `layers`, `weights`, `reverse`, `on`, `where`, `by`, `window`.

use super::layers::{Layers, Named};
use super::values::{Found, Survey, Surveyed, nothing_yet};
use crate::base::Result;
use crate::data::published::Published;
use crate::data::record::NONE;
use crate::definition::Section;
use crate::definition::model::{Column, Word};
use crate::expr::Type;
use crate::graph::{Adoptions, influence, knowledge_flow, percentile_ranks};
use crate::program::{Kind, Lowered, Lowering, Population, Wanted};

/// The kind of flows.
pub(crate) struct FlowKind;

struct Flows {
    layers: Layers,
    reverse: bool,
    wanted: Wanted,
    window: i64,
}

impl Kind for FlowKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.text("model") == Some("flow")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let named = Named::read(&mut section);
        section.require("layers", "the layers of ties over which it flows");
        let reverse = section.flag("reverse").is_some_and(|word| word.value);
        let (on, filter) = (section.words("on"), section.text("where"));
        section.require("on", "the event kinds by which something is taken up");
        let (by, window) = (section.text("by"), section.duration("window"));
        section.finish();
        let layers = named.channels(lowering)?;
        let mut wanted = lowering.wanted(&on, filter.as_ref())?;
        let by: Word<String> = by.unwrap_or_else(|| column.name.with("need".to_owned()));
        let named = lowering.over_events(&by, &wanted.kinds)?;
        lowering.expect_type(&by, &named, Type::Key);
        wanted.values.push(named);
        let window = window.map_or(i64::MAX, |span| span.value);
        Some(Surveyed::lowered(Flows { layers, reverse, wanted, window }, &["", "taken", "brokered", "rank"]))
    }
}

impl Survey for Flows {
    fn survey(&self, population: &dyn Population, before: Option<&Published>) -> Result<Found> {
        let (mut node, mut item, mut at) = (Vec::new(), Vec::new(), Vec::new());
        for event in population.events(&self.wanted)?.iter().filter(|event| event.customer != NONE) {
            if let Some(named) = event.values.first().filter(|named| !named.is_nan()) {
                node.push(event.customer);
                item.push(*named as u32);
                at.push(event.at);
            }
        }
        if node.is_empty() {
            nothing_yet(before, "nothing was taken up yet")?;
        }
        let graph = self.layers.graph(population)?;
        let graph = if self.reverse { graph.transpose() } else { graph };
        let adoptions = Adoptions { node: &node, item: &item, at: &at };
        let flow = knowledge_flow(&graph, &adoptions, self.window)?;
        let verdict = influence(&graph, &adoptions, self.window, population.seed())?;
        let sum = |values: &[f64]| values.iter().sum::<f64>();
        let diagnostics = vec![
            ("taken".to_owned(), sum(&flow.taken)),
            ("brokered".to_owned(), sum(&flow.brokered)),
            ("brokers".to_owned(), flow.brokered.iter().filter(|part| **part > 0.0).count() as f64),
        ];
        let ranks = percentile_ranks(&flow.brokered);
        let columns = vec![flow.passed, flow.taken, flow.brokered, ranks];
        let verdicts = vec![("influence".to_owned(), verdict)];
        Ok(Found { columns, diagnostics, verdicts, ..Found::default() })
    }
}
