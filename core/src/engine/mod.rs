//! The only floor that reacts.
