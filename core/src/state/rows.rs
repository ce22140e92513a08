//! Rows of fixed words and growing cells: what is kept for each customer, or for each pair.
//!
//! A row's words stand together, so that one event touches one or two cache lines however many
//! features it feeds. A zero word is "nothing yet" for every feature.

use super::cell::Cell;
use crate::program::Layout;

/// Rows of one layout.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    layout: Layout,
    words: Vec<u64>,
    cells: Vec<Option<Box<Cell>>>,
    count: usize,
}

/// One row, to be changed.
pub(crate) struct RowMut<'a> {
    /// Its words.
    pub words: &'a mut [u64],
    /// Its cells.
    pub cells: &'a mut [Option<Box<Cell>>],
}

/// One row, to be read.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    /// Its words.
    pub words: &'a [u64],
    /// Its cells.
    pub cells: &'a [Option<Box<Cell>>],
}

impl Rows {
    /// No rows of this layout.
    pub fn new(layout: Layout) -> Self {
        Rows { layout, words: Vec::new(), cells: Vec::new(), count: 0 }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Adds empty rows until there are `count`.
    pub fn grow(&mut self, count: usize) {
        if count > self.count {
            self.words.resize(count * self.layout.words, 0);
            self.cells.resize_with(count * self.layout.cells, || None);
            self.count = count;
        }
    }

    /// The row, if there is one.
    pub fn get(&self, index: usize) -> Option<Row<'_>> {
        let Layout { words, cells } = self.layout;
        if index >= self.count {
            return None;
        }
        Some(Row {
            words: self.words.get(index * words..(index + 1) * words)?,
            cells: self.cells.get(index * cells..(index + 1) * cells)?,
        })
    }

    /// The row, made if there is none.
    pub fn row(&mut self, index: usize) -> RowMut<'_> {
        self.grow(index + 1);
        let Layout { words, cells } = self.layout;
        RowMut {
            words: &mut self.words[index * words..(index + 1) * words],
            cells: &mut self.cells[index * cells..(index + 1) * cells],
        }
    }

    /// Empties a row.
    pub fn clear(&mut self, index: usize) {
        if index < self.count {
            let row = self.row(index);
            row.words.fill(0);
            row.cells.fill_with(|| None);
        }
    }

    /// Bytes held, cells included.
    pub fn bytes(&self) -> usize {
        let heap: usize = self.cells.iter().flatten().map(|cell| cell.bytes()).sum();
        self.words.len() * 8 + self.cells.len() * size_of::<Option<Box<Cell>>>() + heap
    }

    /// The words of all rows.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The cells of all rows.
    pub fn cells(&self) -> &[Option<Box<Cell>>] {
        &self.cells
    }

    /// Rows from their parts; `None` where the parts do not fit the layout.
    pub fn from_parts(layout: Layout, count: usize, words: Vec<u64>, cells: Vec<Option<Box<Cell>>>) -> Option<Self> {
        let fits = words.len() == count * layout.words && cells.len() == count * layout.cells;
        fits.then_some(Rows { layout, words, cells, count })
    }
}
