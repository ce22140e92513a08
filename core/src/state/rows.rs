//! Rows of fixed words and growing cells: what is kept for each customer, pair or group.
//!
//! A row's words stand together, so that one event touches one or two cache lines however many
//! features it feeds. A zero word is "nothing yet" for every feature.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::arena::{Arena, reserve_some};
use super::cell::Cell;
use crate::base::Result;
use crate::base::prefetch::prefetch;
use crate::program::{Layout, Lists, Shape};

/// Rows of one layout.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    layout: Layout,
    /// Words that are numbers of lists.
    listed: Lists,
    words: Vec<u64>,
    cells: Vec<Option<Box<Cell>>>,
    lists: Arena,
    count: usize,
}

/// One row, to be changed.
pub(crate) struct RowMut<'a> {
    /// Its words.
    pub words: &'a mut [u64],
    /// Its cells.
    pub cells: &'a mut [Option<Box<Cell>>],
    /// Where its lists stand.
    pub lists: &'a mut Arena,
}

/// One row, to be read.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    /// Its words.
    pub words: &'a [u64],
    /// Its cells.
    pub cells: &'a [Option<Box<Cell>>],
    /// Where its lists stand.
    pub lists: &'a Arena,
}

impl Row<'_> {
    /// Whether nothing was ever added to it.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0) && self.cells.iter().all(Option::is_none)
    }
}

impl Rows {
    /// No rows of this layout.
    pub fn new(layout: Layout, listed: Lists) -> Self {
        Rows { layout, listed, words: Vec::new(), cells: Vec::new(), lists: Arena::default(), count: 0 }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Adds empty rows until there are `count`.
    pub fn grow(&mut self, count: usize) {
        if count > self.count {
            let more = count - self.count;
            reserve_some(&mut self.words, more * self.layout.words);
            reserve_some(&mut self.cells, more * self.layout.cells);
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
            lists: &self.lists,
        })
    }

    /// The row, made if there is none.
    pub fn row(&mut self, index: usize) -> RowMut<'_> {
        self.grow(index + 1);
        let Layout { words, cells } = self.layout;
        RowMut {
            words: &mut self.words[index * words..(index + 1) * words],
            cells: &mut self.cells[index * cells..(index + 1) * cells],
            lists: &mut self.lists,
        }
    }

    /// Asks for the words of a row and for where its cells are.
    #[inline]
    pub fn prefetch(&self, index: usize) {
        let Layout { words, cells } = self.layout;
        let row = self.words.get(index * words..(index + 1) * words).unwrap_or_default();
        // One word in eight: a line each, wherever the row begins.
        row.iter().step_by(8).chain(row.last()).for_each(prefetch);
        if let Some(cell) = self.cells.get(index * cells).filter(|_| cells > 0) {
            prefetch(cell);
        }
    }

    /// Asks for the cells and lists of a row.
    #[inline]
    pub fn prefetch_cells(&self, index: usize) {
        let first = index * self.layout.words;
        for (place, _) in &self.listed {
            self.words.get(first + place).into_iter().for_each(|list| self.lists.prefetch(*list));
        }
        self.cells_of(index).for_each(prefetch);
    }

    /// Asks for what the cells of a row hold.
    #[inline]
    pub fn prefetch_inside(&self, index: usize) {
        self.cells_of(index).for_each(Cell::prefetch);
    }

    fn cells_of(&self, index: usize) -> impl Iterator<Item = &Cell> {
        let cells = self.layout.cells;
        self.cells.get(index * cells..(index + 1) * cells).unwrap_or_default().iter().filter_map(|cell| cell.as_deref())
    }

    /// Bytes held, cells included.
    pub fn bytes(&self) -> usize {
        let heap: usize = self.cells.iter().flatten().map(|cell| cell.bytes()).sum();
        self.lists.bytes() + self.words.capacity() * 8 + self.cells.capacity() * size_of::<Option<Box<Cell>>>() + heap
    }

    /// The words of all rows with the length of a list in place of its number, and all lists.
    pub fn parts(&self) -> (Vec<u64>, Vec<u64>) {
        let (mut words, mut lists) = (self.words.clone(), Vec::new());
        for row in words.chunks_exact_mut(self.layout.words.max(1)) {
            for (place, _) in &self.listed {
                let Some(word) = row.get_mut(*place) else { continue };
                let list = self.lists.get(*word);
                lists.extend_from_slice(list);
                *word = list.len() as u64;
            }
        }
        (words, lists)
    }

    /// The cells of all rows.
    pub fn cells(&self) -> &[Option<Box<Cell>>] {
        &self.cells
    }

    /// Rows of `layout` from their parts, the lists as [`Rows::parts`] gives them and checked by
    /// `check` for their shape.
    ///
    /// # Errors
    /// What `check` says; nothing where the parts do not fit the layout.
    pub fn from_parts(
        (layout, listed): (Layout, Lists),
        count: usize,
        (mut words, mut lists): (Vec<u64>, &[u64]),
        cells: Vec<Option<Box<Cell>>>,
        check: impl Fn(&[u64], Shape) -> Result<()>,
    ) -> Result<Option<Self>> {
        let mut arena = Arena::default();
        let fits = words.len() == count * layout.words && cells.len() == count * layout.cells;
        for row in words.chunks_exact_mut(layout.words.max(1)) {
            for (place, shape) in &listed {
                let Some(word) = row.get_mut(*place) else { continue };
                let length = usize::try_from(*word).unwrap_or(usize::MAX);
                let Some((list, rest)) = lists.split_at_checked(length) else { return Ok(None) };
                check(list, *shape)?;
                *word = arena.list(list);
                lists = rest;
            }
        }
        Ok((fits && lists.is_empty()).then_some(Rows { layout, listed, words, cells, lists: arena, count }))
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
    pub fn new(layout: Layout, listed: Lists) -> Self {
        Table { index: HashMap::with_hasher(FixedState::default()), names: Vec::new(), rows: Rows::new(layout, listed) }
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
