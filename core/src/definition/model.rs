//! The typed shape of a definition: what the user declared, with the place of every word.
//!
//! Names are not resolved here and expressions are not parsed; `program` does both and reports
//! its findings at the places kept here.

use super::node::Node;

/// Where a word stands in the text: line and column from 1, or 0 where there is no text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A value with its place and its path in the definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Word<T> {
    /// The value.
    pub value: T,
    /// Where it stands; for text in quotes, the place of the first character inside them.
    pub place: Place,
    /// Its path, as in `segment.strategic.axis.value`.
    pub path: String,
}

/// Everything that a definition declares, in the order of the text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model {
    /// `[time]`.
    pub time: Time,
    /// `[event.NAME]`.
    pub events: Vec<Event>,
    /// `[trait] NAME = "type"`.
    pub traits: Vec<Trait>,
    /// `[context] NAME = "type"`: what a call to decide tells.
    pub contexts: Vec<Trait>,
    /// `[tie.NAME]`.
    pub ties: Vec<Tie>,
    /// `[feature.NAME]`.
    pub features: Vec<Feature>,
    /// `[needs.NAME]`, `[score.NAME]` and every other section whose keys a kind of column owns.
    pub columns: Vec<Column>,
    /// `[segment.NAME]`.
    pub segments: Vec<Segment>,
    /// `[action.NAME]`.
    pub actions: Vec<Action>,
    /// `[decide]`.
    pub decide: Decide,
    /// `[contact.CHANNEL]`.
    pub contacts: Vec<Contact>,
}

/// `[time]`: how late an event may come, and how long ids are remembered. Spans in microseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Time {
    /// `lateness`: ordered columns are exact for events at most this late (default 1 day).
    pub lateness: i64,
    /// `dedupe`: an event id is remembered for this long (default 30 days).
    pub dedupe: i64,
    /// `keep`: how long the journal keeps records; `None` is `all`, the default.
    pub keep: Option<i64>,
    /// `recheck`: the grid on which columns without a closed form are looked at again (default 1 day).
    pub recheck: i64,
    /// `zone`: IANA zone of customers who declare none (default UTC).
    pub zone: Word<String>,
}

/// The type of an event's field or of a trait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// A finite f64.
    Number,
    /// True or false.
    Bool,
    /// One of a set of names, interned.
    Category,
    /// Several names at once, interned.
    Categories,
    /// Microseconds since 1970-01-01 UTC.
    Time,
    /// A name that is only compared with itself within one customer (event id, occasion).
    Label,
}

/// `[event.NAME]`: the roles of one kind of event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The kind's name.
    pub name: Word<String>,
    /// Column that holds the customer.
    pub customer: Option<Word<String>>,
    /// Column that holds the peer.
    pub peer: Option<Word<String>>,
    /// Column that holds the time.
    pub at: Option<Word<String>>,
    /// All other roles: `amount`, `need`, `channel`, `id`, `occasion`, `reply_to`, and the user's
    /// own under `number`, `category`, `flag`.
    pub fields: Vec<Field>,
}

/// One role of an event: our word, their column.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Our word.
    pub role: Word<String>,
    /// Its type; the same role has the same type in every event.
    pub kind: FieldType,
    /// Their column.
    pub column: Word<String>,
    /// Character that separates several values in one text (`need = { column = "tags", split = ";" }`).
    pub split: Option<char>,
}

/// `[trait] NAME = "category"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Trait {
    /// The trait's name, which is its column too.
    pub name: Word<String>,
    /// `number`, `bool`, `category`, `categories` or `time`.
    pub kind: FieldType,
    /// `half_life` of the confidence in a value, in microseconds, if it decays.
    pub half_life: Option<i64>,
    /// `sources`: how far a source is believed, above 0 and at most 1; a source that is not named, fully.
    pub sources: Vec<(Word<String>, f64)>,
}

