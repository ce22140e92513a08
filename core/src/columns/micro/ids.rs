//! Which id a micro-segment has over refits.
//!
//! A cell continues the one that the same customers would be in by the rule it had: most of either, counted at the fit
//! (an intersection above half of the union), so that a rule may gain or lose a label. Rules that cells had before are
//! kept with their ids; one that returns has its own again.

use std::collections::BTreeMap;

use super::Parameters;
use crate::base::{Error, ErrorKind, Result};
use crate::data::codec::{Reader, Writer};
use crate::models::micro::{Rollup, Slot};

/// Former rules that are remembered.
const REMEMBERED: usize = 1024;

/// What a rule asks of one label, whatever other cells there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ask {
    Any,
    Label(u32),
    /// None of these, rising.
    Without(Vec<u32>),
}

/// What a rule asks of each label.
pub(super) type Rule = Vec<Ask>;

/// A row of labels that occurs, and how often.
type Row<'a> = (&'a [u32], u64);

impl Ask {
    pub fn encode(&self, out: &mut Writer) {
        let (kind, labels) = match self {
            Ask::Any => (0, &[][..]),
            Ask::Label(label) => (1, std::slice::from_ref(label)),
            Ask::Without(labels) => (2, labels.as_slice()),
        };
        out.u8(kind);
        out.count(labels.len());
        out.u32s(labels);
    }

    pub fn decode(from: &mut Reader<'_>) -> Result<Self> {
        let (kind, count) = (from.u8()?, from.count()?);
        let labels = from.u32s(count)?;
        match (kind, labels.as_slice()) {
            (0, []) => Ok(Ask::Any),
            (1, [label]) => Ok(Ask::Label(*label)),
            (2, _) => Ok(Ask::Without(labels)),
            _ => Err(Error::new(ErrorKind::StoreCorrupt, "a rule asks what none can")),
        }
    }
}

fn holds(rule: &Rule, row: &[u32]) -> bool {
    rule.len() == row.len()
        && rule.iter().zip(row).all(|(ask, label)| match ask {
            Ask::Any => true,
            Ask::Label(own) => own == label,
            Ask::Without(others) => others.binary_search(label).is_err(),
        })
}

/// The rule of each cell.
fn rules(rollup: &Rollup) -> Vec<Rule> {
    let ask = |cell: usize, (place, slot): (usize, &Slot)| match slot {
        Slot::Any => Ask::Any,
        Slot::Label(label) => Ask::Label(*label),
        Slot::Others => Ask::Without(rollup.alone_beside(cell, place)),
    };
    let one = |(cell, own): (usize, &crate::models::micro::MicroCell)| {
        own.slots.iter().enumerate().map(|slot| ask(cell, slot)).collect()
    };
    rollup.cells().iter().enumerate().map(one).collect()
}

/// The distinct rows of labels.
fn distinct(labels: &[u32], width: usize) -> Vec<Row<'_>> {
    let mut rows: Vec<&[u32]> = labels.chunks(width.max(1)).collect();
    rows.sort_unstable();
    rows.chunk_by(|a, b| a == b).filter_map(|same| Some((*same.first()?, same.len() as u64))).collect()
}

/// For each cell of a fit the place of the cell that it continues: of those of the fit before, or of rules that went.
fn continued(new: &Rollup, before: Option<&Rollup>, known: &[(usize, Rule)], rows: &[Row<'_>]) -> Vec<Option<usize>> {
    let old = before.map_or(0, |before| before.cells().len());
    let mut then = vec![0_u64; known.len()];
    let mut both: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    for (row, customers) in rows {
        let cell = new.cell(row);
        let gone = known.iter().enumerate().skip(old).filter(|(_, (_, rule))| holds(rule, row));
        let cells = before.and_then(|before| before.cell(row)).into_iter().chain(gone.map(|(order, _)| order));
        for order in cells {
            then[order] += customers;
            cell.into_iter().for_each(|cell| *both.entry((order, cell)).or_default() += customers);
        }
    }
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for ((order, cell), both) in both {
        let either = then[order] + new.cells().get(cell).map_or(0, |cell| cell.size) - both;
        if 2 * both > either {
            pairs.push((both as f64 / either as f64, order, cell));
        }
    }
    // The most alike first; of equal ones those of the last fit, then the later of those before.
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut found = vec![None; new.cells().len()];
    for (_, order, cell) in pairs {
        let place = known.get(order).map(|(place, _)| *place);
        if found.get(cell) == Some(&None) && !found.contains(&place) {
            found[cell] = place;
        }
    }
    found
}

/// Ids for the cells of a fit over rows of `labels`: of those that continue one its own; of others one never given, or,
/// once all of `most` have been, that of the cell that went the longest ago.
pub(super) fn keep_ids(
    rollup: &Rollup,
    labels: &[u32],
    previous: Option<Parameters>,
    most: usize,
) -> Result<Parameters> {
    let width = rollup.cells().first().map_or(0, |cell| cell.slots.len());
    let new = rules(rollup);
    let (mut known, mut gone, mut given, mut before) = (Vec::new(), Vec::new(), 0, None);
    if let Some(kept) = previous.filter(|kept| kept.width == width && kept.given <= most) {
        let places: Vec<usize> = kept.cells.iter().map(|(place, _)| *place).collect();
        let cells = kept.cells.into_iter().map(|(_, cell)| cell).collect();
        let old = before.insert(Rollup::from_cells(width, cells)?);
        known = places.into_iter().zip(rules(old)).collect::<Vec<(usize, Rule)>>();
        (gone, given) = (kept.gone, kept.given);
    }
    let last = known.len();
    known.extend(gone.iter().rev().cloned());
    let mut places = continued(rollup, before.as_ref(), &known, &distinct(labels, width));
    known.truncate(last);
    gone.append(&mut known);
    let mut fresh = Vec::new();
    for cell in 0..places.len() {
        if places[cell].is_some() {
            continue;
        }
        let place = if given < most { Some(given) } else { longest_gone(&places, &gone, most) };
        given = (given + 1).min(most);
        places[cell] = Some(place.ok_or_else(|| Error::new(ErrorKind::Internal, "more cells than ids"))?);
        fresh.extend(place);
    }
    let now: Vec<(usize, Rule)> = places.into_iter().flatten().zip(new).collect();
    // A rule that is back, and what an id meant before it was given anew, are no memory any more.
    gone.retain(|one| !fresh.contains(&one.0) && !now.contains(one));
    let mut seen = Vec::new();
    gone.reverse();
    gone.retain(|one| {
        seen.len() < REMEMBERED && !seen.contains(one) && {
            seen.push(one.clone());
            true
        }
    });
    gone.reverse();
    let cells = now.into_iter().map(|(place, _)| place).zip(rollup.cells().iter().cloned()).collect();
    Ok(Parameters { width, cells, given, gone })
}

/// A place that nobody has: one of which nothing is remembered, or whose last rule went first.
fn longest_gone(taken: &[Option<usize>], gone: &[(usize, Rule)], most: usize) -> Option<usize> {
    let free = (0..most).filter(|place| !taken.contains(&Some(*place)));
    free.min_by_key(|place| gone.iter().rposition(|(known, _)| known == place))
}
