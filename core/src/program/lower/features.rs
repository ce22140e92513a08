//! Features and ties: what is kept, and which events feed it.

use super::Lowering;
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

/// An aggregate, as the words of a definition choose it.
#[derive(Debug, Clone, Copy)]
struct Chosen<'w> {
    op: Op,
    occasion: bool,
    value: Option<&'w Word<String>>,
    by: Option<&'w Word<String>>,
    /// Half-lives of a velocity: the difference of two means.
    velocity: Option<(i64, i64)>,
}

impl Lowering<'_> {
    pub(super) fn features(&mut self) {
        for feature in &self.model.features {
            self.name_free(&feature.name);
            self.declared_feature(feature);
        }
    }

    fn declared_feature(&mut self, feature: &model::Feature) -> Option<()> {
        let kinds = if feature.on.is_empty() { self.user_kinds() } else { self.kinds_named(&feature.on) };
        let direction = self.direction(feature.direction.as_ref());
        let per = self.toward(feature.toward.as_ref())?;
        if let Some(word) = feature.by.as_ref() {
            self.absent(&feature.name, &format!("roll-ups (`by = \"{}\"`) are not in this version yet", word.value));
            return None;
        }
        let name = &feature.name;
        let chosen = self.aggregate(feature, &kinds)?;
        let kind = self.value_type(&chosen, &kinds);
        let make = |window: Window, name: String| FeatureRequest {
            name,
            kinds: kinds.clone(),
            filter: feature.filter.as_ref(),
            direction,
            per,
            occasion: chosen.occasion,
            op: chosen.op,
            value: chosen.value,
            by: chosen.by,
            window,
        };
        let whose = if per == Per::Pair { Whose::Pair } else { Whose::Own };
        match chosen.velocity {
            None => {
                if let Some(reason) = FeatureSpec::refusal(chosen.op, feature.window) {
                    self.mistake(name, reason, None);
                    return None;
                }
                let index = self.feature(make(feature.window, name.value.clone()))?;
                self.feature_column(name.value.clone(), index, whose, kind);
            }
            Some((fast, slow)) => {
                let mut part = |half_life: i64, part: &str| {
                    let hidden = format!(".{}.{part}", name.value);
                    let index = self.feature(make(Window::HalfLife(half_life), hidden.clone()))?;
                    Some(self.feature_column(hidden, index, whose, Type::Number))
                };
                let (fast, slow) = (part(fast, "fast")?, part(slow, "slow")?);
                self.add_difference(name, fast, slow);
            }
        }
        Some(())
    }

    /// The type of a feature's column: that of its value where it is one of the values, else a number.
    fn value_type(&mut self, chosen: &Chosen<'_>, kinds: &[usize]) -> Type {
        match chosen.op {
            Op::Top(_) => Type::Key,
            Op::FirstTime | Op::LastTime => Type::Time,
            Op::First | Op::Last => {
                let before = self.problems.len();
                let expr = chosen.value.and_then(|word| self.over_events(word, kinds));
                self.problems.truncate(before);
                expr.map_or(Type::Number, |expr| expr.output())
            }
            _ => Type::Number,
        }
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

    fn aggregate<'w>(&mut self, feature: &'w model::Feature, kinds: &[usize]) -> Option<Chosen<'w>> {
        let plain = Chosen { op: Op::Count, occasion: false, value: None, by: None, velocity: None };
        let (word, of) = match &feature.aggregate {
            Aggregate::Count(word) => return Some(Chosen { occasion: word.value == "occasion", ..plain }),
            Aggregate::Of(word, of) => (word.as_str(), of),
        };
        let over_numbers = |op: Op| Some(Chosen { op, value: Some(of), ..plain });
        match word {
            "sum" => over_numbers(Op::Sum),
            "mean" => over_numbers(Op::Mean),
            "variance" | "volatility" => over_numbers(Op::Variance),
            "min" => over_numbers(Op::Min),
            "max" => over_numbers(Op::Max),
            "first" => over_numbers(Op::First),
            "last" => over_numbers(Op::Last),
            "first_time" | "last_time" | "gap_mean" | "gap_variance" | "gap_log_sum" => {
                let op = match word {
                    "first_time" => Op::FirstTime,
                    "last_time" => Op::LastTime,
                    "gap_mean" => Op::GapMean,
                    "gap_variance" => Op::GapVariance,
                    _ => Op::GapLogSum,
                };
                if !matches!(of.value.as_str(), "event" | "occasion") {
                    self.mistake(of, "expected `event` or `occasion`", None);
                    return None;
                }
                Some(Chosen { op, occasion: of.value == "occasion", ..plain })
            }
            "velocity" => {
                let spans = (self.span(feature, "fast")?, self.span(feature, "slow")?);
                if spans.0 >= spans.1 {
                    self.mistake(of, "`fast` must be shorter than `slow`", None);
                    return None;
                }
                Some(Chosen { op: Op::Mean, value: Some(of), velocity: Some(spans), ..plain })
            }
            "quantile" => {
                let q = self.rest_number(feature, "q").filter(|q| (0.0..=1.0).contains(q));
                if q.is_none() {
                    self.mistake(of, "a quantile needs `q`, a number from 0 to 1", None);
                }
                over_numbers(Op::Quantile(q?))
            }
            "distinct" if self.role(of, kinds).is_none() => {
                self.problems.pop();
                over_numbers(Op::Distinct)
            }
            "distinct" => Some(Chosen { op: Op::Distinct, by: Some(of), ..plain }),
            "entropy" => Some(Chosen { op: Op::Entropy, by: Some(of), ..plain }),
            "top" => {
                let rank = self.rest_number(feature, "k").unwrap_or(1.0);
                if rank < 1.0 || rank.fract() != 0.0 {
                    self.mistake(of, "`k` is a rank: a whole number from 1", None);
                    return None;
                }
                Some(Chosen { op: Op::Top(rank as u32), by: Some(of), ..plain })
            }
            "share" => {
                let key = feature.rest.iter().find(|(word, _)| word.value == "of").and_then(|(_, node)| node.as_text());
                let Some(key) = key.map(|text| self.key(text)) else {
                    self.mistake(of, "a share needs `of`, the name whose share it is", None);
                    return None;
                };
                Some(Chosen { op: Op::Share(key), by: Some(of), ..plain })
            }
            _ => {
                self.absent(
                    &feature.name,
                    &format!("the aggregate `{word}` is read through `share`, `top` and `entropy`"),
                );
                None
            }
        }
    }

    fn span(&mut self, feature: &model::Feature, key: &str) -> Option<i64> {
        let found = feature.rest.iter().find(|(word, _)| word.value == key).and_then(|(_, node)| node.as_text());
        let span = found.and_then(|text| crate::data::time::parse_span(text).ok());
        if span.is_none() {
            self.mistake(&feature.name, format!("a velocity needs `{key}`, a half-life such as `7d`"), None);
        }
        span
    }

    fn rest_number(&self, feature: &model::Feature, key: &str) -> Option<f64> {
        feature.rest.iter().find(|(word, _)| word.value == key).and_then(|(_, node)| node.as_number())
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
                if !matches!(request.op, Op::First | Op::Last | Op::Distinct) {
                    self.expect_type(word, &expr, Type::Number);
                }
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
