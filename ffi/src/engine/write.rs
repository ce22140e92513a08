//! What happens, from C: events, traits, ties, the clock, fits.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use arrow_array::RecordBatch;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use bactrian::{Call, Error, ErrorKind, IngestReport, Result};

use super::Engine;
use crate::arrow::{Column, adopt, gather, read};
use crate::error::guard;
use crate::pointer::{Text, Versioned, given, hand_out_if, moment, names, optional_names, versioned};
use crate::result::fit::FitReport;
use crate::result::report::Report;
use crate::status::Status;
use crate::value::{Event, Field, Fields, Id, who};

/// How the columns of a batch are called. Begin with `BACTRIAN_ROLES_INIT`, which sets the size.
///
/// ```c
/// const char *roles[] = { "customer", "at" }, *columns[] = { "client_no", "booked" };
/// bactrian_roles mapped = BACTRIAN_ROLES_INIT;
/// mapped.kind = "purchase";
/// mapped.roles = roles;
/// mapped.columns = columns;
/// mapped.length = 2;
/// ```
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Roles<'a> {
    /// `sizeof(bactrian_roles)`.
    pub struct_size: usize,
    /// The kind of all rows, or the layer of all ties; NULL if a column `kind` (or `layer`) says it.
    pub kind: Text<'a>,
    /// Our words: roles, traits; NULL only with a length of 0. What is not named here has the column
    /// that the definition gives it, or one of its own name.
    pub roles: *const *const c_char,
    /// The column of each.
    pub columns: *const *const c_char,
    /// How many.
    pub length: usize,
}

// SAFETY: pointers and numbers have a value for every pattern of bits, and `struct_size` comes first.
unsafe impl Versioned for Roles<'_> {
    const SIZES: &'static [usize] = &[size_of::<Self>()];
    const DEFAULT: Self =
        Roles { struct_size: 0, kind: Text::NULL, roles: std::ptr::null(), columns: std::ptr::null(), length: 0 };
}

/// Gives `take` the call's roles as the core has them.
///
/// # Safety
/// `roles` is NULL, or as long as it says, with `length` texts of each sort.
unsafe fn with_call<T>(roles: *const Roles<'_>, take: impl FnOnce(&Call<'_>) -> Result<T>) -> Result<T> {
    if roles.is_null() {
        return take(&Call::default());
    }
    // SAFETY: the caller's promise.
    let (roles, words, columns) = unsafe {
        let roles = versioned(roles, "roles")?;
        let words = names(roles.roles, roles.length, "roles.roles")?;
        (roles, words, names(roles.columns, roles.length, "roles.columns")?)
    };
    let pairs: Vec<(&str, &str)> = words.into_iter().zip(columns).collect();
    take(&Call { kind: roles.kind.optional("roles.kind")?, roles: &pairs })
}

