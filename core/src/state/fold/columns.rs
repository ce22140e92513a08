//! The columns that a batch computes once: conditions of triggers, values of features.

use super::super::event::{EventReader, key_value};
use super::feed::Taken;
use crate::base::prefetch::prefetch;
use crate::data::record::{NONE, Values};
use crate::expr::{self, Expr, Scratch};
use crate::program::{FeatureSpec, Program, SLOT_AT, SLOT_KIND, Trigger};

/// Some rows of a batch.
pub(super) struct Columns<'a> {
    /// Event times.
    pub at: &'a [i64],
    /// Position of the kind; [`NONE`] for a kind that the program lacks.
    pub kinds: Vec<u32>,
    /// Customers.
    pub customers: &'a [u32],
    /// Peers.
    pub peers: &'a [u32],
    reader: &'a EventReader<'a>,
    /// Where the rows stand in the batch.
    first: usize,
    /// By trigger; empty where there is no condition.
    passes: Vec<Vec<f64>>,
    /// By feature.
    values: Vec<Value<'a>>,
}

/// What a feature takes of each row.
enum Value<'a> {
    One(f64),
    Given(&'a [f64]),
    Computed(Vec<f64>),
}

/// One row of them.
pub(super) struct BatchRow<'a> {
    pub columns: &'a Columns<'a>,
    pub row: usize,
    pub at: i64,
    pub kind: u32,
}

/// The slots as expressions read them by column.
struct Slots<'a> {
    slots: Vec<Slot<'a>>,
    reader: &'a EventReader<'a>,
    first: usize,
}

enum Slot<'a> {
    Absent,
    Given(&'a [f64]),
    Computed(Vec<f64>),
}

impl expr::Columns for Slots<'_> {
    fn column(&self, variable: u32) -> &[f64] {
        match self.slots.get(variable as usize) {
            Some(Slot::Given(values)) => values,
            Some(Slot::Computed(values)) => values,
            _ => &[],
        }
    }

    fn keys(&self, variable: u32, row: usize) -> &[u32] {
        self.reader.list(variable as usize, self.first + row)
    }
}

impl<'a> Columns<'a> {
    /// Computes what the triggers of the kinds that occur need of rows `first..last`.
    pub fn new(program: &Program, reader: &'a EventReader<'a>, first: usize, last: usize) -> Self {
        let events = reader.events();
        let place = |kind: &u32| reader.kind(*kind).map_or(NONE, |kind| kind as u32);
        let kinds: Vec<u32> = events.kind[first..last].iter().map(place).collect();
        let mut occurs = vec![false; program.kinds.len()];
        kinds.iter().for_each(|kind| occurs.get_mut(*kind as usize).into_iter().for_each(|occurs| *occurs = true));
        let counts = |trigger: &Trigger| trigger.kinds.iter().any(|kind| occurs.get(*kind) == Some(&true));
        let mut columns = Columns {
            at: &events.at[first..last],
            kinds,
            customers: &events.customer[first..last],
            peers: &events.peer[first..last],
            reader,
            first,
            passes: Vec::new(),
            values: Vec::new(),
        };
        let needed = needed(program, &counts);
        let slots = (0..program.slots.len()).map(|slot| columns.slot(slot, needed[slot])).collect();
        let slots = Slots { slots, reader, first };
        let mut scratch = Scratch::default();
        let mut compute = |expr: &Expr| {
            let mut out = vec![f64::NAN; last - first];
            expr.columns(&slots, last - first, &mut out, &mut scratch);
            out
        };
        let condition =
            |trigger: &Trigger| trigger.filter.as_ref().filter(|_| counts(trigger)).map_or(Vec::new(), &mut compute);
        columns.passes = program.triggers.iter().map(condition).collect();
        let value = |feature: &FeatureSpec| match &feature.value {
            None => Value::One(1.0),
            Some(_) if !program.triggers.get(feature.trigger).is_some_and(counts) => Value::One(f64::NAN),
            Some(expr) => match (expr.constant(), expr.variable().and_then(|slot| numbers(reader, slot))) {
                (Some(constant), _) => Value::One(constant),
                (_, Some(numbers)) => Value::Given(&numbers[first..last]),
                _ => Value::Computed(compute(expr)),
            },
        };
        columns.values = program.features.iter().map(value).collect();
        columns
    }

