//! `[flash.NAME]`: people whose contact has flared up, while it lasts.
//!
//! Every pair keeps a fast and a slow decayed count of its events. Ties whose fast count bursts above what
//! the slow one leads one to expect, and that hang together densely, are a flash community
//! ([`crate::graph::flash_sets`]). Each fit is a look: a set that was seen at `persistence` looks in a row
//! is born and gets its name, `NAME_1` and so on; the notes of the fit tell births, peaks and dissolutions,
//! and a segment over the column records who enters and leaves. Parts: `size` and `burst` (the mean burst
//! of its ties). Whoever is in none has none.
//!
//! Keys: `on`, `where`, `fast`, `slow`, `burst`, `core`, `size`, `density`, `young`, `persistence`.

use super::values::{Fitted, nothing_yet};
use crate::base::Result;
use crate::data::codec::{Reader, Writer};
use crate::data::published::Published;
use crate::data::time::format_time;
use crate::definition::Section;
use crate::definition::model::{Column, Window};
use crate::expr::Type;
use crate::graph::{Csr, FlashChange, FlashLife, FlashOptions, FlashTracker, flash_sets};
use crate::program::{
    ColumnModel, Direction, FeatureRequest, FitOutcome, FittedModel, Input, Kind, Lowered, Lowering, Op, Part, Per,
    Population, Whose,
};

/// The kind of flash communities.
pub(crate) struct FlashKind;

struct Flash {
    name: String,
    /// Columns of a pair: the fast and the slow count.
    counts: [usize; 2],
    options: FlashOptions,
    persistence: u32,
    parts: [Part; 3],
}

/// Values a customer: the word, the size, the burst; the place of the life among those kept.
const WIDTH: usize = 4;

impl Kind for FlashKind {
    fn owns(&self, column: &Column) -> bool {
        column.section == "flash"
    }

    fn lower(&self, column: &Column, lowering: &mut Lowering<'_>) -> Option<Lowered> {
        let standard = FlashOptions::default();
        let mut section = Section::new(&column.table, &mut lowering.problems);
        let (on, filter) = (section.words("on"), section.text("where"));
        section.require("on", "the event kinds that are contacts");
        let (fast, slow) = (section.duration("fast"), section.duration("slow"));
        section.require("fast", "the half-life of what is now, as in `fast = \"6h\"`");
        section.require("slow", "the half-life of what is usual, as in `slow = \"10d\"`");
        let share = "a number from 0 to 1";
        let burst = section.number_where("burst", "a number above 0", |n| n > 0.0);
        let density = section.number_where("density", share, |n| (0.0..=1.0).contains(&n));
        let young = section.number_where("young", share, |n| (0.0..=1.0).contains(&n));
        let (core, size) = (section.integer("core", 1), section.integer("size", 2));
        let persistence = section.integer("persistence", 1);
        if let (Some(fast), Some(slow)) = (&fast, &slow)
            && fast.value >= slow.value
        {
            section.report_here("`fast` must be shorter than `slow`", None);
            return None;
        }
        section.finish();
        let (fast, slow) = (fast?.value, slow?.value);
        let kinds = lowering.paired_kinds(&on);
        if kinds.is_empty() || kinds.len() < on.len() {
            return None;
        }
        let name = column.name.value.clone();
        let mut keep = |part: &str, half_life: i64| {
            let feature = lowering.feature(FeatureRequest {
                kinds: kinds.clone(),
                filter: filter.as_ref(),
                direction: Direction::Out,
                per: Per::Pair,
                occasion: false,
                op: Op::Count,
                value: None,
                by: None,
                window: Window::HalfLife(half_life),
            })?;
            Some(lowering.feature_column(format!(".{name}.{part}"), feature, Whose::Pair, Type::Number))
        };
        let counts = [keep("fast", fast)?, keep("slow", slow)?];
        let options = FlashOptions {
            ratio: fast as f64 / slow as f64,
            burst: burst.map_or(standard.burst, |word| word.value),
            core: core.map_or(standard.core, |word| word.value),
            size: size.map_or(standard.size, |word| word.value as usize),
            density: density.map_or(standard.density, |word| word.value),
            young: young.map_or(standard.young, |word| word.value),
        };
        let persistence = persistence.map_or(1, |word| word.value);
        let part = |name: &str, kind: Type| Part { name: name.to_owned(), kind };
        let parts = [part("", Type::Key), part("size", Type::Number), part("burst", Type::Number)];
        Some(Lowered::Model(Box::new(Flash { name, counts, options, persistence, parts })))
    }
}

impl Flash {
    /// The graphs of the fast and of the slow counts.
    fn graphs(&self, population: &dyn Population) -> Result<[Csr; 2]> {
        let rows = population.pairs(&self.counts)?;
        let (mut from, mut to) = (Vec::new(), Vec::new());
        let mut weights = [Vec::new(), Vec::new()];
        for row in rows.iter().filter(|row| row.values.iter().all(|value| *value > 0.0)) {
            from.push(row.customer);
            to.push(row.peer);
            weights.iter_mut().zip(&row.values).for_each(|(column, value)| column.push(*value));
        }
        let [fast, slow] =
            weights.map(|weights| Csr::from_edges(population.customers(), &from, &to, Some(&weights), true));
        Ok([fast?, slow?])
    }

