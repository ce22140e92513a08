//! A customer's humps with those of the last fit.

use super::{Cell, cells};
use crate::base::Result;
use crate::data::codec::{Reader, Writer};
use crate::models::humps::{BinomialHumps, CellRule};
use crate::program::{Explained, FittedModel, Inputs};

/// What a fit publishes.
pub(super) struct Parameters {
    pub humps: BinomialHumps,
}

impl Parameters {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        let BinomialHumps { low, high, share } = self.humps;
        [low, high, share].iter().for_each(|value| out.f64(*value));
        out.into_bytes()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let humps = BinomialHumps { low: from.f64()?, high: from.f64()?, share: from.f64()? };
        from.finish()?;
        Ok(Parameters { humps })
    }
}

/// The humps of the last fit, if there was one.
pub(super) struct Fitted {
    pub humps: Option<BinomialHumps>,
    pub rule: CellRule,
    pub categories: Vec<u32>,
}

/// Parts before those of the categories.
const CATEGORIES: usize = 5;

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        let all: Vec<Cell> = cells(inputs).collect();
        let counted: Vec<Cell> = all.iter().filter(|cell| cell.lines >= f64::from(self.rule.lines)).copied().collect();
        let upper = counted.iter().any(|cell| cell.high / cell.lines >= self.rule.high);
        let lower = counted.iter().any(|cell| cell.high / cell.lines <= self.rule.low);
        let (high, lines): (f64, f64) =
            all.iter().fold((0.0, 0.0), |sum, cell| (sum.0 + cell.high, sum.1 + cell.lines));
        let both = if counted.is_empty() { f64::NAN } else { f64::from(u8::from(upper && lower)) };
        let raw = [both, high / lines, counted.len() as f64];
        out.iter_mut().skip(2).zip(raw).for_each(|(place, value)| *place = value);
        let Some(humps) = self.humps else { return };
        let (high, lines): (Vec<f64>, Vec<f64>) = counted.iter().map(|cell| (cell.high, cell.lines)).unzip();
        let sum: f64 = counted.iter().map(|cell| humps.probability_high(cell.high, cell.lines)).sum();
        let fitted = [sum / counted.len() as f64, humps.mixing(&high, &lines)];
        out.iter_mut().zip(fitted).for_each(|(place, value)| *place = value);
        let of = |category: &u32| {
            let cell = all.iter().find(|cell| cell.category == *category);
            cell.map_or(humps.share, |cell| humps.probability_high(cell.high, cell.lines))
        };
        out.iter_mut().skip(CATEGORIES).zip(self.categories.iter().map(of)).for_each(|(place, value)| *place = value);
    }

    /// The hump's share among all cells, and what the customer's own lines add to it.
    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let mut all = vec![f64::NAN; CATEGORIES + self.categories.len()];
        self.read(inputs, &mut all);
        let value = all.get(part).copied().unwrap_or(f64::NAN);
        let evidence =
            ["both", "share", "cells"].map(str::to_owned).into_iter().zip(all[2..].iter().copied()).collect();
        let posterior = part == 0 || part >= CATEGORIES;
        let parts = match self.humps.filter(|_| posterior && value.is_finite()) {
            Some(humps) => vec![("market".to_owned(), humps.share), ("own lines".to_owned(), value - humps.share)],
            None => vec![("value".to_owned(), value)],
        };
        Explained { value, parts, evidence }
    }
}
