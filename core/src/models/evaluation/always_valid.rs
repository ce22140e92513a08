//! The difference of two arms, which may be looked at after every outcome.
//!
//! Outcomes are taken in blocks, from one in which both arms have an outcome to the next. Of a block with `a` and `b`
//! outcomes, `h = a b / (a + b)` times the difference of their means, `Y`, has the mean `h d` whatever else is true, where
//! `d` is the difference of the arms. So what becomes of a stake that bets the share `l` of itself on every block,
//! times `exp(-l d H)` with `H` the sum of `h`, does not grow on average (as `1 + x <= exp(x)`), and is ever worth `2 /
//! alpha` with a chance of `alpha / 2` at most (Ville 1939): a test by betting (Shafer 2021; Waudby-Smith, Ramdas
//! 2024), of which no variance has to be known, so that rare outcomes and arms of any sizes do not mislead it. Stakes
//! are spread over bets of several sizes, each worth as much at first.

use serde::{Deserialize, Serialize};

use super::range;
use crate::base::numeric::{exp, ln};
use crate::base::{Result, Verdict};

/// Fewest outcomes of an arm before anything is claimed.
const LEAST: f64 = 30.0;
/// The greatest bet, in parts of what could be lost.
const GREATEST: f64 = 0.9;
/// A bet is given up where it could lose as much of itself.
const TOO_MUCH: f64 = 0.95;
/// How many sizes there are of bets on flags and on other numbers: each is the one before by the root of 2.
const SIZES: [std::ops::RangeInclusive<usize>; 2] = [4..=24, 16..=24];

#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Sum {
    n: f64,
    sum: f64,
}

impl Sum {
    fn add(&mut self, outcome: f64) {
        self.n += 1.0;
        self.sum += outcome;
    }

    fn mean(self) -> f64 {
        self.sum / self.n
    }
}

/// All outcomes of an arm, and those of the block.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Arm {
    all: Sum,
    block: Sum,
}

/// What became of two stakes, in logarithms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Bet {
    /// The share that is bet on an outcome of 1.
    size: f64,
    /// On the treated arm.
    above: f64,
    /// Against it.
    below: f64,
}

/// The difference of the means of two arms, with a p-value and an interval that hold at every moment at once, however
/// unequal the arms and however rare the outcomes: a test by betting on blocks (see the source's head).
///
/// Of flags (outcomes of 0 and 1) it is exact: an effect that is not there is ever claimed with a chance of at most
/// `alpha`. Other numbers are taken to lie in the range of those met so far, in both arms together, and count from the
/// moment when both arms have 30: nearly so. Which arm comes next may be a lottery of any odds or a schedule, but must not
/// hang on outcomes since both arms last had one (as a bandit would have it). Rates may drift, in both arms alike.
///
/// `tau` is the size of effect that it is tuned to: bets that would pay only for much smaller ones of flags are not made.
/// It cannot tell until both arms have 30 outcomes, and before something differs.
///
/// ```
/// use bactrian::models::evaluation::AlwaysValid;
///
/// let mut test = AlwaysValid::new(0.1, 0.05)?;
/// for i in 0..2000 {
///     test.add(i % 2 == 0, if i % 2 == 0 && i % 3 > 0 { 1.0 } else { 0.0 })?;
/// }
/// assert!(test.p() < 0.001 && test.verdict().claim.to_string() == "effect");
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlwaysValid {
    tau: f64,
    alpha: f64,
    with: Arm,
    without: Arm,
    flags: bool,
    least: f64,
    most: f64,
    /// The sum of `h`.
    information: f64,
    bets: Vec<Bet>,
    p: f64,
    low: f64,
    high: f64,
}

impl AlwaysValid {
    /// Before any outcome, for effects of the size `tau` (positive) and a chance of at most `alpha`, in (0, 1), of
    /// ever claiming one that is not there.
    ///
    /// Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange).
    pub fn new(tau: f64, alpha: f64) -> Result<Self> {
        if !(tau > 0.0 && tau.is_finite() && alpha > 0.0 && alpha < 1.0) {
            return range(format!(
                "the effect looked for is {tau}, which must be above 0, and the level {alpha}, in (0, 1)"
            ));
        }
        Ok(AlwaysValid {
            tau,
            alpha,
            with: Arm::default(),
            without: Arm::default(),
            flags: true,
            least: f64::INFINITY,
            most: f64::NEG_INFINITY,
            information: 0.0,
            bets: Vec::new(),
            p: 1.0,
            low: f64::NEG_INFINITY,
            high: f64::INFINITY,
        })
    }

