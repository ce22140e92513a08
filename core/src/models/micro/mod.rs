//! Micro-segments: the product of several labels a customer, rolled up so that no cell is small.
//!
//! The order of the labels is the hierarchy. Customers are parted by the first, each part by the second, and so
//! on. A label with too few customers inside its part joins the others of its kind there; if these are still too
//! few, the smallest label that could stand alone joins them. A label that then parts nothing is passed over. So
//! the last labels are given up first, every cell has at least the minimum, and there are never more cells than
//! customers.

#[cfg(test)]
mod tests;

use crate::base::{Error, ErrorKind, Result};

/// What a cell asks of one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// This label.
    Label(u32),
    /// Any label without a cell of its own here.
    Others,
    /// Whatever.
    Any,
}

/// One micro-segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MicroCell {
    /// What it asks of each label, in order.
    pub slots: Vec<Slot>,
    /// Customers in it at the fit.
    pub size: u64,
}

/// Cells that part all customers of whom every label is known.
///
/// ```
/// use bactrian::models::micro::{Rollup, Slot};
///
/// // Need, then town: of need 1 one town is large enough, of need 2 none.
/// let rows = [[1, 7], [1, 7], [1, 8], [1, 9], [2, 7], [2, 8]];
/// let rollup = Rollup::fit(&rows.concat(), 2, 2)?;
/// let cells: Vec<_> = rollup.cells().iter().map(|cell| (cell.slots.clone(), cell.size)).collect();
/// assert_eq!(cells, [
///     (vec![Slot::Label(1), Slot::Label(7)], 2),
///     (vec![Slot::Label(1), Slot::Others], 2),
///     (vec![Slot::Label(2), Slot::Any], 2),
/// ]);
/// assert_eq!(rollup.cell(&[1, 55]), Some(1));
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollup {
    width: usize,
    cells: Vec<MicroCell>,
    root: Node,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Cell(usize),
    /// The label is passed over.
    Any(Box<Node>),
    /// Rising by label, and where all others go.
    Split(Vec<(u32, Node)>, Option<Box<Node>>),
}

