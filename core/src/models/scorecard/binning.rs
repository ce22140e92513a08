//! From a column and its outcome to bins.

use serde::{Deserialize, Serialize};

use super::bins::{Binning, Bins};
use super::cart::{self, Level};
use super::counts::Counts;
use super::levels::{Row, levels};
use super::optimal::{Rules, Trend, optimal};
use crate::base::{Error, ErrorKind, Result};
use crate::models::saved::Saved;

/// Most prebins: the search costs their cube.
const MOST_PREBINS: usize = 200;

/// Optimal binning: of all ways to join neighbouring prebins that obey the rules, the one with the
/// largest information value (the problem of Navas-Palencia 2020, solved exactly).
///
/// Numbers are first cut by a classification tree into prebins, of which each must hold an event and
/// a non-event. Categories are first put in order of their event rate, equal rates by their code, and
/// then treated as numbers, which groups them. Special and unknown values have bins of their own.
///
/// ```
/// use bactrian::models::scorecard::OptimalBinning;
///
/// let income: Vec<f64> = (0..100).map(f64::from).collect();
/// let default: Vec<bool> = (0..100).map(|i| i % 7 == 0 || i < 20 && i % 2 == 0).collect();
/// let binning = OptimalBinning::default().fit(&income, &default, None)?;
/// assert!(binning.bin(5.0) < binning.bin(80.0));
/// assert!(binning.weight_of_evidence(5.0) < 0.0 && binning.weight_of_evidence(80.0) > 0.0);
/// assert_eq!(binning.weight_of_evidence(f64::NAN), 0.0);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OptimalBinning {
    /// Prebins at most, 2 to 200; default 20.
    pub prebins: usize,
    /// The least share of rows in a prebin, of those that are neither special nor unknown; default
    /// 0.05.
    pub prebin_share: f64,
    /// Bins at most; default any number.
    pub bins: Option<usize>,
    /// The least share of rows in a bin; default 0.
    pub bin_share: f64,
    /// The least difference of event rates between neighbours; default 0.
    pub rate_step: f64,
    /// How the event rate may move; default [`Trend::Auto`]. Groups of categories always ascend.
    pub trend: Trend,
    /// Values that are codes, as -1 for "refused"; each gets a bin.
    pub specials: Vec<f64>,
    /// Categories with a smaller share of rows are treated as unseen; default 0.
    pub category_share: f64,
}

impl Default for OptimalBinning {
    fn default() -> Self {
        OptimalBinning {
            prebins: 20,
            prebin_share: 0.05,
            bins: None,
            bin_share: 0.0,
            rate_step: 0.0,
            trend: Trend::Auto,
            specials: Vec::new(),
            category_share: 0.0,
        }
    }
}

/// Rows sorted apart.
struct Parted {
    /// (value, counts) of the ordinary ones, by rising value.
    levels: Vec<Level>,
    specials: Vec<Counts>,
    missing: Counts,
}

impl OptimalBinning {
    /// Bins of a numeric column: a value, and whether the row had the event; weights are at least 0.
    ///
    /// Cost: a sort, a pass for each prebin, and `prebins`^3. Errors with [`ErrorKind::SchemaRange`]
    /// where lengths differ, a weight or a parameter is out of range, or a value is infinite; with
    /// [`ErrorKind::NotEnoughData`] where there is no event or no non-event.
    pub fn fit(&self, values: &[f64], events: &[bool], weights: Option<&[f64]>) -> Result<Binning> {
        let parted = self.part(values, events, weights)?;
        let (cuts, counts) = self.best(&parted, &parted.levels, self.trend);
        Ok(self.finish(Bins::Cuts(cuts), counts, parted, Counts::default()))
    }

    /// Bins of a categorical column, given as codes; as [`OptimalBinning::fit`].
    pub fn fit_categories(&self, codes: &[f64], events: &[bool], weights: Option<&[f64]>) -> Result<Binning> {
        let parted = self.part(codes, events, weights)?;
        let total: f64 = parted.levels.iter().map(|level| level.counts.total()).sum();
        let (mut common, rare): (Vec<Level>, Vec<Level>) =
            parted.levels.iter().partition(|level| level.counts.total() >= self.category_share * total);
        common.sort_by(|a, b| a.counts.event_rate().total_cmp(&b.counts.event_rate()));
        let ranked: Vec<Level> =
            common.iter().enumerate().map(|(rank, level)| Level { value: rank as f64, ..*level }).collect();
        let trend = if self.trend == Trend::Free { Trend::Free } else { Trend::Ascending };
        let (cuts, counts) = self.best(&parted, &ranked, trend);
        let bin = |rank: usize| cuts.partition_point(|cut| *cut <= rank as f64) as u32;
        let mut groups: Vec<(f64, u32)> =
            common.iter().enumerate().map(|(rank, level)| (level.value, bin(rank))).collect();
        groups.sort_by(|a, b| a.0.total_cmp(&b.0));
        let unseen = rare.iter().fold(Counts::default(), |sum, level| sum.plus(level.counts));
        Ok(self.finish(Bins::Groups(groups), counts, parted, unseen))
    }

    fn finish(&self, bins: Bins, mut counts: Vec<Counts>, parted: Parted, unseen: Counts) -> Binning {
        counts.extend(parted.specials);
        counts.extend([parted.missing, unseen]);
        Binning { bins, specials: self.specials.clone(), counts, categories: Vec::new() }
    }

