//! `[score.NAME] callback = "their_model"`: a column that a function of the host computes.
//!
//! The host registers functions by name and version. The definition, and so the journal, states the
//! version that the column reads: without that very one the column can't be read, and where a segment or an
//! action reads it, nothing that reacts can be written. The column has no parts and no fit; what the
//! function gives is its value, NaN and whatever goes wrong are unknown ([`crate::program::Callbacks`]).
//! Order class: that of its inputs, if the function is pure.
//!
//! Keys: `callback`, `version`, `inputs` (columns that are numbers, flags or times, passed in this order,
//! NaN where unknown).

use std::sync::Arc;

use crate::base::{Error, ErrorKind, Result};
use crate::definition::Section;
use crate::definition::model::{Column, Word};
use crate::expr::Type;
use crate::program::{
    Callbacks, ColumnModel, Explained, FitOutcome, FittedModel, Input, Inputs, Kind, Lowered, Lowering, Part,
    Population, Registered,
};

/// The kind of columns that the host computes.
pub(super) struct HostKind;

/// What the definition says.
#[derive(Clone)]
struct Host {
    /// The column, for messages.
    column: String,
    callback: String,
    version: String,
    inputs: Vec<Input>,
    names: Vec<String>,
    toward: bool,
    parts: Vec<Part>,
}

/// The column with the function that the host has registered, if it has.
struct Bound {
    host: Host,
    registered: Option<Arc<Registered>>,
    /// Versions that the host has registered instead.
    others: Vec<String>,
}

impl Kind for HostKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.get("callback").is_some()
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        let callback = section.required_text("callback");
        let version = section.required_text("version");
        let inputs = section.words("inputs");
        section.require("inputs", "the columns that the callback reads, in order");
        section.finish();
        let (callback, version) = (callback?.value, version?.value);
        let mut host = Host {
            column: column.name.value.clone(),
            callback,
            version,
            inputs: Vec::new(),
            names: Vec::new(),
            toward: false,
            parts: vec![Part { name: String::new(), kind: Type::Number }],
        };
        let read: Vec<bool> = inputs.iter().map(|word| host.add(word, lowering)).collect();
        (!read.is_empty() && read.iter().all(|read| *read)).then(|| Lowered::Model(Box::new(host)))
    }
}

impl Host {
    /// Adds the column that a word names; false if it can't be an input.
    fn add(&mut self, word: &Word<String>, lowering: &mut Lowering<'_>) -> bool {
        let Some(input) = lowering.read_column(word) else { return false };
        let Some((kind, toward)) = lowering.program.columns.get(input).map(|spec| (spec.kind, spec.toward)) else {
            return false;
        };
        if !matches!(kind, Type::Number | Type::Bool | Type::Time) {
            let message = format!("`{}` is {}, and a callback reads numbers", word.value, kind.noun());
            lowering.mistake(word, message, Some("give a score that turns it into a number".to_owned()));
            return false;
        }
        self.toward |= toward;
        self.inputs.push(Input::Column(input));
        self.names.push(word.value.clone());
        true
    }
}

impl ColumnModel for Host {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    fn needs_fit(&self) -> bool {
        false
    }

    fn toward(&self) -> bool {
        self.toward
    }

    fn is_hosted(&self) -> bool {
        true
    }

    fn fit(&self, _population: &dyn Population, _previous: Option<&[u8]>) -> Result<FitOutcome> {
        Ok(FitOutcome::default())
    }

    fn prepare(&self, _parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        Ok(Box::new(Bound { host: self.clone(), registered: None, others: Vec::new() }))
    }
}

impl FittedModel for Bound {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        let value = self.registered.as_ref().map_or(f64::NAN, |registered| registered.call(inputs.values));
        out.iter_mut().for_each(|place| *place = value);
    }

    fn explain(&self, inputs: Inputs<'_>, _part: usize) -> Explained {
        let mut value = [f64::NAN];
        self.read(inputs, &mut value);
        let evidence = self.host.names.iter().cloned().zip(inputs.values.iter().copied()).collect();
        Explained { value: value[0], parts: vec![(self.host.callback.clone(), value[0])], evidence }
    }

    fn bind(&mut self, callbacks: &Callbacks) {
        self.registered = callbacks.get(&self.host.callback, &self.host.version);
        self.others = callbacks.versions(&self.host.callback).into_iter().map(str::to_owned).collect();
    }

    fn ready(&self) -> Result<()> {
        if self.registered.is_some() {
            return Ok(());
        }
        let Host { column, callback, version, .. } = &self.host;
        let message = format!("column `{column}` needs the callback `{callback}` of version `{version}`");
        let hint = match self.others.is_empty() {
            true => "the host has registered none of that name".to_owned(),
            false => format!("the host has registered version {}", self.others.join(", ")),
        };
        Err(Error::new(ErrorKind::Callback, message).hint(hint))
    }
}