impl Rollup {
    /// The cells of rows of `width` labels each, none with fewer rows than `minimum`; rows must have every label.
    /// A single cell where there are fewer rows than twice the minimum. Cost: a sort of the rows.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] for no label, no whole number of rows, or a minimum of 0; with
    /// [`ErrorKind::NotEnoughData`] for fewer rows than the minimum.
    pub fn fit(labels: &[u32], width: usize, minimum: u64) -> Result<Self> {
        if width == 0 || !labels.len().is_multiple_of(width) || minimum == 0 {
            let text = format!("{} labels are no rows of {width}, or the minimum {minimum} is 0", labels.len());
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        let mut rows: Vec<&[u32]> = labels.chunks(width).collect();
        if (rows.len() as u64) < minimum {
            let text = format!("{} customers have every label; a micro-segment needs {minimum}", rows.len());
            return Err(Error::new(ErrorKind::NotEnoughData, text));
        }
        rows.sort_unstable();
        let mut cells = Vec::new();
        grow(&rows, 0, minimum, &mut Vec::new(), &mut cells, width);
        Self::from_cells(width, cells)
    }

    /// From cells that a fit found, in their order.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where they are no partition that a fit could have found.
    pub fn from_cells(width: usize, cells: Vec<MicroCell>) -> Result<Self> {
        let wrong = || Error::new(ErrorKind::SchemaRange, "these cells are no micro-segments");
        if cells.iter().any(|cell| cell.slots.len() != width) {
            return Err(wrong());
        }
        let mut order: Vec<usize> = (0..cells.len()).collect();
        order.sort_by(|a, b| cells[*a].slots.cmp(&cells[*b].slots));
        let root = tree(&cells, &order, 0, width).ok_or_else(wrong)?;
        Ok(Rollup { width, cells, root })
    }

    /// The cells.
    pub fn cells(&self) -> &[MicroCell] {
        &self.cells
    }

    /// The place of the cell of one row of labels. A label that the fit did not meet here belongs to the others; where
    /// there are none, and for a row of another width, there is no cell.
    pub fn cell(&self, labels: &[u32]) -> Option<usize> {
        let mut node = &self.root;
        for label in labels.iter().take(self.width) {
            node = match node {
                Node::Cell(_) => return None,
                Node::Any(next) => next,
                Node::Split(parts, others) => match parts.binary_search_by_key(label, |(known, _)| *known) {
                    Ok(found) => parts.get(found).map(|(_, next)| next)?,
                    Err(_) => others.as_deref()?,
                },
            };
        }
        match node {
            Node::Cell(cell) if labels.len() == self.width => Some(*cell),
            _ => None,
        }
    }

    /// The labels that stand alone beside a cell's slot of others, in one of its places.
    pub fn alone_beside(&self, cell: usize, place: usize) -> Vec<u32> {
        let Some(own) = self.cells.get(cell).map(|cell| &cell.slots) else { return Vec::new() };
        let beside = |other: &&MicroCell| other.slots.get(..place) == own.get(..place);
        let labels = self.cells.iter().filter(beside).filter_map(|other| match other.slots.get(place) {
            Some(Slot::Label(label)) => Some(*label),
            _ => None,
        });
        let mut labels: Vec<u32> = labels.collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }
}

/// Parts sorted rows that agree in all labels before `place`.
fn grow(rows: &[&[u32]], place: usize, minimum: u64, slots: &mut Vec<Slot>, cells: &mut Vec<MicroCell>, width: usize) {
    let size = rows.len() as u64;
    if place == width {
        cells.push(MicroCell { slots: slots.clone(), size });
        return;
    }
    let label = |row: &&[u32]| row.get(place).copied().unwrap_or(0);
    let mut order: Vec<&[u32]> = rows.to_vec();
    order.sort_by_key(label);
    let parts: Vec<&[&[u32]]> = order.chunk_by(|a, b| label(a) == label(b)).collect();
    let (mut alone, small): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| part.len() as u64 >= minimum);
    let mut pooled: u64 = small.iter().map(|part| part.len() as u64).sum();
    while pooled > 0 && pooled < minimum {
        let least = (0..alone.len()).min_by_key(|at| alone[*at].len());
        let Some(least) = least else { break };
        pooled += alone.remove(least).len() as u64;
    }
    if alone.len() + usize::from(pooled > 0) < 2 {
        slots.push(Slot::Any);
        grow(rows, place + 1, minimum, slots, cells, width);
        slots.pop();
        return;
    }
    for part in &alone {
        slots.push(part.first().map_or(Slot::Any, |row| Slot::Label(label(row))));
        grow(part, place + 1, minimum, slots, cells, width);
        slots.pop();
    }
    if pooled > 0 {
        let mut others = slots.clone();
        others.push(Slot::Others);
        others.resize(width, Slot::Any);
        cells.push(MicroCell { slots: others, size: pooled });
    }
}

/// The tree of cells, given in order of their slots, that agree in all slots before `place`.
fn tree(cells: &[MicroCell], order: &[usize], place: usize, width: usize) -> Option<Node> {
    if place == width {
        return if let [cell] = order { Some(Node::Cell(*cell)) } else { None };
    }
    let slot = |cell: &usize| cells.get(*cell).and_then(|cell| cell.slots.get(place)).copied();
    let (mut parts, mut others, mut any) = (Vec::new(), None, None);
    for same in order.chunk_by(|a, b| slot(a) == slot(b)) {
        let node = tree(cells, same, place + 1, width)?;
        match same.first().and_then(slot)? {
            Slot::Label(label) => parts.push((label, node)),
            Slot::Others => others = Some(Box::new(node)),
            Slot::Any => any = Some(Box::new(node)),
        }
    }
    match (any, parts.is_empty() && others.is_none()) {
        (Some(next), true) => Some(Node::Any(next)),
        (None, false) => Some(Node::Split(parts, others)),
        _ => None,
    }
}
