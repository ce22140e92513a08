//! Seed sets over a layer of ties.

use std::sync::Arc;

use super::super::Engine;
use super::super::world::World;
use super::kept::{Paths, Whisper};
use crate::base::{Error, ErrorKind, Result};
use crate::columns::{Asked, Plan};
use crate::data::ids::{Id, OwnedId};
use crate::data::record::NONE;
use crate::data::table::{Column, Table};
use crate::expr::Type;
use crate::graph::{Csr, SeedOptions, SeedSet, SpreadModel, WordOfMouth};

/// What a seed set is asked for.
#[derive(Debug, Clone, Copy)]
pub struct SeedAsk<'a> {
    /// Most seeds; `None` leaves the limit to the budget.
    pub count: Option<usize>,
    /// What the seeds may cost in all.
    pub budget: Option<f64>,
    /// Column with the cost of each customer, by default 1. Whoever has none above zero is no seed.
    pub cost: Option<&'a str>,
    /// Column with what reaching each customer is worth, by default 1; unknown or below zero is nothing.
    pub value: Option<&'a str>,
    /// Customers who must not be seeds.
    pub exclude: &'a [Id<'a>],
    /// Customers who are reached already: they count nothing and are no seeds. Whoever is excluded too is active.
    pub active: &'a [Id<'a>],
    /// The layer of ties; `None` is the only one.
    pub layer: Option<&'a str>,
    /// Whether a whisper runs against the ties: from who is trusted to who trusts.
    pub reverse: bool,
    /// How it passes on.
    pub model: SpreadModel,
    /// The chance of every tie; by default the tie's share of all that reaches its target.
    pub chance: Option<f64>,
    /// Share of the best that may be lost, beyond that of greedy choice.
    pub epsilon: f64,
    /// Chance that a bound fails.
    pub delta: f64,
}

impl Default for SeedAsk<'_> {
    fn default() -> Self {
        let SeedOptions { epsilon, delta, .. } = SeedOptions::default();
        SeedAsk {
            count: None,
            budget: None,
            cost: None,
            value: None,
            exclude: &[],
            active: &[],
            layer: None,
            reverse: false,
            model: SpreadModel::IndependentCascade,
            chance: None,
            epsilon,
            delta,
        }
    }
}

/// Whose ears to whisper in.
#[derive(Debug, Clone, PartialEq)]
pub struct Seeds {
    /// The customers, in the order of choice.
    pub customers: Vec<OwnedId>,
    /// What they are expected to reach, with bounds from the half of the sets that did not choose them.
    pub found: SeedSet,
}

impl Seeds {
    /// The seeds as a table of `customer` and `gain` (what each adds to those before it), in the order of choice.
    pub fn table(&self) -> Table {
        let mut table = Table::new();
        table.push("customer", Column::Id(self.customers.clone()));
        table.push("gain", Column::Number(self.found.gains.clone()));
        table
    }
}

impl Engine {
    /// Whose ears to whisper in: customers from whom word of mouth over a layer of ties goes near
    /// furthest, within a number, a budget and exclusions, with bounds ([`crate::graph::select_seeds`]).
    /// The same engine seed gives the same customers. Works on a frozen graph while others write.
    ///
    /// The sets behind an answer are kept for the next question about the same layer, and repaired where ties have
    /// changed ([`crate::graph::SeedSketch`]): the answer is that of new ones, to the bit. Those of four questions are
    /// kept, each within 64 MiB and its graph.
    ///
    /// # Errors
    /// `SchemaRange` where neither a number nor a budget limits the seeds, and for ties below zero;
    /// `UnknownCustomer`, `UnknownColumn`; `SchemaMissing` for a layer that is not named, or a column
    /// toward a peer; `NotEnoughData` where nobody may be chosen.
    pub fn seeds(&self, ask: &SeedAsk<'_>) -> Result<Seeds> {
        let (limits, mut whisper, frozen) = {
            let world = self.world()?;
            let (limits, paths) = (world.limits(ask)?, world.paths(ask)?);
            let turn = self.turn();
            let whisper = self.kept().map_or_else(|| Whisper::new(paths), |mut kept| kept.take(paths));
            let current = whisper.graph.as_ref().is_some_and(|(then, _)| *then == turn);
            let frozen = if current { None } else { Some((turn, world.frozen(paths)?)) };
            (limits, whisper, frozen)
        };
        if let Some((turn, ties)) = frozen {
            let graph = match ask.chance {
                None => WordOfMouth::weighted(&ties, ask.model),
                Some(chance) => WordOfMouth::uniform(&ties, chance, ask.model),
            }?;
            whisper.graph = Some((turn, Arc::new(graph)));
        }
        let Limits { barred, active, cost, value, seed } = limits;
        let options = SeedOptions {
            count: ask.count.unwrap_or(usize::MAX),
            cost: ask.budget.and(Some(&cost)),
            budget: ask.budget,
            value: value.as_deref(),
            exclude: &barred,
            active: &active,
            epsilon: ask.epsilon,
            delta: ask.delta,
            seed,
        };
        let Some((_, graph)) = &whisper.graph else {
            return Err(Error::new(ErrorKind::Internal, "seeds without a graph"));
        };
        let found = whisper.sketch.select(graph, &options);
        if let Some(mut kept) = self.kept() {
            kept.put(whisper);
        }
        let (found, world) = (found?, self.world()?);
        let name = |seed: &u32| world.state.ids.name(*seed).cloned().unwrap_or(OwnedId::Erased);
        Ok(Seeds { customers: found.seeds.iter().map(name).collect(), found })
    }
}

