//! What is left of a customer.

use super::{Shard, State};
use crate::data::record::NONE;

impl State {
    /// Whether anything is known of a customer, by number: of their own, or of others with them.
    pub fn holds(&self, customer: u32) -> bool {
        let (shard, local) = self.shard(customer);
        let of_rows = shard.rows.get(local).is_some_and(|row| !row.is_empty());
        let of_traits = (0..self.traits).any(|item| !self.known(item, customer).value.is_nan());
        let of_segments = (0..self.segments).any(|segment| self.member(segment, customer).cell != NONE);
        of_rows
            || of_traits
            || of_segments
            || self.decided(customer) > 0
            || self.shards.iter().any(|shard| shard.names(customer))
    }
}

impl Shard {
    /// Whether a pair, an event id, an occasion or a message within the lateness names a customer.
    fn names(&self, customer: u32) -> bool {
        let horizons = [&self.seen, &self.occasions];
        let has = |own: u32, other: u32| own == customer || other == customer;
        self.pairs.table().names().iter().any(|(own, other)| has(*own, *other))
            || horizons.iter().any(|horizon| horizon.entries().any(|(_, (own, _), _)| own == customer))
            || self.waits.keys().any(|(own, other, _)| has(*own, *other))
            || self.pending.iter().any(|(own, pending)| *own == customer || pending.names(customer))
    }
}
