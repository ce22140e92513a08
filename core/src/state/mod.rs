//! State in memory: the fold of the journal, sharded by customer.
//!
//! A shard holds its customers' rows, the rows of pairs whose first customer is its own, traits,
//! membership, and the names of recent events. The shard count is fixed, so that nothing depends
//! on how many threads there are. Two folds of the same records encode to the same bytes.

mod absorb;
mod arena;
mod cell;
mod cells;
mod codec;
mod event;
mod fold;
mod horizon;
mod pairs;
mod partial;
mod read;
mod roster;
mod rows;
#[cfg(test)]
mod tests;
mod ties;
mod trace;

pub(crate) use absorb::Absorbed;
pub(crate) use cell::ticks::ordinal;
pub(crate) use codec::VERSION;
pub(crate) use event::{EventReader, EventRow};

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::base::Result;
use crate::data::ids::Ids;
use crate::data::keys::Keys;
use crate::data::record::{Fitted, NONE};
use crate::program::Program;
use cells::Cells;
use fold::{Pending, name_hash};
use horizon::Horizon;
use pairs::Pairs;
pub(crate) use roster::Roster;
use rows::{Rows, Table};
use ties::Inward;
pub(crate) use ties::Peer;

/// Number of shards; part of the state's format.
pub(crate) const SHARDS: usize = 64;

/// Where a customer stands in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    /// The interned cell; NONE before the first crossing.
    pub cell: u32,
    /// When the customer entered it.
    pub since: i64,
}

/// One trait's value and when it was learnt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Known {
    /// The value; NaN is unknown.
    pub value: f64,
    /// When.
    pub at: i64,
}

/// One part of the customers.
#[derive(Debug)]
pub(crate) struct Shard {
    rows: Rows,
    pairs: Pairs,
    /// Rows of groups, by trait and name; a group stands in the shard of its name.
    groups: Table,
    traits: Vec<Known>,
    members: Vec<Member>,
    decided: Vec<u32>,
    seen: Horizon,
    occasions: Horizon,
    /// Since when the first customer owes the second an answer, by kind.
    waits: HashMap<(u32, u32, u32), i64, FixedState>,
    /// Messages within the lateness, by customer.
    pending: HashMap<u32, Pending, FixedState>,
    /// Customers in `pending`, each once, and when to look at them.
    ripening: VecDeque<(i64, u32)>,
}

impl Shard {
    fn new(program: &Program) -> Self {
        let [customer, pair, group] = program.lists();
        Shard {
            rows: Rows::new(program.customer, customer),
            pairs: Pairs::new(program.pair, pair),
            groups: Table::new(program.group, group),
            traits: Vec::new(),
            members: Vec::new(),
            decided: Vec::new(),
            seen: Horizon::new(program.time.dedupe),
            occasions: Horizon::new(program.time.lateness),
            waits: HashMap::with_hasher(FixedState::default()),
            pending: HashMap::with_hasher(FixedState::default()),
            ripening: VecDeque::new(),
        }
    }
}

/// Everything known at the engine's clock.
#[derive(Debug)]
pub(crate) struct State {
    /// External ids.
    pub ids: Ids,
    /// Interned names.
    pub keys: Keys,
    /// The engine's clock; `i64::MIN` before the first event.
    pub now: i64,
    /// Sequence number of the next record.
    pub sequence: u64,
    /// Events that came later than the declared lateness.
    pub late: u64,
    /// Events taken.
    pub events: u64,
    /// Fits, oldest first.
    pub fits: Vec<Fitted>,
    shards: Vec<Shard>,
    traits: usize,
    segments: usize,
    cells: Cells,
    /// Hashes of the partial states that were absorbed, rising.
    parts: Vec<u64>,
    /// Merged customers, rising: the folded one and the one kept.
    aliases: Vec<(u32, u32)>,
    /// Pairs by their second customer: derived, and caught up with when it is read.
    inward: RwLock<Inward>,
    /// Who is in each cell, of segments that were asked about: derived, and caught up with when asked for.
    rosters: Mutex<Vec<Option<Roster>>>,
}

