//! A block of rows meets every split of every tree, without a branch.
//!
//! A number matters only by which thresholds it exceeds, so it is replaced by their count: x <= the
//! j-th of the sorted thresholds exactly where fewer than j of them are below x. Counts and classes
//! are *codes* of one or two bytes, and a register compares 64 of them at once.
//!
//! A tree grows as its trainer grew it: it starts with all rows in leaf 0; a split keeps the rows of
//! one leaf that say yes and moves the others to a new leaf. After the last split each row has the
//! index of its leaf, and the leaf's value is added: trees in order, so that sums have the trainer's
//! bits.

use super::sources::{Question, Reading, Sources};
use super::{Inputs, Real};
use crate::models::trees::parts::{Node, Parts};

/// A code: what a number or a class becomes, and the index of a leaf.
pub(super) trait Code: Copy + Default + PartialEq + PartialOrd + Send + Sync {
    /// Leaves of a tree at most; a power of two, at most [`LEAVES`].
    const LEAVES: usize;
    /// The largest code.
    const HIGHEST: u32;

    fn new(value: u32) -> Self;
    fn wide(self) -> u32;
}

/// The most leaves of a tree in any code.
const LEAVES: usize = 512;

impl Code for u8 {
    const LEAVES: usize = 256;
    const HIGHEST: u32 = u8::MAX as u32;

    #[inline(always)]
    fn new(value: u32) -> Self {
        value as u8
    }

    #[inline(always)]
    fn wide(self) -> u32 {
        u32::from(self)
    }
}

impl Code for u16 {
    const LEAVES: usize = LEAVES;
    const HIGHEST: u32 = u16::MAX as u32;

    #[inline(always)]
    fn new(value: u32) -> Self {
        value as u16
    }

    #[inline(always)]
    fn wide(self) -> u32 {
        u32::from(self)
    }
}

/// A split of one leaf's rows.
#[derive(Debug, Clone, Copy)]
struct Cut<C> {
    /// The leaf that is split, and that keeps the rows that say yes.
    leaf: C,
    /// The leaf of the others.
    new: C,
    /// Yes where the code is at most this; not used by a set.
    threshold: C,
    /// Whether `set` is asked.
    by_set: bool,
    column: u32,
    set: u32,
}

/// Where the cuts and leaves of a tree stand.
#[derive(Debug, Clone, Copy)]
struct Planted {
    cuts: (u32, u32),
    leaves: (u32, u32),
    output: u32,
}

/// The ensemble as cuts.
#[derive(Debug)]
pub(super) struct Block<C, R> {
    cuts: Vec<Cut<C>>,
    leaves: Vec<R>,
    trees: Vec<Planted>,
    scales: Vec<Scale>,
}

/// The sorted thresholds of a source, with infinity up to a power of two; none for a category.
#[derive(Debug, Default)]
struct Scale {
    thresholds: Vec<f64>,
    count: u32,
}

impl<C: Code, R: Real> Block<C, R> {
    /// The block form, or `None` where a tree has too many leaves, or a source too many thresholds
    /// or classes, for the code.
    pub(super) fn new(parts: &Parts, sources: &Sources, questions: &[Question]) -> Option<Self> {
        let scales = scales(sources, questions);
        let fits =
            |(scale, source): (&Scale, &super::sources::Source)| scale.count.max(source.classes.count) <= C::HIGHEST;
        if !scales.iter().zip(&sources.sources).all(fits) {
            return None;
        }
        let mut block = Block { cuts: Vec::new(), leaves: Vec::new(), trees: Vec::new(), scales };
        let mut questions = questions.iter();
        for tree in &parts.trees {
            block.plant(&tree.nodes, tree.output, sources, &mut questions)?;
        }
        Some(block)
    }

