//! Types: every part gets one, every mistake is found, names become variables.

use cel::common::ast::operators;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::definition::{did_you_mean, span};

use super::kernel::{Op, Values, apply, member};
use super::parse::{Part, What};
use super::{Finding, Scope, Type};

/// A checked part: what it yields, how it is computed, where it begins.
pub(super) struct Checked {
    pub(super) kind: Kind,
    pub(super) code: Code,
    start: usize,
}

/// A type, or a literal that takes its type from what stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Is(Type),
    Text,
    Null,
    /// A mistake that has been reported.
    Wrong,
}

/// A computation over variables.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Code {
    Constant(f64),
    /// A text literal, until a name beside it makes it a key.
    Text(String),
    Variable(u32),
    Apply(Op, Vec<Code>),
    /// Membership in a list of constants.
    Member(Box<Code>, Vec<f64>),
    /// Membership in the names of a variable.
    Holds(Box<Code>, u32),
    /// The number of names of a variable.
    Size(u32),
}

/// Functions, with the least and the most arguments.
const FUNCTIONS: [(&str, usize, usize); 17] = [
    ("abs", 1, 1),
    ("ceil", 1, 1),
    ("clamp", 3, 3),
    ("coalesce", 2, 32),
    ("duration", 1, 1),
    ("exp", 1, 1),
    ("floor", 1, 1),
    ("has", 1, 1),
    ("isnull", 1, 1),
    ("ln", 1, 1),
    ("max", 2, 32),
    ("min", 2, 32),
    ("pow", 2, 2),
    ("round", 1, 1),
    ("size", 1, 1),
    ("sqrt", 1, 1),
    ("timestamp", 1, 1),
];

/// Seconds count in expressions, microseconds in times.
const SECOND: f64 = 1e6;

impl Kind {
    fn noun(self) -> &'static str {
        match self {
            Kind::Is(kind) => kind.noun(),
            Kind::Text => "a text",
            Kind::Null => "null",
            Kind::Wrong => "a mistake",
        }
    }
}

