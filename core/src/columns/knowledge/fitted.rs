//! How well a customer is known, by the shares of the last fit.

use crate::base::{Error, ErrorKind, Result};
use crate::columns::DAY;
use crate::data::codec::{Reader, Writer};
use crate::models::pooling::Shares;
use crate::program::{Explained, FittedModel, Inputs};

/// What a fit publishes.
pub(super) struct Parameters {
    /// The key of each category, rising.
    pub categories: Vec<u32>,
    pub shares: Shares,
}

impl Parameters {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.count(self.categories.len());
        out.u32s(&self.categories);
        out.f64s(self.shares.prior());
        out.f64(self.shares.concentration());
        out.into_bytes()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let n = from.count()?;
        let categories = from.u32s(n)?;
        let shares = Shares::from_parts(from.f64s(n)?, from.f64()?)?;
        from.finish()?;
        if !categories.is_sorted() {
            return Err(Error::new(ErrorKind::StoreCorrupt, "the categories do not rise"));
        }
        Ok(Parameters { categories, shares })
    }
}

/// The shares of the last fit, if there was one.
pub(super) struct Fitted {
    pub parameters: Option<Parameters>,
    /// Keys of the categories whose chances are parts.
    pub wanted: Vec<u32>,
}

/// Parts before those of the categories.
const CATEGORIES: usize = 5;

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        let Some(Parameters { categories, shares }) = &self.parameters else { return };
        let place = |key: &u32| categories.binary_search(key).ok().map(|place| place as u32);
        // Categories that the fit has not seen tell nothing.
        let known = inputs.histograms.first().map_or(&[][..], Vec::as_slice);
        let counts: Vec<(u32, f64)> = known.iter().filter_map(|(key, count)| Some((place(key)?, *count))).collect();
        let events: f64 = counts.iter().map(|(_, count)| count).sum();
        let tenure = inputs.values.first().map_or(f64::NAN, |first| (inputs.at as f64 - first) / DAY as f64);
        let own = events / (events + shares.concentration());
        let entropy = shares.entropy(&counts);
        let first = [shares.entropy(&[]) - entropy, entropy, tenure, events, own];
        let each = self.wanted.iter().map(|key| place(key).map_or(0.0, |place| shares.chance(place, &counts)));
        out.iter_mut().zip(first.into_iter().chain(each)).for_each(|(place, value)| *place = value);
    }

    /// What is known is everyone's entropy less the customer's.
    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let mut all = vec![f64::NAN; CATEGORIES + self.wanted.len()];
        self.read(inputs, &mut all);
        let value = all.get(part).copied().unwrap_or(f64::NAN);
        let names = ["entropy", "tenure", "events", "own"].map(str::to_owned);
        let evidence = names.into_iter().zip(all.iter().skip(1).copied()).collect();
        let parts = match part {
            0 if value.is_finite() => vec![("everyone".to_owned(), value + all[1]), ("customer".to_owned(), -all[1])],
            _ => vec![("value".to_owned(), value)],
        };
        Explained { value, parts, evidence }
    }
}