    fn plant<'a>(
        &mut self,
        nodes: &[Node],
        output: u32,
        sources: &Sources,
        questions: &mut impl Iterator<Item = &'a Question>,
    ) -> Option<()> {
        let (first_cut, first_leaf) = (self.cuts.len() as u32, self.leaves.len() as u32);
        let count = nodes.iter().filter(|node| matches!(node, Node::Leaf { .. })).count();
        if count > C::LEAVES {
            return None;
        }
        self.leaves.resize(self.leaves.len() + count, R::default());
        // The leaf in which the rows of a node stand when its turn comes.
        let mut places = vec![0_u32; nodes.len()];
        let mut free = 1;
        for (index, node) in nodes.iter().enumerate() {
            let place = *places.get(index)?;
            match node {
                Node::Leaf { value, .. } => *self.leaves.get_mut((first_leaf + place) as usize)? = R::new(*value),
                Node::Split { yes, no, .. } => {
                    *places.get_mut(*yes as usize)? = place;
                    *places.get_mut(*no as usize)? = free;
                    let cut = self.cut(questions.next()?, sources, place, free)?;
                    self.cuts.push(cut);
                    free += 1;
                }
            }
        }
        let (cuts, leaves) = (self.cuts.len() as u32, self.leaves.len() as u32);
        self.trees.push(Planted { cuts: (first_cut, cuts), leaves: (first_leaf, leaves), output });
        Some(())
    }

    fn cut(&self, question: &Question, sources: &Sources, leaf: u32, new: u32) -> Option<Cut<C>> {
        let (leaf, new) = (C::new(leaf), C::new(new));
        match question {
            Question::AtMost { column, threshold } => {
                let source = sources.columns.get(*column as usize)?.source;
                let thresholds = &self.scales.get(source as usize)?.thresholds;
                let code = thresholds.partition_point(|at| at < threshold);
                Some(Cut { leaf, new, threshold: C::new(code as u32), by_set: false, column: *column, set: 0 })
            }
            Question::OneOf { column, set } => {
                sources.sets.words(*set)?;
                Some(Cut { leaf, new, threshold: C::default(), by_set: true, column: *column, set: *set })
            }
        }
    }

    /// The column and the code of a question; `None` where it asks a category.
    pub(super) fn asked(&self, question: &Question, sources: &Sources) -> Option<(u32, C)> {
        let cut = self.cut(question, sources, 0, 0)?;
        (!cut.by_set).then_some((cut.column, cut.threshold))
    }

    /// The codes of one row, one a column, where no column is a category.
    pub(super) fn encode_row(&self, sources: &Sources, row: impl Fn(u32) -> f64, codes: &mut [C]) {
        let mut columns = sources.columns.iter().zip(codes).peekable();
        for (index, (source, scale)) in sources.sources.iter().zip(&self.scales).enumerate() {
            let value = sources.read(source, row(source.feature));
            let rank = scale.rank(value);
            while let Some((column, code)) = columns.next_if(|(column, _)| column.source as usize == index) {
                let missing = if column.missing_yes { 0 } else { scale.count };
                *code = C::new(if value.is_nan() { missing } else { rank });
            }
        }
    }

    /// Splits a tree on average; what a row costs grows with it.
    pub(super) fn cuts_per_tree(&self) -> usize {
        self.cuts.len() / self.trees.len().max(1)
    }

    /// Adds the values of all trees to `sums`, N numbers an output, for N rows of codes.
    #[inline(always)]
    pub(super) fn add<const N: usize>(&self, codes: &[[C; N]], sources: &Sources, sums: &mut [[R; N]]) {
        let mut values = [R::default(); LEAVES];
        for tree in &self.trees {
            let mut leaves = [C::default(); N];
            for cut in self.cuts.get(tree.cuts.0 as usize..tree.cuts.1 as usize).unwrap_or(&[]) {
                let Some(codes) = codes.get(cut.column as usize) else { continue };
                // Copied out of memory: a loop that might write over them is not vectorised.
                let Cut { leaf: from, new, threshold, .. } = *cut;
                if cut.by_set {
                    part(&mut leaves, codes, sources.sets.words(cut.set).unwrap_or(&[]), from, new);
                } else {
                    for (leaf, code) in leaves.iter_mut().zip(codes) {
                        *leaf = if (*code > threshold) & (*leaf == from) { new } else { *leaf };
                    }
                }
            }
            let own = self.leaves.get(tree.leaves.0 as usize..tree.leaves.1 as usize).unwrap_or(&[]);
            for (slot, value) in values.iter_mut().zip(own) {
                *slot = *value;
            }
            let Some(sums) = sums.get_mut(tree.output as usize) else { continue };
            for (sum, leaf) in sums.iter_mut().zip(&leaves) {
                *sum = *sum + values[leaf.wide() as usize % C::LEAVES];
            }
        }
    }

    /// The codes of N rows from `first` on, one array a column; rows past the end get any code.
    #[inline(always)]
    pub(super) fn encode<const N: usize>(
        &self,
        sources: &Sources,
        inputs: &Inputs<'_>,
        first: usize,
        codes: &mut [[C; N]],
    ) {
        let mut columns = sources.columns.iter().zip(codes).peekable();
        let mut values = [0.0; N];
        for (index, (source, scale)) in sources.sources.iter().zip(&self.scales).enumerate() {
            inputs.gather(source.feature as usize, first, &mut values);
            values.iter_mut().for_each(|value| *value = sources.read(source, *value));
            let ranks = match source.reading {
                Reading::Number(_) => scale.ranks(&values),
                Reading::Category => values.map(|class| class as u32),
            };
            while let Some((column, codes)) = columns.next_if(|(column, _)| column.source as usize == index) {
                let missing = if column.missing_yes { 0 } else { scale.count };
                for ((code, rank), value) in codes.iter_mut().zip(&ranks).zip(&values) {
                    *code = C::new(if value.is_nan() { missing } else { *rank });
                }
            }
        }
    }
}

