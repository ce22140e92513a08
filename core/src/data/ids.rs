//! External ids, interned to a dense u32.
//!
//! A text that is the canonical decimal form of a u64 is the same id as that number, so that a
//! command line, a CSV file and an integer column mean the same customer.

/// An external id as the host gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Id<'a> {
    /// A number.
    Number(u64),
    /// A text.
    Text(&'a str),
}

/// An external id that owns its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnedId {
    /// A number.
    Number(u64),
    /// A text that is not the canonical form of a u64.
    Text(Box<str>),
    /// An erased customer: the dense number stays, the name is gone.
    Erased,
}
