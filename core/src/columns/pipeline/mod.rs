//! `[score.NAME] model = "pipeline"`: what an opportunity will bring, by the survival of the stages of the sale.
//!
//! The opportunity is the customer, or an entity of its own that the customer owns; the events `on` say which
//! stage it enters, and one that names the stage in which it stands, or none, begins that anew. The column is
//! what it is worth (`value`) times the chance to be won, ever or within `horizon` periods, of an opportunity that
//! has stood in its stage for so long ([`crate::models::survival::Stages`]). Parts: `chance`, `lower` and
//! `upper` (what it is worth times the ends of the chance's interval, .05 on either side), `age` (whole periods
//! in the stage), `stage` and `worth`. Of who was won the chance is 1, of who was lost 0. Unknown before a fit,
//! but for the last three, and in a stage in which the fit saw nobody.
//!
//! Ordered class: the stage is the latest. Cost of a read: O(1).
//!
//! Keys: `on`, `where`, `stage` (the role that names the stage, default `stage`), `won`, `lost` (names of stages that
//! are ends), `value` (expression over columns, default 1), `period` (default `7d`), `horizon` (periods).

mod fitted;

use fitted::{Fitted, Parameters};

use super::hidden::{Hidden, formula, or_else, parts};
use crate::base::{Error, ErrorKind, Result};
use crate::data::record::NONE;
use crate::definition::Section;
use crate::definition::model::Column;
use crate::expr::Type;
use crate::models::survival::{Goal, Spell, Stages};
use crate::program::{
    ColumnModel, FitOutcome, FittedModel, Happened, Input, Kind, Lowered, Lowering, Op, Part, Population, Wanted,
};

/// The kind of sales in stages.
pub(super) struct PipelineKind;

/// The names of the ends.
#[derive(Debug, Clone, PartialEq)]
struct Ends {
    won: Vec<u32>,
    lost: Vec<u32>,
}

struct Pipeline {
    /// The stage, when it was entered, what the opportunity is worth.
    inputs: [Input; 3],
    parts: Vec<Part>,
    ends: Ends,
    /// Microseconds.
    period: i64,
    horizon: Option<u32>,
    /// The events, with the stage of each.
    wanted: Wanted,
}

impl Kind for PipelineKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.text("model") == Some("pipeline")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let on = section.words("on");
        let filter = section.text("where");
        let stage = section.text("stage");
        let (won, lost) = (section.words("won"), section.words("lost"));
        let value = section.expression("value");
        let period = section.duration("period").map_or(7 * super::DAY, |span| span.value);
        let horizon = section.integer("horizon", 1);
        section.require("on", "the event kinds that say which stage is entered");
        section.require("won", "the stage in which an opportunity is won, as in `won = \"won\"`");
        section.finish();
        if let Some(horizon) = horizon.as_ref().filter(|horizon| horizon.value as usize > Stages::LONGEST) {
            let message = format!("a horizon of {} periods, where {} are the most", horizon.value, Stages::LONGEST);
            lowering.problems.push(horizon.problem(message, None));
            return None;
        }
        if let Some(both) = lost.iter().find(|lost| won.iter().any(|won| won.value == lost.value)) {
            let message = format!("`{}` can't be both won and lost", both.value);
            lowering.problems.push(both.problem(message, None));
            return None;
        }
        let name = &column.name;
        let stage = or_else(stage, name, "stage");
        let mut wanted = lowering.wanted(&on, filter.as_ref())?;
        let entered = lowering.over_events(&stage, &wanted.kinds)?;
        lowering.expect_type(&stage, &entered, Type::Key);
        let hidden = Hidden { name: &name.value, kinds: &wanted.kinds, filter: filter.as_ref() };
        let value = or_else(value, name, "1.0");
        let inputs = [
            hidden.column("stage", Op::Last, Some(&stage), lowering)?,
            hidden.column("entered", Op::LastTime, None, lowering)?,
            Input::Column(formula(&name.value, "worth", &value, Type::Number, lowering)?),
        ];
        wanted.values.push(entered);
        let kinds = ["", "chance", "lower", "upper", "age"].map(|part| (part, Type::Number));
        let mut keys = |words: &[crate::definition::model::Word<String>]| {
            let mut keys: Vec<u32> = words.iter().map(|word| lowering.key(&word.value)).collect();
            keys.sort_unstable();
            keys
        };
        Some(Lowered::Model(Box::new(Pipeline {
            inputs,
            parts: parts(kinds.into_iter().chain([("stage", Type::Key), ("worth", Type::Number)])),
            ends: Ends { won: keys(&won), lost: keys(&lost) },
            period,
            horizon: horizon.map(|word| word.value),
            wanted,
        })))
    }
}