pub(super) struct Checker<'a> {
    pub(super) scope: &'a mut dyn Scope,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl Checker<'_> {
    pub(super) fn check(&mut self, part: &Part) -> Checked {
        let start = part.start;
        let (kind, code) = match &part.what {
            What::Number(number) => (Kind::Is(Type::Number), Code::Constant(*number)),
            What::Bool(flag) => (Kind::Is(Type::Bool), Code::Constant(f64::from(u8::from(*flag)))),
            What::Text(text) => (Kind::Text, Code::Text(text.clone())),
            What::Null => (Kind::Null, Code::Constant(f64::NAN)),
            What::Name(path) => self.name(start, path),
            What::List(_) => self.wrong(start, "a list stands only to the right of `in`"),
            What::Call(name, arguments) => self.call(start, name, arguments),
            What::Wrong => WRONG,
        };
        Checked { kind, code, start }
    }

    fn name(&mut self, start: usize, path: &str) -> (Kind, Code) {
        if let Some((variable, kind)) = self.scope.resolve(path) {
            return (Kind::Is(kind), Code::Variable(variable));
        }
        let names = self.scope.names();
        let hint = did_you_mean(path, names.iter().map(String::as_str));
        self.findings.push(Finding { hint, ..Finding::new(start, format!("unknown name `{path}`")) });
        WRONG
    }

    fn call(&mut self, start: usize, name: &str, parts: &[Part]) -> (Kind, Code) {
        if let (operators::IN, [left, right]) = (name, parts) {
            return self.member(left, right);
        }
        let arguments: Vec<Checked> = parts.iter().map(|part| self.check(part)).collect();
        match (name, arguments.as_slice()) {
            (operators::CONDITIONAL, [condition, a, b]) => self.choose(condition, a, b),
            (operators::EQUALS, [a, b]) => self.equal(a, b, Op::Equal, Op::IsUnknown),
            (operators::NOT_EQUALS, [a, b]) => self.equal(a, b, Op::NotEqual, Op::IsKnown),
            (operators::LESS, [a, b]) => self.order("<", Op::Less, a, b, false),
            (operators::LESS_EQUALS, [a, b]) => self.order("<=", Op::LessOrEqual, a, b, false),
            (operators::GREATER, [a, b]) => self.order(">", Op::Less, a, b, true),
            (operators::GREATER_EQUALS, [a, b]) => self.order(">=", Op::LessOrEqual, a, b, true),
            (operators::LOGICAL_AND, both) => self.all_of("&&", Type::Bool, Op::And, both),
            (operators::LOGICAL_OR, both) => self.all_of("||", Type::Bool, Op::Or, both),
            (operators::LOGICAL_NOT, one) => self.all_of("!", Type::Bool, Op::Not, one),
            (operators::ADD, [a, b]) => self.sum("+", Op::Add, a, b),
            (operators::SUBSTRACT, [a, b]) => self.sum("-", Op::Subtract, a, b),
            (operators::MULTIPLY, both) => self.all_of("*", Type::Number, Op::Multiply, both),
            (operators::DIVIDE, both) => self.all_of("/", Type::Number, Op::Divide, both),
            (operators::MODULO, both) => self.all_of("%", Type::Number, Op::Remainder, both),
            (operators::NEGATE, one) => self.all_of("-", Type::Number, Op::Negate, one),
            (name, arguments) => self.function(start, name, arguments),
        }
    }

    fn function(&mut self, start: usize, name: &str, arguments: &[Checked]) -> (Kind, Code) {
        let Some((_, least, most)) = FUNCTIONS.iter().find(|(known, _, _)| *known == name) else {
            let hint = did_you_mean(name, FUNCTIONS.map(|(known, _, _)| known));
            self.findings.push(Finding { hint, ..Finding::new(start, format!("unknown function `{name}`")) });
            return WRONG;
        };
        if !(*least..=*most).contains(&arguments.len()) {
            let expected = match (least, most) {
                (1, 1) => "one argument".to_owned(),
                (least, most) if least == most => format!("{least} arguments"),
                (least, most) => format!("{least} to {most} arguments"),
            };
            return self.wrong(start, format!("`{name}` takes {expected}, found {}", arguments.len()));
        }
        let op = match name {
            "abs" => Op::Abs,
            "ceil" => Op::Ceil,
            "clamp" => Op::Clamp,
            "exp" => Op::Exp,
            "floor" => Op::Floor,
            "ln" => Op::Ln,
            "max" => Op::Max,
            "min" => Op::Min,
            "pow" => Op::Power,
            "round" => Op::Round,
            "sqrt" => Op::Sqrt,
            _ => return self.special(start, name, arguments),
        };
        self.all_of(name, Type::Number, op, arguments)
    }

    fn special(&mut self, start: usize, name: &str, arguments: &[Checked]) -> (Kind, Code) {
        match (name, arguments) {
            ("coalesce", [first, rest @ ..]) => {
                let mut found = (first.kind, first.code.clone());
                for next in rest {
                    let before = Checked { kind: found.0, code: found.1, start: first.start };
                    let Some((kind, a, b)) = self.alike("coalesce", &before, next) else { return WRONG };
                    found = (kind, step(Op::Coalesce, vec![a, b]));
                }
                found
            }
            ("has", [one]) => self.test(one, Op::IsKnown),
            ("isnull", [one]) => self.test(one, Op::IsUnknown),
            ("size", [Checked { kind: Kind::Is(Type::Keys), code: Code::Variable(variable), .. }]) => {
                let apart = self.scope.look_into(*variable, None);
                (Kind::Is(Type::Number), apart.map_or(Code::Size(*variable), Code::Variable))
            }
            ("size", [one]) => self.mismatch(one, "`size` takes several names"),
            ("duration", [Checked { code: Code::Text(text), start, .. }]) => match span::microseconds(text) {
                #[expect(clippy::cast_precision_loss, reason = "at most a thousand years")]
                Some(span) => (Kind::Is(Type::Number), Code::Constant(span as f64 / SECOND)),
                None => self.wrong(*start, format!("expected {}, found `{text}`", span::EXPECTED)),
            },
            ("timestamp", [Checked { code: Code::Text(text), start, .. }]) => match moment(text) {
                Some(moment) => (Kind::Is(Type::Time), Code::Constant(moment)),
                None => self.wrong(*start, format!("expected a time such as `2017-07-01T13:24:21Z`, found `{text}`")),
            },
            _ => self.wrong(start, format!("`{name}` takes a text in quotes")),
        }
    }

    /// Arguments of one type; operations on two values chain over more.
    fn all_of(&mut self, name: &str, kind: Type, op: Op, arguments: &[Checked]) -> (Kind, Code) {
        let checked: Vec<_> = arguments.iter().map(|argument| self.only(name, kind, argument)).collect();
        let Some(checked) = checked.into_iter().collect::<Option<Vec<_>>>() else { return WRONG };
        let mut codes = checked.into_iter().map(|(_, code)| code);
        let chained = matches!(op, Op::Min | Op::Max);
        let code = match (chained, codes.next()) {
            (true, Some(first)) => codes.fold(first, |before, code| step(op, vec![before, code])),
            (_, first) => step(op, first.into_iter().chain(codes).collect()),
        };
        (Kind::Is(kind), code)
    }

    fn only(&mut self, name: &str, kind: Type, argument: &Checked) -> Option<(Kind, Code)> {
        match argument.kind {
            Kind::Is(found) if found == kind => Some((argument.kind, argument.code.clone())),
            _ => {
                self.mismatch(argument, &format!("`{name}` takes {}", kind.plural()));
                None
            }
        }
    }

    /// Sums of numbers; a time minus a time in seconds; a time plus or minus seconds.
    fn sum(&mut self, name: &str, op: Op, a: &Checked, b: &Checked) -> (Kind, Code) {
        let time = Kind::Is(Type::Time);
        let number = Kind::Is(Type::Number);
        let seconds = |code: &Code| step(Op::Multiply, vec![code.clone(), Code::Constant(SECOND)]);
        match (a.kind, b.kind) {
            (left, right) if left == time && right == time && op == Op::Subtract => {
                let span = step(op, vec![a.code.clone(), b.code.clone()]);
                (number, step(Op::Divide, vec![span, Code::Constant(SECOND)]))
            }
            (left, right) if left == time && right == number => {
                (time, step(op, vec![a.code.clone(), seconds(&b.code)]))
            }
            (left, right) if left == number && right == time && op == Op::Add => {
                (time, step(op, vec![seconds(&a.code), b.code.clone()]))
            }
            (left, _) if left == time => self.mismatch(b, "a time takes seconds, or a time to subtract"),
            _ => {
                let both = [(a.kind, &a.code, a.start), (b.kind, &b.code, b.start)];
                let both = both.map(|(kind, code, start)| Checked { kind, code: code.clone(), start });
                self.all_of(name, Type::Number, op, &both)
            }
        }
    }

    fn order(&mut self, name: &str, op: Op, a: &Checked, b: &Checked, swapped: bool) -> (Kind, Code) {
        let ordered = |kind: Kind| matches!(kind, Kind::Is(Type::Number | Type::Time));
        for side in [a, b] {
            if !ordered(side.kind) {
                self.mismatch(side, &format!("`{name}` takes numbers or times"));
            }
        }
        if !ordered(a.kind) || !ordered(b.kind) {
            return WRONG;
        }
        if a.kind != b.kind {
            return self
                .mismatch(b, &format!("`{name}` compares like with like: after {} it takes another", a.kind.noun()));
        }
        let (a, b) = if swapped { (b, a) } else { (a, b) };
        (Kind::Is(Type::Bool), step(op, vec![a.code.clone(), b.code.clone()]))
    }

    fn equal(&mut self, a: &Checked, b: &Checked, op: Op, test: Op) -> (Kind, Code) {
        match (a.kind, b.kind) {
            (Kind::Null, Kind::Null) => self.wrong(a.start, "null is compared with null"),
            (Kind::Null, _) => self.test(b, test),
            (_, Kind::Null) => self.test(a, test),
            (Kind::Text, Kind::Text) => self.wrong(a.start, "a text is compared with a text, and with no name"),
            (Kind::Is(Type::Keys), _) | (_, Kind::Is(Type::Keys)) => {
                let names = if a.kind == Kind::Is(Type::Keys) { a } else { b };
                self.mismatch(names, "write `\"x\" in names`: several names are not equal to one")
            }
            _ => match self.alike(if op == Op::Equal { "==" } else { "!=" }, a, b) {
                Some((_, a, b)) => (Kind::Is(Type::Bool), step(op, vec![a, b])),
                None => WRONG,
            },
        }
    }

    /// `x == null` and its relatives.
    fn test(&mut self, one: &Checked, op: Op) -> (Kind, Code) {
        match one.kind {
            Kind::Is(Type::Keys) => self.mismatch(one, "write `size(x) == 0`: several names may be none, not null"),
            Kind::Is(_) => (Kind::Is(Type::Bool), step(op, vec![one.code.clone()])),
            _ => self.mismatch(one, "only a value can be null"),
        }
    }

    fn choose(&mut self, condition: &Checked, a: &Checked, b: &Checked) -> (Kind, Code) {
        let condition = self.only("?", Type::Bool, condition);
        let branches = self.alike("?:", a, b);
        match (condition, branches) {
            (Some((_, condition)), Some((kind, a, b))) => (kind, step(Op::Choose, vec![condition, a, b])),
            _ => WRONG,
        }
    }

    /// Two values of one type: a text beside a name is a name, and null is of any type.
    fn alike(&mut self, name: &str, a: &Checked, b: &Checked) -> Option<(Kind, Code, Code)> {
        let names = Kind::Is(Type::Key);
        let kind = match (a.kind, b.kind) {
            (Kind::Wrong, _) | (_, Kind::Wrong) => return None,
            (Kind::Null, Kind::Text) | (Kind::Text, Kind::Null | Kind::Text) => names,
            (Kind::Null, other) | (other, Kind::Null) => other,
            (Kind::Text, other) | (other, Kind::Text) if other == names => names,
            (left, right) if left == right => left,
            _ => {
                let message = format!("`{name}` takes two of one type, found {} and {}", a.kind.noun(), b.kind.noun());
                self.wrong(b.start, message);
                return None;
            }
        };
        if kind == Kind::Is(Type::Keys) {
            self.mismatch(a, &format!("`{name}` takes single values"));
            return None;
        }
        Some((kind, self.keyed(&a.code), self.keyed(&b.code)))
    }

    /// A text literal as the key of its name.
    fn keyed(&mut self, code: &Code) -> Code {
        match code {
            Code::Text(text) => Code::Constant(f64::from(self.scope.key(text))),
            other => other.clone(),
        }
    }

    fn member(&mut self, left: &Part, right: &Part) -> (Kind, Code) {
        let x = self.check(left);
        if let What::List(items) = &right.what {
            return self.member_of_list(&x, items);
        }
        let names = self.check(right);
        match (&names.kind, &names.code) {
            (Kind::Is(Type::Keys), Code::Variable(variable)) => {
                let code = self.keyed(&x.code);
                let apart = match (&x.kind, &code) {
                    (Kind::Text, Code::Constant(key)) => self.scope.look_into(*variable, Some(*key as u32)),
                    _ => None,
                };
                match x.kind {
                    _ if apart.is_some() => (Kind::Is(Type::Bool), apart.map_or(WRONG.1, Code::Variable)),
                    Kind::Is(Type::Key) if self.scope.look_into(*variable, None).is_some() => {
                        self.mismatch(&x, "`in` looks for a text in quotes among the names of a trait")
                    }
                    Kind::Text | Kind::Is(Type::Key) => (Kind::Is(Type::Bool), Code::Holds(Box::new(code), *variable)),
                    _ => self.mismatch(&x, "`in` looks for a name among names"),
                }
            }
            _ => self.mismatch(&names, "`in` takes a list such as `[\"a\", \"b\"]`, or several names"),
        }
    }

    fn member_of_list(&mut self, x: &Checked, items: &[Part]) -> (Kind, Code) {
        let mut list = Vec::with_capacity(items.len());
        let mut right = true;
        for item in items {
            let item = self.check(item);
            let fits = match item.kind {
                Kind::Text => x.kind == Kind::Is(Type::Key),
                kind => kind == x.kind && matches!(kind, Kind::Is(Type::Number | Type::Time)),
            };
            match self.keyed(&item.code) {
                Code::Constant(value) if fits => list.push(value),
                _ if matches!(x.kind, Kind::Wrong) => right = false,
                Code::Constant(_) => {
                    self.mismatch(&item, &format!("`in` looks for {} in a list of such", x.kind.noun()));
                    right = false;
                }
                _ => {
                    self.mismatch(&item, "a list holds constants only");
                    right = false;
                }
            }
        }
        match x.kind {
            Kind::Is(Type::Number | Type::Key | Type::Time) if right => {
                let code = match x.code {
                    Code::Constant(value) => Code::Constant(member(value, &list)),
                    _ => Code::Member(Box::new(x.code.clone()), list),
                };
                (Kind::Is(Type::Bool), code)
            }
            Kind::Is(Type::Number | Type::Key | Type::Time) => WRONG,
            _ => self.mismatch(x, "`in` looks for a number, a time or a name"),
        }
    }

    fn mismatch(&mut self, found: &Checked, expected: &str) -> (Kind, Code) {
        if found.kind != Kind::Wrong {
            self.findings.push(Finding::new(found.start, format!("{expected}, found {}", found.kind.noun())));
        }
        WRONG
    }

    fn wrong(&mut self, start: usize, message: impl Into<String>) -> (Kind, Code) {
        self.findings.push(Finding::new(start, message));
        WRONG
    }
}

const WRONG: (Kind, Code) = (Kind::Wrong, Code::Constant(f64::NAN));

/// An operation, computed at once where all its values are constants.
fn step(op: Op, values: Vec<Code>) -> Code {
    let constant = |code: &Code| match code {
        Code::Constant(value) => Some(*value),
        _ => None,
    };
    match values.iter().map(constant).collect::<Option<Vec<f64>>>() {
        Some(values) => Code::Constant(apply(op, Values(|i| values.get(i).copied().unwrap_or(f64::NAN)))),
        None => Code::Apply(op, values),
    }
}

/// A time, a date with a time in UTC, or a date at midnight UTC, in microseconds.
fn moment(text: &str) -> Option<f64> {
    let timestamp = text.parse::<Timestamp>().ok().or_else(|| {
        let civil = text.parse::<DateTime>().ok().or_else(|| text.parse::<Date>().ok().map(DateTime::from))?;
        civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })?;
    #[expect(clippy::cast_precision_loss, reason = "exact between the years 1685 and 2255")]
    Some(timestamp.as_microsecond() as f64)
}
