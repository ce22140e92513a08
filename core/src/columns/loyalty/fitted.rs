//! Split loyalty with the market of the last fit.

use super::bought;
use crate::base::Result;
use crate::data::codec::{Reader, Writer};
use crate::models::loyalty::{NbdDirichlet, NbdDirichletParams};
use crate::program::{Explained, FittedModel, Inputs};

/// What a fit publishes.
#[derive(Debug, Clone)]
pub(super) struct Parameters {
    /// The model of the suppliers that had buyers.
    pub model: NbdDirichlet,
    /// Which of the declared suppliers had.
    pub sold: Vec<bool>,
    /// Of each supplier, and at the end of all others, the chance that the next purchase stays.
    pub stay: Vec<f64>,
    /// And the purchases until half of its buyers have left it once.
    pub half_lives: Vec<f64>,
}

impl Parameters {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        let NbdDirichletParams { m, k, s, shares } = self.model.params();
        [m, k, s].iter().for_each(|value| out.f64(**value));
        out.count(self.sold.len());
        let mut shares = shares.iter();
        let share = |sold: &bool| if *sold { shares.next().copied().unwrap_or(0.0) } else { 0.0 };
        out.f64s(&self.sold.iter().map(share).collect::<Vec<f64>>());
        out.f64s(&self.stay);
        out.f64s(&self.half_lives);
        out.into_bytes()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let (m, k, s) = (from.f64()?, from.f64()?, from.f64()?);
        let n = from.count()?;
        let all = from.f64s(n)?;
        let (stay, half_lives) = (from.f64s(n + 1)?, from.f64s(n + 1)?);
        from.finish()?;
        let sold = all.iter().map(|share| *share > 0.0).collect();
        let shares = all.into_iter().filter(|share| *share > 0.0).collect();
        let model = NbdDirichletParams { m, k, s, shares }.check()?;
        Ok(Parameters { model, sold, stay, half_lives })
    }
}

/// The share of purchases that went to a supplier; NaN of none.
pub(super) fn share_of(bought: &[(u32, f64)], supplier: Option<u32>) -> f64 {
    let own: f64 = bought.iter().filter(|(key, _)| Some(*key) == supplier).map(|(_, count)| count).sum();
    (own + 0.0) / total_of(bought)
}

/// All purchases; 0.0 of none, where an empty sum is -0.0.
fn total_of(bought: &[(u32, f64)]) -> f64 {
    bought.iter().map(|(_, count)| count).sum::<f64>() + 0.0
}

/// The market of the last fit, if there was one.
pub(super) struct Fitted {
    parameters: Option<Parameters>,
    suppliers: Vec<u32>,
}

/// Places of the parts before those of the suppliers.
const RAW: usize = 4;
const SUPPLIERS: usize = 9;

impl Fitted {
    pub fn new(parameters: Option<Parameters>, suppliers: Vec<u32>) -> Self {
        let parameters = parameters.filter(|kept| kept.sold.len() == suppliers.len());
        Fitted { parameters, suppliers }
    }

    /// Purchases from each supplier, and from all others.
    fn counts(&self, bought: &[(u32, f64)]) -> (Vec<f64>, f64) {
        let of = |supplier: &u32| bought.iter().find(|(key, _)| key == supplier).map_or(0.0, |(_, count)| *count);
        let own: Vec<f64> = self.suppliers.iter().map(of).collect();
        let total = total_of(bought);
        let named: f64 = own.iter().sum();
        (own, (total - named).max(0.0))
    }

    /// The posterior share of each supplier; one without buyers has none.
    fn posterior(&self, parameters: &Parameters, bought: &[(u32, f64)]) -> Vec<f64> {
        let (own, mut elsewhere) = self.counts(bought);
        let mut known = Vec::with_capacity(own.len());
        for (count, sold) in own.iter().zip(&parameters.sold) {
            if *sold { known.push(*count) } else { elsewhere += count }
        }
        let mut shares = parameters.model.posterior_shares(&known, elsewhere).unwrap_or_default().into_iter();
        let share = |sold: &bool| if *sold { shares.next().unwrap_or(f64::NAN) } else { f64::NAN };
        parameters.sold.iter().map(share).collect()
    }

    /// Expected purchases of the category of who bought `own` times from the first supplier.
    fn wallet(parameters: &Parameters, own: f64) -> f64 {
        let first = parameters.sold.first() == Some(&true);
        let found = first.then(|| parameters.model.wallet(0, own as u32).ok()).flatten();
        found.map_or(f64::NAN, |wallet| wallet.total)
    }
}

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        let (bought, last) = bought(inputs);
        let total = total_of(bought);
        let share = share_of(bought, self.suppliers.first().copied());
        let sole = if total > 0.0 { f64::from(u8::from(share == 1.0)) } else { f64::NAN };
        let raw = [share, sole, bought.iter().filter(|(_, count)| *count > 0.0).count() as f64, total, last];
        out.iter_mut().skip(RAW).zip(raw).for_each(|(place, value)| *place = value);
        let Some(parameters) = &self.parameters else { return };
        let posterior = self.posterior(parameters, bought);
        let own = self.counts(bought).0.first().copied().unwrap_or(0.0);
        let place = self.suppliers.iter().position(|key| f64::from(*key) == last).unwrap_or(self.suppliers.len());
        let of = |values: &[f64]| if last.is_nan() { f64::NAN } else { values.get(place).copied().unwrap_or(f64::NAN) };
        let first = posterior.first().copied().unwrap_or(f64::NAN);
        let fitted = [first, Self::wallet(parameters, own), of(&parameters.stay), of(&parameters.half_lives)];
        out.iter_mut().zip(fitted).for_each(|(place, value)| *place = value);
        out.iter_mut().skip(SUPPLIERS).zip(posterior).for_each(|(place, value)| *place = value);
    }

    /// A posterior share is that of the market, and the customer's own purchases, each by its weight.
    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let mut all = vec![f64::NAN; SUPPLIERS + self.suppliers.len()];
        self.read(inputs, &mut all);
        let value = all.get(part).copied().unwrap_or(f64::NAN);
        let evidence = vec![("purchases".to_owned(), all[RAW + 3]), ("repertoire".to_owned(), all[RAW + 2])];
        let supplier = if part == 0 { Some(0) } else { part.checked_sub(SUPPLIERS) };
        let (bought, _) = bought(inputs);
        let split = self.parameters.as_ref().zip(supplier).filter(|_| value.is_finite()).map(|(parameters, place)| {
            let own = self.counts(bought).0.get(place).copied().unwrap_or(0.0);
            let from_own = own / (parameters.model.params().s + all[RAW + 3]);
            vec![("market".to_owned(), value - from_own), ("own purchases".to_owned(), from_own)]
        });
        Explained { value, parts: split.unwrap_or_else(|| vec![("value".to_owned(), value)]), evidence }
    }
}