    fn label(&self, id: u32) -> String {
        format!("{}_{}", self.name, u64::from(id) + 1)
    }

    fn note(&self, change: FlashChange) -> (String, String) {
        match change {
            FlashChange::Birth { id, since } => (self.label(id), format!("birth: first seen {}", format_time(since))),
            FlashChange::Peak { id, at, size } => {
                (self.label(id), format!("peak: {size} members at {}", format_time(at)))
            }
            FlashChange::Dissolved { id, last } => {
                (self.label(id), format!("dissolved: last seen {}", format_time(last)))
            }
        }
    }
}

/// The tracker that a fit left behind: its lives, whose members are in the values by customer.
fn resumed(persistence: u32, published: &Published) -> Result<FlashTracker> {
    let mut from = Reader::new(&published.rest);
    let next_id = from.u32()?;
    let count = from.count()?;
    let life = |_| {
        Ok(FlashLife {
            id: from.u32()?,
            members: Vec::new(),
            since: from.i64()?,
            last: from.i64()?,
            seen: from.u32()?,
            born: from.u8()? == 1,
            peak: (from.u32()? as usize, from.i64()?),
            past_peak: from.u8()? == 1,
        })
    };
    let mut lives: Vec<FlashLife> = (0..count).map(life).collect::<Result<_>>()?;
    from.finish()?;
    for (customer, values) in published.rows() {
        let place = values.last().copied().unwrap_or(f64::NAN);
        if let Some(life) = lives.get_mut(place as usize).filter(|_| !place.is_nan()) {
            life.members.push(customer);
        }
    }
    Ok(FlashTracker::resume(persistence, lives, next_id))
}

fn kept(tracker: &FlashTracker) -> Vec<u8> {
    let mut out = Writer::default();
    out.u32(tracker.next_id());
    out.count(tracker.lives().len());
    for life in tracker.lives() {
        out.u32(life.id);
        out.i64(life.since);
        out.i64(life.last);
        out.u32(life.seen);
        out.u8(u8::from(life.born));
        out.u32(life.peak.0 as u32);
        out.i64(life.peak.1);
        out.u8(u8::from(life.past_peak));
    }
    out.into_bytes()
}

impl ColumnModel for Flash {
    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn inputs(&self) -> &[Input] {
        &[]
    }

    fn needs_fit(&self) -> bool {
        true
    }

    fn publishes(&self) -> bool {
        true
    }

    fn is_steady(&self, _part: usize) -> bool {
        true
    }

    fn fit(&self, population: &dyn Population, previous: Option<&[u8]>) -> Result<FitOutcome> {
        let [fast, slow] = self.graphs(population)?;
        let before = previous.map(Published::decode).transpose()?;
        if slow.arcs() == 0 {
            nothing_yet(before.as_ref(), "nobody has had a contact yet")?;
        }
        let sets = flash_sets(&fast, &slow, &self.options)?;
        let mut tracker = match &before {
            Some(published) => resumed(self.persistence, published)?,
            None => FlashTracker::new(self.persistence),
        };
        let changes = tracker.look(population.at(), &sets);
        let mut values = vec![f64::NAN; population.customers() * WIDTH];
        for (place, life) in tracker.lives().iter().enumerate() {
            let word = if life.born { f64::from(population.word(&self.label(life.id))?) } else { f64::NAN };
            let burst = sets.iter().find(|set| set.members == life.members).map_or(f64::NAN, |set| set.burst);
            for member in &life.members {
                let first = *member as usize * WIDTH;
                let row = [word, life.members.len() as f64, burst, place as f64];
                if let Some(values) = values.get_mut(first..first + WIDTH) {
                    values.copy_from_slice(&row);
                }
            }
        }
        let born = tracker.lives().iter().filter(|life| life.born);
        let diagnostics = vec![
            ("communities".to_owned(), born.clone().count() as f64),
            ("members".to_owned(), born.map(|life| life.members.len()).sum::<usize>() as f64),
            ("sets".to_owned(), sets.len() as f64),
        ];
        let published = Published::new(true, WIDTH, &values, kept(&tracker));
        let mut notes: Vec<(String, String)> = Vec::new();
        for (name, note) in changes.into_iter().map(|change| self.note(change)) {
            // One that is born when it is past its peak has both told of it.
            match notes.iter_mut().find(|(known, _)| *known == name) {
                Some((_, told)) => *told = format!("{told}; {note}"),
                None => notes.push((name, note)),
            }
        }
        Ok(FitOutcome { parameters: published.encode(), diagnostics, notes, ..FitOutcome::default() })
    }

    fn prepare(&self, parameters: Option<&[u8]>) -> Result<Box<dyn FittedModel>> {
        let mut published = parameters.map(Published::decode).transpose()?.unwrap_or_default();
        // A set that is not born yet has no name, and so no size to be read.
        published.keep(|_, values| values.first().is_some_and(|word| !word.is_nan()));
        Ok(Box::new(Fitted { published }))
    }
}