/// Moves the rows of `leaf` whose class is not in the set to leaf `new`.
#[inline(always)]
fn part<C: Code, const N: usize>(leaves: &mut [C; N], codes: &[C; N], words: &[u64], leaf: C, new: C) {
    let mut members = [0_u64; N];
    for (index, word) in words.iter().enumerate() {
        for (member, code) in members.iter_mut().zip(codes) {
            let code = code.wide();
            let here = code / 64 == index as u32;
            *member |= if here { *word >> (code % 64) & 1 } else { 0 };
        }
    }
    for (slot, member) in leaves.iter_mut().zip(&members) {
        *slot = if (*member == 0) & (*slot == leaf) { new } else { *slot };
    }
}

/// The thresholds of each source.
fn scales(sources: &Sources, questions: &[Question]) -> Vec<Scale> {
    let mut scales: Vec<Scale> = Vec::new();
    scales.resize_with(sources.sources.len(), Scale::default);
    for question in questions {
        if let Question::AtMost { column, threshold } = question
            && let Some(column) = sources.columns.get(*column as usize)
            && let Some(scale) = scales.get_mut(column.source as usize)
        {
            // Adding zero makes -0.0 equal to 0.0.
            scale.thresholds.push(threshold + 0.0);
        }
    }
    for scale in &mut scales {
        scale.thresholds.sort_unstable_by(f64::total_cmp);
        scale.thresholds.dedup();
        scale.count = scale.thresholds.len() as u32;
        let padded = (scale.thresholds.len() + 1).next_power_of_two();
        scale.thresholds.resize(padded, f64::INFINITY);
    }
    scales
}

impl Scale {
    /// How many thresholds are below a value, found without a branch on it; anything for NaN.
    #[inline(always)]
    fn rank(&self, value: f64) -> u32 {
        let (mut rank, mut step) = (0, self.thresholds.len() / 2);
        while step > 0 {
            let threshold = self.thresholds.get(rank + step - 1).copied().unwrap_or(f64::INFINITY);
            rank += step * usize::from(threshold < value);
            step /= 2;
        }
        rank as u32
    }

    /// How many thresholds are below each value; anything for NaN.
    #[inline(always)]
    fn ranks<const N: usize>(&self, values: &[f64; N]) -> [u32; N] {
        let mut ranks = [0; N];
        // A power of two, so that the mask below changes nothing but what the compiler knows.
        let mask = self.thresholds.len() - 1;
        let mut step = self.thresholds.len() / 2;
        while step > 0 {
            for (rank, value) in ranks.iter_mut().zip(values) {
                let at = (*rank as usize + step - 1) & mask;
                let below = self.thresholds.get(at).is_some_and(|threshold| threshold < value);
                *rank += if below { step as u32 } else { 0 };
            }
            step /= 2;
        }
        ranks
    }
}
