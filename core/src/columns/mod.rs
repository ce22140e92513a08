//! Every kind of column.
