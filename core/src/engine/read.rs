//! Reading columns: one customer through a prepared reader, or many into a table.

use rayon::prelude::*;

use super::Engine;
use super::report::Stats;
use super::world::World;
use crate::base::{Error, ErrorKind, Result};
use crate::columns::{Asked, Form, Plan, Scratch, column_named, explain};
use crate::data::ids::{Id, OwnedId};
use crate::data::record::NONE;
use crate::data::table::{Column, Table};
use crate::data::time::format_time;
use crate::expr::Type;
use crate::program::{ColumnSpec, Explained, Program};

/// Customers that one thread reads at a time.
const PART: usize = 2048;

/// Why a column has its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The column.
    pub column: String,
    /// The value; NaN is unknown. Names are their keys and times microseconds since 1970 UTC: `why` has them in words.
    pub value: f64,
    /// Name and contribution; the contributions sum to the value.
    pub parts: Vec<(String, f64)>,
    /// How the parts were found.
    pub form: Form,
    /// Where the value is a product of positive columns: name and contribution to its natural logarithm.
    pub logs: Vec<(String, f64)>,
    /// One sentence, with the greatest parts.
    pub why: String,
    /// Figures behind it, such as the count of evidence; not part of the sum.
    pub evidence: Vec<(String, f64)>,
    /// The moment of the read.
    pub at: i64,
}

/// Columns prepared once and read many times, from any thread.
#[derive(Debug, Clone)]
pub struct Reader {
    engine: Engine,
    plan: Plan,
    hash: u64,
}

impl Reader {
    /// Number of columns, the length that `values` must have.
    pub fn len(&self) -> usize {
        self.plan.outputs().len()
    }

    /// Whether no column was asked for.
    pub fn is_empty(&self) -> bool {
        self.plan.outputs().is_empty()
    }

    /// The type of each column, in the order of the values: how a number of [`Reader::read`] is meant.
    ///
    /// # Errors
    /// `Closed` once the engine was closed.
    pub fn kinds(&self) -> Result<Vec<Type>> {
        let world = self.engine.world()?;
        let kind = |column: &usize| world.program.columns.get(*column).map_or(Type::Number, |spec| spec.kind);
        Ok(self.plan.outputs().iter().map(kind).collect())
    }

    /// Reads the columns of one customer, toward a peer if given, at a moment at or after the
    /// engine's clock (`None` is the clock). Flags are 0 and 1, times microseconds since 1970 UTC,
    /// names the number that [`Engine::key_text`] turns into text; unknown is NaN.
    ///
    /// # Errors
    /// `UnknownCustomer`; `TimePast`; `SchemaRange` if `values` has another length than [`Reader::len`].
    pub fn read(&self, customer: Id<'_>, peer: Option<Id<'_>>, at: Option<i64>, values: &mut [f64]) -> Result<()> {
        if values.len() != self.len() {
            let message = format!("the reader has {} columns, and there is room for {}", self.len(), values.len());
            return Err(Error::new(ErrorKind::SchemaRange, message));
        }
        let world = self.engine.world()?;
        if world.program.hash != self.hash {
            return Err(Error::new(ErrorKind::Closed, "the definition has changed since the reader was prepared")
                .hint("prepare it again"));
        }
        let asked = world.asked(customer, peer, at)?;
        self.plan.ready(world.view())?;
        thread_local! {
            static SCRATCH: std::cell::RefCell<Scratch> = std::cell::RefCell::default();
        }
        SCRATCH.with_borrow_mut(|scratch| self.plan.read(world.view(), asked, scratch, values));
        Ok(())
    }
}

impl Engine {
    /// Prepares some columns to be read many times.
    ///
    /// # Errors
    /// `UnknownColumn` with the nearest name.
    pub fn reader(&self, columns: &[&str]) -> Result<Reader> {
        let world = self.world()?;
        let plan = Plan::named(&world.program, columns)?;
        Ok(Reader { engine: self.clone(), plan, hash: world.program.hash })
    }

