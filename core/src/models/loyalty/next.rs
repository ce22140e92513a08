//! What next, and when: transitions between categories with backoff, times the hazard of a purchase.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

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

#[derive(Debug, Clone, Default)]
struct Followers {
    counts: Vec<(u32, f64)>,
    total: f64,
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
    fn add(&mut self, category: u32) {
        self.total += 1.0;
        match self.counts.binary_search_by_key(&category, |entry| entry.0) {
            Ok(at) => self.counts[at].1 += 1.0,
            Err(at) => self.counts.insert(at, (category, 1.0)),
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
        let decay = 0.9659363289248456; // 2^(-1/20)
        let mut model = NextCategory {
            categories,
            popularity,
            after_one: HashMap::default(),
            after_two: HashMap::default(),
            kappa: [5.0; 3],
            decay,
        };
        let mut order: Vec<usize> = (0..customer.len()).collect();
        order.sort_by_key(|&row| customer[row]);
        for rows in order.chunk_by(|&a, &b| customer[a] == customer[b]) {
            for pair in rows.windows(2) {
                model.after_one.entry(category[pair[0]]).or_default().add(category[pair[1]]);
            }
            for three in rows.windows(3) {
                let last = (category[three[0]], category[three[1]]);
                model.after_two.entry(last).or_default().add(category[three[2]]);
            }
        }
        Ok(model)
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
