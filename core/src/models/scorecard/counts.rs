//! Events and non-events, and what they say.

use serde::{Deserialize, Serialize};

use crate::base::numeric::ln;

/// Weights of events (the outcome that the score predicts, as default or churn) and non-events.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Weight of rows with the outcome.
    pub events: f64,
    /// Weight of rows without it.
    pub non_events: f64,
}

impl Counts {
    /// Events and non-events together.
    pub fn total(&self) -> f64 {
        self.events + self.non_events
    }

    /// The share of events; NaN of none.
    pub fn event_rate(&self) -> f64 {
        self.events / self.total()
    }

    /// Whether there is neither no event nor no non-event.
    pub fn mixed(&self) -> bool {
        self.events > 0.0 && self.non_events > 0.0
    }

    /// The weight of evidence ln((non-events / all non-events) / (events / all events)): positive
    /// where events are rarer than among all. 0 where a bin has no event or no non-event.
    ///
    /// ```
    /// use bactrian::models::scorecard::Counts;
    ///
    /// let all = Counts { events: 10.0, non_events: 90.0 };
    /// let bin = Counts { events: 5.0, non_events: 15.0 };
    /// assert!((bin.weight_of_evidence(&all) - (1.0_f64 / 3.0).ln()).abs() < 1e-15);
    /// ```
    pub fn weight_of_evidence(&self, all: &Counts) -> f64 {
        if !self.mixed() || !all.mixed() {
            return 0.0;
        }
        ln((self.non_events / all.non_events) / (self.events / all.events))
    }

    /// What a bin adds to the information value: (share of non-events - share of events) x WoE.
    pub fn information(&self, all: &Counts) -> f64 {
        if !self.mixed() || !all.mixed() {
            return 0.0;
        }
        (self.non_events / all.non_events - self.events / all.events) * self.weight_of_evidence(all)
    }

    /// The sum of both.
    pub(super) fn plus(self, other: Counts) -> Counts {
        Counts { events: self.events + other.events, non_events: self.non_events + other.non_events }
    }

    pub(super) fn minus(self, other: Counts) -> Counts {
        Counts { events: self.events - other.events, non_events: self.non_events - other.non_events }
    }
}

/// The information value of a partition of rows, the sum over its bins (Kullback's divergence J;
/// Siddiqi 2006, chapter 6). A bin without events or without non-events counts 0.
///
/// ```
/// use bactrian::models::scorecard::{Counts, information_value};
///
/// let bins = [Counts { events: 5.0, non_events: 15.0 }, Counts { events: 5.0, non_events: 75.0 }];
/// assert!((information_value(&bins) - 0.5364793041447).abs() < 1e-12);
/// ```
pub fn information_value(bins: &[Counts]) -> f64 {
    let all = bins.iter().fold(Counts::default(), |sum, bin| sum.plus(*bin));
    bins.iter().map(|bin| bin.information(&all)).sum()
}
