//! Expressions: a typed subset of CEL.
