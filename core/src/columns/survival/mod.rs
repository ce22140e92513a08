//! `[score.NAME] model = "kaplan_meier"` or `"discrete_hazard"`: how long a customer under contract stays.
//!
//! `tenure` is an expression over columns: the periods under contract so far, and `left` whether the customer
//! has left. The column is the chance to be there still `horizon` periods from now; 0 for who has left. Parts:
//! `survival` (the chance of having come this far) and `hazard` (of leaving in the next period). Unknown
//! before a fit, with an unknown tenure, and beyond what the fit has seen.
//!
//! `kaplan_meier` has a curve for everyone or, with `by`, for each name of a category; the fit's figures give
//! the log-rank test between them. `discrete_hazard` is a logit in time and `inputs`
//! ([`crate::models::survival`]); a tenure counts as the periods begun. Fold class: that of its inputs.
//!
//! Keys: `tenure`, `left`, `horizon`, `by` (Kaplan-Meier); `inputs`, `baseline` (`per_period` or `log_time`,
//! the default; hazard).

mod curve;
mod hazard;

use super::hidden::{formula, parts};
use crate::definition::Section;
use crate::definition::model::Column;
use crate::expr::Type;
use crate::models::survival::Baseline;
use crate::program::{Explained, FittedModel, Input, Inputs, Kind, Lowered, Lowering, Part};

/// The longest tenure and horizon, in periods.
const LONGEST: u32 = 10_000;

/// The kind of contracts that end.
pub(super) struct SurvivalKind;

/// What the two models have in common.
#[derive(Debug)]
struct Contract {
    /// Tenure, whether the customer left, and then the segment or the covariates.
    inputs: Vec<Input>,
    parts: Vec<Part>,
    horizon: u32,
}

impl Kind for SurvivalKind {
    fn owns(&self, column: &Column) -> bool {
        let model = column.table.text("model");
        column.section == "score" && matches!(model, Some("kaplan_meier" | "discrete_hazard"))
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let by_curve = column.table.text("model") == Some("kaplan_meier");
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let tenure = section.expression("tenure");
        let left = section.text("left");
        let horizon = section.integer("horizon", 1);
        if let Some(horizon) = horizon.as_ref().filter(|horizon| horizon.value > LONGEST) {
            let message = format!("a horizon of {} periods, where {LONGEST} are the most", horizon.value);
            section.report(horizon.problem(message, None));
            return None;
        }
        section.require("tenure", "the periods under contract so far, over columns");
        section.require("left", "whether the customer has left, over columns");
        section.require("horizon", "how many periods to look ahead");
        let (by, covariates, baseline) = match by_curve {
            true => (section.text("by"), Vec::new(), None),
            false => (None, section.words("inputs"), section.one_of("baseline", &["per_period", "log_time"])),
        };
        section.finish();
        let (tenure, left, horizon) = (tenure?, left?, horizon?);
        let name = &column.name.value;
        let mut inputs = vec![
            formula(name, "tenure", &tenure, Type::Number, lowering)?,
            formula(name, "left", &left, Type::Bool, lowering)?,
        ];
        if let Some(by) = &by {
            let found = lowering.read_column(by)?;
            if lowering.program.columns.get(found).is_some_and(|spec| spec.kind != Type::Key) {
                lowering.mistake(by, format!("`{}` has no names, and curves go by them", by.value), None);
                return None;
            }
            inputs.push(found);
        }
        for covariate in &covariates {
            inputs.push(formula(name, &format!("input.{}", covariate.value), covariate, Type::Number, lowering)?);
        }
        let toward = |input: &usize| lowering.program.columns.get(*input).is_some_and(|spec| spec.toward);
        if inputs.iter().any(toward) {
            lowering.mistake(
                &column.name,
                "a contract is of a customer alone, and reads no column toward a peer",
                None,
            );
            return None;
        }
        let contract = Contract {
            inputs: inputs.into_iter().map(Input::Column).collect(),
            parts: parts(["", "survival", "hazard"].map(|part| (part, Type::Number))),
            horizon: horizon.value,
        };
        let baseline = match baseline.as_ref().map(|word| word.value.as_str()) {
            Some("per_period") => Baseline::PerPeriod,
            _ => Baseline::LogTime,
        };
        Some(Lowered::Model(match by_curve {
            true => Box::new(curve::Curve { contract, by: by.is_some() }),
            false => {
                let names = covariates.into_iter().map(|word| word.value).collect();
                Box::new(hazard::Hazard { contract, names, baseline })
            }
        }))
    }
}

/// Tenure and whether the customer has left; `None` where either is unknown or the tenure negative.
fn told(inputs: Inputs<'_>) -> Option<(f64, bool)> {
    let [tenure, left, ..] = inputs.values else { return None };
    (*tenure >= 0.0 && tenure.is_finite() && !left.is_nan()).then_some((*tenure, *left == 1.0))
}

/// The parts of who is there still, from the chances to come this far, one period and a horizon further.
fn standing(so_far: f64, next: f64, ahead: f64) -> [f64; 3] {
    [ahead / so_far, so_far, 1.0 - next / so_far]
}

/// A chance is told as a whole; what it comes from is the evidence.
fn whole(model: &impl FittedModel, inputs: Inputs<'_>, part: usize, names: &[String]) -> Explained {
    let mut all = [f64::NAN; 3];
    model.read(inputs, &mut all);
    let value = all.get(part).copied().unwrap_or(f64::NAN);
    let named = ["tenure", "left"].into_iter().chain(names.iter().map(String::as_str)).map(str::to_owned);
    let evidence = named.zip(inputs.values.iter().copied()).collect();
    Explained { value, parts: vec![("value".to_owned(), value)], evidence }
}
