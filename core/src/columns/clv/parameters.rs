//! What a fit publishes: the models, and the average customer that explanations compare with.

use super::customer::Customer;
use crate::base::numeric::mean;
use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{Reader, Writer};
use crate::models::clv::{
    BetaGeo, BetaGeoParams, Dropout, GammaGamma, GammaGammaParams, Model, ParetoNbd, ParetoNbdParams, RegularBetaGeo,
    RegularBetaGeoParams,
};

/// The purchase model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Purchases {
    BetaGeo(BetaGeo),
    Pareto(ParetoNbd),
    Regular(RegularBetaGeo),
}

/// From this number on a model has a regularity.
const REGULAR: u8 = 3;

/// The average customer of a fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Average {
    /// Repeat occasions, to the nearest whole number: between them dropout has no meaning.
    pub frequency: f64,
    /// Time since the latest purchase.
    pub silence: f64,
    /// Time since the first purchase.
    pub age: f64,
    /// Mean amount of a repeat occasion; unknown without amounts.
    pub monetary: f64,
}

/// What a fit publishes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Parameters {
    pub purchases: Purchases,
    pub spend: Option<GammaGamma>,
    pub average: Average,
}

impl Purchases {
    /// P(alive) now.
    pub fn probability_alive(&self, x: f64, t_x: f64, age: f64) -> f64 {
        match self {
            Purchases::BetaGeo(model) => model.probability_alive(x, t_x, age),
            Purchases::Pareto(model) => model.probability_alive(x, t_x, age),
            Purchases::Regular(model) => model.probability_alive(x, t_x, age),
        }
    }

    /// Expected purchases in the next `t`.
    pub fn expected_purchases(&self, t: f64, x: f64, t_x: f64, age: f64) -> f64 {
        match self {
            Purchases::BetaGeo(model) => model.expected_purchases(t, x, t_x, age),
            Purchases::Pareto(model) => model.expected_purchases(t, x, t_x, age),
            Purchases::Regular(model) => model.expected_purchases(t, x, t_x, age),
        }
    }

    /// The model of regular gaps; of gaps by chance the one that has closed forms.
    pub fn regular(model: &RegularBetaGeo) -> Result<Purchases> {
        let RegularBetaGeoParams { r, alpha, a, b, k, dropout } = model.params();
        Ok(match k {
            1 => Purchases::BetaGeo(BetaGeoParams { r, alpha, a, b, dropout }.check()?),
            _ => Purchases::Regular(*model),
        })
    }

    /// Its parameters, to start a fit from.
    pub fn parameters(&self) -> Vec<f64> {
        match self {
            Purchases::BetaGeo(model) => model.parameters(),
            Purchases::Pareto(model) => model.parameters(),
            Purchases::Regular(model) => model.parameters(),
        }
    }

    /// The number of the model, and the regularity of its gaps; 1 is chance.
    fn word(&self) -> (u8, u32) {
        match self {
            Purchases::BetaGeo(model) if model.params().dropout == Dropout::AfterRepeat => (0, 1),
            Purchases::BetaGeo(_) => (1, 1),
            Purchases::Pareto(_) => (2, 1),
            Purchases::Regular(model) if model.params().dropout == Dropout::AfterRepeat => (3, model.params().k),
            Purchases::Regular(model) => (4, model.params().k),
        }
    }

    fn of((word, k): (u8, u32), [r, alpha, a, b]: [f64; 4]) -> Result<Purchases> {
        let beta_geo = |dropout| Ok(Purchases::BetaGeo(BetaGeoParams { r, alpha, a, b, dropout }.check()?));
        let regular = |dropout| Purchases::regular(&RegularBetaGeoParams { r, alpha, a, b, k, dropout }.check()?);
        match word {
            0 => beta_geo(Dropout::AfterRepeat),
            1 => beta_geo(Dropout::AfterEvery),
            2 => Ok(Purchases::Pareto(ParetoNbdParams { r, alpha, s: a, beta: b }.check()?)),
            3 => regular(Dropout::AfterRepeat),
            4 => regular(Dropout::AfterEvery),
            _ => Err(Error::new(ErrorKind::StoreCorrupt, format!("no purchase model has number {word}"))),
        }
    }
}

impl Average {
    /// Of customers; `None` of nobody.
    pub fn of(customers: &[Customer]) -> Option<Average> {
        if customers.is_empty() {
            return None;
        }
        let over = |value: fn(&Customer) -> f64| {
            let known: Vec<f64> = customers.iter().map(value).filter(|value| !value.is_nan()).collect();
            mean(&known)
        };
        Some(Average {
            frequency: over(|customer| customer.frequency).round(),
            silence: over(|customer| customer.age - customer.recency),
            age: over(|customer| customer.age),
            monetary: over(|customer| customer.monetary),
        })
    }
}

impl Parameters {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        let (word, k) = self.purchases.word();
        out.u8(word);
        if word >= REGULAR {
            out.u32(k);
        }
        self.purchases.parameters().iter().for_each(|value| out.f64(*value));
        out.u8(u8::from(self.spend.is_some()));
        if let Some(spend) = &self.spend {
            spend.parameters().iter().for_each(|value| out.f64(*value));
        }
        let Average { frequency, silence, age, monetary } = self.average;
        [frequency, silence, age, monetary].iter().for_each(|value| out.f64(*value));
        out.into_bytes()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let word = from.u8()?;
        let word = (word, if word >= REGULAR { from.u32()? } else { 1 });
        let purchases = Purchases::of(word, [from.f64()?, from.f64()?, from.f64()?, from.f64()?])?;
        let spend = match from.u8()? {
            0 => None,
            _ => Some(GammaGammaParams { p: from.f64()?, q: from.f64()?, gamma: from.f64()? }.check()?),
        };
        let average = Average { frequency: from.f64()?, silence: from.f64()?, age: from.f64()?, monetary: from.f64()? };
        from.finish()?;
        Ok(Parameters { purchases, spend, average })
    }
}
