//! Plans: which columns to compute, in which order, to read some of them.
//!
//! A plan holds only what its outputs depend on. One plan serves any number of concurrent readers;
//! each brings its own [`Scratch`].

use crate::base::{Error, ErrorKind, Result};
use crate::data::keys::names_of_set;
use crate::data::record::NONE;
use crate::expr;
use crate::program::{FittedModel, Input, Inputs, Program, Source, Whose};
use crate::state::State;

/// Customers that a model takes at a time.
const ROWS: usize = 256;

/// What a read looks at.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    /// The program.
    pub program: &'a Program,
    /// The state.
    pub state: &'a State,
    /// Models of the program with the parameters of their last fit.
    pub fitted: &'a [Box<dyn FittedModel>],
}

/// Columns to compute, each after the ones that it reads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    /// Columns in order; of a model only the first needed part stands here.
    steps: Vec<usize>,
    /// Columns asked for.
    outputs: Vec<usize>,
    /// Models among the steps that callbacks of the host compute.
    hosted: Vec<usize>,
    /// Places among the steps of models that take many rows at a time, rising.
    wide: Vec<usize>,
    /// Of every column of the program, whether it is computed.
    needed: Vec<bool>,
}

/// Room for the values of one read; kept and reused.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    values: Vec<f64>,
    inputs: Vec<f64>,
    parts: Vec<f64>,
    histograms: Vec<Vec<(u32, f64)>>,
    context: Vec<f64>,
}

/// Whom a read is about, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The customer.
    pub customer: u32,
    /// The peer, or NONE.
    pub peer: u32,
    /// The moment, in microseconds.
    pub at: i64,
}

impl expr::Row for Scratch {
    fn value(&self, variable: u32) -> f64 {
        self.values.get(variable as usize).copied().unwrap_or(f64::NAN)
    }
}

impl Plan {
    /// The plan of some columns.
    pub fn new(program: &Program, outputs: &[usize]) -> Self {
        let mut needed = vec![false; program.columns.len()];
        for output in outputs {
            need(program, *output, &mut needed);
        }
        let mut models = vec![false; program.models.len()];
        let mut steps = Vec::new();
        for (column, _) in needed.iter().enumerate().filter(|(_, needed)| **needed) {
            let repeated = match program.columns.get(column).map(|spec| &spec.source) {
                Some(Source::Model { model, .. }) => std::mem::replace(&mut models[*model], true),
                _ => false,
            };
            if !repeated {
                steps.push(column);
            }
        }
        let is_hosted = |model: &usize| program.models.get(*model).is_some_and(|(_, model)| model.is_hosted());
        let hosted = (0..models.len()).filter(|model| models[*model]).filter(is_hosted).collect();
        let takes_rows = |column: &usize| match program.columns.get(*column).map(|spec| &spec.source) {
            Some(Source::Model { model, .. }) => {
                program.models.get(*model).is_some_and(|(_, model)| model.takes_rows())
            }
            _ => false,
        };
        let wide = (0..steps.len()).filter(|place| steps.get(*place).is_some_and(takes_rows)).collect();
        Plan { steps, outputs: outputs.to_vec(), hosted, wide, needed }
    }

    /// The plan of some columns by name.
    ///
    /// # Errors
    /// `UnknownColumn` with the nearest name.
    pub fn named(program: &Program, names: &[&str]) -> Result<Self> {
        let outputs: Result<Vec<usize>> = names.iter().map(|name| column_named(program, name)).collect();
        Ok(Plan::new(program, &outputs?))
    }

    /// Columns asked for, in order.
    pub fn outputs(&self) -> &[usize] {
        &self.outputs
    }

    /// Whether everything that the plan reads is there.
    ///
    /// # Errors
    /// `Callback` for a column whose callback the host has not registered.
    pub fn ready(&self, view: View<'_>) -> Result<()> {
        self.hosted.iter().filter_map(|model| view.fitted.get(*model)).try_for_each(|model| model.ready())
    }

    /// Columns computed, in order; of a model the first part that is needed.
    pub fn columns(&self) -> &[usize] {
        &self.steps
    }

    /// Computes the outputs for one customer into `out`.
    pub fn read(&self, view: View<'_>, asked: Asked, scratch: &mut Scratch, out: &mut [f64]) {
        self.compute(view, asked, scratch);
        for (place, output) in out.iter_mut().zip(&self.outputs) {
            *place = scratch.value(*output);
        }
    }

