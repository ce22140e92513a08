//! Shares of successes, learnt by Bernoulli trials under a Beta prior, that borrow strength from wider groups.

/// Trials of which so many succeeded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Successes.
    pub successes: u64,
    /// Trials without one.
    pub failures: u64,
}

impl Tally {
    /// Adds one trial.
    pub fn add(&mut self, success: bool) {
        if success { self.successes += 1 } else { self.failures += 1 }
    }

    /// Both together.
    pub fn plus(self, other: Tally) -> Tally {
        Tally { successes: self.successes + other.successes, failures: self.failures + other.failures }
    }

    /// Successes and failures.
    pub fn trials(self) -> u64 {
        self.successes + self.failures
    }
}

/// Trials that may have faded: what they count for, in trials.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Trials {
    /// Successes.
    pub successes: f64,
    /// Trials without one.
    pub failures: f64,
}

impl Trials {
    /// Every trial counted for as much less.
    pub fn times(self, by: f64) -> Trials {
        Trials { successes: by * self.successes, failures: by * self.failures }
    }

    /// What is in this group and not in one inside it.
    fn without(self, inner: Trials) -> Trials {
        let less = |all: f64, inner: f64| (all - inner).max(0.0);
        Trials { successes: less(self.successes, inner.successes), failures: less(self.failures, inner.failures) }
    }
}

impl From<Tally> for Trials {
    fn from(tally: Tally) -> Self {
        Trials { successes: tally.successes as f64, failures: tally.failures as f64 }
    }
}

/// A Beta distribution of a share.
///
/// The posterior of s successes in n Bernoulli trials under Beta(a, b) is Beta(a + s, b + n - s)
/// (Gelman et al., Bayesian Data Analysis, 3rd edition, section 2.4).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beta {
    /// Successes, the prior's included.
    pub alpha: f64,
    /// Failures, the prior's included.
    pub beta: f64,
}

impl Beta {
    /// The share of a group, given the groups around it: `nested` goes from the widest to the group itself,
    /// each with all its trials, those of the groups inside included.
    ///
    /// Each group's mean is the prior of the next one inside, worth `strength` trials; the widest has the
    /// prior `prior`. A trial counts once, in the innermost group of the path that it belongs to. So a group
    /// without trials has the share of what is around it, and one with many has its own. Cost: O(groups).
    ///
    /// ```
    /// use bactrian::models::bandit::{Beta, Tally};
    ///
    /// let all = Tally { successes: 40, failures: 160 };
    /// let new = Beta::nested([all, Tally::default()], 0.5, 10.0);
    /// assert_eq!(new.mean(), (40.0 + 5.0) / 210.0); // borrowed whole
    /// let own = Tally { successes: 30, failures: 10 };
    /// let known = Beta::nested([all, own], 0.5, 10.0);
    /// assert_eq!(known.alpha, 30.0 + 10.0 * (10.0 + 5.0) / 170.0);
    /// ```
    pub fn nested<T: Into<Trials>>(nested: impl IntoIterator<Item = T>, prior: f64, strength: f64) -> Beta {
        let mut groups = nested.into_iter().map(Into::into).peekable();
        let mut share = Beta { alpha: strength * prior, beta: strength * (1.0 - prior) };
        while let Some(group) = groups.next() {
            let mean = share.mean();
            let own = group.without(groups.peek().copied().unwrap_or_default());
            share = Beta { alpha: own.successes + strength * mean, beta: own.failures + strength * (1.0 - mean) };
        }
        share
    }

    /// The expected share, in [0, 1].
    pub fn mean(self) -> f64 {
        self.alpha / (self.alpha + self.beta)
    }

    /// The standard deviation of the share.
    pub fn standard_deviation(self) -> f64 {
        let all = self.alpha + self.beta;
        (self.alpha * self.beta / (all * all * (all + 1.0))).sqrt()
    }
}
