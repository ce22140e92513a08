//! What was sent against what was withheld: the effect of actions by their control arms.

use std::collections::BTreeMap;

use super::Engine;
use super::backtest::Settled;
use super::world::World;
use crate::base::{Error, ErrorKind, Result, Verdict};
use crate::data::record::NONE;
use crate::data::table::{Column, Table};
use crate::expr::Type;
use crate::models::evaluation::{adjusted, intention_to_treat};

/// Places of the rows of each group: by cell and action.
type Groups = BTreeMap<(u32, u32), Vec<usize>>;

impl Engine {
    /// The effect of every action by its control arm (`[decide] control`): intention to treat, what came of
    /// those for whom it was chosen and sent less what came of those for whom it was chosen and withheld at random.
    /// A row an action (by the cells of `segment`, if given, a row a cell and action) over the decisions at or after
    /// `since` whose window is over: `cell`, `action`, `sent`, `withheld`, and for the success of a decision and for
    /// its money (outcomes; costs are in the ledger) the effect with its interval of 95% and what may be claimed:
    /// `success`, `success.low`, `success.high`, `success.claim`, `money`, `money.low`, `money.high`, `money.claim`.
    ///
    /// `before` names a number column that is read as of the first of those decisions: what was known of a customer
    /// before takes its noise out (CUPED; Deng, Xu, Kohavi, Walker 2013). Several rows are several questions: claims
    /// are at 95% each. Cost: two passes over the journal, and a replay with `before`.
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
        let mut groups = Groups::new();
        for (place, row) in settled.rows.iter().enumerate().filter(|(_, row)| row.action != NONE) {
            let cell = by.and_then(|by| row.cells.get(by)).copied().unwrap_or(NONE);
            groups.entry((cell, row.action)).or_default().push(place);
        }
        world.effects_table(by.is_some(), &groups, &settled, known.as_deref())
    }
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

    fn effects_table(
        &self,
        by_cell: bool,
        groups: &Groups,
        settled: &Settled,
        before: Option<&[f64]>,
    ) -> Result<Table> {
        let text = |key: u32| (key != NONE).then(|| self.state.keys.text(key).to_owned());
        let at = |values: &[f64], places: &[usize]| -> Vec<f64> {
            places.iter().map(|place| values.get(*place).copied().unwrap_or(f64::NAN)).collect()
        };
        let sent = |places: &[usize]| -> Vec<bool> {
            places.iter().map(|place| settled.rows.get(*place).is_some_and(|row| !row.withheld)).collect()
        };
        let mut table = Table::new();
        if by_cell {
            table.push("cell", Column::text(groups.keys().map(|(cell, _)| text(*cell))));
        }
        table.push("action", Column::text(groups.keys().map(|(_, action)| text(*action))));
        let count = |wanted: bool| {
            let of = |places: &Vec<usize>| sent(places).into_iter().filter(|sent| *sent == wanted).count() as i64;
            Column::Integer(groups.values().map(of).collect())
        };
        table.push("sent", count(true));
        table.push("withheld", count(false));
        for (name, outcome) in [("success", &settled.success), ("money", &settled.gross)] {
            let one = |places: &Vec<usize>| match before {
                Some(before) => adjusted(&at(outcome, places), &sent(places), &at(before, places)),
                None => intention_to_treat(&at(outcome, places), &sent(places)),
            };
            let verdicts = groups.values().map(one).collect::<Result<Vec<Verdict>>>()?;
            let number = |of: fn(&Verdict) -> f64| Column::Number(verdicts.iter().map(of).collect());
            table.push(name, number(|verdict| verdict.value));
            table.push(&format!("{name}.low"), number(|verdict| verdict.interval.0));
            table.push(&format!("{name}.high"), number(|verdict| verdict.interval.1));
            let claims = verdicts.iter().map(|verdict| Some(verdict.claim.to_string()));
            table.push(&format!("{name}.claim"), Column::text(claims));
        }
        Ok(table)
    }
}
