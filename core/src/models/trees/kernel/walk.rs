//! Rows walk down the trees, several walks interleaved.
//!
//! One walk waits for memory at each split; eight that do not wait for each other keep the processor
//! busy. One row walks eight trees at once, many rows walk one tree, eight at once. There is no
//! branch on the data: the children of a split stand side by side, and a leaf steps to itself.

use super::Real;
use super::classes::Sets;
use super::sources::{Question, Sources};
use crate::models::trees::parts::{Node, Parts};

/// Walks at once.
const LANES: usize = 8;
/// Trees whose leaves are looked up before their values are added, in order.
const WINDOW: usize = 64;
/// Rows that are expanded to columns together.
pub(super) const TILE: usize = 64;
/// Mark of a column that holds classes.
const CLASSES: u32 = 1 << 31;

/// A split, or a leaf that steps to itself.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// Or, for classes, the number of the set.
    threshold: f64,
    /// Column 0 is always negative infinity; the others follow in their order.
    column: u32,
    /// The step of a yes; that of a no follows it.
    next: u32,
}

/// The ensemble as steps.
#[derive(Debug)]
pub(super) struct Walk<R> {
    steps: Vec<Step>,
    /// The value at each step, 0 at a split.
    values: Vec<R>,
    roots: Vec<Root>,
    /// The trees of each window by depth, so that walks taken together end together.
    order: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Root {
    step: u32,
    output: u32,
}

impl<R: Real> Walk<R> {
    pub(super) fn new(parts: &Parts, questions: &[Question]) -> Self {
        let mut walk = Walk { steps: Vec::new(), values: Vec::new(), roots: Vec::new(), order: Vec::new() };
        let mut questions = questions.iter();
        let mut depths = Vec::with_capacity(parts.trees.len());
        for tree in &parts.trees {
            let depth = walk.plant(&tree.nodes, tree.output, &mut questions);
            depths.push(depth);
        }
        walk.order = (0..parts.trees.len() as u32).collect();
        for window in walk.order.chunks_mut(WINDOW) {
            window.sort_by_key(|tree| depths.get(*tree as usize));
        }
        walk
    }

    /// Adds a tree, whose nodes are in preorder; gives its depth.
    fn plant<'a>(&mut self, nodes: &[Node], output: u32, questions: &mut impl Iterator<Item = &'a Question>) -> u32 {
        let root = self.steps.len() as u32;
        self.roots.push(Root { step: root, output });
        // In preorder a parent comes before its children, so their places are known by then.
        let mut places = vec![(root, 0_u32); nodes.len()];
        let mut free = root + 1;
        let mut deepest = 0;
        let len = self.steps.len() + nodes.len();
        self.steps.resize(len, Step { threshold: 0.0, column: 0, next: 0 });
        self.values.resize(len, R::default());
        for (index, node) in nodes.iter().enumerate() {
            let (place, depth) = places.get(index).copied().unwrap_or((root, 0));
            deepest = deepest.max(depth);
            let step = match node {
                Node::Leaf { value, .. } => {
                    if let Some(slot) = self.values.get_mut(place as usize) {
                        *slot = R::new(*value);
                    }
                    Step { threshold: 0.0, column: 0, next: place }
                }
                Node::Split { yes, no, .. } => {
                    for (child, side) in [(yes, 0), (no, 1)] {
                        if let Some(slot) = places.get_mut(*child as usize) {
                            *slot = (free + side, depth + 1);
                        }
                    }
                    free += 2;
                    step(questions.next(), free - 2)
                }
            };
            if let Some(slot) = self.steps.get_mut(place as usize) {
                *slot = step;
            }
        }
        deepest
    }

    /// Adds the values of all trees to `sums`, one number an output, for one row of columns.
    #[inline(always)]
    pub(super) fn row(&self, columns: &[f64], sets: &Sets, sums: &mut [R]) {
        for (order, roots) in self.order.chunks(WINDOW).zip(self.roots.chunks(WINDOW)) {
            let mut leaves = [0; WINDOW];
            for trees in order.chunks(LANES) {
                let mut lanes = [0; LANES];
                for (lane, tree) in lanes.iter_mut().zip(trees) {
                    *lane = roots.get(*tree as usize % WINDOW).map_or(0, |root| root.step);
                }
                self.descend(&mut lanes, |_| columns, sets);
                for (lane, tree) in lanes.iter().zip(trees) {
                    leaves[*tree as usize % WINDOW] = *lane;
                }
            }
            for (root, leaf) in roots.iter().zip(&leaves) {
                self.add(sums, root.output as usize, *leaf);
            }
        }
    }

    /// [`Walk::row`] for up to [`TILE`] rows of `width` columns each; `sums` has `outputs` numbers a
    /// row.
    #[inline(always)]
    pub(super) fn rows(&self, columns: &[f64], width: usize, sets: &Sets, sums: &mut [R], outputs: usize) {
        for root in &self.roots {
            for (columns, sums) in columns.chunks(width * LANES).zip(sums.chunks_mut(outputs * LANES)) {
                let mut lanes = [root.step; LANES];
                self.descend(&mut lanes, |lane| columns.get(lane * width..).unwrap_or(columns), sets);
                for (sums, leaf) in sums.chunks_mut(outputs).zip(lanes) {
                    self.add(sums, root.output as usize, leaf);
                }
            }
        }
    }

    #[inline(always)]
    fn add(&self, sums: &mut [R], output: usize, leaf: u32) {
        if let (Some(sum), Some(value)) = (sums.get_mut(output), self.values.get(leaf as usize)) {
            *sum = *sum + *value;
        }
    }

    /// Takes every lane to its leaf; `columns` gives the row that a lane walks with.
    #[inline(always)]
    fn descend<'a>(&self, lanes: &mut [u32; LANES], columns: impl Fn(usize) -> &'a [f64], sets: &Sets) {
        let rows: [&[f64]; LANES] = std::array::from_fn(columns);
        loop {
            let mut moved = 0;
            for (lane, row) in lanes.iter_mut().zip(&rows) {
                let next = self.next(*lane, row, sets);
                moved |= next ^ *lane;
                *lane = next;
            }
            if moved == 0 {
                return;
            }
        }
    }

    #[inline(always)]
    fn next(&self, at: u32, row: &[f64], sets: &Sets) -> u32 {
        let Some(step) = self.steps.get(at as usize) else { return at };
        let Some(value) = row.get((step.column & !CLASSES) as usize) else { return at };
        let yes = if step.column & CLASSES == 0 {
            *value <= step.threshold
        } else {
            sets.contains(step.threshold as u32, *value as u32)
        };
        step.next + u32::from(!yes)
    }
}

fn step(question: Option<&Question>, next: u32) -> Step {
    match question {
        Some(Question::AtMost { column, threshold }) => Step { threshold: *threshold, column: column + 1, next },
        Some(Question::OneOf { column, set }) => {
            Step { threshold: f64::from(*set), column: (column + 1) | CLASSES, next }
        }
        None => Step { threshold: 0.0, column: 0, next },
    }
}

impl Sources {
    /// Columns of a row with negative infinity before them.
    pub(super) fn width(&self) -> usize {
        self.columns.len() + 1
    }

    /// Writes a row of [`Sources::width`] numbers.
    #[inline(always)]
    pub(super) fn expand_row(&self, row: impl Fn(u32) -> f64, out: &mut [f64]) {
        if let Some((first, rest)) = out.split_first_mut() {
            *first = f64::NEG_INFINITY;
            self.expand(row, rest);
        }
    }
}
