//! The social customer: who is tied to whom, whose ear to whisper in, what peers would recommend.
//!
//! Ties are read at the engine's clock. What takes long works on a frozen graph, so that writers go on.
//! A need that two customers share is no channel of word of mouth: seeds and influence see ties only.

mod advice;
mod dealings;
mod influence;
mod kept;
mod seeds;

pub use influence::InfluenceAsk;
pub(super) use kept::Kept;
pub use seeds::{SeedAsk, Seeds};

use super::Engine;
use super::world::World;
use crate::base::{Error, ErrorKind, Result};
use crate::columns::dyad;
use crate::data::ids::{Id, OwnedId};
use crate::data::table::{Column, Table};
use crate::definition::did_you_mean;

impl Engine {
    /// The peers with whom a customer has to do, in order of first sight: with whom the customer has pair features or
    /// ties, in either direction, or with a layer those tied to the customer in it, in either direction. Nobody is a
    /// peer of their own. O(pairs of the customer).
    ///
    /// # Errors
    /// `UnknownCustomer`; `UnknownColumn` for a layer that is not declared.
    pub fn peers(&self, customer: Id<'_>, layer: Option<&str>) -> Result<Vec<OwnedId>> {
        let world = self.world()?;
        let asked = world.asked(customer, None, None)?;
        let mut peers: Vec<u32> = match layer {
            None => {
                let layers = 0..world.program.ties.len();
                let tied = |layer| world.state.peers_in(&world.program, layer, asked.customer, asked.at);
                let mut peers = world.state.peers(asked.customer);
                peers.extend(layers.flat_map(tied).map(|peer| peer.peer));
                peers.sort_unstable();
                peers.dedup();
                peers
            }
            Some(_) => {
                let layer = world.layer(layer)?;
                let peers = world.state.peers_in(&world.program, layer, asked.customer, asked.at);
                peers.iter().map(|peer| peer.peer).collect()
            }
        };
        peers.retain(|peer| *peer != asked.customer);
        Ok(peers.into_iter().filter_map(|peer| world.state.ids.name(peer).cloned()).collect())
    }

    /// What ties a customer to each peer, in one layer or in all: a table of `peer`, `layer`, `forth` and
    /// `back` (the strengths of the two directions), `reciprocity`, `common` neighbours, `overlap` and
    /// `adamic_adar` ([`crate::graph::Dyad`]), the layers in the order of the definition, the peers in
    /// that of first sight. O(the degrees of the peers and of theirs).
    ///
    /// # Errors
    /// As [`Engine::peers`].
    pub fn ties(&self, customer: Id<'_>, layer: Option<&str>) -> Result<Table> {
        let world = self.world()?;
        let asked = world.asked(customer, None, None)?;
        let layers = match layer {
            Some(_) => world.layer(layer).map(|layer| layer..layer + 1)?,
            None => 0..world.program.ties.len(),
        };
        let (mut peers, mut names) = (Vec::new(), Vec::new());
        let mut columns = vec![Vec::new(); 6];
        for layer in layers {
            let name = world.program.ties.get(layer).map(|tie| tie.name.clone());
            for peer in world.state.peers_in(&world.program, layer, asked.customer, asked.at) {
                let pair = dyad(world.view(), layer, asked.customer, peer.peer, asked.at);
                peers.push(world.state.ids.name(peer.peer).cloned().unwrap_or(OwnedId::Erased));
                names.push(name.clone());
                let common = f64::from(pair.common);
                let values = [pair.forth, pair.back, pair.reciprocity, common, pair.overlap, pair.adamic_adar];
                columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
            }
        }
        let mut table = Table::new();
        table.push("peer", Column::Id(peers));
        table.push("layer", Column::text(names.into_iter()));
        let names = ["forth", "back", "reciprocity", "common", "overlap", "adamic_adar"];
        for (name, column) in names.into_iter().zip(columns) {
            table.push(name, Column::Number(column));
        }
        Ok(table)
    }
}

impl World {
    /// As [`World::layer`], of a layer that word of mouth goes over: not one of places in common.
    ///
    /// # Errors
    /// As [`World::layer`]; `SchemaRange` for a layer of places in common.
    fn channel(&self, name: Option<&str>) -> Result<usize> {
        let layer = self.layer(name)?;
        match self.program.ties.get(layer) {
            Some(tie) if tie.through.is_some() => {
                let message = format!("the ties of `{}` are places in common", tie.name);
                Err(Error::new(ErrorKind::SchemaRange, message)
                    .hint("what people share carries no word of mouth: name a layer of what they say"))
            }
            _ => Ok(layer),
        }
    }

    /// The layer of this name, or the only one.
    ///
    /// # Errors
    /// `UnknownColumn` for a name that no layer has; `SchemaMissing` where several are declared, or none.
    fn layer(&self, name: Option<&str>) -> Result<usize> {
        let names = || self.program.ties.iter().map(|tie| tie.name.as_str());
        match (name, self.program.ties.len()) {
            (None, 1) => Ok(0),
            (None, 0) => Err(Error::new(ErrorKind::SchemaMissing, "the definition declares no ties")
                .hint("declare a layer, as in `[tie.talk]`")),
            (None, _) => {
                let names = names().collect::<Vec<_>>().join("`, `");
                Err(Error::new(ErrorKind::SchemaMissing, "several layers of ties are declared")
                    .hint(format!("name one of `{names}`")))
            }
            (Some(name), _) => names().position(|known| known == name).ok_or_else(|| {
                let error = Error::new(ErrorKind::UnknownColumn, format!("no layer of ties `{name}`"));
                match did_you_mean(name, names()) {
                    Some(hint) => error.hint(hint),
                    None => error,
                }
            }),
        }
    }
}
