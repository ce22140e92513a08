//! What each operation does to numbers: one table for rows, columns and constants.
//!
//! Unknown is NaN everywhere. Arithmetic whose result is not finite is unknown. `&&` and `||` are
//! Kleene's strong three-valued logic (Introduction to Metamathematics, 1952, section 64).

use crate::base::numeric;

/// An operation on one, two or three values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Negate,
    Not,
    Abs,
    Floor,
    Ceil,
    Round,
    Sqrt,
    Exp,
    Ln,
    IsUnknown,
    IsKnown,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    And,
    Or,
    Min,
    Max,
    Coalesce,
    Choose,
    Clamp,
}

/// Where the values of an operation come from and where its result goes.
pub(super) trait Sink {
    type Output;
    fn one(self, f: impl Fn(f64) -> f64) -> Self::Output;
    fn two(self, f: impl Fn(f64, f64) -> f64) -> Self::Output;
    fn three(self, f: impl Fn(f64, f64, f64) -> f64) -> Self::Output;
}

/// Applies an operation. Rows and columns share it, hence the same bits.
#[inline(always)]
pub(super) fn apply<S: Sink>(op: Op, sink: S) -> S::Output {
    match op {
        Op::Negate => sink.one(|x| -x),
        Op::Not => sink.one(|x| 1.0 - x),
        Op::Abs => sink.one(f64::abs),
        Op::Floor => sink.one(f64::floor),
        Op::Ceil => sink.one(f64::ceil),
        Op::Round => sink.one(f64::round),
        Op::Sqrt => sink.one(|x| finite(x.sqrt())),
        Op::Exp => sink.one(|x| finite(numeric::exp(x))),
        Op::Ln => sink.one(|x| finite(numeric::ln(x))),
        Op::IsUnknown => sink.one(|x| truth(x.is_nan())),
        Op::IsKnown => sink.one(|x| truth(!x.is_nan())),
        Op::Add => sink.two(|a, b| finite(a + b)),
        Op::Subtract => sink.two(|a, b| finite(a - b)),
        Op::Multiply => sink.two(|a, b| finite(a * b)),
        Op::Divide => sink.two(|a, b| finite(a / b)),
        Op::Remainder => sink.two(|a, b| finite(a % b)),
        Op::Power => sink.two(power),
        Op::Less => sink.two(|a, b| known(a, b, truth(a < b))),
        Op::LessOrEqual => sink.two(|a, b| known(a, b, truth(a <= b))),
        Op::Equal => sink.two(|a, b| known(a, b, truth(a == b))),
        Op::NotEqual => sink.two(|a, b| known(a, b, truth(a != b))),
        Op::And => sink.two(|a, b| select((a == 0.0) | (b == 0.0), 0.0, finite(a * b))),
        Op::Or => sink.two(|a, b| select((a == 1.0) | (b == 1.0), 1.0, finite(a + b))),
        Op::Min => sink.two(|a, b| known(a, b, lesser(a, b))),
        Op::Max => sink.two(|a, b| known(a, b, greater(a, b))),
        Op::Coalesce => sink.two(|a, b| select(a.is_nan(), b, a)),
        Op::Choose => sink.three(choose),
        Op::Clamp => sink.three(clamp),
    }
}

/// The value of an operation on constants or a row.
pub(super) struct Values<F: Fn(usize) -> f64>(pub(super) F);

impl<F: Fn(usize) -> f64> Sink for Values<F> {
    type Output = f64;

    #[inline(always)]
    fn one(self, f: impl Fn(f64) -> f64) -> f64 {
        f((self.0)(0))
    }

    #[inline(always)]
    fn two(self, f: impl Fn(f64, f64) -> f64) -> f64 {
        f((self.0)(0), (self.0)(1))
    }

    #[inline(always)]
    fn three(self, f: impl Fn(f64, f64, f64) -> f64) -> f64 {
        f((self.0)(0), (self.0)(1), (self.0)(2))
    }
}

/// Membership of a known value in a list.
#[inline(always)]
pub(super) fn member(x: f64, list: &[f64]) -> f64 {
    known(x, x, truth(list.iter().fold(false, |found, item| found | (x == *item))))
}

/// Membership of a known name in a row's names.
#[inline(always)]
pub(super) fn holds(x: f64, keys: &[u32]) -> f64 {
    if x.is_nan() { f64::NAN } else { truth(keys.iter().any(|key| f64::from(*key) == x)) }
}

/// `a` or `b`, by masks: what a compiler must not turn into a branch fills vector lanes.
#[inline(always)]
fn select(condition: bool, a: f64, b: f64) -> f64 {
    let mask = u64::from(condition).wrapping_neg();
    f64::from_bits((a.to_bits() & mask) | (b.to_bits() & !mask))
}

#[inline(always)]
fn truth(flag: bool) -> f64 {
    select(flag, 1.0, 0.0)
}

/// `value`, if both numbers that it was made of are known.
#[inline(always)]
fn known(a: f64, b: f64, value: f64) -> f64 {
    select(a.is_nan() | b.is_nan(), f64::NAN, value)
}

/// The one NaN stands for every result that is not finite, so that bits agree everywhere.
#[inline(always)]
pub(super) fn finite(x: f64) -> f64 {
    select(x.abs() < f64::INFINITY, x, f64::NAN)
}

#[inline(always)]
fn lesser(a: f64, b: f64) -> f64 {
    select(b < a, b, a)
}

#[inline(always)]
fn greater(a: f64, b: f64) -> f64 {
    select(b > a, b, a)
}

#[inline(always)]
fn choose(condition: f64, a: f64, b: f64) -> f64 {
    select(condition.is_nan(), f64::NAN, select(condition == 0.0, b, a))
}

#[inline(always)]
fn clamp(x: f64, low: f64, high: f64) -> f64 {
    select((low <= high) & !x.is_nan(), lesser(greater(x, low), high), f64::NAN)
}

/// x to the n. The commonest powers are the products that they stand for, rounded once.
fn power(x: f64, n: f64) -> f64 {
    if x.is_nan() | n.is_nan() {
        return f64::NAN;
    }
    finite(match n {
        1.0 => x,
        2.0 => x * x,
        -1.0 => 1.0 / x,
        n => numeric::powf(x, n),
    })
}
