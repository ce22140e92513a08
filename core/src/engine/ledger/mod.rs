//! What was decided, what was expected of it, and what came: the fold of `decided` and `outcome`.
//!
//! Money and counts are kept by action, and by the cell of each segment in which the customer was when it
//! was taken; a decision itself only while an outcome of it may still come, so that memory is that of the
//! open windows however many decisions there were. A window is the action's `within`, or that of `[decide]` for
//! silence, which has none where that is not declared; outcomes of its time are taken for the declared lateness longer.

mod codec;
mod proofs;
mod regressions;
mod responses;
mod table;

pub(super) use codec::VERSION;

use std::collections::{BTreeMap, BTreeSet};

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::columns::{Asked, Scratch};
use crate::data::keys::Keys;
use crate::data::record::{Events, NONE, Values};
use crate::decisions::decode_features;
use crate::program::{ActionSpec, Program, WITHIN};
use crate::state::State;
use proofs::{Proof, Proofs};
use responses::Responses;

/// Interned words of the events that the engine itself writes.
#[derive(Debug)]
pub(super) struct Words {
    pub crossed: u32,
    pub segment: u32,
    pub from: u32,
    pub to: u32,
    pub cause: u32,
    pub decided: u32,
    pub decision: u32,
    pub action: u32,
    pub channel: u32,
    pub group: u32,
    pub process: u32,
    pub propensity: u32,
    pub priority: u32,
    pub cost: u32,
    pub arm: u32,
    pub candidates: u32,
    pub cells: u32,
    pub features: u32,
    pub contact: u32,
    pub chosen: u32,
    pub outcome: u32,
    pub amount: u32,
    pub replaces: u32,
}

impl Words {
    /// The words of a lowered program.
    pub fn new(keys: &Keys) -> Self {
        let key = |word: &str| keys.get(word).unwrap_or(NONE);
        Words {
            crossed: key("crossed"),
            segment: key("segment"),
            from: key("from"),
            to: key("to"),
            cause: key("cause"),
            decided: key("decided"),
            decision: key("decision"),
            action: key("action"),
            channel: key("channel"),
            group: key("group"),
            process: key("process"),
            propensity: key("propensity"),
            priority: key("priority"),
            cost: key("cost"),
            arm: key("arm"),
            candidates: key("candidates"),
            cells: key("cells"),
            features: key("features"),
            contact: key("contact"),
            chosen: key("chosen"),
            outcome: key("outcome"),
            amount: key("amount"),
            replaces: key("replaces"),
        }
    }
}

/// What one action has cost and brought.
#[derive(Debug, Clone, Default, PartialEq)]
struct Account {
    decisions: u64,
    withheld: u64,
    /// Sum of the priorities of what was sent.
    expected: f64,
    cost: f64,
    /// Sum of the outcomes' values, as they stand after corrections.
    realised: f64,
    /// Decisions of which the outcome came that counts as success (any outcome where none is declared).
    answered: u64,
    expired: u64,
    /// Outcomes by kind, corrections not counted.
    outcomes: BTreeMap<u32, u64>,
}

/// A decision of which outcomes may still come.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Open {
    pub asked: Asked,
    /// Action, channel, group, process.
    pub keys: [u32; 4],
    /// The cell of each segment when it was taken, or [`NONE`].
    cells: Vec<u32>,
    /// The features by which its response was told, where it is a regression on them.
    features: Vec<f64>,
    withheld: bool,
    pub within: i64,
    /// The last moment at which an outcome is taken.
    pub due: i64,
    answered: bool,
    /// The latest outcome of each kind: kind, time, value.
    pub known: Vec<(u32, i64, f64)>,
    /// What it keeps for the proof of its action.
    proof: Option<Proof>,
}

impl Open {
    /// Whether it ends without a record: it was answered, or nothing was chosen of which an outcome could fail to come.
    fn lapses(&self) -> bool {
        self.answered || self.keys[0] == NONE
    }
}

/// The fold of decisions and outcomes.
#[derive(Debug)]
pub(super) struct Ledger {
    /// By action; [`NONE`] is silence.
    accounts: BTreeMap<u32, Account>,
    /// By segment, cell (or [`NONE`]) and action.
    cells: BTreeMap<(usize, u32, u32), Account>,
    /// What came of actions whose response is learnt.
    responses: Responses,
    /// What came of actions that have to prove themselves.
    proofs: Proofs,
    open: HashMap<u64, Open, FixedState>,
    /// Unanswered decisions of actions by when they are due.
    waiting: BTreeSet<(i64, u64)>,
    /// Answered ones, and those of silence.
    lapsing: BTreeSet<(i64, u64)>,
    /// What was left of the budget of a contact policy (a position), and when.
    budgets: BTreeMap<usize, (i64, f64)>,
}

