//! From text to our own tree, by the parser of the `cel` crate.
//!
//! The tree keeps, for each part, the character at which it begins. Bounded: texts over
//! [`LONGEST`] characters, brackets nested over [`NESTED`] and trees over [`DEEPEST`] are refused,
//! so that no text exhausts the stack.

use cel::common::ast::{CallExpr, Expr as Cel, IdedExpr, LiteralValue, SourceInfo, operators};
use cel::{Env, ParseErrors};

use super::Finding;

/// The longest expression, in characters.
const LONGEST: usize = 4096;
/// The deepest nesting of brackets.
const NESTED: u16 = 32;
/// The deepest tree; a sum of n terms is n deep.
const DEEPEST: usize = 256;

/// A part of an expression and the character at which it begins.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) start: usize,
    pub(super) what: What,
}

/// What a [`Part`] is.
#[derive(Debug)]
pub(super) enum What {
    Number(f64),
    Bool(bool),
    Text(String),
    Null,
    /// A name, or names joined by dots.
    Name(String),
    List(Vec<Part>),
    /// An operator by its CEL name, or a function.
    Call(String, Vec<Part>),
    /// A mistake that has been reported.
    Wrong,
}

/// The tree of `source`, with every part that is outside of our subset reported.
pub(super) fn parse(source: &str, findings: &mut Vec<Finding>) -> Part {
    let wrong = Part { start: 0, what: What::Wrong };
    let characters: Vec<char> = source.chars().take(LONGEST + 1).collect();
    if characters.len() > LONGEST {
        findings.push(Finding::new(0, format!("an expression has at most {LONGEST} characters")));
        return wrong;
    }
    // Without the standard macros, `has(x)` and `map(..)` come as the calls that they are written as.
    let parser = Env::default().with_optional_support(false).parser().max_recursion_depth(NESTED);
    match parser.parse_with_source_info(source) {
        Ok((tree, places)) => Reader { characters, places, findings }.part(&tree, 0),
        Err(errors) => {
            findings.push(syntax(&errors, source));
            wrong
        }
    }
}

/// The first syntax mistake; what the parser finds after it follows from it.
fn syntax(errors: &ParseErrors, source: &str) -> Finding {
    let Some(error) = errors.errors.iter().min_by_key(|error| error.pos) else {
        return Finding::new(0, "the expression can't be read");
    };
    let before = source.split('\n').take(usize::try_from(error.pos.0 - 1).unwrap_or(0));
    let lines: usize = before.map(|line| line.chars().count() + 1).sum();
    let start = (lines + usize::try_from(error.pos.1 - 1).unwrap_or(0)).min(source.chars().count());
    let message = error.msg.trim_start_matches("Syntax error: ");
    if message.contains("ecursion limit") {
        return Finding::new(start, format!("brackets nest deeper than {NESTED} levels"));
    }
    if message.contains("literal") {
        return Finding::new(start, "the number is out of range");
    }
    if let Some(word) = message.strip_prefix("reserved identifier: ") {
        return Finding::new(start, format!("`{word}` is a word of the expression language, and no name"));
    }
    if start >= source.trim_end().chars().count() {
        let message =
            if source.trim().is_empty() { "the expression is empty" } else { "the expression ends too early" };
        return Finding::new(start, message);
    }
    let rest: String = source.chars().skip(start).collect();
    let word = first_word(rest.trim_start());
    let hint = match word.to_ascii_lowercase().as_str() {
        "and" | "&" => Some("write `&&`"),
        "or" | "|" => Some("write `||`"),
        "not" => Some("write `!`"),
        "=" => Some("write `==`"),
        "<>" => Some("write `!=`"),
        "\"" | "'" => Some("close the quotes"),
        _ => None,
    };
    Finding { hint: hint.map(str::to_owned), ..Finding::new(start, format!("unexpected `{word}`")) }
}

fn first_word(text: &str) -> String {
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').take(40).collect();
    if word.is_empty() { text.chars().take(1).collect() } else { word }
}

