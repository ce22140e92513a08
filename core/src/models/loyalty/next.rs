//! What next, and when: transitions between categories with backoff, times the hazard of a purchase.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::base::numeric::ln;
use crate::base::{Error, ErrorKind, Result};

/// Probabilities of the next category given the customer's own history and the last categories.
///
/// Four levels, each falling back on the one before with weight kappa / (kappa + evidence): how often
/// each category is bought at all; what follows the last category; what follows the last two; what
/// this customer bought before (with newer purchases weighing more). This is interpolated Dirichlet
/// smoothing (MacKay, Peto 1995): a level without data adds nothing, one with much decides.
///
/// ```
/// use bactrian::models::loyalty::NextCategory;
///
/// // Milk (0) is followed by bread (1), bread by milk.
/// let model = NextCategory::fit(&[1, 1, 1, 1, 2, 2, 2], &[0, 1, 0, 1, 1, 0, 1], 3)?;
/// let next = model.forecast(&[0, 1, 0])?;
/// assert_eq!(next.best(1), [1]);
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct NextCategory {
    categories: usize,
    /// How often each category was bought, as shares.
    popularity: Vec<f64>,
    /// Followers of the last category, and of the last two: sorted (category, count), and the total.
    after_one: HashMap<u32, Followers, FixedState>,
    after_two: HashMap<(u32, u32), Followers, FixedState>,
    kappa: [f64; 3],
    decay: f64,
}

/// Weights of backoff that are tried.
const GRID: [f64; 11] = [1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0, 30_000.0, 100_000.0];

/// In the place of the category before the last where only the last counts.
const ALONE: u32 = u32::MAX;

#[derive(Debug, Clone, Default)]
struct Followers {
    counts: Vec<(u32, f64)>,
    total: f64,
}

/// How often a category came after one or two others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Followed {
    /// The one before the last, `u32::MAX` where only the last counts, and the last.
    pub after: [u32; 2],
    /// What came.
    pub category: u32,
    /// How often.
    pub count: f64,
}

/// The probabilities of the next category.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// One probability for each category; they sum to 1.
    pub probabilities: Vec<f64>,
}

impl Forecast {
    /// The `k` likeliest categories, the likeliest first; ties by index.
    pub fn best(&self, k: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.probabilities.len()).collect();
        order.sort_by(|&a, &b| self.probabilities[b].total_cmp(&self.probabilities[a]).then(a.cmp(&b)));
        order.truncate(k);
        order
    }

    /// Brier's score if `happened` came: the sum of squared errors of the probabilities.
    pub fn brier(&self, happened: usize) -> f64 {
        let squares: f64 = self.probabilities.iter().map(|p| p * p).sum();
        let hit = self.probabilities.get(happened).copied().unwrap_or(0.0);
        squares - 2.0 * hit + 1.0
    }

    /// The probabilities of each category within a time in which a purchase comes with probability
    /// `purchase` (from any model of when): what next, times when.
    pub fn within(&self, purchase: f64) -> Vec<f64> {
        self.probabilities.iter().map(|p| p * purchase).collect()
    }
}

impl Followers {
    fn add(&mut self, category: u32, count: f64) {
        self.total += count;
        match self.counts.binary_search_by_key(&category, |entry| entry.0) {
            Ok(at) => self.counts[at].1 += count,
            Err(at) => self.counts.insert(at, (category, count)),
        }
    }
}

impl NextCategory {
    /// Learns from rows in order of time within each customer: whose, and which category.
    ///
    /// Errors: columns of different lengths, no row, a category not below `categories`. The weights of
    /// backoff are 5 purchases for each level of transitions and for the customer's own history, whose
    /// weight halves every 20 purchases.
    pub fn fit(customer: &[u64], category: &[u32], categories: usize) -> Result<NextCategory> {
        if customer.len() != category.len() || customer.is_empty() {
            let error =
                format!("{} customers and {} categories; at least one row is needed", customer.len(), category.len());
            return Err(Error::new(ErrorKind::NotEnoughData, error));
        }
        check(category, categories)?;
        let mut popularity = vec![0.0; categories];
        for &category in category {
            popularity[category as usize] += 1.0;
        }
        for share in &mut popularity {
            *share /= category.len() as f64;
        }
        let mut model = NextCategory::of(popularity);
        let mut order: Vec<usize> = (0..customer.len()).collect();
        order.sort_by_key(|&row| customer[row]);
        for rows in order.chunk_by(|&a, &b| customer[a] == customer[b]) {
            for pair in rows.windows(2) {
                model.after_one.entry(category[pair[0]]).or_default().add(category[pair[1]], 1.0);
            }
            for three in rows.windows(3) {
                let last = (category[three[0]], category[three[1]]);
                model.after_two.entry(last).or_default().add(category[three[2]], 1.0);
            }
        }
        Ok(model)
    }

