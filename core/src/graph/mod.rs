//! Pure graph algorithms over ties.
