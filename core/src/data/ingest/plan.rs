//! How the columns of a table become the columns of a record.

/// The declared kinds of events.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventPlan {
    /// The kinds, in the order of the definition.
    pub kinds: Vec<KindPlan>,
}

/// One kind of event.
#[derive(Debug, Clone, PartialEq)]
pub struct KindPlan {
    /// Its interned name.
    pub name: u32,
    /// Its name.
    pub word: String,
    /// The column declared for the customer.
    pub customer: Option<String>,
    /// The column declared for the peer.
    pub peer: Option<String>,
    /// The column declared for the time.
    pub at: Option<String>,
    /// All other roles.
    pub fields: Vec<FieldPlan>,
}

/// One role of a kind of event, or one trait.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldPlan {
    /// Its interned name.
    pub role: u32,
    /// Its name, which is also the column that serves if the declared one is absent.
    pub word: String,
    /// Its type.
    pub kind: FieldKind,
    /// The column declared for it.
    pub column: String,
    /// What separates several values in one text.
    pub split: Option<char>,
}

/// The type of a role or trait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// A finite f64.
    Number,
    /// True or false.
    Bool,
    /// One interned name.
    Category,
    /// Several interned names.
    Categories,
    /// Several names, interned as the one word of their set.
    Set,
    /// Microseconds since 1970 UTC.
    Time,
    /// Text that is only compared with itself.
    Label,
}

/// The declared traits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TraitPlan {
    /// The traits, in the order of the definition.
    pub fields: Vec<FieldPlan>,
}

/// The declared layers of ties.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TiePlan {
    /// Interned name and name of each layer.
    pub layers: Vec<(u32, String)>,
}

/// What a call says about its table.
#[derive(Debug, Clone, Copy, Default)]
pub struct Call<'a> {
    /// The kind of every row (of ties: the layer); without it a column `kind` (`layer`) tells, or
    /// the only declared one is meant.
    pub kind: Option<&'a str>,
    /// Role and column of the table, before what the definition says.
    pub roles: &'a [(&'a str, &'a str)],
}
