//! Many events at once: the same bits as one after the other, in another order of work.
//!
//! Expressions are computed by column. Then the work is grouped by shard, in the order of events
//! within each: rows of one shard lie near each other, and what the next events need is fetched
//! while earlier ones are added. Shards share nothing that an event changes but the rows of groups,
//! which are fed afterwards, again in the order of events.

use super::super::event::{EventReader, EventRow};
use super::super::horizon::Line;
use super::super::{SHARDS, Shard, State, place};
use super::columns::{BatchRow, Columns};
use super::feed::{Taken, advance, feed};
use super::{Fold, occasion};
use crate::data::record::{Events, NONE};
use crate::program::{KIND_CROSSED, KIND_DECIDED, Per, Program, Pulled};

/// Rows below which grouping does not pay.
const LEAST: usize = 128;
/// Rows that are grouped together: their columns stay in the second cache.
const MOST: usize = 1 << 16;
/// How many events ahead a row, its cells, and what they hold are asked for.
const AHEAD: [usize; 3] = [24, 16, 8];

/// One end of an event, in the shard of who stands there.
#[derive(Debug, Clone, Copy)]
struct Task {
    row: u32,
    inward: bool,
    own: u32,
    other: u32,
}

/// An event for the row of a group.
struct ForGroup {
    row: u32,
    inward: bool,
    trigger: usize,
    name: (u32, u32),
    line: Line,
}

impl State {
    /// Whether the events can be taken as a batch: what replies are to depends on the order of all.
    pub fn can_group(&self, program: &Program, events: &Events) -> bool {
        let replies = program.triggers.iter().any(|trigger| trigger.replies);
        events.at.len() >= LEAST && !replies && self.aliases.is_empty()
    }

    /// Applies a batch of events with the same result as in the order of its rows.
    pub(super) fn apply_grouped(&mut self, program: &Program, events: &Events) {
        let reader = EventReader::new(program, events);
        for first in (0..events.at.len()).step_by(MOST) {
            let last = (first + MOST).min(events.at.len());
            self.apply_part(program, &reader, first, last);
        }
    }

    fn apply_part(&mut self, program: &Program, reader: &EventReader<'_>, first: usize, last: usize) {
        let columns = Columns::new(program, reader, first, last);
        let clocks = self.count(program, &columns);
        let tasks = tasks(program, &columns);
        let mut groups = Vec::new();
        for (shard, tasks) in self.shards.iter_mut().zip(&tasks) {
            let fold = Fold { program, ids: &self.ids, keys: &self.keys, now: self.now };
            shard.apply_tasks(fold, &columns, &clocks, tasks, &mut groups);
        }
        // Within a row the order is that of ends and triggers, in which a shard found them.
        groups.sort_by_key(|group| (group.row, group.inward));
        for group in &groups {
            self.feed_group(program, &columns, &clocks, group);
        }
        self.apply_memberships(program, reader, &columns, first);
    }

    /// Counts the events; gives the engine's clock after each.
    fn count(&mut self, program: &Program, columns: &Columns<'_>) -> Vec<i64> {
        let mut clocks = Vec::with_capacity(columns.at.len());
        for (at, kind) in columns.at.iter().zip(&columns.kinds) {
            if kind.is_some() {
                self.now = self.now.max(*at);
                self.events += 1;
                self.late += u64::from(*at < self.now.saturating_sub(program.time.lateness));
            }
            clocks.push(self.now);
        }
        clocks
    }

    fn feed_group(&mut self, program: &Program, columns: &Columns<'_>, clocks: &[i64], group: &ForGroup) {
        let (Some(trigger), Some(now)) = (program.triggers.get(group.trigger), clocks.get(group.row as usize)) else {
            return;
        };
        let fold = Fold { program, ids: &self.ids, keys: &self.keys, now: *now };
        let taken = BatchRow { columns, row: group.row as usize };
        let moment = fold.moment(taken.at(), trigger);
        let kept = self.shards[group.name.1 as usize % SHARDS].groups.row(group.name);
        match group.line {
            Line::First => feed(fold, trigger, kept, &taken, moment),
            Line::Earlier(from) => advance(fold, trigger, kept, from, moment),
            Line::Further => {}
        }
    }

