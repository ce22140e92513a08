//! Structural holes (Burt 1992): how far a node's contacts are tied among themselves.

use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::Csr;
use rayon::prelude::*;

/// Burt's measures of every node; NaN for a node without ties.
#[derive(Debug, Clone, PartialEq)]
pub struct Holes {
    /// Sum over contacts j of (p_ij + sum over q of p_iq p_qj)^2, p the share of i's ties.
    pub constraint: Vec<f64>,
    /// Contacts less what is redundant: sum over j of 1 - sum over q of p_iq m_jq, m_jq the tie of j to
    /// q against j's strongest.
    pub effective_size: Vec<f64>,
}

/// Constraint and effective size of every node.
///
/// The two directions of a pair add up. O(sum over ties of both degrees).
///
/// # Errors
/// `SchemaRange` for a negative weight.
pub fn structural_holes(graph: &Csr) -> Result<Holes> {
    if graph.least_weight() < 0.0 {
        return Err(Error::new(ErrorKind::SchemaRange, "structural holes need weights of zero or more"));
    }
    // Both directions add up; a unit pair that is tied both ways counts 2, as Burt's a_ij + a_ji.
    let summed;
    let both = if graph.is_directed() {
        summed = graph.clone().to_double().to_undirected();
        &summed
    } else {
        graph
    };
    let strength: Vec<(f64, f64)> = (0..both.nodes() as u32).map(|node| both.scaled_strength(node)).collect();
    let most = |node: u32| both.ties(node).map(|tie| tie.1 * strength[node as usize].1).fold(0.0, f64::max);
    let strongest: Vec<f64> = (0..both.nodes() as u32).map(most).collect();
    let pairs: Vec<(f64, f64)> = (0..both.nodes())
        .into_par_iter()
        .map_init(|| vec![0.0; both.nodes()], |share, node| measure(both, node as u32, &strength, &strongest, share))
        .collect();
    let (constraint, effective_size) = pairs.into_iter().unzip();
    Ok(Holes { constraint, effective_size })
}

/// Constraint and effective size of one node; `share` is zero everywhere, before and after. A strength comes with what
/// weights are multiplied by in it.
fn measure(graph: &Csr, node: u32, strength: &[(f64, f64)], strongest: &[f64], share: &mut [f64]) -> (f64, f64) {
    let (own, scale) = strength[node as usize];
    if own <= 0.0 {
        return (f64::NAN, f64::NAN);
    }
    graph.ties(node).for_each(|(to, weight)| share[to as usize] = weight * scale / own);
    let (mut constraint, mut size) = (0.0, 0.0);
    for (contact, weight) in graph.ties(node).filter(|tie| tie.1 > 0.0) {
        let (mut through, mut redundant) = (0.0, 0.0);
        for (between, other) in graph.ties(contact) {
            let p = share[between as usize];
            let (there, factor) = strength[between as usize];
            through += if p > 0.0 { p * (other * factor) / there } else { 0.0 };
            redundant += p * (other * strength[contact as usize].1) / strongest[contact as usize];
        }
        let sum = weight * scale / own + through;
        constraint += sum * sum;
        size += 1.0 - redundant;
    }
    graph.ties(node).for_each(|(to, _)| share[to as usize] = 0.0);
    (constraint, size)
}
