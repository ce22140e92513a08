//! Fitted bins, and what they say of a value.

use serde::{Deserialize, Serialize};

use super::counts::{Counts, information_value};
use crate::base::{Error, ErrorKind, Result};
use crate::models::saved::Saved;
use crate::models::watch::{Input, InputKind};

/// How values that are neither special nor missing find their bin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Bins {
    /// Bin i holds the values from cut i - 1, itself included, to below cut i.
    Cuts(Vec<f64>),
    /// The known categories, rising, each with its bin.
    Groups(Vec<(f64, u32)>),
}

/// Fitted bins of one column.
///
/// Bins are numbered: first those of [`Bins`], then one for each special value, then the missing
/// one (NaN), then that of unseen categories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Binning {
    /// How values find their bin.
    pub bins: Bins,
    /// The special values.
    pub specials: Vec<f64>,
    /// What the fit saw in each bin.
    pub counts: Vec<Counts>,
    /// The names of the categories, in the order of their codes 0, 1, ..., where they have names.
    #[serde(default)]
    pub categories: Vec<String>,
}

impl Binning {
    /// What a model of this column takes, by a name: a number, or a category with the names that it has.
    pub fn input(&self, name: &str) -> Input {
        let kind = match self.bins {
            Bins::Cuts(_) => InputKind::Number,
            Bins::Groups(_) => InputKind::Category,
        };
        Input { name: name.to_owned(), kind, unit: String::new(), categories: self.categories.clone() }
    }

    /// Bins of ordinary values.
    fn ordinary(&self) -> usize {
        self.counts.len().saturating_sub(self.specials.len() + 2)
    }

    /// Whether every value has a bin.
    pub(super) fn is_sound(&self) -> bool {
        let counts = self.counts.iter().flat_map(|bin| [bin.events, bin.non_events]);
        if !counts.chain(self.specials.iter().copied()).all(f64::is_finite) {
            return false;
        }
        let Some(ordinary) = self.counts.len().checked_sub(self.specials.len() + 2) else { return false };
        match &self.bins {
            Bins::Cuts(cuts) => cuts.len() + 1 == ordinary && cuts.is_sorted_by(|a, b| a < b),
            Bins::Groups(groups) => {
                groups.is_sorted_by(|a, b| a.0 < b.0) && groups.iter().all(|group| (group.1 as usize) < ordinary)
            }
        }
    }

    /// The bin of a value: an index into [`Binning::counts`].
    pub fn bin(&self, value: f64) -> usize {
        let first = self.ordinary();
        if value.is_nan() {
            return first + self.specials.len();
        }
        if let Some(special) = self.specials.iter().position(|special| *special == value) {
            return first + special;
        }
        match &self.bins {
            Bins::Cuts(cuts) => cuts.partition_point(|cut| *cut <= value),
            Bins::Groups(groups) => {
                let found = groups.binary_search_by(|group| group.0.total_cmp(&(value + 0.0)));
                found.map_or(first + self.specials.len() + 1, |at| groups[at].1 as usize)
            }
        }
    }

    /// All rows of the fit.
    pub fn all(&self) -> Counts {
        self.counts.iter().fold(Counts::default(), |sum, bin| sum.plus(*bin))
    }

    /// The weight of evidence of each bin; 0 where the fit saw no event or no non-event in it.
    pub fn weights_of_evidence(&self) -> Vec<f64> {
        let all = self.all();
        self.counts.iter().map(|bin| bin.weight_of_evidence(&all)).collect()
    }

    /// The weight of evidence of a value's bin.
    pub fn weight_of_evidence(&self, value: f64) -> f64 {
        self.counts.get(self.bin(value)).map_or(0.0, |bin| bin.weight_of_evidence(&self.all()))
    }

    /// The weight of evidence of each value's bin.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where `out` has not a number a value.
    pub fn weigh(&self, values: &[f64], out: &mut [f64]) -> Result<()> {
        if out.len() != values.len() {
            let text = format!("{} values, and a place for {} weights", values.len(), out.len());
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        let evidence = self.weights_of_evidence();
        for (slot, value) in out.iter_mut().zip(values) {
            *slot = evidence.get(self.bin(*value)).copied().unwrap_or(0.0);
        }
        Ok(())
    }

    /// The information value of all bins, those of special, missing and unseen values included.
    pub fn information_value(&self) -> f64 {
        information_value(&self.counts)
    }

    /// The statistic of Kolmogorov and Smirnov over the bins in their order: the largest difference
    /// between the cumulative shares of events and of non-events, in [0, 1].
    pub fn kolmogorov_smirnov(&self) -> f64 {
        let all = self.all();
        let (mut sum, mut largest) = (Counts::default(), 0.0_f64);
        for bin in &self.counts {
            sum = sum.plus(*bin);
            largest = largest.max((sum.events / all.events - sum.non_events / all.non_events).abs());
        }
        largest
    }

    /// The name of a code, or its number where it has none.
    fn shown(&self, code: f64) -> String {
        let name = self.categories.get(code as usize).filter(|_| code >= 0.0 && code.fract() == 0.0);
        name.map_or_else(|| code.to_string(), String::clone)
    }

    /// What the values of a bin have in common, as `[1.5, 5.5)`, `missing`, or the categories of a group.
    pub fn label(&self, bin: usize) -> String {
        let first = self.ordinary();
        match (&self.bins, bin.checked_sub(first)) {
            (_, Some(past)) if past < self.specials.len() => format!("special {}", self.specials[past]),
            (_, Some(past)) if past == self.specials.len() => "missing".to_owned(),
            (_, Some(_)) => "unseen".to_owned(),
            (Bins::Cuts(cuts), None) => {
                let low = bin.checked_sub(1).and_then(|at| cuts.get(at)).copied().unwrap_or(f64::NEG_INFINITY);
                let high = cuts.get(bin).copied().unwrap_or(f64::INFINITY);
                format!("{}{low}, {high})", if low.is_finite() { '[' } else { '(' })
            }
            (Bins::Groups(groups), None) => {
                let codes = groups.iter().filter(|group| group.1 as usize == bin);
                let shown: Vec<String> = codes.map(|group| self.shown(group.0)).collect();
                format!("{{{}}}", shown.join(", "))
            }
        }
    }
}

impl Saved for Binning {
    const KIND: &'static str = "binning";

    fn checked(self) -> Result<Self> {
        match self.is_sound() {
            true => Ok(self),
            false => Err(Error::new(ErrorKind::SchemaRange, "the bins do not fit together")),
        }
    }
}
