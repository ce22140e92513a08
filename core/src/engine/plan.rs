//! A plan for many customers at once: who gets what, under a budget and capacities.

use super::Engine;
use super::decide::Ask;
use super::world::World;
use crate::base::likeness::did_you_mean;
use crate::base::{Error, ErrorKind, Result};
use crate::columns::Asked;
use crate::data::ids::Id;
use crate::data::table::{Column, Table};
use crate::decisions::Room;
use crate::models::planning::{self, AtMost, Cap, Limit, Options, Uses};
use crate::program::{ActionSpec, DecisionSpec};

/// What a plan may spend.
#[derive(Debug, Clone, Copy, Default)]
pub struct Means<'a> {
    /// The most that all costs together come to; `None` is no limit.
    pub budget: Option<f64>,
    /// How many contacts an action, a channel, a group, a process or a type of relationship may have, by name.
    pub capacity: &'a [(&'a str, f64)],
    /// How many it should have at least, by name: a contract for 1,000 calls.
    pub least: &'a [(&'a str, f64)],
}

/// What [`Engine::plan`] found.
#[derive(Debug, Clone)]
pub struct Planned {
    /// `customer`, `action` (null is silence), `priority` and `cost`, a row a customer and action, the best first.
    pub table: Table,
    /// The sum of the priorities above the price of attention.
    pub value: f64,
    /// No plan under these limits has a larger sum; where not every least is met, none that misses no more contacts of
    /// them in all.
    pub bound: f64,
    /// (bound - value) / bound. Of whether fewer contacts of the leasts could be missed it says nothing.
    pub gap: f64,
    /// Whether no plan is better: none misses fewer contacts of the leasts, and of those that miss no more none is worth
    /// more.
    pub exact: bool,
    /// Of the budget, if there is one under the name `budget`, of every capacity and of what has a least alone: name,
    /// how much there is, how much is used, and what one more would be worth (below 0 where a least costs that much).
    pub limits: Vec<(String, f64, f64, f64)>,
    /// The leasts that can't be met, as far as was found: name, how much was asked for, how much is used.
    pub unmet: Vec<(String, f64, f64)>,
}

/// A limit by name.
struct Named<'a> {
    name: &'a str,
    capacity: f64,
    least: f64,
    /// What each action takes of it; nothing for the budget, which goes by costs.
    uses: Option<Vec<f64>>,
}

/// What each customer could get, row after row.
#[derive(Default)]
struct Cells {
    /// Beyond the price of attention.
    worth: Vec<f64>,
    cost: Vec<f64>,
    priority: Vec<f64>,
    /// What each contact policy that counts leaves, by policy.
    left: Vec<Vec<u32>>,
}

