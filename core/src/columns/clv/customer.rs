//! One customer as the models see them.

use crate::program::Inputs;

/// The history until a moment; times in units of the period since the first purchase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::columns) struct Customer {
    /// x, repeat occasions.
    pub frequency: f64,
    /// t_x, the time of the latest purchase; 0 without a repeat.
    pub recency: f64,
    /// T.
    pub age: f64,
    /// m, the mean amount of the repeat occasions; unknown without one or without amounts.
    pub monetary: f64,
}

impl Customer {
    /// From the times of the first and the latest line, the number of occasions, and, where amounts are
    /// kept, the sum of all and of the first purchase. `None` before the first purchase.
    pub fn of(inputs: Inputs<'_>, period: f64) -> Option<Customer> {
        let at = |place: usize| inputs.values.get(place).copied().unwrap_or(f64::NAN);
        let (first, last, occasions) = (at(0), at(1), at(2));
        if first.is_nan() {
            return None;
        }
        let frequency = (occasions - 1.0).max(0.0);
        let age = ((inputs.at as f64 - first) / period).max(0.0);
        // Lines of one occasion may span instants: without a repeat nothing came later.
        let recency = if frequency > 0.0 { ((last - first) / period).clamp(0.0, age) } else { 0.0 };
        let repeats = at(3) - at(4);
        let known = frequency > 0.0 && !repeats.is_nan();
        let monetary = if known { (repeats / frequency).max(0.0) } else { f64::NAN };
        Some(Customer { frequency, recency, age, monetary })
    }
}
