//! Values that a fit gives to customers one by one: a community, a rank among all.
//!
//! They stand in the record of the fit under a name of their own, so that an erasure finds and clears
//! them without knowing the model that they are of.

use super::codec::{Reader, Writer};
use crate::base::{Error, ErrorKind, Result};

/// Ends the name under which values by customer stand in a fit; no declared name has a colon.
const MARK: &str = ".:customers";

/// The name under which the values of a model stand in a fit.
pub(crate) fn published_name(model: &str) -> String {
    format!("{model}{MARK}")
}

/// The model whose parameters stand under a name.
pub(crate) fn model_name(name: &str) -> &str {
    name.strip_suffix(MARK).unwrap_or(name)
}

/// Whether values by customer stand under a name.
pub(crate) fn is_published(name: &str) -> bool {
    name.ends_with(MARK)
}

/// Values of customers, by dense number; whoever has none takes no room.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Published {
    /// Whether the first value of a customer is the number of a word.
    pub words: bool,
    /// Values a customer.
    width: usize,
    /// Who has values, rising.
    customers: Vec<u32>,
    /// The values, customer after customer; NaN is unknown.
    values: Vec<f64>,
    /// What the model keeps beside them; it names no customer.
    pub rest: Vec<u8>,
}

impl Published {
    /// Values of `width` a customer from those of everyone in order; customers of whom all are unknown have none.
    pub fn new(words: bool, width: usize, everyone: &[f64], rest: Vec<u8>) -> Self {
        let (mut customers, mut values) = (Vec::new(), Vec::new());
        for (customer, own) in (0u32..).zip(everyone.chunks_exact(width.max(1))) {
            if own.iter().any(|value| !value.is_nan()) {
                customers.push(customer);
                values.extend_from_slice(own);
            }
        }
        Published { words, width: width.max(1), customers, values, rest }
    }

    /// The values of a customer; none of one who came after the fit.
    pub fn of(&self, customer: u32) -> &[f64] {
        // Where everyone has values, the place is the number.
        let place = match self.customers.get(customer as usize) {
            Some(own) if *own == customer => Ok(customer as usize),
            _ => self.customers.binary_search(&customer),
        };
        let first = place.unwrap_or(usize::MAX).saturating_mul(self.width);
        self.values.get(first..first.saturating_add(self.width)).unwrap_or_default()
    }

    /// Every customer who has values, rising.
    pub fn rows(&self) -> impl Iterator<Item = (u32, &[f64])> {
        self.customers.iter().copied().zip(self.values.chunks_exact(self.width.max(1)))
    }

    /// The words that it uses.
    pub fn used(&self) -> impl Iterator<Item = u32> + '_ {
        let first = self.rows().filter_map(|(_, values)| values.first());
        first.filter(|value| self.words && !value.is_nan()).map(|value| *value as u32)
    }

    /// Drops the values of some customers; gives how many had any.
    pub fn forget(&mut self, customers: &[u32]) -> u64 {
        let before = self.customers.len();
        self.keep(|customer, _| !customers.contains(&customer));
        (before - self.customers.len()) as u64
    }

    /// Drops the values of customers who are not to be kept.
    pub fn keep(&mut self, kept: impl Fn(u32, &[f64]) -> bool) {
        let (mut customers, mut values) = (Vec::new(), Vec::new());
        for (customer, own) in self.rows().filter(|(customer, own)| kept(*customer, own)) {
            customers.push(customer);
            values.extend_from_slice(own);
        }
        (self.customers, self.values) = (customers, values);
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(24 + 4 * self.customers.len() + 8 * self.values.len() + self.rest.len());
        out.u8(u8::from(self.words));
        out.count(self.width);
        // Bytes and not columns, which would be bounded as what hostile bytes may claim.
        out.bytes(&self.customers.iter().flat_map(|customer| customer.to_le_bytes()).collect::<Vec<u8>>());
        out.bytes(&self.values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>());
        out.bytes(&self.rest);
        out.into_bytes()
    }

    /// The values behind bytes of [`Published::encode`].
    ///
    /// # Errors
    /// `StoreCorrupt` for any other bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let words = from.u8()? == 1;
        let width = from.count()?;
        let ((customers, odd), (values, ends)) = (from.bytes()?.as_chunks::<4>(), from.bytes()?.as_chunks::<8>());
        let customers: Vec<u32> = customers.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
        let rows = customers.len().checked_mul(width) == Some(values.len()) && width > 0;
        if !rows || !odd.is_empty() || !ends.is_empty() || !customers.is_sorted_by(|a, b| a < b) {
            return Err(Error::new(ErrorKind::StoreCorrupt, "values by customer are damaged: they are no rows"));
        }
        let values = values.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
        let rest = from.bytes()?.to_vec();
        from.finish()?;
        Ok(Published { words, width, customers, values, rest })
    }
}