    /// Computes the outputs for many customers, one list a column; the bits are those of [`Plan::read`].
    pub fn read_all(&self, view: View<'_>, asked: impl Iterator<Item = Asked>, out: &mut [Vec<f64>]) {
        let asked: Vec<Asked> = asked.collect();
        let rows = if self.wide.is_empty() { 1 } else { ROWS.min(asked.len()) };
        let mut scratches: Vec<Scratch> = (0..rows).map(|_| Scratch::default()).collect();
        for asked in asked.chunks(rows.max(1)) {
            self.compute_rows(view, asked, &mut scratches);
            for scratch in scratches.iter().take(asked.len()) {
                let values = self.outputs.iter().map(|output| scratch.value(*output));
                out.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
            }
        }
    }

    /// Computes every column for some customers: row by row up to each model that takes them all at once.
    fn compute_rows(&self, view: View<'_>, asked: &[Asked], scratches: &mut [Scratch]) {
        let mut first = 0;
        for end in self.wide.iter().copied().chain([self.steps.len()]) {
            for (asked, scratch) in asked.iter().zip(scratches.iter_mut()) {
                scratch.values.resize(view.program.columns.len(), f64::NAN);
                let steps = self.steps.get(first..end).unwrap_or_default();
                steps.iter().for_each(|column| step(view, (*column, &self.needed), *asked, scratch));
            }
            let wide = self.steps.get(end).and_then(|column| Some((*column, view.program.columns.get(*column)?)));
            if let Some((column, Source::Model { model, part })) = wide.map(|(column, spec)| (column, &spec.source)) {
                let scratches = scratches.get_mut(..asked.len()).unwrap_or_default();
                rows_step(view, *model, column - part, asked, scratches);
            }
            first = end + 1;
        }
    }

    /// Computes every column of the plan; [`Scratch::value`] then gives each.
    pub fn compute(&self, view: View<'_>, asked: Asked, scratch: &mut Scratch) {
        scratch.values.resize(view.program.columns.len(), f64::NAN);
        for column in &self.steps {
            step(view, (*column, &self.needed), asked, scratch);
        }
    }
}

impl Scratch {
    /// The value of a column that the last computed plan held.
    pub fn value(&self, column: usize) -> f64 {
        self.values.get(column).copied().unwrap_or(f64::NAN)
    }

    /// Sets what the call tells, one value a declared context column; unknown is NaN.
    pub fn tell(&mut self, context: &[f64]) {
        self.context.clear();
        self.context.extend_from_slice(context);
    }

    /// Sets the value of a column that is told behind all others.
    pub fn set(&mut self, column: usize, value: f64) {
        if let Some(place) = self.values.get_mut(column) {
            *place = value;
        }
    }

    /// The value of an expression over columns that the last computed plan held.
    pub fn evaluate(&self, expr: &expr::Expr) -> f64 {
        expr.row(self)
    }
}

/// The column of a name.
///
/// # Errors
/// `UnknownColumn` with the nearest name.
pub(crate) fn column_named(program: &Program, name: &str) -> Result<usize> {
    program.column(name).filter(|_| !name.starts_with('.')).ok_or_else(|| {
        let names: Vec<&str> =
            program.columns.iter().map(|column| column.name.as_str()).filter(|name| !name.starts_with('.')).collect();
        let error = Error::new(ErrorKind::UnknownColumn, format!("no column `{name}`"));
        match crate::definition::did_you_mean(name, names.iter().copied()) {
            Some(hint) => error.hint(hint),
            None => error.hint(format!("the columns are {}", names.join(", "))),
        }
    })
}

fn need(program: &Program, column: usize, needed: &mut [bool]) {
    if needed.get(column).copied().unwrap_or(true) {
        return;
    }
    needed[column] = true;
    match program.columns.get(column).map(|spec| &spec.source) {
        Some(Source::Formula(expr)) => {
            for input in expr.inputs() {
                need(program, *input as usize, needed);
            }
        }
        Some(Source::Model { model, .. }) => {
            let inputs = program.models.get(*model).map_or(&[][..], |(_, model)| model.inputs());
            for input in inputs {
                if let Input::Column(column) = input {
                    need(program, *column, needed);
                }
            }
        }
        _ => {}
    }
}

fn step(view: View<'_>, (column, needed): (usize, &[bool]), asked: Asked, scratch: &mut Scratch) {
    let Some(spec) = view.program.columns.get(column) else { return };
    let value = match &spec.source {
        Source::Feature { feature, whose } => feature_value(view, *feature, *whose, asked),
        Source::Trait(item) => view.state.known(*item, asked.customer).value,
        Source::Set { item, name } => in_set(view, *item, *name, asked.customer),
        Source::Learnt(item) => {
            let known = view.state.known(*item, asked.customer);
            if known.value.is_nan() { f64::NAN } else { known.at as f64 }
        }
        Source::Confidence(item) => view.state.confidence(view.program, *item, asked.customer, asked.at),
        Source::Now => asked.at as f64,
        Source::Told => f64::NAN,
        Source::Context(place) => scratch.context.get(*place).copied().unwrap_or(f64::NAN),
        Source::Formula(expr) => scratch.evaluate(expr),
        Source::Axis { segment, axis } => view.state.axis(*segment, *axis, asked.customer),
        Source::Cell(segment) => view.state.cell(*segment, asked.customer),
        Source::Social(social) => super::dyads::social(view, social, asked),
        Source::Model { model, part } => {
            model_step(view, (*model, column - part, needed), asked, scratch);
            return;
        }
    };
    scratch.values[column] = value;
}

