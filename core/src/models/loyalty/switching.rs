//! From one purchase to the next: who stays, and who goes where.

use crate::base::numeric::ln;
use crate::base::{Error, ErrorKind, Result};

/// How often a purchase of one brand was followed by one of another.
///
/// ```
/// use bactrian::models::loyalty::Switching;
///
/// let switching = Switching::new(&[1, 1, 1, 2, 2], &[0, 0, 1, 1, 1], 2)?;
/// assert_eq!(switching.counts(), [[1.0, 1.0], [0.0, 1.0]]);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Switching {
    counts: Vec<Vec<f64>>,
}

impl Switching {
    /// Counts pairs of neighbouring rows of one customer: rows are in order of time within each
    /// customer, whose rows need not stand together. Errors: columns of different lengths, a brand not
    /// below `brands`.
    pub fn new(customer: &[u64], brand: &[u32], brands: usize) -> Result<Switching> {
        if customer.len() != brand.len() {
            let error = format!("{} customers and {} brands", customer.len(), brand.len());
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        if let Some(row) = brand.iter().position(|brand| *brand as usize >= brands) {
            let error = format!("brand {} in row {row}, of {brands}", brand[row]);
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        let mut counts = vec![vec![0.0; brands]; brands];
        let mut order: Vec<usize> = (0..customer.len()).collect();
        order.sort_by_key(|&row| customer[row]);
        for pair in order.windows(2).filter(|pair| customer[pair[0]] == customer[pair[1]]) {
            counts[brand[pair[0]] as usize][brand[pair[1]] as usize] += 1.0;
        }
        Ok(Switching { counts })
    }

    /// Row i, column j: how often j followed i.
    pub fn counts(&self) -> &[Vec<f64>] {
        &self.counts
    }

    /// Each row of the counts as shares; NaN in a row of which nothing followed.
    pub fn probabilities(&self) -> Vec<Vec<f64>> {
        let row = |row: &Vec<f64>| {
            let total: f64 = row.iter().sum();
            row.iter().map(|count| count / total).collect()
        };
        self.counts.iter().map(row).collect()
    }

    /// Of each brand the number of purchases after which half of its buyers have left it at least
    /// once, ln(1/2) / ln(stay); 0 where nobody stays, infinite where all do, NaN without data.
    pub fn half_lives(&self) -> Vec<f64> {
        let one = |(i, row): (usize, Vec<f64>)| {
            let stay = row[i];
            if stay == 0.0 { 0.0 } else { -std::f64::consts::LN_2 / ln(stay) }
        };
        // ln 1 is 0, and a negative number over it negative infinity.
        self.probabilities().into_iter().enumerate().map(one).map(f64::abs).collect()
    }

    /// The shares that the brands would have in the long run if all switched as these did, from equal
    /// shares by repeated switching; a brand of which nothing followed keeps its buyers.
    pub fn steady_shares(&self) -> Vec<f64> {
        let n = self.counts.len();
        let probabilities = self.probabilities();
        let mut shares = vec![1.0 / n.max(1) as f64; n];
        for _ in 0..10_000 {
            let mut next = vec![0.0; n];
            for (i, (share, row)) in shares.iter().zip(&probabilities).enumerate() {
                if row[i].is_nan() {
                    next[i] += share;
                    continue;
                }
                for (to, p) in next.iter_mut().zip(row) {
                    *to += share * p;
                }
            }
            // Half a step at a time, so that a chain that alternates settles too.
            let change: f64 = shares.iter().zip(&next).map(|(a, b)| (a - b).abs()).sum();
            for (share, to) in shares.iter_mut().zip(&next) {
                *share = 0.5 * (*share + to);
            }
            if change < 1e-15 {
                break;
            }
        }
        shares
    }
}