/// A row that was rejected is an error of its call: nothing else would tell the caller.
pub(super) fn single(
    engine: &Engine,
    taken: IngestReport,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Result<()> {
    match taken.rejected.first() {
        Some(reject) => Err(Error::new(ErrorKind::RowRejected, reject.reason.clone())),
        None => reported(engine, taken, report),
    }
}

pub(super) fn reported(
    engine: &Engine,
    taken: IngestReport,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Result<()> {
    hand_out_if(report, || Report::new(&engine.engine, &taken));
    Ok(())
}

/// A write of whole batches.
type Write = fn(&bactrian::Engine, &[RecordBatch], &Call<'_>) -> Result<IngestReport>;

/// # Safety
/// As [`adopt`] and [`with_call`].
pub(super) unsafe fn from_arrow(
    write: Write,
    engine: Option<&Engine>,
    stream: *mut FFI_ArrowArrayStream,
    roles: *const Roles<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    guard(|| {
        // SAFETY: the caller's promise. The stream comes first, so that it is released whatever follows.
        let stream = unsafe { adopt(stream) }?;
        let engine = given(engine, "engine")?;
        let batches = read(stream)?;
        // SAFETY: the caller's promise.
        let taken = unsafe { with_call(roles, |call| write(&engine.engine, &batches, call)) }?;
        reported(engine, taken, report)
    })
}

/// # Safety
/// As [`gather`] and [`with_call`].
pub(super) unsafe fn from_columns(
    write: Write,
    engine: Option<&Engine>,
    (columns, length, rows): (*const Column<'_>, usize, usize),
    roles: *const Roles<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        // SAFETY: the caller's promise.
        let taken = unsafe {
            let batch = gather(columns, length, rows)?;
            with_call(roles, |call| write(&engine.engine, &[batch], call))
        }?;
        reported(engine, taken, report)
    })
}

/// Takes one event; it is durable when the call returns. `report` may be NULL.
///
/// Errors: `ROW_REJECTED`, with the reason, for an event that can't be taken (unknown kind, nobody it
/// is about, a value of the wrong type, a time out of range or beyond the ceiling); `STRUCT_SIZE`,
/// `READ_ONLY`, `CLOSED`, `STORE_IO`.
///
/// ```c
/// status = bactrian_engine_observe(engine, &event, NULL);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_observe(
    engine: Option<&Engine>,
    event: *const Event<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        // SAFETY: the caller promises an event as long as it says, with fields that hold what they say.
        let taken = unsafe { versioned(event, "event")?.with(|event| engine.engine.observe_row(event)) }?;
        single(engine, taken, report)
    })
}

/// Takes events from an Arrow stream, in the order of (time, row); they are durable when the call
/// returns. Good rows go in; bad rows are in the report. `roles` and `report` may be NULL.
///
/// The stream is read to its end and released in every case.
///
/// Errors: `SCHEMA_MISSING`, `SCHEMA_TYPE`, `SCHEMA_ARROW` when the table as a whole can't be read, and
/// then nothing is taken; `STRUCT_SIZE`, `READ_ONLY`, `CLOSED`, `STORE_IO`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_observe_arrow(
    engine: Option<&Engine>,
    stream: *mut FFI_ArrowArrayStream,
    roles: *const Roles<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    // SAFETY: the caller promises a stream, and roles as long as they say.
    unsafe { from_arrow(bactrian::Engine::observe, engine, stream, roles, report) }
}

/// Takes events from plain columns of `rows` elements each, as `bactrian_engine_observe_arrow` does.
///
/// Errors: as `bactrian_engine_observe_arrow`.
///
/// ```c
/// bactrian_column columns[] = {
///     { "customer", BACTRIAN_TYPE_WHOLE, customers, NULL },
///     { "at", BACTRIAN_TYPE_TIME, times, NULL },
///     { "amount", BACTRIAN_TYPE_NUMBER, amounts, NULL },
/// };
/// status = bactrian_engine_observe_columns(engine, columns, 3, rows, &mapped, NULL);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_observe_columns(
    engine: Option<&Engine>,
    columns: *const Column<'_>,
    columns_length: usize,
    rows: usize,
    roles: *const Roles<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    // SAFETY: the caller promises columns of `rows` elements, and roles as long as they say.
    unsafe { from_columns(bactrian::Engine::observe, engine, (columns, columns_length, rows), roles, report) }
}

/// Takes traits of one customer, as they are from `at` on (`BACTRIAN_NOW`: the engine's clock).
/// `report` may be NULL.
///
/// Errors: `UNKNOWN_WORD` for a trait that the definition does not have, `SCHEMA_TYPE`,
/// `ROW_REJECTED`; `READ_ONLY`, `CLOSED`, `STORE_IO`.
///
/// ```c
/// bactrian_field traits[] = { bactrian_field_flag("consent_email", 1) };
/// status = bactrian_engine_identify(engine, &anna, BACTRIAN_NOW, traits, 1, NULL);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_identify(
    engine: Option<&Engine>,
    customer: Option<&Id>,
    at: i64,
    traits: *const Field<'_>,
    traits_length: usize,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        // SAFETY: the caller promises `traits_length` fields that hold what they say.
        let traits = unsafe { Fields::new(traits, traits_length) }?;
        let taken = engine.engine.identify_row(who(customer, "customer")?, moment(at), &traits.get())?;
        single(engine, taken, report)
    })
}

