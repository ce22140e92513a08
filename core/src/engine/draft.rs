//! Events that the engine itself writes.

use crate::columns::Asked;
use crate::data::record::{Events, FieldColumn, NONE, Values};

/// One event that is written again and again, in the same memory.
#[derive(Debug, Default)]
pub(super) struct Draft(Events);

impl Draft {
    /// Begins an event; fields that the last one had keep their columns, and are to be set again.
    pub fn begin(&mut self, kind: u32, asked: Asked) {
        let Events { kind: kinds, customer, peer, at, .. } = &mut self.0;
        for (column, value) in [(kinds, kind), (customer, asked.customer), (peer, asked.peer)] {
            column.clear();
            column.push(value);
        }
        at.clear();
        at.push(asked.at);
    }

    /// The column of a field, which keeps its shape from one event to the next.
    fn column(&mut self, name: u32, shape: fn() -> Values) -> Option<&mut Values> {
        let fields = &mut self.0.fields;
        let place = fields.binary_search_by_key(&name, |field| field.name).unwrap_or_else(|place| {
            fields.insert(place, FieldColumn { name, values: shape() });
            place
        });
        fields.get_mut(place).map(|field| &mut field.values)
    }

    /// Sets a name.
    pub fn key(&mut self, name: u32, key: Option<u32>) {
        if let Some(Values::Key(keys)) = self.column(name, || Values::Key(Vec::new())) {
            keys.clear();
            keys.push(key.unwrap_or(NONE));
        }
    }

    /// Sets a number.
    pub fn number(&mut self, name: u32, number: f64) {
        if let Some(Values::Number(numbers)) = self.column(name, || Values::Number(Vec::new())) {
            numbers.clear();
            numbers.push(number);
        }
    }

    /// Sets a text.
    pub fn label(&mut self, name: u32, write: impl FnOnce(&mut Vec<u8>)) {
        let empty = || Values::Label { ends: Vec::new(), bytes: Vec::new() };
        if let Some(Values::Label { ends, bytes }) = self.column(name, empty) {
            bytes.clear();
            write(bytes);
            ends.clear();
            ends.push(bytes.len() as u32);
        }
    }

    /// The event.
    pub fn event(&self) -> &Events {
        &self.0
    }
}

/// A number in 16 hexadecimal digits.
pub(super) fn hexadecimal(number: u64, out: &mut Vec<u8>) {
    let digit = |place: u32| b"0123456789abcdef".get((number >> (4 * place) & 15) as usize).copied();
    out.extend((0..16).rev().filter_map(digit));
}

/// One event of a kind that the engine itself writes; names are interned.
pub(super) fn one_event(kind: u32, asked: Asked, fields: Vec<(u32, Values)>) -> Events {
    let mut fields: Vec<FieldColumn> = fields.into_iter().map(|(name, values)| FieldColumn { name, values }).collect();
    fields.sort_by_key(|column| column.name);
    let (customer, peer, at) = (vec![asked.customer], vec![asked.peer], vec![asked.at]);
    Events { kind: vec![kind], customer, peer, at, fields }
}
