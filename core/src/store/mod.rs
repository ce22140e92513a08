//! The one file.
