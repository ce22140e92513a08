//! Ties given directly.
//!
//! The row of a pair stands in the shard of its first customer, and shards share nothing that a tie changes:
//! many ties are grouped by shard, and the shards are taken at the same time, each in the order of the ties.

use rayon::prelude::*;

use super::super::rows::RowMut;
use super::super::{SHARDS, Shard, State, place};
use super::feed::Decay;
use crate::data::record::Ties;
use crate::program::{FeatureSpec, Program, Trigger};

/// Ties below which grouping does not pay.
const LEAST: usize = 1024;
/// Ties whose rows are found, and asked for, before the first of them is changed.
const TOGETHER: usize = 32;

/// One tie, its customers as they are known now.
#[derive(Debug, Clone, Copy)]
struct Task {
    customer: u32,
    peer: u32,
    row: u32,
}

/// What the ties of a layer feed.
#[derive(Clone, Copy)]
struct Fed<'a> {
    feature: &'a FeatureSpec,
    index: usize,
    trigger: &'a Trigger,
}

impl State {
    /// Applies ties given directly.
    pub fn apply_ties(&mut self, program: &Program, ties: &Ties) {
        let task = |(row, (customer, peer)): (u32, (&u32, &u32))| {
            fed(program, ties.layer[row as usize])?;
            Some(Task { customer: self.resolve(*customer), peer: self.resolve(*peer), row })
        };
        let tasks: Vec<Task> = (0..).zip(ties.customer.iter().zip(&ties.peer)).filter_map(task).collect();
        if tasks.len() < LEAST {
            for task in &tasks {
                self.shard_mut(task.customer).0.apply_ties(program, ties, std::slice::from_ref(task));
            }
            return;
        }
        let (tasks, ends) = by_shard(&tasks);
        let parts = std::iter::once(&0).chain(&ends).zip(&ends).map(|(begin, end)| &tasks[*begin..*end]);
        let shards: Vec<_> = self.shards.iter_mut().zip(parts).collect();
        shards.into_par_iter().for_each(|(shard, tasks)| shard.apply_ties(program, ties, tasks));
    }
}

/// The ties in the order of their shards, and where each shard's end.
fn by_shard(tasks: &[Task]) -> (Vec<Task>, Vec<usize>) {
    let mut next = vec![0; SHARDS + 1];
    for task in tasks {
        next[place(task.customer).0 + 1] += 1;
    }
    for shard in 1..next.len() {
        next[shard] += next[shard - 1];
    }
    let mut sorted = vec![Task { customer: 0, peer: 0, row: 0 }; tasks.len()];
    for task in tasks {
        let slot = &mut next[place(task.customer).0];
        sorted[*slot] = *task;
        *slot += 1;
    }
    next.truncate(SHARDS);
    (sorted, next)
}

fn fed(program: &Program, layer: u32) -> Option<Fed<'_>> {
    let tie = program.ties.iter().find(|tie| tie.key == layer && tie.through.is_none())?;
    let feature = program.features.get(tie.feature)?;
    Some(Fed { feature, index: tie.feature, trigger: program.triggers.get(feature.trigger)? })
}

impl Shard {
    fn apply_ties(&mut self, program: &Program, ties: &Ties, tasks: &[Task]) {
        for tasks in tasks.chunks(TOGETHER) {
            let mut places = [0; TOGETHER];
            for (found, task) in places.iter_mut().zip(tasks) {
                *found = self.pairs.place(place(task.customer).1, task.customer, task.peer);
                self.pairs.table().rows().prefetch(*found as usize);
            }
            for (found, task) in places.iter().zip(tasks) {
                let row = task.row as usize;
                if let Some(fed) = fed(program, ties.layer[row]) {
                    strengthen(program, fed, self.pairs.at(*found), (ties.at[row], ties.weight[row]));
                }
            }
        }
    }
}

/// Adds the weight of a tie at a moment; NaN removes what there is.
fn strengthen(program: &Program, Fed { feature, index, trigger }: Fed<'_>, kept: RowMut<'_>, (at, weight): (i64, f64)) {
    let RowMut { words, .. } = kept;
    if weight.is_nan() {
        words[feature.word..feature.word + feature.shape.op.words()].fill(0);
        return;
    }
    let decay = Decay::begin(trigger, words, at);
    for other in &trigger.features {
        // The features of a trigger share its clock, so that all of them move with it.
        let Some(spec) = program.features.get(*other).filter(|spec| spec.cell.is_none() && !spec.listed) else {
            continue;
        };
        decay.add(spec, words, (*other == index).then_some((weight, weight)));
    }
    decay.end(words);
}
