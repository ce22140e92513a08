//! What an action changes, composed from learners of plain outcomes.
//!
//! The S-, T- and X-learners of Kunzel, Sekhon, Bickel and Yu (2019), over any learner. They are
//! right where the action was given at random, or at random given the features; that is the caller's
//! to know, and nothing here can tell.

use super::{LinearRegression, LogisticRegression};
use crate::base::{Error, ErrorKind, Result};
use crate::models::Inputs;

/// What a learner gives: a function from rows to a number each.
pub type Model = Box<dyn Fn(&Inputs<'_>) -> Result<Vec<f64>> + Send + Sync>;

/// Something that learns a number from rows.
pub trait Learner {
    /// Learns targets; `inputs` and `target` have as many rows.
    fn learn(&self, inputs: &Inputs<'_>, target: &[f64]) -> Result<Model>;
}

impl<F: Fn(&Inputs<'_>, &[f64]) -> Result<Model>> Learner for F {
    fn learn(&self, inputs: &Inputs<'_>, target: &[f64]) -> Result<Model> {
        self(inputs, target)
    }
}

impl Learner for LogisticRegression {
    /// Learns the probability of outcomes in [0, 1].
    fn learn(&self, inputs: &Inputs<'_>, target: &[f64]) -> Result<Model> {
        let fitted = self.fit(inputs, target, None, None)?;
        Ok(Box::new(move |rows: &Inputs<'_>| fitted.predict_rows(rows)))
    }
}

impl Learner for LinearRegression {
    fn learn(&self, inputs: &Inputs<'_>, target: &[f64]) -> Result<Model> {
        let fitted = self.fit(inputs, target)?;
        Ok(Box::new(move |rows: &Inputs<'_>| fitted.predict_rows(rows)))
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

/// Two models of the same rows, as one.
fn both(a: Model, b: Model, join: impl Fn(f64, f64) -> f64 + Send + Sync + 'static) -> Model {
    Box::new(move |rows: &Inputs<'_>| {
        let (left, right) = (a(rows)?, b(rows)?);
        Ok(left.into_iter().zip(right).map(|(a, b)| join(a, b)).collect())
    })
}

/// One learner for all rows, with the action as last feature; uplift is what setting it changes.
///
/// Errors with [`ErrorKind::SchemaRange`] where lengths differ, with [`ErrorKind::NotEnoughData`]
/// where an arm is empty, and as the learner does.
pub fn s_learner(learner: &dyn Learner, inputs: &Inputs<'_>, treated: &[bool], outcomes: &[f64]) -> Result<Model> {
    arms(inputs, treated, outcomes)?;
    let width = inputs.features() + 1;
    let rows = longer(inputs, |row| f64::from(u8::from(treated.get(row).copied().unwrap_or(false))));
    let model = learner.learn(&Inputs::from_rows(&rows, width)?, outcomes)?;
    Ok(Box::new(move |rows: &Inputs<'_>| {
        let given = |action: f64| model(&Inputs::from_rows(&longer(rows, |_| action), rows.features() + 1)?);
        Ok(given(1.0)?.into_iter().zip(given(0.0)?).map(|(with, without)| with - without).collect())
    }))
}

/// A learner for each arm; uplift is their difference.
///
/// ```
/// use bactrian::models::Inputs;
/// use bactrian::models::linear::uplift::{Model, t_learner};
///
/// let mean = |_: &Inputs<'_>, target: &[f64]| -> bactrian::Result<Model> {
///     let mean = target.iter().sum::<f64>() / target.len() as f64;
///     Ok(Box::new(move |rows: &Inputs<'_>| Ok(vec![mean; rows.rows()])))
/// };
/// let rows = Inputs::from_rows(&[1.0, 2.0, 3.0, 4.0], 1)?;
/// let uplift = t_learner(&mean, &rows, &[true, false, true, false], &[1.0, 0.0, 0.0, 0.0])?;
/// assert_eq!(uplift(&Inputs::from_rows(&[5.0], 1)?)?, [0.5]);
/// # Ok::<(), bactrian::Error>(())
/// ```
///
/// Errors as [`s_learner`].
pub fn t_learner(learner: &dyn Learner, inputs: &Inputs<'_>, treated: &[bool], outcomes: &[f64]) -> Result<Model> {
    let (control, action) = arms(inputs, treated, outcomes)?;
    let with = learner.learn(&Inputs::from_rows(&action.rows, inputs.features())?, &action.outcomes)?;
    let without = learner.learn(&Inputs::from_rows(&control.rows, inputs.features())?, &control.outcomes)?;
    Ok(both(with, without, |with, without| with - without))
}

/// The T-learner's outcomes turned into effects: those of the treated against what they would have
/// done untreated, and the other way round; a learner for each (`effects`), mixed by `propensity`,
/// the probability of the action (in (0, 1), the same for all rows).
///
/// Errors as [`s_learner`], and with [`ErrorKind::SchemaRange`] where `propensity` is out of range.
pub fn x_learner(
    learner: &dyn Learner,
    effects: &dyn Learner,
    propensity: f64,
    inputs: &Inputs<'_>,
    treated: &[bool],
    outcomes: &[f64],
) -> Result<Model> {
    if !(propensity > 0.0 && propensity < 1.0) {
        return Err(Error::new(ErrorKind::SchemaRange, format!("the propensity is {propensity}")));
    }
    let width = inputs.features();
    let (control, action) = arms(inputs, treated, outcomes)?;
    let (with_rows, without_rows) = (Inputs::from_rows(&action.rows, width)?, Inputs::from_rows(&control.rows, width)?);
    let with = learner.learn(&with_rows, &action.outcomes)?;
    let without = learner.learn(&without_rows, &control.outcomes)?;
    let gained = without(&with_rows)?.into_iter().zip(&action.outcomes).map(|(expected, outcome)| outcome - expected);
    let missed = with(&without_rows)?.into_iter().zip(&control.outcomes).map(|(expected, outcome)| expected - outcome);
    let of_treated = effects.learn(&with_rows, &gained.collect::<Vec<f64>>())?;
    let of_control = effects.learn(&without_rows, &missed.collect::<Vec<f64>>())?;
    Ok(both(of_control, of_treated, move |control, treated| propensity * control + (1.0 - propensity) * treated))
}
