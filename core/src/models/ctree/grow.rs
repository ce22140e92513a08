//! Growing a tree, and asking it.

use super::split::{Test, best, runs, test};
use super::{Condition, Leaf, Node, Question, values};
use crate::base::numeric::special::normal_quantile;
use crate::base::numeric::{exp_m1, ln_1p};
use crate::base::{Error, ErrorKind, Result};
use crate::models::associate::Characteristic;
use crate::models::difference::{Arm, Difference};
use crate::models::pooling::{jeffreys, share_interval};

/// Deepest tree.
const DEEPEST: u32 = 12;

/// How a tree is grown.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionalTreeParams {
    /// Largest adjusted p-value at which a node is parted; default 0.05.
    pub alpha: f64,
    /// Rows that each side of a split needs; default 50.
    pub minimum: u64,
    /// Questions on the way to a leaf, 1 to 12; default 4.
    pub depth: u32,
}

impl Default for ConditionalTreeParams {
    fn default() -> Self {
        ConditionalTreeParams { alpha: 0.05, minimum: 50, depth: 4 }
    }
}

/// A tree whose leaves are segments.
///
/// ```
/// use bactrian::models::associate::Characteristic;
/// use bactrian::models::ctree::{ConditionalTree, ConditionalTreeParams};
///
/// let tenure: Vec<f64> = (0..400).map(|row| f64::from(row % 80)).collect();
/// let noise: Vec<f64> = (0..400).map(|row| f64::from(row * 7919 % 401)).collect();
/// let leaves: Vec<f64> = tenure.iter().map(|months| f64::from(u8::from(*months < 12.0))).collect();
/// let columns = [Characteristic::Number(&noise), Characteristic::Number(&tenure)];
/// let tree = ConditionalTree::fit(&columns, &leaves, None, &ConditionalTreeParams::default())?;
/// assert_eq!(tree.leaves().len(), 2);
/// assert_eq!(tree.leaf(&[0.0, 3.0]), tree.leaf(&[400.0, 11.0]));
/// assert_ne!(tree.leaf(&[0.0, 3.0]), tree.leaf(&[0.0, 12.0]));
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionalTree {
    width: usize,
    nodes: Vec<Node>,
}

struct Grower<'a> {
    columns: &'a [Characteristic<'a>],
    response: Vec<f64>,
    /// Targets and who was treated, of a tree toward uplift.
    arms: Option<(&'a [f64], &'a [bool])>,
    params: &'a ConditionalTreeParams,
    nodes: Vec<Node>,
    /// Whether every response is 0 or 1.
    flags: bool,
    /// The variance of the response among all rows.
    variance: f64,
}

