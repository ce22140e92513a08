//! NBD-Dirichlet: how often a category is bought, and how its purchases split over brands.
//!
//! Category purchases are negative binomial with mean M and exponent K; given n of them, those of the
//! brands are multinomial with probabilities that are Dirichlet over customers, alpha_j = S share_j
//! (Goodhardt, Ehrenberg, Chatfield 1984). So brand j has beta-binomial purchases, and all of loyalty
//! follows from three numbers and the shares.

use crate::base::numeric::special::ln_gamma_ratio;
use crate::base::numeric::{exp, ln_1p};
use crate::base::{Error, ErrorKind, Result};
use crate::models::quantile::of_sorted;

/// Parameters as yet unchecked.
#[derive(Debug, Clone, PartialEq)]
pub struct NbdDirichletParams {
    /// M, purchases of the category per person of the population in the period; above 0.
    pub m: f64,
    /// K, the exponent of the negative binomial; above 0, the smaller the more uneven.
    pub k: f64,
    /// S, the sum of the Dirichlet parameters; above 0, the smaller the more loyal.
    pub s: f64,
    /// The brands' shares of purchases; above 0, with a sum of at most 1.
    pub shares: Vec<f64>,
}

/// An NBD-Dirichlet model with sound parameters.
///
/// ```
/// use bactrian::models::loyalty::NbdDirichlet;
///
/// // Toothpaste (Goodhardt, Ehrenberg, Chatfield 1984).
/// let shares = [0.25, 0.19, 0.10, 0.10, 0.09, 0.08, 0.03, 0.02];
/// let penetrations = [0.20, 0.17, 0.09, 0.08, 0.08, 0.07, 0.03, 0.02];
/// let fitted = NbdDirichlet::fit(0.56, 2.6, &shares, &penetrations)?;
/// assert!((fitted.model.params().k - 0.78).abs() < 0.005 && (fitted.model.params().s - 1.3).abs() < 0.05);
/// let colgate = fitted.model.brand(0)?;
/// assert!((colgate.penetration - 0.20).abs() < 0.001 && (colgate.frequency - 1.82).abs() < 0.01);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NbdDirichlet {
    params: NbdDirichletParams,
}

/// A fit, with what each brand alone says of S.
#[derive(Debug, Clone, PartialEq)]
pub struct NbdDirichletFit {
    /// The model.
    pub model: NbdDirichlet,
    /// The S at which each brand's penetration is that observed; NaN where there is none.
    pub s_by_brand: Vec<f64>,
    /// Whether each brand took part in S.
    pub used: Vec<bool>,
}

/// What the model says of a brand, for the population in the period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BrandForecast {
    /// Share of the population that buys it.
    pub penetration: f64,
    /// Purchases of it per buyer.
    pub frequency: f64,
    /// Purchases of the category per buyer of the brand.
    pub category_frequency: f64,
    /// Share of category requirements: the first frequency over the second.
    pub share_of_requirements: f64,
    /// Share of its buyers who buy nothing else.
    pub sole: f64,
}

/// What a customer spends with rivals whom one does not see.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wallet {
    /// Expected purchases of the whole category.
    pub total: f64,
    /// Expected long-run share of the own brand.
    pub share: f64,
}

/// Of the tail of the negative binomial, this much is left out.
const TAIL: f64 = 1e-16;
const MOST_TERMS: usize = 1_000_000;
/// Sums are scaled down beyond this.
const LARGE: f64 = 1e200;

impl NbdDirichletParams {
    /// The model with these parameters, or an error that names the one at fault.
    pub fn check(self) -> Result<NbdDirichlet> {
        for (name, value) in [("M", self.m), ("K", self.k), ("S", self.s)] {
            if !(value.is_finite() && value > 0.0) {
                let error = format!("`{name}` is {value}, but must be finite and above 0");
                return Err(Error::new(ErrorKind::SchemaRange, error));
            }
        }
        check_shares(&self.shares)?;
        Ok(NbdDirichlet { params: self })
    }
}

