//! From the typed shape of a definition to a program.

use super::column::{ColumnModel, ColumnSpec, Kind, Lowered, Source, Whose};
use super::feature::{Direction, FeatureSpec, Op, Per, Trigger};
use super::scope::{BUILT_IN, ColumnScope, EventScope};
use super::{ActionSpec, DecideSpec, EventKind, Labels, Layout, Program, Slot, TraitSpec};
use crate::base::{Problem, Severity};
use crate::data::ingest::{EventPlan, FieldKind, FieldPlan, KindPlan, TiePlan, TraitPlan};
use crate::data::keys::Keys;
use crate::data::record::NONE;
use crate::definition::model::{self, Aggregate, Field, FieldType, Model, Window, Word};
use crate::definition::{Definition, did_you_mean};
use crate::expr::{Expr, Type};

/// Kinds that the engine itself writes, with the roles of each.
pub(crate) const ENGINE_KINDS: [(&str, &[(&str, FieldType)]); 3] = [
    (
        "crossed",
        &[
            ("segment", FieldType::Category),
            ("from", FieldType::Category),
            ("to", FieldType::Category),
            ("cause", FieldType::Category),
        ],
    ),
    (
        "decided",
        &[
            ("decision", FieldType::Label),
            ("action", FieldType::Category),
            ("channel", FieldType::Category),
            ("group", FieldType::Category),
            ("process", FieldType::Category),
            ("propensity", FieldType::Number),
            ("priority", FieldType::Number),
        ],
    ),
    (
        "outcome",
        &[
            ("decision", FieldType::Label),
            ("outcome", FieldType::Category),
            ("action", FieldType::Category),
            ("channel", FieldType::Category),
            ("group", FieldType::Category),
            ("process", FieldType::Category),
            ("amount", FieldType::Number),
        ],
    ),
];