    /// A model that has seen no transition yet.
    fn of(popularity: Vec<f64>) -> NextCategory {
        NextCategory {
            categories: popularity.len(),
            popularity,
            after_one: HashMap::default(),
            after_two: HashMap::default(),
            kappa: [5.0; 3],
            decay: 0.9659363289248456, // 2^(-1/20)
        }
    }

    /// What the model has seen follow what, in order of [`Followed::after`] and category: with
    /// [`NextCategory::popularity`] all that it learnt.
    pub fn followed(&self) -> Vec<Followed> {
        let one = self.after_one.iter().map(|(last, followers)| ([ALONE, *last], followers));
        let two = self.after_two.iter().map(|((before, last), followers)| ([*before, *last], followers));
        let of = |(after, followers): ([u32; 2], &Followers)| {
            let each = followers.counts.iter();
            each.map(move |(category, count)| Followed { after, category: *category, count: *count }).collect()
        };
        let mut all: Vec<Followed> = one.chain(two).flat_map(|entry| -> Vec<Followed> { of(entry) }).collect();
        all.sort_by_key(|followed| (followed.after, followed.category));
        all
    }

    /// The model with the shares and counts of an older fit, and the default weights of backoff.
    ///
    /// Errors: shares that are negative or not finite, or none; a count not above 0; a category that has
    /// no share.
    pub fn from_followed(popularity: Vec<f64>, followed: &[Followed]) -> Result<NextCategory> {
        let sound = |value: &f64| value.is_finite() && *value >= 0.0;
        if popularity.is_empty() || !popularity.iter().all(sound) {
            return Err(Error::new(ErrorKind::SchemaRange, "the share of a category is negative or not finite"));
        }
        let mut model = NextCategory::of(popularity);
        for Followed { after: [before, last], category, count } in followed {
            let known = |category: u32| (category as usize) < model.categories;
            let all_known = known(*last) && known(*category) && (*before == ALONE || known(*before));
            if !(sound(count) && *count > 0.0 && all_known) {
                let error = format!("`{category}` after `{last}`, {count} times, of {} categories", model.categories);
                return Err(Error::new(ErrorKind::SchemaRange, error));
            }
            let followers = match *before {
                ALONE => model.after_one.entry(*last).or_default(),
                before => model.after_two.entry((before, *last)).or_default(),
            };
            followers.add(*category, *count);
        }
        Ok(model)
    }

    /// As [`NextCategory::fit`], with the weights of backoff that foretell best: the first four fifths of each
    /// customer's rows teach, the others are foretold, and the largest logarithmic score of a grid from 1 to
    /// 100,000 wins, weight by weight. Too few rows to do so leave the weights as they are. Errors as for the
    /// fit. Cost: forty times that of a fit.
    pub fn fit_backoff(customer: &[u64], category: &[u32], categories: usize) -> Result<NextCategory> {
        let model = NextCategory::fit(customer, category, categories)?;
        let mut order: Vec<usize> = (0..customer.len()).collect();
        order.sort_by_key(|&row| customer[row]);
        let (mut taught, mut histories) = ((Vec::new(), Vec::new()), Vec::new());
        for rows in order.chunk_by(|&a, &b| customer[a] == customer[b]) {
            let own: Vec<u32> = rows.iter().map(|&row| category[row]).collect();
            let early = (4 * own.len()).div_ceil(5);
            taught.0.extend(rows.iter().take(early).map(|&row| customer[row]));
            taught.1.extend_from_slice(&own[..early]);
            histories.push((own, early));
        }
        let mut trial = NextCategory::fit(&taught.0, &taught.1, categories)?;
        let foretold = |model: &NextCategory| -> f64 {
            let of = |(own, early): &(Vec<u32>, usize)| -> f64 {
                (*early..own.len()).map(|row| ln(model.chance(&own[..row], own[row]).max(1e-9))).sum()
            };
            histories.iter().map(of).sum()
        };
        let mut best = foretold(&trial);
        for weight in [0, 1, 2, 0, 1, 2] {
            for kappa in GRID {
                let before = std::mem::replace(&mut trial.kappa[weight], kappa);
                let score = foretold(&trial);
                if score > best { best = score } else { trial.kappa[weight] = before }
            }
        }
        Ok(NextCategory { kappa: trial.kappa, ..model })
    }

