//! Features and ties: what is kept, and which events feed it.

use super::Lowering;
use crate::definition::did_you_mean;
use crate::definition::model::{self, Window, Word};
use crate::expr::{Expr, Type};
use crate::program::column::{ColumnSpec, Social, Source, Whose};
use crate::program::feature::{Direction, FeatureSpec, Op, Per, Shape, Trigger};
use crate::program::{SLOT_REPLY, TieSpec};

/// What a hidden or declared feature needs to be found or made.
#[derive(Debug, Clone)]
pub(crate) struct FeatureRequest<'w> {
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

    fn declared_feature(&mut self, feature: &model::Feature) -> Option<()> {
        let per = self.whose(feature)?;
        let kinds = match (feature.on.is_empty(), per) {
            (true, _) => self.user_kinds(),
            (false, Per::Pair) => self.paired_kinds(&feature.on),
            (false, _) => self.kinds_named(&feature.on),
        };
        let direction = self.direction(feature.direction.as_ref());
        let name = &feature.name;
        let chosen = self.aggregate(feature, &kinds)?;
        let kind = self.value_type(&chosen, &kinds);
        let make = |window: Window| FeatureRequest {
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
                if let Some(reason) = (Shape { op: chosen.op, window: feature.window }).refusal() {
                    self.mistake(name, reason, None);
                    return None;
                }
                let index = self.feature(make(feature.window))?;
                self.feature_column(name.value.clone(), index, whose, kind);
            }
            Some((fast, slow)) => {
                let mut part = |half_life: i64, part: &str| {
                    let hidden = format!(".{}.{part}", name.value);
                    let index = self.feature(make(Window::HalfLife(half_life)))?;
                    Some(self.feature_column(hidden, index, whose, Type::Number))
                };
                let (fast, slow) = (part(fast, "fast")?, part(slow, "slow")?);
                self.add_difference(name, fast, slow);
            }
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

    pub(super) fn ties(&mut self) {
        for tie in self.model.ties.iter().filter(|tie| tie.through.is_none()) {
            self.name_free(&tie.name);
            let kinds = self.paired_kinds(&tie.on);
            let window = tie.half_life.map_or(Window::Lifetime, Window::HalfLife);
            let op = if tie.weight.is_some() { Op::Sum } else { Op::Count };
            let name = tie.name.value.clone();
            let request = FeatureRequest {
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
                self.program.ties.push(TieSpec {
                    name: name.clone(),
                    key,
                    feature,
                    directed: tie.directed,
                    least: tie.least,
                    through: None,
                });
                self.feature_column(name, feature, Whose::Pair, Type::Number);
            }
        }
        for tie in &self.model.ties {
            if let Some(through) = &tie.through {
                self.meetings(tie, through);
            }
        }
    }

    /// A layer of those who meet in the places of another.
    fn meetings(&mut self, tie: &model::Tie, through: &Word<String>) {
        self.name_free(&tie.name);
        let Some(places) = self.tie_named(through) else { return };
        let Some(spec) = self.program.ties.get(places) else { return };
        let (feature, leads) = (spec.feature, spec.through.is_none() && spec.directed);
        if !leads {
            let hint = Some("name one that is fed, and not `directed = false`".to_owned());
            self.mistake(
                through,
                format!("the ties of `{}` do not lead from customers to places", through.value),
                hint,
            );
            return;
        }
        let name = tie.name.value.clone();
        let key = self.key(&name);
        let layer = self.program.ties.len();
        let through = Some((places, tie.most));
        let spec = TieSpec { name: name.clone(), key, feature, directed: false, least: tie.least, through };
        self.program.ties.push(spec);
        self.social_column(name, Social::Strength { tie: layer });
    }

    /// As [`Lowering::tie_named`], of a layer that word of mouth takes: not one of meeting in places.
    pub fn channel_named(&mut self, word: &Word<String>) -> Option<usize> {
        let found = self.tie_named(word)?;
        if self.program.ties.get(found).is_some_and(|tie| tie.through.is_some()) {
            let message = format!("the ties of `{}` are places in common, which carry no word of mouth", word.value);
            self.mistake(word, message, None);
            return None;
        }
        Some(found)
    }

    /// The layer of ties that a word names; reports one that there is not.
    pub fn tie_named(&mut self, word: &Word<String>) -> Option<usize> {
        let found = self.program.ties.iter().position(|tie| tie.name == word.value);
        // A layer that is mistaken where it is declared was reported there.
        if found.is_none() && !self.model.ties.iter().any(|tie| tie.name.value == word.value) {
            let names = self.model.ties.iter().map(|tie| tie.name.value.as_str());
            let hint = did_you_mean(&word.value, names);
            self.mistake(word, format!("no layer of ties `{}`", word.value), hint);
        }
        found
    }

    /// The columns with the share of each topic of the need space that a word names.
    pub fn topics_of(&mut self, word: &Word<String>) -> Option<Vec<usize>> {
        let is_space = self.model.columns.iter().any(|it| it.section == "needs" && it.name.value == word.value);
        if !is_space {
            let names = self.model.columns.iter().filter(|column| column.section == "needs");
            let hint = did_you_mean(&word.value, names.map(|column| column.name.value.as_str()));
            self.mistake(word, format!("no need space `{}`", word.value), hint);
            return None;
        }
        self.read_column(word)?;
        let prefix = format!("{}.topic_", word.value);
        let columns = self.program.columns.iter().enumerate();
        Some(columns.filter(|(_, column)| column.name.starts_with(&prefix)).map(|(place, _)| place).collect())
    }

    /// The column of numbers of a customer alone that a word names; reports any other.
    pub fn number_column(&mut self, word: &Word<String>) -> Option<usize> {
        let (column, toward) = self.numbers_named(word)?;
        if toward {
            self.mistake(word, format!("`{}` needs a peer", word.value), None);
        }
        (!toward).then_some(column)
    }

    /// The column of numbers that a word names, and whether it needs a peer; reports one of anything else.
    pub fn numbers_named(&mut self, word: &Word<String>) -> Option<(usize, bool)> {
        let column = self.read_column(word)?;
        let spec = self.program.columns.get(column)?;
        let (kind, toward) = (spec.kind, spec.toward);
        if !matches!(kind, Type::Number | Type::Bool) {
            self.mistake(word, format!("`{}` is {}, and a number is needed", word.value, kind.noun()), None);
            return None;
        }
        Some((column, toward))
    }

    /// The column of communities that a word names; reports any other.
    pub fn community_named(&mut self, word: &Word<String>) -> Option<usize> {
        if self.model.columns.iter().any(|it| it.section == "community" && it.name.value == word.value) {
            return self.read_column(word);
        }
        let names = self.model.columns.iter().filter(|column| column.section == "community");
        let hint = did_you_mean(&word.value, names.map(|column| column.name.value.as_str()));
        self.mistake(word, format!("no communities `{}`", word.value), hint);
        None
    }

    /// The communities that a word names, or the only ones; `near` is where it is reported that there are
    /// none, or several.
    pub fn community_of(&mut self, word: Option<&Word<String>>, near: &Word<String>) -> Option<usize> {
        if let Some(word) = word {
            return self.community_named(word);
        }
        let mut declared = self.model.columns.iter().filter(|column| column.section == "community");
        match (declared.next(), declared.next()) {
            (Some(only), None) => self.community_named(&only.name),
            (None, _) => {
                let hint = Some("declare them, as in `[community.circle]`".to_owned());
                self.mistake(near, "the definition declares no communities", hint);
                None
            }
            _ => {
                self.mistake(near, "several communities are declared", Some("name one by `community`".to_owned()));
                None
            }
        }
    }

    /// Adds a column that is read from live ties.
    pub fn social_column(&mut self, name: String, social: Social) -> usize {
        let toward = social.toward();
        self.add_column(ColumnSpec { name, kind: Type::Number, source: Source::Social(social), toward })
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
        let reads =
            |expr: &Option<Expr>| expr.as_ref().is_some_and(|expr| expr.inputs().contains(&(SLOT_REPLY as u32)));
        let replies = reads(&filter) || reads(&value);
        let unordered = matches!(request.per, Per::Group(_)) || request.occasion;
        if let (true, Some(word)) = (replies && unordered, request.value.or(request.filter)) {
            self.mistake(word, "neither groups nor occasions can go by `reply_seconds`", None);
            return None;
        }
        let trigger = self.trigger(&request, filter, replies);
        if let Some(owner) = self.owner_of(trigger, Shape { op: request.op, window: request.window }, by) {
            return self.share(owner, &request, by);
        }
        let layout = match request.per {
            Per::Customer => &mut self.program.customer,
            Per::Pair => &mut self.program.pair,
            Per::Group(_) => &mut self.program.group,
        };
        let shape = Shape { op: request.op, window: request.window };
        // What reads replies is put aside and back, which a list in an arena is not.
        let listed = shape.is_list() && !replies;
        let needed = if listed { 1 } else { shape.words() };
        let word = layout.words(needed);
        let cell = (needed == 0).then(|| layout.cell());
        let index = self.program.features.len();
        if let Some(trigger) = self.program.triggers.get_mut(trigger) {
            if matches!(request.window, Window::HalfLife(_)) && trigger.clock.is_none() {
                trigger.clock = Some(layout.words(1));
            }
            trigger.features.push(index);
        }
        let value_text = request.value.map(|word| word.value.clone());
        self.program.features.push(FeatureSpec {
            trigger,
            shape,
            value,
            value_text,
            by,
            word,
            listed,
            shares: None,
            cell,
            rate: shape.rate(),
            rate_place: 0,
        });
        Some(index)
    }

    /// A feature that keeps the numbers of events by the same names, of which this one reads what it needs.
    fn owner_of(&self, trigger: usize, shape: Shape, by: Option<usize>) -> Option<usize> {
        let of_names = shape.window == Window::Lifetime && shape.op.is_of_keys() && by.is_some();
        let keeps = |owner: &FeatureSpec| {
            let Shape { op, window } = owner.shape;
            let counts = window == Window::Lifetime && op.is_of_keys() && op != Op::Distinct;
            counts && owner.listed && owner.shares.is_none() && owner.trigger == trigger && owner.by == by
        };
        self.program.features.iter().position(keeps).filter(|_| of_names)
    }

    /// Adds a feature that reads the list of another one, and takes no events of its own.
    fn share(&mut self, owner: usize, request: &FeatureRequest<'_>, by: Option<usize>) -> Option<usize> {
        let kept = self.program.features.get(owner)?;
        self.program.features.push(FeatureSpec {
            trigger: kept.trigger,
            shape: Shape { op: request.op, window: request.window },
            value: None,
            value_text: request.value.map(|word| word.value.clone()),
            by,
            word: kept.word,
            listed: true,
            shares: Some(owner),
            cell: None,
            rate: 0.0,
            rate_place: 0,
        });
        Some(self.program.features.len() - 1)
    }

    pub(super) fn trigger(&mut self, request: &FeatureRequest<'_>, filter: Option<Expr>, replies: bool) -> usize {
        let text = request.filter.map(|word| word.value.clone());
        let same = |trigger: &Trigger| {
            trigger.kinds == request.kinds
                && trigger.filter_text == text
                && trigger.direction == request.direction
                && trigger.per == request.per
                && trigger.occasion == request.occasion
                && trigger.replies == replies
        };
        if let Some(found) = self.program.triggers.iter().position(same) {
            return found;
        }
        self.program.triggers.push(Trigger {
            kinds: request.kinds.clone(),
            filter,
            filter_text: text,
            mark: 0,
            direction: request.direction,
            per: request.per,
            occasion: request.occasion,
            replies,
            features: Vec::new(),
            clock: None,
            rates: Vec::new(),
        });
        self.program.triggers.len() - 1
    }

    /// A column that reads a feature.
    pub fn feature_column(&mut self, name: String, feature: usize, whose: Whose, kind: Type) -> usize {
        let toward = whose != Whose::Own;
        self.add_column(ColumnSpec { name, kind, source: Source::Feature { feature, whose }, toward })
    }
}
