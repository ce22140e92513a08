//! The rows of one chunk that are of one kind: decoded, and the faulty ones told apart.

use super::super::record::{NONE, Values};
use super::convert::Fault;
use super::decode::{Data, Decoded, Form, Local, NO_TIME, decode};
use super::source::Source;
use crate::base::Result;

/// Whom a row must name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Customer,
    Either,
    Both,
}

/// The columns of a table that hold the roles of one kind.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    /// The kind or layer, interned.
    pub kind: u32,
    pub who: Who,
    pub customer: Option<usize>,
    pub peer: Option<usize>,
    pub at: Option<usize>,
    /// The time of a row that tells none; without it such a row is refused.
    pub default_at: Option<i64>,
    /// Times after this are refused.
    pub ceiling: i64,
    /// Role, form and column.
    pub fields: Vec<(u32, Form, usize)>,
}

/// The decoded rows of one kind.
pub(super) struct Group {
    pub kind: u32,
    /// Positions in the chunk; every row if there are none.
    rows: Option<Vec<u32>>,
    pub count: usize,
    pub at: Part,
    pub customer: Part,
    pub peer: Part,
    /// By role.
    pub fields: Vec<(u32, Part)>,
}

/// One column with the user's word for it.
pub(super) struct Part {
    name: String,
    pub decoded: Decoded,
}

impl Group {
    pub(super) fn read(
        source: &Source<'_>,
        columns: &Columns,
        rows: Option<Vec<u32>>,
        local: &mut Local,
    ) -> Result<Group> {
        let count = rows.as_ref().map_or(source.rows(), Vec::len);
        let mut part = |column: Option<usize>, form: Form, role: &str| {
            let Some(column) = column else {
                return Ok(Part { name: role.to_owned(), decoded: Decoded::unknown(count, form) });
            };
            let name = source.name(column).to_owned();
            let decoded = decode(source.column(column)?, form, &name, local)?;
            let decoded = rows.as_ref().map(|rows| decoded.gather(rows)).unwrap_or(decoded);
            Ok::<Part, crate::base::Error>(Part { name, decoded })
        };
        let at = part(columns.at, Form::Time, "at")?;
        let customer = part(columns.customer, Form::Id, "customer")?;
        let peer = part(columns.peer, Form::Id, "peer")?;
        let field = |&(role, form, column): &(u32, Form, usize)| Ok((role, part(Some(column), form, "")?));
        let fields = columns.fields.iter().map(field).collect::<Result<_>>()?;
        let mut group = Group { kind: columns.kind, rows, count, at, customer, peer, fields };
        group.require_time(columns);
        group.require_names(columns.who);
        Ok(group)
    }

    /// The position in the chunk of one of the rows.
    pub(super) fn row(&self, position: u32) -> u32 {
        let rows = self.rows.as_ref();
        rows.map_or(position, |rows| rows.get(position as usize).copied().unwrap_or(position))
    }

    /// The faulty rows, rising, with the reason of the first fault of each.
    pub(super) fn faults(&self) -> Vec<(u32, String)> {
        let parts = [&self.at, &self.customer, &self.peer].into_iter().chain(self.fields.iter().map(|(_, part)| part));
        let mut faults: Vec<(u32, Fault, &str)> = Vec::new();
        for part in parts {
            faults.extend(part.decoded.faults.iter().map(|&(row, fault)| (row, fault, part.name.as_str())));
        }
        // The order of the parts decides within a row: the sort is stable.
        faults.sort_by_key(|&(row, ..)| row);
        faults.dedup_by_key(|(row, ..)| *row);
        faults.into_iter().map(|(row, fault, name)| (row, fault.reason(name))).collect()
    }

    /// Leaves the rows at some positions.
    pub(super) fn keep(&mut self, positions: &[u32]) {
        self.rows = Some(positions.iter().map(|&position| self.row(position)).collect());
        self.count = positions.len();
        let parts = [&mut self.at, &mut self.customer, &mut self.peer];
        for part in parts.into_iter().chain(self.fields.iter_mut().map(|(_, part)| part)) {
            part.decoded = part.decoded.gather(positions);
        }
    }

    /// Gives rows without a time the default one, or refuses them; refuses what lies ahead.
    fn require_time(&mut self, columns: &Columns) {
        let Data::Times(at) = &mut self.at.decoded.data else { return };
        if columns.at.is_none()
            && let Some(default) = columns.default_at
        {
            at.fill(default);
        }
        let mut faults = Vec::new();
        if !at.iter().all(|&at| at != NO_TIME && at <= columns.ceiling) {
            let faulty = &self.at.decoded.faults;
            for (row, at) in (0u32..).zip(at) {
                if *at > columns.ceiling {
                    faults.push((row, Fault::BeyondCeiling));
                } else if *at == NO_TIME && faulty.binary_search_by_key(&row, |&(row, _)| row).is_err() {
                    match columns.default_at {
                        Some(default) => *at = default,
                        None => faults.push((row, Fault::Missing)),
                    }
                }
            }
        }
        self.at.decoded.fail(faults);
    }

    fn require_names(&mut self, who: Who) {
        let customer = absent(&self.customer.decoded.data);
        let peer = absent(&self.peer.decoded.data);
        let (customer, peer) = match who {
            Who::Customer => (customer, Vec::new()),
            Who::Both => (customer, peer),
            Who::Either => (customer.into_iter().filter(|row| peer.binary_search(row).is_ok()).collect(), Vec::new()),
        };
        let missing = |rows: Vec<u32>| rows.into_iter().map(|row| (row, Fault::Missing)).collect();
        self.customer.decoded.fail(missing(customer));
        self.peer.decoded.fail(missing(peer));
    }
}

/// Rows that name nobody.
fn absent(data: &Data) -> Vec<u32> {
    match data {
        Data::Ids(codes) => (0u32..).zip(codes).filter(|&(_, &code)| code == NONE).map(|(row, _)| row).collect(),
        _ => Vec::new(),
    }
}

impl Part {
    /// The values of a field.
    pub(super) fn into_values(self) -> Values {
        match self.decoded.data {
            Data::Values(values) => values,
            _ => Values::Number(Vec::new()),
        }
    }
}
