//! Hartigan's dip: the distance of a sample from the nearest distribution with one mode.
//!
//! The dip of F is the least over unimodal G of the largest |F - G| (Hartigan, Hartigan 1985). The
//! algorithm narrows a modal interval: left of it G is the greatest convex minorant of F, right of it
//! the least concave majorant (P. M. Hartigan 1985, AS 217, with the corrections of Maechler: no step
//! at ties, both fits updated). Steps are counted in units of 1 / n and the dip is half of the
//! largest. O(n) after the sort.

use super::table::dip_p_value;
use crate::base::random::Random;
use crate::base::{Error, ErrorKind, Result};

/// From so many values on the two hulls are made at once.
const SHARED: usize = 32_768;

/// For each index the next vertex of the hull towards the start: of the convex minorant if `convex`.
///
/// `vertex[j]` is the vertex before j of the minorant of points 0..=j; for the concave majorant the
/// points are read from the far end, which turns one into the other.
fn hull(x: &[f64], backwards: bool) -> Vec<usize> {
    let n = x.len();
    let place = |j: usize| if backwards { n - 1 - j } else { j };
    // Distances from the end where the hull begins; both coordinates grow with j.
    let reach = |j: usize, i: usize| (x[place(j)] - x[place(i)]).abs();
    let mut vertex = vec![0; n];
    let mut before = 0;
    for j in 1..n {
        let mut last = j - 1;
        // The chain of vertices before j; `last` stays a vertex if the slope rises there.
        while last > 0 {
            let rises = reach(j, last) * ((last - before) as f64) < reach(last, before) * ((j - last) as f64);
            if rises {
                break;
            }
            last = before;
            before = vertex[last];
        }
        vertex[j] = last;
        before = last;
    }
    if backwards {
        let mut turned = vec![0; n];
        for (j, last) in vertex.iter().enumerate() {
            turned[place(j)] = place(*last);
        }
        return turned;
    }
    vertex
}

/// The vertices from `from` to `to` along the chain of a hull.
fn chain(vertex: &[usize], from: usize, to: usize) -> Vec<usize> {
    let mut points = vec![from];
    let mut at = from;
    while at != to {
        at = vertex[at];
        points.push(at);
    }
    points
}

/// Largest distance between the two hulls over the modal interval, and the vertices where it is
/// found: indices into the chains. `minorant` runs down from the high end, `majorant` up from the low.
fn gap(x: &[f64], minorant: &[usize], majorant: &[usize]) -> (f64, usize, usize) {
    let mut best = (0.0, minorant.len() - 1, majorant.len() - 1);
    // Up from the low end: along the minorant indices fall, along the majorant they rise.
    let (mut i, mut v) = (minorant.len() - 2, 1);
    loop {
        let (low, high) = (minorant[i], majorant[v]);
        let by_majorant = low > high;
        let (distance, at) = if by_majorant {
            // The next vertex is the majorant's: its height above the minorant's segment.
            let start = minorant[i + 1];
            let slope = (low - start) as f64 / (x[low] - x[start]);
            ((high - start + 1) as f64 - (x[high] - x[start]) * slope, i + 1)
        } else {
            // The minorant's: its depth below the majorant's segment.
            let start = majorant[v - 1];
            let slope = (high - start) as f64 / (x[high] - x[start]);
            ((x[low] - x[start]) * slope - ((low - start) as f64 - 1.0), i)
        };
        if distance >= best.0 {
            best = (distance, at, v);
        }
        if by_majorant {
            v = (v + 1).min(majorant.len() - 1);
        } else {
            i = i.saturating_sub(1);
        }
        if minorant[i] == majorant[v] {
            return best;
        }
    }
}

/// Largest deviation of the sample from the chord between two vertices, in steps; `above` where the
/// sample lies above (the minorant), else below (the majorant).
fn deviation(x: &[f64], start: usize, end: usize, above: bool) -> f64 {
    let mut most = 1.0f64;
    if end - start > 1 && x[end] != x[start] {
        let slope = (end - start) as f64 / (x[end] - x[start]);
        for j in start..=end {
            let chord = (x[j] - x[start]) * slope;
            let steps = (j - start) as f64;
            most = most.max(if above { steps + 1.0 - chord } else { chord - steps + 1.0 });
        }
    }
    most
}