/// Whether a name is in a customer's set, or how many names are; unknown while the set is.
fn in_set(view: View<'_>, item: usize, name: Option<u32>, customer: u32) -> f64 {
    let (word, keys) = (view.state.known(item, customer).value, &view.state.keys);
    if word.is_nan() {
        return f64::NAN;
    }
    let mut names = names_of_set(keys.text(word as u32));
    match name.map(|name| keys.text(name)) {
        Some(wanted) => f64::from(u8::from(names.any(|name| name == wanted))),
        None => names.count() as f64,
    }
}

fn feature_value(view: View<'_>, feature: usize, whose: Whose, asked: Asked) -> f64 {
    let View { program, state, .. } = view;
    match whose {
        Whose::Own => state.feature(program, feature, asked.customer, asked.at),
        _ if asked.peer == NONE => f64::NAN,
        // Nobody is a peer of their own.
        Whose::Pair if asked.peer == asked.customer => f64::NAN,
        Whose::Peer => state.feature(program, feature, asked.peer, asked.at),
        Whose::Pair => state.pair_feature(program, feature, asked.customer, asked.peer, asked.at),
    }
}

/// Gathers a model's inputs and writes its needed parts; all stand together from `first` on.
fn model_step(view: View<'_>, (model, first, needed): (usize, usize, &[bool]), asked: Asked, scratch: &mut Scratch) {
    let (Some((_, spec)), Some(fitted)) = (view.program.models.get(model), view.fitted.get(model)) else { return };
    gather(view, spec.inputs(), asked, scratch);
    let parts = spec.parts().len();
    scratch.parts.clear();
    scratch.parts.resize(parts, f64::NAN);
    let Asked { customer, at, .. } = asked;
    let inputs = Inputs { values: &scratch.inputs, histograms: &scratch.histograms, at, customer };
    fitted.read_wanted(inputs, needed.get(first..first + parts).unwrap_or_default(), &mut scratch.parts);
    put(&mut scratch.values[first..first + parts], &scratch.parts);
}

/// As [`model_step`] for many customers, with a model that takes them all at once.
fn rows_step(view: View<'_>, model: usize, first: usize, asked: &[Asked], scratches: &mut [Scratch]) {
    let (Some((_, spec)), Some(fitted)) = (view.program.models.get(model), view.fitted.get(model)) else { return };
    let parts = spec.parts().len();
    let mut values = Vec::with_capacity(asked.len() * spec.inputs().len());
    for (asked, scratch) in asked.iter().zip(scratches.iter_mut()) {
        gather(view, spec.inputs(), *asked, scratch);
        values.extend_from_slice(&scratch.inputs);
    }
    let mut out = vec![f64::NAN; asked.len() * parts];
    fitted.read_rows(&values, &mut out);
    for (scratch, row) in scratches.iter_mut().zip(out.chunks(parts)) {
        put(&mut scratch.values[first..first + parts], row);
    }
}

/// Writes the parts of a model to their columns; what is not finite is unknown.
fn put(columns: &mut [f64], parts: &[f64]) {
    for (place, value) in columns.iter_mut().zip(parts) {
        *place = if value.is_finite() { *value } else { f64::NAN };
    }
}

/// Collects the values of a model's inputs into the scratch.
pub(super) fn gather(view: View<'_>, inputs: &[Input], asked: Asked, scratch: &mut Scratch) {
    scratch.inputs.clear();
    let mut histograms = 0;
    for input in inputs {
        match input {
            Input::Column(column) => scratch.inputs.push(scratch.values[*column]),
            Input::Histogram(feature) => {
                if scratch.histograms.len() == histograms {
                    scratch.histograms.push(Vec::new());
                }
                let out = &mut scratch.histograms[histograms];
                view.state.histogram(view.program, *feature, asked.customer, asked.at, out);
                histograms += 1;
            }
        }
    }
    scratch.histograms.truncate(histograms);
}

/// The inputs that [`gather`] collected.
pub(super) fn gathered(scratch: &Scratch, asked: Asked) -> Inputs<'_> {
    let Asked { customer, at, .. } = asked;
    Inputs { values: &scratch.inputs, histograms: &scratch.histograms, at, customer }
}