impl Default for Ledger {
    fn default() -> Self {
        let open = HashMap::with_hasher(FixedState::default());
        Ledger {
            accounts: BTreeMap::new(),
            cells: BTreeMap::new(),
            responses: Responses::default(),
            proofs: Proofs::default(),
            open,
            waiting: BTreeSet::new(),
            lapsing: BTreeSet::new(),
            budgets: BTreeMap::new(),
        }
    }
}

/// The fields of a batch that the ledger reads.
pub(super) struct Fields<'a>(pub &'a Events);

impl<'a> Fields<'a> {
    fn values(&self, name: u32) -> Option<&'a Values> {
        self.0.fields.iter().find(|field| field.name == name).map(|field| &field.values)
    }

    pub fn key(&self, name: u32, row: usize) -> u32 {
        match self.values(name) {
            Some(Values::Key(keys)) => keys.get(row).copied().unwrap_or(NONE),
            _ => NONE,
        }
    }

    pub fn number(&self, name: u32, row: usize) -> f64 {
        match self.values(name) {
            Some(Values::Number(numbers)) => numbers.get(row).copied().unwrap_or(f64::NAN),
            _ => f64::NAN,
        }
    }

    /// The cell of each segment of a program, from pairs of segment and cell.
    pub fn cells(&self, program: &Program, words: &Words, row: usize) -> Vec<u32> {
        let pairs = match self.values(words.cells) {
            Some(Values::Keys { ends, keys }) => {
                let start = row.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
                let end = ends.get(row).copied().unwrap_or(start);
                keys.get(start as usize..end as usize).unwrap_or_default()
            }
            _ => &[],
        };
        let (pairs, _) = pairs.as_chunks::<2>();
        let cell = |segment: u32| pairs.iter().find(|[known, _]| *known == segment).map_or(NONE, |[_, cell]| *cell);
        program.segments.iter().map(|segment| cell(segment.key)).collect()
    }

    pub fn text(&self, name: u32, row: usize) -> &'a str {
        let Some(Values::Label { ends, bytes }) = self.values(name) else { return "" };
        let start = row.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
        let end = ends.get(row).copied().unwrap_or(start);
        let text = bytes.get(start as usize..end as usize).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }

    /// The decision that a row is or is about.
    pub fn decision(&self, words: &Words, row: usize) -> Option<u64> {
        u64::from_str_radix(self.text(words.decision, row), 16).ok()
    }
}

/// Nothing where a number is unknown.
fn or_zero(number: f64) -> f64 {
    if number.is_nan() { 0.0 } else { number }
}

/// The action of an interned name, if the program has it.
fn action_of(program: &Program, key: u32) -> Option<&ActionSpec> {
    program.decisions.actions.iter().find(|spec| spec.key == key)
}

impl Ledger {
    /// Folds the decisions and outcomes of a batch that the state holds already.
    pub fn apply(&mut self, program: &Program, words: &Words, state: &State, events: &Events) {
        let fields = Fields(events);
        for (row, kind) in events.kind.iter().enumerate() {
            if *kind == words.decided {
                self.decided(program, words, state, &fields, row);
            } else if *kind == words.outcome {
                self.came(program, words, state, &fields, row);
            }
        }
    }

    /// Changes the account of an action, and those of it in the given cells, one a segment.
    fn account(&mut self, action: u32, cells: &[u32], change: impl Fn(&mut Account)) {
        change(self.accounts.entry(action).or_default());
        for (segment, cell) in cells.iter().enumerate() {
            change(self.cells.entry((segment, *cell, action)).or_default());
        }
    }

