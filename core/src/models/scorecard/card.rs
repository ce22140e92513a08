//! Points for bins, and what a score says about itself.

use serde::{Deserialize, Serialize};

use super::bins::{Binning, Bins};
use crate::base::numeric::ln;
use crate::base::numeric::simd::{self, Work};
use crate::base::random::hash_bytes;
use crate::base::{Error, ErrorKind, Result};
use crate::models::Inputs;
use crate::models::named::check_distinct;
use crate::models::saved::Saved;
use crate::models::watch::Signature;

/// Rows that are scored together.
const TILE: usize = 256;

/// From log odds to points: `score` points at `odds` non-events to one event, and `pdo` more
/// points each time the odds double (Siddiqi 2006, chapter 6).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// The score at `odds`.
    pub score: f64,
    /// Non-events to one event; positive.
    pub odds: f64,
    /// Points that double the odds; positive.
    pub pdo: f64,
    /// Whether the points of a bin are rounded to whole numbers, halves away from zero.
    pub rounded: bool,
}

impl Default for Scaling {
    /// 600 points at 50 to 1, 20 points to double, whole points.
    fn default() -> Self {
        Scaling { score: 600.0, odds: 50.0, pdo: 20.0, rounded: true }
    }
}

/// One feature of a card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CardFeature {
    /// Its name.
    pub name: String,
    /// Its bins.
    pub binning: Binning,
    /// The coefficient of its weight of evidence in the log odds of an event: negative for a
    /// feature that predicts as it did alone.
    pub coefficient: f64,
    /// Points of each bin, in the order of [`Binning::counts`].
    pub points: Vec<f64>,
}

/// A scorecard: points for the bin of each feature, added up.
///
/// A higher score means fewer events. The log odds of an event are `intercept` + the sum of
/// coefficient x weight of evidence; each feature carries an equal share of the intercept.
///
/// ```
/// use bactrian::models::scorecard::{OptimalBinning, Scaling, Scorecard};
///
/// let age: Vec<f64> = (0..200).map(|i| f64::from(i % 100)).collect();
/// let default: Vec<bool> = (0..200).map(|i| i % 100 < 30 && i % 3 > 0 || i % 11 == 0).collect();
/// let binning = OptimalBinning::default().fit(&age, &default, None)?;
/// let card = Scorecard::new(vec![("age".into(), binning, -1.0)], -1.0, Scaling::default())?;
/// let (young, old) = (card.score(&[10.0])?, card.score(&[80.0])?);
/// assert!(young < old);
/// assert_eq!(card.reasons(&[10.0], 1)?[0].points, young);
/// let change = &card.to_reach(&[10.0], old, &[])?.unwrap()[0];
/// assert_eq!(change.gain, old - young);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scorecard {
    features: Vec<CardFeature>,
    intercept: f64,
    scaling: Scaling,
}

/// A card as it stands in a file.
#[derive(Serialize, Deserialize)]
struct File {
    scorecard: Scorecard,
}

/// Why a score is not higher: one feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// Index of the feature.
    pub feature: usize,
    /// The row's bin.
    pub bin: usize,
    /// The points that it gives.
    pub points: f64,
    /// How many points the best bin of this feature gives beyond that; at least 0.
    pub short: f64,
}

/// A change that would raise a score: one feature moves to another bin.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Index of the feature.
    pub feature: usize,
    /// The row's bin.
    pub from: usize,
    /// The bin to move to.
    pub to: usize,
    /// Points gained.
    pub gain: f64,
}

