//! The records of the journal: everything that happens, in columns.
//!
//! Kinds, roles and categories are interned once for the whole engine ([`super::keys::Keys`]), so a
//! record describes itself: it names its kind and its fields by key, never by the position of a
//! word in today's definition. `crossed`, `decided` and `outcome` are events of built-in kinds.

/// Marks "nobody", "no key" and "no row" wherever a dense u32 stands.
pub const NONE: u32 = u32::MAX;

/// The values of one field over the rows of a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Numbers; flags as 0 and 1; times as microseconds since 1970 UTC. NaN is unknown.
    Number(Vec<f64>),
    /// One interned name a row; [`NONE`] is unknown.
    Key(Vec<u32>),
    /// Several interned names a row: row `i` holds `keys[ends[i - 1]..ends[i]]`.
    Keys {
        /// Exclusive end of each row's names, rising.
        ends: Vec<u32>,
        /// The names of all rows.
        keys: Vec<u32>,
    },
    /// Text a row, compared only with itself: ids, occasions. Empty is unknown.
    Label {
        /// Exclusive end of each row's text, rising.
        ends: Vec<u32>,
        /// The texts of all rows, UTF-8.
        bytes: Vec<u8>,
    },
}

/// A named field of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldColumn {
    /// The interned role or trait.
    pub name: u32,
    /// One entry a row.
    pub values: Values,
}

/// Events in columns. Every column has one entry a row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Events {
    /// The interned kind.
    pub kind: Vec<u32>,
    /// Dense customer, or [`NONE`].
    pub customer: Vec<u32>,
    /// Dense peer, or [`NONE`].
    pub peer: Vec<u32>,
    /// Event time in microseconds since 1970 UTC.
    pub at: Vec<i64>,
    /// Fields, rising by name; a field that no row has is absent.
    pub fields: Vec<FieldColumn>,
}

/// Traits in columns; an unknown value leaves the trait as it was.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traits {
    /// Dense customer.
    pub customer: Vec<u32>,
    /// When the value was learnt.
    pub at: Vec<i64>,
    /// Traits, rising by name.
    pub fields: Vec<FieldColumn>,
}

/// Ties given directly (`relate`), in columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ties {
    /// The interned layer.
    pub layer: Vec<u32>,
    /// Dense customer from whom the tie goes.
    pub customer: Vec<u32>,
    /// Dense customer to whom it goes.
    pub peer: Vec<u32>,
    /// When it was observed.
    pub at: Vec<i64>,
    /// Weight to add; NaN removes the tie.
    pub weight: Vec<f64>,
}

/// A fit: the parameters that it published, one blob a column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fitted {
    /// The engine's clock at the fit.
    pub at: i64,
    /// Column name and its encoded parameters, in dependency order.
    pub parameters: Vec<(String, Vec<u8>)>,
}

/// What one journal batch holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// The definition in force from here on, as its canonical text.
    Define(String),
    /// Events of any kinds, sorted by (time, row).
    Events(Events),
    /// Traits.
    Traits(Traits),
    /// Ties.
    Ties(Ties),
    /// The clock moved to this moment.
    Advance(i64),
    /// A fit was published.
    Fit(Fitted),
    /// Two ids were found to be one customer: the second folds into the first.
    Merge(u32, u32),
    /// A customer was erased, of whom only this number is left.
    Erase(u32),
    /// A part of another engine's state, absorbed once its last part is there.
    Partial {
        /// That engine's clock.
        at: i64,
        /// Whether it is the last part.
        last: bool,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// One value of the journal: a record with what it adds to the tables of names.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Sequence number of its first row; a record without rows takes one number.
    pub sequence: u64,
    /// The engine's clock once the batch is applied.
    pub now: i64,
    /// Ids first seen here, in the order of their dense numbers.
    pub ids: Vec<super::ids::OwnedId>,
    /// Keys first seen here, in the order of their numbers.
    pub keys: Vec<String>,
    /// The record.
    pub record: Record,
}

impl Record {
    /// Sequence numbers that the record takes: its rows, at least one.
    pub fn rows(&self) -> u64 {
        let rows = match self {
            Record::Events(events) => events.at.len(),
            Record::Traits(traits) => traits.at.len(),
            Record::Ties(ties) => ties.at.len(),
            _ => 1,
        };
        (rows as u64).max(1)
    }
}