/// Takes traits from an Arrow stream: the customer, a column for each trait, and `at`, by default the
/// engine's clock. `roles` and `report` may be NULL. The stream is released in every case.
///
/// Errors: as `bactrian_engine_observe_arrow`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_identify_arrow(
    engine: Option<&Engine>,
    stream: *mut FFI_ArrowArrayStream,
    roles: *const Roles<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    // SAFETY: the caller promises a stream, and roles as long as they say.
    unsafe { from_arrow(bactrian::Engine::identify, engine, stream, roles, report) }
}

/// Takes traits from plain columns of `rows` elements each, as `bactrian_engine_identify_arrow` does.
///
/// Errors: as `bactrian_engine_observe_arrow`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_identify_columns(
    engine: Option<&Engine>,
    columns: *const Column<'_>,
    columns_length: usize,
    rows: usize,
    roles: *const Roles<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    // SAFETY: the caller promises columns of `rows` elements, and roles as long as they say.
    unsafe { from_columns(bactrian::Engine::identify, engine, (columns, columns_length, rows), roles, report) }
}

/// Takes ties from an Arrow stream: customer, peer, layer (or `roles->kind`), weight (by default 1;
/// adds to the tie), and `at`, by default the engine's clock. `roles` and `report` may be NULL. The
/// stream is released in every case.
///
/// Errors: as `bactrian_engine_observe_arrow`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_relate_arrow(
    engine: Option<&Engine>,
    stream: *mut FFI_ArrowArrayStream,
    roles: *const Roles<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    // SAFETY: the caller promises a stream, and roles as long as they say.
    unsafe { from_arrow(bactrian::Engine::relate, engine, stream, roles, report) }
}

/// Takes ties from plain columns of `rows` elements each, as `bactrian_engine_relate_arrow` does.
///
/// Errors: as `bactrian_engine_observe_arrow`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_relate_columns(
    engine: Option<&Engine>,
    columns: *const Column<'_>,
    columns_length: usize,
    rows: usize,
    roles: *const Roles<'_>,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    // SAFETY: the caller promises columns of `rows` elements, and roles as long as they say.
    unsafe { from_columns(bactrian::Engine::relate, engine, (columns, columns_length, rows), roles, report) }
}

/// Moves the clock to `at`, and finds the crossings that time alone has brought. `report` may be NULL.
///
/// Errors: `TIME_PAST` for a moment before the clock, `TIME_BEYOND_CEILING`, `READ_ONLY`, `CLOSED`,
/// `STORE_IO`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_advance_to(
    engine: Option<&Engine>,
    at: i64,
    report: Option<&mut MaybeUninit<*mut Report>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        let taken = engine.engine.advance_to(at)?;
        reported(engine, taken, report)
    })
}

/// Learns the population: the fitted columns named, or all of them for NULL names, in dependency
/// order, from one snapshot at the engine's clock. Triggers nothing. `report` may be NULL.
///
/// A column that has too little to learn from is reported as skipped and keeps what it had.
///
/// Errors: `UNKNOWN_COLUMN` for a name that no fitted column has; `READ_ONLY`, `CLOSED`, `STORE_IO`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bactrian_engine_fit(
    engine: Option<&Engine>,
    columns: *const *const c_char,
    columns_length: usize,
    report: Option<&mut MaybeUninit<*mut FitReport>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        // SAFETY: the caller promises `columns_length` texts.
        let columns = unsafe { optional_names(columns, columns_length, "columns") }?;
        let fitted = engine.engine.fit(columns.as_deref())?;
        hand_out_if(report, || FitReport::new(&fitted));
        Ok(())
    })
}
