//! What a new definition changed.

use std::ffi::c_char;
use std::ptr;

use crate::error::guard_or;
use crate::texts::Texts;
use crate::value::BACTRIAN_NOW;

/// Records of the journal that feed nothing under a new definition.
#[repr(C)]
pub struct Unread {
    /// The declared word that is gone, such as `event.visit`.
    pub word: *const c_char,
    /// How many records of it the journal holds.
    pub records: u64,
}

/// What a new definition changed.
pub struct RedefineReport {
    added: Vec<*const c_char>,
    removed: Vec<*const c_char>,
    unfitted: Vec<*const c_char>,
    begun: Vec<*const c_char>,
    since: i64,
    unread: Vec<Unread>,
    moved: u64,
    _texts: Texts,
}

impl RedefineReport {
    pub(crate) fn new(changed: &bactrian::RedefineReport) -> Self {
        let mut texts = Texts::default();
        let mut all = |names: &[String]| names.iter().map(|name| texts.add(name)).collect();
        let (added, removed, unfitted) = (all(&changed.added), all(&changed.removed), all(&changed.unfitted));
        let begun = all(&changed.begun);
        let since = changed.since.unwrap_or(BACTRIAN_NOW);
        let unread = |(word, records): &(String, u64)| Unread { word: texts.add(word), records: *records };
        let unread = changed.unread.iter().map(unread).collect();
        RedefineReport { added, removed, unfitted, begun, since, unread, moved: changed.moved, _texts: texts }
    }
}

/// How many columns were not there before; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_redefine_report_added_count(report: Option<&RedefineReport>) -> usize {
    report.map_or(0, |report| report.added.len())
}

/// The name of a column that was not there before; NULL from the end on. Valid as long as the report.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_redefine_report_added(report: Option<&RedefineReport>, index: usize) -> *const c_char {
    report.and_then(|report| report.added.get(index)).copied().unwrap_or(ptr::null())
}

/// How many columns are gone; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_redefine_report_removed_count(report: Option<&RedefineReport>) -> usize {
    report.map_or(0, |report| report.removed.len())
}

/// The name of a column that is gone; NULL from the end on. Valid as long as the report.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_redefine_report_removed(report: Option<&RedefineReport>, index: usize) -> *const c_char {
    report.and_then(|report| report.removed.get(index)).copied().unwrap_or(ptr::null())
}

/// How many fitted columns and axes are unknown until the next fit, since their declaration changed; 0 for
/// NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_redefine_report_unfitted_count(report: Option<&RedefineReport>) -> usize {
    report.map_or(0, |report| report.unfitted.len())
}

/// The name of a column or axis that is unknown until the next fit; NULL from the end on. Valid as long as
/// the report.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_redefine_report_unfitted(report: Option<&RedefineReport>, index: usize) -> *const c_char {
    report.and_then(|report| report.unfitted.get(index)).copied().unwrap_or(ptr::null())
}

/// How many columns know only the records that `[time] keep` has left in the journal: those added or changed, and
/// what reads them; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_redefine_report_begun_count(report: Option<&RedefineReport>) -> usize {
    report.map_or(0, |report| report.begun.len())
}

/// The name of such a column; NULL from the end on. Valid as long as the report.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_redefine_report_begun(report: Option<&RedefineReport>, index: usize) -> *const c_char {
    report.and_then(|report| report.begun.get(index)).copied().unwrap_or(ptr::null())
}

/// The engine's clock from which on those columns know every record; `BACTRIAN_NOW` without such columns, and for
/// NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_redefine_report_since(report: Option<&RedefineReport>) -> i64 {
    report.map_or(BACTRIAN_NOW, |report| report.since)
}

/// How many declared words are gone of which the journal holds records; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_redefine_report_unread_count(report: Option<&RedefineReport>) -> usize {
    report.map_or(0, |report| report.unread.len())
}

/// Such a word with the number of its records; NULL from the end on. Valid as long as the report.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_redefine_report_unread(report: Option<&RedefineReport>, index: usize) -> *const Unread {
    report.and_then(|report| report.unread.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// Customers whose cell in some segment moved, which triggers nothing; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_redefine_report_moved(report: Option<&RedefineReport>) -> u64 {
    report.map_or(0, |report| report.moved)
}

/// Gives a report back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_redefine_report_free(report: Option<Box<RedefineReport>>) {
    guard_or((), || drop(report));
}
