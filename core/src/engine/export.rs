//! Giving back all that is held about a customer.

use serde_json::{Map, Value, json};

use super::Engine;
use super::world::World;
use crate::base::Result;
use crate::data::ids::{Id, OwnedId};
use crate::data::record::{Events, NONE, Record, Ties, Traits, Values};
use crate::data::table::{Column, Table};
use crate::data::time::format_time;
use crate::definition::model::FieldType;

/// All that is held about one customer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Export {
    /// Every id that means the customer, the one that is kept first.
    pub ids: Vec<OwnedId>,
    /// One row: every column that needs no peer, at the engine's clock.
    pub columns: Table,
    /// Every column toward each peer with whom there is a tie or a feature of the pair: `peer`, then
    /// the columns.
    pub toward: Table,
    /// Every value of a trait that was given: `trait`, `value`, `at`.
    pub traits: Table,
    /// The cell of each segment: `segment`, `cell`, `since`.
    pub memberships: Table,
    /// Events at either end of which the customer stands: `kind`, `at`, `customer`, `peer`, then a
    /// column for each role.
    pub events: Table,
    /// Crossings, in the form of events.
    pub crossings: Table,
    /// Decisions and their outcomes, in the form of events.
    pub decisions: Table,
    /// Ties that were given: `layer`, `customer`, `peer`, `at`, `weight`.
    pub ties: Table,
}

impl Engine {
    /// Gives all that is held about a customer: ids, columns, traits with their times, memberships,
    /// events, crossings, decisions, ties. Records that `[time] keep` has folded into the base are no
    /// longer held, nor are those behind an absorbed partial state; what they made of the columns is. Cost: one pass over the journal.
    ///
    /// # Errors
    /// `UnknownCustomer`; `Interrupted`; `Store...` if the journal can't be read.
    pub fn export(&self, customer: Id<'_>) -> Result<Export> {
        self.world()?.export(customer)
    }
}

impl Export {
    /// The tables by name.
    pub fn tables(&self) -> [(&'static str, &Table); 8] {
        [
            ("columns", &self.columns),
            ("toward", &self.toward),
            ("traits", &self.traits),
            ("memberships", &self.memberships),
            ("events", &self.events),
            ("crossings", &self.crossings),
            ("decisions", &self.decisions),
            ("ties", &self.ties),
        ]
    }

    /// All of it as one JSON object: `ids`, and a list of rows for each table; times are RFC 3339, what
    /// is unknown is left out.
    pub fn to_json(&self) -> String {
        let ids: Vec<Value> = self.ids.iter().map(id_value).collect();
        let mut all = Map::from_iter([("ids".to_owned(), Value::Array(ids))]);
        for (name, table) in self.tables() {
            let rows = (0..table.len()).map(|row| {
                let values = table.columns.iter().map(|(name, column)| (name.clone(), value(column, row)));
                Value::Object(values.filter(|(_, value)| !value.is_null()).collect())
            });
            all.insert(name.to_owned(), rows.collect());
        }
        Value::Object(all).to_string()
    }
}

fn id_value(id: &OwnedId) -> Value {
    match id {
        OwnedId::Number(number) => json!(number),
        OwnedId::Text(text) => json!(text),
        OwnedId::Erased => Value::Null,
    }
}

fn value(column: &Column, row: usize) -> Value {
    match column {
        Column::Number(values) => values.get(row).map_or(Value::Null, |value| json!(value)),
        Column::Bool(values) => json!(values.get(row).copied().flatten()),
        Column::Integer(values) => json!(values.get(row)),
        Column::Time(values) => json!(values.get(row).copied().flatten().map(format_time)),
        Column::Id(ids) => ids.get(row).map_or(Value::Null, id_value),
        Column::Text(texts) => json!(texts.get(row).and_then(Option::as_deref)),
    }
}

/// Records of one customer, as they stand in the journal.
#[derive(Default)]
struct Records {
    events: Events,
    traits: Vec<(String, String, i64)>,
    ties: Ties,
}

impl World {
    fn export(&self, customer: Id<'_>) -> Result<Export> {
        let kept = self.asked(customer, None, None)?.customer;
        let numbers = (0..self.state.customers()).filter(|number| self.state.resolve(*number) == kept);
        let mut ids: Vec<(bool, OwnedId)> =
            numbers.filter_map(|number| Some((number != kept, self.state.ids.name(number)?.clone()))).collect();
        ids.sort_by_key(|(folded, _)| *folded);
        let records = self.records_of(kept)?;
        let kind = |words: &[&str], wanted: bool| {
            let keys: Vec<_> = words.iter().filter_map(|word| self.state.keys.get(word)).collect();
            let rows = (0..records.events.at.len()).filter(|row| keys.contains(&records.events.kind[*row]) == wanted);
            self.event_table(&records.events.gather(&rows.map(|row| row as u32).collect::<Vec<_>>()))
        };
        Ok(Export {
            columns: self.table(Some(&[customer]), None, None, None)?,
            toward: self.toward(customer, kept)?,
            traits: trait_table(records.traits),
            memberships: self.memberships(kept),
            events: kind(&["crossed", "decided", "outcome"], false),
            crossings: kind(&["crossed"], true),
            decisions: kind(&["decided", "outcome"], true),
            ties: self.tie_table(&records.ties),
            ids: ids.into_iter().map(|(_, id)| id).collect(),
        })
    }