    /// Reads columns of many customers into a table, whose first column is `customer`.
    ///
    /// `customers = None` is everyone, in order of first sight; `columns = None` is every column that
    /// needs no peer, or with `toward` every column. Cost: O(customers x columns), on all threads of
    /// the rayon pool it is called from, with the same bits on any number of them.
    ///
    /// # Errors
    /// `UnknownCustomer`, `UnknownColumn`, `TimePast`; `SchemaMissing` for a column toward a peer without
    /// one; `Interrupted`.
    pub fn score(
        &self,
        customers: Option<&[Id<'_>]>,
        columns: Option<&[&str]>,
        at: Option<i64>,
        toward: Option<Id<'_>>,
    ) -> Result<Table> {
        self.world()?.table(customers, columns, at, toward)
    }

    /// Why a column has its value for a customer: parts that sum to it, and the evidence behind it.
    ///
    /// # Errors
    /// As [`Reader::read`], and `UnknownColumn`.
    pub fn explain(
        &self,
        customer: Id<'_>,
        column: &str,
        at: Option<i64>,
        toward: Option<Id<'_>>,
    ) -> Result<Explanation> {
        let world = self.world()?;
        let position = column_named(&world.program, column)?;
        let asked = world.asked(customer, toward, at)?;
        Plan::new(&world.program, &[position]).ready(world.view())?;
        let found = explain(world.view(), position, asked);
        let Explained { value, parts, evidence } = found.explained;
        let why = match world.program.columns.get(position).map(|spec| spec.kind) {
            Some(kind @ (Type::Key | Type::Time | Type::Bool)) if !value.is_nan() => {
                format!("`{column}` is {}", plain(kind, value, |key| world.state.keys.text(key)))
            }
            _ => sentence(column, value, &parts, found.form),
        };
        let (form, logs) = (found.form, found.logs);
        Ok(Explanation { column: column.to_owned(), value, parts, form, logs, why, evidence, at: asked.at })
    }

    /// Names of all columns that can be read, in dependency order, and whether each needs a peer.
    ///
    /// # Errors
    /// `Closed` once the engine was closed.
    pub fn columns(&self) -> Result<Vec<(String, bool)>> {
        let world = self.world()?;
        let columns = world.program.columns.iter().filter(|column| !column.name.starts_with('.'));
        Ok(columns.map(|column| (column.name.clone(), column.toward)).collect())
    }

    /// What can be read: a table of `column`, `type`, `order`, `toward` (whether it needs a peer) and
    /// `fitted` (whether a fit must come first), in dependency order.
    ///
    /// `order` says which order of arrival the column honours. `fold` is free of order however late an
    /// event comes: counts, extremes and sketches to the bit, sums and decays to rounding (1e-12).
    /// `ordered` is exact for events within the declared lateness. `trail` is as it arrived and never
    /// revised: membership, decisions, features of a group, and what reads them. Of equal weights `top`
    /// gives the name that is earlier in the alphabet (by the bytes of its text), whatever came first.
    ///
    /// # Errors
    /// `Closed` once the engine was closed.
    pub fn catalog(&self) -> Result<Table> {
        let world = self.world()?;
        let orders = crate::columns::orders(&world.program);
        let shown: Vec<_> = public_columns(&world.program, true)
            .into_iter()
            .filter_map(|column| Some((world.program.columns.get(column)?, orders.get(column)?)))
            .collect();
        let text = |of: &dyn Fn(&ColumnSpec) -> String| Column::text(shown.iter().map(|(spec, _)| Some(of(spec))));
        let flag =
            |of: &dyn Fn(&ColumnSpec) -> bool| Column::Bool(shown.iter().map(|(spec, _)| Some(of(spec))).collect());
        let mut table = Table::new();
        table.push("column", text(&|spec| spec.name.clone()));
        table.push("type", text(&|spec| spec.kind.word().to_owned()));
        table.push("order", Column::text(shown.iter().map(|(_, order)| Some(order.name().to_owned()))));
        table.push("toward", flag(&|spec| spec.toward));
        table.push("fitted", flag(&|spec| world.program.needs_fit(spec)));
        Ok(table)
    }

    /// The text behind the number that a column of names gives; empty for an unknown number.
    ///
    /// # Errors
    /// `Closed` once the engine was closed.
    pub fn key_text(&self, value: f64) -> Result<String> {
        let world = self.world()?;
        Ok(if value.is_nan() { String::new() } else { world.state.keys.text(value as u32).to_owned() })
    }

    /// The id of a dense number.
    ///
    /// # Errors
    /// `UnknownCustomer` if there is none, or if the customer was erased.
    pub fn id(&self, customer: u32) -> Result<OwnedId> {
        let world = self.world()?;
        let name = world.state.ids.name(customer).filter(|id| **id != OwnedId::Erased).cloned();
        name.ok_or_else(|| Error::new(ErrorKind::UnknownCustomer, format!("no customer has the number {customer}")))
    }

    /// Sizes and counts. Cost: a pass over the rows.
    ///
    /// # Errors
    /// `Store...` if the file can't be asked for its size.
    pub fn stats(&self) -> Result<Stats> {
        let world = self.world()?;
        let store = world.journal.stats()?;
        let mut memory = world.bytes();
        memory.push(("kept answers", self.kept().map_or(0, |kept| kept.bytes())));
        Ok(Stats {
            customers: (0..world.state.customers()).filter(|customer| world.state.is_live(*customer)).count() as u64,
            events: world.state.events,
            late: world.state.late,
            records: world.state.sequence,
            now: Some(world.state.now).filter(|now| *now != i64::MIN),
            bytes: store.bytes,
            memory,
        })
    }
}

impl World {
    /// Columns of some customers, or of everyone, as a table.
    pub fn table(
        &self,
        customers: Option<&[Id<'_>]>,
        columns: Option<&[&str]>,
        at: Option<i64>,
        toward: Option<Id<'_>>,
    ) -> Result<Table> {
        let at = self.moment(at)?;
        let find = |id: &Id<'_>| {
            let error = || Error::new(ErrorKind::UnknownCustomer, format!("no customer `{id}`"));
            self.state.ids.get(*id).map(|found| self.state.resolve(found)).ok_or_else(error)
        };
        let who: Vec<u32> = match customers {
            Some(ids) => ids.iter().map(find).collect::<Result<_>>()?,
            None => self.live().collect(),
        };
        let peer = toward.as_ref().map(find).transpose()?.unwrap_or(NONE);
        let outputs: Vec<usize> = match columns {
            Some(names) => names.iter().map(|name| column_named(&self.program, name)).collect::<Result<_>>()?,
            None => public_columns(&self.program, peer != NONE),
        };
        if let (NONE, Some(column)) = (peer, outputs.iter().find(|column| self.program.columns[**column].toward)) {
            let name = &self.program.columns[*column].name;
            return Err(
                Error::new(ErrorKind::SchemaMissing, format!("column `{name}` needs a peer")).hint("give `toward`")
            );
        }
        let values = self.values(&who, peer, &outputs, at)?;
        let names =
            who.iter().map(|customer| self.state.ids.name(*customer).cloned().unwrap_or(OwnedId::Erased)).collect();
        let mut table = Table::new();
        table.push("customer", Column::Id(names));
        for (output, values) in outputs.iter().zip(values) {
            let spec = &self.program.columns[*output];
            table.push(&spec.name, typed(spec.kind, values, |key| self.state.keys.text(key)));
        }
        Ok(table)
    }

