//! Who is like the members of a segment.

use serde::{Deserialize, Serialize};

use super::features::Coded;
use super::regression::{Regression, score};
use super::{Characteristic, Characteristics};
use crate::base::random::Random;
use crate::base::{Error, ErrorKind, Result};
use crate::models::linear::Platt;

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
    /// The intercept last.
    coefficients: Vec<f64>,
    calibration: Platt,
    members: usize,
}

impl LookAlike {
    /// Learns who is a member. Cost: a regression of some eight passes over rows x columns^2, and `folds` that begin where it
    /// ended, of some three.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where lengths differ or a parameter is out of range; with
    /// [`ErrorKind::NotEnoughData`] where there are less than 10 members or 10 others.
    pub fn fit(columns: &[Characteristic<'_>], member: &[bool], params: &LookAlikeParams) -> Result<Self> {
        let characteristics = Characteristics::new(columns)?;
        let rows = characteristics.code(columns)?;
        same_rows(&rows, member)?;
        let members = enough(member)?;
        let (coefficients, unseen) = cross_fitted(&rows, member, params)?;
        let calibration = Platt::fit(&unseen, &outcomes(member), None)?;
        Ok(LookAlike { characteristics, coefficients, calibration, members })
    }

    /// The probability of each row; unknown characteristics, and labels never seen, are no obstacle.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where the columns are not those of the fit.
    pub fn predict(&self, columns: &[Characteristic<'_>]) -> Result<Vec<f64>> {
        let rows = self.characteristics.code(columns)?;
        let one = |row: usize| self.calibration.probability(score(rows.row(row), &self.coefficients));
        Ok((0..rows.rows()).map(one).collect())
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
    let rows = Characteristics::new(columns)?.code(columns)?;
    same_rows(&rows, member)?;
    Ok(cross_fitted(&rows, member, params)?.1)
}

fn same_rows(rows: &Coded, member: &[bool]) -> Result<()> {
    if rows.rows() == member.len() {
        return Ok(());
    }
    let text = format!("{} rows and {} flags of membership", rows.rows(), member.len());
    Err(Error::new(ErrorKind::SchemaRange, text))
}

/// The coefficients by all rows, and the log odds of each row by those of the other parts alone.
fn cross_fitted(rows: &Coded, member: &[bool], params: &LookAlikeParams) -> Result<(Vec<f64>, Vec<f64>)> {
    if !(2..=100).contains(&params.folds) {
        return Err(Error::new(ErrorKind::SchemaRange, format!("{} folds; there may be 2 to 100", params.folds)));
    }
    let regression = Regression { rows, member, l2: params.l2 };
    let (all, folds) = (regression.fit(|_| true, None)?, parts(member, params));
    let mut unseen = vec![f64::NAN; member.len()];
    for fold in 0..params.folds {
        let own = regression.fit(|row| folds.get(row) != Some(&fold), Some(&all))?;
        for (row, slot) in unseen.iter_mut().enumerate().filter(|(row, _)| folds.get(*row) == Some(&fold)) {
            *slot = score(rows.row(row), &own);
        }
    }
    Ok((all, unseen))
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