struct Reader<'f> {
    characters: Vec<char>,
    places: SourceInfo,
    findings: &'f mut Vec<Finding>,
}

impl Reader<'_> {
    fn part(&mut self, tree: &IdedExpr, depth: usize) -> Part {
        let start = self.places.offset_for(tree.id).map_or(0, |(start, _)| start as usize);
        if depth >= DEEPEST {
            return self.wrong(start, format!("the expression is more than {DEEPEST} operations deep"));
        }
        match &tree.expr {
            Cel::Literal(literal) => self.literal(start, literal),
            Cel::Ident(_) | Cel::Select(_) => self.name(start, tree),
            Cel::List(list) => {
                let items = list.elements.iter().map(|item| self.part(item, depth + 1)).collect();
                Part { start, what: What::List(items) }
            }
            Cel::Call(call) => self.call(start, call, depth),
            Cel::Map(_) | Cel::Struct(_) => self.wrong(start, "maps are not part of the language"),
            Cel::Comprehension(_) | Cel::Unspecified => self.wrong(start, "this is not part of the language"),
        }
    }

    fn literal(&mut self, start: usize, literal: &LiteralValue) -> Part {
        #[expect(clippy::cast_precision_loss, reason = "integer literals widen to f64, as documented")]
        let what = match literal {
            LiteralValue::Boolean(flag) => What::Bool(*flag.inner()),
            LiteralValue::Double(number) => What::Number(*number.inner()),
            LiteralValue::Int(number) => What::Number(*number.inner() as f64),
            LiteralValue::UInt(number) => What::Number(*number.inner() as f64),
            LiteralValue::String(text) => What::Text(text.inner().to_owned()),
            LiteralValue::Null => What::Null,
            LiteralValue::Bytes(_) => return self.wrong(start, "bytes are not part of the language"),
        };
        if matches!(what, What::Number(number) if !number.is_finite()) {
            return self.wrong(start, "the number is out of range");
        }
        Part { start, what }
    }

    /// A name, or a chain of names joined by dots.
    fn name(&mut self, start: usize, tree: &IdedExpr) -> Part {
        let mut segments = Vec::new();
        let mut rest = tree;
        loop {
            match &rest.expr {
                Cel::Ident(name) => {
                    segments.push(name.as_str());
                    break;
                }
                Cel::Select(select) => {
                    segments.push(select.field.as_str());
                    rest = &select.operand;
                }
                _ => return self.wrong(start, "only a name has parts that are joined by dots"),
            }
        }
        segments.reverse();
        let start = self.places.offset_for(rest.id).map_or(start, |(start, _)| start as usize);
        Part { start, what: What::Name(segments.join(".")) }
    }

    fn call(&mut self, start: usize, call: &CallExpr, depth: usize) -> Part {
        let name = call.func_name.as_str();
        let is_function = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !name.starts_with("_");
        if call.target.is_some() {
            return self.wrong(start, format!("a function is called as `{name}(x)`"));
        }
        if name == operators::INDEX {
            return self.wrong(start, "`x[i]` is not part of the language");
        }
        let arguments: Vec<Part> = call.args.iter().map(|part| self.part(part, depth + 1)).collect();
        let operator = |start: usize| arguments.first().map_or(start, |first| first.start.min(start));
        let start = if is_function { self.function_start(start, name) } else { operator(start) };
        Part { start, what: What::Call(name.to_owned(), arguments) }
    }

    /// The parser places a call at its bracket; the name stands before it.
    fn function_start(&self, bracket: usize, name: &str) -> usize {
        let before = self.characters.get(..bracket).unwrap_or(&[]);
        let blanks = before.iter().rev().take_while(|c| c.is_whitespace()).count();
        bracket.saturating_sub(blanks + name.chars().count())
    }

    fn wrong(&mut self, start: usize, message: impl Into<String>) -> Part {
        self.findings.push(Finding::new(start, message));
        Part { start, what: What::Wrong }
    }
}
