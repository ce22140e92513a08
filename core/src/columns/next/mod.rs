//! `[score.NAME] model = "next"`: what a customer buys next, and when.
//!
//! The column is the likeliest category of the next line, by transitions with backoff from what everyone
//! buys over what follows the last two categories to the customer's own last lines
//! ([`crate::models::loyalty::NextCategory`]). Parts: `probability` (of that category, if the customer buys),
//! `occasion` (the chance of an occasion `within` a span: MBG/NBD on the customer's occasions, the span
//! stretched by the `season`), `expected` (occasions in the span), and `category_1` to `category_k` (the
//! chance of an occasion times that of each of `categories`). Unknown before a fit; `occasion` before the
//! first purchase too.
//!
//! Order class: ordered, the last lines being exact within the lateness.
//!
//! Keys: `on`, `where`, `by` (the category, default `need`), `within`, `last` (lines of the customer's own
//! that count, default 20), `categories`, `period` (the unit of time, default `7d`), `season` (`week` or
//! `year`; without it all days are alike).

mod fitted;

use fitted::{Fitted, Parameters};

use super::clv::Customer;
use super::hidden::{Hidden, each, numbered, or_else, parts};
use crate::base::{Error, ErrorKind, Result};
use crate::definition::Section;
use crate::definition::model::{Column, Window};
use crate::expr::Type;
use crate::models::clv::{BetaGeo, FitOptions, History, Model};
use crate::models::loyalty::{Cycle, NextCategory, Season};
use crate::program::{
    ColumnModel, FitOutcome, FittedModel, Happened, Input, Kind, Lowered, Lowering, Op, Part, Population, Wanted,
};

/// The kind of what comes next.
pub(super) struct NextKind;

struct Next {
    /// Time of the first and of the latest line, occasions; the last categories.
    inputs: Vec<Input>,
    parts: Vec<Part>,
    categories: Vec<u32>,
    names: Vec<String>,
    outlook: Outlook,
    cycle: Option<Cycle>,
    /// The lines, with the category of each.
    wanted: Wanted,
}

/// How far to look ahead, in microseconds.
#[derive(Debug, Clone, Copy)]
struct Outlook {
    within: i64,
    period: f64,
}

impl Kind for NextKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.text("model") == Some("next")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let on = section.words("on");
        let filter = section.text("where");
        let by = section.text("by");
        let within = section.duration("within");
        let last = section.integer("last", 1).map_or(20, |word| word.value);
        let categories = section.words("categories");
        let period = section.duration("period").map_or(7 * super::DAY, |span| span.value);
        let season = section.one_of("season", &["week", "year"]);
        section.require("on", "the event kinds that are purchases");
        section.require("within", "how far to look ahead, as in `within = \"30d\"`");
        section.finish();
        let (within, kinds) = (within?.value, lowering.kinds_named(&on));
        if on.is_empty() || kinds.len() < on.len() {
            return None;
        }
        let by = or_else(by, &column.name, "need");
        let hidden = Hidden { name: &column.name.value, kinds: &kinds, filter: filter.as_ref() };
        let inputs = vec![
            hidden.column("first", Op::FirstTime, None, lowering)?,
            hidden.column("last", Op::LastTime, None, lowering)?,
            hidden.column("occasions", Op::Count, None, lowering)?,
            hidden.histogram(Op::Sequence, &by, Window::Last(last), lowering)?,
        ];
        let filter = match &filter {
            Some(word) => Some(lowering.over_events(word, &kinds)?),
            None => None,
        };
        let values = vec![lowering.over_events(&by, &kinds)?];
        let numbers = ["probability", "occasion", "expected"].map(|part| (part, Type::Number));
        let mut all = parts(std::iter::once(("", Type::Key)).chain(numbers));
        all.extend(numbered("category", categories.len()));
        let cycle = season.map(|word| if word.value == "week" { Cycle::Week } else { Cycle::Year });
        Some(Lowered::Model(Box::new(Next {
            inputs,
            parts: all,
            categories: categories.iter().map(|word| lowering.key(&word.value)).collect(),
            names: categories.into_iter().map(|word| word.value).collect(),
            outlook: Outlook { within, period: period as f64 },
            cycle,
            wanted: Wanted { kinds, filter, values },
        })))
    }
}

