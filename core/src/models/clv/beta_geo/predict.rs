//! Predictions of one customer and of many.
//!
//! A prediction of many sorts blocks of 65,536 rows by frequency, so that rows share the series of
//! their frequency; memory beyond the answer does not grow with the number of rows. One row and many
//! give the same bits.

use rayon::prelude::*;

use super::alive::Alive;
use super::params::{BetaGeo, Dropout};
use crate::base::Result;
use crate::base::numeric::{exp, exp_slice, ln, ln_slice};
use crate::models::clv::history::{CheckedHistory, check_times};

/// Rows that are sorted together, and (row, time) pairs that are computed together.
const BLOCK: usize = 65_536;
const PIECE: usize = 1024;

/// What can be said only of x, t_x, T in their domain.
fn in_domain(x: f64, t_x: f64, age: f64) -> bool {
    x >= 0.0 && t_x >= 0.0 && t_x <= age && age.is_finite() && x.is_finite()
}

/// The rows of a block by rising frequency, those of one frequency in their order: counted out, since
/// frequencies are whole and mostly small.
fn by_frequency(x: &[f64]) -> Vec<u32> {
    let most = x.iter().copied().fold(0.0, f64::max) as usize;
    if most > BLOCK {
        let mut order: Vec<u32> = (0..x.len() as u32).collect();
        order.sort_unstable_by_key(|&i| (x[i as usize].to_bits(), i));
        return order;
    }
    let mut starts = vec![0u32; most + 2];
    x.iter().for_each(|x| starts[*x as usize + 1] += 1);
    for place in 1..starts.len() {
        starts[place] += starts[place - 1];
    }
    let mut order = vec![0; x.len()];
    for (i, x) in x.iter().enumerate() {
        let start = &mut starts[*x as usize];
        order[*start as usize] = i as u32;
        *start += 1;
    }
    order
}

impl BetaGeo {
    /// Purchases that could have been followed by dropout.
    fn bought(&self, x: f64) -> f64 {
        match self.params.dropout {
            Dropout::AfterRepeat => x,
            Dropout::AfterEvery => x + 1.0,
        }
    }

    /// Those alive who bought `x` times again.
    pub(super) fn alive(&self, x: f64) -> Alive {
        Alive::new(self.params.r, self.params.a, self.params.b, x, self.bought(x))
    }

    /// a / (b' - 1), the odds of dropout after the last purchase at t_x = T.
    fn odds(&self, x: f64) -> f64 {
        let bought = self.bought(x);
        if bought == 0.0 { 0.0 } else { self.params.a / (self.params.b + bought - 1.0) }
    }

    /// P(alive at T) given `x` repeat purchases, the last at `t_x`; NaN outside of 0 <= t_x <= T.
    ///
    /// 1 / (1 + a / (b' - 1) ((alpha + T) / (alpha + t_x))^(r + x)): Fader, Hardie, Lee 2005, eq. 7.
    pub fn probability_alive(&self, x: f64, t_x: f64, age: f64) -> f64 {
        if !in_domain(x, t_x, age) {
            return f64::NAN;
        }
        let ratio = (self.params.alpha + age) / (self.params.alpha + t_x);
        1.0 / (1.0 + self.odds(x) * exp((self.params.r + x) * ln(ratio)))
    }

    /// P(alive at T + `after`) given the purchases until T, whatever is bought from then on.
    ///
    /// ```
    /// # use bactrian::models::clv::{BetaGeoParams, Dropout};
    /// # let params = BetaGeoParams { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426, dropout: Dropout::AfterRepeat };
    /// # let model = params.check()?;
    /// let (now, later) = (model.probability_alive(2.0, 30.0, 39.0), model.probability_alive_after(10.0, 2.0, 30.0, 39.0));
    /// assert!(later < now);
    /// # Ok::<(), bactrian::Error>(())
    /// ```
    pub fn probability_alive_after(&self, after: f64, x: f64, t_x: f64, age: f64) -> f64 {
        if !(after >= 0.0 && after.is_finite()) {
            return f64::NAN;
        }
        self.probability_alive(x, t_x, age) * self.alive(x).survival(after / (self.params.alpha + age))
    }

    /// Expected purchases in (T, T + t] given the purchases until T; NaN outside of the domain.
    ///
    /// Fader, Hardie, Lee 2005, eq. 10. Finite for every finite t, for x to 10,000 and beyond.
    pub fn expected_purchases(&self, t: f64, x: f64, t_x: f64, age: f64) -> f64 {
        if !(t >= 0.0 && t.is_finite()) {
            return f64::NAN;
        }
        self.probability_alive(x, t_x, age) * self.alive(x).expected(t / (self.params.alpha + age))
    }

