//! The laws of the house that the compiler does not know: which floor may use which, how long a
//! file may be, and that every capability in `tests/capabilities.toml` names a proof that exists.

#![cfg(test)]

mod capabilities;
mod layering;
mod sizes;
mod source;
