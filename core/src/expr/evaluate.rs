//! Evaluation, by row and by column, with the same bits.

use super::Expr;
use super::compile::{Argument, SLOTS, Work};
use super::kernel::{Op, Sink, Values, apply, finite, holds, member};
use crate::base::numeric;
use crate::base::numeric::simd;

/// Rows of a column that are computed together, so that all slots stay in the first cache.
pub(super) const BLOCK: usize = 512;
/// Slots of the short form of the row evaluator; most expressions need fewer.
const FEW: usize = 4;

/// One row of values.
pub trait Row {
    /// The value of a variable: finite, or NaN where it is unknown.
    ///
    /// Called once for every use of the variable.
    fn value(&self, variable: u32) -> f64;

    /// The names of a variable that holds several.
    fn keys(&self, variable: u32) -> &[u32] {
        let _ = variable;
        &[]
    }
}

/// Rows of values, by column.
pub trait Columns {
    /// The values of a variable, one a row; a column with too few values is unknown in the block
    /// of rows in which it ends, and after.
    fn column(&self, variable: u32) -> &[f64];

    /// The names of a variable that holds several, in one row.
    fn keys(&self, variable: u32, row: usize) -> &[u32] {
        let _ = (variable, row);
        &[]
    }
}

/// Memory for evaluation by column; one may serve many expressions, one thread at a time.
#[derive(Debug, Default)]
pub struct Scratch {
    /// One block a slot, and one for the result of the step at work.
    blocks: Vec<Vec<f64>>,
    spare: Vec<f64>,
}

/// Values by position in [`Expr::inputs`].
trait Fetch {
    fn value(&self, index: usize) -> f64;
    fn keys(&self, variable: u32) -> &[u32];
}

struct OfRow<'a, R: Row + ?Sized>(&'a R, &'a [u32]);

impl<R: Row + ?Sized> Fetch for OfRow<'_, R> {
    #[inline(always)]
    fn value(&self, index: usize) -> f64 {
        self.1.get(index).map_or(f64::NAN, |variable| self.0.value(*variable))
    }

    #[inline(always)]
    fn keys(&self, variable: u32) -> &[u32] {
        self.0.keys(variable)
    }
}

struct OfSlice<'a>(&'a [f64]);

impl Fetch for OfSlice<'_> {
    #[inline(always)]
    fn value(&self, index: usize) -> f64 {
        self.0.get(index).copied().unwrap_or(f64::NAN)
    }

    fn keys(&self, _: u32) -> &[u32] {
        &[]
    }
}

impl Expr {
    /// The value for one row; NaN is unknown.
    ///
    /// Cost: a few nanoseconds an operation; nothing is allocated.
    pub fn row<R: Row + ?Sized>(&self, row: &R) -> f64 {
        self.evaluate(&OfRow(row, &self.inputs))
    }

    /// The value where `values[i]` belongs to `inputs()[i]`; missing values are unknown.
    ///
    /// A variable of several names reads as having none here; use [`Expr::row`] for those.
    pub fn values(&self, values: &[f64]) -> f64 {
        self.evaluate(&OfSlice(values))
    }

    /// The values for `rows` rows, into `out[..rows]`; bit for bit those of [`Expr::row`].
    ///
    /// Rows beyond the length of `out` are left out. Cost: below a nanosecond an operation and row
    /// for arithmetic and logic.
    pub fn columns(&self, inputs: &dyn Columns, rows: usize, out: &mut [f64], scratch: &mut Scratch) {
        scratch.spare.resize(BLOCK, 0.0);
        let blocks = self.depth.max(scratch.blocks.len());
        scratch.blocks.resize_with(blocks, || vec![0.0; BLOCK]);
        let rows = rows.min(out.len());
        let (out, _) = out.split_at_mut(rows);
        for (index, block) in out.chunks_mut(BLOCK).enumerate() {
            let batch = Batch { expr: self, inputs, start: index * BLOCK, length: block.len() };
            batch.run(scratch, block);
        }
    }

    #[inline(always)]
    fn evaluate(&self, fetch: &impl Fetch) -> f64 {
        if self.depth <= FEW { self.steps::<FEW>(fetch) } else { self.steps::<SLOTS>(fetch) }
    }

    fn steps<const N: usize>(&self, fetch: &impl Fetch) -> f64 {
        let mut slots = [f64::NAN; N];
        for step in &self.steps {
            let slot = |argument: Argument| read(argument, &slots, fetch);
            let value = match &step.work {
                Work::Apply(op, arguments) => {
                    apply(*op, Values(|i| arguments.get(i).map_or(f64::NAN, |argument| slot(*argument))))
                }
                Work::Member { of, start, end } => member(slot(*of), self.list(*start, *end)),
                Work::Holds { of, variable } => holds(slot(*of), fetch.keys(*variable)),
                Work::Size { variable } => size(fetch.keys(*variable)),
            };
            if let Some(out) = slots.get_mut(usize::from(step.out)) {
                *out = value;
            }
        }
        read(self.result, &slots, fetch)
    }

    fn list(&self, start: u32, end: u32) -> &[f64] {
        self.lists.get(start as usize..end as usize).unwrap_or(&[])
    }
}

