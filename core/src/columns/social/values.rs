//! Values as a fit published them, read as they stand.

use crate::data::published::Published;
use crate::program::{Explained, FittedModel, Inputs};

/// Columns of values, one entry a customer each, as values by customer.
pub(super) fn published(columns: &[&[f64]]) -> Published {
    let rows = columns.iter().map(|column| column.len()).min().unwrap_or(0);
    let values: Vec<f64> = (0..rows).flat_map(|row| columns.iter().map(move |column| column[row])).collect();
    Published::new(false, columns.len(), &values, Vec::new())
}

/// What the last fit gave to each customer.
pub(super) struct Fitted {
    pub published: Published,
}

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        let values = self.published.of(inputs.customer);
        out.iter_mut().zip(values).for_each(|(place, value)| *place = *value);
    }

    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let value = self.published.of(inputs.customer).get(part).copied().unwrap_or(f64::NAN);
        Explained { value, parts: vec![("value".to_owned(), value)], evidence: Vec::new() }
    }
}
