//! Conditional inference trees: segments grown toward a response, or toward the effect of a treatment.
//!
//! A node is parted only where a permutation test finds that a characteristic has to do with the response, all
//! characteristics held against each other by Bonferroni (Hothorn, Hornik, Zeileis 2006). So a characteristic of many
//! values has no better chance than one of two, and a tree that finds nothing is a single leaf. The statistic is
//! quadratic, asymptotically chi-squared: (n - 1) R^2 of the response on the ranks of a quantity, or on the
//! labels. The split is the one with the greatest two-sample statistic; labels are ordered by their mean
//! response. Who lacks the characteristic goes where more go.
//!
//! With a treatment the response of a row is its transformed outcome (y - mean) (t - p) / (p (1 - p)), p being
//! the share treated, whose mean is the uplift (Athey, Imbens 2016): that holds where chance alone chose who was
//! treated. A leaf tells the difference between the means of its own arms.

mod grow;
mod split;
#[cfg(test)]
mod tests;

pub use grow::{ConditionalTree, ConditionalTreeParams};

use super::associate::Characteristic;

/// One question of a tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// Below the threshold: yes.
    Below(f64),
    /// One of these labels, rising: yes.
    Among(Vec<f64>),
}

impl Question {
    /// Whether a value answers yes; `None` of an unknown value.
    pub fn ask(&self, value: f64) -> Option<bool> {
        match self {
            _ if value.is_nan() => None,
            Question::Below(threshold) => Some(value < *threshold),
            Question::Among(labels) => Some(labels.binary_search_by(|label| label.total_cmp(&value)).is_ok()),
        }
    }
}

/// A node of a tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Where customers end.
    Leaf(Leaf),
    /// A question about one characteristic.
    Split {
        /// Which characteristic.
        of: usize,
        /// What is asked.
        question: Question,
        /// Whether who lacks the characteristic goes to `yes`.
        unknown: bool,
        /// Place of the node of those who answer yes.
        yes: usize,
        /// And no.
        no: usize,
        /// The p-value of the test, adjusted.
        p_value: f64,
    },
}

/// What is known of a leaf.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leaf {
    /// Rows.
    pub size: u64,
    /// Mean response, or uplift: the difference of means between the leaf's arms.
    pub mean: f64,
    /// Its 95% interval: of a response that is 0 or 1 under Jeffreys' prior; of any other normal, as if one row more had been
    /// met that differs as rows do among all, and unknown where no response differs from another; of an uplift as
    /// [`super::evaluation::intention_to_treat`] has it.
    pub interval: (f64, f64),
}

/// One characteristic's share of the path to a leaf.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Which characteristic.
    pub of: usize,
    /// At least this, of a quantity.
    pub from: Option<f64>,
    /// Below this, of a quantity.
    pub below: Option<f64>,
    /// The labels that lead here, rising; and those that do not, in the same way. Of labels, one of the two is
    /// empty: what was never met goes with those that answered no.
    pub among: Vec<f64>,
    /// Labels that lead elsewhere.
    pub without: Vec<f64>,
    /// Whether who lacks the characteristic comes here too.
    pub unknown: bool,
}

fn values<'a>(column: &Characteristic<'a>) -> &'a [f64] {
    match column {
        Characteristic::Number(values) | Characteristic::Label(values) => values,
    }
}
