//! A lifetime value with the models of its last fit.

use super::Outlook;
use super::customer::Customer;
use super::parameters::Parameters;
use crate::columns::explain::shapley;
use crate::expr::{Course, Trend};
use crate::program::{Explained, FittedModel, Inputs};

/// Parts that need a fit; the first is the column itself.
const PREDICTED: [&str; 4] = ["", "probability_alive", "expected_purchases", "expected_spend"];
/// Parts that don't.
const RAW: [&str; 4] = ["frequency", "recency", "age", "monetary"];

/// How a part moves while time alone passes.
///
/// With no purchase the likelihood of being alive falls and that of having dropped out grows, so P(alive)
/// never rises. Nor do expected purchases where they come by chance: what they lose with every moment
/// passed, purchases and dropout both, is more than the evidence loses. `regular` gaps bring the next one nearer.
pub(super) fn course(spend: bool, regular: bool, part: usize) -> Course {
    let trend = match names(spend).nth(part) {
        Some("frequency" | "recency" | "monetary" | "expected_spend") => Trend::Still,
        Some("age") => Trend::Rising,
        Some("probability_alive") => Trend::Falling,
        Some("" | "expected_purchases") if !regular => Trend::Falling,
        _ => Trend::Mixed,
    };
    Course::new(trend, true)
}

/// The names of the parts, with or without those of a spend model.
pub(super) fn names(spend: bool) -> impl Iterator<Item = &'static str> {
    PREDICTED.into_iter().chain(RAW).filter(move |name| has(spend, name))
}

fn has(spend: bool, name: &str) -> bool {
    spend || !matches!(name, "expected_spend" | "monetary")
}

/// The models of the last fit, if there was one.
pub(super) struct Fitted {
    pub parameters: Option<Parameters>,
    pub spend: bool,
    pub outlook: Outlook,
}

/// A history in terms that can be mixed freely: any silence and any age make a sound one.
#[derive(Debug, Clone, Copy)]
struct Told {
    frequency: f64,
    silence: f64,
    age: f64,
    monetary: f64,
}

impl Told {
    fn customer(self) -> Customer {
        let Told { frequency, silence, age, monetary } = self;
        let recency = if frequency > 0.0 { (age - silence).max(0.0) } else { 0.0 };
        Customer { frequency, recency, age, monetary }
    }
}

impl Fitted {
    /// The parts that need a fit, in the order of [`PREDICTED`]; of the first three those that are `wanted`.
    fn predicted(&self, customer: &Customer, wanted: [bool; 3]) -> [f64; 4] {
        let Some(parameters) = &self.parameters else { return [f64::NAN; 4] };
        let [all, alive, purchases] = wanted;
        let Customer { frequency: x, recency, age, monetary } = *customer;
        let model = &parameters.purchases;
        let Outlook { horizon, ends, weights, .. } = &self.outlook;
        let bought = |t: f64| model.expected_purchases(t, x, recency, age);
        // A mean that is infinite is as good as unknown.
        let spend = parameters.spend.map(|spend| spend.expected_spend(x, monetary));
        let spend = spend.filter(|spend| spend.is_finite()).unwrap_or(f64::NAN);
        let each = if self.spend { spend } else { 1.0 };
        let all = all && !each.is_nan();
        let once = weights.len() == 1;
        let expected = if purchases || (all && once) { bought(*horizon) } else { f64::NAN };
        let value = match weights.as_slice() {
            _ if !all => f64::NAN,
            [weight] => weight * expected * each,
            _ => ends.iter().zip(weights).map(|(end, weight)| weight * bought(*end)).sum::<f64>() * each,
        };
        let alive = if alive { model.probability_alive(x, recency, age) } else { f64::NAN };
        [value, alive, expected, spend]
    }

    /// Every part, in the order of its name; of those that cost the most what is `wanted`.
    fn all(&self, customer: &Customer, wanted: [bool; 3]) -> impl Iterator<Item = (&'static str, f64)> {
        let raw = [customer.frequency, customer.recency, customer.age, customer.monetary];
        let values = PREDICTED.into_iter().chain(RAW).zip(self.predicted(customer, wanted).into_iter().chain(raw));
        let spend = self.spend;
        values.filter(move |(name, _)| has(spend, name))
    }
}

impl FittedModel for Fitted {
    fn read(&self, inputs: Inputs<'_>, out: &mut [f64]) {
        self.read_wanted(inputs, &[true; 3], out);
    }

    fn read_wanted(&self, inputs: Inputs<'_>, wanted: &[bool], out: &mut [f64]) {
        let Some(customer) = Customer::of(inputs, self.outlook.period) else { return };
        let wanted = [0, 1, 2].map(|part| wanted.get(part).copied().unwrap_or(true));
        out.iter_mut().zip(self.all(&customer, wanted)).for_each(|(place, (_, value))| *place = value);
    }

    fn explain(&self, inputs: Inputs<'_>, part: usize) -> Explained {
        let unknown = || Explained { value: f64::NAN, parts: Vec::new(), evidence: Vec::new() };
        let Some(customer) = Customer::of(inputs, self.outlook.period) else { return unknown() };
        let all: Vec<(&str, f64)> = self.all(&customer, [true; 3]).collect();
        let Some((name, value)) = all.get(part).copied() else { return unknown() };
        let evidence = all.iter().skip(1).map(|(name, value)| ((*name).to_owned(), *value)).collect();
        let predicted = PREDICTED.iter().position(|known| *known == name);
        let (Some(parameters), Some(place)) = (&self.parameters, predicted) else {
            return Explained { value, parts: vec![("value".to_owned(), value)], evidence };
        };
        // Distances from the average customer; without a repeat purchase there is no own spend.
        let average = parameters.average;
        let own = if customer.frequency > 0.0 { customer.monetary } else { average.monetary };
        let distances = [
            customer.frequency - average.frequency,
            customer.age - customer.recency - average.silence,
            customer.age - average.age,
            own - average.monetary,
        ];
        let used = if self.spend { 4 } else { 3 };
        let mixed = |moved: &[f64]| {
            let by = |place: usize| moved.get(place).copied().unwrap_or(0.0);
            let told = Told {
                frequency: average.frequency + by(0),
                silence: average.silence + by(1),
                age: average.age + by(2),
                monetary: average.monetary + by(3),
            };
            self.predicted(&told.customer(), [0, 1, 2].map(|part| part == place))[place]
        };
        let names = RAW.iter().take(used).map(|name| (*name).to_owned()).collect();
        let parts = shapley(value, names, &distances[..used], mixed).0.parts;
        Explained { value, parts, evidence }
    }
}
