//! Ids, keys, time, records and Arrow batches in and out.

pub mod ids;
pub mod record;
