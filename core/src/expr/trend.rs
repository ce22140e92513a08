//! How a value moves while time passes and nothing happens: abstract interpretation of an expression.

use super::Expr;
use super::compile::{Argument, SLOTS, Work};
use super::kernel::Op;

/// The direction in which a value may move with time alone. A truth that rises turns from false to
/// true, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trend {
    /// It stands still.
    Still,
    /// It never falls.
    Rising,
    /// It never rises.
    Falling,
    /// It nears zero, from above or from below.
    Fading,
    /// It moves in one direction, which the state decides.
    Monotone,
    /// It may turn.
    Mixed,
}

/// A trend, and whether the value is known never to be below zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Course {
    /// The direction.
    pub trend: Trend,
    /// Whether the value is zero or more, or unknown.
    pub positive: bool,
    constant: Option<f64>,
}

impl Course {
    /// A course of something that is no constant.
    pub fn new(trend: Trend, positive: bool) -> Self {
        Course { trend, positive, constant: None }
    }

    fn constant(value: f64) -> Self {
        Course { trend: Trend::Still, positive: value >= 0.0, constant: Some(value) }
    }

    /// The trend of an increasing function of the value.
    fn increasing(self) -> Trend {
        match self.trend {
            Trend::Fading if self.positive => Trend::Falling,
            Trend::Fading => Trend::Monotone,
            trend => trend,
        }
    }

    fn negated(self) -> Course {
        Course { trend: flip(self.trend, self.positive), positive: false, constant: self.constant.map(|value| -value) }
    }
}

fn flip(trend: Trend, positive: bool) -> Trend {
    match trend {
        Trend::Rising => Trend::Falling,
        Trend::Falling => Trend::Rising,
        Trend::Fading if positive => Trend::Rising,
        trend => trend,
    }
}

/// The trend of what rises with both.
fn together(a: Trend, b: Trend) -> Trend {
    match (a, b) {
        (Trend::Still, other) | (other, Trend::Still) => other,
        (Trend::Rising, Trend::Rising) => Trend::Rising,
        (Trend::Falling, Trend::Falling) => Trend::Falling,
        _ => Trend::Mixed,
    }
}

impl Expr {
    /// The course of the value, given those of the variables.
    pub(crate) fn course(&self, of: impl Fn(u32) -> Course) -> Course {
        let mut slots = [Course::new(Trend::Mixed, false); SLOTS];
        let read = |slots: &[Course; SLOTS], argument: Argument| match argument {
            Argument::Constant(value) => Course::constant(value),
            Argument::Input(index) => {
                self.inputs.get(usize::from(index)).map_or(Course::new(Trend::Mixed, false), |input| of(*input))
            }
            Argument::Slot(slot) => slots.get(usize::from(slot)).copied().unwrap_or(Course::new(Trend::Mixed, false)),
        };
        for step in &self.steps {
            let course = match &step.work {
                Work::Apply(op, arguments) => apply(*op, arguments.map(|argument| read(&slots, argument))),
                Work::Member { of, .. } | Work::Holds { of, .. } => still_if(read(&slots, *of).trend == Trend::Still),
                Work::Size { .. } => Course::new(Trend::Still, true),
            };
            if let Some(slot) = slots.get_mut(usize::from(step.out)) {
                *slot = course;
            }
        }
        read(&slots, self.result)
    }
}

fn still_if(still: bool) -> Course {
    Course::new(if still { Trend::Still } else { Trend::Mixed }, true)
}