/// What a choice of seeds works on.
struct Limits {
    barred: Vec<u32>,
    active: Vec<u32>,
    cost: Vec<f64>,
    value: Option<Vec<f64>>,
    seed: u64,
}

impl World {
    fn limits(&self, ask: &SeedAsk<'_>) -> Result<Limits> {
        if ask.count.is_none() && ask.budget.is_none() {
            let error = Error::new(ErrorKind::SchemaRange, "neither a number nor a budget limits the seeds");
            return Err(error.hint("say how many seeds, or what they may cost"));
        }
        if ask.cost.is_some() && ask.budget.is_none() {
            return Err(Error::new(ErrorKind::SchemaRange, "costs of seeds need a budget"));
        }
        let nodes = self.state.customers() as usize;
        let find = |ids: &[Id<'_>]| -> Result<Vec<u32>> {
            ids.iter().map(|id| self.asked(*id, None, None).map(|asked| asked.customer)).collect()
        };
        let (mut barred, active) = (find(ask.exclude)?, find(ask.active)?);
        let mut cost = ask.cost.map_or_else(|| Ok(vec![1.0; nodes]), |name| self.number_column(name))?;
        for (customer, cost) in (0u32..).zip(&mut cost) {
            if !(*cost > 0.0 && cost.is_finite() && self.state.is_live(customer)) {
                *cost = 1.0;
                barred.push(customer);
            }
        }
        let all_live = (0..nodes as u32).all(|customer| self.state.is_live(customer));
        let mut value = match ask.value {
            Some(name) => Some(self.number_column(name)?),
            None if all_live => None,
            None => Some(vec![1.0; nodes]),
        };
        for (customer, value) in (0u32..).zip(value.iter_mut().flatten()) {
            if !(*value > 0.0 && value.is_finite() && self.state.is_live(customer)) {
                *value = 0.0;
            }
        }
        Ok(Limits { barred, active, cost, value, seed: self.seed })
    }

    /// The paths that a question is about.
    fn paths(&self, ask: &SeedAsk<'_>) -> Result<Paths> {
        let SeedAsk { reverse, model, chance, .. } = *ask;
        Ok(Paths { layer: self.channel(ask.layer)?, reverse, model, chance })
    }

    /// The ties that word of mouth goes over, as they are now.
    fn frozen(&self, paths: Paths) -> Result<Csr> {
        let graph = self.state.graph(&self.program, paths.layer, self.moment(None)?);
        Ok(if paths.reverse { graph.transpose() } else { graph })
    }

    /// A column of numbers over all customers, unknown for those who are none any more.
    pub(in crate::engine) fn number_column(&self, name: &str) -> Result<Vec<f64>> {
        let plan = Plan::named(&self.program, &[name])?;
        plan.ready(self.view())?;
        let spec = plan.outputs().first().and_then(|column| self.program.columns.get(*column));
        if spec.is_some_and(|spec| spec.toward) {
            return Err(Error::new(ErrorKind::SchemaMissing, format!("column `{name}` needs a peer")));
        }
        if let Some(spec) = spec.filter(|spec| !matches!(spec.kind, Type::Number | Type::Bool)) {
            let message = format!("column `{name}` is {}, and a number is needed", spec.kind.noun());
            return Err(Error::new(ErrorKind::SchemaType, message));
        }
        let at = self.moment(None)?;
        let live: Vec<u32> = self.live().collect();
        let mut read = [Vec::with_capacity(live.len())];
        plan.read_all(
            self.view(),
            live.iter().map(|customer| Asked { customer: *customer, peer: NONE, at }),
            &mut read,
        );
        let mut values = vec![f64::NAN; self.state.customers() as usize];
        live.iter().zip(&read[0]).for_each(|(customer, value)| values[*customer as usize] = *value);
        Ok(values)
    }
}
