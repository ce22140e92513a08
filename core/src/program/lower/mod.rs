//! From the typed shape of a definition to a program.

mod aggregate;
mod columns;
mod events;
mod expressions;
mod features;

pub(crate) use features::FeatureRequest;

use std::sync::Arc;

use super::column::{ColumnSpec, Kind};
use super::{Labels, Layout, Program, ReplyRows};
use crate::base::{Problem, Severity};
use crate::data::ingest::{EventPlan, TiePlan, TraitPlan};
use crate::data::keys::Keys;
use crate::data::record::NONE;
use crate::definition::Definition;
use crate::definition::model::{Model, Word};

/// How far the lowering of a declared column has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Waiting,
    Open,
    Done,
}

/// A lowering in progress.
pub(crate) struct Lowering<'a> {
    /// Names, shared with the engine.
    pub keys: &'a mut Keys,
    /// The definition.
    pub definition: &'a Definition,
    /// What it declares.
    pub model: &'a Model,
    /// The program so far.
    pub program: Program,
    /// Findings so far.
    pub problems: Vec<Problem>,
    kinds: &'a [&'a dyn Kind],
    progress: Vec<Progress>,
    segments: Vec<Progress>,
    absent: Vec<String>,
    /// Whether the latest expression or axis named an absent part.
    pub missed: bool,
}

/// Lowers a definition; the findings come with whatever could be lowered.
pub(crate) fn lower(definition: &Definition, kinds: &[&dyn Kind], keys: &mut Keys) -> (Program, Vec<Problem>) {
    let model = definition.model();
    let program = Program {
        hash: definition.hash(),
        time: model.time.clone(),
        slots: Vec::new(),
        kinds: Vec::new(),
        plan: EventPlan::default(),
        trait_plan: TraitPlan::default(),
        tie_plan: TiePlan::default(),
        traits: Vec::new(),
        triggers: Vec::new(),
        features: Vec::new(),
        customer: Layout::default(),
        pair: Layout::default(),
        group: Layout::default(),
        columns: Vec::new(),
        models: Vec::new(),
        segments: Vec::new(),
        ties: Vec::new(),
        decisions: Arc::default(),
        reply_rows: ReplyRows::default(),
        labels: Labels::default(),
    };
    let mut lowering = Lowering {
        keys,
        definition,
        model,
        program,
        problems: Vec::new(),
        kinds,
        progress: vec![Progress::Waiting; model.columns.len()],
        segments: vec![Progress::Waiting; model.segments.len()],
        absent: Vec::new(),
        missed: false,
    };
    lowering.events();
    lowering.traits();
    lowering.contexts();
    lowering.features();
    lowering.ties();
    for index in 0..model.columns.len() {
        lowering.column(index);
    }
    for index in 0..model.segments.len() {
        lowering.segment(index);
    }
    let decisions = lowering.decisions();
    let Lowering { mut program, problems, .. } = lowering;
    program.decisions = Arc::new(decisions);
    program.mark_triggers();
    program.index_triggers();
    program.index_replies();
    program.index_rates();
    (program, problems)
}

impl Lowering<'_> {
    /// Reports a mistake at a word.
    pub fn mistake<T>(&mut self, word: &Word<T>, message: impl Into<String>, hint: Option<String>) {
        self.report(Severity::Error, word, message.into(), hint);
    }

    /// Reports a part that this version does not have.
    pub fn not_yet<T>(&mut self, word: &Word<T>, message: impl Into<String>) {
        self.report(Severity::NotYet, word, message.into(), None);
    }

    /// Reports something that runs, but that the reader may want to know.
    pub fn warn<T>(&mut self, word: &Word<T>, message: impl Into<String>, hint: Option<String>) {
        self.report(Severity::Warning, word, message.into(), hint);
    }

    fn report<T>(&mut self, severity: Severity, word: &Word<T>, message: String, hint: Option<String>) {
        let path = word.path.clone();
        self.problems.push(Problem { severity, line: word.place.line, column: word.place.column, path, message, hint });
    }

    /// Reports a part that is not in yet and lets expressions name it all the same.
    pub fn absent(&mut self, word: &Word<String>, message: &str) {
        self.not_yet(word, message);
        self.absent.push(word.value.clone());
    }

    /// Whether a name stands for a part that is not in yet, or is mistaken where it is declared.
    pub fn is_absent(&self, name: &str) -> bool {
        self.absent.iter().any(|absent| absent == name)
    }

    /// Interns a name of the definition; a definition is far too small to fill the table.
    pub fn key(&mut self, text: &str) -> u32 {
        self.keys.intern(text).unwrap_or(NONE)
    }

    /// Reports a name that two declarations give to different columns.
    pub fn name_free(&mut self, name: &Word<String>) {
        if self.program.column(&name.value).is_some() {
            self.mistake(name, format!("the name `{}` is already that of another column", name.value), None);
        }
    }

    /// Adds a column and returns its position.
    pub fn add_column(&mut self, column: ColumnSpec) -> usize {
        self.program.columns.push(column);
        self.program.columns.len() - 1
    }
}
