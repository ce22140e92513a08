//! What a new definition changed.

use std::ffi::c_char;
use std::ptr;

use crate::error::guard_or;
use crate::texts::Texts;

/// What a new definition changed.
pub struct RedefineReport {
    added: Vec<*const c_char>,
    removed: Vec<*const c_char>,
    unfitted: Vec<*const c_char>,
    moved: u64,
    _texts: Texts,
}

impl RedefineReport {
    pub(crate) fn new(changed: &bactrian::RedefineReport) -> Self {
        let mut texts = Texts::default();
        let mut all = |names: &[String]| names.iter().map(|name| texts.add(name)).collect();
        let (added, removed, unfitted) = (all(&changed.added), all(&changed.removed), all(&changed.unfitted));
        RedefineReport { added, removed, unfitted, moved: changed.moved, _texts: texts }
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
