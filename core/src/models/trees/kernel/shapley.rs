//! Shapley values of a tree's score, where an unknown feature follows the training rows.
//!
//! The path-dependent game of Lundberg, Erion and Lee (2018): with the features in S known, a leaf
//! of value v counts v times the product, over the features of its path, of o (1 if the row takes
//! this feature's splits towards the leaf, else 0) for a known one and of z (the share of training
//! rows that do) for an unknown one. The Shapley value of feature i in such a game is an integral
//! over the share t of known features (Owen 1972):
//!
//! phi_i = v (o_i - z_i) int_0^1 prod_(j != i) (t o_j + (1 - t) z_j) dt.
//!
//! The integrand is a polynomial, so that a rule of Gauss and Legendre with half as many points as
//! the path has features is exact; all factors are at least zero, so nothing cancels. One pass down
//! carries the product at every point; one pass up carries the sums over the leaves below an edge,
//! from which the edge's feature takes its share. Cost: splits x features of a path for each row,
//! against splits x features^2 for the published algorithm; eight rows fill the lanes of a vector.

use super::legendre::{Point, rules};
use super::sources::{Question, Sources};
use crate::models::trees::parts::{Node, Parts};

/// Rows that are explained together.
pub(super) const LANES: usize = 8;
type Lanes = [f64; LANES];
/// The least share: a leaf that no training row reached counts as all but unreachable.
const LEAST: f64 = 1e-200;

/// One step of a tour of a tree, down and up again.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A split at this depth asks its question.
    Ask { question: Question, depth: u32 },
    /// On to a child.
    Down(Edge),
    /// A leaf at this depth.
    Leaf { value: f64, depth: u32 },
    /// Back from the child.
    Up(Edge),
}

/// From a split at `depth` to a child.
#[derive(Debug, Clone, Copy)]
struct Edge {
    yes: bool,
    depth: u32,
    /// Where the path asked the same feature last, its edge led to this depth; 0 for nowhere.
    before: u32,
    feature: u32,
    /// Share of the training rows at the split that went this way.
    ratio: f64,
}

/// The tours of all trees.
#[derive(Debug)]
pub(super) struct Shapley {
    steps: Vec<Step>,
    tours: Vec<Tour>,
    rules: Vec<Vec<Point>>,
    /// What each output is where nothing is known.
    pub expected: Vec<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Tour {
    steps: (usize, usize),
    output: u32,
    /// Points of its rule.
    points: usize,
    depth: usize,
}

/// What holds for the edge that leads to a depth.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// The share z of its feature on the path so far.
    share: f64,
    /// Where the row takes all splits of its feature towards here.
    open: [bool; LANES],
}

impl Shapley {
    pub(super) fn new(parts: &Parts, questions: &[Question]) -> Self {
        let mut shapley =
            Shapley { steps: Vec::new(), tours: Vec::new(), rules: Vec::new(), expected: parts.base.clone() };
        let mut questions = questions.iter().copied();
        let mut last_depth = vec![0; parts.features.len()];
        for tree in &parts.trees {
            let start = shapley.steps.len();
            let (widest, depth) = shapley.tour(&tree.nodes, &mut questions, &mut last_depth);
            let steps = (start, shapley.steps.len());
            shapley.tours.push(Tour { steps, output: tree.output, points: widest.div_ceil(2).max(1), depth });
            if let Some(expected) = shapley.expected.get_mut(tree.output as usize) {
                *expected += mean(&tree.nodes);
            }
        }
        shapley.rules = rules(shapley.tours.iter().map(|tour| tour.points).max().unwrap_or(0));
        shapley
    }

