//! Merging partial states: what two engines learnt apart becomes what one would have learnt.
//!
//! The sets of events must be disjoint. Names are matched by what they say and never by number, so
//! states with other orders of arrival, and of other definitions, merge as well; a feature takes the
//! part of the feature that means the same, and one that the other state lacks stays as it is.
//!
//! By class of order: *fold* features are those of all events, to the bit but for the rounding of
//! sums. *Ordered* ones are too, windows and the last n whatever the sets, gaps and sessions as far
//! as the sets lie within the lateness of each other; beyond it, and for replies or for lines of one
//! occasion torn apart, merging is refused. *Trail*: decisions add up, and of two memberships or
//! traits the later one stands. Fits are not carried.

mod messages;
mod names;
mod rows;

use super::horizon::{Horizon, Name};
use super::rows::Row;
use super::{Known, Member, SHARDS, Shard, State, place};
use crate::base::{Error, ErrorKind, Result};
use crate::data::record::NONE;
use crate::definition::model::FieldType;
use crate::program::{FeatureSpec, Program};
use names::Names;
use rows::{Plans, Torn};

/// What became of a partial state.
#[derive(Debug, Default)]
pub(crate) struct Absorbed {
    /// Its customers, as they are numbered here.
    pub customers: Vec<u32>,
    /// Features that it did not keep, and that know nothing of its events.
    pub missing: Vec<usize>,
    /// Names here that what came from it uses, rising.
    pub words: Vec<u32>,
}

/// The state that is absorbed, and how its names are numbered here.
struct Source<'a> {
    state: &'a State,
    program: &'a Program,
    names: &'a Names,
}

impl State {
    /// Adds what another state knows, save of customers whose ids are erased there; what others have
    /// with them names nobody in their place. Cost: a pass over the other state.
    ///
    /// # Errors
    /// `NotMergeable` where the sets of events are not disjoint, or not near enough in time for
    /// features that go by order; `SchemaRange` where names run out. The state is then half merged.
    pub fn absorb(&mut self, program: &Program, other: &State, theirs: &Program) -> Result<Absorbed> {
        let names = Names::new(self, program, other, theirs)?;
        let source = Source { state: other, program: theirs, names: &names };
        let plans = Plans::new(program, &source);
        for (number, own) in (0u32..).zip(&names.customers).filter(|(_, own)| **own != NONE) {
            self.absorb_customer(program, &plans, &source, number, *own)?;
        }
        self.absorb_pairs(&plans, &source)?;
        self.absorb_groups(&plans, &source)?;
        for shard in &other.shards {
            self.absorb_horizons(&source, shard)?;
            self.absorb_messages(program, &plans, &source, shard)?;
        }
        for part in &other.parts {
            self.note_part(*part)?;
        }
        self.now = self.now.max(other.now);
        self.events += other.events;
        self.late += other.late;
        let mut customers: Vec<u32> = names.customers.iter().copied().filter(|own| *own != NONE).collect();
        customers.sort_unstable();
        customers.dedup();
        let lacks =
            |(index, feature): &(usize, &FeatureSpec)| names.features[feature.shares.unwrap_or(*index)].is_none();
        let missing = program.features.iter().enumerate().filter(lacks).map(|(index, _)| index).collect();
        Ok(Absorbed { customers, missing, words: names.keys.used() })
    }

    /// Notes that a partial state of this hash was absorbed.
    ///
    /// # Errors
    /// `NotMergeable` if it was before: its events would count twice.
    pub fn note_part(&mut self, part: u64) -> Result<()> {
        match self.parts.binary_search(&part) {
            Err(place) => {
                self.parts.insert(place, part);
                Ok(())
            }
            Ok(_) => {
                let message = "the partial state was absorbed before, and its events would count twice";
                Err(Error::new(ErrorKind::NotMergeable, message))
            }
        }
    }

    fn absorb_customer(
        &mut self,
        program: &Program,
        plans: &Plans<'_>,
        source: &Source<'_>,
        number: u32,
        own: u32,
    ) -> Result<()> {
        let (theirs, at) = source.state.shard(number);
        let (shard, local) = place(own);
        if let Some(row) = theirs.rows.get(at).filter(|row| !row.is_empty()) {
            plans
                .customer
                .merge(self.shards[shard].rows.row(local), row, &self.keys)
                .map_err(|why| self.torn(own, why))?;
        }
        for (item, mapped) in source.names.traits.iter().enumerate() {
            let Some(spec) = source.program.traits.get(item).filter(|spec| !spec.name.starts_with('.')) else {
                continue;
            };
            let known = source.state.known(item, number);
            let told_by = spec.belief.source.map_or(f64::NAN, |place| source.state.known(place, number).value);
            if let Some(mapped) = mapped.filter(|_| !known.value.is_nan()) {
                self.absorb_trait(program, source, mapped, own, (known, told_by));
            }
        }
        for (segment, mapped) in source.names.segments.iter().enumerate() {
            let member = source.state.member(segment, number);
            if let (Some(mapped), Some(cell)) = (mapped, source.names.keys.get(member.cell)) {
                self.absorb_member(*mapped, own, Member { cell, ..member });
                self.labels_of(cell).iter().for_each(|label| source.names.keys.note(*label));
            }
        }
        let decided = source.state.decided(number);
        if decided > 0 {
            let all = &mut self.shards[shard].decided;
            all.resize(all.len().max(local + 1), 0);
            all[local] = all[local].saturating_add(decided);
        }
        Ok(())
    }