    /// The probability of one category: that of [`NextCategory::forecast`], without the others.
    fn chance(&self, history: &[u32], category: u32) -> f64 {
        let of = |followers: &Followers| {
            let found = followers.counts.binary_search_by_key(&category, |entry| entry.0);
            found.map_or(0.0, |at| followers.counts[at].1)
        };
        let mut chance = self.popularity[category as usize];
        let mut take = |kappa: f64, count: f64, total: f64| chance = (kappa * chance + count) / (kappa + total);
        if let [.., last] = history
            && let Some(followers) = self.after_one.get(last)
        {
            take(self.kappa[0], of(followers), followers.total);
        }
        if let [.., before, last] = history
            && let Some(followers) = self.after_two.get(&(*before, *last))
        {
            take(self.kappa[1], of(followers), followers.total);
        }
        let (mut weight, mut own, mut total) = (1.0, 0.0, 0.0);
        for past in history.iter().rev() {
            own += if *past == category { weight } else { 0.0 };
            total += weight;
            weight *= self.decay;
        }
        take(self.kappa[2], own, total);
        chance
    }

    /// The weights of backoff: for what follows one category, what follows two, and the own history.
    pub fn backoff(&self) -> [f64; 3] {
        self.kappa
    }

    /// The same model with other weights of backoff: for what follows one category, what follows two,
    /// and the customer's own history; each finite and above 0.
    pub fn with_backoff(mut self, kappa: [f64; 3]) -> Result<NextCategory> {
        if kappa.iter().any(|k| !(k.is_finite() && *k > 0.0)) {
            return Err(Error::new(ErrorKind::SchemaRange, "a weight of backoff must be finite and above 0"));
        }
        self.kappa = kappa;
        Ok(self)
    }

    /// The share of each category in all purchases: the forecast without any history.
    pub fn popularity(&self) -> &[f64] {
        &self.popularity
    }

    /// The probabilities of the next category after `history`, the customer's categories in order of
    /// time, the latest last. An error where one is out of range. Cost: the categories and the history.
    pub fn forecast(&self, history: &[u32]) -> Result<Forecast> {
        check(history, self.categories)?;
        let mut probabilities = self.popularity.clone();
        if let [.., last] = history
            && let Some(followers) = self.after_one.get(last)
        {
            blend(&mut probabilities, self.kappa[0], followers.total, &followers.counts);
        }
        if let [.., before, last] = history
            && let Some(followers) = self.after_two.get(&(*before, *last))
        {
            blend(&mut probabilities, self.kappa[1], followers.total, &followers.counts);
        }
        let mut own = vec![0.0; self.categories];
        let (mut weight, mut total) = (1.0, 0.0);
        for &category in history.iter().rev() {
            own[category as usize] += weight;
            total += weight;
            weight *= self.decay;
        }
        let own: Vec<(u32, f64)> = own.into_iter().zip(0..).filter(|(w, _)| *w > 0.0).map(|(w, c)| (c, w)).collect();
        blend(&mut probabilities, self.kappa[2], total, &own);
        Ok(Forecast { probabilities })
    }
}

/// (kappa p + counts) / (kappa + total).
fn blend(probabilities: &mut [f64], kappa: f64, total: f64, counts: &[(u32, f64)]) {
    let keep = kappa / (kappa + total);
    for p in probabilities.iter_mut() {
        *p *= keep;
    }
    for (category, count) in counts {
        probabilities[*category as usize] += count / (kappa + total);
    }
}

fn check(category: &[u32], categories: usize) -> Result<()> {
    match category.iter().position(|category| *category as usize >= categories) {
        None => Ok(()),
        Some(row) => {
            let error = format!("category {} in row {row}, of {categories}", category[row]);
            Err(Error::new(ErrorKind::SchemaRange, error))
        }
    }
}