#[inline(always)]
fn read(argument: Argument, slots: &[f64], fetch: &impl Fetch) -> f64 {
    match argument {
        Argument::Constant(value) => value,
        Argument::Input(index) => fetch.value(usize::from(index)),
        Argument::Slot(slot) => slots.get(usize::from(slot)).copied().unwrap_or(f64::NAN),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a row has far fewer than 2^53 names")]
fn size(keys: &[u32]) -> f64 {
    keys.len() as f64
}

/// One block of rows at work.
struct Batch<'a> {
    expr: &'a Expr,
    inputs: &'a dyn Columns,
    start: usize,
    length: usize,
}

/// The values of an argument over a block.
#[derive(Clone, Copy)]
enum Source<'a> {
    One(f64),
    Many(&'a [f64]),
}

impl Batch<'_> {
    fn run(&self, scratch: &mut Scratch, out: &mut [f64]) {
        for step in &self.expr.steps {
            let mut spare = std::mem::take(&mut scratch.spare);
            let block = spare.get_mut(..self.length).unwrap_or(&mut []);
            let source = |argument: Argument| self.source(argument, &scratch.blocks);
            match &step.work {
                Work::Apply(op, arguments) => operate(*op, block, arguments.map(source)),
                Work::Member { of, start, end } => {
                    let list = self.expr.list(*start, *end);
                    simd::run(Membership { list, block: Block { out: block, sources: [source(*of); 3] } });
                }
                Work::Holds { of, variable } => {
                    let of = source(*of);
                    for (i, out) in block.iter_mut().enumerate() {
                        *out = holds(of.at(i), self.inputs.keys(*variable, self.start + i));
                    }
                }
                Work::Size { variable } => {
                    for (i, out) in block.iter_mut().enumerate() {
                        *out = size(self.inputs.keys(*variable, self.start + i));
                    }
                }
            }
            // The result takes the place of its slot; the slot's old block is the next spare.
            if let Some(slot) = scratch.blocks.get_mut(usize::from(step.out)) {
                std::mem::swap(slot, &mut spare);
            }
            scratch.spare = spare;
        }
        match self.source(self.expr.result, &scratch.blocks) {
            Source::One(value) => out.fill(value),
            Source::Many(values) => out.iter_mut().zip(values).for_each(|(out, value)| *out = *value),
        }
    }

    fn source<'b>(&'b self, argument: Argument, blocks: &'b [Vec<f64>]) -> Source<'b> {
        let values = match argument {
            Argument::Constant(value) => return Source::One(value),
            Argument::Input(index) => {
                let variable = self.expr.inputs.get(usize::from(index));
                variable.and_then(|variable| self.inputs.column(*variable).get(self.start..self.start + self.length))
            }
            Argument::Slot(slot) => blocks.get(usize::from(slot)).and_then(|block| block.get(..self.length)),
        };
        values.map_or(Source::One(f64::NAN), Source::Many)
    }
}

impl Source<'_> {
    #[inline(always)]
    fn at(self, index: usize) -> f64 {
        match self {
            Source::One(value) => value,
            Source::Many(values) => values.get(index).copied().unwrap_or(f64::NAN),
        }
    }
}

/// One operation over a block; the slice forms of `exp` and `ln` give the bits of their scalar forms.
fn operate(op: Op, out: &mut [f64], sources: [Source<'_>; 3]) {
    let slice_form = match op {
        Op::Exp => numeric::exp_slice,
        Op::Ln => numeric::ln_slice,
        _ => return simd::run(Operation { op, block: Block { out, sources } }),
    };
    match sources {
        [Source::Many(values), ..] => {
            slice_form(values, out);
            out.iter_mut().for_each(|value| *value = finite(*value));
        }
        _ => apply(op, Block { out, sources }),
    }
}

/// An operation over a block, on vectors of any width.
struct Operation<'o, 's> {
    op: Op,
    block: Block<'o, 's>,
}

impl simd::Work for Operation<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        apply(self.op, self.block);
    }
}

/// Membership over a block, on vectors of any width.
struct Membership<'l, 'o, 's> {
    list: &'l [f64],
    block: Block<'o, 's>,
}

impl simd::Work for Membership<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let list = self.list;
        self.block.one(|x| member(x, list));
    }
}

/// Where one operation over a block reads and writes. Its loops are written out: an iterator's own loop
/// is a function apart, which the wider instructions of the caller don't reach.
struct Block<'o, 's> {
    out: &'o mut [f64],
    sources: [Source<'s>; 3],
}

impl Sink for Block<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn one(self, f: impl Fn(f64) -> f64) {
        let [x, ..] = self.sources;
        match x {
            Source::One(x) => self.out.fill(f(x)),
            Source::Many(x) => {
                for (out, x) in self.out.iter_mut().zip(x) {
                    *out = f(*x);
                }
            }
        }
    }

    #[inline(always)]
    fn two(self, f: impl Fn(f64, f64) -> f64) {
        let [a, b, _] = self.sources;
        let out = self.out.iter_mut();
        match (a, b) {
            (Source::One(a), Source::One(b)) => self.out.fill(f(a, b)),
            (Source::Many(a), Source::One(b)) => {
                for (out, a) in out.zip(a) {
                    *out = f(*a, b);
                }
            }
            (Source::One(a), Source::Many(b)) => {
                for (out, b) in out.zip(b) {
                    *out = f(a, *b);
                }
            }
            (Source::Many(a), Source::Many(b)) => {
                for (out, (a, b)) in out.zip(a.iter().zip(b)) {
                    *out = f(*a, *b);
                }
            }
        }
    }

    #[inline(always)]
    fn three(self, f: impl Fn(f64, f64, f64) -> f64) {
        let [a, b, c] = self.sources;
        for (i, out) in self.out.iter_mut().enumerate() {
            *out = f(a.at(i), b.at(i), c.at(i));
        }
    }
}
