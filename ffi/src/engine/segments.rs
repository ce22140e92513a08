//! Segments in motion, and what goes with them, from C.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;

use super::Engine;
use crate::arrow::export;
use crate::error::guard;
use crate::pointer::{Text, given, moment, names, optional_names};
use crate::status::Status;

/// How customers moved between the cells of a segment from `since` to `until` (`BACTRIAN_NOW`: the engine's
/// clock), as a stream of one batch: `from`, `to`, `count`, `probability`. With `every` above 0, in
/// microseconds, the interval is cut into spans of that length, and the moves over each are counted together.
/// `probability` is of being in `to` after `steps` spans (1 is one span), if only the cell matters; those of one
/// `from` sum to 1. Who was in no cell yet, not met included, is in `unknown`. `stream` is overwritten; release
/// it with its own `release`. Cost: a pass over the journal.
///
/// Errors: `UNKNOWN_SEGMENT`, with the nearest name; `SCHEMA_RANGE` for an interval or a span that is none;
/// `TIME_PAST`, `STORE_IO`, `CLOSED`.
///
/// ```c
/// status = bactrian_engine_transitions(engine, "tier", since, BACTRIAN_NOW, 0, 1, &stream);
/// ```
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_transitions(
    engine: Option<&Engine>,
    segment: Text<'_>,
    since: i64,
    until: i64,
    every: i64,
    steps: u32,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, segment) = (given(engine, "engine")?, segment.required("segment")?);
        let every = (every != 0).then_some(every);
        export(|| engine.engine.transitions(segment, since, moment(until), every, steps), stream)
    })
}

/// How steady a segment was from `since` to `until` (`BACTRIAN_NOW`: the engine's clock), as a stream of one
/// row: `customers` in a cell at both moments, the share that `stayed`, `adjusted_rand`,
/// `transition_entropy` in nats, and of the sizes of cells `stability_index` (PSI) and its `drift`
/// (`stable`, `shifting`, `moved`). `stream` is overwritten; release it with its own `release`.
///
/// Errors: as `bactrian_engine_transitions`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_stability(
    engine: Option<&Engine>,
    segment: Text<'_>,
    since: i64,
    until: i64,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, segment) = (given(engine, "engine")?, segment.required("segment")?);
        export(|| engine.engine.stability(segment, since, moment(until)), stream)
    })
}

/// How strongly the column `of` (a segment, one of its axes, a trait, any that needs no peer) goes with others,
/// NULL being the traits, as a stream of a row a column: chi-squared with p- and q-value, Cramer's V as it is and
/// with its bias taken out, mutual information in nats. `within` (unless NULL) is a column each label of which is
/// looked at by itself. `stream` is overwritten; release it with its own `release`.
///
/// Errors: `UNKNOWN_COLUMN`, with the nearest name; `SCHEMA_MISSING` for a column toward a peer; `CLOSED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_associations(
    engine: Option<&Engine>,
    of: Text<'_>,
    columns: *const *const c_char,
    columns_length: usize,
    within: Text<'_>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, of, within) = (given(engine, "engine")?, of.required("of")?, within.optional("within")?);
        // SAFETY: the caller promises `columns_length` texts.
        let columns = unsafe { optional_names(columns, columns_length, "columns") }?;
        export(|| engine.engine.associations(of, columns.as_deref(), within), stream)
    })
}

/// How much more often each label of `column` is met inside each label of `of` than among all, as a stream of a row a
/// pair of labels: counts as in a crosstab, shares inside and elsewhere, lift with its 95% interval, p- and
/// q-value. `within` is as in `bactrian_engine_associations`. `stream` is overwritten; release it with its own
/// `release`.
///
/// Errors: as `bactrian_engine_associations`; `SCHEMA_RANGE` for more than a million pairs.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_lifts(
    engine: Option<&Engine>,
    of: Text<'_>,
    column: Text<'_>,
    within: Text<'_>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, of, column) = (given(engine, "engine")?, of.required("of")?, column.required("column")?);
        let within = within.optional("within")?;
        export(|| engine.engine.lifts(of, column, within), stream)
    })
}

/// Who is like the customers with a label of the column `of`, most alike first, as a stream of `customer` and
/// `probability`, of all who have another label or none yet: a calibrated logistic regression over the columns `by`.
/// At most `most` rows, 0 being all. `stream` is overwritten; release it with its own `release`.
///
/// Errors: as `bactrian_engine_associations`; `UNKNOWN_SEGMENT` for a label that nobody has; `NOT_ENOUGH_DATA`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_look_alikes(
    engine: Option<&Engine>,
    of: Text<'_>,
    label: Text<'_>,
    by: *const *const c_char,
    by_length: usize,
    most: usize,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, of, label) = (given(engine, "engine")?, of.required("of")?, label.required("label")?);
        // SAFETY: the caller promises `by_length` texts.
        let by = unsafe { names(by, by_length, "by") }?;
        export(|| engine.engine.look_alikes(of, label, &by, (most > 0).then_some(most)), stream)
    })
}
