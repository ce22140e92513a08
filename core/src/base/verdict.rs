//! The one answer to every question about an effect.

use std::fmt;

/// What the data allow to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Claim {
    /// The interval excludes the null value.
    Effect,
    /// The question could be answered, and the interval covers the null value.
    NoEvidence,
    /// The data cannot answer: contacts were not randomised, overlap is gone, or too few rows.
    CannotTell,
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Claim::Effect => "effect",
            Claim::NoEvidence => "no evidence",
            Claim::CannotTell => "cannot tell",
        })
    }
}

/// An estimate with its interval, its null value, the rows behind it, and what may be claimed.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The estimate, in the unit of the question; NaN where there is none.
    pub value: f64,
    /// Lower and upper end of the interval (95% unless `why` says otherwise).
    pub interval: (f64, f64),
    /// The value under no effect.
    pub null: f64,
    /// Rows behind the estimate.
    pub n: u64,
    /// What may be claimed.
    pub claim: Claim,
    /// One sentence that gives the reason.
    pub why: String,
}

impl Verdict {
    /// A verdict whose claim follows from whether `interval` covers `null`.
    ///
    /// ```
    /// use bactrian::{Claim, Verdict};
    ///
    /// let verdict = Verdict::from_interval(0.3, (0.1, 0.5), 0.0, 400, "paired difference of squared errors");
    /// assert_eq!(verdict.claim, Claim::Effect);
    /// ```
    pub fn from_interval(value: f64, interval: (f64, f64), null: f64, n: u64, why: impl Into<String>) -> Self {
        let finite = value.is_finite() && interval.0.is_finite() && interval.1.is_finite();
        let claim = match finite {
            false => Claim::CannotTell,
            true if interval.0 <= null && null <= interval.1 => Claim::NoEvidence,
            true => Claim::Effect,
        };
        Verdict { value, interval, null, n, claim, why: why.into() }
    }

    /// The verdict of data that cannot answer, with the reason.
    pub fn cannot_tell(n: u64, why: impl Into<String>) -> Self {
        Verdict {
            value: f64::NAN,
            interval: (f64::NAN, f64::NAN),
            null: 0.0,
            n,
            claim: Claim::CannotTell,
            why: why.into(),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.value.is_finite() {
            let (low, high) = self.interval;
            write!(
                f,
                "{}: {:.4} [{low:.4}, {high:.4}] against {}, n {}: {}",
                self.claim, self.value, self.null, self.n, self.why
            )
        } else {
            write!(f, "{}: n {}: {}", self.claim, self.n, self.why)
        }
    }
}
