//! What changes an engine as a whole, from C: its definition, its customers' identities, its file.

use std::mem::MaybeUninit;

use super::Engine;
use crate::definition::Definition;
use crate::error::guard;
use crate::pointer::{given, hand_out_if};
use crate::result::redefine::RedefineReport;
use crate::status::Status;
use crate::value::{Id, who};

/// Goes on under another definition, swapped in by one commit: added columns are back-filled from the
/// journal; crossings, decisions and fits stand as they were recorded, save fits of columns whose declaration
/// changed. Readers are prepared again. `report` may be NULL. Cost: one replay of the journal.
///
/// Errors: `DEFINITION_INVALID`, `DEFINITION_NOT_YET`, and the old definition goes on; `READ_ONLY`, `CLOSED`,
/// `STORE_IO`.
///
/// ```c
/// status = bactrian_engine_redefine(engine, definition, NULL);
/// ```
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_redefine(
    engine: Option<&Engine>,
    definition: Option<&Definition>,
    report: Option<&mut MaybeUninit<*mut RedefineReport>>,
) -> Status {
    guard(|| {
        let (engine, handle) = (given(engine, "engine")?, given(definition, "definition")?);
        let changed = engine.engine.redefine(&handle.definition)?;
        hand_out_if(report, || RedefineReport::new(&changed));
        Ok(())
    })
}

/// Folds one customer into another: from now on both ids are one customer, `kept`, and everything recorded
/// of either is refolded as one stream. Cost: one replay of the journal.
///
/// Errors: `UNKNOWN_CUSTOMER`; `SCHEMA_RANGE` if the two are one already; `READ_ONLY`, `CLOSED`, `STORE_IO`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_merge(engine: Option<&Engine>, kept: Option<&Id>, folded: Option<&Id>) -> Status {
    guard(|| given(engine, "engine")?.engine.merge(who(kept, "kept")?, who(folded, "folded")?))
}

/// Writes the state beside the journal in one commit: the next opening loads it and folds only what came
/// after. In memory it does nothing. Cost: a pass over the state.
///
/// Errors: `READ_ONLY`, `CLOSED`, `STORE_IO`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_checkpoint(engine: Option<&Engine>) -> Status {
    guard(|| given(engine, "engine")?.engine.checkpoint())
}
