//! What a fit found.

use std::ffi::c_char;
use std::ptr;

use super::decision::Factor;
use super::explanation::Figure;
use crate::error::guard_or;
use crate::texts::Texts;

/// What the data allow to be said.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The interval excludes the null value.
    Effect = 1,
    /// The question could be answered, and the interval covers the null value.
    NoEvidence = 2,
    /// The data cannot answer: contacts were not randomised, overlap is gone, or too few rows.
    CannotTell = 3,
}

/// The answer to a question about an effect.
#[repr(C)]
pub struct Verdict {
    /// The question.
    pub name: *const c_char,
    /// The estimate, in the unit of the question; NaN where there is none.
    pub value: f64,
    /// Lower end of the interval (95% unless `why` says otherwise).
    pub lower: f64,
    /// Upper end of the interval.
    pub upper: f64,
    /// The value under no effect.
    pub null_value: f64,
    /// Rows behind the estimate.
    pub rows: u64,
    /// What may be claimed.
    pub claim: Claim,
    /// The reason, in one sentence.
    pub why: *const c_char,
}

/// What a fit found for one column.
#[repr(C)]
pub struct FittedColumn {
    /// The column, or `segment.axis`.
    pub name: *const c_char,
    /// Why nothing was learnt; NULL if something was. A skipped column keeps what it had.
    pub skipped: *const c_char,
}

/// What a fit found.
pub struct FitReport {
    at: i64,
    moved: u64,
    columns: Vec<FittedColumn>,
    figures: Vec<Vec<Figure>>,
    verdicts: Vec<Vec<Verdict>>,
    notes: Vec<Vec<Factor>>,
    _texts: Texts,
}

impl FitReport {
    pub(crate) fn new(found: &bactrian::FitReport) -> Self {
        let mut texts = Texts::default();
        let columns = found.columns.iter().map(|column| FittedColumn {
            name: texts.add(&column.name),
            skipped: texts.add_if(column.skipped.as_deref()),
        });
        let columns = columns.collect();
        FitReport {
            at: found.at,
            moved: found.moved,
            columns,
            figures: found.columns.iter().map(|column| Figure::all(&column.diagnostics, &mut texts)).collect(),
            verdicts: found.columns.iter().map(|column| verdicts(&column.verdicts, &mut texts)).collect(),
            notes: found.columns.iter().map(|column| notes(&column.notes, &mut texts)).collect(),
            _texts: texts,
        }
    }
}

fn notes(found: &[(String, String)], texts: &mut Texts) -> Vec<Factor> {
    found.iter().map(|(name, value)| Factor { name: texts.add(name), value: texts.add(value) }).collect()
}

pub(crate) fn verdicts(found: &[(String, bactrian::Verdict)], texts: &mut Texts) -> Vec<Verdict> {
    let view = |(name, verdict): &(String, bactrian::Verdict)| Verdict {
        name: texts.add(name),
        value: verdict.value,
        lower: verdict.interval.0,
        upper: verdict.interval.1,
        null_value: verdict.null,
        rows: verdict.n,
        claim: match verdict.claim {
            bactrian::Claim::Effect => Claim::Effect,
            bactrian::Claim::NoEvidence => Claim::NoEvidence,
            bactrian::Claim::CannotTell => Claim::CannotTell,
        },
        why: texts.add(&verdict.why),
    };
    found.iter().map(view).collect()
}

/// The engine's clock at the fit, in microseconds since 1970 UTC; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_fit_report_moment(report: Option<&FitReport>) -> i64 {
    report.map_or(0, |report| report.at)
}

/// Customers whose cell moved because the edges did; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_fit_report_moved(report: Option<&FitReport>) -> u64 {
    report.map_or(0, |report| report.moved)
}

/// How many columns were fitted or skipped; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_fit_report_column_count(report: Option<&FitReport>) -> usize {
    report.map_or(0, |report| report.columns.len())
}

/// One column, in dependency order; NULL from the end on. Valid as long as the report.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_fit_report_column(report: Option<&FitReport>, column: usize) -> *const FittedColumn {
    report.and_then(|report| report.columns.get(column)).map_or(ptr::null(), ptr::from_ref)
}

/// How many figures the fit of a column gave; 0 from the end on.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_fit_report_figure_count(report: Option<&FitReport>, column: usize) -> usize {
    report.and_then(|report| report.figures.get(column)).map_or(0, Vec::len)
}

/// One figure of a column's fit; NULL from the end on. Valid as long as the report.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_fit_report_figure(report: Option<&FitReport>, column: usize, index: usize) -> *const Figure {
    let figures = report.and_then(|report| report.figures.get(column));
    figures.and_then(|figures| figures.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// How many verdicts the fit of a column gave; 0 from the end on.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_fit_report_verdict_count(report: Option<&FitReport>, column: usize) -> usize {
    report.and_then(|report| report.verdicts.get(column)).map_or(0, Vec::len)
}

/// One verdict of a column's fit; NULL from the end on. Valid as long as the report.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_fit_report_verdict(
    report: Option<&FitReport>,
    column: usize,
    index: usize,
) -> *const Verdict {
    let verdicts = report.and_then(|report| report.verdicts.get(column));
    verdicts.and_then(|verdicts| verdicts.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// How many notes the fit of a column left; 0 from the end on.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_fit_report_note_count(report: Option<&FitReport>, column: usize) -> usize {
    report.and_then(|report| report.notes.get(column)).map_or(0, Vec::len)
}

/// One note of a column's fit: the name for people of a topic, by its id. NULL from the end on. Valid as long as the
/// report.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_fit_report_note(report: Option<&FitReport>, column: usize, index: usize) -> *const Factor {
    let notes = report.and_then(|report| report.notes.get(column));
    notes.and_then(|notes| notes.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// Gives a report back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_fit_report_free(report: Option<Box<FitReport>>) {
    guard_or((), || drop(report));
}