/// The dip of values that are sorted and finite; 0 of fewer than two distinct values.
pub(super) fn dip_of_sorted(x: &[f64]) -> f64 {
    let n = x.len();
    if n < 2 || x[0] == x[n - 1] {
        return 0.0;
    }
    let hulls = (|| hull(x, false), || hull(x, true));
    let (convex, concave) = if n < SHARED { (hulls.0(), hulls.1()) } else { rayon::join(hulls.0, hulls.1) };
    let (mut low, mut high) = (0, n - 1);
    // Twice n times the dip; 0 for a sample that is unimodal by itself.
    let mut dip = 0.0f64;
    loop {
        let minorant = chain(&convex, high, low);
        let majorant = chain(&concave, low, high);
        let (distance, i, v) =
            if minorant.len() == 2 && majorant.len() == 2 { (0.0, 1, 1) } else { gap(x, &minorant, &majorant) };
        if distance < dip {
            break;
        }
        let mut found = 0.0f64;
        for pair in minorant[i..].windows(2) {
            found = found.max(deviation(x, pair[1], pair[0], true));
        }
        for pair in majorant[v..].windows(2) {
            found = found.max(deviation(x, pair[0], pair[1], false));
        }
        dip = dip.max(found);
        if low == minorant[i] && high == majorant[v] {
            break;
        }
        (low, high) = (minorant[i], majorant[v]);
    }
    dip / (2.0 * n as f64)
}

/// The known values, sorted; an error where one is infinite.
pub(super) fn sorted(x: &[f64]) -> Result<Vec<f64>> {
    if x.iter().any(|x| x.is_infinite()) {
        return Err(Error::new(ErrorKind::SchemaRange, "a value is infinite"));
    }
    Ok(crate::models::quantile::sorted(x))
}

/// The dip of `x`, between 0 and 1/4; unknown values (NaN) take no part.
///
/// Equal to the R and Python packages `diptest` to the last digits. 0 for fewer than four values.
///
/// ```
/// use bactrian::models::humps::dip;
///
/// assert_eq!(dip(&[1.0, 1.0, 2.0, 2.0])?, 0.25);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn dip(x: &[f64]) -> Result<f64> {
    Ok(dip_of_sorted(&sorted(x)?))
}

/// The dip of `x` and its p-value against one mode, by the table of [`dip_p_value`].
///
/// ```
/// use bactrian::models::humps::dip_test;
///
/// let two: Vec<f64> = (0..200).map(|i| f64::from(i % 20) + if i % 2 == 0 { 0.0 } else { 100.0 }).collect();
/// let (dip, p) = dip_test(&two)?;
/// assert!(dip > 0.15 && p < 0.001);
/// # Ok::<(), bactrian::Error>(())
/// ```
pub fn dip_test(x: &[f64]) -> Result<(f64, f64)> {
    let sorted = sorted(x)?;
    let dip = dip_of_sorted(&sorted);
    Ok((dip, dip_p_value(dip, sorted.len())))
}

/// The dip of `x` and its p-value by simulation: the share of `simulations` uniform samples of the
/// same size whose dip is at least as large, itself counted (Davison, Hinkley 1997, 4.11).
///
/// Errors: an infinite value, no simulation. Cost: `simulations` times the dip of n values.
pub fn dip_simulated(x: &[f64], simulations: u32, seed: u64) -> Result<(f64, f64)> {
    if simulations == 0 {
        return Err(Error::new(ErrorKind::SchemaRange, "`simulations` is 0, but must be at least 1"));
    }
    let sorted = sorted(x)?;
    let dip = dip_of_sorted(&sorted);
    let larger = (0..simulations).filter(|&i| dip_of_uniform(sorted.len(), seed, u64::from(i)) >= dip).count();
    Ok((dip, (larger + 1) as f64 / (f64::from(simulations) + 1.0)))
}

/// The dip of a uniform sample of `n`, sorted by construction: partial sums of exponentials.
pub(super) fn dip_of_uniform(n: usize, seed: u64, stream: u64) -> f64 {
    let mut random = Random::keyed(seed, stream);
    let mut sum = 0.0;
    let sample: Vec<f64> = (0..n)
        .map(|_| {
            sum += random.exponential();
            sum
        })
        .collect();
    dip_of_sorted(&sample)
}
