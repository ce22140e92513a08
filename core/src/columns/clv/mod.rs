//! `[score.NAME] model = "bg_nbd/gamma_gamma"`: what a customer will be worth over a horizon.
//!
//! The purchase model (`bg_nbd`, `mbg_nbd`, `pareto_nbd`, or for regular gaps `bg_cnbd_k`, `mbg_cnbd_k`) gives
//! the purchases to come, and `gamma_gamma` after a slash the expected spend of each; the column is their product. Without a spend
//! model it is the purchases. The fit is that of [`crate::models::clv`], on (x, t_x, T, m) of every
//! customer at the moment of the fit; a read is theirs too, so that batch and live agree.
//!
//! Keys: `model`, `on`, `where`, `amount` (of a spend model), `period` (the unit of time, default `7d`),
//! `horizon`, `discount` (rate per period, default 0). Parts: `probability_alive`,
//! `expected_purchases` within the horizon, `expected_spend`, and what they come from, in units of the
//! period: `frequency` (x, repeat occasions), `recency` (t_x), `age` (T), `monetary` (m, the mean amount
//! of the repeat occasions; one at or below 0 counts as 0). Lines of the first instant are the first
//! purchase. All but these four are unknown before a fit.
//!
//! Fold class: counts and times to the bit, sums to rounding; with a `cnbd_k`, whose fit chooses k by the gaps,
//! ordered. Cost of a read: O(1), with a discount one
//! expectation a period of the horizon, where the value itself is asked for. While nothing is bought P(alive) never rises, nor, by chance gaps, do the
//! value and the purchases: a segment's edge is crossed at its own microsecond. What moves a value is told by Shapley values against the
//! average customer of the fit.

mod customer;
mod fitted;
mod parameters;
#[cfg(test)]
mod tests;

pub(super) use customer::Customer;
use fitted::Fitted;
use parameters::{Average, Parameters, Purchases};

use super::hidden::{Hidden, each, parts};
use crate::base::numeric::ln;
use crate::base::{Error, ErrorKind, Result};
use crate::definition::model::Column;
use crate::definition::{Section, file_of};
use crate::expr::{Course, Type};
use crate::models::clv::{
    BetaGeo, Dropout, FitOptions, Fitted as Fit, GammaGamma, History, Model, ParetoNbd, RegularBetaGeo, Spend,
    discount_weights,
};
use crate::program::{ColumnModel, FitOutcome, FittedModel, Input, Kind, Lowered, Lowering, Op, Part, Population};

/// The most regular gaps that a fit tries: Erlang-12.
const MOST_REGULAR: u32 = 12;

const MODELS: [&str; 10] = [
    "bg_nbd/gamma_gamma",
    "mbg_nbd/gamma_gamma",
    "pareto_nbd/gamma_gamma",
    "bg_cnbd_k/gamma_gamma",
    "mbg_cnbd_k/gamma_gamma",
    "bg_nbd",
    "mbg_nbd",
    "pareto_nbd",
    "bg_cnbd_k",
    "mbg_cnbd_k",
];

/// The kind of lifetime values.
pub(super) struct ClvKind;

/// A purchase model, as yet unfitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    BetaGeo,
    ModifiedBetaGeo,
    Pareto,
    Regular(Dropout),
}

struct Clv {
    /// Time of the first and of the latest line, occasions; with a spend model sum of all, sum of the first.
    inputs: Vec<Input>,
    /// The sum of the logarithms of the gaps in seconds, where a fit asks for it.
    gaps: Option<Input>,
    parts: Vec<Part>,
    wanted: Wanted,
    /// Whether there is a spend model.
    spend: bool,
    outlook: Outlook,
}

/// How far to look ahead.
#[derive(Debug, Clone)]
struct Outlook {
    /// Microseconds in the unit of time.
    period: f64,
    /// The horizon in that unit.
    horizon: f64,
    /// Ends of the discounted periods, with the weights of the purchases until each.
    ends: Vec<f64>,
    weights: Vec<f64>,
}