/// `[tie.NAME]`: a layer of directed, weighted, decaying relations.
#[derive(Debug, Clone, PartialEq)]
pub struct Tie {
    /// The layer's name.
    pub name: Word<String>,
    /// Event kinds that feed it; empty if only `relate` does.
    pub on: Vec<Word<String>>,
    /// Condition on the event.
    pub filter: Option<Word<String>>,
    /// Weight of one event, an expression over its roles; one if absent.
    pub weight: Option<Word<String>>,
    /// Half-life in microseconds; `None` never decays.
    pub half_life: Option<i64>,
    /// `directed`: whether the graph tells a tie from A to B from one from B to A; by default it does.
    pub directed: bool,
    /// `least`: a tie that is weaker is none to the graph; by default zero.
    pub least: f64,
    /// `through`: the layer from customers to places by which the ties of this one are made.
    pub through: Option<Word<String>>,
    /// `most`: a place of more visitors ties nobody; by default every place does.
    pub most: usize,
}

impl Default for Time {
    fn default() -> Self {
        let day = 86_400_000_000;
        let zone = Word { value: "UTC".to_owned(), place: Place::default(), path: "time.zone".to_owned() };
        Time { lateness: day, dedupe: 30 * day, keep: None, recheck: day, zone }
    }
}

/// What a feature does with the rows that count.
#[derive(Debug, Clone, PartialEq)]
pub enum Aggregate {
    /// `count = "event"` or `"occasion"`.
    Count(Word<String>),
    /// `sum`, `mean`, `variance`, `min`, `max`, `first`, `last`, `first_time`, `last_time`,
    /// `distinct`, `quantile`, `top`, `share`, `entropy`, `histogram`, `gap_mean`, `gap_variance`,
    /// `gap_log_sum`, `velocity`, `volatility`: the word, and the expression or role that it takes.
    Of(String, Word<String>),
}

/// Over which events an aggregate runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Window {
    /// All events.
    Lifetime,
    /// Exponential decay with this half-life in microseconds.
    HalfLife(i64),
    /// The last span in microseconds, its tail rounded down to the hop; hop 0 is an exact tail.
    Span {
        /// Length in microseconds.
        length: i64,
        /// Hop in microseconds.
        hop: i64,
    },
    /// The current session: events no further apart than this gap in microseconds.
    Session(i64),
    /// The last n events.
    Last(u32),
}

/// `[feature.NAME]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// The feature's name.
    pub name: Word<String>,
    /// The aggregate.
    pub aggregate: Aggregate,
    /// Event kinds that count; empty means every declared kind.
    pub on: Vec<Word<String>>,
    /// `where`: further condition, over the event's roles.
    pub filter: Option<Word<String>>,
    /// Lifetime, half-life, window, session or last n.
    pub window: Window,
    /// `direction`: `out` (default), `in` or `both`.
    pub direction: Option<Word<String>>,
    /// `toward`: `peer`, `community`, `supplier` or `company`; absent for the customer alone.
    pub toward: Option<Word<String>>,
    /// `by`: key of a histogram, share or entropy, or the roll-up trait.
    pub by: Option<Word<String>>,
    /// Every further key of the table (a quantile's `q`, a velocity's half-lives), unread.
    pub rest: Vec<(Word<String>, Node)>,
}

/// A section whose keys belong to a kind of column: `[score.clv]`, `[needs.basket]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// `score`, `needs`, ...
    pub section: String,
    /// The column's name.
    pub name: Word<String>,
    /// Its table, for the kind to read.
    pub table: Node,
}

/// `axis.NAME` of a segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// The axis' name.
    pub name: Word<String>,
    /// `of`: the column it cuts.
    pub of: Word<String>,
    /// `quantiles`: probabilities of the edges that a fit finds, rising, in (0, 1).
    pub quantiles: Vec<Word<f64>>,
    /// `edges`: fixed edges, rising.
    pub edges: Vec<Word<f64>>,
    /// `labels`: one more than edges; empty for a category, whose names are the labels.
    pub labels: Vec<Word<String>>,
}

