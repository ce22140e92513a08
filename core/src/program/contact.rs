//! Contact policies, lowered: whom they bind, and the hidden features over `decided` and `outcome` that they read.

use super::Whose;
use super::feature::{Direction, Op, Per};
use super::lower::{FeatureRequest, Lowering};
use crate::definition::model::{self, Window, Word};
use crate::expr::Type;
use crate::models::planning::Bucket;

/// Begins the name of the hidden column of what is left of a budget; the policy's name follows.
pub(crate) const BUDGET: &str = ".budget.";

/// One contact policy.
#[derive(Debug)]
pub(crate) struct ContactSpec {
    /// Its name.
    pub name: String,
    /// Contacts allowed within a span.
    pub cap: Option<Cap>,
    /// Quiet hours: start and end in minutes after midnight.
    pub quiet: Option<(u32, u32)>,
    /// Column that must be true.
    pub consent: Option<usize>,
    /// Silence after outcomes of one kind.
    pub cool_off: Option<CoolOff>,
    /// What may be spent on all customers together.
    pub budget: Option<BudgetSpec>,
}

/// A budget of all customers together.
#[derive(Debug)]
pub(crate) struct BudgetSpec {
    /// How it refills, and its price.
    pub bucket: Bucket,
    /// Whether contacts are counted, instead of their cost.
    pub contacts: bool,
    /// The hidden column that the engine tells what is left in.
    pub left: usize,
}

impl BudgetSpec {
    /// What an action of this cost takes.
    pub fn uses(&self, cost: f64) -> f64 {
        if self.contacts { 1.0 } else { cost.max(0.0) }
    }
}

/// At most so many contacts within any span of this length.
#[derive(Debug)]
pub(crate) struct Cap {
    /// Contacts.
    pub at_most: u32,
    /// Length in microseconds.
    pub per: i64,
    /// Hidden column: contacts in (at - per, at].
    pub count: usize,
}

/// Once `after` outcomes have come within `span`, nothing is sent until `span` has passed since the latest.
#[derive(Debug)]
pub(crate) struct CoolOff {
    /// Outcomes.
    pub after: u32,
    /// Their kind.
    pub outcome: String,
    /// Length in microseconds.
    pub span: i64,
    /// Hidden column: outcomes of the kind so far.
    pub count: usize,
    /// Hidden column: time of the earliest of the last `after`.
    pub earliest: usize,
    /// Hidden column: time of the latest.
    pub latest: usize,
}

impl ContactSpec {
    /// Columns that the policy reads.
    pub fn reads(&self) -> Vec<usize> {
        let cap = self.cap.iter().map(|cap| cap.count);
        let cool_off = self.cool_off.iter().flat_map(|off| [off.count, off.earliest, off.latest]);
        let budget = self.budget.iter().map(|budget| budget.left);
        cap.chain(cool_off).chain(self.consent).chain(budget).collect()
    }
}

/// The sorts of word by which a policy picks actions; of a word that names several sorts the first counts.
const SORTS: [&str; 4] = ["channel", "group", "process", "action"];

/// The actions that a policy binds: of each sort that has words, one must fit.
#[derive(Debug, Default)]
pub(super) struct ContactScope<'m> {
    words: [Vec<&'m str>; 4],
}

/// The word of an action for a sort.
fn word_of(action: &model::Action, sort: usize) -> Option<&str> {
    match sort {
        0 => action.channel.as_ref().map(|word| word.value.as_str()),
        1 => action.group.as_ref().map(|word| word.value.as_str()),
        2 => Some(action.process()),
        _ => Some(action.name.value.as_str()),
    }
}

impl ContactScope<'_> {
    /// Whether an action is among them.
    pub fn binds(&self, action: &model::Action) -> bool {
        self.words
            .iter()
            .enumerate()
            .all(|(sort, words)| words.is_empty() || word_of(action, sort).is_some_and(|word| words.contains(&word)))
    }

    /// The same as a condition over `decided` and `outcome`; empty for every action.
    fn condition(&self) -> Vec<String> {
        let sorts = self.words.iter().zip(SORTS).filter(|(words, _)| !words.is_empty());
        sorts.map(|(words, sort)| format!("{sort} in {words:?}")).collect()
    }
}

impl<'m> Lowering<'m> {
    /// The sort of a policy's word, by the actions that there are.
    fn sort(&self, word: &str) -> Option<usize> {
        (0..SORTS.len()).find(|sort| self.model.actions.iter().any(|action| word_of(action, *sort) == Some(word)))
    }

    /// The nearest word by which a policy could pick actions.
    fn near_word(&self, word: &str) -> Option<String> {
        let actions = self.model.actions.iter();
        let names = actions.flat_map(|action| (0..SORTS.len()).filter_map(|sort| word_of(action, sort)));
        crate::definition::did_you_mean(word, names)
    }

