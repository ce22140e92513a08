//! The last step of a call: rows in the order of (time, row), and the engine's own numbers.
//!
//! Ids and names are numbered in the order in which the sorted rows show them, customer before peer
//! and role by role, so that a batch numbers them as its rows do when sent singly.

use super::super::ids::Ids;
use super::super::keys::Keys;
use super::super::record::{Events, FieldColumn, NONE, Values};
use super::super::rows::gather;
use super::Taken;
use super::decode::Local;
use super::stage::{Named, Stage};
use crate::base::{Error, ErrorKind, Result};

/// Turns the staged rows into events. An error leaves `ids` and `keys` as they were.
pub(super) fn settle(mut stage: Stage, ids: &mut Ids, keys: &mut Keys) -> Result<Taken<Events>> {
    if let Some(order) = order(&stage.at, &stage.row) {
        stage.sort(&order);
    }
    let (ids_before, keys_before) = (ids.len(), keys.len());
    let settled = numbers(&mut stage, ids).and_then(|(customer, peer)| {
        words(&mut stage.fields, &stage.local.keys, keys)?;
        Ok((customer, peer))
    });
    let (customer, peer) = settled.inspect_err(|_| {
        ids.truncate(ids_before);
        keys.truncate(keys_before);
    })?;
    stage.fields.retain(|field| !field.values.is_unknown());
    stage.rejects.sort_by_key(|reject| reject.row);
    let record = Events { kind: stage.kind, customer, peer, at: stage.at, fields: stage.fields };
    Ok(Taken { record, rejects: stage.rejects })
}

/// The rows by (time, row), unless they stand so.
fn order(at: &[i64], row: &[u64]) -> Option<Vec<u32>> {
    let keys = at.iter().zip(row);
    if keys.clone().is_sorted() {
        return None;
    }
    let mut order: Vec<(i64, u64, u32)> = keys.zip(0u32..).map(|((&at, &row), position)| (at, row, position)).collect();
    // Merges runs, as those of several kinds or sorted chunks are.
    order.sort();
    Some(order.into_iter().map(|(_, _, position)| position).collect())
}

impl Stage {
    fn sort(&mut self, order: &[u32]) {
        self.kind = gather(&self.kind, order, NONE);
        self.at = gather(&self.at, order, 0);
        for named in [&mut self.customer, &mut self.peer] {
            *named = match named {
                Named::Numbers(numbers) => Named::Numbers(gather(numbers, order, 0)),
                Named::Codes(codes) => Named::Codes(gather(codes, order, NONE)),
            };
        }
        for field in &mut self.fields {
            field.values = field.values.gather(order);
        }
    }
}

/// Dense customers and peers.
fn numbers(stage: &mut Stage, ids: &mut Ids) -> Result<(Vec<u32>, Vec<u32>)> {
    let rows = stage.at.len();
    match (&stage.customer, &stage.peer) {
        (Named::Numbers(customer), Named::Codes(peer)) if peer.iter().all(|&code| code == NONE) => {
            let mut dense = Vec::new();
            ids.intern_numbers(customer, &mut dense)?;
            Ok((dense, vec![NONE; rows]))
        }
        (Named::Numbers(customer), Named::Numbers(peer)) => {
            let pairs: Vec<u64> = customer.iter().zip(peer).flat_map(|(&customer, &peer)| [customer, peer]).collect();
            let mut dense = Vec::new();
            ids.intern_numbers(&pairs, &mut dense)?;
            let (pairs, _) = dense.as_chunks::<2>();
            Ok(pairs.iter().map(|&[customer, peer]| (customer, peer)).unzip())
        }
        (customer, peer) => {
            let customer = codes(customer, &mut stage.local)?;
            let peer = codes(peer, &mut stage.local)?;
            pairs(&customer, &peer, &stage.local.ids, ids)
        }
    }
}

fn codes(named: &Named, local: &mut Local) -> Result<Vec<u32>> {
    match named {
        Named::Codes(codes) => Ok(codes.clone()),
        Named::Numbers(numbers) => {
            let mut codes = Vec::new();
            local.ids.intern_numbers(numbers, &mut codes)?;
            Ok(codes)
        }
    }
}

fn pairs(customer: &[u32], peer: &[u32], local: &Ids, ids: &mut Ids) -> Result<(Vec<u32>, Vec<u32>)> {
    let mut known = vec![NONE; local.len()];
    let mut dense = |code: u32| {
        let Some(known) = known.get_mut(code as usize) else { return Ok(NONE) };
        if *known == NONE
            && let Some(id) = local.name(code).and_then(|id| id.borrow())
        {
            *known = ids.intern(id)?;
        }
        Ok(*known)
    };
    let mut both = (Vec::with_capacity(customer.len()), Vec::with_capacity(customer.len()));
    for (&customer, &peer) in customer.iter().zip(peer) {
        both.0.push(dense(customer)?);
        both.1.push(dense(peer)?);
    }
    Ok(both)
}

/// Gives the names in fields the engine's numbers.
fn words(fields: &mut [FieldColumn], local: &Keys, keys: &mut Keys) -> Result<()> {
    let mut known: Vec<u32> = local.since(0).iter().map(|word| keys.get(word).unwrap_or(NONE)).collect();
    if known.contains(&NONE) {
        learn(fields, local, keys, &mut known)?;
    }
    let number = |key: &mut u32| *key = known.get(*key as usize).copied().unwrap_or(NONE);
    for field in fields {
        match &mut field.values {
            Values::Key(column) => column.iter_mut().for_each(number),
            Values::Keys { keys: column, .. } => column.iter_mut().for_each(number),
            Values::Number(_) | Values::Label { .. } => (),
        }
    }
    Ok(())
}

/// Interns the words that rows show first, row by row and role by role.
fn learn(fields: &[FieldColumn], local: &Keys, keys: &mut Keys, known: &mut [u32]) -> Result<()> {
    // Where each new word is first seen: row, field, and place within the row.
    let mut first: Vec<Option<(usize, usize, usize)>> = vec![None; known.len()];
    let mut see = |key: u32, place: (usize, usize, usize)| {
        if let (Some(&NONE), Some(first)) = (known.get(key as usize), first.get_mut(key as usize)) {
            *first = Some(first.map_or(place, |first| first.min(place)));
        }
    };
    for (number, field) in fields.iter().enumerate() {
        match &field.values {
            Values::Key(column) => column.iter().enumerate().for_each(|(row, &key)| see(key, (row, number, 0))),
            Values::Keys { ends, keys: column } => {
                let mut start = 0;
                for (row, &end) in ends.iter().enumerate() {
                    let names = column.get(start..end as usize).unwrap_or_default();
                    names.iter().enumerate().for_each(|(place, &key)| see(key, (row, number, place)));
                    start = end as usize;
                }
            }
            Values::Number(_) | Values::Label { .. } => (),
        }
    }
    let mut order: Vec<_> = (0u32..).zip(first).filter_map(|(key, first)| Some((first?, key))).collect();
    order.sort_unstable();
    for (_, key) in order {
        let number = keys.intern(local.text(key))?;
        match known.get_mut(key as usize) {
            Some(known) => *known = number,
            None => return Err(Error::new(ErrorKind::Internal, "a name of the call has no number")),
        }
    }
    Ok(())
}
