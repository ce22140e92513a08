//! Opportunities that a customer will take, by the model of the last fit.

use super::History;
use crate::base::Result;
use crate::base::numeric::mean;
use crate::columns::explain::shapley;
use crate::data::codec::{Reader, Writer};
use crate::models::clv::{BetaGeoBetaBinomial, BetaGeoBetaBinomialParams, Model};
use crate::program::{Explained, FittedModel, Inputs};

/// The parts; the first two need a fit.
pub(super) const NAMES: [&str; 5] = ["", "probability_alive", "frequency", "recency", "opportunities"];

/// The average customer of a fit, to the nearest whole numbers: between them opportunities have no meaning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Average {
    frequency: f64,
    /// Opportunities since the last one taken.
    silence: f64,
    opportunities: f64,
}

/// What a fit publishes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Parameters {
    pub model: BetaGeoBetaBinomial,
    pub average: Average,
}

/// The model of the last fit, if there was one.
pub(super) struct Fitted {
    pub parameters: Option<Parameters>,
    pub period: i64,
    pub horizon: u32,
}

impl Average {
    /// Of customers; `None` of nobody.
    pub fn of(all: &[History]) -> Option<Average> {
        let over = |value: fn(&History) -> f64| mean(&all.iter().map(value).collect::<Vec<f64>>()).round();
        (!all.is_empty()).then(|| Average {
            frequency: over(|h| h.frequency),
            silence: over(|h| h.opportunities - h.recency),
            opportunities: over(|h| h.opportunities),
        })
    }
}

impl Parameters {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.f64s(&self.model.parameters());
        let Average { frequency, silence, opportunities } = self.average;
        out.f64s(&[frequency, silence, opportunities]);
        out.into_bytes()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let params =
            BetaGeoBetaBinomialParams { alpha: from.f64()?, beta: from.f64()?, gamma: from.f64()?, delta: from.f64()? };
        let average = Average { frequency: from.f64()?, silence: from.f64()?, opportunities: from.f64()? };
        from.finish()?;
        Ok(Parameters { model: params.check()?, average })
    }
}

impl Fitted {
    /// The parts that need a fit.
    fn predicted(&self, history: History) -> [f64; 2] {
        let Some(Parameters { model, .. }) = &self.parameters else { return [f64::NAN; 2] };
        let History { frequency, recency, opportunities } = history;
        let alive = model.probability_alive(0, frequency, recency, opportunities);
        [model.expected_purchases(self.horizon, frequency, recency, opportunities), alive]
    }

    fn all(&self, history: History) -> [f64; NAMES.len()] {
        let [expected, alive] = self.predicted(history);
        [expected, alive, history.frequency, history.recency, history.opportunities]
    }
}

/// A history of any frequency, silence and number of opportunities, made sound.
fn sound(frequency: f64, silence: f64, opportunities: f64) -> History {
    let opportunities = opportunities.max(0.0);
    let frequency = frequency.clamp(0.0, opportunities);
    let last = if frequency > 0.0 { (opportunities - silence).clamp(frequency, opportunities) } else { 0.0 };
    History { frequency, recency: last, opportunities }
}

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        let Some(history) = History::of(inputs, self.period) else { return };
        out.iter_mut().zip(self.all(history)).for_each(|(place, value)| *place = value);
    }

    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let Some(history) = History::of(inputs, self.period) else {
            return Explained { value: f64::NAN, parts: Vec::new(), evidence: Vec::new() };
        };
        let all = self.all(history);
        let value = all.get(part).copied().unwrap_or(f64::NAN);
        let evidence = NAMES.iter().zip(all).skip(1).map(|(name, value)| ((*name).to_owned(), value)).collect();
        let (Some(Parameters { average, .. }), true) = (&self.parameters, part < 2) else {
            return Explained { value, parts: vec![("value".to_owned(), value)], evidence };
        };
        let own = [history.frequency, history.opportunities - history.recency, history.opportunities];
        let base = [average.frequency, average.silence, average.opportunities];
        let distances: [f64; 3] = std::array::from_fn(|place| own[place] - base[place]);
        let mixed = |moved: &[f64]| {
            let by = |place: usize| base[place] + moved.get(place).copied().unwrap_or(0.0);
            self.predicted(sound(by(0), by(1), by(2)))[part]
        };
        let names = ["frequency", "recency", "opportunities"].map(str::to_owned).to_vec();
        Explained { value, parts: shapley(value, names, &distances, mixed).0.parts, evidence }
    }
}