impl Scorecard {
    /// A card from the bins and the coefficient of each named feature and the intercept of the log
    /// odds of an event, as [`crate::models::linear::LogisticRegression`] fits them on weights of
    /// evidence.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where there is no feature or a number is out of range.
    pub fn new(features: Vec<(String, Binning, f64)>, intercept: f64, scaling: Scaling) -> Result<Self> {
        let positive = |x: f64| x > 0.0 && x.is_finite();
        let scaled = positive(scaling.odds) && positive(scaling.pdo) && scaling.score.is_finite();
        let finite = intercept.is_finite() && features.iter().all(|feature| feature.2.is_finite());
        if features.is_empty() || !scaled || !finite {
            let text = "a scorecard needs a feature, finite coefficients, and positive `odds` and `pdo`";
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        let factor = scaling.pdo / std::f64::consts::LN_2;
        let offset = scaling.score - factor * ln(scaling.odds);
        let share = (offset - factor * intercept) / features.len() as f64;
        let round = |points: f64| if scaling.rounded { points.round() } else { points };
        check_distinct(features.iter().map(|feature| feature.0.as_str()))?;
        let features = features.into_iter().map(|(name, binning, coefficient)| {
            let evidence = binning.weights_of_evidence();
            let points = evidence.iter().map(|woe| round(share - factor * coefficient * woe)).collect();
            CardFeature { name, binning, coefficient, points }
        });
        Ok(Scorecard { features: features.collect(), intercept, scaling })
    }

    /// The card as JSON, from which [`Scorecard::from_json`] makes one with the same scores to the bit.
    pub fn to_json(&self) -> String {
        let file = File { scorecard: self.clone() };
        serde_json::to_string(&file).unwrap_or_default()
    }

    /// Whether a file begins as one of [`Scorecard::to_json`].
    pub(crate) fn is_json(file: &[u8]) -> bool {
        let inside = file.trim_ascii_start().strip_prefix(b"{");
        inside.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\"scorecard\""))
    }

    /// Reads a card.
    ///
    /// Time and memory are linear in its length. Errors with [`ErrorKind::SchemaType`] where it is none, with
    /// [`ErrorKind::SchemaRange`] where its numbers are out of range or do not fit together.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        let wrong = |error| Error::new(ErrorKind::SchemaType, format!("not a scorecard: {error}"));
        serde_json::from_slice::<File>(json).map_err(wrong)?.scorecard.checked()
    }

    /// What the card takes and gives.
    pub fn signature(&self) -> Signature {
        let inputs = self.features.iter().map(|feature| feature.binning.input(&feature.name)).collect();
        Signature { inputs, outputs: 1, hash: hash_bytes(self.to_json().as_bytes()) }
    }

    /// The same card with the names of its categories: of each feature those of the codes 0, 1, ..., or none.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where there are not as many lists as features.
    pub fn with_categories(mut self, categories: Vec<Vec<String>>) -> Result<Self> {
        self.check(categories.len())?;
        for (feature, names) in self.features.iter_mut().zip(categories) {
            feature.binning.categories = names;
        }
        Ok(self)
    }

    /// The features, in the order of a row.
    pub fn features(&self) -> &[CardFeature] {
        &self.features
    }

    /// The intercept of the log odds of an event.
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// The scale of the points.
    pub fn scaling(&self) -> &Scaling {
        &self.scaling
    }

    /// The score of one row, a number for every feature.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where there are more or fewer.
    pub fn score(&self, row: &[f64]) -> Result<f64> {
        self.check(row.len())?;
        Ok(self.features.iter().zip(row).fold(0.0, |sum, (feature, value)| sum + feature.points(*value)))
    }

    /// The points of every feature; they add up to the score.
    ///
    /// Errors as [`Scorecard::score`].
    pub fn points(&self, row: &[f64]) -> Result<Vec<f64>> {
        self.check(row.len())?;
        Ok(self.features.iter().zip(row).map(|(feature, value)| feature.points(*value)).collect())
    }

    /// The scores of many rows, equal to [`Scorecard::score`] of each to the bit.
    ///
    /// Errors with [`ErrorKind::SchemaRange`] where `inputs` has not every feature, or `out` not a
    /// number a row.
    pub fn score_rows(&self, inputs: &Inputs<'_>, out: &mut [f64]) -> Result<()> {
        self.check(inputs.features())?;
        if out.len() != inputs.rows() {
            let text = format!("{} rows, and a place for {} scores", inputs.rows(), out.len());
            return Err(Error::new(ErrorKind::SchemaRange, text));
        }
        simd::run(Batch { card: self, inputs, out });
        Ok(())
    }

    /// The probability of an event at a score without rounding: 1 / (1 + odds).
    pub fn event_probability(&self, score: f64) -> f64 {
        let odds = self.scaling.odds * crate::base::numeric::exp2((score - self.scaling.score) / self.scaling.pdo);
        1.0 / (1.0 + odds)
    }

    /// The `n` features that hold the score back most, against the best bin of each: the reason
    /// codes of an adverse decision. Equal ones by their order; none that is at its best.
    ///
    /// Errors as [`Scorecard::score`].
    pub fn reasons(&self, row: &[f64], n: usize) -> Result<Vec<Reason>> {
        self.check(row.len())?;
        let reason = |(feature, (card, value)): (usize, (&CardFeature, &f64))| {
            let bin = card.binning.bin(*value);
            let points = card.points.get(bin).copied().unwrap_or(0.0);
            Reason { feature, bin, points, short: card.best(|_| true).map_or(0.0, |best| best.1 - points).max(0.0) }
        };
        let mut reasons: Vec<Reason> = self.features.iter().zip(row).enumerate().map(reason).collect();
        reasons.retain(|reason| reason.short > 0.0);
        reasons.sort_by(|a, b| b.short.total_cmp(&a.short));
        reasons.truncate(n);
        Ok(reasons)
    }

    /// The fewest changes that take the score to at least `target`: empty where it is there,
    /// `None` where no change of the features that are not in `fixed` does.
    ///
    /// Features with the most to gain change first; then each takes the lowest bin that still
    /// suffices, the last one first. Bins of special, missing and unseen values are no aims.
    ///
    /// Errors as [`Scorecard::score`].
    pub fn to_reach(&self, row: &[f64], target: f64, fixed: &[usize]) -> Result<Option<Vec<Change>>> {
        let mut score = self.score(row)?;
        let mut open: Vec<Change> = Vec::new();
        for (feature, (card, value)) in self.features.iter().zip(row).enumerate() {
            let from = card.binning.bin(*value);
            let points = card.points.get(from).copied().unwrap_or(0.0);
            if let Some((to, best)) = card.best(|bin| card.is_aim(bin)).filter(|best| best.1 > points)
                && !fixed.contains(&feature)
            {
                open.push(Change { feature, from, to, gain: best - points });
            }
        }
        open.sort_by(|a, b| b.gain.total_cmp(&a.gain));
        let mut chosen = Vec::new();
        for change in open {
            if score >= target {
                break;
            }
            score += change.gain;
            chosen.push(change);
        }
        if score < target || target.is_nan() {
            return Ok(None);
        }
        for change in chosen.iter_mut().rev() {
            let card = &self.features[change.feature];
            let before = card.points[change.to] - change.gain;
            let enough =
                |bin: &usize| card.is_aim(*bin) && score - change.gain + (card.points[*bin] - before) >= target;
            let least =
                (0..card.points.len()).filter(enough).min_by(|a, b| card.points[*a].total_cmp(&card.points[*b]));
            if let Some(to) = least {
                let gain = card.points[to] - before;
                score += gain - change.gain;
                (change.to, change.gain) = (to, gain);
            }
        }
        Ok(Some(chosen))
    }

    fn check(&self, values: usize) -> Result<()> {
        if values == self.features.len() {
            return Ok(());
        }
        let text = format!("the scorecard takes {} features, not {values}", self.features.len());
        Err(Error::new(ErrorKind::SchemaRange, text))
    }
}

