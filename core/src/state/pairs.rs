//! Rows for ordered pairs of customers, kept in the shard of the first.

use super::rows::{Row, RowMut, Table};
use crate::data::record::NONE;
use crate::program::{Layout, Lists};

/// Pairs whose first customer stands in one shard.
#[derive(Debug)]
pub(crate) struct Pairs {
    table: Table,
    /// The customer's previous pair, by row.
    previous: Vec<u32>,
    /// Latest pair of each local customer.
    heads: Vec<u32>,
}

impl Pairs {
    /// No pairs.
    pub fn new(layout: Layout, listed: Lists) -> Self {
        Pairs { table: Table::new(layout, listed), previous: Vec::new(), heads: Vec::new() }
    }

    /// The pair's row, if it has one.
    pub fn get(&self, customer: u32, peer: u32) -> Option<Row<'_>> {
        self.table.get((customer, peer))
    }

    /// The pair's row, made if there is none.
    pub fn row(&mut self, local: usize, customer: u32, peer: u32) -> RowMut<'_> {
        let row = self.place(local, customer, peer);
        self.at(row)
    }

    /// The number of the pair's row, made if there is none.
    pub fn place(&mut self, local: usize, customer: u32, peer: u32) -> u32 {
        let (row, new) = self.table.place((customer, peer));
        if new {
            self.link(local, row);
        }
        row
    }

    /// The row of this number.
    pub fn at(&mut self, row: u32) -> RowMut<'_> {
        self.table.at(row)
    }

    fn link(&mut self, local: usize, row: u32) {
        if self.heads.len() <= local {
            self.heads.resize(local + 1, NONE);
        }
        self.previous.push(std::mem::replace(&mut self.heads[local], row));
    }

    /// Peers of a local customer, rising.
    pub fn peers(&self, local: usize) -> Vec<u32> {
        let mut peers = Vec::new();
        let mut row = self.heads.get(local).copied().unwrap_or(NONE);
        while let (Some((_, peer)), Some(previous)) =
            (self.table.names().get(row as usize), self.previous.get(row as usize))
        {
            peers.push(*peer);
            row = *previous;
        }
        peers.sort_unstable();
        peers
    }

    /// Customer and peer of every pair, in the order of their rows, and the rows.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Pairs from their table; `local` maps a customer to its place in the shard.
    pub fn from_table(table: Table, local: impl Fn(u32) -> usize) -> Self {
        let mut pairs = Pairs { table, previous: Vec::new(), heads: Vec::new() };
        for row in 0..pairs.table.names().len() {
            let customer = pairs.table.names()[row].0;
            pairs.link(local(customer), row as u32);
        }
        pairs
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.table.bytes() + (self.previous.capacity() + self.heads.capacity()) * size_of::<u32>()
    }
}
