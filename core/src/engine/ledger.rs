//! What was decided, what was expected of it, and what came: the fold of `decided` and `outcome`.
//!
//! Money and counts are kept by action; a decision itself only while an outcome of it may still come,
//! so that memory is that of the open windows however many decisions there were. A window is the
//! action's `within`; outcomes of its time are taken for the declared lateness longer.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::Engine;
use super::world::World;
use crate::base::{Error, ErrorKind, Result};
use crate::columns::Asked;
use crate::data::codec::{Reader, Writer};
use crate::data::keys::Keys;
use crate::data::record::{Events, NONE, Values};
use crate::data::table::{Column, Table};
use crate::program::{Program, WITHIN};

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
    pub within: i64,
    /// The last moment at which an outcome is taken.
    pub due: i64,
    answered: bool,
    /// The latest outcome of each kind: kind, time, value.
    pub known: Vec<(u32, i64, f64)>,
}

/// The fold of decisions and outcomes.
#[derive(Debug)]
pub(super) struct Ledger {
    /// By action; [`NONE`] is silence.
    accounts: BTreeMap<u32, Account>,
    open: HashMap<u64, Open, FixedState>,
    /// Unanswered decisions by when they are due.
    waiting: BTreeSet<(i64, u64)>,
    /// Answered ones.
    answered: BTreeSet<(i64, u64)>,
}

