//! Rows of records: joining, cutting and reordering columns.

use super::record::{Events, FieldColumn, NONE, Values};

impl Values {
    /// No values of the same shape.
    pub(crate) fn empty(&self) -> Values {
        match self {
            Values::Number(_) => Values::Number(Vec::new()),
            Values::Key(_) => Values::Key(Vec::new()),
            Values::Keys { .. } => Values::Keys { ends: Vec::new(), keys: Vec::new() },
            Values::Label { .. } => Values::Label { ends: Vec::new(), bytes: Vec::new() },
        }
    }

    /// Makes the column `rows` long, with unknown values behind those it has.
    pub(crate) fn pad(&mut self, rows: usize) {
        match self {
            Values::Number(numbers) => numbers.resize(rows, f64::NAN),
            Values::Key(keys) => keys.resize(rows, NONE),
            Values::Keys { ends, keys } => ends.resize(rows, keys.len() as u32),
            Values::Label { ends, bytes } => ends.resize(rows, bytes.len() as u32),
        }
    }

    /// Cuts the column to `rows`.
    pub(crate) fn truncate(&mut self, rows: usize) {
        let end = |ends: &[u32]| rows.checked_sub(1).and_then(|row| ends.get(row)).map_or(0, |&end| end as usize);
        match self {
            Values::Number(numbers) => numbers.truncate(rows),
            Values::Key(keys) => keys.truncate(rows),
            Values::Keys { ends, keys } => {
                ends.truncate(rows);
                keys.truncate(end(ends));
            }
            Values::Label { ends, bytes } => {
                ends.truncate(rows);
                bytes.truncate(end(ends));
            }
        }
    }

    /// Whether no row has a value.
    pub(crate) fn is_unknown(&self) -> bool {
        match self {
            Values::Number(numbers) => numbers.iter().all(|number| number.is_nan()),
            Values::Key(keys) => keys.iter().all(|&key| key == NONE),
            Values::Keys { keys, .. } => keys.is_empty(),
            Values::Label { bytes, .. } => bytes.is_empty(),
        }
    }

    /// Names or bytes that the rows hold beside their ends, of which a u32 counts all.
    pub(crate) fn inner(&self) -> usize {
        match self {
            Values::Number(_) | Values::Key(_) => 0,
            Values::Keys { keys, .. } => keys.len(),
            Values::Label { bytes, .. } => bytes.len(),
        }
    }

    /// Appends `rows` rows; those of another shape, which a definition rules out, are unknown.
    /// The caller sees to it that [`Values::inner`] of both stays below 2^32 - 1.
    pub(crate) fn append(&mut self, other: &Values, rows: usize) {
        fn lists<T: Copy>(ends: &mut Vec<u32>, all: &mut Vec<T>, from: &[u32], more: &[T]) {
            let first = all.len() as u32;
            all.extend_from_slice(more);
            ends.extend(from.iter().map(|end| first + end));
        }
        let total = self.len() + rows;
        match (&mut *self, other) {
            (Values::Number(to), Values::Number(from)) => to.extend_from_slice(from),
            (Values::Key(to), Values::Key(from)) => to.extend_from_slice(from),
            (Values::Keys { ends, keys }, Values::Keys { ends: from, keys: more }) => lists(ends, keys, from, more),
            (Values::Label { ends, bytes }, Values::Label { ends: from, bytes: more }) => {
                lists(ends, bytes, from, more)
            }
            _ => (),
        }
        self.pad(total);
    }

    fn len(&self) -> usize {
        match self {
            Values::Number(numbers) => numbers.len(),
            Values::Key(keys) => keys.len(),
            Values::Keys { ends, .. } | Values::Label { ends, .. } => ends.len(),
        }
    }

    /// The values of some rows, in their order; a row that is not there is unknown.
    pub(crate) fn gather(&self, rows: &[u32]) -> Values {
        match self {
            Values::Number(from) => Values::Number(gather(from, rows, f64::NAN)),
            Values::Key(from) => Values::Key(gather(from, rows, NONE)),
            Values::Keys { ends, keys } => {
                let (ends, keys) = gather_lists(ends, keys, rows);
                Values::Keys { ends, keys }
            }
            Values::Label { ends, bytes } => {
                let (ends, bytes) = gather_lists(ends, bytes, rows);
                Values::Label { ends, bytes }
            }
        }
    }
}

/// The entries of some rows, in their order; `nothing` for a row that is not there.
pub(crate) fn gather<T: Copy>(from: &[T], rows: &[u32], nothing: T) -> Vec<T> {
    rows.iter().map(|&row| from.get(row as usize).copied().unwrap_or(nothing)).collect()
}

fn gather_lists<T: Copy>(ends: &[u32], from: &[T], rows: &[u32]) -> (Vec<u32>, Vec<T>) {
    let mut to_ends = Vec::with_capacity(rows.len());
    let mut to = Vec::new();
    for &row in rows {
        let row = row as usize;
        let start = row.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
        let end = ends.get(row).copied().unwrap_or(start);
        to.extend_from_slice(from.get(start as usize..end as usize).unwrap_or_default());
        to_ends.push(to.len() as u32);
    }
    (to_ends, to)
}