/// The shard of a customer and its place there.
pub(crate) fn place(customer: u32) -> (usize, usize) {
    (customer as usize % SHARDS, customer as usize / SHARDS)
}

impl State {
    /// The empty state of a program.
    pub fn new(program: &Program, ids: Ids, keys: Keys) -> Self {
        State {
            ids,
            keys,
            now: i64::MIN,
            sequence: 0,
            late: 0,
            events: 0,
            fits: Vec::new(),
            shards: (0..SHARDS).map(|_| Shard::new(program)).collect(),
            traits: program.traits.len(),
            segments: program.segments.len(),
            cells: Cells::default(),
            parts: Vec::new(),
            aliases: Vec::new(),
            inward: RwLock::default(),
            rosters: Mutex::default(),
        }
    }

    /// Merged customers: the folded one and the one kept.
    pub fn aliases(&self) -> Vec<(u32, u32)> {
        self.aliases.clone()
    }

    /// Sets the merged customers, each mapped to the one that is kept at the end of its chain. Only
    /// before the first record: both streams fold as one.
    pub fn set_aliases(&mut self, mut aliases: Vec<(u32, u32)>) {
        aliases.sort_unstable();
        self.aliases = aliases;
        let ends: Vec<(u32, u32)> = self.aliases.iter().map(|(folded, _)| (*folded, self.resolve(*folded))).collect();
        self.aliases = ends;
    }

    /// The customer that a dense number stands for.
    pub fn resolve(&self, customer: u32) -> u32 {
        let mut customer = customer;
        // A chain is no longer than the table, whatever a damaged file says.
        for _ in 0..self.aliases.len() {
            match self.aliases.binary_search_by_key(&customer, |(folded, _)| *folded) {
                Ok(found) => customer = self.aliases[found].1,
                Err(_) => break,
            }
        }
        customer
    }

    /// Whether the number is that of a customer of its own: neither erased nor folded into another.
    pub fn is_live(&self, customer: u32) -> bool {
        self.ids.is_live(customer) && self.resolve(customer) == customer
    }

    /// Number of customers, erased ones included.
    pub fn customers(&self) -> u32 {
        self.ids.len() as u32
    }

    fn shard(&self, customer: u32) -> (&Shard, usize) {
        let (shard, local) = place(customer);
        (&self.shards[shard], local)
    }

    fn shard_mut(&mut self, customer: u32) -> (&mut Shard, usize) {
        let (shard, local) = place(customer);
        (&mut self.shards[shard], local)
    }

    /// Where a customer stands in a segment.
    pub fn member(&self, segment: usize, customer: u32) -> Member {
        let (shard, local) = self.shard(customer);
        let nobody = Member { cell: NONE, since: i64::MIN };
        shard.members.get(local * self.segments + segment).copied().unwrap_or(nobody)
    }

    /// Asks who is in the cells of a segment. Cost: of the first question a pass over the customers, of the next one
    /// what crossed since.
    pub fn roster<T>(&self, segment: usize, ask: impl FnOnce(&Roster) -> T) -> T {
        let mut rosters = self.rosters.lock().unwrap_or_else(PoisonError::into_inner);
        if rosters.len() <= segment {
            rosters.resize_with(segment + 1, || None);
        }
        let cell_of = |customer| self.member(segment, customer).cell;
        let roster = rosters[segment]
            .get_or_insert_with(|| Roster::new((0..self.customers()).map(|customer| (customer, cell_of(customer)))));
        roster.settle(cell_of);
        ask(roster)
    }

    /// The cell of a customer in a segment as a value; NaN in the cell `unknown`, as before the first crossing.
    pub fn cell(&self, segment: usize, customer: u32) -> f64 {
        let cell = self.member(segment, customer).cell;
        if self.cells.labels(cell).is_empty() { f64::NAN } else { f64::from(cell) }
    }

