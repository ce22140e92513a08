//! The words of an aggregate, and what each makes of events.

use super::Lowering;
use crate::data::time::parse_span;
use crate::definition::did_you_mean;
use crate::definition::model::{self, Aggregate, FieldType, Window, Word};
use crate::expr::Type;
use crate::program::feature::{Op, Per};

/// The last rank that a name may be asked for by.
const MOST_RANK: f64 = 65_536.0;

/// An aggregate, as the words of a definition choose it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chosen<'w> {
    pub op: Op,
    pub occasion: bool,
    pub value: Option<&'w Word<String>>,
    pub by: Option<&'w Word<String>>,
    /// Half-lives of a velocity: the difference of two means.
    pub velocity: Option<(i64, i64)>,
}

impl Lowering<'_> {
    /// Whose state a feature is: `toward` names a tie, `by` a trait whose names are groups.
    pub(super) fn whose(&mut self, feature: &model::Feature) -> Option<Per> {
        let per = match feature.toward.as_ref().map(|word| word.value.as_str()) {
            None => Per::Customer,
            Some("peer") => Per::Pair,
            Some(_) => {
                self.absent(&feature.name, "only `toward = \"peer\"` is in this version yet");
                return None;
            }
        };
        let Some(word) = &feature.by else { return Some(per) };
        if per == Per::Pair {
            self.mistake(word, "a feature is kept by group or toward a peer, not both", None);
            return None;
        }
        match self.program.traits.iter().position(|item| item.name == word.value) {
            Some(item) if self.program.traits.get(item).is_some_and(|item| item.kind == FieldType::Category) => {
                Some(Per::Group(item))
            }
            Some(_) => {
                self.mistake(word, format!("`{}` is no category, so its values name no groups", word.value), None);
                None
            }
            None if word.value == "community" => {
                self.absent(&feature.name, "communities are not in this version yet");
                None
            }
            None => {
                let names = self.program.traits.iter().filter(|item| item.kind == FieldType::Category);
                let hint = did_you_mean(&word.value, names.map(|item| item.name.as_str()));
                self.mistake(word, format!("no category trait `{}` that could name a group", word.value), hint);
                None
            }
        }
    }

    /// The type of a feature's column: that of its value where it is one of the values, else a number.
    pub(super) fn value_type(&mut self, chosen: &Chosen<'_>, kinds: &[usize]) -> Type {
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

    /// The aggregate that a feature's words choose; mistakes are reported.
    pub(super) fn aggregate<'w>(&mut self, feature: &'w model::Feature, kinds: &[usize]) -> Option<Chosen<'w>> {
        let plain = Chosen { op: Op::Count, occasion: false, value: None, by: None, velocity: None };
        let (word, of) = match &feature.aggregate {
            Aggregate::Count(word) => return Some(Chosen { occasion: word.value == "occasion", ..plain }),
            Aggregate::Of(word, of) => (word.as_str(), of),
        };
        let over_numbers = |op: Op| Some(Chosen { op, value: Some(of), ..plain });
        let over_moments = |op: Op| Chosen { op, occasion: of.value == "occasion", ..plain };
        let over_names = |op: Op| Some(Chosen { op, by: Some(of), ..plain });
        match word {
            "sum" => over_numbers(Op::Sum),
            "mean" => over_numbers(Op::Mean),
            "variance" | "volatility" => over_numbers(Op::Variance),
            "min" => over_numbers(Op::Min),
            "max" => over_numbers(Op::Max),
            "first" => over_numbers(Op::First),
            "last" => over_numbers(Op::Last),
            "first_time" => self.moments(feature, of, over_moments(Op::FirstTime)),
            "last_time" => self.moments(feature, of, over_moments(Op::LastTime)),
            "gap_mean" => self.moments(feature, of, over_moments(Op::GapMean)),
            "gap_variance" => self.moments(feature, of, over_moments(Op::GapVariance)),
            "gap_log_sum" => self.moments(feature, of, over_moments(Op::GapLogSum)),
            "velocity" => {
                let velocity = Some(self.half_lives(feature)?);
                Some(Chosen { op: Op::Mean, value: Some(of), velocity, ..plain })
            }
            "quantile" => {
                let q = rest_number(feature, "q").filter(|q| (0.0..=1.0).contains(q));
                if q.is_none() {
                    self.mistake(of, "a quantile needs `q`, a number from 0 to 1", None);
                }
                over_numbers(Op::Quantile(q?))
            }
            "distinct" if self.role(of, kinds).is_none() => {
                self.problems.pop();
                over_numbers(Op::Distinct)
            }
            "distinct" => over_names(Op::Distinct),
            "entropy" => over_names(Op::Entropy),
            "top" => {
                let rank = rest_number(feature, "k").unwrap_or(1.0);
                if !(1.0..=MOST_RANK).contains(&rank) || rank.fract() != 0.0 {
                    self.mistake(of, format!("`k` is a rank: a whole number from 1 to {MOST_RANK}"), None);
                    return None;
                }
                if self.is_flag(of) {
                    self.mistake(of, "a flag has no names", Some("take its `mean`, the share that is true".to_owned()));
                    return None;
                }
                over_names(Op::Top(rank as u32))
            }
            "share" => over_names(Op::Share(self.share_of(feature, of)?)),
            _ => {
                let message = format!("the aggregate `{word}` is read through `share`, `top` and `entropy`");
                self.absent(&feature.name, &message);
                None
            }
        }
    }

    /// An aggregate of moments. The first and the last time of occasions are those of their lines,
    /// except among the last n, where the occasions themselves are counted.
    fn moments<'w>(&mut self, feature: &model::Feature, of: &Word<String>, chosen: Chosen<'w>) -> Option<Chosen<'w>> {
        if !matches!(of.value.as_str(), "event" | "occasion") {
            self.mistake(of, "expected `event` or `occasion`", None);
            return None;
        }
        let of_lines = matches!(chosen.op, Op::FirstTime | Op::LastTime) && !matches!(feature.window, Window::Last(_));
        Some(Chosen { occasion: chosen.occasion && !of_lines, ..chosen })
    }

    fn half_lives(&mut self, feature: &model::Feature) -> Option<(i64, i64)> {
        if feature.window != Window::Lifetime {
            self.mistake(&feature.name, "a velocity has half-lives of its own, `fast` and `slow`, and no window", None);
            return None;
        }
        let (fast, slow) = (self.span(feature, "fast")?, self.span(feature, "slow")?);
        if fast >= slow {
            self.mistake(&feature.name, "`fast` must be shorter than `slow`", None);
            return None;
        }
        Some((fast, slow))
    }

    /// The key whose share it is; of a flag `true` or `false`.
    fn share_of(&mut self, feature: &model::Feature, of: &Word<String>) -> Option<u32> {
        let text = feature.rest.iter().find(|(word, _)| word.value == "of").and_then(|(_, node)| node.as_text());
        match (text, self.is_flag(of)) {
            (Some("true"), true) => Some(1),
            (Some("false"), true) => Some(0),
            (Some(_), true) => {
                self.mistake(of, "the share of a flag is that of `true` or of `false`", None);
                None
            }
            (Some(text), false) => Some(self.key(text)),
            (None, _) => {
                self.mistake(of, "a share needs `of`, the name whose share it is", None);
                None
            }
        }
    }

    fn is_flag(&self, role: &Word<String>) -> bool {
        self.program.slots.iter().any(|slot| slot.role == role.value && slot.kind == FieldType::Bool)
    }

    fn span(&mut self, feature: &model::Feature, key: &str) -> Option<i64> {
        let found = feature.rest.iter().find(|(word, _)| word.value == key).and_then(|(_, node)| node.as_text());
        let span = found.and_then(|text| parse_span(text).ok());
        if span.is_none() {
            self.mistake(&feature.name, format!("a velocity needs `{key}`, a half-life such as `7d`"), None);
        }
        span
    }
}

fn rest_number(feature: &model::Feature, key: &str) -> Option<f64> {
    feature.rest.iter().find(|(word, _)| word.value == key).and_then(|(_, node)| node.as_number())
}