    /// Whether events have ids.
    pub fn has_ids(&self) -> bool {
        self.reader.has_ids()
    }

    /// Asks for what a row gives.
    #[inline]
    pub fn prefetch(&self, row: usize) {
        let passes = self.passes.iter().filter_map(|passes| passes.get(row));
        passes.for_each(prefetch);
        for value in &self.values {
            match value {
                Value::One(_) => {}
                Value::Given(values) => values.get(row).into_iter().for_each(prefetch),
                Value::Computed(values) => values.get(row).into_iter().for_each(prefetch),
            }
        }
    }

    fn slot(&self, slot: usize, needed: bool) -> Slot<'a> {
        let rows = self.first..self.first + self.at.len();
        match (slot, self.reader.field(slot)) {
            _ if !needed => Slot::Absent,
            (SLOT_KIND, _) => {
                Slot::Computed(self.reader.events().kind[rows].iter().map(|kind| f64::from(*kind)).collect())
            }
            (SLOT_AT, _) => Slot::Computed(self.at.iter().map(|at| *at as f64).collect()),
            (_, Some(Values::Number(numbers))) => Slot::Given(&numbers[rows]),
            (_, Some(Values::Key(keys))) => Slot::Computed(keys[rows].iter().map(|key| key_value(*key)).collect()),
            _ => Slot::Absent,
        }
    }
}

/// The numbers that stand in a slot as they are.
fn numbers<'a>(reader: &EventReader<'a>, slot: u32) -> Option<&'a [f64]> {
    match reader.field(slot as usize) {
        Some(Values::Number(numbers)) => Some(numbers),
        _ => None,
    }
}

/// Slots that the expressions of some triggers read.
fn needed(program: &Program, counts: &impl Fn(&Trigger) -> bool) -> Vec<bool> {
    let mut needed = vec![false; program.slots.len()];
    for trigger in program.triggers.iter().filter(|trigger| counts(trigger)) {
        let values = trigger.features.iter().filter_map(|feature| program.features.get(*feature)?.value.as_ref());
        for expr in trigger.filter.iter().chain(values) {
            for slot in expr.inputs() {
                if let Some(needed) = needed.get_mut(*slot as usize) {
                    *needed = true;
                }
            }
        }
    }
    needed
}

impl BatchRow<'_> {
    /// Hash of the event id, where given.
    pub fn id(&self) -> Option<u64> {
        self.columns.reader.id(self.columns.first + self.row)
    }
}

impl Taken for BatchRow<'_> {
    #[inline]
    fn at(&self) -> i64 {
        self.at
    }

    #[inline]
    fn kind(&self) -> usize {
        self.kind as usize
    }

    fn occasion(&self) -> Option<u64> {
        self.columns.reader.occasion(self.columns.first + self.row)
    }

    #[inline]
    fn passes(&self, index: usize, trigger: &Trigger) -> bool {
        let passes = &self.columns.passes[index];
        trigger.filter.is_none() || passes.get(self.row) == Some(&1.0)
    }

    #[inline]
    fn value(&self, index: usize, _feature: &FeatureSpec) -> f64 {
        match &self.columns.values[index] {
            Value::One(value) => *value,
            Value::Given(values) => values[self.row],
            Value::Computed(values) => values[self.row],
        }
    }

    fn names(&self, slot: usize, each: impl FnMut(u32)) {
        self.columns.reader.names(slot, self.columns.first + self.row, each);
    }
}
