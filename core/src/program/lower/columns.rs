//! Columns, lowered on demand, so that each comes after the ones that it reads.

use super::{Lowering, Progress};
use crate::base::likeness::did_you_mean;
use crate::definition::model::{self, Word};
use crate::expr::{Expr, Scope, Type};
use crate::program::column::{ColumnModel, ColumnSpec, Lowered, Source};

impl Lowering<'_> {
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

    /// The column that a word names as a whole; reports one that there is not.
    pub fn read_column(&mut self, word: &Word<String>) -> Option<usize> {
        self.missed = false;
        let found = self.column_named(&word.value);
        if found.is_none() && !std::mem::take(&mut self.missed) {
            let names = self.column_names();
            let hint = did_you_mean(&word.value, names.iter().map(String::as_str));
            self.mistake(word, format!("no column `{}`", word.value), hint);
        }
        found
    }

    /// The hidden column that holds the moment of the read.
    pub fn now(&mut self) -> usize {
        self.program.column(".now").unwrap_or_else(|| {
            let name = ".now".to_owned();
            self.add_column(ColumnSpec { name, kind: Type::Time, source: Source::Now, toward: false })
        })
    }

    /// Names that an expression over columns may use.
    pub fn column_names(&self) -> Vec<String> {
        let declared = self.model.columns.iter().map(|column| column.name.value.clone());
        let segments = self.model.segments.iter().flat_map(|segment| {
            let axes = segment.axes.iter().map(|axis| format!("{}.{}", segment.name.value, axis.name.value));
            std::iter::once(segment.name.value.clone()).chain(axes)
        });
        let lowered =
            self.program.columns.iter().map(|column| column.name.clone()).filter(|name| !name.starts_with('.'));
        let mut names: Vec<String> = lowered.chain(declared).chain(segments).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    pub(super) fn column(&mut self, index: usize) {
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
                Some(Lowered::Social(social)) => {
                    self.social_column(column.name.value.clone(), social);
                }
                None => self.absent.push(column.name.value.clone()),
            },
            None => self.unowned(column),
        }
        self.set_progress(index, Progress::Done);
    }

    /// Reports a section that no kind owns: a model that is planned, or one that nobody knows.
    pub(super) fn unowned(&mut self, column: &model::Column) {
        self.absent(&column.name, &format!("this kind of `{}` is not in this version yet", column.section));
    }

    pub(super) fn set_progress(&mut self, index: usize, progress: Progress) {
        if let Some(place) = self.progress.get_mut(index) {
            *place = progress;
        }
    }

    pub(super) fn add_model(&mut self, name: &Word<String>, lowered: Box<dyn ColumnModel>) {
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
    pub(super) fn add_formula(&mut self, name: &Word<String>, expr: Expr, toward: bool) {
        let kind = expr.output();
        self.add_column(ColumnSpec { name: name.value.clone(), kind, source: Source::Formula(expr), toward });
    }

    /// Marks a segment's progress; `Err` tells that it is being lowered further up.
    pub(in crate::program) fn open_segment(&mut self, index: usize) -> bool {
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
    pub(in crate::program) fn close_segment(&mut self, index: usize, lowered: bool) {
        if let Some(progress) = self.segments.get_mut(index) {
            *progress = Progress::Done;
        }
        if let (false, Some(segment)) = (lowered, self.model.segments.get(index)) {
            self.absent.push(segment.name.value.clone());
        }
    }

    /// Adds a column that is the difference of two others.
    pub(super) fn add_difference(&mut self, name: &Word<String>, left: usize, right: usize) {
        let text = |column: usize| self.program.columns.get(column).map_or("", |spec| spec.name.as_str()).to_owned();
        let toward = self.program.columns.get(left).is_some_and(|spec| spec.toward);
        let mut scope = Difference { names: [(text(left), left as u32), (text(right), right as u32)] };
        if let Ok(expr) = Expr::compile("left - right", &mut scope) {
            self.add_formula(name, expr, toward);
        }
    }
}

/// Two columns under the names `left` and `right`.
struct Difference {
    names: [(String, u32); 2],
}

impl Scope for Difference {
    fn resolve(&mut self, path: &str) -> Option<(u32, Type)> {
        let place = usize::from(path == "right");
        self.names.get(place).map(|(_, column)| (*column, Type::Number))
    }

    fn names(&self) -> Vec<String> {
        self.names.iter().map(|(name, _)| name.clone()).collect()
    }

    fn key(&mut self, _text: &str) -> u32 {
        crate::data::record::NONE
    }
}
