//! The shapes that calls have in common: batches with their roles, reports, questions about many customers.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use arrow_array::RecordBatch;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use bactrian::{Call, Error, ErrorKind, IngestReport, Result, Table};

use super::Engine;
use crate::arrow::{Column, adopt, export, gather, read};
use crate::error::guard;
use crate::pointer::{Text, Versioned, given, hand_out_if, moment, names, versioned};
use crate::result::report::Report;
use crate::status::Status;
use crate::value::{BACTRIAN_NOW, Field, Fields, Id, optional_ids, who_if};

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

/// Where the caller wants a report.
type Place<'a> = &'a mut MaybeUninit<*mut Report>;

/// A row that was rejected is an error of its call: nothing else would tell the caller.
pub(super) fn single(engine: &Engine, taken: IngestReport, report: Option<Place<'_>>) -> Result<()> {
    match taken.rejected.first() {
        Some(reject) => Err(Error::new(ErrorKind::RowRejected, reject.reason.clone())),
        None => reported(engine, taken, report),
    }
}

pub(super) fn reported(engine: &Engine, taken: IngestReport, report: Option<Place<'_>>) -> Result<()> {
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
    report: Option<Place<'_>>,
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
    report: Option<Place<'_>>,
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

/// How a decision is asked for. Begin with `BACTRIAN_ASK_INIT`, which sets the size and the defaults.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// `sizeof(bactrian_ask)`.
    pub struct_size: usize,
    /// The peer toward whom; columns toward a peer are unknown for NULL, the default.
    pub toward: Option<&'a Id>,
    /// The moment, at or after the engine's clock, which is the default: `BACTRIAN_NOW`.
    pub at: i64,
    /// 1 looks without writing: nothing is recorded, no cap is used up. 0 by default.
    pub dry: u32,
    /// Most actions, at most one of a group; 0, the default, is 1.
    pub most: usize,
    /// What is known of this moment: the columns of `[context]`; NULL only with a length of 0, the default.
    pub context: *const Field<'a>,
    /// How many of them.
    pub context_length: usize,
}

// SAFETY: options of references, pointers and numbers have a value for every pattern of bits that a caller may
// write, and `struct_size` comes first.
unsafe impl Versioned for Ask<'_> {
    const SIZES: &'static [usize] = &[size_of::<Self>()];
    const DEFAULT: Self = Ask {
        struct_size: 0,
        toward: None,
        at: BACTRIAN_NOW,
        dry: 0,
        most: 0,
        context: std::ptr::null(),
        context_length: 0,
    };
}

impl<'a> Ask<'a> {
    /// Gives the ask to `take` as the core has it.
    ///
    /// # Safety
    /// As [`Fields::new`].
    pub(crate) unsafe fn with<T>(&self, take: impl FnOnce(bactrian::Ask<'_>) -> Result<T>) -> Result<T> {
        // SAFETY: the caller's promise is that of `Fields::new`.
        let context = unsafe { Fields::new(self.context, self.context_length) }?;
        let (toward, at) = (who_if(self.toward, "toward")?, moment(self.at));
        take(bactrian::Ask { toward, at, dry: self.dry != 0, n: self.most, context: &context.get() })
    }
}

/// A question about many customers under one ask.
type Question = fn(&bactrian::Engine, Option<&[bactrian::Id<'_>]>, bactrian::Ask<'_>) -> Result<Table>;

/// The answer as a stream, for the customers given or everyone for NULL; a NULL ask has the defaults.
///
/// # Safety
/// As [`optional_ids`] and [`Ask::with`].
pub(super) unsafe fn asked_of_many(
    question: Question,
    engine: Option<&Engine>,
    (customers, length): (*const Id, usize),
    ask: *const Ask<'_>,
    stream: Option<&mut MaybeUninit<FFI_ArrowArrayStream>>,
) -> Status {
    guard(|| {
        let engine = given(engine, "engine")?;
        // SAFETY: the caller's promise.
        unsafe {
            let ids = optional_ids(customers, length, "customers")?;
            let ask = if ask.is_null() { Ask::DEFAULT } else { versioned(ask, "ask")? };
            ask.with(|asked| export(|| question(&engine.engine, ids.as_deref(), asked), stream))
        }
    })
}