    /// Expected repeat purchases of a new customer within t of the first one (the paper's eq. 9).
    pub fn expected_purchases_new(&self, t: f64) -> f64 {
        self.expected_purchases(t, 0.0, 0.0, 0.0)
    }

    /// [`BetaGeo::probability_alive_after`] of every row; `after` = 0 is now.
    pub fn probability_alive_all(&self, after: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        check_times(&[after])?;
        let mut out = vec![0.0; rows.len()];
        out.par_chunks_mut(PIECE).enumerate().for_each(|(piece, out)| {
            let range = piece * PIECE..piece * PIECE + out.len();
            let (x, t_x, age) = (&rows.frequency[range.clone()], &rows.recency[range.clone()], &rows.age[range]);
            self.alive_now(x, t_x, age, out);
            if after > 0.0 {
                for ((p, x), age) in out.iter_mut().zip(x).zip(age) {
                    *p *= self.alive(*x).survival(after / (self.params.alpha + age));
                }
            }
        });
        Ok(out)
    }

    /// [`BetaGeo::expected_purchases`] of every row.
    pub fn expected_purchases_all(&self, t: f64, rows: &CheckedHistory) -> Result<Vec<f64>> {
        self.weighted_purchases_all(&[t], &[1.0], rows)
    }

    /// Sum of `weights[k]` times the expected purchases in (T, T + `times[k]`], of every row: with
    /// differences of discount factors as weights, the discounted number of purchases.
    pub fn weighted_purchases_all(&self, times: &[f64], weights: &[f64], rows: &CheckedHistory) -> Result<Vec<f64>> {
        check_times(times)?;
        crate::models::clv::history::same_length(&[("times", times.len()), ("weights", weights.len())])?;
        let mut out = self.probability_alive_all(0.0, rows)?;
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            let start = block * BLOCK;
            self.weigh(
                times,
                weights,
                &rows.frequency[start..start + out.len()],
                &rows.age[start..start + out.len()],
                out,
            );
        }
        Ok(out)
    }

    /// Multiplies the P(alive) in `out` with what is weighed of the purchases of those alive.
    fn weigh(&self, times: &[f64], weights: &[f64], x: &[f64], age: &[f64], out: &mut [f64]) {
        let order = by_frequency(x);
        let per_piece = (PIECE / times.len().max(1)).max(1);
        let groups = order.chunk_by(|&i, &j| x[i as usize] == x[j as usize]);
        let pieces: Vec<&[u32]> = groups.flat_map(|group| group.chunks(per_piece)).collect();
        let values: Vec<Vec<f64>> = pieces
            .par_iter()
            .map(|piece| {
                let mut taus = Vec::with_capacity(piece.len() * times.len());
                for &i in *piece {
                    let scale = self.params.alpha + age[i as usize];
                    taus.extend(times.iter().map(|t| t / scale));
                }
                let mut expected = vec![0.0; taus.len()];
                if let Some(&i) = piece.first() {
                    self.alive(x[i as usize]).expected_many(&taus, &mut expected);
                }
                let sum = |row: &[f64]| row.iter().zip(weights).map(|(e, w)| e * w).sum();
                expected.chunks(times.len().max(1)).map(sum).collect()
            })
            .collect();
        for (piece, values) in pieces.iter().zip(values) {
            for (&i, value) in piece.iter().zip(values) {
                out[i as usize] *= value;
            }
        }
    }

    /// [`BetaGeo::probability_alive`] of at most [`PIECE`] rows.
    fn alive_now(&self, x: &[f64], t_x: &[f64], age: &[f64], out: &mut [f64]) {
        let mut buffer = [0.0; PIECE];
        for ((to, t_x), age) in buffer.iter_mut().zip(t_x).zip(age) {
            *to = (self.params.alpha + age) / (self.params.alpha + t_x);
        }
        ln_slice(&buffer[..x.len()], out);
        for ((to, x), log) in buffer.iter_mut().zip(x).zip(out.iter()) {
            *to = (self.params.r + x) * log;
        }
        exp_slice(&buffer[..x.len()], out);
        for (out, x) in out.iter_mut().zip(x) {
            *out = 1.0 / (1.0 + self.odds(*x) * *out);
        }
    }
}
