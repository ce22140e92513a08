//! What was sent against what was withheld: the effect of actions by their control arms.

use std::collections::BTreeMap;

use super::Engine;
use super::backtest::Settled;
use super::world::World;
use crate::base::{Claim, Error, ErrorKind, Result, Verdict};
use crate::data::record::NONE;
use crate::data::table::{Column, Table};
use crate::expr::Type;
use crate::models::associate::q_values;
use crate::models::evaluation::assigned_effect;

/// The most of claimed effects that are false, on average.
const FALSE_SHARE: f64 = 0.05;

/// One that was randomised: a decision, or of an action with arms a customer.
#[derive(Debug, Clone, Copy)]
struct Unit {
    /// The arm, or [`NONE`].
    arm: u32,
    withheld: bool,
    money: f64,
    success: f64,
    before: f64,
}

/// What came of a unit.
type Outcome = fn(&Unit) -> f64;

/// A question: in a cell, of an action, of an arm of it.
type Question = (u32, u32, u32);

/// An effect on one outcome, of each question, with its p-value.
struct Effects(Vec<(Verdict, f64)>);

impl Effects {
    /// The q-value of each, with which its claim is held to the share of false ones.
    fn held(&mut self) -> Vec<f64> {
        let q = q_values(&self.0.iter().map(|(_, p)| *p).collect::<Vec<f64>>());
        for ((verdict, _), q) in self.0.iter_mut().zip(&q).filter(|(_, q)| **q > FALSE_SHARE) {
            verdict.claim = Claim::NoEvidence;
            verdict.why = format!("{}; q {q:.3} among all that are asked", verdict.why);
        }
        q
    }
}

impl Engine {
    /// The effect of every action by its control arm (`[decide] control`, or what the action's `arms` leave):
    /// intention to treat, what came of those for whom it was chosen and sent less what came of those for whom it was
    /// chosen and withheld at random. A row an action, and arm of it (by the cells of `segment`, if given, for each cell)
    /// over the decisions at or after `since` whose window is over: `cell`, `action`, `arm` (where actions have arms),
    /// `sent`, `withheld`, and for the success of a decision and for its money (outcomes; costs are in the ledger) the
    /// effect with its interval of 95%, its q-value and what may be claimed: `success`, `success.low`, `success.high`,
    /// `success.q`, `success.claim`, `money`, `money.low`, `money.high`, `money.q`, `money.claim`.
    ///
    /// The control of all actions is drawn for each decision, which counts once. An arm is a customer's for good: so of
    /// an action with arms a customer counts once, by the first arm, with all that came of the customer's decisions
    /// for it. Several rows are several questions: of the effects that are claimed 5% are false on average (Benjamini,
    /// Hochberg 1995; each interval is its own). Where fewer than 20 were sent, or withheld, "cannot tell". Of a slate the
    /// first place counts.
    ///
    /// `before` names a number column that is read as of the first of those decisions: what was known of a customer
    /// before takes its noise out (CUPED; Deng, Xu, Kohavi, Walker 2013). Cost: two passes over the journal, and a
    /// replay with `before`.
    ///
    /// # Errors
    /// `UnknownSegment`; `UnknownColumn` or `SchemaType` for `before`; as [`Engine::training_set`] with it.
    pub fn effects(&self, segment: Option<&str>, before: Option<&str>, since: Option<i64>) -> Result<Table> {
        let rows = self.world()?.decisions_since(since.unwrap_or(i64::MIN))?;
        let first = rows.iter().map(|row| row.at).min();
        let past = match (before, first) {
            (Some(_), Some(at)) => Some(self.world_before(at, i64::MAX)?),
            _ => None,
        };
        let world = self.world()?;
        let by = segment.map(|segment| world.segment(segment)).transpose()?;
        let settled = world.settled(&rows)?;
        let known = match (before, &past, first) {
            (Some(column), Some(past), Some(at)) => Some(past.known_before(column, &settled, at - 1)?),
            _ => None,
        };
        let units = units(&settled, by, known.as_deref());
        world.effects_table(by.is_some(), before.is_some(), &units)
    }
}

