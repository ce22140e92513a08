//! What peers would recommend, and who of them can meet a need.

use super::super::Engine;
use super::super::world::World;
use crate::base::{Error, ErrorKind, Result};
use crate::data::ids::{Id, OwnedId};
use crate::data::table::{Column, Table};
use crate::definition::did_you_mean;
use crate::program::Input;

/// Peers that are named as reasons.
const NAMED: usize = 3;

/// What speaks for a need: its score, and what each peer adds to it.
struct Advice {
    need: u32,
    score: f64,
    from: Vec<(f64, u32)>,
}

impl Engine {
    /// What peers who matter to a customer deal in and the customer does not yet: a table of `need`,
    /// `score`, `peers` (how many speak for it) and `because` (those who add most), best first, at most `n`.
    ///
    /// The score is the sum over the customer's peers of their share of the strength of the customer's ties
    /// times w / (w + 1) for the decayed count w of their dealings in the need, which is that of the need
    /// space. It lies between 0 and 1. Peers are those that the customer's ties lead to. `needs` and `layer` may be
    /// left out where there is one. O(peers x needs).
    ///
    /// # Errors
    /// `UnknownCustomer`; `UnknownColumn` for a need space or layer that is not declared, `SchemaMissing`
    /// where it must be named; `SchemaRange` for ties below zero.
    pub fn recommend(&self, customer: Id<'_>, n: usize, needs: Option<&str>, layer: Option<&str>) -> Result<Table> {
        let world = self.world()?;
        let (feature, layer) = (world.need_space(needs)?, world.layer(layer)?);
        let asked = world.asked(customer, None, None)?;
        let mut dealt = Vec::new();
        world.state.histogram(&world.program, feature, asked.customer, asked.at, &mut dealt);
        let own: Vec<u32> = dealt.iter().filter(|(_, weight)| *weight > 0.0).map(|(need, _)| *need).collect();
        let peers = world.state.peers_in(&world.program, layer, asked.customer, asked.at);
        if peers.iter().any(|peer| peer.forth < 0.0) {
            return Err(Error::new(ErrorKind::SchemaRange, "peers whose ties are below zero recommend nothing"));
        }
        let all: f64 = peers.iter().map(|peer| peer.forth).sum();
        let mut spoken: Vec<(u32, u32, f64)> = Vec::new();
        for peer in peers.iter().filter(|peer| peer.forth > 0.0) {
            world.state.histogram(&world.program, feature, peer.peer, asked.at, &mut dealt);
            let new = dealt.iter().filter(|(need, weight)| *weight > 0.0 && own.binary_search(need).is_err());
            spoken.extend(new.map(|(need, weight)| (*need, peer.peer, peer.forth / all * skill(*weight))));
        }
        spoken.sort_unstable_by_key(|(need, peer, _)| (*need, *peer));
        let of_need = |part: &[(u32, u32, f64)]| {
            let mut from: Vec<(f64, u32)> = part.iter().map(|(_, peer, adds)| (*adds, *peer)).collect();
            let score = from.iter().map(|(adds, _)| adds).sum();
            from.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            Advice { need: part[0].0, score, from }
        };
        let mut advice: Vec<Advice> = spoken.chunk_by(|a, b| a.0 == b.0).map(of_need).collect();
        let text = |need: u32| world.state.keys.text(need);
        advice.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| text(a.need).cmp(text(b.need))));
        advice.truncate(n);
        let because = |advice: &Advice| {
            let names = advice.from.iter().take(NAMED).filter_map(|(_, peer)| world.state.ids.name(*peer));
            names.map(OwnedId::to_string).collect::<Vec<_>>().join(", ")
        };
        let mut table = Table::new();
        table.push("need", Column::text(advice.iter().map(|it| Some(text(it.need).to_owned()))));
        table.push("score", Column::Number(advice.iter().map(|it| it.score).collect()));
        table.push("peers", Column::Integer(advice.iter().map(|it| it.from.len() as i64).collect()));
        table.push("because", Column::text(advice.iter().map(|it| Some(because(it)))));
        Ok(table)
    }

    /// Who of a customer's peers can best meet a need: a table of `peer`, `score`, `strength` (of the ties in
    /// both directions) and `skill`, best first; empty where none of them has ever dealt in it.
    ///
    /// Skill is w / (w + 1) for the decayed count w of the peer's dealings in the need: one dealing counts
    /// half. The score is skill times the share of the customer's ties that the peer has. O(peers).
    ///
    /// # Errors
    /// As [`Engine::recommend`].
    pub fn route(&self, need: &str, customer: Id<'_>, needs: Option<&str>, layer: Option<&str>) -> Result<Table> {
        let world = self.world()?;
        let (feature, layer) = (world.need_space(needs)?, world.layer(layer)?);
        let asked = world.asked(customer, None, None)?;
        let peers = world.state.peers_in(&world.program, layer, asked.customer, asked.at);
        let strength = |forth: f64, back: f64| (forth + back).max(0.0);
        let all: f64 = peers.iter().map(|peer| strength(peer.forth, peer.back)).sum();
        let (mut found, mut dealt) = (Vec::new(), Vec::new());
        for peer in &peers {
            let Some(key) = world.state.keys.get(need) else { break };
            world.state.histogram(&world.program, feature, peer.peer, asked.at, &mut dealt);
            let weight = dealt.binary_search_by_key(&key, |(need, _)| *need).map_or(0.0, |place| dealt[place].1);
            let (skill, strength) = (skill(weight), strength(peer.forth, peer.back));
            if skill > 0.0 && strength > 0.0 {
                found.push((skill * strength / all, peer.peer, strength, skill));
            }
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let name = |peer: u32| world.state.ids.name(peer).cloned().unwrap_or(OwnedId::Erased);
        let mut table = Table::new();
        table.push("peer", Column::Id(found.iter().map(|it| name(it.1)).collect()));
        table.push("score", Column::Number(found.iter().map(|it| it.0).collect()));
        table.push("strength", Column::Number(found.iter().map(|it| it.2).collect()));
        table.push("skill", Column::Number(found.iter().map(|it| it.3).collect()));
        Ok(table)
    }
}

/// How far dealings in a need count: one counts half.
fn skill(weight: f64) -> f64 {
    weight / (weight + 1.0)
}

impl World {
    /// The feature with what customers deal in, of the need space of this name or of the only one.
    fn need_space(&self, name: Option<&str>) -> Result<usize> {
        let columns = self.definition.model().columns.iter().filter(|column| column.section == "needs");
        let names: Vec<&str> = columns.map(|column| column.name.value.as_str()).collect();
        let space = match (name, names.as_slice()) {
            (Some(name), _) if names.contains(&name) => name,
            (Some(name), _) => {
                let error = Error::new(ErrorKind::UnknownColumn, format!("no need space `{name}`"));
                let hint = did_you_mean(name, names.iter().copied());
                return Err(error.hint(hint.unwrap_or_else(|| "declare one, as in `[needs.basket]`".to_owned())));
            }
            (None, [only]) => only,
            (None, _) => {
                let message = format!("the definition declares {} need spaces", names.len());
                return Err(Error::new(ErrorKind::SchemaMissing, message).hint("declare one, or name the one meant"));
            }
        };
        let model = self.program.models.iter().find(|(known, _)| known == space).map(|(_, model)| model);
        let inputs = model.map_or(&[][..], |model| model.inputs());
        let found =
            inputs.iter().find_map(|input| if let Input::Histogram(feature) = input { Some(*feature) } else { None });
        found.ok_or_else(|| Error::new(ErrorKind::Internal, "a need space without counts"))
    }
}
