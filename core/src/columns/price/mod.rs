//! `[score.NAME] model = "price_tier"`: how dear a customer buys, and whether the middle melts away.
//!
//! The fit gives each item its tier: the share of its category's lines that cost less, ties counted half,
//! by the item's mean price ([`crate::models::humps::price_tiers`]). The column is the mean tier of the
//! customer's lines, 0 the cheapest, 1 the dearest of their categories; unknown before a fit and without a
//! line of a known item. Parts: `low`, `middle`, `high` (shares of lines by tier, cut at 1/3 and 2/3),
//! `evidence` (lines of known items), `category_1` to `category_k` (the tier in each of `categories`).
//!
//! The fit follows the middle over periods, by the price of each line: its verdict `middle` compares the
//! share at the end with that of the first `baseline` periods, and figures give PSI, CUSUM and its alarm,
//! and the dispersion of prices about their category and Ashman's D, first and last. Fold class: counts,
//! exact in any order.
//!
//! Keys: `on`, `where`, `item` (default `product`), `category` (default `need`), `price` (an expression,
//! default `price`), `categories`, `period` (default `7d`), `baseline` (default 8).

mod fitted;
mod middle;

use fitted::{Fitted, Item, Parameters};

use super::hidden::{Hidden, numbered, or_else, parts};
use crate::base::{Error, ErrorKind, Result};
use crate::definition::Section;
use crate::definition::model::{Column, Window};
use crate::expr::Type;
use crate::models::humps::price_tiers;
use crate::program::{
    ColumnModel, FitOutcome, FittedModel, Happened, Input, Kind, Lowered, Lowering, Op, Part, Population, Wanted,
};

/// The kind of price tiers.
pub(super) struct PriceKind;

struct PriceTier {
    /// Lines by item.
    inputs: [Input; 1],
    parts: Vec<Part>,
    categories: Vec<u32>,
    names: Vec<String>,
    period: i64,
    baseline: usize,
    /// The lines, with item, category and price of each.
    wanted: Wanted,
}

impl Kind for PriceKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.text("model") == Some("price_tier")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let on = section.words("on");
        let filter = section.text("where");
        let item = section.text("item");
        let category = section.text("category");
        let price = section.expression("price");
        let categories = section.words("categories");
        let period = section.duration("period").map_or(7 * super::DAY, |span| span.value);
        let baseline = section.integer("baseline", 1).map_or(8, |word| word.value as usize);
        section.require("on", "the event kinds whose lines have a price");
        section.finish();
        let kinds = lowering.kinds_named(&on);
        if on.is_empty() || kinds.len() < on.len() {
            return None;
        }
        let name = &column.name;
        let (item, category) = (or_else(item, name, "product"), or_else(category, name, "need"));
        let price = or_else(price, name, "price");
        let hidden = Hidden { name: &name.value, kinds: &kinds, filter: filter.as_ref() };
        let inputs = [hidden.histogram(Op::Histogram, &item, Window::Lifetime, lowering)?];
        let filter = match &filter {
            Some(word) => Some(lowering.over_events(word, &kinds)?),
            None => None,
        };
        let values = [(&item, Type::Key), (&category, Type::Key), (&price, Type::Number)].map(|(word, kind)| {
            let expr = lowering.over_events(word, &kinds)?;
            lowering.expect_type(word, &expr, kind);
            Some(expr)
        });
        let values: Option<Vec<_>> = values.into_iter().collect();
        let mut all = parts(["", "low", "middle", "high", "evidence"].map(|part| (part, Type::Number)));
        all.extend(numbered("category", categories.len()));
        Some(Lowered::Model(Box::new(PriceTier {
            inputs,
            parts: all,
            categories: categories.iter().map(|word| lowering.key(&word.value)).collect(),
            names: categories.into_iter().map(|word| word.value).collect(),
            period,
            baseline,
            wanted: Wanted { kinds, filter, values: values? },
        })))
    }
}

/// One line with a price.
#[derive(Debug, Clone, Copy)]
struct Line {
    at: i64,
    item: u32,
    category: u32,
    price: f64,
}

impl Line {
    fn of(event: &Happened) -> Option<Line> {
        let [item, category, price] = event.values.as_slice() else { return None };
        let known = !item.is_nan() && !category.is_nan() && price.is_finite() && *price >= 0.0;
        let (item, category) = (*item as u32, *category as u32);
        known.then_some(Line { at: event.at, item, category, price: *price })
    }
}

/// The items, rising by key: of the category of the first line, with the tier of the mean price.
fn items(lines: &[Line]) -> Result<Vec<Item>> {
    let mut order: Vec<&Line> = lines.iter().collect();
    order.sort_by_key(|line| line.item);
    let mut items = Vec::new();
    let (mut categories, mut prices, mut units) = (Vec::new(), Vec::new(), Vec::new());
    for lines in order.chunk_by(|a, b| a.item == b.item) {
        let Some(first) = lines.first() else { continue };
        let count = lines.len() as f64;
        categories.push(first.category);
        // About the first price, so that items of one price each tie where they should.
        prices.push(first.price + lines.iter().map(|line| line.price - first.price).sum::<f64>() / count);
        units.push(count);
        items.push(Item { key: first.item, category: first.category, tier: f64::NAN });
    }
    let tiers = price_tiers(&categories, &prices, &units)?;
    items.iter_mut().zip(tiers).for_each(|(item, tier)| item.tier = tier);
    Ok(items)
}

impl ColumnModel for PriceTier {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    fn needs_fit(&self) -> bool {
        true
    }

    fn is_steady(&self, _part: usize) -> bool {
        true
    }

    fn fit(&self, population: &dyn Population, _previous: Option<&[u8]>) -> Result<FitOutcome> {
        let events = population.events(&self.wanted)?;
        let lines: Vec<Line> = events.iter().filter_map(Line::of).collect();
        if lines.is_empty() {
            return Err(Error::new(ErrorKind::NotEnoughData, "no line has an item, a category and a price yet"));
        }
        let items = items(&lines)?;
        let mut diagnostics = vec![("lines".to_owned(), lines.len() as f64), ("items".to_owned(), items.len() as f64)];
        let (figures, verdict) = middle::follow(&lines, self.period, self.baseline)?;
        diagnostics.extend(figures);
        let notes = self.names.iter().zip(1..).map(|(name, place)| (format!("category_{place}"), name.clone()));
        Ok(FitOutcome {
            parameters: Parameters { items }.encode(),
            diagnostics,
            verdicts: vec![("middle".to_owned(), verdict)],
            notes: notes.collect(),
        })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let items = parameters.map(Parameters::decode).transpose()?.map_or(Vec::new(), |kept| kept.items);
        Ok(Box::new(Fitted { items, categories: self.categories.clone() }))
    }
}
