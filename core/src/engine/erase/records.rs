//! What stays of each record when a customer leaves.

use super::ErasureReceipt;
use crate::data::ids::OwnedId;
use crate::data::keys::Keys;
use crate::data::published::{Published, is_published};
use crate::data::record::{Events, FieldColumn, Fitted, NONE, Record, Ties, Traits, Values};

/// What a pass over the journal needs to know.
pub(super) struct Erasure {
    /// Dense numbers that leave, rising.
    pub numbers: Vec<u32>,
    /// Kinds of events that are about their customer alone, whoever stands at the other end.
    pub alone: Vec<u32>,
    /// The role that names an event of the other end.
    pub reply_to: Option<u32>,
    /// Their ids.
    pub names: Vec<OwnedId>,
    /// The text that each word that leaves is replaced by, rising by word.
    pub words: Vec<(u32, String)>,
    pub report: ErasureReceipt,
}

impl Erasure {
    /// Whether a number leaves.
    pub fn leaves(&self, number: u32) -> bool {
        self.numbers.binary_search(&number).is_ok()
    }

    /// Takes the ids that leave out of those from number `first` on.
    pub fn unname(&self, ids: &mut [OwnedId], first: usize) {
        for (number, id) in (first as u32..).zip(ids) {
            if self.leaves(number) {
                *id = OwnedId::Erased;
            }
        }
    }

    /// Gives the words that leave their other texts, among those from number `first` on.
    pub fn unword(&self, keys: &mut [String], first: usize) {
        for (word, text) in (first as u32..).zip(keys) {
            if let Ok(place) = self.words.binary_search_by_key(&word, |(word, _)| *word) {
                text.clone_from(&self.words[place].1);
            }
        }
    }

    /// The words that leave, by their texts, with what replaces them: rising.
    pub fn lost(&self, keys: &Keys) -> Vec<(String, String)> {
        let lost = self.words.iter().map(|(word, text)| (keys.text(*word).to_owned(), text.clone()));
        let mut lost: Vec<(String, String)> = lost.collect();
        lost.sort();
        lost
    }

    /// What stays of a record, if anything does.
    pub fn without(&mut self, record: Record) -> Option<Record> {
        match record {
            Record::Events(events) => self.events(events).map(Record::Events),
            Record::Traits(traits) => self.traits(traits).map(Record::Traits),
            Record::Ties(ties) => self.ties(ties).map(Record::Ties),
            Record::Merge(kept, _) if self.leaves(kept) => None,
            Record::Fit(fit) => Some(Record::Fit(self.fit(fit))),
            record => Some(record),
        }
    }

    /// Whether a fit has given values to any of some customers.
    pub fn values(fit: &Fitted, numbers: &[u32]) -> bool {
        let published = fit.parameters.iter().filter(|(name, _)| is_published(name));
        let mut found = published.filter_map(|(_, bytes)| Published::decode(bytes).ok());
        found.any(|mut values| values.forget(numbers) > 0)
    }

    /// A fit without what it gave to who leaves.
    pub fn fit(&mut self, mut fit: Fitted) -> Fitted {
        for (_, bytes) in fit.parameters.iter_mut().filter(|(name, _)| is_published(name)) {
            // Bytes that are no values by customer name none.
            let Ok(mut published) = Published::decode(bytes) else { continue };
            let had = published.forget(&self.numbers);
            self.report.values += had;
            if had > 0 {
                *bytes = published.encode();
            }
        }
        fit
    }

    fn events(&mut self, mut events: Events) -> Option<Events> {
        let rows = events.at.len();
        let (mut stay, mut ends) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        for row in 0..rows {
            let (customer, peer) = (events.customer[row], events.peer[row]);
            let (own, other) = (self.leaves(customer), self.leaves(peer));
            let staying = if own { peer } else { customer };
            let alone = own && self.alone.contains(&events.kind[row]);
            if (own || other) && (staying == NONE || self.leaves(staying) || alone) {
                self.report.events += 1;
                continue;
            }
            stay.push(row as u32);
            ends.push((own, other));
            if own || other {
                self.report.unnamed += 1;
                events.customer[row] = if own { NONE } else { customer };
                events.peer[row] = if other { NONE } else { peer };
            }
        }
        let mut kept = if stay.len() == rows { events } else { events.gather(&stay) };
        if ends.iter().any(|(own, other)| *own || *other) {
            for field in &mut kept.fields {
                let answered = Some(field.name) == self.reply_to;
                clear_labels(&mut field.values, |row| {
                    ends.get(row).is_some_and(|(own, other)| *own || *other && answered)
                });
            }
        }
        Some(kept).filter(|kept| rows == 0 || !kept.at.is_empty())
    }

    fn traits(&mut self, traits: Traits) -> Option<Traits> {
        let rows = traits.at.len();
        let stay: Vec<u32> = (0..rows as u32).filter(|row| !self.leaves(traits.customer[*row as usize])).collect();
        self.report.traits += (rows - stay.len()) as u64;
        if stay.len() == rows {
            return Some(traits);
        }
        let field = |field: &FieldColumn| FieldColumn { name: field.name, values: field.values.gather(&stay) };
        let mut fields: Vec<FieldColumn> = traits.fields.iter().map(field).collect();
        fields.retain(|field| !field.values.is_unknown());
        let of = |row: &u32| (traits.customer[*row as usize], traits.at[*row as usize]);
        let (customer, at) = stay.iter().map(of).unzip();
        Some(Traits { customer, at, fields }).filter(|kept| !kept.at.is_empty())
    }

    fn ties(&mut self, ties: Ties) -> Option<Ties> {
        let mut kept = Ties::default();
        for row in 0..ties.at.len() {
            if self.leaves(ties.customer[row]) || self.leaves(ties.peer[row]) {
                self.report.ties += 1;
                continue;
            }
            kept.layer.push(ties.layer[row]);
            kept.customer.push(ties.customer[row]);
            kept.peer.push(ties.peer[row]);
            kept.at.push(ties.at[row]);
            kept.weight.push(ties.weight[row]);
        }
        Some(kept).filter(|kept| !kept.at.is_empty())
    }
}

/// Makes the labels of some rows unknown.
fn clear_labels(values: &mut Values, cleared: impl Fn(usize) -> bool) {
    let Values::Label { ends, bytes } = values else { return };
    let (mut kept, mut start) = (Vec::with_capacity(bytes.len()), 0);
    for (row, end) in ends.iter_mut().enumerate() {
        let label = bytes.get(start..*end as usize).unwrap_or_default();
        start = *end as usize;
        if !cleared(row) {
            kept.extend_from_slice(label);
        }
        *end = kept.len() as u32;
    }
    *bytes = kept;
}

/// Gives every word that a record uses.
pub(super) fn each_word(record: &Record, mut each: impl FnMut(u32)) {
    let fields = match record {
        Record::Events(events) => {
            events.kind.iter().copied().for_each(&mut each);
            &events.fields
        }
        Record::Traits(traits) => &traits.fields,
        Record::Ties(ties) => return ties.layer.iter().copied().for_each(each),
        Record::Fit(fit) => {
            let published = fit.parameters.iter().filter(|(name, _)| is_published(name));
            let found = published.filter_map(|(_, bytes)| Published::decode(bytes).ok());
            return found.for_each(|values| values.used().for_each(&mut each));
        }
        _ => return,
    };
    for field in fields {
        each(field.name);
        match &field.values {
            Values::Key(keys) | Values::Keys { keys, .. } => keys.iter().copied().for_each(&mut each),
            Values::Number(_) | Values::Label { .. } => {}
        }
    }
}
