//! `bactrian.evaluation`: what policies and campaigns are worth, and plans under limits.

mod plans;
mod trials;
mod uplift;
mod value;

pub(crate) use plans::{Allocation, Pacer, allocate, assign};
pub(crate) use trials::{AlwaysValid, ResponseByContact, SequentialRatio, intention_to_treat};
pub(crate) use uplift::{auuc, qini, qini_curve, uplift_at};
pub(crate) use value::{OffPolicy, Value, bootstrap, compare, off_policy};
