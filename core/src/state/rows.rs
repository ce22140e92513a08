//! Rows of fixed words and growing cells: what is kept for each customer, pair or group.
//!
//! A row's words stand together, so that one event touches one or two cache lines however many
//! features it feeds. A zero word is "nothing yet" for every feature.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

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

    /// Bytes held, cells included.
    pub fn bytes(&self) -> usize {
        let heap: usize = self.cells.iter().flatten().map(|cell| cell.bytes()).sum();
        self.words.capacity() * 8 + self.cells.capacity() * size_of::<Option<Box<Cell>>>() + heap
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

/// Rows found by two numbers: a pair of customers, or a trait and one of its names.
#[derive(Debug)]
pub(crate) struct Table {
    index: HashMap<(u32, u32), u32, FixedState>,
    names: Vec<(u32, u32)>,
    rows: Rows,
}

impl Table {
    /// No rows of this layout.
    pub fn new(layout: Layout) -> Self {
        Table { index: HashMap::with_hasher(FixedState::default()), names: Vec::new(), rows: Rows::new(layout) }
    }

    /// The row of a name, if it has one.
    pub fn get(&self, name: (u32, u32)) -> Option<Row<'_>> {
        self.rows.get(*self.index.get(&name)? as usize)
    }

    /// The number of the row of a name, made if there is none, and whether it was made.
    pub fn place(&mut self, name: (u32, u32)) -> (u32, bool) {
        let next = self.names.len() as u32;
        let row = *self.index.entry(name).or_insert(next);
        if row == next {
            self.names.push(name);
            self.rows.grow(self.names.len());
        }
        (row, row == next)
    }

    /// The row of this number.
    pub fn at(&mut self, row: u32) -> RowMut<'_> {
        self.rows.row(row as usize)
    }

    /// The row of a name, made if there is none.
    pub fn row(&mut self, name: (u32, u32)) -> RowMut<'_> {
        let (row, _) = self.place(name);
        self.at(row)
    }

    /// The name of every row, in order.
    pub fn names(&self) -> &[(u32, u32)] {
        &self.names
    }

    /// The rows, in the order of [`Table::names`].
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// A table from its parts; `None` where a name stands twice.
    pub fn from_parts(names: Vec<(u32, u32)>, rows: Rows) -> Option<Self> {
        let mut index = HashMap::with_capacity_and_hasher(names.len(), FixedState::default());
        for (row, name) in names.iter().enumerate() {
            if index.insert(*name, row as u32).is_some() {
                return None;
            }
        }
        (names.len() == rows.len()).then_some(Table { index, names, rows })
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.index.allocation_size() + self.names.capacity() * size_of::<(u32, u32)>() + self.rows.bytes()
    }
}
