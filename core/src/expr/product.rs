//! Expressions that are products of powers.

use super::Expr;
use super::compile::{Argument, SLOTS, Work};
use super::kernel::Op;

/// `constant * x^a * y^b ..`, the exponents by position in [`Expr::inputs`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Product {
    /// The constant.
    pub constant: f64,
    /// An exponent an input.
    pub exponents: Vec<f64>,
}

impl Expr {
    /// The expression as a product, if it is nothing but inputs and constants multiplied and divided.
    pub(crate) fn product(&self) -> Option<Product> {
        let mut slots: [Option<Product>; SLOTS] = std::array::from_fn(|_| None);
        for step in &self.steps {
            let found = match &step.work {
                Work::Apply(op, [a, b, _]) => self.joined(*op, self.part(&slots, *a), || self.part(&slots, *b)),
                _ => None,
            };
            if let Some(slot) = slots.get_mut(usize::from(step.out)) {
                *slot = found;
            }
        }
        self.part(&slots, self.result)
    }

    fn part(&self, slots: &[Option<Product>; SLOTS], argument: Argument) -> Option<Product> {
        let mut part = Product { constant: 1.0, exponents: vec![0.0; self.inputs.len()] };
        match argument {
            Argument::Constant(constant) => part.constant = constant,
            Argument::Input(index) => *part.exponents.get_mut(usize::from(index))? = 1.0,
            Argument::Slot(slot) => return slots.get(usize::from(slot))?.clone(),
        }
        Some(part)
    }

    fn joined(&self, op: Op, a: Option<Product>, b: impl FnOnce() -> Option<Product>) -> Option<Product> {
        let mut joined = a?;
        let sign = match op {
            Op::Negate => {
                joined.constant = -joined.constant;
                return Some(joined);
            }
            Op::Multiply => 1.0,
            Op::Divide => -1.0,
            _ => return None,
        };
        let b = b()?;
        joined.constant = if op == Op::Multiply { joined.constant * b.constant } else { joined.constant / b.constant };
        joined.exponents.iter_mut().zip(&b.exponents).for_each(|(to, from)| *to += sign * from);
        Some(joined)
    }
}
