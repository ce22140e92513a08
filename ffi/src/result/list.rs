//! Lists of ids and of columns.

use std::ffi::c_char;
use std::ptr;

use bactrian::OwnedId;

use crate::error::guard_or;
use crate::texts::Texts;
use crate::value::Id;

/// Ids of customers.
pub struct Ids {
    ids: Vec<Id>,
    _texts: Texts,
}

impl Ids {
    pub(crate) fn new(ids: &[OwnedId]) -> Self {
        let mut texts = Texts::default();
        Ids { ids: ids.iter().map(|id| Id::view(id, &mut texts)).collect(), _texts: texts }
    }
}

/// How many ids; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_ids_count(ids: Option<&Ids>) -> usize {
    ids.map_or(0, |ids| ids.ids.len())
}

/// One id; NULL from the end on. Its text ends with a NUL. Valid as long as `ids`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_ids_at(ids: Option<&Ids>, index: usize) -> *const Id {
    ids.and_then(|ids| ids.ids.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// Gives ids back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_ids_free(ids: Option<Box<Ids>>) {
    guard_or((), || drop(ids));
}

/// A column that can be read.
#[repr(C)]
pub struct ColumnView {
    /// Its name.
    pub name: *const c_char,
    /// 1 if it is read toward a peer, 0 if not.
    pub toward: u32,
}

/// The columns of `bactrian_engine_columns`.
pub struct Columns {
    columns: Vec<ColumnView>,
    _texts: Texts,
}

pub(crate) fn columns(found: &[(String, bool)]) -> Columns {
    let mut texts = Texts::default();
    let view = |(name, toward): &(String, bool)| ColumnView { name: texts.add(name), toward: u32::from(*toward) };
    Columns { columns: found.iter().map(view).collect(), _texts: texts }
}

/// How many columns; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_column_list_count(columns: Option<&Columns>) -> usize {
    columns.map_or(0, |columns| columns.columns.len())
}

/// One column; NULL from the end on. Valid as long as `columns`.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_column_list_at(columns: Option<&Columns>, index: usize) -> *const ColumnView {
    columns.and_then(|columns| columns.columns.get(index)).map_or(ptr::null(), ptr::from_ref)
}

/// Gives columns back; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn bactrian_column_list_free(columns: Option<Box<Columns>>) {
    guard_or((), || drop(columns));
}