    /// Columns of some customers, one list of values each.
    pub fn values(&self, who: &[u32], peer: u32, outputs: &[usize], at: i64) -> Result<Vec<Vec<f64>>> {
        let plan = Plan::new(&self.program, outputs);
        plan.ready(self.view())?;
        // Parts of a fixed size, so that the work is the same on any number of threads.
        let read = |part: &[u32]| {
            self.journal.go_on()?;
            let mut values = vec![Vec::with_capacity(part.len()); outputs.len()];
            let asked = part.iter().map(|customer| Asked { customer: *customer, peer, at });
            plan.read_all(self.view(), asked, &mut values);
            Ok(values)
        };
        let parts: Vec<Result<Vec<Vec<f64>>>> = who.par_chunks(PART).map(read).collect();
        let mut values = vec![Vec::with_capacity(who.len()); outputs.len()];
        for part in parts {
            values.iter_mut().zip(part?).for_each(|(column, part)| column.extend(part));
        }
        Ok(values)
    }
}

/// Parts that a sentence names.
const NAMED: usize = 3;

/// One sentence on a value: its greatest parts, and what the others add up to.
fn sentence(column: &str, value: f64, parts: &[(String, f64)], form: Form) -> String {
    match (value.is_nan(), form) {
        (true, _) => return format!("`{column}` is unknown"),
        (_, Form::Whole) => return format!("`{column}` is {value}"),
        _ => {}
    }
    let mut by_size: Vec<&(String, f64)> = parts.iter().filter(|(_, part)| *part != 0.0).collect();
    by_size.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let (named, others) = by_size.split_at(by_size.len().min(NAMED));
    let mut words: Vec<String> = named.iter().map(|(name, part)| format!("{part:.4} from `{name}`")).collect();
    if !others.is_empty() {
        words.push(format!("{:.4} from {} others", others.iter().map(|(_, part)| part).sum::<f64>(), others.len()));
    }
    let words = if words.is_empty() { "nothing adds to it".to_owned() } else { words.join(", ") };
    format!("`{column}` is {value:.4}: {words}")
}

/// A known value that is no number, as a person reads it.
fn plain<'a>(kind: Type, value: f64, text: impl Fn(u32) -> &'a str) -> String {
    match kind {
        Type::Key => text(value as u32).to_owned(),
        Type::Time => format_time(value as i64),
        _ => (value == 1.0).to_string(),
    }
}

/// Columns that a table shows when none are named.
fn public_columns(program: &Program, toward: bool) -> Vec<usize> {
    let shown = |column: &&usize| {
        program.columns.get(**column).is_some_and(|spec| !spec.name.starts_with('.') && (toward || !spec.toward))
    };
    let all: Vec<usize> = (0..program.columns.len()).collect();
    all.iter().filter(shown).copied().collect()
}

/// A column of a table from values as the engine keeps them.
pub(super) fn typed<'a>(kind: Type, values: Vec<f64>, text: impl Fn(u32) -> &'a str) -> Column {
    match kind {
        Type::Bool => Column::Bool(values.iter().map(|value| (!value.is_nan()).then_some(*value == 1.0)).collect()),
        Type::Key => Column::text(values.iter().map(|value| (!value.is_nan()).then(|| text(*value as u32).to_owned()))),
        Type::Time => Column::Time(values.iter().map(|value| (!value.is_nan()).then_some(*value as i64)).collect()),
        _ => Column::Number(values),
    }
}
