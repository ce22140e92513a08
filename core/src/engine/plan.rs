//! A plan for many customers at once: who gets what, under a budget and capacities.

use super::Engine;
use super::decide::Ask;
use crate::base::likeness::did_you_mean;
use crate::base::{Error, ErrorKind, Result};
use crate::data::ids::Id;
use crate::data::table::{Column, Table};
use crate::decisions::Room;
use crate::models::planning::{self, Limit, Options, Uses};
use crate::program::ActionSpec;

/// What a plan may spend.
#[derive(Debug, Clone, Copy, Default)]
pub struct Means<'a> {
    /// The most that all costs together come to; `None` is no limit.
    pub budget: Option<f64>,
    /// How many customers an action, a channel, a group, a process or a type of relationship may have, by name.
    pub capacity: &'a [(&'a str, f64)],
}

/// What [`Engine::plan`] found.
#[derive(Debug, Clone)]
pub struct Planned {
    /// `customer`, `action` (null is silence), `priority` and `cost`, a row a customer.
    pub table: Table,
    /// The sum of the priorities above the price of attention.
    pub value: f64,
    /// No plan under these limits has a larger sum.
    pub bound: f64,
    /// (bound - value) / bound.
    pub gap: f64,
    /// Whether no plan is better.
    pub exact: bool,
    /// Of the budget, if there is one under the name `budget`, and of every capacity: name, how much there is, how
    /// much is used, and what one more would be worth.
    pub limits: Vec<(String, f64, f64, f64)>,
}

impl Engine {
    /// Plans one action at most for each customer (`None` is everyone), so that what the actions are worth beyond
    /// the price of attention sums to as much as the means allow; records nothing. Each customer's gates, contact
    /// policies and priorities are those of [`Engine::decide`]; fallbacks take no part. Limits are always kept;
    /// the gap tells how far the plan may be from the best. Cost: a decision a customer, and some 30 passes over
    /// customers x actions.
    ///
    /// ```
    /// use bactrian::{Ask, Definition, Engine, Id, Means, Options};
    ///
    /// let definition = Definition::from_toml(r#"
    ///     [trait]
    ///     worth = "number"
    ///
    ///     [action.call]
    ///     channel = "phone"
    ///     value   = "worth"
    ///     cost    = 2.0
    /// "#)?;
    /// let engine = Engine::new(&definition, Options::default())?;
    /// for (name, worth) in [("anna", 5.0), ("ben", 9.0), ("cleo", 1.0)] {
    ///     engine.identify_row(Id::Text(name), None, &[("worth", bactrian::Value::Number(worth))])?;
    /// }
    /// let plan = engine.plan(None, Ask::default(), &Means { budget: Some(3.0), capacity: &[] })?;
    /// assert_eq!((plan.value, plan.gap, plan.limits[0].2), (7.0, 0.0, 2.0));
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Engine::decide`]; `UnknownWord` for a capacity of what is no action, channel, group, process or relationship; `SchemaRange` for a
    /// limit below 0, and for a cost below 0 under a budget.
    pub fn plan(&self, customers: Option<&[Id<'_>]>, ask: Ask<'_>, means: &Means<'_>) -> Result<Planned> {
        let world = self.world()?;
        world.ready()?;
        let (asked, how) = (world.all_asked(customers, &ask)?, world.how(&ask)?);
        let spec = &world.program.decisions;
        let word = |key: Option<u32>| key.map_or("", |key| world.state.keys.text(key));
        let named = |action: &ActionSpec| {
            let words = [action.channel, action.group, Some(action.process), action.relationship].map(word);
            let [channel, group, process, relationship] = words;
            [action.name.clone(), channel.into(), group.into(), process.into(), relationship.into()]
        };
        let bound: Vec<Vec<f64>> = means
            .capacity
            .iter()
            .map(|(name, _)| {
                let is = |action: &ActionSpec| named(action).iter().any(|word| word == name);
                let uses: Vec<f64> = spec.actions.iter().map(|action| f64::from(u8::from(is(action)))).collect();
                match uses.contains(&1.0) && !name.is_empty() {
                    true => Ok(uses),
                    false => {
                        let known: Vec<String> = spec.actions.iter().flat_map(named).collect();
                        let text = format!("no action, channel, group, process or relationship is called `{name}`");
                        let error = Error::new(ErrorKind::UnknownWord, text);
                        let hint = did_you_mean(name, known.iter().map(String::as_str));
                        Err(hint.map_or(error.clone(), |hint| error.hint(hint)))
                    }
                }
            })
            .collect::<Result<_>>()?;
        let cells = asked.len() * spec.actions.len();
        let (mut value, mut costs, mut priorities) =
            (Vec::with_capacity(cells), Vec::with_capacity(cells), Vec::with_capacity(cells));
        let mut room = Room::default();
        for (step, asked) in asked.iter().enumerate() {
            world.journal.go_on_at(step)?;
            world.weigh(*asked, &how, &mut room);
            for (index, action) in spec.actions.iter().enumerate() {
                let (priority, cost) = (room.priority(index), room.cost(index));
                let worth = if action.fallback { f64::NAN } else { priority - room.attention() };
                value.push(if worth.is_finite() { worth } else { f64::NAN });
                costs.push(if worth > 0.0 && cost.is_finite() { cost } else { 0.0 });
                priorities.push(priority);
            }
        }
        let mut limits: Vec<Limit<'_>> = Vec::new();
        limits.extend(means.budget.map(|capacity| Limit { capacity, uses: Uses::PerCell(&costs) }));
        let capacities = means.capacity.iter().zip(&bound);
        limits
            .extend(capacities.map(|((_, capacity), uses)| Limit { capacity: *capacity, uses: Uses::PerAction(uses) }));
        let names = means.budget.iter().map(|_| "budget").chain(means.capacity.iter().map(|(name, _)| *name));
        let plan = match spec.actions.len() {
            0 => planning::Plan {
                choice: vec![None; asked.len()],
                value: 0.0,
                bound: 0.0,
                used: vec![0.0; limits.len()],
                prices: vec![0.0; limits.len()],
                exact: true,
            },
            actions => planning::allocate(Options { value: &value, actions }, &limits)?,
        };
        let told = names.zip(&limits).zip(plan.used.iter().zip(&plan.prices));
        let told =
            told.map(|((name, limit), (used, price))| (name.to_owned(), limit.capacity, *used, *price)).collect();
        let name = |customer: u32| world.state.ids.name(customer).cloned().unwrap_or(crate::data::ids::OwnedId::Erased);
        let chosen = || {
            plan.choice.iter().enumerate().map(|(row, action)| action.map(|action| row * spec.actions.len() + action))
        };
        let of = |numbers: &[f64]| {
            chosen().map(|at| at.and_then(|at| numbers.get(at)).copied().unwrap_or(f64::NAN)).collect()
        };
        let actions =
            plan.choice.iter().map(|action| action.and_then(|action| spec.actions.get(action)).map(|a| a.name.clone()));
        let mut table = Table::new();
        table.push("customer", Column::Id(asked.iter().map(|asked| name(asked.customer)).collect()));
        table.push("action", Column::text(actions));
        table.push("priority", Column::Number(of(&priorities)));
        table.push("cost", Column::Number(of(&costs)));
        let gap = plan.gap();
        Ok(Planned { table, value: plan.value, bound: plan.bound, gap, exact: plan.exact, limits: told })
    }
}
