//! Columns whose fit gives every customer values of its own, which stand until the next one.

use crate::base::{Error, ErrorKind, Result, Verdict};
use crate::data::published::Published;
use crate::expr::Type;
use crate::program::{
    ColumnModel, Diagnostics, Explained, FitOutcome, FittedModel, Input, Inputs, Lowered, Part, Population,
};

/// What a fit found.
#[derive(Default)]
pub(super) struct Found {
    /// A column of values a part, one entry a customer each.
    pub columns: Vec<Vec<f64>>,
    pub diagnostics: Diagnostics,
    pub verdicts: Vec<(String, Verdict)>,
    /// What the next fit wants to know besides.
    pub rest: Vec<u8>,
}

/// How a column of this sort is learnt.
pub(super) trait Survey: Send + Sync + 'static {
    /// The values of everyone; `before` is what the last fit published.
    ///
    /// # Errors
    /// `NotEnoughData` where the population has too little, and the values that there are may stand.
    fn survey(&self, population: &dyn Population, before: Option<&Published>) -> Result<Found>;
}

/// Where there is nothing to look at: a reason to skip a column that no fit has given values. One that has them goes on,
/// since they must not outlive what they were made of.
///
/// # Errors
/// `NotEnoughData` where nothing was published before.
pub(super) fn nothing_yet(before: Option<&Published>, why: &str) -> Result<()> {
    before.map_or_else(|| Err(Error::new(ErrorKind::NotEnoughData, why)), |_| Ok(()))
}

/// A column whose fit gives every customer values.
pub(super) struct Surveyed<T> {
    parts: Vec<Part>,
    survey: T,
}

impl<T: Survey> Surveyed<T> {
    /// The column of a survey, with a number for each of these parts.
    pub fn lowered(survey: T, parts: &[&str]) -> Lowered {
        let part = |name: &&str| Part { name: (*name).to_owned(), kind: Type::Number };
        Lowered::Model(Box::new(Surveyed { parts: parts.iter().map(part).collect(), survey }))
    }
}

impl<T: Survey> ColumnModel for Surveyed<T> {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &[]
    }

    fn needs_fit(&self) -> bool {
        true
    }

    fn publishes(&self) -> bool {
        true
    }

    fn is_steady(&self, _part: usize) -> bool {
        true
    }

    fn fit(&self, population: &dyn Population, previous: Option<&[u8]>) -> Result<FitOutcome> {
        let before = previous.map(Published::decode).transpose()?;
        let mut found = self.survey.survey(population, before.as_ref())?;
        for column in &mut found.columns {
            // Whoever is no customer any more has no place.
            let gone = (0u32..).zip(column.iter_mut()).filter(|(customer, _)| !population.is_live(*customer));
            gone.for_each(|(_, value)| *value = f64::NAN);
        }
        let rows = found.columns.iter().map(Vec::len).min().unwrap_or(0);
        let values: Vec<f64> = (0..rows).flat_map(|row| found.columns.iter().map(move |column| column[row])).collect();
        let parameters = Published::new(false, found.columns.len(), &values, found.rest).encode();
        let Found { diagnostics, verdicts, .. } = found;
        Ok(FitOutcome { parameters, diagnostics, verdicts, ..FitOutcome::default() })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        Ok(Box::new(Fitted { published: parameters.map(Published::decode).transpose()?.unwrap_or_default() }))
    }
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
