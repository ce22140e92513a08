//! Rows for ordered pairs of customers, kept in the shard of the first.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::rows::{Row, RowMut, Rows};
use crate::data::record::NONE;
use crate::program::Layout;

/// Pairs whose first customer stands in one shard.
#[derive(Debug)]
pub(crate) struct Pairs {
    index: HashMap<(u32, u32), u32, FixedState>,
    /// Customer, peer and the customer's previous pair, by row.
    links: Vec<(u32, u32, u32)>,
    /// Latest pair of each local customer.
    heads: Vec<u32>,
    rows: Rows,
}

impl Pairs {
    /// No pairs.
    pub fn new(layout: Layout) -> Self {
        Pairs {
            index: HashMap::with_hasher(FixedState::default()),
            links: Vec::new(),
            heads: Vec::new(),
            rows: Rows::new(layout),
        }
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.links.len()
    }

    /// The pair's row, if it has one.
    pub fn get(&self, customer: u32, peer: u32) -> Option<Row<'_>> {
        let row = *self.index.get(&(customer, peer))?;
        self.rows.get(row as usize)
    }

    /// The pair's row, made if there is none.
    pub fn row(&mut self, local: usize, customer: u32, peer: u32) -> RowMut<'_> {
        let next = self.links.len() as u32;
        let row = *self.index.entry((customer, peer)).or_insert(next);
        if row == next {
            if self.heads.len() <= local {
                self.heads.resize(local + 1, NONE);
            }
            let previous = std::mem::replace(&mut self.heads[local], row);
            self.links.push((customer, peer, previous));
        }
        self.rows.row(row as usize)
    }

    /// Peers of a local customer, rising.
    pub fn peers(&self, local: usize) -> Vec<u32> {
        let mut peers = Vec::new();
        let mut row = self.heads.get(local).copied().unwrap_or(NONE);
        while let Some((_, peer, previous)) = self.links.get(row as usize) {
            peers.push(*peer);
            row = *previous;
        }
        peers.sort_unstable();
        peers
    }

    /// Customer and peer of every pair, in the order of their rows.
    pub fn links(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.links.iter().map(|(customer, peer, _)| (*customer, *peer))
    }

    /// The rows themselves, in the order of [`Pairs::links`].
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// Pairs from their parts; `local` maps a customer to its place in the shard.
    pub fn from_parts(layout: Layout, links: &[(u32, u32)], rows: Rows, local: impl Fn(u32) -> usize) -> Self {
        let mut pairs = Pairs::new(layout);
        for (customer, peer) in links {
            pairs.row(local(*customer), *customer, *peer);
        }
        pairs.rows = rows;
        pairs
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.index.allocation_size() + self.links.len() * 12 + self.heads.len() * 4 + self.rows.bytes()
    }
}
