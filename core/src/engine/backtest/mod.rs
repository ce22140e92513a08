//! What another definition would have decided: the journal followed under it, decision by decision.

mod known;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use super::Engine;
use super::backfill::Backfill;
use super::decide::How;
use super::ledger::Fields;
use super::world::World;
use crate::base::random::hash_bytes;
use crate::base::{Claim, Result};
use crate::columns::Asked;
use crate::data::ids::OwnedId;
use crate::data::record::{Batch, Events, NONE, Record};
use crate::data::table::{Column, Table};
use crate::decisions::Room;
use crate::definition::Definition;
use crate::expr::Type;
use crate::models::evaluation::{Estimate, Logged, OffPolicy};
pub(super) use known::{Known, Sent};
use told::Told;

/// Weights above this are not corrected by.
const THRESHOLD: f64 = 10.0;

/// What another definition would have done with the decisions of a journal.
#[derive(Debug, Clone)]
pub struct Backtest {
    /// Recorded decisions that were compared; a slate is one, by its first action.
    pub decisions: u64,
    /// Those of which the other definition would have chosen the same (silence counts).
    pub agreed: u64,
    /// Customers with at least one of them.
    pub customers: u64,
    /// A row a customer who would now and then have got something else: `customer`, `decisions`, `gained` (an
    /// action instead of silence), `lost` (silence instead of an action), `changed` (another action).
    pub moved: Table,
    /// A row an action of the other definition and rule at which it falls: `action`, `stage`, `rule`, `decisions`;
    /// stage `chosen` has those that it would have won. Each action's rows add up to all decisions.
    pub funnel: Table,
    /// A row a customer who would have got no action at all: `customer`, `decisions`, and of the latest the `action`
    /// that came furthest, with the `stage` and `rule` that drops it.
    pub unserved: Table,
    /// What the other definition expects of a decision: the priority of its choice above the price of attention;
    /// and what the recorded one expected.
    pub expected: [Option<Estimate>; 2],
    /// Its value in money by what came of the decisions that were taken (outcomes less cost), silence among them, for
    /// those older than the longest window of any; nothing where there are none.
    pub value: Option<OffPolicy>,
    /// The same in successes a decision.
    pub success: Option<OffPolicy>,
}

/// A recorded decision beside what another definition says of it.
#[derive(Debug, Clone)]
pub(super) struct Compared {
    pub id: u64,
    pub customer: u32,
    pub at: i64,
    /// The recorded action, interned; [`NONE`] is silence.
    pub action: u32,
    pub withheld: bool,
    /// The recorded arm, interned, or [`NONE`].
    pub arm: u32,
    pub propensity: f64,
    pub cost: f64,
    pub expected: f64,
    /// The probability with which the other definition does what was done.
    pub target: f64,
    /// Its own choice, interned.
    pub choice: u32,
    /// What its choice is worth beyond the price of attention.
    pub worth: f64,
    /// The cell of each segment of the definition in force, or [`NONE`].
    pub cells: Vec<u32>,
    /// Hash of its candidates.
    candidates: u64,
}