fn check_shares(shares: &[f64]) -> Result<()> {
    if let Some(j) = shares.iter().position(|share| !(*share > 0.0 && *share <= 1.0)) {
        let error = format!("the share of brand {j} is {}, but must be above 0 and at most 1", shares[j]);
        return Err(Error::new(ErrorKind::SchemaRange, error));
    }
    if shares.is_empty() {
        return Err(Error::new(ErrorKind::SchemaRange, "no brand has a share"));
    }
    let sum: f64 = shares.iter().sum();
    if sum > 1.0 + 1e-9 {
        let error = Error::new(ErrorKind::SchemaRange, format!("the shares sum to {sum}, which is more than all"));
        return Err(
            error.hint("shares are of all purchases of the category; leave small brands out rather than rescale")
        );
    }
    Ok(())
}

/// The zero of a rising function in [low, high], by bisection to the last bit.
fn root(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..2000 {
        let middle = if high / low > 4.0 { (low * high).sqrt() } else { 0.5 * (low + high) };
        if middle <= low || middle >= high {
            break;
        }
        if f(middle) < 0.0 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

impl NbdDirichlet {
    /// Fits the model to a category's `penetration` and `frequency` (purchases per buyer) in a period,
    /// and the brands' shares of purchases and penetrations.
    ///
    /// M is the product of the two, K the root of (1 + M/K)^-K = 1 - penetration. Each brand has an S
    /// at which its penetration comes out; S is their mean weighted by share, without the brands whose
    /// S is an outlier: beyond 1.5 interquartile ranges of the hinges, or above the median's notch
    /// (median + 1.58 IQR / sqrt(n)), as R's NBDdirichlet has it; here by bisection to the last bit.
    ///
    /// Errors: figures out of range, shares that sum to more than 1, a category bought so evenly that
    /// no K fits (-ln(1 - penetration) not below M), no brand that determines S.
    pub fn fit(penetration: f64, frequency: f64, shares: &[f64], penetrations: &[f64]) -> Result<NbdDirichletFit> {
        if !(penetration > 0.0 && penetration < 1.0) {
            let error = format!("`penetration` is {penetration}, but must be between 0 and 1");
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        if !(frequency >= 1.0 && frequency.is_finite()) {
            let error = format!("`frequency` is {frequency} per buyer, but must be at least 1");
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        check_shares(shares)?;
        if penetrations.len() != shares.len() {
            let error = format!("{} penetrations of {} brands", penetrations.len(), shares.len());
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        if let Some(j) = penetrations.iter().position(|b| !(*b > 0.0 && *b <= penetration)) {
            let error = format!(
                "the penetration of brand {j} is {}, but must be above 0 and at most that of the category",
                penetrations[j]
            );
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        let m = penetration * frequency;
        let zero = -ln_1p(-penetration);
        if zero >= m {
            let error = Error::new(ErrorKind::NotEnoughData, "buyers buy so evenly that no negative binomial fits");
            return Err(error.hint("a longer period has more purchases per buyer"));
        }
        let k = root(1e-9, 1e9, |k| k * ln_1p(m / k) - zero);
        let category = Category::new(m, k);
        let s_by_brand: Vec<f64> =
            shares.iter().zip(penetrations).map(|(share, b)| category.s_of_brand(*share, *b)).collect();
        let used = inliers(&s_by_brand);
        let (mut sum, mut weight) = (0.0, 0.0);
        for ((s, share), _) in s_by_brand.iter().zip(shares).zip(&used).filter(|(_, used)| **used) {
            sum += s * share;
            weight += share;
        }
        if weight == 0.0 {
            return Err(Error::new(ErrorKind::NotEnoughData, "no brand's penetration determines S"));
        }
        let params = NbdDirichletParams { m, k, s: sum / weight, shares: shares.to_vec() };
        Ok(NbdDirichletFit { model: params.check()?, s_by_brand, used })
    }

    /// The parameters.
    pub fn params(&self) -> &NbdDirichletParams {
        &self.params
    }

    /// The same model for a period `t` times as long: M grows, K, S and the shares stay.
    pub fn over(&self, t: f64) -> Result<NbdDirichlet> {
        NbdDirichletParams { m: self.params.m * t, ..self.params.clone() }.check()
    }

    /// P(exactly n purchases of the category in the period).
    pub fn probability_of(&self, n: u32) -> f64 {
        let NbdDirichletParams { m, k, .. } = self.params;
        let n = f64::from(n);
        let count = ln_gamma_ratio(k, n) - ln_gamma_ratio(1.0, n);
        let rare = if n == 0.0 { 0.0 } else { -n * ln_1p(k / m) };
        exp(count + rare - k * ln_1p(m / k))
    }

    /// Share of the population that buys the category.
    pub fn penetration(&self) -> f64 {
        1.0 - self.probability_of(0)
    }

    fn alpha(&self, brand: usize) -> Result<f64> {
        match self.params.shares.get(brand) {
            Some(share) => Ok(self.params.s * share),
            None => {
                let error = format!("no brand {brand}, of {}", self.params.shares.len());
                Err(Error::new(ErrorKind::SchemaRange, error))
            }
        }
    }

    /// What the model says of a brand; an error where there is no such brand.
    pub fn brand(&self, brand: usize) -> Result<BrandForecast> {
        let alpha = self.alpha(brand)?;
        let NbdDirichletParams { m, k, s, .. } = self.params;
        let category = Category::new(m, k);
        // Sums over n of P(n), n P(n) and P(n) times the probability that none, or all, are of the brand.
        let (mut none, mut none_weighted, mut only) = (0.0, 0.0, 0.0);
        let (mut missed, mut kept) = (1.0, 1.0);
        for (n, p) in category.probabilities.iter().enumerate() {
            let n = n as f64;
            none += p * missed;
            none_weighted += n * p * missed;
            if n > 0.0 {
                only += p * kept;
            }
            missed *= (s - alpha + n) / (s + n);
            kept *= (alpha + n) / (s + n);
        }
        let penetration = 1.0 - none;
        let bought = m * alpha / s;
        let category_bought = m - none_weighted;
        Ok(BrandForecast {
            penetration,
            frequency: bought / penetration,
            category_frequency: category_bought / penetration,
            share_of_requirements: bought / category_bought,
            sole: only / penetration,
        })
    }

    /// The share of brand i's buyers who buy brand j too; an error where one does not exist.
    pub fn duplication(&self, i: usize, j: usize) -> Result<f64> {
        if i == j {
            return self.alpha(i).map(|_| 1.0);
        }
        let NbdDirichletParams { m, k, s, .. } = self.params;
        let category = Category::new(m, k);
        let none = |alpha: f64| category.none(s, alpha);
        let (first, second) = (self.alpha(i)?, self.alpha(j)?);
        let [a, b, either] = [first, second, first + second].map(none);
        Ok((1.0 - a - b + either) / (1.0 - a))
    }

    /// A customer's share of each brand given the purchases so far, (alpha_j + n_j) / (S + n); without
    /// purchases the shares of the market.
    ///
    /// `purchases` has one count, at least 0, for each brand; what went to brands outside of the model
    /// is `elsewhere`.
    pub fn posterior_shares(&self, purchases: &[f64], elsewhere: f64) -> Result<Vec<f64>> {
        let NbdDirichletParams { s, shares, .. } = &self.params;
        let sound =
            purchases.len() == shares.len() && purchases.iter().chain([&elsewhere]).all(|n| *n >= 0.0 && n.is_finite());
        if !sound {
            let error = format!("{} purchase counts for {} brands, each of at least 0", purchases.len(), shares.len());
            return Err(Error::new(ErrorKind::SchemaRange, error));
        }
        let total = s + purchases.iter().sum::<f64>() + elsewhere;
        Ok(shares.iter().zip(purchases).map(|(share, n)| (s * share + n) / total).collect())
    }

    /// What a customer who bought `brand` `own` times in the period spends in all, rivals unseen: the
    /// posterior mean of the category's purchases and of the brand's long-run share.
    ///
    /// Errors: no such brand; more than a million terms, of a category bought so often. Cost: a term for each
    /// number of purchases elsewhere that is likely.
    pub fn wallet(&self, brand: usize, own: u32) -> Result<Wallet> {
        let alpha = self.alpha(brand)?;
        let NbdDirichletParams { m, k, s, .. } = self.params;
        let own = f64::from(own);
        let spread = m / (m + k);
        // P(n) P(own | n), relative to n = own, by the ratio of neighbours: the negative binomial's is
        // spread (K + n - 1) / n, the other's n (S - alpha + n - 1 - own) / ((n - own)(S + n - 1)).
        let (mut weight, mut mass, mut rivals, mut share) = (1.0, 1.0, 0.0, (alpha + own) / (s + own));
        for beyond in 1..=MOST_TERMS {
            let beyond = beyond as f64;
            let n = own + beyond;
            // Both factors go to 1 from one side, so that no later ratio is above the bound.
            let (first, second) = ((k + n - 1.0) / (s + n - 1.0), (s - alpha + beyond - 1.0) / beyond);
            weight *= spread * first * second;
            mass += weight;
            rivals += weight * beyond;
            share += weight * (alpha + own) / (s + n);
            let rest = 1.0 - spread * first.max(1.0) * second.max(1.0);
            if rest > 0.0 && weight * (1.0 + beyond * rest) <= TAIL * rest * rest * (mass + rivals) {
                return Ok(Wallet { total: own + rivals / mass, share: share / mass });
            }
            if weight > LARGE {
                [&mut weight, &mut mass, &mut rivals, &mut share].into_iter().for_each(|sum| *sum /= LARGE);
            }
        }
        let error = format!("a wallet with {own} purchases is a sum of more than {MOST_TERMS} terms");
        Err(Error::new(ErrorKind::SchemaRange, error).hint("a shorter period has fewer purchases"))
    }
}

/// The negative binomial probabilities of the category, all but [`TAIL`].
struct Category {
    probabilities: Vec<f64>,
}

impl Category {
    fn new(m: f64, k: f64) -> Category {
        let share = m / (m + k);
        let mut p = exp(-k * ln_1p(m / k));
        let mut probabilities = Vec::new();
        for n in 0..MOST_TERMS {
            probabilities.push(p);
            let ratio = (k + n as f64) / (n as f64 + 1.0) * share;
            p *= ratio;
            // From here on the ratio falls towards the share, or is below it.
            let bound = ratio.max(share);
            if bound < 1.0 && p / (1.0 - bound) < TAIL {
                break;
            }
        }
        Category { probabilities }
    }

    /// P(no purchase of a brand).
    fn none(&self, s: f64, alpha: f64) -> f64 {
        let (mut sum, mut missed) = (0.0, 1.0);
        for (n, p) in self.probabilities.iter().enumerate() {
            sum += p * missed;
            missed *= (s - alpha + n as f64) / (s + n as f64);
        }
        sum
    }

    /// The S at which the brand has penetration `b`; NaN where none has. Penetration rises with S,
    /// from share x category at S = 0 to that of independent choice.
    fn s_of_brand(&self, share: f64, b: f64) -> f64 {
        let excess = |s: f64| 1.0 - self.none(s, s * share) - b;
        let (low, high) = (1e-6, 1e6);
        if excess(low) > 0.0 || excess(high) < 0.0 { f64::NAN } else { root(low, high, excess) }
    }
}

/// Which of the known values are neither beyond the whiskers of a box plot nor above its notch.
fn inliers(values: &[f64]) -> Vec<bool> {
    let sorted = crate::models::quantile::sorted(values);
    let n = sorted.len();
    // Tukey's hinges: medians of the halves, the middle value in both.
    let half = &sorted[..n.div_ceil(2)];
    let upper_half = &sorted[n / 2..];
    let (median, lower, upper) = (of_sorted(&sorted, 0.5), of_sorted(half, 0.5), of_sorted(upper_half, 0.5));
    let range = upper - lower;
    let notch = median + 1.58 * range / (n as f64).sqrt();
    let inside = |value: &f64| *value >= lower - 1.5 * range && *value <= (upper + 1.5 * range).min(notch);
    values.iter().map(inside).collect()
}
