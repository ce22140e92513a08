//! Ties that nobody made: between people of similar needs, and between those who meet in a place.
//!
//! A shared need is not a channel of word of mouth: never seed or measure influence over these.

use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::{Csr, unit_scale};
use rayon::prelude::*;

#[cfg(test)]
mod tests;

/// The `k` nearest by cosine similarity of every row of `vectors` (row after row, `width` numbers each),
/// as an undirected graph: a tie weighs the similarity where either is among the nearest of the other.
///
/// Rows of zeros or with a NaN have no ties; similarities of zero or less make none. Exact, O(rows^2
/// width) in parallel: for some 100,000 rows. Equal similarities go to the smaller row.
///
/// # Errors
/// `SchemaRange` for a width of zero or that does not divide the numbers.
pub fn nearest_by_need(vectors: &[f64], width: usize, k: usize) -> Result<Csr> {
    if width == 0 || !vectors.len().is_multiple_of(width) {
        return Err(Error::new(ErrorKind::SchemaRange, format!("{} numbers are not rows of {width}", vectors.len())));
    }
    let rows = vectors.len() / width;
    let unit: Vec<f64> = vectors
        .chunks_exact(width)
        .flat_map(|row| {
            let unit = unit_scale(row.iter().map(|x| x.abs()).fold(0.0, f64::max));
            let norm = row.iter().map(|x| x * unit * (x * unit)).sum::<f64>().sqrt();
            let scale = if norm > 0.0 && norm.is_finite() { 1.0 / norm } else { f64::NAN };
            row.iter().map(move |x| x * unit * scale)
        })
        .collect();
    let nearest: Vec<Vec<(f64, u32)>> =
        (0..rows).into_par_iter().map_init(Vec::new, |near, row| k_nearest(&unit, width, row, k, near)).collect();
    let mut pairs: Vec<(u32, u32, f64)> = Vec::new();
    for (row, near) in nearest.iter().enumerate() {
        pairs.extend(near.iter().map(|&(s, other)| ((row as u32).min(other), (row as u32).max(other), s)));
    }
    pairs.sort_unstable_by_key(|pair| (pair.0, pair.1));
    pairs.dedup_by_key(|pair| (pair.0, pair.1));
    let source: Vec<u32> = pairs.iter().map(|pair| pair.0).collect();
    let target: Vec<u32> = pairs.iter().map(|pair| pair.1).collect();
    let weight: Vec<f64> = pairs.iter().map(|pair| pair.2).collect();
    Csr::from_edges(rows, &source, &target, Some(&weight), false)
}

fn k_nearest(unit: &[f64], width: usize, row: usize, k: usize, near: &mut Vec<(f64, u32)>) -> Vec<(f64, u32)> {
    near.clear();
    let own = &unit[row * width..(row + 1) * width];
    for (other, theirs) in unit.chunks_exact(width).enumerate().filter(|(other, _)| *other != row) {
        let similarity: f64 = own.iter().zip(theirs).map(|(a, b)| a * b).sum();
        if similarity > 0.0 {
            near.push((similarity, other as u32));
        }
    }
    let order = |a: &(f64, u32), b: &(f64, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    if k < near.len() {
        near.select_nth_unstable_by(k, order);
        near.truncate(k);
    }
    near.sort_by(order);
    near.clone()
}

/// People tied by the places (topics, events) they share: each shared place of n people adds 1 / (n - 1)
/// (Newman 2001). Repeats of a pair count once. O(sum over places of n^2): leave out crowds by `most`,
/// the largest place that ties.
///
/// # Errors
/// `SchemaRange` where columns differ in length or a person is unknown.
pub fn project(people: usize, person: &[u32], place: &[u32], most: usize) -> Result<Csr> {
    if person.len() != place.len() || person.iter().any(|&p| p as usize >= people) {
        return Err(Error::new(ErrorKind::SchemaRange, format!("pairs must be columns of people below {people}")));
    }
    let mut pairs: Vec<(u32, u32)> = place.iter().copied().zip(person.iter().copied()).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let (mut source, mut target, mut weight) = (Vec::new(), Vec::new(), Vec::new());
    for crowd in pairs.chunk_by(|a, b| a.0 == b.0).filter(|crowd| crowd.len() <= most) {
        for (i, a) in crowd.iter().enumerate() {
            for b in &crowd[i + 1..] {
                source.push(a.1);
                target.push(b.1);
                weight.push(1.0 / (crowd.len() - 1) as f64);
            }
        }
    }
    Csr::from_edges(people, &source, &target, Some(&weight), false)
}
