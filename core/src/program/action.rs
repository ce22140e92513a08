//! Actions and how they are arbitrated, lowered.

use super::column::{ColumnSpec, Source};
use super::contact::ContactSpec;
use super::lower::Lowering;
use super::proof::{ArmSpec, ByContactSpec, TrialSpec};
use super::scope::ColumnScope;
use crate::base::numeric::rate_of_half_life;
use crate::base::random::hash_bytes;
use crate::data::record::NONE;
use crate::definition::did_you_mean;
use crate::definition::model::{self, FieldType, Learn, Word};
use crate::expr::{Expr, Scope, Type};
use crate::models::bandit::{Learner, Policy};

/// The factors of a priority, in the order in which they are kept.
pub(crate) const FACTORS: [&str; 5] = ["response", "weight", "value", "lever", "cost"];
/// What a factor is that an action does not declare.
const ABSENT: [f64; 5] = [1.0, 1.0, 0.0, 1.0, 0.0];
/// What a factor is that `[decide]` leaves out.
const NEUTRAL: [f64; 5] = [1.0, 1.0, 1.0, 1.0, 0.0];
/// Variables from here on are factors in a free formula of the priority; no column has these numbers.
pub(crate) const FACTOR: u32 = u32::MAX - 16;
/// Begins the name of the hidden column of a response that is learnt; the action's name follows.
pub(crate) const RESPONSE: &str = ".response.";
/// Begins the name of the hidden column of how far a learnt response is drawn around its mean.
pub(crate) const DEVIATION: &str = ".deviation.";
/// Begins the name of the hidden column of how well a peer can meet the need of an action; the action's name follows.
pub(crate) const PULL: &str = ".pull.";
/// Window of the outcomes of an action that declares none: 30 days.
pub(crate) const WITHIN: i64 = 30 * 86_400_000_000;

/// A number or a condition over columns.
#[derive(Debug)]
pub(crate) struct Formula {
    /// The compiled expression.
    pub expr: Expr,
    /// Its text.
    pub text: String,
}

/// A factor of an action.
#[derive(Debug)]
pub(crate) enum Factor {
    /// The same for everyone.
    Constant(f64),
    /// An expression over columns.
    Formula(Formula),
}

/// The gates, in the order in which they are passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Whether the customer may get it at all.
    Eligible,
    /// Whether it makes sense now.
    Applicable,
    /// Whether it is right for this customer.
    Suitable,
}

/// One action.
#[derive(Debug)]
pub(crate) struct ActionSpec {
    /// Its name.
    pub name: String,
    /// The interned name.
    pub key: u32,
    /// Channel, interned.
    pub channel: Option<u32>,
    /// Group, interned.
    pub group: Option<u32>,
    /// Process, interned.
    pub process: u32,
    /// Type of relationship, interned.
    pub relationship: Option<u32>,
    /// Its gates.
    pub gates: Vec<(Gate, Formula)>,
    /// Response, weight, value, lever, cost.
    pub factors: [Factor; 5],
    /// Contact policies that bind it, as positions.
    pub contacts: Vec<usize>,
    /// The outcome that counts as success, interned; without one any outcome does.
    pub outcome: Option<u32>,
    /// Window of its outcomes in microseconds.
    pub within: i64,
    /// How its response is learnt, if it is.
    pub learnt: Option<LearntSpec>,
    /// Whether it takes part only when no other action is chosen.
    pub fallback: bool,
    /// The need that a peer is asked to meet first.
    pub pull: Option<PullSpec>,
    /// The arms that it is sent as, sorted by name; none is one whole.
    pub arms: Vec<ArmSpec>,
    /// Its trial, if it is new.
    pub trial: Option<TrialSpec>,
    /// How its response is learnt to fall from contact to contact, if it is.
    pub by_contact: Option<ByContactSpec>,
}

/// A need that a peer is asked to meet first.
#[derive(Debug)]
pub(crate) struct PullSpec {
    /// The need.
    pub need: String,
    /// The score above which a peer is asked.
    pub above: f64,
    /// The need space and the layer, where they are named.
    pub needs: Option<String>,
    /// See `needs`.
    pub layer: Option<String>,
    /// The hidden column that the engine tells the best peer's score in.
    pub score: usize,
    /// The hidden column of the peer's number.
    pub peer: usize,
}

