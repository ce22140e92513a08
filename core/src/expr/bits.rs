//! Truths by bits: a block of rows in words of 64, whether each holds and whether it is known.
//!
//! An expression that only compares inputs and joins what that gives needs no number for a truth on the
//! way. The answers are those of the general form.

use super::compile::{Argument, Step, Work as Does};
use super::evaluate::BLOCK;
use super::kernel::Op;
use super::{Expr, Type};
use crate::base::numeric::simd::{self, Work};

/// Words of a block.
const WORDS: usize = BLOCK / 64;

/// A bit a row, the first row lowest; what holds is known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bits {
    pub holds: [u64; WORDS],
    pub known: [u64; WORDS],
}

/// The values of an input in a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lane<'a> {
    pub values: &'a [f64; BLOCK],
    /// Whether no row is unknown.
    pub known: bool,
}

/// One side of a comparison.
#[derive(Clone, Copy)]
enum Side<'a> {
    One(f64),
    Many(Lane<'a>),
}

impl Expr {
    /// Whether [`Expr::bits`] can do it.
    pub(super) fn is_of_bits(&self) -> bool {
        let plain = |argument: &Argument| !matches!(argument, Argument::Slot(_));
        let truth = |argument: &Argument| !matches!(argument, Argument::Constant(_));
        let input = |argument: &Argument| matches!(argument, Argument::Input(_));
        let fits = |step: &Step| match &step.work {
            Does::Apply(op, [a, b, _]) => match op {
                Op::Less | Op::LessOrEqual | Op::Equal | Op::NotEqual => plain(a) && plain(b),
                Op::IsUnknown | Op::IsKnown => input(a),
                Op::And | Op::Or => truth(a) && truth(b),
                Op::Not => truth(a),
                _ => false,
            },
            Does::Member { of, .. } => input(of),
            Does::Holds { .. } | Does::Size { .. } => false,
        };
        self.output == Type::Bool && matches!(self.result, Argument::Slot(_)) && self.steps.iter().all(fits)
    }

    /// The truths of a block whose inputs `lane` gives; `slots` is room that is kept.
    pub(super) fn bits<'a>(&self, lane: impl Fn(u32) -> Option<Lane<'a>>, slots: &mut Vec<Bits>) -> Bits {
        slots.resize(slots.len().max(self.depth), Bits::default());
        let side = |argument: &Argument| match argument {
            Argument::Constant(value) => Side::One(*value),
            Argument::Input(index) => {
                let variable = self.inputs.get(usize::from(*index));
                variable.and_then(|variable| lane(*variable)).map_or(Side::One(f64::NAN), Side::Many)
            }
            Argument::Slot(_) => Side::One(f64::NAN),
        };
        for step in &self.steps {
            let truth = |argument: &Argument| match argument {
                Argument::Slot(slot) => slots.get(usize::from(*slot)).copied().unwrap_or_default(),
                other => simd::run(Truth(side(other))),
            };
            let found = match &step.work {
                Does::Apply(Op::And, [a, b, _]) => truth(a).and(truth(b)),
                Does::Apply(Op::Or, [a, b, _]) => truth(a).or(truth(b)),
                Does::Apply(Op::Not, [a, ..]) => truth(a).not(),
                Does::Apply(op, [a, b, _]) => simd::run(Compare { op: *op, a: side(a), b: side(b) }),
                Does::Member { of, start, end } => {
                    simd::run(Membership { of: side(of), list: self.list(*start, *end) })
                }
                Does::Holds { .. } | Does::Size { .. } => Bits::default(),
            };
            if let Some(slot) = slots.get_mut(usize::from(step.out)) {
                *slot = found;
            }
        }
        match self.result {
            Argument::Slot(slot) => slots.get(usize::from(slot)).copied().unwrap_or_default(),
            _ => Bits::default(),
        }
    }
}

impl Bits {
    fn each(self, other: Bits, join: impl Fn((u64, u64), (u64, u64)) -> (u64, u64)) -> Bits {
        let mut found = Bits::default();
        let sides = self.holds.iter().zip(&self.known).zip(other.holds.iter().zip(&other.known));
        for ((holds, known), (a, b)) in found.holds.iter_mut().zip(&mut found.known).zip(sides) {
            (*holds, *known) = join((*a.0, *a.1), (*b.0, *b.1));
        }
        found
    }

    fn and(self, other: Bits) -> Bits {
        self.each(other, |(a, a_known), (b, b_known)| (a & b, (a & b) | (a_known & !a) | (b_known & !b)))
    }

    fn or(self, other: Bits) -> Bits {
        self.each(other, |(a, a_known), (b, b_known)| (a | b, a | b | (a_known & b_known)))
    }

    fn not(self) -> Bits {
        self.each(self, |(a, known), _| (known & !a, known))
    }