    fn decided(&mut self, program: &Program, words: &Words, state: &State, fields: &Fields<'_>, row: usize) {
        let action = fields.key(words.action, row);
        let withheld = fields.key(words.arm, row) == program.decisions.withheld;
        let (expected, cost) = (or_zero(fields.number(words.priority, row)), or_zero(fields.number(words.cost, row)));
        let cells = fields.cells(program, words, row);
        let id = fields.decision(words, row);
        self.account(action, &cells, |account| {
            account.decisions += 1;
            match (action, withheld) {
                (NONE, _) => {}
                (_, true) => account.withheld += 1,
                (_, false) => {
                    account.expected += expected;
                    account.cost += cost;
                }
            }
        });
        let Some(id) = id else { return };
        let spec = action_of(program, action);
        if let Some(spec) = spec.filter(|_| !withheld) {
            self.spend(program, spec, cost, fields.0.at[row]);
        }
        let other = if action == NONE { program.decisions.within } else { Some(WITHIN) };
        let Some(within) = spec.map(|spec| spec.within).or(other) else { return };
        let regression = spec.and_then(|spec| spec.learnt.as_ref()?.regression.as_ref());
        let features = regression.and_then(|it| decode_features(it.hash, fields.text(words.features, row)));
        let features = features.unwrap_or_default();
        let Events { customer, peer, at, .. } = fields.0;
        let asked = Asked { customer: customer[row], peer: peer[row], at: at[row] };
        let due = asked.at.saturating_add(within).saturating_add(program.time.lateness);
        let keys = [words.action, words.channel, words.group, words.process].map(|word| fields.key(word, row));
        let known = Vec::new();
        let proof = (!withheld).then(|| Ledger::proof(spec, words, state, (fields, row), &cells)).flatten();
        let open = Open { asked, keys, cells, features, withheld, within, due, answered: false, known, proof };
        self.proofs.open(&open);
        if open.lapses() { &mut self.lapsing } else { &mut self.waiting }.insert((due, id));
        self.open.insert(id, open);
    }

    /// Takes what an action of this cost uses from the budgets of its policies.
    fn spend(&mut self, program: &Program, action: &ActionSpec, cost: f64, at: i64) {
        for policy in &action.contacts {
            if let Some(budget) = program.decisions.contacts.get(*policy).and_then(|policy| policy.budget.as_ref()) {
                let left = budget.bucket.left(self.budgets.get(policy).copied(), at) - budget.uses(cost);
                self.budgets.insert(*policy, (at, left));
            }
        }
    }

    /// Tells what is left of every budget at a moment.
    pub fn tell_budgets(&self, program: &Program, at: i64, scratch: &mut Scratch) {
        for (place, policy) in program.decisions.contacts.iter().enumerate() {
            if let Some(budget) = &policy.budget {
                scratch.set(budget.left, budget.bucket.left(self.budgets.get(&place).copied(), at));
            }
        }
    }

    fn came(&mut self, program: &Program, words: &Words, state: &State, fields: &Fields<'_>, row: usize) {
        let (action, kind) = (fields.key(words.action, row), fields.key(words.outcome, row));
        let Some(id) = fields.decision(words, row) else { return };
        let cells = self.open.get(&id).map(|open| open.cells.clone()).unwrap_or_default();
        if kind == program.decisions.expired {
            self.account(action, &cells, |account| account.expired += 1);
            if let Some(open) = self.open.remove(&id) {
                self.waiting.remove(&(open.due, id));
                self.proofs.close(&open);
                self.responses.take(program, state, &open, false, fields.0.at[row]);
            }
            return;
        }
        let (amount, replaces) = (fields.number(words.amount, row), fields.number(words.replaces, row));
        // An action that the program has no more succeeds by any outcome.
        let spec = action_of(program, action);
        let success = (spec.is_none() && action != NONE) || program.decisions.succeeds(spec, kind);
        let open = self.open.get_mut(&id);
        let first = open.is_some_and(|open| {
            open.known.retain(|(known, ..)| *known != kind);
            open.known.push((kind, fields.0.at[row], amount));
            let succeeds = !open.answered && success;
            open.answered |= succeeds;
            succeeds
        });
        self.account(action, &cells, |account| {
            account.realised += or_zero(amount) - or_zero(replaces);
            if replaces.is_nan() {
                *account.outcomes.entry(kind).or_default() += 1;
            }
            account.answered += u64::from(first);
        });
        if let (true, Some(open)) = (first, self.open.get_mut(&id)) {
            if let Some(proof) = &mut open.proof {
                proof.came = fields.0.at[row];
            }
            self.proofs.answer(open);
            self.responses.take(program, state, open, true, fields.0.at[row]);
            self.waiting.remove(&(open.due, id));
            self.lapsing.insert((open.due, id));
        }
    }

