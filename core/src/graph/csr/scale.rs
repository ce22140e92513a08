//! Weights of any size: where sums or products of them would leave the range of numbers, a power of two brings them
//! back into it. That factor is 1 as a rule, and then nothing changes by a bit.

use super::{Csr, Weights};
use std::borrow::Cow;

/// Strengths between these neither overflow nor lose digits.
const STRENGTHS: std::ops::RangeInclusive<f64> = 1e-250..=1e290;
/// Numbers between these can be multiplied with each other and summed.
const FACTORS: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// A power of two; `exponent` is at most 1000 by magnitude.
fn power(exponent: i64) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

/// What numbers of which `most` is the largest by magnitude are multiplied by, so that products and sums of them stay in
/// range: 1, or the power of two that brings `most` near 1.
pub(crate) fn unit_scale(most: f64) -> f64 {
    if most == 0.0 || !most.is_finite() || FACTORS.contains(&most.abs()) {
        return 1.0;
    }
    let exponent = (most.to_bits() >> 52 & 0x7ff) as i64 - 1023;
    power((-exponent).clamp(-1000, 1000))
}

/// Whether every one of some strengths can be divided by as it is, or is zero.
pub(crate) fn are_plain(strengths: &[f64]) -> bool {
    strengths.iter().all(|&strength| strength == 0.0 || STRENGTHS.contains(&strength.abs()))
}

impl Csr {
    /// The strength of a node, with its weights times the second number: 1, or a power of two where the sum would leave
    /// the range of numbers.
    pub(crate) fn scaled_strength(&self, node: u32) -> (f64, f64) {
        let strength = self.strength(node);
        if strength == 0.0 || STRENGTHS.contains(&strength.abs()) {
            return (strength, 1.0);
        }
        let most = self.ties(node).map(|(_, weight)| weight.abs()).fold(0.0, f64::max);
        let scale = unit_scale(most);
        (self.ties(node).map(|(_, weight)| weight * scale).sum(), scale)
    }

    /// Every weight as its share of the strength of its row: a directed graph.
    pub(crate) fn row_shares(&self) -> Csr {
        let share = |node: u32| {
            let (strength, scale) = self.scaled_strength(node);
            self.ties(node).map(move |(_, weight)| if strength == 0.0 { 0.0 } else { weight * scale / strength })
        };
        let weights = (0..self.nodes() as u32).flat_map(share).collect();
        Csr { directed: true, weights: Weights::Double(weights), ..self.clone() }
    }

    /// This graph with weights that can be multiplied and summed, and what they were multiplied by.
    pub(crate) fn in_range(&self) -> (Cow<'_, Csr>, f64) {
        let Weights::Double(weights) = &self.weights else { return (Cow::Borrowed(self), 1.0) };
        let scale = unit_scale(weights.iter().map(|weight| weight.abs()).fold(0.0, f64::max));
        if scale == 1.0 {
            return (Cow::Borrowed(self), 1.0);
        }
        let weights = weights.iter().map(|weight| weight * scale).collect();
        (Cow::Owned(Csr { weights: Weights::Double(weights), ..self.clone() }), scale)
    }
}
