//! Rows of records: appending batches, taking rows in another order.

use super::record::{Events, FieldColumn, NONE, Ties, Values};

impl Values {
    /// `rows` unknown values of the same shape.
    fn unknown(&self, rows: usize) -> Values {
        match self {
            Values::Number(_) => Values::Number(vec![f64::NAN; rows]),
            Values::Key(_) => Values::Key(vec![NONE; rows]),
            Values::Keys { .. } => Values::Keys { ends: vec![0; rows], keys: Vec::new() },
            Values::Label { .. } => Values::Label { ends: vec![0; rows], bytes: Vec::new() },
        }
    }

    /// Appends values; a field has one shape throughout an engine, so another shape reads as unknown.
    fn append(&mut self, other: &Values, rows: usize) {
        match (self, other) {
            (Values::Number(to), Values::Number(from)) => to.extend_from_slice(from),
            (Values::Key(to), Values::Key(from)) => to.extend_from_slice(from),
            (Values::Keys { ends, keys }, Values::Keys { ends: from, keys: more }) => {
                let first = keys.len() as u32;
                ends.extend(from.iter().map(|end| first + end));
                keys.extend_from_slice(more);
            }
            (Values::Label { ends, bytes }, Values::Label { ends: from, bytes: more }) => {
                let first = bytes.len() as u32;
                ends.extend(from.iter().map(|end| first + end));
                bytes.extend_from_slice(more);
            }
            (to, _) => {
                let unknown = to.unknown(rows);
                to.append(&unknown, rows);
            }
        }
    }

    /// The values of some rows, in their order.
    fn gather(&self, rows: &[u32]) -> Values {
        fn take<T: Copy>(from: &[T], rows: &[u32], nothing: T) -> Vec<T> {
            rows.iter().map(|row| from.get(*row as usize).copied().unwrap_or(nothing)).collect()
        }
        fn lists<T: Copy>(ends: &[u32], from: &[T], rows: &[u32]) -> (Vec<u32>, Vec<T>) {
            let (mut to_ends, mut to) = (Vec::with_capacity(rows.len()), Vec::new());
            for row in rows {
                let row = *row as usize;
                let start = if row == 0 { 0 } else { ends.get(row - 1).copied().unwrap_or(0) };
                let end = ends.get(row).copied().unwrap_or(start);
                to.extend_from_slice(from.get(start as usize..end as usize).unwrap_or_default());
                to_ends.push(to.len() as u32);
            }
            (to_ends, to)
        }
        match self {
            Values::Number(from) => Values::Number(take(from, rows, f64::NAN)),
            Values::Key(from) => Values::Key(take(from, rows, NONE)),
            Values::Keys { ends, keys } => {
                let (ends, keys) = lists(ends, keys, rows);
                Values::Keys { ends, keys }
            }
            Values::Label { ends, bytes } => {
                let (ends, bytes) = lists(ends, bytes, rows);
                Values::Label { ends, bytes }
            }
        }
    }
}

impl Events {
    /// Appends the rows of another batch; a field that one of them lacks is unknown there.
    pub fn append(&mut self, other: &Events) {
        let (own, more) = (self.at.len(), other.at.len());
        for field in &other.fields {
            if let Err(place) = self.fields.binary_search_by_key(&field.name, |known| known.name) {
                let values = field.values.unknown(own);
                self.fields.insert(place, FieldColumn { name: field.name, values });
            }
        }
        for field in &mut self.fields {
            match other.fields.binary_search_by_key(&field.name, |known| known.name) {
                Ok(found) => {
                    if let Some(found) = other.fields.get(found) {
                        field.values.append(&found.values, more);
                    }
                }
                Err(_) => {
                    let unknown = field.values.unknown(more);
                    field.values.append(&unknown, more);
                }
            }
        }
        self.kind.extend_from_slice(&other.kind);
        self.customer.extend_from_slice(&other.customer);
        self.peer.extend_from_slice(&other.peer);
        self.at.extend_from_slice(&other.at);
    }

    /// The rows at some positions, in their order.
    pub fn gather(&self, rows: &[u32]) -> Events {
        fn take<T: Copy + Default>(from: &[T], rows: &[u32]) -> Vec<T> {
            rows.iter().map(|row| from.get(*row as usize).copied().unwrap_or_default()).collect()
        }
        Events {
            kind: take(&self.kind, rows),
            customer: take(&self.customer, rows),
            peer: take(&self.peer, rows),
            at: take(&self.at, rows),
            fields: self
                .fields
                .iter()
                .map(|field| FieldColumn { name: field.name, values: field.values.gather(rows) })
                .collect(),
        }
    }

    /// The same rows by (time, row); rows that stand so already are not moved.
    pub fn sorted_by_time(self) -> Events {
        if self.at.is_sorted() {
            return self;
        }
        let mut rows: Vec<u32> = (0..self.at.len() as u32).collect();
        rows.sort_by_key(|row| self.at.get(*row as usize).copied());
        self.gather(&rows)
    }
}

impl Ties {
    /// Appends the rows of another batch.
    pub fn append(&mut self, other: &Ties) {
        self.layer.extend_from_slice(&other.layer);
        self.customer.extend_from_slice(&other.customer);
        self.peer.extend_from_slice(&other.peer);
        self.at.extend_from_slice(&other.at);
        self.weight.extend_from_slice(&other.weight);
    }
}