fn apply(op: Op, [a, b, c]: [Course; 3]) -> Course {
    match op {
        Op::Negate => a.negated(),
        Op::Not => Course::new(flip(a.trend, true), true),
        Op::Abs => absolute(a),
        Op::Sqrt | Op::Exp => Course::new(a.increasing(), true),
        Op::Floor | Op::Ceil | Op::Round => Course::new(a.increasing(), a.positive),
        Op::Ln => Course::new(a.increasing(), false),
        Op::IsUnknown | Op::IsKnown => still_if(a.trend == Trend::Still),
        Op::Add => add(a, b),
        Op::Subtract => add(a, b.negated()),
        Op::Multiply => multiply(a, b),
        Op::Divide => divide(a, b),
        Op::Less | Op::LessOrEqual => less(a, b),
        Op::Equal | Op::NotEqual | Op::Remainder => still_if((a.trend, b.trend) == (Trend::Still, Trend::Still)),
        Op::Power => power(a, b),
        Op::And | Op::Or => Course::new(together(a.trend, b.trend), true),
        Op::Min | Op::Coalesce => Course::new(together(a.increasing(), b.increasing()), a.positive && b.positive),
        Op::Max => Course::new(together(a.increasing(), b.increasing()), a.positive || b.positive),
        Op::Choose => choose(a, b, c),
        Op::Clamp if (b.trend, c.trend) == (Trend::Still, Trend::Still) => Course::new(a.increasing(), b.positive),
        Op::Clamp => Course::new(Trend::Mixed, b.positive),
    }
}

fn absolute(a: Course) -> Course {
    let trend = match a.trend {
        Trend::Fading => Trend::Falling,
        Trend::Rising | Trend::Falling | Trend::Monotone if !a.positive => Trend::Mixed,
        trend => trend,
    };
    Course::new(trend, true)
}

fn add(a: Course, b: Course) -> Course {
    Course::new(together(a.increasing(), b.increasing()), a.positive && b.positive)
}

fn multiply(a: Course, b: Course) -> Course {
    let positive = a.positive && b.positive;
    let trend = match (a.trend, b.trend) {
        (Trend::Still, _) => scaled(b, a),
        (_, Trend::Still) => scaled(a, b),
        (Trend::Fading, Trend::Fading) => Trend::Fading,
        _ if positive => together(a.increasing(), b.increasing()),
        _ => Trend::Mixed,
    };
    Course::new(trend, positive)
}

/// The trend of a value times something that stands still.
fn scaled(value: Course, by: Course) -> Trend {
    match value.trend {
        Trend::Rising | Trend::Falling if by.positive => value.trend,
        Trend::Rising | Trend::Falling if by.constant.is_some() => flip(value.trend, false),
        Trend::Rising | Trend::Falling => Trend::Monotone,
        trend => trend,
    }
}

fn divide(a: Course, b: Course) -> Course {
    let positive = a.positive && b.positive;
    let trend = match b.trend {
        Trend::Still => scaled(a, b),
        _ if positive => together(a.increasing(), flip(b.increasing(), true)),
        _ => Trend::Mixed,
    };
    Course::new(trend, positive)
}

/// Whether `a` is less than `b`.
fn less(a: Course, b: Course) -> Course {
    let trend = match (a.trend, b.trend, a.constant, b.constant) {
        (_, Trend::Fading, Some(level), _) => {
            if level >= 0.0 {
                Trend::Falling
            } else {
                Trend::Rising
            }
        }
        (Trend::Fading, _, _, Some(level)) => {
            if level > 0.0 {
                Trend::Rising
            } else {
                Trend::Falling
            }
        }
        _ => add(b, a.negated()).increasing(),
    };
    Course::new(trend, true)
}

fn power(a: Course, b: Course) -> Course {
    let trend = match b.constant {
        _ if (a.trend, b.trend) == (Trend::Still, Trend::Still) => Trend::Still,
        Some(exponent) if a.positive && exponent >= 0.0 => a.increasing(),
        Some(_) if a.positive => flip(a.increasing(), true),
        _ => Trend::Mixed,
    };
    Course::new(trend, a.positive)
}

fn choose(condition: Course, a: Course, b: Course) -> Course {
    let trend = match (condition.trend, a.trend, b.trend) {
        (Trend::Still, _, _) => together(a.increasing(), b.increasing()),
        (Trend::Mixed, _, _) => Trend::Mixed,
        (_, Trend::Still, Trend::Still) => Trend::Monotone,
        _ => Trend::Mixed,
    };
    Course::new(trend, a.positive && b.positive)
}
