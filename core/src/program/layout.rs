//! Where the features of one row stand.

use super::Shape;

/// Size of a row: fixed words and growing cells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// 64-bit words.
    pub words: usize,
    /// Cells for what does not fit into words.
    pub cells: usize,
}

/// Words of a row that are numbers of lists, and what the lists are.
pub(crate) type Lists = Box<[(usize, Shape)]>;

impl Layout {
    /// Reserves `count` words and returns the first.
    pub fn words(&mut self, count: usize) -> usize {
        let first = self.words;
        self.words += count;
        first
    }

    /// Reserves a cell.
    pub fn cell(&mut self) -> usize {
        self.cells += 1;
        self.cells - 1
    }
}