impl ConditionalTree {
    /// Grows a tree toward a target, or with `treated` toward the uplift of the treatment.
    ///
    /// A row without a known target is left out. Cost: a sort a characteristic and level. Errors with
    /// [`ErrorKind::SchemaRange`] where lengths differ, there is no characteristic or a parameter is out of range; with
    /// [`ErrorKind::NotEnoughData`] without a row, or with rows of only one arm.
    pub fn fit(
        columns: &[Characteristic<'_>],
        target: &[f64],
        treated: Option<&[bool]>,
        params: &ConditionalTreeParams,
    ) -> Result<Self> {
        let range = |text: &str| Err(Error::new(ErrorKind::SchemaRange, text));
        let alike = |length: usize| length == target.len();
        if columns.is_empty() || !columns.iter().all(|column| alike(values(column).len())) {
            return range("a tree needs characteristics, as long as the target");
        }
        if !treated.is_none_or(|treated| alike(treated.len())) {
            return range("a tree needs a flag of treatment for each target");
        }
        let alpha = 0.0 < params.alpha && params.alpha < 1.0;
        if !alpha || !(1..=DEEPEST).contains(&params.depth) || params.minimum == 0 {
            return range("alpha must lie between 0 and 1, the depth between 1 and 12, the minimum above 0");
        }
        let rows: Vec<usize> = (0..target.len()).filter(|row| target[*row].is_finite()).collect();
        if rows.is_empty() {
            return Err(Error::new(ErrorKind::NotEnoughData, "no row with a known target"));
        }
        let response = match treated {
            None => target.to_vec(),
            Some(treated) => transformed(target, treated, &rows)?,
        };
        let arms = treated.map(|treated| (target, treated));
        let flags = treated.is_none() && rows.iter().all(|row| response[*row] == 0.0 || response[*row] == 1.0);
        let mut grower = Grower { columns, response, arms, params, nodes: Vec::new(), flags, variance: 0.0 };
        grower.variance = grower.squares(&rows).1 / rows.len() as f64;
        grower.grow(&rows, params.depth);
        Ok(ConditionalTree { width: columns.len(), nodes: grower.nodes })
    }

    /// From nodes, the root first, as a fit left them.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where a node leads to itself or to one before it, or asks for a
    /// characteristic beyond `width`.
    pub fn from_nodes(width: usize, nodes: Vec<Node>) -> Result<Self> {
        let sound = |(place, node): (usize, &Node)| match node {
            Node::Leaf(_) => true,
            Node::Split { of, yes, no, .. } => {
                *of < width && [yes, no].iter().all(|next| **next > place && **next < nodes.len())
            }
        };
        if nodes.is_empty() || !nodes.iter().enumerate().all(sound) {
            return Err(Error::new(ErrorKind::SchemaRange, "these nodes are no tree"));
        }
        Ok(ConditionalTree { width, nodes })
    }

    /// The nodes, the root first.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The leaves, by the place of their nodes, in the order of the tree.
    pub fn leaves(&self) -> Vec<(usize, Leaf)> {
        let leaf =
            |(place, node): (usize, &Node)| if let Node::Leaf(leaf) = node { Some((place, *leaf)) } else { None };
        self.nodes.iter().enumerate().filter_map(leaf).collect()
    }

    /// The place of the leaf of one row.
    pub fn leaf(&self, row: &[f64]) -> usize {
        let mut place = 0;
        while let Some(Node::Split { of, question, unknown, yes, no, .. }) = self.nodes.get(place) {
            let answer = question.ask(row.get(*of).copied().unwrap_or(f64::NAN));
            place = if answer.unwrap_or(*unknown) { *yes } else { *no };
        }
        place
    }

    /// The leaf of each row of some columns, by its place among [`ConditionalTree::leaves`].
    ///
    /// Errors with [`ErrorKind::SchemaRange`] for another number of columns than the tree's, or for columns of
    /// different lengths.
    pub fn assign(&self, columns: &[Characteristic<'_>]) -> Result<Vec<u32>> {
        let rows = columns.first().map_or(0, |column| values(column).len());
        if columns.len() != self.width || columns.iter().any(|column| values(column).len() != rows) {
            let text = format!("the tree asks for {} columns of one length", self.width);
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        let mut places = vec![0_u32; self.nodes.len()];
        for (place, (node, _)) in self.leaves().iter().enumerate() {
            places[*node] = place as u32;
        }
        let mut row = vec![f64::NAN; self.width];
        let one = |at: usize| {
            row.iter_mut().zip(columns).for_each(|(value, column)| *value = values(column)[at]);
            places[self.leaf(&row)]
        };
        Ok((0..rows).map(one).collect())
    }

    /// What leads to a leaf, each characteristic once, in the order of the first question about it.
    pub fn conditions(&self, leaf: usize) -> Vec<Condition> {
        let mut found: Vec<Condition> = Vec::new();
        for (of, question, unknown, answer) in self.path(leaf) {
            let place = found.iter().position(|condition| condition.of == of).unwrap_or_else(|| {
                let (among, without) = (Vec::new(), Vec::new());
                found.push(Condition { of, from: None, below: None, among, without, unknown: true });
                found.len() - 1
            });
            let condition = &mut found[place];
            condition.unknown &= unknown == answer;
            match (question, answer) {
                (Question::Below(edge), true) => {
                    condition.below = Some(condition.below.map_or(*edge, |old| old.min(*edge)))
                }
                (Question::Below(edge), false) => {
                    condition.from = Some(condition.from.map_or(*edge, |old| old.max(*edge)))
                }
                (Question::Among(labels), true) => {
                    let own = std::mem::take(&mut condition.among);
                    let both = labels.iter().filter(|label| own.is_empty() || own.contains(label));
                    condition.among = both.filter(|label| !condition.without.contains(label)).copied().collect();
                    condition.without.clear();
                }
                (Question::Among(labels), false) if condition.among.is_empty() => {
                    condition.without.extend(labels);
                    condition.without.sort_by(f64::total_cmp);
                    condition.without.dedup();
                }
                (Question::Among(labels), false) => condition.among.retain(|label| !labels.contains(label)),
            }
        }
        found
    }

    /// The questions on the way to a node: characteristic, question, where the unknown go, the answer.
    fn path(&self, mut node: usize) -> Vec<(usize, &Question, bool, bool)> {
        let mut path = Vec::new();
        for (place, parent) in self.nodes.iter().enumerate().rev() {
            if let Node::Split { of, question, unknown, yes, no, .. } = parent
                && (*yes == node || *no == node)
            {
                path.push((*of, question, *unknown, *yes == node));
                node = place;
            }
        }
        path.reverse();
        path
    }

    /// Number of characteristics.
    pub fn width(&self) -> usize {
        self.width
    }
}

/// Transformed outcomes, whose mean is the uplift.
fn transformed(target: &[f64], treated: &[bool], rows: &[usize]) -> Result<Vec<f64>> {
    let n = rows.len() as f64;
    let share = rows.iter().filter(|row| treated[**row]).count() as f64 / n;
    if share == 0.0 || share == 1.0 {
        return Err(Error::new(ErrorKind::NotEnoughData, "an uplift needs rows with and without the treatment"));
    }
    let mean = rows.iter().map(|row| target[*row]).sum::<f64>() / n;
    let one =
        |(y, treated): (&f64, &bool)| (y - mean) * (f64::from(u8::from(*treated)) - share) / (share * (1.0 - share));
    Ok(target.iter().zip(treated).map(one).collect())
}

impl Grower<'_> {
    /// Adds the node of some rows, and all below it; its place.
    fn grow(&mut self, rows: &[usize], left: u32) -> usize {
        let place = self.nodes.len();
        self.nodes.push(Node::Leaf(self.leaf(rows)));
        let minimum = self.params.minimum as usize;
        if left == 0 || rows.len() < 2 * minimum {
            return place;
        }
        let Some((of, p_value, question)) = self.choose(rows, minimum) else { return place };
        let column = values(&self.columns[of]);
        let (yes, no): (Vec<usize>, Vec<usize>) = rows
            .iter()
            .copied()
            .filter(|row| !column[*row].is_nan())
            .partition(|row| question.ask(column[*row]) == Some(true));
        let unknown = yes.len() >= no.len();
        let side = |own: Vec<usize>, takes: bool| -> Vec<usize> {
            if !takes || own.len() == rows.len() {
                return own;
            }
            let mut all: Vec<usize> =
                own.into_iter().chain(rows.iter().copied().filter(|row| column[*row].is_nan())).collect();
            all.sort_unstable();
            all
        };
        let (yes, no) = (side(yes, unknown), side(no, !unknown));
        let yes = self.grow(&yes, left - 1);
        let no = self.grow(&no, left - 1);
        self.nodes[place] = Node::Split { of, question, unknown, yes, no, p_value };
        place
    }

    /// The characteristic to part by, if any has to do with the response, and the question.
    fn choose(&self, rows: &[usize], minimum: usize) -> Option<(usize, f64, Question)> {
        let mut tests: Vec<(usize, Test)> = Vec::new();
        for (of, column) in self.columns.iter().enumerate() {
            let runs = runs(column, &self.response, rows);
            tests.extend(test(column, &self.response, rows, &runs).map(|found| (of, found)));
        }
        let count = tests.len() as f64;
        // 1 - (1 - p)^m, without cancellation.
        let adjusted = |p: f64| if p < 1.0 { -exp_m1(count * ln_1p(-p)) } else { 1.0 };
        tests.retain(|(_, test)| adjusted(test.p_value) <= self.params.alpha);
        // Where p-values are too small to tell apart, the statistic does.
        tests.sort_by(|a, b| a.1.p_value.total_cmp(&b.1.p_value).then(b.1.statistic.total_cmp(&a.1.statistic)));
        tests.into_iter().find_map(|(of, test)| {
            let column = &self.columns[of];
            let question = best(column, runs(column, &self.response, rows), minimum)?;
            Some((of, adjusted(test.p_value), question))
        })
    }

    fn leaf(&self, rows: &[usize]) -> Leaf {
        if let Some((target, treated)) = self.arms {
            let arm =
                |wanted: bool| Arm::of(rows.iter().filter(|row| treated[**row] == wanted).map(|row| target[*row]));
            let found = Difference::new(arm(true), arm(false));
            if !found.error.is_nan() {
                return Leaf { size: rows.len() as u64, mean: found.value, interval: found.interval(0.05) };
            }
        }
        let (mean, squares) = self.squares(rows);
        let n = rows.len() as f64;
        let interval = match self.flags {
            true => {
                let (middle, variance) = jeffreys(mean, n);
                let (low, high) = share_interval(middle, variance, 0.95);
                (low.min(mean), high.max(mean))
            }
            // As if one row more had been met, which differs as rows do among all.
            false => {
                let reach = normal_quantile(0.975) * ((squares + self.variance) / n / n).sqrt();
                (mean - reach, mean + reach)
            }
        };
        let interval = if self.flags || self.variance > 0.0 { interval } else { (f64::NAN, f64::NAN) };
        Leaf { size: rows.len() as u64, mean, interval }
    }

    /// The mean response of some rows, and the sum of squared distances from it.
    fn squares(&self, rows: &[usize]) -> (f64, f64) {
        let mean = rows.iter().map(|row| self.response[*row]).sum::<f64>() / rows.len() as f64;
        (mean, rows.iter().map(|row| (self.response[*row] - mean) * (self.response[*row] - mean)).sum())
    }
}