impl Default for Ledger {
    fn default() -> Self {
        let open = HashMap::with_hasher(FixedState::default());
        Ledger { accounts: BTreeMap::new(), open, waiting: BTreeSet::new(), answered: BTreeSet::new() }
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

impl Ledger {
    /// Folds the decisions and outcomes of a batch.
    pub fn apply(&mut self, program: &Program, words: &Words, events: &Events) {
        let fields = Fields(events);
        for (row, kind) in events.kind.iter().enumerate() {
            if *kind == words.decided {
                self.decided(program, words, &fields, row);
            } else if *kind == words.outcome {
                self.came(program, words, &fields, row);
            }
        }
    }

    fn decided(&mut self, program: &Program, words: &Words, fields: &Fields<'_>, row: usize) {
        let action = fields.key(words.action, row);
        let account = self.accounts.entry(action).or_default();
        account.decisions += 1;
        let (Some(id), true) = (fields.decision(words, row), action != NONE) else { return };
        if fields.key(words.arm, row) == program.decisions.withheld {
            account.withheld += 1;
        } else {
            account.expected += or_zero(fields.number(words.priority, row));
            account.cost += or_zero(fields.number(words.cost, row));
        }
        let spec = program.decisions.actions.iter().find(|spec| spec.key == action);
        let within = spec.map_or(WITHIN, |spec| spec.within);
        let Events { customer, peer, at, .. } = fields.0;
        let asked = Asked { customer: customer[row], peer: peer[row], at: at[row] };
        let due = asked.at.saturating_add(within).saturating_add(program.time.lateness);
        let keys = [words.action, words.channel, words.group, words.process].map(|word| fields.key(word, row));
        self.open.insert(id, Open { asked, keys, within, due, answered: false, known: Vec::new() });
        self.waiting.insert((due, id));
    }

    fn came(&mut self, program: &Program, words: &Words, fields: &Fields<'_>, row: usize) {
        let (action, kind) = (fields.key(words.action, row), fields.key(words.outcome, row));
        let Some(id) = fields.decision(words, row) else { return };
        let account = self.accounts.entry(action).or_default();
        if kind == program.decisions.expired {
            account.expired += 1;
            if let Some(open) = self.open.remove(&id) {
                self.waiting.remove(&(open.due, id));
            }
            return;
        }
        let (amount, replaces) = (fields.number(words.amount, row), fields.number(words.replaces, row));
        account.realised += or_zero(amount) - or_zero(replaces);
        if replaces.is_nan() {
            *account.outcomes.entry(kind).or_default() += 1;
        }
        let Some(open) = self.open.get_mut(&id) else { return };
        open.known.retain(|(known, ..)| *known != kind);
        open.known.push((kind, fields.0.at[row], amount));
        let success = program.decisions.actions.iter().find(|spec| spec.key == action).and_then(|spec| spec.outcome);
        if !open.answered && success.is_none_or(|success| success == kind) {
            open.answered = true;
            account.answered += 1;
            self.waiting.remove(&(open.due, id));
            self.answered.insert((open.due, id));
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

    /// Forgets answered decisions of which no further outcome is taken.
    pub fn purge(&mut self, now: i64) {
        while let Some((due, id)) = self.answered.first().copied().filter(|(due, _)| *due < now) {
            self.answered.remove(&(due, id));
            self.open.remove(&id);
        }
    }

    /// Forgets the open decisions of some customers, rising, and who stood at the other end of others.
    /// What was added up by action stays.
    pub fn forget(&mut self, customers: &[u32]) {
        let gone = |who: u32| customers.binary_search(&who).is_ok();
        let (waiting, answered) = (&mut self.waiting, &mut self.answered);
        self.open.retain(|id, open| {
            if gone(open.asked.peer) {
                open.asked.peer = NONE;
            }
            let stays = !gone(open.asked.customer);
            if !stays {
                waiting.remove(&(open.due, *id));
                answered.remove(&(open.due, *id));
            }
            stays
        });
    }

    /// The words that it uses, in no order and more than once.
    pub fn words(&self) -> impl Iterator<Item = u32> + '_ {
        let accounts = self.accounts.iter();
        let accounts = accounts.flat_map(|(action, account)| account.outcomes.keys().copied().chain([*action]));
        let open = self.open.values().flat_map(|open| open.known.iter().map(|(kind, ..)| *kind).chain(open.keys));
        accounts.chain(open)
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let open = size_of::<Open>() + size_of::<u64>() + size_of::<(i64, u64)>();
        let known: usize = self.open.values().map(|open| open.known.capacity() * size_of::<(u32, i64, f64)>()).sum();
        self.open.capacity() * open + known + self.accounts.len() * size_of::<Account>()
    }

    /// The ledger in bytes: those of answered decisions that are due are as good as forgotten.
    pub fn encode(&self, now: i64) -> Vec<u8> {
        let mut out = Writer::default();
        out.count(self.accounts.len());
        for (action, account) in &self.accounts {
            out.u32(*action);
            let counts = [account.decisions, account.withheld, account.answered, account.expired];
            counts.into_iter().for_each(|count| out.u64(count));
            [account.expected, account.cost, account.realised].into_iter().for_each(|money| out.f64(money));
            out.count(account.outcomes.len());
            for (kind, count) in &account.outcomes {
                out.u32(*kind);
                out.u64(*count);
            }
        }
        let kept = self.open.iter().filter(|(_, open)| !open.answered || open.due >= now);
        let mut kept: Vec<(&u64, &Open)> = kept.collect();
        kept.sort_unstable_by_key(|(id, _)| **id);
        out.count(kept.len());
        for (id, open) in kept {
            out.u64(*id);
            [open.asked.customer, open.asked.peer].into_iter().for_each(|who| out.u32(who));
            [open.asked.at, open.within, open.due].into_iter().for_each(|time| out.i64(time));
            open.keys.into_iter().for_each(|key| out.u32(key));
            out.u8(u8::from(open.answered));
            out.count(open.known.len());
            for (kind, at, value) in &open.known {
                out.u32(*kind);
                out.i64(*at);
                out.f64(*value);
            }
        }
        out.into_bytes()
    }

    /// A ledger from its bytes.
    ///
    /// # Errors
    /// `StoreCorrupt` for bytes that are none.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::with_entries(bytes, bytes.len());
        let mut ledger = Ledger::default();
        for _ in 0..from.count()? {
            let action = from.u32()?;
            let [decisions, withheld, answered, expired] = [from.u64()?, from.u64()?, from.u64()?, from.u64()?];
            let [expected, cost, realised] = [from.f64()?, from.f64()?, from.f64()?];
            let mut outcomes = BTreeMap::new();
            for _ in 0..from.count()? {
                outcomes.insert(from.u32()?, from.u64()?);
            }
            let account = Account { decisions, withheld, expected, cost, realised, answered, expired, outcomes };
            ledger.accounts.insert(action, account);
        }
        for _ in 0..from.count()? {
            let id = from.u64()?;
            let [customer, peer] = [from.u32()?, from.u32()?];
            let [at, within, due] = [from.i64()?, from.i64()?, from.i64()?];
            let keys = [from.u32()?, from.u32()?, from.u32()?, from.u32()?];
            let answered = from.u8()? == 1;
            let mut known = Vec::new();
            for _ in 0..from.count()? {
                known.push((from.u32()?, from.i64()?, from.f64()?));
            }
            if answered { &mut ledger.answered } else { &mut ledger.waiting }.insert((due, id));
            let asked = Asked { customer, peer, at };
            if ledger.open.insert(id, Open { asked, keys, within, due, answered, known }).is_some() {
                return Err(Error::new(ErrorKind::StoreCorrupt, "the checkpoint's ledger holds a decision twice"));
            }
        }
        from.finish().map_err(|_| Error::new(ErrorKind::StoreCorrupt, "the checkpoint's ledger has bytes too many"))?;
        Ok(ledger)
    }
}

impl Engine {
    /// What was expected of each action, and what came of it: a row an action that was ever decided
    /// (null is silence) with `action`, `process`, `decisions`, `withheld` (control arm), `expected` (sum of
    /// the priorities of what was sent, in money), `cost`, `realised` (sum of the outcomes' values),
    /// `answered`, `open`, `expired`, and a column `outcome.KIND` with the number of outcomes of each kind.
    ///
    /// Decisions of an action are open, answered or expired. Where an unanswered one is due at the clock it
    /// counts as expired. Cost: O(actions + decisions that are due).
    ///
    /// # Errors
    /// `Closed` once the engine was closed.
    pub fn ledger(&self) -> Result<Table> {
        Ok(self.world()?.ledger_table())
    }
}

impl World {
    fn ledger_table(&self) -> Table {
        let accounts = &self.ledger.accounts;
        let mut due: BTreeMap<u32, u64> = BTreeMap::new();
        for (_, id) in self.ledger.waiting.iter().take_while(|(due, _)| *due < self.state.now) {
            let [action, ..] = self.ledger.open.get(id).map_or([NONE; 4], |open| open.keys);
            *due.entry(action).or_default() += 1;
        }
        let expired = |action: &u32, account: &Account| account.expired + due.get(action).copied().unwrap_or(0);
        let text = |key: u32| (key != NONE).then(|| self.state.keys.text(key).to_owned());
        let process = |action: &u32| {
            let spec = self.program.decisions.actions.iter().find(|spec| spec.key == *action);
            spec.and_then(|spec| text(spec.process))
        };
        let whole = |count: &dyn Fn(&u32, &Account) -> u64| {
            Column::Integer(accounts.iter().map(|(action, account)| count(action, account) as i64).collect())
        };
        let money = |sum: fn(&Account) -> f64| Column::Number(accounts.values().map(sum).collect());
        let mut table = Table::new();
        table.push("action", Column::text(accounts.keys().map(|action| text(*action))));
        table.push("process", Column::text(accounts.keys().map(process)));
        table.push("decisions", whole(&|_, account| account.decisions));
        table.push("withheld", whole(&|_, account| account.withheld));
        table.push("expected", money(|account| account.expected));
        table.push("cost", money(|account| account.cost));
        table.push("realised", money(|account| account.realised));
        table.push("answered", whole(&|_, account| account.answered));
        table.push(
            "open",
            whole(&|action, account| {
                let closed = account.answered + expired(action, account);
                if *action == NONE { 0 } else { account.decisions.saturating_sub(closed) }
            }),
        );
        table.push("expired", whole(&expired));
        let kinds: BTreeSet<u32> = accounts.values().flat_map(|account| account.outcomes.keys().copied()).collect();
        for kind in kinds {
            let name = format!("outcome.{}", self.state.keys.text(kind));
            table.push(&name, whole(&|_, account| account.outcomes.get(&kind).copied().unwrap_or(0)));
        }
        table
    }
}
