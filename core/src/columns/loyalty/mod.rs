//! `[score.NAME] model = "nbd_dirichlet"`: how a customer's loyalty is split over suppliers.
//!
//! The column is the share of the customer's next purchases that goes to the first of `suppliers`, by the
//! fitted Dirichlet and the customer's own purchases ([`crate::models::loyalty::NbdDirichlet`]); without
//! purchases it is the share of the market. Parts: `supplier_1` to `supplier_k` (the same of each of
//! `suppliers`), `wallet` (purchases of the category that are expected of who bought this often from the
//! first supplier, its rivals unseen), `stay` (the chance that the next purchase is with the supplier of the
//! last), `half_life` (purchases until half of that supplier's buyers have left it once); and without a
//! fit `share_of_requirements`, `sole`, `repertoire`, `purchases`, `last`.
//!
//! The fit counts purchases in the window over all customers, or over `population` people if there are
//! more, and follows them one by one for switching. Its verdict `loyalty_and_profit` says whether the
//! loyal are the profitable, where `profit` is given; with `segment`, a column of names, there is one for each
//! of its names too, `loyalty_and_profit_NAME`. Fold class: counts, exact in any order; with a window ordered.
//!
//! Keys: `on`, `where`, `by` (default `supplier`), `suppliers`, `window`, `population`, `profit`, `segment`.

mod fitted;
mod measured;

use fitted::{Fitted, Parameters};
use measured::Measured;

use super::hidden::{Hidden, each, formula, numbered, or_else, parts};
use crate::base::{Error, ErrorKind, Result};
use crate::definition::Section;
use crate::definition::model::{Column, Window};
use crate::expr::Type;
use crate::models::loyalty::{NbdDirichlet, Panel, Switching};
use crate::program::{
    ColumnModel, Diagnostics, FitOutcome, FittedModel, Input, Inputs, Kind, Lowered, Lowering, Op, Part, Population,
    Wanted,
};

/// The kind of split loyalty.
pub(super) struct LoyaltyKind;

struct Loyalty {
    /// Purchases by supplier, the supplier of the last one.
    inputs: Vec<Input>,
    parts: Vec<Part>,
    /// Interned suppliers, in the order of the definition.
    suppliers: Vec<u32>,
    names: Vec<String>,
    population: f64,
    /// A column that only who is there has.
    present: usize,
    measured: Option<Measured>,
    /// The events, with the supplier of each.
    wanted: Wanted,
}

/// Parts that need a fit, besides those of the suppliers.
const FITTED: [&str; 3] = ["wallet", "stay", "half_life"];

impl Kind for LoyaltyKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.text("model") == Some("nbd_dirichlet")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let on = section.words("on");
        let filter = section.text("where");
        let by = section.text("by");
        let suppliers = section.words("suppliers");
        let window = section.duration("window");
        let population = section.integer("population", 1).map_or(0, |word| word.value);
        let profit = section.expression("profit");
        let segment = section.text("segment");
        section.require("on", "the event kinds that are purchases");
        section.require("suppliers", "the names of suppliers, one's own first");
        if let (Some(segment), None) = (&segment, &profit) {
            section.report(segment.problem("`segment` parts the measure of `profit`, which is missing", None));
        }
        section.finish();
        let kinds = lowering.kinds_named(&on);
        if on.is_empty() || kinds.len() < on.len() || suppliers.is_empty() {
            return None;
        }
        let name = &column.name.value;
        let by = or_else(by, &column.name, "supplier");
        let window = window.map_or(Window::Lifetime, |span| Window::Span { length: span.value, hop: 0 });
        let hidden = Hidden { name, kinds: &kinds, filter: filter.as_ref() };
        let inputs = vec![
            hidden.histogram(Op::Histogram, &by, window, lowering)?,
            hidden.column("last", Op::Last, Some(&by), lowering)?,
        ];
        let filter = match &filter {
            Some(word) => Some(lowering.over_events(word, &kinds)?),
            None => None,
        };
        let values = vec![lowering.over_events(&by, &kinds)?];
        let measured = match &profit {
            Some(word) => Some(Measured {
                profit: formula(name, "profit", word, Type::Number, lowering)?,
                segment: match &segment {
                    Some(word) => Some(formula(name, "segment", word, Type::Key, lowering)?),
                    None => None,
                },
            }),
            None => None,
        };
        let raw = [
            ("share_of_requirements", Type::Number),
            ("sole", Type::Bool),
            ("repertoire", Type::Number),
            ("purchases", Type::Number),
            ("last", Type::Key),
        ];
        let own = std::iter::once(("", Type::Number));
        let mut all = parts(own.chain(FITTED.map(|part| (part, Type::Number))).chain(raw));
        all.extend(numbered("supplier", suppliers.len()));
        Some(Lowered::Model(Box::new(Loyalty {
            inputs,
            parts: all,
            suppliers: suppliers.iter().map(|word| lowering.key(&word.value)).collect(),
            names: suppliers.into_iter().map(|word| word.value).collect(),
            population: f64::from(population),
            present: lowering.now(),
            measured,
            wanted: Wanted { kinds, filter, values },
        })))
    }
}

/// Purchases as a panel takes them, and what goes with them.
#[derive(Default)]
struct Market {
    /// One row a purchase: the customer, and the supplier's place; the last place is everyone else.
    customer: Vec<u64>,
    brand: Vec<u32>,
    /// Of each buyer the share of requirements, the profit and the segment.
    buyers: Vec<measured::Buyer>,
}