impl LearntSpec {
    /// Whether the response is drawn around its mean.
    pub fn is_drawn(&self) -> bool {
        matches!(self.policy, Some(Policy::Thompson(_)))
    }
}

impl ActionSpec {
    /// Whether a factor may differ from customer to customer.
    pub fn varies(&self, place: usize) -> bool {
        let formula = matches!(self.factors.get(place), Some(Factor::Formula(_)));
        formula || (place == 0 && self.by_contact.is_some())
    }

    /// The hidden columns by which it proves itself.
    fn proofs(&self) -> impl Iterator<Item = usize> {
        let contacts = self.by_contact.iter().flat_map(|it| [it.chosen, it.sent, it.share]);
        contacts.chain(self.trial.iter().map(|trial| trial.standing))
    }

    /// The expressions of its gates and factors.
    fn formulas(&self) -> impl Iterator<Item = &Formula> {
        let factors = self.factors.iter().filter_map(|factor| match factor {
            Factor::Formula(formula) => Some(formula),
            Factor::Constant(_) => None,
        });
        self.gates.iter().map(|(_, formula)| formula).chain(factors)
    }
}

/// A response that is learnt from outcomes.
#[derive(Debug)]
pub(crate) struct LearntSpec {
    /// The segment whose cells are told apart, as a position.
    pub by: Option<usize>,
    /// The response expected before anything came.
    pub prior: f64,
    /// How many trials what is known of the wider group is worth.
    pub strength: f64,
    /// Rate per microsecond at which what was learnt fades; 0 is never.
    pub rate: f64,
    /// Whether it borrows from all actions of its outcome.
    pub share: bool,
    /// Whether decisions that wait count for the probability that their outcome would have come.
    pub delays: bool,
    /// How the choice leaves what is known to be the best; `None` is greedy.
    pub policy: Option<Policy>,
    /// What the response is a regression on; `None` is a share.
    pub regression: Option<RegressionSpec>,
    /// The hidden column that the engine tells the response in.
    pub response: usize,
    /// The hidden column of how far it is drawn around it.
    pub deviation: usize,
}

/// A response that is a regression on features.
#[derive(Debug)]
pub(crate) struct RegressionSpec {
    /// The features, numbers over columns.
    pub features: Vec<Expr>,
    /// Names the list of features, under which decisions record them.
    pub hash: u64,
    /// Names everything that the numbers learnt depend on.
    pub shape: u64,
    /// How it learns.
    pub learner: Learner,
}

/// Everything that decisions go by.
#[derive(Debug, Default)]
pub(crate) struct DecisionSpec {
    /// Hash of the definition's meaning.
    pub hash: u64,
    /// Actions, in the order of the definition.
    pub actions: Vec<ActionSpec>,
    /// Contact policies.
    pub contacts: Vec<ContactSpec>,
    /// Price that a priority must exceed; nothing is zero.
    pub attention: Option<Formula>,
    /// Free formula of the priority over [`FACTORS`] and columns; nothing is their product less cost.
    pub priority: Option<Formula>,
    /// Column that names a customer's zone.
    pub zone: Option<usize>,
    /// Share of decisions whose action is withheld.
    pub control: f64,
    /// How long after silence an outcome may come, in microseconds; `None`: none is taken.
    pub within: Option<i64>,
    /// Columns that a call may tell, in the order of the definition.
    pub contexts: Vec<ContextSpec>,
    /// The interned kinds of outcome that the definition names, rising.
    pub outcomes: Vec<u32>,
    /// The interned outcome of a decision that none came of.
    pub expired: u32,
    /// The interned arm of decisions that are withheld.
    pub withheld: u32,
}

/// A column that a call may tell.
#[derive(Debug)]
pub(crate) struct ContextSpec {
    /// Its name.
    pub name: String,
    /// The interned name, under which decisions record it.
    pub key: u32,
    /// Its type.
    pub kind: Type,
}

impl DecisionSpec {
    /// Every expression of the decisions.
    pub fn formulas(&self) -> impl Iterator<Item = &Expr> {
        let actions = self.actions.iter().flat_map(ActionSpec::formulas);
        actions.chain(&self.attention).chain(&self.priority).map(|formula| &formula.expr)
    }

    /// The responses that are learnt, in the order of the actions.
    pub fn learnt(&self) -> impl Iterator<Item = &LearntSpec> {
        self.actions.iter().filter_map(|action| action.learnt.as_ref())
    }

