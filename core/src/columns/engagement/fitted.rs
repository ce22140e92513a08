//! An engagement value with the credits of the last fit.

use crate::program::{Explained, FittedModel, Inputs};

/// What others did for or to a customer's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Credit {
    pub customer: u32,
    pub referral: f64,
    pub influence: f64,
    pub debited: f64,
}

/// The credits of the last fit, rising by customer, if there was one.
pub(super) struct Fitted {
    pub credits: Option<Vec<Credit>>,
    /// Which inputs follow the lifetime value.
    pub knowledge: bool,
    pub influence: bool,
}

impl Fitted {
    /// Every part, in order.
    fn all(&self, inputs: Inputs<'_>) -> [f64; 7] {
        let mut values = inputs.values.iter().copied();
        let mut next = |declared: bool| if declared { values.next().unwrap_or(f64::NAN) } else { 0.0 };
        let (lifetime, knowledge, own) = (next(true), next(self.knowledge), next(self.influence));
        let Some(credits) = &self.credits else {
            return [f64::NAN, lifetime, f64::NAN, f64::NAN, knowledge, f64::NAN, f64::NAN];
        };
        let found = credits.binary_search_by_key(&inputs.customer, |credit| credit.customer).ok();
        let credit = found.and_then(|place| credits.get(place)).copied();
        let none = Credit { customer: inputs.customer, referral: 0.0, influence: 0.0, debited: 0.0 };
        let Credit { referral, influence, debited, .. } = credit.unwrap_or(none);
        let influence = if self.influence { own } else { influence };
        let total = lifetime + referral + influence + knowledge;
        [total, lifetime, referral, influence, knowledge, debited, total - debited]
    }
}

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        out.iter_mut().zip(self.all(inputs)).for_each(|(place, value)| *place = value);
    }

    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let all = self.all(inputs);
        let value = all.get(part).copied().unwrap_or(f64::NAN);
        let named = ["lifetime", "referral", "influence", "knowledge"].map(str::to_owned);
        let components = named.into_iter().zip(all[1..5].iter().copied());
        let debit = || ("debited".to_owned(), -all[5]);
        let parts = match part {
            0 => components.collect(),
            6 => components.chain(std::iter::once(debit())).collect(),
            _ => vec![("value".to_owned(), value)],
        };
        Explained { value, parts, evidence: vec![("debited".to_owned(), all[5])] }
    }
}