/// `[segment.NAME]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// The segment's name.
    pub name: Word<String>,
    /// Its axes, in the order of the text.
    pub axes: Vec<Axis>,
    /// Ordered rules instead of axes: label and condition; the first that holds wins.
    pub rules: Vec<(Word<String>, Word<String>)>,
    /// Share of an edge's size that a value must pass before it leaves (default 0).
    pub hysteresis: f64,
    /// Least stay in a cell in microseconds (default 0).
    pub dwell: i64,
    /// Whether entering a cell (`decide_on = ["enter"]`) asks for a decision in the same call.
    pub decide_on_enter: bool,
}

/// `[action.NAME]`; expressions are over columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// The action's name.
    pub name: Word<String>,
    /// `channel`.
    pub channel: Option<Word<String>>,
    /// `group`.
    pub group: Option<Word<String>>,
    /// `process`: marketing (default), sales, service, operations or finance.
    pub process: Option<Word<String>>,
    /// `relationship`: personal, dedicated, self-service, automated, community, co-creation.
    pub relationship: Option<Word<String>>,
    /// `eligible`: whether the customer may get it at all.
    pub eligible: Option<Word<String>>,
    /// `applicable`: whether it makes sense now.
    pub applicable: Option<Word<String>>,
    /// `suitable`: whether it is right for this customer.
    pub suitable: Option<Word<String>>,
    /// `response`: P(outcome | action), an expression.
    pub response: Option<Word<String>>,
    /// `response_model`: P(outcome | action) as it is learnt from outcomes.
    pub response_model: Option<ResponseModel>,
    /// `weight`: context weight (default 1).
    pub weight: Option<Word<String>>,
    /// `value`: money if the outcome comes (default 0).
    pub value: Option<Word<String>>,
    /// `lever`: the business' thumb on the scale (default 1).
    pub lever: Option<Word<String>>,
    /// `cost`: money per contact (default 0), a number or an expression.
    pub cost: Option<Word<String>>,
    /// `outcome`: the event kind that counts as success.
    pub outcome: Option<Word<String>>,
    /// `within`: window of the outcome in microseconds.
    pub within: Option<i64>,
    /// `from`: the date or moment from which on it may be chosen.
    pub from: Option<Word<String>>,
    /// `until`: the date or moment before which it may be chosen.
    pub until: Option<Word<String>>,
    /// `fallback`: takes part only when every other action is out.
    pub fallback: bool,
    /// `pull`: a peer who can meet the need is tried first.
    pub pull: Option<Pull>,
    /// `arms`: what is sent to which share of customers, sorted by name; to the rest nothing is.
    pub arms: Vec<(Word<String>, f64)>,
    /// `trial`: the action is new, and has to prove itself.
    pub trial: Option<Trial>,
    /// `by_contact`: the span within which contacts are counted to learn how the response falls from one to the next.
    pub by_contact: Option<i64>,
}

/// `pull = { need = "garden", above = 0.2 }`: where a peer of the customer can meet the need, by the score of
/// [`crate::Engine::route`], the peer is tried before the action.
#[derive(Debug, Clone, PartialEq)]
pub struct Pull {
    /// The need.
    pub need: Word<String>,
    /// The score above which a peer is tried (default 0).
    pub above: f64,
    /// The need space; the only one if not given.
    pub needs: Option<Word<String>>,
    /// The layer of ties; the only one if not given.
    pub layer: Option<Word<String>>,
}

/// `trial = { dull = 0.02, good = 0.04, share = 0.1 }`: a new action goes to a share of customers until it has
/// proved to be good or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// `dull`: a share of successes that is not worth it.
    pub dull: f64,
    /// `good`: one that is.
    pub good: f64,
    /// `share`: of customers who may get it meanwhile (default 0.1).
    pub share: f64,
    /// `alpha`: the chance of ever launching a dull one (default 0.05).
    pub alpha: f64,
    /// `beta`: the chance of ever stopping a good one (default 0.2).
    pub beta: f64,
    /// `prior`: the probability that it is good, before anything came (default 0.2).
    pub prior: f64,
}

/// How a response is learnt: `learn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learn {
    /// `beta`: the share of successes.
    Beta,
    /// `linucb`: ridge regression, and the upper bound of it.
    LinUcb,
    /// `lints`: ridge regression, drawn from what is believed of it.
    LinTs,
    /// `logistic`: Bayesian logistic regression, drawn from what is believed of it.
    Logistic,
    /// `squarecb`: Bayesian logistic regression, by inverse gaps.
    SquareCb,
}