/// What was randomised, by cell and action.
fn units(settled: &Settled, by: Option<usize>, known: Option<&[f64]>) -> BTreeMap<(u32, u32), Vec<Unit>> {
    let decided = || settled.rows.iter().enumerate().filter(|(_, row)| row.action != NONE);
    let armed: std::collections::BTreeSet<u32> =
        decided().filter(|(_, row)| row.arm != NONE && !row.withheld).map(|(_, row)| row.action).collect();
    let mut units: BTreeMap<(u32, u32), Vec<Unit>> = BTreeMap::new();
    let mut seen: BTreeMap<(u32, u32), (u32, usize)> = BTreeMap::new();
    for (place, row) in decided() {
        let at = |values: &[f64]| values.get(place).copied().unwrap_or(f64::NAN);
        let (money, success) = (at(&settled.gross), at(&settled.success));
        let cell = by.and_then(|by| row.cells.get(by)).copied().unwrap_or(NONE);
        let arm = if row.withheld { NONE } else { row.arm };
        let unit = Unit { arm, withheld: row.withheld, money, success, before: known.map_or(f64::NAN, at) };
        let who = (row.customer, row.action);
        let earlier = seen.get(&who).filter(|_| armed.contains(&row.action));
        match earlier.and_then(|(cell, place)| units.get_mut(&(*cell, row.action))?.get_mut(*place)) {
            Some(known) => {
                known.money += money;
                known.success = known.success.max(success);
            }
            None => {
                let all = units.entry((cell, row.action)).or_default();
                seen.insert(who, (cell, all.len()));
                all.push(unit);
            }
        }
    }
    units
}

impl World {
    /// A number column of the customers of some decisions, as it was at a moment; its mean where it is unknown.
    fn known_before(&self, column: &str, settled: &Settled, at: i64) -> Result<Vec<f64>> {
        let (place, kind) = self.column_alone(column)?;
        if kind != Type::Number {
            return Err(Error::new(ErrorKind::SchemaType, format!("the column `{column}` is no number")));
        }
        let who: Vec<u32> = settled.rows.iter().map(|row| row.customer).collect();
        let values = self.values(&who, NONE, &[place], at)?.pop().unwrap_or_default();
        let known: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
        let mean = if known.is_empty() { 0.0 } else { known.iter().sum::<f64>() / known.len() as f64 };
        Ok(values.into_iter().map(|x| if x.is_nan() { mean } else { x }).collect())
    }

    fn effects_table(&self, by_cell: bool, has_before: bool, units: &BTreeMap<(u32, u32), Vec<Unit>>) -> Result<Table> {
        let mut questions: Vec<(Question, Vec<Unit>)> = Vec::new();
        for ((cell, action), all) in units {
            let mut arms: Vec<u32> = all.iter().filter(|unit| !unit.withheld).map(|unit| unit.arm).collect();
            arms.sort_by_key(|arm| self.name_of(*arm));
            arms.dedup();
            if arms.is_empty() {
                arms.push(NONE);
            }
            let asked = |arm: u32| all.iter().filter(move |unit| unit.withheld || unit.arm == arm).copied().collect();
            questions.extend(arms.into_iter().map(|arm| ((*cell, *action, arm), asked(arm))));
        }
        let mut table = Table::new();
        if by_cell {
            table.push("cell", Column::text(questions.iter().map(|((cell, ..), _)| self.name_of(*cell))));
        }
        table.push("action", Column::text(questions.iter().map(|((_, action, _), _)| self.name_of(*action))));
        if self.program.decisions.actions.iter().any(|action| !action.arms.is_empty()) {
            table.push("arm", Column::text(questions.iter().map(|((.., arm), _)| self.name_of(*arm))));
        }
        let count = |withheld: bool| {
            let of = |units: &Vec<Unit>| units.iter().filter(|unit| unit.withheld == withheld).count() as i64;
            Column::Integer(questions.iter().map(|(_, units)| of(units)).collect())
        };
        table.push("sent", count(false));
        table.push("withheld", count(true));
        let outcomes: [(&str, Outcome); 2] = [("success", |unit| unit.success), ("money", |unit| unit.money)];
        for (name, outcome) in outcomes {
            let one = |(_, units): &(Question, Vec<Unit>)| {
                let column = |of: fn(&Unit) -> f64| units.iter().map(of).collect::<Vec<f64>>();
                let sent: Vec<bool> = units.iter().map(|unit| !unit.withheld).collect();
                let before = has_before.then(|| column(|unit| unit.before));
                assigned_effect(&column(outcome), &sent, before.as_deref())
            };
            let mut effects = Effects(questions.iter().map(one).collect::<Result<Vec<(Verdict, f64)>>>()?);
            let q = effects.held();
            let number =
                |of: fn(&Verdict) -> f64| Column::Number(effects.0.iter().map(|(verdict, _)| of(verdict)).collect());
            table.push(name, number(|verdict| verdict.value));
            table.push(&format!("{name}.low"), number(|verdict| verdict.interval.0));
            table.push(&format!("{name}.high"), number(|verdict| verdict.interval.1));
            table.push(&format!("{name}.q"), Column::Number(q));
            let claims = effects.0.iter().map(|(verdict, _)| Some(verdict.claim.to_string()));
            table.push(&format!("{name}.claim"), Column::text(claims));
        }
        Ok(table)
    }

    fn name_of(&self, key: u32) -> Option<String> {
        (key != NONE).then(|| self.state.keys.text(key).to_owned())
    }
}
