//! `[score.NAME] model = "pooled"`: how often something holds of a customer's events, drawn to the customer's
//! segment and to everyone as far as the customer's own events say little.
//!
//! The fit learns everyone's rate, each segment's, and how closely segments and persons hold together
//! ([`crate::models::pooling`]). The column is the mean of the beta distribution of the customer's own rate. Parts:
//! `lower` and `upper` (its interval), `standard_error`, `level` (`everyone`, `segment` or `person`: which of them
//! weighs most), `segment` (the segment's rate), `everyone` (everyone's), `trials` (events, decayed with a
//! half-life). Unknown before a fit; who has no event has the segment's rate, and whose segment is unknown everyone's.
//! Fold class, but for the segment.
//!
//! Keys: `on`, `where`, `rate` (an expression over the event: true or false), `within` (a column of names),
//! `half_life`, `confidence` (of the interval, default 0.95).

mod fitted;

use fitted::{Fitted, Parameters, Words};

use super::hidden::{Hidden, each, parts};
use crate::base::{Error, ErrorKind, Result};
use crate::data::record::NONE;
use crate::definition::Section;
use crate::definition::model::{Column, Window};
use crate::expr::Type;
use crate::models::pooling::{Level, Pooled};
use crate::program::{ColumnModel, FitOutcome, FittedModel, Input, Kind, Lowered, Lowering, Op, Part, Population};

/// The kind of pooled rates.
pub(super) struct PooledKind;

struct PooledRate {
    /// The segment, successes, trials.
    inputs: [Input; 3],
    parts: Vec<Part>,
    words: Words,
}

impl Kind for PooledKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "score" && column.table.text("model") == Some("pooled")
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let mut section = Section::new(&column.table, &mut lowering.problems);
        section.text("model");
        let on = section.words("on");
        let filter = section.text("where");
        let rate = section.expression("rate");
        let within = section.text("within");
        let half_life = section.duration("half_life");
        let confidence =
            section.number_where("confidence", "a number between 0 and 1", |share| share > 0.0 && share < 1.0);
        section.require("rate", "what may hold of an event, as in `rate = \"amount > 20.0\"`");
        section.require("within", "the column of names that segments go by");
        section.finish();
        let kinds = if on.is_empty() { lowering.user_kinds() } else { lowering.kinds_named(&on) };
        let (rate, within) = (rate?, within?);
        if kinds.len() < on.len() {
            return None;
        }
        let found = lowering.read_column(&within)?;
        let (kind, toward) = lowering.program.columns.get(found).map(|spec| (spec.kind, spec.toward))?;
        if toward || !matches!(kind, Type::Key | Type::Bool) {
            let message = format!("`{}` is no column of names that a customer has alone", within.value);
            lowering.mistake(&within, message, Some("an axis of a segment cuts a quantity into names".to_owned()));
            return None;
        }
        let holds = lowering.over_events(&rate, &kinds)?;
        if holds.output() != Type::Bool {
            lowering.expect_type(&rate, &holds, Type::Bool);
            return None;
        }
        let window = half_life.as_ref().map_or(Window::Lifetime, |span| Window::HalfLife(span.value));
        let hidden = Hidden { name: &column.name.value, kinds: &kinds, filter: filter.as_ref() };
        // What is unknown of an event is unknown in both sums, and counts in neither.
        let mut sum = |part: &str, otherwise: &str| {
            let value = rate.with(format!("({}) ? 1.0 : {otherwise}", rate.value));
            hidden.column_over(part, Op::Sum, Some(&value), window, lowering)
        };
        let inputs = [Input::Column(found), sum("successes", "0.0")?, sum("trials", "1.0")?];
        let numbers = |names: &[&'static str]| names.iter().map(|name| (*name, Type::Number)).collect::<Vec<_>>();
        let mut all = parts(numbers(&["", "lower", "upper", "standard_error"]));
        all.extend(parts([("level", Type::Key)]));
        all.extend(parts(numbers(&["segment", "everyone", "trials"])));
        let levels = [Level::Everyone, Level::Segment, Level::Person].map(|level| lowering.key(level.name()));
        let words = Words { levels, confidence: confidence.map_or(0.95, |word| word.value) };
        Some(Lowered::Model(Box::new(PooledRate { inputs, parts: all, words })))
    }
}

/// The number of a segment; who is in none is in one that nobody is in.
fn segment_of(value: f64) -> u32 {
    if value.is_nan() { NONE } else { value as u32 }
}

impl ColumnModel for PooledRate {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    fn needs_fit(&self) -> bool {
        true
    }

    fn is_steady(&self, _part: usize) -> bool {
        true
    }

    fn fit(&self, population: &dyn Population, _previous: Option<&[u8]>) -> Result<FitOutcome> {
        let (mut segments, mut successes, mut trials) = (Vec::new(), Vec::new(), Vec::new());
        each(population, &self.inputs, |inputs| {
            let [segment, s, n] = inputs.values else { return };
            if *n > 0.0 {
                segments.push(segment_of(*segment));
                // Decayed sums are rounded one by one.
                successes.push(s.clamp(0.0, *n));
                trials.push(*n);
            }
        })?;
        if trials.is_empty() {
            return Err(Error::new(ErrorKind::NotEnoughData, "there is no event of which the rate is known"));
        }
        let pooled = Pooled::fit(&segments, &successes, &trials)?;
        let diagnostics = [
            ("customers", trials.len() as f64),
            ("trials", trials.iter().sum()),
            ("rate", pooled.rate),
            ("segments", pooled.segments().len() as f64),
            ("between", pooled.between),
            ("within", pooled.within),
        ];
        let diagnostics = diagnostics.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Ok(FitOutcome { parameters: Parameters { pooled }.encode(), diagnostics, ..FitOutcome::default() })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let pooled = parameters.map(Parameters::decode).transpose()?.map(|kept| kept.pooled);
        Ok(Box::new(Fitted { pooled, words: self.words }))
    }
}
