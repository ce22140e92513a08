//! Segments in motion, and what goes with them, from C.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use bactrian::Ablation;

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

/// The cells of a segment as by `bactrian_engine_segment`, with what each is worth: of each of the columns `values`
/// (numbers or flags) `NAME.mean` over its members, the 95% interval `NAME.lower` to `NAME.upper`, and `NAME.sum`.
/// `stream` is overwritten; release it with its own `release`.
///
/// Errors: `UNKNOWN_SEGMENT`, `UNKNOWN_COLUMN`; `SCHEMA_MISSING` for a column toward a peer; `SCHEMA_TYPE` for one of
/// names or times; `CLOSED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_segment_values(
    engine: Option<&Engine>,
    segment: Text<'_>,
    values: *const *const c_char,
    values_length: usize,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, segment) = (given(engine, "engine")?, segment.required("segment")?);
        // SAFETY: the caller promises `values_length` texts.
        let values = unsafe { names(values, values_length, "values") }?;
        export(|| engine.engine.segment_values(segment, &values), stream)
    })
}

/// Where the members of each cell drift, as a stream of a row a cell and column: the means `before` `since` and `after`
/// (at the engine's clock) of who is in the cell now, their difference `drift` with its 95% interval, and `scaled`, in
/// standard deviations of the column among all. NULL `columns` are the numbers that the segment goes by. `stream` is
/// overwritten; release it with its own `release`. Cost: a replay of the journal.
///
/// Errors: as `bactrian_engine_segment_values`; `SCHEMA_MISSING` where there is no number; `TIME_PAST`,
/// `TIME_BEYOND_CEILING`, `STORE_IO`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_drift(
    engine: Option<&Engine>,
    segment: Text<'_>,
    since: i64,
    columns: *const *const c_char,
    columns_length: usize,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, segment) = (given(engine, "engine")?, segment.required("segment")?);
        // SAFETY: the caller promises `columns_length` texts.
        let columns = unsafe { optional_names(columns, columns_length, "columns") }?;
        export(|| engine.engine.drift(segment, since, columns.as_deref()), stream)
    })
}

/// How surely each member belongs to its cell, as a stream of `customer`, `cell`, the score `belonging` from 0 to 1, and
/// its 95% interval `lower` to `upper`; of one cell, or for NULL of all but `unknown`. `stream` is overwritten; release
/// it with its own `release`.
///
/// Errors: `UNKNOWN_SEGMENT`, with the nearest name; `CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_belonging(
    engine: Option<&Engine>,
    segment: Text<'_>,
    cell: Text<'_>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, segment) = (given(engine, "engine")?, segment.required("segment")?);
        let cell = cell.optional("cell")?;
        export(|| engine.engine.belonging(segment, cell), stream)
    })
}

/// The market by the columns `of`, aggregates alone, as a stream of a row a combination of their labels with at least
/// `k` customers: `customers`, and the mean of each of `measures`. Rarer combinations stand together in a last row
/// without labels, so that no row is found by subtracting the others. `stream` is overwritten; release it with its own
/// `release`.
///
/// Errors: `UNKNOWN_COLUMN`, with the nearest name; `SCHEMA_MISSING` without a column or for one toward a peer;
/// `SCHEMA_TYPE` for a measure of names; `SCHEMA_RANGE` for a `k` below 2; `CLOSED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_market(
    engine: Option<&Engine>,
    of: *const *const c_char,
    of_length: usize,
    measures: *const *const c_char,
    measures_length: usize,
    k: u64,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        // SAFETY: the caller promises as many texts as the lengths say.
        let (of, measures) = unsafe { (names(of, of_length, "of")?, names(measures, measures_length, "measures")?) };
        export(|| engine.engine.market(&of, &measures, k), stream)
    })
}

/// What each further group of columns adds to the first one in telling who has `outcome`, a flag, as a stream of two
/// rows a group: `group`, `measure` (`log_loss`, by how much it falls in nats, or `auc`, by how much it rises), `value`
/// with its 95% interval, `n`, `claim` and `why`. `groups` says of each of `columns` which group it is of; the group
/// met first is the one to begin with. Columns are read just before `at`, as by `bactrian_engine_training_set`
/// (`BACTRIAN_NOW`: at the engine's clock). `stream` is overwritten; release it with its own `release`.
///
/// Errors: `UNKNOWN_COLUMN`; `SCHEMA_TYPE` for an outcome that is no flag; `SCHEMA_MISSING` for less than two groups;
/// `NOT_ENOUGH_DATA`; `TIME_PAST`, `TIME_BEYOND_CEILING`, `STORE_IO`, `CLOSED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_ablate(
    engine: Option<&Engine>,
    outcome: Text<'_>,
    groups: *const *const c_char,
    columns: *const *const c_char,
    length: usize,
    at: i64,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let (engine, outcome) = (given(engine, "engine")?, outcome.required("outcome")?);
        // SAFETY: the caller promises `length` texts of each.
        let (groups, columns) = unsafe { (names(groups, length, "groups")?, names(columns, length, "columns")?) };
        let mut parts: Vec<(&str, Vec<&str>)> = Vec::new();
        for (group, column) in groups.into_iter().zip(columns) {
            match parts.iter_mut().find(|(known, _)| *known == group) {
                Some((_, own)) => own.push(column),
                None => parts.push((group, vec![column])),
            }
        }
        let asked: Vec<(&str, &[&str])> = parts.iter().map(|(group, own)| (*group, own.as_slice())).collect();
        export(|| engine.engine.ablate(outcome, &asked, moment(at)).map(|found| Ablation::table(&found)), stream)
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
