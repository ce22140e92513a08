//! Several expressions over the columns of a table, computed together.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, RecordBatch, RecordBatchOptions, StringArray,
    TimestampMicrosecondArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow_schema::{Field, Schema};

use super::evaluate::BLOCK;
use super::kernel::finite;
use super::{Columns, Expr, Finding, Row, Scope, Scratch, Type};
use crate::base::numeric::simd::{self, Work};
use crate::base::{Error, ErrorKind, Problem, Result, Severity};
use crate::data::Keys;
use crate::data::ingest::{FieldKind, Found, Value, read_column};
use crate::data::record::{NONE, Values};
use crate::data::table::{Column, Table};

/// Named expressions over named columns, ready for tables and for rows.
///
/// Rules share one read of each column; a table is worked through in blocks that stay in the first
/// cache, on the widest vectors of the processor, with the bits of the row form. What is not known of a
/// row, or does not fit its column, is unknown; names are those of the table, met before or not.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
/// use bactrian::Value;
/// use bactrian::expr::{Rules, Type};
///
/// let columns = [("spend", Type::Number), ("tier", Type::Key)];
/// let rules = Rules::compile(&columns, &[("vip", "spend > 100 && tier == \"gold\""), ("per_day", "spend / 30")])?;
///
/// let spend: ArrayRef = Arc::new(Float64Array::from(vec![Some(150.0), None, Some(90.0)]));
/// let tier: ArrayRef = Arc::new(StringArray::from(vec!["gold", "gold", "tin"]));
/// let found = rules.evaluate(&RecordBatch::try_from_iter([("spend", spend), ("tier", tier)]).unwrap())?;
/// assert_eq!((found.num_columns(), found.column(0).null_count()), (2, 1));
///
/// let mut values = [0.0; 2];
/// rules.row(&[Value::Number(150.0), Value::Text("gold")], &mut values)?;
/// assert_eq!(values, [1.0, 5.0]);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rules {
    columns: Vec<(String, Type)>,
    rules: Vec<(String, Expr)>,
    /// Names that the expressions compare with.
    keys: Keys,
    /// Columns that some rule reads, rising.
    used: Vec<u32>,
}

/// The names of a table's columns.
struct TableScope<'a> {
    columns: &'a [(&'a str, Type)],
    keys: &'a mut Keys,
}

impl Scope for TableScope<'_> {
    fn resolve(&mut self, path: &str) -> Option<(u32, Type)> {
        let place = self.columns.iter().position(|(name, _)| *name == path)?;
        Some((place as u32, self.columns.get(place)?.1))
    }

    fn names(&self) -> Vec<String> {
        self.columns.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    fn key(&mut self, text: &str) -> u32 {
        self.keys.intern(text).unwrap_or(NONE)
    }
}

impl Rules {
    /// Compiles rules, each a name and an expression, over columns, each a name and a type.
    ///
    /// # Errors
    ///
    /// `DefinitionInvalid` with every mistake of every rule; the path of a mistake is the rule's name.
    pub fn compile(columns: &[(&str, Type)], rules: &[(&str, &str)]) -> Result<Rules> {
        let (mut keys, mut compiled, mut problems) = (Keys::default(), Vec::new(), Vec::new());
        repeated(columns.iter().map(|(name, _)| *name), "columns", &mut problems);
        repeated(rules.iter().map(|(name, _)| *name), "rules", &mut problems);
        for (name, source) in rules {
            match Expr::compile(source, &mut TableScope { columns, keys: &mut keys }) {
                Ok(expr) => compiled.push(((*name).to_owned(), expr)),
                Err(findings) => problems.extend(findings.into_iter().map(|finding| problem(name, finding))),
            }
        }
        if !problems.is_empty() {
            let plural = if problems.len() == 1 { "" } else { "s" };
            let message = format!("the rules have {} mistake{plural}", problems.len());
            return Err(Error::new(ErrorKind::DefinitionInvalid, message).with_problems(problems));
        }
        let mut used: Vec<u32> = compiled.iter().flat_map(|(_, expr)| expr.inputs()).copied().collect();
        used.sort_unstable();
        used.dedup();
        let columns = columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
        Ok(Rules { columns, rules: compiled, keys, used })
    }

    /// The columns with their types, in the order of [`Rules::row`].
    pub fn columns(&self) -> &[(String, Type)] {
        &self.columns
    }

