//! What peers would recommend, and who of them can meet a need.

use std::sync::Arc;

use super::super::Engine;
use super::super::world::World;
use super::dealings::{Dealings, skill};
use crate::base::{Error, ErrorKind, Result};
use crate::columns::{Asked, Scratch};
use crate::data::ids::{Id, OwnedId};
use crate::data::table::{Column, Table};
use crate::definition::did_you_mean;
use crate::program::Input;
use crate::state::Peer;

/// Peers that are named as reasons.
const NAMED: usize = 3;
/// What the strongest tie adds to likeness: as a factor, and alone.
const TIED: (f64, f64) = (2.0, 0.02);
/// The part of all weight that is shared by everyone, like or not: what is popular.
const POPULAR: f64 = 0.05;

/// What speaks for a need: its score, how many who are alike, and what each peer adds.
struct Advice {
    need: u32,
    score: f64,
    alike: i64,
    from: Vec<(f64, u32)>,
}

/// A customer whose experience counts for another.
struct Voice {
    who: u32,
    weight: f64,
    tied: bool,
}

impl Engine {
    /// What customers who matter to a customer deal in and the customer does not yet: a table of `need`, `score`,
    /// `peers` (how many of those whom the customer's ties lead to speak for it), `alike` (how many others who deal
    /// in what the customer deals in) and `because` (the peers who add most), best first, at most `n`.
    ///
    /// The score is the mean of w / (w + 1), for the decayed count w of someone's dealings in the need, over all
    /// other customers. They count by s (1 + 2 t) + 0.02 t: s is the cosine of what they deal in and what the
    /// customer does, t the strength of the customer's tie to them over that of the strongest. A twentieth of all
    /// weight is shared alike by everyone, so that whoever deals in nothing and knows nobody is told what is popular.
    /// The need space is `needs`, the layer `layer`; they may be left out where there is one, the layer also where
    /// there is none. The first question after a write passes over the dealings of everyone; those that follow look at
    /// the customer's ties, at whoever deals in what the customer deals in, and once at each need.
    ///
    /// # Errors
    /// `UnknownCustomer`; `UnknownColumn` for a need space or layer that is not declared, `SchemaMissing`
    /// where it must be named; `SchemaRange` for ties below zero.
    pub fn recommend(&self, customer: Id<'_>, n: usize, needs: Option<&str>, layer: Option<&str>) -> Result<Table> {
        let world = self.world()?;
        let feature = world.need_space(needs)?;
        let layer = if world.program.ties.is_empty() && layer.is_none() { None } else { Some(world.layer(layer)?) };
        let asked = world.asked(customer, None, None)?;
        let peers = layer.map(|layer| world.state.peers_in(&world.program, layer, asked.customer, asked.at));
        let peers = peers.unwrap_or_default();
        if peers.iter().any(|peer| peer.forth < 0.0) {
            return Err(Error::new(ErrorKind::SchemaRange, "peers whose ties are below zero recommend nothing"));
        }
        let turn = self.turn();
        let known = self.kept().and_then(|kept| kept.dealings(turn, feature));
        let dealings = known.unwrap_or_else(|| {
            let dealings = Arc::new(Dealings::new(&world, feature, asked.at));
            if let Some(mut kept) = self.kept() {
                kept.keep_dealings(turn, feature, &dealings);
            }
            dealings
        });
        let advice = world.advice(&dealings, asked.customer, &peers, n);
        let text = |need: u32| world.state.keys.text(need);
        let because = |advice: &Advice| {
            let names = advice.from.iter().take(NAMED).filter_map(|(_, peer)| world.state.ids.name(*peer));
            names.map(OwnedId::to_string).collect::<Vec<_>>().join(", ")
        };
        let mut table = Table::new();
        table.push("need", Column::text(advice.iter().map(|it| Some(text(it.need).to_owned()))));
        table.push("score", Column::Number(advice.iter().map(|it| it.score).collect()));
        table.push("peers", Column::Integer(advice.iter().map(|it| it.from.len() as i64).collect()));
        table.push("alike", Column::Integer(advice.iter().map(|it| it.alike).collect()));
        table.push("because", Column::text(advice.iter().map(|it| Some(because(it)))));
        Ok(table)
    }

    /// Who of a customer's peers can best meet a need: a table of `peer`, `score`, `strength` (of the ties in
    /// both directions) and `skill`, best first; empty where none of them has ever dealt in it.
    ///
    /// Skill is w / (w + 1) for the decayed count w of the peer's dealings in the need: one dealing counts
    /// half. The score is skill times the share that the peer has of the strength of all the customer's ties; a pair
    /// whose ties add up to below zero has none. O(peers).
    ///
    /// # Errors
    /// As [`Engine::recommend`].
    pub fn route(&self, need: &str, customer: Id<'_>, needs: Option<&str>, layer: Option<&str>) -> Result<Table> {
        let world = self.world()?;
        let (feature, layer) = (world.need_space(needs)?, world.layer(layer)?);
        let asked = world.asked(customer, None, None)?;
        let found = world.routed(need, asked, feature, layer);
        let name = |peer: u32| world.state.ids.name(peer).cloned().unwrap_or(OwnedId::Erased);
        let mut table = Table::new();
        table.push("peer", Column::Id(found.iter().map(|it| name(it.peer)).collect()));
        table.push("score", Column::Number(found.iter().map(|it| it.score).collect()));
        table.push("strength", Column::Number(found.iter().map(|it| it.strength).collect()));
        table.push("skill", Column::Number(found.iter().map(|it| it.skill).collect()));
        Ok(table)
    }
}

