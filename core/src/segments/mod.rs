//! Membership of customers in cells.