/// `response_model = { learn = "beta", by = "strategic", outcome = "redeem", within = "30d" }`.
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseModel {
    /// `learn`: how.
    pub learn: Learn,
    /// `features`: expressions over columns; empty for `beta`.
    pub features: Vec<Word<String>>,
    /// `by`: the segment whose cells are told apart.
    pub by: Option<Word<String>>,
    /// `prior`: the response expected before anything came.
    pub prior: f64,
    /// `weights`: what is believed of the weights of the features before anything came; empty is 0 each.
    pub weights: Vec<f64>,
    /// `strength`: how many trials what is known of the wider group is worth; of weights, their precision.
    pub strength: f64,
    /// `explore`: how far the choice leaves what is known to be the best (alpha, scale, gamma); 0 is greedy.
    pub explore: f64,
    /// `half_life` of what was learnt, in microseconds; `None` forgets nothing.
    pub half_life: Option<i64>,
    /// `share`: whether the action borrows from all actions of its outcome (default true).
    pub share: bool,
    /// `delays`: whether a decision that still waits counts for the probability that its outcome would have come.
    pub delays: bool,
}

/// `[decide]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decide {
    /// `attention`: price in money that a priority must exceed, a number or an expression over columns (default 0).
    pub attention: Option<Word<String>>,
    /// `priority`: a free formula over response, weight, value, lever, cost, and columns.
    pub priority: Option<Word<String>>,
    /// `factors`: those that count; the others are neutral. Absent: all.
    pub factors: Option<Vec<Word<String>>>,
    /// `zone`: the trait that names a customer's IANA zone, for quiet hours.
    pub zone: Option<Word<String>>,
    /// `control`: share of decisions whose action is withheld at random, in [0, 1) (default 0).
    pub control: f64,
    /// `within` in microseconds: how long outcomes of silence are waited for; absent: none are taken.
    pub within: Option<i64>,
    /// `outcomes`: kinds of outcome that are learnt beside those that the definition names elsewhere.
    pub outcomes: Vec<Word<String>>,
}

/// `[contact.NAME]`: a contact policy over the actions that its name and `only` pick.
#[derive(Debug, Clone, PartialEq)]
pub struct Contact {
    /// `all`, a channel, a group, a process or an action; beside `only` any name.
    pub name: Word<String>,
    /// `at_most`: contacts within `per`.
    pub at_most: Option<Word<f64>>,
    /// `per` in microseconds.
    pub per: Option<i64>,
    /// `quiet`: start and end of quiet hours in minutes after midnight, in the customer's zone.
    pub quiet: Option<(Word<String>, u32, u32)>,
    /// `consent`: the bool trait that must be true.
    pub consent: Option<Word<String>>,
    /// `only`: channels, groups, processes or actions; of one sort any of them, of several sorts all must hold.
    pub only: Vec<Word<String>>,
    /// `cool_off`: span in microseconds after `after` outcomes of kind `outcome`.
    pub cool_off: Option<CoolOff>,
    /// `budget`: what may be spent on all customers together.
    pub budget: Option<Budget>,
}

/// `budget = { amount = 500, per = "7d", of = "contacts", price = 4.0, burst = 0.1 }`: what the actions of a policy may
/// spend on all customers together within any span.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    /// How much.
    pub amount: f64,
    /// Within which span, in microseconds.
    pub per: i64,
    /// Whether contacts are counted, instead of their cost.
    pub contacts: bool,
    /// What a unit costs where nothing is left.
    pub price: f64,
    /// The share that may be spent at once.
    pub burst: f64,
}

/// `cool_off = { after = 3, outcome = "ignored", for = "30d" }`: once so many outcomes of that kind have come
/// within the span, nothing is sent until the span has passed since the latest.
#[derive(Debug, Clone, PartialEq)]
pub struct CoolOff {
    /// Outcomes that start it.
    pub after: u32,
    /// Their kind.
    pub outcome: Word<String>,
    /// How long it lasts, in microseconds.
    pub span: i64,
}