/// A peer who can meet a need.
struct Routed {
    peer: u32,
    score: f64,
    strength: f64,
    skill: f64,
}

impl World {
    /// The peers who can meet a need, best first.
    fn routed(&self, need: &str, asked: Asked, feature: usize, layer: usize) -> Vec<Routed> {
        let Some(key) = self.state.keys.get(need) else { return Vec::new() };
        let peers = self.state.peers_in(&self.program, layer, asked.customer, asked.at);
        let strength = |forth: f64, back: f64| (forth + back).max(0.0);
        let all: f64 = peers.iter().map(|peer| strength(peer.forth, peer.back)).sum();
        let (mut found, mut dealt) = (Vec::new(), Vec::new());
        for peer in &peers {
            self.state.histogram(&self.program, feature, peer.peer, asked.at, &mut dealt);
            let weight = dealt.binary_search_by_key(&key, |(need, _)| *need).map_or(0.0, |place| dealt[place].1);
            let (skill, strength) = (skill(weight), strength(peer.forth, peer.back));
            if skill > 0.0 && strength > 0.0 {
                found.push(Routed { peer: peer.peer, score: skill * strength / all, strength, skill });
            }
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.peer.cmp(&b.peer)));
        found
    }

    /// Tells of every action that asks for a peer first how well the best one can meet the need, and who that is.
    pub fn tell_peers(&self, asked: Asked, scratch: &mut Scratch) {
        for pull in self.program.decisions.pulls() {
            let places = (self.need_space(pull.needs.as_deref()), self.layer(pull.layer.as_deref()));
            let best = match places {
                (Ok(feature), Ok(layer)) => self.routed(&pull.need, asked, feature, layer).into_iter().next(),
                _ => None,
            };
            let (score, peer) = best.map_or((0.0, f64::NAN), |best| (best.score, f64::from(best.peer)));
            scratch.set(pull.score, score);
            scratch.set(pull.peer, peer);
        }
    }

    /// The needs that speak most for themselves to a customer with these peers. Whoever is not tied to the customer and
    /// deals in nothing that the customer deals in has no voice.
    fn advice(&self, dealings: &Dealings, customer: u32, peers: &[Peer], n: usize) -> Vec<Advice> {
        let own = dealings.of(customer);
        let voices = World::voices(dealings, customer, peers);
        let mut spoken = vec![0.0; dealings.popular().len()];
        for voice in &voices {
            let theirs = dealings.of(voice.who);
            theirs
                .needs
                .iter()
                .zip(theirs.skills)
                .for_each(|(need, skill)| spoken[*need as usize] += voice.weight * skill);
        }
        let all: f64 = voices.iter().map(|voice| voice.weight).sum();
        let (told, common) = if all > 0.0 { (1.0 - POPULAR, POPULAR) } else { (0.0, 1.0) };
        let others = dealings.customers.saturating_sub(1) as f64;
        // Of a need that is new to the customer, everyone's skills are those of the others.
        let score = |need: usize| {
            let told = if told > 0.0 { told * spoken[need] / all } else { 0.0 };
            told + common * dealings.popular()[need] / others
        };
        let is_new = |need: &usize| dealings.popular()[*need] > 0.0 && own.skill(*need as u32).is_none();
        let advice = |need: usize| Advice { need: need as u32, score: score(need), alike: 0, from: Vec::new() };
        let mut best: Vec<Advice> = (0..spoken.len()).filter(is_new).map(advice).collect();
        let text = |advice: &Advice| self.state.keys.text(advice.need);
        let order = |a: &Advice, b: &Advice| b.score.total_cmp(&a.score).then_with(|| text(a).cmp(text(b)));
        if n < best.len() {
            best.select_nth_unstable_by(n, order);
            best.truncate(n);
        }
        best.sort_by(order);
        for voice in &voices {
            let theirs = dealings.of(voice.who);
            for advice in &mut best {
                let Some(skill) = theirs.skill(advice.need) else { continue };
                if voice.tied {
                    advice.from.push((voice.weight * skill, voice.who));
                } else {
                    advice.alike += 1;
                }
            }
        }
        best.iter_mut().for_each(|it| it.from.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))));
        best
    }

    /// Everyone whose experience counts for a customer, rising.
    fn voices(dealings: &Dealings, customer: u32, peers: &[Peer]) -> Vec<Voice> {
        let own = dealings.of(customer);
        let strongest = peers.iter().map(|peer| peer.forth).fold(0.0, f64::max);
        let tied = peers.iter().filter(|peer| peer.forth > 0.0 && dealings.is_live(peer.peer)).map(|peer| peer.peer);
        let mut near: Vec<u32> =
            tied.chain(own.needs.iter().flat_map(|need| dealings.dealers(*need)).copied()).collect();
        near.sort_unstable();
        near.dedup();
        let voice = |who: u32| {
            let theirs = dealings.of(who);
            let tie = peers.binary_search_by_key(&who, |peer| peer.peer).map_or(0.0, |at| peers[at].forth);
            let tie = if tie > 0.0 { tie / strongest } else { 0.0 };
            let pairs = theirs.needs.iter().zip(theirs.skills);
            let shared: f64 = pairs.filter_map(|(need, skill)| own.skill(*need).map(|own| skill * own)).sum();
            let likeness = if shared > 0.0 { shared / (own.length * theirs.length) } else { 0.0 };
            Voice { who, weight: likeness * (1.0 + TIED.0 * tie) + TIED.1 * tie, tied: tie > 0.0 }
        };
        near.into_iter().filter(|who| *who != customer).map(voice).filter(|voice| voice.weight > 0.0).collect()
    }

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
