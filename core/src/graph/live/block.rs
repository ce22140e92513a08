//! The rows of one run of nodes in one arena, each with slack and a short unsorted tail.

use crate::base::prefetch::prefetch;

/// A removed tie keeps its slot, marked by this, until the row is merged.
const GONE: f64 = f64::NAN;

/// Bytes of a line of cache.
const LINE: usize = 64;
/// Lines of each array of a row that are asked for ahead.
const MOST: usize = 4;

#[derive(Debug, Clone, Copy, Default)]
struct Row {
    start: u32,
    len: u32,
    /// Slots from `start` on that are sorted by target.
    sorted: u32,
    room: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Block {
    rows: Vec<Row>,
    targets: Vec<u32>,
    weights: Vec<f64>,
    /// Slots that no row owns any more.
    waste: usize,
    gone: usize,
}

impl Block {
    pub(super) fn new(rows: usize) -> Self {
        Block { rows: vec![Row::default(); rows], targets: Vec::new(), weights: Vec::new(), waste: 0, gone: 0 }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.rows.capacity() * size_of::<Row>()
            + self.targets.capacity() * 4
            + self.weights.capacity() * 8
    }

    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = (u32, f64)> + '_ {
        let row = self.rows[row];
        let slots = row.start as usize..(row.start + row.len) as usize;
        slots.map(|slot| (self.targets[slot], self.weights[slot])).filter(|tie| !tie.1.is_nan())
    }

    pub(super) fn get(&self, row: usize, target: u32) -> Option<f64> {
        self.slot(self.rows[row], target).map(|slot| self.weights[slot]).filter(|w| !w.is_nan())
    }

    #[inline]
    fn slot(&self, row: Row, target: u32) -> Option<usize> {
        let start = row.start as usize;
        let (sorted, end) = (start + row.sorted as usize, start + row.len as usize);
        let head = &self.targets[start..sorted];
        if let Ok(at) = head.binary_search(&target) {
            return Some(start + at);
        }
        self.targets[sorted..end].iter().position(|&to| to == target).map(|at| sorted + at)
    }

    /// Asks where a row stands, ahead of [`Block::prefetch`].
    #[inline]
    pub(super) fn prefetch_place(&self, index: usize) {
        prefetch(&self.rows[index]);
    }

    /// Asks for the lines of a row ahead of [`Block::add`]; of a long one, for those that its search begins with.
    #[inline]
    pub(super) fn prefetch(&self, index: usize) {
        let row = self.rows[index];
        let slots = row.start as usize..(row.start + row.len) as usize;
        let (targets, weights) = (&self.targets[slots.clone()], &self.weights[slots]);
        targets.iter().step_by(LINE / 4).take(MOST).chain(targets.last()).for_each(prefetch);
        weights.iter().step_by(LINE / 8).take(MOST).chain(weights.last()).for_each(prefetch);
    }

    /// Adds to a tie, making it if need be; true where it is new.
    pub(super) fn add(&mut self, index: usize, target: u32, raw: f64) -> bool {
        let row = self.rows[index];
        if let Some(slot) = self.slot(row, target) {
            let weight = &mut self.weights[slot];
            let new = weight.is_nan();
            *weight = if new { raw } else { *weight + raw };
            self.gone -= usize::from(new);
            return new;
        }
        self.append(index, target, raw);
        true
    }

    pub(super) fn remove(&mut self, index: usize, target: u32) {
        if let Some(slot) = self.slot(self.rows[index], target) {
            self.weights[slot] = GONE;
            self.gone += 1;
            self.tidy();
        }
    }

    pub(super) fn any(&self, test: impl Fn(f64) -> bool) -> bool {
        (0..self.rows.len()).any(|row| self.row(row).any(|tie| test(tie.1)))
    }

    pub(super) fn remove_where(&mut self, test: impl Fn(f64) -> bool) -> usize {
        let mut gone = 0;
        for row in &self.rows {
            for slot in row.start as usize..(row.start + row.len) as usize {
                if test(self.weights[slot]) {
                    self.weights[slot] = GONE;
                    gone += 1;
                }
            }
        }
        self.gone += gone;
        self.compact(true);
        gone
    }

    pub(super) fn scale(&mut self, factor: f64) {
        self.weights.iter_mut().for_each(|weight| *weight *= factor);
    }

    pub(super) fn is_compact(&self) -> bool {
        self.gone == 0 && self.waste == 0 && self.rows.iter().all(|r| r.len == r.sorted && r.len == r.room)
    }

