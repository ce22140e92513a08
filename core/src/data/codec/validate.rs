//! Whether a batch makes sense, beyond its bytes: what a fold may rely on without looking.

use super::super::record::{Batch, Events, FieldColumn, NONE, Record, Ties, Traits, Values};
use super::super::time::is_valid_time;
use super::bytes::damaged;
use crate::base::Result;

impl Batch {
    /// Holds the batch against `ids` ids and `keys` keys, those that it brings included. After this,
    /// its columns are equally long; every dense id, kind, layer, name and key is known or, where
    /// that is allowed, [`NONE`]; times are valid (a clock before the first event is
    /// `i64::MIN`); names of fields rise; ends rise and end with their values.
    ///
    /// # Errors
    ///
    /// `StoreCorrupt` for a batch that breaks any of this.
    pub fn validate(&self, ids: usize, keys: usize) -> Result<()> {
        let known = Known { ids, keys };
        hold(self.now == i64::MIN || is_valid_time(self.now), "its clock is out of range")?;
        match &self.record {
            Record::Events(events) => known.events(events),
            Record::Traits(traits) => known.traits(traits),
            Record::Ties(ties) => known.ties(ties),
            Record::Advance(at) => hold(is_valid_time(*at), "a time is out of range"),
            Record::Fit(fit) => hold(is_valid_time(fit.at), "a time is out of range"),
            Record::Merge(kept, folded) => {
                known.ids(&[*kept, *folded], false)?;
                hold(kept != folded, "a customer is merged with itself")
            }
            Record::Erase(customer) => known.ids(&[*customer], false),
            Record::Partial { at, .. } => hold(*at == i64::MIN || is_valid_time(*at), "a time is out of range"),
            Record::Define(_) => Ok(()),
        }
    }
}

struct Known {
    ids: usize,
    keys: usize,
}

impl Known {
    fn events(&self, events: &Events) -> Result<()> {
        let rows = events.at.len();
        lengths(rows, &[events.kind.len(), events.customer.len(), events.peer.len()])?;
        self.keys(&events.kind, false)?;
        self.ids(&events.customer, true)?;
        self.ids(&events.peer, true)?;
        let nobody = events.customer.iter().zip(&events.peer).any(|(&customer, &peer)| customer & peer == NONE);
        hold(!nobody, "an event has neither customer nor peer")?;
        times(&events.at)?;
        self.fields(&events.fields, rows)
    }

    fn traits(&self, traits: &Traits) -> Result<()> {
        let rows = traits.at.len();
        lengths(rows, &[traits.customer.len()])?;
        self.ids(&traits.customer, false)?;
        times(&traits.at)?;
        self.fields(&traits.fields, rows)
    }

    fn ties(&self, ties: &Ties) -> Result<()> {
        lengths(ties.at.len(), &[ties.layer.len(), ties.customer.len(), ties.peer.len(), ties.weight.len()])?;
        self.keys(&ties.layer, false)?;
        self.ids(&ties.customer, false)?;
        self.ids(&ties.peer, false)?;
        times(&ties.at)
    }

    fn fields(&self, fields: &[FieldColumn], rows: usize) -> Result<()> {
        hold(fields.is_sorted_by(|a, b| a.name < b.name), "its fields are out of order")?;
        for field in fields {
            self.keys(&[field.name], false)?;
            match &field.values {
                Values::Number(values) => lengths(rows, &[values.len()])?,
                Values::Key(keys) => {
                    lengths(rows, &[keys.len()])?;
                    self.keys(keys, true)?;
                }
                Values::Keys { ends, keys } => {
                    lengths(rows, &[ends.len()])?;
                    lists(ends, keys.len())?;
                    self.keys(keys, false)?;
                }
                Values::Label { ends, bytes } => {
                    lengths(rows, &[ends.len()])?;
                    lists(ends, bytes.len())?;
                    let text = std::str::from_utf8(bytes).map_err(|_| damaged("a text is not UTF-8"))?;
                    hold(ends.iter().all(|&end| text.is_char_boundary(end as usize)), "its texts don't add up")?;
                }
            }
        }
        Ok(())
    }

    fn ids(&self, ids: &[u32], or_none: bool) -> Result<()> {
        hold(all_below(ids, self.ids, or_none), "it names an unknown customer")
    }

    fn keys(&self, keys: &[u32], or_none: bool) -> Result<()> {
        hold(all_below(keys, self.keys, or_none), "it names an unknown word")
    }
}

fn all_below(numbers: &[u32], bound: usize, or_none: bool) -> bool {
    numbers.iter().all(|&number| (number as usize) < bound && number != NONE || (or_none && number == NONE))
}

fn times(at: &[i64]) -> Result<()> {
    hold(at.iter().all(|&at| is_valid_time(at)), "a time is out of range")
}

fn lengths(rows: usize, others: &[usize]) -> Result<()> {
    hold(others.iter().all(|&other| other == rows), "its columns differ in length")
}

fn lists(ends: &[u32], values: usize) -> Result<()> {
    let whole = ends.last().map_or(0, |&end| end as usize) == values;
    hold(whole && ends.is_sorted(), "its lists don't add up")
}

fn hold(holds: bool, otherwise: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(damaged(otherwise)) }
}
