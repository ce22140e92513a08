//! Opportunities by the stages of the last fit.

use super::{Ends, periods};
use crate::base::Result;
use crate::data::codec::{Reader, Writer};
use crate::models::survival::{Forecast, Goal, Level, Open, Stages};
use crate::program::{Explained, FittedModel, Inputs};

/// What a fit publishes: the stages by their keys, rising, and what was seen in each.
pub(super) struct Parameters {
    pub keys: Vec<u32>,
    pub levels: Vec<Vec<Level>>,
}

impl Parameters {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.count(self.keys.len());
        out.u32s(&self.keys);
        for stage in &self.levels {
            out.count(stage.len());
            for level in stage {
                out.f64(level.at_risk);
                out.f64s(&level.moves);
            }
        }
        out.into_bytes()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let stages = from.count()?;
        let keys = from.u32s(stages)?;
        let mut levels = Vec::new();
        for _ in 0..stages {
            let count = from.count()?;
            let mut stage = Vec::new();
            for _ in 0..count {
                stage.push(Level { at_risk: from.f64()?, moves: from.f64s(stages + 2)? });
            }
            levels.push(stage);
        }
        from.finish()?;
        Ok(Parameters { keys, levels })
    }
}

/// The stages of the last fit, if there was one.
pub(super) struct Fitted {
    pub fitted: Option<(Vec<u32>, Stages)>,
    pub ends: Ends,
    pub period: i64,
}

impl Fitted {
    /// The stages, and the place of the one of a key among them.
    fn stage(&self, key: f64) -> Option<(&Stages, u32)> {
        let (keys, stages) = self.fitted.as_ref()?;
        let place = keys.binary_search(&(key as u32)).ok()?;
        (!key.is_nan()).then_some((stages, place as u32))
    }

    /// The chance, and the ends of its interval.
    fn chance(&self, key: f64, age: f64) -> [f64; 3] {
        match (!key.is_nan()).then(|| self.ends.of(key as u32)).flatten() {
            Some(Goal::Won) => return [1.0; 3],
            Some(_) => return [0.0; 3],
            None => {}
        }
        let Some((stages, place)) = self.stage(key) else { return [f64::NAN; 3] };
        let (lower, upper) = stages.interval(place, age as u32);
        [stages.chance(place, age as u32), lower, upper]
    }
}

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        let [stage, entered, worth] = inputs.values else { return };
        let age = match entered.is_nan() {
            true => f64::NAN,
            false => f64::from(periods(inputs.at.saturating_sub(*entered as i64), self.period)),
        };
        let [chance, lower, upper] = if self.fitted.is_some() { self.chance(*stage, age) } else { [f64::NAN; 3] };
        let ends = [worth * lower, worth * upper];
        let all = [worth * chance, chance, ends[0].min(ends[1]), ends[0].max(ends[1]), age, *stage, *worth];
        out.iter_mut().zip(all).for_each(|(place, value)| *place = value);
    }

    /// What an opportunity brings is one product; its factors are the evidence.
    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let mut all = [f64::NAN; 7];
        self.read(inputs, &mut all);
        let value = all.get(part).copied().unwrap_or(f64::NAN);
        let [_, chance, _, _, age, _, worth] = all;
        let evidence = [("chance", chance), ("age", age), ("worth", worth)];
        Explained {
            value,
            parts: vec![("value".to_owned(), value)],
            evidence: evidence.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        }
    }

    fn forecast(&self, open: &[[f64; 3]]) -> Option<Forecast> {
        let (_, stages) = self.fitted.as_ref()?;
        let known = |[key, age, value]: &[f64; 3]| {
            let (_, stage) = self.stage(*key)?;
            Some(Open { stage, age: *age as u32, value: *value })
        };
        Some(stages.forecast(&open.iter().filter_map(known).collect::<Vec<Open>>()))
    }
}