    /// Rewrites the arena without removed ties; rows sorted, with a quarter of slack unless `exact`.
    pub(super) fn compact(&mut self, exact: bool) {
        let slots: usize = self.rows.iter().map(|row| row.len as usize + row.len as usize / 4).sum();
        let (mut targets, mut weights) = (Vec::with_capacity(slots), Vec::with_capacity(slots));
        let mut ties = Vec::new();
        for index in 0..self.rows.len() {
            let row = self.rows[index];
            let start = targets.len();
            let sorted = row.start as usize + row.sorted as usize;
            merge(&self.targets, &self.weights, row.start as usize..sorted, row.len - row.sorted, &mut ties);
            targets.extend(ties.iter().map(|tie| tie.0));
            weights.extend(ties.iter().map(|tie| tie.1));
            let len = ties.len() as u32;
            let room = if exact { len } else { len + len / 4 };
            targets.resize(start + room as usize, 0);
            weights.resize(start + room as usize, GONE);
            self.rows[index] = Row { start: start as u32, len, sorted: len, room };
        }
        targets.shrink_to_fit();
        weights.shrink_to_fit();
        *self = Block { rows: std::mem::take(&mut self.rows), targets, weights, waste: 0, gone: 0 };
    }

    fn append(&mut self, index: usize, target: u32, raw: f64) {
        if self.rows[index].len == self.rows[index].room {
            self.tidy();
        }
        if self.rows[index].len == self.rows[index].room {
            self.enlarge(index);
        }
        let row = &mut self.rows[index];
        let slot = (row.start + row.len) as usize;
        let rising = row.sorted == row.len && (row.len == 0 || self.targets[slot - 1] < target);
        self.targets[slot] = target;
        self.weights[slot] = raw;
        row.len += 1;
        row.sorted += u32::from(rising);
        let tail = row.len - row.sorted;
        if tail > 16 && u64::from(tail) * u64::from(tail) > 4 * u64::from(row.len) {
            self.settle(index);
        }
    }

    fn enlarge(&mut self, index: usize) {
        let row = self.rows[index];
        let room = (row.room * 2).max(4);
        let (start, len) = (row.start as usize, row.len as usize);
        let at_end = start + row.room as usize == self.targets.len() && row.room > 0;
        let begin = if at_end { start } else { self.targets.len() };
        if !at_end {
            self.targets.extend_from_within(start..start + len);
            self.weights.extend_from_within(start..start + len);
            self.waste += row.room as usize;
        }
        self.targets.resize(begin + room as usize, 0);
        self.weights.resize(begin + room as usize, GONE);
        self.rows[index] = Row { start: begin as u32, room, ..row };
    }

    /// Merges the tail of a row into its sorted part.
    fn settle(&mut self, index: usize) {
        let row = self.rows[index];
        let (start, sorted) = (row.start as usize, (row.start + row.sorted) as usize);
        let mut ties = Vec::new();
        merge(&self.targets, &self.weights, start..sorted, row.len - row.sorted, &mut ties);
        self.gone -= row.len as usize - ties.len();
        for (slot, tie) in (start..).zip(&ties) {
            (self.targets[slot], self.weights[slot]) = *tie;
        }
        let len = ties.len() as u32;
        self.rows[index] = Row { len, sorted: len, ..row };
    }

    /// Rewrites the arena when more than a third of it is of no use.
    fn tidy(&mut self) {
        let idle = self.waste + self.gone;
        if idle > 256 && idle * 3 > self.targets.len() {
            self.compact(false);
        }
    }
}

/// The live ties of a row, sorted: those of `head`, and of the `tail` slots after it.
fn merge(targets: &[u32], weights: &[f64], head: std::ops::Range<usize>, tail: u32, out: &mut Vec<(u32, f64)>) {
    out.clear();
    let live = |slots: std::ops::Range<usize>| {
        slots.map(|slot| (targets[slot], weights[slot])).filter(|tie: &(u32, f64)| !tie.1.is_nan())
    };
    let mut late: Vec<_> = live(head.end..head.end + tail as usize).collect();
    late.sort_unstable_by_key(|tie| tie.0);
    let mut late = late.into_iter().peekable();
    for tie in live(head) {
        while let Some(before) = late.next_if(|other| other.0 < tie.0) {
            out.push(before);
        }
        out.push(tie);
    }
    out.extend(late);
}