    /// The rules with the types of their values, in order.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, Type)> {
        self.rules.iter().map(|(name, expr)| (name.as_str(), expr.output()))
    }

    /// Every rule over the rows of a table: a column a rule, boolean, f64, text or timestamp in UTC; null
    /// is unknown. Columns that no rule reads may be absent.
    ///
    /// Cost: below a nanosecond an operation and row; numbers in f64 are not copied.
    ///
    /// # Errors
    ///
    /// `SchemaMissing` for a column that the table lacks, `SchemaType` for one that can't be what was
    /// declared, `SchemaArrow` for a malformed one.
    pub fn evaluate(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let mut keys = self.keys.clone();
        let rows = batch.num_rows();
        let mut block = self.read(batch, &mut keys)?;
        let mut outs: Vec<Out> = self.rules.iter().map(|(_, expr)| Out::new(expr.output(), rows)).collect();
        let (mut scratch, mut found) = (Scratch::default(), vec![0.0; BLOCK]);
        for first in (0..rows).step_by(BLOCK) {
            let length = BLOCK.min(rows - first);
            block.load(first, length);
            for ((_, expr), out) in self.rules.iter().zip(&mut outs) {
                expr.columns(&block, length, &mut found, &mut scratch);
                out.take(found.get(..length).unwrap_or_default());
            }
        }
        let named = self.rules.iter().zip(outs);
        let arrays: Vec<(&str, ArrayRef)> =
            named.map(|((name, expr), out)| (name.as_str(), out.array(expr.output(), rows, &keys))).collect();
        let field = |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
        let schema = Schema::new(arrays.iter().map(field).collect::<Vec<_>>());
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let arrays = arrays.into_iter().map(|(_, array)| array).collect();
        RecordBatch::try_new_with_options(Arc::new(schema), arrays, &options)
            .map_err(|error| Error::new(ErrorKind::Internal, format!("a result is uneven: {error}")))
    }

    /// Every rule over one row, whose values are in the order of [`Rules::columns`], into `out`: flags are 0
    /// and 1, times microseconds since 1970 UTC, names numbers without a meaning of their own; NaN is unknown.
    ///
    /// # Errors
    ///
    /// `SchemaRange` where `values` or `out` has another length than the columns or rules; `SchemaType` for a
    /// value of another type than its column's.
    pub fn row(&self, values: &[Value<'_>], out: &mut [f64]) -> Result<()> {
        if values.len() != self.columns.len() || out.len() != self.rules.len() {
            let message = format!(
                "the rules take {} values and give {}, and there are {} and room for {}",
                self.columns.len(),
                self.rules.len(),
                values.len(),
                out.len()
            );
            return Err(Error::new(ErrorKind::SchemaRange, message));
        }
        let mut line = Line { numbers: Vec::with_capacity(values.len()), lists: Vec::new() };
        for (place, (value, (name, kind))) in values.iter().zip(&self.columns).enumerate() {
            let number = match (kind, value) {
                (Type::Keys, Value::Texts(texts)) => {
                    line.lists.push((place as u32, texts.iter().map(|text| self.key(text, values)).collect()));
                    f64::NAN
                }
                (_, Value::Null) | (Type::Key, Value::Text("")) => f64::NAN,
                (Type::Number, Value::Number(number)) => finite(*number),
                (Type::Bool, Value::Bool(flag)) => f64::from(u8::from(*flag)),
                (Type::Time, Value::Time(at)) => *at as f64,
                (Type::Key, Value::Text(text)) => f64::from(self.key(text, values)),
                (kind, _) => {
                    return Err(Error::new(ErrorKind::SchemaType, format!("the column `{name}` is {}", kind.noun())));
                }
            };
            line.numbers.push(number);
        }
        out.iter_mut().zip(&self.rules).for_each(|(out, (_, expr))| *out = expr.row(&line));
        Ok(())
    }

    /// The number of a name in a row; one that no rule names is numbered by its first place there.
    fn key(&self, text: &str, values: &[Value<'_>]) -> u32 {
        let place = || values.iter().position(|value| matches!(value, Value::Text(other) if *other == text));
        let beyond = self.keys.len() as u32;
        self.keys.get(text).unwrap_or_else(|| place().map_or(NONE - 1, |place| beyond + place as u32))
    }

    /// Every rule over the rows of tables, as a table of results.
    ///
    /// # Errors
    ///
    /// As [`Rules::evaluate`].
    pub fn table(&self, batches: &[RecordBatch]) -> Result<Table> {
        let found: Vec<RecordBatch> = batches.iter().map(|batch| self.evaluate(batch)).collect::<Result<_>>()?;
        let mut table = Table::new();
        for (place, (name, kind)) in self.outputs().enumerate() {
            let arrays = found.iter().filter_map(|batch| batch.columns().get(place));
            table.push(name, joined(kind, arrays));
        }
        Ok(table)
    }

    /// The columns that the rules read.
    fn read<'a>(&self, batch: &'a RecordBatch, keys: &mut Keys) -> Result<Block<'a>> {
        let mut lanes: Vec<Lane<'a>> = self.columns.iter().map(|_| Lane::default()).collect();
        for place in &self.used {
            let place = *place as usize;
            let (Some((name, kind)), Some(lane)) = (self.columns.get(place), lanes.get_mut(place)) else { continue };
            let kind = match kind {
                Type::Number => FieldKind::Number,
                Type::Bool => FieldKind::Bool,
                Type::Key => FieldKind::Category,
                Type::Keys => FieldKind::Categories,
                Type::Time => FieldKind::Time,
            };
            lane.found = Some(read_column(batch, name, kind, keys)?);
        }
        Ok(Block { lanes, first: 0 })
    }
}

