//! Partial aggregates of numbers in a few words: add a value, scale, merge, finish.
//!
//! Zero words are "nothing yet". Adding in any order gives the same result up to rounding (sum, mean,
//! variance, anything that decays) or to the bit (count, min, max, first, last and their times). Of
//! equal times the first keeps the earlier arrival and the last takes the later one; of equal times
//! in two partial aggregates both take the greater value, so that merging is commutative.

use crate::program::Op;

/// A time in a word: zero is "never", so that empty rows need no set-up.
pub(super) fn clock(word: u64) -> i64 {
    (word ^ (1 << 63)) as i64
}

/// The word of a time.
pub(super) fn clock_word(at: i64) -> u64 {
    at as u64 ^ (1 << 63)
}

fn get(words: &[u64], place: usize) -> f64 {
    words.get(place).map_or(0.0, |word| f64::from_bits(*word))
}

fn set(words: &mut [u64], place: usize, value: f64) {
    if let Some(word) = words.get_mut(place) {
        *word = value.to_bits();
    }
}

/// Adds `x` of weight `weight` at `at`.
#[inline]
pub(super) fn add(op: Op, words: &mut [u64], x: f64, weight: f64, at: i64) {
    match op {
        Op::Count => set(words, 0, get(words, 0) + weight),
        Op::Sum => set(words, 0, get(words, 0) + weight * x),
        Op::Mean => {
            set(words, 0, get(words, 0) + weight * x);
            set(words, 1, get(words, 1) + weight);
        }
        // Chan, Golub and LeVeque 1979, with a part of one value. West 1979 subtracts the new mean from
        // the value, which cancels where the value outweighs all before it.
        Op::Variance => merge(op, words, &[weight, x, 0.0].map(f64::to_bits)),
        Op::Min | Op::Max => {
            let kept = get(words, 0);
            let better = if op == Op::Min { x < kept } else { x > kept };
            if better || get(words, 1) == 0.0 {
                set(words, 0, x);
                set(words, 1, 1.0);
            }
        }
        Op::FirstSum => add_first(words, x, at),
        _ => add_ordered(op, words, x, at),
    }
}

/// Adds to the sum of the first instant; an earlier one takes its place.
fn add_first(words: &mut [u64], x: f64, at: i64) {
    let kept = words.get(1).map_or(i64::MIN, |word| clock(*word));
    if kept == i64::MIN || at < kept {
        set(words, 0, x);
        words.get_mut(1).into_iter().for_each(|word| *word = clock_word(at));
    } else if at == kept {
        set(words, 0, get(words, 0) + x);
    }
}

fn add_ordered(op: Op, words: &mut [u64], x: f64, at: i64) {
    let place = if matches!(op, Op::First | Op::Last) { 1 } else { 0 };
    let Some(kept) = words.get(place).map(|word| clock(*word)) else { return };
    let wins = match op {
        Op::First | Op::FirstTime => kept == i64::MIN || at < kept,
        _ => at >= kept,
    };
    if wins {
        words[place] = clock_word(at);
        if place == 1 {
            set(words, 0, x);
        }
    }
}

/// Scales the weight of everything added so far.
#[inline]
pub(super) fn scale(op: Op, words: &mut [u64], factor: f64) {
    let scaled: &[usize] = match op {
        Op::Count | Op::Sum => &[0],
        Op::Mean => &[0, 1],
        Op::Variance => &[0, 2],
        _ => &[],
    };
    for place in scaled {
        set(words, *place, get(words, *place) * factor);
    }
}

/// Adds what another partial aggregate holds.
pub(super) fn merge(op: Op, words: &mut [u64], other: &[u64]) {
    match op {
        Op::Count | Op::Sum | Op::Mean => {
            for place in 0..op.words() {
                set(words, place, get(words, place) + get(other, place));
            }
        }
        Op::Variance if get(other, 0) == 0.0 => {}
        Op::Variance if get(words, 0) == 0.0 => (0..3).for_each(|place| set(words, place, get(other, place))),
        // Chan, Golub and LeVeque 1979.
        Op::Variance => {
            let (own, more) = (get(words, 0), get(other, 0));
            let total = own + more;
            let distance = get(other, 1) - get(words, 1);
            set(words, 2, get(words, 2) + get(other, 2) + distance * distance * (own * (more / total)));
            set(words, 1, get(words, 1) + distance * (more / total));
            set(words, 0, total);
        }
        Op::Min | Op::Max if get(other, 1) == 0.0 => {}
        Op::Min | Op::Max => add(op, words, get(other, 0), 1.0, 0),
        Op::First | Op::Last if words.get(1) == other.get(1) => {
            set(words, 0, get(words, 0).max(get(other, 0)));
        }
        Op::First | Op::FirstSum | Op::Last => add_at(op, words, 1, other),
        _ => add_at(op, words, 0, other),
    }
}

fn add_at(op: Op, words: &mut [u64], place: usize, other: &[u64]) {
    let at = other.get(place).map_or(i64::MIN, |word| clock(*word));
    if at != i64::MIN {
        add(op, words, get(other, 0), 1.0, at);
    }
}

/// The value: counts and sums of nothing are zero, anything else of nothing is unknown.
///
/// Variance is that of a sample (n - 1; unknown below two values), with decay that of the weights.
pub(super) fn finish(op: Op, words: &[u64], decays: bool) -> f64 {
    match op {
        Op::Count | Op::Sum => get(words, 0),
        Op::Mean if get(words, 1) > 0.0 => get(words, 0) / get(words, 1),
        Op::Variance if decays && get(words, 0) > 0.0 => get(words, 2) / get(words, 0),
        Op::Variance if !decays && get(words, 0) > 1.0 => get(words, 2) / (get(words, 0) - 1.0),
        Op::Min | Op::Max if get(words, 1) > 0.0 => get(words, 0),
        Op::First | Op::FirstSum | Op::Last if words.get(1).is_some_and(|word| *word != 0) => get(words, 0),
        Op::FirstTime | Op::LastTime => match words.first().map_or(i64::MIN, |word| clock(*word)) {
            i64::MIN => f64::NAN,
            time => time as f64,
        },
        _ => f64::NAN,
    }
}
