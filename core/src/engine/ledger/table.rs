//! The ledger as a person reads it.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Engine;
use super::super::world::World;
use super::responses::KnownResponse;
use super::{Account, action_of};
use crate::base::Result;
use crate::data::record::NONE;
use crate::data::table::{Column, Table};
use crate::models::bandit::Beta;
use crate::program::cell_name;

impl Engine {
    /// What was expected of each action, and what came of it: a row an action that was ever decided
    /// (null is silence) with `action`, `process`, `decisions`, `withheld` (control arm), `expected` (sum of
    /// the priorities of what was sent, in money), `cost`, `realised` (sum of the outcomes' values),
    /// `answered`, `open`, `expired`, and a column `outcome.KIND` with the number of outcomes of each kind.
    ///
    /// Decisions of an action are open, answered or expired; those of silence are answered or nothing. Where an
    /// unanswered one is due at the clock it counts as expired. Cost: O(actions + decisions that are due).
    ///
    /// # Errors
    /// `Closed` once the engine was closed.
    pub fn ledger(&self) -> Result<Table> {
        Ok(self.world()?.ledger_table(None))
    }

    /// The ledger by the cells of a segment: as [`Engine::ledger`], a row a cell and action, with the cell in
    /// which the customer was when the decision was taken in a first column `cell` (null is none). The
    /// cells of an action add up to its row of the ledger. Cost: O(cells x actions + decisions that are due).
    ///
    /// # Errors
    /// `UnknownSegment` with the nearest name; `Closed` once the engine was closed.
    pub fn ledger_by(&self, segment: &str) -> Result<Table> {
        let world = self.world()?;
        let found = world.segment(segment)?;
        Ok(world.ledger_table(Some(found)))
    }

    /// What has been learnt of the response to actions with a `response_model`: a row an action and cell with
    /// `action`, `cell` (null is the action as a whole; a cell of fewer axes stands for all inside it),
    /// `successes` and `failures` (all that there were), `trials` (how many these count for now: fewer with a
    /// `half_life`, and with `delays` those that wait beside them), `response` (P(outcome | action) as decisions use it;
    /// null where it is a regression, which depends on the customer's features) and `standard_deviation`. Cost:
    /// O(actions x cells).
    ///
    /// # Errors
    /// `Closed` once the engine was closed.
    pub fn responses(&self) -> Result<Table> {
        let world = self.world()?;
        let known: Vec<_> = world.ledger.known_responses(&world.program, world.state.now).collect();
        let cell = |labels: &[u32]| cell_name(labels.iter().map(|label| world.state.keys.text(*label)));
        let mut table = Table::new();
        table.push("action", Column::text(known.iter().map(|it| Some(it.spec.name.clone()))));
        let cells = known.iter().map(|it| (!it.labels.is_empty()).then(|| cell(it.labels)));
        table.push("cell", Column::text(cells));
        let counts = known.iter().map(|it| (it.tally.successes as i64, it.tally.failures as i64));
        let (successes, failures) = counts.unzip();
        table.push("successes", Column::Integer(successes));
        table.push("failures", Column::Integer(failures));
        let number = |of: &dyn Fn(&KnownResponse<'_>) -> f64| Column::Number(known.iter().map(of).collect());
        table.push("trials", number(&|it| it.counted));
        table.push("response", number(&|it| it.expected.map_or(f64::NAN, Beta::mean)));
        table.push("standard_deviation", number(&|it| it.expected.map_or(f64::NAN, Beta::standard_deviation)));
        Ok(table)
    }
}

/// A row of the ledger: cell and action.
type Place = (u32, u32);

impl World {
    fn ledger_table(&self, by: Option<usize>) -> Table {
        let ledger = &self.ledger;
        let rows: Vec<(Place, &Account)> = match by {
            None => ledger.accounts.iter().map(|(action, account)| ((NONE, *action), account)).collect(),
            Some(by) => {
                let cells = ledger.cells.iter().filter(|((segment, ..), _)| *segment == by);
                cells.map(|((_, cell, action), account)| ((*cell, *action), account)).collect()
            }
        };
        let mut due: BTreeMap<Place, u64> = BTreeMap::new();
        for (_, id) in ledger.waiting.iter().take_while(|(due, _)| *due < self.state.now) {
            let Some(open) = ledger.open.get(id) else { continue };
            let [action, ..] = open.keys;
            let cell = by.and_then(|by| open.cells.get(by)).copied().unwrap_or(NONE);
            *due.entry((cell, action)).or_default() += 1;
        }
        let expired = |place: &Place, account: &Account| account.expired + due.get(place).copied().unwrap_or(0);
        let text = |key: u32| (key != NONE).then(|| self.state.keys.text(key).to_owned());
        let process = |action: u32| action_of(&self.program, action).and_then(|spec| text(spec.process));
        let whole = |count: &dyn Fn(&Place, &Account) -> u64| {
            Column::Integer(rows.iter().map(|(place, account)| count(place, account) as i64).collect())
        };
        let money = |sum: fn(&Account) -> f64| Column::Number(rows.iter().map(|(_, account)| sum(account)).collect());
        let mut table = Table::new();
        if by.is_some() {
            table.push("cell", Column::text(rows.iter().map(|((cell, _), _)| text(*cell))));
        }
        table.push("action", Column::text(rows.iter().map(|((_, action), _)| text(*action))));
        table.push("process", Column::text(rows.iter().map(|((_, action), _)| process(*action))));
        table.push("decisions", whole(&|_, account| account.decisions));
        table.push("withheld", whole(&|_, account| account.withheld));
        table.push("expected", money(|account| account.expected));
        table.push("cost", money(|account| account.cost));
        table.push("realised", money(|account| account.realised));
        table.push("answered", whole(&|_, account| account.answered));
        table.push(
            "open",
            whole(&|place, account| {
                let closed = account.answered + expired(place, account);
                if place.1 == NONE { 0 } else { account.decisions.saturating_sub(closed) }
            }),
        );
        table.push("expired", whole(&|place, account| expired(place, account)));
        let kinds: BTreeSet<u32> = rows.iter().flat_map(|(_, account)| account.outcomes.keys().copied()).collect();
        for kind in kinds {
            let name = format!("outcome.{}", self.state.keys.text(kind));
            table.push(&name, whole(&|_, account| account.outcomes.get(&kind).copied().unwrap_or(0)));
        }
        table
    }
}
