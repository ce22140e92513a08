//! Do ties join like with like? (Newman 2003)

use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::{Csr, unit_scale};

/// Correlation of the degrees at the two ends of a tie: outgoing at the source and incoming at the
/// target where directed. Unweighted; NaN where degrees do not vary.
pub fn degree_assortativity(graph: &Csr) -> f64 {
    let out: Vec<f64> = (0..graph.nodes() as u32).map(|node| graph.degree(node) as f64).collect();
    let back = graph.transpose();
    let into: Vec<f64> = (0..graph.nodes() as u32).map(|node| back.degree(node) as f64).collect();
    correlation(graph, &out, &into)
}

/// Correlation of a number (age, value) at the two ends of a tie; ties where it is NaN do not count.
///
/// # Errors
/// `SchemaRange` where there is not one number a node.
pub fn numeric_assortativity(graph: &Csr, value: &[f64]) -> Result<f64> {
    check(graph, value.len())?;
    let known = value.iter().filter(|x| !x.is_nan());
    let scale = unit_scale(known.map(|x| x.abs()).fold(0.0, f64::max));
    let value: Vec<f64> = value.iter().map(|x| x * scale).collect();
    Ok(correlation(graph, &value, &value))
}

/// Assortativity of a category (region, time zone): (trace - chance) / (1 - chance) of the mixing
/// matrix, 1 where ties never leave a category, 0 by chance. Categories of `u32::MAX` are unknown, and
/// their ties do not count. Unweighted; NaN where all known nodes share one category.
///
/// # Errors
/// `SchemaRange` where there is not one category a node.
pub fn categorical_assortativity(graph: &Csr, category: &[u32]) -> Result<f64> {
    check(graph, category.len())?;
    let mut names: Vec<u32> = category.iter().copied().filter(|&c| c != u32::MAX).collect();
    names.sort_unstable();
    names.dedup();
    let (mut from, mut to) = (vec![0.0; names.len()], vec![0.0; names.len()]);
    let (mut same, mut count) = (0.0, 0.0);
    for node in 0..graph.nodes() as u32 {
        let Ok(a) = names.binary_search(&category[node as usize]) else { continue };
        for &other in graph.neighbors(node) {
            let Ok(b) = names.binary_search(&category[other as usize]) else { continue };
            from[a] += 1.0;
            to[b] += 1.0;
            count += 1.0;
            same += if a == b { 1.0 } else { 0.0 };
        }
    }
    let chance: f64 = from.iter().zip(&to).map(|(a, b)| a * b / (count * count)).sum();
    Ok((same / count - chance) / (1.0 - chance))
}

fn check(graph: &Csr, given: usize) -> Result<()> {
    if given == graph.nodes() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::SchemaRange, format!("{given} values for {} nodes", graph.nodes())))
}

fn correlation(graph: &Csr, source: &[f64], target: &[f64]) -> f64 {
    let arcs = || {
        let nodes = 0..graph.nodes() as u32;
        let all = nodes.flat_map(|a| graph.neighbors(a).iter().map(move |&b| (source[a as usize], target[b as usize])));
        all.filter(|(x, y)| !x.is_nan() && !y.is_nan())
    };
    let (mut n, mut x_mean, mut y_mean) = (0.0, 0.0, 0.0);
    for (x, y) in arcs() {
        n += 1.0;
        x_mean += x;
        y_mean += y;
    }
    (x_mean, y_mean) = (x_mean / n, y_mean / n);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in arcs() {
        xx += (x - x_mean) * (x - x_mean);
        yy += (y - y_mean) * (y - y_mean);
        xy += (x - x_mean) * (y - y_mean);
    }
    xy / (xx.sqrt() * yy.sqrt())
}