    fn apply_memberships(&mut self, program: &Program, reader: &EventReader<'_>, columns: &Columns<'_>, first: usize) {
        let mut row = EventRow::default();
        for (index, kind) in columns.kinds.iter().enumerate() {
            if matches!(kind, Some(KIND_CROSSED | KIND_DECIDED))
                && reader.load(first + index, program.slots.len(), &mut row)
            {
                self.apply_membership(program, &row);
            }
        }
    }
}

/// The ends of all events by shard, in the order of events.
fn tasks(program: &Program, columns: &Columns<'_>) -> Vec<Vec<Task>> {
    let mut tasks: Vec<Vec<Task>> = vec![Vec::with_capacity(columns.at.len() / SHARDS * 5 / 4 + 16); SHARDS];
    let touches = |pulled: &Pulled| !(pulled.plain.is_empty() && pulled.groups.is_empty());
    for (row, kind) in columns.kinds.iter().enumerate() {
        let Some(kind) = kind.and_then(|kind| program.kinds.get(kind)) else { continue };
        let (customer, peer) = (columns.customers[row], columns.peers[row]);
        let row = row as u32;
        if customer != NONE && (columns.has_ids() || touches(&kind.outward)) {
            tasks[place(customer).0].push(Task { row, inward: false, own: customer, other: peer });
        }
        if peer != NONE && touches(&kind.inward) {
            tasks[place(peer).0].push(Task { row, inward: true, own: peer, other: customer });
        }
    }
    tasks
}

impl Shard {
    fn apply_tasks(
        &mut self,
        fold: Fold<'_>,
        columns: &Columns<'_>,
        clocks: &[i64],
        tasks: &[Task],
        groups: &mut Vec<ForGroup>,
    ) {
        for (index, task) in tasks.iter().enumerate() {
            self.look_ahead(tasks, index);
            let (row, now) = (task.row as usize, clocks[task.row as usize]);
            let taken = BatchRow { columns, row };
            let fold = Fold { now, ..fold };
            let Some(kind) = columns.kinds[row].and_then(|kind| fold.program.kinds.get(kind)) else { continue };
            if let (false, Some(id)) = (task.inward, taken.id()) {
                self.seen.note((task.own, id), taken.at(), now);
            }
            let pulled = if task.inward { &kind.inward } else { &kind.outward };
            for trigger in &pulled.plain {
                self.pull(fold, *trigger, &taken, (task.own, task.other));
            }
            for trigger in &pulled.groups {
                groups.extend(self.for_group(fold, *trigger, &taken, *task));
            }
        }
    }

    /// Asks for what the coming events need: the rows of those furthest ahead, then their cells, then
    /// what the cells hold.
    #[inline]
    fn look_ahead(&self, tasks: &[Task], index: usize) {
        let [rows, cells, inside] = AHEAD.map(|ahead| tasks.get(index + ahead).map(|task| place(task.own).1));
        if let Some(local) = rows {
            self.rows.prefetch(local);
        }
        if let Some(local) = cells {
            self.rows.prefetch_cells(local);
        }
        if let Some(local) = inside {
            self.rows.prefetch_inside(local);
        }
    }

    /// What an event means for the group of a customer at this moment.
    fn for_group<T: Taken>(&mut self, fold: Fold<'_>, index: usize, taken: &T, task: Task) -> Option<ForGroup> {
        let trigger = fold.program.triggers.get(index)?;
        let Per::Group(item) = trigger.per else { return None };
        let traits = fold.program.traits.len();
        let group =
            self.traits.get(place(task.own).1 * traits + item).filter(|known| !known.value.is_nan())?.value as u32;
        if !taken.passes(index, trigger) {
            return None;
        }
        let line = if trigger.occasion {
            self.occasions.line((task.own, occasion(fold, trigger, NONE, taken)), taken.at(), fold.now)
        } else {
            Line::First
        };
        let name = (item as u32, group);
        Some(ForGroup { row: task.row, inward: task.inward, trigger: index, name, line })
    }
}
