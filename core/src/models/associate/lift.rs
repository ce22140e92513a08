//! How much more often an item is met inside a group.

use super::Crosstab;
use crate::base::numeric::special::{ln_gamma, normal_quantile};
use crate::base::numeric::{exp, ln};
use crate::models::pooling::{jeffreys, share_interval};

/// An item inside a group, against everywhere.
///
/// ```
/// use bactrian::models::associate::Lift;
///
/// // Whole milk and other vegetables in 9,835 baskets.
/// let lift = Lift::new(736, 2513, 1903, 9835);
/// assert!((lift.lift - 1.51363).abs() < 1e-5);
/// assert!(lift.interval.0 > 1.0 && lift.p_value < 1e-12);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lift {
    /// Members of the group with the item.
    pub both: u64,
    /// Members of the group.
    pub group: u64,
    /// All with the item.
    pub item: u64,
    /// All.
    pub total: u64,
    /// P(item | group) / P(item): 1 where they have nothing to do with each other, NaN where the group is empty
    /// or nobody has the item.
    pub lift: f64,
    /// Its 95% interval, groups and items both being a sample: the share of the group has Jeffreys' interval, so that a
    /// few members who all have the item prove little, and the rest comes by the delta method on the logarithm.
    pub interval: (f64, f64),
    /// Fisher's exact test, two-sided by doubling the smaller tail.
    pub p_value: f64,
}

impl Lift {
    /// From counts: both, in the group, with the item, all. NaN where they contradict each other.
    pub fn new(both: u64, group: u64, item: u64, total: u64) -> Self {
        let sound = both <= group.min(item) && group.max(item) <= total && total - group >= item - both;
        if !sound || group == 0 || item == 0 {
            let unknown = f64::NAN;
            return Lift { both, group, item, total, lift: unknown, interval: (unknown, unknown), p_value: unknown };
        }
        let (a, g, i, n) = (both as f64, group as f64, item as f64, total as f64);
        let lift = a * n / (g * i);
        let share = a / g;
        let (middle, variance) = jeffreys(share, g);
        let (low, high) = share_interval(middle, variance, 0.95);
        // Variance of ln(p11 p / (p1 p2)) of a multinomial, with shares (1/p11 - 1/p1 - 1/p2 + 2 lift - 1) / n, of which
        // 1/p11 - 1/p1 is that of the group's share: what is left for the others.
        let others = normal_quantile(0.975) * normal_quantile(0.975) * ((2.0 * lift - 1.0) / n - 1.0 / i);
        let reach = |end: f64| {
            let own = ln(end / share);
            exp((own * own + others).max(0.0).sqrt())
        };
        let interval = match both {
            0 => (0.0, high * n / i),
            _ => (lift / reach(low.min(share)), (lift * reach(high.max(share))).min(n / i).max(lift)),
        };
        Lift { both, group, item, total, lift, interval, p_value: fisher(both, group, item, total) }
    }

    /// Share of the group that has the item.
    pub fn share(&self) -> f64 {
        self.both as f64 / self.group as f64
    }

    /// Share of all others that have it; NaN where there are none.
    pub fn elsewhere(&self) -> f64 {
        (self.item - self.both) as f64 / (self.total - self.group) as f64
    }
}

/// Twice the smaller tail of the hypergeometric distribution, at most 1.
fn fisher(both: u64, group: u64, item: u64, total: u64) -> f64 {
    let (low, high) = ((group + item).saturating_sub(total), group.min(item));
    let choose = |n: u64, k: u64| {
        let (n, k) = (n as f64, k as f64);
        ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
    };
    let here = choose(item, both) + choose(total - item, group - both) - choose(total, group);
    // Terms fall away from the mode: a tail is summed from `both` outwards until a term no longer counts.
    let up = |x: u64| {
        let (x, rest) = (x as f64, (total - item) as f64);
        (item as f64 - x) * (group as f64 - x) / ((x + 1.0) * (rest - group as f64 + x + 1.0))
    };
    let tail = |upward: bool| {
        let (mut sum, mut term, mut x) = (1.0, 1.0, both);
        while if upward { x < high } else { x > low } {
            if upward {
                term *= up(x);
                x += 1;
            } else {
                x -= 1;
                term /= up(x);
            }
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        exp(here + ln(sum))
    };
    let rising = (both as f64) * (total as f64) >= (group as f64) * (item as f64);
    // The smaller tail leads away from the mean; near the mean either may be.
    let near = (both as f64 - group as f64 * item as f64 / total as f64).abs() <= 1.0;
    let least = if near { tail(true).min(tail(false)) } else { tail(rising) };
    (2.0 * least).min(1.0)
}

/// The lift of each item in each group, of customers who have a group each and any number of items.
///
/// `groups` gives the group of each customer, `None` for who has none and takes no part; `items` are pairs of a
/// customer's row and an item, of which repetitions count once. The answer is rising by group and item, for each
/// pair that was met. Cost: a sort of the pairs.
///
/// ```
/// use bactrian::models::associate::item_lifts;
///
/// let groups = [Some(0), Some(0), Some(1), Some(1)];
/// let found = item_lifts(&groups, &[(0, 7), (1, 7), (1, 7), (2, 7), (3, 8)]);
/// assert_eq!(found.iter().map(|(group, item, lift)| (*group, *item, lift.lift)).collect::<Vec<_>>(), [
///     (0, 7, 4.0 / 3.0), (1, 7, 2.0 / 3.0), (1, 8, 2.0)
/// ]);
/// ```
pub fn item_lifts(groups: &[Option<u32>], items: &[(usize, u32)]) -> Vec<(u32, u32, Lift)> {
    let mut owned: Vec<(usize, u32)> = items.to_vec();
    owned.sort_unstable();
    owned.dedup();
    let group = |customer: usize| groups.get(customer).copied().flatten();
    let sizes = Crosstab::new(groups.iter().flatten().map(|group| (*group, 0)));
    let met = Crosstab::new(owned.iter().filter_map(|(customer, item)| Some((group(*customer)?, *item))));
    let total = sizes.total();
    let size = |label: u32| sizes.count(label, 0);
    let with = |item: u32| {
        let found = met.columns().binary_search_by_key(&item, |(known, _)| *known).ok();
        found.and_then(|at| met.columns().get(at)).map_or(0, |(_, count)| *count)
    };
    let one =
        |(group, item, both): &(u32, u32, u64)| (*group, *item, Lift::new(*both, size(*group), with(*item), total));
    met.cells().iter().map(one).collect()
}