    /// Takes an outcome of the treated or of the other arm. Cost: some dozen logarithms a block.
    ///
    /// Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange) where it is not finite.
    pub fn add(&mut self, treated: bool, outcome: f64) -> Result<()> {
        if !outcome.is_finite() {
            return range(format!("an outcome of {outcome}"));
        }
        self.flags &= outcome == 0.0 || outcome == 1.0;
        (self.least, self.most) = (self.least.min(outcome), self.most.max(outcome));
        let arm = if treated { &mut self.with } else { &mut self.without };
        arm.all.add(outcome);
        arm.block.add(outcome);
        if self.with.block.n > 0.0 && self.without.block.n > 0.0 {
            let (with, without) = (std::mem::take(&mut self.with.block), std::mem::take(&mut self.without.block));
            let weight = with.n * without.n / (with.n + without.n);
            self.bet(weight, weight * (with.mean() - without.mean()));
        }
        Ok(())
    }

    /// Whether an arm has too few outcomes.
    fn is_few(&self) -> bool {
        self.with.all.n < LEAST || self.without.all.n < LEAST
    }

    /// Takes a block of some weight, and by how much the treated arm was ahead in it.
    fn bet(&mut self, weight: f64, ahead: f64) {
        self.information += weight;
        let width = if self.flags { 1.0 } else { self.most - self.least };
        if self.bets.is_empty() {
            if self.flags && ahead == 0.0 {
                return;
            }
            if !self.flags {
                // What told how far outcomes reach is no evidence.
                self.information = 0.0;
                if !self.is_few() && width > 0.0 && width.is_finite() {
                    self.bets = bets(self.tau, width, false);
                }
                return;
            }
            self.bets = bets(self.tau, width, true);
        }
        for bet in &mut self.bets {
            if bet.size * width >= TOO_MUCH {
                (bet.above, bet.below) = (f64::MIN, f64::MIN);
            } else {
                bet.above += ln(1.0 + bet.size * ahead);
                bet.below += ln(1.0 - bet.size * ahead);
            }
        }
        if !self.is_few() {
            let (above, low) = self.told(|bet| bet.above, self.low);
            let (below, high) = self.told(|bet| bet.below, -self.high);
            let worth = above.max(below);
            self.p = self.p.min(exp(ln(self.alpha) - worth));
            (self.low, self.high) = (low, -high);
        }
    }

    /// The logarithm of what stakes on one side are worth by that which claims an effect, where there is none; and the end of the
    /// interval on that side, which was at `from` and is moved by a step of Newton's: the worth is convex in the
    /// difference, so that the step stays on the safe side.
    fn told(&self, stake: fn(&Bet) -> f64, from: f64) -> (f64, f64) {
        let claims = ln(2.0 * self.bets.len() as f64 / self.alpha);
        // Worth and slope at a difference.
        let at = |difference: f64| {
            let term = |bet: &Bet| stake(bet) - bet.size * difference * self.information;
            let most = self.bets.iter().map(term).fold(f64::MIN, f64::max);
            let shares = self.bets.iter().map(|bet| (exp(term(bet) - most), bet.size * self.information));
            let (sum, slope) = shares.fold((0.0, 0.0), |all, (e, by)| (all.0 + e, all.1 + e * by));
            (most + ln(sum) - claims, slope / sum)
        };
        let (none, _) = at(0.0);
        let alone = self.bets.iter().map(|bet| (stake(bet) - claims) / (bet.size * self.information));
        let start = alone.fold(from, f64::max).max(if none > 0.0 { 0.0 } else { f64::NEG_INFINITY });
        if start == f64::NEG_INFINITY {
            return (none, start);
        }
        let (over, slope) = at(start);
        (none, if over > 0.0 { start + over / slope } else { start })
    }

    /// The p-value, which never rises.
    pub fn p(&self) -> f64 {
        self.p
    }

    /// What may be claimed now; the interval is that of `1 - alpha`, and never widens.
    pub fn verdict(&self) -> Verdict {
        let n = (self.with.all.n + self.without.all.n) as u64;
        if !(self.low.is_finite() && self.high.is_finite()) {
            return Verdict::cannot_tell(n, format!("each arm needs {LEAST} outcomes that are not all alike"));
        }
        let why = format!("always valid at {}, p {:.4}", self.alpha, self.p);
        let ends = if self.flags { (self.low.max(-1.0), self.high.min(1.0)) } else { (self.low, self.high) };
        Verdict::from_interval(self.with.all.mean() - self.without.all.mean(), ends, 0.0, n, why)
    }
}

/// Bets on outcomes of some width: down to those that would pay most for half of `tau` where outcomes vary as much as
/// they can.
fn bets(tau: f64, width: f64, flags: bool) -> Vec<Bet> {
    let smallest = 2.0 * tau / (width * width);
    let sizes = || std::iter::successors(Some(GREATEST / width), |size| Some(size * std::f64::consts::FRAC_1_SQRT_2));
    let [of_flags, of_numbers] = SIZES;
    let counts = if flags { of_flags } else { of_numbers };
    let count = sizes().take(*counts.end()).take_while(|size| *size >= smallest).count().max(*counts.start());
    sizes().take(count).map(|size| Bet { size, above: 0.0, below: 0.0 }).collect()
}