    /// Flags of a block: 1, 0, or unknown.
    #[inline(always)]
    pub(super) fn of_flags(lane: Lane<'_>) -> Bits {
        of(lane, |value| value == 1.0)
    }
}

/// The rows of a lane for which `flag` holds, as far as they are known.
#[inline(always)]
fn of(lane: Lane<'_>, flag: impl Fn(f64) -> bool) -> Bits {
    Bits { holds: words(lane.values, flag), known: known(lane) }
}

#[inline(always)]
fn known(lane: Lane<'_>) -> [u64; WORDS] {
    if lane.known { [u64::MAX; WORDS] } else { words(lane.values, |value| !value.is_nan()) }
}

#[inline(always)]
fn words(values: &[f64; BLOCK], flag: impl Fn(f64) -> bool) -> [u64; WORDS] {
    words_of_two(values, values, |value, _| flag(value))
}

/// A bit a row. In a word eight lanes collect a bit a byte each, and are shifted into each other at the end.
#[inline(always)]
fn words_of_two(a: &[f64; BLOCK], b: &[f64; BLOCK], flag: impl Fn(f64, f64) -> bool) -> [u64; WORDS] {
    let mut found = [0; WORDS];
    let (a, _) = a.as_chunks::<64>();
    let (b, _) = b.as_chunks::<64>();
    for (word, (a, b)) in found.iter_mut().zip(a.iter().zip(b)) {
        let mut lanes = [0u64; 8];
        let mut bit = 1u64;
        let (a, _) = a.as_chunks::<8>();
        let (b, _) = b.as_chunks::<8>();
        for (a, b) in a.iter().zip(b) {
            for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
                *lane |= if flag(*a, *b) { bit } else { 0 };
            }
            bit <<= 8;
        }
        for (place, lane) in lanes.iter().enumerate() {
            *word |= lane << place;
        }
    }
    found
}

/// A comparison, on vectors of any width.
struct Compare<'a> {
    op: Op,
    a: Side<'a>,
    b: Side<'a>,
}

impl Work for Compare<'_> {
    type Output = Bits;

    #[inline(always)]
    fn run(self) -> Bits {
        match self.op {
            Op::Less => self.by(|a, b| a < b),
            Op::LessOrEqual => self.by(|a, b| a <= b),
            Op::Equal => self.by(|a, b| a == b),
            // Of something unknown nothing holds, this neither.
            Op::NotEqual => self.by(|a, b| (a < b) | (a > b)),
            Op::IsUnknown => self.whether(|value| value.is_nan()),
            Op::IsKnown => self.whether(|value| !value.is_nan()),
            _ => Bits::default(),
        }
    }
}

impl Compare<'_> {
    #[inline(always)]
    fn by(self, holds: impl Fn(f64, f64) -> bool) -> Bits {
        let all = |flag: bool| if flag { [u64::MAX; WORDS] } else { [0; WORDS] };
        match (self.a, self.b) {
            (Side::One(a), Side::One(b)) => Bits { holds: all(holds(a, b)), known: all(!a.is_nan() && !b.is_nan()) },
            (Side::One(a), _) | (_, Side::One(a)) if a.is_nan() => Bits::default(),
            (Side::Many(a), Side::One(b)) => of(a, |value| holds(value, b)),
            (Side::One(a), Side::Many(b)) => of(b, |value| holds(a, value)),
            (Side::Many(a), Side::Many(b)) => {
                let (mut both, more) = (known(a), known(b));
                both.iter_mut().zip(more).for_each(|(known, more)| *known &= more);
                Bits { holds: words_of_two(a.values, b.values, holds), known: both }
            }
        }
    }

    #[inline(always)]
    fn whether(self, flag: impl Fn(f64) -> bool) -> Bits {
        let holds = match self.a {
            Side::One(value) => {
                if flag(value) {
                    [u64::MAX; WORDS]
                } else {
                    [0; WORDS]
                }
            }
            Side::Many(lane) => words(lane.values, flag),
        };
        Bits { holds, known: [u64::MAX; WORDS] }
    }
}

/// Membership in a list, on vectors of any width.
struct Membership<'a> {
    of: Side<'a>,
    list: &'a [f64],
}

impl Work for Membership<'_> {
    type Output = Bits;

    #[inline(always)]
    fn run(self) -> Bits {
        match self.of {
            Side::One(_) => Bits::default(),
            Side::Many(lane) => of(lane, |value| self.list.iter().fold(false, |found, item| found | (value == *item))),
        }
    }
}

/// Flags that are inputs.
struct Truth<'a>(Side<'a>);

impl Work for Truth<'_> {
    type Output = Bits;

    #[inline(always)]
    fn run(self) -> Bits {
        match self.0 {
            Side::One(_) => Bits::default(),
            Side::Many(lane) => Bits::of_flags(lane),
        }
    }
}
