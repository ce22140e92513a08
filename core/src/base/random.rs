//! Random numbers keyed by what they are for.