    /// The needs that peers are asked to meet first, in the order of the actions.
    pub fn pulls(&self) -> impl Iterator<Item = &PullSpec> {
        self.actions.iter().filter_map(|action| action.pull.as_ref())
    }

    /// Whether a price of a budget is taken from priorities.
    pub fn is_paced(&self) -> bool {
        self.contacts.iter().any(|policy| policy.budget.is_some())
    }

    /// Whether a choice may be drawn.
    pub fn is_drawn(&self) -> bool {
        self.learnt().any(|learnt| matches!(learnt.policy, Some(Policy::Thompson(_) | Policy::InverseGaps(_))))
    }

    /// Columns that the features of learnt responses read.
    pub fn features(&self) -> impl Iterator<Item = usize> {
        let features = self.learnt().filter_map(|learnt| learnt.regression.as_ref()).flat_map(|it| &it.features);
        features.flat_map(Expr::inputs).map(|column| *column as usize)
    }

    /// Columns that the decisions read, rising; those of features aside.
    pub fn reads(&self) -> Vec<usize> {
        let mut columns: Vec<usize> =
            self.formulas().flat_map(|expr| expr.inputs()).map(|column| *column as usize).collect();
        columns.extend(self.contacts.iter().flat_map(ContactSpec::reads).chain(self.zone));
        columns.extend(self.learnt().filter(|learnt| learnt.is_drawn()).map(|learnt| learnt.deviation));
        columns.extend(self.pulls().map(|pull| pull.score));
        columns.extend(self.actions.iter().flat_map(ActionSpec::proofs));
        columns.retain(|column| *column < FACTOR as usize);
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

/// Columns, and before them the factors of a priority.
struct PriorityScope<'a, 'b>(ColumnScope<'a, 'b>);

impl Scope for PriorityScope<'_, '_> {
    fn resolve(&mut self, path: &str) -> Option<(u32, Type)> {
        match FACTORS.iter().position(|factor| *factor == path) {
            Some(factor) => Some((FACTOR + factor as u32, Type::Number)),
            None => self.0.resolve(path),
        }
    }

    fn names(&self) -> Vec<String> {
        FACTORS.iter().map(|factor| (*factor).to_owned()).chain(self.0.names()).collect()
    }

    fn key(&mut self, text: &str) -> u32 {
        self.0.key(text)
    }
}

/// One column under any name.
struct OneColumn(u32);

impl Scope for OneColumn {
    fn resolve(&mut self, _path: &str) -> Option<(u32, Type)> {
        Some((self.0, Type::Number))
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }

    fn key(&mut self, _text: &str) -> u32 {
        NONE
    }
}

impl Lowering<'_> {
    /// Lowers contact policies, actions and `[decide]`.
    pub(super) fn decisions(&mut self) -> DecisionSpec {
        let contacts = self.model.contacts.iter().map(|contact| self.contact(contact)).collect();
        let actions = self.model.actions.iter().map(|action| self.action(action)).collect();
        let decide = &self.model.decide;
        let attention = decide.attention.as_ref().and_then(|word| self.formula(word, Type::Number));
        let priority = decide.priority.as_ref().and_then(|word| self.priority(word));
        let zone = decide.zone.as_ref().and_then(|word| self.zone(word));
        let contexts = self.model.contexts.iter().filter_map(|context| {
            let name = &context.name.value;
            let kind = self.program.columns.get(self.program.column(name)?)?.kind;
            Some(ContextSpec { name: name.clone(), key: self.keys.get(name)?, kind })
        });
        let contexts = contexts.collect();
        let outcomes = self.outcomes();
        DecisionSpec {
            hash: self.program.hash,
            actions,
            contacts,
            attention,
            priority,
            zone,
            control: decide.control,
            within: decide.within,
            contexts,
            outcomes,
            expired: self.key("expired"),
            withheld: self.key("control"),
        }
    }

    fn action(&mut self, action: &model::Action) -> ActionSpec {
        let name = &action.name;
        let channel = action.channel.as_ref().map(|word| self.key(&word.value));
        let group = action.group.as_ref().map(|word| self.key(&word.value));
        let process = self.key(action.process());
        let relationship = action.relationship.as_ref().map(|word| self.key(&word.value));
        let gates = [
            (Gate::Eligible, &action.eligible),
            (Gate::Applicable, &action.applicable),
            (Gate::Suitable, &action.suitable),
        ];
        let gates =
            gates.into_iter().filter_map(|(gate, word)| Some((gate, self.formula(word.as_ref()?, Type::Bool)?)));
        let dated = [(&action.from, ">="), (&action.until, "<")].into_iter().filter_map(|(word, sign)| {
            let word = word.as_ref()?;
            Some(word.with(format!("now {sign} timestamp({:?})", word.value)))
        });
        let dated: Vec<Word<String>> = dated.collect();
        let mut gates: Vec<(Gate, Formula)> = gates.collect();
        gates.extend(dated.iter().filter_map(|word| Some((Gate::Applicable, self.formula(word, Type::Bool)?))));
        let words = [&action.response, &action.weight, &action.value, &action.lever, &action.cost];
        let mut place = 0;
        let mut factors = words.map(|word| {
            place += 1;
            self.factor(place - 1, word.as_ref())
        });
        let learnt = action.response_model.as_ref().map(|model| self.learnt(&name.value, model));
        let learnt = learnt.filter(|_| self.uses(0));
        if let (Some(learnt), [response, ..]) = (&learnt, &mut factors) {
            let text = "response_model".to_owned();
            *response = match Expr::compile(&text, &mut OneColumn(learnt.response as u32)) {
                Ok(expr) => Factor::Formula(Formula { expr, text }),
                Err(_) => Factor::Constant(f64::NAN),
            };
        }
        let binds = |contact: &&model::Contact| self.scope(contact).binds(action);
        let contacts = self.model.contacts.iter().enumerate();
        let contacts = contacts.filter(|(_, contact)| binds(contact)).map(|(index, _)| index).collect();
        ActionSpec {
            name: name.value.clone(),
            key: self.key(&name.value),
            channel,
            group,
            process,
            relationship,
            gates,
            factors,
            contacts,
            outcome: action.outcome.as_ref().map(|word| self.key(&word.value)),
            within: action.within.unwrap_or(WITHIN),
            learnt,
            fallback: action.fallback,
            pull: action.pull.as_ref().map(|pull| self.pull(&name.value, pull)),
            arms: self.arms(action),
            trial: self.trial(action),
            by_contact: action.by_contact.filter(|_| self.uses(0)).and_then(|_| self.by_contact(action)),
        }
    }

    fn pull(&mut self, action: &str, pull: &model::Pull) -> PullSpec {
        let spaces = self.model.columns.iter().filter(|column| column.section == "needs");
        let spaces: Vec<&str> = spaces.map(|column| column.name.value.as_str()).collect();
        let layers: Vec<&str> = self.model.ties.iter().map(|tie| tie.name.value.as_str()).collect();
        for (given, known, what) in [(&pull.needs, &spaces, "need space"), (&pull.layer, &layers, "layer of ties")] {
            match given {
                Some(word) if !known.contains(&word.value.as_str()) => {
                    let hint = did_you_mean(&word.value, known.iter().copied());
                    self.mistake(word, format!("no {what} `{}`", word.value), hint);
                }
                None if known.len() != 1 => {
                    let message = format!("`pull` needs a {what}, and the definition declares {}", known.len());
                    self.mistake(&pull.need, message, None);
                }
                _ => {}
            }
        }
        let text = |word: &Option<Word<String>>| word.as_ref().map(|word| word.value.clone());
        PullSpec {
            need: pull.need.value.clone(),
            above: pull.above,
            needs: text(&pull.needs),
            layer: text(&pull.layer),
            score: self.told(format!("{PULL}{action}")),
            peer: self.told(format!(".peer.{action}")),
        }
    }

    fn learnt(&mut self, action: &str, model: &model::ResponseModel) -> LearntSpec {
        let segments = &self.program.segments;
        let by = model.by.as_ref().map(|word| (word, segments.iter().position(|segment| *segment.name == *word.value)));
        if let Some((word, None)) = by.filter(|(word, _)| !self.is_absent(&word.value)) {
            let hint = did_you_mean(&word.value, self.model.segments.iter().map(|segment| segment.name.value.as_str()));
            self.mistake(word, format!("no segment `{}`", word.value), hint);
        }
        let policy = match model.learn {
            _ if model.explore == 0.0 => None,
            Learn::LinUcb => Some(Policy::UpperBound(model.explore)),
            Learn::Beta | Learn::LinTs | Learn::Logistic => Some(Policy::Thompson(model.explore)),
            Learn::SquareCb => Some(Policy::InverseGaps(model.explore)),
        };
        let rate = model.half_life.map_or(0.0, rate_of_half_life);
        LearntSpec {
            by: by.and_then(|(_, by)| by),
            prior: model.prior,
            strength: model.strength,
            rate,
            share: model.share,
            delays: model.delays,
            policy,
            regression: (model.learn != Learn::Beta).then(|| self.regression(model, rate)),
            response: self.told(format!("{RESPONSE}{action}")),
            deviation: self.told(format!("{DEVIATION}{action}")),
        }
    }

    fn regression(&mut self, model: &model::ResponseModel, rate: f64) -> RegressionSpec {
        let formulas = model.features.iter().filter_map(|word| self.formula(word, Type::Number));
        let formulas: Vec<Formula> = formulas.collect();
        let texts: Vec<&str> = formulas.iter().map(|formula| formula.text.as_str()).collect();
        let hash = hash_bytes(texts.join("\n").as_bytes());
        let logistic = matches!(model.learn, Learn::Logistic | Learn::SquareCb);
        let (prior, strength) = (model.prior, model.strength);
        let weights = model.weights.clone();
        let mut shape =
            format!("{hash:x} {logistic} {:x} {:x} {:x}", prior.to_bits(), strength.to_bits(), rate.to_bits());
        weights.iter().for_each(|weight| shape.push_str(&format!(" {:x}", weight.to_bits())));
        let learner = Learner { features: formulas.len(), logistic, prior, weights, strength, rate };
        let features = formulas.into_iter().map(|formula| formula.expr).collect();
        RegressionSpec { features, hash, shape: hash_bytes(shape.as_bytes()), learner }
    }

    /// A hidden column that the engine tells with each decision.
    pub(super) fn told(&mut self, name: String) -> usize {
        self.add_column(ColumnSpec { name, kind: Type::Number, source: Source::Told, toward: false })
    }

    /// Whether a factor counts.
    fn uses(&self, place: usize) -> bool {
        let named = |factor: &str| self.model.decide.factors.iter().flatten().any(|word| word.value == factor);
        self.model.decide.factors.is_none() || FACTORS.get(place).is_some_and(|factor| named(factor))
    }

    fn factor(&mut self, place: usize, word: Option<&Word<String>>) -> Factor {
        let used = self.uses(place);
        let formula = word.and_then(|word| self.formula(word, Type::Number));
        let constant = |constants: &[f64; 5]| Factor::Constant(constants.get(place).copied().unwrap_or(1.0));
        match formula {
            _ if !used => constant(&NEUTRAL),
            None => constant(&ABSENT),
            Some(formula) => match formula.expr.constant() {
                Some(value) => Factor::Constant(value),
                None => Factor::Formula(formula),
            },
        }
    }

    pub(super) fn formula(&mut self, word: &Word<String>, kind: Type) -> Option<Formula> {
        let (expr, _) = self.over_columns(word)?;
        self.expect_type(word, &expr, kind);
        Some(Formula { expr, text: word.value.clone() })
    }

    fn priority(&mut self, word: &Word<String>) -> Option<Formula> {
        self.missed = false;
        let compiled = Expr::compile(&word.value, &mut PriorityScope(ColumnScope { lowering: self, toward: false }));
        if std::mem::take(&mut self.missed) {
            return None;
        }
        let expr = self.compiled(word, compiled)?;
        self.expect_type(word, &expr, Type::Number);
        Some(Formula { expr, text: word.value.clone() })
    }

    fn zone(&mut self, word: &Word<String>) -> Option<usize> {
        let column =
            self.model.traits.iter().any(|item| item.name.value == word.value && item.kind == FieldType::Category);
        if !column {
            let names = self.model.traits.iter().filter(|item| item.kind == FieldType::Category);
            let hint = did_you_mean(&word.value, names.map(|item| item.name.value.as_str()));
            self.mistake(word, format!("`{}` is not a category trait, which could name a zone", word.value), hint);
            return None;
        }
        self.program.column(&word.value)
    }
}

impl model::Action {
    /// The process that the action belongs to: marketing by default.
    pub(super) fn process(&self) -> &str {
        self.process.as_ref().map_or("marketing", |word| word.value.as_str())
    }
}
