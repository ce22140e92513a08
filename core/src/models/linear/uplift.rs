//! What an action changes, composed from learners of plain outcomes.
//!
//! The S-, T- and X-learners of Kunzel, Sekhon, Bickel and Yu (2019), over any learner. They are
//! right where the action was given at random, or at random given the features; that is the caller's
//! to know, and nothing here can tell.

use super::{Linear, LinearRegression, Logistic, LogisticRegression};
use crate::base::{Error, ErrorKind, Result};
use crate::models::Inputs;

/// What a learner gives: something that gives rows a number each.
pub trait Model {
    /// A number for each row.
    fn predict(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>>;
}

impl<F: Fn(&Inputs<'_>) -> Result<Vec<f64>>> Model for F {
    fn predict(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>> {
        self(inputs)
    }
}

impl Model for Logistic {
    /// The probability of the outcome.
    fn predict(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>> {
        self.predict_rows(inputs)
    }
}

impl Model for Linear {
    fn predict(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>> {
        self.predict_rows(inputs)
    }
}

/// Something that learns a number from rows.
pub trait Learner {
    /// What it learns.
    type Model: Model;

    /// Learns targets; `inputs` and `target` have as many rows.
    fn learn(&self, inputs: &Inputs<'_>, target: &[f64]) -> Result<Self::Model>;
}

impl<M: Model, F: Fn(&Inputs<'_>, &[f64]) -> Result<M>> Learner for F {
    type Model = M;

    fn learn(&self, inputs: &Inputs<'_>, target: &[f64]) -> Result<M> {
        self(inputs, target)
    }
}

impl Learner for LogisticRegression {
    type Model = Logistic;

    /// Learns the probability of outcomes in [0, 1].
    fn learn(&self, inputs: &Inputs<'_>, target: &[f64]) -> Result<Logistic> {
        self.fit(inputs, target, None, None)
    }
}

impl Learner for LinearRegression {
    type Model = Linear;

    fn learn(&self, inputs: &Inputs<'_>, target: &[f64]) -> Result<Linear> {
        self.fit(inputs, target)
    }
}

/// A learnt effect of an action, as the learners of this module give it.
#[derive(Debug, Clone, PartialEq)]
pub enum Uplift<M> {
    /// What setting the action, the last feature, changes.
    Single(M),
    /// The outcome with the action less that without.
    Two {
        /// Learnt from rows with the action.
        with: M,
        /// Learnt from rows without.
        without: M,
    },
    /// Effects, mixed.
    Crossed {
        /// Learnt from what the untreated would have gained.
        control: M,
        /// Learnt from what the treated gained.
        treated: M,
        /// The share of `control`.
        propensity: f64,
    },
}

impl<M: Model> Uplift<M> {
    /// What the action is expected to change for each row.
    ///
    /// Errors as the models do.
    pub fn predict(&self, rows: &Inputs<'_>) -> Result<Vec<f64>> {
        let (one, other) = match self {
            Uplift::Single(model) => {
                let given = |action: f64| {
                    let rows = (longer(rows, |_| action), rows.features() + 1);
                    model.predict(&Inputs::from_rows(&rows.0, rows.1)?)
                };
                (given(1.0)?, given(0.0)?)
            }
            Uplift::Two { with, without } => (with.predict(rows)?, without.predict(rows)?),
            Uplift::Crossed { control, treated, .. } => (control.predict(rows)?, treated.predict(rows)?),
        };
        let join = |(one, other): (f64, f64)| match self {
            Uplift::Crossed { propensity, .. } => propensity * one + (1.0 - propensity) * other,
            Uplift::Single(_) | Uplift::Two { .. } => one - other,
        };
        Ok(one.into_iter().zip(other).map(join).collect())
    }
}

/// Rows of one arm.
struct Arm {
    rows: Vec<f64>,
    outcomes: Vec<f64>,
}

fn arms(inputs: &Inputs<'_>, treated: &[bool], outcomes: &[f64]) -> Result<(Arm, Arm)> {
    if treated.len() != inputs.rows() || outcomes.len() != inputs.rows() {
        let text = format!("{} rows need as many marks of treatment and outcomes", inputs.rows());
        return Err(Error::new(ErrorKind::SchemaRange, text));
    }
    let arm = |wanted: bool| {
        let mut arm = Arm { rows: Vec::new(), outcomes: Vec::new() };
        for (row, outcome) in outcomes.iter().enumerate().filter(|(row, _)| treated[*row] == wanted) {
            arm.rows.extend((0..inputs.features()).map(|feature| inputs.value(row, feature)));
            arm.outcomes.push(*outcome);
        }
        arm
    };
    let (control, action) = (arm(false), arm(true));
    if control.outcomes.is_empty() || action.outcomes.is_empty() {
        return Err(Error::new(ErrorKind::NotEnoughData, "uplift needs rows with and without the action"));
    }
    Ok((control, action))
}

/// The rows with one more feature, last.
fn longer(inputs: &Inputs<'_>, last: impl Fn(usize) -> f64) -> Vec<f64> {
    let row = |row: usize| (0..inputs.features()).map(move |feature| inputs.value(row, feature));
    (0..inputs.rows()).flat_map(|index| row(index).chain([last(index)])).collect()
}

/// One learner for all rows, with the action as last feature; uplift is what setting it changes.
///
/// Errors with [`ErrorKind::SchemaRange`] where lengths differ, with [`ErrorKind::NotEnoughData`]
/// where an arm is empty, and as the learner does.
pub fn s_learner<L: Learner>(
    learner: &L,
    inputs: &Inputs<'_>,
    treated: &[bool],
    outcomes: &[f64],
) -> Result<Uplift<L::Model>> {
    arms(inputs, treated, outcomes)?;
    let width = inputs.features() + 1;
    let rows = longer(inputs, |row| f64::from(u8::from(treated.get(row).copied().unwrap_or(false))));
    learner.learn(&Inputs::from_rows(&rows, width)?, outcomes).map(Uplift::Single)
}

/// A learner for each arm; uplift is their difference.
///
/// ```
/// use bactrian::models::Inputs;
/// use bactrian::models::linear::uplift::t_learner;
///
/// let mean = |_: &Inputs<'_>, target: &[f64]| {
///     let mean = target.iter().sum::<f64>() / target.len() as f64;
///     Ok(move |rows: &Inputs<'_>| Ok(vec![mean; rows.rows()]))
/// };
/// let rows = Inputs::from_rows(&[1.0, 2.0, 3.0, 4.0], 1)?;
/// let uplift = t_learner(&mean, &rows, &[true, false, true, false], &[1.0, 0.0, 0.0, 0.0])?;
/// assert_eq!(uplift.predict(&Inputs::from_rows(&[5.0], 1)?)?, [0.5]);
/// # Ok::<(), bactrian::Error>(())
/// ```
///
/// Errors as [`s_learner`].
pub fn t_learner<L: Learner>(
    learner: &L,
    inputs: &Inputs<'_>,
    treated: &[bool],
    outcomes: &[f64],
) -> Result<Uplift<L::Model>> {
    let (control, action) = arms(inputs, treated, outcomes)?;
    let with = learner.learn(&Inputs::from_rows(&action.rows, inputs.features())?, &action.outcomes)?;
    let without = learner.learn(&Inputs::from_rows(&control.rows, inputs.features())?, &control.outcomes)?;
    Ok(Uplift::Two { with, without })
}

/// The T-learner's outcomes turned into effects: those of the treated against what they would have
/// done untreated, and the other way round; a learner for each (`effects`), mixed by `propensity`,
/// the probability of the action (in (0, 1), the same for all rows).
///
/// Errors as [`s_learner`], and with [`ErrorKind::SchemaRange`] where `propensity` is out of range.
pub fn x_learner<L: Learner, E: Learner>(
    learner: &L,
    effects: &E,
    propensity: f64,
    inputs: &Inputs<'_>,
    treated: &[bool],
    outcomes: &[f64],
) -> Result<Uplift<E::Model>> {
    if !(propensity > 0.0 && propensity < 1.0) {
        return Err(Error::new(ErrorKind::SchemaRange, format!("the propensity is {propensity}")));
    }
    let width = inputs.features();
    let (control, action) = arms(inputs, treated, outcomes)?;
    let (with_rows, without_rows) = (Inputs::from_rows(&action.rows, width)?, Inputs::from_rows(&control.rows, width)?);
    let with = learner.learn(&with_rows, &action.outcomes)?;
    let without = learner.learn(&without_rows, &control.outcomes)?;
    let gained =
        without.predict(&with_rows)?.into_iter().zip(&action.outcomes).map(|(expected, outcome)| outcome - expected);
    let missed =
        with.predict(&without_rows)?.into_iter().zip(&control.outcomes).map(|(expected, outcome)| expected - outcome);
    let treated = effects.learn(&with_rows, &gained.collect::<Vec<f64>>())?;
    let control = effects.learn(&without_rows, &missed.collect::<Vec<f64>>())?;
    Ok(Uplift::Crossed { control, treated, propensity })
}
