//! The frozen numbers.

use std::ffi::{CStr, c_char};

use bactrian::ErrorKind;

/// What became of a call. The numbers are frozen and never reused; the hundreds say whose matter it
/// is: 1xx the definition, 2xx what was passed, 3xx names, 4xx the state of the engine, 5xx its file,
/// 9xx this library. Later versions may add numbers: treat one that you don't know by its hundred.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Ok = 0,
    /// The definition has mistakes; `bactrian_error_problem` gives all of them.
    DefinitionInvalid = 100,
    /// The definition asks for parts that this version does not have yet.
    DefinitionNotYet = 101,
    /// The file was written under another definition than the one given.
    DefinitionMismatch = 102,
    /// A value or column has the wrong type.
    SchemaType = 200,
    /// A required column or value is missing.
    SchemaMissing = 201,
    /// An Arrow array or stream is malformed or of an unsupported layout.
    SchemaArrow = 202,
    /// A value is outside of its range (non-finite number, time out of range).
    SchemaRange = 203,
    /// The one row of a call was refused; calls with many rows report them instead.
    RowRejected = 204,
    /// A pointer that must not be NULL is NULL.
    NullPointer = 210,
    /// Text is not valid UTF-8.
    InvalidUtf8 = 211,
    /// The `struct_size` of a struct is none that this version knows.
    StructSize = 212,
    /// No column has this name.
    UnknownColumn = 300,
    /// No customer has this id.
    UnknownCustomer = 301,
    /// No segment, or no such cell of it, has this name.
    UnknownSegment = 302,
    /// No event kind, role, trait or tie has this name.
    UnknownWord = 303,
    /// No decision has this id.
    UnknownDecision = 304,
    /// The moment asked for lies before the engine's clock.
    TimePast = 400,
    /// The moment given lies beyond the ceiling that the host allows.
    TimeBeyondCeiling = 401,
    /// The engine was opened read-only.
    ReadOnly = 402,
    /// The engine was closed.
    Closed = 403,
    /// The population gives too little to fit from.
    NotEnoughData = 404,
    /// The engine was carried over a fork of the process.
    Forked = 405,
    /// The call was interrupted by its host.
    Interrupted = 406,
    /// Two partial states have events that can't be put together.
    NotMergeable = 407,
    /// The operating system refused a read or a write.
    StoreIo = 500,
    /// The file is damaged, truncated or not an engine file.
    StoreCorrupt = 501,
    /// Another process or handle has the file open for writing.
    StoreLocked = 502,
    /// The file was written by a version that this one does not read.
    StoreVersion = 503,
    /// A mistake of this library; please report it.
    Internal = 900,
}

impl From<ErrorKind> for Status {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::DefinitionInvalid => Status::DefinitionInvalid,
            ErrorKind::DefinitionNotYet => Status::DefinitionNotYet,
            ErrorKind::DefinitionMismatch => Status::DefinitionMismatch,
            ErrorKind::SchemaType => Status::SchemaType,
            ErrorKind::SchemaMissing => Status::SchemaMissing,
            ErrorKind::SchemaArrow => Status::SchemaArrow,
            ErrorKind::SchemaRange => Status::SchemaRange,
            ErrorKind::RowRejected => Status::RowRejected,
            ErrorKind::NullPointer => Status::NullPointer,
            ErrorKind::InvalidUtf8 => Status::InvalidUtf8,
            ErrorKind::StructSize => Status::StructSize,
            ErrorKind::UnknownColumn => Status::UnknownColumn,
            ErrorKind::UnknownCustomer => Status::UnknownCustomer,
            ErrorKind::UnknownSegment => Status::UnknownSegment,
            ErrorKind::UnknownWord => Status::UnknownWord,
            ErrorKind::UnknownDecision => Status::UnknownDecision,
            ErrorKind::TimePast => Status::TimePast,
            ErrorKind::TimeBeyondCeiling => Status::TimeBeyondCeiling,
            ErrorKind::ReadOnly => Status::ReadOnly,
            ErrorKind::Closed => Status::Closed,
            ErrorKind::NotEnoughData => Status::NotEnoughData,
            ErrorKind::Forked => Status::Forked,
            ErrorKind::Interrupted => Status::Interrupted,
            ErrorKind::NotMergeable => Status::NotMergeable,
            ErrorKind::StoreIo => Status::StoreIo,
            ErrorKind::StoreCorrupt => Status::StoreCorrupt,
            ErrorKind::StoreLocked => Status::StoreLocked,
            ErrorKind::StoreVersion => Status::StoreVersion,
            _ => Status::Internal,
        }
    }
}

/// The words for a status, such as `unknown column`; `unknown status` for a number that is none.
/// The text is static.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_status_text(status: u32) -> *const c_char {
    words(status).as_ptr()
}

fn words(status: u32) -> &'static CStr {
    match status {
        0 => c"ok",
        100 => c"definition invalid",
        101 => c"definition not yet supported",
        102 => c"definition mismatch",
        200 => c"wrong type",
        201 => c"missing value",
        202 => c"malformed arrow data",
        203 => c"value out of range",
        204 => c"row rejected",
        210 => c"null pointer",
        211 => c"invalid utf-8",
        212 => c"unknown struct size",
        300 => c"unknown column",
        301 => c"unknown customer",
        302 => c"unknown segment",
        303 => c"unknown word",
        304 => c"unknown decision",
        400 => c"time past",
        401 => c"time beyond ceiling",
        402 => c"read-only",
        403 => c"closed",
        404 => c"not enough data",
        405 => c"forked",
        406 => c"interrupted",
        407 => c"not mergeable",
        500 => c"i/o error",
        501 => c"file corrupt",
        502 => c"file locked",
        503 => c"file version",
        900 => c"internal error",
        _ => c"unknown status",
    }
}

#[cfg(test)]
mod tests;
