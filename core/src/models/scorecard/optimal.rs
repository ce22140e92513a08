//! The best way to join neighbouring prebins, by dynamic programming.
//!
//! What a bin adds to the information value depends on the bin alone, and a trend only relates
//! neighbours. So with best(i, j) the most that bins over prebins 0..=j can have if the last one is
//! i..=j, best(i, j) = value(i, j) + max over h of best(h, i - 1), h such that (h, i - 1) may stand
//! before (i, j). This is exact; O(prebins^3), times the number of bins where that is limited.

use serde::{Deserialize, Serialize};

use super::counts::Counts;

/// How the event rate may move from bin to bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trend {
    /// Ascending or descending, whichever has the larger information value.
    Auto,
    /// It never falls.
    Ascending,
    /// It never rises.
    Descending,
    /// It does not fall, then does not rise.
    Peak,
    /// It does not rise, then does not fall.
    Valley,
    /// As it likes.
    Free,
}

/// What bins must obey.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub least: f64,
    pub most_bins: Option<usize>,
    pub rate_step: f64,
}

/// The direction of each phase of a trend; `None` is any.
fn phases(trend: Trend) -> &'static [Option<bool>] {
    match trend {
        Trend::Ascending => &[Some(true)],
        Trend::Descending => &[Some(false)],
        Trend::Peak => &[Some(true), Some(false)],
        Trend::Valley => &[Some(false), Some(true)],
        Trend::Free | Trend::Auto => &[None],
    }
}

/// The index of the last prebin of every bin, and the information value; no bins where no binning
/// obeys the rules.
pub(super) fn optimal(prebins: &[Counts], all: &Counts, trend: Trend, rules: &Rules) -> (Vec<usize>, f64) {
    if trend == Trend::Auto {
        let up = optimal(prebins, all, Trend::Ascending, rules);
        let down = optimal(prebins, all, Trend::Descending, rules);
        return if up.1 >= down.1 { up } else { down };
    }
    let search = Search::new(prebins, all, rules);
    search.run(phases(trend), rules)
}

/// A bin over prebins.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    rate: f64,
    value: f64,
    allowed: bool,
}

/// The best binning that ends with a bin, and the state before that bin.
#[derive(Debug, Clone, Copy)]
struct Best {
    value: f64,
    /// Start of the bin before, and its phase.
    before: Option<(usize, usize)>,
}

const NOTHING: Best = Best { value: f64::NEG_INFINITY, before: None };

struct Search {
    n: usize,
    /// At (start, end).
    candidates: Vec<Candidate>,
}

impl Search {
    fn new(prebins: &[Counts], all: &Counts, rules: &Rules) -> Self {
        let n = prebins.len();
        let mut candidates = Vec::with_capacity(n * n);
        for start in 0..n {
            let mut counts = Counts::default();
            for (end, prebin) in prebins.iter().enumerate() {
                if end >= start {
                    counts = counts.plus(*prebin);
                }
                let allowed = end >= start && counts.mixed() && counts.total() >= rules.least;
                candidates.push(Candidate { rate: counts.event_rate(), value: counts.information(all), allowed });
            }
        }
        Search { n, candidates }
    }

    fn candidate(&self, start: usize, end: usize) -> &Candidate {
        &self.candidates[start * self.n + end]
    }

    /// One layer for each number of bins where that is limited, else one layer for all.
    fn run(&self, phases: &[Option<bool>], rules: &Rules) -> (Vec<usize>, f64) {
        let layers = rules.most_bins.map_or(1, |most| most.clamp(1, self.n.max(1)));
        let limited = rules.most_bins.is_some();
        let size = phases.len() * self.n * self.n;
        let at = |phase: usize, start: usize, end: usize| (phase * self.n + start) * self.n + end;
        let mut best = vec![vec![NOTHING; size]; layers];
        for layer in 0..layers {
            for end in 0..self.n {
                for start in 0..=end {
                    let own = self.candidate(start, end);
                    if !own.allowed {
                        continue;
                    }
                    for phase in 0..phases.len() {
                        let found = if start == 0 {
                            // A trend of two phases may begin with its second.
                            if layer == 0 { Best { value: own.value, before: None } } else { NOTHING }
                        } else {
                            let below = match (limited, layer) {
                                (false, _) => Some(&best[layer]),
                                (true, 0) => None,
                                (true, _) => Some(&best[layer - 1]),
                            };
                            below.map_or(NOTHING, |below| {
                                self.join(start, end, phase, phases, rules, |phase, h| below[at(phase, h, start - 1)])
                            })
                        };
                        best[layer][at(phase, start, end)] = found;
                    }
                }
            }
        }
        self.trace(&best, phases.len(), limited)
    }

    /// The best bin to stand before (start, end) in `phase`.
    fn join(
        &self,
        start: usize,
        end: usize,
        phase: usize,
        phases: &[Option<bool>],
        rules: &Rules,
        best: impl Fn(usize, usize) -> Best,
    ) -> Best {
        let own = self.candidate(start, end);
        let mut found = NOTHING;
        for h in 0..start {
            let other = self.candidate(h, start - 1);
            if !other.allowed || (own.rate - other.rate).abs() < rules.rate_step {
                continue;
            }
            let fits = match phases.get(phase).copied().flatten() {
                None => true,
                Some(true) => own.rate >= other.rate,
                Some(false) => own.rate <= other.rate,
            };
            if !fits {
                continue;
            }
            for before in 0..=phase {
                let value = best(before, h).value + own.value;
                if value > found.value {
                    found = Best { value, before: Some((h, before)) };
                }
            }
        }
        found
    }

    /// The bins of the best binning that ends with the last prebin.
    fn trace(&self, best: &[Vec<Best>], phases: usize, limited: bool) -> (Vec<usize>, f64) {
        let Some(last) = self.n.checked_sub(1) else { return (Vec::new(), f64::NEG_INFINITY) };
        let at = |phase: usize, start: usize, end: usize| (phase * self.n + start) * self.n + end;
        let mut top = (0, 0, 0);
        let mut value = f64::NEG_INFINITY;
        for (layer, table) in best.iter().enumerate() {
            for phase in 0..phases {
                for start in 0..self.n {
                    let found = table[at(phase, start, last)].value;
                    if found > value {
                        (top, value) = ((layer, phase, start), found);
                    }
                }
            }
        }
        if value == f64::NEG_INFINITY {
            return (Vec::new(), f64::NEG_INFINITY);
        }
        let (mut layer, mut phase, mut start) = top;
        let mut ends = vec![last];
        while let Some((h, before)) = best[layer][at(phase, start, ends[ends.len() - 1])].before {
            ends.push(start - 1);
            (phase, start) = (before, h);
            layer -= usize::from(limited);
        }
        ends.reverse();
        (ends, value)
    }
}
