//! `[score.NAME] model = "bg_bb"`: what a customer will do at discrete opportunities.
//!
//! An opportunity is a `period` of the calendar, counted from 1970 (yearly donations: `period = "365d"`): a
//! customer takes it or not, however often. The column is the number of the opportunities within `horizon`
//! that the customer is expected to take ([`crate::models::clv::BetaGeoBetaBinomial`]). Parts:
//! `probability_alive`, and what they come from: `frequency` (x, opportunities taken after the first one),
//! `recency` (t_x, the last one taken) and `opportunities` (n, those since the first). The running period
//! counts once it is over. Unknown before a fit, but for the last three, and before the first purchase.
//!
//! Ordered class: occasions, exact within the lateness. Cost of a read: O(n). What moves a value is told by
//! Shapley values against the average customer of the fit.
//!
//! Keys: `on`, `where`, `period` (at least a minute), `horizon` (a whole number of periods).

mod fitted;

use fitted::{Average, Fitted, NAMES, Parameters};

use super::hidden::{Hidden, each, parts};
use crate::base::{Error, ErrorKind, Result};
use crate::definition::Section;
use crate::definition::model::Column;
use crate::expr::Type;
use crate::models::clv::{BetaGeoBetaBinomial, FitOptions, Model, Opportunities};
use crate::program::{ColumnModel, FitOutcome, FittedModel, Input, Inputs, Kind, Lowered, Lowering, Part, Population};
use crate::state::ordinal;

/// The shortest period in microseconds.
const SHORTEST: i64 = 60_000_000;
/// The longest horizon, in periods.
const FURTHEST: i64 = 10_000;

/// The kind of discrete opportunities.
pub(super) struct OpportunitiesKind;

struct Discrete {
    /// Occasions by period.
    inputs: [Input; 1],
    parts: Vec<Part>,
    /// Microseconds in a period.
    period: i64,
    /// Periods in the horizon.
    horizon: u32,
}

/// The history until a moment: x, t_x, n.
#[derive(Debug, Clone, Copy, PartialEq)]
struct History {
    frequency: f64,
    recency: f64,
    opportunities: f64,
}

impl History {
    /// Of the periods that are over at the moment of the read; `None` before the first purchase.
    fn of(inputs: Inputs<'_>, period: i64) -> Option<History> {
        let taken = inputs.histograms.first()?;
        let over = inputs.at.div_euclid(period);
        let hops = || taken.iter().map(|(number, _)| ordinal(*number));
        let first = hops().next()?;
        let (mut count, mut last) = (0, first);
        for hop in hops().take_while(|hop| *hop < over) {
            count += 1;
            last = hop;
        }
        let reach = |hop: i64| hop.saturating_sub(first).max(0) as f64;
        Some(History {
            frequency: f64::from(count - 1).max(0.0),
            recency: reach(last),
            opportunities: reach(over.saturating_sub(1)),
        })
    }
}

impl Kind for OpportunitiesKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.text("model") == Some("bg_bb")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let on = section.words("on");
        let filter = section.text("where");
        let period = section.duration("period");
        let horizon = section.duration("horizon");
        section.require("on", "the event kinds that are purchases");
        section.require("period", "the time from one opportunity to the next, as in `period = \"365d\"`");
        section.require("horizon", "how far to look ahead, as in `horizon = \"1825d\"`");
        section.finish();
        let (period, horizon) = (period?, horizon?);
        if period.value < SHORTEST {
            lowering.problems.push(period.problem("an opportunity lasts at least a minute".to_owned(), None));
            return None;
        }
        let periods = horizon.value / period.value;
        if horizon.value % period.value != 0 || periods > FURTHEST {
            let message = format!("`horizon` must be a whole number of periods, {FURTHEST} at most");
            lowering.problems.push(horizon.problem(message, None));
            return None;
        }
        let kinds = lowering.kinds_named(&on);
        if on.is_empty() || kinds.len() < on.len() {
            return None;
        }
        let hidden = Hidden { name: &column.name.value, kinds: &kinds, filter: filter.as_ref() };
        Some(Lowered::Model(Box::new(Discrete {
            inputs: [hidden.hops(period.value, lowering)?],
            parts: parts(NAMES.map(|name| (name, Type::Number))),
            period: period.value,
            horizon: periods as u32,
        })))
    }
}

impl ColumnModel for Discrete {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    fn needs_fit(&self) -> bool {
        true
    }

    fn fit(&self, population: &dyn Population, previous: Option<&[u8]>) -> Result<FitOutcome> {
        let mut all = Vec::new();
        each(population, &self.inputs, |inputs| all.extend(History::of(inputs, self.period)))?;
        let Some(average) = Average::of(&all) else {
            return Err(Error::new(ErrorKind::NotEnoughData, "nobody has made a purchase yet"));
        };
        let column = |value: fn(&History) -> f64| all.iter().map(value).collect::<Vec<f64>>();
        let (x, t_x, n) = (column(|h| h.frequency), column(|h| h.recency), column(|h| h.opportunities));
        let rows = Opportunities { frequency: &x, recency: &t_x, opportunities: &n, weights: None }.check()?;
        let start = previous.and_then(|bytes| Parameters::decode(bytes).ok());
        let options = FitOptions { start: start.map_or(Vec::new(), |kept| kept.model.parameters()) };
        let fit = BetaGeoBetaBinomial::fit(&rows, &options)?;
        let named = |(name, value): (&str, f64)| (name.to_owned(), value);
        let told = &fit.diagnostics;
        let mut diagnostics: Vec<(String, f64)> =
            told.names.iter().copied().zip(fit.model.parameters()).map(named).collect();
        let errors = told.names.iter().zip(&told.standard_errors);
        diagnostics.extend(errors.map(|(name, error)| (format!("{name}_standard_error"), *error)));
        let figures = [
            ("log_likelihood", told.log_likelihood),
            ("customers", told.customers),
            ("converged", f64::from(u8::from(told.converged))),
        ];
        diagnostics.extend(figures.map(named));
        let notes = told.notes.join("; ");
        Ok(FitOutcome {
            parameters: Parameters { model: fit.model, average }.encode(),
            diagnostics,
            notes: if notes.is_empty() { Vec::new() } else { vec![("purchases".to_owned(), notes)] },
            ..FitOutcome::default()
        })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let parameters = parameters.map(Parameters::decode).transpose()?;
        Ok(Box::new(Fitted { parameters, period: self.period, horizon: self.horizon }))
    }
}
