//! What became of the rows of a write.

use std::ffi::c_char;
use std::ptr;

use bactrian::OwnedId;

use super::decision::Decision;
use crate::error::guard_or;
use crate::texts::Texts;
use crate::value::Id;

/// A row that was refused.
#[repr(C)]
pub struct Reject {
    /// Its number in the call, from 0.
    pub row: u64,
    /// Why.
    pub reason: *const c_char,
}

/// A customer's move from one cell of a segment to another.
#[repr(C)]
pub struct Crossing {
    /// Who.
    pub customer: Id,
    /// The segment.
    pub segment: *const c_char,
    /// The cell left; empty before the first.
    pub from: *const c_char,
    /// The cell entered.
    pub to: *const c_char,
    /// When, in microseconds since 1970 UTC.
    pub at: i64,
    /// `event`, `trait`, `time`, `fit`, `redefine`, `absorb` or `merge`.
    pub cause: *const c_char,
    /// The columns that moved, with commas between them.
    pub moved: *const c_char,
}

/// A decision that a crossing asked for.
#[repr(C)]
pub struct TakenDecision {
    /// For whom.
    pub customer: Id,
    /// When, in microseconds since 1970 UTC.
    pub at: i64,
    /// The decision; it goes with the report and is not freed.
    pub decision: *const Decision,
}

/// What became of the rows of a write.
pub struct Report {
    accepted: u64,
    duplicates: u64,
    late: u64,
    rejects: Vec<Reject>,
    crossings: Vec<Crossing>,
    taken: Vec<TakenDecision>,
    _decisions: Vec<Decision>,
    _texts: Texts,
}

impl Report {
    pub(crate) fn new(engine: &bactrian::Engine, found: &bactrian::IngestReport) -> Self {
        let mut texts = Texts::default();
        let who = |customer| engine.id(customer).unwrap_or(OwnedId::Erased);
        let rejects = found.rejected.iter().map(|reject| Reject { row: reject.row, reason: texts.add(&reject.reason) });
        let rejects = rejects.collect();
        let crossings = found.crossings.iter().map(|crossing| Crossing {
            customer: Id::view(&who(crossing.customer), &mut texts),
            segment: texts.add(&crossing.segment),
            from: texts.add(&crossing.from),
            to: texts.add(&crossing.to),
            at: crossing.at,
            cause: texts.add(crossing.cause),
            moved: texts.add(&crossing.moved),
        });
        let crossings = crossings.collect();
        let decisions: Vec<Decision> = found.decisions.iter().map(|taken| Decision::new(&taken.decision)).collect();
        let taken = found.decisions.iter().zip(&decisions).map(|(taken, decision)| TakenDecision {
            customer: Id::view(&who(taken.customer), &mut texts),
            at: taken.at,
            decision,
        });
        let taken = taken.collect();
        let (accepted, duplicates, late) = (found.accepted, found.duplicates, found.late);
        Report { accepted, duplicates, late, rejects, crossings, taken, _decisions: decisions, _texts: texts }
    }
}

/// Rows taken; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_report_accepted(report: Option<&Report>) -> u64 {
    report.map_or(0, |report| report.accepted)
}

/// Rows whose event id was seen before, which change nothing; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_report_duplicates(report: Option<&Report>) -> u64 {
    report.map_or(0, |report| report.duplicates)
}

/// Rows taken that came later than the declared lateness; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_report_late(report: Option<&Report>) -> u64 {
    report.map_or(0, |report| report.late)
}

/// How many rows were refused; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_report_reject_count(report: Option<&Report>) -> usize {
    report.map_or(0, |report| report.rejects.len())
}

/// One row that was refused; NULL from the end on. Valid as long as the report.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_report_reject(report: Option<&Report>, index: usize) -> *const Reject {
    report.and_then(|report| report.rejects.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// How many crossings of segments the rows caused; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_report_crossing_count(report: Option<&Report>) -> usize {
    report.map_or(0, |report| report.crossings.len())
}

/// One crossing, in order; NULL from the end on. Valid as long as the report.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_report_crossing(report: Option<&Report>, index: usize) -> *const Crossing {
    report.and_then(|report| report.crossings.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// How many decisions the crossings asked for; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_report_decision_count(report: Option<&Report>) -> usize {
    report.map_or(0, |report| report.taken.len())
}

/// One decision, in order; NULL from the end on. Valid as long as the report.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_report_decision(report: Option<&Report>, index: usize) -> *const TakenDecision {
    report.and_then(|report| report.taken.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// Gives a report back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_report_free(report: Option<Box<Report>>) {
    guard_or((), || drop(report));
}
