//! A customer's price tier by the items of the last fit.

use super::middle::{HIGH, LOW};
use crate::base::Result;
use crate::data::codec::{Reader, Writer};
use crate::program::{Explained, FittedModel, Inputs};

/// An item of the market.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Item {
    pub key: u32,
    pub category: u32,
    pub tier: f64,
}

/// What a fit publishes: the items, rising by key.
pub(super) struct Parameters {
    pub items: Vec<Item>,
}

impl Parameters {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.count(self.items.len());
        for item in &self.items {
            out.u32(item.key);
            out.u32(item.category);
            out.f64(item.tier);
        }
        out.into_bytes()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let n = from.count()?;
        let mut items = Vec::new();
        for _ in 0..n {
            items.push(Item { key: from.u32()?, category: from.u32()?, tier: from.f64()? });
        }
        from.finish()?;
        Ok(Parameters { items })
    }
}

/// The items of the last fit; none before it.
pub(super) struct Fitted {
    pub items: Vec<Item>,
    pub categories: Vec<u32>,
}

/// Parts before those of the categories.
const CATEGORIES: usize = 5;

impl Fitted {
    /// The customer's lines of known items.
    fn known<'a>(&'a self, inputs: Inputs<'a>) -> impl Iterator<Item = (&'a Item, f64)> {
        let lines = inputs.histograms.first().map_or(&[][..], Vec::as_slice);
        lines.iter().filter_map(|(key, lines)| {
            let place = self.items.binary_search_by_key(key, |item| item.key).ok()?;
            self.items.get(place).map(|item| (item, *lines))
        })
    }
}

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        if self.items.is_empty() {
            return;
        }
        let (mut sum, mut lines, mut low, mut high) = (0.0, 0.0, 0.0, 0.0);
        let mut by_category = vec![(0.0, 0.0); self.categories.len()];
        for (item, count) in self.known(inputs) {
            sum += item.tier * count;
            lines += count;
            low += if item.tier <= LOW { count } else { 0.0 };
            high += if item.tier >= HIGH { count } else { 0.0 };
            let place = self.categories.iter().position(|category| *category == item.category);
            if let Some(found) = place.and_then(|place| by_category.get_mut(place)) {
                *found = (found.0 + item.tier * count, found.1 + count);
            }
        }
        let (low, high) = (low / lines, high / lines);
        let all = [sum / lines, low, 1.0 - low - high, high, lines];
        let all = all.into_iter().chain(by_category.into_iter().map(|(sum, lines)| sum / lines));
        out.iter_mut().zip(all).for_each(|(place, value)| *place = value);
    }

    /// The mean tier is the middle of the market, 1/2, and what the customer's lines of each tier add.
    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let mut all = vec![f64::NAN; CATEGORIES + self.categories.len()];
        self.read(inputs, &mut all);
        let value = all.get(part).copied().unwrap_or(f64::NAN);
        let names = ["low", "middle", "high", "evidence"];
        let evidence = names.map(str::to_owned).into_iter().zip(all.iter().skip(1).copied()).collect();
        if part > 0 || !value.is_finite() {
            return Explained { value, parts: vec![("value".to_owned(), value)], evidence };
        }
        let mut parts = [("middle of the market", 0.5), ("low", 0.0), ("middle", 0.0), ("high", 0.0)];
        for (item, count) in self.known(inputs) {
            let place = 1 + usize::from(item.tier > LOW) + usize::from(item.tier >= HIGH);
            if let Some(part) = parts.get_mut(place) {
                part.1 += (item.tier - 0.5) * count / all[4];
            }
        }
        Explained { value, parts: parts.map(|(name, value)| (name.to_owned(), value)).to_vec(), evidence }
    }
}
