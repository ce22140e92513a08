//! What comes next, by the models of the last fit.

use super::Outlook;
use crate::base::Result;
use crate::columns::clv::Customer;
use crate::data::codec::{Reader, Writer};
use crate::models::clv::{BetaGeo, BetaGeoParams, Dropout, Model};
use crate::models::loyalty::{Cycle, Followed, NextCategory, Season};
use crate::program::{Explained, FittedModel, Inputs};

/// What a fit publishes.
#[derive(Debug, Clone)]
pub(super) struct Parameters {
    pub what: NextCategory,
    /// The key of each category of the model, rising.
    pub categories: Vec<u32>,
    pub when: BetaGeo,
    pub season: Option<Season>,
}

impl Parameters {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        self.when.parameters().iter().for_each(|value| out.f64(*value));
        match &self.season {
            None => out.u8(0),
            Some(season) => {
                out.u8(if season.cycle() == Cycle::Week { 1 } else { 2 });
                out.count(season.indices().len());
                out.f64s(season.indices());
            }
        }
        out.count(self.categories.len());
        out.u32s(&self.categories);
        out.f64s(self.what.popularity());
        self.what.backoff().iter().for_each(|weight| out.f64(*weight));
        let followed = self.what.followed();
        out.count(followed.len());
        for Followed { after, category, count } in &followed {
            out.u32(after[0]);
            out.u32(after[1]);
            out.u32(*category);
            out.f64(*count);
        }
        out.into_bytes()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let (r, alpha, a, b) = (from.f64()?, from.f64()?, from.f64()?, from.f64()?);
        let when = BetaGeoParams { r, alpha, a, b, dropout: Dropout::AfterEvery }.check()?;
        let cycle = match from.u8()? {
            0 => None,
            1 => Some(Cycle::Week),
            _ => Some(Cycle::Year),
        };
        let season = match cycle {
            None => None,
            Some(cycle) => {
                let bins = from.count()?;
                Some(Season::from_indices(cycle, from.f64s(bins)?)?)
            }
        };
        let n = from.count()?;
        let categories = from.u32s(n)?;
        let popularity = from.f64s(n)?;
        let backoff = [from.f64()?, from.f64()?, from.f64()?];
        let mut followed = Vec::new();
        for _ in 0..from.count()? {
            let after = [from.u32()?, from.u32()?];
            followed.push(Followed { after, category: from.u32()?, count: from.f64()? });
        }
        from.finish()?;
        let what = NextCategory::from_followed(popularity, &followed)?.with_backoff(backoff)?;
        Ok(Parameters { what, categories, when, season })
    }
}

/// The models of the last fit, if there was one.
pub(super) struct Fitted {
    pub parameters: Option<Parameters>,
    /// Keys of the categories whose chances are parts.
    pub wanted: Vec<u32>,
    pub outlook: Outlook,
}

/// Parts before those of the categories.
const CATEGORIES: usize = 4;

impl Fitted {
    /// The chance of an occasion within the span, and how many are expected.
    fn when(&self, parameters: &Parameters, inputs: Inputs<'_>) -> [f64; 2] {
        let Outlook { within, period } = self.outlook;
        let Some(Customer { frequency, recency, age, .. }) = Customer::of(inputs, period) else { return [f64::NAN; 2] };
        let span = match &parameters.season {
            Some(season) => season.exposure(inputs.at, inputs.at.saturating_add(within)),
            None => within as f64,
        };
        let none = parameters.when.probability_of(0, span / period, frequency, recency, age);
        [1.0 - none, parameters.when.expected_purchases(span / period, frequency, recency, age)]
    }
}

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        let Some(parameters) = &self.parameters else { return };
        let place = |key: f64| parameters.categories.binary_search(&(key as u32)).ok();
        // Categories that the fit has not seen tell nothing.
        let history: Vec<u32> = inputs.histograms.first().map_or(Vec::new(), |lines| {
            lines.iter().filter_map(|(_, key)| place(*key)).map(|place| place as u32).collect()
        });
        let Ok(forecast) = parameters.what.forecast(&history) else { return };
        let [occasion, expected] = self.when(parameters, inputs);
        let best = forecast.best(1).first().copied();
        let key = best.and_then(|best| parameters.categories.get(best)).map_or(f64::NAN, |key| f64::from(*key));
        let chance = |place: Option<usize>| place.and_then(|place| forecast.probabilities.get(place)).copied();
        let first = [key, chance(best).unwrap_or(f64::NAN), occasion, expected];
        let each = self.wanted.iter().map(|key| chance(place(f64::from(*key))).unwrap_or(0.0) * occasion);
        out.iter_mut().zip(first.into_iter().chain(each)).for_each(|(place, value)| *place = value);
    }

    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let mut all = vec![f64::NAN; CATEGORIES + self.wanted.len()];
        self.read(inputs, &mut all);
        let value = all.get(part).copied().unwrap_or(f64::NAN);
        let mut evidence = vec![("probability".to_owned(), all[1]), ("occasion".to_owned(), all[2])];
        let lines = inputs.histograms.first().map_or(0, Vec::len);
        evidence.push(("lines".to_owned(), lines as f64));
        Explained { value, parts: vec![("value".to_owned(), value)], evidence }
    }
}
