//! What calls give back: handles that own their texts, and views of what is in them.
//!
//! A view is a struct behind a `const` pointer that the handle owns. Later versions may append fields
//! to one, so C never copies a view by its size nor steps from one to the next.

pub mod decision;
pub mod explanation;
pub mod fit;
pub mod list;
pub mod memory;
pub mod recorded;
pub mod redefine;
pub mod report;
