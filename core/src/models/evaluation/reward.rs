//! What rewards to expect of every arm, by rounds of other folds than the one that is asked about.

use super::range;
use crate::base::Result;
use crate::base::numeric::dot;
use crate::models::linear::Cholesky;

/// Rounds of which the reward is known.
#[derive(Debug, Clone, Copy)]
pub struct Rounds<'a> {
    /// What was known before each round, of the same length each; unknown numbers (NaN) count as the mean.
    pub context: &'a [Vec<f64>],
    /// The arm that was taken.
    pub arm: &'a [usize],
    /// What came of it.
    pub reward: &'a [f64],
    /// The fold of the round: rounds that tell of one another (of one customer) belong into one.
    pub fold: &'a [usize],
}

/// A model of rewards that is fitted across folds: ridge regression an arm on the standardised context, with a ridge of one
/// round, around the mean of all arms. What it expects of a round was learnt from other folds, so that the reward
/// of the round is no part of it (Chernozhukov et al. 2018).
///
/// An arm that was never taken is expected to bring the mean of all.
///
/// ```
/// use bactrian::models::evaluation::{RewardModel, Rounds};
///
/// let context: Vec<Vec<f64>> = (0..400).map(|i| vec![(i % 20) as f64]).collect();
/// let arm: Vec<usize> = (0..400).map(|i| i / 20 % 2).collect();
/// let reward: Vec<f64> = (0..400).map(|i| if arm[i] == 1 { (i % 20) as f64 } else { 3.0 }).collect();
/// let fold: Vec<usize> = (0..400).map(|i| i / 40 % 5).collect();
/// let model = RewardModel::new(&Rounds { context: &context, arm: &arm, reward: &reward, fold: &fold })?;
/// assert!((model.expect(7, 1) - 7.0).abs() < 0.1 && (model.expect(7, 0) - 3.0).abs() < 0.1);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RewardModel {
    /// The context of each round: 1, then the standardised numbers.
    rows: Vec<Vec<f64>>,
    fold: Vec<usize>,
    /// By fold: the mean reward of the others, and the weights of each arm.
    learnt: Vec<(f64, Vec<Vec<f64>>)>,
}

/// Sums over some rounds of one arm: of the products of the numbers of a row, and of those with the reward.
#[derive(Debug, Clone)]
struct Sums {
    products: Vec<f64>,
    rewards: Vec<f64>,
}

impl Sums {
    fn new(width: usize) -> Self {
        Sums { products: vec![0.0; width * width], rewards: vec![0.0; width] }
    }

    fn add(&mut self, row: &[f64], reward: f64) {
        for (cells, left) in self.products.chunks_exact_mut(row.len()).zip(row) {
            cells.iter_mut().zip(row).for_each(|(cell, right)| *cell += left * right);
        }
        self.rewards.iter_mut().zip(row).for_each(|(sum, x)| *sum += x * reward);
    }

    fn plus(&mut self, other: &Sums) {
        self.products.iter_mut().zip(&other.products).for_each(|(sum, x)| *sum += x);
        self.rewards.iter_mut().zip(&other.rewards).for_each(|(sum, x)| *sum += x);
    }

    /// Weights of the rewards beyond `mean`.
    fn solve(&self, mean: f64) -> Vec<f64> {
        let width = self.rewards.len();
        // The first number of every row is 1, so the first products are the sums of the numbers.
        let mut weights: Vec<f64> =
            self.rewards.iter().zip(&self.products).map(|(reward, sum)| reward - mean * sum).collect();
        let mut ridge = self.products.clone();
        ridge.iter_mut().step_by(width + 1).for_each(|cell| *cell += 1.0);
        match Cholesky::new(&ridge, width) {
            Some(factor) => factor.solve(&mut weights),
            None => weights.fill(0.0),
        }
        weights
    }
}

/// Rows of 1 and the numbers less their mean by their deviation; 0 where unknown or always the same.
fn standardised(context: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let width = context.first().map_or(0, Vec::len);
    let scale = |column: usize| {
        let known = || context.iter().filter_map(|row| row.get(column)).copied().filter(|x| x.is_finite());
        let n = known().count().max(1) as f64;
        let mean = known().sum::<f64>() / n;
        let deviation = (known().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt();
        (mean, if deviation > 0.0 && deviation.is_finite() { 1.0 / deviation } else { 0.0 })
    };
    let scales: Vec<(f64, f64)> = (0..width).map(scale).collect();
    let row = |row: &Vec<f64>| {
        let number = |(x, (mean, by)): (&f64, &(f64, f64))| {
            let x = (x - mean) * by;
            if x.is_finite() { x } else { 0.0 }
        };
        std::iter::once(1.0).chain(row.iter().zip(&scales).map(number)).collect()
    };
    context.iter().map(row).collect()
}

impl RewardModel {
    /// Learns, fold by fold. Cost: rounds x numbers^2, and arms x folds x numbers^3.
    ///
    /// Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange) where lengths differ, there is no round, or a
    /// reward is not finite.
    pub fn new(rounds: &Rounds<'_>) -> Result<Self> {
        let Rounds { context, arm, reward, fold } = *rounds;
        let n = reward.len();
        if n == 0 || [context.len(), arm.len(), fold.len()].iter().any(|length| *length != n) {
            return range(format!("{n} rewards need as many contexts, arms and folds, and at least one"));
        }
        let width = context.first().map_or(0, Vec::len);
        if let Some(row) = (0..n).find(|row| context[*row].len() != width || !reward[*row].is_finite()) {
            return range(format!("round {row} has {} numbers and the reward {}", context[row].len(), reward[row]));
        }
        let rows = standardised(context);
        let most = |of: &[usize]| of.iter().max().map_or(0, |most| most + 1);
        let (arms, folds) = (most(arm), most(fold));
        let mut sums = vec![vec![Sums::new(width + 1); arms]; folds];
        for (((row, arm), fold), reward) in rows.iter().zip(arm).zip(fold).zip(reward) {
            sums[*fold][*arm].add(row, *reward);
        }
        let learn = |fold: usize| {
            let others = || sums.iter().enumerate().filter(move |(other, _)| *other != fold).map(|(_, sums)| sums);
            let total = |of: fn(&Sums) -> f64| others().flatten().map(of).sum::<f64>();
            let (count, sum) = (total(|sums| sums.products[0]), total(|sums| sums.rewards[0]));
            let mean = if count > 0.0 { sum / count } else { 0.0 };
            let of_arm = |arm: usize| {
                let mut all = Sums::new(width + 1);
                others().for_each(|sums| all.plus(&sums[arm]));
                all.solve(mean)
            };
            (mean, (0..arms).map(of_arm).collect())
        };
        Ok(RewardModel { rows, fold: fold.to_vec(), learnt: (0..folds).map(learn).collect() })
    }

    /// The reward to expect of an arm in a round; the mean of all for an arm that was never taken, NaN for a round
    /// that there is not.
    pub fn expect(&self, round: usize, arm: usize) -> f64 {
        let learnt = self.fold.get(round).and_then(|fold| self.learnt.get(*fold));
        let (Some((mean, arms)), Some(row)) = (learnt, self.rows.get(round)) else { return f64::NAN };
        mean + arms.get(arm).map_or(0.0, |weights| dot(row, weights))
    }
}
