//! From a checked tree to a list of steps over a few slots.

use super::check::Code;
use super::kernel::Op;
use super::{Expr, Type};

/// The most slots that an expression may need.
pub(super) const SLOTS: usize = 32;

/// Where a step reads a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Argument {
    Constant(f64),
    /// Index into the inputs.
    Input(u16),
    /// The result of an earlier step.
    Slot(u8),
}

/// One step: what it does and the slot for its result. A slot is read once, and then free.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub(super) out: u8,
    pub(super) work: Work,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Work {
    Apply(Op, [Argument; 3]),
    /// Membership in `lists[start..end]`.
    Member {
        of: Argument,
        start: u32,
        end: u32,
    },
    /// Membership in the names of a variable.
    Holds {
        of: Argument,
        variable: u32,
    },
    /// Number of names of a variable.
    Size {
        variable: u32,
    },
}

/// The steps of `code`; the message says why there are none.
pub(super) fn compile(output: Type, code: &Code) -> Result<Expr, String> {
    let mut inputs = Vec::new();
    variables(code, &mut inputs);
    inputs.sort_unstable();
    inputs.dedup();
    let mut compiler = Compiler { inputs: &inputs, steps: Vec::new(), lists: Vec::new(), depth: 0 };
    let result = compiler.emit(code, 0)?;
    let Compiler { steps, lists, depth, .. } = compiler;
    Ok(Expr { output, inputs, steps, lists, result, depth })
}

fn variables(code: &Code, into: &mut Vec<u32>) {
    match code {
        Code::Constant(_) | Code::Text(_) => {}
        Code::Variable(variable) | Code::Size(variable) => into.push(*variable),
        Code::Apply(_, values) => values.iter().for_each(|value| variables(value, into)),
        Code::Member(of, _) => variables(of, into),
        Code::Holds(of, variable) => {
            into.push(*variable);
            variables(of, into);
        }
    }
}

struct Compiler<'a> {
    inputs: &'a [u32],
    steps: Vec<Step>,
    lists: Vec<f64>,
    depth: usize,
}

impl Compiler<'_> {
    /// Emits the steps of `code`, which may use the slots from `slot` on.
    fn emit(&mut self, code: &Code, slot: usize) -> Result<Argument, String> {
        let work = match code {
            Code::Constant(value) => return Ok(Argument::Constant(*value)),
            Code::Text(_) => return Ok(Argument::Constant(f64::NAN)),
            Code::Variable(variable) => return self.input(*variable),
            Code::Apply(op, values) => {
                let mut arguments = [Argument::Constant(f64::NAN); 3];
                let mut next = slot;
                for (argument, value) in arguments.iter_mut().zip(values) {
                    *argument = self.emit(value, next)?;
                    next += usize::from(matches!(argument, Argument::Slot(_)));
                }
                Work::Apply(*op, arguments)
            }
            Code::Member(of, list) => {
                let of = self.emit(of, slot)?;
                let start = self.lists.len();
                self.lists.extend(list);
                let index = |i: usize| u32::try_from(i).map_err(|_| "the lists are too long".to_owned());
                Work::Member { of, start: index(start)?, end: index(self.lists.len())? }
            }
            Code::Holds(of, variable) => Work::Holds { of: self.emit(of, slot)?, variable: *variable },
            Code::Size(variable) => Work::Size { variable: *variable },
        };
        if slot >= SLOTS {
            return Err(format!("the expression needs more than {SLOTS} values at once; name a part of it"));
        }
        self.depth = self.depth.max(slot + 1);
        let out = u8::try_from(slot).map_err(|_| "the expression is too deep".to_owned())?;
        self.steps.push(Step { out, work });
        Ok(Argument::Slot(out))
    }

    fn input(&self, variable: u32) -> Result<Argument, String> {
        let index = self.inputs.binary_search(&variable).map_err(|_| "an input is missing".to_owned())?;
        u16::try_from(index).map(Argument::Input).map_err(|_| "the expression reads too many names".to_owned())
    }
}
