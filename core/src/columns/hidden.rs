//! What kinds of column share: hidden columns over the same events, and a pass over the customers.

use crate::base::Result;
use crate::definition::model::{Window, Word};
use crate::expr::{Expr, Type};
use crate::program::{
    ColumnSpec, Direction, FeatureRequest, Input, Inputs, Lowering, Op, Part, Per, Population, Source, Wanted, Whose,
};

/// Hops that are kept: more than any history has.
const MOST_HOPS: i64 = 100_000;

impl Lowering<'_> {
    /// A condition on the events of some kinds.
    pub(super) fn condition(&mut self, word: &Word<String>, kinds: &[usize]) -> Option<Expr> {
        let expr = self.over_events(word, kinds)?;
        self.expect_type(word, &expr, Type::Bool);
        Some(expr)
    }

    /// The events of the kinds that words name, and that fulfil a condition; values are asked for by the caller.
    pub(super) fn wanted(&mut self, on: &[Word<String>], filter: Option<&Word<String>>) -> Option<Wanted> {
        let kinds = self.kinds_named(on);
        if kinds.is_empty() || kinds.len() < on.len() {
            return None;
        }
        let filter = match filter {
            Some(word) => Some(self.condition(word, &kinds)?),
            None => None,
        };
        Some(Wanted { kinds, filter, values: Vec::new() })
    }
}

/// The events of one declared column, of which hidden features are kept.
pub(super) struct Hidden<'a> {
    /// The column.
    pub name: &'a str,
    /// Kinds that count.
    pub kinds: &'a [usize],
    /// A further condition.
    pub filter: Option<&'a Word<String>>,
}

impl Hidden<'_> {
    /// The input that reads an aggregate over the customer's lifetime.
    pub fn column(
        &self,
        part: &str,
        op: Op,
        value: Option<&Word<String>>,
        lowering: &mut Lowering<'_>,
    ) -> Option<Input> {
        self.column_over(part, op, value, Window::Lifetime, lowering)
    }

    /// The input that reads an aggregate over a window.
    pub fn column_over(
        &self,
        part: &str,
        op: Op,
        value: Option<&Word<String>>,
        window: Window,
        lowering: &mut Lowering<'_>,
    ) -> Option<Input> {
        let feature = self.feature(op, value, None, window, lowering)?;
        let kind = if op == Op::Last { Type::Key } else { Type::Number };
        let name = format!(".{}.{part}", self.name);
        Some(Input::Column(lowering.feature_column(name, feature, Whose::Own, kind)))
    }

    /// The input that reads events by the names of a role.
    pub fn histogram(&self, op: Op, by: &Word<String>, window: Window, lowering: &mut Lowering<'_>) -> Option<Input> {
        self.feature(op, None, Some(by), window, lowering).map(Input::Histogram)
    }

    /// The input that reads, for each hop of `period` that has occasions, how many: by the number of the hop
    /// ([`crate::state::ordinal`]).
    pub fn hops(&self, period: i64, lowering: &mut Lowering<'_>) -> Option<Input> {
        let window = Window::Span { length: period.saturating_mul(MOST_HOPS), hop: period };
        self.feature(Op::Count, None, None, window, lowering).map(Input::Histogram)
    }

    fn feature(
        &self,
        op: Op,
        value: Option<&Word<String>>,
        by: Option<&Word<String>>,
        window: Window,
        lowering: &mut Lowering<'_>,
    ) -> Option<usize> {
        lowering.feature(FeatureRequest {
            kinds: self.kinds.to_vec(),
            filter: self.filter,
            direction: Direction::Out,
            per: Per::Customer,
            // What counts purchases, or lies between them, goes by occasions.
            occasion: matches!(op, Op::Count | Op::GapLogSum),
            op,
            value,
            by,
            window,
        })
    }
}

/// The hidden column of an expression over columns that gives `kind`; mistakes are reported.
pub(super) fn formula(
    name: &str,
    part: &str,
    word: &Word<String>,
    kind: Type,
    lowering: &mut Lowering<'_>,
) -> Option<usize> {
    let (expr, toward) = lowering.over_columns(word)?;
    if expr.output() != kind {
        lowering.expect_type(word, &expr, kind);
        return None;
    }
    let name = format!(".{name}.{part}");
    Some(lowering.add_column(ColumnSpec { name, kind, source: Source::Formula(expr), toward }))
}

/// `word`, or the default text at the place of the section's name.
pub(super) fn or_else(word: Option<Word<String>>, name: &Word<String>, text: &str) -> Word<String> {
    word.unwrap_or_else(|| name.with(text.to_owned()))
}

/// Parts of these names and types; the first name is empty, for the column itself.
pub(super) fn parts<'n>(names: impl IntoIterator<Item = (&'n str, Type)>) -> Vec<Part> {
    names.into_iter().map(|(name, kind)| Part { name: name.to_owned(), kind }).collect()
}

/// Numbered parts, `word_1` to `word_n`.
pub(super) fn numbered(word: &str, n: usize) -> impl Iterator<Item = Part> {
    (1..=n).map(move |place| Part { name: format!("{word}_{place}"), kind: Type::Number })
}

/// Passes over all customers with the values of a model's inputs; of who is erased they are unknown.
pub(super) fn each(population: &dyn Population, inputs: &[Input], mut look: impl FnMut(Inputs<'_>)) -> Result<()> {
    let mut columns = Vec::new();
    for input in inputs {
        if let Input::Column(column) = input {
            columns.push(population.column(*column)?);
        }
    }
    let at = population.at();
    for customer in 0..population.customers() {
        let values: Vec<f64> = columns.iter().map(|column| column.get(customer).copied().unwrap_or(f64::NAN)).collect();
        let customer = customer as u32;
        let histogram = |input: &Input| match input {
            Input::Histogram(feature) => Some(population.histogram(*feature, customer)),
            Input::Column(_) => None,
        };
        let histograms: Vec<Vec<(u32, f64)>> = inputs.iter().filter_map(histogram).collect();
        look(Inputs { values: &values, histograms: &histograms, at, customer });
    }
    Ok(())
}
