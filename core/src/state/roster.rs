//! Who is in each cell of a segment, as compressed bitmaps.
//!
//! Membership itself is one cell a customer and segment, written with every crossing. The sets are derived of it when they
//! are first asked for, and caught up with when they are asked for again: a crossing only notes who left which cell. So
//! a segment that nobody asks about costs nothing, one that is asked about a note of 8 bytes a crossing.

#[cfg(test)]
mod tests;

/// Customers of one block, by the lower half of their numbers.
const BLOCK: usize = 1 << 16;
/// More than these stand in a bitmap, which is 8 KiB; fewer in a list.
const FEW: usize = 4096;
/// Notes that are worth keeping however few customers there are.
const NOTES: usize = 1024;

/// The cells of one segment.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// Rising by cell.
    cells: Vec<(u32, Set)>,
    /// Who crossed since, and the cell that was left.
    crossed: Vec<(u32, u32)>,
}

impl Roster {
    /// The sets of customers, rising, each with a cell.
    pub fn new(members: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut roster = Roster::default();
        members.for_each(|(customer, cell)| roster.set_mut(cell).insert(customer));
        roster
    }

    /// Notes that a customer left a cell; false once a new pass over `customers` is cheaper than following.
    pub fn note(&mut self, customer: u32, left: u32, customers: usize) -> bool {
        self.crossed.push((customer, left));
        self.crossed.len() <= NOTES + customers / 4
    }

    /// Moves those who crossed to the cells where they are now.
    pub fn settle(&mut self, cell_of: impl Fn(u32) -> u32) {
        for (customer, left) in std::mem::take(&mut self.crossed) {
            self.set_mut(left).remove(customer);
            self.set_mut(cell_of(customer)).insert(customer);
        }
    }

    /// Who is in a cell.
    pub fn members(&self, cell: u32) -> Option<&Set> {
        self.cells
            .binary_search_by_key(&cell, |(known, _)| *known)
            .ok()
            .and_then(|at| self.cells.get(at))
            .map(|(_, set)| set)
    }

    /// Every cell that somebody has been in, rising, with how many are.
    pub fn sizes(&self) -> impl Iterator<Item = (u32, usize)> + '_ {
        self.cells.iter().map(|(cell, set)| (*cell, set.len()))
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let sets = self.cells.iter().map(|(_, set)| set.bytes()).sum::<usize>();
        sets + self.cells.capacity() * size_of::<(u32, Set)>() + self.crossed.capacity() * size_of::<(u32, u32)>()
    }

    fn set_mut(&mut self, cell: u32) -> &mut Set {
        let place = match self.cells.binary_search_by_key(&cell, |(known, _)| *known) {
            Ok(place) => place,
            Err(place) => {
                self.cells.insert(place, (cell, Set::default()));
                place
            }
        };
        &mut self.cells[place].1
    }
}

/// A set of customers.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Set {
    /// By the upper half of the numbers, rising.
    blocks: Vec<(u32, Block)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Block {
    /// Rising.
    Few(Vec<u16>),
    /// A bit each, and how many are set.
    Many(Box<[u64]>, usize),
}

/// The block of a number, and its place there.
fn split(customer: u32) -> (u32, u16) {
    (customer / BLOCK as u32, (customer % BLOCK as u32) as u16)
}

impl Set {
    /// Puts a customer in; nothing happens if it is there.
    pub fn insert(&mut self, customer: u32) {
        let (upper, lower) = split(customer);
        let place = match self.blocks.binary_search_by_key(&upper, |(known, _)| *known) {
            Ok(place) => place,
            Err(place) => {
                self.blocks.insert(place, (upper, Block::Few(Vec::new())));
                place
            }
        };
        self.blocks[place].1.insert(lower);
    }

    /// Takes a customer out; nothing happens if it is not there.
    pub fn remove(&mut self, customer: u32) {
        let (upper, lower) = split(customer);
        if let Ok(place) = self.blocks.binary_search_by_key(&upper, |(known, _)| *known) {
            self.blocks[place].1.remove(lower);
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.blocks.iter().map(|(_, block)| block.len()).sum()
    }

    /// The customers, rising.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.blocks
            .iter()
            .flat_map(|(upper, block)| block.iter().map(move |lower| upper * BLOCK as u32 + u32::from(lower)))
    }

    fn bytes(&self) -> usize {
        let block = |block: &Block| match block {
            Block::Few(places) => places.capacity() * size_of::<u16>(),
            Block::Many(words, _) => size_of_val(&**words),
        };
        let blocks = self.blocks.capacity() * size_of::<(u32, Block)>();
        blocks + self.blocks.iter().map(|(_, own)| block(own)).sum::<usize>()
    }
}

impl Block {
    fn len(&self) -> usize {
        match self {
            Block::Few(places) => places.len(),
            Block::Many(_, count) => *count,
        }
    }

    fn insert(&mut self, lower: u16) {
        match self {
            Block::Few(places) => {
                if let Err(place) = places.binary_search(&lower) {
                    places.insert(place, lower);
                }
                if places.len() > FEW {
                    let mut words = vec![0_u64; BLOCK / 64].into_boxed_slice();
                    places.iter().for_each(|place| words[usize::from(*place) / 64] |= 1 << (place % 64));
                    *self = Block::Many(words, FEW + 1);
                }
            }
            Block::Many(words, count) => {
                let word = &mut words[usize::from(lower) / 64];
                *count += usize::from(*word >> (lower % 64) & 1 == 0);
                *word |= 1 << (lower % 64);
            }
        }
    }

    fn remove(&mut self, lower: u16) {
        match self {
            Block::Few(places) => {
                if let Ok(place) = places.binary_search(&lower) {
                    places.remove(place);
                }
            }
            Block::Many(words, count) => {
                let word = &mut words[usize::from(lower) / 64];
                *count -= usize::from(*word >> (lower % 64) & 1 == 1);
                *word &= !(1 << (lower % 64));
            }
        }
    }

    fn iter(&self) -> Box<dyn Iterator<Item = u16> + '_> {
        match self {
            Block::Few(places) => Box::new(places.iter().copied()),
            Block::Many(words, _) => Box::new(words.iter().enumerate().flat_map(|(at, word)| {
                let next = |left: &u64| Some(left & (left - 1)).filter(|left| *left != 0);
                let bits = std::iter::successors(Some(*word).filter(|word| *word != 0), next);
                bits.map(move |left| (at * 64) as u16 + left.trailing_zeros() as u16)
            })),
        }
    }
}