    /// Of two values of a trait the one that is believed more stands, of equals the later one, of one
    /// moment the greater one.
    fn absorb_trait(&mut self, program: &Program, source: &Source<'_>, item: usize, own: u32, told: (Known, f64)) {
        let (known, told_by) = told;
        let named = program
            .traits
            .get(item)
            .is_some_and(|spec| matches!(spec.kind, FieldType::Category | FieldType::Categories));
        let value = if named { source.names.value(known.value) } else { known.value };
        let before = self.known(item, own);
        let greater = match named {
            true => self.keys.text(value as u32) > self.keys.text(before.value as u32),
            false => value > before.value,
        };
        if before.value.is_nan() || known.at != before.at || greater {
            self.know(program, (item, own), Known { value, at: known.at }, source.names.value(told_by));
        }
    }

    /// Of two memberships the later one stands, of one moment the one later in the alphabet.
    fn absorb_member(&mut self, segment: usize, own: u32, member: Member) {
        let before = self.member(segment, own);
        let text = |cell: u32| self.keys.text(cell);
        let later =
            member.since > before.since || (member.since == before.since && text(member.cell) > text(before.cell));
        if before.cell == NONE || later {
            self.set_member(segment, own, member);
        }
    }

    /// Rows go in by rising number, so that the order of arrival there leaves no trace here.
    fn absorb_pairs(&mut self, plans: &Plans<'_>, source: &Source<'_>) -> Result<()> {
        let tables = source.state.shards.iter().map(|shard| shard.pairs.table());
        let rows = tables.flat_map(|table| table.names().iter().enumerate().map(move |(row, name)| (name, table, row)));
        let customer = |number: u32| Some(source.names.customer(number)).filter(|own| *own != NONE);
        let mut rows: Vec<(u32, u32, Row<'_>)> = rows
            .filter_map(|((own, other), table, row)| {
                let row = table.rows().get(row).filter(|row| !row.is_empty())?;
                Some((customer(*own)?, customer(*other)?, row))
            })
            .collect();
        rows.sort_by_key(|(own, other, _)| (*own, *other));
        for (own, other, row) in rows {
            let (shard, local) = place(own);
            let kept = self.shards[shard].pairs.row(local, own, other);
            plans.pair.merge(kept, row, &self.keys).map_err(|why| self.torn(own, why))?;
        }
        Ok(())
    }

    fn absorb_groups(&mut self, plans: &Plans<'_>, source: &Source<'_>) -> Result<()> {
        let tables = source.state.shards.iter().map(|shard| &shard.groups);
        let rows = tables.flat_map(|table| table.names().iter().enumerate().map(move |(row, name)| (name, table, row)));
        let mut rows: Vec<(usize, u32, Row<'_>)> = rows
            .filter_map(|((item, group), table, row)| {
                let row = table.rows().get(row).filter(|row| !row.is_empty())?;
                let item = source.names.traits.get(*item as usize).copied().flatten()?;
                Some((item, source.names.keys.get(*group)?, row))
            })
            .collect();
        rows.sort_by_key(|(item, group, _)| (*item, *group));
        for (item, group, row) in rows {
            let kept = self.shards[group as usize % SHARDS].groups.row((item as u32, group));
            let name = self.keys.text(group);
            plans.group(item).merge(kept, row, &self.keys).map_err(|why| why.error(name))?;
        }
        Ok(())
    }

    fn absorb_horizons(&mut self, source: &Source<'_>, shard: &Shard) -> Result<()> {
        let gather = |from: &Horizon| {
            let mut entries: Vec<Vec<(i64, Name, Option<i64>)>> = vec![Vec::new(); SHARDS];
            for (at, (customer, name), time) in from.entries() {
                let own = source.names.customer(customer);
                if own != NONE {
                    entries[place(own).0].push((at, (own, name), time));
                }
            }
            entries
        };
        let seen = gather(&shard.seen);
        let occasions = gather(&shard.occasions);
        for (index, (seen, occasions)) in seen.iter().zip(&occasions).enumerate() {
            let noted = self.shards[index].seen.absorb(seen);
            noted.map_err(|(own, _)| self.torn(own, Torn::Event))?;
            let noted = self.shards[index].occasions.absorb(occasions);
            noted.map_err(|(own, _)| self.torn(own, Torn::Occasion))?;
        }
        Ok(())
    }

    fn torn(&self, customer: u32, why: Torn) -> Error {
        let name = self.ids.name(customer).map(ToString::to_string);
        why.error(&name.unwrap_or_default())
    }
}

impl Torn {
    fn error(self, whose: &str) -> Error {
        let what = match self {
            Torn::Event => "an event of both has the same id",
            Torn::Occasion => "lines of one occasion stand in both",
            Torn::Order => "gaps or sessions have events of both, further apart than the lateness",
            Torn::Replies => "messages that may answer each other stand in both",
        };
        let message = format!("two partial states of `{whose}` can't be merged: {what}");
        Error::new(ErrorKind::NotMergeable, message).hint("give all events of one customer to one partial engine")
    }
}
