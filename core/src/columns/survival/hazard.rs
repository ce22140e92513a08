//! A hazard for each period, by covariates.

use super::{Contract, LONGEST, standing, told};
use crate::base::{Error, ErrorKind, Result};
use crate::columns::explain::shapley;
use crate::columns::hidden::each;
use crate::data::codec::{Reader, Writer};
use crate::models::survival::{Baseline, DiscreteHazard};
use crate::program::{ColumnModel, Explained, FitOutcome, FittedModel, Input, Inputs, Part, Population};

/// A column of survival by covariates.
#[derive(Debug)]
pub(super) struct Hazard {
    pub contract: Contract,
    /// The covariates.
    pub names: Vec<String>,
    pub baseline: Baseline,
}

/// The model of the last fit, and the average covariates that explanations compare with.
struct Fitted {
    model: Option<(DiscreteHazard, Vec<f64>)>,
    horizon: u32,
    names: Vec<String>,
}

/// Periods begun, at least one; `None` for a tenure that no contract has.
fn periods(tenure: f64) -> Option<u32> {
    (tenure <= f64::from(LONGEST)).then_some(tenure.ceil().max(1.0) as u32)
}

fn covariates(inputs: Inputs<'_>) -> &[f64] {
    inputs.values.get(2..).unwrap_or_default()
}

impl ColumnModel for Hazard {
    fn parts(&self) -> &[Part] {
        &self.contract.parts
    }

    fn inputs(&self) -> &[Input] {
        &self.contract.inputs
    }

    fn needs_fit(&self) -> bool {
        true
    }

    fn is_steady(&self, _part: usize) -> bool {
        true
    }

    fn fit(&self, population: &dyn Population, _previous: Option<&[u8]>) -> Result<FitOutcome> {
        let (mut duration, mut left, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        each(population, &self.contract.inputs, |inputs| {
            let contract = told(inputs).and_then(|(tenure, gone)| Some((periods(tenure)?, gone)));
            let known = covariates(inputs).iter().all(|value| value.is_finite());
            if let Some((tenure, gone)) = contract.filter(|_| known) {
                duration.push(tenure);
                left.push(gone);
                rows.extend_from_slice(covariates(inputs));
            }
        })?;
        if duration.is_empty() {
            return Err(Error::new(ErrorKind::NotEnoughData, "of nobody tenure, end and inputs are known"));
        }
        let width = self.names.len();
        let fit = DiscreteHazard::fit(&duration, &left, &rows, width, self.baseline)?;
        let n = duration.len() as f64;
        let average: Vec<f64> =
            (0..width).map(|place| rows.iter().skip(place).step_by(width).sum::<f64>() / n).collect();
        let mut diagnostics = vec![
            ("contracts".to_owned(), n),
            ("log_likelihood".to_owned(), fit.log_likelihood),
            ("converged".to_owned(), f64::from(u8::from(fit.converged))),
        ];
        let levels = fit.model.baseline().len();
        if self.baseline == Baseline::LogTime {
            let names = ["intercept", "log_period"].map(str::to_owned);
            diagnostics.extend(names.into_iter().zip(fit.model.baseline().iter().copied()));
        }
        for (place, (name, beta)) in self.names.iter().zip(fit.model.beta()).enumerate() {
            diagnostics.push((format!("{name}_log_odds"), *beta));
            let error = fit.standard_errors.get(levels + place).copied().unwrap_or(f64::NAN);
            diagnostics.push((format!("{name}_log_odds_standard_error"), error));
        }
        let mut out = Writer::default();
        out.count(levels);
        out.f64s(fit.model.baseline());
        out.f64s(fit.model.beta());
        out.f64s(&average);
        Ok(FitOutcome { parameters: out.into_bytes(), diagnostics, ..FitOutcome::default() })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let decode = |bytes: &[u8]| {
            let mut from = Reader::new(bytes);
            let levels = from.count()?;
            let (time, width) = (from.f64s(levels)?, self.names.len());
            let (beta, average) = (from.f64s(width)?, from.f64s(width)?);
            from.finish()?;
            Ok((DiscreteHazard::from_coefficients(self.baseline, time, beta)?, average))
        };
        let model = parameters.map(decode).transpose()?;
        Ok(Box::new(Fitted { model, horizon: self.contract.horizon, names: self.names.clone() }))
    }
}

impl Fitted {
    fn all(&self, tenure: u32, covariates: &[f64]) -> [f64; 3] {
        let Some((model, _)) = &self.model else { return [f64::NAN; 3] };
        let (mut stay, mut so_far, mut next) = (1.0, f64::NAN, f64::NAN);
        for period in 1..=tenure.saturating_add(self.horizon) {
            stay *= 1.0 - model.hazard(period, covariates).unwrap_or(f64::NAN);
            if period == tenure {
                so_far = stay;
            } else if period == tenure + 1 {
                next = stay;
            }
        }
        standing(so_far, next, stay)
    }
}

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        let Some((tenure, left)) = told(inputs) else { return };
        let Some(tenure) = periods(tenure) else { return };
        let mut all = self.all(tenure, covariates(inputs));
        if left && self.model.is_some() {
            all = [0.0, all[1], f64::NAN];
        }
        out.iter_mut().zip(all).for_each(|(place, value)| *place = value);
    }

    /// Shapley values of the covariates against the average customer, at the same tenure.
    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let (Some((_, average)), Some((tenure, false))) = (&self.model, told(inputs)) else {
            return super::whole(self, inputs, part, &self.names);
        };
        let Some(tenure) = periods(tenure) else { return super::whole(self, inputs, part, &self.names) };
        let own = covariates(inputs);
        let distances: Vec<f64> = own.iter().zip(average).map(|(own, average)| own - average).collect();
        let mixed = |moved: &[f64]| {
            let at: Vec<f64> = average.iter().zip(moved).map(|(average, moved)| average + moved).collect();
            self.all(tenure, &at).get(part).copied().unwrap_or(f64::NAN)
        };
        let value = self.all(tenure, own).get(part).copied().unwrap_or(f64::NAN);
        let parts = shapley(value, self.names.clone(), &distances, mixed).0.parts;
        let Explained { evidence, .. } = super::whole(self, inputs, part, &self.names);
        Explained { value, parts, evidence }
    }
}