    /// Adds the tour of a tree; gives the most features of a path and the depth.
    fn tour(
        &mut self,
        nodes: &[Node],
        questions: &mut impl Iterator<Item = Question>,
        last_depth: &mut [u32],
    ) -> (usize, usize) {
        /// What is left to do, the last first.
        enum Open {
            Node(u32),
            Enter(Edge, u32),
            Leave(Edge),
        }
        let mut open = vec![Open::Node(0)];
        let (mut depth, mut deepest, mut features, mut widest) = (0_u32, 0, 0_usize, 0);
        while let Some(next) = open.pop() {
            match next {
                Open::Enter(mut edge, child) => {
                    edge.before = last_depth.get(edge.feature as usize).copied().unwrap_or(0);
                    features += usize::from(edge.before == 0);
                    widest = widest.max(features);
                    depth = edge.depth + 1;
                    deepest = deepest.max(depth as usize);
                    last_depth[edge.feature as usize] = depth;
                    self.steps.push(Step::Down(edge));
                    open.push(Open::Leave(edge));
                    open.push(Open::Node(child));
                }
                Open::Leave(edge) => {
                    last_depth[edge.feature as usize] = edge.before;
                    features -= usize::from(edge.before == 0);
                    depth = edge.depth;
                    self.steps.push(Step::Up(edge));
                }
                Open::Node(at) => match nodes.get(at as usize) {
                    Some(Node::Split { feature, yes, no, .. }) => {
                        let Some(question) = questions.next() else { continue };
                        self.steps.push(Step::Ask { question, depth });
                        let ratio = yes_ratio(nodes, *yes, *no);
                        let edge = Edge { yes: true, depth, before: 0, feature: *feature, ratio };
                        open.push(Open::Enter(Edge { yes: false, ratio: 1.0 - ratio, ..edge }, *no));
                        open.push(Open::Enter(edge, *yes));
                    }
                    Some(Node::Leaf { value, .. }) => self.steps.push(Step::Leaf { value: *value, depth }),
                    None => {}
                },
            }
        }
        (widest, deepest)
    }

    /// Adds the contributions of up to [`LANES`] rows, given as rows of columns, to `totals`: a
    /// number a lane, output and feature, `features + 1` an output.
    #[inline(always)]
    pub(super) fn add(&self, rows: &[&[f64]; LANES], sources: &Sources, features: usize, totals: &mut [Lanes]) {
        let mut scratch = Scratch::default();
        for tour in &self.tours {
            let rule = self.rules.get(tour.points - 1).map_or(&[][..], Vec::as_slice);
            scratch.begin(tour);
            let totals = totals.get_mut(tour.output as usize * (features + 1)..).unwrap_or(&mut []);
            for step in self.steps.get(tour.steps.0..tour.steps.1).unwrap_or(&[]) {
                match step {
                    Step::Ask { question, depth } => scratch.ask(question, *depth as usize, rows, sources),
                    Step::Down(edge) => scratch.down(edge, rule),
                    Step::Leaf { value, depth } => scratch.leaf(*value, *depth as usize, rule),
                    Step::Up(edge) => {
                        let share = scratch.up(edge, rule);
                        if let Some(total) = totals.get_mut(edge.feature as usize) {
                            total.iter_mut().zip(share).for_each(|(total, share)| *total += share);
                        }
                    }
                }
            }
        }
    }
}

/// The share of the training rows at a split that said yes; half where none came.
fn yes_ratio(nodes: &[Node], yes: u32, no: u32) -> f64 {
    let cover = |child: u32| nodes.get(child as usize).map_or(0.0, Node::cover);
    let total = cover(yes) + cover(no);
    if total > 0.0 { cover(yes) / total } else { 0.5 }
}

/// The mean leaf of the training rows.
fn mean(nodes: &[Node]) -> f64 {
    let mut shares = vec![0.0; nodes.len()];
    let mut mean = 0.0;
    if let Some(root) = shares.first_mut() {
        *root = 1.0;
    }
    for (index, node) in nodes.iter().enumerate() {
        let share = shares[index];
        match node {
            Node::Leaf { value, .. } => mean += share * value,
            Node::Split { yes, no, .. } => {
                let ratio = yes_ratio(nodes, *yes, *no);
                shares[*yes as usize] = share * ratio;
                shares[*no as usize] = share * (1.0 - ratio);
            }
        }
    }
    mean
}

/// What a tour carries, by depth.
#[derive(Default)]
struct Scratch {
    points: usize,
    states: Vec<State>,
    answers: Vec<[bool; LANES]>,
    /// At each depth and point, the product over the features of the path.
    products: Vec<Lanes>,
    /// At each depth and point, the sum over the leaves seen below.
    sums: Vec<Lanes>,
}