impl Engine {
    /// Plans `ask.n` actions at most for each customer (`None` is everyone), so that what the actions are worth
    /// beyond the price of attention sums to as much as the means allow; records nothing. Each customer's gates,
    /// contact policies and priorities are those of [`Engine::decide`], with at most one action of a group; fallbacks
    /// take no part, and arms and the control are drawn where it is decided, not here. Budget and capacities are
    /// always kept. Leasts that can't be met together are met as far as was found, as many of their contacts in all
    /// as there can be, and named in `unmet`; what a plan is worth comes after that. The gap tells how far the plan
    /// may be from the best. Cost: a decision a customer, and some 30 passes over customers x actions; with leasts
    /// that are not met some 100.
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
    /// let means = Means { budget: Some(3.0), least: &[("phone", 2.0)], ..Means::default() };
    /// let plan = engine.plan(None, Ask::default(), &means)?;
    /// assert_eq!((plan.value, plan.gap, plan.limits[0].2), (7.0, 0.0, 2.0));
    /// assert_eq!(plan.unmet, [("phone".to_owned(), 2.0, 1.0)]); // a budget of 3 pays for no second call
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Engine::decide`]; `UnknownWord` for a capacity or least of what is no action, channel, group, process or
    /// relationship; `SchemaRange` for a limit below 0, one that is given twice, a least above its capacity, a cost
    /// below 0 under a budget, and a customer who is asked for twice.
    pub fn plan(&self, customers: Option<&[Id<'_>]>, ask: Ask<'_>, means: &Means<'_>) -> Result<Planned> {
        let world = self.world()?;
        world.ready()?;
        let asked = world.all_asked(customers, &ask)?;
        world.once(&asked)?;
        let spec = &world.program.decisions;
        let named = means.named(&world)?;
        let cells = world.options(&asked, &ask)?;
        if means.budget.is_some()
            && let Some(at) = cells.cost.iter().position(|cost| *cost < 0.0)
        {
            let action = spec.actions.get(at % spec.actions.len()).map_or("", |action| action.name.as_str());
            return Err(range(format!(
                "the cost of `{action}` is {}, and a budget needs costs of at least 0",
                cells.cost[at]
            )));
        }
        let limits: Vec<Limit<'_>> = named
            .iter()
            .map(|one| Limit {
                capacity: one.capacity,
                least: one.least,
                uses: one.uses.as_deref().map_or(Uses::PerCell(&cells.cost), Uses::PerAction),
            })
            .collect();
        let plan = allocated(spec, &cells, ask.n.max(1), &limits, asked.len())?;
        let told = named.iter().zip(&plan.used);
        let limits = told.clone().zip(&plan.prices);
        let unmet = told.zip(&plan.short).filter(|(_, short)| **short > 0.0);
        Ok(Planned {
            table: world.planned(&asked, &cells, &plan),
            value: plan.value,
            bound: plan.bound,
            gap: plan.gap(),
            exact: plan.exact,
            limits: limits.map(|((one, used), price)| (one.name.to_owned(), one.capacity, *used, *price)).collect(),
            unmet: unmet.map(|((one, used), _)| (one.name.to_owned(), one.least, *used)).collect(),
        })
    }
}

fn range(text: String) -> Error {
    Error::new(ErrorKind::SchemaRange, text)
}

/// The plan itself; one of no actions is silence.
fn allocated(
    spec: &DecisionSpec,
    cells: &Cells,
    most: usize,
    limits: &[Limit<'_>],
    customers: usize,
) -> Result<planning::Plan> {
    let actions = spec.actions.len();
    if actions == 0 {
        return Ok(planning::Plan {
            choice: vec![None; customers],
            most: 1,
            value: 0.0,
            bound: 0.0,
            used: vec![0.0; limits.len()],
            short: limits.iter().map(|limit| limit.least).collect(),
            prices: vec![0.0; limits.len()],
            exact: true,
        });
    }
    let counted = |is: &dyn Fn(&ActionSpec) -> bool| spec.actions.iter().map(is).collect::<Vec<bool>>();
    let mut groups: Vec<u32> = spec.actions.iter().filter_map(|action| action.group).collect();
    groups.sort_unstable();
    groups.dedup();
    let groups: Vec<Vec<bool>> = groups.iter().map(|group| counted(&|action| action.group == Some(*group))).collect();
    let bound: Vec<Vec<bool>> =
        (0..spec.contacts.len()).map(|policy| counted(&|action| action.contacts.contains(&policy))).collect();
    let mut caps: Vec<Cap<'_>> = groups.iter().map(|actions| Cap { actions, most: AtMost::Same(1) }).collect();
    let policies = bound.iter().zip(&cells.left).filter(|(_, left)| !left.is_empty());
    caps.extend(policies.map(|(actions, left)| Cap { actions, most: AtMost::PerCustomer(left) }));
    planning::allocate(Options { value: &cells.worth, actions, most, caps: &caps }, limits)
}

impl<'a> Means<'a> {
    /// The limits, the budget first.
    fn named(&self, world: &World) -> Result<Vec<Named<'a>>> {
        let budget = self.budget.map(|capacity| Named { name: "budget", capacity, least: 0.0, uses: None });
        let mut named: Vec<Named<'a>> = budget.into_iter().collect();
        let from = named.len();
        for (name, capacity) in self.capacity {
            if named[from..].iter().any(|known| known.name == *name) {
                return Err(range(format!("the capacity of `{name}` is given twice")));
            }
            named.push(Named { name, capacity: *capacity, least: 0.0, uses: Some(world.takes(name)?) });
        }
        for (place, (name, least)) in self.least.iter().enumerate() {
            if self.least[..place].iter().any(|(known, _)| known == name) {
                return Err(range(format!("the least of `{name}` is given twice")));
            }
            match named[from..].iter_mut().find(|known| known.name == *name) {
                Some(known) => known.least = *least,
                None => {
                    named.push(Named { name, capacity: f64::INFINITY, least: *least, uses: Some(world.takes(name)?) })
                }
            }
        }
        for Named { name, capacity, least, .. } in &named {
            match () {
                () if capacity.is_nan() || *capacity < 0.0 => {
                    return Err(range(format!("there can't be {capacity} of `{name}`")));
                }
                () if !(*least >= 0.0 && least.is_finite()) => {
                    return Err(range(format!("the least of `{name}` is {least}, but must be a number of at least 0")));
                }
                () if least > capacity => {
                    return Err(range(format!("of `{name}` {least} are asked for at least, and there are {capacity}")));
                }
                () => {}
            }
        }
        Ok(named)
    }
}

impl World {
    /// What a limit of this name counts: 1 of each action that goes by it.
    fn takes(&self, name: &str) -> Result<Vec<f64>> {
        let actions = &self.program.decisions.actions;
        let word = |key: Option<u32>| key.map_or("", |key| self.state.keys.text(key));
        let words = |action: &ActionSpec| {
            let [channel, group, process, relationship] =
                [action.channel, action.group, Some(action.process), action.relationship].map(word);
            [action.name.clone(), channel.into(), group.into(), process.into(), relationship.into()]
        };
        let is = |action: &ActionSpec| words(action).iter().any(|word: &String| word == name);
        let uses: Vec<f64> = actions.iter().map(|action| f64::from(u8::from(is(action)))).collect();
        if uses.contains(&1.0) && !name.is_empty() {
            return Ok(uses);
        }
        let known: Vec<String> = actions.iter().flat_map(words).collect();
        let text = format!("no action, channel, group, process or relationship is called `{name}`");
        let error = Error::new(ErrorKind::UnknownWord, text);
        let hint = did_you_mean(name, known.iter().map(String::as_str));
        Err(hint.map_or(error.clone(), |hint| error.hint(hint)))
    }

    /// Nobody is asked for twice: a limit of each customer would not hold.
    pub(super) fn once(&self, asked: &[Asked]) -> Result<()> {
        let mut customers: Vec<u32> = asked.iter().map(|asked| asked.customer).collect();
        customers.sort_unstable();
        match customers.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(range(format!("the customer `{}` is asked for twice", self.named(pair[0])))),
            None => Ok(()),
        }
    }

    /// Weighs every action for every customer.
    fn options(&self, asked: &[Asked], ask: &Ask<'_>) -> Result<Cells> {
        let (spec, how) = (&self.program.decisions, self.how(ask)?);
        let mut cells = Cells { left: vec![Vec::new(); spec.contacts.len()], ..Cells::default() };
        let mut room = Room::default();
        for (step, asked) in asked.iter().enumerate() {
            self.journal.go_on_at(step)?;
            self.weigh(*asked, &how, &mut room);
            for (index, action) in spec.actions.iter().enumerate() {
                let (priority, cost) = (room.priority(index), room.cost(index));
                let worth = if action.fallback { f64::NAN } else { priority - room.attention() };
                cells.worth.push(if worth.is_finite() { worth } else { f64::NAN });
                cells.cost.push(if worth > 0.0 && cost.is_finite() { cost } else { 0.0 });
                cells.priority.push(priority);
            }
            for (left, policy) in cells.left.iter_mut().zip(&spec.contacts) {
                left.extend(room.contacts_left(policy));
            }
        }
        Ok(cells)
    }

    /// A row a customer and action, or one of silence.
    fn planned(&self, asked: &[Asked], cells: &Cells, plan: &planning::Plan) -> Table {
        let actions = &self.program.decisions.actions;
        let mut rows: Vec<(u32, Option<usize>, Option<usize>)> = Vec::with_capacity(asked.len());
        for (row, (asked, chosen)) in asked.iter().zip(plan.choice.chunks(plan.most)).enumerate() {
            let mut chosen: Vec<usize> = chosen.iter().flatten().copied().collect();
            let priority =
                |action: usize| cells.priority.get(row * actions.len() + action).copied().unwrap_or(f64::NAN);
            chosen.sort_by(|a, b| priority(*b).total_cmp(&priority(*a)));
            if chosen.is_empty() {
                rows.push((asked.customer, None, None));
            }
            rows.extend(
                chosen.iter().map(|action| (asked.customer, Some(*action), Some(row * actions.len() + action))),
            );
        }
        let of = |numbers: &[f64]| {
            let number = |place: Option<usize>| place.and_then(|place| numbers.get(place)).copied().unwrap_or(f64::NAN);
            Column::Number(rows.iter().map(|(.., place)| number(*place)).collect())
        };
        let name =
            |action: Option<usize>| action.and_then(|action| actions.get(action)).map(|action| action.name.clone());
        let mut table = Table::new();
        table.push("customer", Column::Id(rows.iter().map(|(customer, ..)| self.named(*customer)).collect()));
        table.push("action", Column::text(rows.iter().map(|(_, action, _)| name(*action))));
        table.push("priority", of(&cells.priority));
        table.push("cost", of(&cells.cost));
        table
    }
}
