//! Features and ties: what is kept, and which events feed it.

use super::Lowering;
use crate::definition::did_you_mean;
use crate::definition::model::{self, Aggregate, Window, Word};
use crate::expr::{Expr, Type};
use crate::program::TieSpec;
use crate::program::column::{ColumnSpec, Source, Whose};
use crate::program::feature::{Direction, FeatureSpec, Op, Per, Trigger};

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

impl Lowering<'_> {
    pub(super) fn features(&mut self) {
        for feature in &self.model.features {
            self.name_free(&feature.name);
            self.declared_feature(feature);
        }
    }

    pub(super) fn declared_feature(&mut self, feature: &model::Feature) -> Option<()> {
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

    pub(super) fn direction(&mut self, word: Option<&Word<String>>) -> Direction {
        match word.map(|word| word.value.as_str()) {
            None | Some("out") => Direction::Out,
            Some("in") => Direction::In,
            _ => Direction::Both,
        }
    }

    pub(super) fn toward(&mut self, word: Option<&Word<String>>) -> Option<Per> {
        match word {
            None => Some(Per::Customer),
            Some(word) if word.value == "peer" => Some(Per::Pair),
            Some(word) => {
                self.absent(word, "only `toward = \"peer\"` is in this version yet");
                None
            }
        }
    }

    pub(super) fn aggregate<'w>(&mut self, aggregate: &'w Aggregate) -> Option<(Op, bool, Option<&'w Word<String>>)> {
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

    pub(super) fn ties(&mut self) {
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
                self.program.ties.push(TieSpec { name: name.clone(), key, feature });
                self.feature_column(name, feature, Whose::Pair, Type::Number);
            }
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

    pub(super) fn trigger(&mut self, request: &FeatureRequest<'_>, filter: Option<Expr>) -> usize {
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

    /// A column that reads a feature.
    pub fn feature_column(&mut self, name: String, feature: usize, whose: Whose, kind: Type) -> usize {
        let toward = whose != Whose::Own;
        self.add_column(ColumnSpec { name, kind, source: Source::Feature { feature, whose }, toward })
    }
}