impl Ends {
    /// Whether a stage is an end: won or lost.
    fn of(&self, stage: u32) -> Option<Goal> {
        match (self.won.binary_search(&stage), self.lost.binary_search(&stage)) {
            (Ok(_), _) => Some(Goal::Won),
            (_, Ok(_)) => Some(Goal::Lost),
            _ => None,
        }
    }
}

/// Whole periods in a span, within what a spell can last.
fn periods(span: i64, period: i64) -> u32 {
    u32::try_from(span.max(0) / period).unwrap_or(u32::MAX).min(LASTING)
}

/// The longest spell that is told apart, in periods.
const LASTING: u32 = 10_000;

impl Pipeline {
    /// The stages by their keys, rising, and the spells in them.
    fn spells(&self, mut events: Vec<Happened>, now: i64) -> (Vec<u32>, Vec<Spell>) {
        events.retain(|event| event.customer != NONE);
        events.sort_by_key(|event| event.customer);
        // (stage, span, the stage that was entered then): of one customer after the other.
        let mut spans: Vec<(u32, i64, Option<u32>)> = Vec::new();
        for own in events.chunk_by(|a, b| a.customer == b.customer) {
            let mut standing: Option<(u32, i64)> = None;
            for event in own {
                let named = event.values.first().filter(|stage| !stage.is_nan()).map(|stage| *stage as u32);
                let Some(entered) = named.or(standing.map(|(stage, _)| stage)) else { continue };
                spans.extend(standing.map(|(stage, since)| (stage, event.at.saturating_sub(since), Some(entered))));
                standing = Some((entered, event.at));
            }
            spans.extend(standing.map(|(stage, since)| (stage, now.saturating_sub(since), None)));
        }
        spans.retain(|(stage, ..)| self.ends.of(*stage).is_none());
        let entered = spans.iter().filter_map(|span| span.2).filter(|stage| self.ends.of(*stage).is_none());
        let mut stages: Vec<u32> = spans.iter().map(|span| span.0).chain(entered).collect();
        stages.sort_unstable();
        stages.dedup();
        let place = |stage: u32| stages.binary_search(&stage).unwrap_or(0) as u32;
        let goal = |stage: u32| self.ends.of(stage).unwrap_or_else(|| Goal::Stage(place(stage)));
        let spell = |(stage, span, to): &(u32, i64, Option<u32>)| Spell {
            stage: place(*stage),
            // Who moves does so in the period that runs.
            periods: match to {
                Some(_) => periods(span.saturating_sub(1), self.period).saturating_add(1).min(LASTING),
                None => periods(*span, self.period),
            },
            to: to.map(goal),
        };
        let spells = spans.iter().map(spell).collect();
        (stages, spells)
    }
}

impl ColumnModel for Pipeline {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    fn needs_fit(&self) -> bool {
        true
    }

    fn fit(&self, population: &dyn Population, _previous: Option<&[u8]>) -> Result<FitOutcome> {
        let events = population.events(&self.wanted)?;
        let (keys, spells) = self.spells(events, population.at());
        if spells.is_empty() {
            return Err(Error::new(ErrorKind::NotEnoughData, "no opportunity has been in a stage yet"));
        }
        let stages = Stages::fit(&spells, keys.len(), self.horizon)?;
        let mut diagnostics = vec![
            ("spells".to_owned(), spells.len() as f64),
            ("ended".to_owned(), spells.iter().filter(|spell| spell.to.is_some()).count() as f64),
            ("stages".to_owned(), keys.len() as f64),
        ];
        for (key, place) in keys.iter().zip(0..) {
            diagnostics.push((format!("chance.{}", population.key(*key)), stages.chance(place, 0)));
        }
        let parameters = Parameters { keys, levels: stages.levels().to_vec() };
        Ok(FitOutcome { parameters: parameters.encode(), diagnostics, ..FitOutcome::default() })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let fitted = match parameters.map(Parameters::decode).transpose()? {
            Some(Parameters { keys, levels }) => Some((keys, Stages::of_levels(levels, self.horizon)?)),
            None => None,
        };
        Ok(Box::new(Fitted { fitted, ends: self.ends.clone(), period: self.period }))
    }
}
