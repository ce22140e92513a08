//! A need space with the topics of its last fit.

use crate::base::Result;
use crate::columns::text::labelled;
use crate::data::codec::{Reader, Writer};
use crate::models::topics::{Prepared, Topics, dominant, entropy, shares};
use crate::program::{Described, Explained, FittedModel, Inputs, Population};

/// What a fit publishes.
pub(super) struct Parameters {
    /// The interned name of each term.
    pub terms: Vec<u32>,
    /// The topics over the terms.
    pub topics: Topics,
}

impl Parameters {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.count(self.terms.len());
        self.terms.iter().for_each(|term| out.u32(*term));
        out.count(self.topics.k);
        out.f64(self.topics.objective);
        out.count(self.topics.iterations);
        out.u8(u8::from(self.topics.converged));
        self.topics.rows.iter().for_each(|share| out.f64(*share));
        out.into_bytes()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        let count = from.count()?;
        let terms: Result<Vec<u32>> = (0..count).map(|_| from.u32()).collect();
        let terms = terms?;
        let k = from.count()?;
        let objective = from.f64()?;
        let iterations = from.count()?;
        let converged = from.u8()? == 1;
        let rows: Result<Vec<f64>> = (0..k.saturating_mul(terms.len())).map(|_| from.f64()).collect();
        let topics = Topics { k, terms: terms.len(), rows: rows?, objective, iterations, converged };
        from.finish()?;
        Ok(Parameters { terms, topics })
    }

    /// The three largest terms of a topic, for display.
    pub fn title(&self, topic: usize, population: &dyn Population) -> String {
        let names = self.topics.top_terms(topic, 3);
        let names = names.iter().filter_map(|term| self.terms.get(*term)).map(|key| population.key(*key));
        names.collect::<Vec<_>>().join(", ")
    }
}

/// Topics ready to fold customers in.
pub(super) struct Fitted {
    /// Place of each known key among the terms, rising by key, and the topics.
    pub model: Option<(Vec<(u32, u32)>, Prepared)>,
    pub names: Vec<u32>,
    pub without: Vec<u32>,
    /// The column's own name.
    pub column: String,
    /// What each source is worth, and whether it meets needs.
    pub worth: Vec<(f64, bool)>,
    /// Whether there is a part `unmet`.
    pub unmet: bool,
}

/// Counts by name.
type Counts = Vec<(u32, f64)>;

impl Fitted {
    /// The weight of each topic in some counts; `None` without a fit or a known key.
    fn weights(&self, counts: &Counts) -> Option<Vec<f64>> {
        let (place, topics) = self.model.as_ref()?;
        let term =
            |key: u32| place.binary_search_by_key(&key, |(known, _)| *known).ok().and_then(|found| place.get(found));
        let (terms, values): (Vec<u32>, Vec<f64>) =
            counts.iter().filter_map(|(key, weight)| Some((term(*key)?.1, weight.sqrt()))).unzip();
        (!terms.is_empty()).then(|| topics.fold_in(&terms, &values))
    }

    /// The counts of some of the sources, without the names that are left out.
    fn counts(&self, inputs: Inputs<'_>, of: impl Fn(bool) -> bool) -> Counts {
        let own = self.worth.iter().zip(inputs.histograms).filter(|((_, met), _)| of(*met));
        let mut counts = super::together(own.map(|((weight, _), counts)| (*weight, counts.as_slice())));
        counts.retain(|(key, _)| !self.without.contains(key));
        counts
    }

    /// The topic that is met least for what is said of it, and by how much.
    fn unmet(&self, inputs: Inputs<'_>) -> [f64; 2] {
        let Some(said) = self.weights(&self.counts(inputs, |met| !met)) else { return [f64::NAN; 2] };
        let met = self.weights(&self.counts(inputs, |met| met)).map(|met| shares(&met)).unwrap_or_default();
        let share = |topic: usize| met.get(topic).copied().filter(|share| !share.is_nan()).unwrap_or(0.0);
        let gaps: Vec<f64> = shares(&said).iter().enumerate().map(|(topic, said)| said - share(topic)).collect();
        match dominant(&gaps) {
            Some(topic) => [self.names.get(topic).map_or(f64::NAN, |key| f64::from(*key)), gaps[topic]],
            None => [f64::NAN, 0.0],
        }
    }
}

impl FittedModel for Fitted {
    fn describe(&self, name: u32, say: &dyn Fn(u32) -> String) -> Option<Described> {
        let (place, topics) = self.model.as_ref()?;
        let topic = self.names.iter().position(|known| *known == name)?;
        let term = |term: &usize| place.iter().find(|(_, at)| *at as usize == *term).map(|(key, _)| say(*key));
        let words: Vec<String> = topics.topics().top_terms(topic, 3).iter().filter_map(term).collect();
        Some(Described { title: words.join(", "), rule: labelled(&self.column, &[say(name)], false, true) })
    }

    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        let counts = self.counts(inputs, |_| true);
        let Some(weights) = self.weights(&counts) else { return };
        let evidence = counts.iter().map(|(_, weight)| weight).sum();
        let first = dominant(&weights).and_then(|topic| self.names.get(topic)).map_or(f64::NAN, |key| f64::from(*key));
        let unmet = self.unmet.then(|| self.unmet(inputs));
        let all = std::iter::once(first).chain(shares(&weights)).chain([entropy(&weights)]);
        let all = all.chain(unmet.into_iter().flatten()).chain([evidence]);
        out.iter_mut().zip(all).for_each(|(place, value)| *place = value);
    }

    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let mut values = vec![f64::NAN; self.names.len() + if self.unmet { 5 } else { 3 }];
        self.read(inputs, &mut values);
        let value = values.get(part).copied().unwrap_or(f64::NAN);
        let shares = values.iter().skip(1).take(self.names.len()).enumerate();
        let mut evidence: Vec<(String, f64)> =
            shares.map(|(topic, share)| (super::topic_name(topic + 1), *share)).collect();
        evidence.push(("evidence".to_owned(), values.last().copied().unwrap_or(f64::NAN)));
        Explained { value, parts: vec![("value".to_owned(), value)], evidence }
    }
}
