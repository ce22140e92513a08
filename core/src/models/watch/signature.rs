//! What a model takes and gives, and a hash of its meaning.

use crate::base::{Error, ErrorKind, Result};

/// What kind of number an input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// A quantity.
    Number,
    /// The code of a category.
    Category,
}

/// One input of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: InputKind,
    /// Its unit, as `days` or `EUR`; empty where none is known.
    pub unit: String,
}

/// What a model takes and gives.
///
/// ```
/// use bactrian::models::watch::{Input, InputKind, Signature};
///
/// let input = |name: &str| Input { name: name.into(), kind: InputKind::Number, unit: String::new() };
/// let signature = Signature { inputs: vec![input("age"), input("income")], outputs: 1, hash: 7 };
/// assert_eq!(signature.bind(&["income", "postcode", "age"])?, [2, 0]);
/// assert_eq!(signature.bind(&["income"]).unwrap_err().message(), "no column for the model's input `age`");
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Its inputs, in the order of a row.
    pub inputs: Vec<Input>,
    /// Numbers that it gives for a row.
    pub outputs: usize,
    /// A hash of all that makes its scores: equal for two files that say the same.
    pub hash: u64,
}

impl Signature {
    /// The column of each input, by name.
    ///
    /// Errors with [`ErrorKind::UnknownColumn`] where an input has none, or more than one.
    pub fn bind(&self, columns: &[&str]) -> Result<Vec<usize>> {
        let mut order: Vec<usize> = (0..columns.len()).collect();
        order.sort_by_key(|index| columns[*index]);
        let find = |input: &Input| {
            let name = input.name.as_str();
            let from = order.partition_point(|index| columns[*index] < name);
            let until = order.partition_point(|index| columns[*index] <= name);
            match order.get(from..until) {
                Some([only]) => Ok(*only),
                Some([_, ..]) => Err(format!("more than one column for the model's input `{name}`")),
                _ => Err(format!("no column for the model's input `{name}`")),
            }
        };
        self.inputs.iter().map(|input| find(input).map_err(|text| Error::new(ErrorKind::UnknownColumn, text))).collect()
    }

    /// An error with the first difference where another model does not take and give the same, so
    /// that it could not replace this one.
    ///
    /// A unit that is not known agrees with any. Errors with [`ErrorKind::SchemaType`].
    pub fn check_replacement(&self, other: &Signature) -> Result<()> {
        let different = |text: String| Err(Error::new(ErrorKind::SchemaType, text));
        if self.outputs != other.outputs {
            return different(format!("the model gives {} numbers, not {}", other.outputs, self.outputs));
        }
        if self.inputs.len() != other.inputs.len() {
            return different(format!("the model takes {} inputs, not {}", other.inputs.len(), self.inputs.len()));
        }
        for (index, (own, its)) in self.inputs.iter().zip(&other.inputs).enumerate() {
            let unit = own.unit == its.unit || own.unit.is_empty() || its.unit.is_empty();
            if own.name != its.name || own.kind != its.kind || !unit {
                return different(format!("input {index} of the model is {}, not {}", described(its), described(own)));
            }
        }
        Ok(())
    }
}

fn described(input: &Input) -> String {
    let kind = match input.kind {
        InputKind::Number => "number",
        InputKind::Category => "category",
    };
    let unit = if input.unit.is_empty() { String::new() } else { format!(" in `{}`", input.unit) };
    format!("the {kind} `{}`{unit}", input.name)
}
