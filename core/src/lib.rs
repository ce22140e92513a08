//! Bactrian knows customers and decides what to do next.
//!
//! Everything known is a column; everything that happens is a record of one journal; state is the
//! fold of the journal. The floors of this crate, top to bottom, each use only the floors below.

pub mod base;
pub mod data;
pub mod definition;
pub mod expr;
pub mod graph;
pub mod models;

mod columns;
mod decisions;
mod engine;
mod program;
mod segments;
mod state;
pub mod store;

pub use base::{Claim, Error, ErrorKind, Problem, Result, Severity, Verdict};
pub use columns::Form;
pub use data::ids::{Id, OwnedId};
pub use data::ingest::{Call, Reject, RowEvent, Value};
pub use data::table::{Column, Table};
pub use decisions::{Choice, Decision, Factor, Flip, Loser, Reason};
pub use definition::Definition;
pub use engine::{
    Ablation, Ask, Assigned, Backtest, Crossing, Durability, Engine, ErasureReceipt, Evaluated, Explanation, Export,
    FitReport, FittedColumn, InfluenceAsk, IngestReport, Interrupt, Means, Options, Planned, Policy, Reader,
    RecordedAction, RecordedDecision, RedefineReport, SeedAsk, Seeds, Stats, TakenDecision, Version, check, check_file,
    check_text,
};
pub use program::{Callback, CallbackReport};