    /// A decision of which an outcome may still come at `now`.
    pub fn open(&self, id: u64, now: i64) -> Option<&Open> {
        self.open.get(&id).filter(|open| open.due >= now)
    }

    /// The unanswered decision that is due first, and when, if that is before `at`.
    pub fn due_before(&self, at: i64) -> Option<(i64, u64)> {
        self.waiting.first().copied().filter(|(due, _)| *due < at)
    }

    /// Closes decisions that end without a record, of which no further outcome is taken.
    pub fn purge(&mut self, now: i64) {
        while let Some((due, id)) = self.lapsing.first().copied().filter(|(due, _)| *due < now) {
            self.lapsing.remove(&(due, id));
            if let Some(open) = self.open.remove(&id) {
                self.proofs.close(&open);
            }
        }
    }

    /// Forgets the open decisions of some customers, rising, and who stood at the other end of others.
    /// What was added up by action and cell stays.
    pub fn forget(&mut self, customers: &[u32]) {
        let gone = |who: u32| customers.binary_search(&who).is_ok();
        let (waiting, lapsing, proofs) = (&mut self.waiting, &mut self.lapsing, &mut self.proofs);
        self.open.retain(|id, open| {
            if gone(open.asked.peer) {
                open.asked.peer = NONE;
            }
            let stays = !gone(open.asked.customer);
            if !stays {
                proofs.forget(open);
                waiting.remove(&(open.due, *id));
                lapsing.remove(&(open.due, *id));
            }
            stays
        });
    }

    /// The same where customers and words have other numbers.
    pub fn renumbered(&self, customer: impl Fn(u32) -> u32, key: impl Fn(u32) -> u32) -> Ledger {
        let key = |word: u32| if word == NONE { NONE } else { key(word) };
        let renamed = |account: &Account| {
            let outcomes = account.outcomes.iter().map(|(kind, count)| (key(*kind), *count)).collect();
            Account { outcomes, ..account.clone() }
        };
        let open = |(id, open): (&u64, &Open)| {
            let asked =
                Asked { customer: customer(open.asked.customer), peer: customer(open.asked.peer), ..open.asked };
            let known = open.known.iter().map(|(kind, at, value)| (key(*kind), *at, *value)).collect();
            let cells = open.cells.iter().map(|cell| key(*cell)).collect();
            let proof = open.proof_renumbered(key);
            (*id, Open { asked, keys: open.keys.map(key), cells, known, proof, ..open.clone() })
        };
        let of_cell = |((segment, cell, action), account): (&(usize, u32, u32), &Account)| {
            ((*segment, key(*cell), key(*action)), renamed(account))
        };
        Ledger {
            accounts: self.accounts.iter().map(|(action, account)| (key(*action), renamed(account))).collect(),
            cells: self.cells.iter().map(of_cell).collect(),
            responses: self.responses.renumbered(key),
            proofs: self.proofs.renumbered(key),
            open: self.open.iter().map(open).collect(),
            waiting: self.waiting.clone(),
            lapsing: self.lapsing.clone(),
            budgets: self.budgets.clone(),
        }
    }

    /// The words that it uses, in no order and more than once.
    pub fn words(&self) -> impl Iterator<Item = u32> + '_ {
        let accounts = self.accounts.iter().map(|(action, account)| ([NONE, *action], account));
        let accounts =
            accounts.chain(self.cells.iter().map(|((_, cell, action), account)| ([*cell, *action], account)));
        let accounts = accounts.flat_map(|(place, account)| account.outcomes.keys().copied().chain(place));
        let of_open = |open: &'_ Open| -> Vec<u32> {
            open.known.iter().map(|(kind, ..)| *kind).chain(open.keys).chain(open.cells.iter().copied()).collect()
        };
        accounts.chain(self.open.values().flat_map(of_open)).chain(self.responses.words()).chain(self.proofs.words())
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let open = size_of::<Open>() + size_of::<u64>() + size_of::<(i64, u64)>();
        let lists = |open: &Open| {
            let cells = open.cells.capacity() * size_of::<u32>();
            open.known.capacity() * size_of::<(u32, i64, f64)>() + cells + open.features.capacity() * size_of::<f64>()
        };
        let lists: usize = self.open.values().map(lists).sum();
        let accounts = self.accounts.len() + self.cells.len();
        self.open.capacity() * open
            + lists
            + accounts * size_of::<Account>()
            + self.responses.bytes()
            + self.proofs.bytes()
    }
}