    /// The labels of a customer's cell, one an axis; empty in the cell `unknown`.
    pub fn labels(&self, segment: usize, customer: u32) -> &[u32] {
        self.cells.labels(self.member(segment, customer).cell)
    }

    /// The labels of a cell, one an axis; empty for the cell `unknown` and for none.
    pub fn labels_of(&self, cell: u32) -> &[u32] {
        self.cells.labels(cell)
    }

    /// The name of a cell; empty for none.
    pub fn name_of(&self, cell: u32) -> Arc<str> {
        self.cells.name(cell).unwrap_or_else(|| if cell == NONE { "" } else { self.keys.text(cell) }.into())
    }

    /// The label of a customer on one axis as a value; NaN in the cell `unknown`.
    pub fn axis(&self, segment: usize, axis: usize, customer: u32) -> f64 {
        self.labels(segment, customer).get(axis).map_or(f64::NAN, |label| f64::from(*label))
    }

    /// The interned cell of some labels.
    ///
    /// # Errors
    /// `SchemaRange` when the table of names is full.
    pub fn cell_of(&mut self, labels: &[u32]) -> Result<u32> {
        self.cells.intern(labels, &mut self.keys)
    }

    /// A customer's trait.
    pub fn known(&self, item: usize, customer: u32) -> Known {
        let (shard, local) = self.shard(customer);
        let nothing = Known { value: f64::NAN, at: i64::MIN };
        shard.traits.get(local * self.traits + item).copied().unwrap_or(nothing)
    }

    /// How many decisions the customer has had.
    pub fn decided(&self, customer: u32) -> u32 {
        let (shard, local) = self.shard(customer);
        shard.decided.get(local).copied().unwrap_or(0)
    }

    /// Whether an event id was seen for this customer within the dedupe horizon before an event at `at`.
    pub fn seen(&self, customer: u32, id: u64, at: i64) -> bool {
        self.shard(customer).0.seen.time((customer, id), self.now.max(at)).is_some()
    }

    /// Peers with whom the customer has a pair row, rising.
    pub fn peers(&self, customer: u32) -> Vec<u32> {
        let (shard, local) = self.shard(customer);
        shard.pairs.peers(local)
    }

    /// Every pair that has a row, rising by (customer, peer).
    pub fn pairs(&self) -> Vec<(u32, u32)> {
        let mut pairs: Vec<(u32, u32)> =
            self.shards.iter().flat_map(|shard| shard.pairs.table().names()).copied().collect();
        pairs.sort_unstable();
        pairs
    }

    /// Bytes held by part.
    pub fn bytes(&self) -> Vec<(&'static str, usize)> {
        let rosters = self.rosters.lock().unwrap_or_else(PoisonError::into_inner);
        let rosters = rosters.iter().flatten().map(Roster::bytes).sum::<usize>();
        let total = |part: fn(&Shard) -> usize| self.shards.iter().map(part).sum::<usize>();
        vec![
            ("features", total(|shard| shard.rows.bytes())),
            ("pairs", total(|shard| shard.pairs.bytes())),
            ("ties backward", self.inward_bytes()),
            ("groups", total(|shard| shard.groups.bytes())),
            ("traits", total(|shard| shard.traits.capacity() * size_of::<Known>())),
            ("segments", total(|shard| shard.members.capacity() * size_of::<Member>()) + rosters),
            ("decisions", total(|shard| shard.decided.capacity() * size_of::<u32>())),
            ("event ids", total(|shard| shard.seen.bytes())),
            ("occasions", total(|shard| shard.occasions.bytes())),
            ("open messages", total(|shard| shard.waits.allocation_size())),
            ("late messages", total(|shard| shard.pending.values().map(Pending::bytes).sum())),
            ("ids", self.ids.bytes()),
            ("keys", self.keys.bytes()),
        ]
    }
}
