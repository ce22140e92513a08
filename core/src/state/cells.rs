//! Cells of segments: an interned name such as `high/topic_3` and the labels of its axes.
//!
//! The table only repeats what the names say, so it is not part of the encoded state.

use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::base::Result;
use crate::data::keys::Keys;
use crate::data::record::NONE;
use crate::program::{cell_labels, cell_name};

/// What is known of one cell.
#[derive(Debug)]
struct Cell {
    labels: Box<[u32]>,
    name: Arc<str>,
}

/// Labels by cell, and cells by labels.
#[derive(Debug, Default)]
pub(super) struct Cells {
    known: Vec<Cell>,
    /// By the key of a cell's name: one more than its place among those known, or zero.
    places: Vec<u32>,
    names: HashMap<Box<[u32]>, u32, FixedState>,
}

impl Cells {
    /// The labels of a cell; empty for `unknown` and for a cell never seen.
    #[inline]
    pub fn labels(&self, cell: u32) -> &[u32] {
        self.get(cell).map_or(&[], |cell| &cell.labels)
    }

    /// The name of a cell; none for a cell never seen.
    pub fn name(&self, cell: u32) -> Option<Arc<str>> {
        self.get(cell).map(|cell| Arc::clone(&cell.name))
    }

    #[inline]
    fn get(&self, cell: u32) -> Option<&Cell> {
        let place = self.places.get(cell as usize)?.checked_sub(1)?;
        self.known.get(place as usize)
    }

    /// The cell of some labels; without labels the cell `unknown`.
    pub fn intern(&mut self, labels: &[u32], keys: &mut Keys) -> Result<u32> {
        if let Some(cell) = self.names.get(labels) {
            return Ok(*cell);
        }
        let cell = keys.intern(&cell_name(labels.iter().map(|label| keys.text(*label))))?;
        self.insert(cell, labels.into(), keys);
        Ok(cell)
    }

    /// Takes note of a cell that a record names.
    pub fn learn(&mut self, cell: u32, keys: &Keys) {
        if cell == NONE || self.get(cell).is_some() {
            return;
        }
        let labels = cell_labels(keys.text(cell));
        let labels = labels.iter().map(|label| keys.get(label).unwrap_or(NONE)).collect();
        self.insert(cell, labels, keys);
    }

    fn insert(&mut self, cell: u32, labels: Box<[u32]>, keys: &Keys) {
        if self.places.len() <= cell as usize {
            self.places.resize(cell as usize + 1, 0);
        }
        self.known.push(Cell { labels: labels.clone(), name: keys.text(cell).into() });
        if let Some(place) = self.places.get_mut(cell as usize) {
            *place = self.known.len() as u32;
        }
        self.names.insert(labels, cell);
    }
}
