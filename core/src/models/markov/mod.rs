//! Moves between cells: where customers of one cell are found later.

#[cfg(test)]
mod tests;

use crate::base::numeric::ln;
use crate::base::{Error, ErrorKind, Result};

/// Most states: a matrix has their square.
const MOST_STATES: usize = 4096;

/// Counts of moves from state to state, and the matrix of probabilities that they give.
///
/// ```
/// use bactrian::models::markov::Transitions;
///
/// let moves = Transitions::new(2, [(0, 0, 1), (0, 1, 1), (1, 1, 2)])?;
/// assert_eq!(moves.probabilities(), [0.5, 0.5, 0.0, 1.0]);
/// assert_eq!(moves.after(2), [0.25, 0.75, 0.0, 1.0]);
/// assert_eq!(moves.stayed(), 0.75);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Transitions {
    states: usize,
    /// Row by row: from, then to.
    counts: Vec<u64>,
}

impl Transitions {
    /// Counts moves between states 0 to `states` - 1, at most 4,096: from, to, how many. Who stays moves to the same
    /// state.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] for a state that there is not, or too many.
    pub fn new(states: usize, moves: impl IntoIterator<Item = (usize, usize, u64)>) -> Result<Self> {
        if states > MOST_STATES {
            return Err(Error::new(ErrorKind::SchemaRange, format!("{states} states; there may be {MOST_STATES}")));
        }
        let mut counts = vec![0; states * states];
        for (from, to, count) in moves {
            if from.max(to) >= states {
                return Err(Error::new(ErrorKind::SchemaRange, format!("state {}, of {states}", from.max(to))));
            }
            counts[from * states + to] += count;
        }
        Ok(Transitions { states, counts })
    }

    /// Number of states.
    pub fn states(&self) -> usize {
        self.states
    }

    /// Counts, row by row.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The moves counted from one state.
    pub fn from_state(&self, state: usize) -> u64 {
        self.counts.get(state * self.states..(state + 1) * self.states).map_or(0, |row| row.iter().sum())
    }

    /// P(to | from), row by row: each row sums to 1. Of a state that nobody left or stayed in nothing is known: it is
    /// taken to keep who comes, probability 1 on the diagonal.
    pub fn probabilities(&self) -> Vec<f64> {
        let mut out = Vec::with_capacity(self.counts.len());
        for from in 0..self.states {
            let total = self.from_state(from);
            let row = self.counts.iter().skip(from * self.states).take(self.states).enumerate();
            out.extend(row.map(|(to, count)| match total {
                0 => f64::from(u8::from(to == from)),
                total => *count as f64 / total as f64,
            }));
        }
        out
    }

    /// P(to after `steps` moves | from), if every move is as those counted, whatever came before: the power of
    /// the matrix. Cost: states^3 x log(steps).
    pub fn after(&self, steps: u32) -> Vec<f64> {
        let n = self.states;
        let mut power = self.probabilities();
        let mut out: Vec<f64> = (0..n * n).map(|at| f64::from(u8::from(at / n.max(1) == at % n.max(1)))).collect();
        let mut left = steps;
        while left > 0 {
            if left & 1 == 1 {
                out = product(&out, &power, n);
            }
            left >>= 1;
            if left > 0 {
                power = product(&power, &power, n);
            }
        }
        out
    }

    /// Share of moves that ended where they began; NaN of none.
    pub fn stayed(&self) -> f64 {
        let total: u64 = self.counts.iter().sum();
        let stayed: u64 = self.counts.iter().step_by(self.states + 1).sum();
        stayed as f64 / total as f64
    }

    /// How uncertain the next state is, in nats: the entropy of each row, in the mean over moves; 0 where every
    /// state has one way on, NaN of no move.
    pub fn entropy(&self) -> f64 {
        let total: u64 = self.counts.iter().sum();
        let mut sum = 0.0;
        for from in 0..self.states {
            let row = self.from_state(from) as f64;
            let moved = self.counts.iter().skip(from * self.states).take(self.states).filter(|count| **count > 0);
            sum -= moved.map(|count| *count as f64 * ln(*count as f64 / row)).sum::<f64>();
        }
        if total == 0 { f64::NAN } else { (sum / total as f64).max(0.0) }
    }
}

fn product(left: &[f64], right: &[f64], n: usize) -> Vec<f64> {
    let mut out = vec![0.0; n * n];
    for (from, row) in left.chunks(n.max(1)).enumerate() {
        for (through, weight) in row.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            for to in 0..n {
                out[from * n + to] += weight * right[through * n + to];
            }
        }
    }
    out
}