    fn check(&self) -> Result<()> {
        let share = |x: f64| (0.0..1.0).contains(&x);
        let wrong = if !(2..=MOST_PREBINS).contains(&self.prebins) {
            format!("`prebins` is {}, and must be 2 to {MOST_PREBINS}", self.prebins)
        } else if self.bins == Some(0) {
            "`bins` is 0".to_owned()
        } else if !share(self.prebin_share) || !share(self.bin_share) || !share(self.category_share) {
            "a least share of rows must be in [0, 1)".to_owned()
        } else if self.rate_step.is_nan() || self.rate_step < 0.0 {
            "`rate_step` must be at least 0".to_owned()
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::SchemaRange, wrong))
    }

    fn part(&self, values: &[f64], events: &[bool], weights: Option<&[f64]>) -> Result<Parted> {
        self.check()?;
        let n = values.len();
        let range = |text: &str| Err(Error::new(ErrorKind::SchemaRange, text));
        if events.len() != n || weights.is_some_and(|weights| weights.len() != n) {
            return range("values, events and weights must be of one length");
        }
        if weights.is_some_and(|weights| !weights.iter().all(|w| *w >= 0.0 && w.is_finite())) {
            return range("weights must be finite and at least 0");
        }
        if values.iter().any(|value| value.is_infinite()) {
            return range("values must be finite, or NaN where unknown");
        }
        let (mut specials, mut missing) = (vec![Counts::default(); self.specials.len()], Counts::default());
        let mut rows = Vec::with_capacity(n);
        for (index, (value, event)) in values.iter().zip(events).enumerate() {
            let row = Row::new(*value, *event, weights.map_or(1.0, |weights| weights[index]));
            if row.weight == 0.0 {
                continue;
            }
            if value.is_nan() {
                missing = missing.plus(row.counts());
            } else if let Some(special) = self.specials.iter().position(|special| special == value) {
                specials[special] = specials[special].plus(row.counts());
            } else {
                rows.push(row);
            }
        }
        let levels = levels(rows);
        let all = levels.iter().map(|level| level.counts).chain(specials.iter().copied());
        if !all.fold(missing, Counts::plus).mixed() {
            return Err(Error::new(ErrorKind::NotEnoughData, "binning needs rows with and without the event"));
        }
        Ok(Parted { levels, specials, missing })
    }

    /// The cuts of prebins and their counts. One without events or without non-events joins the one
    /// above it, the highest the one below, until none is left or one prebin.
    fn prebins(&self, levels: &[Level], ordinary: &Counts) -> (Vec<f64>, Vec<Counts>) {
        let mut cuts = cart::cuts(levels, self.prebins, (self.prebin_share * ordinary.total()).ceil());
        let mut prebins = vec![Counts::default(); cuts.len() + 1];
        let mut place = 0;
        for level in levels {
            while cuts.get(place).is_some_and(|cut| *cut <= level.value) {
                place += 1;
            }
            prebins[place] = prebins[place].plus(level.counts);
        }
        while !cuts.is_empty() && !prebins.iter().all(Counts::mixed) {
            let last = cuts.len();
            let goes: Vec<bool> =
                (0..last).map(|cut| !prebins[cut].mixed() || (cut + 1 == last && !prebins[last].mixed())).collect();
            let mut joined = vec![prebins[0]];
            for (prebin, goes) in prebins[1..].iter().zip(&goes) {
                match joined.last_mut() {
                    Some(below) if *goes => *below = below.plus(*prebin),
                    _ => joined.push(*prebin),
                }
            }
            let mut keep = goes.iter().map(|goes| !goes);
            cuts.retain(|_| keep.next().unwrap_or(true));
            prebins = joined;
        }
        (cuts, prebins)
    }

    /// The cuts of rising levels, and the counts of the bins between them.
    fn best(&self, parted: &Parted, levels: &[Level], trend: Trend) -> (Vec<f64>, Vec<Counts>) {
        let ordinary = levels.iter().fold(Counts::default(), |sum, level| sum.plus(level.counts));
        let (cuts, prebins) = self.prebins(levels, &ordinary);
        let rest = parted.specials.iter().fold(parted.missing, |sum, special| sum.plus(*special));
        let all = ordinary.plus(rest);
        let rules = Rules {
            least: (self.bin_share * ordinary.total()).ceil(),
            most_bins: self.bins,
            rate_step: self.rate_step,
        };
        let (ends, _) = optimal(&prebins, &all, trend, &rules);
        if ends.is_empty() {
            return (Vec::new(), vec![ordinary]);
        }
        let inner = ends.len() - 1;
        let kept = ends[..inner].iter().map(|end| cuts[*end]).collect();
        let mut start = 0;
        let counts = ends.iter().map(|end| {
            let bin = prebins[start..=*end].iter().fold(Counts::default(), |sum, prebin| sum.plus(*prebin));
            start = end + 1;
            bin
        });
        (kept, counts.collect())
    }
}

impl Saved for OptimalBinning {
    const KIND: &'static str = "optimal_binning";

    fn checked(self) -> Result<Self> {
        self.check()?;
        Ok(self)
    }
}