impl Loyalty {
    /// The place of a supplier; those that are not named share the last.
    fn place(&self, key: u32) -> u32 {
        self.suppliers.iter().position(|known| *known == key).unwrap_or(self.suppliers.len()) as u32
    }

    fn market(&self, population: &dyn Population) -> Result<Market> {
        let mut market = Market::default();
        let more = self.measured.iter().flat_map(Measured::inputs);
        let inputs: Vec<Input> = self.inputs.iter().copied().chain(more).collect();
        each(population, &inputs, |inputs| {
            let bought = inputs.histograms.first().map_or(&[][..], Vec::as_slice);
            for (key, count) in bought {
                let rows = *count as usize;
                market.customer.extend(std::iter::repeat_n(u64::from(inputs.customer), rows));
                market.brand.extend(std::iter::repeat_n(self.place(*key), rows));
            }
            if !bought.is_empty() {
                let loyalty = fitted::share_of(bought, self.suppliers.first().copied());
                market
                    .buyers
                    .extend(self.measured.as_ref().map(|measured| measured.buyer(loyalty, &inputs.values[1..])));
            }
        })?;
        Ok(market)
    }

    /// The model of the suppliers that have buyers; the others can't be told apart.
    fn fit_shares(&self, panel: &Panel, people: f64) -> Result<(NbdDirichlet, Vec<bool>)> {
        let buyers = panel.customers().len() as f64;
        let brands = panel.brands();
        let named = brands.get(..self.suppliers.len()).unwrap_or_default();
        let sold: Vec<bool> = named.iter().map(|brand| brand.share > 0.0).collect();
        let known = || named.iter().filter(|brand| brand.share > 0.0);
        let shares: Vec<f64> = known().map(|brand| brand.share).collect();
        if shares.is_empty() {
            let error = Error::new(ErrorKind::NotEnoughData, "nobody bought from any of `suppliers`");
            return Err(error.hint("`suppliers` are names as `by` gives them, one's own first"));
        }
        let penetrations: Vec<f64> = known().map(|brand| brand.penetration * buyers / people).collect();
        let fitted = NbdDirichlet::fit(buyers / people, panel.frequency(), &shares, &penetrations);
        let fitted = fitted.map_err(|error| {
            // What a market lacks is no mistake of the caller, and only skips the column.
            Error::new(ErrorKind::NotEnoughData, error.message()).hint(match buyers >= people {
                true => "everyone known has bought: state the `population` that could have",
                false => "more purchases, or a longer `window`",
            })
        })?;
        Ok((fitted.model, sold))
    }

    fn switching(&self, population: &dyn Population) -> Result<Switching> {
        let events = population.events(&self.wanted)?;
        let known = events.iter().filter_map(|event| Some((event, event.values.first().filter(|key| !key.is_nan())?)));
        let (customer, brand): (Vec<u64>, Vec<u32>) =
            known.map(|(event, key)| (u64::from(event.customer), self.place(*key as u32))).unzip();
        Switching::new(&customer, &brand, self.suppliers.len() + 1)
    }

    fn figures(&self, panel: &Panel, model: &NbdDirichlet, people: f64) -> Diagnostics {
        let repertoire = panel.repertoire();
        let kinds: f64 = repertoire.iter().map(|suppliers| f64::from(*suppliers)).sum();
        let params = model.params();
        let mut all = vec![
            ("buyers".to_owned(), repertoire.len() as f64),
            ("people".to_owned(), people),
            ("m".to_owned(), params.m),
            ("k".to_owned(), params.k),
            ("s".to_owned(), params.s),
            ("duplication".to_owned(), panel.duplication().d),
            ("several_suppliers".to_owned(), panel.multi_brand_share()),
            ("repertoire".to_owned(), kinds / repertoire.len() as f64),
        ];
        for (place, brand) in panel.brands().iter().take(self.suppliers.len()).enumerate() {
            let figures = [
                ("share", brand.share),
                ("buyers", brand.penetration),
                ("share_of_requirements", brand.share_of_requirements),
                ("sole", brand.sole),
            ];
            all.extend(figures.map(|(name, value)| (format!("supplier_{}_{name}", place + 1), value)));
        }
        all
    }
}

impl ColumnModel for Loyalty {
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
        let market = self.market(population)?;
        let present = population.column(self.present)?.iter().filter(|known| !known.is_nan()).count() as f64;
        let people = present.max(self.population);
        let panel = Panel::new(&market.customer, &market.brand, self.suppliers.len() + 1)?;
        let (model, sold) = self.fit_shares(&panel, people)?;
        let switching = self.switching(population)?;
        let mut verdicts = Vec::new();
        let mut diagnostics = self.figures(&panel, &model, people);
        if self.measured.is_some() {
            measured::told(&market.buyers, population, &mut diagnostics, &mut verdicts)?;
        }
        let half_lives = switching.half_lives();
        let stay = switching.probabilities().iter().enumerate().map(|(own, row)| row[own]).collect();
        let parameters = Parameters { model, sold, stay, half_lives }.encode();
        let notes = self.names.iter().zip(1..).map(|(name, place)| (format!("supplier_{place}"), name.clone()));
        Ok(FitOutcome { parameters, diagnostics, verdicts, notes: notes.collect() })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let parameters = parameters.map(Parameters::decode).transpose()?;
        Ok(Box::new(Fitted::new(parameters, self.suppliers.clone())))
    }
}

/// Purchases by supplier and the supplier of the last one.
fn bought(inputs: Inputs<'_>) -> (&[(u32, f64)], f64) {
    let counts = inputs.histograms.first().map_or(&[][..], Vec::as_slice);
    (counts, inputs.values.first().copied().unwrap_or(f64::NAN))
}
