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
use crate::program::{EventKind, KIND_CROSSED, KIND_DECIDED, Per, Program, Pulled};

/// Rows below which grouping does not pay.
const LEAST: usize = 128;
/// Rows that are grouped together: their columns stay in the second cache.
const MOST: usize = 1 << 16;
/// How many events ahead a row, its cells, and what they hold are asked for.
const AHEAD: [usize; 3] = [24, 16, 8];

/// One end of an event, in the shard of who stands there.
#[derive(Debug, Clone, Copy)]
struct Task {
    at: i64,
    /// The engine's clock after the event.
    now: i64,
    row: u32,
    own: u32,
    other: u32,
    kind: u16,
    inward: bool,
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
        let few_kinds = program.kinds.len() < usize::from(u16::MAX);
        events.at.len() >= LEAST && !replies && few_kinds && self.aliases.is_empty()
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
        let rows = self.ids.len() / SHARDS + 1;
        let tasks = Tasks::new(program, &columns, &clocks, rows);
        let mut groups = Vec::new();
        for (index, shard) in self.shards.iter_mut().enumerate() {
            let fold = Fold { program, ids: &self.ids, keys: &self.keys, now: self.now };
            shard.apply_tasks(fold, &columns, tasks.of(index), &mut groups);
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
            if *kind != NONE {
                self.count_event(program, *kind as usize, *at);
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
        let row = group.row as usize;
        let (Some(at), Some(kind)) = (columns.at.get(row), columns.kinds.get(row)) else { return };
        let taken = BatchRow { columns, row, at: *at, kind: *kind };
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
            if matches!(*kind as usize, KIND_CROSSED | KIND_DECIDED)
                && reader.load(first + index, program.slots.len(), &mut row)
            {
                self.apply_membership(program, &row);
            }
        }
    }
}

/// The ends of all events, by shard.
struct Tasks {
    tasks: Vec<Task>,
    /// Where the tasks of each shard begin, and the last ones end.
    starts: Vec<usize>,
}

/// Parts of a shard among which events may be ordered, as rows that lie together are found together.
const PARTS: usize = 64;

impl Tasks {
    /// The tasks of a batch in shards of at most `rows` rows.
    fn new(program: &Program, columns: &Columns<'_>, clocks: &[i64], rows: usize) -> Self {
        let found = || ends(program, columns, clocks);
        let apart = is_apart(program, columns);
        let part = |task: &Task| {
            let (shard, local) = place(task.own);
            if apart { shard * PARTS + (local * PARTS / rows).min(PARTS - 1) } else { shard * PARTS }
        };
        let mut places = vec![0; SHARDS * PARTS + 1];
        for task in found() {
            places[part(&task) + 1] += 1;
        }
        for index in 1..places.len() {
            places[index] += places[index - 1];
        }
        let starts = places.iter().step_by(PARTS).copied().collect();
        let nobody = Task { at: 0, now: 0, row: 0, own: NONE, other: NONE, kind: 0, inward: false };
        let mut tasks = vec![nobody; places[SHARDS * PARTS]];
        for task in found() {
            let place = &mut places[part(&task)];
            tasks[*place] = task;
            *place += 1;
        }
        Tasks { tasks, starts }
    }

    fn of(&self, shard: usize) -> &[Task] {
        let bound = |index: usize| self.starts.get(index).copied().unwrap_or(0);
        self.tasks.get(bound(shard)..bound(shard + 1)).unwrap_or_default()
    }
}

/// Whether what an event changes in a shard is its customer's row alone, so that the order between
/// customers does not matter.
fn is_apart(program: &Program, columns: &Columns<'_>) -> bool {
    !columns.has_ids() && program.triggers.iter().all(|trigger| trigger.per == Per::Customer && !trigger.occasion)
}

/// The ends that pull a trigger, in the order of events.
fn ends<'a>(program: &'a Program, columns: &'a Columns<'_>, clocks: &'a [i64]) -> impl Iterator<Item = Task> + 'a {
    let touches = |pulled: &Pulled| !(pulled.plain.is_empty() && pulled.groups.is_empty());
    let touched = |kind: &EventKind| (columns.has_ids() || touches(&kind.outward), touches(&kind.inward));
    let touched: Vec<(bool, bool)> = program.kinds.iter().map(touched).collect();
    let rows = columns.kinds.iter().zip(columns.at).zip(clocks).zip(columns.customers.iter().zip(columns.peers));
    (0..).zip(rows).flat_map(move |(row, (((kind, at), now), (customer, peer)))| {
        let (outward, inward) = touched.get(*kind as usize).copied().unwrap_or_default();
        let task = Task { at: *at, now: *now, row, own: *customer, other: *peer, kind: *kind as u16, inward: false };
        let peers = Task { own: *peer, other: *customer, inward: true, ..task };
        let out = (outward && *customer != NONE).then_some(task);
        out.into_iter().chain((inward && *peer != NONE).then_some(peers))
    })
}

impl Shard {
    fn apply_tasks(&mut self, fold: Fold<'_>, columns: &Columns<'_>, tasks: &[Task], groups: &mut Vec<ForGroup>) {
        for (index, task) in tasks.iter().enumerate() {
            self.look_ahead(columns, tasks, index);
            let fold = Fold { now: task.now, ..fold };
            let taken = BatchRow { columns, row: task.row as usize, at: task.at, kind: u32::from(task.kind) };
            let Some(kind) = fold.program.kinds.get(usize::from(task.kind)) else { continue };
            if let (false, Some(id)) = (task.inward, taken.id()) {
                self.seen.note((task.own, id), task.at, task.now);
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
    fn look_ahead(&self, columns: &Columns<'_>, tasks: &[Task], index: usize) {
        let [rows, cells, inside] = AHEAD.map(|ahead| tasks.get(index + ahead).map(|task| place(task.own).1));
        if let (Some(local), Some(task)) = (rows, tasks.get(index + AHEAD[0])) {
            self.rows.prefetch(local);
            columns.prefetch(task.row as usize);
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
