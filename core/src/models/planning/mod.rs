//! Spending what is scarce: which customers get which action, who serves whom, and at which price as they come.
//!
//! [`allocate`] plans a batch under limits, with a bound on what was missed; [`assign`] gives customers to
//! employees; [`Pacer`] and [`Bucket`] spend budgets on customers who come one after another.

mod aim;
mod allocate;
mod assign;
mod bucket;
mod dual;
mod pace;
mod problem;
mod repair;
mod search;

#[cfg(test)]
mod tests;

pub use allocate::{AtMost, Cap, Limit, Options, Plan, Uses, allocate};
pub use assign::{Assignment, assign};
pub use bucket::Bucket;
pub use pace::Pacer;

use crate::base::{Error, ErrorKind, Result};

fn range<T>(text: impl Into<String>) -> Result<T> {
    Err(Error::new(ErrorKind::SchemaRange, text.into()))
}
