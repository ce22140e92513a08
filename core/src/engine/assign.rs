//! Who serves whom: agents for customers, by a column toward the agent.

use super::Engine;
use crate::base::{Error, ErrorKind, Result};
use crate::columns::{Asked, Plan, Scratch};
use crate::data::ids::{Id, OwnedId};
use crate::data::table::{Column, Table};
use crate::expr::Type;
use crate::models::planning;

/// Who serves whom.
#[derive(Debug, Clone)]
pub struct Assigned {
    /// `customer`, `agent` (null where no place is left for them) and `score`, a row a customer.
    pub table: Table,
    /// The sum of the scores.
    pub score: f64,
}

impl Engine {
    /// Gives each customer (`None` is everyone who is no agent) to one agent, so that as many as possible are served
    /// and what `score` says of the customer toward the agent sums to the most. `score` is a number column, most
    /// often one toward a peer; where it is unknown the agent can't serve the customer. An agent, who is known
    /// to the engine as any customer is, takes at most as many as stand beside it. Records nothing. Exact; cost: a
    /// read of every customer toward every agent, and customers^2 x places.
    ///
    /// # Errors
    /// `UnknownCustomer`, `UnknownColumn`; `SchemaType` for a column that is no number; `SchemaMissing` without an
    /// agent; `SchemaRange` for an agent or customer named twice, or above 65,536 customers or places; `Callback`; `Interrupted`.
    pub fn assign(
        &self,
        customers: Option<&[Id<'_>]>,
        agents: &[(Id<'_>, usize)],
        score: &str,
        at: Option<i64>,
    ) -> Result<Assigned> {
        let world = self.world()?;
        let (column, kind) = world.typed_column(score)?;
        if kind != Type::Number {
            return Err(Error::new(ErrorKind::SchemaType, format!("the column `{score}` is no number")));
        }
        let ids: Vec<Id<'_>> = agents.iter().map(|(id, _)| *id).collect();
        let asked = super::Ask { at, ..super::Ask::default() };
        let peers: Vec<u32> = world.all_asked(Some(&ids), &asked)?.iter().map(|asked| asked.customer).collect();
        let mut sorted = peers.clone();
        sorted.sort_unstable();
        sorted.dedup();
        match (peers.is_empty(), sorted.len() < peers.len()) {
            (true, _) => return Err(Error::new(ErrorKind::SchemaMissing, "an assignment needs an agent")),
            (_, true) => return Err(Error::new(ErrorKind::SchemaRange, "an agent is named twice")),
            _ => {}
        }
        let mut served = world.all_asked(customers, &asked)?;
        if customers.is_none() {
            served.retain(|asked| sorted.binary_search(&asked.customer).is_err());
        }
        let plan = Plan::new(&world.program, &[column]);
        plan.ready(world.view())?;
        world.once(&served)?;
        let mut scores = Vec::with_capacity(served.len() * peers.len());
        let mut scratch = Scratch::default();
        for (step, one) in served.iter().enumerate() {
            world.journal.go_on_at(step)?;
            for peer in &peers {
                let mut value = [f64::NAN];
                plan.read(world.view(), Asked { peer: *peer, ..*one }, &mut scratch, &mut value);
                scores.extend(value);
            }
        }
        let capacity: Vec<usize> = agents.iter().map(|(_, most)| *most).collect();
        let found = planning::assign(&scores, &capacity)?;
        let given = || found.agent.iter().enumerate();
        let score = given().map(|(row, agent)| {
            agent.and_then(|agent| scores.get(row * peers.len() + agent)).copied().unwrap_or(f64::NAN)
        });
        let name = |customer: u32| world.named(customer);
        let agent = given().map(|(_, agent)| agent.and_then(|agent| peers.get(agent)).map(|peer| name(*peer)));
        let text = |id: OwnedId| id.to_string();
        let mut table = Table::new();
        table.push("customer", Column::Id(served.iter().map(|asked| name(asked.customer)).collect()));
        table.push("agent", Column::text(agent.map(|agent| agent.map(text))));
        table.push("score", Column::Number(score.collect()));
        Ok(Assigned { table, score: found.score })
    }
}