impl Kind for ClvKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score"
            && file_of(column).is_none()
            && column.table.text("model").is_some_and(|model| model.contains("nbd") && model != "nbd_dirichlet")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        let model = section.one_of("model", &MODELS);
        let on = section.words("on");
        let filter = section.text("where");
        let amount = section.expression("amount");
        let period = section.duration("period").map_or(7 * super::DAY, |span| span.value);
        let horizon = section.duration("horizon");
        let discount = section.number_where("discount", "a rate of at least 0", |rate| rate >= 0.0);
        let spend = model.as_ref().is_some_and(|model| model.value.ends_with("/gamma_gamma"));
        section.require("on", "the event kinds that are purchases");
        section.require("horizon", "how far to look ahead, as in `horizon = \"365d\"`");
        if spend {
            section.require("amount", "the amount of a purchase, as in `amount = \"amount\"`");
        } else if let (Some(model), Some(amount)) = (&model, &amount) {
            let hint = Some(format!("take `model = \"{}/gamma_gamma\"`", model.value));
            section.report(amount.problem(format!("`{}` alone makes no use of an amount", model.value), hint));
        }
        section.finish();
        let (model, horizon) = (model?, horizon?);
        let kinds = lowering.kinds_named(&on);
        if on.is_empty() || kinds.len() < on.len() || spend != amount.is_some() {
            return None;
        }
        let units = horizon.value as f64 / period as f64;
        let (ends, weights) = match discount_weights(units, discount.map_or(0.0, |rate| rate.value)) {
            Ok(found) => found,
            Err(error) => {
                lowering.problems.push(horizon.problem(error.message(), error.hint_text().map(str::to_owned)));
                return None;
            }
        };
        let wanted = match model.value.split('/').next() {
            Some("bg_nbd") => Wanted::BetaGeo,
            Some("mbg_nbd") => Wanted::ModifiedBetaGeo,
            Some("bg_cnbd_k") => Wanted::Regular(Dropout::AfterRepeat),
            Some("mbg_cnbd_k") => Wanted::Regular(Dropout::AfterEvery),
            _ => Wanted::Pareto,
        };
        let outlook = Outlook { period: period as f64, horizon: units, ends, weights };
        let hidden = Hidden { name: &column.name.value, kinds: &kinds, filter: filter.as_ref() };
        let mut inputs = vec![
            hidden.column("first", Op::FirstTime, None, lowering)?,
            hidden.column("last", Op::LastTime, None, lowering)?,
            hidden.column("occasions", Op::Count, None, lowering)?,
        ];
        if let Some(amount) = &amount {
            inputs.push(hidden.column("sum", Op::Sum, Some(amount), lowering)?);
            inputs.push(hidden.column("first_sum", Op::FirstSum, Some(amount), lowering)?);
        }
        let gaps = match wanted {
            Wanted::Regular(_) => Some(hidden.column("gaps", Op::GapLogSum, None, lowering)?),
            _ => None,
        };
        let parts = parts(fitted::names(spend).map(|name| (name, Type::Number)));
        Some(Lowered::Model(Box::new(Clv { inputs, gaps, parts, wanted, spend, outlook })))
    }
}

impl Clv {
    /// Every customer with a purchase, as the models see them.
    fn customers(&self, population: &dyn Population) -> Result<Vec<Customer>> {
        let mut all = Vec::new();
        each(population, &self.inputs, |inputs| all.extend(Customer::of(inputs, self.outlook.period)))?;
        Ok(all)
    }

    /// The sum of the logarithms of all gaps, in units of the period.
    fn log_gaps(&self, population: &dyn Population, customers: &[Customer]) -> Result<f64> {
        let Some(Input::Column(column)) = self.gaps else { return Ok(0.0) };
        let seconds: f64 = population.column(column)?.iter().filter(|sum| !sum.is_nan()).sum();
        let gaps: f64 = customers.iter().map(|customer| customer.frequency).sum();
        Ok(seconds - gaps * ln(self.outlook.period / 1e6))
    }

    fn fit_purchases(
        &self,
        population: &dyn Population,
        customers: &[Customer],
        previous: Option<&Parameters>,
    ) -> Result<(Purchases, Told)> {
        let column = |value: fn(&Customer) -> f64| customers.iter().map(value).collect::<Vec<f64>>();
        let (x, t_x, age) = (column(|c| c.frequency), column(|c| c.recency), column(|c| c.age));
        let rows = History { frequency: &x, recency: &t_x, age: &age, weights: None }.check()?.compress();
        let start = previous.map_or(Vec::new(), |kept| kept.purchases.parameters());
        let options = FitOptions { start };
        Ok(match self.wanted {
            Wanted::BetaGeo => told("purchases", BetaGeo::fit(&rows, &options)?, Purchases::BetaGeo),
            Wanted::ModifiedBetaGeo => told("purchases", BetaGeo::fit_modified(&rows, &options)?, Purchases::BetaGeo),
            Wanted::Pareto => told("purchases", ParetoNbd::fit(&rows, &options)?, Purchases::Pareto),
            Wanted::Regular(dropout) => {
                let log_gaps = self.log_gaps(population, customers)?;
                let fit = RegularBetaGeo::fit_regularity(MOST_REGULAR, dropout, &rows, log_gaps)?;
                let k = f64::from(fit.model.params().k);
                let (model, mut all) = told("purchases", fit, |model| model);
                all.figures.push(("regularity_k".to_owned(), k));
                (Purchases::regular(&model)?, all)
            }
        })
    }

