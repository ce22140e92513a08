//! A budget that refills in time, and its price.

use super::range;
use crate::base::Result;

/// A token bucket whose price falls in a line as it fills.
///
/// It holds a share of the amount at most (`burst`), and refills so that no span of `per` spends more than the amount.
/// A unit costs `price` where nothing is left, and nothing where it is full. So the price rises by what is spent and
/// falls by what may be: a step of the dual's gradient, (spent - rate x time) x price / burst (Balseiro, Gur 2019,
/// "Learning in repeated auctions with budgets"), and what is left is all there is to remember. Where those who come
/// would spend more at every price below `price`, any span spends at least the amount less two bursts.
///
/// ```
/// use bactrian::models::planning::Bucket;
///
/// let bucket = Bucket::new(100.0, 1_000, 0.1, 4.0)?; // holds 10, refills 90 in 1,000 microseconds
/// let spent = bucket.left(None, 0) - 8.0;
/// assert_eq!((bucket.price(10.0), bucket.price(spent)), (0.0, 3.2));
/// assert_eq!((bucket.left(Some((0, spent)), 50), bucket.left(Some((0, spent)), 500)), (6.5, 10.0));
/// # Ok::<(), bactrian::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    holds: f64,
    /// A microsecond.
    rate: f64,
    price: f64,
}

impl Bucket {
    /// An amount (above 0) for each span of `per` microseconds, of which the share `burst` (above 0, below 1) may be
    /// spent at once; the price (at least 0) is in the unit of values.
    ///
    /// Errors with [`SchemaRange`](crate::ErrorKind::SchemaRange).
    pub fn new(amount: f64, per: i64, burst: f64, price: f64) -> Result<Self> {
        let fine =
            amount > 0.0 && amount.is_finite() && burst > 0.0 && burst < 1.0 && price >= 0.0 && price.is_finite();
        if !fine || per <= 0 {
            return range(format!("{amount} per {per} with the burst {burst} and the price {price} is no budget"));
        }
        let holds = amount * burst;
        Ok(Bucket { holds, rate: (amount - holds) / per as f64, price })
    }

    /// What is left at a moment, from what was left at an earlier one; `None` is full.
    pub fn left(&self, before: Option<(i64, f64)>, at: i64) -> f64 {
        let Some((since, left)) = before else { return self.holds };
        let refilled = at.saturating_sub(since).max(0) as f64 * self.rate;
        (left + refilled).min(self.holds)
    }

    /// What a unit costs where so much is left.
    pub fn price(&self, left: f64) -> f64 {
        self.price * (1.0 - left / self.holds).clamp(0.0, 1.0)
    }
}
