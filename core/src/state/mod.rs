//! State in memory: the fold of the journal.