    /// The spend model, of those who bought again and paid for it.
    fn fit_spend(&self, customers: &[Customer], previous: Option<&Parameters>) -> Result<Option<(GammaGamma, Told)>> {
        if !self.spend {
            return Ok(None);
        }
        let paid = customers.iter().filter(|customer| customer.frequency > 0.0 && customer.monetary > 0.0);
        let (x, mean): (Vec<f64>, Vec<f64>) = paid.map(|customer| (customer.frequency, customer.monetary)).unzip();
        let rows = Spend { frequency: &x, mean: &mean, weights: None }.check()?.compress();
        let start = previous.and_then(|kept| kept.spend).map_or(Vec::new(), |spend| spend.parameters());
        Ok(Some(told("spend", GammaGamma::fit(&rows, &FitOptions { start })?, |model| model)))
    }
}

/// Figures and notes of a fit, for its report.
#[derive(Default)]
struct Told {
    figures: Vec<(String, f64)>,
    notes: Vec<(String, String)>,
}

/// What the report says of a fit, beside its model.
fn told<M: Model, T>(what: &str, fit: Fit<M>, wrap: impl Fn(M) -> T) -> (T, Told) {
    let named = |name: &str, value: f64| (name.to_owned(), value);
    let mut figures = Vec::new();
    let diagnostics = &fit.diagnostics;
    let estimates = fit.model.parameters();
    for ((name, value), error) in diagnostics.names.iter().zip(estimates).zip(&diagnostics.standard_errors) {
        figures.push(named(name, value));
        figures.push((format!("{name}_standard_error"), *error));
    }
    figures.push((format!("{what}_log_likelihood"), diagnostics.log_likelihood));
    figures.push((format!("{what}_customers"), diagnostics.customers));
    figures.push((format!("{what}_converged"), f64::from(u8::from(diagnostics.converged))));
    let notes = diagnostics.notes.join("; ");
    let notes = if notes.is_empty() { Vec::new() } else { vec![(what.to_owned(), notes)] };
    (wrap(fit.model), Told { figures, notes })
}

impl ColumnModel for Clv {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    fn needs_fit(&self) -> bool {
        true
    }

    fn course(&self, part: usize) -> Course {
        fitted::course(self.spend, matches!(self.wanted, Wanted::Regular(_)), part)
    }

    fn fit(&self, population: &dyn Population, previous: Option<&[u8]>) -> Result<FitOutcome> {
        // Parameters of an older fit are a start, no more: what can't be read is left.
        let previous = previous.and_then(|bytes| Parameters::decode(bytes).ok());
        let customers = self.customers(population)?;
        let Some(average) = Average::of(&customers) else {
            return Err(Error::new(ErrorKind::NotEnoughData, "nobody has made a purchase yet"));
        };
        let (purchases, mut all) = self.fit_purchases(population, &customers, previous.as_ref())?;
        let spend = match self.fit_spend(&customers, previous.as_ref()) {
            Ok(found) => found.map(|(spend, told)| {
                all.figures.extend(told.figures);
                all.notes.extend(told.notes);
                spend
            }),
            // The purchases stand without what each is worth.
            Err(error) => {
                let note = format!("{}; so spend and value are unknown", error.message());
                all.notes.push(("spend".to_owned(), note));
                None
            }
        };
        let parameters = Parameters { purchases, spend, average };
        Ok(FitOutcome {
            parameters: parameters.encode(),
            diagnostics: all.figures,
            notes: all.notes,
            ..FitOutcome::default()
        })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let parameters = parameters.map(Parameters::decode).transpose()?;
        Ok(Box::new(Fitted { parameters, spend: self.spend, outlook: self.outlook.clone() }))
    }
}