impl CardFeature {
    fn points(&self, value: f64) -> f64 {
        self.points.get(self.binning.bin(value)).copied().unwrap_or(0.0)
    }

    /// Whether a bin holds ordinary values, and rows of the fit.
    fn is_aim(&self, bin: usize) -> bool {
        bin + self.binning.specials.len() + 2 < self.points.len()
    }

    /// The bin with the most points, the first of equal ones.
    fn best(&self, among: impl Fn(usize) -> bool) -> Option<(usize, f64)> {
        let points = self.points.iter().copied().enumerate().filter(|(bin, _)| among(*bin));
        points.reduce(|best, next| if next.1 > best.1 { next } else { best })
    }
}

/// The scoring of many rows.
struct Batch<'a> {
    card: &'a Scorecard,
    inputs: &'a Inputs<'a>,
    out: &'a mut [f64],
}

impl Work for Batch<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let mut values = [0.0; TILE];
        for (tile, out) in self.out.chunks_mut(TILE).enumerate() {
            out.fill(0.0);
            for (index, feature) in self.card.features.iter().enumerate() {
                self.inputs.gather(index, tile * TILE, &mut values);
                match &feature.binning.bins {
                    Bins::Cuts(cuts) if feature.binning.specials.is_empty() => add_by_cuts(feature, cuts, &values, out),
                    _ => {
                        for (sum, value) in out.iter_mut().zip(&values) {
                            *sum += feature.points(*value);
                        }
                    }
                }
            }
        }
    }
}

/// Adds points by how many cuts are at most each value.
#[inline(always)]
fn add_by_cuts(feature: &CardFeature, cuts: &[f64], values: &[f64; TILE], out: &mut [f64]) {
    let mut bins = [0_u64; TILE];
    for cut in cuts {
        for (bin, value) in bins.iter_mut().zip(values) {
            *bin += u64::from(*value >= *cut);
        }
    }
    let missing = cuts.len() as u64 + 1;
    for (bin, value) in bins.iter_mut().zip(values) {
        *bin = if value.is_nan() { missing } else { *bin };
    }
    for (sum, bin) in out.iter_mut().zip(&bins) {
        *sum += feature.points.get(*bin as usize).copied().unwrap_or(0.0);
    }
}

impl Saved for Scorecard {
    const KIND: &'static str = "scorecard";

    fn checked(self) -> Result<Self> {
        let bad = |text: String| Err(Error::new(ErrorKind::SchemaRange, text));
        check_distinct(self.features.iter().map(|feature| feature.name.as_str()))?;
        for feature in &self.features {
            if feature.points.len() != feature.binning.counts.len() || !feature.binning.is_sound() {
                return bad(format!("the bins of the feature `{}` do not fit together", feature.name));
            }
            if !feature.points.iter().all(|points| points.is_finite()) {
                return bad(format!("the feature `{}` has points that are no numbers", feature.name));
            }
        }
        let scaling = self.scaling;
        let fine = [scaling.odds, scaling.pdo].iter().all(|x| *x > 0.0 && x.is_finite()) && scaling.score.is_finite();
        match fine && !self.features.is_empty() {
            true => Ok(self),
            false => bad("a scorecard has a feature, and positive `odds` and `pdo`".to_owned()),
        }
    }
}