/// Appends `more` rows of fields to `own` rows; a field that one of them lacks is unknown there.
pub(crate) fn append_fields(to: &mut Vec<FieldColumn>, own: usize, from: &[FieldColumn], more: usize) {
    for field in from {
        let place = to.binary_search_by_key(&field.name, |known| known.name).unwrap_or_else(|place| {
            let mut values = field.values.empty();
            values.pad(own);
            to.insert(place, FieldColumn { name: field.name, values });
            place
        });
        if let Some(known) = to.get_mut(place) {
            known.values.append(&field.values, more);
        }
    }
    for field in to {
        field.values.pad(own + more);
    }
}

/// Positions in two batches that stand one behind the other.
struct Places<'a> {
    rows: &'a [u32],
    own: usize,
    more: usize,
}

impl Places<'_> {
    fn pick<T: Copy>(&self, own: &[T], more: &[T], nothing: T) -> Vec<T> {
        let entry = |row: usize| row.checked_sub(self.own).map_or_else(|| own.get(row), |row| more.get(row));
        self.rows.iter().map(|row| entry(*row as usize).copied().unwrap_or(nothing)).collect()
    }

    /// The values of a field that at least one of the batches has.
    fn weave(&self, own: Option<&Values>, more: Option<&Values>) -> Option<Values> {
        fn numbers(values: Option<&Values>) -> &[f64] {
            if let Some(Values::Number(numbers)) = values { numbers } else { &[] }
        }
        fn keys(values: Option<&Values>) -> &[u32] {
            if let Some(Values::Key(keys)) = values { keys } else { &[] }
        }
        let shape = own.or(more)?;
        Some(match shape {
            Values::Number(_) => Values::Number(self.pick(numbers(own), numbers(more), f64::NAN)),
            Values::Key(_) => Values::Key(self.pick(keys(own), keys(more), NONE)),
            _ => {
                let mut all = own.map_or_else(|| shape.empty(), Values::clone);
                all.pad(self.own);
                all.append(more.unwrap_or(&shape.empty()), self.more);
                all.gather(self.rows)
            }
        })
    }
}

impl Events {
    /// Appends the rows of another batch; a field that one of them lacks is unknown there.
    pub fn append(&mut self, other: &Events) {
        append_fields(&mut self.fields, self.at.len(), &other.fields, other.at.len());
        self.kind.extend_from_slice(&other.kind);
        self.customer.extend_from_slice(&other.customer);
        self.peer.extend_from_slice(&other.peer);
        self.at.extend_from_slice(&other.at);
    }

    /// Appends an event of which all fields are names, given by role and name.
    pub fn push_named(&mut self, kind: u32, customer: u32, at: i64, fields: &[(u32, u32)]) {
        let rows = self.at.len();
        for (role, key) in fields {
            let place = self.fields.binary_search_by_key(role, |field| field.name).unwrap_or_else(|place| {
                let mut values = Values::Key(Vec::new());
                values.pad(rows);
                self.fields.insert(place, FieldColumn { name: *role, values });
                place
            });
            if let Some(FieldColumn { values: Values::Key(keys), .. }) = self.fields.get_mut(place) {
                keys.push(*key);
            }
        }
        self.kind.push(kind);
        self.customer.push(customer);
        self.peer.push(NONE);
        self.at.push(at);
        if self.fields.len() > fields.len() {
            self.fields.iter_mut().for_each(|field| field.values.pad(rows + 1));
        }
    }

    /// The rows at some positions, in their order.
    pub fn gather(&self, rows: &[u32]) -> Events {
        self.weave(&Events::default(), rows)
    }

    /// The rows at some positions of this batch and of `other`, which are counted on from this one's,
    /// in their order. A field that one of them lacks is unknown there.
    pub fn weave(&self, other: &Events, rows: &[u32]) -> Events {
        let place = Places { rows, own: self.at.len(), more: other.at.len() };
        let mut names: Vec<u32> = self.fields.iter().chain(&other.fields).map(|field| field.name).collect();
        names.sort_unstable();
        names.dedup();
        let field = |name: u32| {
            let of = |events: &'_ Events| events.fields.iter().position(|field| field.name == name);
            let own = of(self).and_then(|place| self.fields.get(place));
            let more = of(other).and_then(|place| other.fields.get(place));
            Some(FieldColumn { name, values: place.weave(own.map(|own| &own.values), more.map(|more| &more.values))? })
        };
        Events {
            kind: place.pick(&self.kind, &other.kind, NONE),
            customer: place.pick(&self.customer, &other.customer, NONE),
            peer: place.pick(&self.peer, &other.peer, NONE),
            at: place.pick(&self.at, &other.at, 0),
            fields: names.into_iter().filter_map(field).collect(),
        }
    }

    /// Cuts the batch to its first rows.
    pub fn truncate(&mut self, rows: usize) {
        self.kind.truncate(rows);
        self.customer.truncate(rows);
        self.peer.truncate(rows);
        self.at.truncate(rows);
        for field in &mut self.fields {
            field.values.truncate(rows);
        }
    }
}
