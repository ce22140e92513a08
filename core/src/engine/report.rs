//! What calls return.

use std::sync::Arc;

use crate::base::Verdict;
use crate::data::ingest::Reject;
use crate::decisions::Decision;

/// A customer's move from one cell of a segment to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossing {
    /// Dense number of the customer; [`super::Engine::id`] gives the id.
    pub customer: u32,
    /// The segment.
    pub segment: Arc<str>,
    /// The cell left; empty before the first.
    pub from: Arc<str>,
    /// The cell entered.
    pub to: Arc<str>,
    /// When, in microseconds since 1970 UTC.
    pub at: i64,
    /// `event`, `trait`, `time`, `fit`, `redefine`, `absorb` or `merge`.
    pub cause: &'static str,
    /// The columns that moved, with commas between them: those behind the axes whose labels differ, or behind the rule
    /// that began or ceased to hold, as [`super::Engine::crossings`] tells.
    pub moved: Arc<str>,
}

/// A decision that a call took.
#[derive(Debug, Clone, PartialEq)]
pub struct TakenDecision {
    /// Dense number of the customer.
    pub customer: u32,
    /// When, in microseconds since 1970 UTC.
    pub at: i64,
    /// The decision.
    pub decision: Decision,
}

/// What became of the rows of a write.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IngestReport {
    /// Rows taken.
    pub accepted: u64,
    /// Rows whose event id was seen before; they change nothing.
    pub duplicates: u64,
    /// Rows taken that came later than the declared lateness.
    pub late: u64,
    /// Rows refused, with the reason.
    pub rejected: Vec<Reject>,
    /// Crossings of segments that the rows caused, in order.
    pub crossings: Vec<Crossing>,
    /// Decisions that the crossings asked for, in order.
    pub decisions: Vec<TakenDecision>,
}

/// What a fit found for one column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FittedColumn {
    /// The column, or `segment.axis`.
    pub name: String,
    /// Why nothing was learnt, if so; the column keeps the parameters that it had.
    pub skipped: Option<String>,
    /// Figures of the fit.
    pub diagnostics: Vec<(String, f64)>,
    /// Answers to questions about effects.
    pub verdicts: Vec<(String, Verdict)>,
    /// Names for people to read: of topics, by their id.
    pub notes: Vec<(String, String)>,
}

/// What a fit found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FitReport {
    /// The engine's clock at the fit.
    pub at: i64,
    /// Columns in dependency order.
    pub columns: Vec<FittedColumn>,
    /// Customers whose cell moved because the edges did; this triggers nothing.
    pub moved: u64,
}

/// Sizes and counts of an engine.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stats {
    /// Customers known: neither erased nor folded into another.
    pub customers: u64,
    /// Events taken, those of the engine's own kinds included: crossings, decisions and outcomes are events.
    pub events: u64,
    /// Events taken that came later than the declared lateness.
    pub late: u64,
    /// Records of the journal.
    pub records: u64,
    /// The engine's clock, if any event came.
    pub now: Option<i64>,
    /// Bytes of the file, or of the journal in memory.
    pub bytes: u64,
    /// Bytes of memory by part.
    pub memory: Vec<(&'static str, usize)>,
}

impl Stats {
    /// Bytes of memory a customer, by part; what an engine has without customers counts as one's.
    pub fn bytes_per_customer(&self) -> Vec<(&'static str, f64)> {
        let customers = self.customers.max(1) as f64;
        self.memory.iter().map(|(part, bytes)| (*part, *bytes as f64 / customers)).collect()
    }
}
