//! Ensembles in the forms that score fast: all give the same bits.
//!
//! A few rows walk ([`walk`]), or meet every split at once ([`bits`]); blocks of rows meet every split
//! ([`block`]), where trees are small enough for that to win. Each form is built once, when a model is loaded, and never changes.

mod bits;
mod block;
mod classes;
mod explain;
mod legendre;
mod shapley;
mod sources;
mod walk;

use std::ops::Add;

use bits::{Bits, Bytes};
use block::{Block, Code};
pub(super) use explain::Explainer;
use sources::Sources;
use walk::Walk;

use super::parts::{Parts, Precision};
#[cfg(test)]
use crate::base::numeric::simd::Level;
use crate::base::numeric::simd::{self, Work};
use crate::models::Inputs;

/// The number in which values are added.
pub(super) trait Real: Copy + Default + Add<Output = Self> + Send + Sync {
    fn new(value: f64) -> Self;
    fn wide(self) -> f64;
}

impl Real for f64 {
    #[inline(always)]
    fn new(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        self
    }
}

impl Real for f32 {
    #[inline(always)]
    fn new(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        f64::from(self)
    }
}

/// Rows of a block.
pub(super) const BLOCK: usize = 256;
/// Rows of a small block, for what is left.
const SMALL: usize = 64;
/// Below this many rows, walks are faster than a small block.
const FEW: usize = 24;
/// With more splits than this in the average tree, walks are faster than blocks.
const MOST_CUTS: usize = 400;

/// An ensemble, ready to score.
#[derive(Debug)]
pub(super) struct Kernel {
    sources: Sources,
    form: Form,
    base: Vec<f64>,
}

/// By the number in which values are added.
#[derive(Debug)]
enum Form {
    Double(Forms<f64>),
    Single(Forms<f32>),
}

#[derive(Debug)]
struct Forms<R> {
    walk: Walk<R>,
    blocks: Blocks<R>,
}

/// The narrowest block form that holds the ensemble.
#[derive(Debug)]
enum Blocks<R> {
    /// With the form for one row, where there is one.
    Narrow(Block<u8, R>, Option<Bits<R>>),
    Wide(Block<u16, R>),
    None,
}

impl Kernel {
    pub(super) fn new(parts: &Parts) -> Self {
        let (sources, questions) = Sources::new(parts);
        let form = match parts.sums {
            Precision::Double => Form::Double(Forms::new(parts, &sources, &questions)),
            Precision::Single => Form::Single(Forms::new(parts, &sources, &questions)),
        };
        Kernel { sources, form, base: parts.base.clone() }
    }

    /// The raw scores of one row, one number an output; `row` has a number for every feature.
    pub(super) fn row(&self, row: &[f64], out: &mut [f64]) {
        match &self.form {
            Form::Double(forms) => forms.row(self, row, out),
            Form::Single(forms) => forms.row(self, row, out),
        }
    }

    /// The raw scores of the rows from `first` on, `out.len() / outputs` of them.
    pub(super) fn rows(&self, inputs: &Inputs<'_>, first: usize, out: &mut [f64]) {
        match &self.form {
            Form::Double(forms) => simd::run(Batch { kernel: self, forms, inputs, first, out }),
            Form::Single(forms) => simd::run(Batch { kernel: self, forms, inputs, first, out }),
        }
    }

    /// [`Kernel::rows`] with the instructions of `level`.
    #[cfg(test)]
    pub(super) fn rows_at(&self, level: Level, inputs: &Inputs<'_>, out: &mut [f64]) {
        match &self.form {
            Form::Double(forms) => simd::run_at(level, Batch { kernel: self, forms, inputs, first: 0, out }),
            Form::Single(forms) => simd::run_at(level, Batch { kernel: self, forms, inputs, first: 0, out }),
        }
    }
}

impl<R: Real> Forms<R> {
    fn new(parts: &Parts, sources: &Sources, questions: &[sources::Question]) -> Self {
        let small = |cuts: usize| cuts <= MOST_CUTS;
        let narrow = Block::<u8, R>::new(parts, sources, questions).filter(|block| small(block.cuts_per_tree()));
        let blocks = match narrow {
            Some(block) => {
                let bits = Bits::new(parts, sources, questions, &block);
                Blocks::Narrow(block, bits)
            }
            None => match Block::<u16, R>::new(parts, sources, questions) {
                // A code of two bytes takes twice the registers.
                Some(block) if small(2 * block.cuts_per_tree()) => Blocks::Wide(block),
                _ => Blocks::None,
            },
        };
        Forms { walk: Walk::new(parts, questions), blocks }
    }

