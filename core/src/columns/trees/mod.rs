//! `[score.NAME] model = "churn.txt"`: trees that LightGBM, XGBoost or scikit-learn trained, or a scorecard of ours.
//!
//! The file is LightGBM's text, XGBoost's JSON, what [`save`](crate::models::trees::Trees::save) wrote, or a scorecard's JSON
//! ([`crate::models::scorecard::Scorecard::to_json`]), its path relative to the definition's own. The engine's
//! file holds it, so that it moves alone, and the definition holds its hash. Each feature of the model
//! reads the column of its own name, or the one at its place in `inputs`.
//!
//! Keys: `model`; `hash` (stated by the engine; a file with another is refused); `inputs` (columns in the
//! order of the model's features); `categories` (by feature, the names in the order of their codes, as in
//! `categories.tier = ["bronze", "gold"]`; without it they are those that the file names, and a column of names
//! that a split reads must have either); `challenger` (a file whose model is scored in the shadow of the champion's,
//! as the parts `challenger`, `challenger_raw` and so on, and changes nothing) and `challenger_hash`.
//!
//! The column is the prediction on the scale of the objective: a probability, a count, an amount; its part
//! `raw` is the sum of the leaves, with the bits of the trainer's own. With several classes the column is the
//! number of the most likely one (the first of equals), with parts `class_0`, `raw_0` and so on. Of a scorecard
//! it is the probability of the event, and `raw` the points, told by the points of each feature. Unknown
//! inputs go where the trainer sends missing ones; a name that the model never met is in no category.
//!
//! `raw` is told by the Shapley values of the trees' own paths ([`Trees::contributions`]); a prediction by
//! the same in its own scale: each is stretched alike, so that they lead from the prediction of the
//! expected raw score to this one. With several classes a column is told by the parts of a raw score: the class's
//! own, and of the column that names the likeliest that of the likeliest.
//!
//! Order class: that of its inputs. Cost of a read: that of one row, in a table that of many
//! ([`crate::models::trees`]).

mod binding;
mod ready;
mod scorer;

use std::sync::Arc;

use binding::Binding;
use ready::Ready;
use scorer::Scorer;

use crate::base::Result;
use crate::definition::model::{Column, Word};
use crate::definition::{Section, file_of};
use crate::expr::Type;
use crate::program::{ColumnModel, FitOutcome, FittedModel, Input, Kind, Lowered, Lowering, Part, Population};

/// What the parts of a challenger are called.
const CHALLENGER: &str = "challenger";
/// Most classes that have columns.
const MOST_CLASSES: usize = 1000;

/// The kind of columns that imported trees compute.
pub(super) struct TreesKind;

/// What the definition says, with the models read: the champion, and the challenger if there is one.
struct Imported {
    models: Arc<Vec<Model>>,
    inputs: Vec<Input>,
    parts: Vec<Part>,
    toward: bool,
}

/// What scores, and how columns become its features.
struct Model {
    scorer: Scorer,
    binding: Binding,
}

impl Kind for TreesKind {
    fn owns(&self, column: &Column) -> bool {
        file_of(column).is_some()
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        let file = section.text("model");
        section.text("hash");
        let challenger = section.text("challenger");
        section.text("challenger_hash");
        let named = section.words("inputs");
        let categories = binding::categories(&mut section);
        section.finish();
        let (mut models, mut inputs, mut parts) = (Vec::new(), Vec::new(), Vec::new());
        for (file, role) in [(Some(file?), ""), (challenger, CHALLENGER)] {
            let Some(file) = file else { continue };
            let scorer = read(&file, lowering)?;
            let (binding, columns) = Binding::new(&file, &scorer, &named, &categories, lowering)?;
            inputs.extend(columns);
            parts.extend(names(scorer.outputs()).map(|name| Part { name: joined(role, &name), kind: Type::Number }));
            models.push(Model { scorer, binding });
        }
        let toward = |input: &Input| match input {
            Input::Column(column) => lowering.program.columns.get(*column).is_some_and(|spec| spec.toward),
            Input::Histogram(_) => false,
        };
        let toward = inputs.iter().any(toward);
        Some(Lowered::Model(Box::new(Imported { models: Arc::new(models), inputs, parts, toward })))
    }
}

/// The model in a file.
fn read(file: &Word<String>, lowering: &mut Lowering<'_>) -> Option<Scorer> {
    let Some(content) = lowering.definition.file(&file.value) else {
        let hint = "paths are relative to the definition's own file: read it from there";
        lowering.mistake(file, format!("the file `{}` has not been read", file.value), Some(hint.to_owned()));
        return None;
    };
    let problem = match Scorer::read(content) {
        Ok(scorer) if scorer.outputs() <= MOST_CLASSES => return Some(scorer),
        Ok(scorer) => (format!("{} classes, and {MOST_CLASSES} are the most", scorer.outputs()), None),
        Err(error) => (error.message().to_owned(), error.hint_text().map(str::to_owned)),
    };
    lowering.mistake(file, format!("the model `{}` can't be used: {}", file.value, problem.0), problem.1);
    None
}

/// The name of a part of the model in a role.
fn joined(role: &str, part: &str) -> String {
    let words: Vec<&str> = [role, part].into_iter().filter(|word| !word.is_empty()).collect();
    words.join("_")
}

/// How many parts there are.
fn width(outputs: usize) -> usize {
    if outputs == 1 { 2 } else { 1 + 2 * outputs }
}

/// The names of the parts.
fn names(outputs: usize) -> Box<dyn Iterator<Item = String>> {
    if outputs == 1 {
        return Box::new(["", "raw"].into_iter().map(str::to_owned));
    }
    let each = move |word: &'static str| (0..outputs).map(move |class| format!("{word}_{class}"));
    Box::new(std::iter::once(String::new()).chain(each("class")).chain(each("raw")))
}

impl ColumnModel for Imported {
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

    fn is_steady(&self, _part: usize) -> bool {
        true
    }

    fn takes_rows(&self) -> bool {
        true
    }

    fn fit(&self, _population: &dyn Population, _previous: Option<&[u8]>) -> Result<FitOutcome> {
        Ok(FitOutcome::default())
    }

    fn prepare(&self, _parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        Ok(Box::new(Ready { models: self.models.clone() }))
    }
}