/// The factors t + (1 - t) z of an open feature and (1 - t) z of a closed one.
#[inline(always)]
fn factors(share: f64, t: f64) -> (f64, f64) {
    (t + (1.0 - t) * share, (1.0 - t) * share)
}

/// (o - z) by the factor, open and closed.
#[inline(always)]
fn slopes(share: f64, t: f64) -> (f64, f64) {
    ((1.0 - share) / (t + (1.0 - t) * share), -1.0 / (1.0 - t))
}

impl Scratch {
    fn begin(&mut self, tour: &Tour) {
        self.points = tour.points;
        let depths = tour.depth + 1;
        self.states.resize(self.states.len().max(depths), State::default());
        self.answers.resize(self.answers.len().max(depths), [false; LANES]);
        let products = self.products.len().max(depths * tour.points);
        self.products.resize(products, [0.0; LANES]);
        self.sums.resize(products, [0.0; LANES]);
        self.products.iter_mut().take(tour.points).for_each(|product| *product = [1.0; LANES]);
    }

    #[inline(always)]
    fn ask(&mut self, question: &Question, depth: usize, rows: &[&[f64]; LANES], sources: &Sources) {
        for (answer, row) in self.answers[depth].iter_mut().zip(rows) {
            // Column 0 is a constant.
            *answer = match question {
                Question::AtMost { column, threshold } => row[*column as usize + 1] <= *threshold,
                Question::OneOf { column, set } => sources.sets.contains(*set, row[*column as usize + 1] as u32),
            };
        }
        let from = depth * self.points;
        self.sums[from..from + self.points].fill([0.0; LANES]);
    }

    #[inline(always)]
    fn down(&mut self, edge: &Edge, rule: &[Point]) {
        let (depth, points) = (edge.depth as usize, self.points);
        let repeated = edge.before > 0;
        let before =
            if repeated { self.states[edge.before as usize] } else { State { share: 1.0, open: [true; LANES] } };
        let answers = self.answers[depth];
        let open = std::array::from_fn(|lane| before.open[lane] & (answers[lane] == edge.yes));
        let state = State { share: (before.share * edge.ratio).max(LEAST), open };
        self.states[depth + 1] = state;
        let (above, below) = self.products[depth * points..].split_at_mut(points);
        for ((product, parent), (t, _)) in below.iter_mut().zip(above).zip(rule) {
            let (on, off) = factors(state.share, *t);
            let (on_before, off_before) = factors(before.share, *t);
            // A feature's first edge replaces nothing.
            let (undo_on, undo_off) = if repeated { (1.0 / on_before, 1.0 / off_before) } else { (1.0, 1.0) };
            for lane in 0..LANES {
                let factor = if state.open[lane] { on } else { off };
                let undo = if before.open[lane] { undo_on } else { undo_off };
                product[lane] = parent[lane] * (factor * undo);
            }
        }
    }

    #[inline(always)]
    fn leaf(&mut self, value: f64, depth: usize, rule: &[Point]) {
        let from = depth * self.points;
        for ((sum, product), (_, weight)) in self.sums[from..].iter_mut().zip(&self.products[from..]).zip(rule) {
            let weight = weight * value;
            for lane in 0..LANES {
                sum[lane] = product[lane] * weight;
            }
        }
    }

    /// Adds the sums below an edge to those above; gives what they bring to the edge's feature.
    #[inline(always)]
    fn up(&mut self, edge: &Edge, rule: &[Point]) -> Lanes {
        let (depth, points) = (edge.depth as usize, self.points);
        let state = self.states[depth + 1];
        let before = self.states[edge.before as usize];
        let mut share = [0.0; LANES];
        let (above, below) = self.sums[depth * points..].split_at_mut(points);
        for ((sum, parent), (t, _)) in below.iter().zip(above).zip(rule) {
            let (on, off) = slopes(state.share, *t);
            // A feature asked again counts once, with all its splits: what the edge above would
            // have taken for these leaves is taken back.
            let (back_on, back_off) = if edge.before > 0 { slopes(before.share, *t) } else { (0.0, 0.0) };
            for lane in 0..LANES {
                let slope = if state.open[lane] { on } else { off };
                let back = if before.open[lane] { back_on } else { back_off };
                share[lane] += sum[lane] * (slope - back);
                parent[lane] += sum[lane];
            }
        }
        share
    }
}