/// Reports names that stand twice.
fn repeated<'a>(names: impl Iterator<Item = &'a str>, of: &str, problems: &mut Vec<Problem>) {
    let mut known: Vec<&str> = Vec::new();
    for name in names {
        if known.contains(&name) {
            problems.push(problem(name, Finding::new(0, format!("two {of} are named `{name}`"))));
        }
        known.push(name);
    }
}

fn problem(rule: &str, finding: Finding) -> Problem {
    Problem {
        severity: Severity::Error,
        line: 1,
        column: finding.start as u32 + 1,
        path: rule.to_owned(),
        message: finding.message,
        hint: finding.hint,
    }
}

/// One row, by the place of its columns.
struct Line {
    numbers: Vec<f64>,
    /// The names of columns that hold several.
    lists: Vec<(u32, Vec<u32>)>,
}

impl Row for Line {
    #[inline(always)]
    fn value(&self, variable: u32) -> f64 {
        self.numbers.get(variable as usize).copied().unwrap_or(f64::NAN)
    }

    fn keys(&self, variable: u32) -> &[u32] {
        self.lists.iter().find(|(place, _)| *place == variable).map_or(&[], |(_, keys)| keys)
    }
}

/// One column of a table, and its values in the block at work.
#[derive(Debug, Default)]
struct Lane<'a> {
    found: Option<Found<'a>>,
    values: Vec<f64>,
}

/// The block at work.
struct Block<'a> {
    lanes: Vec<Lane<'a>>,
    first: usize,
}

impl Block<'_> {
    /// Puts the values of `length` rows from `first` on into place.
    fn load(&mut self, first: usize, length: usize) {
        self.first = first;
        for lane in &mut self.lanes {
            lane.values.resize(length, f64::NAN);
            match &lane.found {
                Some(Found::Numbers(array)) => {
                    let from = array.values().get(first..first + length).unwrap_or_default();
                    simd::run(Finite { from, to: &mut lane.values });
                    if let Some(nulls) = array.nulls() {
                        let known = nulls.slice(first, length);
                        lane.values.iter_mut().zip(&known).filter(|(_, known)| !known).for_each(|(v, _)| *v = f64::NAN);
                    }
                }
                Some(Found::Values(Values::Number(numbers))) => {
                    let from = numbers.get(first..first + length).unwrap_or_default();
                    simd::run(Finite { from, to: &mut lane.values });
                }
                Some(Found::Values(Values::Key(keys))) => {
                    let from = keys.get(first..first + length).unwrap_or_default();
                    let number = |key: u32| if key == NONE { f64::NAN } else { f64::from(key) };
                    lane.values.iter_mut().zip(from).for_each(|(to, key)| *to = number(*key));
                }
                _ => {}
            }
        }
    }
}

impl Columns for Block<'_> {
    fn column(&self, variable: u32) -> &[f64] {
        self.lanes.get(variable as usize).map_or(&[], |lane| &lane.values)
    }

    fn keys(&self, variable: u32, row: usize) -> &[u32] {
        let lane = self.lanes.get(variable as usize).and_then(|lane| lane.found.as_ref());
        let Some(Found::Values(Values::Keys { ends, keys })) = lane else { return &[] };
        let row = self.first + row;
        let start = row.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
        let end = ends.get(row).copied().unwrap_or(start);
        keys.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// Copies numbers; those that are not finite are unknown.
struct Finite<'a> {
    from: &'a [f64],
    to: &'a mut [f64],
}