    /// What the journal holds about a customer.
    fn records_of(&self, customer: u32) -> Result<Records> {
        let own = |number: u32| number != NONE && self.state.resolve(number) == customer;
        let mut found = Records::default();
        self.journal.replay(|batch| {
            match batch.record {
                Record::Events(events) => {
                    let rows = (0..events.at.len()).filter(|row| own(events.customer[*row]) || own(events.peer[*row]));
                    let rows: Vec<u32> = rows.map(|row| row as u32).collect();
                    if !rows.is_empty() {
                        found.events.append(&events.gather(&rows));
                    }
                }
                Record::Traits(traits) => {
                    let rows = (0..traits.at.len()).filter(|row| own(traits.customer[*row]));
                    rows.for_each(|row| self.trait_values(&traits, row, &mut found.traits));
                }
                Record::Ties(ties) => {
                    for row in (0..ties.at.len()).filter(|row| own(ties.customer[*row]) || own(ties.peer[*row])) {
                        found.ties.layer.push(ties.layer[row]);
                        found.ties.customer.push(ties.customer[row]);
                        found.ties.peer.push(ties.peer[row]);
                        found.ties.at.push(ties.at[row]);
                        found.ties.weight.push(ties.weight[row]);
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(found)
    }

    fn trait_values(&self, traits: &Traits, row: usize, out: &mut Vec<(String, String, i64)>) {
        for field in &traits.fields {
            let kind = self.program.traits.iter().find(|known| known.key == field.name).map(|known| known.kind);
            let text = match &field.values {
                Values::Number(values) => number_text(values[row], kind),
                _ => self.field_text(&field.values, row),
            };
            out.extend(text.map(|text| (self.state.keys.text(field.name).to_owned(), text, traits.at[row])));
        }
    }

    /// A field of one row as text, if it is known.
    fn field_text(&self, values: &Values, row: usize) -> Option<String> {
        let word = |key: &u32| self.state.keys.text(*key);
        let span = |ends: &[u32]| {
            let start = row.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
            start as usize..ends.get(row).copied().unwrap_or(start) as usize
        };
        let text = match values {
            Values::Number(values) => return number_text(*values.get(row)?, None),
            Values::Key(keys) => keys.get(row).filter(|key| **key != NONE).map(word).unwrap_or_default().to_owned(),
            Values::Keys { ends, keys } => {
                keys.get(span(ends)).unwrap_or_default().iter().map(word).collect::<Vec<_>>().join(";")
            }
            Values::Label { ends, bytes } => {
                String::from_utf8_lossy(bytes.get(span(ends)).unwrap_or_default()).into_owned()
            }
        };
        Some(text).filter(|text| !text.is_empty())
    }

    fn event_table(&self, events: &Events) -> Table {
        let rows = events.at.len();
        let mut table = Table::new();
        table.push("kind", Column::text(events.kind.iter().map(|kind| Some(self.state.keys.text(*kind).to_owned()))));
        table.push("at", Column::Time(events.at.iter().map(|at| Some(*at)).collect()));
        table.push("customer", self.id_column(&events.customer));
        table.push("peer", self.id_column(&events.peer));
        for field in events.fields.iter().filter(|field| !field.values.is_unknown()) {
            let column = match &field.values {
                Values::Label { .. } if field.name == self.words.decision => self.decision_column(&field.values, rows),
                Values::Number(values) => Column::Number(values.clone()),
                values => Column::text((0..rows).map(|row| self.field_text(values, row))),
            };
            table.push(self.state.keys.text(field.name).trim_start_matches('.'), column);
        }
        table
    }

    fn tie_table(&self, ties: &Ties) -> Table {
        let mut table = Table::new();
        table.push("layer", Column::text(ties.layer.iter().map(|layer| Some(self.state.keys.text(*layer).to_owned()))));
        table.push("customer", self.id_column(&ties.customer));
        table.push("peer", self.id_column(&ties.peer));
        table.push("at", Column::Time(ties.at.iter().map(|at| Some(*at)).collect()));
        table.push("weight", Column::Number(ties.weight.clone()));
        table
    }

    /// Ids of decisions as numbers, as every other call names them.
    fn decision_column(&self, labels: &Values, rows: usize) -> Column {
        let id = |row: usize| self.field_text(labels, row).and_then(|text| u64::from_str_radix(&text, 16).ok());
        Column::Id((0..rows).map(|row| id(row).map_or(OwnedId::Erased, OwnedId::Number)).collect())
    }

    fn id_column(&self, numbers: &[u32]) -> Column {
        let id = |number: &u32| self.state.ids.name(*number).cloned().unwrap_or(OwnedId::Erased);
        Column::Id(numbers.iter().map(id).collect())
    }

    fn memberships(&self, customer: u32) -> Table {
        let member = |segment: usize| self.state.member(segment, customer);
        let segments = 0..self.program.segments.len();
        let mut table = Table::new();
        let names = self.program.segments.iter().map(|segment| Some(segment.name.to_string()));
        table.push("segment", Column::text(names));
        table.push("cell", Column::text(segments.clone().map(|segment| Some(self.cell_text(member(segment).cell)))));
        let since =
            |segment: usize| Some(member(segment)).filter(|member| member.cell != NONE).map(|member| member.since);
        table.push("since", Column::Time(segments.map(since).collect()));
        table
    }

    /// Columns toward each peer, one row a peer.
    fn toward(&self, customer: Id<'_>, number: u32) -> Result<Table> {
        let columns = self.program.columns.iter().filter(|column| column.toward && !column.name.starts_with('.'));
        let names: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
        let mut all = Table::new();
        for peer in self.state.peers(number) {
            let Some(id) = self.state.ids.name(peer).and_then(OwnedId::borrow) else { continue };
            let row = self.table(Some(&[customer]), Some(&names), None, Some(id))?;
            let peers = std::iter::once(("peer".to_owned(), self.id_column(&[peer])));
            append_row(&mut all, peers.chain(row.columns.into_iter().skip(1)));
        }
        Ok(all)
    }
}

/// Appends one row; the first one brings the columns.
fn append_row(table: &mut Table, row: impl Iterator<Item = (String, Column)>) {
    for (place, (name, column)) in row.enumerate() {
        match (table.columns.get_mut(place).map(|(_, known)| known), column) {
            (None, column) => table.push(&name, column),
            (Some(Column::Number(to)), Column::Number(more)) => to.extend(more),
            (Some(Column::Bool(to)), Column::Bool(more)) => to.extend(more),
            (Some(Column::Integer(to)), Column::Integer(more)) => to.extend(more),
            (Some(Column::Time(to)), Column::Time(more)) => to.extend(more),
            (Some(Column::Id(to)), Column::Id(more)) => to.extend(more),
            (Some(Column::Text(to)), Column::Text(more)) => to.extend(more),
            // The same column has the same type in every row.
            _ => {}
        }
    }
}

fn number_text(value: f64, kind: Option<FieldType>) -> Option<String> {
    let text = match kind {
        _ if value.is_nan() => return None,
        Some(FieldType::Bool) => (value == 1.0).to_string(),
        Some(FieldType::Time) => format_time(value as i64),
        _ => value.to_string(),
    };
    Some(text)
}

fn trait_table(values: Vec<(String, String, i64)>) -> Table {
    let mut table = Table::new();
    table.push("trait", Column::text(values.iter().map(|(name, _, _)| Some(name.clone()))));
    table.push("value", Column::text(values.iter().map(|(_, value, _)| Some(value.clone()))));
    table.push("at", Column::Time(values.iter().map(|(_, _, at)| Some(*at)).collect()));
    table
}
