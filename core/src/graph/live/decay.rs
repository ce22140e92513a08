//! Forward decay in powers of two.

use crate::base::numeric;

/// Half-lives ahead of the common exponent at which all sums are scaled down.
const AHEAD: i64 = 256;

/// Time in half-lives since 1970, split into a whole and a fractional part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moment {
    whole: i64,
    /// 2^-fraction, in (1/2, 1].
    factor: f64,
}

/// The half-life of a layer and the exponent that its sums share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clock {
    half_life: Option<i64>,
    exponent: i64,
}

/// x * 2^e; to zero or infinity where the result is out of range.
fn scale(x: f64, e: i64) -> f64 {
    let power = |e: i64| f64::from_bits(((e + 1023) as u64) << 52);
    let e = e.clamp(-2000, 2000);
    let half = e / 2;
    if e.abs() <= 1000 { x * power(e) } else { x * power(half) * power(e - half) }
}

impl Clock {
    pub(super) fn new(half_life: Option<i64>) -> Self {
        Clock { half_life, exponent: 0 }
    }

    pub(super) fn at(&self, at: i64) -> Moment {
        match self.half_life {
            None => Moment { whole: 0, factor: 1.0 },
            Some(half_life) => {
                let fraction = at.rem_euclid(half_life) as f64 / half_life as f64;
                let factor = if fraction == 0.0 { 1.0 } else { numeric::exp2(-fraction) };
                Moment { whole: at.div_euclid(half_life), factor }
            }
        }
    }

    /// What an amount at `at` is multiplied by.
    pub(super) fn forward(&self, at: i64) -> f64 {
        let moment = self.at(at);
        scale(1.0 / moment.factor, moment.whole - self.exponent)
    }

    /// A kept sum as it stands at a moment; the largest number there is where it is beyond that.
    pub(super) fn read(&self, raw: f64, moment: Moment) -> f64 {
        scale(raw * moment.factor, self.exponent - moment.whole).clamp(f64::MIN, f64::MAX)
    }

    /// Moves the exponent where `at` is far ahead; gives the exact power of two to scale sums by.
    pub(super) fn advance(&mut self, at: i64, empty: bool) -> Option<f64> {
        let whole = at.div_euclid(self.half_life?);
        if empty {
            self.exponent = whole;
            return None;
        }
        let ahead = whole - self.exponent;
        (ahead > AHEAD).then(|| {
            self.exponent = whole;
            scale(1.0, -ahead)
        })
    }
}
