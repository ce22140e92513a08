//! Who is like the members of a segment.

use serde::{Deserialize, Serialize};

use super::{Characteristic, Characteristics};
use crate::base::random::Random;
use crate::base::{Error, ErrorKind, Result};
use crate::models::Inputs;
use crate::models::linear::{Logistic, LogisticRegression, Platt};

/// Members, and others, that are needed to learn from.
const LEAST: usize = 10;

/// How look-alikes are learnt.
#[derive(Debug, Clone, PartialEq)]
pub struct LookAlikeParams {
    /// Weight of the square penalty on standardised quantities and on labels; default 1.
    pub l2: f64,
    /// Parts of the rows for calibration, each scored by a model of the others; default 5, at least 2.
    pub folds: u32,
    /// Seed of the parts.
    pub seed: u64,
}

impl Default for LookAlikeParams {
    fn default() -> Self {
        LookAlikeParams { l2: 1.0, folds: 5, seed: 0 }
    }
}

/// P(member | characteristics): a logistic regression over quantities and labels, calibrated by Platt's scaling of
/// scores of rows that the scoring model had not seen. A newcomer of whom only characteristics are known has a
/// probability from the first moment.
///
/// ```
/// use bactrian::models::associate::{Characteristic, LookAlike, LookAlikeParams};
///
/// let age: Vec<f64> = (0..200).map(|row| f64::from(row % 50)).collect();
/// let member: Vec<bool> = (0..200).map(|row| row % 50 > 30 || row % 17 == 0).collect();
/// let model = LookAlike::fit(&[Characteristic::Number(&age)], &member, &LookAlikeParams::default())?;
/// let p = model.predict(&[Characteristic::Number(&[5.0, 45.0, f64::NAN])])?;
/// assert!(p[0] < 0.3 && p[1] > 0.7 && p[2] > p[0]);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LookAlike {
    characteristics: Characteristics,
    model: Logistic,
    calibration: Platt,
    members: usize,
}

impl LookAlike {
    /// Learns who is a member. Cost: `folds` + 1 regressions, each some ten passes over rows x numbers^2.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where lengths differ or a parameter is out of range; with
    /// [`ErrorKind::NotEnoughData`] where there are less than 10 members or 10 others.
    pub fn fit(columns: &[Characteristic<'_>], member: &[bool], params: &LookAlikeParams) -> Result<Self> {
        let characteristics = Characteristics::new(columns)?;
        let x = characteristics.rows(columns)?;
        let width = characteristics.width();
        if x.len() != member.len() * width {
            let text = format!("{} rows and {} flags of membership", x.len() / width, member.len());
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        let members = enough(member)?;
        let (y, regression) = (outcomes(member), params.regression());
        let inputs = Inputs::from_rows(&x, width)?;
        let unseen = cross_fitted(&x, width, member, params)?;
        let calibration = Platt::fit(&unseen, &y, None)?;
        let model = regression.fit(&inputs, &y, None, None)?;
        Ok(LookAlike { characteristics, model, calibration, members })
    }

    /// The probability of each row; unknown characteristics, and labels never seen, are no obstacle.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where the columns are not those of the fit.
    pub fn predict(&self, columns: &[Characteristic<'_>]) -> Result<Vec<f64>> {
        let x = self.characteristics.rows(columns)?;
        let one = |row: &[f64]| Ok(self.calibration.probability(self.model.raw_row(row)?));
        x.chunks(self.characteristics.width()).map(one).collect()
    }

    /// Members learnt from.
    pub fn members(&self) -> usize {
        self.members
    }

    /// The calibration: log odds = slope x raw score + intercept; a slope far below 1 tells of more numbers than
    /// the rows carry.
    pub fn calibration(&self) -> Platt {
        self.calibration
    }
}

impl LookAlikeParams {
    fn regression(&self) -> LogisticRegression {
        LogisticRegression { l2: self.l2, ..LogisticRegression::default() }
    }
}

fn outcomes(member: &[bool]) -> Vec<f64> {
    member.iter().map(|member| f64::from(u8::from(*member))).collect()
}

/// The number of members, if there are enough of them and of others.
pub(super) fn enough(member: &[bool]) -> Result<usize> {
    let members = member.iter().filter(|member| **member).count();
    if members < LEAST || member.len() - members < LEAST {
        let text = format!("{members} members and {} others; {LEAST} of each are needed", member.len() - members);
        return Err(Error::new(ErrorKind::NotEnoughData, text));
    }
    Ok(members)
}

/// The log odds of each row by a model of the other parts.
pub(super) fn unseen(columns: &[Characteristic<'_>], member: &[bool], params: &LookAlikeParams) -> Result<Vec<f64>> {
    let characteristics = Characteristics::new(columns)?;
    cross_fitted(&characteristics.rows(columns)?, characteristics.width(), member, params)
}

fn cross_fitted(x: &[f64], width: usize, member: &[bool], params: &LookAlikeParams) -> Result<Vec<f64>> {
    if !(2..=100).contains(&params.folds) {
        return Err(Error::new(ErrorKind::SchemaRange, format!("{} folds; there may be 2 to 100", params.folds)));
    }
    let (inputs, y, folds) = (Inputs::from_rows(x, width)?, outcomes(member), parts(member, params));
    if inputs.rows() != y.len() {
        let text = format!("{} rows and {} flags of membership", inputs.rows(), y.len());
        return Err(Error::new(ErrorKind::SchemaRange, text));
    }
    let mut unseen = vec![f64::NAN; y.len()];
    for fold in 0..params.folds {
        let weights: Vec<f64> = folds.iter().map(|part| f64::from(u8::from(*part != fold))).collect();
        let model = params.regression().fit(&inputs, &y, Some(&weights), None)?;
        for (row, score) in unseen.iter_mut().enumerate().filter(|(row, _)| folds[*row] == fold) {
            *score = model.raw_row(&x[row * width..(row + 1) * width])?;
        }
    }
    Ok(unseen)
}

/// The part of each row: members and others each dealt out evenly, in random order.
fn parts(member: &[bool], params: &LookAlikeParams) -> Vec<u32> {
    let mut random = Random::keyed(params.seed, 0);
    let mut parts = vec![0; member.len()];
    for kind in [false, true] {
        let mut rows: Vec<usize> = (0..member.len()).filter(|row| member[*row] == kind).collect();
        random.shuffle(&mut rows);
        rows.iter().enumerate().for_each(|(place, row)| parts[*row] = place as u32 % params.folds);
    }
    parts
}