impl Work for Finite<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (to, from) in self.to.iter_mut().zip(self.from) {
            *to = finite(*from);
        }
    }
}

/// The values of one rule so far.
enum Out {
    /// Flags, 64 rows a word: whether they hold, and whether they are known.
    Flags {
        holds: Vec<u64>,
        known: Vec<u64>,
    },
    Numbers(Vec<f64>),
}

impl Out {
    fn new(kind: Type, rows: usize) -> Self {
        match kind {
            Type::Bool => {
                let words = || Vec::with_capacity(rows.div_ceil(64));
                Out::Flags { holds: words(), known: words() }
            }
            _ => Out::Numbers(Vec::with_capacity(rows)),
        }
    }

    /// Takes the next values; all but the last come in whole blocks, so that words never straddle two.
    fn take(&mut self, values: &[f64]) {
        match self {
            Out::Flags { holds, known } => simd::run(Pack { values, holds, known }),
            Out::Numbers(numbers) => numbers.extend_from_slice(values),
        }
    }

    fn array(self, kind: Type, rows: usize, keys: &Keys) -> ArrayRef {
        let some = |nulls: NullBuffer| Some(nulls).filter(|nulls| nulls.null_count() > 0);
        match self {
            Out::Flags { holds, known } => {
                let bits = |words: Vec<u64>| BooleanBuffer::new(Buffer::from_vec(words), 0, rows);
                Arc::new(BooleanArray::new(bits(holds), some(NullBuffer::new(bits(known)))))
            }
            Out::Numbers(numbers) if kind == Type::Key => {
                let text = |number: &f64| (!number.is_nan()).then(|| keys.text(*number as u32));
                Arc::new(numbers.iter().map(text).collect::<StringArray>())
            }
            Out::Numbers(numbers) => {
                let nulls = some(NullBuffer::from_iter(numbers.iter().map(|value| !value.is_nan())));
                if kind == Type::Time {
                    let times: Vec<i64> = numbers.iter().map(|at| *at as i64).collect();
                    return Arc::new(TimestampMicrosecondArray::new(times.into(), nulls).with_timezone("UTC"));
                }
                Arc::new(Float64Array::new(numbers.into(), nulls))
            }
        }
    }
}

/// Flags as bits, the first row lowest.
struct Pack<'a> {
    values: &'a [f64],
    holds: &'a mut Vec<u64>,
    known: &'a mut Vec<u64>,
}

impl Work for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (words, rest) = self.values.as_chunks::<64>();
        let mut last = [f64::NAN; 64];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        for values in words.iter().chain(Some(&last).filter(|_| !rest.is_empty())) {
            self.holds.push(word(values, |value| value == 1.0));
            self.known.push(word(values, |value| !value.is_nan()));
        }
    }
}

/// 64 flags: eight lanes collect one bit a byte each, and are shifted into each other at the end.
#[inline(always)]
fn word(values: &[f64; 64], flag: impl Fn(f64) -> bool) -> u64 {
    let mut lanes = [0u64; 8];
    let (groups, _) = values.as_chunks::<8>();
    let mut bit = 1u64;
    for group in groups {
        for (lane, value) in lanes.iter_mut().zip(group) {
            *lane |= if flag(*value) { bit } else { 0 };
        }
        bit <<= 8;
    }
    let mut word = 0;
    for (place, lane) in lanes.iter().enumerate() {
        word |= lane << place;
    }
    word
}

/// Results of one rule over several tables.
fn joined<'a>(kind: Type, arrays: impl Iterator<Item = &'a ArrayRef>) -> Column {
    match kind {
        Type::Bool => Column::Bool(arrays.filter_map(|array| array.as_boolean_opt()).flatten().collect()),
        Type::Time => {
            let times = arrays.filter_map(|array| array.as_primitive_opt::<TimestampMicrosecondType>());
            Column::Time(times.flatten().collect())
        }
        Type::Key | Type::Keys => {
            let texts = arrays.filter_map(|array| array.as_string_opt::<i32>());
            Column::text(texts.flatten().map(|text| text.map(str::to_owned)))
        }
        Type::Number => {
            let numbers = arrays.filter_map(|array| array.as_primitive_opt::<Float64Type>());
            Column::Number(numbers.flatten().map(|number| number.unwrap_or(f64::NAN)).collect())
        }
    }
}