impl Next {
    /// The model of when, of everyone who has bought.
    fn fit_when(&self, population: &dyn Population, start: Vec<f64>) -> Result<crate::models::clv::Fitted<BetaGeo>> {
        let (mut x, mut t_x, mut age) = (Vec::new(), Vec::new(), Vec::new());
        each(population, self.inputs.get(..3).unwrap_or_default(), |inputs| {
            if let Some(customer) = Customer::of(inputs, self.outlook.period) {
                x.push(customer.frequency);
                t_x.push(customer.recency);
                age.push(customer.age);
            }
        })?;
        let rows = History { frequency: &x, recency: &t_x, age: &age, weights: None }.check()?.compress();
        BetaGeo::fit_modified(&rows, &FitOptions { start })
    }

    /// The model of what, and the categories that it tells apart, rising.
    fn fit_what(events: &[Happened]) -> Result<(NextCategory, Vec<u32>)> {
        let known = events.iter().filter_map(|event| Some((event.customer, *event.values.first()?)));
        let (customer, keys): (Vec<u64>, Vec<u32>) =
            known.filter(|(_, key)| !key.is_nan()).map(|(customer, key)| (u64::from(customer), key as u32)).unzip();
        let mut categories = keys.clone();
        categories.sort_unstable();
        categories.dedup();
        let place = |key: &u32| categories.binary_search(key).unwrap_or(0) as u32;
        let category: Vec<u32> = keys.iter().map(place).collect();
        Ok((NextCategory::fit_backoff(&customer, &category, categories.len())?, categories))
    }
}

impl ColumnModel for Next {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    fn needs_fit(&self) -> bool {
        true
    }

    /// What comes stands still until something is bought; when does not.
    fn is_steady(&self, part: usize) -> bool {
        part < 2
    }

    fn fit(&self, population: &dyn Population, previous: Option<&[u8]>) -> Result<FitOutcome> {
        // Parameters of an older fit are a start, no more: what can't be read is left.
        let previous = previous.and_then(|bytes| Parameters::decode(bytes).ok());
        let events = population.events(&self.wanted)?;
        if events.is_empty() {
            return Err(Error::new(ErrorKind::NotEnoughData, "nothing has been bought yet"));
        }
        let (what, categories) = Self::fit_what(&events)?;
        let when = self.fit_when(population, previous.map_or(Vec::new(), |kept| kept.when.parameters()))?;
        let at: Vec<i64> = events.iter().map(|event| event.at).collect();
        let season = self.cycle.map(|cycle| Season::fit(cycle, &at)).transpose()?;
        let mut diagnostics = vec![
            ("lines".to_owned(), events.len() as f64),
            ("categories".to_owned(), categories.len() as f64),
            ("purchases_log_likelihood".to_owned(), when.diagnostics.log_likelihood),
            ("purchases_converged".to_owned(), f64::from(u8::from(when.diagnostics.converged))),
        ];
        let names = ["backoff_one", "backoff_two", "backoff_own"].map(str::to_owned);
        diagnostics.extend(names.into_iter().zip(what.backoff()));
        let estimates = when.diagnostics.names.iter().zip(when.model.parameters());
        diagnostics.extend(estimates.map(|(name, value)| ((*name).to_owned(), value)));
        let indices = season.as_ref().map_or(&[][..], Season::indices);
        diagnostics.extend(indices.iter().zip(1..).map(|(index, bin)| (format!("season_{bin}"), *index)));
        let notes = self.names.iter().zip(1..).map(|(name, place)| (format!("category_{place}"), name.clone()));
        let parameters = Parameters { what, categories, when: when.model, season };
        Ok(FitOutcome { parameters: parameters.encode(), diagnostics, notes: notes.collect(), ..FitOutcome::default() })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let parameters = parameters.map(Parameters::decode).transpose()?;
        Ok(Box::new(Fitted { parameters, wanted: self.categories.clone(), outlook: self.outlook }))
    }
}