/// What a hidden or declared feature needs to be found or made.
#[derive(Debug, Clone)]
pub(crate) struct FeatureRequest<'w> {
    /// Its name; hidden ones begin with a dot.
    pub name: String,
    /// Kinds that count, as positions.
    pub kinds: Vec<usize>,
    /// Condition over the event.
    pub filter: Option<&'w Word<String>>,
    /// Which end.
    pub direction: Direction,
    /// Whose state.
    pub per: Per,
    /// Whether only the first event of an occasion counts.
    pub occasion: bool,
    /// What is made of the events.
    pub op: Op,
    /// The value taken.
    pub value: Option<&'w Word<String>>,
    /// Role whose names key a histogram.
    pub by: Option<&'w Word<String>>,
    /// Over which events.
    pub window: Window,
}

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
        columns: Vec::new(),
        models: Vec::new(),
        segments: Vec::new(),
        ties: Vec::new(),
        actions: Vec::<ActionSpec>::new(),
        contacts: Vec::new(),
        decide: DecideSpec::default(),
        replies: false,
        labels: Labels::default(),
    };
    let mut lowering = Lowering {
        keys,
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
    lowering.features();
    lowering.ties();
    for index in 0..model.columns.len() {
        lowering.column(index);
    }
    for index in 0..model.segments.len() {
        lowering.segment(index);
    }
    lowering.decisions();
    let Lowering { mut program, problems, .. } = lowering;
    program.replies = program.reads_replies();
    program.index_triggers();
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

    /// Interns a name of the definition; a definition is far too small to fill the table.
    pub fn key(&mut self, text: &str) -> u32 {
        self.keys.intern(text).unwrap_or(NONE)
    }

    fn slot(&mut self, role: &str, kind: FieldType) -> usize {
        if let Some(found) = self.program.slots.iter().position(|slot| slot.role == role) {
            return found;
        }
        let key = self.key(role);
        self.program.slots.push(Slot { role: role.to_owned(), key, kind });
        self.program.slots.len() - 1
    }

    fn events(&mut self) {
        for (role, kind) in BUILT_IN {
            self.slot(role, kind);
        }
        for (name, roles) in ENGINE_KINDS {
            for (role, kind) in roles {
                self.slot(role, *kind);
            }
            self.event_kind(name, roles.iter().map(|(role, _)| (*role).to_owned()).collect(), false);
        }
        let model = self.model;
        for event in &model.events {
            let name = &event.name;
            if ENGINE_KINDS.iter().any(|(engine, _)| *engine == name.value) {
                self.mistake(name, format!("`{}` is a kind that the engine itself writes", name.value), None);
                continue;
            }
            if event.customer.is_none() && event.peer.is_none() {
                self.mistake(name, "an event needs a role `customer` or `peer`", None);
            }
            for field in &event.fields {
                self.field(field);
            }
            let roles = event.fields.iter().map(|field| field.role.value.clone()).collect();
            self.event_kind(&name.value, roles, event.peer.is_some());
            let plan = self.kind_plan(event);
            self.program.plan.kinds.push(plan);
        }
        let find = |role: &str| self.program.slots.iter().position(|slot| slot.role == role);
        self.program.labels = Labels { id: find("id"), occasion: find("occasion"), reply_to: find("reply_to") };
    }

    fn field(&mut self, field: &Field) {
        let slot = self.slot(&field.role.value, field.kind);
        let kind = self.program.slots.get(slot).map_or(field.kind, |slot| slot.kind);
        if kind != field.kind {
            let message = format!("role `{}` is used with two types", field.role.value);
            self.mistake(&field.role, message, Some("the same role has the same type in every event".to_owned()));
        }
    }

    fn event_kind(&mut self, name: &str, roles: Vec<String>, peer: bool) {
        let key = self.key(name);
        let kind = EventKind { name: name.to_owned(), key, roles, peer, outward: Vec::new(), inward: Vec::new() };
        self.program.kinds.push(kind);
    }

    fn kind_plan(&mut self, event: &model::Event) -> KindPlan {
        let text = |word: &Option<Word<String>>| word.as_ref().map(|word| word.value.clone());
        let fields = event
            .fields
            .iter()
            .map(|field| FieldPlan {
                role: self.key(&field.role.value),
                word: field.role.value.clone(),
                kind: field_kind(field.kind),
                column: field.column.value.clone(),
                split: field.split,
            })
            .collect();
        KindPlan {
            name: self.key(&event.name.value),
            word: event.name.value.clone(),
            customer: text(&event.customer),
            peer: text(&event.peer),
            at: text(&event.at),
            fields,
        }
    }

    fn traits(&mut self) {
        for item in &self.model.traits {
            let key = self.key(&item.name.value);
            let name = item.name.value.clone();
            self.name_free(&item.name);
            let (word, column) = (name.clone(), name.clone());
            self.program.trait_plan.fields.push(FieldPlan { role: key, word, kind: field_kind(item.kind), column, split: None });
            let index = self.program.traits.len();
            let kind = super::scope::expression_type(item.kind);
            self.program.traits.push(TraitSpec { name: name.clone(), key, kind: item.kind, half_life: item.half_life });
            self.add_column(ColumnSpec { name, kind, source: Source::Trait(index), toward: false });
        }
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

    /// Positions of the kinds that words name; reports unknown ones.
    pub fn kinds_named(&mut self, words: &[Word<String>]) -> Vec<usize> {
        let mut kinds = Vec::new();
        for word in words {
            match self.program.kinds.iter().position(|kind| kind.name == word.value) {
                Some(kind) => kinds.push(kind),
                None => {
                    let names: Vec<&str> = self.program.kinds.iter().map(|kind| kind.name.as_str()).collect();
                    let hint = did_you_mean(&word.value, names.iter().copied());
                    self.mistake(word, format!("no event kind `{}`", word.value), hint);
                }
            }
        }
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// All kinds that the user declared.
    pub fn user_kinds(&self) -> Vec<usize> {
        (ENGINE_KINDS.len()..self.program.kinds.len()).collect()
    }

    fn present(&self, kinds: &[usize]) -> Vec<bool> {
        let has = |slot: &Slot| {
            kinds.iter().any(|kind| self.program.kinds.get(*kind).is_some_and(|kind| kind.roles.contains(&slot.role)))
        };
        self.program.slots.iter().map(has).collect()
    }

    /// Compiles an expression over the roles of some kinds of event.
    pub fn over_events(&mut self, word: &Word<String>, kinds: &[usize]) -> Option<Expr> {
        let present = self.present(kinds);
        let replies = kinds.iter().any(|kind| self.program.kinds.get(*kind).is_some_and(|kind| kind.peer));
        let compiled = {
            let mut scope = EventScope { slots: &self.program.slots, present, keys: self.keys, replies };
            Expr::compile(&word.value, &mut scope)
        };
        self.compiled(word, compiled)
    }

    /// Compiles an expression over columns; says whether it needs a peer.
    pub fn over_columns(&mut self, word: &Word<String>) -> Option<(Expr, bool)> {
        self.missed = false;
        let mut scope = ColumnScope { lowering: self, toward: false };
        let compiled = Expr::compile(&word.value, &mut scope);
        let toward = scope.toward;
        if std::mem::take(&mut self.missed) {
            return None;
        }
        self.compiled(word, compiled).map(|expr| (expr, toward))
    }

    fn compiled(&mut self, word: &Word<String>, result: Result<Expr, Vec<crate::expr::Finding>>) -> Option<Expr> {
        match result {
            Ok(expr) => Some(expr),
            Err(findings) => {
                for finding in findings {
                    let mut place = word.clone();
                    if place.place.column > 0 && !word.value.contains('\n') {
                        place.place.column += finding.start as u32;
                    }
                    self.mistake(&place, finding.message, finding.hint);
                }
                None
            }
        }
    }

    /// Reports an expression whose type is not the one expected.
    pub fn expect_type(&mut self, word: &Word<String>, expr: &Expr, kind: Type) {
        if expr.output() != kind {
            let message = format!("expected {} and found {}", kind.noun(), expr.output().noun());
            self.mistake(word, message, None);
        }
    }

    /// Finds or makes a feature, and returns its position.
    pub fn feature(&mut self, request: FeatureRequest<'_>) -> Option<usize> {
        let filter = match request.filter {
            Some(word) => {
                let expr = self.over_events(word, &request.kinds)?;
                self.expect_type(word, &expr, Type::Bool);
                Some(expr)
            }
            None => None,
        };
        let value = match request.value {
            Some(word) => {
                let expr = self.over_events(word, &request.kinds)?;
                self.expect_type(word, &expr, Type::Number);
                Some(expr)
            }
            None => None,
        };
        let by = match request.by {
            Some(word) => Some(self.role(word, &request.kinds)?),
            None => None,
        };
        let trigger = self.trigger(&request, filter);
        let layout = match request.per {
            Per::Customer => &mut self.program.customer,
            Per::Pair => &mut self.program.pair,
        };
        let needed = FeatureSpec::words(request.op, request.window);
        let word = layout.words(needed);
        let cell = (needed == 0).then(|| layout.cell());
        let index = self.program.features.len();
        if let Some(trigger) = self.program.triggers.get_mut(trigger) {
            if matches!(request.window, Window::HalfLife(_)) && trigger.clock.is_none() {
                trigger.clock = Some(layout.words(1));
            }
            trigger.features.push(index);
        }
        self.program.features.push(FeatureSpec {
            name: request.name,
            trigger,
            op: request.op,
            value,
            by,
            window: request.window,
            word,
            cell,
        });
        Some(index)
    }

    fn trigger(&mut self, request: &FeatureRequest<'_>, filter: Option<Expr>) -> usize {
        let text = request.filter.map(|word| word.value.clone());
        let same = |trigger: &Trigger| {
            trigger.kinds == request.kinds
                && trigger.filter_text == text
                && trigger.direction == request.direction
                && trigger.per == request.per
                && trigger.occasion == request.occasion
        };
        if let Some(found) = self.program.triggers.iter().position(same) {
            return found;
        }
        self.program.triggers.push(Trigger {
            kinds: request.kinds.clone(),
            filter,
            filter_text: text,
            direction: request.direction,
            per: request.per,
            occasion: request.occasion,
            features: Vec::new(),
            clock: None,
        });
        self.program.triggers.len() - 1
    }

    /// Slot of a category role that the kinds have.
    fn role(&mut self, word: &Word<String>, kinds: &[usize]) -> Option<usize> {
        let present = self.present(kinds);
        let usable = |slot: usize| {
            present.get(slot).copied().unwrap_or(false)
                && self.program.slots.get(slot).is_some_and(|slot| {
                    matches!(slot.kind, FieldType::Category | FieldType::Categories | FieldType::Bool)
                })
        };
        let found = (0..self.program.slots.len())
            .find(|slot| usable(*slot) && self.program.slots.get(*slot).is_some_and(|slot| slot.role == word.value));
        if found.is_none() {
            let names: Vec<&str> = self
                .program
                .slots
                .iter()
                .enumerate()
                .filter(|(slot, _)| usable(*slot))
                .map(|(_, slot)| slot.role.as_str())
                .collect();
            let hint = did_you_mean(&word.value, names.iter().copied());
            self.mistake(word, format!("no category role `{}` in these events", word.value), hint);
        }
        found
    }

    /// A column that reads a feature.
    pub fn feature_column(&mut self, name: String, feature: usize, whose: Whose, kind: Type) -> usize {
        let toward = whose != Whose::Own;
        self.add_column(ColumnSpec { name, kind, source: Source::Feature { feature, whose }, toward })
    }

    fn features(&mut self) {
        for feature in &self.model.features {
            self.name_free(&feature.name);
            self.declared_feature(feature);
        }
    }

    fn declared_feature(&mut self, feature: &model::Feature) -> Option<()> {
        let kinds = if feature.on.is_empty() { self.user_kinds() } else { self.kinds_named(&feature.on) };
        let direction = self.direction(feature.direction.as_ref());
        let per = self.toward(feature.toward.as_ref())?;
        let (op, occasion, value) = self.aggregate(&feature.aggregate)?;
        if !matches!(feature.window, Window::Lifetime | Window::HalfLife(_)) {
            self.absent(&feature.name, "windows, sessions and last n are not in this version yet");
            return None;
        }
        let by = feature.by.as_ref();
        if let Some(word) = by {
            self.absent(word, "features by key are not in this version yet");
            return None;
        }
        if let Some((word, _)) = feature.rest.first() {
            self.mistake(word, format!("unknown key `{}` for this aggregate", word.value), None);
        }
        let name = feature.name.value.clone();
        let filter = feature.filter.as_ref();
        let window = feature.window;
        let request =
            FeatureRequest { name: name.clone(), kinds, filter, direction, per, occasion, op, value, by: None, window };
        match self.feature(request) {
            Some(index) => {
                let whose = if per == Per::Pair { Whose::Pair } else { Whose::Own };
                self.feature_column(name, index, whose, Type::Number);
            }
            None => self.absent.push(name),
        }
        Some(())
    }

    /// Reports a part that is not in yet and lets expressions name it all the same.
    pub fn absent(&mut self, word: &Word<String>, message: &str) {
        self.not_yet(word, message);
        self.absent.push(word.value.clone());
    }

    fn direction(&mut self, word: Option<&Word<String>>) -> Direction {
        match word.map(|word| word.value.as_str()) {
            None | Some("out") => Direction::Out,
            Some("in") => Direction::In,
            _ => Direction::Both,
        }
    }

    fn toward(&mut self, word: Option<&Word<String>>) -> Option<Per> {
        match word {
            None => Some(Per::Customer),
            Some(word) if word.value == "peer" => Some(Per::Pair),
            Some(word) => {
                self.absent(word, "only `toward = \"peer\"` is in this version yet");
                None
            }
        }
    }

    fn aggregate<'w>(
        &mut self,
        aggregate: &'w Aggregate,
    ) -> Option<(Op, bool, Option<&'w Word<String>>)> {
        match aggregate {
            Aggregate::Count(word) if word.value == "event" => Some((Op::Count, false, None)),
            Aggregate::Count(word) if word.value == "occasion" => Some((Op::Count, true, None)),
            Aggregate::Count(word) => {
                let hint = did_you_mean(&word.value, ["event", "occasion"]);
                self.mistake(word, "expected `event` or `occasion`", hint);
                None
            }
            Aggregate::Of(name, word) => {
                let op = match name.as_str() {
                    "sum" => Op::Sum,
                    "mean" => Op::Mean,
                    _ => {
                        self.absent(word, &format!("the aggregate `{name}` is not in this version yet"));
                        return None;
                    }
                };
                Some((op, false, Some(word)))
            }
        }
    }

    fn ties(&mut self) {
        for tie in &self.model.ties {
            self.name_free(&tie.name);
            let kinds = self.kinds_named(&tie.on);
            let window = tie.half_life.map_or(Window::Lifetime, Window::HalfLife);
            let op = if tie.weight.is_some() { Op::Sum } else { Op::Count };
            let name = tie.name.value.clone();
            let request = FeatureRequest {
                name: name.clone(),
                kinds,
                filter: tie.filter.as_ref(),
                direction: Direction::Out,
                per: Per::Pair,
                occasion: false,
                op,
                value: tie.weight.as_ref(),
                by: None,
                window,
            };
            if let Some(feature) = self.feature(request) {
                let key = self.key(&name);
                self.program.tie_plan.layers.push((key, name.clone()));
                self.program.ties.push(super::TieSpec { name: name.clone(), key, feature });
                self.feature_column(name, feature, Whose::Pair, Type::Number);
            }
        }
    }

    /// The column that a path names, lowering its declaration first where it stands further down.
    pub fn column_named(&mut self, path: &str) -> Option<usize> {
        if let Some(found) = self.program.column(path) {
            return Some(found);
        }
        let head = path.split('.').next().unwrap_or(path);
        if let Some(index) = self.model.columns.iter().position(|column| column.name.value == head) {
            self.column(index);
        } else if let Some(index) = self.model.segments.iter().position(|segment| segment.name.value == head) {
            self.segment(index);
        }
        if let Some(found) = self.program.column(path) {
            return Some(found);
        }
        // A part that is absent or mistaken was reported once; naming it again is no second mistake.
        if self.absent.iter().any(|absent| absent == head) {
            self.missed = true;
        }
        None
    }

    /// Names that an expression over columns may use.
    pub fn column_names(&self) -> Vec<String> {
        let declared = self.model.columns.iter().map(|column| column.name.value.clone());
        let segments = self.model.segments.iter().flat_map(|segment| {
            let axes = segment.axes.iter().map(|axis| format!("{}.{}", segment.name.value, axis.name.value));
            std::iter::once(segment.name.value.clone()).chain(axes)
        });
        let lowered = self.program.columns.iter().map(|column| column.name.clone()).filter(|name| !name.starts_with('.'));
        let mut names: Vec<String> = lowered.chain(declared).chain(segments).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn column(&mut self, index: usize) {
        let model = self.model;
        let Some(column) = model.columns.get(index) else { return };
        match self.progress.get(index) {
            Some(Progress::Waiting) => {}
            Some(Progress::Open) => {
                self.mistake(&column.name, format!("column `{}` depends on itself", column.name.value), None);
                self.absent.push(column.name.value.clone());
                return;
            }
            _ => return,
        }
        self.set_progress(index, Progress::Open);
        self.name_free(&column.name);
        match self.kinds.iter().find(|kind| kind.owns(column)) {
            Some(kind) => match kind.lower(column, self) {
                Some(Lowered::Model(model)) => self.add_model(&column.name, model),
                Some(Lowered::Formula(expr, toward)) => self.add_formula(&column.name, expr, toward),
                None => self.absent.push(column.name.value.clone()),
            },
            None => self.unowned(column),
        }
        self.set_progress(index, Progress::Done);
    }

    /// Reports a section that no kind owns: a model that is planned, or one that nobody knows.
    fn unowned(&mut self, column: &model::Column) {
        self.absent(&column.name, &format!("this kind of `{}` is not in this version yet", column.section));
    }

    fn set_progress(&mut self, index: usize, progress: Progress) {
        if let Some(place) = self.progress.get_mut(index) {
            *place = progress;
        }
    }

    fn add_model(&mut self, name: &Word<String>, lowered: Box<dyn ColumnModel>) {
        let model = self.program.models.len();
        let toward = lowered.toward();
        let parts = lowered.parts().to_vec();
        self.program.models.push((name.value.clone(), lowered));
        for (part, described) in parts.into_iter().enumerate() {
            let name = match described.name.is_empty() {
                true => name.value.clone(),
                false => format!("{}.{}", name.value, described.name),
            };
            self.add_column(ColumnSpec { name, kind: described.kind, source: Source::Model { model, part }, toward });
        }
    }

    /// Adds a column that is an expression over others.
    fn add_formula(&mut self, name: &Word<String>, expr: Expr, toward: bool) {
        let kind = expr.output();
        self.add_column(ColumnSpec { name: name.value.clone(), kind, source: Source::Formula(expr), toward });
    }

    /// Marks a segment's progress; `Err` tells that it is being lowered further up.
    pub(super) fn open_segment(&mut self, index: usize) -> bool {
        let Some(progress) = self.segments.get_mut(index) else { return false };
        match progress {
            Progress::Waiting => {
                *progress = Progress::Open;
                true
            }
            Progress::Open => {
                if let Some(segment) = self.model.segments.get(index) {
                    let name = segment.name.clone();
                    self.mistake(&name, format!("segment `{}` depends on itself", name.value), None);
                    self.absent.push(name.value);
                }
                false
            }
            Progress::Done => false,
        }
    }

    /// Marks a segment as lowered, or as absent.
    pub(super) fn close_segment(&mut self, index: usize, lowered: bool) {
        if let Some(progress) = self.segments.get_mut(index) {
            *progress = Progress::Done;
        }
        if let (false, Some(segment)) = (lowered, self.model.segments.get(index)) {
            self.absent.push(segment.name.value.clone());
        }
    }
}

fn field_kind(kind: FieldType) -> FieldKind {
    match kind {
        FieldType::Number => FieldKind::Number,
        FieldType::Bool => FieldKind::Bool,
        FieldType::Category => FieldKind::Category,
        FieldType::Categories => FieldKind::Categories,
        FieldType::Time => FieldKind::Time,
        FieldType::Label => FieldKind::Label,
    }
}
