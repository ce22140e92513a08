//! How columns move while time passes and nothing happens.

use crate::definition::model::Window;
use crate::expr::{Course, Expr, Trend};
use crate::program::{Input, Op, Per, Program, Source, Whose};

/// How a column moves with time alone.
#[derive(Debug, Clone)]
pub(crate) struct Motion {
    /// Its course between steps.
    pub course: Course,
    /// Features over windows that it depends on: it may step when an event leaves them.
    pub steps: Vec<usize>,
    /// The decaying sum or count that it is, if it is nothing but that.
    pub decay: Option<usize>,
}

impl Motion {
    fn of(trend: Trend, positive: bool) -> Self {
        Motion { course: Course::new(trend, positive), steps: Vec::new(), decay: None }
    }
}

/// The motion of every column of a program.
pub(crate) fn motions(program: &Program) -> Vec<Motion> {
    let mut motions: Vec<Motion> = Vec::with_capacity(program.columns.len());
    for column in &program.columns {
        let motion = match &column.source {
            Source::Feature { feature, whose: Whose::Own } => of_feature(program, *feature),
            Source::Feature { .. } | Source::Social(_) => Motion::of(Trend::Mixed, false),
            Source::Confidence(_) => Motion::of(Trend::Fading, true),
            Source::Trait(_)
            | Source::Set { .. }
            | Source::Learnt(_)
            | Source::Context(_)
            | Source::Told
            | Source::Axis { .. }
            | Source::Cell(_) => Motion::of(Trend::Still, false),
            Source::Now => Motion::of(Trend::Rising, false),
            Source::Formula(expr) => of_expr(expr, &motions),
            Source::Model { model, part } => of_model(program, *model, *part, &motions),
        };
        motions.push(motion);
    }
    motions
}

/// The motion of an expression over columns.
pub(crate) fn of_expr(expr: &Expr, motions: &[Motion]) -> Motion {
    let unknown = Course::new(Trend::Mixed, false);
    let course = expr.course(|column| motions.get(column as usize).map_or(unknown, |motion| motion.course));
    let inputs = expr.inputs().iter().filter_map(|column| motions.get(*column as usize));
    Motion { course, steps: joined(inputs.flat_map(|motion| &motion.steps).copied()), decay: None }
}

fn of_feature(program: &Program, feature: usize) -> Motion {
    let Some(spec) = program.features.get(feature) else { return Motion::of(Trend::Mixed, false) };
    // Events of others move the row of a group.
    if matches!(program.triggers.get(spec.trigger).map(|trigger| trigger.per), Some(Per::Group(_)) | None) {
        return Motion::of(Trend::Mixed, false);
    }
    let positive = matches!(spec.shape.op, Op::Count | Op::Distinct | Op::Share(_) | Op::Entropy | Op::Variance);
    match (spec.shape.window, spec.shape.op) {
        (Window::HalfLife(_), Op::Count | Op::Sum) => {
            Motion { decay: Some(feature), ..Motion::of(Trend::Fading, positive) }
        }
        (Window::HalfLife(_), Op::GapLogSum) => Motion::of(Trend::Fading, false),
        (Window::Span { .. } | Window::Session(_), _) => {
            Motion { steps: vec![feature], ..Motion::of(Trend::Still, positive) }
        }
        _ => Motion::of(Trend::Still, positive),
    }
}

fn of_model(program: &Program, model: usize, part: usize, motions: &[Motion]) -> Motion {
    let Some((_, spec)) = program.models.get(model) else { return Motion::of(Trend::Mixed, false) };
    let mut motion = Motion { course: spec.course(part), steps: Vec::new(), decay: None };
    for input in spec.inputs() {
        let of_input = match input {
            Input::Column(column) => motions.get(*column).cloned(),
            // Decay scales all weights alike, which a steady part does not see.
            Input::Histogram(feature) => {
                Some(Motion { course: Course::new(Trend::Still, true), ..of_feature(program, *feature) })
            }
        };
        let of_input = of_input.unwrap_or_else(|| Motion::of(Trend::Mixed, false));
        if of_input.course.trend != Trend::Still {
            motion.course = Course::new(Trend::Mixed, false);
        }
        motion.steps = joined(motion.steps.into_iter().chain(of_input.steps));
    }
    motion
}

fn joined(features: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut features: Vec<usize> = features.collect();
    features.sort_unstable();
    features.dedup();
    features
}