    /// The actions that a policy binds. A name that picks none is a channel, or beside `only` a mere name.
    pub(super) fn scope(&self, contact: &'m model::Contact) -> ContactScope<'m> {
        let mut scope = ContactScope::default();
        let name = contact.name.value.as_str();
        let own = self.sort(name).or_else(|| contact.only.is_empty().then_some(0)).filter(|_| name != "all");
        let words = contact.only.iter().filter_map(|word| Some((self.sort(&word.value)?, word.value.as_str())));
        for (sort, word) in own.map(|sort| (sort, name)).into_iter().chain(words) {
            if let Some(words) = scope.words.get_mut(sort) {
                words.push(word);
            }
        }
        scope
    }

    pub(super) fn contact(&mut self, contact: &'m model::Contact) -> ContactSpec {
        let name = &contact.name;
        if name.value != "all" && contact.only.is_empty() && self.sort(&name.value).is_none() {
            let hint = self.near_word(&name.value);
            self.warn(name, format!("`{}` is the channel, group, process or name of no action", name.value), hint);
        }
        for word in &contact.only {
            if self.sort(&word.value).is_none() {
                let hint = self.near_word(&word.value);
                self.mistake(word, format!("no action has the channel, group, process or name `{}`", word.value), hint);
            }
        }
        let scope = self.scope(contact).condition();
        ContactSpec {
            name: contact.name.value.clone(),
            cap: self.cap(contact, &scope),
            quiet: contact.quiet.as_ref().map(|(_, start, end)| (*start, *end)),
            consent: contact.consent.as_ref().and_then(|word| self.consent(word)),
            cool_off: contact.cool_off.as_ref().and_then(|off| self.cool_off(contact, off, &scope)),
            budget: contact.budget.as_ref().and_then(|budget| self.budget(contact, budget)),
        }
    }

    fn budget(&mut self, contact: &model::Contact, budget: &model::Budget) -> Option<BudgetSpec> {
        let bucket = Bucket::new(budget.amount, budget.per, budget.burst, budget.price);
        let Ok(bucket) = bucket else {
            self.mistake(&contact.name, format!("the budget of `{}` is none", contact.name.value), None);
            return None;
        };
        let left = self.told(format!("{BUDGET}{}", contact.name.value));
        Some(BudgetSpec { bucket, contacts: budget.contacts, left })
    }

    fn consent(&mut self, word: &Word<String>) -> Option<usize> {
        let column = self.column_named(&word.value);
        let is_flag =
            column.and_then(|column| self.program.columns.get(column)).is_some_and(|spec| spec.kind == Type::Bool);
        if !is_flag {
            self.mistake(word, format!("`{}` is not a bool column", word.value), None);
        }
        column
    }

    fn cap(&mut self, contact: &model::Contact, scope: &[String]) -> Option<Cap> {
        let (at_most, per) = (contact.at_most.as_ref()?.value as u32, contact.per?);
        let mut scope = scope.to_vec();
        scope.insert(0, "action != null".to_owned());
        let hidden = Hidden { kind: "decided", contact, scope };
        let count = self.hidden(&hidden, "count", Op::Count, Window::Span { length: per, hop: 0 })?;
        Some(Cap { at_most, per, count })
    }

    fn cool_off(&mut self, contact: &model::Contact, off: &model::CoolOff, scope: &[String]) -> Option<CoolOff> {
        let mut scope = scope.to_vec();
        scope.extend([format!("outcome == {:?}", off.outcome.value), "replaces == null".to_owned()]);
        let hidden = Hidden { kind: "outcome", contact, scope };
        Some(CoolOff {
            after: off.after,
            outcome: off.outcome.value.clone(),
            span: off.span,
            count: self.hidden(&hidden, "outcomes", Op::Count, Window::Lifetime)?,
            earliest: self.hidden(&hidden, "earliest", Op::FirstTime, Window::Last(off.after))?,
            latest: self.hidden(&hidden, "latest", Op::LastTime, Window::Lifetime)?,
        })
    }

    /// A hidden column over the decisions or outcomes of a policy.
    fn hidden(&mut self, hidden: &Hidden<'_>, word: &str, op: Op, window: Window) -> Option<usize> {
        let Hidden { kind, contact, scope } = hidden;
        let filter = contact.name.with(scope.join(" && "));
        let feature = self.feature(FeatureRequest {
            kinds: vec![self.program.kinds.iter().position(|known| known.name == *kind)?],
            filter: Some(&filter),
            direction: Direction::Out,
            per: Per::Customer,
            occasion: false,
            op,
            value: None,
            by: None,
            window,
        })?;
        let kind = if matches!(op, Op::FirstTime | Op::LastTime) { Type::Time } else { Type::Number };
        Some(self.feature_column(format!(".contact.{}.{word}", contact.name.value), feature, Whose::Own, kind))
    }
}

/// What the hidden features of a policy share.
struct Hidden<'a> {
    kind: &'a str,
    contact: &'a model::Contact,
    scope: Vec<String>,
}
