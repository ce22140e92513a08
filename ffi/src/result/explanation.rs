//! Why a column has its value.

use std::ffi::c_char;
use std::ptr;

use crate::error::guard_or;
use crate::texts::Texts;

/// A named number.
#[repr(C)]
pub struct Figure {
    /// What it is.
    pub name: *const c_char,
    /// Its value; NaN is unknown.
    pub value: f64,
}

impl Figure {
    pub(crate) fn all(figures: &[(String, f64)], texts: &mut Texts) -> Vec<Figure> {
        figures.iter().map(|(name, value)| Figure { name: texts.add(name), value: *value }).collect()
    }
}

/// Why a column has its value.
pub struct Explanation {
    value: f64,
    at: i64,
    parts: Vec<Figure>,
    evidence: Vec<Figure>,
    _texts: Texts,
}

impl Explanation {
    pub(crate) fn new(explained: &bactrian::Explanation) -> Self {
        let mut texts = Texts::default();
        Explanation {
            value: explained.value,
            at: explained.at,
            parts: Figure::all(&explained.parts, &mut texts),
            evidence: Figure::all(&explained.evidence, &mut texts),
            _texts: texts,
        }
    }
}

/// The value that is explained; NaN is unknown, and NaN for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_explanation_value(explanation: Option<&Explanation>) -> f64 {
    explanation.map_or(f64::NAN, |explanation| explanation.value)
}

/// The moment of the read, in microseconds since 1970 UTC; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_explanation_moment(explanation: Option<&Explanation>) -> i64 {
    explanation.map_or(0, |explanation| explanation.at)
}

/// How many parts, which sum to the value; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_explanation_part_count(explanation: Option<&Explanation>) -> usize {
    explanation.map_or(0, |explanation| explanation.parts.len())
}

/// One part; NULL from the end on. Valid as long as the explanation.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_explanation_part(explanation: Option<&Explanation>, index: usize) -> *const Figure {
    explanation.and_then(|explanation| explanation.parts.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// How many figures stand behind the value, such as the count of evidence; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_explanation_evidence_count(explanation: Option<&Explanation>) -> usize {
    explanation.map_or(0, |explanation| explanation.evidence.len())
}

/// One figure behind the value, not part of the sum; NULL from the end on. Valid as long as the
/// explanation.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_explanation_evidence(explanation: Option<&Explanation>, index: usize) -> *const Figure {
    explanation.and_then(|explanation| explanation.evidence.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// Gives an explanation back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_explanation_free(explanation: Option<Box<Explanation>>) {
    guard_or((), || drop(explanation));
}
