//! The names of a model's inputs, so that columns are found by name and never by where they stand.

use serde::{Deserialize, Serialize};

use super::saved::Saved;
use crate::base::likeness::did_you_mean;
use crate::base::{Error, ErrorKind, Result};

/// The place of every name among `columns`, in the order of the names.
///
/// Errors with [`ErrorKind::UnknownColumn`] where a name has none, or more than one.
pub(super) fn places<'a>(names: impl IntoIterator<Item = &'a str>, columns: &[&str]) -> Result<Vec<usize>> {
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.sort_by_key(|index| columns[*index]);
    let find = |name: &'a str| {
        let from = order.partition_point(|index| columns[*index] < name);
        let until = order.partition_point(|index| columns[*index] <= name);
        let unknown = |text: String| Error::new(ErrorKind::UnknownColumn, text);
        match order.get(from..until) {
            Some([only]) => Ok(*only),
            Some([_, ..]) => Err(unknown(format!("more than one column for the model's input `{name}`"))),
            _ => {
                let hint = did_you_mean(name, columns).unwrap_or_else(|| "columns are found by their names".to_owned());
                Err(unknown(format!("no column for the model's input `{name}`")).hint(hint))
            }
        }
    };
    names.into_iter().map(find).collect()
}

/// An error where a name stands twice.
pub(super) fn check_distinct<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<()> {
    let mut sorted: Vec<&str> = names.into_iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Error::new(ErrorKind::SchemaRange, format!("two features are called `{}`", pair[0]))),
        None => Ok(()),
    }
}

/// A model, and the names of the columns that it learnt from.
///
/// A model that learnt from rows without names reads such rows; one that learnt from named columns finds
/// them again by their names, in whatever order they come.
///
/// ```
/// use bactrian::models::Named;
///
/// let model = Named::of("any model", &["age", "income"])?;
/// assert_eq!(model.places(&["income", "city", "age"])?, [2, 0]);
/// assert_eq!(model.places(&["income"]).unwrap_err().message(), "no column for the model's input `age`");
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Named<M> {
    /// `None`: it has learnt nothing yet; none: its rows had no names.
    names: Option<Vec<String>>,
    /// The model.
    pub model: M,
}

impl<M> Named<M> {
    /// A model that has learnt nothing yet.
    pub fn untaught(model: M) -> Self {
        Named { names: None, model }
    }

    /// A model that learnt from columns of these names, in their order; of none, from rows without names.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where two are equal.
    pub fn of(model: M, names: &[&str]) -> Result<Self> {
        check_distinct(names.iter().copied())?;
        Ok(Named { names: Some(names.iter().map(|name| (*name).to_owned()).collect()), model })
    }

    /// The names of its columns; none where it has learnt nothing, or from rows without names.
    pub fn names(&self) -> &[String] {
        self.names.as_deref().unwrap_or(&[])
    }

    /// The places of its columns among `columns`, to predict from them.
    ///
    /// Errors with [`ErrorKind::UnknownColumn`] where one is missing or there twice, or the model knows no names.
    pub fn places(&self, columns: &[&str]) -> Result<Vec<usize>> {
        match self.names() {
            [] => {
                let text = "the model learnt from rows without names, and can't find its columns by name";
                Err(Error::new(ErrorKind::UnknownColumn, text).hint("give a matrix, or learn from named columns"))
            }
            names => places(names.iter().map(String::as_str), columns),
        }
    }

    /// As [`Named::places`], to learn from: a model that has learnt nothing yet takes the columns as they stand,
    /// and knows their names once it has learnt ([`Named::learn`]).
    pub fn places_to_learn(&self, columns: &[&str]) -> Result<Vec<usize>> {
        if self.names.is_some() {
            return self.places(columns);
        }
        check_distinct(columns.iter().copied())?;
        Ok((0..columns.len()).collect())
    }

    /// Learns from columns of these names (none: from rows without names), which stand as
    /// [`Named::places_to_learn`] found them; the names of what it learns first are remembered.
    ///
    /// Errors with [`ErrorKind::UnknownColumn`] where it knows other names, or none; and as `teach` does.
    pub fn learn<T>(&mut self, columns: &[&str], teach: impl FnOnce(&mut M) -> Result<T>) -> Result<T> {
        if self.names.is_some() && !columns.is_empty() && self.places(columns)? != Vec::from_iter(0..columns.len()) {
            return Err(Error::new(ErrorKind::UnknownColumn, "the model learnt from columns in another order"));
        }
        let learnt = teach(&mut self.model)?;
        self.names.get_or_insert_with(|| columns.iter().map(|name| (*name).to_owned()).collect());
        Ok(learnt)
    }
}

/// A model that reads rows of numbers.
pub trait Reads {
    /// Numbers in a row.
    fn features(&self) -> usize;
}

impl<M: Saved + Reads> Saved for Named<M> {
    const KIND: &'static str = M::KIND;

    fn checked(self) -> Result<Self> {
        let model = self.model.checked()?;
        let (names, features) = (self.names.as_deref().unwrap_or(&[]), model.features());
        if !names.is_empty() && names.len() != features {
            let text = format!("{} names for {features} features", names.len());
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        check_distinct(names.iter().map(String::as_str))?;
        Ok(Named { names: self.names, model })
    }
}