    fn row(&self, kernel: &Kernel, row: &[f64], out: &mut [f64]) {
        let value = |feature: u32| row.get(feature as usize).copied().unwrap_or(f64::NAN);
        let mut sums: Vec<R> = kernel.base.iter().map(|x| R::new(*x)).collect();
        if !self.bits(kernel, value, &mut sums) {
            let mut columns = vec![0.0; kernel.sources.width()];
            kernel.sources.expand_row(value, &mut columns);
            self.walk.row(&columns, &kernel.sources.sets, &mut sums);
        }
        for (slot, sum) in out.iter_mut().zip(&sums) {
            *slot = sum.wide();
        }
    }

    /// Adds the values of all trees to `sums` for one row, and says whether there is a form for that.
    #[inline]
    fn bits(&self, kernel: &Kernel, row: impl Fn(u32) -> f64, sums: &mut [R]) -> bool {
        let Blocks::Narrow(block, Some(bits)) = &self.blocks else { return false };
        let mut codes = Bytes([0; bits::WIDTH]);
        block.encode_row(&kernel.sources, row, &mut codes.0);
        bits.add(&codes, sums);
        true
    }
}

/// The scoring of many rows.
struct Batch<'a, R> {
    kernel: &'a Kernel,
    forms: &'a Forms<R>,
    inputs: &'a Inputs<'a>,
    first: usize,
    out: &'a mut [f64],
}

impl<R: Real> Work for Batch<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        match &self.forms.blocks {
            Blocks::Narrow(block, _) => self.blocks(block),
            Blocks::Wide(block) => self.blocks(block),
            Blocks::None => self.walks(),
        }
    }
}

impl<R: Real> Batch<'_, R> {
    fn outputs(&self) -> usize {
        self.kernel.base.len()
    }

    /// Rows that are left.
    fn left(&self) -> usize {
        self.out.len() / self.outputs()
    }

    #[inline(always)]
    fn blocks<C: Code>(&mut self, block: &Block<C, R>) {
        let columns = self.kernel.sources.columns.len();
        if self.left() >= BLOCK {
            let mut codes = vec![[C::default(); BLOCK]; columns];
            while self.left() >= BLOCK {
                self.block(block, &mut codes);
            }
        }
        if self.left() >= FEW {
            let mut codes = vec![[C::default(); SMALL]; columns];
            while self.left() >= FEW {
                self.block(block, &mut codes);
            }
        }
        if !self.singly() {
            self.walks();
        }
    }

    /// Scores the rows that are left one by one, and says whether there is a form for that.
    fn singly(&mut self) -> bool {
        let (kernel, forms, inputs) = (self.kernel, self.forms, self.inputs);
        while self.left() > 0 {
            let row = self.first;
            let mut sums: Vec<R> = kernel.base.iter().map(|x| R::new(*x)).collect();
            if !forms.bits(kernel, |feature| inputs.value(row, feature as usize), &mut sums) {
                return false;
            }
            for (slot, sum) in self.take(1).iter_mut().zip(&sums) {
                *slot = sum.wide();
            }
        }
        true
    }

    /// Scores N rows, or all that are left.
    #[inline(always)]
    fn block<C: Code, const N: usize>(&mut self, block: &Block<C, R>, codes: &mut [[C; N]]) {
        block.encode(&self.kernel.sources, self.inputs, self.first, codes);
        let mut sums: Vec<[R; N]> = self.kernel.base.iter().map(|x| [R::new(*x); N]).collect();
        block.add(codes, &self.kernel.sources, &mut sums);
        let rows = N.min(self.left());
        let outputs = self.outputs();
        let out = self.take(rows);
        for (output, sums) in sums.iter().enumerate() {
            for (slot, sum) in out.iter_mut().skip(output).step_by(outputs).zip(sums) {
                *slot = sum.wide();
            }
        }
    }

    #[inline(always)]
    fn walks(&mut self) {
        let (kernel, outputs, width) = (self.kernel, self.outputs(), self.kernel.sources.width());
        let mut columns = vec![0.0; width * walk::TILE.min(self.left())];
        while self.left() > 0 {
            let rows = walk::TILE.min(self.left());
            for (row, columns) in columns.chunks_mut(width).take(rows).enumerate() {
                let row = self.first + row;
                kernel.sources.expand_row(|feature| self.inputs.value(row, feature as usize), columns);
            }
            let mut sums: Vec<R> = kernel.base.iter().cycle().take(rows * outputs).map(|x| R::new(*x)).collect();
            let columns = columns.get(..rows * width).unwrap_or(&[]);
            self.forms.walk.rows(columns, width, &kernel.sources.sets, &mut sums, outputs);
            for (slot, sum) in self.take(rows).iter_mut().zip(&sums) {
                *slot = sum.wide();
            }
        }
    }

    /// The places of the next `rows` rows.
    #[inline(always)]
    fn take(&mut self, rows: usize) -> &mut [f64] {
        self.first += rows;
        let out = std::mem::take(&mut self.out);
        let (now, later) = out.split_at_mut((rows * self.kernel.base.len()).min(out.len()));
        self.out = later;
        now
    }
}
