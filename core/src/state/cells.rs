//! Cells of segments: an interned name such as `high/topic_3` and the labels of its axes.
//!
//! The table only repeats what the names say, so it is not part of the encoded state.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::base::Result;
use crate::data::keys::Keys;
use crate::data::record::NONE;
use crate::program::{cell_labels, cell_name};

/// Labels by cell, and cells by labels.
#[derive(Debug, Default)]
pub(super) struct Cells {
    labels: HashMap<u32, Box<[u32]>, FixedState>,
    names: HashMap<Box<[u32]>, u32, FixedState>,
}

impl Cells {
    /// The labels of a cell; empty for `unknown` and for a cell never seen.
    pub fn labels(&self, cell: u32) -> &[u32] {
        self.labels.get(&cell).map_or(&[], |labels| labels)
    }

    /// The cell of some labels; without labels the cell `unknown`.
    pub fn intern(&mut self, labels: &[u32], keys: &mut Keys) -> Result<u32> {
        if let Some(cell) = self.names.get(labels) {
            return Ok(*cell);
        }
        let cell = keys.intern(&cell_name(labels.iter().map(|label| keys.text(*label))))?;
        self.insert(cell, labels.into());
        Ok(cell)
    }

    /// Takes note of a cell that a record names.
    pub fn learn(&mut self, cell: u32, keys: &Keys) {
        if cell == NONE || self.labels.contains_key(&cell) {
            return;
        }
        let labels = cell_labels(keys.text(cell));
        let labels = labels.iter().map(|label| keys.get(label).unwrap_or(NONE)).collect();
        self.insert(cell, labels);
    }

    fn insert(&mut self, cell: u32, labels: Box<[u32]>) {
        self.names.insert(labels.clone(), cell);
        self.labels.insert(cell, labels);
    }
}
