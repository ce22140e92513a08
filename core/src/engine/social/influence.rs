//! Whether ties carry influence.

use super::super::Engine;
use super::super::world::World;
use crate::base::{Error, ErrorKind, Result, Verdict};
use crate::data::record::{NONE, Record};
use crate::definition::did_you_mean;
use crate::definition::model::FieldType;
use crate::graph::{Adoptions, influence};
use crate::state::{EventReader, EventRow};

/// What a question about influence is about.
#[derive(Debug, Clone, Copy, Default)]
pub struct InfluenceAsk<'a> {
    /// The kind of event that is an adoption.
    pub outcome: &'a str,
    /// The role that says what was adopted; `None` is `need` where the kind has it, else one thing.
    pub item: Option<&'a str>,
    /// The layer of ties; `None` is the only one.
    pub layer: Option<&'a str>,
    /// Microseconds within which one adoption may follow another; `None` is any time.
    pub window: Option<i64>,
    /// Whether to turn every tie round. A tie leads from who may follow to who goes before, as trust does: whoever
    /// trusts adopts after whom they trust. Messages run the other way, from who goes before to who hears of it.
    pub reverse: bool,
}

/// Adoptions as columns.
#[derive(Default)]
struct Found {
    node: Vec<u32>,
    item: Vec<u32>,
    at: Vec<i64>,
}

impl Engine {
    /// Whether customers take up what their peers took up before them: a lagged effect against permuted
    /// ties and against time reversed ([`crate::graph::influence`]). The ties are those of now, the
    /// adoptions those that the journal holds. Works on a frozen graph while others write.
    ///
    /// # Errors
    /// `UnknownColumn` for a kind, role or layer that is not declared; `SchemaType` for a role that holds no names;
    /// `SchemaMissing` for a layer that is not named; `SchemaRange` for a window that is not above zero; `NotMergeable` where the events of a
    /// partial state are not there.
    pub fn influence(&self, ask: &InfluenceAsk<'_>) -> Result<Verdict> {
        let (graph, found, seed) = {
            let world = self.world()?;
            let graph = world.state.graph(&world.program, world.channel(ask.layer)?, world.moment(None)?);
            (if ask.reverse { graph.transpose() } else { graph }, world.adoptions(ask)?, world.seed)
        };
        let Found { node, item, at } = found;
        influence(&graph, &Adoptions { node: &node, item: &item, at: &at }, ask.window.unwrap_or(i64::MAX), seed)
    }
}

impl World {
    fn adoptions(&self, ask: &InfluenceAsk<'_>) -> Result<Found> {
        let unknown = |what: &str, name: &str, hint: Option<String>| {
            let error = Error::new(ErrorKind::UnknownColumn, format!("no {what} `{name}`"));
            match hint {
                Some(hint) => error.hint(hint),
                None => error,
            }
        };
        let kinds = &self.program.kinds;
        let Some(kind) = kinds.iter().position(|kind| kind.name == ask.outcome) else {
            let names = kinds.iter().map(|kind| kind.name.as_str());
            return Err(unknown("kind of event", ask.outcome, did_you_mean(ask.outcome, names)));
        };
        let roles = || kinds[kind].roles.iter().map(String::as_str);
        let item = match ask.item {
            Some(role) if !roles().any(|known| known == role) => {
                return Err(unknown("role", role, did_you_mean(role, roles())));
            }
            Some(role) => Some(role),
            None => Some("need").filter(|need| roles().any(|known| known == *need)),
        };
        let slot = item.and_then(|role| self.program.slots.iter().position(|slot| slot.role == role));
        if let Some(spec) = slot.and_then(|slot| self.program.slots.get(slot))
            && !matches!(spec.kind, FieldType::Category | FieldType::Categories)
        {
            let message = format!("role `{}` holds no names of what is adopted", spec.role);
            return Err(Error::new(ErrorKind::SchemaType, message).hint("name a role such as `need`"));
        }
        let (mut found, mut row) = (Found::default(), EventRow::default());
        self.journal.replay(|batch| {
            if let Record::Partial { .. } = batch.record {
                return Err(super::super::partial::without_events());
            }
            let Record::Events(events) = &batch.record else { return Ok(()) };
            let reader = EventReader::new(&self.program, events);
            for index in 0..events.at.len() {
                if !self.state.load(&self.program, &reader, index, &mut row) || row.kind != kind || row.customer == NONE
                {
                    continue;
                }
                let mut take = |item: u32| {
                    found.node.push(row.customer);
                    found.item.push(item);
                    found.at.push(row.at);
                };
                match slot {
                    Some(slot) => reader.names(slot, index, &mut take),
                    None => take(0),
                }
            }
            Ok(())
        })?;
        Ok(found)
    }
}
