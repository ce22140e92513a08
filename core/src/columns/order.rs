//! Which order of arrival a column honours.

use crate::definition::model::Window;
use crate::program::{Input, KIND_CROSSED, KIND_DECIDED, KIND_OUTCOME, Per, Program, Source};

/// How a column depends on the order in which events arrive, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Order {
    /// Free of order, however late: counts, extremes and sketches to the bit, sums to rounding.
    Fold,
    /// Exact for events within the declared lateness: windows, sessions, gaps, the last n, occasions.
    Ordered,
    /// As it arrived, never revised: membership, decisions, outcomes, and features of a group, which go
    /// to the group that the customer was known to be in when the event came.
    Trail,
}

impl Order {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Order::Fold => "fold",
            Order::Ordered => "ordered",
            Order::Trail => "trail",
        }
    }
}

/// The order class of every column: the strictest of what it reads.
pub(crate) fn orders(program: &Program) -> Vec<Order> {
    let mut orders: Vec<Order> = Vec::with_capacity(program.columns.len());
    for column in &program.columns {
        let of = |column: &usize| orders.get(*column).copied().unwrap_or(Order::Fold);
        let order = match &column.source {
            Source::Feature { feature, .. } => of_feature(program, *feature),
            Source::Trait(_)
            | Source::Set { .. }
            | Source::Learnt(_)
            | Source::Confidence(_)
            | Source::Now
            | Source::Context(_)
            | Source::Told => Order::Fold,
            Source::Social(social) => social.columns().iter().map(of).max().unwrap_or(Order::Fold),
            Source::Formula(expr) => {
                expr.inputs().iter().map(|input| of(&(*input as usize))).max().unwrap_or(Order::Fold)
            }
            Source::Model { model, .. } => {
                let inputs = program.models.get(*model).map_or(&[][..], |(_, model)| model.inputs());
                let each = inputs.iter().map(|input| match input {
                    Input::Column(column) => of(column),
                    Input::Histogram(feature) => of_feature(program, *feature),
                });
                each.max().unwrap_or(Order::Fold)
            }
            Source::Axis { .. } | Source::Cell(_) => Order::Trail,
        };
        orders.push(order);
    }
    orders
}

fn of_feature(program: &Program, feature: usize) -> Order {
    let Some(spec) = program.features.get(feature) else { return Order::Fold };
    let Some(trigger) = program.triggers.get(spec.trigger) else { return Order::Fold };
    if matches!(trigger.per, Per::Group(_)) {
        return Order::Trail;
    }
    if trigger.kinds.iter().any(|kind| [KIND_CROSSED, KIND_DECIDED, KIND_OUTCOME].contains(kind)) {
        return Order::Trail;
    }
    let windowed = !matches!(spec.shape.window, Window::Lifetime | Window::HalfLife(_));
    match windowed || spec.shape.op.is_gap() || trigger.occasion || trigger.replies {
        true => Order::Ordered,
        false => Order::Fold,
    }
}
