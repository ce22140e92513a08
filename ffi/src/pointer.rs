//! What C passes, taken with its NULLs and its promises.
//!
//! The promise behind every function here is the first paragraph of the header: a pointer is NULL,
//! or points to as much as the call says, and stays so until the call returns.

use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use bactrian::{Error, ErrorKind, Result};

/// A text from C: NULL, or bytes that end with the first NUL. In the header it is `const char *`.
///
/// Only C callers make one, and with it promise what it points to for the lifetime of the call.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Text<'a>(*const c_char, PhantomData<&'a CStr>);

impl<'a> Text<'a> {
    /// No text.
    pub(crate) const NULL: Self = Text(std::ptr::null(), PhantomData);

    /// The text, which must be there; `name` is what the header calls it.
    pub(crate) fn required(self, name: &str) -> Result<&'a str> {
        self.optional(name)?.ok_or_else(|| null(name))
    }

    /// The text, or `None` for NULL.
    pub(crate) fn optional(self, name: &str) -> Result<Option<&'a str>> {
        if self.0.is_null() {
            return Ok(None);
        }
        // SAFETY: not NULL, so it ends with a NUL and outlives the call, as this type promises.
        let bytes = unsafe { CStr::from_ptr(self.0) }.to_bytes();
        utf8(bytes, name).map(Some)
    }
}

/// Bytes as text.
pub(crate) fn utf8<'a>(bytes: &'a [u8], name: &str) -> Result<&'a str> {
    str::from_utf8(bytes).map_err(|error| {
        let message = format!("`{name}` is not valid UTF-8 from byte {}", error.valid_up_to());
        Error::new(ErrorKind::InvalidUtf8, message)
    })
}

/// The error of a pointer that must not be NULL.
pub(crate) fn null(name: &str) -> Error {
    Error::new(ErrorKind::NullPointer, format!("`{name}` is NULL"))
}

/// A pointer that must not be NULL.
pub(crate) fn given<T>(pointer: Option<T>, name: &str) -> Result<T> {
    pointer.ok_or_else(|| null(name))
}

/// Gives a handle to the caller, who frees it. A call takes the place first, so that it can't fail
/// after its work.
pub(crate) fn hand_out<T>(place: &mut MaybeUninit<*mut T>, value: T) {
    place.write(Box::into_raw(Box::new(value)));
}

/// Gives a handle if the caller has a place for it.
pub(crate) fn hand_out_if<T>(place: Option<&mut MaybeUninit<*mut T>>, value: impl FnOnce() -> T) {
    if let Some(place) = place {
        hand_out(place, value());
    }
}

/// `length` values from C; NULL only with a length of zero.
///
/// # Safety
/// `start` is NULL or points to `length` values that nobody writes during the call.
pub(crate) unsafe fn slice<'a, T>(start: *const T, length: usize, name: &str) -> Result<&'a [T]> {
    match (start.is_null(), length) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(null(name)),
        // SAFETY: not NULL, and the caller promises the rest.
        (false, _) => Ok(unsafe { std::slice::from_raw_parts(start, length) }),
    }
}

/// `length` values from C, or `None` for NULL.
///
/// # Safety
/// As [`slice`].
pub(crate) unsafe fn optional_slice<'a, T>(start: *const T, length: usize, name: &str) -> Result<Option<&'a [T]>> {
    // SAFETY: the caller's promise is that of `slice`.
    if start.is_null() { Ok(None) } else { unsafe { slice(start, length, name) }.map(Some) }
}

/// A struct that begins with its own size, so that it can grow: fields are only ever appended.
///
/// # Safety
/// Every pattern of bits is a value, and the first field is `struct_size: usize`.
pub(crate) unsafe trait Versioned: Copy {
    /// The sizes that it has had, the present one last.
    const SIZES: &'static [usize];
    /// What fields mean that the caller does not know.
    const DEFAULT: Self;
}

/// A struct of the caller's version, with defaults for the fields that came later.
///
/// # Safety
/// `pointer` is NULL or points to a struct of as many bytes as its first field says.
pub(crate) unsafe fn versioned<T: Versioned>(pointer: *const T, name: &str) -> Result<T> {
    if pointer.is_null() {
        return Err(null(name));
    }
    // SAFETY: not NULL, and every version of the struct begins with its size.
    let size = unsafe { pointer.cast::<usize>().read() };
    if !T::SIZES.contains(&size) {
        let message = format!("`{name}` has a struct size of {size}, which is none of {:?}", T::SIZES);
        return Err(Error::new(ErrorKind::StructSize, message).hint("set `struct_size` to the `sizeof` of the struct"));
    }
    let mut value = T::DEFAULT;
    // SAFETY: `size` bytes are there by the caller's promise, fit by `SIZES`, and are a value by the trait's.
    unsafe { pointer.cast::<u8>().copy_to_nonoverlapping((&raw mut value).cast::<u8>(), size) };
    Ok(value)
}

/// A moment: `BACTRIAN_NOW` is the engine's clock.
pub(crate) fn moment(at: i64) -> Option<i64> {
    (at != crate::value::BACTRIAN_NOW).then_some(at)
}

/// Names from C, each of which must be there. A text has the layout of the pointer that it is.
///
/// # Safety
/// As [`slice`].
pub(crate) unsafe fn names<'a>(start: *const *const c_char, length: usize, name: &str) -> Result<Vec<&'a str>> {
    // SAFETY: the caller's promise is that of `slice`.
    let texts = unsafe { slice(start.cast::<Text<'a>>(), length, name) }?;
    texts.iter().map(|text| text.required(name)).collect()
}

/// Names from C, or `None` for NULL.
///
/// # Safety
/// As [`slice`].
pub(crate) unsafe fn optional_names<'a>(
    start: *const *const c_char,
    length: usize,
    name: &str,
) -> Result<Option<Vec<&'a str>>> {
    // SAFETY: the caller's promise is that of `slice`.
    if start.is_null() { Ok(None) } else { unsafe { names(start, length, name) }.map(Some) }
}
