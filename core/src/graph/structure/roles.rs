//! The role of a node among communities (Guimera and Amaral 2005).

use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::{Csr, unit_scale};

/// Roles of every node.
#[derive(Debug, Clone, PartialEq)]
pub struct Roles {
    /// 1 - sum over communities s of (k_is / k_i)^2: 0 where all ties are in one community. NaN
    /// without ties.
    pub participation: Vec<f64>,
    /// Ties inside the own community, in standard deviations (of the population) above its mean; 0
    /// where all are alike.
    pub within: Vec<f64>,
}

/// Participation and within-community degree of every node, by weight; outgoing ties count.
///
/// # Errors
/// `SchemaRange` where there is not one label a node.
pub fn roles(graph: &Csr, label: &[u32]) -> Result<Roles> {
    let nodes = graph.nodes();
    if label.len() != nodes {
        return Err(Error::new(ErrorKind::SchemaRange, format!("{} labels for {nodes} nodes", label.len())));
    }
    let mut names: Vec<u32> = label.to_vec();
    names.sort_unstable();
    names.dedup();
    let own: Vec<usize> = label.iter().map(|l| names.partition_point(|n| n < l)).collect();
    let mut sums = vec![0.0; names.len()];
    let (mut participation, mut inside) = (Vec::with_capacity(nodes), Vec::with_capacity(nodes));
    for node in 0..nodes as u32 {
        let (strength, scale) = graph.scaled_strength(node);
        graph.ties(node).for_each(|(to, weight)| sums[own[to as usize]] += weight * scale);
        inside.push(sums[own[node as usize]] / scale);
        let mut squares = 0.0;
        for (to, _) in graph.ties(node) {
            let part = std::mem::take(&mut sums[own[to as usize]]) / strength;
            squares += part * part;
        }
        participation.push(if strength == 0.0 { f64::NAN } else { 1.0 - squares });
    }
    let scale = unit_scale(inside.iter().map(|x| x.abs()).fold(0.0, f64::max));
    inside.iter_mut().for_each(|x| *x *= scale);
    let mut moments = vec![(0.0, 0.0); names.len()];
    for (&x, &own) in inside.iter().zip(&own) {
        moments[own].0 += 1.0;
        moments[own].1 += x;
    }
    let mean: Vec<f64> = moments.iter().map(|(n, sum)| sum / n).collect();
    let mut squares = vec![0.0; names.len()];
    for (&x, &own) in inside.iter().zip(&own) {
        squares[own] += (x - mean[own]) * (x - mean[own]);
    }
    let score = |(&x, &own): (&f64, &usize)| {
        let deviation = (squares[own] / moments[own].0).sqrt();
        if deviation > 0.0 { (x - mean[own]) / deviation } else { 0.0 }
    };
    Ok(Roles { participation, within: inside.iter().zip(&own).map(score).collect() })
}
