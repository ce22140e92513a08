//! The population as a fit sees it: one snapshot of the state, and the journal behind it.

use std::cell::RefCell;

use super::journal::Journal;
use crate::base::{Error, ErrorKind, Result};
use crate::columns::{Asked, Plan, Scratch, View};
use crate::data::keys::Keys;
use crate::data::record::{NONE, Record};
use crate::graph::Csr;
use crate::program::{Happened, PairRow, Per, Population, Wanted};
use crate::state::{EventReader, EventRow, State};

/// One snapshot at the engine's clock.
pub(super) struct Snapshot<'a> {
    pub view: View<'a>,
    pub journal: &'a Journal,
    pub seed: u64,
    scratch: RefCell<Scratch>,
    /// Words that the fit makes, in the order of their numbers.
    pub words: RefCell<Keys>,
}

impl<'a> Snapshot<'a> {
    pub fn new(view: View<'a>, journal: &'a Journal, seed: u64) -> Self {
        Snapshot { view, journal, seed, scratch: RefCell::default(), words: RefCell::default() }
    }

    fn asked(&self, customer: u32, peer: u32) -> Asked {
        Asked { customer, peer, at: self.at() }
    }

    /// Passes over the events that were taken, as they arrived. A shadow state folds them again, since what
    /// an event answers depends on those before it.
    fn each_event(&self, mut look: impl FnMut(&EventRow)) -> Result<()> {
        let program = self.view.program;
        let names = self.view.state.keys.clone();
        let mut shadow = State::new(program, crate::data::ids::Ids::default(), names);
        shadow.set_aliases(self.view.state.aliases());
        let mut row = EventRow::default();
        self.journal.replay(|batch| {
            if let Record::Partial { .. } = batch.record {
                return Err(super::partial::without_events());
            }
            let Record::Events(events) = &batch.record else { return Ok(()) };
            let reader = EventReader::new(program, events);
            for index in 0..events.at.len() {
                if shadow.apply_row(program, &reader, index, &mut row) {
                    look(&row);
                }
            }
            Ok(())
        })
    }
}

impl Population for Snapshot<'_> {
    fn at(&self) -> i64 {
        self.view.state.now.max(1 - crate::data::time::TIME_BOUND)
    }

    fn customers(&self) -> usize {
        self.view.state.customers() as usize
    }

    fn column(&self, column: usize) -> Result<Vec<f64>> {
        let plan = Plan::new(self.view.program, &[column]);
        plan.ready(self.view)?;
        let mut scratch = self.scratch.borrow_mut();
        let mut out = [f64::NAN];
        let value = |customer: u32| {
            self.journal.go_on_at(customer as usize)?;
            if !self.view.state.is_live(customer) {
                return Ok(f64::NAN);
            }
            plan.read(self.view, self.asked(customer, NONE), &mut scratch, &mut out);
            Ok(out[0])
        };
        (0..self.view.state.customers()).map(value).collect()
    }

    fn histogram(&self, feature: usize, customer: u32) -> Vec<(u32, f64)> {
        let mut out = Vec::new();
        self.view.state.histogram(self.view.program, feature, customer, self.at(), &mut out);
        out
    }

    fn pairs(&self, columns: &[usize]) -> Result<Vec<PairRow>> {
        let plan = Plan::new(self.view.program, columns);
        plan.ready(self.view)?;
        let mut scratch = self.scratch.borrow_mut();
        let row = |(customer, peer): (u32, u32)| {
            let mut values = vec![f64::NAN; columns.len()];
            plan.read(self.view, self.asked(customer, peer), &mut scratch, &mut values);
            PairRow { customer, peer, values }
        };
        Ok(self.view.state.pairs().into_iter().map(row).collect())
    }

    fn key(&self, key: u32) -> &str {
        self.view.state.keys.text(key)
    }

    fn events(&self, wanted: &Wanted) -> Result<Vec<Happened>> {
        let mut found = Vec::new();
        self.each_event(|row| {
            let holds = wanted.filter.as_ref().is_none_or(|filter| filter.row(row) == 1.0);
            if holds && wanted.kinds.contains(&row.kind) {
                let values = wanted.values.iter().map(|value| value.row(row)).collect();
                found.push(Happened { customer: row.customer, peer: row.peer, at: row.at, values });
            }
        })?;
        found.sort_by_key(|event| event.at);
        Ok(found)
    }

    fn history(&self, feature: usize) -> Result<Vec<(u32, u32, i64, f64)>> {
        let program = self.view.program;
        let spec = program.features.get(feature);
        let trigger = spec.and_then(|spec| program.triggers.get(spec.trigger));
        let (Some(spec), Some(trigger)) = (spec, trigger.filter(|trigger| trigger.per == Per::Pair)) else {
            return Err(Error::new(ErrorKind::Internal, "history of a feature that no pair has"));
        };
        let mut found = Vec::new();
        self.each_event(|row| {
            let counts = trigger.kinds.contains(&row.kind)
                && trigger.filter.as_ref().is_none_or(|filter| filter.row(row) == 1.0);
            let value = spec.value.as_ref().map_or(1.0, |value| value.row(row));
            let pair = row.customer != NONE && row.peer != NONE && row.customer != row.peer;
            if counts && pair && !value.is_nan() {
                found.push((row.customer, row.peer, row.at, value));
            }
        })?;
        found.sort_by_key(|(_, _, at, _)| *at);
        Ok(found)
    }

    fn ties(&self, tie: usize) -> Csr {
        self.view.state.graph(self.view.program, tie, self.at())
    }

    fn word(&self, text: &str) -> Result<u32> {
        let keys = &self.view.state.keys;
        match keys.get(text) {
            Some(known) => Ok(known),
            None => Ok(keys.len() as u32 + self.words.borrow_mut().intern(text)?),
        }
    }

    fn is_live(&self, customer: u32) -> bool {
        self.view.state.is_live(customer)
    }

    fn seed(&self) -> u64 {
        self.seed
    }
}
