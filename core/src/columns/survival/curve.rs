//! Kaplan-Meier's curves, one a segment.

use super::{Contract, standing, told, whole};
use crate::base::{Error, ErrorKind, Result};
use crate::columns::hidden::each;
use crate::data::codec::{Reader, Writer};
use crate::models::survival::{KaplanMeier, log_rank};
use crate::program::{ColumnModel, Explained, FitOutcome, FittedModel, Input, Inputs, Part, Population};

/// A column of survival by curves.
#[derive(Debug)]
pub(super) struct Curve {
    pub contract: Contract,
    /// Whether each name of a category has a curve of its own.
    pub by: bool,
}

/// The contracts of one segment: how many ended and how many last, by tenure.
#[derive(Debug, Clone, Default, PartialEq)]
struct Group {
    /// The segment's key; 0 where there is one curve for all.
    key: u32,
    tenure: Vec<f64>,
    left: Vec<bool>,
    weight: Vec<f64>,
}

/// The curves of the last fit, rising by key.
struct Fitted {
    curves: Vec<(u32, KaplanMeier)>,
    horizon: f64,
    by: bool,
}

/// The segment of a customer; `None` where it is unknown.
fn segment(by: bool, inputs: Inputs<'_>) -> Option<u32> {
    let Some(key) = inputs.values.get(2).filter(|_| by) else { return Some(0) };
    (!key.is_nan()).then_some(*key as u32)
}

impl Curve {
    /// All contracts: segment, tenure, whether they ended; sorted.
    fn contracts(&self, population: &dyn Population) -> Result<Vec<(u32, f64, bool)>> {
        let mut all = Vec::new();
        each(population, &self.contract.inputs, |inputs| {
            if let (Some((tenure, left)), Some(key)) = (told(inputs), segment(self.by, inputs)) {
                all.push((key, tenure, left));
            }
        })?;
        all.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        Ok(all)
    }
}

/// Equal contracts of a segment as one with a weight.
fn groups(contracts: &[(u32, f64, bool)]) -> Vec<Group> {
    let mut groups = Vec::new();
    for segment in contracts.chunk_by(|a, b| a.0 == b.0) {
        let mut group = Group { key: segment.first().map_or(0, |first| first.0), ..Group::default() };
        for equal in segment.chunk_by(|a, b| a == b) {
            group.tenure.extend(equal.first().map(|first| first.1));
            group.left.extend(equal.first().map(|first| first.2));
            group.weight.push(equal.len() as f64);
        }
        groups.push(group);
    }
    groups
}

fn encode(groups: &[Group]) -> Vec<u8> {
    let mut out = Writer::default();
    out.count(groups.len());
    for group in groups {
        out.u32(group.key);
        out.count(group.tenure.len());
        out.f64s(&group.tenure);
        group.left.iter().for_each(|left| out.u8(u8::from(*left)));
        out.f64s(&group.weight);
    }
    out.into_bytes()
}

fn decode(bytes: &[u8]) -> Result<Vec<(u32, KaplanMeier)>> {
    let mut from = Reader::new(bytes);
    let count = from.count()?;
    let mut curves = Vec::new();
    for _ in 0..count {
        let key = from.u32()?;
        let n = from.count()?;
        let tenure = from.f64s(n)?;
        let left: Result<Vec<bool>> = (0..n).map(|_| Ok(from.u8()? == 1)).collect();
        let weight = from.f64s(n)?;
        curves.push((key, KaplanMeier::new(&tenure, &left?, Some(&weight))?));
    }
    from.finish()?;
    Ok(curves)
}

impl ColumnModel for Curve {
    fn parts(&self) -> &[Part] {
        &self.contract.parts
    }

    fn inputs(&self) -> &[Input] {
        &self.contract.inputs
    }

    fn needs_fit(&self) -> bool {
        true
    }

    fn is_steady(&self, _part: usize) -> bool {
        true
    }

    fn fit(&self, population: &dyn Population, _previous: Option<&[u8]>) -> Result<FitOutcome> {
        let contracts = self.contracts(population)?;
        let groups = groups(&contracts);
        if groups.is_empty() {
            return Err(Error::new(ErrorKind::NotEnoughData, "of nobody tenure and end are known"));
        }
        let ended = contracts.iter().filter(|contract| contract.2).count();
        let mut diagnostics = vec![
            ("contracts".to_owned(), contracts.len() as f64),
            ("ended".to_owned(), ended as f64),
            ("curves".to_owned(), groups.len() as f64),
        ];
        let mut notes = Vec::new();
        if groups.len() > 1 {
            let place = |key: u32| groups.iter().position(|group| group.key == key).unwrap_or(0) as u32;
            let segments: Vec<u32> = contracts.iter().map(|contract| place(contract.0)).collect();
            let tenure: Vec<f64> = contracts.iter().map(|contract| contract.1).collect();
            let left: Vec<bool> = contracts.iter().map(|contract| contract.2).collect();
            let test = log_rank(&tenure, &left, &segments, groups.len())?;
            diagnostics.push(("log_rank".to_owned(), test.statistic));
            diagnostics.push(("log_rank_p".to_owned(), test.p));
            let names = groups.iter().map(|group| population.key(group.key).to_owned());
            notes.push(("curves".to_owned(), names.collect::<Vec<_>>().join(", ")));
        }
        Ok(FitOutcome { parameters: encode(&groups), diagnostics, notes, ..FitOutcome::default() })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let curves = parameters.map(decode).transpose()?.unwrap_or_default();
        Ok(Box::new(Fitted { curves, horizon: f64::from(self.contract.horizon), by: self.by }))
    }
}

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        let (Some((tenure, left)), Some(key)) = (told(inputs), segment(self.by, inputs)) else { return };
        let found = self.curves.binary_search_by_key(&key, |(known, _)| *known).ok();
        let Some((_, curve)) = found.and_then(|place| self.curves.get(place)) else { return };
        let at = |time: f64| curve.survival(time);
        let all = match left {
            true => [0.0, at(tenure), f64::NAN],
            false => standing(at(tenure), at(tenure + 1.0), at(tenure + self.horizon)),
        };
        out.iter_mut().zip(all).for_each(|(place, value)| *place = value);
    }

    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        whole(self, inputs, part, &["segment".to_owned()])
    }
}
