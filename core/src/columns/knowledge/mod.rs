//! `[score.NAME] model = "knowledge"`: how well a customer is known, in bits, and for how long.
//!
//! By the customer's counts of a category and the shares of everyone, learnt by a fit
//! ([`crate::models::pooling::Shares`]): the entropy of the category of the next event as it is for everyone, less as
//! it is for the customer. Nothing where the customer has no event yet; below 0 for who is more varied than everyone.
//! Parts: `entropy` (what is still unknown of the next event, in bits), `tenure` (days since the first event),
//! `events`, `own` (the weight of the customer's own events beside everyone's), and `category_1` to `category_k` (the
//! chance that the next event is of each of `categories`). Unknown before a fit. Fold class: counts, exact in any
//! order.
//!
//! Keys: `on`, `where`, `by` (the category, default `need`), `categories`.

mod fitted;

use fitted::{Fitted, Parameters};

use super::hidden::{Hidden, each, numbered, or_else, parts};
use crate::base::{Error, ErrorKind, Result};
use crate::definition::Section;
use crate::definition::model::{Column, Window};
use crate::expr::Type;
use crate::models::pooling::Shares;
use crate::program::{ColumnModel, FitOutcome, FittedModel, Input, Kind, Lowered, Lowering, Op, Part, Population};

/// The kind of knowledge.
pub(super) struct KnowledgeKind;

struct Knowledge {
    /// Time of the first event; events by category.
    inputs: [Input; 2],
    parts: Vec<Part>,
    categories: Vec<u32>,
    names: Vec<String>,
}

/// Place of the part that grows with time alone.
const TENURE: usize = 2;

impl Kind for KnowledgeKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.text("model") == Some("knowledge")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let on = section.words("on");
        let filter = section.text("where");
        let by = section.text("by");
        let categories = section.words("categories");
        section.finish();
        let kinds = if on.is_empty() { lowering.user_kinds() } else { lowering.kinds_named(&on) };
        if kinds.len() < on.len() {
            return None;
        }
        let by = or_else(by, &column.name, "need");
        let hidden = Hidden { name: &column.name.value, kinds: &kinds, filter: filter.as_ref() };
        let inputs = [
            hidden.column("first", Op::FirstTime, None, lowering)?,
            hidden.histogram(Op::Histogram, &by, Window::Lifetime, lowering)?,
        ];
        let mut all = parts(["", "entropy", "tenure", "events", "own"].map(|part| (part, Type::Number)));
        all.extend(numbered("category", categories.len()));
        Some(Lowered::Model(Box::new(Knowledge {
            inputs,
            parts: all,
            categories: categories.iter().map(|word| lowering.key(&word.value)).collect(),
            names: categories.into_iter().map(|word| word.value).collect(),
        })))
    }
}

impl ColumnModel for Knowledge {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    fn needs_fit(&self) -> bool {
        true
    }

    fn is_steady(&self, part: usize) -> bool {
        part != TENURE
    }

    fn fit(&self, population: &dyn Population, _previous: Option<&[u8]>) -> Result<FitOutcome> {
        let mut rows: Vec<Vec<(u32, f64)>> = Vec::new();
        each(population, &self.inputs, |inputs| rows.extend(inputs.histograms.first().cloned()))?;
        if rows.iter().all(Vec::is_empty) {
            return Err(Error::new(ErrorKind::NotEnoughData, "no event has a category yet"));
        }
        // A declared category may yet come.
        let met = rows.iter().flatten().map(|(key, _)| *key);
        let mut categories: Vec<u32> = met.chain(self.categories.iter().copied()).collect();
        categories.sort_unstable();
        categories.dedup();
        let placed = |(key, count): &(u32, f64)| (categories.binary_search(key).unwrap_or(0) as u32, *count);
        let placed: Vec<Vec<(u32, f64)>> = rows.iter().map(|row| row.iter().map(placed).collect()).collect();
        let shares = Shares::fit(&placed, categories.len())?;
        let diagnostics = [
            ("customers", rows.iter().filter(|row| !row.is_empty()).count() as f64),
            ("categories", categories.len() as f64),
            ("entropy", shares.entropy(&[])),
            ("concentration", shares.concentration()),
        ];
        let diagnostics = diagnostics.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let notes = self.names.iter().zip(1..).map(|(name, place)| (format!("category_{place}"), name.clone()));
        let parameters = Parameters { categories, shares }.encode();
        Ok(FitOutcome { parameters, diagnostics, notes: notes.collect(), ..FitOutcome::default() })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let parameters = parameters.map(Parameters::decode).transpose()?;
        Ok(Box::new(Fitted { parameters, wanted: self.categories.clone() }))
    }
}
