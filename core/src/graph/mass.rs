//! Mass: individuals against communities, and where a number stands among all.

use crate::base::{Error, ErrorKind, Result};
use crate::graph::csr::unit_scale;

/// What a community weighs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Mass {
    /// Its members.
    pub members: usize,
    /// Sum of the values of its members; unknown values count nothing.
    pub total: f64,
    /// (sum w)^2 / sum w^2: as many equals would weigh as much. NaN where all weigh nothing.
    pub effective: f64,
}

/// The mass of each community 0..k of `label`, from a value a node (NaN unknown): adds up over any partition.
///
/// ```
/// use bactrian::graph::community_mass;
///
/// let mass = community_mass(&[0, 0, 1], &[3.0, 1.0, 5.0])?;
/// assert_eq!((mass[0].total, mass[0].effective, mass[1].members), (4.0, 1.6, 1));
/// # Ok::<(), bactrian::Error>(())
/// ```
///
/// # Errors
/// `SchemaRange` where there is not one value a node, or a label is not below the number of nodes.
pub fn community_mass(label: &[u32], value: &[f64]) -> Result<Vec<Mass>> {
    if label.len() != value.len() || label.iter().any(|&own| own as usize >= label.len()) {
        return Err(Error::new(ErrorKind::SchemaRange, "mass needs one value a node, and labels below their number"));
    }
    let mut out = vec![Mass::default(); label.iter().max().map_or(0, |&max| max as usize + 1)];
    // Sums of scaled values and of their squares, for the ratio of the two.
    let scale = unit_scale(value.iter().map(|x| x.abs()).filter(|x| x.is_finite()).fold(0.0, f64::max));
    let mut sums = vec![(0.0, 0.0); out.len()];
    for (&own, &x) in label.iter().zip(value) {
        let mass = &mut out[own as usize];
        mass.members += 1;
        if !x.is_nan() {
            mass.total += x;
            let (sum, squares) = &mut sums[own as usize];
            *sum += x * scale;
            *squares += x * scale * (x * scale);
        }
    }
    out.iter_mut().zip(sums).for_each(|(mass, (sum, squares))| mass.effective = sum * sum / squares);
    Ok(out)
}

/// Where each value stands among all known ones, 0 to 1: (below + half of equal others) / (known - 1); 0.5
/// where it is the only one, NaN where unknown.
///
/// ```
/// use bactrian::graph::percentile_ranks;
///
/// assert_eq!(percentile_ranks(&[30.0, 10.0, 20.0, 20.0])[..2], [1.0, 0.0]);
/// ```
pub fn percentile_ranks(values: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let others = sorted.len() as f64 - 1.0;
    let rank = |&x: &f64| {
        if x.is_nan() {
            return f64::NAN;
        }
        let below = sorted.partition_point(|y| *y < x) as f64;
        let equal = sorted.partition_point(|y| *y <= x) as f64 - below;
        if others > 0.0 { (below + 0.5 * (equal - 1.0)) / others } else { 0.5 }
    };
    values.iter().map(rank).collect()
}
