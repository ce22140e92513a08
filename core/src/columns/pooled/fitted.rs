//! A customer's rate by the levels of the last fit.

use super::segment_of;
use crate::base::Result;
use crate::data::codec::{Reader, Writer};
use crate::models::pooling::{Estimate, Level, Pooled, share_interval};
use crate::program::{Explained, FittedModel, Inputs};

/// What a fit publishes.
pub(super) struct Parameters {
    pub pooled: Pooled,
}

impl Parameters {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        [self.pooled.rate, self.pooled.between, self.pooled.within].iter().for_each(|value| out.f64(*value));
        out.count(self.pooled.segments().len());
        for (label, successes, trials) in self.pooled.segments() {
            out.u32(*label);
            out.f64(*successes);
            out.f64(*trials);
        }
        out.into_bytes()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let [rate, between, within] = [from.f64()?, from.f64()?, from.f64()?];
        let count = from.count()?;
        let mut segments = Vec::new();
        for _ in 0..count {
            segments.push((from.u32()?, from.f64()?, from.f64()?));
        }
        from.finish()?;
        Ok(Parameters { pooled: Pooled::from_parts(rate, between, within, segments)? })
    }
}

/// What does not change with a fit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    /// Interned names of the levels, from everyone to the person.
    pub levels: [u32; 3],
    pub confidence: f64,
}

/// The rates of the last fit, if there was one.
pub(super) struct Fitted {
    pub pooled: Option<Pooled>,
    pub words: Words,
}

/// A customer's segment, successes and trials.
fn own(inputs: Inputs<'_>) -> Option<(u32, f64, f64)> {
    let [segment, successes, trials] = inputs.values else { return None };
    let trials = if *trials > 0.0 { *trials } else { 0.0 };
    let successes = if successes.is_nan() { 0.0 } else { successes.clamp(0.0, trials) };
    Some((segment_of(*segment), successes, trials))
}

impl Fitted {
    /// The levels, a customer's rate by them, and what is known of the customer.
    fn found(&self, inputs: Inputs<'_>) -> Option<(&Pooled, Estimate, (u32, f64, f64))> {
        let (pooled, known) = (self.pooled.as_ref()?, own(inputs)?);
        Some((pooled, pooled.estimate(known.0, known.1, known.2).ok()?, known))
    }
}

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        let Some((pooled, found, (segment, _, trials))) = self.found(inputs) else { return };
        let (low, high) = share_interval(found.value, found.error * found.error, self.words.confidence);
        let level = match found.level {
            Level::Everyone => self.words.levels[0],
            Level::Segment => self.words.levels[1],
            Level::Person => self.words.levels[2],
        };
        let all =
            [found.value, low, high, found.error, f64::from(level), pooled.segment(segment).0, pooled.rate, trials];
        out.iter_mut().zip(all).for_each(|(place, value)| *place = value);
    }

    /// The rate is the three levels' own rates, each times its weight.
    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let mut all = [f64::NAN; 8];
        self.read(inputs, &mut all);
        let value = all.get(part).copied().unwrap_or(f64::NAN);
        let names = ["lower", "upper", "standard_error"];
        let mut evidence: Vec<(String, f64)> =
            names.map(str::to_owned).into_iter().zip(all.iter().skip(1).copied()).collect();
        evidence.push(("trials".to_owned(), all[7]));
        let (Some((pooled, found, (segment, successes, trials))), 0) = (self.found(inputs), part) else {
            return Explained { value, parts: vec![("value".to_owned(), value)], evidence };
        };
        let weights = found.weights;
        let (mean, weight) = pooled.segment(segment);
        let alone = if weight > 0.0 { (mean - (1.0 - weight) * pooled.rate) / weight } else { 0.0 };
        let person = if trials > 0.0 { successes / trials } else { 0.0 };
        let rates = [pooled.rate, alone, person];
        let levels = [Level::Everyone, Level::Segment, Level::Person];
        let parts = levels
            .iter()
            .zip(weights.iter().zip(rates))
            .map(|(level, (weight, rate))| (level.name().to_owned(), weight * rate));
        Explained { value, parts: parts.collect(), evidence }
    }
}
