//! What an engine holds of a customer, and how long, from C.

use std::ffi::{CString, c_char};
use std::mem::MaybeUninit;
use std::ptr;

use super::Engine;
use crate::error::{guard, guard_or};
use crate::pointer::{given, hand_out};
use crate::status::Status;
use crate::texts::Texts;
use crate::value::{Id, who};

/// What an erasure removed, and the proof that it is gone.
#[repr(C)]
pub struct ErasureView {
    /// Ids that meant the customer: more than one after a merge.
    pub ids: u64,
    /// Events of the customer, decisions and crossings included, that left.
    pub events: u64,
    /// Events of others that stay and name nobody where they named the customer.
    pub unnamed: u64,
    /// Rows of traits that left.
    pub traits: u64,
    /// Rows of ties that left.
    pub ties: u64,
    /// Words that nobody uses any more and that lost their text.
    pub words: u64,
    /// Bytes of the file, or of the journal in memory, that were searched afterwards.
    pub searched: u64,
    /// How often the ids and words that left still stand in those bytes, as parts of longer names of others.
    pub found: u64,
}

/// The receipt of an erasure.
pub struct Erasure {
    view: ErasureView,
    fits: Vec<*const c_char>,
    _texts: Texts,
}

impl Erasure {
    fn new(receipt: &bactrian::ErasureReceipt) -> Self {
        let mut texts = Texts::default();
        let fits = receipt.fits.iter().map(|name| texts.add(name)).collect();
        let bactrian::ErasureReceipt { ids, events, unnamed, traits, ties, words, searched, found, .. } = *receipt;
        Erasure {
            view: ErasureView { ids, events, unnamed, traits, ties, words, searched, found },
            fits,
            _texts: texts,
        }
    }
}

/// Erases a customer: events, traits, ties, decisions, every column and the id; the file is written anew and
/// searched. Fits stay until the next one, and the receipt names them. Free the receipt. Cost: two passes over
/// the journal, and one replay.
///
/// Errors: `UNKNOWN_CUSTOMER`, `TIME_PAST`; `READ_ONLY`, `CLOSED`, `STORE_IO`, and then nothing has changed.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_erase(
    engine: Option<&Engine>,
    customer: Option<&Id>,
    receipt: Option<&mut MaybeUninit<*mut Erasure>>,
) -> Status {
    guard(|| {
        let (engine, place) = (given(engine, "engine")?, given(receipt, "receipt")?);
        hand_out(place, Erasure::new(&engine.engine.erase(who(customer, "customer")?)?));
        Ok(())
    })
}

/// What was removed; NULL for NULL. Valid as long as the receipt.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_erasure_figures(receipt: Option<&Erasure>) -> *const ErasureView {
    receipt.map_or(ptr::null(), |receipt| &raw const receipt.view)
}

/// How many fitted columns had been learnt with the customer, and stay as they are until the next fit; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_erasure_fit_count(receipt: Option<&Erasure>) -> usize {
    receipt.map_or(0, |receipt| receipt.fits.len())
}

/// One of them; NULL from the end on. Valid as long as the receipt.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_erasure_fit(receipt: Option<&Erasure>, index: usize) -> *const c_char {
    receipt.and_then(|receipt| receipt.fits.get(index)).copied().unwrap_or(ptr::null())
}

/// Gives a receipt back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_erasure_free(receipt: Option<Box<Erasure>>) {
    guard_or((), || drop(receipt));
}

/// All that is held about a customer.
pub struct Export {
    json: CString,
}

/// Gives all that is held about a customer: ids, columns, traits, memberships, events, crossings, decisions,
/// ties. Free the export. Cost: a pass over the journal.
///
/// Errors: `UNKNOWN_CUSTOMER`; `CLOSED`, `STORE_IO`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_export(
    engine: Option<&Engine>,
    customer: Option<&Id>,
    export: Option<&mut MaybeUninit<*mut Export>>,
) -> Status {
    guard(|| {
        let (engine, place) = (given(engine, "engine")?, given(export, "export")?);
        let held = engine.engine.export(who(customer, "customer")?)?;
        hand_out(place, Export { json: CString::new(held.to_json()).unwrap_or_default() });
        Ok(())
    })
}

/// The export as one JSON object: `ids`, and a list of rows for each table; times are RFC 3339, what is unknown is
/// left out. NULL for NULL. Valid as long as the export.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_export_json(export: Option<&Export>) -> *const c_char {
    export.map_or(ptr::null(), |export| export.json.as_ptr())
}

/// Gives an export back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_export_free(export: Option<Box<Export>>) {
    guard_or((), || drop(export));
}

/// Makes durable what row calls have recorded: under `BACTRIAN_DURABILITY_INTERVAL` a host calls it on its own tick.
///
/// Errors: `READ_ONLY`, `CLOSED`, `STORE_IO`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_engine_flush(engine: Option<&Engine>) -> Status {
    guard(|| given(engine, "engine")?.engine.flush())
}