impl Engine {
    /// What another definition would have decided wherever this engine's journal holds a decision at or after
    /// `since` (`None` is all): as in the shadow of the one that ran, with the contacts, outcomes and
    /// crossings that there were. Nothing is written, so that it costs a live engine nothing until asked; run again
    /// with the same `since` it is shadow running. Under the definition in force it agrees with every decision whose
    /// customers were not merged or erased since. Cost: a replay of the journal, row by row, and a decision each.
    ///
    /// ```
    /// use bactrian::{Ask, Definition, Engine, Id, Options};
    ///
    /// let text = "[trait]\nage = \"number\"\n[action.card]\neligible = \"age > 30\"\nvalue = 2\n";
    /// let engine = Engine::new(&Definition::from_toml(text)?, Options::default())?;
    /// for (name, age) in [("anna", 25.0), ("ben", 40.0)] {
    ///     engine.identify_row(Id::Text(name), None, &[("age", bactrian::Value::Number(age))])?;
    ///     engine.decide(Id::Text(name), Ask::default())?;
    /// }
    /// let other = Definition::from_toml(&text.replace("age > 30", "age < 30"))?;
    /// let found = engine.backtest(&other, None)?;
    /// assert_eq!((found.decisions, found.agreed, found.unserved.len()), (2, 0, 1));
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Engine::redefine`]; `Callback` where the other definition needs a callback that is not registered.
    pub fn backtest(&self, definition: &Definition, since: Option<i64>) -> Result<Backtest> {
        let world = self.world()?;
        let (mut told, mut known) = (Told::default(), Known::default());
        let compared = world.compare(definition, since.unwrap_or(i64::MIN), |other, found, room| {
            told.add(other, found, room);
            known.add(other, room);
        })?;
        let settled = world.settled_together(&compared)?;
        let mean = |of: fn(&Compared) -> f64| Estimate::of(&compared.iter().map(of).collect::<Vec<f64>>());
        let target: Vec<f64> = settled.rows.iter().map(|row| row.target).collect();
        Ok(Backtest {
            decisions: compared.len() as u64,
            agreed: compared.iter().filter(|row| row.action == row.choice).count() as u64,
            customers: compared.iter().map(|row| row.customer).collect::<BTreeSet<u32>>().len() as u64,
            moved: world.moved(&compared),
            funnel: told.funnel(),
            unserved: told.unserved(&world),
            expected: [mean(|row| row.worth), mean(|row| row.expected)],
            value: settled.worth(&world, &settled.money, &target, Some(&known)).ok(),
            success: settled.worth(&world, &settled.success, &target, Some(&known)).ok(),
        })
    }
}

/// Decisions of which it is known what came, with that.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub rows: Vec<Compared>,
    /// The place of each among those compared.
    pub places: Vec<usize>,
    /// What came, without costs.
    pub gross: Vec<f64>,
    pub money: Vec<f64>,
    pub success: Vec<f64>,
}

impl Settled {
    /// The value of a policy that takes the recorded actions with some probabilities; with what is `known` of all that it
    /// does also by a model of rewards. Of a policy that is silent more or less often than the log nothing is claimed
    /// unless outcomes of silence are taken.
    pub fn worth(&self, world: &World, reward: &[f64], target: &[f64], known: Option<&Known>) -> Result<OffPolicy> {
        let behaviour: Vec<f64> = self.rows.iter().map(|row| row.propensity).collect();
        let expected = known.map(|known| known.expected(world, self, reward)).transpose()?;
        let model = expected.as_ref().map(|(own, policy)| (own.as_slice(), policy.as_slice()));
        let logged = Logged { reward, behaviour: &behaviour, target, model };
        let mut found = OffPolicy::new(&logged, THRESHOLD)?;
        let is_unheard = |row: &Compared, target: f64| row.action == NONE && (target - row.propensity).abs() > 1e-9;
        if world.program.decisions.within.is_none()
            && self.rows.iter().zip(target).any(|(row, target)| is_unheard(row, *target))
        {
            found.gain.claim = Claim::CannotTell;
        }
        Ok(found)
    }
}

impl World {
    /// Every recorded decision at or after `since` beside what a definition says of it; `each` sees the world of
    /// that definition and the room in which it decided.
    pub(super) fn compare(
        &self,
        definition: &Definition,
        since: i64,
        mut each: impl FnMut(&World, &Compared, &Room),
    ) -> Result<Vec<Compared>> {
        let mut other = self.begun(definition.clone(), self.state.aliases())?.world;
        other.bind(self.callbacks.clone())?;
        other.ready()?;
        let mut backfill = None;
        if other.lacks_segments(&self.definition) {
            let past = self.begun(definition.clone(), self.state.aliases())?.world;
            backfill = Some(Backfill::new(past, &self.callbacks)?);
        }
        let mut found: Vec<Compared> = Vec::new();
        let mut room = Room::default();
        let mut step = 0;
        self.journal.replay(|batch| {
            for batch in rows_of(batch, other.state.now) {
                step += 1;
                self.journal.go_on_at(step)?;
                if let Record::Events(events) = &batch.record
                    && let Some(decided) = self.recorded_row(events).filter(|decided| decided.at >= since)
                    && !found.last().is_some_and(|last| last.is_slate_of(&decided))
                {
                    let compared = other.beside(decided, events, &mut room);
                    each(&other, &compared, &room);
                    found.push(compared);
                }
                let crossed = backfill.as_mut().map(|backfill| backfill.follow(&batch)).transpose()?;
                other.apply(&batch)?;
                if let (Some(crossed), Some(backfill)) = (crossed, &backfill) {
                    other.state.keys.extend(backfill.keys_since(other.state.keys.len()))?;
                    other.fold_events(&crossed);
                }
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Every recorded decision at or after `since`, before anything is said of it.
    pub(super) fn decisions_since(&self, since: i64) -> Result<Vec<Compared>> {
        let mut found: Vec<Compared> = Vec::new();
        self.journal.replay(|batch| {
            let Record::Events(events) = &batch.record else { return Ok(()) };
            let own = (0..events.kind.len()).filter(|row| events.kind[*row] == self.words.decided);
            for row in own {
                let decided = self.recorded_row(&events.gather(&[row as u32])).filter(|decided| decided.at >= since);
                let decided = decided.filter(|decided| !found.last().is_some_and(|last| last.is_slate_of(decided)));
                found.extend(decided);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// A decision among events of one row, before anything is said of it.
    fn recorded_row(&self, events: &Events) -> Option<Compared> {
        let words = &self.words;
        let fields = Fields(events);
        if *events.kind.first()? != words.decided {
            return None;
        }
        Some(Compared {
            id: fields.decision(words, 0)?,
            customer: self.state.resolve(*events.customer.first()?),
            at: *events.at.first()?,
            action: fields.key(words.action, 0),
            withheld: fields.key(words.arm, 0) == self.program.decisions.withheld,
            arm: fields.key(words.arm, 0),
            propensity: fields.number(words.propensity, 0),
            cost: fields.number(words.cost, 0),
            expected: fields.number(words.priority, 0),
            target: 0.0,
            choice: NONE,
            worth: 0.0,
            cells: fields.cells(&self.program, words, 0),
            candidates: hash_bytes(fields.text(words.candidates, 0).as_bytes()),
        })
    }

    /// What this world's definition says of a recorded decision, taken for the same customer, peer, moment and context.
    fn beside(&self, decided: Compared, events: &Events, room: &mut Room) -> Compared {
        let fields = Fields(events);
        let contexts = self.program.decisions.contexts.iter();
        let context = contexts.map(|context| match context.kind {
            Type::Key => Some(fields.key(context.key, 0)).filter(|key| *key != NONE).map_or(f64::NAN, f64::from),
            _ => fields.number(context.key, 0),
        });
        let how = How { n: 1, context: context.collect() };
        let peer =
            events.peer.first().map_or(NONE, |peer| if *peer == NONE { NONE } else { self.state.resolve(*peer) });
        self.weigh(Asked { customer: decided.customer, peer, at: decided.at }, &how, room);
        let spec = &self.program.decisions;
        let recorded = spec.actions.iter().position(|action| action.key == decided.action);
        let chance = match (decided.action == NONE, recorded) {
            (true, _) => room.chance(None),
            (false, Some(action)) => room.chance(Some(action)),
            (false, None) => 0.0,
        };
        let arm = recorded.and_then(|recorded| spec.actions.get(recorded)).map_or(1.0, |action| {
            let known = action.arms(spec.control).find(|(arm, _)| action.arm_key(*arm, spec.withheld) == decided.arm);
            known.map_or(0.0, |(_, share)| share)
        });
        let choice = room.slate().first().copied();
        let worth = choice.map_or(0.0, |choice| room.priority(choice) - room.attention());
        let choice = choice.and_then(|choice| spec.actions.get(choice)).map_or(NONE, |action| action.key);
        let expected = if decided.action == NONE { 0.0 } else { decided.expected - room.attention() };
        Compared { target: chance * arm, choice, worth, expected, ..decided }
    }

    /// The decisions among those compared whose window is over, with what came of them by now. A pass over the journal.
    pub(super) fn settled(&self, compared: &[Compared]) -> Result<Settled> {
        self.settled_after(compared, |row| self.window(row))
    }

    /// The same where each waits for the longest window of any: else the latest would all be of what is soon over.
    pub(super) fn settled_together(&self, compared: &[Compared]) -> Result<Settled> {
        let longest = compared.iter().map(|row| self.window(row)).max().unwrap_or(0);
        self.settled_after(compared, |_| longest)
    }

    fn settled_after(&self, compared: &[Compared], window: impl Fn(&Compared) -> i64) -> Result<Settled> {
        let mut came: BTreeMap<u64, (f64, bool)> = BTreeMap::new();
        let words = &self.words;
        self.journal.replay(|batch| {
            if let Record::Events(events) = &batch.record {
                let fields = Fields(events);
                for row in (0..events.kind.len()).filter(|row| events.kind[*row] == words.outcome) {
                    let Some(id) = fields.decision(words, row) else { continue };
                    let kind = fields.key(words.outcome, row);
                    let amount = |name: u32| Some(fields.number(name, row)).filter(|x| !x.is_nan()).unwrap_or(0.0);
                    let known = came.entry(id).or_default();
                    known.0 += amount(words.amount) - amount(words.replaces);
                    known.1 |= self.succeeds(fields.key(words.action, row), kind);
                }
            }
            Ok(())
        })?;
        let mut settled = Settled::default();
        for (place, row) in compared.iter().enumerate() {
            let ends = row.at.saturating_add(window(row)).saturating_add(self.program.time.lateness);
            if ends > self.state.now {
                continue;
            }
            let (money, success) = came.get(&row.id).copied().unwrap_or_default();
            let sent = row.action != NONE && !row.withheld;
            settled.rows.push(row.clone());
            settled.places.push(place);
            settled.gross.push(money);
            settled.money.push(money - if sent && !row.cost.is_nan() { row.cost } else { 0.0 });
            settled.success.push(f64::from(u8::from(success)));
        }
        Ok(settled)
    }

    fn succeeds(&self, action: u32, kind: u32) -> bool {
        let decisions = &self.program.decisions;
        let spec = decisions.actions.iter().find(|spec| spec.key == action);
        // An action that the program has no more succeeds by any outcome.
        let any = spec.is_none() && action != NONE && kind != decisions.expired;
        any || decisions.succeeds(spec, kind)
    }

    fn window(&self, row: &Compared) -> i64 {
        let decisions = &self.program.decisions;
        let spec = decisions.actions.iter().find(|spec| spec.key == row.action);
        let other = if row.action == NONE { decisions.within.unwrap_or(0) } else { crate::program::WITHIN };
        spec.map_or(other, |spec| spec.within)
    }

    fn moved(&self, compared: &[Compared]) -> Table {
        let mut rows: BTreeMap<u32, [i64; 4]> = BTreeMap::new();
        for row in compared {
            let place = match (row.action == NONE, row.choice == NONE) {
                _ if row.action == row.choice => 0,
                (true, _) => 1,
                (_, true) => 2,
                _ => 3,
            };
            let counts = rows.entry(row.customer).or_default();
            counts[0] += 1;
            if place > 0 {
                counts[place] += 1;
            }
        }
        rows.retain(|_, counts| counts.iter().skip(1).any(|count| *count > 0));
        let mut table = Table::new();
        table.push("customer", Column::Id(rows.keys().map(|customer| self.named(*customer)).collect()));
        for (place, name) in ["decisions", "gained", "lost", "changed"].into_iter().enumerate() {
            table.push(name, Column::Integer(rows.values().map(|counts| counts[place]).collect()));
        }
        table
    }

    pub(super) fn named(&self, customer: u32) -> OwnedId {
        self.state.ids.name(customer).cloned().unwrap_or(OwnedId::Erased)
    }
}

impl Compared {
    /// Whether another row is a further action of the slate of this one.
    fn is_slate_of(&self, other: &Compared) -> bool {
        let same = self.customer == other.customer && self.at == other.at;
        let alike = self.candidates == other.candidates && self.propensity == other.propensity;
        same && alike && ![NONE, self.action].contains(&other.action) && self.action != NONE
    }
}

/// A batch as batches of one row each, as they were applied live.
fn rows_of(batch: Batch, now: i64) -> Vec<Batch> {
    let Record::Events(events) = &batch.record else { return vec![batch] };
    let mut now = now;
    let mut names = Some((batch.ids, batch.keys));
    let mut rows = Vec::with_capacity(events.at.len());
    for (row, at) in events.at.iter().enumerate() {
        let (ids, keys) = names.take().unwrap_or_default();
        now = now.max(*at);
        let record = Record::Events(events.gather(&[row as u32]));
        rows.push(Batch { sequence: batch.sequence + row as u64, now, ids, keys, record });
    }
    if let Some((ids, keys)) = names {
        let record = Record::Events(Events::default());
        rows.push(Batch { sequence: batch.sequence, now: batch.now, ids, keys, record });
    }
    rows
}
