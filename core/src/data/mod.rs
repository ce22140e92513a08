//! Ids, keys, time, records and Arrow batches in and out.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

pub mod codec;
pub mod ids;
pub mod ingest;
pub mod keys;
pub(crate) mod published;
pub mod record;
mod rows;
pub mod table;
pub mod time;

use std::hash::BuildHasher;

pub use ids::{Id, Ids, OwnedId};
pub use keys::Keys;
pub use time::{Zone, format_time, parse_span, parse_time};

/// The one hasher of this floor; its seed is fixed, so tables are the same in every run.
const HASHER: foldhash::fast::FixedState = foldhash::fast::FixedState::with_seed(0x6261_6374_7269_616e);

fn hash_text(text: &str) -> u64 {
    HASHER.hash_one(text)
}
